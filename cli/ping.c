/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * coatictl ping: which layer answers. IKE is asked by dead peer detection, ESP by an echo request
 * to an address inside; each has its count of losses and its times.
 */
#include "base/net.h"
#include "echo.h"
#include "json.h"
#include "remote.h"
#include "say.h"
#include "show.h"

#include <string.h>

enum { ROUNDS = 4, MAX_ROUNDS = 1000, ANSWER_MILLISECONDS = 2000, ECHO_OCTETS = 56 };

#define ESP_SILENT_TOKEN "esp-blocked"
#define ESP_SILENT_TITLE "Nothing comes back through the tunnel"
#define ESP_SILENT_HINT                                                                            \
    "The gateway may have no way back, or a firewall drops what it sends: ask the administrator."

typedef struct {
    char *target;
    char *not_tested; /* why; NULL when it is tested */
    guint sent;
    guint received;
    gdouble least; /* milliseconds */
    gdouble most;
    gdouble total;
} Layer;

typedef struct {
    Cli *cli;
    const RemoteProfile *profile;
    Layer ike;
    Layer esp;
    guint64 packets_in; /* before */
} Pinger;

static void
layer_clear(Layer *layer)
{
    g_free(layer->target);
    g_free(layer->not_tested);
}

static void
layer_skip(Layer *layer, const char *why)
{
    g_free(layer->not_tested);
    layer->not_tested = g_strdup(why);
}

static void
layer_add(Layer *layer, gboolean is_answered, gdouble milliseconds)
{
    layer->sent++;
    if (!is_answered)
        return;
    layer->least = layer->received == 0 ? milliseconds : MIN(layer->least, milliseconds);
    layer->most = MAX(layer->most, milliseconds);
    layer->total += milliseconds;
    layer->received++;
}

static gboolean
is_silent(const Layer *layer)
{
    return layer->not_tested == NULL && layer->sent > 0 && layer->received == 0;
}

/* FALSE when the tunnel has ended. */
static gboolean
ask_ike(Pinger *pinger, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(GVariant) reply = NULL;
    g_autofree char *name = NULL;
    guint32 microseconds = 0;

    if (pinger->ike.not_tested != NULL)
        return TRUE;
    reply = remote_call(pinger->cli, pinger->profile->tunnel_path, CLI_TUNNEL, "PingGateway",
                        g_variant_new("(u)", ANSWER_MILLISECONDS), "(u)", &failure);
    if (reply != NULL) {
        g_variant_get(reply, "(u)", &microseconds);
        layer_add(&pinger->ike, TRUE, microseconds / 1000.0);
        return TRUE;
    }
    name = g_dbus_error_is_remote_error(failure) ? g_dbus_error_get_remote_error(failure) : NULL;
    if (g_strcmp0(name, CLI_BUS ".Error.Timeout") == 0) {
        layer_add(&pinger->ike, FALSE, 0);
        return TRUE;
    }
    if (g_strcmp0(name, CLI_BUS ".Error.NotSupported") == 0) {
        g_dbus_error_strip_remote_error(failure);
        layer_skip(&pinger->ike, failure->message);
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static void
ask_esp(Pinger *pinger)
{
    gdouble milliseconds = 0;
    EchoResult result;

    if (pinger->esp.not_tested != NULL)
        return;
    result = echo_send(pinger->esp.target, ECHO_OCTETS, 1, &milliseconds);
    if (result == ECHO_NOT_TRIED)
        layer_skip(&pinger->esp, "the program ping is not there");
    else
        layer_add(&pinger->esp, result == ECHO_ANSWERED, milliseconds);
}

static gboolean
on_second(gpointer user_data)
{
    *(gboolean *)user_data = TRUE;
    return G_SOURCE_REMOVE;
}

static void
rest(const Pinger *pinger)
{
    gboolean is_over = FALSE;
    guint timer = g_timeout_add_seconds(1, on_second, &is_over);

    while (!is_over && !pinger->cli->is_interrupted)
        g_main_context_iteration(NULL, TRUE);
    if (!is_over)
        g_source_remove(timer);
}

static guint64
count_packets_in(const Pinger *pinger)
{
    g_autoptr(GVariant) reply = remote_call(pinger->cli, pinger->profile->tunnel_path, CLI_TUNNEL,
                                            "GetStatistics", NULL, "(a{sv})", NULL);
    g_autoptr(GVariant) statistics = reply != NULL ? g_variant_get_child_value(reply, 0) : NULL;
    guint64 count = 0;

    if (statistics != NULL)
        g_variant_lookup(statistics, "packets-in", "t", &count);
    return count;
}

static char *
describe(const Layer *layer)
{
    if (layer->not_tested != NULL)
        return g_strdup_printf("not tested: %s", layer->not_tested);
    if (layer->received == 0)
        return g_strdup_printf("%s: 0 of %u answered", layer->target, layer->sent);
    return g_strdup_printf("%s: %u of %u answered, %.1f/%.1f/%.1f ms", layer->target,
                           layer->received, layer->sent, layer->least,
                           layer->total / layer->received, layer->most);
}

static JsonObject *
json_of_layer(const Layer *layer)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "target", layer->target != NULL ? layer->target : "");
    json_object_set_string_member(object, "not_tested",
                                  layer->not_tested != NULL ? layer->not_tested : "");
    json_object_set_int_member(object, "sent", layer->sent);
    json_object_set_int_member(object, "received", layer->received);
    if (layer->received == 0) {
        json_object_set_null_member(object, "milliseconds");
        return object;
    }
    json_object_set_double_member(object, "milliseconds", layer->total / layer->received);
    json_object_set_double_member(object, "least_milliseconds", layer->least);
    json_object_set_double_member(object, "most_milliseconds", layer->most);
    return object;
}

/* What is wrong, in the words that doctor has too; NULL when nothing is. */
static JsonObject *
verdict(const Pinger *pinger)
{
    const Layer *esp = &pinger->esp;
    g_autofree char *detail = NULL;

    if (is_silent(&pinger->ike))
        return json_of_error(reason_token(REASON_PEER_DEAD), reason_title(REASON_PEER_DEAD), "",
                             reason_hint(REASON_PEER_DEAD));
    if (!is_silent(esp))
        return NULL;
    if (count_packets_in(pinger) == pinger->packets_in)
        return json_of_error(ESP_SILENT_TOKEN, ESP_SILENT_TITLE,
                             pinger->ike.received > 0 ? "the gateway itself answers" : "",
                             ESP_SILENT_HINT);
    detail = g_strdup_printf("%s does not answer to ping", esp->target);
    return json_of_error("", "Packets come through the tunnel, but no answer", detail,
                         "Name another address inside: coatictl ping PROFILE ADDRESS.");
}

static ExitCode
print(const Pinger *pinger, const char *id)
{
    JsonObject *wrong = verdict(pinger);
    ExitCode code = wrong != NULL ? EXIT_UNREACHABLE : EXIT_OK;
    g_autofree char *ike = describe(&pinger->ike);
    g_autofree char *esp = describe(&pinger->esp);
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "connection", id);
    json_object_set_object_member(object, "ike", json_of_layer(&pinger->ike));
    json_object_set_object_member(object, "esp", json_of_layer(&pinger->esp));
    if (wrong != NULL)
        json_object_set_object_member(object, "error", wrong);
    else
        json_object_set_null_member(object, "error");
    if (pinger->cli->options.json) {
        json_print(object, FALSE);
        return code;
    }
    say_line("%s", id);
    show_row("IKE", ike);
    show_row("ESP", esp);
    if (wrong != NULL) {
        show_row("Result", json_object_get_string_member(wrong, "title"));
        show_row("Reason", json_object_get_string_member(wrong, "reason"));
        show_row("Detail", json_object_get_string_member(wrong, "detail"));
        show_row("What to do", json_object_get_string_member(wrong, "hint"));
    }
    json_object_unref(object);
    return code;
}

/* What there is to ask; FALSE with code when the words make no sense. */
static gboolean
choose(Pinger *pinger, const char *address, ExitCode *ret_code)
{
    GVariantDict *tunnel = pinger->profile->tunnel;
    g_autofree const char **servers = remote_texts(tunnel, "Dns");
    NetAddress parsed;

    if (tunnel == NULL || strcmp(remote_text(tunnel, "State"), "connected") != 0) {
        say_error("It is not connected", remote_text(pinger->profile->properties, "Id"), NULL);
        *ret_code = EXIT_ACTIVATION;
        return FALSE;
    }
    if (address != NULL && !net_address_parse(address, &parsed)) {
        say_error("This is no address", address, NULL);
        *ret_code = EXIT_USAGE;
        return FALSE;
    }
    pinger->ike.target = g_strdup(remote_text(tunnel, "GatewayAddress"));
    pinger->esp.target = g_strdup(address != NULL ? address : servers[0]);
    if (pinger->esp.target == NULL)
        layer_skip(&pinger->esp, "the gateway named no address inside: give one");
    return TRUE;
}

static ExitCode
run(Pinger *pinger, guint rounds)
{
    const char *id = remote_text(pinger->profile->properties, "Id");
    g_autoptr(GError) error = NULL;

    pinger->packets_in = count_packets_in(pinger);
    for (guint i = 0; i < rounds && !pinger->cli->is_interrupted; i++) {
        if (i > 0)
            rest(pinger);
        if (!ask_ike(pinger, &error))
            return remote_fail(error, id);
        ask_esp(pinger);
    }
    return print(pinger, id);
}

ExitCode
command_ping(Cli *cli, char **arguments)
{
    Pinger pinger = {.cli = cli};
    guint rounds = cli->options.count > 0 ? MIN(cli->options.count, MAX_ROUNDS) : ROUNDS;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) profiles = remote_connections(cli, &error);
    ExitCode code = EXIT_OK;

    if (profiles == NULL)
        return remote_fail(error, NULL);
    pinger.profile = remote_find_profile(profiles, arguments[0], &code);
    if (pinger.profile == NULL)
        return code;
    if (choose(&pinger, arguments[0] != NULL ? arguments[1] : NULL, &code))
        code = run(&pinger, rounds);
    layer_clear(&pinger.ike);
    layer_clear(&pinger.esp);
    return code;
}
