/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "words.h"

#include "base/names.h"

#include <string.h>

static const NameRow states[] = {
    {COATI_STATE_DISCONNECTED, "disconnected"},
    {COATI_STATE_CONNECTING, "connecting"},
    {COATI_STATE_AUTHENTICATING, "authenticating"},
    {COATI_STATE_CONFIGURING, "configuring"},
    {COATI_STATE_CONNECTED, "connected"},
    {COATI_STATE_RECONNECTING, "reconnecting"},
    {COATI_STATE_DISCONNECTING, "disconnecting"},
    {COATI_STATE_FAILED, "failed"},
    {0, NULL},
};

static const char *const state_texts[] = {
    [COATI_STATE_DISCONNECTED] = N_("Not connected"),
    [COATI_STATE_CONNECTING] = N_("Connecting…"),
    [COATI_STATE_AUTHENTICATING] = N_("Signing in…"),
    [COATI_STATE_CONFIGURING] = N_("Setting up…"),
    [COATI_STATE_CONNECTED] = N_("Connected"),
    [COATI_STATE_RECONNECTING] = N_("Connection lost, connecting again…"),
    [COATI_STATE_DISCONNECTING] = N_("Disconnecting…"),
    [COATI_STATE_FAILED] = N_("Could not connect"),
};

static const char *const step_texts[] = {
    [COATI_STEP_REACHING] = N_("Reaching the gateway"),
    [COATI_STEP_VERIFYING] = N_("Verifying its certificate"),
    [COATI_STEP_SIGNING_IN] = N_("Signing in"),
    [COATI_STEP_ADDRESS] = N_("Getting an address"),
    [COATI_STEP_SECURING] = N_("Securing the traffic"),
    [COATI_STEP_COUNT] = N_("Connected"),
};

static const struct {
    const char *stage;
    CoatiStep step;
} stages[] = {
    {"resolve", COATI_STEP_REACHING}, {"phase1", COATI_STEP_REACHING},
    {"xauth", COATI_STEP_SIGNING_IN}, {"modecfg", COATI_STEP_ADDRESS},
    {"phase2", COATI_STEP_SECURING},  {"network", COATI_STEP_SECURING},
};

/* Errors of the bus and of the service, by the end of their names. */
static const struct {
    const char *name;
    const char *title;
    const char *hint;
} errors[] = {
    {"org.freedesktop.DBus.Error.ServiceUnknown", N_("The Coati service is not running"),
     N_("It may not be installed completely. An administrator can start it with: systemctl start "
        "coatid")},
    {"org.freedesktop.DBus.Error.NameHasNoOwner", N_("The Coati service is not running"),
     N_("An administrator can start it with: systemctl start coatid")},
    {"org.freedesktop.DBus.Error.NoReply", N_("The Coati service went away"), N_("Try again.")},
    {"org.freedesktop.DBus.Error.AccessDenied", N_("This computer does not allow it"),
     N_("Ask an administrator of this computer.")},
    {"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
     N_("This needs a password of this computer"),
     N_("No program is there to ask for it. Ask an administrator of this computer.")},
    {"org.coati.Coati1.Error.NotAuthorized", N_("You may not do this"),
     N_("Ask an administrator of this computer.")},
    {"org.coati.Coati1.Error.InvalidArguments", N_("The service does not accept this"), ""},
    {"org.coati.Coati1.Error.NotFound", N_("This is no longer there"), ""},
    {"org.coati.Coati1.Error.AlreadyExists", N_("A profile of this name exists already"),
     N_("Choose another name.")},
    {"org.coati.Coati1.Error.Busy", N_("The service is busy with this"), N_("Try again.")},
};

CoatiState
coati_state_find(const char *name)
{
    gint value = COATI_STATE_DISCONNECTED;

    return name != NULL && name_find(states, name, &value) ? (CoatiState)value
                                                           : COATI_STATE_DISCONNECTED;
}

const char *
coati_state_text(CoatiState state)
{
    return _(state_texts[state]);
}

CoatiStep
coati_step_find(CoatiState state, const char *stage)
{
    if (state == COATI_STATE_CONNECTED)
        return COATI_STEP_COUNT;
    if (state == COATI_STATE_AUTHENTICATING && strcmp(stage, "phase1") == 0)
        return COATI_STEP_VERIFYING;
    for (guint i = 0; i < G_N_ELEMENTS(stages); i++)
        if (strcmp(stages[i].stage, stage) == 0)
            return stages[i].step;
    return COATI_STEP_REACHING;
}

const char *
coati_step_text(CoatiStep step)
{
    return _(step_texts[step]);
}

static CoatiFailure *
failure_new(const char *token, const char *title, const char *hint, const char *detail)
{
    CoatiFailure *failure = g_new0(CoatiFailure, 1);

    failure->token = g_strdup(token);
    failure->title = g_strdup(title);
    failure->hint = g_strdup(hint);
    failure->detail = name_clean(detail, strlen(detail), 2000, TRUE);
    return failure;
}

/* gettext("") is the header of the catalogue. */
static const char *
translated(const char *text)
{
    return text[0] != '\0' ? _(text) : "";
}

CoatiFailure *
coati_failure_new(const char *token, const char *detail)
{
    Reason reason = REASON_INTERNAL;

    reason_find(token, &reason);
    return failure_new(token, translated(reason_title(reason)), translated(reason_hint(reason)),
                       detail != NULL ? detail : "");
}

CoatiFailure *
coati_failure_new_of_error(const GError *error)
{
    g_autofree char *name =
        g_dbus_error_is_remote_error(error) ? g_dbus_error_get_remote_error(error) : NULL;
    g_autoptr(GError) bare = g_error_copy(error);

    g_dbus_error_strip_remote_error(bare);
    for (guint i = 0; name != NULL && i < G_N_ELEMENTS(errors); i++)
        if (strcmp(errors[i].name, name) == 0)
            return failure_new("", _(errors[i].title), translated(errors[i].hint), bare->message);
    return failure_new("", _("That did not work"), bare->message, "");
}

void
coati_failure_free(CoatiFailure *failure)
{
    if (failure == NULL)
        return;
    g_free(failure->token);
    g_free(failure->title);
    g_free(failure->hint);
    g_free(failure->detail);
    g_free(failure);
}

char *
coati_duration_text(guint64 seconds)
{
    guint minutes = (guint)(seconds / 60);

    if (seconds < 60)
        return g_strdup_printf(_("%u s"), (guint)seconds);
    if (minutes < 60)
        return g_strdup_printf(_("%u min"), minutes);
    if (minutes < 24 * 60)
        return g_strdup_printf(_("%u h %u min"), minutes / 60, minutes % 60);
    return g_strdup_printf(_("%u d %u h"), minutes / (24 * 60), minutes / 60 % 24);
}
