/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * engine-connect: connects a real pair of coati-engine and coati-keys to a real gateway, without
 * coatid: it makes the sockets and the TUN, answers the login, sets address and routes with ip(8),
 * and prints one line for each message. For first contact with a peer and for looking closely.
 *
 *     engine-connect --gateway 203.0.113.2 --ca ca.der --name vpn.example.org \
 *         --user alice --password wonderland-7 [--command 'ping -c1 10.77.0.10']
 */
#include "pair.h"

#include "keylink.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *gateway_text;
static char *ca_file;
static char *name_text;
static char *user;
static char *password;
static char *group;
static char *psk;
static char *certificate_file;
static char *key_file;
static char *mode_text = (char *)"aggressive";
static char *method_text = (char *)"hybrid-rsa";
static char *phase1_text = (char *)"aes128-sha1-modp1024";
static char *esp_text = (char *)"aes128-sha1";
static char *pfs_text;
static char *command;
static gint seconds = 5;
static gint fragment_octets;
static gint phase1_seconds;
static gint esp_seconds;
static gboolean is_push;
static gint dpd_seconds = 20;

static const GOptionEntry options[] = {
    {"gateway", 0, 0, G_OPTION_ARG_STRING, &gateway_text, "IPv4 address", NULL},
    {"ca", 0, 0, G_OPTION_ARG_FILENAME, &ca_file, "DER", NULL},
    {"name", 0, 0, G_OPTION_ARG_STRING, &name_text, "gateway's name", NULL},
    {"user", 0, 0, G_OPTION_ARG_STRING, &user, NULL, NULL},
    {"password", 0, 0, G_OPTION_ARG_STRING, &password, NULL, NULL},
    {"group", 0, 0, G_OPTION_ARG_STRING, &group, "KEY_ID", NULL},
    {"psk", 0, 0, G_OPTION_ARG_STRING, &psk, NULL, NULL},
    {"certificate", 0, 0, G_OPTION_ARG_FILENAME, &certificate_file, "own, DER", NULL},
    {"key", 0, 0, G_OPTION_ARG_FILENAME, &key_file, "own, PEM or DER", NULL},
    {"mode", 0, 0, G_OPTION_ARG_STRING, &mode_text, "main or aggressive", NULL},
    {"method", 0, 0, G_OPTION_ARG_STRING, &method_text, "hybrid-rsa, xauth-psk, xauth-rsa", NULL},
    {"ike", 0, 0, G_OPTION_ARG_STRING, &phase1_text, "suite", NULL},
    {"esp", 0, 0, G_OPTION_ARG_STRING, &esp_text, "suite", NULL},
    {"pfs", 0, 0, G_OPTION_ARG_STRING, &pfs_text, "group or off", NULL},
    {"command", 0, 0, G_OPTION_ARG_STRING, &command, "once connected", NULL},
    {"seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "stay connected", NULL},
    {"dpd", 0, 0, G_OPTION_ARG_INT, &dpd_seconds, "seconds", NULL},
    {"ike-lifetime", 0, 0, G_OPTION_ARG_INT, &phase1_seconds, "seconds", NULL},
    {"esp-lifetime", 0, 0, G_OPTION_ARG_INT, &esp_seconds, "seconds", NULL},
    {"push", 0, 0, G_OPTION_ARG_NONE, &is_push, "the gateway pushes settings", NULL},
    {"esp-fragment", 0, 0, G_OPTION_ARG_INT, &fragment_octets, NULL, NULL},
    {0},
};

static GBytes *
load(const char *path)
{
    g_autoptr(GError) error = NULL;
    char *text;
    gsize length;

    if (!g_file_get_contents(path, &text, &length, &error))
        g_error("%s", error->message);
    return g_bytes_new_take(text, length);
}

static IkeMethod
method(void)
{
    if (strcmp(method_text, "xauth-psk") == 0)
        return IKE_METHOD_XAUTH_PSK;
    return strcmp(method_text, "xauth-rsa") == 0 ? IKE_METHOD_XAUTH_RSA : IKE_METHOD_HYBRID_RSA;
}

static void
set_pfs(IkePolicy *policy)
{
    if (pfs_text == NULL)
        return;
    policy->pfs = IKE_PFS_OFF;
    if (strcmp(pfs_text, "off") == 0)
        return;
    policy->pfs = IKE_PFS_GROUP;
    if (!suite_group_parse(pfs_text, &policy->pfs_group))
        g_error("no such group: %s", pfs_text);
}

static IkePolicy *
make_policy(void)
{
    IkePolicy *policy = ike_policy_new();
    SuitePhase1 phase1;
    SuiteEsp esp;

    if (!suite_phase1_parse(phase1_text, &phase1) || !suite_esp_parse(esp_text, &esp))
        g_error("no such suite");
    g_array_append_val(policy->phase1, phase1);
    g_array_append_val(policy->esp, esp);
    policy->mode = strcmp(mode_text, "main") == 0 ? IKE_MODE_MAIN : IKE_MODE_AGGRESSIVE;
    policy->method = method();
    policy->dpd_delay_seconds = (guint16)dpd_seconds;
    if (phase1_seconds > 0)
        policy->phase1_lifetime_seconds = (guint32)phase1_seconds;
    if (esp_seconds > 0)
        policy->esp_lifetime_seconds = (guint32)esp_seconds;
    policy->config_mode = is_push ? IKE_CONFIG_PUSH : IKE_CONFIG_PULL;
    set_pfs(policy);
    if (group != NULL) {
        policy->own_id.type = IKE_ID_KEY_ID;
        policy->own_id.data = g_bytes_new(group, strlen(group));
    }
    if (certificate_file != NULL) {
        GBytes *certificate = load(certificate_file);

        g_ptr_array_add(policy->own_chain, certificate);
        policy->own_id.type = IKE_ID_DER_ASN1_DN;
        policy->own_id.data = ike_certificate_subject(certificate);
    }
    policy->own_key = 1;
    return policy;
}

static IkeTrust *
make_trust(void)
{
    IkeTrust *trust = ike_trust_new();

    if (ca_file != NULL)
        g_ptr_array_add(trust->anchors, load(ca_file));
    trust->expected_name = g_strdup(name_text);
    trust->is_peer_gateway = TRUE;
    return trust;
}

static void
load_secrets(Pair *pair)
{
    if (psk != NULL) {
        g_autoptr(Secret) secret = secret_new_text(psk);

        g_assert_true(keylink_load_psk(pair->control, 1, secret, NULL));
    }
    if (key_file != NULL) {
        g_autoptr(GBytes) octets = load(key_file);
        g_autoptr(Secret) secret =
            secret_new(g_bytes_get_data(octets, NULL), g_bytes_get_size(octets));

        g_assert_true(keylink_load_key(pair->control, 1, secret, NULL));
    }
    g_assert_true(keylink_seal(pair->control, NULL));
}

static void
run(const char *format, const char *argument)
{
    g_autofree char *line = g_strdup_printf("%s%s", format, argument);

    g_print("$ %s\n", line);
    if (system(line) != 0)
        g_print("failed\n");
}

static void
apply(const IkeSettings *settings)
{
    char text[NET_ADDRESS_TEXT_SIZE];

    run("ip address add dev coati0 ", net_address_format(&settings->address4, text));
    for (guint i = 0; i < settings->split_include->len; i++) {
        char prefix[NET_PREFIX_TEXT_SIZE];

        run("ip route add dev coati0 ",
            net_prefix_format(&g_array_index(settings->split_include, NetPrefix, i), prefix));
    }
    if (settings->split_include->len == 0)
        run("ip route add dev coati0 ", "10.0.0.0/8");
}

static void
show_counters(const BoundaryCounters *counters)
{
    g_print("in %" G_GUINT64_FORMAT " out %" G_GUINT64_FORMAT, counters->packets_in,
            counters->packets_out);
    for (guint i = 0; i < counters->drop_count; i++)
        if (counters->drops[i].count > 0)
            g_print(", %s %" G_GUINT64_FORMAT, counters->drops[i].name, counters->drops[i].count);
    g_print("\n");
}

/* FALSE once it is over. */
static gboolean
obey(Pair *pair, const BoundaryMessage *message, gboolean *ret_is_up)
{
    g_autofree char *line = pair_describe(message);
    char mtu[16];

    g_print("%s\n", line);
    switch ((gint)message->type) {
    case BOUNDARY_ASK_LOGIN:
        pair_login(pair, message->ask_login.ticket, user, password);
        break;
    case BOUNDARY_SETTINGS:
        apply(message->settings);
        break;
    case BOUNDARY_CHILD_UP:
        g_snprintf(mtu, sizeof mtu, "%u", message->child_up.mtu_octets);
        run("ip link set coati0 mtu ", mtu);
        *ret_is_up = TRUE;
        break;
    case BOUNDARY_COUNTERS:
        show_counters(&message->counters);
        break;
    case BOUNDARY_CLOSED:
        return FALSE;
    default:
        break;
    }
    return TRUE;
}

/* Until the time is up or the session is over. */
static void
stay(Pair *pair)
{
    BoundaryMessage count = {.type = BOUNDARY_COUNT};
    gint64 until = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
    gboolean is_up = FALSE;
    gboolean was_run = FALSE;
    gboolean is_hung_up = FALSE;

    for (;;) {
        g_autoptr(BoundaryMessage) message = pair_receive(pair, 200);

        if (message != NULL && !obey(pair, message, &is_up))
            return;
        if (is_up && !was_run && command != NULL) {
            was_run = TRUE;
            /* Meanwhile questions are answered. */
            if (fork() == 0)
                _exit(system(command) == 0 ? 0 : 1);
        }
        if (!is_hung_up && g_get_monotonic_time() > until) {
            is_hung_up = TRUE;
            pair_send(pair, &count);
            pair_hang_up(pair, REASON_USER_REQUEST);
        }
        if (g_get_monotonic_time() > until + 10 * G_USEC_PER_SEC)
            return;
    }
}

int
main(int argc, char **argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    NetEndpoint remote[2] = {{.port = 500}, {.port = 4500}};
    g_autoptr(IkePolicy) policy = NULL;
    g_autoptr(IkeTrust) trust = NULL;
    IkePath paths[2];
    Fd fds[3];
    Pair pair;

    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error))
        g_error("%s", error->message);
    if (gateway_text == NULL || !net_address_parse(gateway_text, &remote[0].address))
        g_error("--gateway needs an IPv4 address");
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    remote[1].address = remote[0].address;
    policy = make_policy();
    trust = make_trust();
    for (guint i = 0; i < 2; i++)
        fds[i] = pair_open_socket(&remote[i], (IkeSocket)i, &paths[i]);
    fds[2] = pair_open_tun("coati0", TRUE);
    run("ip link set coati0 ", "up");
    pair_start(&pair);
    load_secrets(&pair);
    pair_initiate(&pair, policy, trust, paths, fds, (guint16)fragment_octets);
    stay(&pair);
    return pair_end(&pair) == 0 ? 0 : 1;
}
