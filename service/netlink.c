/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "netlink.h"

#include "netlink-private.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* Missing in the headers of older kernels that still may be built on. */
enum { GEN_MODE_NONE = 1 };

struct Netlink {
    struct mnl_socket *socket;
    guint32 sequence;
};

G_DEFINE_QUARK(coati - netlink - error - quark, netlink_error)

void
netlink_fail(GError **error, int code, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, NETLINK_ERROR, code, "%s: %s", text, g_strerror(code));
}

void
netlink_close(Netlink *netlink)
{
    if (!netlink)
        return;
    mnl_socket_close(netlink->socket);
    g_free(netlink);
}

Netlink *
netlink_open_family(int family, GError **error)
{
    g_autoptr(Netlink) netlink = NULL;
    struct mnl_socket *socket = mnl_socket_open2(family, SOCK_CLOEXEC);
    struct timeval limit = {.tv_sec = 1};
    int on = 1;

    if (!socket) {
        netlink_fail(error, errno, "cannot open a netlink socket");
        return NULL;
    }
    netlink = g_new0(Netlink, 1);
    netlink->socket = socket;
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
        setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0) {
        netlink_fail(error, errno, "cannot use a netlink socket");
        return NULL;
    }
    /* Lets the kernel filter dumps; one that cannot sends everything, and the parsers filter. */
    mnl_socket_setsockopt(socket, NETLINK_GET_STRICT_CHK, &on, sizeof on);
    return g_steal_pointer(&netlink);
}

Netlink *
netlink_open(GError **error)
{
    return netlink_open_family(NETLINK_ROUTE, error);
}

struct nlmsghdr *
netlink_message(char *buffer, guint16 type, guint16 flags)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | flags;
    return message;
}

int
netlink_run(Netlink *netlink, struct nlmsghdr *message, mnl_cb_t callback, gpointer user_data)
{
    g_autofree char *buffer = g_malloc(NETLINK_DUMP_SIZE);
    unsigned int port = mnl_socket_get_portid(netlink->socket);
    int more = 1;
    int code = 0;

    message->nlmsg_seq = ++netlink->sequence;
    if (mnl_socket_sendto(netlink->socket, message, message->nlmsg_len) < 0)
        return errno;
    while (more > 0 && code == 0) {
        ssize_t length = mnl_socket_recvfrom(netlink->socket, buffer, NETLINK_DUMP_SIZE);

        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0) {
            code = errno == EAGAIN ? ETIMEDOUT : errno;
            break;
        }
        more = mnl_cb_run(buffer, (size_t)length, netlink->sequence, port, callback, user_data);
        /* A late answer to a request that had timed out. */
        if (more < 0 && errno == EPROTO)
            more = 1;
        else if (more < 0)
            code = errno;
    }
    /* The kernel's answers about SAs hold their keys. */
    explicit_bzero(buffer, NETLINK_DUMP_SIZE);
    return code;
}

int
netlink_change(Netlink *netlink, struct nlmsghdr *message)
{
    message->nlmsg_flags |= NLM_F_ACK;
    return netlink_run(netlink, message, NULL, NULL);
}

/* A dump that was overtaken by a change is incomplete: again, a few times. */
int
netlink_dump(Netlink *netlink, struct nlmsghdr *message, mnl_cb_t callback, GArray *ret_items)
{
    int code = EINTR;

    message->nlmsg_flags |= NLM_F_DUMP;
    for (int tries = 0; code == EINTR && tries < 5; tries++) {
        g_array_set_size(ret_items, 0);
        code = netlink_run(netlink, message, callback, ret_items);
    }
    return code;
}

NetAddress
netlink_read_address(const struct nlattr *attribute)
{
    guint16 length = mnl_attr_get_payload_len(attribute);
    NetAddress none = {0};

    return length == 4 || length == 16 ? net_address_of(mnl_attr_get_payload(attribute), length)
                                       : none;
}

guint32
netlink_read_u32(const struct nlattr *attribute)
{
    return mnl_attr_get_payload_len(attribute) >= 4 ? mnl_attr_get_u32(attribute) : 0;
}

void
netlink_put_address(struct nlmsghdr *message, guint16 type, const NetAddress *address)
{
    mnl_attr_put(message, type, address->length, address->octets);
}

guint8
netlink_family(const NetAddress *address)
{
    return address->length == 16 ? AF_INET6 : AF_INET;
}

static int
read_link_kind(const struct nlattr *attribute, void *user_data)
{
    NetlinkLink *link = user_data;

    if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND &&
        mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
        g_strlcpy(link->kind, mnl_attr_get_str(attribute), sizeof link->kind);
    return MNL_CB_OK;
}

static int
read_link(const struct nlmsghdr *message, void *user_data)
{
    NetlinkLink *link = user_data;
    const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
    const struct nlattr *attribute;

    link->index = header->ifi_index;
    link->flags = header->ifi_flags;
    mnl_attr_for_each(attribute, message, sizeof *header)
    {
        if (mnl_attr_get_type(attribute) == IFLA_MTU)
            link->mtu = netlink_read_u32(attribute);
        else if (mnl_attr_get_type(attribute) == IFLA_LINKINFO)
            mnl_attr_parse_nested(attribute, read_link_kind, link);
    }
    return MNL_CB_STOP;
}

gboolean
netlink_find_link(Netlink *netlink, const char *name, NetlinkLink *ret_link, GError **error)
{
    char buffer[NETLINK_REQUEST_SIZE];
    struct nlmsghdr *message = netlink_message(buffer, RTM_GETLINK, 0);
    NetlinkLink link = {0};
    int code;

    mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
    mnl_attr_put_strz(message, IFLA_IFNAME, name);
    code = netlink_run(netlink, message, read_link, &link);
    if (code == 0 && link.index > 0) {
        *ret_link = link;
        return TRUE;
    }
    netlink_fail(error, code ? code : ENODEV, "cannot find the link %s", name);
    return FALSE;
}

static struct nlmsghdr *
link_message(char *buffer, guint16 type, int index, guint32 flags, guint32 changed)
{
    struct nlmsghdr *message = netlink_message(buffer, type, 0);
    struct ifinfomsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);

    header->ifi_index = index;
    header->ifi_flags = flags;
    header->ifi_change = changed;
    return message;
}

gboolean
netlink_make_xfrm_link(Netlink *netlink, const char *name, guint32 interface, GError **error)
{
    char buffer[NETLINK_REQUEST_SIZE];
    struct nlmsghdr *message = link_message(buffer, RTM_NEWLINK, 0, 0, 0);
    struct nlattr *info, *data;
    int code;

    message->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
    mnl_attr_put_strz(message, IFLA_IFNAME, name);
    info = mnl_attr_nest_start(message, IFLA_LINKINFO);
    mnl_attr_put_strz(message, IFLA_INFO_KIND, "xfrm");
    data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
    mnl_attr_put_u32(message, IFLA_XFRM_IF_ID, interface);
    mnl_attr_nest_end(message, data);
    mnl_attr_nest_end(message, info);
    code = netlink_change(netlink, message);
    if (code != 0)
        netlink_fail(error, code, "cannot make the XFRM interface %s", name);
    return code == 0;
}

gboolean
netlink_prepare_link(Netlink *netlink, int index, const char *alias, GError **error)
{
    char buffer[NETLINK_REQUEST_SIZE];
    struct nlmsghdr *message = link_message(buffer, RTM_NEWLINK, index, 0, 0);
    struct nlattr *families = mnl_attr_nest_start(message, IFLA_AF_SPEC);
    struct nlattr *family = mnl_attr_nest_start(message, AF_INET6);
    int code;

    mnl_attr_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, GEN_MODE_NONE);
    mnl_attr_nest_end(message, family);
    mnl_attr_nest_end(message, families);
    code = netlink_change(netlink, message);
    if (code != 0 && code != EAFNOSUPPORT && code != EOPNOTSUPP) {
        netlink_fail(error, code, "cannot set up link %d for IPv6", index);
        return FALSE;
    }
    message = link_message(buffer, RTM_NEWLINK, index, 0, 0);
    mnl_attr_put_strz(message, IFLA_IFALIAS, alias);
    code = netlink_change(netlink, message);
    if (code != 0)
        netlink_fail(error, code, "cannot name link %d", index);
    return code == 0;
}

gboolean
netlink_raise_link(Netlink *netlink, int index, guint32 mtu, GError **error)
{
    char buffer[NETLINK_REQUEST_SIZE];
    struct nlmsghdr *message =
        link_message(buffer, RTM_NEWLINK, index, IFF_UP, IFF_UP | IFF_MULTICAST);
    int code;

    if (mtu)
        mnl_attr_put_u32(message, IFLA_MTU, mtu);
    code = netlink_change(netlink, message);
    if (code != 0)
        netlink_fail(error, code, "cannot bring up link %d", index);
    return code == 0;
}

gboolean
netlink_delete_link(Netlink *netlink, int index, GError **error)
{
    char buffer[NETLINK_REQUEST_SIZE];
    int code = netlink_change(netlink, link_message(buffer, RTM_DELLINK, index, 0, 0));

    if (code != 0 && code != ENODEV) {
        netlink_fail(error, code, "cannot remove link %d", index);
        return FALSE;
    }
    return TRUE;
}

static struct nlmsghdr *
address_message(char *buffer, guint16 type, guint16 flags, const NetlinkAddress *address)
{
    struct nlmsghdr *message = netlink_message(buffer, type, flags);
    struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);

    header->ifa_family = netlink_family(&address->address);
    header->ifa_prefixlen = address->prefix_length;
    header->ifa_index = (guint32)address->link;
    netlink_put_address(message, IFA_LOCAL, &address->address);
    netlink_put_address(message, IFA_ADDRESS, &address->address);
    return message;
}

gboolean
netlink_add_address(Netlink *netlink, const NetlinkAddress *address, GError **error)
{
    char buffer[NETLINK_REQUEST_SIZE];
    char text[NET_ADDRESS_TEXT_SIZE];
    struct nlmsghdr *message =
        address_message(buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address);
    int code;

    mnl_attr_put_u32(message, IFA_FLAGS, IFA_F_NOPREFIXROUTE | IFA_F_NODAD);
    code = netlink_change(netlink, message);
    if (code != 0 && code != EEXIST) {
        netlink_fail(error, code, "cannot add the address %s to link %d",
                     net_address_format(&address->address, text), address->link);
        return FALSE;
    }
    return TRUE;
}

gboolean
netlink_delete_address(Netlink *netlink, const NetlinkAddress *address, GError **error)
{
    char buffer[NETLINK_REQUEST_SIZE];
    char text[NET_ADDRESS_TEXT_SIZE];
    int code = netlink_change(netlink, address_message(buffer, RTM_DELADDR, 0, address));

    if (code != 0 && code != EADDRNOTAVAIL && code != ENODEV) {
        netlink_fail(error, code, "cannot remove the address %s from link %d",
                     net_address_format(&address->address, text), address->link);
        return FALSE;
    }
    return TRUE;
}

static int
read_address(const struct nlmsghdr *message, void *user_data)
{
    const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
    NetlinkAddress address = {.link = (int)header->ifa_index,
                              .prefix_length = header->ifa_prefixlen};
    NetAddress local = {0};
    const struct nlattr *attribute;

    mnl_attr_for_each(attribute, message, sizeof *header)
    {
        if (mnl_attr_get_type(attribute) == IFA_LOCAL)
            local = netlink_read_address(attribute);
        else if (mnl_attr_get_type(attribute) == IFA_ADDRESS)
            address.address = netlink_read_address(attribute);
    }
    /* IFA_ADDRESS is the other end on point-to-point links. */
    if (local.length)
        address.address = local;
    if (address.address.length && address.prefix_length <= address.address.length * 8 &&
        header->ifa_scope != RT_SCOPE_LINK)
        g_array_append_val((GArray *)user_data, address);
    return MNL_CB_OK;
}

GArray *
netlink_list_addresses(Netlink *netlink, GError **error)
{
    char buffer[NETLINK_REQUEST_SIZE];
    struct nlmsghdr *message = netlink_message(buffer, RTM_GETADDR, 0);
    g_autoptr(GArray) addresses = g_array_new(FALSE, TRUE, sizeof(NetlinkAddress));
    int code;

    mnl_nlmsg_put_extra_header(message, sizeof(struct ifaddrmsg));
    code = netlink_dump(netlink, message, read_address, addresses);
    if (code != 0) {
        netlink_fail(error, code, "cannot list the addresses");
        return NULL;
    }
    return g_steal_pointer(&addresses);
}
