/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/reach.h"

#include "base/fd.h"
#include "base/writer.h"
#include "network.h"

#include <errno.h>
#include <glib-unix.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum {
    PROBES = 4,
    PORT_CLOSED = 33434,
    HEADER_OCTETS = 28,
    COOKIE_OCTETS = 8,
    MARKER_OCTETS = 4,
    MAX_DATAGRAM = 2048
};
enum { PAYLOAD_SA = 1, PAYLOAD_VENDOR = 13, EXCHANGE_MAIN = 2, METHOD_HYBRID_RSA = 64221 };

typedef struct {
    Reach *reach;
    gboolean *answer; /* in reach->answers */
    Fd socket;
    guint source;
    gboolean has_marker;
    gboolean wants_refusal; /* an ICMP error of the host itself is the answer */
    guint8 cookie[COOKIE_OCTETS];
    GBytes *message;
} Probe;

struct Reach {
    NetAddress gateway;
    ReachAnswers answers;
    ReachDone done;
    gpointer user_data;
    guint timer;
    guint ticks;
    Probe probes[PROBES];
};

/* RFC 2409 appendix A: attributes of fixed length. */
static void
put_attribute(Writer *writer, guint16 type, guint16 value)
{
    writer_u16(writer, 0x8000 | type);
    writer_u16(writer, value);
}

/* RFC 2408 3.6. key_bits 0 = none. */
static void
put_transform(Writer *writer, guint8 number, gboolean is_last, guint16 cipher, guint16 key_bits,
              guint16 hash, guint16 group)
{
    gsize length;

    writer_u8(writer, is_last ? 0 : 3);
    writer_u8(writer, 0);
    length = writer_open_u16(writer);
    writer_u8(writer, number);
    writer_u8(writer, 1); /* KEY_IKE */
    writer_u16(writer, 0);
    put_attribute(writer, 1, cipher);
    if (key_bits != 0)
        put_attribute(writer, 14, key_bits);
    put_attribute(writer, 2, hash);
    put_attribute(writer, 3, METHOD_HYBRID_RSA);
    put_attribute(writer, 4, group);
    put_attribute(writer, 11, 1);
    put_attribute(writer, 12, 28800);
    writer_close_u16(writer, length, 4);
}

/* RFC 2408 3.4 and 3.5: what most gateways know, since an answer is all that is wanted. */
static void
put_sa(Writer *writer, gboolean is_followed)
{
    gsize sa;
    gsize proposal;

    writer_u8(writer, is_followed ? PAYLOAD_VENDOR : 0);
    writer_u8(writer, 0);
    sa = writer_open_u16(writer);
    writer_u32(writer, 1); /* DOI: IPsec */
    writer_u32(writer, 1); /* SIT_IDENTITY_ONLY */
    writer_u8(writer, 0);
    writer_u8(writer, 0);
    proposal = writer_open_u16(writer);
    writer_u8(writer, 1);
    writer_u8(writer, 1); /* PROTO_ISAKMP */
    writer_u8(writer, 0);
    writer_u8(writer, 3);
    put_transform(writer, 1, FALSE, 7, 256, 4, 14);
    put_transform(writer, 2, FALSE, 7, 128, 2, 2);
    put_transform(writer, 3, TRUE, 5, 0, 2, 2);
    writer_close_u16(writer, proposal, 4);
    writer_close_u16(writer, sa, 4);
}

/* octets: 0 = as small as it can be, else padded with a vendor ID that means nothing. */
static GBytes *
message_new(const guint8 *cookie, gboolean has_marker, gsize octets)
{
    g_auto(Writer) writer = writer_init(MAX_DATAGRAM);
    gsize start = has_marker ? MARKER_OCTETS : 0;
    gsize vendor;

    writer_zero(&writer, start);
    writer_put(&writer, cookie, COOKIE_OCTETS);
    writer_zero(&writer, COOKIE_OCTETS);
    writer_u8(&writer, PAYLOAD_SA);
    writer_u8(&writer, 0x10);
    writer_u8(&writer, EXCHANGE_MAIN);
    writer_u8(&writer, 0);
    writer_u32(&writer, 0);
    writer_u32(&writer, 0);
    put_sa(&writer, octets != 0);
    if (octets > writer.length) {
        writer_u16(&writer, 0);
        vendor = writer_open_u16(&writer);
        writer_zero(&writer, octets - writer.length);
        writer_close_u16(&writer, vendor, 4);
    }
    writer_patch_u32(&writer, start + HEADER_OCTETS - 4, (guint32)(writer.length - start));
    return writer_take_bytes(&writer);
}

static void
finish(Reach *reach)
{
    g_clear_handle_id(&reach->timer, g_source_remove);
    reach->done(&reach->answers, reach->user_data);
}

/* Whether the error that fd holds says that a port of the gateway itself is closed. */
static gboolean
is_refused_by(Fd fd, const NetAddress *gateway)
{
    union {
        struct cmsghdr head;
        char room[512];
    } control;
    struct msghdr message = {.msg_control = &control, .msg_controllen = sizeof control};

    if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return FALSE;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head != NULL;
         head = CMSG_NXTHDR(&message, head)) {
        const struct sock_extended_err *error = (gconstpointer)CMSG_DATA(head);
        gconstpointer from = SO_EE_OFFENDER(error);
        NetAddress offender = {0};

        if (head->cmsg_level == IPPROTO_IP && head->cmsg_type == IP_RECVERR)
            offender = net_address_of(&((const struct sockaddr_in *)from)->sin_addr, 4);
        else if (head->cmsg_level == IPPROTO_IPV6 && head->cmsg_type == IPV6_RECVERR)
            offender = net_address_of(&((const struct sockaddr_in6 *)from)->sin6_addr, 16);
        if (error->ee_errno == ECONNREFUSED && net_address_equal(&offender, gateway))
            return TRUE;
    }
    return FALSE;
}

static gboolean
on_refusal(Probe *probe)
{
    *probe->answer = *probe->answer || is_refused_by(probe->socket, &probe->reach->gateway);
    if (!*probe->answer)
        return G_SOURCE_CONTINUE;
    probe->source = 0;
    return G_SOURCE_REMOVE;
}

static gboolean
on_answer(gint fd, GIOCondition condition, gpointer user_data)
{
    Probe *probe = user_data;
    Reach *reach = probe->reach;
    gsize start = probe->has_marker ? MARKER_OCTETS : 0;
    guint8 data[MAX_DATAGRAM];
    gssize length;

    if (probe->wants_refusal)
        return on_refusal(probe);
    length = recv(fd, data, sizeof data, MSG_DONTWAIT);
    if (length < (gssize)(start + HEADER_OCTETS)) {
        /* An error of the path stays in the queue: this way is not answered. */
        if ((condition & G_IO_ERR) == 0)
            return G_SOURCE_CONTINUE;
        reach->answers.is_refused |= is_refused_by(fd, &reach->gateway);
        probe->source = 0;
        return G_SOURCE_REMOVE;
    }
    if (memcmp(data + start, probe->cookie, COOKIE_OCTETS) != 0)
        return G_SOURCE_CONTINUE;
    probe->source = 0;
    *probe->answer = TRUE;
    if (reach->answers.small_500 && reach->answers.large_500)
        finish(reach);
    return G_SOURCE_REMOVE;
}

static gboolean
on_tick(gpointer user_data)
{
    Reach *reach = user_data;

    if (reach->ticks++ >= REACH_SECONDS) {
        reach->timer = 0;
        finish(reach);
        return G_SOURCE_REMOVE;
    }
    for (guint i = 0; i < PROBES; i++) {
        Probe *probe = &reach->probes[i];
        gsize length;
        const void *data = g_bytes_get_data(probe->message, &length);

        if (probe->source != 0)
            (void)send(probe->socket, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    return G_SOURCE_CONTINUE;
}

static void
probe_start(Probe *probe, Reach *reach, const NetAddress *gateway, guint16 port, gsize octets,
            gboolean *answer)
{
    NetEndpoint remote = {.address = *gateway, .port = port};
    NetworkPath path;

    probe->reach = reach;
    probe->answer = answer;
    probe->has_marker = port == 4500;
    probe->wants_refusal = port == PORT_CLOSED;
    for (guint i = 0; i < COOKIE_OCTETS; i++)
        probe->cookie[i] = (guint8)g_random_int_range(1, 256);
    probe->message = message_new(probe->cookie, probe->has_marker, octets);
    probe->socket = -1;
    if (network_open_path(&remote, 0, &probe->socket, &path, NULL))
        probe->source = g_unix_fd_add(probe->socket, G_IO_IN, on_answer, probe);
}

Reach *
reach_new(const NetAddress *gateway, ReachDone done, gpointer user_data)
{
    Reach *reach = g_new0(Reach, 1);
    ReachAnswers *answers = &reach->answers;

    reach->gateway = *gateway;
    reach->done = done;
    reach->user_data = user_data;
    probe_start(&reach->probes[0], reach, gateway, 500, 0, &answers->small_500);
    probe_start(&reach->probes[1], reach, gateway, 4500, 0, &answers->small_4500);
    probe_start(&reach->probes[2], reach, gateway, 500, REACH_LARGE_OCTETS, &answers->large_500);
    probe_start(&reach->probes[3], reach, gateway, PORT_CLOSED, 0, &answers->refused_elsewhere);
    reach->timer = g_timeout_add(1000, on_tick, reach);
    return reach;
}

void
reach_free(Reach *reach)
{
    if (reach == NULL)
        return;
    g_clear_handle_id(&reach->timer, g_source_remove);
    for (guint i = 0; i < PROBES; i++) {
        g_clear_handle_id(&reach->probes[i].source, g_source_remove);
        fd_close(&reach->probes[i].socket);
        g_bytes_unref(reach->probes[i].message);
    }
    g_free(reach);
}

Reason
reach_reason(const ReachAnswers *answers, gboolean is_aggressive, char **ret_detail)
{
    const char *detail = "no answer to small messages on ports 500, 4500 and 33434 either";
    Reason reason = REASON_GATEWAY_SILENT;

    if (answers->small_500 && !answers->large_500) {
        reason = REASON_FRAGMENTS_DROPPED;
        detail = "a small message was answered, one of 800 octets was not";
    } else if (answers->small_500 && is_aggressive) {
        reason = REASON_WRONG_EXCHANGE;
        detail = "main mode was answered, aggressive mode was not";
    } else if (answers->small_500) {
        detail = "a plain offer of main mode was answered, the profile's was not";
    } else if (answers->small_4500) {
        reason = REASON_UDP500_BLOCKED;
        detail = "no answer on port 500, an answer on port 4500";
    } else if (answers->refused_elsewhere && !answers->is_refused) {
        reason = REASON_IPSEC_BLOCKED;
        detail = "no answer on ports 500 and 4500, a refusal of the gateway's own on port 33434";
    }
    *ret_detail = g_strdup(detail);
    return reason;
}
