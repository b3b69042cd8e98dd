/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nftables over netlink (nfnetlink batches): as much of its language as our tables need. A batch is
 * carried out as a whole or not at all. A rule is opened, filled with expressions from left to
 * right, and closed; what an expression compares must be loaded by the one before it.
 */
#pragma once

#include "base/net.h"

#include <gio/gio.h>
#include <linux/netfilter/nf_tables.h>

typedef struct NftBatch NftBatch;
typedef struct NftRule NftRule;

NftBatch *nft_batch_new(void);
void nft_batch_free(NftBatch *batch);
/* 0 or the errno of the first message that failed. Synchronous; waits a second at most. */
int nft_batch_run(NftBatch *batch);

/* A table of family inet; deleting one that is not there is an error. */
void nft_table_add(NftBatch *batch, const char *table);
void nft_table_delete(NftBatch *batch, const char *table);
/* A base chain of type filter. hook: NF_INET_*; verdict: NF_ACCEPT or NF_DROP where no rule says. */
void nft_chain_add(NftBatch *batch, const char *table, const char *chain, guint32 hook,
                   gint32 priority, guint32 verdict);

/* A rule at the end of a chain; nft_rule_close() frees it. */
NftRule *nft_rule_open(NftBatch *batch, const char *table, const char *chain);
void nft_rule_close(NftRule *rule);

/* Loads what the next comparisons look at. */
void nft_load_meta(NftRule *rule, enum nft_meta_keys key);
/* Whether the packet will leave by ESP of the kernel: one octet, 0 or 1. */
void nft_load_route_ipsec(NftRule *rule);
void nft_load_payload(NftRule *rule, enum nft_payload_bases base, guint32 offset, guint32 length);
/* The packet goes on to the next expression only when this holds. value: length octets as they are
 * in the register (meta values in the host's order, payload as on the wire). */
void nft_compare(NftRule *rule, enum nft_cmp_ops operation, gconstpointer value, gsize length);
/* Only packets of that family with this destination, as it is in their IP header. */
void nft_match_target(NftRule *rule, const NetPrefix *target);

/* What happens to a packet that came this far. */
void nft_verdict(NftRule *rule, guint32 verdict);
/* Dropped, and the sender hears "administratively prohibited". */
void nft_reject(NftRule *rule);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(NftBatch, nft_batch_free)
