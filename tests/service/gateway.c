/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway.h"

#include "engine/random.h"
#include "ike/signature.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { POLL_ISAKMP, POLL_SPARE, POLL_TUN, POLL_NATT };

struct Gateway {
    Fd sockets[2];
    NetEndpoint endpoints[2];
    RandomPool random;
    IkeEngine *engine;
    Plane *plane;
    IkePrivateKey *key;
    GBytes *ca;
    GBytes *certificate;
    NetEndpoint client; /* its NAT traversal socket, as seen last */
    Fd tun;
    guint children;
    guint closed;
};

static gint64
read_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static GBytes *
unhex(const char *text)
{
    gsize length = strlen(text) / 2;
    guint8 *octets = g_malloc(length);

    for (gsize i = 0; i < length; i++)
        octets[i] = (guint8)(g_ascii_xdigit_value(text[2 * i]) << 4 |
                             g_ascii_xdigit_value(text[2 * i + 1]));
    return g_bytes_new_take(octets, length);
}

static void
load_credentials(Gateway *gateway)
{
    const char *folder = g_getenv("COATI_VECTORS");
    g_autofree char *json =
        g_build_filename(folder, "A_hybrid_aggressive_aes128_sha1_modp1024.json", NULL);
    g_autofree char *pem = g_build_filename(folder, "gateway.key.pem", NULL);
    g_autofree char *text = NULL;
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *inputs;
    gsize length;

    g_assert_true(json_parser_load_from_file(parser, json, NULL));
    inputs =
        json_object_get_object_member(json_node_get_object(json_parser_get_root(parser)), "inputs");
    gateway->ca = unhex(json_object_get_string_member(inputs, "ca_cert"));
    gateway->certificate = unhex(json_object_get_string_member(inputs, "gateway_cert"));
    g_assert_true(g_file_get_contents(pem, &text, &length, NULL));
    gateway->key = ike_private_key_new(reader_of(text, length), NULL);
    g_assert_nonnull(gateway->key);
}

static IkePolicy *
make_policy(const Gateway *gateway)
{
    static const char *const phase1_names[] = {"aes128-sha1-modp1024", "aes256-sha256-modp2048",
                                               "aes256-sha256-x25519"};
    static const char *const esp_names[] = {"aes128-sha1", "aes256-sha256", "aes128gcm16"};
    IkePolicy *policy = ike_policy_new();

    policy->method = IKE_METHOD_HYBRID_RSA;
    policy->modes = 1 << IKE_MODE_MAIN | 1 << IKE_MODE_AGGRESSIVE;
    for (gsize i = 0; i < G_N_ELEMENTS(phase1_names); i++) {
        SuitePhase1 suite;

        g_assert_true(suite_phase1_parse(phase1_names[i], &suite));
        g_array_append_val(policy->phase1, suite);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(esp_names); i++) {
        SuiteEsp suite;

        g_assert_true(suite_esp_parse(esp_names[i], &suite));
        g_array_append_val(policy->esp, suite);
    }
    policy->own_id.type = IKE_ID_FQDN;
    policy->own_id.data = g_bytes_new("vpn.example.net", 15);
    g_ptr_array_add(policy->own_chain, g_bytes_ref(gateway->certificate));
    policy->own_key = 1;
    return policy;
}

static Fd
open_socket(NetEndpoint *ret_endpoint)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof name;
    Fd fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&name, sizeof name), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&name, &length), ==, 0);
    ret_endpoint->address = net_address_of(&name.sin_addr, 4);
    ret_endpoint->port = ntohs(name.sin_port);
    return fd;
}

static void carry_out(Gateway *gateway, gint64 now);

static NetEndpoint
endpoint_of(const struct sockaddr_in *name)
{
    return (NetEndpoint){.address = net_address_of(&name->sin_addr, 4),
                         .port = ntohs(name->sin_port)};
}

static void
feed(Gateway *gateway, gint64 now, IkeSocket socket, const NetEndpoint *from, const guint8 *data,
     gsize length)
{
    IkePath path = {.local = gateway->endpoints[socket], .remote = *from, .socket = socket};

    if (socket == IKE_SOCKET_NATT)
        gateway->client = *from;
    ike_engine_receive(gateway->engine, now, &path, data, length);
    carry_out(gateway, now);
}

static void
receive_natt(gpointer user_data, gint64 now, const NetEndpoint *from, const guint8 *data,
             gsize length)
{
    feed(user_data, now, IKE_SOCKET_NATT, from, data, length);
}

static void
ignore_event(gpointer user_data, gint64 now, const PlaneEvent *event)
{
}

Gateway *
gateway_new(void)
{
    Gateway *gateway = g_new0(Gateway, 1);
    g_autoptr(GPtrArray) policies =
        g_ptr_array_new_with_free_func((GDestroyNotify)ike_policy_unref);
    IkeOptions options = {.random = random_pool_draw,
                          .random_data = &gateway->random,
                          .responder_policies = policies};

    load_credentials(gateway);
    for (gsize i = 0; i < 2; i++)
        gateway->sockets[i] = open_socket(&gateway->endpoints[i]);
    g_ptr_array_add(policies, make_policy(gateway));
    gateway->engine = ike_engine_new(&options);
    return gateway;
}

void
gateway_free(Gateway *gateway)
{
    if (gateway == NULL)
        return;
    plane_free(gateway->plane);
    ike_engine_free(gateway->engine);
    ike_private_key_free(gateway->key);
    g_bytes_unref(gateway->ca);
    g_bytes_unref(gateway->certificate);
    fd_close(&gateway->sockets[0]);
    fd_close(&gateway->sockets[1]);
    g_free(gateway);
}

void
gateway_set_tun(Gateway *gateway, Fd tun)
{
    gateway->tun = tun;
}

void
gateway_close_sockets(Gateway *gateway)
{
    fd_close(&gateway->sockets[0]);
    fd_close(&gateway->sockets[1]);
}

const NetEndpoint *
gateway_endpoint(const Gateway *gateway, IkeSocket socket)
{
    return &gateway->endpoints[socket];
}

GBytes *
gateway_ca(const Gateway *gateway)
{
    return gateway->ca;
}

guint
gateway_children(const Gateway *gateway)
{
    return gateway->children;
}

guint
gateway_closed(const Gateway *gateway)
{
    return gateway->closed;
}

static void
send_datagram(Gateway *gateway, const IkeAction *action)
{
    const IkePath *path = &action->send.path;
    guint8 room[65536] = {0};
    gboolean is_marked = path->socket == IKE_SOCKET_NATT && !action->send.is_keepalive;
    gsize skip = is_marked ? 4 : 0;
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(path->remote.port)};

    memcpy(&name.sin_addr, path->remote.address.octets, 4);
    memcpy(room + skip, action->send.data, action->send.length);
    sendto(gateway->sockets[path->socket], room, skip + action->send.length, 0,
           (struct sockaddr *)&name, sizeof name);
}

/* The plane is made with the first child: then it is known where the client is. */
static void
child_up(Gateway *gateway, gint64 now, const IkeAction *action)
{
    PlaneHost host = {.receive = receive_natt, .event = ignore_event, .user_data = gateway};
    PlaneOptions options = {.tun = gateway->tun,
                            .socket = gateway->sockets[IKE_SOCKET_NATT],
                            .remote = gateway->client};
    g_autoptr(GError) error = NULL;

    if (gateway->plane == NULL)
        gateway->plane = plane_new(&options, &host, &error);
    g_assert_no_error(error);
    g_assert_true(plane_up(gateway->plane, now, &action->child_up, &error));
    g_assert_no_error(error);
    gateway->children++;
}

static void
answer_sign(Gateway *gateway, gint64 now, const IkeAction *action)
{
    g_autoptr(GBytes) signature =
        ike_private_key_sign(gateway->key, reader_of(action->sign.hash, action->sign.hash_length));

    ike_engine_answer_sign(gateway->engine, now, action->ticket, signature);
}

static void
answer_verdict(Gateway *gateway, gint64 now, const IkeAction *action)
{
    const IkeLogin *login = &action->verdict.login;
    IkeVerdict verdict = {.type = IKE_VERDICT_NO};

    if (login->user != NULL && login->password != NULL &&
        strcmp(secret_text(login->user), "alice") == 0 &&
        strcmp(secret_text(login->password), "wonderland") == 0)
        verdict.type = IKE_VERDICT_YES;
    ike_engine_answer_verdict(gateway->engine, now, action->ticket, &verdict);
}

static void
answer_lease(Gateway *gateway, gint64 now, const IkeAction *action)
{
    g_autoptr(IkeSettings) settings = ike_settings_new();
    NetPrefix office;

    g_assert_true(net_address_parse("10.99.0.5", &settings->address4));
    g_assert_true(net_prefix_parse("10.77.0.0/24", &office));
    g_array_append_val(settings->split_include, office);
    settings->banner = g_strdup("Welcome to the test.");
    ike_engine_answer_lease(gateway->engine, now, action->ticket, settings);
}

static void
carry_out(Gateway *gateway, gint64 now)
{
    const IkeAction *action;

    while ((action = ike_engine_next(gateway->engine)) != NULL) {
        switch ((gint)action->type) {
        case IKE_SEND:
            send_datagram(gateway, action);
            break;
        case IKE_ASK_SIGN:
            answer_sign(gateway, now, action);
            break;
        case IKE_ASK_VERDICT:
            answer_verdict(gateway, now, action);
            break;
        case IKE_ASK_LEASE:
            answer_lease(gateway, now, action);
            break;
        case IKE_TELL_CHILD_UP:
            child_up(gateway, now, action);
            break;
        case IKE_TELL_CHILD_SEND:
            plane_change_send(gateway->plane, action->child);
            break;
        case IKE_TELL_CHILD_DOWN:
            plane_down(gateway->plane, action->child);
            gateway->children--;
            break;
        case IKE_TELL_NOTE:
            g_test_message("gateway: %s", action->note.text);
            break;
        case IKE_TELL_CLOSED:
            g_test_message("gateway: closed %s", reason_token(action->closed.reason));
            gateway->closed++;
            break;
        default:
            break;
        }
    }
}

gint
gateway_poll(Gateway *gateway, struct pollfd ret_fds[GATEWAY_FDS])
{
    gint64 deadline = ike_engine_deadline(gateway->engine);

    for (gsize i = 0; i < GATEWAY_FDS; i++)
        ret_fds[i] = (struct pollfd){.fd = -1};
    ret_fds[POLL_ISAKMP] = (struct pollfd){.fd = gateway->sockets[0], .events = POLLIN};
    if (gateway->plane != NULL)
        plane_poll(gateway->plane, &ret_fds[POLL_TUN]);
    else
        ret_fds[POLL_NATT] = (struct pollfd){.fd = gateway->sockets[1], .events = POLLIN};
    return deadline < 0 ? 1000 : (gint)CLAMP((deadline - read_clock()) / 1000 + 1, 0, 1000);
}

static void
read_socket(Gateway *gateway, gint64 now, IkeSocket socket)
{
    guint8 room[65536];
    struct sockaddr_in name;
    socklen_t size = sizeof name;
    gsize skip = socket == IKE_SOCKET_NATT ? 4 : 0;
    gssize length = recvfrom(gateway->sockets[socket], room, sizeof room, MSG_DONTWAIT,
                             (struct sockaddr *)&name, &size);
    NetEndpoint from;

    if (length <= (gssize)skip)
        return;
    from = endpoint_of(&name);
    feed(gateway, now, socket, &from, room + skip, (gsize)length - skip);
}

void
gateway_serve(Gateway *gateway, const struct pollfd fds[GATEWAY_FDS])
{
    gint64 now = read_clock();

    if (fds[POLL_ISAKMP].revents != 0)
        read_socket(gateway, now, IKE_SOCKET_ISAKMP);
    if (gateway->plane != NULL && (fds[POLL_TUN].revents | fds[POLL_NATT].revents) != 0)
        plane_ready(gateway->plane, now, &fds[POLL_TUN]);
    else if (gateway->plane == NULL && fds[POLL_NATT].revents != 0)
        read_socket(gateway, now, IKE_SOCKET_NATT);
    ike_engine_tick(gateway->engine, now);
    carry_out(gateway, now);
}
