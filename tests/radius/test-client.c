/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The schedule: who is asked when, on a clock of the test's own. */
#include "radius/client.h"

#include <openssl/evp.h>
#include <string.h>

#define SECRET "a secret of the test"
#define SECOND G_TIME_SPAN_SECOND

typedef struct {
    RadiusClient *client;
    gint64 now;
    guint sent[4]; /* by server */
    Secret *last;  /* what was sent last */
    RadiusPort last_port;
    gint outcome; /* of the last ANSWER; -1 = none */
    guint accounted;
    guint notes;
    GString *order; /* events of accounting, in the order in which they left */
} World;

static void
count_up(gpointer user_data, guint8 *ret_octets, gsize length)
{
    static guint8 octet;

    for (gsize i = 0; i < length; i++)
        ret_octets[i] = octet++;
}

static World *
world_new(guint servers)
{
    World *world = g_new0(World, 1);
    g_autoptr(Secret) secret = secret_new_text(SECRET);
    RadiusServer rows[4];
    RadiusOptions options = {.servers = rows,
                             .server_count = servers,
                             .nas = {.identifier = (char *)"gw"},
                             .random = count_up};

    for (guint i = 0; i < servers; i++)
        rows[i] = (RadiusServer){.name = (char *)"server",
                                 .secret = secret,
                                 .has_login = TRUE,
                                 .has_accounting = TRUE,
                                 .lacks_message_authenticator = TRUE};
    world->client = radius_client_new(&options);
    world->now = SECOND;
    world->outcome = -1;
    world->order = g_string_new(NULL);
    radius_client_set_clock(world->client, world->now, 1700000000);
    return world;
}

static void
world_free(World *world)
{
    radius_client_free(world->client);
    secret_free(world->last);
    g_string_free(world->order, TRUE);
    g_free(world);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

/* Acct-Status-Type is the first attribute. */
static void
log_order(World *world)
{
    const guint8 *octets = secret_data(world->last);

    if (world->last_port.use == RADIUS_FOR_ACCOUNTING)
        g_string_append_printf(world->order, "%u ", octets[RADIUS_HEADER + 5]);
}

static void
drain(World *world)
{
    RadiusAction *action;

    while ((action = radius_client_next(world->client)) != NULL) {
        if (action->type == RADIUS_SEND) {
            world->sent[action->send.port.server]++;
            secret_free(world->last);
            world->last = g_steal_pointer(&action->send.octets);
            world->last_port = action->send.port;
            log_order(world);
        } else if (action->type == RADIUS_ANSWER) {
            world->outcome = (gint)action->answer.outcome;
        } else if (action->type == RADIUS_ACCOUNTED) {
            world->accounted++;
        } else {
            world->notes++;
        }
    }
}

static void
run_until(World *world, gint64 end)
{
    gint64 deadline;

    drain(world);
    while ((deadline = radius_client_deadline(world->client)) >= 0 && deadline <= end) {
        world->now = MAX(world->now, deadline);
        radius_client_tick(world->client, world->now);
        drain(world);
    }
    world->now = MAX(world->now, end);
}

static guint64
ask(World *world)
{
    RadiusLogin *login = radius_login_new();

    login->user = g_strdup("nemo");
    login->password = secret_new_text("arctangent");
    return radius_client_login(world->client, world->now, login);
}

/* RFC 2865 3: MD5(code | id | length | request authenticator | attributes | secret). */
static void
answer(World *world, RadiusCode code, const char *secret)
{
    guint8 data[RADIUS_HEADER] = {(guint8)code, secret_data(world->last)[1], 0, RADIUS_HEADER};
    guint8 room[RADIUS_HEADER + 64];
    gsize length = strlen(secret);

    memcpy(data + 4, secret_data(world->last) + 4, 16);
    memcpy(room, data, sizeof data);
    memcpy(room + RADIUS_HEADER, secret, length);
    g_assert_true(EVP_Digest(room, RADIUS_HEADER + length, data + 4, NULL, EVP_md5(), NULL) == 1);
    radius_client_receive(world->client, world->now, &world->last_port, data, sizeof data);
    drain(world);
}

static void
test_a_good_answer_ends_a_login(void)
{
    g_autoptr(World) world = world_new(1);

    ask(world);
    drain(world);
    answer(world, RADIUS_ACCESS_ACCEPT, SECRET);
    g_assert_cmpint(world->outcome, ==, RADIUS_OUTCOME_ACCEPT);
    g_assert_cmpint(radius_client_deadline(world->client), ==, -1);
}

static void
test_an_answer_with_another_secret_is_noted_and_ignored(void)
{
    g_autoptr(World) world = world_new(1);

    ask(world);
    drain(world);
    answer(world, RADIUS_ACCESS_ACCEPT, "another secret");
    answer(world, RADIUS_ACCESS_ACCEPT, "another secret");
    g_assert_cmpint(world->outcome, ==, -1);
    g_assert_cmpuint(world->notes, ==, 1);
    answer(world, RADIUS_ACCESS_REJECT, SECRET);
    g_assert_cmpint(world->outcome, ==, RADIUS_OUTCOME_REJECT);
}

static void
test_retransmissions_are_the_same_octets(void)
{
    g_autoptr(World) world = world_new(1);
    g_autoptr(Secret) first = NULL;

    ask(world);
    drain(world);
    first = secret_dup(world->last);
    run_until(world, 4 * SECOND);
    g_assert_cmpuint(world->sent[0], ==, 2);
    g_assert_true(secret_equal(first, world->last));
}

static void
test_silence_of_all_is_told_within_the_limit(void)
{
    g_autoptr(World) world = world_new(3);

    ask(world);
    run_until(world, (1 + RADIUS_LOGIN_LIMIT_SECONDS) * SECOND);
    g_assert_cmpint(world->outcome, ==, RADIUS_OUTCOME_SILENCE);
    g_assert_cmpuint(world->sent[0], ==, 2);
    g_assert_cmpuint(world->sent[1], ==, 2);
    g_assert_cmpuint(world->sent[2], ==, 3);
}

static void
test_the_next_server_is_asked_within_five_seconds(void)
{
    g_autoptr(World) world = world_new(2);

    ask(world);
    run_until(world, 6 * SECOND);
    g_assert_cmpuint(world->sent[0], ==, 2);
    g_assert_cmpuint(world->sent[1], ==, 1);
    answer(world, RADIUS_ACCESS_ACCEPT, SECRET);
    g_assert_cmpint(world->outcome, ==, RADIUS_OUTCOME_ACCEPT);
}

static void
test_a_dead_server_is_passed_over_and_then_probed(void)
{
    g_autoptr(World) world = world_new(2);

    ask(world);
    run_until(world, 6 * SECOND);
    answer(world, RADIUS_ACCESS_ACCEPT, SECRET);
    ask(world);
    drain(world);
    g_assert_cmpuint(world->last_port.server, ==, 1);
    answer(world, RADIUS_ACCESS_ACCEPT, SECRET);
    run_until(world, 310 * SECOND);
    ask(world);
    drain(world);
    g_assert_cmpuint(world->last_port.server, ==, 0);
}

static void
test_all_dead_servers_are_tried(void)
{
    g_autoptr(World) world = world_new(2);

    ask(world);
    run_until(world, 32 * SECOND);
    world->outcome = -1;
    ask(world);
    run_until(world, 38 * SECOND);
    g_assert_cmpuint(world->last_port.server, ==, 1);
    answer(world, RADIUS_ACCESS_ACCEPT, SECRET);
    g_assert_cmpint(world->outcome, ==, RADIUS_OUTCOME_ACCEPT);
}

static void
test_a_forgotten_login_gets_no_answer(void)
{
    g_autoptr(World) world = world_new(1);
    guint64 ticket = ask(world);

    drain(world);
    radius_client_forget(world->client, ticket);
    answer(world, RADIUS_ACCESS_ACCEPT, SECRET);
    run_until(world, 60 * SECOND);
    g_assert_cmpint(world->outcome, ==, -1);
}

static void
test_many_logins_take_another_lane(void)
{
    g_autoptr(World) world = world_new(1);

    for (guint i = 0; i < 256; i++)
        ask(world);
    drain(world);
    g_assert_cmpuint(world->last_port.lane, ==, 0);
    ask(world);
    drain(world);
    g_assert_cmpuint(world->last_port.lane, ==, 1);
    for (guint i = 257; i < 256 * RADIUS_MAX_LANES; i++)
        ask(world);
    drain(world);
    g_assert_cmpint(world->outcome, ==, -1);
    ask(world);
    drain(world);
    g_assert_cmpint(world->outcome, ==, RADIUS_OUTCOME_SILENCE);
}

static void
test_a_password_that_does_not_fit_is_refused(void)
{
    g_autoptr(World) world = world_new(1);
    RadiusLogin *login = radius_login_new();

    login->user = g_strdup("nemo");
    login->password = secret_new_zero(RADIUS_MAX_PASSWORD + 1);
    radius_client_login(world->client, world->now, login);
    drain(world);
    g_assert_cmpint(world->outcome, ==, RADIUS_OUTCOME_REFUSED);
    g_assert_cmpuint(world->sent[0], ==, 0);
}

static void
account(World *world, RadiusEvent event, const char *session)
{
    RadiusRecord *record = radius_record_new(event);

    g_free(record->session);
    record->session = g_strdup(session);
    record->unix_seconds = 1700000000;
    radius_client_account(world->client, world->now, record);
    drain(world);
}

static void
test_stop_waits_for_start(void)
{
    g_autoptr(World) world = world_new(1);

    account(world, RADIUS_EVENT_START, "a");
    account(world, RADIUS_EVENT_STOP, "a");
    g_assert_cmpstr(world->order->str, ==, "1 ");
    answer(world, RADIUS_ACCOUNTING_RESPONSE, SECRET);
    g_assert_cmpstr(world->order->str, ==, "1 2 ");
    answer(world, RADIUS_ACCOUNTING_RESPONSE, SECRET);
    g_assert_cmpuint(world->accounted, ==, 2);
}

static void
test_on_and_off_keep_their_place(void)
{
    g_autoptr(World) world = world_new(1);

    account(world, RADIUS_EVENT_STOP, "old");
    account(world, RADIUS_EVENT_ON, "");
    account(world, RADIUS_EVENT_START, "new");
    g_assert_cmpstr(world->order->str, ==, "2 ");
    answer(world, RADIUS_ACCOUNTING_RESPONSE, SECRET);
    g_assert_cmpstr(world->order->str, ==, "2 7 ");
    answer(world, RADIUS_ACCOUNTING_RESPONSE, SECRET);
    g_assert_cmpstr(world->order->str, ==, "2 7 1 ");
}

static void
test_an_interim_that_waits_is_replaced(void)
{
    g_autoptr(World) world = world_new(1);

    account(world, RADIUS_EVENT_START, "a");
    account(world, RADIUS_EVENT_INTERIM, "a");
    account(world, RADIUS_EVENT_INTERIM, "a");
    account(world, RADIUS_EVENT_STOP, "a");
    g_assert_cmpuint(world->accounted, ==, 2);
    answer(world, RADIUS_ACCOUNTING_RESPONSE, SECRET);
    answer(world, RADIUS_ACCOUNTING_RESPONSE, SECRET);
    g_assert_cmpstr(world->order->str, ==, "1 2 ");
}

static void
test_accounting_outlives_an_outage_of_hours(void)
{
    g_autoptr(World) world = world_new(1);
    guint sent;

    account(world, RADIUS_EVENT_STOP, "a");
    account(world, RADIUS_EVENT_STOP, "b");
    run_until(world, 4 * 3600 * SECOND);
    g_assert_cmpuint(world->accounted, ==, 0);
    /* One probe at a time, about each 70 seconds. */
    g_assert_cmpuint(world->sent[0], <, 4 * 60 * 4);
    sent = world->sent[0];
    run_until(world, (4 * 3600 + 120) * SECOND);
    g_assert_cmpuint(world->sent[0], >, sent);
    /* With a probe just sent, its answer is good, and the other one follows at once. */
    for (sent = world->sent[0]; world->sent[0] == sent;)
        run_until(world, radius_client_deadline(world->client));
    answer(world, RADIUS_ACCOUNTING_RESPONSE, SECRET);
    answer(world, RADIUS_ACCOUNTING_RESPONSE, SECRET);
    g_assert_cmpuint(world->accounted, ==, 2);
    g_assert_cmpuint(radius_client_backlog(world->client), ==, 0);
}

static guint32
delay_of(World *world)
{
    RadiusPacket packet;
    Reader value;

    g_assert_true(
        radius_packet_parse(secret_data(world->last), secret_length(world->last), &packet));
    g_assert_true(radius_packet_find(&packet, RADIUS_ACCT_DELAY_TIME, &value));
    return reader_u32(&value);
}

static void
test_the_delay_grows_with_a_new_identifier(void)
{
    g_autoptr(World) world = world_new(1);
    guint8 identifier;

    account(world, RADIUS_EVENT_STOP, "a");
    g_assert_cmpuint(delay_of(world), ==, 0);
    identifier = secret_data(world->last)[1];
    run_until(world, 4 * SECOND);
    g_assert_cmpuint(delay_of(world), ==, 2);
    g_assert_cmpuint(secret_data(world->last)[1], !=, identifier);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/radius/client/a_good_answer_ends_a_login", test_a_good_answer_ends_a_login);
    g_test_add_func("/radius/client/an_answer_with_another_secret_is_noted_and_ignored",
                    test_an_answer_with_another_secret_is_noted_and_ignored);
    g_test_add_func("/radius/client/retransmissions_are_the_same_octets",
                    test_retransmissions_are_the_same_octets);
    g_test_add_func("/radius/client/silence_of_all_is_told_within_the_limit",
                    test_silence_of_all_is_told_within_the_limit);
    g_test_add_func("/radius/client/the_next_server_is_asked_within_five_seconds",
                    test_the_next_server_is_asked_within_five_seconds);
    g_test_add_func("/radius/client/a_dead_server_is_passed_over_and_then_probed",
                    test_a_dead_server_is_passed_over_and_then_probed);
    g_test_add_func("/radius/client/all_dead_servers_are_tried", test_all_dead_servers_are_tried);
    g_test_add_func("/radius/client/a_forgotten_login_gets_no_answer",
                    test_a_forgotten_login_gets_no_answer);
    g_test_add_func("/radius/client/many_logins_take_another_lane",
                    test_many_logins_take_another_lane);
    g_test_add_func("/radius/client/a_password_that_does_not_fit_is_refused",
                    test_a_password_that_does_not_fit_is_refused);
    g_test_add_func("/radius/client/stop_waits_for_start", test_stop_waits_for_start);
    g_test_add_func("/radius/client/on_and_off_keep_their_place", test_on_and_off_keep_their_place);
    g_test_add_func("/radius/client/an_interim_that_waits_is_replaced",
                    test_an_interim_that_waits_is_replaced);
    g_test_add_func("/radius/client/accounting_outlives_an_outage_of_hours",
                    test_accounting_outlives_an_outage_of_hours);
    g_test_add_func("/radius/client/the_delay_grows_with_a_new_identifier",
                    test_the_delay_grows_with_a_new_identifier);
    return g_test_run();
}
