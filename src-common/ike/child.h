/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Children: pairs of ESP SAs, their lives, and their renewal without loss: the new pair is up
 * before the old one goes, the old one's inbound half stays good for a while, and who renewed
 * deletes it (PROTOCOL 6.8, 6.11, 6.13).
 */
#pragma once

#include "ike/state.h"

/* Added to the session; lifetime_seconds starts now. */
IkeChild *ike_child_new(IkeSession *session, guint32 spi_in, guint32 spi_out,
                        guint32 lifetime_seconds);
void ike_child_free(gpointer child);

/* NULL when it is gone. */
IkeChild *ike_child_find(IkeSession *session, guint64 number);
/* The one in use between these networks, or NULL. */
IkeChild *ike_child_between(IkeSession *session, const NetPrefix *local, const NetPrefix *remote);
/* The one in use that was made for wanted from local, or NULL. */
IkeChild *ike_child_for(IkeSession *session, const NetPrefix *local, const NetPrefix *wanted);

/* Sending goes over this one from now on; the one it replaces (0 = none) retires. is_starter: we
 * began, so the old one is ours to delete. */
void ike_child_use(IkeChild *child, guint64 replaces, gboolean is_starter);
/* Down at once; child is gone afterwards. */
void ike_child_drop(IkeChild *child, gboolean tells_peer);
void ike_child_tell_down(IkeSession *session, const IkeChild *child);

/* The peer deleted the pair with this SPI. */
void ike_child_deleted(IkeSession *session, guint32 spi);

/* It must carry nothing more. */
void ike_child_spent(IkeSession *session, guint64 number);
/* What each SA of a child may carry that was agreed to live so long (0 = any amount, and so is the
 * answer); a gateway allows for a client that renews first. */
guint64 ike_child_octets(const IkeSession *session, guint64 kilobytes, gboolean is_soft);

/* Renews all that are in use. */
void ike_children_renew(IkeSession *session);
gint64 ike_child_deadline(const IkeChild *child);
void ike_children_tick(IkeSession *session);
