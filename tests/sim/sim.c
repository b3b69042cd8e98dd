/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim.h"

#include "ike/hash.h"
#include "ike/keys.h"

#include <stdarg.h>
#include <string.h>

typedef struct {
    gint64 when;
    guint64 serial;
    SimNode *node;
    /* A datagram ... */
    GBytes *data;
    IkePath path;
    /* ... or an answer of the host. */
    IkeActionType asked;
    guint64 ticket;
    GBytes *signature;
    Secret *skeyid;
    IkeVerdict verdict;
    gboolean asks_passcode;
    guint round;
} Event;

static void
event_free(gpointer data)
{
    Event *event = data;

    g_clear_pointer(&event->data, g_bytes_unref);
    g_clear_pointer(&event->signature, g_bytes_unref);
    secret_free(event->skeyid);
    g_free(event);
}

static gint
event_compare(gconstpointer a, gconstpointer b, gpointer unused)
{
    const Event *left = a, *right = b;

    if (left->when != right->when)
        return left->when < right->when ? -1 : 1;
    return left->serial < right->serial ? -1 : 1;
}

static Event *
event_add(Sim *sim, SimNode *node, gint64 delay_us)
{
    Event *event = g_new0(Event, 1);

    event->when = sim->now + delay_us;
    event->serial = ++sim->serial;
    event->node = node;
    g_queue_insert_sorted(&sim->events, event, event_compare, NULL);
    return event;
}

static NetAddress
address(const char *text)
{
    NetAddress result;

    g_assert_true(net_address_parse(text, &result));
    return result;
}

/* --- the link --- */

static gboolean
chance(Sim *sim, guint percent)
{
    return percent > 0 && g_rand_int_range(sim->dice, 0, 100) < (gint)percent;
}

static SimNode *
find_node(Sim *sim, const NetEndpoint *to)
{
    for (guint i = 0; i < sim->nodes->len; i++) {
        SimNode *node = g_ptr_array_index(sim->nodes, i);

        if (node->is_gone)
            continue;
        if (!node->is_behind_nat && net_address_equal(&node->address, &to->address))
            return node;
        if (node->is_behind_nat && net_address_equal(&sim->nat_public, &to->address) &&
            (to->port == sim->nat_base || to->port == sim->nat_base + 1))
            return node;
    }
    return NULL;
}

/* What the receiver sees: its own end first. */
static IkePath
path_seen(Sim *sim, SimNode *from, SimNode *to, const IkePath *sent)
{
    gboolean is_natt = sent->socket == IKE_SOCKET_NATT;
    IkePath seen = {.socket = sent->socket, .local = sent->remote, .remote = sent->local};

    if (to->is_behind_nat)
        seen.local = (NetEndpoint){to->address, is_natt ? 4500 : 500};
    if (from->is_behind_nat)
        seen.remote = (NetEndpoint){sim->nat_public, (guint16)(sim->nat_base + (is_natt ? 1 : 0))};
    return seen;
}

static void
deliver(Sim *sim, SimNode *from, const IkePath *path, GBytes *data)
{
    SimNode *to = find_node(sim, &path->remote);
    guint copies = 1 + (chance(sim, sim->link.duplicate_percent) ? 1 : 0);

    for (guint i = 0; to != NULL && i < copies; i++) {
        gint64 delay = (gint64)sim->link.delay_ms * 1000;
        Event *event;

        if (chance(sim, sim->link.loss_percent))
            continue;
        if (chance(sim, sim->link.reorder_percent))
            delay += g_rand_int_range(sim->dice, 0, 300000);
        event = event_add(sim, to, delay);
        event->data = g_bytes_ref(data);
        event->path = path_seen(sim, from, to, path);
    }
}

static void
send_datagram(SimNode *node, const IkeAction *action)
{
    Sim *sim = node->sim;
    gboolean is_natt = action->send.path.socket == IKE_SOCKET_NATT;
    gsize octets = action->send.length + (is_natt && !action->send.is_keepalive ? 4 : 0);
    g_autoptr(GBytes) data = NULL;

    if (action->send.is_keepalive) {
        node->keepalive_count++;
        return;
    }
    node->sent_count++;
    node->longest_sent = MAX(node->longest_sent, octets);
    if (sim->link.is_cut || (is_natt && sim->link.blocks_natt) ||
        (sim->link.max_octets > 0 && octets > sim->link.max_octets))
        return;
    data = g_bytes_new(action->send.data, action->send.length);
    if (sim->tap == NULL || sim->tap(sim, node, &data, sim->tap_data))
        deliver(sim, node, &action->send.path, data);
}

/* --- the host --- */

static Event *
answer_later(SimNode *node, const IkeAction *action, guint ms)
{
    Event *event = event_add(node->sim, node, (gint64)ms * 1000);

    event->asked = action->type;
    event->ticket = action->ticket;
    return event;
}

static void
ask_login(SimNode *node, const IkeAction *action)
{
    Event *event = answer_later(node, action, node->login_ms);

    node->login_count++;
    node->was_login_reauthentication = action->login.is_reauthentication;
    g_free(node->login_message);
    node->login_message = g_strdup(action->login.message);
    event->round = action->login.round;
    for (gsize i = 0; i < action->login.count; i++)
        event->asks_passcode |= action->login.fields[i].field == IKE_FIELD_PASSCODE;
}

static void
ask_host(SimNode *node, const IkeAction *action)
{
    Event *event;

    if (action->type == IKE_ASK_LOGIN) {
        ask_login(node, action);
        return;
    }
    event = answer_later(node, action, node->answer_ms);
    if (action->type == IKE_ASK_SIGN)
        event->signature =
            ike_private_key_sign(node->key, reader_of(action->sign.hash, action->sign.hash_length));
    if (action->type == IKE_ASK_SKEYID && node->psk != NULL) {
        g_autoptr(Secret) psk = secret_new_text(node->psk);

        event->skeyid =
            ike_skeyid_from_psk(action->skeyid.hash, psk,
                                reader_of(action->skeyid.nonces, action->skeyid.nonces_length));
    }
    if (action->type == IKE_ASK_VERDICT)
        event->verdict = sim_judge(node, &action->verdict);
    if (action->type == IKE_ASK_LEASE)
        node->lease_count++;
}

static void
answer_login(SimNode *node, const Event *event)
{
    g_autoptr(Secret) user = secret_new_text(node->user);
    g_autoptr(Secret) password = secret_new_text(
        event->round > 1 && node->passcode != NULL ? node->passcode : node->password);
    IkeLogin login = {
        .user = user,
        .password = password,
        .passcode = event->asks_passcode ? password : NULL,
        .is_cancelled = node->cancels_login,
    };

    ike_engine_answer_login(node->engine, node->sim->now, event->ticket, &login);
}

static void
answer(SimNode *node, const Event *event)
{
    gint64 now = node->sim->now;

    switch (event->asked) {
    case IKE_ASK_LOGIN:
        answer_login(node, event);
        break;
    case IKE_ASK_TRUST:
        ike_engine_answer_trust(node->engine, now, event->ticket, node->trust, NULL);
        break;
    case IKE_ASK_SIGN:
        ike_engine_answer_sign(node->engine, now, event->ticket, event->signature);
        break;
    case IKE_ASK_SKEYID:
        ike_engine_answer_skeyid(node->engine, now, event->ticket, event->skeyid);
        break;
    case IKE_ASK_VERDICT:
        ike_engine_answer_verdict(node->engine, now, event->ticket, &event->verdict);
        break;
    case IKE_ASK_LEASE:
        ike_engine_answer_lease(node->engine, now, event->ticket, node->lease);
        break;
    case IKE_SEND:
    case IKE_TELL_STAGE:
    case IKE_TELL_PHASE1:
    case IKE_TELL_SETTINGS:
    case IKE_TELL_CHILD_UP:
    case IKE_TELL_CHILD_SEND:
    case IKE_TELL_CHILD_DOWN:
    case IKE_TELL_PATH:
    case IKE_TELL_ALIVE:
    case IKE_TELL_NOTE:
    case IKE_TELL_REFUSED:
    case IKE_TELL_CLOSED:
        g_assert_not_reached();
    }
}

static void
child_free(gpointer data)
{
    SimChild *child = data;

    secret_free(child->in);
    secret_free(child->out);
    g_free(child);
}

static void
keep_child(SimNode *node, const IkeChildInfo *info)
{
    SimChild *child = g_new0(SimChild, 1);

    child->info = *info;
    child->info.keymat_in = child->info.keymat_out = NULL;
    child->in = secret_dup(info->keymat_in);
    child->out = secret_dup(info->keymat_out);
    g_assert_false(g_hash_table_contains(node->children, &info->child));
    g_hash_table_insert(node->children, &child->info.child, child);
    node->children_up++;
}

static void
note(SimNode *node, const IkeAction *action)
{
    g_string_append_printf(node->notes, "%s\n", action->note.text);
    if (node->sim->is_noisy)
        g_test_message("%8.3f %s: %s", (gdouble)node->sim->now / G_USEC_PER_SEC, node->name,
                       action->note.text);
}

static void
close_session(SimNode *node, const IkeAction *action)
{
    if (action->session != node->session)
        return;
    node->closed_count++;
    node->reason = action->closed.reason;
    g_free(node->detail);
    node->detail = g_strdup(action->closed.detail);
    if (node->sim->is_noisy)
        g_test_message("%8.3f %s: closed %s (%s)", (gdouble)node->sim->now / G_USEC_PER_SEC,
                       node->name, reason_token(node->reason),
                       node->detail != NULL ? node->detail : "");
}

static void
hear(SimNode *node, const IkeAction *action)
{
    if (action->session != 0 && action->session != node->session) {
        if (node->session == 0 || node->closed_count > 0) {
            node->session = action->session;
            node->closed_count = 0;
        } else {
            node->second_session = action->session;
        }
    }
    switch (action->type) {
    case IKE_SEND:
        send_datagram(node, action);
        break;
    case IKE_ASK_LOGIN:
    case IKE_ASK_TRUST:
    case IKE_ASK_SIGN:
    case IKE_ASK_SKEYID:
    case IKE_ASK_VERDICT:
    case IKE_ASK_LEASE:
        ask_host(node, action);
        break;
    case IKE_TELL_STAGE:
        node->stage = action->stage;
        break;
    case IKE_TELL_PHASE1:
        node->phase1 = action->phase1;
        node->phase1_count++;
        break;
    case IKE_TELL_SETTINGS:
        ike_settings_free(node->settings);
        node->settings = ike_settings_copy(action->settings);
        break;
    case IKE_TELL_CHILD_UP:
        keep_child(node, &action->child_up);
        break;
    case IKE_TELL_CHILD_SEND:
        g_assert_true(g_hash_table_contains(node->children, &action->child));
        node->sending = action->child;
        break;
    case IKE_TELL_CHILD_DOWN:
        g_assert_true(g_hash_table_remove(node->children, &action->child));
        break;
    case IKE_TELL_PATH:
        node->path = action->path;
        node->path_count++;
        break;
    case IKE_TELL_ALIVE:
        node->alive_count++;
        node->round_trip_microseconds = action->round_trip_microseconds;
        break;
    case IKE_TELL_NOTE:
        note(node, action);
        break;
    case IKE_TELL_REFUSED:
        g_string_append_printf(node->notes, "offered %s; here %s; %s\n", action->refused.offered,
                               action->refused.own, action->refused.difference);
        break;
    case IKE_TELL_CLOSED:
        close_session(node, action);
        break;
    }
}

void
sim_drain(SimNode *node)
{
    const IkeAction *action;

    while ((action = ike_engine_next(node->engine)) != NULL)
        hear(node, action);
}

/* --- time --- */

static SimNode *
next_due(Sim *sim, gint64 *ret_when)
{
    SimNode *due = NULL;
    const Event *event = g_queue_peek_head(&sim->events);

    *ret_when = event != NULL ? event->when : G_MAXINT64;
    for (guint i = 0; i < sim->nodes->len; i++) {
        SimNode *node = g_ptr_array_index(sim->nodes, i);
        gint64 deadline = node->is_gone ? -1 : ike_engine_deadline(node->engine);

        if (deadline >= 0 && deadline < *ret_when) {
            *ret_when = deadline;
            due = node;
        }
    }
    return due;
}

static void
happen(Sim *sim)
{
    Event *event = g_queue_pop_head(&sim->events);
    SimNode *node = event->node;
    gsize length;
    const guint8 *data;

    if (!node->is_gone && event->data != NULL) {
        data = g_bytes_get_data(event->data, &length);
        ike_engine_receive(node->engine, sim->now, &event->path, data, length);
        sim_drain(node);
    } else if (!node->is_gone) {
        answer(node, event);
        sim_drain(node);
    }
    event_free(event);
}

/* One event or deadline; FALSE when none is left before limit. */
static gboolean
step(Sim *sim, gint64 limit)
{
    gint64 when;
    SimNode *due = next_due(sim, &when);

    if (when > limit)
        return FALSE;
    sim->now = MAX(sim->now, when);
    if (due != NULL) {
        ike_engine_tick(due->engine, sim->now);
        sim_drain(due);
        /* One that is not worked off would be met again at the same time, for ever. */
        g_assert_true(ike_engine_deadline(due->engine) == -1 ||
                      ike_engine_deadline(due->engine) > sim->now);
    } else {
        happen(sim);
    }
    return TRUE;
}

void
sim_run(Sim *sim, gdouble seconds)
{
    gint64 limit = sim->now + (gint64)(seconds * G_USEC_PER_SEC);

    while (step(sim, limit))
        ;
    sim->now = limit;
}

gboolean
sim_is_connected(const SimNode *node)
{
    return node->closed_count == 0 && node->stage == IKE_STAGE_ESTABLISHED &&
           g_hash_table_size(node->children) > 0;
}

gboolean
sim_settle(Sim *sim, SimNode *client, gdouble seconds)
{
    gint64 limit = sim->now + (gint64)(seconds * G_USEC_PER_SEC);

    while (!sim_is_connected(client) && client->closed_count == 0) {
        if (!step(sim, limit))
            return FALSE;
    }
    return TRUE;
}

void
sim_inject(SimNode *to, const IkePath *path, GBytes *data, guint ms)
{
    Event *event = event_add(to->sim, to, (gint64)ms * 1000);

    event->data = g_bytes_ref(data);
    event->path = *path;
}

void
sim_nat_rebind(Sim *sim)
{
    sim->nat_base += 1000;
}

/* --- the world --- */

Sim *
sim_new(guint32 seed)
{
    Sim *sim = g_new0(Sim, 1);

    sim->now = IKE_SIM_START;
    sim->dice = g_rand_new_with_seed(seed);
    sim->link.delay_ms = 20;
    g_queue_init(&sim->events);
    sim->nodes = g_ptr_array_new();
    sim->nat_public = address("198.51.100.7");
    sim->nat_base = 32000;
    return sim;
}

static void
node_free(SimNode *node)
{
    ike_engine_free(node->engine);
    g_rand_free(node->dice);
    ike_private_key_free(node->key);
    g_ptr_array_unref(node->chain);
    g_hash_table_unref(node->children);
    ike_settings_free(node->settings);
    ike_settings_free(node->lease);
    g_free(node->detail);
    g_free(node->login_message);
    g_string_free(node->notes, TRUE);
    g_free(node);
}

void
sim_free(Sim *sim)
{
    if (sim == NULL)
        return;
    for (guint i = 0; i < sim->nodes->len; i++)
        node_free(g_ptr_array_index(sim->nodes, i));
    g_ptr_array_unref(sim->nodes);
    g_queue_clear_full(&sim->events, event_free);
    g_rand_free(sim->dice);
    g_free(sim);
}

static void
roll(gpointer user_data, IkeRandomUse use, guint8 *ret_octets, gsize length)
{
    SimNode *node = user_data;

    for (gsize i = 0; i < length; i++)
        ret_octets[i] = (guint8)g_rand_int_range(node->dice, 0, 256);
}

static GBytes *
load(const char *name)
{
    g_autofree char *path = g_build_filename(TEST_VECTORS, "computed", name, NULL);
    g_autoptr(GError) error = NULL;
    char *text;
    gsize length;

    g_file_get_contents(path, &text, &length, &error);
    g_assert_no_error(error);
    return g_bytes_new_take(text, length);
}

static IkePrivateKey *
load_key(const char *name)
{
    g_autoptr(GBytes) pem = load(name);
    g_autoptr(GError) error = NULL;
    IkePrivateKey *key = ike_private_key_new(reader_of_bytes(pem), &error);

    g_assert_no_error(error);
    return key;
}

/* "name": "hex" out of certs.json; no more of JSON is needed here. */
static GBytes *
load_certificate(const char *name)
{
    g_autoptr(GBytes) json = load("certs.json");
    g_autofree char *text = g_strndup(g_bytes_get_data(json, NULL), g_bytes_get_size(json));
    g_autofree char *key = g_strdup_printf("\"%s\": \"", name);
    GByteArray *octets = g_byte_array_new();
    const char *at = strstr(text, key);

    g_assert_nonnull(at);
    for (at += strlen(key); *at != '"'; at += 2) {
        guint8 octet = (guint8)(g_ascii_xdigit_value(at[0]) * 16 + g_ascii_xdigit_value(at[1]));

        g_byte_array_append(octets, &octet, 1);
    }
    return g_byte_array_free_to_bytes(octets);
}

static SimNode *
node_new(Sim *sim, const char *name, const char *place, const char *certificate,
         const char *key_file)
{
    SimNode *node = g_new0(SimNode, 1);

    node->sim = sim;
    node->name = name;
    node->dice = g_rand_new_with_seed(g_rand_int(sim->dice));
    node->address = address(place);
    node->chain = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_ptr_array_add(node->chain, load_certificate(certificate));
    node->key = load_key(key_file);
    node->psk = "group secret";
    node->user = "toto";
    node->password = "password";
    node->accepted_password = "password";
    node->again_field = IKE_FIELD_PASSCODE;
    node->login_ms = 1500;
    node->answer_ms = 3;
    node->children = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, child_free);
    node->notes = g_string_new(NULL);
    g_ptr_array_add(sim->nodes, node);
    return node;
}

SimNode *
sim_client(Sim *sim, gboolean is_behind_nat)
{
    SimNode *node = node_new(sim, "client", is_behind_nat ? "10.0.0.5" : "192.0.2.9", "client",
                             "client.key.pem");
    IkeOptions options = {.random = roll, .random_data = node};

    node->is_behind_nat = is_behind_nat;
    node->engine = ike_engine_new(&options);
    return node;
}

static IkeSettings *
default_lease(void)
{
    IkeSettings *lease = ike_settings_new();
    NetAddress dns = address("10.7.0.1");

    lease->address4 = address("10.7.0.10");
    g_array_append_val(lease->dns, dns);
    lease->domain = g_strdup("example.net");
    lease->banner = g_strdup("Welcome");
    return lease;
}

SimNode *
sim_gateway(Sim *sim, IkePolicy *policy, ...)
{
    SimNode *node = node_new(sim, "gateway", "203.0.113.1", "gateway", "gateway.key.pem");
    g_autoptr(GPtrArray) policies =
        g_ptr_array_new_with_free_func((GDestroyNotify)ike_policy_unref);
    IkeOptions options = {.random = roll, .random_data = node, .responder_policies = policies};
    va_list arguments;

    va_start(arguments, policy);
    for (; policy != NULL; policy = va_arg(arguments, IkePolicy *))
        g_ptr_array_add(policies, policy);
    va_end(arguments);
    node->engine = ike_engine_new(&options);
    node->lease = default_lease();
    return node;
}

void
sim_restart_gateway(SimNode *node, IkePolicy *policy)
{
    g_autoptr(GPtrArray) policies =
        g_ptr_array_new_with_free_func((GDestroyNotify)ike_policy_unref);
    IkeOptions options = {.random = roll, .random_data = node, .responder_policies = policies};

    g_ptr_array_add(policies, policy);
    ike_engine_free(node->engine);
    node->engine = ike_engine_new(&options);
    g_hash_table_remove_all(node->children);
    node->session = 0;
    node->closed_count = 0;
}

static void
add_suites(IkePolicy *policy, const char *suites, const char *esp_suites)
{
    g_auto(GStrv) phase1 = g_strsplit(suites, ",", -1);
    g_auto(GStrv) esp = g_strsplit(esp_suites, ",", -1);

    for (guint i = 0; phase1[i] != NULL; i++) {
        SuitePhase1 suite;

        g_assert_true(suite_phase1_parse(phase1[i], &suite));
        g_array_append_val(policy->phase1, suite);
    }
    for (guint i = 0; esp[i] != NULL; i++) {
        SuiteEsp suite;

        g_assert_true(suite_esp_parse(esp[i], &suite));
        g_array_append_val(policy->esp, suite);
    }
}

IkePolicy *
sim_policy(IkeMethod method, IkeMode mode, const char *suites, const char *esp_suites,
           gboolean is_gateway)
{
    static const char group[] = "remote-users";
    IkePolicy *policy = ike_policy_new();

    policy->method = method;
    policy->mode = mode;
    add_suites(policy, suites, esp_suites);
    if (is_gateway)
        g_ptr_array_add(policy->own_chain, load_certificate("gateway"));
    else if (method == IKE_METHOD_RSA || method == IKE_METHOD_XAUTH_RSA)
        g_ptr_array_add(policy->own_chain, load_certificate("client"));
    else
        policy->own_id = (IkeId){IKE_ID_KEY_ID, g_bytes_new_static(group, strlen(group))};
    g_ptr_array_add(policy->ca_names, load_certificate("ca_dn"));
    return policy;
}

void
sim_connect(SimNode *client, SimNode *gateway, IkePolicy *policy)
{
    IkePath isakmp = {.local = {client->address, 500},
                      .remote = {gateway->address, 500},
                      .socket = IKE_SOCKET_ISAKMP};
    IkePath natt = {.local = {client->address, 4500},
                    .remote = {gateway->address, 4500},
                    .socket = IKE_SOCKET_NATT};

    client->closed_count = 0;
    client->stage = IKE_STAGE_REACHING;
    client->session = ike_engine_initiate(client->engine, client->sim->now, policy, &isakmp, &natt);
    ike_policy_unref(policy);
    sim_drain(client);
}

/* --- checks --- */

static SimChild *
find_by_spi_in(SimNode *node, guint32 spi)
{
    GHashTableIter iter;
    SimChild *child;

    g_hash_table_iter_init(&iter, node->children);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&child)) {
        if (child->info.spi_in == spi)
            return child;
    }
    return NULL;
}

static void
check_pair(const SimChild *near, const SimChild *far)
{
    g_assert_nonnull(far);
    g_assert_cmpuint(near->info.spi_in, ==, far->info.spi_out);
    g_assert_true(secret_equal(near->out, far->in));
    g_assert_true(secret_equal(near->in, far->out));
    g_assert_false(secret_equal(near->in, near->out));
    g_assert_true(net_prefix_equal(&near->info.local, &far->info.remote));
    g_assert_true(net_prefix_equal(&near->info.remote, &far->info.local));
    g_assert_cmpint(near->info.is_encapsulated, ==, far->info.is_encapsulated);
    g_assert_cmpint(near->info.pfs_group, ==, far->info.pfs_group);
}

void
sim_check_children(SimNode *client, SimNode *gateway, guint count)
{
    GHashTableIter iter;
    SimChild *child;
    SimChild *sending = g_hash_table_lookup(gateway->children, &gateway->sending);

    g_assert_cmpuint(g_hash_table_size(client->children), ==, count);
    g_hash_table_iter_init(&iter, client->children);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&child))
        check_pair(child, find_by_spi_in(gateway, child->info.spi_out));
    if (count == 0)
        return;
    /* Neither sends into the void. */
    g_assert_nonnull(sending);
    g_assert_nonnull(find_by_spi_in(client, sending->info.spi_out));
    sending = g_hash_table_lookup(client->children, &client->sending);
    g_assert_nonnull(sending);
    g_assert_nonnull(find_by_spi_in(gateway, sending->info.spi_out));
}
