/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lock of a profile with network.lockdown: what stays of a tunnel that was up and has failed.
 * A tunnel that holds one stays on the bus, as failed, until the user takes it down or starts it
 * anew; the new one takes the lock over through the journal, without a gap.
 */
#include "client/tunnel-private.h"
#include "log.h"

typedef struct {
    Tunnel *tunnel;
    void (*done)(Tunnel *tunnel, gboolean is_held);
} Hold;

gboolean
tunnel_has_lock(const Tunnel *tunnel)
{
    return !tunnel->has_no_network && !tunnel->is_probe &&
           profile_boolean(tunnel->profile, PROFILE_NETWORK_LOCKDOWN);
}

GArray *
tunnel_lock_exceptions(const Tunnel *tunnel, NetworkPlan *plan)
{
    GArray *excludes = profile_prefixes(tunnel->profile, PROFILE_NETWORK_EXCLUDE);

    plan->allows_local_networks = profile_choice(tunnel->profile, PROFILE_NETWORK_LOCAL_NETWORK) ==
                                  PROFILE_LOCAL_NETWORK_ALLOW;
    plan->excludes = (const NetPrefix *)(gpointer)excludes->data;
    plan->exclude_count = excludes->len;
    return excludes;
}

/* One that never was up has shown its user why, and opens; a transient one has no name by which
 * it could be opened later. */
static gboolean
must_hold(const Tunnel *tunnel)
{
    return tunnel_has_lock(tunnel) && tunnel->end_state == TUNNEL_FAILED &&
           !g_str_equal(tunnel->connection, "/") &&
           (tunnel->was_up || tunnel->is_patient || tunnel->inherits_lock);
}

static void
on_held(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autofree Hold *hold = user_data;
    Tunnel *tunnel = hold->tunnel;
    g_autoptr(GError) error = NULL;
    gboolean is_held = network_apply_finish(tunnel->network, result, &error) ||
                       g_error_matches(error, NETWORK_ERROR, REASON_DNS_FAILED);

    if (is_held)
        log_warning(tunnel->id, "locked",
                    "Nothing leaves this computer until the connection is up again or taken down");
    else
        log_warning(tunnel->id, "locked", "The lock does not hold: %s", error->message);
    hold->done(tunnel, is_held);
}

/* At the start of the machine it may fail before it had a link. */
static gboolean
open_link(Tunnel *tunnel, GError **error)
{
    g_auto(Fd) tun = -1;

    if (tunnel->network == NULL)
        tunnel->network = network_new(&tunnel->service->network_host, tunnel->network_id, error);
    return tunnel->network != NULL && (network_link_name(tunnel->network) != NULL ||
                                       network_open_link(tunnel->network, TRUE, &tun, error));
}

gboolean
tunnel_lock_hold(Tunnel *tunnel, void (*done)(Tunnel *tunnel, gboolean is_held))
{
    NetworkPlan plan = {.is_locked = TRUE};
    g_autoptr(GArray) excludes = NULL;
    g_autoptr(GError) error = NULL;
    Hold *hold;

    if (!must_hold(tunnel))
        return FALSE;
    if (!open_link(tunnel, &error)) {
        log_warning(tunnel->id, "locked", "There is no lock: %s", error->message);
        return FALSE;
    }
    excludes = tunnel_lock_exceptions(tunnel, &plan);
    hold = g_new(Hold, 1);
    *hold = (Hold){.tunnel = tunnel, .done = done};
    network_apply_async(tunnel->network, &plan, NULL, on_held, hold);
    return TRUE;
}
