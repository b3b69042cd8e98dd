/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "details.h"

#include "calls.h"

#include <glib/gi18n.h>
#include <string.h>

typedef struct {
    CoatiDetailGroup group;
    const char *label;
    const char *name;
    /* The row's text; "" leaves it out. To be freed. */
    char *(*show)(Values *values, const char *name);
} DetailRow;

static char *
show_text(Values *values, const char *name)
{
    return g_strdup(values_text(values, name));
}

static char *
show_number(Values *values, const char *name)
{
    guint64 number = values_number(values, name);

    return number != 0 ? g_strdup_printf("%" G_GUINT64_FORMAT, number) : g_strdup("");
}

static char *
show_gateway(Values *values, const char *name)
{
    const char *host = values_text(values, name);
    const char *address = values_text(values, "GatewayAddress");

    if (address[0] == '\0' || strcmp(host, address) == 0)
        return g_strdup(host);
    return g_strdup_printf("%s (%s)", host, address);
}

static char *
show_address(Values *values, const char *name)
{
    GVariant *value = values_get(values, name);
    const char *address = "";
    guint32 prefix = 0;

    if (value == NULL || !g_variant_lookup(value, "address", "&s", &address))
        return g_strdup("");
    if (!g_variant_lookup(value, "prefix", "u", &prefix))
        return g_strdup(address);
    return g_strdup_printf("%s/%u", address, prefix);
}

static char *
show_since(Values *values, const char *name)
{
    guint64 since = values_number(values, name);
    g_autoptr(GDateTime) time = since != 0 ? g_date_time_new_from_unix_local((gint64)since) : NULL;

    return time != NULL ? g_date_time_format(time, "%x %X") : g_strdup("");
}

static char *
show_algorithm(Values *values, const char *name)
{
    GVariant *value = values_get(values, "Algorithms");
    const char *text = "";

    if (value != NULL)
        g_variant_lookup(value, name, "&s", &text);
    return g_strdup(text);
}

static char *
show_nat(Values *values, const char *name)
{
    static const char *const words[][2] = {
        {"none", N_("No NAT on the way")},
        {"local", N_("This computer is behind a NAT")},
        {"remote", N_("The gateway is behind a NAT")},
        {"both", N_("Both sides are behind a NAT")},
        {"forced", N_("Always used, as the profile says")},
    };

    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(words[i][0], values_text(values, name)) == 0)
            return g_strdup(_(words[i][1]));
    return g_strdup(values_text(values, name));
}

static char *
show_plane(Values *values, const char *name)
{
    const char *plane = values_text(values, name);

    return g_strdup(strcmp(plane, "userspace") == 0 ? _("Coati itself (userspace)")
                    : strcmp(plane, "kernel") == 0  ? _("The kernel")
                                                    : plane);
}

static const DetailRow rows[] = {
    {COATI_GROUP_GATEWAY, N_("Gateway"), "Gateway", show_gateway},
    {COATI_GROUP_GATEWAY, N_("Proved to be"), "GatewayIdentity", show_text},
    {COATI_GROUP_GATEWAY, N_("Connected since"), "ConnectedAt", show_since},
    {COATI_GROUP_ADDRESSES, N_("Address"), "Ip4", show_address},
    {COATI_GROUP_ADDRESSES, N_("IPv6 address"), "Ip6", show_address},
    {COATI_GROUP_ADDRESSES, N_("Name servers"), "Dns", values_list},
    {COATI_GROUP_ADDRESSES, N_("WINS servers"), "Wins", values_list},
    {COATI_GROUP_ADDRESSES, N_("Domains"), "Domains", values_list},
    {COATI_GROUP_ADDRESSES, N_("Networks through the tunnel"), "Routes", values_list},
    {COATI_GROUP_ADDRESSES, N_("Networks outside"), "ExcludedRoutes", values_list},
    {COATI_GROUP_SECURITY, N_("Authentication"), "method", show_algorithm},
    {COATI_GROUP_SECURITY, N_("Key exchange (IKE)"), "ike", show_algorithm},
    {COATI_GROUP_SECURITY, N_("Traffic (ESP)"), "esp", show_algorithm},
    {COATI_GROUP_SECURITY, N_("Perfect forward secrecy"), "pfs", show_algorithm},
    {COATI_GROUP_SECURITY, N_("Exchange mode"), "mode", show_algorithm},
    {COATI_GROUP_SECURITY, N_("New login keys"), "IkeRekeyAt", show_since},
    {COATI_GROUP_SECURITY, N_("New traffic keys"), "EspRekeyAt", show_since},
    {COATI_GROUP_TRANSPORT, N_("NAT traversal"), "NatTraversal", show_nat},
    {COATI_GROUP_TRANSPORT, N_("Interface"), "Interface", show_text},
    {COATI_GROUP_TRANSPORT, N_("Packets carried by"), "DataPlane", show_plane},
    {COATI_GROUP_TRANSPORT, N_("MTU"), "Mtu", show_number},
};

static const char *const groups[COATI_GROUP_COUNT] = {
    [COATI_GROUP_GATEWAY] = N_("Gateway"),
    [COATI_GROUP_ADDRESSES] = N_("Addresses"),
    [COATI_GROUP_SECURITY] = N_("Protection"),
    [COATI_GROUP_TRANSPORT] = N_("Transport"),
};

const char *
coati_detail_group_text(CoatiDetailGroup group)
{
    return _(groups[group]);
}

static gboolean
is_weak(Values *values, const char *text)
{
    GVariant *algorithms = values_get(values, "Algorithms");
    g_autofree const char **weak = NULL;

    if (algorithms == NULL || !g_variant_lookup(algorithms, "weak", "^a&s", &weak))
        return FALSE;
    return g_strv_contains(weak, text);
}

static void
detail_free(gpointer data)
{
    CoatiDetail *detail = data;

    g_free(detail->value);
    g_free(detail);
}

GPtrArray *
coati_details_new(GHashTable *values)
{
    GPtrArray *details = g_ptr_array_new_with_free_func(detail_free);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *value = rows[i].show(values, rows[i].name);
        CoatiDetail *detail;

        if (value[0] == '\0')
            continue;
        detail = g_new0(CoatiDetail, 1);
        detail->group = rows[i].group;
        detail->label = _(rows[i].label);
        detail->is_weak = rows[i].show == show_algorithm && is_weak(values, value);
        detail->value = g_steal_pointer(&value);
        g_ptr_array_add(details, detail);
    }
    return details;
}

char *
coati_details_text(const GPtrArray *details)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < details->len; i++) {
        const CoatiDetail *detail = details->pdata[i];

        g_string_append_printf(text, "%s: %s\n", detail->label, detail->value);
    }
    return g_string_free(text, FALSE);
}
