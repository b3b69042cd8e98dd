/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

enum {
    MESSAGE_SIZE = 2048, /* more than our largest rule */
    REPLY_SIZE = 8192,
    IP_DADDR_OFFSET = 16,
    IP6_DADDR_OFFSET = 24,
};

struct NftBatch {
    GByteArray *data;
    guint32 sequence;
};

struct NftRule {
    NftBatch *batch;
    struct nlmsghdr *message; /* in buffer */
    struct nlattr *list;
    char buffer[MESSAGE_SIZE];
};

NftBatch *
nft_batch_new(void)
{
    NftBatch *batch = g_new0(NftBatch, 1);

    batch->data = g_byte_array_new();
    return batch;
}

void
nft_batch_free(NftBatch *batch)
{
    if (batch == NULL)
        return;
    g_byte_array_unref(batch->data);
    g_free(batch);
}

static struct nlmsghdr *
message_open(NftBatch *batch, char *buffer, guint16 type, guint16 flags, guint8 family,
             guint16 resource)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
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
message_close(NftBatch *batch, const struct nlmsghdr *message)
{
    g_assert(message->nlmsg_len <= MESSAGE_SIZE);
    g_byte_array_append(batch->data, (const guint8 *)message, MNL_ALIGN(message->nlmsg_len));
}

static struct nlmsghdr *
table_message(NftBatch *batch, char *buffer, guint16 type, guint16 flags)
{
    return message_open(batch, buffer, (NFNL_SUBSYS_NFTABLES << 8) | type, flags, NFPROTO_INET, 0);
}

static void
put_table(NftBatch *batch, guint16 type, guint16 flags, const char *table)
{
    char buffer[MESSAGE_SIZE] = {0};
    struct nlmsghdr *message = table_message(batch, buffer, type, flags);

    mnl_attr_put_strz(message, NFTA_TABLE_NAME, table);
    message_close(batch, message);
}

void
nft_table_add(NftBatch *batch, const char *table)
{
    put_table(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, table);
}

void
nft_table_delete(NftBatch *batch, const char *table)
{
    put_table(batch, NFT_MSG_DELTABLE, 0, table);
}

void
nft_chain_add(NftBatch *batch, const char *table, const char *chain, guint32 hook, gint32 priority,
              guint32 verdict)
{
    char buffer[MESSAGE_SIZE] = {0};
    struct nlmsghdr *message = table_message(batch, buffer, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
    struct nlattr *nest;

    mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, table);
    mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chain);
    nest = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
    mnl_attr_put_u32(message, NFTA_HOOK_HOOKNUM, htonl(hook));
    mnl_attr_put_u32(message, NFTA_HOOK_PRIORITY, htonl((guint32)priority));
    mnl_attr_nest_end(message, nest);
    mnl_attr_put_u32(message, NFTA_CHAIN_POLICY, htonl(verdict));
    mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, "filter");
    message_close(batch, message);
}

NftRule *
nft_rule_open(NftBatch *batch, const char *table, const char *chain)
{
    NftRule *rule = g_new0(NftRule, 1);

    rule->batch = batch;
    rule->message =
        table_message(batch, rule->buffer, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    mnl_attr_put_strz(rule->message, NFTA_RULE_TABLE, table);
    mnl_attr_put_strz(rule->message, NFTA_RULE_CHAIN, chain);
    rule->list = mnl_attr_nest_start(rule->message, NFTA_RULE_EXPRESSIONS);
    return rule;
}

void
nft_rule_close(NftRule *rule)
{
    mnl_attr_nest_end(rule->message, rule->list);
    message_close(rule->batch, rule->message);
    g_free(rule);
}

/* An expression is a list element with a name and its own attributes. */
typedef struct {
    struct nlattr *element;
    struct nlattr *data;
} Expression;

static Expression
expression_open(NftRule *rule, const char *name)
{
    Expression expression = {.element = mnl_attr_nest_start(rule->message, NFTA_LIST_ELEM)};

    mnl_attr_put_strz(rule->message, NFTA_EXPR_NAME, name);
    expression.data = mnl_attr_nest_start(rule->message, NFTA_EXPR_DATA);
    return expression;
}

static void
expression_close(NftRule *rule, Expression expression)
{
    mnl_attr_nest_end(rule->message, expression.data);
    mnl_attr_nest_end(rule->message, expression.element);
}

static void
put_number(NftRule *rule, guint16 attribute, guint32 value)
{
    mnl_attr_put_u32(rule->message, attribute, htonl(value));
}

static void
put_value(NftRule *rule, guint16 attribute, gconstpointer value, gsize length)
{
    struct nlattr *data = mnl_attr_nest_start(rule->message, attribute);

    mnl_attr_put(rule->message, NFTA_DATA_VALUE, length, value);
    mnl_attr_nest_end(rule->message, data);
}

void
nft_load_meta(NftRule *rule, enum nft_meta_keys key)
{
    Expression meta = expression_open(rule, "meta");

    put_number(rule, NFTA_META_KEY, key);
    put_number(rule, NFTA_META_DREG, NFT_REG_1);
    expression_close(rule, meta);
}

void
nft_load_route_ipsec(NftRule *rule)
{
    Expression route = expression_open(rule, "rt");

    put_number(rule, NFTA_RT_KEY, NFT_RT_XFRM);
    put_number(rule, NFTA_RT_DREG, NFT_REG_1);
    expression_close(rule, route);
}

void
nft_load_payload(NftRule *rule, enum nft_payload_bases base, guint32 offset, guint32 length)
{
    Expression payload = expression_open(rule, "payload");

    put_number(rule, NFTA_PAYLOAD_DREG, NFT_REG_1);
    put_number(rule, NFTA_PAYLOAD_BASE, base);
    put_number(rule, NFTA_PAYLOAD_OFFSET, offset);
    put_number(rule, NFTA_PAYLOAD_LEN, length);
    expression_close(rule, payload);
}

void
nft_compare(NftRule *rule, enum nft_cmp_ops operation, gconstpointer value, gsize length)
{
    Expression compare = expression_open(rule, "cmp");

    put_number(rule, NFTA_CMP_SREG, NFT_REG_1);
    put_number(rule, NFTA_CMP_OP, operation);
    put_value(rule, NFTA_CMP_DATA, value, length);
    expression_close(rule, compare);
}

/* register = register & mask */
static void
mask_register(NftRule *rule, const guint8 *mask, gsize length)
{
    static const guint8 zero[16];
    Expression bitwise = expression_open(rule, "bitwise");

    put_number(rule, NFTA_BITWISE_SREG, NFT_REG_1);
    put_number(rule, NFTA_BITWISE_DREG, NFT_REG_1);
    put_number(rule, NFTA_BITWISE_LEN, (guint32)length);
    put_value(rule, NFTA_BITWISE_MASK, mask, length);
    put_value(rule, NFTA_BITWISE_XOR, zero, length);
    expression_close(rule, bitwise);
}

void
nft_match_target(NftRule *rule, const NetPrefix *target)
{
    gsize length = target->address.length;
    guint8 family = length == 16 ? NFPROTO_IPV6 : NFPROTO_IPV4;
    guint8 mask[16] = {0};

    for (guint bit = 0; bit < target->prefix_length; bit++)
        mask[bit / 8] |= (guint8)(0x80 >> bit % 8);
    nft_load_meta(rule, NFT_META_NFPROTO);
    nft_compare(rule, NFT_CMP_EQ, &family, sizeof family);
    nft_load_payload(rule, NFT_PAYLOAD_NETWORK_HEADER,
                     length == 16 ? IP6_DADDR_OFFSET : IP_DADDR_OFFSET, (guint32)length);
    if (target->prefix_length < length * 8)
        mask_register(rule, mask, length);
    nft_compare(rule, NFT_CMP_EQ, target->address.octets, length);
}

void
nft_verdict(NftRule *rule, guint32 verdict)
{
    Expression immediate = expression_open(rule, "immediate");
    struct nlattr *data;
    struct nlattr *nest;

    put_number(rule, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    data = mnl_attr_nest_start(rule->message, NFTA_IMMEDIATE_DATA);
    nest = mnl_attr_nest_start(rule->message, NFTA_DATA_VERDICT);
    put_number(rule, NFTA_VERDICT_CODE, verdict);
    mnl_attr_nest_end(rule->message, nest);
    mnl_attr_nest_end(rule->message, data);
    expression_close(rule, immediate);
}

void
nft_reject(NftRule *rule)
{
    Expression reject = expression_open(rule, "reject");

    put_number(rule, NFTA_REJECT_TYPE, NFT_REJECT_ICMPX_UNREACH);
    mnl_attr_put_u8(rule->message, NFTA_REJECT_ICMP_CODE, NFT_REJECT_ICMPX_ADMIN_PROHIBITED);
    expression_close(rule, reject);
}

/* The kernel answers messages that fail, and the last one, which asks for it. */
static int
exchange(struct mnl_socket *socket, const GByteArray *data)
{
    char reply[REPLY_SIZE];
    struct timeval limit = {.tv_sec = 1};
    const struct nlmsghdr *message = (const struct nlmsghdr *)reply;
    ssize_t length;

    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
        setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 ||
        mnl_socket_sendto(socket, data->data, data->len) < 0)
        return errno;
    length = mnl_socket_recvfrom(socket, reply, sizeof reply);
    if (length < 0)
        return errno == EAGAIN ? ETIMEDOUT : errno;
    if (!mnl_nlmsg_ok(message, (int)length) || message->nlmsg_type != NLMSG_ERROR ||
        mnl_nlmsg_get_payload_len(message) < sizeof(struct nlmsgerr))
        return EPROTO;
    return -((const struct nlmsgerr *)mnl_nlmsg_get_payload(message))->error;
}

/* BEGIN, everything, END; the last message in between asks for the answer. */
static GByteArray *
wrap(NftBatch *batch)
{
    GByteArray *whole = g_byte_array_new();
    char buffer[MESSAGE_SIZE] = {0};
    struct nlmsghdr *limit =
        message_open(batch, buffer, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
    struct nlmsghdr *message = (struct nlmsghdr *)batch->data->data;
    int left = (int)batch->data->len;

    g_byte_array_append(whole, (const guint8 *)limit, MNL_ALIGN(limit->nlmsg_len));
    while (mnl_nlmsg_ok(message, left)) {
        int after = left;
        struct nlmsghdr *next = mnl_nlmsg_next(message, &after);

        if (!mnl_nlmsg_ok(next, after))
            message->nlmsg_flags |= NLM_F_ACK;
        message = next;
        left = after;
    }
    g_byte_array_append(whole, batch->data->data, batch->data->len);
    limit->nlmsg_type = NFNL_MSG_BATCH_END;
    limit->nlmsg_seq = batch->sequence++;
    g_byte_array_append(whole, (const guint8 *)limit, MNL_ALIGN(limit->nlmsg_len));
    return whole;
}

int
nft_batch_run(NftBatch *batch)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    g_autoptr(GByteArray) whole = wrap(batch);
    int code;

    if (!socket)
        return errno;
    code = exchange(socket, whole);
    mnl_socket_close(socket);
    return code;
}
