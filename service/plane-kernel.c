/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plane-kernel.h"

#include "log.h"

#include <errno.h>
#include <string.h>

/* Questions about many sessions come together. */
enum { FRESH_MICROSECONDS = 100 * 1000 };

typedef struct {
    guint64 session;
    BoundaryCounters past; /* of children that are gone */
    guint64 packets_in;    /* at the last poll, with those that are there */
    guint64 packets_out;
    guint64 told_in; /* packets, when seen was told last */
    guint64 told_out;
    gint64 heard; /* monotonic; -1 = never */
    guint children;
} Session;

typedef struct {
    guint64 number;
    guint64 key_in; /* key_of() */
    guint64 key_out;
    Session *session;
    XfrmPolicy policy;
    SuiteEsp suite;
    guint32 spi_in;
    guint32 spi_out;
    guint64 soft_octets;
    guint64 hard_octets;
    NetEndpoint local_end;
    NetEndpoint remote_end;
    Secret *keymat_out; /* NULL once it sends */
    XfrmUse in;         /* at the last poll */
    XfrmUse out;
} Child;

struct KernelPlane {
    KernelPlaneOptions options;
    KernelPlaneEvents events;
    gpointer user_data;
    Xfrm *xfrm;
    GHashTable *children; /* number -> Child, owned */
    GHashTable *inbound;  /* key_of() -> Child */
    GHashTable *outbound;
    GHashTable *sessions; /* session -> Session, owned */
    guint32 next_reqid;
    gint64 refreshed; /* monotonic */
    guint poll_source;
};

static void
free_child(gpointer data)
{
    Child *child = data;

    secret_free(child->keymat_out);
    g_free(child);
}

static void on_expired(guint32 spi, guint32 reqid, gboolean is_hard, gpointer user_data);
static void on_moved(guint32 spi, guint32 reqid, const NetEndpoint *source, gpointer user_data);
static gboolean on_poll(gpointer user_data);

KernelPlane *
kernel_plane_new(const KernelPlaneOptions *options, const KernelPlaneEvents *events,
                 gpointer user_data, GError **error)
{
    static const XfrmEvents listening = {.expired = on_expired, .moved = on_moved};
    g_autoptr(KernelPlane) plane = g_new0(KernelPlane, 1);

    plane->options = *options;
    plane->events = *events;
    plane->user_data = user_data;
    plane->next_reqid = options->block.first;
    plane->children = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, free_child);
    plane->inbound = g_hash_table_new(g_int64_hash, g_int64_equal);
    plane->outbound = g_hash_table_new(g_int64_hash, g_int64_equal);
    plane->sessions = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    plane->xfrm = xfrm_open(error);
    if (plane->xfrm == NULL || !xfrm_flush(plane->xfrm, &options->block, error) ||
        !xfrm_listen(plane->xfrm, &listening, plane, error))
        return NULL;
    plane->poll_source = g_timeout_add_seconds(options->poll_seconds, on_poll, plane);
    return g_steal_pointer(&plane);
}

void
kernel_plane_free(KernelPlane *plane)
{
    g_autoptr(GError) error = NULL;

    if (plane == NULL)
        return;
    g_clear_handle_id(&plane->poll_source, g_source_remove);
    if (plane->xfrm != NULL && !xfrm_flush(plane->xfrm, &plane->options.block, &error))
        log_warning(NULL, "plane", "%s", error->message);
    g_hash_table_unref(plane->inbound);
    g_hash_table_unref(plane->outbound);
    g_hash_table_unref(plane->children);
    g_hash_table_unref(plane->sessions);
    xfrm_close(plane->xfrm);
    g_free(plane);
}

/* --- who is who --- */

static Child *
find_child(KernelPlane *plane, guint64 number)
{
    return g_hash_table_lookup(plane->children, &number);
}

static Session *
find_session(KernelPlane *plane, guint64 session)
{
    return g_hash_table_lookup(plane->sessions, &session);
}

static Session *
find_or_add_session(KernelPlane *plane, guint64 number)
{
    Session *session = find_session(plane, number);

    if (session == NULL) {
        session = g_new0(Session, 1);
        session->session = number;
        session->heard = -1;
        g_hash_table_insert(plane->sessions, &session->session, session);
    }
    return session;
}

/* The peer chooses outbound SPIs, so they are unique with a reqid only. */
static guint64
key_of(guint32 reqid, guint32 spi)
{
    return (guint64)reqid << 32 | spi;
}

static Child *
find_inbound(KernelPlane *plane, guint32 reqid, guint32 spi)
{
    guint64 key = key_of(reqid, spi);

    return g_hash_table_lookup(plane->inbound, &key);
}

static Child *
find_outbound(KernelPlane *plane, guint32 reqid, guint32 spi)
{
    guint64 key = key_of(reqid, spi);

    return g_hash_table_lookup(plane->outbound, &key);
}

/* Another child of the same session with the same selectors. */
static Child *
find_twin(KernelPlane *plane, const Session *session, const NetPrefix *local,
          const NetPrefix *remote, const Child *but)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, plane->children);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Child *child = value;

        if (child != but && child->session == session &&
            net_prefix_equal(&child->policy.local, local) &&
            net_prefix_equal(&child->policy.remote, remote))
            return child;
    }
    return NULL;
}

static gboolean
reqid_is_used(KernelPlane *plane, guint32 reqid)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, plane->children);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (((Child *)value)->policy.reqid == reqid)
            return TRUE;
    return FALSE;
}

/* 0 when the block is full. */
static guint32
choose_reqid(KernelPlane *plane)
{
    const XfrmBlock *block = &plane->options.block;

    for (guint32 tries = 0; tries < block->count; tries++) {
        guint32 reqid = plane->next_reqid;

        plane->next_reqid = reqid - block->first + 1 < block->count ? reqid + 1 : block->first;
        if (!reqid_is_used(plane, reqid))
            return reqid;
    }
    return 0;
}

/* --- up and down --- */

static Child *
child_new(KernelPlane *plane, const KernelChild *info, guint32 reqid)
{
    Child *child = g_new0(Child, 1);

    child->number = info->child;
    child->session = find_or_add_session(plane, info->session);
    child->suite = info->suite;
    child->spi_in = info->spi_in;
    child->spi_out = info->spi_out;
    child->soft_octets = info->soft_octets;
    child->hard_octets = info->hard_octets;
    child->local_end = info->local_end;
    child->remote_end = info->remote_end;
    child->key_in = key_of(reqid, info->spi_in);
    child->key_out = key_of(reqid, info->spi_out);
    child->keymat_out = secret_dup(info->keymat_out);
    child->policy = (XfrmPolicy){.local = info->local,
                                 .remote = info->remote,
                                 .local_end = info->local_end.address,
                                 .remote_end = info->remote_end.address,
                                 .reqid = reqid,
                                 .interface = plane->options.interface,
                                 .is_forwarding = plane->options.is_forwarding};
    return child;
}

static gboolean
refuse(GError **error, guint64 child, const char *why)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                "the kernel plane cannot take child %" G_GUINT64_FORMAT ": %s", child, why);
    return FALSE;
}

static gboolean
check(KernelPlane *plane, const KernelChild *info, GError **error)
{
    gsize length = suite_esp_keymat_length(&info->suite);

    if (find_child(plane, info->child) != NULL)
        return refuse(error, info->child, "it is there already");
    if (secret_length(info->keymat_in) != length || secret_length(info->keymat_out) != length)
        return refuse(error, info->child, "its keys are of another size");
    if (info->local.address.length != info->remote.address.length ||
        info->local_end.address.length != info->remote_end.address.length)
        return refuse(error, info->child, "its addresses are of two families");
    return TRUE;
}

static XfrmSa
sa_of(const KernelPlane *plane, const Child *child, gboolean is_inbound, const Secret *keymat)
{
    return (XfrmSa){.spi = is_inbound ? child->spi_in : child->spi_out,
                    .source = is_inbound ? child->remote_end : child->local_end,
                    .target = is_inbound ? child->local_end : child->remote_end,
                    .reqid = child->policy.reqid,
                    .interface = plane->options.interface,
                    .mark = is_inbound ? 0 : plane->options.mark,
                    .is_inbound = is_inbound,
                    .suite = child->suite,
                    .soft_octets = child->soft_octets,
                    .hard_octets = child->hard_octets,
                    .keymat = keymat};
}

gboolean
kernel_plane_up(KernelPlane *plane, const KernelChild *info, GError **error)
{
    Session *session = find_session(plane, info->session);
    const Child *twin =
        session != NULL ? find_twin(plane, session, &info->local, &info->remote, NULL) : NULL;
    guint32 reqid;
    Child *child;
    XfrmSa sa;

    if (!check(plane, info, error))
        return FALSE;
    reqid = twin != NULL ? twin->policy.reqid : choose_reqid(plane);
    if (reqid == 0)
        return refuse(error, info->child, "there are too many");
    child = child_new(plane, info, reqid);
    child->session->children++;
    g_hash_table_insert(plane->children, &child->number, child);
    g_hash_table_insert(plane->inbound, &child->key_in, child);
    g_hash_table_insert(plane->outbound, &child->key_out, child);
    sa = sa_of(plane, child, TRUE, info->keymat_in);
    if (xfrm_add_sa(plane->xfrm, &sa, error) && xfrm_put_policy(plane->xfrm, &child->policy, error))
        return TRUE;
    kernel_plane_down(plane, info->child);
    return FALSE;
}

gboolean
kernel_plane_change_send(KernelPlane *plane, guint64 number, GError **error)
{
    Child *child = find_child(plane, number);
    XfrmSa sa;

    if (child == NULL || child->keymat_out == NULL)
        return TRUE;
    sa = sa_of(plane, child, FALSE, child->keymat_out);
    if (!xfrm_add_sa(plane->xfrm, &sa, error))
        return FALSE;
    g_clear_pointer(&child->keymat_out, secret_free);
    return TRUE;
}

/* What the kernel counted, into the children. */
static void
refresh(KernelPlane *plane)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) uses = NULL;
    gint64 now = g_get_monotonic_time();

    if (now - plane->refreshed < FRESH_MICROSECONDS)
        return;
    plane->refreshed = now;
    uses = xfrm_list_use(plane->xfrm, &plane->options.block, &error);
    if (uses == NULL) {
        log_warning(NULL, "plane", "%s", error->message);
        return;
    }
    for (guint i = 0; i < uses->len; i++) {
        const XfrmUse *use = &g_array_index(uses, XfrmUse, i);
        Child *child = find_inbound(plane, use->reqid, use->spi);

        if (child != NULL && !net_address_equal(&use->target, &child->local_end.address))
            child = NULL;
        if (child != NULL)
            child->in = *use;
        else if ((child = find_outbound(plane, use->reqid, use->spi)) != NULL)
            child->out = *use;
    }
}

static void
add_drops(BoundaryCounters *counters, const char *name, guint64 count)
{
    for (guint i = 0; i < counters->drop_count; i++) {
        if (strcmp(counters->drops[i].name, name) == 0) {
            counters->drops[i].count += count;
            return;
        }
    }
    g_strlcpy(counters->drops[counters->drop_count].name, name, sizeof counters->drops[0].name);
    counters->drops[counters->drop_count++].count = count;
}

/* Names of drops are those of the userspace plane. */
static void
add_child(BoundaryCounters *counters, const Child *child)
{
    counters->octets_in += child->in.octets;
    counters->octets_out += child->out.octets;
    counters->packets_in += child->in.packets;
    counters->packets_out += child->out.packets;
    add_drops(counters, "in-replayed", child->in.replayed);
    add_drops(counters, "in-icv", child->in.forged);
}

static void
add_past(BoundaryCounters *counters, const Session *session)
{
    const BoundaryCounters *past = &session->past;

    counters->octets_in += past->octets_in;
    counters->octets_out += past->octets_out;
    counters->packets_in += past->packets_in;
    counters->packets_out += past->packets_out;
    for (guint i = 0; i < past->drop_count; i++)
        add_drops(counters, past->drops[i].name, past->drops[i].count);
    if (session->heard >= 0)
        counters->last_received_seconds =
            MIN(counters->last_received_seconds,
                (guint32)((g_get_monotonic_time() - session->heard) / G_USEC_PER_SEC));
}

static void
sum(KernelPlane *plane, const Session *session, BoundaryCounters *counters)
{
    GHashTableIter iter;
    gpointer value;

    add_past(counters, session);
    g_hash_table_iter_init(&iter, plane->children);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (((Child *)value)->session == session)
            add_child(counters, value);
}

void
kernel_plane_counters(KernelPlane *plane, guint64 number, BoundaryCounters *ret_counters)
{
    const Session *session = find_session(plane, number);
    BoundaryCounters counters = {.last_received_seconds = G_MAXUINT32};

    refresh(plane);
    if (session != NULL)
        sum(plane, session, &counters);
    *ret_counters = counters;
}

void
kernel_plane_all_counters(KernelPlane *plane, BoundaryCounters *ret_counters)
{
    BoundaryCounters counters = {.last_received_seconds = G_MAXUINT32};
    GHashTableIter iter;
    gpointer value;

    refresh(plane);
    g_hash_table_iter_init(&iter, plane->sessions);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        add_past(&counters, value);
    g_hash_table_iter_init(&iter, plane->children);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        add_child(&counters, value);
    *ret_counters = counters;
}

static void
complain(const GError *error)
{
    if (error != NULL)
        log_warning(NULL, "plane", "%s", error->message);
}

static void
remove_from_kernel(KernelPlane *plane, const Child *child)
{
    g_autoptr(GError) first = NULL;
    g_autoptr(GError) second = NULL;
    g_autoptr(GError) third = NULL;

    if (find_twin(plane, child->session, &child->policy.local, &child->policy.remote, child) ==
        NULL)
        xfrm_delete_policy(plane->xfrm, &child->policy, &first);
    xfrm_delete_sa(plane->xfrm, child->spi_out, &child->remote_end.address, &second);
    xfrm_delete_sa(plane->xfrm, child->spi_in, &child->local_end.address, &third);
    complain(first);
    complain(second);
    complain(third);
}

void
kernel_plane_down(KernelPlane *plane, guint64 number)
{
    Child *child = find_child(plane, number);

    if (child == NULL)
        return;
    xfrm_find_use(plane->xfrm, child->spi_in, &child->local_end.address, &child->in);
    xfrm_find_use(plane->xfrm, child->spi_out, &child->remote_end.address, &child->out);
    add_child(&child->session->past, child);
    remove_from_kernel(plane, child);
    child->session->children--;
    g_hash_table_remove(plane->inbound, &child->key_in);
    g_hash_table_remove(plane->outbound, &child->key_out);
    g_hash_table_remove(plane->children, &number);
}

/* The numbers of a session's children: what is done for each may change the table. */
static GArray *
list_children(KernelPlane *plane, guint64 session)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint64));
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, plane->children);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Child *child = value;

        if (child->session->session == session)
            g_array_append_val(numbers, child->number);
    }
    return numbers;
}

void
kernel_plane_forget(KernelPlane *plane, guint64 session)
{
    g_autoptr(GArray) numbers = list_children(plane, session);

    for (guint i = 0; i < numbers->len; i++)
        kernel_plane_down(plane, g_array_index(numbers, guint64, i));
    g_hash_table_remove(plane->sessions, &session);
}

/* --- another way --- */

static gboolean
move_child(KernelPlane *plane, Child *child, const NetEndpoint *local_end,
           const NetEndpoint *remote_end, GError **error)
{
    NetEndpoint old_local = child->local_end;
    NetEndpoint old_remote = child->remote_end;

    child->local_end = *local_end;
    child->remote_end = *remote_end;
    child->policy.local_end = local_end->address;
    child->policy.remote_end = remote_end->address;
    if (!xfrm_move_sa(plane->xfrm, child->spi_in, &old_local.address, remote_end, local_end, error))
        return FALSE;
    if (child->keymat_out == NULL && !xfrm_move_sa(plane->xfrm, child->spi_out, &old_remote.address,
                                                   local_end, remote_end, error))
        return FALSE;
    return xfrm_put_policy(plane->xfrm, &child->policy, error);
}

gboolean
kernel_plane_change_path(KernelPlane *plane, guint64 session, const NetEndpoint *local_end,
                         const NetEndpoint *remote_end, GError **error)
{
    g_autoptr(GArray) numbers = list_children(plane, session);

    for (guint i = 0; i < numbers->len; i++) {
        Child *child = find_child(plane, g_array_index(numbers, guint64, i));

        if (net_endpoint_equal(&child->local_end, local_end) &&
            net_endpoint_equal(&child->remote_end, remote_end))
            continue;
        if (!move_child(plane, child, local_end, remote_end, error))
            return FALSE;
    }
    return TRUE;
}

/* --- what the kernel says --- */

static void
on_expired(guint32 spi, guint32 reqid, gboolean is_hard, gpointer user_data)
{
    KernelPlane *plane = user_data;
    const Child *child = find_inbound(plane, reqid, spi);

    if (child == NULL)
        child = find_outbound(plane, reqid, spi);
    if (child != NULL)
        plane->events.expiring(child->session->session, plane->user_data);
}

static void
on_moved(guint32 spi, guint32 reqid, const NetEndpoint *source, gpointer user_data)
{
    KernelPlane *plane = user_data;
    const Child *child = find_inbound(plane, reqid, spi);

    if (child != NULL && !net_endpoint_equal(&child->remote_end, source))
        plane->events.moved(child->session->session, source, plane->user_data);
}

static void
look_at(KernelPlane *plane, Session *session)
{
    gboolean is_heard = session->packets_in != session->told_in;

    if (!is_heard && session->packets_out == session->told_out)
        return;
    if (is_heard)
        session->heard = g_get_monotonic_time();
    session->told_in = session->packets_in;
    session->told_out = session->packets_out;
    plane->events.seen(session->session, is_heard, session->packets_in, session->packets_out,
                       plane->user_data);
}

static gboolean
on_poll(gpointer user_data)
{
    KernelPlane *plane = user_data;
    GHashTableIter iter;
    gpointer value;

    if (g_hash_table_size(plane->children) == 0)
        return G_SOURCE_CONTINUE;
    refresh(plane);
    g_hash_table_iter_init(&iter, plane->sessions);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Session *session = value;

        session->packets_in = session->past.packets_in;
        session->packets_out = session->past.packets_out;
    }
    g_hash_table_iter_init(&iter, plane->children);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Child *child = value;

        child->session->packets_in += child->in.packets;
        child->session->packets_out += child->out.packets;
    }
    /* events.seen() ends nobody. */
    g_hash_table_iter_init(&iter, plane->sessions);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        look_at(plane, value);
    return G_SOURCE_CONTINUE;
}

gboolean
kernel_plane_probe(const GArray *suites, guint8 address_length, GError **error)
{
    g_autoptr(Xfrm) xfrm = xfrm_open(error);

    if (xfrm == NULL)
        return FALSE;
    for (guint i = 0; i < suites->len; i++)
        if (!xfrm_probe(xfrm, &g_array_index(suites, SuiteEsp, i), address_length, error))
            return FALSE;
    return TRUE;
}

gboolean
kernel_plane_is_possible(void)
{
    g_autoptr(GArray) suites = g_array_new(FALSE, FALSE, sizeof(SuiteEsp));
    SuiteEsp suite = {.cipher = SUITE_ESP_AES_GCM_16, .key_bits = 256};

    g_array_append_val(suites, suite);
    return kernel_plane_probe(suites, 4, NULL);
}
