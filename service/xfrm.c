/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xfrm-private.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/udp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

enum {
    REPLAY_WORDS = XFRM_REPLAY_PACKETS / 32,
    /* What may have left between reading an SA and removing it; no sequence number twice. */
    SEQUENCE_JUMP = 1 << 16,
    PROBE_SECONDS = 2,
    /* Of a copied SA: its counters and other ports. */
    MOVE_ROOM = 128,
};

Xfrm *
xfrm_open(GError **error)
{
    Netlink *netlink = netlink_open_family(NETLINK_XFRM, error);
    Xfrm *xfrm;

    if (netlink == NULL)
        return NULL;
    xfrm = g_new0(Xfrm, 1);
    xfrm->netlink = netlink;
    return xfrm;
}

void
xfrm_close(Xfrm *xfrm)
{
    if (xfrm == NULL)
        return;
    xfrm_stop_listening(xfrm);
    netlink_close(xfrm->netlink);
    g_free(xfrm);
}

xfrm_address_t
xfrm_address_of(const NetAddress *address)
{
    xfrm_address_t copy = {0};

    memcpy(&copy, address->octets, MIN(address->length, sizeof copy));
    return copy;
}

NetAddress
xfrm_read_address(const xfrm_address_t *address, guint16 family)
{
    return net_address_of(address, family == AF_INET6 ? 16 : 4);
}

gboolean
xfrm_block_has(const XfrmBlock *block, guint32 reqid)
{
    return reqid >= block->first && reqid - block->first < block->count;
}

gboolean
xfrm_is_gone(int code)
{
    return code == 0 || code == ESRCH || code == ENOENT;
}

/* --- an SA's message --- */

static void
set_no_limits(struct xfrm_lifetime_cfg *limits)
{
    limits->soft_byte_limit = limits->hard_byte_limit = XFRM_INF;
    limits->soft_packet_limit = limits->hard_packet_limit = XFRM_INF;
}

typedef struct {
    SuiteIntegrity integrity;
    const char *name;
} IntegrityName;

static const IntegrityName integrity_names[] = {
    {SUITE_INTEGRITY_HMAC_MD5_96, "hmac(md5)"},
    {SUITE_INTEGRITY_HMAC_SHA1_96, "hmac(sha1)"},
    {SUITE_INTEGRITY_HMAC_SHA2_256_128, "hmac(sha256)"},
    {SUITE_INTEGRITY_HMAC_SHA2_384_192, "hmac(sha384)"},
    {SUITE_INTEGRITY_HMAC_SHA2_512_256, "hmac(sha512)"},
};

static const char *
integrity_name(SuiteIntegrity integrity)
{
    for (gsize i = 0; i < G_N_ELEMENTS(integrity_names); i++)
        if (integrity_names[i].integrity == integrity)
            return integrity_names[i].name;
    g_assert_not_reached();
}

/* An attribute of a fixed head and a key of flexible length. */
static void
put_keyed(struct nlmsghdr *message, guint16 type, gconstpointer head, gsize head_length,
          const guint8 *key, gsize key_length)
{
    struct nlattr *attribute = mnl_nlmsg_get_payload_tail(message);
    guint8 *payload = mnl_attr_get_payload(attribute);

    attribute->nla_type = type;
    attribute->nla_len = (guint16)(MNL_ATTR_HDRLEN + head_length + key_length);
    memcpy(payload, head, head_length);
    memcpy(payload + head_length, key, key_length);
    message->nlmsg_len += MNL_ALIGN(attribute->nla_len);
}

static void
put_aead(struct nlmsghdr *message, const XfrmSa *sa)
{
    struct xfrm_algo_aead head = {
        .alg_name = "rfc4106(gcm(aes))",
        .alg_key_len = (guint)secret_length(sa->keymat) * 8,
        .alg_icv_len = (guint)suite_esp_icv_length(&sa->suite) * 8,
    };

    put_keyed(message, XFRMA_ALG_AEAD, &head, sizeof head, secret_data(sa->keymat),
              secret_length(sa->keymat));
}

static void
put_cipher_and_integrity(struct nlmsghdr *message, const XfrmSa *sa)
{
    gsize cipher_length = suite_esp_key_length(&sa->suite);
    gsize integrity_length = suite_esp_integrity_length(&sa->suite);
    struct xfrm_algo cipher = {.alg_key_len = (guint)cipher_length * 8};
    struct xfrm_algo_auth integrity = {
        .alg_key_len = (guint)integrity_length * 8,
        .alg_trunc_len = (guint)suite_esp_icv_length(&sa->suite) * 8,
    };

    g_strlcpy(cipher.alg_name,
              sa->suite.cipher == SUITE_ESP_3DES_CBC ? "cbc(des3_ede)" : "cbc(aes)",
              sizeof cipher.alg_name);
    g_strlcpy(integrity.alg_name, integrity_name(sa->suite.integrity), sizeof integrity.alg_name);
    put_keyed(message, XFRMA_ALG_CRYPT, &cipher, sizeof cipher, secret_data(sa->keymat),
              cipher_length);
    put_keyed(message, XFRMA_ALG_AUTH_TRUNC, &integrity, sizeof integrity,
              secret_data(sa->keymat) + cipher_length, integrity_length);
}

static void
put_window(struct nlmsghdr *message)
{
    union {
        struct xfrm_replay_state_esn state;
        guint8 octets[sizeof(struct xfrm_replay_state_esn) + REPLAY_WORDS * sizeof(guint32)];
    } window = {.state = {.bmp_len = REPLAY_WORDS, .replay_window = XFRM_REPLAY_PACKETS}};

    mnl_attr_put(message, XFRMA_REPLAY_ESN_VAL, sizeof window, &window);
}

static void
put_encapsulation(struct nlmsghdr *message, guint16 source_port, guint16 target_port)
{
    struct xfrm_encap_tmpl ports = {.encap_type = UDP_ENCAP_ESPINUDP,
                                    .encap_sport = g_htons(source_port),
                                    .encap_dport = g_htons(target_port)};

    mnl_attr_put(message, XFRMA_ENCAP, sizeof ports, &ports);
}

static struct nlmsghdr *
sa_message(char *buffer, guint16 type, const XfrmSa *sa, struct xfrm_usersa_info **ret_info)
{
    struct nlmsghdr *message = netlink_message(buffer, type, NLM_F_CREATE | NLM_F_EXCL);
    struct xfrm_usersa_info *info = mnl_nlmsg_put_extra_header(message, sizeof *info);

    info->id.daddr = xfrm_address_of(&sa->target.address);
    info->id.spi = g_htonl(sa->spi);
    info->id.proto = IPPROTO_ESP;
    info->saddr = xfrm_address_of(&sa->source.address);
    set_no_limits(&info->lft);
    info->reqid = sa->reqid;
    info->family = netlink_family(&sa->target.address);
    info->mode = XFRM_MODE_TUNNEL;
    /* Inside there may be either family. */
    info->flags = XFRM_STATE_AF_UNSPEC;
    if (suite_esp_salt_length(&sa->suite) > 0)
        put_aead(message, sa);
    else
        put_cipher_and_integrity(message, sa);
    put_encapsulation(message, sa->source.port, sa->target.port);
    if (sa->is_inbound)
        put_window(message);
    if (sa->interface != 0)
        mnl_attr_put_u32(message, XFRMA_IF_ID, sa->interface);
    if (sa->mark != 0) {
        mnl_attr_put_u32(message, XFRMA_SET_MARK, sa->mark);
        mnl_attr_put_u32(message, XFRMA_SET_MARK_MASK, G_MAXUINT32);
    }
    if (sa->offload_link != 0) {
        struct xfrm_user_offload offload = {.ifindex = sa->offload_link,
                                            .flags = sa->is_inbound ? XFRM_OFFLOAD_INBOUND : 0};

        mnl_attr_put(message, XFRMA_OFFLOAD_DEV, sizeof offload, &offload);
    }
    *ret_info = info;
    return message;
}

gboolean
xfrm_add_sa(Xfrm *xfrm, const XfrmSa *sa, GError **error)
{
    char buffer[XFRM_REQUEST_SIZE];
    char suite[SUITE_TEXT_SIZE];
    struct xfrm_usersa_info *info;
    struct nlmsghdr *message = sa_message(buffer, XFRM_MSG_NEWSA, sa, &info);
    int code;

    info->lft.soft_packet_limit = G_MAXUINT32 / 2 + 1;
    info->lft.hard_packet_limit = G_MAXUINT32 - 1;
    if (sa->soft_octets != 0)
        info->lft.soft_byte_limit = sa->soft_octets;
    if (sa->hard_octets != 0)
        info->lft.hard_byte_limit = sa->hard_octets;
    code = netlink_change(xfrm->netlink, message);
    explicit_bzero(buffer, sizeof buffer);
    if (code != 0)
        netlink_fail(error, code, "the kernel refuses an SA with %s",
                     suite_esp_format(&sa->suite, suite));
    return code == 0;
}

/* --- one SA again --- */

static struct nlmsghdr *
id_message(char *buffer, guint16 type, guint32 spi, const NetAddress *target)
{
    struct nlmsghdr *message = netlink_message(buffer, type, 0);
    struct xfrm_usersa_id *id = mnl_nlmsg_put_extra_header(message, sizeof *id);

    id->daddr = xfrm_address_of(target);
    id->spi = g_htonl(spi);
    id->family = netlink_family(target);
    id->proto = IPPROTO_ESP;
    return message;
}

gboolean
xfrm_delete_sa(Xfrm *xfrm, guint32 spi, const NetAddress *target, GError **error)
{
    char buffer[NETLINK_REQUEST_SIZE];
    int code = netlink_change(xfrm->netlink, id_message(buffer, XFRM_MSG_DELSA, spi, target));

    if (!xfrm_is_gone(code))
        netlink_fail(error, code, "cannot remove an SA");
    return xfrm_is_gone(code);
}

/* What makes an SA, without what the kernel keeps of it. */
static gboolean
attribute_is_kept(guint16 type)
{
    return type == XFRMA_ALG_AEAD || type == XFRMA_ALG_CRYPT || type == XFRMA_ALG_AUTH_TRUNC ||
           type == XFRMA_REPLAY_ESN_VAL || type == XFRMA_REPLAY_VAL || type == XFRMA_SET_MARK ||
           type == XFRMA_SET_MARK_MASK || type == XFRMA_IF_ID;
}

static void
jump_ahead(struct nlattr *attribute)
{
    if (mnl_attr_get_type(attribute) == XFRMA_REPLAY_ESN_VAL) {
        struct xfrm_replay_state_esn *state = mnl_attr_get_payload(attribute);

        if (state->oseq > 0)
            state->oseq += SEQUENCE_JUMP;
    } else if (mnl_attr_get_type(attribute) == XFRMA_REPLAY_VAL) {
        struct xfrm_replay_state *state = mnl_attr_get_payload(attribute);

        if (state->oseq > 0)
            state->oseq += SEQUENCE_JUMP;
    }
}

/* user_data: a request of XFRM_REQUEST_SIZE octets that becomes a copy. */
static int
copy_sa(const struct nlmsghdr *answer, void *user_data)
{
    struct nlmsghdr *message =
        netlink_message(user_data, XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL);
    struct xfrm_usersa_info *info = mnl_nlmsg_put_extra_header(message, sizeof *info);
    const struct nlattr *attribute;

    memcpy(info, mnl_nlmsg_get_payload(answer), sizeof *info);
    mnl_attr_for_each(attribute, answer, sizeof *info)
    {
        struct nlattr *copy = mnl_nlmsg_get_payload_tail(message);
        guint16 length = mnl_attr_get_payload_len(attribute);

        if (!attribute_is_kept(mnl_attr_get_type(attribute)) ||
            message->nlmsg_len + MNL_ALIGN(attribute->nla_len) > XFRM_REQUEST_SIZE - MOVE_ROOM)
            continue;
        mnl_attr_put(message, mnl_attr_get_type(attribute), length,
                     mnl_attr_get_payload(attribute));
        jump_ahead(copy);
    }
    mnl_attr_put(message, XFRMA_LTIME_VAL, sizeof info->curlft, &info->curlft);
    return MNL_CB_STOP;
}

static int
put_moved(Xfrm *xfrm, struct nlmsghdr *message, guint32 spi, const NetAddress *old_target,
          const NetEndpoint *source, const NetEndpoint *target)
{
    char buffer[NETLINK_REQUEST_SIZE];
    struct xfrm_usersa_info *info = mnl_nlmsg_get_payload(message);
    xfrm_address_t from = xfrm_address_of(&source->address);
    xfrm_address_t to = xfrm_address_of(&target->address);
    gboolean is_same = memcmp(&info->saddr, &from, sizeof from) == 0 &&
                       memcmp(&info->id.daddr, &to, sizeof to) == 0;
    int code = 0;

    info->saddr = from;
    info->id.daddr = to;
    info->family = netlink_family(&target->address);
    put_encapsulation(message, source->port, target->port);
    if (is_same) {
        message->nlmsg_type = XFRM_MSG_UPDSA;
        message->nlmsg_flags &= (guint16)~NLM_F_EXCL;
    } else {
        code = netlink_change(xfrm->netlink, id_message(buffer, XFRM_MSG_DELSA, spi, old_target));
    }
    return code != 0 ? code : netlink_change(xfrm->netlink, message);
}

gboolean
xfrm_move_sa(Xfrm *xfrm, guint32 spi, const NetAddress *old_target, const NetEndpoint *source,
             const NetEndpoint *target, GError **error)
{
    char buffer[XFRM_REQUEST_SIZE] = {0};
    char question[NETLINK_REQUEST_SIZE];
    int code = netlink_run(xfrm->netlink, id_message(question, XFRM_MSG_GETSA, spi, old_target),
                           copy_sa, buffer);

    if (code == 0)
        code = put_moved(xfrm, (struct nlmsghdr *)buffer, spi, old_target, source, target);
    explicit_bzero(buffer, sizeof buffer);
    if (code != 0)
        netlink_fail(error, code, "cannot move an SA");
    return code == 0;
}

/* --- all of a block --- */

typedef struct {
    const XfrmBlock *block;
    GArray *uses;
} Listing;

static XfrmUse
use_of(const struct nlmsghdr *message)
{
    const struct xfrm_usersa_info *info = mnl_nlmsg_get_payload(message);

    return (XfrmUse){.spi = g_ntohl(info->id.spi),
                     .reqid = info->reqid,
                     .target = xfrm_read_address(&info->id.daddr, info->family),
                     .packets = info->curlft.packets,
                     .octets = info->curlft.bytes,
                     .replayed = info->stats.replay_window + info->stats.replay,
                     .forged = info->stats.integrity_failed};
}

static int
read_use(const struct nlmsghdr *message, void *user_data)
{
    Listing *listing = user_data;
    const struct xfrm_usersa_info *info = mnl_nlmsg_get_payload(message);
    XfrmUse use = use_of(message);

    if (info->id.proto == IPPROTO_ESP && xfrm_block_has(listing->block, use.reqid))
        g_array_append_val(listing->uses, use);
    return MNL_CB_OK;
}

static int
read_one_use(const struct nlmsghdr *message, void *user_data)
{
    *(XfrmUse *)user_data = use_of(message);
    return MNL_CB_STOP;
}

gboolean
xfrm_find_use(Xfrm *xfrm, guint32 spi, const NetAddress *target, XfrmUse *ret_use)
{
    char buffer[NETLINK_REQUEST_SIZE];

    return netlink_run(xfrm->netlink, id_message(buffer, XFRM_MSG_GETSA, spi, target), read_one_use,
                       ret_use) == 0;
}

static int
list_sas(Xfrm *xfrm, Listing *listing)
{
    char buffer[NETLINK_REQUEST_SIZE];
    struct nlmsghdr *message = netlink_message(buffer, XFRM_MSG_GETSA, NLM_F_DUMP);

    return netlink_run(xfrm->netlink, message, read_use, listing);
}

GArray *
xfrm_list_use(Xfrm *xfrm, const XfrmBlock *block, GError **error)
{
    g_autoptr(GArray) uses = g_array_new(FALSE, FALSE, sizeof(XfrmUse));
    Listing listing = {.block = block, .uses = uses};
    int code = list_sas(xfrm, &listing);

    if (code == 0)
        return g_steal_pointer(&uses);
    netlink_fail(error, code, "cannot list the kernel's SAs");
    return NULL;
}

static gboolean
flush_sas(Xfrm *xfrm, const XfrmBlock *block, GError **error)
{
    g_autoptr(GArray) uses = xfrm_list_use(xfrm, block, error);
    gboolean is_done = uses != NULL;

    for (guint i = 0; uses != NULL && i < uses->len; i++) {
        const XfrmUse *use = &g_array_index(uses, XfrmUse, i);

        is_done = xfrm_delete_sa(xfrm, use->spi, &use->target, is_done ? error : NULL) && is_done;
    }
    return is_done;
}

gboolean
xfrm_flush(Xfrm *xfrm, const XfrmBlock *block, GError **error)
{
    gboolean is_done = flush_sas(xfrm, block, error);

    return xfrm_flush_policies(xfrm, block, is_done ? error : NULL) && is_done;
}

/* --- can it? --- */

gboolean
xfrm_probe(Xfrm *xfrm, const SuiteEsp *suite, guint8 address_length, GError **error)
{
    char buffer[XFRM_REQUEST_SIZE];
    char text[SUITE_TEXT_SIZE];
    guint8 octets[16] = {127, [15] = 1}; /* no packet comes to or from it */
    guint8 key[256];
    g_autoptr(Secret) keymat = NULL;
    NetEndpoint nobody = {.address = net_address_of(octets, address_length), .port = 9};
    XfrmSa sa = {.source = nobody, .target = nobody, .suite = *suite, .is_inbound = TRUE};
    struct xfrm_usersa_info *info;
    struct nlmsghdr *message;
    int code;

    if (getrandom(key, sizeof key, 0) != sizeof key || getrandom(&sa.spi, sizeof sa.spi, 0) < 0) {
        netlink_fail(error, errno, "no random octets");
        return FALSE;
    }
    sa.spi |= 1U << 31;
    keymat = secret_new(key, suite_esp_keymat_length(suite));
    sa.keymat = keymat;
    message = sa_message(buffer, XFRM_MSG_NEWSA, &sa, &info);
    info->lft.hard_add_expires_seconds = PROBE_SECONDS;
    code = netlink_change(xfrm->netlink, message);
    if (code != 0)
        netlink_fail(error, code, "the kernel cannot do ESP with %s",
                     suite_esp_format(suite, text));
    else
        xfrm_delete_sa(xfrm, sa.spi, &nobody.address, NULL);
    return code == 0;
}

gboolean
xfrm_take_esp(int socket, GError **error)
{
    int type = UDP_ENCAP_ESPINUDP;

    if (setsockopt(socket, IPPROTO_UDP, UDP_ENCAP, &type, sizeof type) == 0)
        return TRUE;
    netlink_fail(error, errno, "the kernel does not take ESP in UDP from a socket");
    return FALSE;
}
