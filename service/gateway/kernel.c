/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests whose packets the kernel moves: what the engine says about children, checked, and what the
 * kernel says, passed on. */
#include "gateway/gateway-private.h"
#include "log.h"

enum { POLL_SECONDS = 5 };

static void
send_empty(Gateway *gateway, GuestlinkType type, guint64 session)
{
    GuestlinkMessage message = {.type = type, .session = session};

    gateway_send(gateway, &message, NULL);
}

/* KernelPlaneEvents */
static void
on_expiring(guint64 session, gpointer gateway)
{
    send_empty(gateway, GUESTLINK_EXPIRING, session);
}

static void
on_moved(guint64 session, const NetEndpoint *remote, gpointer gateway)
{
    GuestlinkMessage message = {.type = GUESTLINK_MOVED, .session = session};

    message.moved = *remote;
    gateway_send(gateway, &message, NULL);
}

static void
on_seen(guint64 session, gboolean is_heard, guint64 packets_in, guint64 packets_out,
        gpointer gateway)
{
    if (is_heard)
        send_empty(gateway, GUESTLINK_ALIVE, session);
}

/* What only the userspace plane does, and what the kernel must be able to do. */
static gboolean
kernel_is_fit(const Gateway *gateway, GError **error)
{
    const NetAddress *listen = &gateway->sockets.natt_local.address;

    if (!net_address_is_set(listen)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "the kernel's SAs need one address: set gateway.listen");
        return FALSE;
    }
    if (gateway->config->esp_fragment_octets != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "esp.fragment is set, and the kernel does not fragment before ESP");
        return FALSE;
    }
    return kernel_plane_probe(gateway->config->esp, listen->length, error);
}

static gboolean
open_plane(Gateway *gateway, GError **error)
{
    static const KernelPlaneEvents events = {
        .expiring = on_expiring, .moved = on_moved, .seen = on_seen};
    KernelPlaneOptions options = {.is_forwarding = TRUE, .poll_seconds = POLL_SECONDS};

    if (!gateway_site_claim_xfrm(gateway->network, &options.block, error) ||
        !xfrm_take_esp(gateway->sockets.natt, error))
        return FALSE;
    gateway->kernel = kernel_plane_new(&options, &events, gateway, error);
    return gateway->kernel != NULL;
}

gboolean
gateway_kernel_open(Gateway *gateway, GError **error)
{
    g_autoptr(GError) problem = NULL;

    if (gateway->config->plane == GATEWAY_PLANE_USERSPACE) {
        log_info(NULL, "plane", "Data plane: userspace (esp.plane is userspace)");
        return TRUE;
    }
    if (kernel_is_fit(gateway, &problem)) {
        /* auto keeps to userspace, as a client's does. */
        if (gateway->config->plane == GATEWAY_PLANE_KERNEL) {
            log_info(NULL, "plane", "Data plane: kernel");
            return open_plane(gateway, error);
        }
        log_info(NULL, "plane", "Data plane: userspace (the kernel can, too: esp.plane=kernel)");
        return TRUE;
    }
    if (gateway->config->plane == GATEWAY_PLANE_KERNEL) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "esp.plane is kernel, but %s; auto or userspace would do", problem->message);
        return FALSE;
    }
    log_info(NULL, "plane", "Data plane: userspace (%s)", problem->message);
    return TRUE;
}

void
gateway_kernel_take_keys(Gateway *gateway, Guest *guest, const BoundaryKeys *keys)
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
                         .local_end = gateway->sockets.natt_local};
    g_autoptr(GError) error = NULL;

    if (guest != NULL && guest->is_ending)
        return;
    if (gateway->kernel == NULL || guest == NULL || guest->lease == NULL ||
        !lease_is(guest->lease, &keys->remote)) {
        gateway_distrust(gateway, guest, "has keys for an address that it did not lease");
        return;
    }
    child.session = guest->session;
    child.remote_end = guest->peer;
    if (kernel_plane_up(gateway->kernel, &child, &error))
        return;
    gateway_event(gateway, guest, G_LOG_LEVEL_WARNING, "plane", REASON_DATAPLANE_UNAVAILABLE, "%s",
                  error->message);
    gateway_hang_up(gateway, guest, REASON_DATAPLANE_UNAVAILABLE);
}

void
gateway_kernel_take_send(Gateway *gateway, Guest *guest, guint64 child)
{
    g_autoptr(GError) error = NULL;

    if (gateway->kernel == NULL || guest == NULL || guest->is_ending ||
        kernel_plane_change_send(gateway->kernel, child, &error))
        return;
    gateway_event(gateway, guest, G_LOG_LEVEL_WARNING, "plane", REASON_DATAPLANE_UNAVAILABLE, "%s",
                  error->message);
    gateway_hang_up(gateway, guest, REASON_DATAPLANE_UNAVAILABLE);
}

void
gateway_kernel_take_path(Gateway *gateway, const Guest *guest)
{
    g_autoptr(GError) error = NULL;

    if (gateway->kernel == NULL ||
        kernel_plane_change_path(gateway->kernel, guest->session, &gateway->sockets.natt_local,
                                 &guest->peer, &error))
        return;
    guest_log(guest, G_LOG_LEVEL_WARNING, "plane", REASON_DATAPLANE_UNAVAILABLE,
              "%s; new keys are asked for", error->message);
    on_expiring(guest->session, gateway);
}

void
gateway_kernel_count(Gateway *gateway, Guest *guest)
{
    BoundaryCounters counters;

    if (gateway->kernel == NULL)
        return;
    if (guest == NULL) {
        kernel_plane_all_counters(gateway->kernel, &gateway->counters);
        return;
    }
    kernel_plane_counters(gateway->kernel, guest->session, &counters);
    guest_count(guest, &counters);
}
