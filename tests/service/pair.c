/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pair.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Out of the way of 3 and 4 first. */
static pid_t
spawn(const char *variable, Fd third, Fd fourth)
{
    const char *path = g_getenv(variable);
    pid_t child;

    g_assert_nonnull(path);
    child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child > 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(third, 50);
    dup2(fourth, 51);
    dup2(50, 3);
    dup2(51, 4);
    execl(path, path, NULL);
    _exit(127);
}

void
pair_start(Pair *pair)
{
    Fd boundary[2];
    Fd control[2];
    Fd requests[2];

    g_assert_true(fd_pair(boundary, NULL));
    g_assert_true(fd_pair(control, NULL));
    g_assert_true(fd_pair(requests, NULL));
    pair->keys = spawn("COATI_KEYS", control[1], requests[1]);
    pair->engine = spawn("COATI_ENGINE", boundary[1], requests[0]);
    fd_close(&boundary[1]);
    fd_close(&control[1]);
    fd_close(&requests[0]);
    fd_close(&requests[1]);
    pair->boundary = boundary[0];
    pair->control = control[0];
}

int
pair_end(Pair *pair)
{
    int status;

    fd_close(&pair->boundary);
    g_assert_cmpint(waitpid(pair->engine, &status, 0), ==, pair->engine);
    fd_close(&pair->control);
    g_assert_cmpint(waitpid(pair->keys, NULL, 0), ==, pair->keys);
    return status;
}

static NetEndpoint
local_endpoint(Fd socket)
{
    struct sockaddr_in name;
    socklen_t length = sizeof name;

    g_assert_cmpint(getsockname(socket, (struct sockaddr *)&name, &length), ==, 0);
    return (NetEndpoint){.address = net_address_of(&name.sin_addr, 4),
                         .port = ntohs(name.sin_port)};
}

Fd
pair_open_socket(const NetEndpoint *remote, IkeSocket which, IkePath *ret_path)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(remote->port)};
    Fd fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpuint(remote->address.length, ==, 4);
    memcpy(&name.sin_addr, remote->address.octets, 4);
    setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&name, sizeof name), ==, 0);
    *ret_path = (IkePath){.local = local_endpoint(fd), .remote = *remote, .socket = which};
    return fd;
}

Fd
pair_open_tun(const char *name, gboolean has_vnet_header)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    Fd fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return -1;
    if (has_vnet_header)
        request.ifr_flags |= IFF_VNET_HDR;
    g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
    if (ioctl(fd, TUNSETIFF, &request) < 0)
        fd_close(&fd);
    return fd;
}

void
pair_send(Pair *pair, const BoundaryMessage *message)
{
    g_autoptr(GError) error = NULL;

    if (!boundary_send(pair->boundary, message, NULL, &error))
        g_test_message("%s", error->message);
}

void
pair_initiate(Pair *pair, IkePolicy *policy, IkeTrust *trust, const IkePath paths[2],
              const Fd fds[3], guint16 esp_fragment_octets)
{
    BoundaryMessage message = {.type = BOUNDARY_INITIATE};
    g_autoptr(GError) error = NULL;

    message.initiate.policy = policy;
    message.initiate.trust = trust;
    message.initiate.isakmp = paths[0];
    message.initiate.natt = paths[1];
    message.initiate.esp_fragment_octets = esp_fragment_octets;
    g_assert_true(boundary_send(pair->boundary, &message, fds, &error));
}

BoundaryMessage *
pair_receive(Pair *pair, gint milliseconds)
{
    struct pollfd fd = {.fd = pair->boundary, .events = POLLIN};
    Fd fds[FD_MAX_PASSED];

    if (poll(&fd, 1, milliseconds) <= 0)
        return NULL;
    return boundary_receive(pair->boundary, BOUNDARY_TO_SERVICE, fds, NULL);
}

void
pair_hang_up(Pair *pair, Reason reason)
{
    BoundaryMessage message = {.type = BOUNDARY_HANG_UP};

    message.hang_up = reason;
    pair_send(pair, &message);
}

void
pair_login(Pair *pair, guint64 ticket, const char *user, const char *password)
{
    g_autoptr(BoundaryMessage) message = boundary_message_new(BOUNDARY_ANSWER_LOGIN);

    message->answer_login.ticket = ticket;
    message->answer_login.user = user != NULL ? secret_new_text(user) : NULL;
    message->answer_login.password = password != NULL ? secret_new_text(password) : NULL;
    message->answer_login.is_cancelled = user == NULL;
    pair_send(pair, message);
}

static char *
describe_child(const BoundaryMessage *message)
{
    char suite[SUITE_TEXT_SIZE];
    char local[NET_PREFIX_TEXT_SIZE];
    char remote[NET_PREFIX_TEXT_SIZE];

    return g_strdup_printf(
        "child-up: %" G_GUINT64_FORMAT " replaces %" G_GUINT64_FORMAT " %s %s === %s mtu %u",
        message->child_up.child, message->child_up.replaces,
        suite_esp_format(&message->child_up.suite, suite),
        net_prefix_format(&message->child_up.local, local),
        net_prefix_format(&message->child_up.remote, remote), message->child_up.mtu_octets);
}

char *
pair_describe(const BoundaryMessage *message)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    char suite[SUITE_TEXT_SIZE];

    switch ((gint)message->type) {
    case BOUNDARY_NOTE:
        return g_strdup_printf("note: %s", message->note.text);
    case BOUNDARY_STAGE:
        return g_strdup_printf("stage: %d", (int)message->stage);
    case BOUNDARY_CLOSED:
        return g_strdup_printf("closed: %s (%s)", reason_token(message->closed.reason),
                               message->closed.detail != NULL ? message->closed.detail : "");
    case BOUNDARY_PHASE1:
        return g_strdup_printf(
            "phase1: %s, peer %s, behind NAT: local %d remote %d, dpd %d, fragmentation %d",
            suite_phase1_format(&message->phase1.suite, suite), message->phase1.peer_identity,
            message->phase1.is_local_behind_nat, message->phase1.is_remote_behind_nat,
            message->phase1.has_dpd, message->phase1.has_fragmentation);
    case BOUNDARY_SETTINGS:
        return g_strdup_printf("settings: address %s, banner %s",
                               net_address_format(&message->settings->address4, text),
                               message->settings->banner != NULL ? message->settings->banner : "");
    case BOUNDARY_CHILD_UP:
        return describe_child(message);
    default:
        return g_strdup(boundary_name(message->type));
    }
}
