/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a RADIUS server wants of sessions that are there (RFC 5176): an end, or another time. */
#include "gateway/gateway-private.h"

#include <string.h>

static gboolean
is_text(const char *wanted, const char *own)
{
    return wanted == NULL || g_strcmp0(wanted, own) == 0;
}

static gboolean
is_address(const NetAddress *wanted, const NetAddress *own)
{
    return wanted->length == 0 || net_address_equal(wanted, own);
}

static gboolean
is_meant(const RadiusControl *what, const Guest *guest)
{
    char calling[NET_ADDRESS_TEXT_SIZE];

    return guest->lease != NULL && !guest->is_ending && is_text(what->session, guest->id) &&
           is_text(what->user, guest->user) &&
           is_text(what->calling, net_address_format(&guest->calling, calling)) &&
           is_address(&what->address4, lease_address4(guest->lease)) &&
           is_address(&what->address6, lease_address6(guest->lease)) &&
           (!what->has_port || what->nas_port == guest->port);
}

static void
carry_out(Gateway *gateway, Guest *guest, const RadiusControl *what)
{
    switch (what->type) {
    case RADIUS_CONTROL_DISCONNECT:
        gateway_event(gateway, guest, G_LOG_LEVEL_MESSAGE, "disconnected", REASON_NONE,
                      "a RADIUS server asked for it");
        guest->cause = RADIUS_CAUSE_ADMIN_RESET;
        gateway_hang_up(gateway, guest, REASON_USER_REQUEST);
        break;
    case RADIUS_CONTROL_CHANGE:
        gateway_times_limit(gateway, guest, what->session_timeout_seconds);
        break;
    }
}

RadiusControlResult
gateway_control(const RadiusControl *what, gpointer user_data)
{
    Gateway *gateway = user_data;
    RadiusControlResult result = RADIUS_CONTROL_NO_SESSION;
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, gateway->guests);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (!is_meant(what, value))
            continue;
        carry_out(gateway, value, what);
        result = RADIUS_CONTROL_DONE;
    }
    return result;
}
