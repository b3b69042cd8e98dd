/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many clients in one process, for the load on a gateway: the core as initiator, each session with an
 * address of its own. All addresses of --network must be this machine's (ip route add local ... dev
 * lo); one pair of sockets serves them all.
 *
 *     load-clients --gateway 203.0.113.2 --network 198.18.0.0 --ca ca.der --name vpn.example.org
 *         --parallel 64 --user 'guest%u' --password secret
 *
 * Hybrid RSA in Aggressive Mode (or --main), Xauth, Mode Config, Quick Mode. A line on
 * standard input is how many more shall connect; once they did there is one line: connected, failed
 * (both of all), seconds. The sessions stay, and are served, until standard input ends. ESP is agreed on but none is sent.
 */
#include "base/fd.h"
#include "engine/random.h"
#include "ike/ike.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ISAKMP_PORT = 500, NATT_PORT = 4500, MARKER_LENGTH = 4, MAX_DATAGRAM = 65536 };

static char *gateway_text, *network_text, *ca_file, *name_text, *user_format, *password;
static char *phase1_text = (char *)"aes256-sha256-modp2048";
static char *esp_text = (char *)"aes256gcm16";
static gint parallel = 64;
static gboolean is_main_mode, is_noisy;

static const GOptionEntry options[] = {
    {"gateway", 0, 0, G_OPTION_ARG_STRING, &gateway_text, "IPv4 address", NULL},
    {"network", 0, 0, G_OPTION_ARG_STRING, &network_text, "first address of the clients", NULL},
    {"ca", 0, 0, G_OPTION_ARG_FILENAME, &ca_file, "DER", NULL},
    {"name", 0, 0, G_OPTION_ARG_STRING, &name_text, "gateway's name", NULL},
    {"user", 0, 0, G_OPTION_ARG_STRING, &user_format, "%u is the client's number", NULL},
    {"password", 0, 0, G_OPTION_ARG_STRING, &password, NULL, NULL},
    {"parallel", 0, 0, G_OPTION_ARG_INT, &parallel, "connect at the same time", NULL},
    {"ike", 0, 0, G_OPTION_ARG_STRING, &phase1_text, "suite", NULL},
    {"esp", 0, 0, G_OPTION_ARG_STRING, &esp_text, "suite", NULL},
    {"main", 0, 0, G_OPTION_ARG_NONE, &is_main_mode, "Main Mode", NULL},
    {"noisy", 0, 0, G_OPTION_ARG_NONE, &is_noisy, "print notes and reasons", NULL},
    {0},
};

typedef struct {
    IkeEngine *engine;
    IkePolicy *policy;
    IkeTrust *trust;
    RandomPool random;
    NetAddress gateway;
    NetAddress first;
    Fd sockets[2];       /* by IkeSocket */
    GHashTable *numbers; /* session -> number of the client, guint64 */
    guint started;       /* all since the beginning */
    guint wanted;
    guint open; /* not decided yet */
    guint connected;
    guint failed;
} Load;

static gint64
now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static Fd
open_socket(guint16 port)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1, size = 16 * 1024 * 1024;
    Fd fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&name, sizeof name) < 0)
        g_error("port %u: %s", port, g_strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    return fd;
}

static NetAddress
parse_address(const char *text)
{
    NetAddress address;

    if (text == NULL || !net_address_parse(text, &address) || address.length != 4)
        g_error("--gateway and --network take IPv4 addresses");
    return address;
}

static void
set_up(Load *load)
{
    IkeOptions ike = {.random = random_pool_draw, .random_data = &load->random};
    g_autoptr(GError) error = NULL;
    SuitePhase1 phase1;
    SuiteEsp esp;
    char *ca;
    gsize length;

    if (!suite_phase1_parse(phase1_text, &phase1) || !suite_esp_parse(esp_text, &esp))
        g_error("no such suite");
    if (!g_file_get_contents(ca_file, &ca, &length, &error))
        g_error("%s", error->message);
    load->policy = ike_policy_new();
    load->policy->mode = is_main_mode ? IKE_MODE_MAIN : IKE_MODE_AGGRESSIVE;
    load->policy->method = IKE_METHOD_HYBRID_RSA;
    load->policy->is_esp_always_encapsulated = TRUE;
    load->policy->initiate_seconds = 120;
    load->policy->dpd_delay_seconds = 0;
    load->policy->pfs = IKE_PFS_OFF;
    g_array_append_val(load->policy->phase1, phase1);
    g_array_append_val(load->policy->esp, esp);
    load->trust = ike_trust_new();
    g_ptr_array_add(load->trust->anchors, g_bytes_new_take(ca, length));
    load->trust->expected_name = g_strdup(name_text);
    load->trust->is_peer_gateway = TRUE;
    load->engine = ike_engine_new(&ike);
    load->gateway = parse_address(gateway_text);
    load->first = parse_address(network_text);
    load->sockets[IKE_SOCKET_ISAKMP] = open_socket(ISAKMP_PORT);
    load->sockets[IKE_SOCKET_NATT] = open_socket(NATT_PORT);
    load->numbers = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
}

static void
start(Load *load, gint64 now)
{
    NetAddress own = load->first;
    guint number = ++load->started;
    IkePath isakmp = {.remote = {load->gateway, ISAKMP_PORT}, .socket = IKE_SOCKET_ISAKMP};
    IkePath natt = {.remote = {load->gateway, NATT_PORT}, .socket = IKE_SOCKET_NATT};
    guint64 session;

    own.octets[2] = (guint8)(own.octets[2] + number / 250);
    own.octets[3] = (guint8)(own.octets[3] + 1 + number % 250);
    isakmp.local = (NetEndpoint){own, ISAKMP_PORT};
    natt.local = (NetEndpoint){own, NATT_PORT};
    session = ike_engine_initiate(load->engine, now, load->policy, &isakmp, &natt);
    g_hash_table_insert(load->numbers, g_memdup2(&session, sizeof session),
                        GUINT_TO_POINTER(number));
    load->open++;
}

/* --- the core's actions --- */

static void
send_datagram(Load *load, const IkeAction *action)
{
    static const guint8 marker[MARKER_LENGTH];
    const IkePath *path = &action->send.path;
    gboolean is_marked = path->socket == IKE_SOCKET_NATT && !action->send.is_keepalive;
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(path->remote.port)};
    struct iovec parts[] = {
        {.iov_base = (void *)marker, .iov_len = is_marked ? sizeof marker : 0},
        {.iov_base = (void *)action->send.data, .iov_len = action->send.length},
    };
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
    } control = {0};
    struct msghdr message = {.msg_name = &name,
                             .msg_namelen = sizeof name,
                             .msg_iov = parts,
                             .msg_iovlen = G_N_ELEMENTS(parts),
                             .msg_control = &control,
                             .msg_controllen = sizeof control.room};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    struct in_pktinfo info = {0};

    memcpy(&name.sin_addr, path->remote.address.octets, sizeof name.sin_addr);
    memcpy(&info.ipi_spec_dst, path->local.address.octets, sizeof info.ipi_spec_dst);
    header->cmsg_level = IPPROTO_IP;
    header->cmsg_type = IP_PKTINFO;
    header->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(header), &info, sizeof info);
    if (sendmsg(load->sockets[path->socket], &message, MSG_NOSIGNAL) < 0 && is_noisy)
        printf("sendmsg: %s\n", g_strerror(errno));
}

static void
answer_login(Load *load, gint64 now, const IkeAction *action)
{
    guint64 session = action->session;
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(load->numbers, &session));
    g_autofree char *text = g_strdup_printf("%u", number);
    g_auto(GStrv) parts = g_strsplit(user_format, "%u", 2);
    g_autofree char *name = g_strjoinv(text, parts);
    g_autoptr(Secret) user = secret_new_text(name);
    g_autoptr(Secret) secret = secret_new_text(password);
    IkeLogin login = {.user = user, .password = secret};

    ike_engine_answer_login(load->engine, now, action->ticket, &login);
}

static void
answer_trust(Load *load, gint64 now, const IkeAction *action)
{
    g_autofree char *detail = NULL;
    Reason reason;

    load->trust->now_unix_seconds = g_get_real_time() / G_USEC_PER_SEC;
    reason = ike_trust_check(load->trust, action->trust.certificates, action->trust.count,
                             &action->trust.id, &detail);
    ike_engine_answer_trust(load->engine, now, action->ticket, reason, detail);
}

static void
closed(Load *load, const IkeAction *action)
{
    load->open--;
    load->failed++;
    if (is_noisy)
        printf("closed: %s %s\n", reason_token(action->closed.reason),
               action->closed.detail != NULL ? action->closed.detail : "");
}

static void
carry_out(Load *load, gint64 now)
{
    const IkeAction *action;

    while ((action = ike_engine_next(load->engine)) != NULL) {
        if (action->type == IKE_SEND)
            send_datagram(load, action);
        else if (action->type == IKE_ASK_LOGIN)
            answer_login(load, now, action);
        else if (action->type == IKE_ASK_TRUST)
            answer_trust(load, now, action);
        else if (action->type == IKE_TELL_CLOSED)
            closed(load, action);
        else if (action->type == IKE_TELL_NOTE && is_noisy)
            printf("note: %s\n", action->note.text);
        else if (action->type == IKE_TELL_STAGE && action->stage == IKE_STAGE_ESTABLISHED) {
            load->open--;
            load->connected++;
        }
    }
}

/* --- the loop --- */

/* FALSE when there is no more. */
static gboolean
receive(Load *load, IkeSocket socket)
{
    static guint8 room[MAX_DATAGRAM];
    struct sockaddr_in name;
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
    } control;
    struct iovec part = {.iov_base = room, .iov_len = sizeof room};
    struct msghdr message = {.msg_name = &name,
                             .msg_namelen = sizeof name,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control.room};
    gssize length = recvmsg(load->sockets[socket], &message, 0);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    gsize skipped = socket == IKE_SOCKET_NATT ? MARKER_LENGTH : 0;
    guint16 port = socket == IKE_SOCKET_NATT ? NATT_PORT : ISAKMP_PORT;
    IkePath path = {.local = {.address = {.length = 4}, .port = port},
                    .remote = {load->gateway, ntohs(name.sin_port)},
                    .socket = socket};
    gint64 now = now_us();

    if (length < 0)
        return FALSE;
    if (header == NULL || (gsize)length <= skipped)
        return TRUE;
    memcpy(path.local.address.octets,
           CMSG_DATA(header) + G_STRUCT_OFFSET(struct in_pktinfo, ipi_addr), 4);
    ike_engine_receive(load->engine, now, &path, room + skipped, (gsize)length - skipped);
    carry_out(load, now);
    return TRUE;
}

static int
wait_ms(Load *load)
{
    gint64 deadline = ike_engine_deadline(load->engine);

    return deadline < 0 ? -1 : (int)CLAMP((deadline - now_us()) / 1000 + 1, 0, G_MAXINT);
}

/* FALSE at the end of standard input. */
static gboolean
serve(Load *load)
{
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = load->sockets[0], .events = POLLIN},
                           {.fd = load->sockets[1], .events = POLLIN}};
    gint64 now;
    char line[32] = "";

    poll(fds, G_N_ELEMENTS(fds), wait_ms(load));
    if (fds[0].revents != 0) {
        if (read(STDIN_FILENO, line, sizeof line - 1) <= 0)
            return FALSE;
        load->wanted += (guint)g_ascii_strtoull(line, NULL, 10);
    }
    for (guint i = 0; i < 2; i++)
        while (fds[1 + i].revents != 0 && receive(load, (IkeSocket)i))
            ;
    now = now_us();
    ike_engine_tick(load->engine, now);
    while (load->started < load->wanted && load->open < (guint)parallel) {
        start(load, now);
        carry_out(load, now);
    }
    carry_out(load, now);
    return TRUE;
}

int
main(int argc, char **argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    Load load = {0};
    guint reported = 0;
    gint64 since = 0;

    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error))
        g_error("%s", error->message);
    setvbuf(stdout, NULL, _IOLBF, 0);
    set_up(&load);
    while (serve(&load)) {
        if (since == 0 && load.started > reported)
            since = now_us();
        if (load.wanted > reported && load.connected + load.failed == load.wanted) {
            printf("%u %u %.3f\n", load.connected, load.failed,
                   (gdouble)(now_us() - since) / G_USEC_PER_SEC);
            reported = load.wanted;
            since = 0;
        }
    }
    return 0;
}
