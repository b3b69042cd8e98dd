/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "radius/control.h"

#include "base/names.h"
#include "radius/settings.h"

#include <stdlib.h>
#include <string.h>

enum { STALE_SECONDS = 300, SERVICE_AUTHORIZE_ONLY = 17 };

RadiusControl *
radius_control_new(void)
{
    return g_new0(RadiusControl, 1);
}

void
radius_control_free(RadiusControl *control)
{
    if (control == NULL)
        return;
    g_free(control->session);
    g_free(control->user);
    g_free(control->calling);
    g_free(control);
}

gboolean
radius_control_believe(const guint8 *data, gsize length, const Secret *secret, gint64 unix_seconds,
                       RadiusPacket *ret_packet)
{
    static const guint8 zeros[RADIUS_AUTHENTICATOR];
    RadiusPacket packet;
    Reader value;

    /* A request is authenticated as an answer to zeros (RFC 5176 2.3). */
    if (!radius_packet_parse(data, length, &packet) ||
        (packet.code != RADIUS_DISCONNECT_REQUEST && packet.code != RADIUS_COA_REQUEST) ||
        radius_answer_check(&packet, secret, zeros, FALSE) != RADIUS_ANSWER_GOOD)
        return FALSE;
    if (radius_packet_find(&packet, RADIUS_EVENT_TIMESTAMP, &value)) {
        gint64 at = reader_u32(&value);

        if (!reader_ok(&value) || llabs(at - unix_seconds) > STALE_SECONDS)
            return FALSE;
    }
    *ret_packet = packet;
    return TRUE;
}

/* --- what is asked --- */

typedef struct {
    RadiusControl *control;
    const RadiusNas *nas;
    gboolean has_session; /* something names a session */
    gboolean has_timeout;
    RadiusControlResult result;
} Reading;

static void
take_text(Reading *reading, char **text, Reader value)
{
    g_free(*text);
    *text = name_clean(value.at, reader_left(&value), RADIUS_MAX_VALUE, TRUE);
    reading->has_session = TRUE;
}

static void
take_address(Reading *reading, NetAddress *address, Reader value, gsize length)
{
    if (reader_left(&value) != length) {
        reading->result = RADIUS_CONTROL_INVALID_VALUE;
        return;
    }
    *address = net_address_of(value.at, length);
    reading->has_session = TRUE;
}

static void
take_session(Reading *reading, Reader value)
{
    take_text(reading, &reading->control->session, value);
}

static void
take_user(Reading *reading, Reader value)
{
    take_text(reading, &reading->control->user, value);
}

static void
take_calling(Reading *reading, Reader value)
{
    take_text(reading, &reading->control->calling, value);
}

static void
take_address4(Reading *reading, Reader value)
{
    take_address(reading, &reading->control->address4, value, 4);
}

static void
take_address6(Reading *reading, Reader value)
{
    take_address(reading, &reading->control->address6, value, 16);
}

static void
take_port(Reading *reading, Reader value)
{
    reading->control->nas_port = reader_u32(&value);
    reading->control->has_port = reading->has_session = TRUE;
    if (!reader_ok(&value))
        reading->result = RADIUS_CONTROL_INVALID_VALUE;
}

static void
take_timeout(Reading *reading, Reader value)
{
    reading->control->session_timeout_seconds = reader_u32(&value);
    reading->has_timeout = TRUE;
    if (!reader_ok(&value) || reading->control->type != RADIUS_CONTROL_CHANGE)
        reading->result = RADIUS_CONTROL_INVALID_VALUE;
}

static void
take_service(Reading *reading, Reader value)
{
    if (reader_u32(&value) == SERVICE_AUTHORIZE_ONLY)
        reading->result = RADIUS_CONTROL_UNSUPPORTED_SERVICE;
}

static void
check_nas_name(Reading *reading, Reader value)
{
    const char *name = reading->nas->identifier;

    if (name == NULL || strlen(name) != reader_left(&value) ||
        memcmp(name, value.at, strlen(name)) != 0)
        reading->result = RADIUS_CONTROL_OTHER_NAS;
}

static void
check_nas_address(Reading *reading, Reader value)
{
    const NetAddress *address = &reading->nas->address;

    /* Where it listens on every address, it has none to compare with. */
    if (address->length != 0 && (address->length != reader_left(&value) ||
                                 memcmp(address->octets, value.at, address->length) != 0))
        reading->result = RADIUS_CONTROL_OTHER_NAS;
}

static void
pass_over(Reading *reading, Reader value)
{
}

static const struct {
    RadiusType type;
    void (*read)(Reading *reading, Reader value);
} rows[] = {
    {RADIUS_ACCT_SESSION_ID, take_session},
    {RADIUS_USER_NAME, take_user},
    {RADIUS_CALLING_STATION_ID, take_calling},
    {RADIUS_FRAMED_IP_ADDRESS, take_address4},
    {RADIUS_FRAMED_IPV6_ADDRESS, take_address6},
    {RADIUS_NAS_PORT, take_port},
    {RADIUS_SESSION_TIMEOUT, take_timeout},
    {RADIUS_SERVICE_TYPE, take_service},
    {RADIUS_NAS_IDENTIFIER, check_nas_name},
    {RADIUS_NAS_IP_ADDRESS, check_nas_address},
    {RADIUS_NAS_IPV6_ADDRESS, check_nas_address},
    /* What says nothing about a session or was looked at before. */
    {RADIUS_MESSAGE_AUTHENTICATOR, pass_over},
    {RADIUS_EVENT_TIMESTAMP, pass_over},
    {RADIUS_PROXY_STATE, pass_over},
    {RADIUS_ACCT_TERMINATE_CAUSE, pass_over},
    {RADIUS_REPLY_MESSAGE, pass_over},
    {RADIUS_CALLED_STATION_ID, pass_over},
    {RADIUS_NAS_PORT_TYPE, pass_over},
    {RADIUS_CLASS, pass_over},
};

/* What would change a session but is not known here must not be taken as done (RFC 5176 3.3). */
static void
read_attribute(Reading *reading, const RadiusAttribute *attribute)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].type != attribute->type)
            continue;
        rows[i].read(reading, attribute->value);
        return;
    }
    reading->result = RADIUS_CONTROL_UNSUPPORTED_ATTRIBUTE;
}

RadiusControlResult
radius_control_read(const RadiusPacket *packet, const RadiusNas *nas, RadiusControl **ret_control)
{
    g_autoptr(RadiusControl) control = radius_control_new();
    Reading reading = {.control = control, .nas = nas};
    Reader cursor = packet->attributes;
    RadiusAttribute attribute;

    control->type = packet->code == RADIUS_DISCONNECT_REQUEST ? RADIUS_CONTROL_DISCONNECT
                                                              : RADIUS_CONTROL_CHANGE;
    while (reading.result == RADIUS_CONTROL_DONE && radius_attribute_next(&cursor, &attribute))
        read_attribute(&reading, &attribute);
    if (reading.result == RADIUS_CONTROL_DONE &&
        (!reading.has_session || (control->type == RADIUS_CONTROL_CHANGE && !reading.has_timeout)))
        reading.result = RADIUS_CONTROL_MISSING_ATTRIBUTE;
    if (reading.result == RADIUS_CONTROL_DONE)
        *ret_control = g_steal_pointer(&control);
    return reading.result;
}

/* --- the answer --- */

static RadiusCode
answer_code(guint8 request, gboolean is_good)
{
    if (request == RADIUS_DISCONNECT_REQUEST)
        return is_good ? RADIUS_DISCONNECT_ACK : RADIUS_DISCONNECT_NAK;
    return is_good ? RADIUS_COA_ACK : RADIUS_COA_NAK;
}

Secret *
radius_control_answer(const RadiusPacket *packet, const Secret *secret, RadiusControlResult result)
{
    RadiusCode code = answer_code(packet->code, result == RADIUS_CONTROL_DONE);
    g_auto(Writer) writer = radius_packet_open(code, packet->identifier, packet->authenticator);
    guint8 authenticator[RADIUS_AUTHENTICATOR];
    Reader cursor = packet->attributes;
    RadiusAttribute attribute;

    if (result != RADIUS_CONTROL_DONE)
        radius_put_u32(&writer, RADIUS_ERROR_CAUSE, result);
    /* Back as they came (RFC 5176 3.1). */
    while (radius_attribute_next(&cursor, &attribute))
        if (attribute.type == RADIUS_PROXY_STATE)
            radius_put(&writer, RADIUS_PROXY_STATE, attribute.value.at,
                       reader_left(&attribute.value));
    return radius_packet_close(&writer, secret, authenticator);
}
