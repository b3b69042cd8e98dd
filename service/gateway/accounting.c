/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is told about sessions (RFC 2866): one Start when a guest has its address, Interims with
 * its counters while it is there, and one Stop when it is forgotten, whatever the reason. The
 * gateway's own start and end are On and Off. What a session is called is unique over restarts of
 * everything.
 *
 * Where records go, and that they get there once, is coati-login's (login.h).
 */
#include "gateway/gateway-private.h"

#include <string.h>

static RadiusRecord *
record_of(const Gateway *gateway, const Guest *guest, RadiusEvent event)
{
    RadiusRecord *record = radius_record_new(event);
    char text[NET_ADDRESS_TEXT_SIZE];

    record->called = g_strdup(net_address_format(&gateway->config->listen, text));
    record->unix_seconds = g_get_real_time() / G_USEC_PER_SEC;
    if (guest == NULL)
        return record;
    g_free(record->session);
    record->session = g_strdup(guest->id);
    record->user = g_strdup(guest->user);
    record->calling = g_strdup(net_address_format(&guest->calling, text));
    record->address4 = guest->address4;
    record->address6 = guest->address6;
    record->nas_port = guest->port;
    record->octets_in = guest->counters.octets_in;
    record->octets_out = guest->counters.octets_out;
    record->packets_in = guest->counters.packets_in;
    record->packets_out = guest->counters.packets_out;
    record->session_seconds =
        (guint32)CLAMP((gateway_now() - guest->leased_at) / G_USEC_PER_SEC, 0, G_MAXINT32);
    for (guint i = 0; guest->radius != NULL && i < guest->radius->classes->len; i++)
        g_ptr_array_add(record->classes, g_bytes_ref(guest->radius->classes->pdata[i]));
    return record;
}

static void
tell(Gateway *gateway, const Guest *guest, RadiusEvent event, RadiusCause cause)
{
    RadiusRecord *record = record_of(gateway, guest, event);

    record->cause = cause;
    gateway_login_account(gateway->login, record);
}

/* RFC 2866 5.10 in the words of why a session ended; a guest's own cause goes before. */
static RadiusCause
cause_of(Reason reason)
{
    static const struct {
        Reason reason;
        RadiusCause cause;
    } rows[] = {
        {REASON_PEER_DELETED, RADIUS_CAUSE_USER_REQUEST},
        {REASON_PEER_DEAD, RADIUS_CAUSE_LOST_CARRIER},
        {REASON_USER_REQUEST, RADIUS_CAUSE_ADMIN_RESET},
        {REASON_SHUTDOWN, RADIUS_CAUSE_ADMIN_REBOOT},
        {REASON_ENGINE_CRASHED, RADIUS_CAUSE_NAS_ERROR},
        {REASON_DATAPLANE_UNAVAILABLE, RADIUS_CAUSE_NAS_ERROR},
        {REASON_INTERNAL, RADIUS_CAUSE_NAS_ERROR},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].reason == reason)
            return rows[i].cause;
    return RADIUS_CAUSE_NAS_REQUEST;
}

static void
start(Gateway *gateway, Guest *guest, const NetAddress *address4, const NetAddress *address6)
{
    guest->address4 = *address4;
    guest->address6 = *address6;
    guest->calling = guest->peer.address;
    guest->is_accounted = guest->was_accounted = TRUE;
    tell(gateway, guest, RADIUS_EVENT_START, RADIUS_CAUSE_NONE);
}

void
gateway_account_start(Gateway *gateway, Guest *guest)
{
    start(gateway, guest, lease_address4(guest->lease), lease_address6(guest->lease));
}

/* A server that gave an address with its Accept has it back with a Stop alone: where the address was
 * never leased, or the login renewed another session, the whole of it is told at once. */
static void
start_unleased(Gateway *gateway, Guest *guest)
{
    const RadiusSettings *given = guest->radius;

    if (guest->is_accounted || given == NULL ||
        (!net_address_is_set(&given->address4) && !net_address_is_set(&given->address6)))
        return;
    guest->leased_at = gateway_now();
    start(gateway, guest, &given->address4, &given->address6);
}

void
gateway_account_interim(Gateway *gateway, const Guest *guest)
{
    if (guest->is_accounted)
        tell(gateway, guest, RADIUS_EVENT_INTERIM, RADIUS_CAUSE_NONE);
}

void
gateway_account_stop(Gateway *gateway, Guest *guest, Reason reason)
{
    if (!guest->was_accounted)
        start_unleased(gateway, guest);
    if (!guest->is_accounted)
        return;
    guest->is_accounted = FALSE;
    tell(gateway, guest, RADIUS_EVENT_STOP,
         guest->cause != RADIUS_CAUSE_NONE ? guest->cause : cause_of(reason));
}

void
gateway_account_on(Gateway *gateway)
{
    tell(gateway, NULL, RADIUS_EVENT_ON, RADIUS_CAUSE_NONE);
}

void
gateway_account_off(Gateway *gateway)
{
    tell(gateway, NULL, RADIUS_EVENT_OFF, RADIUS_CAUSE_NONE);
}
