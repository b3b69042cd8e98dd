/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "puppet.h"

#include "ike/draft.h"
#include "ike/message.h"

#include <string.h>

static gboolean
hold(Sim *sim, SimNode *from, GBytes **data, gpointer user_data)
{
    Puppet *puppet = user_data;
    const guint8 *octets = g_bytes_get_data(*data, NULL);

    if (octets[18] <= IKE_EXCHANGE_AGGRESSIVE ||
        (puppet->keys != NULL &&
         memcmp(octets, puppet->keys->cky_i, sizeof(puppet->keys->cky_i)) != 0))
        return TRUE;
    if (from == puppet->other)
        g_ptr_array_add(puppet->heard, g_bytes_ref(*data));
    return FALSE;
}

static Puppet *
make(IkePolicy *ours, IkePolicy *theirs, gboolean is_guest)
{
    Puppet *puppet = g_new0(Puppet, 1);
    IkeSession *session;
    IkeSa *sa;

    puppet->sim = sim_new(21);
    puppet->sim->is_noisy = g_test_verbose();
    puppet->sim->tap = hold;
    puppet->sim->tap_data = puppet;
    puppet->heard = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    puppet->client = sim_client(puppet->sim, TRUE);
    puppet->gateway = sim_gateway(puppet->sim, theirs, NULL);
    puppet->other = is_guest ? puppet->gateway : puppet->client;
    puppet->client->login_ms = 100;
    sim_connect(puppet->client, puppet->gateway, ours);
    sim_run(puppet->sim, 1);
    session = g_hash_table_lookup(puppet->other->engine->sessions, &puppet->other->session);
    g_assert_nonnull(session);
    sa = session->current;
    g_assert_nonnull(sa->keys);
    puppet->keys =
        ike_keys_new(&sa->keys->suite, sa->cky_i, sa->cky_r, sa->keys->skeyid, sa->keys->skeyid);
    /* The schedule was made from a stand-in for g^xy: only what is used is taken over. */
    secret_free(puppet->keys->skeyid_a);
    secret_free(puppet->keys->ka);
    puppet->keys->skeyid_a = secret_dup(sa->keys->skeyid_a);
    puppet->keys->ka = secret_dup(sa->keys->ka);
    puppet->lb = sa->lb;
    puppet->path = sa->path;
    puppet->message_id = 1000;
    g_ptr_array_set_size(puppet->heard, 0);
    return puppet;
}

Puppet *
puppet_new(IkePolicy *ours, IkePolicy *theirs)
{
    return make(ours, theirs, FALSE);
}

Puppet *
puppet_new_guest(IkePolicy *ours, IkePolicy *theirs)
{
    return make(ours, theirs, TRUE);
}

void
puppet_free(Puppet *puppet)
{
    if (puppet == NULL)
        return;
    ike_keys_free(puppet->keys);
    g_ptr_array_unref(puppet->heard);
    sim_free(puppet->sim);
    g_free(puppet);
}

static GByteArray *
octets_of(const char *hex)
{
    GByteArray *octets = g_byte_array_new();

    for (; *hex != '\0'; hex++) {
        guint8 octet;

        if (*hex == ' ')
            continue;
        octet = (guint8)(g_ascii_xdigit_value(hex[0]) * 16 + g_ascii_xdigit_value(hex[1]));
        g_byte_array_append(octets, &octet, 1);
        hex++;
    }
    return octets;
}

IkeDraft
puppet_begin(Puppet *puppet, IkeExchangeType exchange, PuppetHash kind)
{
    IkeHeader header = {.exchange = exchange, .message_id = ++puppet->message_id};
    gsize length = ike_keys_hash_length(puppet->keys);
    IkeDraft draft;

    memcpy(header.cky_i, puppet->keys->cky_i, sizeof(header.cky_i));
    memcpy(header.cky_r, puppet->keys->cky_r, sizeof(header.cky_r));
    draft = ike_draft_init(&header);
    if (kind != PUPPET_HASH_NONE)
        ike_draft_reserve(&draft, IKE_PAYLOAD_HASH, kind == PUPPET_HASH_SHORT ? 1 : length);
    return draft;
}

void
puppet_end(Puppet *puppet, IkeDraft *draft, PuppetHash kind)
{
    IkeIv iv = ike_keys_message_iv(puppet->keys, &puppet->lb, puppet->message_id);

    puppet_end_with(puppet, draft, kind, &iv);
}

void
puppet_end_with(Puppet *puppet, IkeDraft *draft, PuppetHash kind, const IkeIv *iv)
{
    gsize at = IKE_HEADER_LENGTH + IKE_GENERIC_LENGTH;
    guint8 hash[IKE_MAX_HASH_LENGTH];
    g_autoptr(GBytes) message = NULL;

    if (kind != PUPPET_HASH_NONE) {
        ike_keys_hash_1(puppet->keys, puppet->message_id, ike_draft_behind_hash(draft), hash);
        hash[0] ^= kind == PUPPET_HASH_WRONG;
        memcpy(ike_draft_at(draft, at), hash,
               kind == PUPPET_HASH_SHORT ? 1 : ike_keys_hash_length(puppet->keys));
    }
    puppet->iv = *iv;
    message = ike_message_seal(puppet->keys, &puppet->iv, draft);
    sim_inject(puppet->other, &puppet->path, message, 1);
    sim_run(puppet->sim, 0.5);
}

void
puppet_say(Puppet *puppet, IkeExchangeType exchange, IkePayloadType payload, const char *hex)
{
    g_autoptr(GByteArray) octets = octets_of(hex);
    g_auto(IkeDraft) draft = puppet_begin(puppet, exchange, PUPPET_HASH_RIGHT);

    ike_draft_put(&draft, payload, octets->data, octets->len);
    puppet_end(puppet, &draft, PUPPET_HASH_RIGHT);
}

static char *
read_payload(Puppet *puppet, GBytes *message, IkeExchangeType exchange, IkePayloadType payload)
{
    g_autoptr(Secret) plain = NULL;
    const IkePayload *found;
    IkeHeader header;
    IkeChain chain;
    GString *hex;
    Reader body;
    IkeIv iv;

    g_assert_cmpint(ike_header_parse(reader_of_bytes(message), &header, &body), ==, IKE_OK);
    if (header.exchange != exchange)
        return NULL;
    iv = header.message_id == puppet->message_id
             ? puppet->iv
             : ike_keys_message_iv(puppet->keys, &puppet->lb, header.message_id);
    g_assert_cmpint(ike_message_open(puppet->keys, &iv, body, &plain, &iv), ==, IKE_OK);
    body = reader_of(secret_data(plain), secret_length(plain));
    g_assert_cmpint(ike_chain_parse(header.next_payload, body, TRUE, &chain), ==, IKE_OK);
    found = ike_chain_find(&chain, payload, 0);
    if (found == NULL)
        return NULL;
    hex = g_string_new(NULL);
    for (body = found->body; reader_left(&body) > 0;)
        g_string_append_printf(hex, "%02x", reader_u8(&body));
    return g_string_free(hex, FALSE);
}

char *
puppet_hear(Puppet *puppet, IkeExchangeType exchange, IkePayloadType payload)
{
    while (puppet->heard->len > 0) {
        g_autoptr(GBytes) message = g_ptr_array_steal_index(puppet->heard, 0);
        char *hex = read_payload(puppet, message, exchange, payload);

        if (hex != NULL)
            return hex;
    }
    return NULL;
}
