/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An engine that speaks the boundary without any network: what coatid does with what an engine
 * says can be tried in milliseconds. The application version of the policy names the scenario, as
 * words; the password "right" is the right one, the passcode "123456" too.
 *
 *     otp       a second round asks for a passcode with a message
 *     save      the gateway allows the password to be stored
 *     trust     the certificate is shown first
 *     silent    the gateway never answers
 *     hostile   settings that must not be applied
 *     special   an own address that is special
 *     full      no split networks
 *     crash     the process dies 0.3 s after the first connect (not when an address is wished)
 *     die-in-login   the process dies while the login is asked for
 *     pair      the gateway's answer names another address pair each time
 */
#include "boundary.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BOUNDARY_FD = 3 };

typedef struct {
    const char *scenario;
    gboolean is_again; /* an address was wished: a reconnect */
    guint round;
    gboolean is_up;
    gboolean is_renewal;
} Fake;

static gboolean
is(const Fake *fake, const char *word)
{
    g_auto(GStrv) words = g_strsplit(fake->scenario, " ", -1);

    return g_strv_contains((const gchar *const *)words, word);
}

static void
say(BoundaryMessage *message)
{
    g_autoptr(GError) error = NULL;

    if (!boundary_send(BOUNDARY_FD, message, NULL, &error))
        g_error("fake engine: %s: %s", boundary_name(message->type), error->message);
    boundary_message_free(message);
}

static void
say_stage(IkeStage stage)
{
    BoundaryMessage *message = boundary_message_new(BOUNDARY_STAGE);

    message->stage = stage;
    say(message);
}

static void
say_closed(Reason reason)
{
    BoundaryMessage *message = boundary_message_new(BOUNDARY_CLOSED);

    message->closed.reason = reason;
    say(message);
    exit(0);
}

static void
say_phase1(void)
{
    BoundaryMessage *message = boundary_message_new(BOUNDARY_PHASE1);

    suite_phase1_parse("aes256-sha256-modp2048", &message->phase1.suite);
    message->phase1.method = IKE_METHOD_HYBRID_RSA;
    message->phase1.mode = IKE_MODE_AGGRESSIVE;
    message->phase1.peer_identity = g_strdup("CN=fake");
    message->phase1.is_local_behind_nat = TRUE;
    message->phase1.is_encapsulated = TRUE;
    message->phase1.has_dpd = TRUE;
    message->phase1.lifetime_seconds = 28800;
    say(message);
}

static void
ask_login(Fake *fake)
{
    BoundaryMessage *message = boundary_message_new(BOUNDARY_ASK_LOGIN);

    fake->round++;
    message->ask_login.ticket = fake->round;
    message->ask_login.round = fake->round;
    message->ask_login.is_reauthentication = fake->is_renewal;
    if (fake->round == 1) {
        message->ask_login.fields[0].field = IKE_FIELD_USER;
        message->ask_login.fields[1].field = IKE_FIELD_PASSWORD;
        message->ask_login.count = 2;
    } else {
        message->ask_login.fields[0].field = IKE_FIELD_PASSCODE;
        message->ask_login.count = 1;
        message->ask_login.message = g_strdup("Code from your token");
    }
    say(message);
}

static void
add_prefix(GArray *list, const char *text)
{
    NetPrefix prefix;

    g_assert(net_prefix_parse(text, &prefix));
    g_array_append_val(list, prefix);
}

static void
add_address(GArray *list, const char *text)
{
    NetAddress address;

    g_assert(net_address_parse(text, &address));
    g_array_append_val(list, address);
}

static void
say_settings(const Fake *fake)
{
    BoundaryMessage *message = boundary_message_new(BOUNDARY_SETTINGS);
    IkeSettings *settings = ike_settings_new();

    message->settings = settings;
    net_address_parse(is(fake, "special") ? "127.0.0.1" : "10.99.0.7", &settings->address4);
    settings->prefix_length4 = 32;
    add_address(settings->dns, "10.99.0.1");
    settings->domain = g_strdup("corp.example");
    if (!is(fake, "full"))
        add_prefix(settings->split_include, "10.99.0.0/16");
    settings->banner = g_strdup("Welcome");
    settings->may_save_password = is(fake, "save");
    if (is(fake, "hostile")) {
        add_address(settings->dns, "127.0.0.53");
        add_prefix(settings->split_include, "127.0.0.0/8");
        add_prefix(settings->split_include, "224.0.0.0/4");
        add_prefix(settings->split_include, "0.0.0.0/0");
        add_prefix(settings->split_exclude, "0.0.0.0/1");
        g_ptr_array_add(settings->split_dns, g_strdup("bad..name"));
    }
    say(message);
}

static void
say_child(void)
{
    BoundaryMessage *message = boundary_message_new(BOUNDARY_CHILD_UP);

    message->child_up.child = 1;
    suite_esp_parse("aes256gcm16", &message->child_up.suite);
    net_prefix_parse("10.99.0.7/32", &message->child_up.local);
    net_prefix_parse("0.0.0.0/0", &message->child_up.remote);
    message->child_up.is_encapsulated = TRUE;
    message->child_up.pfs_group = SUITE_GROUP_MODP_2048;
    message->child_up.lifetime_seconds = 3600;
    message->child_up.mtu_octets = 1400;
    say(message);
}

static void
come_up(Fake *fake)
{
    say_stage(IKE_STAGE_CONFIGURING);
    say_settings(fake);
    say_stage(IKE_STAGE_SECURING);
    say_child();
    say_stage(IKE_STAGE_ESTABLISHED);
    fake->is_up = TRUE;
}

static void
go_on(Fake *fake)
{
    say_phase1();
    say_stage(IKE_STAGE_LOGIN);
    ask_login(fake);
    if (is(fake, "die-in-login"))
        exit(1);
}

static void
ask_trust(void)
{
    BoundaryMessage *message = boundary_message_new(BOUNDARY_ASK_TRUST);
    IkeCertificateInfo *info = g_new0(IkeCertificateInfo, 1);

    info->subject = g_strdup("CN=fake");
    info->issuer = g_strdup("CN=authority");
    info->names = g_strdup("vpn.example.org");
    info->sha256 = g_strdup("00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                            "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF");
    info->not_after_unix_seconds = 4102444800;
    info->key_bits = 2048;
    message->ask_trust.ticket = 77;
    message->ask_trust.certificate = info;
    say(message);
}

/* From each of these to the next; "loop" has no last one. */
static void
send_on(const Fake *fake, const NetAddress *from)
{
    BoundaryMessage *message = boundary_message_new(BOUNDARY_CLOSED);

    message->closed.reason = REASON_REDIRECTED;
    message->closed.detail =
        g_strdup_printf("192.0.2.%u", is(fake, "loop") ? from->octets[3] % 7 + 1 : 77);
    say(message);
    exit(0);
}

static void
start(Fake *fake, const BoundaryMessage *message)
{
    const IkePolicy *policy = message->initiate.policy;

    fake->scenario = g_strdup(policy->application_version);
    fake->is_again = net_address_is_set(&policy->wished_address);
    say_stage(IKE_STAGE_REACHING);
    if (is(fake, "silent"))
        say_closed(REASON_GATEWAY_SILENT);
    say_stage(IKE_STAGE_AUTHENTICATING);
    if (is(fake, "loop") ||
        (is(fake, "redirect") && message->initiate.isakmp.remote.address.octets[3] != 77))
        send_on(fake, &message->initiate.isakmp.remote.address);
    if (!is(fake, "trust") || message->initiate.trust->pinned_sha256 != NULL) {
        go_on(fake);
        return;
    }
    ask_trust();
    if (is(fake, "impatient"))
        say_closed(REASON_GATEWAY_SILENT);
}

static void
take_login(Fake *fake, const BoundaryMessage *message)
{
    const Secret *password = message->answer_login.password;
    const Secret *passcode = message->answer_login.passcode;

    if (message->answer_login.is_cancelled && fake->is_renewal)
        return;
    if (message->answer_login.is_cancelled)
        say_closed(REASON_SECRETS_CANCELLED);
    if (fake->round == 1 && (password == NULL || message->answer_login.user == NULL ||
                             strcmp(secret_text(password), "right") != 0))
        say_closed(REASON_AUTH_USER_REJECTED);
    if (fake->round == 2 && (passcode == NULL || strcmp(secret_text(passcode), "123456") != 0))
        say_closed(REASON_AUTH_CHALLENGE_FAILED);
    if (fake->round == 1 && is(fake, "otp"))
        ask_login(fake);
    else if (fake->is_renewal)
        say_settings(fake);
    else
        come_up(fake);
}

/* A new phase 1 of a tunnel that is up. */
static void
renew(Fake *fake)
{
    fake->round = 0;
    fake->is_renewal = TRUE;
    say_phase1();
    ask_login(fake);
}

static void
say_counters(void)
{
    BoundaryMessage *message = boundary_message_new(BOUNDARY_COUNTERS);

    message->counters.octets_in = 1234;
    message->counters.drop_count = 1;
    g_strlcpy(message->counters.drops[0].name, "replay", sizeof message->counters.drops[0].name);
    message->counters.drops[0].count = 5;
    say(message);
}

static void
say_rebound(const BoundaryMessage *rebind)
{
    BoundaryMessage *message = boundary_message_new(BOUNDARY_NOTE);
    char text[NET_ADDRESS_TEXT_SIZE];

    message->note.level = IKE_NOTE_INFO;
    message->note.text = g_strdup_printf(
        "rebound to %s", net_address_format(&rebind->rebind.natt.local.address, text));
    say(message);
}

static void
say_alive(const Fake *fake)
{
    BoundaryMessage *message;

    if (is(fake, "deaf"))
        return;
    message = boundary_message_new(BOUNDARY_ALIVE);
    message->round_trip_microseconds = 4321;
    say(message);
}

static void
take(Fake *fake, const BoundaryMessage *message)
{
    if (message->type == BOUNDARY_INITIATE)
        start(fake, message);
    else if (message->type == BOUNDARY_ANSWER_LOGIN)
        take_login(fake, message);
    else if (message->type == BOUNDARY_ANSWER_TRUST && message->answer_trust.reason != REASON_NONE)
        say_closed(message->answer_trust.reason);
    else if (message->type == BOUNDARY_ANSWER_TRUST)
        go_on(fake);
    else if (message->type == BOUNDARY_COUNT)
        say_counters();
    else if (message->type == BOUNDARY_PROBE)
        say_alive(fake);
    else if (message->type == BOUNDARY_REAUTHENTICATE)
        renew(fake);
    else if (message->type == BOUNDARY_REBIND)
        say_rebound(message);
    else if (message->type == BOUNDARY_HANG_UP)
        say_closed(message->hang_up);
}

int
main(void)
{
    Fake fake = {.scenario = ""};

    for (;;) {
        struct pollfd ready = {.fd = BOUNDARY_FD, .events = POLLIN};
        gboolean is_to_crash = fake.is_up && !fake.is_again && is(&fake, "crash");
        Fd fds[FD_MAX_PASSED];
        g_autoptr(BoundaryMessage) message = NULL;

        if (poll(&ready, 1, is_to_crash ? 300 : -1) == 0)
            abort();
        message = boundary_receive(BOUNDARY_FD, BOUNDARY_TO_ENGINE, fds, NULL);
        if (message == NULL)
            return 0;
        take(&fake, message);
    }
}
