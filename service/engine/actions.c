/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/actions.h"

#include "base/clock.h"
#include "base/names.h"
#include "ike/view.h"
#include "keylink.h"

#include <string.h>

enum { MAX_TEXT_OCTETS = 1000, DAY_SECONDS = 24 * 60 * 60 };

static char *
clip(const char *text)
{
    return text != NULL ? name_clean(text, strlen(text), MAX_TEXT_OCTETS, TRUE) : NULL;
}

static void
send_datagram(Host *host, gint64 now, const IkeAction *action)
{
    sockets_send(&host->sockets, &action->send.path, action->send.data, action->send.length,
                 action->send.is_keepalive);
}

static void
ask_login(Host *host, gint64 now, const IkeAction *action)
{
    const IkeLoginQuestion *login = &action->login;
    BoundaryMessage message = {.type = BOUNDARY_ASK_LOGIN};

    message.ask_login.ticket = action->ticket;
    message.ask_login.count = MIN(login->count, IKE_MAX_FIELDS);
    for (gsize i = 0; i < message.ask_login.count; i++) {
        message.ask_login.fields[i].field = login->fields[i].field;
        message.ask_login.fields[i].value = clip(login->fields[i].value);
    }
    message.ask_login.message = clip(login->message);
    message.ask_login.round = login->round;
    message.ask_login.is_reauthentication = login->is_reauthentication;
    host_tell(host, &message);
    for (gsize i = 0; i < message.ask_login.count; i++)
        g_free(message.ask_login.fields[i].value);
    g_free(message.ask_login.message);
}

/* All is good but the profile names nobody: a person looks at the certificate. */
static gboolean
ask_person(Host *host, const IkeAction *action)
{
    BoundaryMessage message = {.type = BOUNDARY_ASK_TRUST};
    g_autoptr(IkeCertificateInfo) info = NULL;

    if (action->trust.count == 0)
        return FALSE;
    info = ike_certificate_info(action->trust.certificates[0]);
    if (info == NULL)
        return FALSE;
    g_clear_pointer(&host->asked_leaf, g_bytes_unref);
    host->asked_leaf = g_bytes_ref(action->trust.certificates[0]);
    message.ask_trust.ticket = action->ticket;
    message.ask_trust.certificate = info;
    host_tell(host, &message);
    return TRUE;
}

/* The profile's own CA was there before the profile was: where it is not valid yet, the clock is
 * wrong and not the gateway. */
static gboolean
is_clock_wrong(const IkeTrust *trust)
{
    gint64 now = trust->now_unix_seconds;

    if (now < CLOCK_FLOOR_UNIX_SECONDS)
        return TRUE;
    for (guint i = 0; i < trust->anchors->len; i++) {
        g_autoptr(IkeCertificateInfo) info = ike_certificate_info(trust->anchors->pdata[i]);

        if (info != NULL && info->not_before_unix_seconds > now + DAY_SECONDS)
            return TRUE;
    }
    return FALSE;
}

static char *
describe_clock(const IkeTrust *trust, const char *detail)
{
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(trust->now_unix_seconds);
    g_autofree char *text = now != NULL ? g_date_time_format_iso8601(now) : g_strdup("?");

    return g_strdup_printf("it says %s; %s", text, detail);
}

static void
ask_trust(Host *host, gint64 now, const IkeAction *action)
{
    g_autofree char *detail = NULL;
    Reason reason;

    host->trust->now_unix_seconds = g_get_real_time() / G_USEC_PER_SEC;
    reason = ike_trust_check(host->trust, action->trust.certificates, action->trust.count,
                             &action->trust.id, &detail);
    if ((reason == REASON_GATEWAY_CERT_EXPIRED || reason == REASON_GATEWAY_CERT_NOT_YET_VALID) &&
        is_clock_wrong(host->trust)) {
        g_autofree char *judged = g_steal_pointer(&detail);

        reason = REASON_CLOCK_WRONG;
        detail = describe_clock(host->trust, judged);
    }
    if (reason == REASON_GATEWAY_CERT_REFUSED && ask_person(host, action))
        return;
    ike_engine_answer_trust(host->engine, now, action->ticket, reason, detail);
}

void
actions_answer_trust(Host *host, gint64 now, guint64 ticket, Reason reason)
{
    if (reason == REASON_NONE && host->asked_leaf != NULL && host->trust->pinned_sha256 == NULL) {
        g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
        guint8 digest[32];
        gsize length = sizeof digest;

        g_checksum_update(checksum, g_bytes_get_data(host->asked_leaf, NULL),
                          (gssize)g_bytes_get_size(host->asked_leaf));
        g_checksum_get_digest(checksum, digest, &length);
        host->trust->pinned_sha256 = g_bytes_new(digest, length);
    }
    g_clear_pointer(&host->asked_leaf, g_bytes_unref);
    ike_engine_answer_trust(host->engine, now, ticket, reason, NULL);
}

/* FALSE when coati-keys is gone or does not take it: the answer is "no" then. */
static gboolean
ask_keys(Host *host, KeylinkMessage *message)
{
    g_autoptr(GError) error = NULL;

    if (host->keys >= 0 && keylink_send(host->keys, message, &error))
        return TRUE;
    host_note(host, IKE_NOTE_WARNING,
              error != NULL ? error->message : "The process that holds the keys is gone");
    return FALSE;
}

static void
ask_sign(Host *host, gint64 now, const IkeAction *action)
{
    g_auto(KeylinkMessage) message = {
        .type = KEYLINK_SIGN,
        .ticket = action->ticket,
        .key = action->sign.key,
        .octets = secret_new(action->sign.hash, action->sign.hash_length),
    };

    if (!ask_keys(host, &message))
        ike_engine_answer_sign(host->engine, now, message.ticket, NULL);
}

static void
ask_skeyid(Host *host, gint64 now, const IkeAction *action)
{
    g_auto(KeylinkMessage) message = {
        .type = KEYLINK_SKEYID,
        .ticket = action->ticket,
        .key = action->skeyid.key,
        .hash = action->skeyid.hash,
        .octets = secret_new(action->skeyid.nonces, action->skeyid.nonces_length),
    };

    if (!ask_keys(host, &message))
        ike_engine_answer_skeyid(host->engine, now, message.ticket, NULL);
}

/* A client logs nobody in and leases nothing. */
static void
refuse_verdict(Host *host, gint64 now, const IkeAction *action)
{
    IkeVerdict verdict = {.type = IKE_VERDICT_NO};

    ike_engine_answer_verdict(host->engine, now, action->ticket, &verdict);
}

static void
refuse_lease(Host *host, gint64 now, const IkeAction *action)
{
    ike_engine_answer_lease(host->engine, now, action->ticket, NULL);
}

static void
tell_stage(Host *host, gint64 now, const IkeAction *action)
{
    BoundaryMessage message = {.type = BOUNDARY_STAGE};

    message.stage = action->stage;
    host_tell(host, &message);
}

static void
tell_phase1(Host *host, gint64 now, const IkeAction *action)
{
    const IkePhase1Info *info = &action->phase1;
    BoundaryMessage message = {.type = BOUNDARY_PHASE1};
    IkeIdView id = {.type = (guint8)info->peer_id.type};
    g_autofree char *identity = NULL;
    g_autofree char *clipped = NULL;

    if (info->peer_id.data != NULL)
        id.data = reader_of_bytes(info->peer_id.data);
    identity = ike_id_format(&id);
    clipped = clip(identity);
    message.phase1.suite = info->suite;
    message.phase1.method = info->method;
    message.phase1.mode = info->mode;
    message.phase1.peer_identity = clipped;
    message.phase1.is_local_behind_nat = info->is_local_behind_nat;
    message.phase1.is_remote_behind_nat = info->is_remote_behind_nat;
    message.phase1.is_encapsulated = info->is_encapsulated;
    message.phase1.has_dpd = info->has_dpd;
    message.phase1.has_fragmentation = info->has_fragmentation;
    message.phase1.lifetime_seconds = info->lifetime_seconds;
    host_tell(host, &message);
}

static void
tell_settings(Host *host, gint64 now, const IkeAction *action)
{
    BoundaryMessage message = {.type = BOUNDARY_SETTINGS};

    message.settings = (IkeSettings *)action->settings; /* only written */
    host_tell(host, &message);
}

static gboolean
child_up(Host *host, gint64 now, const IkeChildInfo *child, GError **error)
{
    BoundaryMessage message = {.type = BOUNDARY_CHILD_KEYS};

    if (!host->is_kernel)
        return plane_up(host->plane, now, child, error);
    message.child_keys = kernel_keys_of(child);
    host_tell(host, &message);
    kernel_keys_clear(&message.child_keys);
    return TRUE;
}

static void
tell_child_up(Host *host, gint64 now, const IkeAction *action)
{
    const IkeChildInfo *child = &action->child_up;
    BoundaryMessage message = {.type = BOUNDARY_CHILD_UP};
    g_autoptr(GError) error = NULL;

    if (!child_up(host, now, child, &error)) {
        host_note(host, IKE_NOTE_WARNING, error->message);
        ike_engine_hang_up(host->engine, now, host->session, REASON_DATAPLANE_UNAVAILABLE);
        return;
    }
    message.child_up.child = child->child;
    message.child_up.replaces = child->replaces;
    message.child_up.suite = child->suite;
    message.child_up.local = child->local;
    message.child_up.remote = child->remote;
    message.child_up.is_encapsulated = child->is_encapsulated;
    message.child_up.pfs_group = child->pfs_group;
    message.child_up.lifetime_seconds = child->lifetime_seconds;
    message.child_up.mtu_octets =
        host->is_kernel ? plane_mtu_with(host->plane, &child->suite) : plane_mtu(host->plane);
    host_tell(host, &message);
}

static void
tell_child_send(Host *host, gint64 now, const IkeAction *action)
{
    BoundaryMessage message = {.type = BOUNDARY_CHILD_SEND};

    if (!host->is_kernel) {
        plane_change_send(host->plane, action->child);
        return;
    }
    message.child_send = action->child;
    host_tell(host, &message);
}

static void
tell_child_down(Host *host, gint64 now, const IkeAction *action)
{
    BoundaryMessage message = {.type = BOUNDARY_CHILD_DOWN};

    plane_down(host->plane, action->child);
    message.child_down = action->child;
    host_tell(host, &message);
}

static void
tell_path(Host *host, gint64 now, const IkeAction *action)
{
    BoundaryMessage message = {.type = BOUNDARY_PATH};

    message.path = action->path;
    host_tell(host, &message);
}

static void
tell_alive(Host *host, gint64 now, const IkeAction *action)
{
    BoundaryMessage message = {.type = BOUNDARY_ALIVE};

    message.round_trip_microseconds = action->round_trip_microseconds;
    host_tell(host, &message);
}

static void
tell_note(Host *host, gint64 now, const IkeAction *action)
{
    host_note(host, action->note.level, action->note.text);
}

static void
tell_closed(Host *host, gint64 now, const IkeAction *action)
{
    if (action->session != host->session)
        return;
    host_close(host, sockets_explain(&host->sockets, action->closed.reason), action->closed.detail);
}

/* The gateway renews a tunnel with an offer of its own. */
static void
tell_refused(Host *host, gint64 now, const IkeAction *action)
{
    g_autofree char *text =
        g_strdup_printf("The gateway's offer is refused: %s; offered: %.400s; here: %.400s",
                        action->refused.difference, action->refused.offered, action->refused.own);

    host_note(host, IKE_NOTE_WARNING, text);
}

typedef void (*ActionFunction)(Host *host, gint64 now, const IkeAction *action);

static const ActionFunction functions[] = {
    [IKE_SEND] = send_datagram,
    [IKE_ASK_LOGIN] = ask_login,
    [IKE_ASK_TRUST] = ask_trust,
    [IKE_ASK_SIGN] = ask_sign,
    [IKE_ASK_SKEYID] = ask_skeyid,
    [IKE_ASK_VERDICT] = refuse_verdict,
    [IKE_ASK_LEASE] = refuse_lease,
    [IKE_TELL_STAGE] = tell_stage,
    [IKE_TELL_PHASE1] = tell_phase1,
    [IKE_TELL_SETTINGS] = tell_settings,
    [IKE_TELL_CHILD_UP] = tell_child_up,
    [IKE_TELL_CHILD_SEND] = tell_child_send,
    [IKE_TELL_CHILD_DOWN] = tell_child_down,
    [IKE_TELL_PATH] = tell_path,
    [IKE_TELL_ALIVE] = tell_alive,
    [IKE_TELL_NOTE] = tell_note,
    [IKE_TELL_REFUSED] = tell_refused,
    [IKE_TELL_CLOSED] = tell_closed,
};

void
actions_carry_out(Host *host, gint64 now)
{
    const IkeAction *action;

    while (!host->is_over && (action = ike_engine_next(host->engine)) != NULL)
        functions[action->type](host, now, action);
}
