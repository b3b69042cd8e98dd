/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cisco IKE fragmentation, payload 132 (de facto; PROTOCOL 8.2): a whole message, encrypted or not,
 * is cut into datagrams of their own.
 *
 * A fragment is recognised by next payload 132 of its header before anything else is looked at.
 * Inserting one costs the same however many came before; a set that contradicts itself is dropped.
 */
#pragma once

#include "base/reader.h"
#include "ike/header.h"
#include "ike/limits.h"

/* Cuts message into datagrams of at most max_octets, header included. id: not 0. The headers carry
 * exchange (the type of phase 1), message ID 0 and no flags, which all known receivers take.
 * Returns GBytes; one that holds message itself when it fits. NULL when it would take more than
 * IKE_MAX_FRAGMENTS. max_octets must be above 36. */
GPtrArray *ike_fragment_split(GBytes *message, IkeExchangeType exchange, guint16 id,
                              gsize max_octets);

/* Octets of an IKE message that fit an IP packet: without IP, UDP and marker. ip_octets 0 = the
 * default of the family, 576 or 1280. */
gsize ike_fragment_limit(guint16 ip_octets, gboolean is_ipv6, gboolean has_marker);

typedef struct {
    guint16 id;
    guint8 number;
    gboolean is_last;
    Reader data;
} IkeFragmentView;

/* body: behind the header. */
IkeNotify ike_fragment_parse(Reader body, IkeFragmentView *ret_view);

typedef enum {
    IKE_FRAGMENT_STORED,   /* more are needed */
    IKE_FRAGMENT_REPEATED, /* nothing new */
    IKE_FRAGMENT_REFUSED,  /* this one is bad; the set lives on */
    IKE_FRAGMENT_BROKEN,   /* the set is useless: free it */
    IKE_FRAGMENT_COMPLETE, /* the message is out: free the set */
} IkeFragmentResult;

/* One message in progress. */
typedef struct IkeReassembly IkeReassembly;

/* header: of the first fragment that came; max_octets: IKE_MAX_MESSAGE or _STRANGER. */
IkeReassembly *ike_reassembly_new(const IkeHeader *header, guint16 id, gsize max_octets);
void ike_reassembly_free(IkeReassembly *set);
guint16 ike_reassembly_id(const IkeReassembly *set);

/* header: of this fragment; its cookies must be those of the set, and of the message inside.
 * ret_message is set with COMPLETE only: a message with a sound header whose Length is its size and
 * that is no fragment itself. */
IkeFragmentResult ike_reassembly_add(IkeReassembly *set, const IkeHeader *header,
                                     const IkeFragmentView *fragment, GBytes **ret_message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IkeReassembly, ike_reassembly_free)
