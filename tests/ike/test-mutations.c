/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every clear message of the vectors, and every decrypted one, with each single bit flipped and cut
 * at each length, goes through all parsers: under the sanitizers nothing may be read beyond its
 * end, and nothing may be asserted.
 */
#include "support.h"

#include "ike/numbers.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

enum { HEADER_FLAGS = 19, HEADER_LENGTH = 24 };

/* A copy of exactly that size, so that one octet more is one too many. */
static void
try(const guint8 *data, gsize size)
{
    g_autofree guint8 *copy = g_memdup2(data, size);

    LLVMFuzzerTestOneInput(copy, size);
}

static void
flip_every_bit(const guint8 *data, gsize size)
{
    g_autofree guint8 *changed = g_memdup2(data, size);

    for (gsize bit = 0; bit < size * 8; bit++) {
        changed[bit / 8] ^= (guint8)(1 << bit % 8);
        try(changed, size);
        changed[bit / 8] ^= (guint8)(1 << bit % 8);
    }
}

/* Cut as it is, and with Length set to what is left, which lets the parsers go further. */
static void
cut_everywhere(const guint8 *data, gsize size)
{
    g_autofree guint8 *changed = g_memdup2(data, size);

    for (gsize length = 0; length < size; length++) {
        try(data, length);
        if (length < IKE_HEADER_LENGTH)
            continue;
        changed[HEADER_LENGTH + 2] = (guint8)(length >> 8);
        changed[HEADER_LENGTH + 3] = (guint8)length;
        try(changed, length);
    }
}

static void
mutate(const guint8 *data, gsize size)
{
    flip_every_bit(data, size);
    cut_everywhere(data, size);
}

/* Header and plaintext as one clear message. */
static GBytes *
decrypted(GBytes *packet, GBytes *plain)
{
    gsize length = IKE_HEADER_LENGTH + g_bytes_get_size(plain);
    guint8 *octets = g_malloc(length);

    memcpy(octets, g_bytes_get_data(packet, NULL), IKE_HEADER_LENGTH);
    memcpy(octets + IKE_HEADER_LENGTH, g_bytes_get_data(plain, NULL), g_bytes_get_size(plain));
    octets[HEADER_FLAGS] &= (guint8)~IKE_FLAG_ENCRYPTED;
    octets[HEADER_LENGTH + 2] = (guint8)(length >> 8);
    octets[HEADER_LENGTH + 3] = (guint8)length;
    return g_bytes_new_take(octets, length);
}

/* Messages are told apart by what is in them: one of a kind is enough. */
static gboolean
is_new_kind(GHashTable *kinds, JsonObject *entry, const char *dir)
{
    JsonArray *payloads = json_object_get_array_member(entry, "payloads");
    GString *kind = g_string_new(dir);

    for (guint i = 0; i < json_array_get_length(payloads); i++) {
        JsonNode *payload = json_array_get_element(payloads, i);

        g_string_append_printf(kind, " %s",
                               JSON_NODE_HOLDS_OBJECT(payload)
                                   ? test_text(json_node_get_object(payload), "name")
                                   : json_node_get_string(payload));
    }
    return g_hash_table_add(kinds, g_string_free(kind, FALSE));
}

static void
mutate_messages(GHashTable *kinds, JsonArray *messages, const char *raw, const char *plain,
                const char *dir)
{
    for (guint i = 0; i < json_array_get_length(messages); i++) {
        JsonObject *entry = json_array_get_object_element(messages, i);
        g_autoptr(GBytes) packet = test_member(entry, raw);
        g_autoptr(GBytes) text = test_member(entry, plain);
        g_autoptr(GBytes) clear = NULL;
        gsize size;
        const guint8 *data;

        if (!json_object_has_member(entry, "payloads") ||
            !is_new_kind(kinds, entry, test_text(entry, dir)))
            continue;
        clear = text != NULL ? decrypted(packet, text) : g_bytes_ref(packet);
        data = g_bytes_get_data(clear, &size);
        mutate(data, size);
    }
}

static void
test_changed_messages_break_no_parser(void)
{
    g_autoptr(GPtrArray) recorded = test_list("recorded", "/vector.json");
    g_autoptr(GHashTable) kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < recorded->len; i++) {
        g_autoptr(JsonNode) root = test_load(g_ptr_array_index(recorded, i));
        JsonArray *ikes = json_object_get_array_member(test_object(root), "ike");

        for (guint n = 0; n < json_array_get_length(ikes); n++)
            mutate_messages(
                kinds,
                json_object_get_array_member(json_array_get_object_element(ikes, n), "messages"),
                "raw", "plain", "from");
    }
    g_assert_cmpuint(g_hash_table_size(kinds), >=, 30);
}

static void
test_changed_computed_messages_break_no_parser(void)
{
    static const char *const files[] = {"computed/A_hybrid_aggressive_aes128_sha1_modp1024.json",
                                        "computed/E_hybrid_main_aes192_sha384_ecp256.json"};
    g_autoptr(GHashTable) kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(JsonNode) root = test_load(files[i]);

        mutate_messages(kinds, json_object_get_array_member(test_object(root), "messages"),
                        "packet", "padded", "dir");
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mutations/changed_messages_break_no_parser",
                    test_changed_messages_break_no_parser);
    g_test_add_func("/mutations/changed_computed_messages_break_no_parser",
                    test_changed_computed_messages_break_no_parser);
    return g_test_run();
}
