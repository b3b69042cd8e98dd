/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/site.h"

#include "journal.h"
#include "link-tun.h"
#include "log.h"
#include "netlink.h"
#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define JOURNAL_ID "gateway"
#define NFT_TABLE "coati_gateway"

struct GatewaySite {
    Netlink *netlink;
    Journal *journal;
    char *interface;
    int index;
    Fd tun; /* keeps the link's carrier while engines come and go */
};

/* --- single deeds --- */

/* What lets packets through, and how the journal says that it was off. */
typedef struct {
    const char *path;
    const char *line;
} Forward;

static const Forward forward4 = {"/proc/sys/net/ipv4/ip_forward", "forward 0"};
static const Forward forward6 = {"/proc/sys/net/ipv6/conf/all/forwarding", "forward6 0"};

static gboolean
write_forward(const Forward *forward, const char *value, GError **error)
{
    g_auto(Fd) fd = open(forward->path, O_WRONLY | O_CLOEXEC);

    if (fd >= 0 && write(fd, value, 1) == 1)
        return TRUE;
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "cannot write %s: %s",
                forward->path, g_strerror(errno));
    return FALSE;
}

static gboolean
run_nft(const char *rules, GError **error)
{
    const char *argv[] = {"nft", "-f", "-", NULL};
    g_autoptr(GSubprocess) process =
        g_subprocess_newv(argv,
                          G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
                              G_SUBPROCESS_FLAGS_STDERR_PIPE,
                          error);
    g_autofree char *said = NULL;

    if (process == NULL || !g_subprocess_communicate_utf8(process, rules, NULL, NULL, &said, error))
        return FALSE;
    if (g_subprocess_get_successful(process))
        return TRUE;
    g_strdelimit(said, "\n", ' ');
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "nft: %s", said);
    return FALSE;
}

static gboolean
delete_table(GError **error)
{
    /* Idempotent: the table is made first in case that it is not there. */
    return run_nft("table inet " NFT_TABLE "\ndelete table inet " NFT_TABLE "\n", error);
}

static gboolean
delete_link(Netlink *netlink, const char *name, GError **error)
{
    NetlinkLink link;

    return !netlink_find_link(netlink, name, &link, NULL) ||
           netlink_delete_link(netlink, link.index, error);
}

/* Beside those of clients' tunnels (NETWORK_REQID). */
static const XfrmBlock xfrm_block = {.first = 0x41000000, .count = 0x1000000};

static gboolean
flush_xfrm(GError **error)
{
    g_autoptr(Xfrm) xfrm = xfrm_open(error);

    return xfrm != NULL && xfrm_flush(xfrm, &xfrm_block, error);
}

/* JournalUndo */
static gboolean
undo(const char *line, gpointer user_data, GError **error)
{
    Netlink *netlink = user_data;

    if (g_str_has_prefix(line, "link "))
        return delete_link(netlink, line + strlen("link "), error);
    if (strcmp(line, forward4.line) == 0)
        return write_forward(&forward4, "0", error);
    if (strcmp(line, forward6.line) == 0)
        return write_forward(&forward6, "0", error);
    if (strcmp(line, "nft") == 0)
        return delete_table(error);
    if (strcmp(line, "xfrm") == 0)
        return flush_xfrm(error);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "unknown line \"%s\"", line);
    return FALSE;
}

static void
undo_all(GatewaySite *network)
{
    g_autoptr(GError) error = NULL;

    if (!journal_walk(network->journal, undo, network->netlink, &error))
        log_warning(NULL, "network", "Not everything could be undone: %s", error->message);
}

/* --- up --- */

static gboolean
make_link(GatewaySite *network, const GatewayConfig *config, GError **error)
{
    g_autofree char *line = g_strdup_printf("link %s", config->interface);
    NetlinkLink link;
    guint32 mtu = config->mtu_octets > 0 ? config->mtu_octets : 1400;

    if (!journal_append(network->journal, line, FALSE, error) ||
        !link_tun_open(config->interface, TRUE, TRUE, &network->tun, error) ||
        !netlink_find_link(network->netlink, config->interface, &link, error))
        return FALSE;
    network->index = link.index;
    return netlink_prepare_link(network->netlink, link.index, "Coati gateway", error) &&
           netlink_raise_link(network->netlink, link.index, mtu, error);
}

static gboolean
route(GatewaySite *network, const NetPrefix *to, GError **error)
{
    NetlinkRoute route = {.table = RT_TABLE_MAIN,
                          .protocol = NETWORK_PROTOCOL,
                          .type = RTN_UNICAST,
                          .to = *to,
                          .link = network->index};

    return netlink_put_route(network->netlink, &route, error);
}

/* The fewest prefixes that are exactly these addresses; address(pool, i) is number i of them. */
static gboolean
route_range(GatewaySite *network, const GatewayPool *pool,
            NetAddress (*address)(const GatewayPool *pool, guint i), GError **error)
{
    guint i = 0;

    while (i < pool->size) {
        NetAddress first = address(pool, i);
        NetPrefix to;
        guint32 at;
        guint bits = 0;

        if (first.length == 0)
            return TRUE;
        memcpy(&at, first.octets + first.length - sizeof at, sizeof at);
        at = GUINT32_FROM_BE(at);
        while (bits < 31 && (at & (1u << bits)) == 0 && (2u << bits) <= pool->size - i)
            bits++;
        to = net_prefix_of(&first, (guint8)(first.length * 8 - bits));
        if (!route(network, &to, error))
            return FALSE;
        i += 1u << bits;
    }
    return TRUE;
}

static gboolean
route_guests(GatewaySite *network, const GatewayConfig *config, GError **error)
{
    for (guint i = 0; i < config->pools->len; i++)
        if (!route_range(network, config->pools->pdata[i], gateway_pool_address4, error) ||
            !route_range(network, config->pools->pdata[i], gateway_pool_address6, error))
            return FALSE;
    for (guint i = 0; i < config->framed_networks->len; i++)
        if (!route(network, &g_array_index(config->framed_networks, NetPrefix, i), error))
            return FALSE;
    return TRUE;
}

static gboolean
start_forward(GatewaySite *network, const Forward *forward, GError **error)
{
    g_autofree char *before = NULL;

    if (!g_file_get_contents(forward->path, &before, NULL, error))
        return FALSE;
    if (before[0] == '1')
        return TRUE;
    return journal_append(network->journal, forward->line, FALSE, error) &&
           write_forward(forward, "1", error);
}

static gboolean
start_forwarding(GatewaySite *network, const GatewayConfig *config, GError **error)
{
    return start_forward(network, &forward4, error) &&
           (!gateway_config_has_ipv6(config) || start_forward(network, &forward6, error));
}

static void
add_nat_range(const GatewaySite *network, GString *rules, const NetAddress *first,
              const NetAddress *last)
{
    char from[NET_ADDRESS_TEXT_SIZE], to[NET_ADDRESS_TEXT_SIZE];

    if (first->length != 0)
        g_string_append_printf(rules, "        %s saddr %s-%s oifname != \"%s\" masquerade\n",
                               first->length == 4 ? "ip" : "ip6", net_address_format(first, from),
                               net_address_format(last, to), network->interface);
}

/* What comes from guests leaves with this machine's address. */
static gboolean
start_nat(GatewaySite *network, const GatewayConfig *config, GError **error)
{
    g_autoptr(GString) rules =
        g_string_new("table inet " NFT_TABLE " {\n"
                     "    chain nat { type nat hook postrouting priority srcnat;\n");
    char text[NET_PREFIX_TEXT_SIZE];

    for (guint i = 0; i < config->pools->len; i++) {
        const GatewayPool *pool = config->pools->pdata[i];
        NetAddress last4 = gateway_pool_address4(pool, pool->size - 1);
        NetAddress last6 = gateway_pool_address6(pool, pool->size - 1);

        add_nat_range(network, rules, &pool->network4, &last4);
        add_nat_range(network, rules, &pool->network6, &last6);
    }
    for (guint i = 0; i < config->framed_networks->len; i++) {
        const NetPrefix *prefix = &g_array_index(config->framed_networks, NetPrefix, i);

        g_string_append_printf(rules, "        %s saddr %s oifname != \"%s\" masquerade\n",
                               prefix->address.length == 4 ? "ip" : "ip6",
                               net_prefix_format(prefix, text), network->interface);
    }
    g_string_append(rules, "    }\n}\n");
    return journal_append(network->journal, "nft", FALSE, error) && run_nft(rules->str, error);
}

static gboolean
set_up(GatewaySite *network, const GatewayConfig *config, GError **error)
{
    return make_link(network, config, error) && route_guests(network, config, error) &&
           (!config->is_forwarding || start_forwarding(network, config, error)) &&
           (!config->has_nat || start_nat(network, config, error));
}

GatewaySite *
gateway_site_new(const GatewayConfig *config, const char *state_directory, GError **error)
{
    g_autofree char *directory = g_build_filename(state_directory, "gateway-journal", NULL);
    g_autoptr(GatewaySite) network = g_new0(GatewaySite, 1);

    network->tun = -1;
    network->interface = g_strdup(config->interface);
    network->netlink = netlink_open(error);
    if (network->netlink == NULL)
        return NULL;
    network->journal = journal_open(directory, JOURNAL_ID, error);
    if (network->journal == NULL)
        return NULL;
    undo_all(network);
    if (!set_up(network, config, error))
        return NULL;
    return g_steal_pointer(&network);
}

void
gateway_site_free(GatewaySite *network)
{
    if (network == NULL)
        return;
    fd_close(&network->tun);
    if (network->journal != NULL)
        undo_all(network);
    journal_close(network->journal);
    netlink_close(network->netlink);
    g_free(network->interface);
    g_free(network);
}

gboolean
gateway_site_claim_xfrm(GatewaySite *network, XfrmBlock *ret_block, GError **error)
{
    if (!journal_append(network->journal, "xfrm", FALSE, error))
        return FALSE;
    *ret_block = xfrm_block;
    return TRUE;
}

gboolean
gateway_site_open_tun(GatewaySite *network, Fd *ret_tun, GError **error)
{
    /* One queue: what the engine does not read while it starts anew waits there. */
    Fd tun = fcntl(network->tun, F_DUPFD_CLOEXEC, 0);

    if (tun < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "cannot open %s again: %s",
                    network->interface, g_strerror(errno));
        return FALSE;
    }
    *ret_tun = tun;
    return TRUE;
}
