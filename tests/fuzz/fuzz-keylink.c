/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The links of coati-keys: the first octet picks the direction, the rest is one message. What
 * parses is written again, and what the engine may ask is asked of a vault with a group password.
 */
#include "keys/vault.h"

#include <stddef.h>
#include <stdint.h>

static void
ask_vault(const KeylinkMessage *question)
{
    g_autoptr(Vault) vault = vault_new();
    g_auto(KeylinkMessage)
        load = {.type = KEYLINK_LOAD_PSK, .key = 1, .octets = secret_new_text("secret")};
    g_auto(KeylinkMessage) loaded = {0};
    g_auto(KeylinkMessage) answer = {0};

    g_assert_true(vault_ask(vault, &load, &loaded));
    if (vault_ask(vault, question, &answer)) {
        g_autoptr(Secret) octets = keylink_write(&answer);

        g_assert_nonnull(octets);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_auto(KeylinkMessage) message = {0};
    g_autoptr(Secret) again = NULL;
    KeylinkDirection direction;

    if (size == 0)
        return 0;
    direction = (KeylinkDirection)(data[0] & 3);
    if (!keylink_parse(data + 1, size - 1, direction, &message, NULL))
        return 0;
    again = keylink_write(&message);
    g_assert_nonnull(again);
    g_assert_cmpmem(secret_data(again), secret_length(again), data + 1, size - 1);
    if (direction == KEYLINK_FROM_SERVICE || direction == KEYLINK_FROM_ENGINE)
        ask_vault(&message);
    return 0;
}
