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
#define FORWARD_PATH "/proc/sys/net/ipv4/ip_forward"
#define NFT_TABLE "coati_gateway"

struct GatewaySite {
    Netlink *netlink;
    Journal *journal;
    char *interface;
    int index;
    Fd tun; /* keeps the link's carrier while engines come and go */
};

/* --- single deeds --- */

static gboolean
write_forward(const char *value, GError **error)
{
    g_auto(Fd) fd = open(FORWARD_PATH, O_WRONLY | O_CLOEXEC);

    if (fd >= 0 && write(fd, value, 1) == 1)
        return TRUE;
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "cannot write %s: %s",
                FORWARD_PATH, g_strerror(errno));
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
    return run_nft("table ip " NFT_TABLE "\ndelete table ip " NFT_TABLE "\n", error);
}

static gboolean
delete_link(Netlink *netlink, const char *name, GError **error)
{
    NetlinkLink link;

    return !netlink_find_link(netlink, name, &link, NULL) ||
           netlink_delete_link(netlink, link.index, error);
}

/* JournalUndo */
static gboolean
undo(const char *line, gpointer user_data, GError **error)
{
    Netlink *netlink = user_data;

    if (g_str_has_prefix(line, "link "))
        return delete_link(netlink, line + strlen("link "), error);
    if (strcmp(line, "forward 0") == 0)
        return write_forward("0", error);
    if (strcmp(line, "nft") == 0)
        return delete_table(error);
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

/* The fewest prefixes that are exactly the pool. */
static gboolean
route_pool(GatewaySite *network, const GatewayConfig *config, GError **error)
{
    guint32 at;
    guint64 left = config->pool_size;

    memcpy(&at, config->network4.octets, sizeof at);
    at = GUINT32_FROM_BE(at);
    while (left > 0) {
        NetlinkRoute route = {.table = RT_TABLE_MAIN,
                              .protocol = NETWORK_PROTOCOL,
                              .type = RTN_UNICAST,
                              .link = network->index};
        guint32 octets = GUINT32_TO_BE(at);
        NetAddress address = net_address_of(&octets, 4);
        guint bits = 0;

        while (bits < 31 && (at & (1u << bits)) == 0 && (G_GUINT64_CONSTANT(2) << bits) <= left)
            bits++;
        route.to = net_prefix_of(&address, (guint8)(32 - bits));
        if (!netlink_put_route(network->netlink, &route, error))
            return FALSE;
        at += 1u << bits;
        left -= G_GUINT64_CONSTANT(1) << bits;
    }
    return TRUE;
}

static gboolean
start_forwarding(GatewaySite *network, GError **error)
{
    g_autofree char *before = NULL;

    if (!g_file_get_contents(FORWARD_PATH, &before, NULL, error))
        return FALSE;
    if (before[0] == '1')
        return TRUE;
    return journal_append(network->journal, "forward 0", FALSE, error) && write_forward("1", error);
}

/* What comes from guests leaves with this machine's address. */
static gboolean
start_nat(GatewaySite *network, const GatewayConfig *config, GError **error)
{
    char first[NET_ADDRESS_TEXT_SIZE], last[NET_ADDRESS_TEXT_SIZE];
    NetAddress end;
    guint32 at;
    g_autofree char *rules = NULL;

    memcpy(&at, config->network4.octets, sizeof at);
    at = GUINT32_FROM_BE(at) + config->pool_size - 1;
    at = GUINT32_TO_BE(at);
    end = net_address_of(&at, 4);
    rules = g_strdup_printf("table ip " NFT_TABLE " {\n"
                            "    chain nat { type nat hook postrouting priority srcnat;\n"
                            "        ip saddr %s-%s oifname != \"%s\" masquerade\n"
                            "    }\n"
                            "}\n",
                            net_address_format(&config->network4, first),
                            net_address_format(&end, last), network->interface);
    return journal_append(network->journal, "nft", FALSE, error) && run_nft(rules, error);
}

static gboolean
set_up(GatewaySite *network, const GatewayConfig *config, GError **error)
{
    return make_link(network, config, error) && route_pool(network, config, error) &&
           (!config->is_forwarding || start_forwarding(network, error)) &&
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
