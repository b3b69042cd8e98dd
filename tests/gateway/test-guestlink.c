/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guestlink.h"

#include <string.h>

static const GuestlinkType to_engine[] = {
    GUESTLINK_SERVE,   GUESTLINK_POLICY, GUESTLINK_CONFIGURE, GUESTLINK_VERDICT, GUESTLINK_LEASE,
    GUESTLINK_HANG_UP, GUESTLINK_COUNT,  GUESTLINK_ALIVE,     GUESTLINK_MOVED,   GUESTLINK_EXPIRING,
};
static const GuestlinkType to_service[] = {
    GUESTLINK_ASK_VERDICT, GUESTLINK_ASK_LEASE, GUESTLINK_PHASE1,     GUESTLINK_CHILD_UP,
    GUESTLINK_CHILD_DOWN,  GUESTLINK_PATH,      GUESTLINK_COUNTERS,   GUESTLINK_NOTE,
    GUESTLINK_CLOSED,      GUESTLINK_REFUSED,   GUESTLINK_CHILD_KEYS, GUESTLINK_CHILD_SEND,
};

static void
fill(GuestlinkMessage *message)
{
    message->session = 0x0102030405060708;
    if (message->type == GUESTLINK_POLICY)
        message->policy = ike_policy_new();
    if (message->type == GUESTLINK_CONFIGURE)
        message->configure = ike_trust_new();
    if (message->type == GUESTLINK_VERDICT)
        message->verdict.field = IKE_FIELD_PASSCODE;
    if (message->type == GUESTLINK_LEASE) {
        message->lease.is_given = TRUE;
        message->lease.settings = ike_settings_new();
    }
    if (message->type == GUESTLINK_ASK_VERDICT) {
        message->ask_verdict.user = secret_new_text("alice");
        message->ask_verdict.password = secret_new_text("secret");
    }
    if (message->type == GUESTLINK_PHASE1) {
        message->phase1.method = IKE_METHOD_HYBRID_RSA;
        message->phase1.mode = IKE_MODE_MAIN;
        suite_phase1_parse("aes256-sha256-modp2048", &message->phase1.suite);
    }
    if (message->type == GUESTLINK_CHILD_UP)
        suite_esp_parse("aes256gcm16", &message->child_up.suite);
    if (message->type == GUESTLINK_CHILD_KEYS) {
        suite_esp_parse("aes256gcm16", &message->child_keys.suite);
        message->child_keys.keymat_in = secret_new_text("0123456789abcdef0123456789abcdef0123");
        message->child_keys.keymat_out = secret_new_text("fedcba9876543210fedcba9876543210fedc");
    }
}

/* What was written is parsed to the same octets, cut short it is not, and the other side's is
 * refused. */
static void
check_type(GuestlinkType type, BoundaryDirection direction)
{
    g_autoptr(GuestlinkMessage) message = guestlink_message_new(type);
    g_autoptr(GuestlinkMessage) parsed = NULL;
    g_autoptr(Secret) octets = NULL;
    g_autoptr(Secret) again = NULL;
    g_autoptr(GError) error = NULL;

    fill(message);
    octets = guestlink_write(message);
    g_assert_nonnull(octets);
    parsed = guestlink_parse(secret_data(octets), secret_length(octets), direction, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(parsed->session, ==, 0x0102030405060708);
    again = guestlink_write(parsed);
    g_assert_true(secret_equal(octets, again));
    g_assert_null(guestlink_parse(
        secret_data(octets), secret_length(octets),
        direction == BOUNDARY_TO_ENGINE ? BOUNDARY_TO_SERVICE : BOUNDARY_TO_ENGINE, NULL));
    for (gsize length = 0; length < secret_length(octets); length++)
        g_assert_null(guestlink_parse(secret_data(octets), length, direction, NULL));
}

static void
test_every_message_goes_there_and_back(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(to_engine); i++)
        check_type(to_engine[i], BOUNDARY_TO_ENGINE);
    for (gsize i = 0; i < G_N_ELEMENTS(to_service); i++)
        check_type(to_service[i], BOUNDARY_TO_SERVICE);
}

static void
test_a_client_has_other_messages(void)
{
    g_autoptr(BoundaryMessage) message = boundary_message_new(BOUNDARY_CLOSED);
    g_autoptr(Secret) octets = boundary_write(message);

    g_assert_null(
        guestlink_parse(secret_data(octets), secret_length(octets), BOUNDARY_TO_SERVICE, NULL));
}

/* A socket that nobody reads fills up; nothing is lost, and the order stays. */
static void
test_what_does_not_fit_waits_in_order(void)
{
    Fd pair[2];
    g_autoptr(ChannelQueue) queue = NULL;
    g_autoptr(GuestlinkMessage) message = guestlink_message_new(GUESTLINK_COUNT);
    guint64 expected = 0;

    g_assert_true(fd_pair(pair, NULL));
    queue = channel_queue_new(pair[0]);
    for (guint i = 1; i <= 5000; i++) {
        message->session = i;
        g_assert_true(guestlink_queue_send(queue, message, NULL, NULL));
    }
    g_assert_true(channel_queue_is_waiting(queue));
    while (expected < 5000) {
        Fd fds[FD_MAX_PASSED];
        g_autoptr(GuestlinkMessage) read =
            guestlink_receive(pair[1], BOUNDARY_TO_ENGINE, fds, NULL);

        if (read == NULL)
            g_assert_true(channel_queue_flush(queue, NULL));
        else
            g_assert_cmpuint(read->session, ==, ++expected);
    }
    g_assert_false(channel_queue_is_waiting(queue));
    fd_close(&pair[0]);
    fd_close(&pair[1]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/guestlink/every-message-goes-there-and-back",
                    test_every_message_goes_there_and_back);
    g_test_add_func("/guestlink/a-client-has-other-messages", test_a_client_has_other_messages);
    g_test_add_func("/guestlink/what-does-not-fit-waits-in-order",
                    test_what_does_not_fit_waits_in_order);
    return g_test_run();
}
