/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "radius/request.h"

#include <string.h>

enum { SERVICE_FRAMED = 2, PORT_VIRTUAL = 5, AUTHENTIC_RADIUS = 1, AUTHENTIC_LOCAL = 2 };

RadiusLogin *
radius_login_new(void)
{
    return g_new0(RadiusLogin, 1);
}

void
radius_login_free(RadiusLogin *login)
{
    if (login == NULL)
        return;
    g_free(login->user);
    secret_free(login->password);
    g_clear_pointer(&login->challenge, g_bytes_unref);
    g_clear_pointer(&login->state, g_bytes_unref);
    g_free(login->session);
    g_free(login->calling);
    g_free(login->called);
    g_free(login->port_id);
    g_free(login);
}

static void
put_nas(Writer *writer, const RadiusNas *nas)
{
    radius_put_text(writer, RADIUS_NAS_IDENTIFIER, nas->identifier);
    radius_put_address(writer, RADIUS_NAS_IP_ADDRESS, 4, &nas->address);
    radius_put_address(writer, RADIUS_NAS_IPV6_ADDRESS, 16, &nas->address);
    radius_put_u32(writer, RADIUS_NAS_PORT_TYPE, PORT_VIRTUAL);
}

/* RFC 2865 5.2 and 5.3: the one or the other. */
static void
put_proof(Writer *writer, const RadiusLogin *login, const Secret *secret, const guint8 *random)
{
    if (login->challenge == NULL) {
        radius_put_password(writer, secret, random, login->password);
        return;
    }
    radius_put(writer, RADIUS_CHAP_PASSWORD, secret_data(login->password),
               secret_length(login->password));
    radius_put(writer, RADIUS_CHAP_CHALLENGE, g_bytes_get_data(login->challenge, NULL),
               g_bytes_get_size(login->challenge));
}

Secret *
radius_access_request(const RadiusLogin *login, const RadiusNas *nas, const Secret *secret,
                      guint8 identifier, const guint8 *random)
{
    g_auto(Writer) writer = radius_packet_open(RADIUS_ACCESS_REQUEST, identifier, random);
    guint8 authenticator[RADIUS_AUTHENTICATOR];

    /* A name is never cut: it would be another one. */
    radius_put(&writer, RADIUS_USER_NAME, login->user, strlen(login->user));
    put_proof(&writer, login, secret, random);
    if (login->state != NULL)
        radius_put(&writer, RADIUS_STATE, g_bytes_get_data(login->state, NULL),
                   g_bytes_get_size(login->state));
    put_nas(&writer, nas);
    radius_put_u32(&writer, RADIUS_NAS_PORT, login->nas_port);
    radius_put_text(&writer, RADIUS_NAS_PORT_ID, login->port_id);
    radius_put_u32(&writer, RADIUS_SERVICE_TYPE, SERVICE_FRAMED);
    radius_put_text(&writer, RADIUS_CALLING_STATION_ID, login->calling);
    radius_put_text(&writer, RADIUS_CALLED_STATION_ID, login->called);
    radius_put_text(&writer, RADIUS_ACCT_SESSION_ID, login->session);
    return radius_packet_close(&writer, secret, authenticator);
}

static void
put_octets(Writer *writer, RadiusType low, RadiusType high, guint64 octets)
{
    radius_put_u32(writer, low, (guint32)octets);
    if (octets >> 32 != 0)
        radius_put_u32(writer, high, (guint32)(octets >> 32));
}

static void
put_counters(Writer *writer, const RadiusRecord *record)
{
    radius_put_u32(writer, RADIUS_ACCT_SESSION_TIME, record->session_seconds);
    put_octets(writer, RADIUS_ACCT_INPUT_OCTETS, RADIUS_ACCT_INPUT_GIGAWORDS, record->octets_in);
    put_octets(writer, RADIUS_ACCT_OUTPUT_OCTETS, RADIUS_ACCT_OUTPUT_GIGAWORDS, record->octets_out);
    radius_put_u32(writer, RADIUS_ACCT_INPUT_PACKETS, (guint32)record->packets_in);
    radius_put_u32(writer, RADIUS_ACCT_OUTPUT_PACKETS, (guint32)record->packets_out);
}

/* What ON and OFF lack. */
static void
put_session(Writer *writer, const RadiusRecord *record, gboolean is_radius)
{
    radius_put_text(writer, RADIUS_USER_NAME, record->user);
    radius_put_u32(writer, RADIUS_NAS_PORT, record->nas_port);
    radius_put_u32(writer, RADIUS_SERVICE_TYPE, SERVICE_FRAMED);
    radius_put_address(writer, RADIUS_FRAMED_IP_ADDRESS, 4, &record->address4);
    radius_put_address(writer, RADIUS_FRAMED_IPV6_ADDRESS, 16, &record->address6);
    radius_put_text(writer, RADIUS_CALLING_STATION_ID, record->calling);
    radius_put_u32(writer, RADIUS_ACCT_AUTHENTIC, is_radius ? AUTHENTIC_RADIUS : AUTHENTIC_LOCAL);
    for (guint i = 0; i < record->classes->len; i++) {
        GBytes *octets = g_ptr_array_index(record->classes, i);

        radius_put(writer, RADIUS_CLASS, g_bytes_get_data(octets, NULL), g_bytes_get_size(octets));
    }
    if (record->event != RADIUS_EVENT_START)
        put_counters(writer, record);
    if (record->event == RADIUS_EVENT_STOP && record->cause != RADIUS_CAUSE_NONE)
        radius_put_u32(writer, RADIUS_ACCT_TERMINATE_CAUSE, record->cause);
}

Secret *
radius_accounting_request(const RadiusRecord *record, const RadiusNas *nas, const Secret *secret,
                          guint8 identifier, guint32 delay_seconds, gboolean is_radius,
                          guint8 ret_authenticator[16])
{
    g_auto(Writer) writer = radius_packet_open(RADIUS_ACCOUNTING_REQUEST, identifier, NULL);
    gboolean is_of_session = record->event != RADIUS_EVENT_ON && record->event != RADIUS_EVENT_OFF;

    radius_put_u32(&writer, RADIUS_ACCT_STATUS_TYPE, record->event);
    /* RFC 2866 5.5 wants it in every request. */
    radius_put_text(&writer, RADIUS_ACCT_SESSION_ID,
                    *record->session != '\0' ? record->session : "0");
    put_nas(&writer, nas);
    radius_put_text(&writer, RADIUS_CALLED_STATION_ID, record->called);
    radius_put_u32(&writer, RADIUS_EVENT_TIMESTAMP, (guint32)record->unix_seconds);
    radius_put_u32(&writer, RADIUS_ACCT_DELAY_TIME, delay_seconds);
    if (is_of_session)
        put_session(&writer, record, is_radius);
    return radius_packet_close(&writer, secret, ret_authenticator);
}
