/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every exchange in tests/vectors is replayed through the core's primitives: keys, IVs, hashes,
 * signatures, plaintexts, ciphertexts, fragments and KEYMAT come out as they were recorded.
 */
#include "ike/dh.h"
#include "ike/hash.h"
#include "observer.h"
#include "support.h"

#include <string.h>

static void
expect_secret(JsonObject *object, const char *name, const Secret *seen)
{
    g_autoptr(GBytes) expected = test_member(object, name);

    if (expected != NULL)
        test_equal(name, ike_part_of_secret(seen), expected);
}

static void
expect_octets(JsonObject *object, const char *name, Reader seen)
{
    g_autoptr(GBytes) expected = test_member(object, name);

    if (expected != NULL)
        test_equal(name, seen, expected);
}

static void
expect_iv(JsonObject *object, const char *name, const Observer *observer)
{
    IkeIv iv = ike_keys_initial_iv(observer->keys, reader_of_bytes(observer->sides[0].ke),
                                   reader_of_bytes(observer->sides[1].ke));

    expect_octets(object, name, reader_of(iv.octets, iv.length));
}

/* names: SKEYID, _d, _a, _e, Ka, initial IV, HASH_I, HASH_R as the file spells them. */
static void
expect_keys(Observer *observer, JsonObject *object, const char *const names[8])
{
    g_autoptr(GBytes) hash_i = NULL;
    g_autoptr(GBytes) hash_r = NULL;

    expect_secret(object, names[0], observer->keys->skeyid);
    expect_secret(object, names[1], observer->keys->skeyid_d);
    expect_secret(object, names[2], observer->keys->skeyid_a);
    expect_secret(object, names[3], observer->keys->skeyid_e);
    expect_secret(object, names[4], observer->keys->ka);
    expect_iv(object, names[5], observer);
    observer_check_proofs(observer, &hash_i, &hash_r);
    /* A phase 1 that ended early has no proof of the initiator, and no ID in main mode. */
    if (observer->sides[0].hash != NULL || observer->sides[0].sig != NULL)
        expect_octets(object, names[6], reader_of_bytes(hash_i));
    expect_octets(object, names[7], reader_of_bytes(hash_r));
}

/* --- Recordings of real programs --- */

static void
check_child_direction(const Observer *observer, const ObserverExchange *exchange, JsonObject *child,
                      const char *direction, guint side)
{
    JsonObject *expected = json_object_get_object_member(child, direction);
    g_autoptr(GBytes) shared = test_member(child, "dh_secret");
    g_autoptr(Secret) g_qm_xy = shared != NULL ? test_secret(shared) : NULL;
    g_autoptr(Secret) keymat = observer_keymat(observer, exchange, g_qm_xy, side);
    g_autofree char *hex =
        g_strconcat(test_text(expected, "encr"), test_text(expected, "integ"), NULL);
    g_autoptr(GBytes) wanted = test_hex(hex);
    g_autofree char *spi = g_strdup_printf("%08x", exchange->sides[side].spi);

    g_assert_cmpstr(spi, ==, test_text(expected, "spi"));
    test_equal(direction, ike_part_of_secret(keymat), wanted);
}

static void
check_children(const Observer *observer, JsonArray *children)
{
    for (guint i = 0; i < json_array_get_length(children); i++) {
        JsonObject *child = json_array_get_object_element(children, i);
        guint32 id = (guint32)g_ascii_strtoull(test_text(child, "msgid"), NULL, 16);
        const ObserverExchange *exchange = observer_exchange(observer, id);

        g_assert_nonnull(exchange);
        check_child_direction(observer, exchange, child, "to_i", 0);
        check_child_direction(observer, exchange, child, "to_r", 1);
    }
}

static void
replay_messages(Observer *observer, JsonArray *messages)
{
    for (guint i = 0; i < json_array_get_length(messages); i++) {
        JsonObject *entry = json_array_get_object_element(messages, i);
        g_autoptr(GBytes) message = test_member(entry, "raw");
        g_autoptr(GBytes) iv = test_member(entry, "iv");
        g_autoptr(GBytes) plain = test_member(entry, "plain");
        gboolean is_from_initiator = strcmp(test_text(entry, "from"), "i") == 0;

        if (observer->reassembled != NULL && !json_object_has_member(entry, "fragment")) {
            test_equal("reassembled message", reader_of_bytes(observer->reassembled), message);
            g_clear_pointer(&observer->reassembled, g_bytes_unref);
        }
        observer_see(observer, is_from_initiator, message, iv, plain);
    }
}

static void
replay_recorded_phase1(const char *path, JsonObject *ike)
{
    static const char *const names[8] = {"skeyid", "skeyid_d",   "skeyid_a", "skeyid_e",
                                         "ka",     "initial_iv", "hash_i",   "hash_r"};
    g_autoptr(GBytes) shared = test_member(ike, "dh_secret");
    g_autoptr(Observer) observer = observer_new(path, shared, test_text(ike, "psk"));

    replay_messages(observer, json_object_get_array_member(ike, "messages"));
    if (shared == NULL) {
        g_assert_null(observer->keys);
        return;
    }
    expect_keys(observer, ike, names);
    expect_octets(ike, "sa_i_body", reader_of_bytes(observer->sai_b));
    if (observer->sides[0].id != NULL)
        expect_octets(ike, "id_i_body", reader_of_bytes(observer->sides[0].id));
    expect_octets(ike, "id_r_body", reader_of_bytes(observer->sides[1].id));
    check_children(observer, json_object_get_array_member(ike, "children"));
}

static void
test_recordings_replay(gconstpointer data)
{
    const char *path = data;
    g_autoptr(JsonNode) root = test_load(path);
    JsonArray *ikes = json_object_get_array_member(test_object(root), "ike");

    for (guint i = 0; i < json_array_get_length(ikes); i++)
        replay_recorded_phase1(path, json_array_get_object_element(ikes, i));
}

/* --- Recordings of a small client against strongSwan --- */

static const ObserverExchange *
find_quick(const Observer *observer)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, observer->exchanges);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const ObserverExchange *exchange = value;

        if (exchange->sides[1].spi != 0)
            return exchange;
    }
    return NULL;
}

/* Our DH from the private value in the file: public as sent, shared as recorded. */
static void
check_dh(SuiteGroup group, GBytes *private_value, GBytes *own_ke, GBytes *peer_ke, GBytes *shared)
{
    g_autoptr(GBytes) padded = group == SUITE_GROUP_CURVE25519 ? test_padded(private_value, 32)
                                                               : g_bytes_ref(private_value);
    g_autoptr(IkeDh) dh = ike_dh_new(group, reader_of_bytes(padded));
    g_autoptr(Secret) g_xy = NULL;

    test_equal("public value", ike_dh_public(dh), own_ke);
    g_assert_cmpint(ike_dh_agree(dh, reader_of_bytes(peer_ke), &g_xy), ==, IKE_OK);
    if (shared != NULL)
        test_equal("shared value", ike_part_of_secret(g_xy), shared);
}

static Secret *
quick_shared(JsonObject *object, const char *private_name, const ObserverExchange *quick)
{
    g_autoptr(GBytes) private_value = test_member(object, private_name);
    g_autoptr(IkeDh) dh = NULL;
    Secret *shared = NULL;

    if (private_value == NULL)
        return NULL;
    dh = ike_dh_new((SuiteGroup)quick->terms.group, reader_of_bytes(private_value));
    test_equal("KE of Quick Mode", ike_dh_public(dh), quick->sides[0].ke);
    g_assert_cmpint(ike_dh_agree(dh, reader_of_bytes(quick->sides[1].ke), &shared), ==, IKE_OK);
    return shared;
}

static void
replay_traffic(Observer *observer, JsonArray *traffic)
{
    for (guint i = 0; i < json_array_get_length(traffic); i++) {
        JsonObject *entry = json_array_get_object_element(traffic, i);
        g_autoptr(GBytes) message = test_member(entry, "ike");
        gboolean is_from_initiator = strcmp(test_text(entry, "dir"), "I->R") == 0;

        if (message == NULL)
            continue; /* ESP */
        observer_see(observer, is_from_initiator, message, NULL, NULL);
        if (observer->reassembled != NULL) {
            g_autoptr(GBytes) whole = g_steal_pointer(&observer->reassembled);

            observer_see(observer, is_from_initiator, whole, NULL, NULL);
        }
    }
}

static void
test_charon_exchanges_replay(gconstpointer data)
{
    static const char *const names[8] = {"SKEYID", "SKEYID_d", "SKEYID_a", "SKEYID_e",
                                         "Ka",     "iv",       "HASH_I",   "HASH_R"};
    g_autoptr(JsonNode) root = test_load(data);
    JsonObject *object = test_object(root);
    JsonObject *parameters = json_object_get_object_member(object, "params");
    g_autoptr(GBytes) shared = test_member(object, "gxy");
    g_autoptr(GBytes) private_value = test_member(object, "dh_private_i");
    g_autoptr(Observer) observer = observer_new(data, shared, test_text(parameters, "psk"));
    const ObserverExchange *quick;
    g_autoptr(Secret) g_qm_xy = NULL;
    g_autoptr(Secret) out = NULL;
    g_autoptr(Secret) in = NULL;

    replay_traffic(observer, json_object_get_array_member(object, "traffic"));
    expect_keys(observer, object, names);
    check_dh((SuiteGroup)observer->terms.group, private_value, observer->sides[0].ke,
             observer->sides[1].ke, shared);
    quick = find_quick(observer);
    g_assert_nonnull(quick);
    g_qm_xy = quick_shared(object, "qm_dh_private_i", quick);
    out = observer_keymat(observer, quick, g_qm_xy, 1);
    in = observer_keymat(observer, quick, g_qm_xy, 0);
    expect_secret(object, "keymat_out", out);
    expect_secret(object, "keymat_in", in);
}

/* --- Computed transcripts --- */

static void
replay_computed(Observer *observer, JsonArray *messages)
{
    for (guint i = 0; i < json_array_get_length(messages); i++) {
        JsonObject *entry = json_array_get_object_element(messages, i);
        g_autoptr(GBytes) message = test_member(entry, "packet");
        g_autoptr(GBytes) iv = test_member(entry, "iv");
        g_autoptr(GBytes) plain = test_member(entry, "padded");
        gboolean is_from_initiator = strcmp(test_text(entry, "dir"), "I->R") == 0;

        g_assert_true(observer_see(observer, is_from_initiator, message, iv, plain));
    }
}

static void
check_fragments(JsonObject *fragmentation)
{
    g_autoptr(GList) members = json_object_get_members(fragmentation);

    for (GList *at = members; at != NULL; at = at->next) {
        JsonObject *entry = json_object_get_object_member(fragmentation, at->data);
        JsonArray *fragments = json_object_get_array_member(entry, "fragments");
        g_autoptr(GBytes) whole = test_member(entry, "whole_message");
        gsize most = (gsize)json_object_get_int_member(entry, "max_ike_message");
        g_autoptr(GPtrArray) ours = NULL;

        for (guint i = 0; i < json_array_get_length(fragments); i++) {
            const char *hex = json_array_get_string_element(fragments, i);
            g_autoptr(GBytes) fragment =
                test_hex(hex + (g_str_has_prefix(hex, "00000000") ? 8 : 0));
            IkeHeader header;
            Reader body;

            g_assert_cmpint(ike_header_parse(reader_of_bytes(fragment), &header, &body), ==,
                            IKE_OK);
            if (ours == NULL)
                ours = ike_fragment_split(whole, (IkeExchangeType)header.exchange, 1, most);
            g_assert_cmpuint(i, <, ours->len);
            test_equal("fragment", reader_of_bytes(g_ptr_array_index(ours, i)), fragment);
        }
        g_assert_cmpuint(ours->len, ==, json_array_get_length(fragments));
    }
}

static void
check_computed_dh(const Observer *observer, JsonObject *inputs, JsonObject *derived)
{
    static const char *const names[2] = {"dh_private_i", "dh_private_r"};
    g_autoptr(GBytes) shared = test_member(derived, "g^xy");

    for (guint i = 0; i < 2; i++) {
        g_autoptr(GBytes) private_value = test_member(inputs, names[i]);

        check_dh((SuiteGroup)observer->terms.group, private_value, observer->sides[i].ke,
                 observer->sides[1 - i].ke, shared);
    }
}

static void
test_computed_transcripts_replay(gconstpointer data)
{
    static const char *const names[8] = {"SKEYID", "SKEYID_d",          "SKEYID_a", "SKEYID_e",
                                         "Ka",     "phase1_initial_iv", "HASH_I",   "HASH_R"};
    g_autoptr(JsonNode) root = test_load(data);
    JsonObject *object = test_object(root);
    JsonObject *inputs = json_object_get_object_member(object, "inputs");
    JsonObject *derived = json_object_get_object_member(object, "derived");
    JsonObject *esp = json_object_get_object_member(derived, "esp");
    g_autoptr(GBytes) shared = test_member(derived, "g^xy");
    g_autoptr(Observer) observer = observer_new(data, shared, test_text(inputs, "psk"));
    const ObserverExchange *quick;
    g_autoptr(Secret) g_qm_xy = NULL;
    g_autoptr(Secret) to_responder = NULL;
    g_autoptr(Secret) to_initiator = NULL;

    replay_computed(observer, json_object_get_array_member(object, "messages"));
    expect_keys(observer, derived, names);
    expect_octets(derived, "last_phase1_block",
                  reader_of(observer->phase1_iv.octets, observer->phase1_iv.length));
    expect_octets(derived, "SAi_b", reader_of_bytes(observer->sai_b));
    expect_octets(derived, "IDii_b", reader_of_bytes(observer->sides[0].id));
    expect_octets(derived, "IDir_b", reader_of_bytes(observer->sides[1].id));
    check_computed_dh(observer, inputs, derived);
    if (json_object_has_member(object, "fragmentation"))
        check_fragments(json_object_get_object_member(object, "fragmentation"));
    quick = find_quick(observer);
    g_assert_nonnull(quick);
    g_qm_xy = quick_shared(derived, "qm_dh_private_i", quick);
    if (g_qm_xy != NULL)
        expect_secret(derived, "g(qm)^xy", g_qm_xy);
    to_responder = observer_keymat(observer, quick, g_qm_xy, 1);
    to_initiator = observer_keymat(observer, quick, g_qm_xy, 0);
    expect_secret(json_object_get_object_member(esp, "i_to_r"), "keymat", to_responder);
    expect_secret(json_object_get_object_member(esp, "r_to_i"), "keymat", to_initiator);
}

static void
add_all(GPtrArray *list, const char *prefix, GTestDataFunc function)
{
    for (guint i = 0; i < list->len; i++) {
        const char *path = g_ptr_array_index(list, i);
        g_autofree char *name = g_strdup_printf("/vectors/%s/%s", prefix, strchr(path, '/') + 1);

        g_test_add_data_func(name, path, function);
    }
}

int
main(int argc, char **argv)
{
    g_autoptr(GPtrArray) recorded = test_list("recorded", "/vector.json");
    g_autoptr(GPtrArray) charon = test_list("recorded/charon-json", "");
    g_autoptr(GPtrArray) all = test_list("computed", "");
    g_autoptr(GPtrArray) computed = g_ptr_array_new();

    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < all->len; i++)
        if (strstr(g_ptr_array_index(all, i), "aggressive") != NULL ||
            strstr(g_ptr_array_index(all, i), "_main_") != NULL)
            g_ptr_array_add(computed, g_ptr_array_index(all, i));
    /* What was copied is all there. */
    g_assert_cmpuint(recorded->len, ==, 30);
    g_assert_cmpuint(charon->len, ==, 11);
    g_assert_cmpuint(computed->len, ==, 5);
    add_all(recorded, "recorded", test_recordings_replay);
    add_all(charon, "charon", test_charon_exchanges_replay);
    add_all(computed, "computed", test_computed_transcripts_replay);
    return g_test_run();
}
