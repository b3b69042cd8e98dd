/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "doctor.h"

#include "json.h"
#include "profiles.h"
#include "say.h"

#include <string.h>

static const char *const result_names[] = {
    [CHECK_OK] = "ok",
    [CHECK_WARN] = "warn",
    [CHECK_FAIL] = "fail",
    [CHECK_SKIPPED] = "skipped",
};

static void
look_at_gateway(Doctor *doctor)
{
    g_autoptr(GError) error = NULL;

    if (doctor->is_connected)
        return;
    if (profile_choice(doctor->profile, PROFILE_CONNECTION_METHOD) != PROFILE_METHOD_HYBRID_RSA) {
        doctor->no_probe = g_strdup("this method proves nothing without a secret of the client");
        return;
    }
    if (!profile_check(doctor->profile, NULL)) {
        doctor->no_probe = g_strdup("the profile is not complete");
        return;
    }
    say_progress(doctor->cli, "Looking at the gateway, without login ...");
    doctor->probe = probe_run(doctor->cli, doctor->profile, &error);
    if (doctor->probe == NULL)
        doctor->no_probe = g_strdup_printf("it could not be tried: %s", error->message);
}

static JsonObject *
json_of_check(const CheckRow *row, const Check *check, gdouble seconds)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "id", row->id);
    json_object_set_string_member(object, "title", row->title);
    json_object_set_string_member(object, "result", result_names[check->result]);
    json_object_set_string_member(object, "reason", check->token);
    json_object_set_string_member(object, "evidence", check->evidence);
    json_object_set_string_member(object, "advice", check->advice != NULL ? check->advice : "");
    json_object_set_double_member(object, "seconds", seconds);
    return object;
}

static void
print_check(const CheckRow *row, const Check *check)
{
    say_line("%-8s %-30s %s%s%s%s", result_names[check->result], row->title, check->evidence,
             check->token[0] != '\0' ? " (" : "", check->token, check->token[0] != '\0' ? ")" : "");
    if (check->advice != NULL && check->advice[0] != '\0')
        say_line("%-8s %-30s Hint: %s", "", "", check->advice);
}

/* The worst result, "skipped" counted as nothing. */
static CheckResult
run_checks(Doctor *doctor, JsonArray *list)
{
    CheckResult worst = CHECK_OK;

    for (const CheckRow *row = doctor_rows; row->id != NULL; row++) {
        Check check = {.token = ""};
        gint64 start = g_get_monotonic_time();

        if (strcmp(row->id, "gateway") == 0)
            look_at_gateway(doctor);
        row->run(doctor, &check);
        if (check.result != CHECK_SKIPPED)
            worst = MAX(worst, check.result);
        json_array_add_object_element(
            list,
            json_of_check(row, &check, (gdouble)(g_get_monotonic_time() - start) / G_USEC_PER_SEC));
        if (!doctor->cli->options.json)
            print_check(row, &check);
        g_free(check.evidence);
        g_free(check.advice);
    }
    return worst;
}

static ExitCode
examine(Doctor *doctor)
{
    static const ExitCode codes[] = {[CHECK_OK] = 0, [CHECK_WARN] = 1, [CHECK_FAIL] = 2};
    JsonObject *object = json_object_new();
    JsonArray *list = json_array_new();
    CheckResult worst = run_checks(doctor, list);

    json_object_set_string_member(object, "profile", remote_text(doctor->remote->properties, "Id"));
    json_object_set_string_member(object, "result", result_names[worst]);
    json_object_set_array_member(object, "checks", list);
    if (doctor->cli->options.json)
        json_print(object, FALSE);
    else
        json_object_unref(object);
    return codes[worst];
}

ExitCode
command_doctor(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) profiles = remote_profiles(cli, &error);
    g_autoptr(Profile) profile = NULL;
    Doctor doctor = {.cli = cli};
    ExitCode code = EXIT_OK;

    if (profiles == NULL)
        return remote_fail(error, NULL);
    doctor.remote = remote_find_profile(profiles, arguments[0], &code);
    if (doctor.remote == NULL)
        return code;
    profile = profiles_fetch(cli, remote_text(doctor.remote->properties, "Uuid"), NULL, &code);
    if (profile == NULL)
        return code;
    doctor.profile = profile;
    doctor.is_connected = strcmp(remote_text(doctor.remote->tunnel, "State"), "connected") == 0;
    code = examine(&doctor);
    probe_free(doctor.probe);
    g_free(doctor.no_probe);
    g_free(doctor.gateway);
    return code;
}
