/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plane-lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <linux/virtio_net.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    OUTER_MTU = 1500,
    SPACE_PORT = 5000,
    WAIT_MS = 3,
    ROUNDS_MAX = 10000,
    CAPTURE_ROOM = 8 << 20,
    ROOM = 65536,
};

static guint8 sent[ROOM];
static guint8 received[ROOM];

static const char *const addresses[LAB_ENDS][2] = {{"10.9.0.1", "fd09::1"},
                                                   {"10.9.0.2", "fd09::2"}};

gboolean
lab_is_possible(const char **ret_reason)
{
    g_auto(Fd) tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    if (geteuid() != 0)
        *ret_reason = "this test needs root";
    else if (tun < 0)
        *ret_reason = "this test needs /dev/net/tun";
    else if (unshare(CLONE_NEWNET) < 0)
        *ret_reason = "this test needs network namespaces";
    else
        return TRUE;
    return FALSE;
}

static void
must(gboolean is_done, const char *what)
{
    if (!is_done)
        g_error("%s: %s", what, g_strerror(errno));
}

static Fd
new_space(void)
{
    Fd space;

    must(unshare(CLONE_NEWNET) == 0, "unshare");
    space = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    must(space >= 0, "open namespace");
    return space;
}

void
lab_enter(Lab *lab, guint space)
{
    must(setns(lab->spaces[space], CLONE_NEWNET) == 0, "setns");
}

static void
link_up(const char *name, gint mtu)
{
    g_auto(Fd) socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {0};

    g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
    request.ifr_mtu = mtu;
    must(ioctl(socket_fd, SIOCSIFMTU, &request) == 0, "set MTU");
    request.ifr_flags = IFF_UP;
    must(ioctl(socket_fd, SIOCSIFFLAGS, &request) == 0, "link up");
}

static void
set_address4(const char *name, const char *address)
{
    g_auto(Fd) socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&request.ifr_addr;

    g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
    four->sin_family = AF_INET;
    inet_pton(AF_INET, address, &four->sin_addr);
    must(ioctl(socket_fd, SIOCSIFADDR, &request) == 0, "set address");
    inet_pton(AF_INET, "255.255.255.0", &four->sin_addr);
    must(ioctl(socket_fd, SIOCSIFNETMASK, &request) == 0, "set netmask");
}

static void
set_address6(const char *name, const char *address)
{
    g_auto(Fd) socket_fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {0};
    struct in6_ifreq six = {.ifr6_prefixlen = 64};

    g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
    must(ioctl(socket_fd, SIOCGIFINDEX, &request) == 0, "link index");
    six.ifr6_ifindex = request.ifr_ifindex;
    inet_pton(AF_INET6, address, &six.ifr6_addr);
    must(ioctl(socket_fd, SIOCSIFADDR, &six) == 0, "set IPv6 address");
}

static Fd
open_tun(const char *name, gboolean has_vnet)
{
    Fd tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    struct ifreq request = {0};

    g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
    request.ifr_flags = (short)(IFF_TUN | IFF_NO_PI | (has_vnet ? IFF_VNET_HDR : 0));
    must(tun >= 0 && ioctl(tun, TUNSETIFF, &request) == 0, "open TUN");
    return tun;
}

static socklen_t
fill_name(gint family, const char *address, guint16 port, struct sockaddr_storage *ret_name)
{
    memset(ret_name, 0, sizeof *ret_name);
    ret_name->ss_family = (sa_family_t)family;
    if (family == AF_INET) {
        struct sockaddr_in *four = (struct sockaddr_in *)ret_name;

        four->sin_port = htons(port);
        inet_pton(AF_INET, address, &four->sin_addr);
        return sizeof *four;
    }
    ((struct sockaddr_in6 *)ret_name)->sin6_port = htons(port);
    inet_pton(AF_INET6, address, &((struct sockaddr_in6 *)ret_name)->sin6_addr);
    return sizeof(struct sockaddr_in6);
}

/* A new IPv6 address cannot be bound to before the kernel has checked that nobody else has it. */
static void
bind_when_there(Fd fd, const struct sockaddr *name, socklen_t length)
{
    gint64 end = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;

    while (bind(fd, name, length) != 0) {
        must(errno == EADDRNOTAVAIL && g_get_monotonic_time() < end, "bind");
        g_usleep(10000);
    }
}

static Fd
bound_socket(gint family, gint type, const char *address, guint16 port)
{
    Fd fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_storage name;
    socklen_t length = fill_name(family, address, port, &name);
    gint room = 4 << 20;

    must(fd >= 0, "socket");
    bind_when_there(fd, (struct sockaddr *)&name, length);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    return fd;
}

static void
open_narrow(Lab *lab)
{
    int pair[LAB_ENDS];

    must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0,
         "pair of sockets");
    for (guint end = 0; end < LAB_ENDS; end++) {
        lab->ends[end].socket = pair[end];
        net_address_parse("127.0.0.1", &lab->ends[end].address.address);
        lab->ends[end].address.port = 4500;
    }
}

static void
open_outer(Lab *lab, const LabOptions *options)
{
    gint family = options->is_six_outside ? AF_INET6 : AF_INET;
    const char *loopback = options->is_six_outside ? "::1" : "127.0.0.1";

    for (guint end = 0; end < LAB_ENDS; end++) {
        guint16 port = (guint16)(4500 + end);

        lab->ends[end].socket = bound_socket(family, SOCK_DGRAM, loopback, port);
        setsockopt(lab->ends[end].socket, options->is_six_outside ? IPPROTO_IPV6 : IPPROTO_IP,
                   options->is_six_outside ? IPV6_RECVERR : IP_RECVERR, &(gint){1}, sizeof(gint));
        net_address_parse(loopback, &lab->ends[end].address.address);
        lab->ends[end].address.port = port;
    }
    for (guint end = 0; end < LAB_ENDS && !options->is_unconnected; end++) {
        struct sockaddr_storage name;
        guint16 port = (guint16)(options->faults != NULL ? LAB_WIRE_PORT + end : 4501 - end);
        socklen_t length = fill_name(family, loopback, port, &name);

        must(connect(lab->ends[end].socket, (struct sockaddr *)&name, length) == 0, "connect");
    }
}

static void
open_wire(Lab *lab, const LabOptions *options)
{
    gint family = options->is_six_outside ? AF_INET6 : AF_INET;
    const char *loopback = options->is_six_outside ? "::1" : "127.0.0.1";
    Fd sockets[LAB_ENDS];

    for (guint end = 0; end < LAB_ENDS; end++) {
        struct sockaddr_storage name;
        socklen_t length = fill_name(family, loopback, (guint16)(4500 + end), &name);

        sockets[end] = bound_socket(family, SOCK_DGRAM, loopback, (guint16)(LAB_WIRE_PORT + end));
        must(connect(sockets[end], (struct sockaddr *)&name, length) == 0, "connect");
    }
    lab->wire = lab_wire_new(options->faults, sockets);
}

static void
open_capture(Lab *lab)
{
    gint room = CAPTURE_ROOM;

    lab->capture = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
    must(lab->capture >= 0, "packet socket");
    setsockopt(lab->capture, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    must(setsockopt(lab->capture, SOL_PACKET, PACKET_VNET_HDR, &(gint){1}, sizeof(gint)) == 0,
         "virtio header of the capture");
}

static void
take_message(gpointer user_data, gint64 now, const NetEndpoint *from, const guint8 *data,
             gsize length)
{
    LabEnd *end = user_data;

    end->messages++;
    end->message_length = MIN(length, sizeof end->message);
    memcpy(end->message, data, end->message_length);
}

static void
take_event(gpointer user_data, gint64 now, const PlaneEvent *event)
{
    LabEnd *end = user_data;

    end->events[event->type]++;
    end->event = *event;
}

Lab *
lab_new(const LabOptions *options)
{
    static const char *const names[LAB_ENDS] = {"tunL", "tunR"};
    Lab *lab = g_new0(Lab, 1);

    lab->now = 1000 * G_USEC_PER_SEC;
    lab->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    lab->spaces[LAB_OUTER] = new_space();
    link_up("lo", OUTER_MTU);
    if (options->is_narrow)
        open_narrow(lab);
    else
        open_outer(lab, options);
    if (options->faults != NULL)
        open_wire(lab, options);
    open_capture(lab);
    for (guint end = 0; end < LAB_ENDS; end++) {
        PlaneHost host = {
            .receive = take_message, .event = take_event, .user_data = &lab->ends[end]};
        PlaneOptions plane = {.socket = lab->ends[end].socket,
                              .remote = lab->ends[1 - end].address,
                              .esp_fragment_octets = end == LAB_RIGHT && options->is_frag_left_alone
                                                         ? 0
                                                         : options->esp_fragment_octets,
                              .without = options->without,
                              .backends = options->backends[end]};
        g_autoptr(GError) error = NULL;

        lab->spaces[end] = new_space();
        lab->ends[end].tun = open_tun(names[end], options->has_vnet);
        set_address4(names[end], addresses[end][0]);
        link_up(names[end], options->tun_mtu);
        set_address6(names[end], addresses[end][1]);
        plane.tun = lab->ends[end].tun;
        lab->ends[end].plane = plane_new(&plane, &host, &error);
        g_assert_no_error(error);
    }
    lab_up(lab, options->suite, 1);
    return lab;
}

void
lab_free(Lab *lab)
{
    must(setns(lab->home, CLONE_NEWNET) == 0, "setns");
    for (guint end = 0; end < LAB_ENDS; end++) {
        plane_free(lab->ends[end].plane);
        fd_close(&lab->ends[end].tun);
        fd_close(&lab->ends[end].socket);
    }
    lab_wire_free(lab->wire);
    for (guint space = 0; space < LAB_SPACES; space++)
        fd_close(&lab->spaces[space]);
    fd_close(&lab->capture);
    fd_close(&lab->home);
    g_free(lab);
}

static Secret *
keymat_of(const SuiteEsp *suite, guint64 fill)
{
    Secret *keymat = secret_new_zero(suite_esp_keymat_length(suite));

    memset(secret_edit(keymat), (gint)fill, secret_length(keymat));
    return keymat;
}

static void
up_one(Lab *lab, guint end, const SuiteEsp *suite, guint64 number, gboolean is_six)
{
    g_autoptr(Secret) keymat_in = keymat_of(suite, number * 16 + end + 1);
    g_autoptr(Secret) keymat_out = keymat_of(suite, number * 16 + (1 - end) + 1);
    IkeChildInfo child = {.child = number,
                          .suite = *suite,
                          .spi_in = (guint32)(0x1000 * number + end),
                          .spi_out = (guint32)(0x1000 * number + (1 - end)),
                          .keymat_in = keymat_in,
                          .keymat_out = keymat_out,
                          .is_encapsulated = TRUE};
    g_autoptr(GError) error = NULL;

    net_prefix_parse(addresses[end][is_six], &child.local);
    net_prefix_parse(is_six ? "fd09::/64" : "10.9.0.0/24", &child.remote);
    plane_up(lab->ends[end].plane, lab->now, &child, &error);
    g_assert_no_error(error);
    plane_change_send(lab->ends[end].plane, number);
}

void
lab_up(Lab *lab, const char *text, guint64 number)
{
    SuiteEsp suite = {0};

    g_assert_true(suite_esp_parse(text, &suite));
    for (guint end = 0; end < LAB_ENDS; end++) {
        up_one(lab, end, &suite, number, FALSE);
        up_one(lab, end, &suite, number + 1, TRUE);
    }
}

Fd
lab_socket(Lab *lab, guint end, gint family, gint type)
{
    static guint16 port = SPACE_PORT;
    gboolean is_six = family == AF_INET6;
    Fd fd;

    lab_enter(lab, end);
    fd = bound_socket(family, type, addresses[end][is_six], ++port);
    return fd;
}

void
lab_set_outer_mtu(Lab *lab, gint mtu)
{
    lab_enter(lab, LAB_OUTER);
    link_up("lo", mtu);
}

void
lab_run(Lab *lab)
{
    gint ready;
    guint rounds = 0;

    do {
        struct pollfd fds[2 * LAB_ENDS];

        for (guint end = 0; end < LAB_ENDS; end++)
            plane_poll(lab->ends[end].plane, fds + 2 * end);
        ready = poll(fds, 2 * LAB_ENDS, WAIT_MS);
        if (lab->wire != NULL && lab_wire_run(lab->wire))
            ready = 1;
        /* More would be a plane that spins. */
        g_assert_cmpuint(++rounds, <, ROUNDS_MAX);
        for (guint end = 0; end < LAB_ENDS; end++)
            g_assert_true(plane_ready(lab->ends[end].plane, lab->now, fds + 2 * end));
    } while (ready > 0);
}

static void
count_packet(LabCapture *capture, const guint8 *packet, guint length, guint gso_size)
{
    guint headers = packet[0] >> 4 == 4 ? 28 : 48;

    /* A train on its way: what a wire would carry is its pieces. */
    if (gso_size > 0) {
        capture->packets += (length - headers + gso_size - 1) / gso_size;
        capture->trains++;
        length = headers + gso_size;
    } else {
        capture->packets++;
    }
    capture->largest = MAX(capture->largest, length);
    if (packet[0] >> 4 == 4)
        capture->fragments += ((packet[6] & 0x3f) | packet[7]) != 0;
    else
        capture->fragments += packet[6] == 44;
}

/* The loopback device shows each packet twice: as it leaves and as it comes in. */
LabCapture
lab_capture(Lab *lab)
{
    const guint ahead = sizeof(struct virtio_net_hdr) + ETH_HLEN;
    LabCapture capture = {0};

    for (;;) {
        struct virtio_net_hdr header;
        guint8 room[sizeof header + ETH_HLEN + 64];
        struct sockaddr_ll from;
        socklen_t size = sizeof from;
        gssize length =
            recvfrom(lab->capture, room, sizeof room, MSG_TRUNC, (struct sockaddr *)&from, &size);

        if (length < 0)
            return capture;
        if (from.sll_pkttype == PACKET_OUTGOING || length < (gssize)ahead + 20)
            continue;
        memcpy(&header, room, sizeof header);
        count_packet(&capture, room + ahead, (guint)length - ahead,
                     header.gso_type != VIRTIO_NET_HDR_GSO_NONE ? header.gso_size : 0);
    }
}

guint64
lab_tun_received(Lab *lab, guint end)
{
    static const char *const names[LAB_ENDS] = {"tunL:", "tunR:"};
    g_autofree char *text = NULL;
    const char *at;

    lab_enter(lab, end);
    must(g_file_get_contents("/proc/thread-self/net/dev", &text, NULL, NULL), "net/dev");
    at = strstr(text, names[end]);
    g_assert_nonnull(at);
    at += strlen(names[end]);
    g_ascii_strtoull(at, (char **)&at, 10); /* octets */
    return g_ascii_strtoull(at, NULL, 10);
}

guint64
lab_drops(Lab *lab, guint end, const char *name)
{
    BoundaryCounters counters;

    plane_counters(lab->ends[end].plane, lab->now, &counters);
    for (guint i = 0; i < counters.drop_count; i++)
        if (strcmp(counters.drops[i].name, name) == 0)
            return counters.drops[i].count;
    g_assert_not_reached();
}

static void
join(Fd a, Fd b)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof name;

    g_assert_cmpint(getsockname(b, (struct sockaddr *)&name, &length), ==, 0);
    g_assert_cmpint(connect(a, (struct sockaddr *)&name, length), ==, 0);
}

void
lab_cross(Lab *lab, const Fd sockets[LAB_ENDS], gsize length)
{
    for (guint end = 0; end < LAB_ENDS; end++) {
        gssize got;

        for (gsize i = 0; i < length; i++)
            sent[i] = (guint8)(i * 7 + length + end);
        g_assert_cmpint(send(sockets[end], sent, length, 0), ==, (gssize)length);
        lab_run(lab);
        got = recv(sockets[1 - end], received, sizeof received, 0);
        if (got < 0)
            g_test_message("%zu octets from end %u: %s", length, end, g_strerror(errno));
        g_assert_cmpmem(received, (gsize)MAX(got, 0), sent, length);
    }
}

void
lab_open_pair(Lab *lab, gint family, Fd ret_sockets[LAB_ENDS])
{
    for (guint end = 0; end < LAB_ENDS; end++)
        ret_sockets[end] = lab_socket(lab, end, family, SOCK_DGRAM);
    for (guint end = 0; end < LAB_ENDS; end++)
        join(ret_sockets[end], ret_sockets[1 - end]);
}

void
lab_transfer(Lab *lab, gint family, gsize total)
{
    g_autoptr(GChecksum) pushed = g_checksum_new(G_CHECKSUM_SHA256);
    g_autoptr(GChecksum) pulled = g_checksum_new(G_CHECKSUM_SHA256);
    g_auto(Fd) listener = lab_socket(lab, LAB_RIGHT, family, SOCK_STREAM);
    g_auto(Fd) client = lab_socket(lab, LAB_LEFT, family, SOCK_STREAM);
    g_auto(Fd) server = -1;
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    gsize out = 0;
    gsize in = 0;

    g_assert_cmpint(listen(listener, 1), ==, 0);
    getsockname(listener, (struct sockaddr *)&name, &length);
    g_assert_cmpint(connect(client, (struct sockaddr *)&name, length), ==, -1);
    lab_run(lab);
    server = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    g_assert_cmpint(server, >=, 0);
    for (guint i = 0; in < total && i < 20000; i++) {
        gssize moved;

        memset(sent, (gint)i, sizeof sent);
        moved = out < total ? send(client, sent, MIN(sizeof sent, total - out), 0) : 0;
        if (moved > 0) {
            g_checksum_update(pushed, sent, moved);
            out += (gsize)moved;
        }
        lab_run(lab);
        while ((moved = recv(server, received, sizeof received, 0)) > 0) {
            g_checksum_update(pulled, received, moved);
            in += (gsize)moved;
        }
    }
    g_assert_cmpuint(in, ==, total);
    g_assert_cmpstr(g_checksum_get_string(pushed), ==, g_checksum_get_string(pulled));
}
