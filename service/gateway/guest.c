/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/guest.h"

#include "gateway/conf.h"

static const NameRow modes[] = {
    {IKE_MODE_AGGRESSIVE, "aggressive"}, {IKE_MODE_MAIN, "main"}, {0, NULL}};

Guest *
guest_new(guint64 session, const char *run, guint32 port)
{
    Guest *guest = g_new0(Guest, 1);

    guest->session = session;
    guest->id = g_strdup_printf("%s-%" G_GINT64_MODIFIER "x", run, session);
    guest->port = port;
    guest->came_unix = g_get_real_time() / G_USEC_PER_SEC;
    guest->counters.last_received_seconds = G_MAXUINT32;
    return guest;
}

void
guest_count(Guest *guest, const BoundaryCounters *counters)
{
    guest->counters = (GuestCounters){.octets_in = counters->octets_in,
                                      .octets_out = counters->octets_out,
                                      .packets_in = counters->packets_in,
                                      .packets_out = counters->packets_out,
                                      .last_received_seconds = counters->last_received_seconds};
}

void
guest_free(gpointer data)
{
    Guest *guest = data;

    g_assert(guest->lease == NULL);
    g_free(guest->id);
    radius_settings_free(guest->radius);
    g_free(guest->user);
    g_free(guest->group);
    g_free(guest->asked_user);
    g_free(guest->esp);
    g_free(guest);
}

const char *
guest_state(const Guest *guest)
{
    if (guest->is_ending)
        return "ending";
    if (guest->children > 0)
        return "up";
    return guest->lease != NULL || guest->is_logged_in ? "configuring" : "login";
}

void
guest_log(const Guest *guest, GLogLevelFlags level, const char *event, Reason reason,
          const char *format, ...)
{
    char peer[NET_ENDPOINT_TEXT_SIZE];
    g_autofree char *text = NULL;
    g_autofree char *session = g_strdup_printf("%" G_GUINT64_FORMAT, guest->session);
    const char *user = guest->user != NULL ? guest->user : "-";
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    net_endpoint_format(&guest->peer, peer);
    g_log_structured("coatid", level, "COATI_SESSION", session, "COATI_USER", user, "COATI_PEER",
                     peer, "COATI_EVENT", event, "COATI_REASON", reason_token(reason), "MESSAGE",
                     "session=%s user=%s peer=%s event=%s%s%s: %s", session, user, peer, event,
                     reason != REASON_NONE ? " reason=" : "",
                     reason != REASON_NONE ? reason_token(reason) : "", text);
}

static void
add_text(GVariantDict *dict, const char *key, const char *text)
{
    g_variant_dict_insert(dict, key, "s", text != NULL ? text : "");
}

static void
add_traffic(GVariantDict *dict, const GuestCounters *counters)
{
    g_variant_dict_insert(dict, "octets-in", "t", counters->octets_in);
    g_variant_dict_insert(dict, "octets-out", "t", counters->octets_out);
    g_variant_dict_insert(dict, "packets-in", "t", counters->packets_in);
    g_variant_dict_insert(dict, "packets-out", "t", counters->packets_out);
    if (counters->last_received_seconds != G_MAXUINT32)
        g_variant_dict_insert(dict, "idle-seconds", "u", counters->last_received_seconds);
}

GVariant *
guest_describe(const Guest *guest, gint64 now)
{
    GVariantDict dict;
    char peer[NET_ENDPOINT_TEXT_SIZE];
    char address[NET_ADDRESS_TEXT_SIZE] = "", address6[NET_ADDRESS_TEXT_SIZE] = "";
    char suite[SUITE_TEXT_SIZE] = "";

    if (guest->has_phase1)
        suite_phase1_format(&guest->suite, suite);
    if (guest->lease != NULL) {
        net_address_format(lease_address4(guest->lease), address);
        net_address_format(lease_address6(guest->lease), address6);
    }
    g_variant_dict_init(&dict, NULL);
    g_variant_dict_insert(&dict, "session", "t", guest->session);
    add_text(&dict, "user", guest->user);
    add_text(&dict, "group", guest->group);
    add_text(&dict, "state", guest_state(guest));
    add_text(&dict, "address", address);
    add_text(&dict, "address6", address6);
    add_text(&dict, "accounting-id", guest->id);
    add_text(&dict, "peer", net_endpoint_format(&guest->peer, peer));
    g_variant_dict_insert(&dict, "is-behind-nat", "b", guest->is_behind_nat);
    add_text(&dict, "method",
             guest->has_phase1 ? name_of(gateway_methods, (gint)guest->method) : "");
    add_text(&dict, "mode", guest->has_phase1 ? name_of(modes, (gint)guest->mode) : "");
    add_text(&dict, "ike", suite);
    add_text(&dict, "esp", guest->esp);
    g_variant_dict_insert(&dict, "networks", "u", guest->children);
    g_variant_dict_insert(&dict, "since", "x", guest->came_unix);
    g_variant_dict_insert(&dict, "seconds", "t",
                          (guint64)((now - guest->came_at) / G_USEC_PER_SEC));
    add_traffic(&dict, &guest->counters);
    return g_variant_dict_end(&dict);
}
