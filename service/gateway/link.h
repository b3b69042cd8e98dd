/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pair of coati-engine and coati-keys of a gateway: as engine-link.h, with a key for the
 * certificate and one for each group, and the boundary of guestlink.h.
 */
#pragma once

#include "gateway/conf.h"
#include "guestlink.h"

typedef struct GatewayLink GatewayLink;

typedef struct {
    /* message is borrowed and hostile. */
    void (*message)(const GuestlinkMessage *message, gpointer user_data);
    /* Once, when a process ended or broke the boundary; detail for the log. */
    void (*gone)(const char *detail, gpointer user_data);
} GatewayLinkEvents;

GatewayLink *gateway_link_new(const char *libexec_directory, const GatewayConfig *config,
                              const GatewayLinkEvents *events, gpointer user_data, GError **error);
/* Kills what still runs. Accepts NULL; not from inside the events. */
void gateway_link_free(GatewayLink *link);

/* fds: guestlink_fd_count() of them, borrowed. A failure comes as the event gone, later. */
void gateway_link_send(GatewayLink *link, const GuestlinkMessage *message, const Fd *fds);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GatewayLink, gateway_link_free)
