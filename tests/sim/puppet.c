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

    if (octets[18] <= IKE_EXCHANGE_AGGRESSIVE)
        return TRUE;
    if (from == puppet->client)
        g_ptr_array_add(puppet->heard, g_bytes_ref(*data));
    return FALSE;
}

Puppet *
puppet_new(IkePolicy *ours, IkePolicy *theirs)
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
    puppet->client->login_ms = 100;
    sim_connect(puppet->client, puppet->gateway, ours);
    sim_run(puppet->sim, 1);
    session = g_hash_table_lookup(puppet->client->engine->sessions, &puppet->client->session);
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

void
puppet_say(Puppet *puppet, IkeExchangeType exchange, IkePayloadType payload, const char *hex)
{
    IkeHeader header = {.exchange = exchange, .message_id = ++puppet->message_id};
    g_autoptr(GByteArray) octets = octets_of(hex);
    g_autoptr(GBytes) message = NULL;
    g_auto(IkeDraft) draft;
    gsize hash;

    memcpy(header.cky_i, puppet->keys->cky_i, sizeof(header.cky_i));
    memcpy(header.cky_r, puppet->keys->cky_r, sizeof(header.cky_r));
    draft = ike_draft_init(&header);
    hash = ike_draft_reserve(&draft, IKE_PAYLOAD_HASH, ike_keys_hash_length(puppet->keys));
    ike_draft_put(&draft, payload, octets->data, octets->len);
    ike_keys_hash_1(puppet->keys, header.message_id, ike_draft_behind_hash(&draft),
                    ike_draft_at(&draft, hash));
    puppet->iv = ike_keys_message_iv(puppet->keys, &puppet->lb, header.message_id);
    message = ike_message_seal(puppet->keys, &puppet->iv, &draft);
    sim_inject(puppet->client, &puppet->path, message, 1);
    sim_run(puppet->sim, 0.5);
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
