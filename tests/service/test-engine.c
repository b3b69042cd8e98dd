/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * coati-engine and coati-keys as real processes in their sandbox, a gateway in this one:
 *
 *     namespace A                                    namespace B
 *     UDP socket ── coati0 (TUN) ── coati-engine     gateway (this process) ── gw0 (TUN) ── echo
 *     10.99.0.5                          └── 127.0.0.1 UDP of A ──┘           10.77.0.9
 *
 * One process reaches into both, because a socket stays in the namespace that it was made in.
 */
#include "gateway.h"
#include "pair.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_MILLISECONDS = 20000, SKIP = 77 };

typedef struct {
    Pair pair;
    Gateway *gateway;
    Fd client_tun;
    Fd gateway_tun;
    Fd client; /* UDP 10.99.0.5, once there is an address */
    Fd echo;   /* UDP 10.77.0.9:7 */
    Fd home;   /* the namespace that we came from */
    Fd sockets[2];
    IkePath paths[2];
    gboolean is_pair_over;
} Bench;

static void
run(const char *command)
{
    g_autoptr(GError) error = NULL;
    gint status;

    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, &status, &error));
    if (status != 0)
        g_error("%s: status %d", command, status);
}

static Fd
open_udp(const char *address, guint16 port)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    Fd fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    NetAddress value;

    g_assert_true(net_address_parse(address, &value));
    memcpy(&name.sin_addr, value.octets, 4);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&name, sizeof name), ==, 0);
    return fd;
}

static void
bench_open(Bench *bench, gconstpointer data)
{
    memset(bench, 0, sizeof *bench);
    bench->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    g_assert_cmpint(unshare(CLONE_NEWNET), ==, 0);
    run("ip link set lo up");
    bench->gateway_tun = -1;
    bench->client_tun = pair_open_tun("coati0", TRUE);
    g_assert_cmpint(bench->client_tun, >=, 0);
    run("ip link set coati0 up");
    run("ip address add 10.99.0.5/32 dev coati0");
    run("ip route add 10.77.0.0/24 dev coati0");
    bench->client = open_udp("10.99.0.5", 0);
    bench->gateway = gateway_new();
    for (guint i = 0; i < 2; i++)
        bench->sockets[i] = pair_open_socket(gateway_endpoint(bench->gateway, (IkeSocket)i),
                                             (IkeSocket)i, &bench->paths[i]);
    pair_start(&bench->pair);
    g_assert_cmpint(unshare(CLONE_NEWNET), ==, 0);
    bench->gateway_tun = pair_open_tun("gw0", FALSE);
    run("ip link set gw0 up");
    run("ip address add 10.77.0.9/32 dev gw0");
    run("ip route add 10.99.0.0/16 dev gw0");
    bench->echo = open_udp("10.77.0.9", 7);
    gateway_set_tun(bench->gateway, bench->gateway_tun);
}

static void
bench_close(Bench *bench, gconstpointer data)
{
    int status;

    if (!bench->is_pair_over) {
        status = pair_end(&bench->pair);
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), ==, 0);
    }
    gateway_free(bench->gateway);
    fd_close(&bench->client_tun);
    fd_close(&bench->gateway_tun);
    fd_close(&bench->client);
    fd_close(&bench->echo);
    fd_close(&bench->sockets[0]);
    fd_close(&bench->sockets[1]);
    g_assert_cmpint(setns(bench->home, CLONE_NEWNET), ==, 0);
    fd_close(&bench->home);
}

static IkePolicy *
make_policy(const char *phase1_name, const char *esp_name, IkeMode mode)
{
    IkePolicy *policy = ike_policy_new();
    SuitePhase1 phase1;
    SuiteEsp esp;

    g_assert_true(suite_phase1_parse(phase1_name, &phase1));
    g_assert_true(suite_esp_parse(esp_name, &esp));
    g_array_append_val(policy->phase1, phase1);
    g_array_append_val(policy->esp, esp);
    policy->mode = mode;
    policy->method = IKE_METHOD_HYBRID_RSA;
    policy->own_id.type = IKE_ID_KEY_ID;
    policy->own_id.data = g_bytes_new("staff", 5);
    return policy;
}

static IkeTrust *
make_trust(const Bench *bench, const char *name)
{
    IkeTrust *trust = ike_trust_new();

    g_ptr_array_add(trust->anchors, g_bytes_ref(gateway_ca(bench->gateway)));
    trust->expected_name = g_strdup(name);
    trust->is_peer_gateway = TRUE;
    return trust;
}

/* Lets the gateway run until the pair has something to say or the time is up. */
static BoundaryMessage *
next_message(Bench *bench, gint64 until)
{
    while (g_get_monotonic_time() < until) {
        struct pollfd fds[GATEWAY_FDS + 1];
        gint wait = gateway_poll(bench->gateway, fds);

        fds[GATEWAY_FDS] = (struct pollfd){.fd = bench->pair.boundary, .events = POLLIN};
        poll(fds, GATEWAY_FDS + 1, MIN(wait, 100));
        gateway_serve(bench->gateway, fds);
        if (fds[GATEWAY_FDS].revents != 0)
            return pair_receive(&bench->pair, 0);
    }
    return NULL;
}

/* Until a message of type comes, answering logins with password. */
static BoundaryMessage *
wait_for(Bench *bench, BoundaryType type, const char *password)
{
    gint64 until = g_get_monotonic_time() + LIMIT_MILLISECONDS * 1000;

    for (;;) {
        g_autoptr(BoundaryMessage) message = next_message(bench, until);
        g_autofree char *line = NULL;

        if (message == NULL)
            return NULL;
        line = pair_describe(message);
        g_test_message("engine: %s", line);
        if (message->type == type)
            return g_steal_pointer(&message);
        if (message->type == BOUNDARY_ASK_LOGIN)
            pair_login(&bench->pair, message->ask_login.ticket, "alice", password);
        if (message->type == BOUNDARY_CLOSED)
            return NULL;
    }
}

/* Serves both ends until fd can be read. */
static gssize
wait_datagram(Bench *bench, Fd fd, void *ret_data, gsize size, struct sockaddr_in *ret_from)
{
    gint64 until = g_get_monotonic_time() + LIMIT_MILLISECONDS * 1000;
    socklen_t length = sizeof *ret_from;

    while (g_get_monotonic_time() < until) {
        struct pollfd fds[GATEWAY_FDS + 1];

        gateway_poll(bench->gateway, fds);
        fds[GATEWAY_FDS] = (struct pollfd){.fd = fd, .events = POLLIN};
        poll(fds, GATEWAY_FDS + 1, 100);
        gateway_serve(bench->gateway, fds);
        if (fds[GATEWAY_FDS].revents != 0)
            return recvfrom(fd, ret_data, size, 0, (struct sockaddr *)ret_from, &length);
    }
    return -1;
}

/* A datagram through the tunnel and back. */
static void
check_echo(Bench *bench)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(7)};
    struct sockaddr_in from;
    char text[64];

    g_assert_cmpint(inet_pton(AF_INET, "10.77.0.9", &name.sin_addr), ==, 1);
    g_assert_cmpint(sendto(bench->client, "through", 7, 0, (struct sockaddr *)&name, sizeof name),
                    ==, 7);
    g_assert_cmpint(wait_datagram(bench, bench->echo, text, sizeof text, &from), ==, 7);
    g_assert_cmpmem(text, 7, "through", 7);
    g_assert_cmpint(sendto(bench->echo, "and back", 8, 0, (struct sockaddr *)&from, sizeof from),
                    ==, 8);
    g_assert_cmpint(wait_datagram(bench, bench->client, text, sizeof text, &from), ==, 8);
    g_assert_cmpmem(text, 8, "and back", 8);
}

static void
initiate(Bench *bench, IkePolicy *policy, const char *name)
{
    g_autoptr(IkeTrust) trust = make_trust(bench, name);
    Fd fds[3] = {bench->sockets[0], bench->sockets[1], bench->client_tun};

    pair_initiate(&bench->pair, policy, trust, bench->paths, fds, 0);
}

typedef struct {
    const char *phase1;
    const char *esp;
    IkeMode mode;
} SuiteRow;

static void
test_a_packet_crosses_the_tunnel_and_comes_back(Bench *bench, gconstpointer data)
{
    const SuiteRow *row = data;
    g_autoptr(IkePolicy) policy = make_policy(row->phase1, row->esp, row->mode);
    g_autoptr(BoundaryMessage) settings = NULL;
    g_autoptr(BoundaryMessage) child = NULL;
    g_autoptr(BoundaryMessage) counters = NULL;
    g_autoptr(BoundaryMessage) closed = NULL;
    BoundaryMessage count = {.type = BOUNDARY_COUNT};
    char text[NET_ADDRESS_TEXT_SIZE];

    initiate(bench, policy, "vpn.example.net");
    settings = wait_for(bench, BOUNDARY_SETTINGS, "wonderland");
    g_assert_nonnull(settings);
    net_address_format(&settings->settings->address4, text);
    g_assert_cmpstr(text, ==, "10.99.0.5");
    child = wait_for(bench, BOUNDARY_CHILD_UP, "wonderland");
    g_assert_nonnull(child);
    g_assert_cmpuint(child->child_up.mtu_octets, >, 1300);
    check_echo(bench);
    pair_send(&bench->pair, &count);
    counters = wait_for(bench, BOUNDARY_COUNTERS, NULL);
    g_assert_nonnull(counters);
    g_assert_cmpuint(counters->counters.packets_in, ==, 1);
    pair_hang_up(&bench->pair, REASON_USER_REQUEST);
    closed = wait_for(bench, BOUNDARY_CLOSED, NULL);
    g_assert_nonnull(closed);
    g_assert_cmpint(closed->closed.reason, ==, REASON_USER_REQUEST);
}

static Reason
closing_reason(Bench *bench, const char *password)
{
    g_autoptr(BoundaryMessage) closed = wait_for(bench, BOUNDARY_CLOSED, password);

    g_assert_nonnull(closed);
    return closed->closed.reason;
}

static void
test_a_wrong_password_is_told(Bench *bench, gconstpointer data)
{
    g_autoptr(IkePolicy) policy =
        make_policy("aes256-sha256-modp2048", "aes128-sha1", IKE_MODE_AGGRESSIVE);

    initiate(bench, policy, "vpn.example.net");
    g_assert_cmpint(closing_reason(bench, "looking-glass"), ==, REASON_AUTH_USER_REJECTED);
}

static void
test_another_name_is_refused_before_the_login(Bench *bench, gconstpointer data)
{
    g_autoptr(IkePolicy) policy =
        make_policy("aes256-sha256-modp2048", "aes128-sha1", IKE_MODE_AGGRESSIVE);

    initiate(bench, policy, "evil.example.net");
    g_assert_cmpint(closing_reason(bench, NULL), ==, REASON_GATEWAY_CERT_NAME);
}

static void
test_a_person_is_asked_where_no_name_is_known(Bench *bench, gconstpointer data)
{
    g_autoptr(IkePolicy) policy =
        make_policy("aes256-sha256-modp2048", "aes128-sha1", IKE_MODE_AGGRESSIVE);
    g_autoptr(BoundaryMessage) asked = NULL;
    g_autoptr(BoundaryMessage) child = NULL;
    BoundaryMessage answer = {.type = BOUNDARY_ANSWER_TRUST};

    initiate(bench, policy, NULL);
    asked = wait_for(bench, BOUNDARY_ASK_TRUST, NULL);
    g_assert_nonnull(asked);
    g_assert_nonnull(strstr(asked->ask_trust.certificate->subject, "vpn.example.net"));
    answer.answer_trust.ticket = asked->ask_trust.ticket;
    answer.answer_trust.reason = REASON_NONE;
    pair_send(&bench->pair, &answer);
    child = wait_for(bench, BOUNDARY_CHILD_UP, "wonderland");
    g_assert_nonnull(child);
}

static void
test_a_closed_port_is_told_as_such(Bench *bench, gconstpointer data)
{
    g_autoptr(IkePolicy) policy =
        make_policy("aes256-sha256-modp2048", "aes128-sha1", IKE_MODE_AGGRESSIVE);

    policy->initiate_seconds = 2;
    gateway_close_sockets(bench->gateway);
    initiate(bench, policy, "vpn.example.net");
    g_assert_cmpint(closing_reason(bench, NULL), ==, REASON_GATEWAY_NOT_LISTENING);
}

static void
test_sigterm_hangs_up(Bench *bench, gconstpointer data)
{
    g_autoptr(IkePolicy) policy =
        make_policy("aes256-sha256-modp2048", "aes128-sha1", IKE_MODE_AGGRESSIVE);
    g_autoptr(BoundaryMessage) child = NULL;

    initiate(bench, policy, "vpn.example.net");
    child = wait_for(bench, BOUNDARY_CHILD_UP, "wonderland");
    g_assert_nonnull(child);
    kill(bench->pair.engine, SIGTERM);
    g_assert_cmpint(closing_reason(bench, NULL), ==, REASON_SHUTDOWN);
}

static void
test_the_engine_ends_when_coatid_is_gone(Bench *bench, gconstpointer data)
{
    int status = pair_end(&bench->pair);

    bench->is_pair_over = TRUE;
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

static void
test_a_malformed_message_ends_the_engine(Bench *bench, gconstpointer data)
{
    g_autoptr(BoundaryMessage) message = NULL;

    g_assert_true(fd_send(bench->pair.boundary, "\0\1nonsense", 10, NULL, 0, NULL));
    do {
        boundary_message_free(message);
        message = pair_receive(&bench->pair, LIMIT_MILLISECONDS);
    } while (message != NULL);
}

static const SuiteRow rows[] = {
    {"aes128-sha1-modp1024", "aes128-sha1", IKE_MODE_AGGRESSIVE},
    {"aes256-sha256-modp2048", "aes256-sha256", IKE_MODE_AGGRESSIVE},
    {"aes256-sha256-x25519", "aes128gcm16", IKE_MODE_MAIN},
};

#define ADD(path, data, function)                                                                  \
    g_test_add("/engine/" path, Bench, data, bench_open, function, bench_close)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (geteuid() != 0 || access("/dev/net/tun", R_OK | W_OK) != 0) {
        g_print("1..0 # SKIP needs root and /dev/net/tun\n");
        return SKIP;
    }
    ADD("a-packet-crosses-the-tunnel-and-comes-back/aggressive-aes128-sha1", &rows[0],
        test_a_packet_crosses_the_tunnel_and_comes_back);
    ADD("a-packet-crosses-the-tunnel-and-comes-back/aggressive-aes256-sha256", &rows[1],
        test_a_packet_crosses_the_tunnel_and_comes_back);
    ADD("a-packet-crosses-the-tunnel-and-comes-back/main-x25519-gcm", &rows[2],
        test_a_packet_crosses_the_tunnel_and_comes_back);
    ADD("a-wrong-password-is-told", NULL, test_a_wrong_password_is_told);
    ADD("another-name-is-refused-before-the-login", NULL,
        test_another_name_is_refused_before_the_login);
    ADD("a-person-is-asked-where-no-name-is-known", NULL,
        test_a_person_is_asked_where_no_name_is_known);
    ADD("a-closed-port-is-told-as-such", NULL, test_a_closed_port_is_told_as_such);
    ADD("sigterm-hangs-up", NULL, test_sigterm_hangs_up);
    ADD("the-engine-ends-when-coatid-is-gone", NULL, test_the_engine_ends_when_coatid_is_gone);
    ADD("a-malformed-message-ends-the-engine", NULL, test_a_malformed_message_ends_the_engine);
    return g_test_run();
}
