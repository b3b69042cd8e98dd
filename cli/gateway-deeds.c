/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a gateway is told to do. Each says with --json what came of it. */
#include "gateway.h"

#include "gateway-bus.h"
#include "say.h"

#include <stdio.h>
#include <string.h>

ExitCode
command_gateway_kick(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        gateway_call(cli, "Kick", g_variant_new("(s)", arguments[0]), "(u)", &error);
    guint32 count = 0;

    if (reply == NULL)
        return gateway_fail(error);
    g_variant_get(reply, "(u)", &count);
    if (cli->options.json) {
        JsonObject *object = json_object_new();

        json_object_set_int_member(object, "kicked", count);
        json_print(object, FALSE);
    } else {
        say_progress(cli, "%u told to go", count);
    }
    return EXIT_OK;
}

/* outcome is taken. */
static ExitCode
do_it(Cli *cli, const char *method, GVariant *parameters, JsonObject *outcome)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = gateway_call(cli, method, parameters, NULL, &error);

    if (reply != NULL && cli->options.json)
        json_print(outcome, FALSE);
    else
        json_object_unref(outcome);
    return reply != NULL ? EXIT_OK : gateway_fail(error);
}

ExitCode
command_gateway_ban(Cli *cli, char **arguments)
{
    JsonObject *outcome;
    guint64 seconds = 0;

    if (arguments[1] != NULL &&
        !g_ascii_string_to_unsigned(arguments[1], 10, 1, G_MAXUINT32, &seconds, NULL)) {
        say_error("This is no number of seconds", arguments[1], NULL);
        return EXIT_USAGE;
    }
    outcome = json_object_new();
    json_object_set_string_member(outcome, "banned", arguments[0]);
    if (seconds > 0)
        json_object_set_int_member(outcome, "seconds", (gint64)seconds);
    else
        json_object_set_null_member(outcome, "seconds");
    return do_it(cli, "Ban", g_variant_new("(su)", arguments[0], (guint32)seconds), outcome);
}

ExitCode
command_gateway_unban(Cli *cli, char **arguments)
{
    JsonObject *outcome = json_object_new();

    json_object_set_string_member(outcome, "unbanned", arguments[0]);
    return do_it(cli, "Unban", g_variant_new("(s)", arguments[0]), outcome);
}

ExitCode
command_gateway_drain(Cli *cli, char **arguments)
{
    gboolean is_off = g_strcmp0(arguments[0], "off") == 0;
    JsonObject *outcome;

    if (arguments[0] != NULL && !is_off && strcmp(arguments[0], "on") != 0) {
        say_error("Neither \"on\" nor \"off\"", arguments[0], NULL);
        return EXIT_USAGE;
    }
    outcome = json_object_new();
    json_object_set_boolean_member(outcome, "is_draining", !is_off);
    return do_it(cli, "Drain", g_variant_new("(b)", !is_off), outcome);
}

/* Reload and check answer alike: {"is_good", "error", "warnings"}. error NULL: it is good. */
static ExitCode
print_verdict(Cli *cli, const char *problem, char **warnings)
{
    JsonObject *object = json_object_new();
    JsonArray *array = json_array_new();

    for (; warnings != NULL && *warnings != NULL; warnings++)
        if (**warnings != '\0')
            json_array_add_string_element(array, *warnings);
    json_object_set_boolean_member(object, "is_good", problem == NULL);
    if (problem != NULL)
        json_object_set_string_member(object, "error", problem);
    else
        json_object_set_null_member(object, "error");
    json_object_set_array_member(object, "warnings", array);
    json_print(object, FALSE);
    return problem == NULL ? EXIT_OK : EXIT_UNKNOWN;
}

ExitCode
command_gateway_reload(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = gateway_call(cli, "Reload", NULL, "(as)", &error);
    g_auto(GStrv) warnings = NULL;

    if (reply == NULL) {
        g_autofree char *name =
            g_dbus_error_is_remote_error(error) ? g_dbus_error_get_remote_error(error) : NULL;

        if (!cli->options.json || !g_str_has_suffix(name != NULL ? name : "", "Configuration"))
            return gateway_fail(error);
        g_dbus_error_strip_remote_error(error);
        return print_verdict(cli, error->message, NULL);
    }
    g_variant_get(reply, "(^as)", &warnings);
    if (cli->options.json)
        return print_verdict(cli, NULL, warnings);
    for (guint i = 0; warnings[i] != NULL; i++)
        say("warning: %s", warnings[i]);
    return EXIT_OK;
}

/* No kernel, socket or bus is needed. */
ExitCode
command_gateway_check(Cli *cli, char **arguments)
{
    const char *options[] = {"--gateway-check", arguments[0], NULL};
    g_autoptr(GError) error = NULL;
    g_autofree char *said = NULL;
    g_autofree char *problem = NULL;
    g_auto(GStrv) warnings = NULL;
    gint status = 0;

    if (!gateway_run_coatid(options, &said, &problem, &status, &error)) {
        say_error("Cannot run coatid", error->message, NULL);
        return EXIT_NO_SERVICE;
    }
    warnings = g_strsplit(said, "\n", -1);
    if (cli->options.json)
        return print_verdict(cli, status != 0 ? problem : NULL, warnings);
    if (status != 0)
        say_error(problem, NULL, NULL);
    else if (said[0] != '\0')
        say_text(said);
    return status == 0 ? EXIT_OK : EXIT_UNKNOWN;
}

/* --- metrics --- */

/* "NAME{LABEL="VALUE",...} NUMBER" */
static JsonObject *
json_of_sample(const char *line)
{
    JsonObject *sample = json_object_new();
    JsonObject *labels = json_object_new();
    const char *space = strrchr(line, ' ');
    gsize length = strcspn(line, "{ ");
    g_autofree char *name = g_strndup(line, length);
    const char *at = line[length] == '{' ? line + length + 1 : NULL;

    while (at != NULL && *at != '}' && *at != '\0') {
        g_auto(GStrv) pair = g_strsplit(at, "\"", 3);
        g_autofree char *key = g_strndup(pair[0], strcspn(pair[0], "="));

        if (g_strv_length(pair) < 3)
            break;
        json_object_set_string_member(labels, key, pair[1]);
        at += strlen(pair[0]) + strlen(pair[1]) + 2;
        at += *at == ',';
    }
    json_object_set_string_member(sample, "name", name);
    json_object_set_object_member(sample, "labels", labels);
    json_object_set_int_member(sample, "value", g_ascii_strtoll(space + 1, NULL, 10));
    return sample;
}

static void
print_samples(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    JsonObject *object = json_object_new();
    JsonArray *samples = json_array_new();

    for (guint i = 0; lines[i] != NULL; i++)
        if (lines[i][0] != '#' && strchr(lines[i], ' ') != NULL)
            json_array_add_object_element(samples, json_of_sample(lines[i]));
    json_object_set_array_member(object, "samples", samples);
    json_print(object, FALSE);
}

ExitCode
command_gateway_metrics(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = gateway_call(cli, "GetMetrics", NULL, "(s)", &error);
    const char *text;

    if (reply == NULL)
        return gateway_fail(error);
    g_variant_get(reply, "(&s)", &text);
    if (cli->options.json)
        print_samples(text);
    else
        fputs(text, stdout);
    return EXIT_OK;
}
