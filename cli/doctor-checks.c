/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of doctor that need no tunnel. */
#include "doctor.h"

#include "base/clock.h"
#include "base/netif.h"

#include <gio/gnetworking.h>
#include <string.h>

void
check_set(Check *check, CheckResult result, const char *token, char *take_evidence,
          const char *advice)
{
    g_free(check->evidence);
    g_free(check->advice);
    check->result = result;
    check->token = token;
    check->evidence = take_evidence;
    check->advice = g_strdup(advice);
}

static void
check_profile(Doctor *doctor, Check *check)
{
    g_autoptr(GError) error = NULL;

    if (profile_check(doctor->profile, &error))
        check_set(check, CHECK_OK, "", g_strdup("it is complete"), NULL);
    else
        check_set(check, CHECK_FAIL, reason_token(REASON_PROFILE_INVALID), g_strdup(error->message),
                  reason_hint(REASON_PROFILE_INVALID));
}

static void
check_strength(Doctor *doctor, Check *check)
{
    g_auto(GStrv) weak = profile_weak(doctor->profile);

    if (weak[0] == NULL)
        check_set(check, CHECK_OK, "", g_strdup("nothing weak is offered"), NULL);
    else
        check_set(check, CHECK_WARN, "", g_strjoinv(", ", weak),
                  "These are weak: ask the administrator for stronger ones.");
}

static void
check_clock(Doctor *doctor, Check *check)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    char *text = g_date_time_format_iso8601(now);

    if (g_date_time_to_unix(now) < CLOCK_FLOOR_UNIX_SECONDS)
        check_set(check, CHECK_FAIL, reason_token(REASON_CLOCK_WRONG), text,
                  reason_hint(REASON_CLOCK_WRONG));
    else
        check_set(check, CHECK_OK, "", text, NULL);
}

static void
check_device(Doctor *doctor, Check *check)
{
    if (g_file_test("/dev/net/tun", G_FILE_TEST_EXISTS))
        check_set(check, CHECK_OK, "", g_strdup("/dev/net/tun"), NULL);
    else
        check_set(check, CHECK_FAIL, reason_token(REASON_DATAPLANE_UNAVAILABLE),
                  g_strdup("/dev/net/tun is not there"), reason_hint(REASON_DATAPLANE_UNAVAILABLE));
}

static void
check_name(Doctor *doctor, Check *check)
{
    const char *host = profile_text(doctor->profile, PROFILE_CONNECTION_GATEWAY);
    g_autoptr(GResolver) resolver = g_resolver_get_default();
    g_autoptr(GError) error = NULL;
    GList *list;
    GString *text;

    if (host == NULL) {
        check_set(check, CHECK_SKIPPED, "", g_strdup("the profile has no gateway"), NULL);
        return;
    }
    list = g_resolver_lookup_by_name(resolver, host, doctor->cli->cancellable, &error);
    if (list == NULL) {
        check_set(check, CHECK_FAIL, reason_token(REASON_NAME_RESOLUTION), g_strdup(error->message),
                  reason_hint(REASON_NAME_RESOLUTION));
        return;
    }
    text = g_string_new(host);
    doctor->gateway = g_inet_address_to_string(list->data);
    for (GList *item = list; item != NULL; item = item->next) {
        g_autofree char *address = g_inet_address_to_string(item->data);

        g_string_append_printf(text, "%s%s", item == list ? " is " : ", ", address);
    }
    g_resolver_free_addresses(list);
    check_set(check, CHECK_OK, "", g_string_free(text, FALSE), NULL);
}

/* Where packets to the gateway leave from; NULL with error. */
static GInetAddress *
find_local(const char *gateway, GError **error)
{
    g_autoptr(GSocketAddress) remote = g_inet_socket_address_new_from_string(gateway, 500);
    g_autoptr(GSocketAddress) local = NULL;
    g_autoptr(GSocket) probe = g_socket_new(g_socket_address_get_family(remote),
                                            G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, error);

    if (probe != NULL && g_socket_connect(probe, remote, NULL, error))
        local = g_socket_get_local_address(probe, error);
    return local != NULL
               ? g_object_ref(g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(local)))
               : NULL;
}

static void
check_route(Doctor *doctor, Check *check)
{
    g_autoptr(GInetAddress) local = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autofree char *link = NULL;
    NetAddress address;

    if (doctor->gateway == NULL) {
        check_set(check, CHECK_SKIPPED, "", g_strdup("no address is known"), NULL);
        return;
    }
    local = find_local(doctor->gateway, &error);
    if (local == NULL) {
        check_set(check, CHECK_FAIL, reason_token(REASON_NETWORK_UNREACHABLE),
                  g_strdup(error->message), reason_hint(REASON_NETWORK_UNREACHABLE));
        return;
    }
    text = g_inet_address_to_string(local);
    if (net_address_parse(text, &address))
        link = netif_of_address(&address);
    /* Our own tunnels are no obstacle: the service marks its packets, this program does not. */
    if (link != NULL && netif_is_tunnel(link) && !g_str_has_prefix(link, "coati"))
        check_set(check, CHECK_WARN, reason_token(REASON_OTHER_VPN),
                  g_strdup_printf("packets leave from %s through the tunnel %s", text, link),
                  reason_hint(REASON_OTHER_VPN));
    else
        check_set(check, CHECK_OK, "", g_strdup_printf("packets leave from %s", text), NULL);
}

/* NetworkManager looks for portals; without it nothing is known. */
static void
check_network(Doctor *doctor, Check *check)
{
    enum { NONE = 1, PORTAL, LIMITED, FULL };
    static const char *const names[] = {
        [NONE] = "nothing", [LIMITED] = "no Internet", [FULL] = "the Internet"};
    g_autoptr(GVariant) value = remote_network_connectivity(doctor->cli);
    guint32 state = value != NULL ? g_variant_get_uint32(value) : 0;

    if (state == PORTAL)
        check_set(check, CHECK_FAIL, reason_token(REASON_CAPTIVE_PORTAL),
                  g_strdup("NetworkManager was sent to a login page"),
                  reason_hint(REASON_CAPTIVE_PORTAL));
    else if (state == 0 || state >= G_N_ELEMENTS(names))
        check_set(check, CHECK_SKIPPED, "", g_strdup("NetworkManager does not know"), NULL);
    else
        check_set(check, CHECK_OK, "", g_strdup_printf("NetworkManager reaches %s", names[state]),
                  NULL);
}

static void
check_port(Doctor *doctor, Check *check)
{
    guint16 port = (guint16)profile_number(doctor->profile, PROFILE_IKE_LOCAL_PORT);
    g_autoptr(GInetAddress) any = g_inet_address_new_any(G_SOCKET_FAMILY_IPV4);
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new(any, port);
    g_autoptr(GSocket) socket =
        g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
    g_autoptr(GError) error = NULL;

    if (port == 0)
        check_set(check, CHECK_OK, "", g_strdup("any free one will do"), NULL);
    else if (doctor->is_connected || socket == NULL)
        check_set(check, CHECK_SKIPPED, "", g_strdup("the tunnel itself uses it"), NULL);
    else if (g_socket_bind(socket, address, FALSE, &error))
        check_set(check, CHECK_OK, "", g_strdup_printf("port %u is free", port), NULL);
    else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
        check_set(check, CHECK_FAIL, reason_token(REASON_PORT_IN_USE), g_strdup(error->message),
                  reason_hint(REASON_PORT_IN_USE));
    else
        check_set(check, CHECK_SKIPPED, "", g_strdup(error->message), NULL);
}

/* What the probe says about the step whose failures have this exit code. Later failures mean that
 * it went well, earlier ones that it was not reached. */
static void
judge(Doctor *doctor, Check *check, guint step, const char *when_good)
{
    static const ExitCode steps[] = {EXIT_UNREACHABLE, EXIT_PROPOSAL, EXIT_CERTIFICATE};
    guint failed = G_N_ELEMENTS(steps);
    const Probe *probe = doctor->probe;

    if (doctor->is_connected) {
        check_set(check, CHECK_OK, "", g_strdup(when_good), NULL);
        return;
    }
    if (probe == NULL) {
        check_set(check, CHECK_SKIPPED, "", g_strdup(doctor->no_probe), NULL);
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(steps) && probe->reason != REASON_NONE; i++)
        if (reason_exit_code(probe->reason) == steps[i])
            failed = i;
    if (probe->reason != REASON_NONE && failed == G_N_ELEMENTS(steps))
        failed = G_N_ELEMENTS(steps) - 1;
    if (step < failed)
        check_set(check, CHECK_OK, "", g_strdup(when_good), NULL);
    else if (step > failed)
        check_set(check, CHECK_SKIPPED, "", g_strdup("it was not reached"), NULL);
    else
        check_set(check, CHECK_FAIL, reason_token(probe->reason),
                  probe->detail[0] != '\0'
                      ? g_strdup_printf("%s: %s", reason_title(probe->reason), probe->detail)
                      : g_strdup(reason_title(probe->reason)),
                  reason_hint(probe->reason));
}

static GVariantDict *
seen(const Doctor *doctor)
{
    if (doctor->is_connected)
        return doctor->remote->tunnel;
    return doctor->probe != NULL ? doctor->probe->tunnel : NULL;
}

static void
check_gateway(Doctor *doctor, Check *check)
{
    GVariantDict *tunnel = seen(doctor);
    g_autofree char *text =
        g_strdup_printf("%s answers", tunnel != NULL ? remote_text(tunnel, "GatewayAddress") : "");

    judge(doctor, check, 0, text);
}

static void
check_algorithms(Doctor *doctor, Check *check)
{
    GVariantDict *tunnel = seen(doctor);
    g_autofree char *text = tunnel != NULL ? probe_algorithms(tunnel) : g_strdup("");

    judge(doctor, check, 1, text[0] != '\0' ? text : "an offer was accepted");
}

static void
check_certificate(Doctor *doctor, Check *check)
{
    GVariantDict *tunnel = seen(doctor);

    judge(doctor, check, 2, tunnel != NULL ? remote_text(tunnel, "GatewayIdentity") : "");
}

/* What happened with credentials, which a probe does not use. */
static void
check_last(Doctor *doctor, Check *check)
{
    g_autoptr(GVariant) reply = remote_call(doctor->cli, doctor->remote->path, CLI_CONNECTION,
                                            "GetLastError", NULL, "(ssss)", NULL);
    const char *token = "";
    const char *title = "";
    const char *hint = "";
    const char *detail = "";
    Reason reason = REASON_NONE;

    if (reply != NULL)
        g_variant_get(reply, "(&s&s&s&s)", &token, &title, &hint, &detail);
    if (token[0] != '\0' && reason_find(token, &reason) && reason_exit_code(reason) != EXIT_OK)
        check_set(check, CHECK_WARN, reason_token(reason),
                  g_strdup_printf("%s%s%s", title, detail[0] != '\0' ? ": " : "", detail), hint);
    else
        check_set(check, CHECK_OK, "", g_strdup("it did not fail"), NULL);
}

const CheckRow doctor_rows[] = {
    {"profile", "The profile", check_profile},
    {"strength", "Strength of what is offered", check_strength},
    {"clock", "This computer's clock", check_clock},
    {"device", "TUN device", check_device},
    {"port", "The UDP port here", check_port},
    {"network", "This network", check_network},
    {"name", "The gateway's name", check_name},
    {"route", "A way to the gateway", check_route},
    {"gateway", "The gateway answers", check_gateway},
    {"algorithms", "Algorithms in common", check_algorithms},
    {"certificate", "The gateway's proof", check_certificate},
    {"last", "The last connection", check_last},
    {"dns", "Name servers in the tunnel", check_dns},
    {"size", "Large packets in the tunnel", check_size},
    {"traffic", "Packets both ways", check_traffic},
    {NULL, NULL, NULL},
};
