/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disconnect and CoA: who is believed, what is understood, and what the answer looks like. */
#include "radius/control.h"

#include <openssl/evp.h>
#include <string.h>

#define SECRET "a secret of the test 0815"
#define NOW G_GINT64_CONSTANT(1700000000)

/* A request as RFC 5176 2.3 makes it, by other means than the code under test. */
typedef struct {
    guint8 octets[RADIUS_MAX_PACKET];
    gsize length;
} Request;

static void
request_open(Request *request, guint8 code)
{
    memset(request, 0, sizeof *request);
    request->octets[0] = code;
    request->octets[1] = 42;
    request->length = RADIUS_HEADER;
}

static void
request_add(Request *request, guint8 type, const void *value, gsize length)
{
    request->octets[request->length++] = type;
    request->octets[request->length++] = (guint8)(2 + length);
    memcpy(request->octets + request->length, value, length);
    request->length += length;
}

static void
request_add_u32(Request *request, guint8 type, guint32 value)
{
    guint32 octets = GUINT32_TO_BE(value);

    request_add(request, type, &octets, 4);
}

static void
digest(const Request *request, guint8 ret_digest[16])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    g_assert_true(EVP_DigestInit_ex(context, EVP_md5(), NULL) == 1 &&
                  EVP_DigestUpdate(context, request->octets, request->length) == 1 &&
                  EVP_DigestUpdate(context, SECRET, strlen(SECRET)) == 1 &&
                  EVP_DigestFinal_ex(context, ret_digest, NULL) == 1);
    EVP_MD_CTX_free(context);
}

static void
request_close(Request *request)
{
    guint8 sum[16];

    request->octets[2] = (guint8)(request->length >> 8);
    request->octets[3] = (guint8)request->length;
    digest(request, sum);
    memcpy(request->octets + 4, sum, sizeof sum);
}

static gboolean
believe(const Request *request, RadiusPacket *ret_packet)
{
    g_autoptr(Secret) secret = secret_new_text(SECRET);

    return radius_control_believe(request->octets, request->length, secret, NOW, ret_packet);
}

static RadiusControlResult
read_request(Request *request, RadiusControl **ret_control)
{
    RadiusNas nas = {.identifier = (char *)"vpn.example.org"};
    RadiusPacket packet;

    request_close(request);
    g_assert_true(believe(request, &packet));
    return radius_control_read(&packet, &nas, ret_control);
}

static void
test_only_who_has_the_secret_is_believed(void)
{
    Request request;
    RadiusPacket packet;

    request_open(&request, RADIUS_DISCONNECT_REQUEST);
    request_add(&request, RADIUS_USER_NAME, "alice", 5);
    request_close(&request);
    g_assert_true(believe(&request, &packet));
    for (gsize i = 0; i < request.length; i++) {
        request.octets[i] ^= 1;
        /* The lengths of the packet and of its one attribute break it otherwise. */
        g_assert_false(believe(&request, &packet));
        request.octets[i] ^= 1;
    }
    for (gsize length = 0; length < request.length; length++) {
        Request cut = request;

        cut.length = length;
        g_assert_false(believe(&cut, &packet));
    }
}

static void
test_an_old_request_is_not_believed(void)
{
    static const struct {
        gint64 at;
        gboolean is_good;
    } rows[] = {
        {NOW, TRUE}, {NOW - 299, TRUE}, {NOW + 299, TRUE}, {NOW - 301, FALSE}, {NOW + 301, FALSE}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Request request;
        RadiusPacket packet;

        request_open(&request, RADIUS_DISCONNECT_REQUEST);
        request_add(&request, RADIUS_USER_NAME, "alice", 5);
        request_add_u32(&request, RADIUS_EVENT_TIMESTAMP, (guint32)rows[i].at);
        request_close(&request);
        g_assert_true(believe(&request, &packet) == rows[i].is_good);
    }
}

static void
test_a_session_is_named_by_all_that_is_there(void)
{
    static const guint8 four[] = {10, 1, 0, 9};
    g_autoptr(RadiusControl) control = NULL;
    Request request;

    request_open(&request, RADIUS_COA_REQUEST);
    request_add(&request, RADIUS_ACCT_SESSION_ID, "5fbc-1", 6);
    request_add(&request, RADIUS_USER_NAME, "alice", 5);
    request_add(&request, RADIUS_CALLING_STATION_ID, "192.0.2.7", 9);
    request_add(&request, RADIUS_FRAMED_IP_ADDRESS, four, sizeof four);
    request_add_u32(&request, RADIUS_NAS_PORT, 7);
    request_add(&request, RADIUS_NAS_IDENTIFIER, "vpn.example.org", 15);
    request_add_u32(&request, RADIUS_SESSION_TIMEOUT, 3600);
    g_assert_cmpint(read_request(&request, &control), ==, RADIUS_CONTROL_DONE);
    g_assert_cmpint(control->type, ==, RADIUS_CONTROL_CHANGE);
    g_assert_cmpstr(control->session, ==, "5fbc-1");
    g_assert_cmpstr(control->user, ==, "alice");
    g_assert_cmpstr(control->calling, ==, "192.0.2.7");
    g_assert_cmpint(control->address4.octets[3], ==, 9);
    g_assert_true(control->has_port);
    g_assert_cmpuint(control->nas_port, ==, 7);
    g_assert_cmpuint(control->session_timeout_seconds, ==, 3600);
}

/* code, attribute, value, answer */
static const struct {
    guint8 code;
    guint8 type;
    const char *value;
    gboolean has_user;
    RadiusControlResult result;
} refusals[] = {
    {RADIUS_DISCONNECT_REQUEST, RADIUS_NAS_IDENTIFIER, "other.example.org", TRUE,
     RADIUS_CONTROL_OTHER_NAS},
    {RADIUS_DISCONNECT_REQUEST, RADIUS_NAS_IDENTIFIER, "vpn.example.org", FALSE,
     RADIUS_CONTROL_MISSING_ATTRIBUTE},
    {RADIUS_DISCONNECT_REQUEST, RADIUS_SESSION_TIMEOUT, "four", TRUE, RADIUS_CONTROL_INVALID_VALUE},
    {RADIUS_DISCONNECT_REQUEST, RADIUS_FRAMED_IP_ADDRESS, "three", TRUE,
     RADIUS_CONTROL_INVALID_VALUE},
    {RADIUS_DISCONNECT_REQUEST, RADIUS_NAS_PORT, "one", TRUE, RADIUS_CONTROL_INVALID_VALUE},
    {RADIUS_COA_REQUEST, RADIUS_SERVICE_TYPE, "\0\0\0\x11", TRUE,
     RADIUS_CONTROL_UNSUPPORTED_SERVICE},
    {RADIUS_COA_REQUEST, RADIUS_FILTER_ID, "strict", TRUE, RADIUS_CONTROL_UNSUPPORTED_ATTRIBUTE},
    {RADIUS_COA_REQUEST, RADIUS_PROXY_STATE, "x", TRUE, RADIUS_CONTROL_MISSING_ATTRIBUTE},
};

static void
test_what_cannot_be_done_is_said(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
        RadiusControl *control = NULL;
        Request request;
        gboolean is_service = refusals[i].type == RADIUS_SERVICE_TYPE;

        request_open(&request, refusals[i].code);
        if (refusals[i].has_user)
            request_add(&request, RADIUS_USER_NAME, "alice", 5);
        request_add(&request, refusals[i].type, refusals[i].value,
                    is_service ? 4 : strlen(refusals[i].value));
        g_assert_cmpint(read_request(&request, &control), ==, refusals[i].result);
        g_assert_null(control);
    }
}

static void
test_the_answer_fits_the_request(void)
{
    g_autoptr(Secret) secret = secret_new_text(SECRET);
    g_autoptr(Secret) good = NULL;
    g_autoptr(Secret) bad = NULL;
    Request request;
    RadiusPacket packet, answer;
    Reader value;

    request_open(&request, RADIUS_DISCONNECT_REQUEST);
    request_add(&request, RADIUS_USER_NAME, "alice", 5);
    request_add(&request, RADIUS_PROXY_STATE, "\1\2\3", 3);
    request_close(&request);
    g_assert_true(believe(&request, &packet));
    good = radius_control_answer(&packet, secret, RADIUS_CONTROL_DONE);
    bad = radius_control_answer(&packet, secret, RADIUS_CONTROL_NO_SESSION);
    g_assert_true(radius_packet_parse(secret_data(good), secret_length(good), &answer));
    g_assert_cmpint(answer.code, ==, RADIUS_DISCONNECT_ACK);
    g_assert_cmpint(answer.identifier, ==, 42);
    g_assert_cmpint(radius_answer_check(&answer, secret, packet.authenticator, FALSE), ==,
                    RADIUS_ANSWER_GOOD);
    g_assert_true(radius_packet_find(&answer, RADIUS_PROXY_STATE, &value));
    g_assert_cmpmem(value.at, reader_left(&value), "\1\2\3", 3);
    g_assert_true(radius_packet_parse(secret_data(bad), secret_length(bad), &answer));
    g_assert_cmpint(answer.code, ==, RADIUS_DISCONNECT_NAK);
    g_assert_true(radius_packet_find(&answer, RADIUS_ERROR_CAUSE, &value));
    g_assert_cmpuint(reader_u32(&value), ==, 503);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/radius/control/only_who_has_the_secret_is_believed",
                    test_only_who_has_the_secret_is_believed);
    g_test_add_func("/radius/control/an_old_request_is_not_believed",
                    test_an_old_request_is_not_believed);
    g_test_add_func("/radius/control/a_session_is_named_by_all_that_is_there",
                    test_a_session_is_named_by_all_that_is_there);
    g_test_add_func("/radius/control/what_cannot_be_done_is_said",
                    test_what_cannot_be_done_is_said);
    g_test_add_func("/radius/control/the_answer_fits_the_request",
                    test_the_answer_fits_the_request);
    return g_test_run();
}
