/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/host.h"

#include "base/names.h"
#include "engine/actions.h"
#include "keylink.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_TEXT_OCTETS = 1000,
    MAX_DATAGRAM = 65536,
    /* Datagrams taken from the ISAKMP socket before the other descriptors get their turn. */
    MAX_DATAGRAMS_A_TURN = 32,
    ALIVE_MICROSECONDS = 1000 * 1000,
    /* Traffic that leaves without an answer for so long is reason to probe. */
    UNANSWERED_MICROSECONDS = 5 * 1000 * 1000,
};

enum { POLL_BOUNDARY, POLL_KEYS, POLL_TIMER, POLL_ISAKMP, POLL_TUN, POLL_NATT, POLL_COUNT };

gint64
host_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

Host *
host_new(Fd boundary, Fd keys, GError **error)
{
    g_autoptr(Host) host = g_new0(Host, 1);
    IkeOptions options = {.random = random_pool_draw, .random_data = &host->random};

    host->boundary = boundary;
    host->keys = keys;
    host->tun = -1;
    host->armed = -1;
    host->alive_told = -1;
    host->probe_told = -1;
    sockets_init(&host->sockets);
    host->engine = ike_engine_new(&options);
    host->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (host->timer < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "Cannot make a timer: %s",
                    g_strerror(errno));
        return NULL;
    }
    return g_steal_pointer(&host);
}

void
host_free(Host *host)
{
    if (host == NULL)
        return;
    plane_free(host->plane);
    ike_engine_free(host->engine);
    ike_trust_free(host->trust);
    g_clear_pointer(&host->asked_leaf, g_bytes_unref);
    sockets_close(&host->sockets);
    fd_close(&host->tun);
    fd_close(&host->timer);
    fd_close(&host->keys);
    fd_close(&host->boundary);
    random_pool_clear(&host->random);
    g_free(host);
}

void
host_tell(Host *host, const BoundaryMessage *message)
{
    g_autoptr(GError) error = NULL;

    if (boundary_send(host->boundary, message, NULL, &error) || message->type == BOUNDARY_NOTE)
        return;
    host->is_over = TRUE;
}

void
host_note(Host *host, IkeNoteLevel level, const char *text)
{
    BoundaryMessage message = {.type = BOUNDARY_NOTE};

    message.note.level = level;
    message.note.text = name_clean(text, strlen(text), MAX_TEXT_OCTETS, TRUE);
    host_tell(host, &message);
    g_free(message.note.text);
}

void
host_close(Host *host, Reason reason, const char *detail)
{
    BoundaryMessage message = {.type = BOUNDARY_CLOSED};

    message.closed.reason = reason;
    if (detail != NULL)
        message.closed.detail = name_clean(detail, strlen(detail), MAX_TEXT_OCTETS, TRUE);
    host_tell(host, &message);
    g_free(message.closed.detail);
    host->is_over = TRUE;
}

static void
hang_up(Host *host, gint64 now, Reason reason)
{
    if (host->session == 0)
        host_close(host, reason, NULL);
    else
        ike_engine_hang_up(host->engine, now, host->session, reason);
}

/* PlaneHost */
static void
receive_natt(gpointer data, gint64 now, const NetEndpoint *from, const guint8 *octets, gsize length)
{
    Host *host = data;
    IkePath path = host->sockets.natt_path;

    if (net_address_is_set(&from->address))
        path.remote = *from;
    sockets_heard(&host->sockets);
    ike_engine_receive(host->engine, now, &path, octets, length);
    actions_carry_out(host, now);
}

static void
take_event(gpointer data, gint64 now, const PlaneEvent *event)
{
    Host *host = data;

    switch (event->type) {
    case PLANE_MOVED:
        ike_engine_moved(host->engine, now, host->session, &event->remote);
        break;
    case PLANE_SOFT_LIMIT:
        ike_engine_rekey(host->engine, now, host->session);
        break;
    case PLANE_HARD_LIMIT:
        ike_engine_spent(host->engine, now, host->session, event->child);
        break;
    case PLANE_MTU:
        break; /* asked for with every CHILD_UP */
    case PLANE_HEARD:
        break; /* a gateway's */
    case PLANE_SOCKET:
        sockets_failed(&host->sockets, event->code);
        break;
    }
    actions_carry_out(host, now);
}

static void
initiate(Host *host, gint64 now, BoundaryMessage *message, Fd *fds)
{
    PlaneHost callbacks = {.receive = receive_natt, .event = take_event, .user_data = host};
    IkePolicy *policy = message->initiate.policy;
    PlaneOptions options = {
        .remote = message->initiate.natt.remote,
        .esp_fragment_octets = message->initiate.esp_fragment_octets,
        .mtu_octets = message->initiate.mtu_octets,
    };
    g_autoptr(GError) error = NULL;

    if (host->session != 0) {
        host_close(host, REASON_INTERNAL, "coatid asked for a second tunnel");
        return;
    }
    sockets_take(&host->sockets, &fds[0], &fds[1], &message->initiate.isakmp,
                 &message->initiate.natt);
    host->is_kernel = message->initiate.is_kernel;
    if (!host->is_kernel)
        host->tun = fd_steal(&fds[2]);
    host->trust = g_steal_pointer(&message->initiate.trust);
    options.tun = host->tun;
    options.socket = host->sockets.natt;
    host->plane = plane_new(&options, &callbacks, &error);
    if (host->plane == NULL) {
        host_close(host, REASON_DATAPLANE_UNAVAILABLE, error->message);
        return;
    }
    /* Both planes know ESP in UDP alone. */
    policy->is_esp_always_encapsulated = TRUE;
    host->session = ike_engine_initiate(host->engine, now, policy, &host->sockets.isakmp_path,
                                        &host->sockets.natt_path);
}

static void
rebind(Host *host, gint64 now, const BoundaryMessage *message, Fd *fds)
{
    g_autoptr(GError) error = NULL;

    if (host->session == 0)
        return;
    /* The plane lets go of the old socket before it is closed. */
    if (!plane_change_path(host->plane, fds[1], &message->rebind.natt.remote, &error)) {
        host_note(host, IKE_NOTE_WARNING, error->message);
        hang_up(host, now, REASON_NETWORK_CHANGED);
        return;
    }
    sockets_take(&host->sockets, &fds[0], &fds[1], &message->rebind.isakmp, &message->rebind.natt);
    ike_engine_rebind(host->engine, now, host->session, &host->sockets.isakmp_path,
                      &host->sockets.natt_path);
}

static void
answer_login(Host *host, gint64 now, const BoundaryMessage *message)
{
    IkeLogin login = {
        .user = message->answer_login.user,
        .password = message->answer_login.password,
        .passcode = message->answer_login.passcode,
        .domain = message->answer_login.domain,
        .next_pin = message->answer_login.next_pin,
        .answer = message->answer_login.answer,
        .is_cancelled = message->answer_login.is_cancelled,
    };

    ike_engine_answer_login(host->engine, now, message->answer_login.ticket, &login);
}

static void
count(Host *host, gint64 now)
{
    BoundaryMessage message = {.type = BOUNDARY_COUNTERS};

    message.counters.last_received_seconds = G_MAXUINT32;
    if (host->plane != NULL)
        plane_counters(host->plane, now, &message.counters);
    host_tell(host, &message);
}

static void
obey(Host *host, gint64 now, BoundaryMessage *message, Fd *fds)
{
    switch (message->type) {
    case BOUNDARY_INITIATE:
        initiate(host, now, message, fds);
        break;
    case BOUNDARY_ANSWER_LOGIN:
        answer_login(host, now, message);
        break;
    case BOUNDARY_ANSWER_TRUST:
        if (host->session != 0)
            actions_answer_trust(host, now, message->answer_trust.ticket,
                                 message->answer_trust.reason);
        break;
    case BOUNDARY_REBIND:
        rebind(host, now, message, fds);
        break;
    case BOUNDARY_HANG_UP:
        hang_up(host, now, message->hang_up);
        break;
    case BOUNDARY_REAUTHENTICATE:
        ike_engine_reauthenticate(host->engine, now, host->session);
        break;
    case BOUNDARY_REKEY:
        ike_engine_rekey(host->engine, now, host->session);
        break;
    case BOUNDARY_COUNT:
        count(host, now);
        break;
    case BOUNDARY_PROBE:
        ike_engine_probe(host->engine, now, host->session);
        break;
    case BOUNDARY_SEEN:
        kernel_seen_update(&host->seen, now, message->seen.packets_in, message->seen.packets_out);
        break;
    case BOUNDARY_STAGE:
    case BOUNDARY_PHASE1:
    case BOUNDARY_ASK_LOGIN:
    case BOUNDARY_ASK_TRUST:
    case BOUNDARY_SETTINGS:
    case BOUNDARY_CHILD_UP:
    case BOUNDARY_CHILD_DOWN:
    case BOUNDARY_PATH:
    case BOUNDARY_COUNTERS:
    case BOUNDARY_NOTE:
    case BOUNDARY_CLOSED:
    case BOUNDARY_CHILD_KEYS:
    case BOUNDARY_CHILD_SEND:
    case BOUNDARY_ALIVE:
        /* boundary_receive() lets none of the other direction in. */
        g_assert_not_reached();
    }
}

static void
serve_boundary(Host *host, gint64 now)
{
    g_autoptr(BoundaryMessage) message = NULL;
    g_autoptr(GError) error = NULL;
    Fd fds[FD_MAX_PASSED] = {-1, -1, -1, -1};

    message = boundary_receive(host->boundary, BOUNDARY_TO_ENGINE, fds, &error);
    if (message != NULL)
        obey(host, now, message, fds);
    else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        host->is_over = TRUE;
    for (gsize i = 0; i < FD_MAX_PASSED; i++)
        fd_close(&fds[i]);
}

static void
serve_keys(Host *host, gint64 now)
{
    g_auto(KeylinkMessage) answer = {0};
    g_autoptr(GBytes) signature = NULL;
    g_autoptr(GError) error = NULL;

    if (!keylink_receive(host->keys, KEYLINK_TO_ENGINE, &answer, &error)) {
        if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
            host_note(host, IKE_NOTE_WARNING, "The process that holds the keys is gone");
            fd_close(&host->keys);
        }
        return;
    }
    if (answer.type == KEYLINK_SKEYID_IS) {
        ike_engine_answer_skeyid(host->engine, now, answer.ticket, answer.octets);
        return;
    }
    if (answer.octets != NULL)
        signature = g_bytes_new(secret_data(answer.octets), secret_length(answer.octets));
    ike_engine_answer_sign(host->engine, now, answer.ticket, signature);
}

static void
serve_isakmp(Host *host, gint64 now)
{
    static guint8 room[MAX_DATAGRAM];

    for (guint i = 0; i < MAX_DATAGRAMS_A_TURN && !host->is_over; i++) {
        gssize length = sockets_receive(&host->sockets, room, sizeof room);

        if (length < 0)
            return;
        ike_engine_receive(host->engine, now, &host->sockets.isakmp_path, room, (gsize)length);
        actions_carry_out(host, now);
    }
}

static void
serve_timer(Host *host, gint64 now)
{
    guint64 times;

    if (read(host->timer, &times, sizeof times) < 0)
        return;
    host->armed = -1;
}

/* What the plane saw is life for the core's dead peer detection. */
static void
watch_plane(Host *host, gint64 now)
{
    PlaneSeen seen;

    if (host->plane == NULL)
        return;
    seen = host->is_kernel ? kernel_last_seen(&host->seen) : plane_last_seen(host->plane);
    if (seen.received > host->alive_told && now - host->alive_told >= ALIVE_MICROSECONDS) {
        host->alive_told = now;
        ike_engine_alive(host->engine, now, host->session);
    }
    if (seen.unanswered_since >= 0 && now - seen.unanswered_since >= UNANSWERED_MICROSECONDS &&
        now - host->probe_told >= UNANSWERED_MICROSECONDS) {
        host->probe_told = now;
        ike_engine_probe(host->engine, now, host->session);
    }
}

static void
arm(Host *host)
{
    gint64 deadline = ike_engine_deadline(host->engine);
    struct itimerspec when = {0};

    if (deadline == host->armed)
        return;
    if (deadline >= 0) {
        when.it_value.tv_sec = deadline / G_USEC_PER_SEC;
        when.it_value.tv_nsec = deadline % G_USEC_PER_SEC * 1000;
        /* Zero would turn it off. */
        if (when.it_value.tv_sec == 0 && when.it_value.tv_nsec == 0)
            when.it_value.tv_nsec = 1;
    }
    timerfd_settime(host->timer, TFD_TIMER_ABSTIME, &when, NULL);
    host->armed = deadline;
}

static void
fill_poll(const Host *host, struct pollfd fds[POLL_COUNT])
{
    fds[POLL_BOUNDARY] = (struct pollfd){.fd = host->boundary, .events = POLLIN};
    fds[POLL_KEYS] = (struct pollfd){.fd = host->keys, .events = POLLIN};
    fds[POLL_TIMER] = (struct pollfd){.fd = host->timer, .events = POLLIN};
    fds[POLL_ISAKMP] = (struct pollfd){.fd = host->sockets.isakmp, .events = POLLIN};
    fds[POLL_TUN] = (struct pollfd){.fd = -1};
    fds[POLL_NATT] = (struct pollfd){.fd = -1};
    if (host->plane != NULL)
        plane_poll(host->plane, &fds[POLL_TUN]);
}

/* The plane comes before the boundary, which may bring new sockets that fds does not know. */
static void
serve(Host *host, gint64 now, const struct pollfd fds[POLL_COUNT])
{
    if (((fds[POLL_ISAKMP].revents | fds[POLL_NATT].revents) & POLLERR) != 0)
        sockets_take_errors(&host->sockets);
    if (fds[POLL_TIMER].revents != 0)
        serve_timer(host, now);
    if (fds[POLL_ISAKMP].revents != 0)
        serve_isakmp(host, now);
    if (!host->is_over && host->plane != NULL &&
        (fds[POLL_TUN].revents != 0 || fds[POLL_NATT].revents != 0) &&
        !plane_ready(host->plane, now, &fds[POLL_TUN]))
        hang_up(host, now, REASON_DATAPLANE_UNAVAILABLE);
    if (!host->is_over && fds[POLL_KEYS].revents != 0)
        serve_keys(host, now);
    if (!host->is_over && fds[POLL_BOUNDARY].revents != 0)
        serve_boundary(host, now);
}

void
host_run(Host *host, const char *note, const volatile gint *stop)
{
    struct pollfd fds[POLL_COUNT];
    gboolean is_stopping = FALSE;
    sigset_t open_signals;

    sigemptyset(&open_signals);
    host_note(host, IKE_NOTE_INFO, note);
    while (!host->is_over) {
        gint64 now;
        gint ready;

        arm(host);
        fill_poll(host, fds);
        ready = ppoll(fds, POLL_COUNT, NULL, &open_signals);
        now = host_now();
        if (*stop != 0 && !is_stopping) {
            is_stopping = TRUE;
            hang_up(host, now, REASON_SHUTDOWN);
        }
        if (ready > 0)
            serve(host, now, fds);
        watch_plane(host, now);
        ike_engine_tick(host->engine, now);
        actions_carry_out(host, now);
    }
}
