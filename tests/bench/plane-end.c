/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One end of a tunnel without IKE: the userspace plane alone, with keys that both ends know.
 *
 *     plane-end NAME=VALUE...
 *     tun=coati0 local=192.0.2.1:4500 remote=192.0.2.2:4500 side=0|1 suite=aes128-sha1
 *     [crypto=best|openssl|none] [without=BITS] [frag=OCTETS] [vnet=0]
 *
 * crypto=none copies the packets as they are: what everything but the cryptography costs. It
 * exists here alone. Runs until SIGTERM, then prints what was dropped.
 */
#include "base/sockname.h"
#include "engine/plane.h"
#include "esp/crypto.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BUFFER = 4 << 20, SPI = 0x10000000 };

static volatile sig_atomic_t is_over;

static const char *
option(gchar **arguments, const char *name, const char *fallback)
{
    for (; *arguments != NULL; arguments++) {
        gsize length = strlen(name);

        if (strncmp(*arguments, name, length) == 0 && (*arguments)[length] == '=')
            return *arguments + length + 1;
    }
    return fallback;
}

static guint
number(gchar **arguments, const char *name)
{
    return (guint)strtoul(option(arguments, name, "0"), NULL, 0);
}

G_NORETURN static void
fail(const char *what)
{
    fprintf(stderr, "plane-end: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* Anything that is not NULL. */
static gpointer
open_nothing(GError **error)
{
    static guint8 something;

    return &something;
}

static gpointer
prepare_nothing(gpointer shared, const SuiteEsp *suite, EspDirection direction,
                const guint8 *keymat, GError **error)
{
    return shared;
}

static void
clear_nothing(gpointer schedule)
{
}

static void
leave_alone(EspFrame *frames, gsize count)
{
}

static const EspCrypto crypto_none = {
    .name = "none",
    .open_shared = open_nothing,
    .close_shared = clear_nothing,
    .prepare = prepare_nothing,
    .clear = clear_nothing,
    .seal = leave_alone,
    .open = leave_alone,
};

static const EspBackends none = {.narrow = &crypto_none};
static const EspBackends openssl = {.narrow = &esp_crypto_openssl};

static const EspBackends *
choose(const char *name)
{
    if (g_str_equal(name, "none"))
        return &none;
    return g_str_equal(name, "openssl") ? &openssl : NULL;
}

static NetEndpoint
endpoint_of(const char *text)
{
    struct sockaddr_storage name = {0};
    g_autofree gchar *address = g_strdup(text);
    gchar *colon = strrchr(address, ':');

    if (colon == NULL)
        fail(text);
    *colon = '\0';
    if (inet_pton(AF_INET, address, &((struct sockaddr_in *)&name)->sin_addr) == 1)
        name.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, address, &((struct sockaddr_in6 *)&name)->sin6_addr) == 1)
        name.ss_family = AF_INET6;
    else
        fail(text);
    /* The port is at the same place in both. */
    ((struct sockaddr_in *)&name)->sin_port = htons((guint16)atoi(colon + 1));
    return sockname_endpoint(&name);
}

static int
open_tun(const char *name, gboolean has_vnet)
{
    int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    struct ifreq request = {0};

    g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
    request.ifr_flags = (short)(IFF_TUN | IFF_NO_PI | (has_vnet ? IFF_VNET_HDR : 0));
    if (tun < 0 || ioctl(tun, TUNSETIFF, &request) < 0)
        fail(name);
    return tun;
}

static int
open_socket(const NetEndpoint *local, const NetEndpoint *remote)
{
    const int size = BUFFER;
    struct sockaddr_storage name;
    socklen_t length = sockname_of(local, &name);
    int fd = socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&name, length) < 0)
        fail("bind");
    length = sockname_of(remote, &name);
    if (connect(fd, (struct sockaddr *)&name, length) < 0)
        fail("connect");
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    return fd;
}

static Secret *
keymat_of(const SuiteEsp *suite, guint side)
{
    Secret *keymat = secret_new_zero(suite_esp_keymat_length(suite));

    for (gsize i = 0; i < secret_length(keymat); i++)
        secret_edit(keymat)[i] = (guint8)(i * 7 + side);
    return keymat;
}

/* IPv4 and IPv6 of any address. */
static void
up(Plane *plane, const SuiteEsp *suite, guint side)
{
    g_autoptr(Secret) keymat_in = keymat_of(suite, !side);
    g_autoptr(Secret) keymat_out = keymat_of(suite, side);

    for (guint i = 0; i < 2; i++) {
        guint8 length = i == 0 ? 4 : 16;
        g_autoptr(GError) error = NULL;
        IkeChildInfo info = {
            .child = i + 1,
            .suite = *suite,
            .spi_in = SPI + i * 2 + !side,
            .spi_out = SPI + i * 2 + side,
            .keymat_in = keymat_in,
            .keymat_out = keymat_out,
            .local.address.length = length,
            .remote.address.length = length,
        };

        if (!plane_up(plane, 0, &info, &error)) {
            fprintf(stderr, "plane-end: %s\n", error->message);
            exit(1);
        }
        plane_change_send(plane, info.child);
    }
}

static void
print_drops(const Plane *plane)
{
    BoundaryCounters counters;

    plane_counters(plane, 0, &counters);
    printf("packets %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n", counters.packets_in,
           counters.packets_out);
    for (guint i = 0; i < counters.drop_count; i++)
        if (counters.drops[i].count > 0)
            printf("drop %s %" G_GUINT64_FORMAT "\n", counters.drops[i].name,
                   counters.drops[i].count);
}

static void
stop(int number_of_signal)
{
    is_over = 1;
}

int
main(int argc, char **argv)
{
    NetEndpoint local = endpoint_of(option(argv, "local", ""));
    gboolean has_vnet = *option(argv, "vnet", "1") == '1';
    struct sigaction action = {.sa_handler = stop};
    SuiteEsp suite;
    PlaneOptions options = {
        .remote = endpoint_of(option(argv, "remote", "")),
        .esp_fragment_octets = (guint16)number(argv, "frag"),
        .without = number(argv, "without"),
        .backends = choose(option(argv, "crypto", "best")),
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(Plane) plane = NULL;
    struct pollfd fds[2];

    if (!suite_esp_parse(option(argv, "suite", "aes128-sha1"), &suite))
        fail("suite");
    options.tun = open_tun(option(argv, "tun", "coati0"), has_vnet);
    options.socket = open_socket(&local, &options.remote);
    plane = plane_new(&options, &(PlaneHost){0}, &error);
    if (plane == NULL) {
        fprintf(stderr, "plane-end: %s\n", error->message);
        return 1;
    }
    up(plane, &suite, number(argv, "side"));
    sigaction(SIGTERM, &action, NULL);
    printf("ready %u\n", plane_mtu(plane));
    fflush(stdout);
    while (!is_over) {
        plane_poll(plane, fds);
        if (poll(fds, 2, -1) < 0)
            continue;
        if (!plane_ready(plane, g_get_monotonic_time(), fds))
            break;
    }
    print_drops(plane);
    return 0;
}
