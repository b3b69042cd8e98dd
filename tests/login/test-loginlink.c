/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The link: what is written is read again, and nothing else is. */
#include "login/loginlink.h"

#include <string.h>
#include <sys/socket.h>

static LoginlinkMessage *
sample_configure(void)
{
    LoginlinkMessage *message = loginlink_message_new(LOGINLINK_CONFIGURE);
    LoginServer server = {.login_port = 1812, .accounting_port = 1813};

    g_assert_true(net_address_parse("2001:db8::1", &server.address));
    message->configure.source = LOGIN_SOURCE_RADIUS;
    g_array_append_val(message->configure.servers, server);
    g_ptr_array_add(message->configure.groups, g_strdup("staff"));
    message->configure.secret_file = g_strdup("/etc/coati/radius.secret");
    message->configure.nas_identifier = g_strdup("gw");
    return message;
}

static LoginlinkMessage *
sample_verdict(void)
{
    LoginlinkMessage *message = loginlink_message_new(LOGINLINK_VERDICT);

    message->verdict.ticket = 7;
    message->verdict.session = g_strdup("5fbc0001");
    message->verdict.round = 1;
    message->verdict.user = secret_new_text("alice");
    message->verdict.password = secret_new("\0\xff", 2);
    message->verdict.group = g_strdup("staff");
    return message;
}

static LoginlinkMessage *
sample_account(void)
{
    LoginlinkMessage *message = loginlink_message_new(LOGINLINK_ACCOUNT);

    message->account = radius_record_new(RADIUS_EVENT_STOP);
    message->account->user = g_strdup("alice");
    message->account->octets_in = G_MAXUINT64;
    message->account->cause = RADIUS_CAUSE_USER_ERROR;
    g_ptr_array_add(message->account->classes, g_bytes_new_static("\0c", 2));
    return message;
}

static LoginlinkMessage *
sample_answer(void)
{
    LoginlinkMessage *message = loginlink_message_new(LOGINLINK_VERDICT_ANSWER);
    NetPrefix prefix;

    g_assert_true(net_prefix_parse("10.2.0.0/16", &prefix));
    message->answer.ticket = 7;
    message->answer.message = g_strdup("Hello");
    message->answer.settings = radius_settings_new();
    message->answer.settings->banner = g_strdup("Welcome\nto the office");
    g_array_append_val(message->answer.settings->split_include, prefix);
    return message;
}

static LoginlinkMessage *
sample_control(void)
{
    LoginlinkMessage *message = loginlink_message_new(LOGINLINK_CONTROL);

    message->control.ticket = 9;
    message->control.what = radius_control_new();
    message->control.what->type = RADIUS_CONTROL_CHANGE;
    message->control.what->user = g_strdup("alice");
    message->control.what->session_timeout_seconds = 60;
    g_assert_true(net_address_parse("10.1.0.9", &message->control.what->address4));
    return message;
}

static LoginlinkMessage *
sample(guint number)
{
    LoginlinkMessage *message;

    switch (number) {
    case 0:
        return sample_configure();
    case 1:
        return sample_verdict();
    case 2:
        return sample_account();
    case 3:
        return sample_answer();
    case 4:
        message = loginlink_message_new(LOGINLINK_FORGET);
        message->forget = g_strdup("5fbc0001");
        return message;
    case 5:
        message = loginlink_message_new(LOGINLINK_ERROR);
        message->error = g_strdup("No");
        return message;
    case 6:
        message = loginlink_message_new(LOGINLINK_NOTE);
        message->note.text = g_strdup("Note");
        return message;
    case 7:
        return sample_control();
    case 8:
        message = loginlink_message_new(LOGINLINK_CONTROL_ANSWER);
        message->control_answer.ticket = 9;
        message->control_answer.result = RADIUS_CONTROL_NO_SESSION;
        return message;
    case 9:
        message = loginlink_message_new(LOGINLINK_BOOKED);
        message->booked = G_MAXUINT64;
        return message;
    default:
        message = loginlink_message_new(LOGINLINK_READY);
        message->ready = 77;
        return message;
    }
}

enum { SAMPLES = 11 };

static LoginlinkDirection
direction_of(const LoginlinkMessage *message)
{
    return message->type < LOGINLINK_READY ? LOGINLINK_TO_LOGIN : LOGINLINK_TO_SERVICE;
}

static void
test_messages_are_read_as_they_were_written(void)
{
    for (guint i = 0; i < SAMPLES; i++) {
        g_autoptr(LoginlinkMessage) message = sample(i);
        g_autoptr(Secret) octets = loginlink_write(message);
        g_autoptr(GError) error = NULL;
        g_autoptr(LoginlinkMessage) again = NULL;
        g_autoptr(Secret) rewritten = NULL;

        g_assert_nonnull(octets);
        again = loginlink_parse(secret_data(octets), secret_length(octets), direction_of(message),
                                &error);
        g_assert_no_error(error);
        rewritten = loginlink_write(again);
        g_assert_true(secret_equal(octets, rewritten));
    }
}

static void
test_messages_from_the_wrong_side_are_refused(void)
{
    for (guint i = 0; i < SAMPLES; i++) {
        g_autoptr(LoginlinkMessage) message = sample(i);
        g_autoptr(Secret) octets = loginlink_write(message);
        g_autoptr(GError) error = NULL;
        LoginlinkDirection wrong =
            direction_of(message) == LOGINLINK_TO_LOGIN ? LOGINLINK_TO_SERVICE : LOGINLINK_TO_LOGIN;

        g_assert_null(loginlink_parse(secret_data(octets), secret_length(octets), wrong, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    }
}

static void
test_messages_cut_or_longer_are_refused(void)
{
    for (guint i = 0; i < SAMPLES; i++) {
        g_autoptr(LoginlinkMessage) message = sample(i);
        g_autoptr(Secret) octets = loginlink_write(message);
        g_autofree guint8 *longer = g_malloc0(secret_length(octets) + 1);

        memcpy(longer, secret_data(octets), secret_length(octets));
        for (gsize length = 0; length <= secret_length(octets) + 1; length++) {
            g_autoptr(LoginlinkMessage) parsed =
                loginlink_parse(longer, length, direction_of(message), NULL);

            g_assert_true((parsed != NULL) == (length == secret_length(octets)));
        }
    }
}

static void
test_a_burst_waits_in_order(void)
{
    Fd pair[2];
    ChannelQueue *queue;
    guint64 next = 0;

    g_assert_true(fd_pair(pair, NULL));
    queue = channel_queue_new(pair[0]);
    for (guint64 i = 0; i < 5000; i++) {
        g_autoptr(LoginlinkMessage) message = sample_answer();

        message->answer.ticket = i;
        g_assert_true(loginlink_queue_send(queue, message, NULL, NULL));
    }
    g_assert_true(channel_queue_is_waiting(queue));
    while (next < 5000) {
        g_autoptr(LoginlinkMessage) message =
            loginlink_receive(pair[1], LOGINLINK_TO_SERVICE, NULL, NULL);

        g_assert_nonnull(message);
        g_assert_cmpuint(message->answer.ticket, ==, next++);
        g_assert_true(channel_queue_flush(queue, NULL));
    }
    channel_queue_free(queue);
    fd_close(&pair[0]);
    fd_close(&pair[1]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/login/link/messages_are_read_as_they_were_written",
                    test_messages_are_read_as_they_were_written);
    g_test_add_func("/login/link/messages_from_the_wrong_side_are_refused",
                    test_messages_from_the_wrong_side_are_refused);
    g_test_add_func("/login/link/messages_cut_or_longer_are_refused",
                    test_messages_cut_or_longer_are_refused);
    g_test_add_func("/login/link/a_burst_waits_in_order", test_a_burst_waits_in_order);
    return g_test_run();
}
