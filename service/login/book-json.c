/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "login/book.h"

#include "base/names.h"

static const NameRow events[] = {{RADIUS_EVENT_START, "start"},     {RADIUS_EVENT_STOP, "stop"},
                                 {RADIUS_EVENT_INTERIM, "interim"}, {RADIUS_EVENT_ON, "on"},
                                 {RADIUS_EVENT_OFF, "off"},         {0, NULL}};
static const NameRow causes[] = {{RADIUS_CAUSE_USER_REQUEST, "user-request"},
                                 {RADIUS_CAUSE_LOST_CARRIER, "lost-carrier"},
                                 {RADIUS_CAUSE_IDLE_TIMEOUT, "idle-timeout"},
                                 {RADIUS_CAUSE_SESSION_TIMEOUT, "session-timeout"},
                                 {RADIUS_CAUSE_ADMIN_RESET, "admin-reset"},
                                 {RADIUS_CAUSE_ADMIN_REBOOT, "admin-reboot"},
                                 {RADIUS_CAUSE_PORT_ERROR, "port-error"},
                                 {RADIUS_CAUSE_NAS_ERROR, "nas-error"},
                                 {RADIUS_CAUSE_NAS_REQUEST, "nas-request"},
                                 {RADIUS_CAUSE_NAS_REBOOT, "nas-reboot"},
                                 {RADIUS_CAUSE_PORT_PREEMPTED, "port-preempted"},
                                 {RADIUS_CAUSE_SERVICE_UNAVAILABLE, "service-unavailable"},
                                 {RADIUS_CAUSE_USER_ERROR, "user-error"},
                                 {0, NULL}};

static void
put_text(GString *line, const char *name, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    g_string_append_printf(line, ",\"%s\":\"", name);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            g_string_append_c(line, '\\');
        if ((guchar)*text < 0x20)
            g_string_append_printf(line, "\\u%04x", (guint)*text);
        else
            g_string_append_c(line, *text);
    }
    g_string_append_c(line, '"');
}

static void
put_number(GString *line, const char *name, guint64 number)
{
    g_string_append_printf(line, ",\"%s\":%" G_GUINT64_FORMAT, name, number);
}

static void
put_counters(GString *line, const RadiusRecord *record)
{
    put_number(line, "seconds", record->session_seconds);
    put_number(line, "octets-in", record->octets_in);
    put_number(line, "octets-out", record->octets_out);
    put_number(line, "packets-in", record->packets_in);
    put_number(line, "packets-out", record->packets_out);
}

char *
book_json_line(const RadiusRecord *record)
{
    GString *line = g_string_new(NULL);
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(record->unix_seconds);
    g_autofree char *text = time != NULL ? g_date_time_format_iso8601(time) : g_strdup("");
    char room[NET_ADDRESS_TEXT_SIZE];

    g_string_append_printf(line, "{\"event\":\"%s\"", name_of(events, (gint)record->event));
    put_text(line, "time", text);
    put_text(line, "session", record->session);
    put_text(line, "user", record->user);
    put_text(line, "address", net_address_format(&record->address4, room));
    put_text(line, "address6", net_address_format(&record->address6, room));
    put_text(line, "peer", record->calling);
    put_text(line, "gateway", record->called);
    if (record->event == RADIUS_EVENT_STOP || record->event == RADIUS_EVENT_INTERIM)
        put_counters(line, record);
    if (record->event == RADIUS_EVENT_STOP)
        put_text(line, "cause", name_of(causes, (gint)record->cause));
    g_string_append(line, "}\n");
    return g_string_free(line, FALSE);
}
