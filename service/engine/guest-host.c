/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/guest-host.h"

#include "base/names.h"
#include "base/sockname.h"
#include "engine/host.h"
#include "keylink.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    MAX_TEXT_OCTETS = 1000,
    MAX_DATAGRAM = 65536,
    /* Datagrams taken from the ISAKMP socket, and messages from coatid, before the other
     * descriptors get their turn. */
    MAX_DATAGRAMS_A_TURN = 32,
    MAX_MESSAGES_A_TURN = 32,
};

enum { POLL_BOUNDARY, POLL_KEYS, POLL_TIMER, POLL_ISAKMP, POLL_TUN, POLL_NATT, POLL_COUNT };

GuestHost *
guest_host_new(Fd boundary, Fd keys, GError **error)
{
    g_autoptr(GuestHost) host = g_new0(GuestHost, 1);
    IkeOptions options = {.random = random_pool_draw, .random_data = &host->random};

    host->boundary = boundary;
    host->queue = channel_queue_new(boundary);
    host->keys = keys;
    host->tun = host->isakmp = host->natt = -1;
    host->armed = -1;
    host->engine = ike_engine_new(&options);
    host->draft = g_ptr_array_new_with_free_func((GDestroyNotify)ike_policy_unref);
    host->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (host->timer < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "Cannot make a timer: %s",
                    g_strerror(errno));
        return NULL;
    }
    return g_steal_pointer(&host);
}

void
guest_host_free(GuestHost *host)
{
    if (host == NULL)
        return;
    plane_free(host->plane);
    ike_engine_free(host->engine);
    ike_trust_free(host->trust);
    g_ptr_array_unref(host->draft);
    channel_queue_free(host->queue);
    fd_close(&host->isakmp);
    fd_close(&host->natt);
    fd_close(&host->tun);
    fd_close(&host->timer);
    fd_close(&host->keys);
    fd_close(&host->boundary);
    random_pool_clear(&host->random);
    g_free(host);
}

void
guest_host_tell(GuestHost *host, const GuestlinkMessage *message)
{
    g_autoptr(GError) error = NULL;

    if (!guestlink_queue_send(host->queue, message, NULL, &error))
        host->is_over = TRUE;
}

void
guest_host_note(GuestHost *host, guint64 session, IkeNoteLevel level, const char *text)
{
    GuestlinkMessage message = {.type = GUESTLINK_NOTE, .session = session};

    message.note.level = level;
    message.note.text = name_clean(text, strlen(text), MAX_TEXT_OCTETS, TRUE);
    guest_host_tell(host, &message);
    g_free(message.note.text);
}

/* PlaneHost */
static void
receive_natt(gpointer data, gint64 now, const NetEndpoint *from, const guint8 *octets, gsize length)
{
    GuestHost *host = data;
    IkePath path = {.local = host->natt_local, .remote = *from, .socket = IKE_SOCKET_NATT};

    ike_engine_receive(host->engine, now, &path, octets, length);
    guest_host_carry_out(host, now);
}

static void
take_event(gpointer data, gint64 now, const PlaneEvent *event)
{
    GuestHost *host = data;

    switch (event->type) {
    case PLANE_MOVED:
        ike_engine_moved(host->engine, now, event->session, &event->remote);
        break;
    case PLANE_HEARD:
        ike_engine_alive(host->engine, now, event->session);
        break;
    case PLANE_SOFT_LIMIT:
        ike_engine_rekey(host->engine, now, event->session);
        break;
    case PLANE_HARD_LIMIT:
        ike_engine_spent(host->engine, now, event->session, event->child);
        break;
    case PLANE_MTU:
    case PLANE_SOCKET:
        break;
    }
    guest_host_carry_out(host, now);
}

static void
fail(GuestHost *host, const char *text)
{
    guest_host_note(host, 0, IKE_NOTE_WARNING, text);
    host->is_over = TRUE;
}

static void
serve(GuestHost *host, const GuestlinkMessage *message, Fd *fds)
{
    PlaneHost callbacks = {.receive = receive_natt, .event = take_event, .user_data = host};
    PlaneOptions options = {
        .has_guests = TRUE,
        .remote = {.address = {.length = message->serve.natt.address.length}},
        .esp_fragment_octets = message->serve.esp_fragment_octets,
        .mtu_octets = message->serve.mtu_octets,
    };
    g_autoptr(GError) error = NULL;

    if (host->plane != NULL) {
        fail(host, "coatid asked twice to serve");
        return;
    }
    host->isakmp = fd_steal(&fds[0]);
    host->natt = fd_steal(&fds[1]);
    host->is_kernel = message->serve.is_kernel;
    if (!host->is_kernel)
        host->tun = fd_steal(&fds[2]);
    host->isakmp_local = message->serve.isakmp;
    host->natt_local = message->serve.natt;
    options.tun = host->tun;
    options.socket = host->natt;
    host->plane = plane_new(&options, &callbacks, &error);
    if (host->plane == NULL)
        fail(host, error->message);
}

static void
configure(GuestHost *host, GuestlinkMessage *message)
{
    ike_trust_free(host->trust);
    host->trust = g_steal_pointer(&message->configure);
    ike_engine_set_responder_policies(host->engine, host->draft);
    g_ptr_array_set_size(host->draft, 0);
}

static void
add_policy(GuestHost *host, GuestlinkMessage *message)
{
    /* Both planes know ESP in UDP alone. */
    message->policy->is_esp_always_encapsulated = TRUE;
    g_ptr_array_add(host->draft, g_steal_pointer(&message->policy));
}

static void
count(GuestHost *host, gint64 now, guint64 session)
{
    GuestlinkMessage message = {.type = GUESTLINK_COUNTERS, .session = session};

    message.counters.last_received_seconds = G_MAXUINT32;
    if (host->plane != NULL && session == 0)
        plane_counters(host->plane, now, &message.counters);
    else if (host->plane != NULL)
        plane_guest_counters(host->plane, session, now, &message.counters);
    guest_host_tell(host, &message);
}

static void
answer_verdict(GuestHost *host, gint64 now, const GuestlinkMessage *message)
{
    IkeVerdict verdict = {.type = message->verdict.type,
                          .message = message->verdict.message,
                          .field = message->verdict.field};

    ike_engine_answer_verdict(host->engine, now, message->verdict.ticket, &verdict);
}

static void
obey(GuestHost *host, gint64 now, GuestlinkMessage *message, Fd *fds)
{
    switch (message->type) {
    case GUESTLINK_SERVE:
        serve(host, message, fds);
        break;
    case GUESTLINK_POLICY:
        add_policy(host, message);
        break;
    case GUESTLINK_CONFIGURE:
        configure(host, message);
        break;
    case GUESTLINK_VERDICT:
        answer_verdict(host, now, message);
        break;
    case GUESTLINK_LEASE:
        ike_engine_answer_lease(host->engine, now, message->lease.ticket,
                                message->lease.is_given ? message->lease.settings : NULL);
        break;
    case GUESTLINK_HANG_UP:
        ike_engine_hang_up(host->engine, now, message->session, message->hang_up);
        break;
    case GUESTLINK_COUNT:
        count(host, now, message->session);
        break;
    case GUESTLINK_ALIVE:
        ike_engine_alive(host->engine, now, message->session);
        break;
    case GUESTLINK_MOVED:
        ike_engine_moved(host->engine, now, message->session, &message->moved);
        break;
    case GUESTLINK_EXPIRING:
        ike_engine_rekey(host->engine, now, message->session);
        break;
    case GUESTLINK_ASK_VERDICT:
    case GUESTLINK_ASK_LEASE:
    case GUESTLINK_PHASE1:
    case GUESTLINK_CHILD_UP:
    case GUESTLINK_CHILD_DOWN:
    case GUESTLINK_PATH:
    case GUESTLINK_COUNTERS:
    case GUESTLINK_NOTE:
    case GUESTLINK_CHILD_KEYS:
    case GUESTLINK_CHILD_SEND:
    case GUESTLINK_CLOSED:
    case GUESTLINK_REFUSED:
        /* guestlink_receive() lets none of the other direction in. */
        g_assert_not_reached();
    }
}

/* FALSE when there is no more. */
static gboolean
take_message(GuestHost *host, gint64 now)
{
    g_autoptr(GuestlinkMessage) message = NULL;
    g_autoptr(GError) error = NULL;
    Fd fds[FD_MAX_PASSED] = {-1, -1, -1, -1};

    message = guestlink_receive(host->boundary, BOUNDARY_TO_ENGINE, fds, &error);
    if (message != NULL)
        obey(host, now, message, fds);
    else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        host->is_over = TRUE;
    for (gsize i = 0; i < FD_MAX_PASSED; i++)
        fd_close(&fds[i]);
    guest_host_carry_out(host, now);
    return message != NULL;
}

static void
serve_boundary(GuestHost *host, gint64 now, short events)
{
    g_autoptr(GError) error = NULL;

    if (!channel_queue_flush(host->queue, &error))
        host->is_over = TRUE;
    if ((events & (POLLIN | POLLHUP | POLLERR)) == 0)
        return;
    for (guint i = 0; i < MAX_MESSAGES_A_TURN && !host->is_over; i++)
        if (!take_message(host, now))
            return;
}

/* FALSE when there is no more. */
static gboolean
take_key_answer(GuestHost *host, gint64 now)
{
    g_auto(KeylinkMessage) answer = {0};
    g_autoptr(GBytes) signature = NULL;
    g_autoptr(GError) error = NULL;

    if (!keylink_receive(host->keys, KEYLINK_TO_ENGINE, &answer, &error)) {
        /* Without its keys a gateway is none: coatid starts all anew. */
        if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            fail(host, "The process that holds the keys is gone");
        return FALSE;
    }
    if (answer.type == KEYLINK_SKEYID_IS) {
        ike_engine_answer_skeyid(host->engine, now, answer.ticket, answer.octets);
    } else {
        if (answer.octets != NULL)
            signature = g_bytes_new(secret_data(answer.octets), secret_length(answer.octets));
        ike_engine_answer_sign(host->engine, now, answer.ticket, signature);
    }
    guest_host_carry_out(host, now);
    return TRUE;
}

static void
serve_keys(GuestHost *host, gint64 now)
{
    for (guint i = 0; i < MAX_MESSAGES_A_TURN && !host->is_over; i++)
        if (!take_key_answer(host, now))
            return;
}

static void
serve_isakmp(GuestHost *host, gint64 now)
{
    static guint8 room[MAX_DATAGRAM];
    struct iovec part = {.iov_base = room, .iov_len = sizeof room};

    for (guint i = 0; i < MAX_DATAGRAMS_A_TURN && !host->is_over; i++) {
        struct sockaddr_storage name;
        struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_name = &name, .msg_namelen = sizeof name};
        IkePath path = {.local = host->isakmp_local, .socket = IKE_SOCKET_ISAKMP};
        gssize length = recvmsg(host->isakmp, &message, MSG_DONTWAIT);

        if (length < 0)
            return;
        path.remote = sockname_endpoint(&name);
        ike_engine_receive(host->engine, now, &path, room, (gsize)length);
        guest_host_carry_out(host, now);
    }
}

static void
serve_timer(GuestHost *host)
{
    guint64 times;

    if (read(host->timer, &times, sizeof times) > 0)
        host->armed = -1;
}

static void
arm(GuestHost *host)
{
    gint64 deadline = ike_engine_deadline(host->engine);
    struct itimerspec when = {0};

    /* One that rings too early costs a turn of the loop, which is less than setting it anew with
     * every datagram. */
    if (deadline < 0 || (host->armed >= 0 && host->armed <= deadline))
        return;
    when.it_value.tv_sec = deadline / G_USEC_PER_SEC;
    /* Zero would turn it off. */
    when.it_value.tv_nsec = MAX(deadline % G_USEC_PER_SEC * 1000, 1);
    timerfd_settime(host->timer, TFD_TIMER_ABSTIME, &when, NULL);
    host->armed = deadline;
}

static void
fill_poll(const GuestHost *host, struct pollfd fds[POLL_COUNT])
{
    gboolean is_waiting = channel_queue_is_waiting(host->queue);

    fds[POLL_BOUNDARY] =
        (struct pollfd){.fd = host->boundary, .events = is_waiting ? POLLIN | POLLOUT : POLLIN};
    fds[POLL_KEYS] = (struct pollfd){.fd = host->keys, .events = POLLIN};
    fds[POLL_TIMER] = (struct pollfd){.fd = host->timer, .events = POLLIN};
    fds[POLL_ISAKMP] = (struct pollfd){.fd = host->isakmp, .events = POLLIN};
    fds[POLL_TUN] = (struct pollfd){.fd = -1};
    fds[POLL_NATT] = (struct pollfd){.fd = -1};
    if (host->plane != NULL)
        plane_poll(host->plane, &fds[POLL_TUN]);
}

static void
serve_ready(GuestHost *host, gint64 now, const struct pollfd fds[POLL_COUNT])
{
    if (fds[POLL_TIMER].revents != 0)
        serve_timer(host);
    if (fds[POLL_ISAKMP].revents != 0)
        serve_isakmp(host, now);
    if (!host->is_over && host->plane != NULL &&
        (fds[POLL_TUN].revents != 0 || fds[POLL_NATT].revents != 0) &&
        !plane_ready(host->plane, now, &fds[POLL_TUN]))
        fail(host, "The TUN device is gone");
    if (!host->is_over && fds[POLL_KEYS].revents != 0)
        serve_keys(host, now);
    if (!host->is_over && fds[POLL_BOUNDARY].revents != 0)
        serve_boundary(host, now, fds[POLL_BOUNDARY].revents);
}

void
guest_host_run(GuestHost *host, const char *note, const volatile gint *stop)
{
    struct pollfd fds[POLL_COUNT];
    sigset_t open_signals;

    sigemptyset(&open_signals);
    guest_host_note(host, 0, IKE_NOTE_INFO, note);
    while (!host->is_over && *stop == 0) {
        gint64 now;
        gint ready;

        arm(host);
        fill_poll(host, fds);
        ready = ppoll(fds, POLL_COUNT, NULL, &open_signals);
        now = host_now();
        if (ready > 0)
            serve_ready(host, now, fds);
        ike_engine_tick(host->engine, now);
        guest_host_carry_out(host, now);
    }
}
