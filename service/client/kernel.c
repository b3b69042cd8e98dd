/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tunnel whose packets the kernel moves: what the engine says about children, checked, and what
 * the kernel says, passed on. */
#include "client/policy.h"
#include "client/tunnel-private.h"
#include "log.h"

enum { POLL_SECONDS = 2 };

/* KernelPlaneEvents */
static void
on_expiring(guint64 session, gpointer user_data)
{
    Tunnel *tunnel = user_data;
    BoundaryMessage message = {.type = BOUNDARY_REKEY};

    if (tunnel->link != NULL)
        engine_link_send(tunnel->link, &message, NULL, NULL);
}

static void
on_moved(guint64 session, const NetEndpoint *remote, gpointer user_data)
{
    /* The socket is connected: nothing else gets in. */
}

static void
on_seen(guint64 session, gboolean is_heard, guint64 packets_in, guint64 packets_out,
        gpointer user_data)
{
    Tunnel *tunnel = user_data;
    BoundaryMessage message = {.type = BOUNDARY_SEEN};

    message.seen.packets_in = packets_in;
    message.seen.packets_out = packets_out;
    if (tunnel->link != NULL)
        engine_link_send(tunnel->link, &message, NULL, NULL);
}

static gboolean
choose(Tunnel *tunnel, const NetAddress *address, GError **error)
{
    PolicyInput input = {.profile = tunnel->profile, .gateway = tunnel->hosts->pdata[tunnel->host]};
    g_autoptr(IkePolicy) policy = client_policy_new(&input);

    if (!plane_choose(tunnel->profile, policy, address->length, &tunnel->plane, error))
        return FALSE;
    tunnel_note(tunnel, "data plane: %s, %s", tunnel->plane.is_kernel ? "kernel" : "userspace",
                tunnel->plane.why);
    tunnel_changed(tunnel, "DataPlane", "DataPlaneReason", NULL);
    return TRUE;
}

gboolean
tunnel_kernel_open_link(Tunnel *tunnel, const NetAddress *address, GError **error)
{
    g_autoptr(GError) problem = NULL;

    fd_close(&tunnel->tun);
    if (!choose(tunnel, address, error))
        return FALSE;
    tunnel->has_xfrm_link =
        tunnel->plane.is_kernel && network_open_xfrm_link(tunnel->network, &problem);
    if (tunnel->has_xfrm_link)
        return TRUE;
    if (problem != NULL && !g_error_matches(problem, NETWORK_ERROR, REASON_DATAPLANE_UNAVAILABLE)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    if (problem != NULL)
        tunnel_note(tunnel, "data plane: policies alone, %s", problem->message);
    /* Idle on the kernel plane: policies take packets before they come there. */
    return network_open_link(tunnel->network, TRUE, &tunnel->tun, error);
}

gboolean
tunnel_kernel_open(Tunnel *tunnel, GError **error)
{
    static const KernelPlaneEvents events = {
        .expiring = on_expiring, .moved = on_moved, .seen = on_seen};
    KernelPlaneOptions options = {.mark = NETWORK_MARK, .poll_seconds = POLL_SECONDS};

    g_clear_pointer(&tunnel->kernel, kernel_plane_free);
    if (!tunnel->plane.is_kernel)
        return TRUE;
    if (!network_claim_xfrm(tunnel->network, &options.block, error))
        return FALSE;
    options.interface = tunnel->has_xfrm_link ? options.block.first : 0;
    tunnel->kernel = kernel_plane_new(&options, &events, tunnel, error);
    return tunnel->kernel != NULL && tunnel_kernel_take_socket(tunnel, error);
}

gboolean
tunnel_kernel_take_socket(Tunnel *tunnel, GError **error)
{
    return tunnel->kernel == NULL || xfrm_take_esp(tunnel->natt, error);
}

void
tunnel_kernel_rebind(Tunnel *tunnel)
{
    g_autoptr(GError) error = NULL;

    if (tunnel->kernel == NULL ||
        kernel_plane_change_path(tunnel->kernel, 0, &tunnel->natt_path.local,
                                 &tunnel->natt_path.remote, &error))
        return;
    log_warning(tunnel->id, "plane", "%s; new keys are asked for", error->message);
    on_expiring(0, tunnel);
}

/* The inner side of ours is the address that the gateway gave, nothing wider. */
static gboolean
is_own(const Tunnel *tunnel, const NetPrefix *local)
{
    const NetworkPlan *plan = tunnel->settings != NULL ? &tunnel->settings->plan : NULL;

    return plan != NULL && local->prefix_length == local->address.length * 8 &&
           (net_address_equal(&local->address, &plan->address4) ||
            net_address_equal(&local->address, &plan->address6));
}

void
tunnel_kernel_take_keys(Tunnel *tunnel, const BoundaryKeys *keys)
{
    KernelChild child = {.child = keys->child,
                         .suite = keys->suite,
                         .local = keys->local,
                         .remote = keys->remote,
                         .spi_in = keys->spi_in,
                         .spi_out = keys->spi_out,
                         .soft_octets = keys->soft_octets,
                         .hard_octets = keys->hard_octets,
                         .keymat_in = keys->keymat_in,
                         .keymat_out = keys->keymat_out,
                         .local_end = tunnel->natt_path.local,
                         .remote_end = tunnel->natt_path.remote};
    g_autoptr(GError) error = NULL;

    if (tunnel->kernel == NULL) {
        tunnel_attempt_failed(tunnel, REASON_ENGINE_CRASHED, "keys for the kernel, unasked");
        return;
    }
    if (!is_own(tunnel, &keys->local)) {
        tunnel_attempt_failed(tunnel, REASON_CONFIG_REFUSED,
                              "the tunnel's own side is not the address that was given");
        return;
    }
    if (!kernel_plane_up(tunnel->kernel, &child, &error))
        tunnel_attempt_failed(tunnel, REASON_DATAPLANE_UNAVAILABLE, error->message);
}

void
tunnel_kernel_take_send(Tunnel *tunnel, guint64 child)
{
    g_autoptr(GError) error = NULL;

    if (tunnel->kernel != NULL && !kernel_plane_change_send(tunnel->kernel, child, &error))
        tunnel_attempt_failed(tunnel, REASON_DATAPLANE_UNAVAILABLE, error->message);
}
