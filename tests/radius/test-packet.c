/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packets against the examples of RFC 2865 7.1 and 7.3; the Message-Authenticators were made with
 * the hmac module of Python.
 */
#include "hex.h"
#include "radius/request.h"

#include <string.h>

#define SECRET "xyzzy5461"

/* RFC 2865 7.1: nemo telnets to host 192.168.1.3, password "arctangent". */
static const char nemo_request[] = "01 00 00 38 0f 40 3f 94 73 97 80 57 bd 83 d5 cb"
                                   "98 f4 22 7a 01 06 6e 65 6d 6f 02 12 0d be 70 8d"
                                   "93 d4 13 ce 31 96 e4 3f 78 2a 0a ee 04 06 c0 a8"
                                   "01 10 05 06 00 00 00 03";
static const char nemo_accept[] = "02 00 00 26 86 fe 22 0e 76 24 ba 2a 10 05 f6 bf"
                                  "9b 55 e0 b2 06 06 00 00 00 01 0f 06 00 00 00 00"
                                  "0e 06 c0 a8 01 03";
/* RFC 2865 7.3: mopsy, password "challenge", and the answer "99101462". */
static const char mopsy_request[] = "01 02 00 39 f3 a4 7a 1f 6a 6d 76 71 0b 94 7a b9"
                                    "30 41 a0 39 01 07 6d 6f 70 73 79 02 12 33 65 75"
                                    "73 77 82 89 b5 70 88 5e 15 08 48 25 c5 04 06 c0"
                                    "a8 01 10 05 06 00 00 00 07";
static const char mopsy_challenge[] = "0b 02 00 4e 36 f3 c8 76 4a e8 c7 11 57 40 3c 0c"
                                      "71 ff 9c 45 12 30 43 68 61 6c 6c 65 6e 67 65 20"
                                      "33 32 37 36 39 34 33 30 2e 20 20 45 6e 74 65 72"
                                      "20 72 65 73 70 6f 6e 73 65 20 61 74 20 70 72 6f"
                                      "6d 70 74 2e 18 0a 33 32 37 36 39 34 33 30";

static void
assert_hidden(const char *request, const char *password)
{
    g_autoptr(GByteArray) octets = hex_octets(request);
    g_autoptr(Secret) secret = secret_new_text(SECRET);
    g_autoptr(Secret) clear = secret_new_text(password);
    g_auto(Writer) writer = writer_init(RADIUS_MAX_PACKET);
    RadiusPacket packet;
    Reader hidden;

    g_assert_true(radius_packet_parse(octets->data, octets->len, &packet));
    g_assert_true(radius_packet_find(&packet, RADIUS_USER_PASSWORD, &hidden));
    radius_put_password(&writer, secret, packet.authenticator, clear);
    g_assert_cmpmem(writer.data + 2, writer.length - 2, hidden.at, reader_left(&hidden));
}

static void
test_passwords_are_hidden_as_in_the_rfc(void)
{
    assert_hidden(nemo_request, "arctangent");
    assert_hidden(mopsy_request, "challenge");
}

static RadiusAnswerCheck
check(const char *request, const char *answer, const char *secret_text, gboolean needs)
{
    g_autoptr(GByteArray) octets = hex_octets(request);
    g_autoptr(GByteArray) back = hex_octets(answer);
    g_autoptr(Secret) secret = secret_new_text(secret_text);
    RadiusPacket asked;
    RadiusPacket answered;

    g_assert_true(radius_packet_parse(octets->data, octets->len, &asked));
    g_assert_true(radius_packet_parse(back->data, back->len, &answered));
    return radius_answer_check(&answered, secret, asked.authenticator, needs);
}

static void
test_answers_of_the_rfc_are_authentic(void)
{
    g_assert_cmpint(check(nemo_request, nemo_accept, SECRET, FALSE), ==, RADIUS_ANSWER_GOOD);
    g_assert_cmpint(check(mopsy_request, mopsy_challenge, SECRET, FALSE), ==, RADIUS_ANSWER_GOOD);
    g_assert_cmpint(check(nemo_request, nemo_accept, "xyzzy5462", FALSE), ==,
                    RADIUS_ANSWER_WRONG_AUTHENTICATOR);
    g_assert_cmpint(check(mopsy_request, nemo_accept, SECRET, FALSE), ==,
                    RADIUS_ANSWER_WRONG_AUTHENTICATOR);
}

static void
test_an_answer_without_message_authenticator_is_refused(void)
{
    g_assert_cmpint(check(nemo_request, nemo_accept, SECRET, TRUE), ==,
                    RADIUS_ANSWER_LACKS_MESSAGE_AUTHENTICATOR);
}

static void
test_every_changed_bit_is_seen(void)
{
    g_autoptr(GByteArray) octets = hex_octets(mopsy_challenge);
    g_autoptr(GByteArray) request = hex_octets(mopsy_request);
    g_autoptr(Secret) secret = secret_new_text(SECRET);

    for (guint i = 0; i < octets->len * 8; i++) {
        RadiusPacket packet;

        octets->data[i / 8] ^= (guint8)(1 << i % 8);
        if (radius_packet_parse(octets->data, octets->len, &packet))
            g_assert_cmpint(radius_answer_check(&packet, secret, request->data + 4, FALSE), ==,
                            RADIUS_ANSWER_WRONG_AUTHENTICATOR);
        octets->data[i / 8] ^= (guint8)(1 << i % 8);
    }
}

static const char signed_accept[] =
    "0200002c264deb303942abe6b8a6734ca423ad7f0606000000015012f94471541f2501ffb75f"
    "56ed43104aaa";
static const char badly_signed_accept[] =
    "0200002c914b2fae492871c5069155e6c9262e5e0606000000015012f84471541f2501ffb75f"
    "56ed43104aaa";
static const char signed_request[] =
    "0100006f0f403f9473978057bd83d5cb98f4227a5012701f7ca3b4530b33906e95af6badbc49"
    "01066e656d6f02120dbe708d93d413ce3196e43f782a0aee200467770406c0a801103d060000"
    "00050506000000030606000000021f0b3139322e302e322e372c0a3566626330303031";
static const char signed_stop[] =
    "040900829570affee5138eadf847c2d88813cc882806000000022c0a35666263303030312004"
    "67773d060000000537066553f10029060000000401066e656d6f050600000000060600000002"
    "08060a0100092d06000000012e060000003d2a06000000013406000000022b06000000072f06"
    "00000005300600000006310600000002";

static void
test_message_authenticators_of_answers_are_checked(void)
{
    g_assert_cmpint(check(nemo_request, signed_accept, SECRET, TRUE), ==, RADIUS_ANSWER_GOOD);
    g_assert_cmpint(check(nemo_request, badly_signed_accept, SECRET, TRUE), ==,
                    RADIUS_ANSWER_WRONG_MESSAGE_AUTHENTICATOR);
}

static void
test_an_access_request_is_signed_first(void)
{
    g_autoptr(GByteArray) expected = hex_octets(signed_request);
    g_autoptr(GByteArray) random = hex_octets("0f403f9473978057bd83d5cb98f4227a");
    g_autoptr(Secret) secret = secret_new_text(SECRET);
    g_autoptr(RadiusLogin) login = radius_login_new();
    RadiusNas nas = {.identifier = (char *)"gw"};
    g_autoptr(Secret) packet = NULL;

    g_assert_true(net_address_parse("192.168.1.16", &nas.address));
    login->user = g_strdup("nemo");
    login->password = secret_new_text("arctangent");
    login->nas_port = 3;
    login->session = g_strdup("5fbc0001");
    login->calling = g_strdup("192.0.2.7");
    packet = radius_access_request(login, &nas, secret, 0, random->data);
    g_assert_cmpmem(secret_data(packet), secret_length(packet), expected->data, expected->len);
}

static void
test_accounting_has_gigawords_and_cause(void)
{
    g_autoptr(GByteArray) expected = hex_octets(signed_stop);
    g_autoptr(Secret) secret = secret_new_text(SECRET);
    g_autoptr(RadiusRecord) record = radius_record_new(RADIUS_EVENT_STOP);
    RadiusNas nas = {.identifier = (char *)"gw"};
    g_autoptr(Secret) packet = NULL;
    guint8 authenticator[16];

    g_free(record->session);
    record->session = g_strdup("5fbc0001");
    record->user = g_strdup("nemo");
    g_assert_true(net_address_parse("10.1.0.9", &record->address4));
    record->octets_in = G_GUINT64_CONSTANT(0x200000001);
    record->octets_out = 7;
    record->packets_in = 5;
    record->packets_out = 6;
    record->session_seconds = 61;
    record->cause = RADIUS_CAUSE_LOST_CARRIER;
    record->unix_seconds = 1700000000;
    packet = radius_accounting_request(record, &nas, secret, 9, 4, TRUE, authenticator);
    g_assert_cmpmem(secret_data(packet), secret_length(packet), expected->data, expected->len);
    g_assert_cmpmem(authenticator, 16, expected->data + 4, 16);
}

static void
test_broken_lengths_are_refused(void)
{
    static const char *const broken[] = {
        "02 00 00 14 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",          /* short */
        "02 00 00 13 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",       /* length below 20 */
        "02 00 00 15 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",       /* longer than it is */
        "02 00 00 15 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01",    /* half a header */
        "02 00 00 16 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00", /* length 0 */
        "02 00 00 16 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 01", /* length 1 */
        "02 00 00 16 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 03", /* past the end */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
        g_autoptr(GByteArray) octets = hex_octets(broken[i]);
        RadiusPacket packet;

        g_assert_false(radius_packet_parse(octets->data, octets->len, &packet));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/radius/packet/passwords_are_hidden_as_in_the_rfc",
                    test_passwords_are_hidden_as_in_the_rfc);
    g_test_add_func("/radius/packet/answers_of_the_rfc_are_authentic",
                    test_answers_of_the_rfc_are_authentic);
    g_test_add_func("/radius/packet/an_answer_without_message_authenticator_is_refused",
                    test_an_answer_without_message_authenticator_is_refused);
    g_test_add_func("/radius/packet/every_changed_bit_is_seen", test_every_changed_bit_is_seen);
    g_test_add_func("/radius/packet/message_authenticators_of_answers_are_checked",
                    test_message_authenticators_of_answers_are_checked);
    g_test_add_func("/radius/packet/an_access_request_is_signed_first",
                    test_an_access_request_is_signed_first);
    g_test_add_func("/radius/packet/accounting_has_gigawords_and_cause",
                    test_accounting_has_gigawords_and_cause);
    g_test_add_func("/radius/packet/broken_lengths_are_refused", test_broken_lengths_are_refused);
    return g_test_run();
}
