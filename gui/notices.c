/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "notices.h"

#include "model/certificate.h"
#include "settings.h"

#include <glib/gi18n.h>

enum { WARN_DAYS = 14 };

struct _CoatiNotices {
    GObject parent;
    GApplication *application;
    GSettings *settings;
    GCancellable *cancellable;
    GHashTable *lost; /* UUIDs of connections that were up and try to be again */
};

G_DEFINE_FINAL_TYPE(CoatiNotices, coati_notices, G_TYPE_OBJECT)

/* One notice of a kind and profile replaces the one before. */
static char *
notice_id(const char *kind, CoatiConnection *connection)
{
    return g_strdup_printf("%s-%s", kind, coati_connection_uuid(connection));
}

static void
send(CoatiNotices *notices, const char *kind, CoatiConnection *connection,
     GNotification *take_notice)
{
    g_autoptr(GNotification) notice = take_notice;
    g_autofree char *id = notice_id(kind, connection);

    if (!coati_settings_is_on(notices->settings, SETTING_NOTIFICATIONS))
        return;
    g_notification_set_default_action_and_target(notice, "app.show", "s",
                                                 coati_connection_uuid(connection));
    g_application_send_notification(notices->application, id, notice);
}

static GNotification *
notice_new(const char *title, const char *body)
{
    GNotification *notice = g_notification_new(title);

    g_notification_set_body(notice, body);
    return notice;
}

/* Lost, back, ended */

static void
tell_lost(CoatiNotices *notices, CoatiConnection *connection)
{
    g_autofree char *title =
        /* TRANSLATORS: a notification; the name of a profile. */
        g_strdup_printf(_("Connection to %s lost"), coati_connection_id(connection));
    GNotification *notice =
        notice_new(title, _("It is being connected again. Meanwhile its traffic waits."));

    g_notification_add_button_with_target(notice, _("Disconnect"), "app.disconnect", "s",
                                          coati_connection_uuid(connection));
    send(notices, "state", connection, notice);
}

static void
tell_back(CoatiNotices *notices, CoatiConnection *connection)
{
    g_autofree char *title =
        /* TRANSLATORS: a notification; the name of a profile. */
        g_strdup_printf(_("Connected to %s again"), coati_connection_id(connection));

    send(notices, "state", connection, notice_new(title, _("Everything goes on as before.")));
}

static void
tell_ended(CoatiNotices *notices, CoatiConnection *connection)
{
    const CoatiFailure *failure = coati_connection_failure(connection);
    g_autofree char *title =
        /* TRANSLATORS: a notification; the name of a profile. */
        g_strdup_printf(_("Connection to %s ended"), coati_connection_id(connection));
    g_autofree char *body =
        failure != NULL ? g_strdup_printf("%s. %s", failure->title, failure->hint) : g_strdup("");

    send(notices, "state", connection, notice_new(title, g_strchomp(body)));
}

static void
withdraw(CoatiNotices *notices, CoatiConnection *connection)
{
    g_autofree char *id = notice_id("state", connection);

    g_application_withdraw_notification(notices->application, id);
}

/* Certificates: looked at when a connection comes up, when a new one can still be asked for. */

static gint64
first_end(const Profile *profile)
{
    static const ProfileField fields[] = {PROFILE_IDENTITY_CERTIFICATE, PROFILE_IDENTITY_CA};
    gint64 first = 0;

    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        g_autoptr(GPtrArray) blocks = profile_der(profile, fields[i]);

        for (guint k = 0; k < blocks->len; k++) {
            g_autoptr(CoatiCertificate) certificate = coati_certificate_new_der(blocks->pdata[k]);
            gint64 end = certificate != NULL ? coati_certificate_not_after(certificate) : 0;

            if (end != 0 && (first == 0 || end < first))
                first = end;
        }
    }
    return first;
}

static void
on_loaded(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(CoatiNotices) notices = user_data;
    CoatiConnection *connection = COATI_CONNECTION(source);
    g_autoptr(Profile) profile = coati_connection_load_finish(connection, result, NULL);
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    gint64 end = profile != NULL ? first_end(profile) : 0;
    g_autoptr(GDateTime) time = end != 0 ? g_date_time_new_from_unix_local(end) : NULL;
    g_autofree char *day = time != NULL ? g_date_time_format(time, "%x") : NULL;
    g_autofree char *title = NULL;
    g_autofree char *body = NULL;

    if (day == NULL || end < now || end - now > WARN_DAYS * 24 * 3600)
        return;
    /* TRANSLATORS: a notification; the name of a profile. */
    title = g_strdup_printf(_("A certificate of %s is about to expire"),
                            coati_connection_id(connection));
    /* TRANSLATORS: a date. */
    body = g_strdup_printf(_("It is valid until %s. Ask your administrator for a new one."), day);
    send(notices, "certificate", connection, notice_new(title, body));
}

static void
on_moved(CoatiClient *client, CoatiConnection *connection, guint old_state, guint state,
         gpointer user_data)
{
    CoatiNotices *notices = user_data;
    const char *uuid = coati_connection_uuid(connection);

    switch ((CoatiState)state) {
    case COATI_STATE_CONNECTED:
        if (g_hash_table_remove(notices->lost, uuid))
            tell_back(notices, connection);
        else
            coati_connection_load_async(connection, notices->cancellable, on_loaded,
                                        g_object_ref(notices));
        break;
    case COATI_STATE_RECONNECTING:
        if (old_state == COATI_STATE_CONNECTED && g_hash_table_add(notices->lost, g_strdup(uuid)))
            tell_lost(notices, connection);
        break;
    case COATI_STATE_FAILED:
        if (g_hash_table_remove(notices->lost, uuid) || old_state == COATI_STATE_CONNECTED)
            tell_ended(notices, connection);
        break;
    case COATI_STATE_DISCONNECTED:
    case COATI_STATE_DISCONNECTING:
        g_hash_table_remove(notices->lost, uuid);
        withdraw(notices, connection);
        break;
    case COATI_STATE_CONNECTING:
    case COATI_STATE_AUTHENTICATING:
    case COATI_STATE_CONFIGURING:
        break;
    }
}

static void
coati_notices_dispose(GObject *object)
{
    g_cancellable_cancel(COATI_NOTICES(object)->cancellable);
    G_OBJECT_CLASS(coati_notices_parent_class)->dispose(object);
}

static void
coati_notices_finalize(GObject *object)
{
    CoatiNotices *notices = COATI_NOTICES(object);

    g_object_unref(notices->cancellable);
    g_clear_object(&notices->settings);
    g_hash_table_unref(notices->lost);
    G_OBJECT_CLASS(coati_notices_parent_class)->finalize(object);
}

static void
coati_notices_class_init(CoatiNoticesClass *class)
{
    G_OBJECT_CLASS(class)->dispose = coati_notices_dispose;
    G_OBJECT_CLASS(class)->finalize = coati_notices_finalize;
}

static void
coati_notices_init(CoatiNotices *notices)
{
    notices->cancellable = g_cancellable_new();
    notices->lost = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

CoatiNotices *
coati_notices_new(GApplication *application, CoatiClient *client, GSettings *settings)
{
    CoatiNotices *notices = g_object_new(COATI_TYPE_NOTICES, NULL);

    notices->application = application;
    notices->settings = settings != NULL ? g_object_ref(settings) : NULL;
    g_signal_connect_object(client, "moved", G_CALLBACK(on_moved), notices, 0);
    return notices;
}
