/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "show.h"

#include "say.h"

#include <stdio.h>
#include <string.h>

void
show_row(const char *label, const char *text)
{
    if (text[0] != '\0')
        say_line("  %-16s%s", label, text);
}

static void
show_list(const char *label, GVariantDict *tunnel, const char *name)
{
    g_autofree const char **items = remote_texts(tunnel, name);
    g_autofree char *text = g_strjoinv(", ", (char **)items);

    show_row(label, text);
}

static void
show_gateway(GVariantDict *tunnel)
{
    const char *name = remote_text(tunnel, "Gateway");
    const char *address = remote_text(tunnel, "GatewayAddress");
    g_autofree char *both = g_strdup_printf("%s (%s)", name, address);

    show_row("Gateway", address[0] == '\0' || strcmp(name, address) == 0 ? name : both);
    show_row("Certificate", remote_text(tunnel, "GatewayIdentity"));
}

static void
show_addresses(GVariantDict *tunnel)
{
    g_autofree char *ip4 = remote_address(tunnel, "Ip4", TRUE);
    g_autofree char *ip6 = remote_address(tunnel, "Ip6", TRUE);

    show_row("Address", ip4);
    show_row(ip4[0] != '\0' ? "" : "Address", ip6);
}

static void
show_algorithms(GVariantDict *tunnel, gboolean has_all)
{
    g_autoptr(GVariant) value =
        g_variant_dict_lookup_value(tunnel, "Algorithms", G_VARIANT_TYPE_VARDICT);
    g_autoptr(GVariantDict) dict = value != NULL ? g_variant_dict_new(value) : NULL;
    g_autofree const char **weak = remote_texts(dict, "weak");
    g_autofree char *list = g_strjoinv(", ", (char **)weak);

    if (has_all) {
        show_row("Authentication", remote_text(dict, "method"));
        show_row("Exchange mode", remote_text(dict, "mode"));
        show_row("IKE", remote_text(dict, "ike"));
        show_row("ESP", remote_text(dict, "esp"));
        show_row("PFS", remote_text(dict, "pfs"));
    }
    show_row("Weak", list);
}

static void
show_banner(GVariantDict *tunnel)
{
    const char *banner = remote_text(tunnel, "Banner");

    if (banner[0] == '\0')
        return;
    putchar('\n');
    say_text(banner);
}

void
show_connected(const char *id, GVariantDict *tunnel)
{
    g_autofree const char **routes = remote_texts(tunnel, "Routes");

    say_line("Connected to %s.", id);
    show_gateway(tunnel);
    show_addresses(tunnel);
    show_list("Name servers", tunnel, "Dns");
    show_list("Domains", tunnel, "Domains");
    if (routes[0] != NULL)
        show_list("Networks", tunnel, "Routes");
    show_algorithms(tunnel, FALSE);
    show_banner(tunnel);
}

guint64
show_seconds_up(GVariantDict *tunnel)
{
    gint64 since = (gint64)remote_number(tunnel, "ConnectedAt");
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;

    return since > 0 && now > since ? (guint64)(now - since) : 0;
}

static const char *
state_of(const RemoteProfile *profile)
{
    return profile->tunnel != NULL ? remote_text(profile->tunnel, "State") : "disconnected";
}

void
show_line(const RemoteProfile *profile)
{
    const char *state = state_of(profile);
    const char *stage = remote_text(profile->tunnel, "Stage");
    g_autofree char *address = remote_address(profile->tunnel, "Ip4", FALSE);
    g_autofree char *duration = say_duration(show_seconds_up(profile->tunnel));
    const char *id = remote_text(profile->properties, "Id");

    if (strcmp(state, "connected") == 0)
        say_line("%-20s %s  %s  for %s", id, state, address, duration);
    else if (stage[0] != '\0')
        say_line("%-20s %s (%s)", id, state, stage);
    else
        say_line("%-20s %s", id, state);
}

static void
show_error(GVariantDict *tunnel)
{
    g_autoptr(GVariant) extra = NULL;
    const char *reason = "";
    const char *detail = "";
    const char *title = "";
    g_autofree char *text = NULL;

    if (!g_variant_dict_lookup(tunnel, "LastError", "(&s&s@a{sv})", &reason, &detail, &extra) ||
        reason[0] == '\0')
        return;
    g_variant_lookup(extra, "title", "&s", &title);
    text = g_strdup_printf("%s (%s)%s%s", title[0] != '\0' ? title : reason, reason,
                           detail[0] != '\0' ? ": " : "", detail);
    show_row("Last error", text);
}

static void
show_since(GVariantDict *tunnel)
{
    guint64 since = remote_number(tunnel, "ConnectedAt");
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local((gint64)since);
    g_autofree char *stamp = time != NULL ? g_date_time_format_iso8601(time) : g_strdup("");
    g_autofree char *duration = say_duration(show_seconds_up(tunnel));
    g_autofree char *text = g_strdup_printf("%s (%s)", stamp, duration);

    show_row("Since", since != 0 ? text : "");
}

static void
show_plane(GVariantDict *tunnel)
{
    const char *plane = remote_text(tunnel, "DataPlane");
    const char *why = remote_text(tunnel, "DataPlaneReason");
    g_autofree char *both = g_strdup_printf("%s (%s)", plane, why);

    show_row("Data plane", *why != '\0' ? both : plane);
}

/* Of a failed tunnel too: then this is why nothing works. */
static void
show_lock(GVariantDict *tunnel)
{
    gboolean is_locked = FALSE;
    const char *state = remote_text(tunnel, "State");

    g_variant_dict_lookup(tunnel, "Locked", "b", &is_locked);
    if (is_locked)
        show_row("Lockdown", strcmp(state, "failed") == 0
                                 ? "nothing leaves this computer; coatictl down opens it"
                                 : "nothing leaves this computer but through the tunnel");
}

void
show_details(const RemoteProfile *profile)
{
    GVariantDict *tunnel = profile->tunnel;
    g_autofree char *mtu = NULL;

    say_line("%s", remote_text(profile->properties, "Id"));
    show_row("State", state_of(profile));
    if (tunnel == NULL) {
        show_row("Gateway", remote_text(profile->properties, "Gateway"));
        return;
    }
    mtu = g_strdup_printf("%" G_GUINT64_FORMAT, remote_number(tunnel, "Mtu"));
    show_row("Stage", remote_text(tunnel, "Stage"));
    show_since(tunnel);
    show_gateway(tunnel);
    show_addresses(tunnel);
    show_list("Name servers", tunnel, "Dns");
    show_list("WINS", tunnel, "Wins");
    show_list("Domains", tunnel, "Domains");
    show_list("Networks", tunnel, "Routes");
    show_list("Outside", tunnel, "ExcludedRoutes");
    show_lock(tunnel);
    show_row("Interface", remote_text(tunnel, "Interface"));
    show_plane(tunnel);
    show_row("MTU", strcmp(mtu, "0") != 0 ? mtu : "");
    show_row("NAT traversal", remote_text(tunnel, "NatTraversal"));
    show_algorithms(tunnel, TRUE);
    show_error(tunnel);
    show_banner(tunnel);
}
