/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client and a gateway talk while the input says what happens to their messages: delivered,
 * changed, cut, repeated, dropped, invented, or invented under the right keys, so that everything
 * behind the HASH is met as well. Notes are read to the end. No input may crash, hang or leave a
 * session without an end.
 */
#include "base/reader.h"
#include "ike/hash.h"
#include "ike/ike.h"
#include "ike/message.h"
#include "ike/state.h"

#include <string.h>

enum { MAX_STEPS = 400, MAX_WAITING = 64 };

typedef struct {
    GBytes *data;
    IkePath path; /* as the receiver sees it */
    guint to;
} Flying;

typedef struct {
    IkeEngine *engines[2]; /* client, gateway */
    guint64 session;
    gint64 now;
    guint32 dice;
    GQueue flying;
    Flying last;
    gsize note_octets;
    guint verdicts;
    guint closed;
} World;

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
roll(gpointer user_data, IkeRandomUse use, guint8 *ret_octets, gsize length)
{
    World *world = user_data;

    for (gsize i = 0; i < length; i++) {
        world->dice = world->dice * 1664525 + 1013904223;
        ret_octets[i] = (guint8)(world->dice >> 24);
    }
}

static void
flying_clear(Flying *flying)
{
    g_clear_pointer(&flying->data, g_bytes_unref);
}

static void
flying_free(gpointer flying)
{
    flying_clear(flying);
    g_free(flying);
}

/* --- the host of both --- */

static void
answer(World *world, IkeEngine *engine, const IkeAction *action)
{
    static const guint8 garbage[256] = {1};
    g_autoptr(Secret) word = secret_new_text("word");
    g_autoptr(GBytes) signature = g_bytes_new_static(garbage, sizeof(garbage));
    g_autoptr(Secret) skeyid = NULL;
    g_autoptr(IkeSettings) lease = NULL;
    IkeLogin login = {.user = word, .password = word, .passcode = word};
    IkeVerdict verdict = {.type = IKE_VERDICT_YES, .field = IKE_FIELD_PASSCODE};
    guint64 ticket = action->ticket;

    switch (action->type) {
    case IKE_ASK_LOGIN:
        ike_engine_answer_login(engine, world->now, ticket, &login);
        break;
    case IKE_ASK_TRUST:
        ike_engine_answer_trust(engine, world->now, ticket, REASON_NONE, NULL);
        break;
    case IKE_ASK_SIGN:
        ike_engine_answer_sign(engine, world->now, ticket, signature);
        break;
    case IKE_ASK_SKEYID:
        skeyid =
            ike_skeyid_from_psk(action->skeyid.hash, word,
                                reader_of(action->skeyid.nonces, action->skeyid.nonces_length));
        ike_engine_answer_skeyid(engine, world->now, ticket, skeyid);
        break;
    case IKE_ASK_VERDICT:
        if (world->verdicts++ == 0 && (world->dice & 0x100) != 0)
            verdict.type = IKE_VERDICT_AGAIN;
        ike_engine_answer_verdict(engine, world->now, ticket, &verdict);
        break;
    case IKE_ASK_LEASE:
        lease = ike_settings_new();
        g_assert(net_address_parse("10.7.0.10", &lease->address4));
        ike_engine_answer_lease(engine, world->now, ticket, lease);
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
        break;
    }
}

static void
drain(World *world)
{
    gboolean was_busy = TRUE;

    while (was_busy) {
        was_busy = FALSE;
        for (guint i = 0; i < 2; i++) {
            const IkeAction *action = ike_engine_next(world->engines[i]);

            if (action == NULL)
                continue;
            was_busy = TRUE;
            if (action->type == IKE_TELL_NOTE)
                world->note_octets += strlen(action->note.text);
            if (action->type == IKE_TELL_CLOSED && i == 0)
                g_assert(++world->closed == 1);
            if (action->type == IKE_SEND && !action->send.is_keepalive &&
                g_queue_get_length(&world->flying) < MAX_WAITING) {
                Flying *flying = g_new0(Flying, 1);

                flying->data = g_bytes_new(action->send.data, action->send.length);
                flying->path = (IkePath){.local = action->send.path.remote,
                                         .remote = action->send.path.local,
                                         .socket = action->send.path.socket};
                flying->to = 1 - i;
                g_queue_push_tail(&world->flying, flying);
            }
            if (action->ticket != 0)
                answer(world, world->engines[i], action);
        }
    }
}

/* --- what the input may do --- */

static void
receive(World *world, guint to, const IkePath *path, const guint8 *data, gsize length)
{
    ike_engine_receive(world->engines[to], world->now, path, data, length);
    drain(world);
}

static void
deliver(World *world, Reader *input, gboolean is_changed, gboolean is_repeated)
{
    Flying *next = is_repeated ? NULL : g_queue_pop_head(&world->flying);
    g_autofree guint8 *copy = NULL;
    const guint8 *data;
    gsize length;

    if (next != NULL) {
        flying_clear(&world->last);
        world->last = *next;
        g_free(next);
    }
    if (world->last.data == NULL)
        return;
    data = g_bytes_get_data(world->last.data, &length);
    copy = g_memdup2(data, length);
    for (guint i = is_changed ? reader_u8(input) % 8 : 0; i > 0; i--)
        copy[reader_u16(input) % length] ^= reader_u8(input);
    if (is_changed && (reader_u8(input) & 1) != 0)
        length = reader_u16(input) % (length + 1);
    receive(world, world->last.to, &world->last.path, copy, length);
}

/* An SA of that engine, to borrow cookies and keys from. */
static IkeSa *
some_sa(World *world, guint of)
{
    GHashTableIter iter;
    IkeSession *session;

    g_hash_table_iter_init(&iter, world->engines[of]->sessions);
    if (!g_hash_table_iter_next(&iter, NULL, (gpointer *)&session) || session->sas->len == 0)
        return NULL;
    return g_ptr_array_index(session->sas, session->sas->len - 1);
}

static IkePath
path_to(const IkeSa *sa)
{
    return sa->path;
}

static IkeHeader
header_for(const IkeSa *sa, Reader *input)
{
    static const guint8 types[] = {IKE_EXCHANGE_MAIN, IKE_EXCHANGE_AGGRESSIVE,
                                   IKE_EXCHANGE_INFORMATIONAL, IKE_EXCHANGE_TRANSACTION,
                                   IKE_EXCHANGE_QUICK};
    IkeHeader header = {0};

    memcpy(header.cky_i, sa->cky_i, sizeof(header.cky_i));
    memcpy(header.cky_r, sa->cky_r, sizeof(header.cky_r));
    header.exchange = types[reader_u8(input) % G_N_ELEMENTS(types)];
    header.message_id = reader_u16(input);
    return header;
}

/* A clear message of our own making, with the cookies of an SA. */
static void
invent(World *world, Reader *input)
{
    guint to = reader_u8(input) & 1;
    const IkeSa *sa = some_sa(world, to);
    IkeHeader header;
    g_auto(Writer) writer = writer_init(2048);
    IkePath path;
    Reader octets;

    if (sa == NULL)
        return;
    header = header_for(sa, input);
    header.next_payload = reader_u8(input);
    header.flags = reader_u8(input) & 7;
    octets = reader_sub(input, MIN(reader_u8(input) * 4u, reader_left(input)));
    header.length = IKE_HEADER_LENGTH + (guint32)reader_left(&octets);
    ike_header_write(&writer, &header);
    writer_put(&writer, octets.at, reader_left(&octets));
    path = path_to(sa);
    receive(world, to, &path, writer.data, writer.length);
}

/* One under the right keys: payloads out of the input behind a right HASH(1). */
static void
invent_sealed(World *world, Reader *input)
{
    guint to = reader_u8(input) & 1;
    IkeSa *sa = some_sa(world, to);
    g_autoptr(GBytes) message = NULL;
    g_auto(IkeDraft) draft = {0};
    IkeHeader header;
    IkePath path;
    IkeIv iv;
    gsize hash;

    if (sa == NULL || sa->keys == NULL)
        return;
    header = header_for(sa, input);
    if (header.message_id == 0)
        header.message_id = 1;
    iv = ike_keys_message_iv(sa->keys, &sa->lb, header.message_id);
    draft = ike_draft_init(&header);
    hash = ike_draft_reserve(&draft, IKE_PAYLOAD_HASH, ike_keys_hash_length(sa->keys));
    for (guint i = 1 + reader_u8(input) % 5; i > 0; i--) {
        guint8 type = reader_u8(input) % 23;
        Reader body = reader_sub(input, MIN(reader_u8(input), reader_left(input)));

        ike_draft_put_reader(&draft, type == 0 ? IKE_PAYLOAD_ATTR : type, body);
    }
    ike_keys_hash_1(sa->keys, header.message_id, ike_draft_behind_hash(&draft),
                    ike_draft_at(&draft, hash));
    message = ike_message_seal(sa->keys, &iv, &draft);
    if (message == NULL)
        return;
    path = path_to(sa);
    receive(world, to, &path, g_bytes_get_data(message, NULL), g_bytes_get_size(message));
}

static void
pass_time(World *world, gint64 seconds)
{
    world->now += seconds * G_USEC_PER_SEC;
    for (guint i = 0; i < 2; i++) {
        ike_engine_tick(world->engines[i], world->now);
        drain(world);
        g_assert(ike_engine_deadline(world->engines[i]) == -1 ||
                 ike_engine_deadline(world->engines[i]) > world->now);
    }
}

static void
poke(World *world, guint8 what)
{
    IkeEngine *client = world->engines[0];

    switch (what % 6) {
    case 0:
        ike_engine_reauthenticate(client, world->now, world->session);
        break;
    case 1:
        ike_engine_rekey(client, world->now, world->session);
        break;
    case 2:
        ike_engine_probe(client, world->now, world->session);
        break;
    case 3:
        ike_engine_alive(client, world->now, world->session);
        break;
    case 4:
        ike_engine_answer_trust(client, world->now, what, REASON_NONE, NULL);
        break;
    default:
        ike_engine_hang_up(client, world->now, world->session, REASON_USER_REQUEST);
        break;
    }
    drain(world);
}

static void
step(World *world, Reader *input)
{
    guint8 what = reader_u8(input);

    switch (what >> 4) {
    case 0:
    case 1:
    case 2:
    case 3:
        deliver(world, input, FALSE, FALSE);
        break;
    case 4:
    case 5:
        deliver(world, input, TRUE, FALSE);
        break;
    case 6:
        deliver(world, input, FALSE, TRUE);
        break;
    case 7:
        deliver(world, input, TRUE, TRUE);
        break;
    case 8: {
        Flying *lost = g_queue_pop_head(&world->flying);

        if (lost != NULL)
            flying_free(lost);
        break;
    }
    case 9:
        invent(world, input);
        break;
    case 10:
    case 11:
    case 12:
    case 13:
        invent_sealed(world, input);
        break;
    case 14:
        pass_time(world, (gint64)1 << (what & 15));
        break;
    default:
        poke(world, what);
        break;
    }
}

/* --- the world --- */

static IkePolicy *
make_policy(guint8 kind)
{
    static const IkeMethod methods[] = {IKE_METHOD_XAUTH_PSK, IKE_METHOD_PSK, IKE_METHOD_HYBRID_RSA,
                                        IKE_METHOD_XAUTH_PSK};
    IkePolicy *policy = ike_policy_new();
    SuitePhase1 suite;
    SuiteEsp esp;

    g_assert(suite_phase1_parse("aes128-sha256-x25519", &suite));
    g_assert(suite_esp_parse("aes128gcm16", &esp));
    g_array_append_val(policy->phase1, suite);
    g_array_append_val(policy->esp, esp);
    policy->method = methods[kind & 3];
    policy->mode = (kind & 4) != 0 ? IKE_MODE_MAIN : IKE_MODE_AGGRESSIVE;
    policy->config_mode = (kind & 8) != 0 ? IKE_CONFIG_PUSH : IKE_CONFIG_PULL;
    policy->pfs = (kind & 16) != 0 ? IKE_PFS_OFF : IKE_PFS_AUTO;
    policy->natt = (kind & 32) != 0 ? IKE_NATT_FORCE : IKE_NATT_AUTO;
    policy->fragmentation = (kind & 64) != 0 ? IKE_FRAGMENTATION_FORCE : IKE_FRAGMENTATION_ON;
    policy->fragment_octets = (kind & 64) != 0 ? 150 : 0;
    return policy;
}

static IkePath
make_path(guint16 port, IkeSocket socket)
{
    IkePath path = {.socket = socket};

    g_assert(net_address_parse("192.0.2.9", &path.local.address));
    g_assert(net_address_parse("203.0.113.1", &path.remote.address));
    path.local.port = path.remote.port = port;
    return path;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    Reader input = reader_of(data, size);
    World world = {.now = (gint64)1000 * G_USEC_PER_SEC, .dice = 7};
    IkePolicy *policy = make_policy(reader_u8(&input));
    g_autoptr(GPtrArray) policies =
        g_ptr_array_new_with_free_func((GDestroyNotify)ike_policy_unref);
    IkeOptions client = {.random = roll, .random_data = &world};
    IkeOptions gateway = {.random = roll, .random_data = &world, .responder_policies = policies};
    IkePath isakmp = make_path(500, IKE_SOCKET_ISAKMP);
    IkePath natt = make_path(4500, IKE_SOCKET_NATT);

    g_ptr_array_add(policies, ike_policy_ref(policy));
    world.engines[0] = ike_engine_new(&client);
    world.engines[1] = ike_engine_new(&gateway);
    g_queue_init(&world.flying);
    world.session = ike_engine_initiate(world.engines[0], world.now, policy, &isakmp, &natt);
    ike_policy_unref(policy);
    drain(&world);
    for (guint i = 0; i < MAX_STEPS && reader_left(&input) > 0; i++)
        step(&world, &input);
    /* Whatever happened, an end is possible, and told once. */
    ike_engine_hang_up(world.engines[0], world.now, world.session, REASON_USER_REQUEST);
    drain(&world);
    g_assert(world.closed == 1);
    g_assert(ike_engine_session_count(world.engines[0]) == 0);
    g_queue_clear_full(&world.flying, flying_free);
    flying_clear(&world.last);
    ike_engine_free(world.engines[0]);
    ike_engine_free(world.engines[1]);
    return 0;
}
