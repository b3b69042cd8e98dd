/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What nft(8) would say; the last two chains only of one that is locked:
 *
 *   table inet coati0 {
 *     chain guard {
 *       type filter hook prerouting priority raw; policy accept;
 *       iif != "coati0" iif != "lo" ip daddr ADDRESS drop
 *       iif != "coati0" iif != "lo" ip6 daddr ADDRESS drop
 *     }
 *     chain leave {
 *       type filter hook output priority filter; policy drop;
 *       oif "lo" accept
 *       oif "coati0" accept
 *       meta mark MARK accept
 *       meta nfproto ipv4 udp sport 68 udp dport 67 accept
 *       meta nfproto ipv6 udp sport 546 udp dport 547 accept
 *       icmpv6 type 133-136 accept
 *       ip daddr OUTSIDE accept
 *       reject with icmpx admin-prohibited
 *     }
 *     chain pass {
 *       type filter hook forward priority filter; policy drop;
 *       iif "coati0" accept
 *       oif "coati0" accept
 *       ip daddr OUTSIDE accept
 *       reject with icmpx admin-prohibited
 *     }
 *   }
 */
#include "network-guard.h"

#include "netlink.h"
#include "network.h"
#include "nft.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>

#define CHAIN_GUARD "guard"
#define CHAIN_LEAVE "leave"
#define CHAIN_PASS "pass"

enum {
    PRIORITY_RAW = -300,
    PRIORITY_FILTER = 0,
    LOOPBACK_INDEX = 1, /* in every network namespace */
    ROUTER_SOLICITATION = 133,
    NEIGHBOUR_ADVERTISEMENT = 136,
};

static void
guard_address(NftBatch *batch, const Guard *guard, const NetAddress *address)
{
    guint32 link = (guint32)guard->link;
    guint32 loopback = LOOPBACK_INDEX;
    guint8 plain = 0;
    NetPrefix own = net_prefix_of(address, (guint8)(address->length * 8));
    NftRule *rule;

    if (!net_address_is_set(address))
        return;
    rule = nft_rule_open(batch, guard->name, CHAIN_GUARD);
    if (guard->is_by_policy) {
        nft_load_meta(rule, NFT_META_SECPATH);
        nft_compare(rule, NFT_CMP_EQ, &plain, sizeof plain);
    }
    nft_load_meta(rule, NFT_META_IIF);
    nft_compare(rule, NFT_CMP_NEQ, &link, sizeof link);
    nft_compare(rule, NFT_CMP_NEQ, &loopback, sizeof loopback);
    nft_match_target(rule, &own);
    nft_verdict(rule, NF_DROP);
    nft_rule_close(rule);
}

static void
accept_meta(NftBatch *batch, const Guard *guard, const char *chain, enum nft_meta_keys key,
            guint32 value)
{
    NftRule *rule = nft_rule_open(batch, guard->name, chain);

    nft_load_meta(rule, key);
    nft_compare(rule, NFT_CMP_EQ, &value, sizeof value);
    nft_verdict(rule, NF_ACCEPT);
    nft_rule_close(rule);
}

/* What came by ESP (pass), and what will leave by it. */
static void
accept_ipsec(NftBatch *batch, const Guard *guard, const char *chain, gboolean comes)
{
    NftRule *rule = nft_rule_open(batch, guard->name, chain);
    guint8 is_there = 1;

    if (comes)
        nft_load_meta(rule, NFT_META_SECPATH);
    else
        nft_load_route_ipsec(rule);
    nft_compare(rule, NFT_CMP_EQ, &is_there, sizeof is_there);
    nft_verdict(rule, NF_ACCEPT);
    nft_rule_close(rule);
}

/* What the chain accepts of one family and one protocol on top of IP is for the caller to say. */
static NftRule *
protocol_open(NftBatch *batch, const Guard *guard, guint8 family, guint8 protocol)
{
    NftRule *rule = nft_rule_open(batch, guard->name, CHAIN_LEAVE);

    nft_load_meta(rule, NFT_META_NFPROTO);
    nft_compare(rule, NFT_CMP_EQ, &family, sizeof family);
    nft_load_meta(rule, NFT_META_L4PROTO);
    nft_compare(rule, NFT_CMP_EQ, &protocol, sizeof protocol);
    return rule;
}

static void
accept_dhcp(NftBatch *batch, const Guard *guard, guint8 family, guint16 from, guint16 to)
{
    NftRule *rule = protocol_open(batch, guard, family, IPPROTO_UDP);
    guint16 ports[] = {htons(from), htons(to)};

    nft_load_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 0, sizeof ports);
    nft_compare(rule, NFT_CMP_EQ, ports, sizeof ports);
    nft_verdict(rule, NF_ACCEPT);
    nft_rule_close(rule);
}

static void
accept_neighbour_discovery(NftBatch *batch, const Guard *guard)
{
    NftRule *rule = protocol_open(batch, guard, NFPROTO_IPV6, IPPROTO_ICMPV6);
    guint8 first = ROUTER_SOLICITATION;
    guint8 last = NEIGHBOUR_ADVERTISEMENT;

    nft_load_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1);
    nft_compare(rule, NFT_CMP_GTE, &first, sizeof first);
    nft_compare(rule, NFT_CMP_LTE, &last, sizeof last);
    nft_verdict(rule, NF_ACCEPT);
    nft_rule_close(rule);
}

static void
accept_outside(NftBatch *batch, const Guard *guard, const char *chain)
{
    for (gsize i = 0; i < guard->outside_count; i++) {
        NftRule *rule = nft_rule_open(batch, guard->name, chain);

        nft_match_target(rule, &guard->outside[i]);
        nft_verdict(rule, NF_ACCEPT);
        nft_rule_close(rule);
    }
}

static void
refuse_rest(NftBatch *batch, const Guard *guard, const char *chain)
{
    NftRule *rule = nft_rule_open(batch, guard->name, chain);

    nft_reject(rule);
    nft_rule_close(rule);
}

static void
put_lock(NftBatch *batch, const Guard *guard)
{
    guint32 link = (guint32)guard->link;

    nft_chain_add(batch, guard->name, CHAIN_LEAVE, NF_INET_LOCAL_OUT, PRIORITY_FILTER, NF_DROP);
    accept_meta(batch, guard, CHAIN_LEAVE, NFT_META_OIF, LOOPBACK_INDEX);
    accept_meta(batch, guard, CHAIN_LEAVE, NFT_META_OIF, link);
    accept_meta(batch, guard, CHAIN_LEAVE, NFT_META_MARK, NETWORK_MARK);
    if (guard->is_by_policy)
        accept_ipsec(batch, guard, CHAIN_LEAVE, FALSE);
    accept_dhcp(batch, guard, NFPROTO_IPV4, 68, 67);
    accept_dhcp(batch, guard, NFPROTO_IPV6, 546, 547);
    accept_neighbour_discovery(batch, guard);
    accept_outside(batch, guard, CHAIN_LEAVE);
    refuse_rest(batch, guard, CHAIN_LEAVE);
    nft_chain_add(batch, guard->name, CHAIN_PASS, NF_INET_FORWARD, PRIORITY_FILTER, NF_DROP);
    accept_meta(batch, guard, CHAIN_PASS, NFT_META_IIF, link);
    accept_meta(batch, guard, CHAIN_PASS, NFT_META_OIF, link);
    if (guard->is_by_policy) {
        accept_ipsec(batch, guard, CHAIN_PASS, TRUE);
        accept_ipsec(batch, guard, CHAIN_PASS, FALSE);
    }
    accept_outside(batch, guard, CHAIN_PASS);
    refuse_rest(batch, guard, CHAIN_PASS);
}

static gboolean
finish(int code, const char *deed, const char *name, GError **error)
{
    if (code != 0)
        g_set_error(error, NETLINK_ERROR, code, "cannot %s the nftables table %s: %s", deed, name,
                    g_strerror(code));
    return code == 0;
}

/* Made first, so that there is always one to remove. */
gboolean
guard_put(const Guard *guard, GError **error)
{
    g_autoptr(NftBatch) batch = nft_batch_new();

    nft_table_add(batch, guard->name);
    nft_table_delete(batch, guard->name);
    nft_table_add(batch, guard->name);
    nft_chain_add(batch, guard->name, CHAIN_GUARD, NF_INET_PRE_ROUTING, PRIORITY_RAW, NF_ACCEPT);
    guard_address(batch, guard, &guard->address4);
    guard_address(batch, guard, &guard->address6);
    if (guard->is_locked)
        put_lock(batch, guard);
    return finish(nft_batch_run(batch), "put", guard->name, error);
}

gboolean
guard_delete(const char *name, GError **error)
{
    g_autoptr(NftBatch) batch = nft_batch_new();

    nft_table_add(batch, name);
    nft_table_delete(batch, name);
    return finish(nft_batch_run(batch), "remove", name, error);
}
