/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "network-private.h"

#include "link-tun.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>

#define LINK_PREFIX "coati"

G_DEFINE_QUARK(coati - network - error - quark, network_error)

gboolean
network_number_of(const char *link_name, int *ret_number)
{
    guint64 number;
    g_autofree char *again = NULL;

    if (!g_str_has_prefix(link_name, LINK_PREFIX) ||
        !g_ascii_string_to_unsigned(link_name + strlen(LINK_PREFIX), 10, 0, NETWORK_MAX_LINKS - 1,
                                    &number, NULL))
        return FALSE;
    /* "coati007" is not ours. */
    again = g_strdup_printf(LINK_PREFIX "%d", (int)number);
    if (strcmp(again, link_name) != 0)
        return FALSE;
    *ret_number = (int)number;
    return TRUE;
}

char *
network_journal_directory(const char *state_directory)
{
    return g_build_filename(state_directory, "journal", NULL);
}

static void
work(gpointer data, gpointer user_data)
{
    g_autoptr(GTask) task = data;
    Network *network = user_data;
    const NetworkPlan *plan = g_task_get_task_data(task);
    GError *error = NULL;
    gboolean is_done;

    if (plan) {
        is_done = network_converge(network, plan, g_task_get_cancellable(task), &error);
    } else {
        fd_close(&network->tun);
        g_clear_pointer(&network->guarded, g_free);
        is_done = journal_walk(network->journal, network_undo_line, network->host, &error);
    }
    if (is_done)
        g_task_return_boolean(task, TRUE);
    else
        g_task_return_error(task, error);
}

static DnsHost *
dns_host_of(const NetworkHost *host)
{
    return dns_host_new(host->state_directory, host->bus, host->resolv_conf,
                        host->resolvconf_program);
}

/* The link that a journal speaks of is the one to go on with. */
static void
take_over(Network *network)
{
    const char *name = journal_find(network->journal, "link ");

    if (name && network_number_of(name, &network->number))
        g_strlcpy(network->link_name, name, sizeof network->link_name);
}

Network *
network_new(const NetworkHost *host, const char *id, GError **error)
{
    g_autoptr(Network) network = g_new0(Network, 1);
    g_autofree char *directory = network_journal_directory(host->state_directory);
    g_autoptr(GError) failure = NULL;

    network->number = -1;
    network->tun = -1;
    network->journal = journal_open(directory, id, &failure);
    if (!network->journal) {
        g_set_error_literal(error, NETWORK_ERROR, REASON_INTERNAL, failure->message);
        return NULL;
    }
    network->id = g_strdup(id);
    network->host = dns_host_of(host);
    network->store = host->store;
    network->worker = g_thread_pool_new(work, network, 1, FALSE, NULL);
    take_over(network);
    return g_steal_pointer(&network);
}

void
network_free(Network *network)
{
    if (!network)
        return;
    if (network->worker)
        g_thread_pool_free(network->worker, FALSE, TRUE);
    fd_close(&network->tun);
    journal_close(network->journal);
    dns_host_free(network->host);
    g_free(network->guarded);
    g_free(network->id);
    g_free(network);
}

const char *
network_link_name(const Network *network)
{
    return network->link_name[0] ? network->link_name : NULL;
}

/* Read only: another Network may be writing it. */
static void
note_number(const char *path, gboolean *numbers)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    int number;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return;
    lines = g_strsplit(text, "\n", JOURNAL_MAX_LINES);
    for (gsize i = 0; lines[i]; i++)
        if (g_str_has_prefix(lines[i], "link ") &&
            network_number_of(lines[i] + strlen("link "), &number))
            numbers[number] = TRUE;
}

/* The lowest number without a link, and without a journal that would undo it: a tunnel may have
 * lost its link to an administrator and still have its rules. */
static gboolean
choose_number(Network *network, GError **error)
{
    g_autofree char *directory = network_journal_directory(network->host->state_directory);
    g_auto(GStrv) ids = journal_list(directory);
    gboolean is_taken[NETWORK_MAX_LINKS] = {FALSE};

    for (gsize i = 0; ids[i]; i++) {
        g_autofree char *path = g_build_filename(directory, ids[i], NULL);

        note_number(path, is_taken);
    }
    for (int number = 0; number < NETWORK_MAX_LINKS; number++) {
        g_autofree char *name = g_strdup_printf(LINK_PREFIX "%d", number);

        if (!is_taken[number] && if_nametoindex(name) == 0) {
            network->number = number;
            g_strlcpy(network->link_name, name, sizeof network->link_name);
            return TRUE;
        }
    }
    g_set_error(error, NETWORK_ERROR, REASON_INTERFACE_FAILED, "there are %d tunnels already",
                NETWORK_MAX_LINKS);
    return FALSE;
}

/* What is there under this name and is of the other kind goes, with its addresses and routes. */
static gboolean
remove_other(Netlink *netlink, const char *name, const char *kind, gboolean *ret_is_there,
             GError **error)
{
    NetlinkLink link;

    *ret_is_there = netlink_find_link(netlink, name, &link, NULL);
    if (!*ret_is_there || strcmp(link.kind, kind) == 0)
        return TRUE;
    *ret_is_there = FALSE;
    return netlink_delete_link(netlink, link.index, error);
}

static gboolean
raise_link(Netlink *netlink, const Network *network, GError **error)
{
    g_autofree char *alias = g_strdup_printf("Coati tunnel %s", network->id);
    NetlinkLink link;

    return netlink_find_link(netlink, network->link_name, &link, error) &&
           netlink_prepare_link(netlink, link.index, alias, error) &&
           netlink_raise_link(netlink, link.index, 0, error);
}

/* The link's undo is on disk, and nothing of another kind has its name. */
static Netlink *
prepare_link(Network *network, const char *kind, gboolean *ret_is_there, GError **error)
{
    g_autofree char *undo = g_strdup_printf("link %s", network->link_name);
    g_autoptr(Netlink) netlink = NULL;
    g_autoptr(GError) failure = NULL;

    if (!journal_append(network->journal, undo, FALSE, &failure)) {
        g_set_error_literal(error, NETWORK_ERROR, REASON_INTERNAL, failure->message);
        return NULL;
    }
    netlink = netlink_open(&failure);
    if (netlink != NULL && remove_other(netlink, network->link_name, kind, ret_is_there, &failure))
        return g_steal_pointer(&netlink);
    g_set_error_literal(error, NETWORK_ERROR, REASON_INTERFACE_FAILED, failure->message);
    return NULL;
}

/* One of before a crash, which the service manager has kept: the link never lost its carrier. */
static gboolean
open_kept(Network *network, gboolean has_vnet_header)
{
    g_auto(Fd) tun = fdstore_take(network->store, network->link_name);

    if (tun >= 0 && link_tun_is(tun, network->link_name, has_vnet_header)) {
        network->tun = fd_steal(&tun);
        return TRUE;
    }
    fdstore_drop(network->store, network->link_name);
    return FALSE;
}

static gboolean
open_tun(Network *network, gboolean has_vnet_header, GError **error)
{
    gboolean is_new = if_nametoindex(network->link_name) == 0;

    if (!is_new && open_kept(network, has_vnet_header))
        return TRUE;
    if (!link_tun_open(network->link_name, is_new, has_vnet_header, &network->tun, error))
        return FALSE;
    fdstore_put(network->store, network->link_name, network->tun);
    return TRUE;
}

static gboolean
make_link(Network *network, gboolean has_vnet_header, GError **error)
{
    gboolean is_there = FALSE;
    g_autoptr(Netlink) netlink = prepare_link(network, "tun", &is_there, error);
    g_autoptr(GError) failure = NULL;

    if (netlink == NULL || !open_tun(network, has_vnet_header, error))
        return FALSE;
    network->has_vnet_header = has_vnet_header;
    network->is_xfrm = FALSE;
    if (raise_link(netlink, network, &failure))
        return TRUE;
    g_set_error_literal(error, NETWORK_ERROR, REASON_INTERFACE_FAILED, failure->message);
    fd_close(&network->tun);
    return FALSE;
}

gboolean
network_open_link(Network *network, gboolean has_vnet_header, Fd *ret_tun, GError **error)
{
    Fd copy;

    if (network->tun >= 0 &&
        (network->has_vnet_header != has_vnet_header || if_nametoindex(network->link_name) == 0))
        fd_close(&network->tun);
    if (network->number < 0 && !choose_number(network, error))
        return FALSE;
    if (network->tun < 0 && !make_link(network, has_vnet_header, error))
        return FALSE;
    copy = fcntl(network->tun, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) {
        g_set_error(error, NETWORK_ERROR, REASON_INTERFACE_FAILED, "cannot copy a descriptor: %s",
                    g_strerror(errno));
        return FALSE;
    }
    *ret_tun = copy;
    return TRUE;
}

gboolean
network_open_xfrm_link(Network *network, GError **error)
{
    g_autoptr(Netlink) netlink = NULL;
    g_autoptr(GError) failure = NULL;
    gboolean is_there = FALSE;

    if (network->number < 0 && !choose_number(network, error))
        return FALSE;
    fd_close(&network->tun);
    netlink = prepare_link(network, "xfrm", &is_there, error);
    if (netlink == NULL)
        return FALSE;
    if (is_there && network->is_xfrm)
        return TRUE;
    if (!is_there && !netlink_make_xfrm_link(netlink, network->link_name,
                                             network_xfrm_block(network->number).first, &failure)) {
        g_set_error_literal(error, NETWORK_ERROR, REASON_DATAPLANE_UNAVAILABLE, failure->message);
        return FALSE;
    }
    network->is_xfrm = TRUE;
    if (raise_link(netlink, network, &failure))
        return TRUE;
    g_set_error_literal(error, NETWORK_ERROR, REASON_INTERFACE_FAILED, failure->message);
    return FALSE;
}

XfrmBlock
network_xfrm_block(int number)
{
    return (XfrmBlock){.first = NETWORK_REQID + (guint32)number * NETWORK_REQIDS,
                       .count = NETWORK_REQIDS};
}

gboolean
network_claim_xfrm(Network *network, XfrmBlock *ret_block, GError **error)
{
    g_autofree char *undo = g_strdup_printf("xfrm %d", network->number);
    g_autoptr(GError) failure = NULL;

    g_assert(network->number >= 0);
    if (!journal_append(network->journal, undo, FALSE, &failure)) {
        g_set_error_literal(error, NETWORK_ERROR, REASON_INTERNAL, failure->message);
        return FALSE;
    }
    *ret_block = network_xfrm_block(network->number);
    return TRUE;
}

void
network_apply_async(Network *network, const NetworkPlan *plan, GCancellable *cancellable,
                    GAsyncReadyCallback callback, gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
    GError *error = NULL;

    g_task_set_source_tag(task, network_apply_async);
    if (network->number < 0) {
        g_task_return_new_error(task, NETWORK_ERROR, REASON_INTERNAL, "there is no link yet");
        return;
    }
    if (!network_plan_check(plan, &error)) {
        g_task_return_error(task, error);
        return;
    }
    g_task_set_task_data(task, network_plan_copy(plan), (GDestroyNotify)network_plan_free);
    g_thread_pool_push(network->worker, g_steal_pointer(&task), NULL);
}

gboolean
network_apply_finish(Network *network, GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}

void
network_undo_async(Network *network, GAsyncReadyCallback callback, gpointer user_data)
{
    GTask *task = g_task_new(NULL, NULL, callback, user_data);

    g_task_set_source_tag(task, network_undo_async);
    g_thread_pool_push(network->worker, task, NULL);
}

/* The next link of this tunnel may have another number. */
static void
forget_link(Network *network)
{
    network->number = -1;
    network->link_name[0] = '\0';
}

gboolean
network_undo_finish(Network *network, GAsyncResult *result, GError **error)
{
    gboolean is_done = g_task_propagate_boolean(G_TASK(result), error);

    if (network->link_name[0])
        fdstore_drop(network->store, network->link_name);
    if (is_done)
        forget_link(network);
    return is_done;
}

/* The tunnel's SAs are those of an engine that is gone. */
static gboolean
recover_kept(Journal *journal, const DnsHost *host, GError **error)
{
    const char *number = journal_find(journal, "xfrm ");
    g_autofree char *line = number != NULL ? g_strdup_printf("xfrm %s", number) : NULL;

    return line == NULL || network_undo_line(line, (gpointer)host, error);
}

/* One without its link, after a start of the machine, has nothing worth keeping. */
static gboolean
recover_one(const NetworkHost *host, const DnsHost *dns, const char *directory, const char *id,
            gboolean is_kept, GError **error)
{
    g_autoptr(Journal) journal = journal_open(directory, id, error);
    const char *link = journal ? journal_find(journal, "link ") : NULL;

    if (!journal)
        return FALSE;
    if (is_kept && link && if_nametoindex(link) != 0)
        return recover_kept(journal, dns, error);
    if (link)
        fdstore_drop(host->store, link);
    return journal_walk(journal, network_undo_line, (gpointer)dns, error);
}

gboolean
network_recover(const NetworkHost *host, const char *const *kept_ids, GError **error)
{
    g_autoptr(DnsHost) dns = dns_host_of(host);
    g_autofree char *directory = network_journal_directory(host->state_directory);
    g_auto(GStrv) ids = journal_list(directory);
    gboolean is_done = TRUE;

    for (gsize i = 0; ids[i]; i++) {
        gboolean is_kept = kept_ids && g_strv_contains(kept_ids, ids[i]);

        is_done =
            recover_one(host, dns, directory, ids[i], is_kept, is_done ? error : NULL) && is_done;
    }
    return is_done;
}

char **
network_list(const NetworkHost *host)
{
    g_autofree char *directory = network_journal_directory(host->state_directory);

    return journal_list(directory);
}

const char *
network_dns_backend(const NetworkHost *host)
{
    g_autoptr(DnsHost) dns = dns_host_of(host);

    return dns_detect(dns)->name;
}
