/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who comes in, who has to make room, and what becomes of an address when something goes wrong. The
 * gateway is real; its engine and its coati-login are these functions here.
 */
#include "gateway/gateway-private.h"

#include <glib/gstdio.h>
#include <string.h>

#define CONF                                                                                       \
    "[gateway]\nmethods=xauth-psk\n[group office]\npassword=secret\n[pool]\nnetwork4=10.99.0.1\n"  \
    "size=%u\n[login]\nsource=system\nmax-failures=2\nban-time=600\nsessions-per-user=%u\n"        \
    "when-full=%s\n"

/* --- the engine and coati-login --- */

struct GatewayLink {
    gboolean has_answered;
    gboolean is_given; /* of the last lease */
    NetAddress address;
    IkeVerdictType verdict; /* the last one */
    guint hang_ups;
};

GatewayLink *
gateway_link_new(const char *libexec_directory, const GatewayConfig *config,
                 const GatewayLinkEvents *events, gpointer user_data, GError **error)
{
    return g_new0(GatewayLink, 1);
}

void
gateway_link_free(GatewayLink *link)
{
    g_free(link);
}

void
gateway_link_send(GatewayLink *link, const GuestlinkMessage *message, const Fd *fds)
{
    if (message->type == GUESTLINK_LEASE) {
        link->has_answered = TRUE;
        link->is_given = message->lease.is_given;
        if (link->is_given)
            link->address = message->lease.settings->address4;
    }
    if (message->type == GUESTLINK_VERDICT)
        link->verdict = message->verdict.type;
    link->hang_ups += message->type == GUESTLINK_HANG_UP;
}

static guint questions;

GatewayLogin *
gateway_login_new(GatewayConfig *config, const char *libexec_directory, const char *state_directory,
                  const GatewayLoginEvents *events, gpointer user_data)
{
    return NULL;
}

void
gateway_login_free(GatewayLogin *login)
{
}

void
gateway_login_try(GatewayLogin *login, GatewayConfig *config, GatewayLoginTried tried,
                  gpointer user_data)
{
    tried(NULL, user_data);
}

void
gateway_login_ask(GatewayLogin *login, const GatewayLoginQuestion *question)
{
    questions++;
}

void
gateway_login_forget(GatewayLogin *login, guint64 session, const char *id)
{
}

void
gateway_login_account(GatewayLogin *login, RadiusRecord *take_record)
{
    radius_record_free(take_record);
}

/* --- a gateway, and guests --- */

typedef struct {
    Gateway *gateway;
    char *directory;
} World;

static World
world_open(guint pool, guint sessions, const char *when_full)
{
    g_autofree char *text = g_strdup_printf(CONF, pool, sessions, when_full);
    g_autoptr(GError) error = NULL;
    World world = {.gateway = g_new0(Gateway, 1)};
    Gateway *gateway = world.gateway;

    world.directory = g_dir_make_tmp("coati-admission-XXXXXX", &error);
    g_assert_no_error(error);
    gateway->config = gateway_config_parse(text, strlen(text), "gateway.conf", &error);
    g_assert_no_error(error);
    g_assert_true(gateway_config_complete(gateway->config, &error));
    gateway->sockets = (GatewaySockets){.isakmp = -1, .natt = -1};
    gateway->link = gateway_link_new(NULL, NULL, NULL, NULL, NULL);
    gateway->run = g_strdup("test");
    gateway->leases = leases_new(gateway->config, world.directory);
    gateway->bans = bans_new();
    gateway->events = events_new(EVENTS_KEPT);
    gateway->guests = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, guest_free);
    gateway->holders = gateway_holders_new();
    g_queue_init(&gateway->refreshes);
    return world;
}

static void
world_close(World *world)
{
    g_autofree char *leases = g_build_filename(world->directory, "gateway-leases", NULL);

    gateway_free(world->gateway);
    g_unlink(leases);
    g_rmdir(world->directory);
    g_free(world->directory);
}

/* 198.51.100.NUMBER; many may be behind one. */
static NetEndpoint
outside(guint8 number, guint64 session)
{
    NetEndpoint peer = {.port = (guint16)(4000 + session % 60000)};

    g_assert_true(net_address_parse("198.51.100.0", &peer.address));
    peer.address.octets[3] = number;
    return peer;
}

/* Xauth, with the verdict that coati-login would give. FALSE: it was not asked at all. */
static gboolean
log_in(Gateway *gateway, guint64 session, const char *user, guint8 from, IkeVerdictType verdict)
{
    GuestlinkMessage message = {.type = GUESTLINK_ASK_VERDICT, .session = session};
    GatewayLoginAnswer answer = {.session = session, .ticket = session, .type = verdict};
    g_autoptr(Secret) name = secret_new_text(user);
    g_autoptr(Secret) password = secret_new_text("password");
    guint before = questions;

    message.ask_verdict.ticket = session;
    message.ask_verdict.user = name;
    message.ask_verdict.password = password;
    message.ask_verdict.group = (char *)"office";
    message.ask_verdict.peer = outside(from, session);
    gateway_take(&message, gateway);
    if (questions == before)
        return FALSE;
    gateway_answered(&answer, gateway);
    return TRUE;
}

/* Mode Config: TRUE when an address was given. */
static gboolean
ask_address(Gateway *gateway, guint64 session)
{
    GuestlinkMessage message = {.type = GUESTLINK_ASK_LEASE, .session = session};

    gateway->link->has_answered = FALSE;
    message.ask_lease.ticket = session;
    gateway_take(&message, gateway);
    g_assert_true(gateway->link->has_answered);
    return gateway->link->is_given;
}

static void
raise_child(Gateway *gateway, guint64 session)
{
    GuestlinkMessage message = {.type = GUESTLINK_CHILD_UP, .session = session};

    message.child_up.child = session;
    message.child_up.remote = net_prefix_of(&gateway->link->address, 32);
    g_assert_true(suite_esp_parse("aes256gcm16", &message.child_up.suite));
    gateway_take(&message, gateway);
}

static void
say_closed(Gateway *gateway, guint64 session, Reason reason)
{
    GuestlinkMessage message = {.type = GUESTLINK_CLOSED, .session = session};

    message.closed.reason = reason;
    gateway_take(&message, gateway);
}

static gboolean
come_in(Gateway *gateway, guint64 session, const char *user)
{
    g_assert_true(log_in(gateway, session, user, 1, IKE_VERDICT_YES));
    if (!ask_address(gateway, session))
        return FALSE;
    raise_child(gateway, session);
    return TRUE;
}

typedef struct {
    const char *event;
    const char *user;
    guint count;
    char *text;
} Search;

static void
search(const Event *event, gpointer user_data)
{
    Search *found = user_data;

    if (strcmp(event->event, found->event) != 0 || g_strcmp0(event->user, found->user) != 0)
        return;
    found->count++;
    g_free(found->text);
    found->text = g_strdup(event->text);
}

static guint
count_events(const Gateway *gateway, const char *event, const char *user)
{
    Search found = {.event = event, .user = user};

    events_look(gateway->events, "", search, &found);
    g_free(found.text);
    return found.count;
}

/* --- ten ways to fail, and more --- */

enum { ALICE = 1, AGAIN, BOB, CAROL };

static void
end_by_peer(Gateway *gateway)
{
    raise_child(gateway, ALICE);
    say_closed(gateway, ALICE, REASON_PEER_DELETED);
}

static void
end_by_silence(Gateway *gateway)
{
    raise_child(gateway, ALICE);
    say_closed(gateway, ALICE, REASON_PEER_DEAD);
}

static void
end_before_the_tunnel(Gateway *gateway)
{
    say_closed(gateway, ALICE, REASON_CONFIG_REFUSED);
}

static void
end_in_quick_mode(Gateway *gateway)
{
    say_closed(gateway, ALICE, REASON_SELECTORS_REFUSED);
}

static void
end_without_plane(Gateway *gateway)
{
    say_closed(gateway, ALICE, REASON_DATAPLANE_UNAVAILABLE);
}

static void
end_by_kick(Gateway *gateway)
{
    raise_child(gateway, ALICE);
    g_assert_cmpuint(gateway_kick(gateway, "alice"), ==, 1);
    g_assert_cmpuint(gateway->link->hang_ups, ==, 1);
    say_closed(gateway, ALICE, REASON_USER_REQUEST);
}

static void
end_by_a_second_login(Gateway *gateway)
{
    raise_child(gateway, ALICE);
    g_assert_true(log_in(gateway, ALICE, "alice", 1, IKE_VERDICT_NO));
    say_closed(gateway, ALICE, REASON_AUTH_USER_REJECTED);
}

static void
end_by_replacement(Gateway *gateway)
{
    raise_child(gateway, ALICE);
    g_assert_true(come_in(gateway, AGAIN, "alice"));
    say_closed(gateway, ALICE, REASON_PEER_DELETED);
    g_assert_cmpuint(leases_used(gateway->leases), ==, 1);
    say_closed(gateway, AGAIN, REASON_PEER_DELETED);
}

static void
end_by_renewal(Gateway *gateway)
{
    say_closed(gateway, ALICE, REASON_NONE);
}

/* The same address is given again to who asks again. */
static void
end_after_asking_twice(Gateway *gateway)
{
    g_assert_true(ask_address(gateway, ALICE));
    g_assert_cmpuint(leases_used(gateway->leases), ==, 1);
    say_closed(gateway, ALICE, REASON_REKEY_FAILED);
}

static void
end_while_it_asks(Gateway *gateway)
{
    gateway_kick(gateway, "alice");
    g_assert_false(ask_address(gateway, ALICE));
    say_closed(gateway, ALICE, REASON_USER_REQUEST);
}

static void
end_of_the_engine(Gateway *gateway)
{
    raise_child(gateway, ALICE);
    gateway_distrust(gateway, NULL, "as in a test");
    while (gateway->link != NULL)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(g_hash_table_size(gateway->guests), ==, 0);
    gateway->link = gateway_link_new(NULL, NULL, NULL, NULL, NULL);
}

static const struct {
    const char *name;
    void (*end)(Gateway *gateway);
} paths[] = {
    {"the client goes", end_by_peer},
    {"the client is silent", end_by_silence},
    {"it takes no settings", end_before_the_tunnel},
    {"quick mode is refused", end_in_quick_mode},
    {"the plane fails", end_without_plane},
    {"it is kicked", end_by_kick},
    {"its second login is refused", end_by_a_second_login},
    {"its user comes again", end_by_replacement},
    {"its phase 1 is another session's", end_by_renewal},
    {"its renewal fails", end_after_asking_twice},
    {"it asks while it is told to go", end_while_it_asks},
    {"the engine is ended", end_of_the_engine},
};

/* One address: Bob gets it because Alice's was released; late news of Alice's session take nothing
 * from him, because it was released once. */
static void
test_a_lease_is_released_once(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    World world = world_open(1, 1, "replace");
    Gateway *gateway = world.gateway;

    g_assert_true(log_in(gateway, ALICE, "alice", 1, IKE_VERDICT_YES));
    g_assert_true(ask_address(gateway, ALICE));
    g_assert_cmpuint(leases_used(gateway->leases), ==, 1);
    paths[i].end(gateway);
    g_assert_cmpuint(leases_used(gateway->leases), ==, 0);
    g_assert_null(gateway_find(gateway, ALICE));
    g_assert_true(come_in(gateway, BOB, "bob"));
    say_closed(gateway, ALICE, REASON_PEER_DELETED);
    say_closed(gateway, AGAIN, REASON_PEER_DELETED);
    g_assert_cmpuint(leases_used(gateway->leases), ==, 1);
    g_assert_false(come_in(gateway, CAROL, "carol"));
    world_close(&world);
}

static void
note_stopped(gpointer user_data)
{
    *(gboolean *)user_data = TRUE;
}

static void
test_the_end_of_the_gateway_releases_all(void)
{
    World world = world_open(3, 1, "replace");
    Gateway *gateway = world.gateway;
    gboolean is_stopped = FALSE;

    g_assert_true(come_in(gateway, ALICE, "alice"));
    g_assert_true(come_in(gateway, BOB, "bob"));
    gateway_stop(gateway, note_stopped, &is_stopped);
    g_assert_cmpuint(gateway->link->hang_ups, ==, 2);
    say_closed(gateway, ALICE, REASON_SHUTDOWN);
    g_assert_false(is_stopped);
    say_closed(gateway, BOB, REASON_SHUTDOWN);
    g_assert_true(is_stopped);
    g_assert_cmpuint(leases_used(gateway->leases), ==, 0);
    world_close(&world);
}

static void
test_the_254th_user_is_refused_and_logged(void)
{
    World world = world_open(253, 1, "replace");
    Gateway *gateway = world.gateway;
    Search found = {.event = "pool-empty", .user = "user254"};

    for (guint64 i = 1; i <= 254; i++) {
        g_autofree char *user = g_strdup_printf("user%" G_GUINT64_FORMAT, i);

        g_assert_cmpint(come_in(gateway, i, user), ==, i <= 253);
    }
    events_look(gateway->events, "", search, &found);
    g_assert_cmpuint(found.count, ==, 1);
    g_assert_nonnull(strstr(found.text, "253"));
    g_free(found.text);
    g_assert_cmpuint(gateway_numbers(gateway)->pool_empty, ==, 1);
    say_closed(gateway, 7, REASON_PEER_DELETED);
    g_assert_true(ask_address(gateway, 254));
    world_close(&world);
}

/* --- one session, or N --- */

static const struct {
    const char *name;
    guint allowed;
    gboolean third_comes_in;
    guint used; /* addresses, after the third */
    const char *event;
} fulls[] = {
    {"replace", 2, TRUE, 2, "replaced"},
    {"refuse", 2, FALSE, 2, "too-many-sessions"},
    {"allow", 2, TRUE, 3, NULL},
};

static void
test_a_third_session(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    World world = world_open(10, fulls[i].allowed, fulls[i].name);
    Gateway *gateway = world.gateway;

    g_assert_true(come_in(gateway, 1, "alice"));
    g_assert_true(come_in(gateway, 2, "alice"));
    g_assert_true(come_in(gateway, 3, "bob"));
    g_assert_cmpint(come_in(gateway, 4, "alice"), ==, fulls[i].third_comes_in);
    g_assert_cmpuint(leases_used(gateway->leases), ==, fulls[i].used + 1);
    if (fulls[i].event != NULL)
        g_assert_cmpuint(count_events(gateway, fulls[i].event, "alice"), ==, 1);
    /* The oldest is the one that goes. */
    if (strcmp(fulls[i].name, "replace") == 0)
        g_assert_true(gateway_find(gateway, 1)->is_ending);
    world_close(&world);
}

/* --- throttling --- */

static void
test_a_guesser_waits_and_its_neighbours_do_not(void)
{
    World world = world_open(10, 1, "replace");
    Gateway *gateway = world.gateway;

    for (guint64 i = 1; i <= 2; i++)
        g_assert_true(log_in(gateway, i, "alice", 1, IKE_VERDICT_NO));
    g_assert_cmpuint(count_events(gateway, "banned", "alice"), ==, 1);
    /* Not asked any more: the answer costs nothing, and is the same. */
    g_assert_false(log_in(gateway, 3, "alice", 1, IKE_VERDICT_YES));
    g_assert_cmpint(gateway->link->verdict, ==, IKE_VERDICT_NO);
    /* Others behind the same NAT, and the same user elsewhere. */
    g_assert_true(come_in(gateway, 4, "bob"));
    g_assert_true(log_in(gateway, 5, "alice", 2, IKE_VERDICT_YES));
    g_assert_true(gateway_unban(gateway, "alice"));
    g_assert_true(log_in(gateway, 6, "alice", 1, IKE_VERDICT_YES));
    world_close(&world);
}

static void
test_who_is_banned_by_name_or_address_is_not_asked(void)
{
    World world = world_open(10, 1, "replace");
    Gateway *gateway = world.gateway;

    gateway_ban(gateway, "alice", 0);
    gateway_ban(gateway, "198.51.100.9", 60);
    g_assert_false(log_in(gateway, 1, "alice", 1, IKE_VERDICT_YES));
    g_assert_false(log_in(gateway, 2, "bob", 9, IKE_VERDICT_YES));
    g_assert_true(log_in(gateway, 3, "bob", 1, IKE_VERDICT_YES));
    world_close(&world);
}

/* --- what an engine may not say --- */

static void
test_an_engine_that_breaks_a_rule_is_ended(void)
{
    World world = world_open(10, 1, "replace");
    Gateway *gateway = world.gateway;
    GuestlinkMessage message = {.type = GUESTLINK_ASK_LEASE, .session = 9};

    gateway_take(&message, gateway);
    g_assert_cmpuint(count_events(gateway, "engine-distrusted", NULL), ==, 1);
    g_assert_true(come_in(gateway, 1, "alice"));
    gateway->link->address.octets[3]++;
    raise_child(gateway, 1);
    g_assert_cmpuint(count_events(gateway, "engine-distrusted", "alice"), ==, 1);
    while (gateway->link != NULL)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(leases_used(gateway->leases), ==, 0);
    world_close(&world);
}

static void
test_one_trailing_nul_is_no_part_of_a_name(void)
{
    World world = world_open(10, 1, "replace");
    Gateway *gateway = world.gateway;
    GuestlinkMessage message = {.type = GUESTLINK_ASK_VERDICT, .session = 1};
    g_autoptr(Secret) name = secret_new("alice", sizeof("alice"));

    message.ask_verdict.user = name;
    message.ask_verdict.group = (char *)"";
    gateway_take(&message, gateway);
    g_assert_cmpstr(gateway_find(gateway, 1)->asked_user, ==, "alice");
    world_close(&world);
}

/* Refusals are warnings, and not what fails here. */
static GLogWriterOutput
be_quiet(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer user_data)
{
    return G_LOG_WRITER_HANDLED;
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_log_set_writer_func(be_quiet, NULL, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *path =
            g_strdup_printf("/admission/a-lease-is-released-once/%s", paths[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_a_lease_is_released_once);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(fulls); i++) {
        g_autofree char *path = g_strdup_printf("/admission/a-third-session/%s", fulls[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_a_third_session);
    }
#define TEST(name) g_test_add_func("/admission/" #name, test_##name)
    TEST(the_end_of_the_gateway_releases_all);
    TEST(the_254th_user_is_refused_and_logged);
    TEST(a_guesser_waits_and_its_neighbours_do_not);
    TEST(who_is_banned_by_name_or_address_is_not_asked);
    TEST(an_engine_that_breaks_a_rule_is_ended);
    TEST(one_trailing_nul_is_no_part_of_a_name);
    return g_test_run();
}
