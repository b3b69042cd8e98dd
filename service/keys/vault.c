/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keys/vault.h"

#include "ike/keys.h"
#include "ike/signature.h"

typedef struct {
    guint32 number;
    IkePrivateKey *key; /* one of the two */
    Secret *psk;
} VaultEntry;

struct Vault {
    VaultEntry entries[KEYLINK_MAX_KEYS];
    gsize count;
    gboolean is_sealed;
};

Vault *
vault_new(void)
{
    return g_new0(Vault, 1);
}

void
vault_free(Vault *vault)
{
    if (vault == NULL)
        return;
    for (gsize i = 0; i < vault->count; i++) {
        ike_private_key_free(vault->entries[i].key);
        secret_free(vault->entries[i].psk);
    }
    g_free(vault);
}

static const VaultEntry *
find_entry(const Vault *vault, guint32 number)
{
    for (gsize i = 0; i < vault->count; i++)
        if (vault->entries[i].number == number)
            return &vault->entries[i];
    return NULL;
}

static gboolean
load(Vault *vault, const KeylinkMessage *question)
{
    Reader octets = reader_of(secret_data(question->octets), secret_length(question->octets));
    VaultEntry entry = {.number = question->key};

    if (vault->is_sealed || vault->count == KEYLINK_MAX_KEYS ||
        find_entry(vault, question->key) != NULL)
        return FALSE;
    if (question->type == KEYLINK_LOAD_PSK)
        entry.psk = secret_dup(question->octets);
    else
        entry.key = ike_private_key_new(octets, NULL);
    if (entry.key == NULL && entry.psk == NULL)
        return FALSE;
    vault->entries[vault->count++] = entry;
    return TRUE;
}

static Secret *
sign(const Vault *vault, const KeylinkMessage *question)
{
    const VaultEntry *entry = find_entry(vault, question->key);
    g_autoptr(GBytes) signature = NULL;
    gsize length;
    const void *data;

    if (entry == NULL || entry->key == NULL)
        return NULL;
    signature = ike_private_key_sign(
        entry->key, reader_of(secret_data(question->octets), secret_length(question->octets)));
    if (signature == NULL)
        return NULL;
    data = g_bytes_get_data(signature, &length);
    return secret_new(data, length);
}

static Secret *
make_skeyid(const Vault *vault, const KeylinkMessage *question)
{
    const VaultEntry *entry = find_entry(vault, question->key);

    if (entry == NULL || entry->psk == NULL)
        return NULL;
    return ike_skeyid_from_psk(
        question->hash, entry->psk,
        reader_of(secret_data(question->octets), secret_length(question->octets)));
}

gboolean
vault_ask(Vault *vault, const KeylinkMessage *question, KeylinkMessage *ret_answer)
{
    KeylinkMessage answer = {.ticket = question->ticket, .key = question->key};

    switch (question->type) {
    case KEYLINK_LOAD_KEY:
    case KEYLINK_LOAD_PSK:
        answer.type = KEYLINK_LOADED;
        answer.is_good = load(vault, question);
        break;
    case KEYLINK_SIGN:
        vault->is_sealed = TRUE;
        answer.type = KEYLINK_SIGNATURE;
        answer.octets = sign(vault, question);
        break;
    case KEYLINK_SKEYID:
        vault->is_sealed = TRUE;
        answer.type = KEYLINK_SKEYID_IS;
        answer.octets = make_skeyid(vault, question);
        break;
    case KEYLINK_SEAL:
        vault->is_sealed = TRUE;
        return FALSE;
    case KEYLINK_LOADED:
    case KEYLINK_SIGNATURE:
    case KEYLINK_SKEYID_IS:
        /* keylink_parse() lets no answer in. */
        g_assert_not_reached();
    }
    *ret_answer = answer;
    return TRUE;
}
