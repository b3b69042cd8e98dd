/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xfrm-private.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum { PRIORITY = 2000 };

static void
fill_selector(struct xfrm_selector *selector, const NetPrefix *source, const NetPrefix *target)
{
    selector->saddr = xfrm_address_of(&source->address);
    selector->daddr = xfrm_address_of(&target->address);
    selector->prefixlen_s = source->prefix_length;
    selector->prefixlen_d = target->prefix_length;
    selector->family = netlink_family(&target->address);
}

static void
put_template(struct nlmsghdr *message, const XfrmPolicy *policy, guint8 direction)
{
    gboolean is_out = direction == XFRM_POLICY_OUT;
    const NetAddress *source = is_out ? &policy->local_end : &policy->remote_end;
    const NetAddress *target = is_out ? &policy->remote_end : &policy->local_end;
    struct xfrm_user_tmpl template = {
        .id = {.daddr = xfrm_address_of(target), .proto = IPPROTO_ESP},
        .family = netlink_family(target),
        .saddr = xfrm_address_of(source),
        .reqid = policy->reqid,
        .mode = XFRM_MODE_TUNNEL,
        .aalgos = G_MAXUINT32,
        .ealgos = G_MAXUINT32,
        .calgos = G_MAXUINT32,
    };

    /* The reqid alone says which SAs are good: the outer endpoint may move before the policy. */
    if (!is_out) {
        template.saddr = (xfrm_address_t){0};
        template.id.daddr = (xfrm_address_t){0};
    }
    mnl_attr_put(message, XFRMA_TMPL, sizeof template, &template);
}

static int
put_one(Xfrm *xfrm, const XfrmPolicy *policy, guint8 direction)
{
    char buffer[NETLINK_REQUEST_SIZE];
    struct nlmsghdr *message = netlink_message(buffer, XFRM_MSG_UPDPOLICY, 0);
    struct xfrm_userpolicy_info *info = mnl_nlmsg_put_extra_header(message, sizeof *info);

    if (direction == XFRM_POLICY_OUT)
        fill_selector(&info->sel, &policy->local, &policy->remote);
    else
        fill_selector(&info->sel, &policy->remote, &policy->local);
    info->lft.soft_byte_limit = info->lft.hard_byte_limit = XFRM_INF;
    info->lft.soft_packet_limit = info->lft.hard_packet_limit = XFRM_INF;
    info->priority = PRIORITY;
    info->dir = direction;
    info->action = XFRM_POLICY_ALLOW;
    put_template(message, policy, direction);
    if (policy->interface != 0)
        mnl_attr_put_u32(message, XFRMA_IF_ID, policy->interface);
    return netlink_change(xfrm->netlink, message);
}

static int
delete_selector(Xfrm *xfrm, const struct xfrm_selector *selector, guint8 direction,
                guint32 interface)
{
    char buffer[NETLINK_REQUEST_SIZE];
    struct nlmsghdr *message = netlink_message(buffer, XFRM_MSG_DELPOLICY, 0);
    struct xfrm_userpolicy_id *id = mnl_nlmsg_put_extra_header(message, sizeof *id);

    id->sel = *selector;
    id->dir = direction;
    if (interface != 0)
        mnl_attr_put_u32(message, XFRMA_IF_ID, interface);
    return netlink_change(xfrm->netlink, message);
}

static int
delete_one(Xfrm *xfrm, const XfrmPolicy *policy, guint8 direction)
{
    struct xfrm_selector selector = {0};

    if (direction == XFRM_POLICY_OUT)
        fill_selector(&selector, &policy->local, &policy->remote);
    else
        fill_selector(&selector, &policy->remote, &policy->local);
    return delete_selector(xfrm, &selector, direction, policy->interface);
}

gboolean
xfrm_put_policy(Xfrm *xfrm, const XfrmPolicy *policy, GError **error)
{
    /* In before out: no answer may come before it is let in. */
    int code = put_one(xfrm, policy, XFRM_POLICY_IN);

    if (code == 0 && policy->is_forwarding)
        code = put_one(xfrm, policy, XFRM_POLICY_FWD);
    if (code == 0)
        code = put_one(xfrm, policy, XFRM_POLICY_OUT);
    if (code != 0)
        netlink_fail(error, code, "the kernel refuses a policy for ESP");
    return code == 0;
}

gboolean
xfrm_delete_policy(Xfrm *xfrm, const XfrmPolicy *policy, GError **error)
{
    static const guint8 directions[] = {XFRM_POLICY_OUT, XFRM_POLICY_FWD, XFRM_POLICY_IN};
    gboolean is_done = TRUE;

    for (gsize i = 0; i < G_N_ELEMENTS(directions); i++) {
        int code = delete_one(xfrm, policy, directions[i]);

        if (!xfrm_is_gone(code) && is_done)
            netlink_fail(error, code, "cannot remove a policy for ESP");
        is_done = is_done && xfrm_is_gone(code);
    }
    return is_done;
}

/* --- all of a block --- */

typedef struct {
    struct xfrm_selector selector;
    guint8 direction;
    guint32 interface;
} Found;

typedef struct {
    const XfrmBlock *block;
    GArray *found; /* Found */
} Listing;

static int
read_policy(const struct nlmsghdr *message, void *user_data)
{
    Listing *listing = user_data;
    const struct xfrm_userpolicy_info *info = mnl_nlmsg_get_payload(message);
    Found found = {.selector = info->sel, .direction = info->dir};
    const struct nlattr *attribute;
    gboolean is_ours = FALSE;

    mnl_attr_for_each(attribute, message, sizeof *info)
    {
        const struct xfrm_user_tmpl *template = mnl_attr_get_payload(attribute);

        if (mnl_attr_get_type(attribute) == XFRMA_IF_ID)
            found.interface = netlink_read_u32(attribute);
        else if (mnl_attr_get_type(attribute) == XFRMA_TMPL &&
                 mnl_attr_get_payload_len(attribute) >= sizeof *template)
            is_ours = xfrm_block_has(listing->block, template->reqid);
    }
    if (is_ours)
        g_array_append_val(listing->found, found);
    return MNL_CB_OK;
}

gboolean
xfrm_flush_policies(Xfrm *xfrm, const XfrmBlock *block, GError **error)
{
    char buffer[NETLINK_REQUEST_SIZE];
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(Found));
    Listing listing = {.block = block, .found = found};
    int code = netlink_run(xfrm->netlink, netlink_message(buffer, XFRM_MSG_GETPOLICY, NLM_F_DUMP),
                           read_policy, &listing);
    gboolean is_done = code == 0;

    if (code != 0)
        netlink_fail(error, code, "cannot list the kernel's policies");
    for (guint i = 0; i < found->len; i++) {
        const Found *one = &g_array_index(found, Found, i);

        code = delete_selector(xfrm, &one->selector, one->direction, one->interface);
        if (!xfrm_is_gone(code) && is_done)
            netlink_fail(error, code, "cannot remove a policy for ESP");
        is_done = is_done && xfrm_is_gone(code);
    }
    return is_done;
}
