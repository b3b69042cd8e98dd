/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What nft(8) would say:
 *
 *   table inet coati0 {
 *     chain guard {
 *       type filter hook prerouting priority raw; policy accept;
 *       iif != "coati0" iif != "lo" ip daddr ADDRESS drop
 *       iif != "coati0" iif != "lo" ip6 daddr ADDRESS drop
 *     }
 *   }
 */
#include "network-guard.h"

#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define CHAIN "guard"

enum {
    BATCH_SIZE = 4096,
    REPLY_SIZE = 8192,
    PRIORITY_RAW = -300,
    LOOPBACK_INDEX = 1, /* in every network namespace */
    IP_DADDR_OFFSET = 16,
    IP6_DADDR_OFFSET = 24,
};

/* Messages that the kernel carries out all or none (nfnetlink batch). */
typedef struct {
    char data[BATCH_SIZE];
    gsize length;
    guint32 sequence;
} Batch;

static struct nlmsghdr *
batch_open(Batch *batch, guint16 type, guint16 flags, guint8 family, guint16 resource)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(batch->data + batch->length);
    struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);

    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | flags;
    message->nlmsg_seq = batch->sequence++;
    header->nfgen_family = family;
    header->version = NFNETLINK_V0;
    header->res_id = htons(resource);
    return message;
}

static void
batch_close(Batch *batch, const struct nlmsghdr *message)
{
    batch->length += MNL_ALIGN(message->nlmsg_len);
}

static void
batch_limit(Batch *batch, guint16 type)
{
    batch_close(batch, batch_open(batch, type, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
}

static struct nlmsghdr *
table_message(Batch *batch, guint16 type, guint16 flags)
{
    return batch_open(batch, (NFNL_SUBSYS_NFTABLES << 8) | type, flags, NFPROTO_INET, 0);
}

static void
put_table(Batch *batch, guint16 type, guint16 flags, const char *name)
{
    struct nlmsghdr *message = table_message(batch, type, flags);

    mnl_attr_put_strz(message, NFTA_TABLE_NAME, name);
    batch_close(batch, message);
}

static void
put_chain(Batch *batch, const char *name)
{
    struct nlmsghdr *message = table_message(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
    struct nlattr *hook;

    mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, name);
    mnl_attr_put_strz(message, NFTA_CHAIN_NAME, CHAIN);
    hook = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
    mnl_attr_put_u32(message, NFTA_HOOK_HOOKNUM, htonl(NF_INET_PRE_ROUTING));
    mnl_attr_put_u32(message, NFTA_HOOK_PRIORITY, htonl((guint32)PRIORITY_RAW));
    mnl_attr_nest_end(message, hook);
    mnl_attr_put_u32(message, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
    mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, "filter");
    batch_close(batch, message);
}

/* An expression is a list element with a name and its own attributes. */
typedef struct {
    struct nlattr *element;
    struct nlattr *data;
} Expression;

static Expression
expression_open(struct nlmsghdr *message, const char *name)
{
    Expression expression = {.element = mnl_attr_nest_start(message, NFTA_LIST_ELEM)};

    mnl_attr_put_strz(message, NFTA_EXPR_NAME, name);
    expression.data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
    return expression;
}

static void
expression_close(struct nlmsghdr *message, Expression expression)
{
    mnl_attr_nest_end(message, expression.data);
    mnl_attr_nest_end(message, expression.element);
}

static void
put_meta(struct nlmsghdr *message, enum nft_meta_keys key)
{
    Expression meta = expression_open(message, "meta");

    mnl_attr_put_u32(message, NFTA_META_KEY, htonl(key));
    mnl_attr_put_u32(message, NFTA_META_DREG, htonl(NFT_REG_1));
    expression_close(message, meta);
}

static void
put_compare(struct nlmsghdr *message, enum nft_cmp_ops operation, const void *value, gsize length)
{
    Expression compare = expression_open(message, "cmp");
    struct nlattr *data;

    mnl_attr_put_u32(message, NFTA_CMP_SREG, htonl(NFT_REG_1));
    mnl_attr_put_u32(message, NFTA_CMP_OP, htonl(operation));
    data = mnl_attr_nest_start(message, NFTA_CMP_DATA);
    mnl_attr_put(message, NFTA_DATA_VALUE, length, value);
    mnl_attr_nest_end(message, data);
    expression_close(message, compare);
}

static void
put_load_target(struct nlmsghdr *message, guint8 length)
{
    Expression payload = expression_open(message, "payload");
    guint32 offset = length == 16 ? IP6_DADDR_OFFSET : IP_DADDR_OFFSET;

    mnl_attr_put_u32(message, NFTA_PAYLOAD_DREG, htonl(NFT_REG_1));
    mnl_attr_put_u32(message, NFTA_PAYLOAD_BASE, htonl(NFT_PAYLOAD_NETWORK_HEADER));
    mnl_attr_put_u32(message, NFTA_PAYLOAD_OFFSET, htonl(offset));
    mnl_attr_put_u32(message, NFTA_PAYLOAD_LEN, htonl(length));
    expression_close(message, payload);
}

static void
put_drop(struct nlmsghdr *message)
{
    Expression immediate = expression_open(message, "immediate");
    struct nlattr *data;
    struct nlattr *verdict;

    mnl_attr_put_u32(message, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
    data = mnl_attr_nest_start(message, NFTA_IMMEDIATE_DATA);
    verdict = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);
    mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl(NF_DROP));
    mnl_attr_nest_end(message, verdict);
    mnl_attr_nest_end(message, data);
    expression_close(message, immediate);
}

static void
put_rule(Batch *batch, const char *name, int link, const NetAddress *address)
{
    struct nlmsghdr *message = table_message(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    guint32 tunnel = (guint32)link;
    guint32 loopback = LOOPBACK_INDEX;
    guint8 family = address->length == 16 ? NFPROTO_IPV6 : NFPROTO_IPV4;
    struct nlattr *list;

    mnl_attr_put_strz(message, NFTA_RULE_TABLE, name);
    mnl_attr_put_strz(message, NFTA_RULE_CHAIN, CHAIN);
    list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
    put_meta(message, NFT_META_IIF);
    put_compare(message, NFT_CMP_NEQ, &tunnel, sizeof tunnel);
    put_compare(message, NFT_CMP_NEQ, &loopback, sizeof loopback);
    put_meta(message, NFT_META_NFPROTO);
    put_compare(message, NFT_CMP_EQ, &family, sizeof family);
    put_load_target(message, address->length);
    put_compare(message, NFT_CMP_EQ, address->octets, address->length);
    put_drop(message);
    mnl_attr_nest_end(message, list);
    batch_close(batch, message);
}

/* The last table message asks for an answer; one that fails before it answers by itself. */
static int
exchange(struct mnl_socket *socket, const Batch *batch)
{
    char reply[REPLY_SIZE];
    struct timeval limit = {.tv_sec = 1};
    const struct nlmsghdr *message = (const struct nlmsghdr *)reply;
    ssize_t length;

    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
        setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 ||
        mnl_socket_sendto(socket, batch->data, batch->length) < 0)
        return errno;
    length = mnl_socket_recvfrom(socket, reply, sizeof reply);
    if (length < 0)
        return errno == EAGAIN ? ETIMEDOUT : errno;
    if (!mnl_nlmsg_ok(message, (int)length) || message->nlmsg_type != NLMSG_ERROR ||
        mnl_nlmsg_get_payload_len(message) < sizeof(struct nlmsgerr))
        return EPROTO;
    return -((const struct nlmsgerr *)mnl_nlmsg_get_payload(message))->error;
}

static int
run_batch(const Batch *batch)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    int code;

    if (!socket)
        return errno;
    code = exchange(socket, batch);
    mnl_socket_close(socket);
    return code;
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
guard_put(const char *name, int link, const NetAddress *address4, const NetAddress *address6,
          GError **error)
{
    Batch batch = {.length = 0};

    batch_limit(&batch, NFNL_MSG_BATCH_BEGIN);
    put_table(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, name);
    put_table(&batch, NFT_MSG_DELTABLE, 0, name);
    put_table(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, name);
    put_chain(&batch, name);
    if (net_address_is_set(address4))
        put_rule(&batch, name, link, address4);
    if (net_address_is_set(address6))
        put_rule(&batch, name, link, address6);
    put_table(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_ACK, name);
    batch_limit(&batch, NFNL_MSG_BATCH_END);
    return finish(run_batch(&batch), "put", name, error);
}

gboolean
guard_delete(const char *name, GError **error)
{
    Batch batch = {.length = 0};

    batch_limit(&batch, NFNL_MSG_BATCH_BEGIN);
    put_table(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, name);
    put_table(&batch, NFT_MSG_DELTABLE, NLM_F_ACK, name);
    batch_limit(&batch, NFNL_MSG_BATCH_END);
    return finish(run_batch(&batch), "remove", name, error);
}
