/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the core wants done for its guests: sent, asked of coatid or coati-keys, told to coatid. */
#include "engine/guest-host.h"

#include "base/names.h"
#include "base/sockname.h"
#include "ike/view.h"
#include "keylink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { MAX_TEXT_OCTETS = 1000 };

static char *
clip(const char *text)
{
    return text != NULL ? name_clean(text, strlen(text), MAX_TEXT_OCTETS, TRUE) : NULL;
}

/* The identity of phase 1 for people. */
static char *
format_id(const IkeId *id)
{
    IkeIdView view = {.type = (guint8)id->type};
    g_autofree char *text = NULL;

    if (id->data != NULL)
        view.data = reader_of_bytes(id->data);
    text = ike_id_format(&view);
    return clip(text);
}

static void
send_datagram(GuestHost *host, gint64 now, const IkeAction *action)
{
    static const guint8 marker[4];
    gboolean is_natt = action->send.path.socket == IKE_SOCKET_NATT;
    gboolean is_marked = is_natt && !action->send.is_keepalive;
    struct sockaddr_storage name;
    struct iovec parts[] = {
        {.iov_base = (void *)marker, .iov_len = is_marked ? sizeof marker : 0},
        {.iov_base = (void *)action->send.data, .iov_len = action->send.length},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = G_N_ELEMENTS(parts)};
    Fd fd = is_natt ? host->natt : host->isakmp;

    message.msg_name = &name;
    message.msg_namelen = sockname_of(&action->send.path.remote, &name);
    /* An ICMP error of an earlier datagram is reported by the next call instead of its own
     * result: send again then. */
    if (sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
        sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
ask_trust(GuestHost *host, gint64 now, const IkeAction *action)
{
    g_autofree char *detail = NULL;
    Reason reason;

    host->trust->now_unix_seconds = g_get_real_time() / G_USEC_PER_SEC;
    reason = ike_trust_check(host->trust, action->trust.certificates, action->trust.count,
                             &action->trust.id, &detail);
    ike_engine_answer_trust(host->engine, now, action->ticket, reason, detail);
}

/* FALSE when coati-keys does not take it: the answer is "no" then. */
static gboolean
ask_keys(GuestHost *host, KeylinkMessage *message)
{
    g_autoptr(GError) error = NULL;

    if (keylink_send(host->keys, message, &error))
        return TRUE;
    guest_host_note(host, 0, IKE_NOTE_WARNING, error->message);
    return FALSE;
}

static void
ask_sign(GuestHost *host, gint64 now, const IkeAction *action)
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
ask_skeyid(GuestHost *host, gint64 now, const IkeAction *action)
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

/* A gateway logs in nowhere. */
static void
refuse_login(GuestHost *host, gint64 now, const IkeAction *action)
{
    IkeLogin login = {.is_cancelled = TRUE};

    ike_engine_answer_login(host->engine, now, action->ticket, &login);
}

static void
ask_verdict(GuestHost *host, gint64 now, const IkeAction *action)
{
    const IkeVerdictQuestion *question = &action->verdict;
    const IkeLogin *login = &question->login;
    GuestlinkMessage message = {.type = GUESTLINK_ASK_VERDICT, .session = action->session};

    /* Borrowed: only written. */
    message.ask_verdict.ticket = action->ticket;
    message.ask_verdict.user = (Secret *)login->user;
    message.ask_verdict.password = (Secret *)login->password;
    message.ask_verdict.passcode = (Secret *)login->passcode;
    message.ask_verdict.domain = (Secret *)login->domain;
    message.ask_verdict.next_pin = (Secret *)login->next_pin;
    message.ask_verdict.answer = (Secret *)login->answer;
    message.ask_verdict.challenge = question->challenge;
    message.ask_verdict.group = format_id(&question->group);
    message.ask_verdict.peer = question->peer;
    message.ask_verdict.round = question->round;
    guest_host_tell(host, &message);
    g_free(message.ask_verdict.group);
}

static void
ask_lease(GuestHost *host, gint64 now, const IkeAction *action)
{
    GuestlinkMessage message = {.type = GUESTLINK_ASK_LEASE, .session = action->session};

    message.ask_lease.ticket = action->ticket;
    message.ask_lease.user = clip(action->lease.user);
    message.ask_lease.group = format_id(&action->lease.group);
    message.ask_lease.wished = action->lease.wished;
    guest_host_tell(host, &message);
    g_free(message.ask_lease.user);
    g_free(message.ask_lease.group);
}

static void
tell_phase1(GuestHost *host, gint64 now, const IkeAction *action)
{
    const IkePhase1Info *info = &action->phase1;
    GuestlinkMessage message = {.type = GUESTLINK_PHASE1, .session = action->session};

    message.phase1.suite = info->suite;
    message.phase1.method = info->method;
    message.phase1.mode = info->mode;
    message.phase1.group = format_id(&info->peer_id);
    message.phase1.is_behind_nat = info->is_remote_behind_nat;
    message.phase1.has_dpd = info->has_dpd;
    message.phase1.has_fragmentation = info->has_fragmentation;
    message.phase1.has_unity = info->has_unity;
    message.phase1.lifetime_seconds = info->lifetime_seconds;
    memcpy(message.phase1.cookies, info->cky_i, sizeof info->cky_i);
    memcpy(message.phase1.cookies + sizeof info->cky_i, info->cky_r, sizeof info->cky_r);
    guest_host_tell(host, &message);
    g_free(message.phase1.group);
}

static void
ignore(GuestHost *host, gint64 now, const IkeAction *action)
{
}

static gboolean
child_up(GuestHost *host, gint64 now, guint64 session, const IkeChildInfo *child, GError **error)
{
    GuestlinkMessage message = {.type = GUESTLINK_CHILD_KEYS, .session = session};

    if (!host->is_kernel)
        return plane_up_guest(host->plane, now, session, child, error);
    message.child_keys = kernel_keys_of(child);
    guest_host_tell(host, &message);
    kernel_keys_clear(&message.child_keys);
    return TRUE;
}

static void
tell_child_up(GuestHost *host, gint64 now, const IkeAction *action)
{
    const IkeChildInfo *child = &action->child_up;
    GuestlinkMessage message = {.type = GUESTLINK_CHILD_UP, .session = action->session};
    g_autoptr(GError) error = NULL;

    if (!child_up(host, now, action->session, child, &error)) {
        guest_host_note(host, action->session, IKE_NOTE_WARNING, error->message);
        ike_engine_hang_up(host->engine, now, action->session, REASON_DATAPLANE_UNAVAILABLE);
        return;
    }
    message.child_up.child = child->child;
    message.child_up.replaces = child->replaces;
    message.child_up.suite = child->suite;
    message.child_up.local = child->local;
    message.child_up.remote = child->remote;
    message.child_up.pfs_group = child->pfs_group;
    guest_host_tell(host, &message);
}

static void
tell_child_send(GuestHost *host, gint64 now, const IkeAction *action)
{
    GuestlinkMessage message = {.type = GUESTLINK_CHILD_SEND, .session = action->session};

    if (!host->is_kernel) {
        plane_change_send(host->plane, action->child);
        return;
    }
    message.child_send = action->child;
    guest_host_tell(host, &message);
}

static void
tell_child_down(GuestHost *host, gint64 now, const IkeAction *action)
{
    GuestlinkMessage message = {.type = GUESTLINK_CHILD_DOWN, .session = action->session};

    plane_down(host->plane, action->child);
    message.child_down = action->child;
    guest_host_tell(host, &message);
}

static void
tell_path(GuestHost *host, gint64 now, const IkeAction *action)
{
    GuestlinkMessage message = {.type = GUESTLINK_PATH, .session = action->session};

    plane_change_guest(host->plane, action->session, &action->path.remote);
    message.path = action->path.remote;
    guest_host_tell(host, &message);
}

static void
tell_note(GuestHost *host, gint64 now, const IkeAction *action)
{
    guest_host_note(host, action->session, action->note.level, action->note.text);
}

static void
tell_refused(GuestHost *host, gint64 now, const IkeAction *action)
{
    GuestlinkMessage message = {.type = GUESTLINK_REFUSED, .session = action->session};

    message.refused.peer = action->refused.peer;
    message.refused.reason = action->refused.reason;
    message.refused.offered = clip(action->refused.offered);
    message.refused.own = clip(action->refused.own);
    message.refused.difference = clip(action->refused.difference);
    guest_host_tell(host, &message);
    g_free(message.refused.offered);
    g_free(message.refused.own);
    g_free(message.refused.difference);
}

/* The last counters go before the end: accounting needs them. */
static void
tell_closed(GuestHost *host, gint64 now, const IkeAction *action)
{
    GuestlinkMessage counters = {.type = GUESTLINK_COUNTERS, .session = action->session};
    GuestlinkMessage message = {.type = GUESTLINK_CLOSED, .session = action->session};

    if (plane_guest_counters(host->plane, action->session, now, &counters.counters))
        guest_host_tell(host, &counters);
    plane_forget_guest(host->plane, action->session);
    message.closed.reason = action->closed.reason;
    message.closed.detail = clip(action->closed.detail);
    guest_host_tell(host, &message);
    g_free(message.closed.detail);
}

typedef void (*GuestFunction)(GuestHost *host, gint64 now, const IkeAction *action);

static const GuestFunction functions[] = {
    [IKE_SEND] = send_datagram,
    [IKE_ASK_LOGIN] = refuse_login,
    [IKE_ASK_TRUST] = ask_trust,
    [IKE_ASK_SIGN] = ask_sign,
    [IKE_ASK_SKEYID] = ask_skeyid,
    [IKE_ASK_VERDICT] = ask_verdict,
    [IKE_ASK_LEASE] = ask_lease,
    [IKE_TELL_STAGE] = ignore,
    [IKE_TELL_PHASE1] = tell_phase1,
    [IKE_TELL_SETTINGS] = ignore,
    [IKE_TELL_CHILD_UP] = tell_child_up,
    [IKE_TELL_CHILD_SEND] = tell_child_send,
    [IKE_TELL_CHILD_DOWN] = tell_child_down,
    [IKE_TELL_PATH] = tell_path,
    [IKE_TELL_ALIVE] = ignore,
    [IKE_TELL_NOTE] = tell_note,
    [IKE_TELL_REFUSED] = tell_refused,
    [IKE_TELL_CLOSED] = tell_closed,
};

void
guest_host_carry_out(GuestHost *host, gint64 now)
{
    const IkeAction *action;

    while (!host->is_over && (action = ike_engine_next(host->engine)) != NULL)
        functions[action->type](host, now, action);
}
