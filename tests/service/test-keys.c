/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * coati-keys: its messages, its vault, and the real process in its sandbox. Signatures and SKEYID
 * are those of the computed vectors (environment: COATI_VECTORS, COATI_KEYS).
 */
#include "ike/signature.h"
#include "keys/vault.h"

#include <json-glib/json-glib.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static JsonObject *
load_vector(JsonParser *parser, const char *name)
{
    g_autofree char *file = g_strconcat(name, ".json", NULL);
    g_autofree char *path = g_build_filename(g_getenv("COATI_VECTORS"), file, NULL);
    g_autoptr(GError) error = NULL;

    json_parser_load_from_file(parser, path, &error);
    g_assert_no_error(error);
    return json_node_get_object(json_parser_get_root(parser));
}

static Secret *
unhex(const char *text)
{
    gsize length = strlen(text) / 2;
    Secret *secret = secret_new_zero(length);

    for (gsize i = 0; i < length; i++)
        secret_edit(secret)[i] = (guint8)(g_ascii_xdigit_value(text[2 * i]) << 4 |
                                          g_ascii_xdigit_value(text[2 * i + 1]));
    return secret;
}

static Secret *
member(JsonObject *vector, const char *part, const char *name)
{
    return unhex(json_object_get_string_member(json_object_get_object_member(vector, part), name));
}

static Secret *
key_file(const char *name)
{
    g_autofree char *path = g_build_filename(g_getenv("COATI_VECTORS"), name, NULL);
    g_autofree char *text = NULL;
    gsize length;

    g_assert_true(g_file_get_contents(path, &text, &length, NULL));
    return secret_new(text, length);
}

static gboolean
load(Vault *vault, KeylinkType type, guint32 number, const Secret *octets)
{
    g_auto(KeylinkMessage) question = {.type = type, .key = number, .octets = secret_dup(octets)};
    g_auto(KeylinkMessage) answer = {0};

    g_assert_true(vault_ask(vault, &question, &answer));
    g_assert_cmpint(answer.type, ==, KEYLINK_LOADED);
    g_assert_cmpuint(answer.key, ==, number);
    return answer.is_good;
}

static Secret *
ask(Vault *vault, KeylinkType type, guint32 number, SuiteHash hash, const Secret *octets)
{
    g_auto(KeylinkMessage) question = {
        .type = type, .ticket = 77, .key = number, .hash = hash, .octets = secret_dup(octets)};
    g_auto(KeylinkMessage) answer = {0};

    g_assert_true(vault_ask(vault, &question, &answer));
    g_assert_cmpuint(answer.ticket, ==, 77);
    return g_steal_pointer(&answer.octets);
}

static void
test_signatures_are_those_of_the_vectors(void)
{
    static const char *const rows[][4] = {
        {"A_hybrid_aggressive_aes128_sha1_modp1024", "HASH_R", "SIG_R", "gateway.key.pem"},
        {"B_hybrid_aggressive_aes256_sha256_modp2048", "HASH_R", "SIG_R", "gateway.key.pem"},
        {"D_xauthrsa_main_3des_md5_modp1024", "HASH_I", "SIG_I", "client.key.pem"},
        {"E_hybrid_main_aes192_sha384_ecp256", "HASH_R", "SIG_R", "gateway.key.pem"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(JsonParser) parser = json_parser_new();
        JsonObject *vector = load_vector(parser, rows[i][0]);
        g_autoptr(Vault) vault = vault_new();
        g_autoptr(Secret) key = key_file(rows[i][3]);
        g_autoptr(Secret) hash = member(vector, "derived", rows[i][1]);
        g_autoptr(Secret) expected = member(vector, "derived", rows[i][2]);
        g_autoptr(Secret) signature = NULL;

        g_assert_true(load(vault, KEYLINK_LOAD_KEY, 1, key));
        signature = ask(vault, KEYLINK_SIGN, 1, 0, hash);
        g_assert_nonnull(signature);
        g_assert_true(secret_equal(signature, expected));
    }
}

static void
test_a_signature_over_64_octets_verifies_with_the_certificate(void)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *vector = load_vector(parser, "A_hybrid_aggressive_aes128_sha1_modp1024");
    g_autoptr(Secret) der = member(vector, "inputs", "gateway_cert");
    g_autoptr(GBytes) certificate = g_bytes_new(secret_data(der), secret_length(der));
    g_autoptr(Vault) vault = vault_new();
    g_autoptr(Secret) key = key_file("gateway.key.pem");
    g_autoptr(Secret) hash = secret_new_zero(64);
    g_autoptr(Secret) signature = NULL;

    g_assert_true(load(vault, KEYLINK_LOAD_KEY, 1, key));
    signature = ask(vault, KEYLINK_SIGN, 1, 0, hash);
    g_assert_nonnull(signature);
    g_assert_cmpint(
        ike_signature_check(certificate, reader_of(secret_data(hash), 64),
                            reader_of(secret_data(signature), secret_length(signature))),
        ==, IKE_OK);
}

static void
test_skeyid_is_that_of_the_vector(void)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *vector = load_vector(parser, "C_xauthpsk_main_aes256_sha1_modp1536");
    JsonObject *inputs = json_object_get_object_member(vector, "inputs");
    g_autoptr(Vault) vault = vault_new();
    g_autoptr(Secret) psk = secret_new_text(json_object_get_string_member(inputs, "psk"));
    g_autofree char *both = g_strconcat(json_object_get_string_member(inputs, "Ni"),
                                        json_object_get_string_member(inputs, "Nr"), NULL);
    g_autoptr(Secret) nonces = unhex(both);
    g_autoptr(Secret) expected = member(vector, "derived", "SKEYID");
    g_autoptr(Secret) skeyid = NULL;

    g_assert_true(load(vault, KEYLINK_LOAD_PSK, 5, psk));
    skeyid = ask(vault, KEYLINK_SKEYID, 5, SUITE_HASH_SHA1, nonces);
    g_assert_nonnull(skeyid);
    g_assert_true(secret_equal(skeyid, expected));
}

static void
test_only_hashes_are_signed(void)
{
    /* 36 is MD5 and SHA-1 of old TLS, 35 and 51 a DigestInfo with SHA-1 and SHA-256. */
    for (gsize length = 0; length <= 256; length++) {
        g_auto(KeylinkMessage) message = {
            .type = KEYLINK_SIGN, .ticket = 1, .key = 1, .octets = secret_new_zero(length)};
        g_autoptr(Secret) octets = keylink_write(&message);
        gboolean is_hash =
            length == 16 || length == 20 || length == 32 || length == 48 || length == 64;

        g_assert_true((octets != NULL) == is_hash);
    }
}

/* What keylink_write() would not write: the engine may be somebody else's. */
static void
test_a_hash_of_another_length_does_not_parse(void)
{
    guint8 room[256] = {KEYLINK_SIGN};
    g_auto(KeylinkMessage) message = {0};

    for (guint8 length = 0; length <= 128; length++) {
        gsize total = 1 + 8 + 4 + 1 + 2 + length;
        gboolean is_hash =
            length == 16 || length == 20 || length == 32 || length == 48 || length == 64;
        gboolean is_good;

        room[13] = 1;
        room[15] = length;
        is_good = keylink_parse(room, total, KEYLINK_FROM_ENGINE, &message, NULL);
        g_assert_true(is_good == is_hash);
        keylink_message_clear(&message);
    }
}

static void
test_nonces_have_bounds(void)
{
    static const gsize refused[] = {0, 15, 513, 4096};

    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_auto(KeylinkMessage) message = {
            .type = KEYLINK_SKEYID, .hash = SUITE_HASH_SHA1, .octets = secret_new_zero(refused[i])};
        g_autoptr(Secret) octets = keylink_write(&message);

        g_assert_null(octets);
    }
}

static void
test_nothing_is_loaded_after_seal(void)
{
    g_autoptr(Vault) vault = vault_new();
    g_autoptr(Secret) psk = secret_new_text("secret");
    KeylinkMessage seal = {.type = KEYLINK_SEAL};
    g_auto(KeylinkMessage) answer = {0};

    g_assert_true(load(vault, KEYLINK_LOAD_PSK, 1, psk));
    g_assert_false(vault_ask(vault, &seal, &answer));
    g_assert_false(load(vault, KEYLINK_LOAD_PSK, 2, psk));
}

static void
test_nothing_is_loaded_after_the_first_request(void)
{
    g_autoptr(Vault) vault = vault_new();
    g_autoptr(Secret) psk = secret_new_text("secret");
    g_autoptr(Secret) hash = secret_new_zero(20);
    g_autoptr(Secret) signature = ask(vault, KEYLINK_SIGN, 1, 0, hash);

    g_assert_null(signature);
    g_assert_false(load(vault, KEYLINK_LOAD_PSK, 1, psk));
}

static void
test_a_number_is_loaded_once_and_kinds_do_not_mix(void)
{
    g_autoptr(Vault) vault = vault_new();
    g_autoptr(Secret) psk = secret_new_text("secret");
    g_autoptr(Secret) key = key_file("client.key.pem");
    g_autoptr(Secret) octets = secret_new_zero(32);

    g_assert_false(load(vault, KEYLINK_LOAD_KEY, 1, psk));
    g_assert_true(load(vault, KEYLINK_LOAD_PSK, 1, psk));
    g_assert_false(load(vault, KEYLINK_LOAD_PSK, 1, psk));
    g_assert_false(load(vault, KEYLINK_LOAD_KEY, 1, key));
    g_assert_true(load(vault, KEYLINK_LOAD_KEY, 2, key));
    g_assert_null(ask(vault, KEYLINK_SIGN, 1, 0, octets));
    g_assert_null(ask(vault, KEYLINK_SKEYID, 2, SUITE_HASH_SHA1, octets));
    g_assert_null(ask(vault, KEYLINK_SIGN, 3, 0, octets));
}

static void
test_the_vault_has_a_size(void)
{
    g_autoptr(Vault) vault = vault_new();
    g_autoptr(Secret) psk = secret_new_text("secret");

    for (guint32 i = 0; i < KEYLINK_MAX_KEYS; i++)
        g_assert_true(load(vault, KEYLINK_LOAD_PSK, i, psk));
    g_assert_false(load(vault, KEYLINK_LOAD_PSK, KEYLINK_MAX_KEYS, psk));
}

typedef struct {
    KeylinkType type;
    KeylinkDirection direction;
    gsize length;
} SampleRow;

static const SampleRow samples[] = {
    {KEYLINK_LOAD_KEY, KEYLINK_FROM_SERVICE, 1200}, {KEYLINK_LOAD_PSK, KEYLINK_FROM_SERVICE, 9},
    {KEYLINK_SEAL, KEYLINK_FROM_SERVICE, 0},        {KEYLINK_LOADED, KEYLINK_TO_SERVICE, 0},
    {KEYLINK_SIGN, KEYLINK_FROM_ENGINE, 20},        {KEYLINK_SKEYID, KEYLINK_FROM_ENGINE, 40},
    {KEYLINK_SIGNATURE, KEYLINK_TO_ENGINE, 256},    {KEYLINK_SKEYID_IS, KEYLINK_TO_ENGINE, 32},
};

static Secret *
write_sample(const SampleRow *row)
{
    g_auto(KeylinkMessage) message = {.type = row->type,
                                      .ticket = 0x1122334455667788,
                                      .key = 0x99aabbcc,
                                      .hash = SUITE_HASH_SHA2_256,
                                      .is_good = TRUE};

    if (row->length > 0)
        message.octets = secret_new_zero(row->length);
    return keylink_write(&message);
}

static void
test_every_message_comes_back_and_in_one_direction_only(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autoptr(Secret) octets = write_sample(&samples[i]);

        g_assert_nonnull(octets);
        for (guint way = KEYLINK_FROM_SERVICE; way <= KEYLINK_TO_ENGINE; way++) {
            g_auto(KeylinkMessage) copy = {0};
            gboolean is_good = keylink_parse(secret_data(octets), secret_length(octets),
                                             (KeylinkDirection)way, &copy, NULL);

            g_assert_true(is_good == (way == samples[i].direction));
            if (is_good) {
                g_autoptr(Secret) again = keylink_write(&copy);

                g_assert_true(secret_equal(octets, again));
            }
        }
    }
}

static void
test_cut_and_changed_messages_are_errors_or_messages(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autoptr(Secret) octets = write_sample(&samples[i]);
        gsize length = secret_length(octets);
        guint8 *data = secret_edit(octets);

        for (gsize at = 0; at < length * 8; at++) {
            g_auto(KeylinkMessage) copy = {0};

            if (at < length)
                g_assert_false(keylink_parse(data, at, samples[i].direction, &copy, NULL));
            data[at / 8] ^= (guint8)(1 << at % 8);
            if (keylink_parse(data, length, samples[i].direction, &copy, NULL)) {
                g_autoptr(Secret) again = keylink_write(&copy);

                g_assert_nonnull(again);
            }
            data[at / 8] ^= (guint8)(1 << at % 8);
        }
    }
}

typedef struct {
    pid_t process;
    Fd control;
    Fd requests;
} Keys;

static void
keys_start(Keys *keys, gconstpointer data)
{
    Fd control[2];
    Fd requests[2];

    g_assert_true(fd_pair(control, NULL));
    g_assert_true(fd_pair(requests, NULL));
    keys->process = fork();
    g_assert_cmpint(keys->process, >=, 0);
    if (keys->process == 0) {
        const char *path = g_getenv("COATI_KEYS");
        /* Out of the way of 3 and 4 first. */
        Fd one = dup2(control[1], 50);
        Fd two = dup2(requests[1], 51);

        dup2(one, 3);
        dup2(two, 4);
        execl(path, path, NULL);
        _exit(127);
    }
    fd_close(&control[1]);
    fd_close(&requests[1]);
    keys->control = control[0];
    keys->requests = requests[0];
}

static void
keys_end(Keys *keys, gconstpointer data)
{
    fd_close(&keys->control);
    fd_close(&keys->requests);
    if (keys->process > 0) {
        int status;

        g_assert_cmpint(waitpid(keys->process, &status, 0), ==, keys->process);
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), ==, 0);
    }
}

static gboolean
wait_for(Fd socket, KeylinkDirection direction, KeylinkMessage *ret_message)
{
    struct pollfd fd = {.fd = socket, .events = POLLIN};

    g_assert_cmpint(poll(&fd, 1, 10000), ==, 1);
    return keylink_receive(socket, direction, ret_message, NULL);
}

static void
test_the_process_signs_and_makes_skeyid(Keys *keys, gconstpointer data)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *vector = load_vector(parser, "A_hybrid_aggressive_aes128_sha1_modp1024");
    g_autoptr(Secret) expected = member(vector, "derived", "SIG_R");
    g_autoptr(Secret) key = key_file("gateway.key.pem");
    g_autoptr(Secret) psk = secret_new_text("secret");
    g_auto(KeylinkMessage) sign = {
        .type = KEYLINK_SIGN, .ticket = 9, .key = 1, .octets = member(vector, "derived", "HASH_R")};
    g_auto(KeylinkMessage) skeyid = {.type = KEYLINK_SKEYID,
                                     .ticket = 10,
                                     .key = 2,
                                     .hash = SUITE_HASH_SHA2_512,
                                     .octets = secret_new_zero(32)};
    KeylinkMessage answer = {0};

    g_assert_true(keylink_load_key(keys->control, 1, key, NULL));
    g_assert_true(keylink_load_psk(keys->control, 2, psk, NULL));
    g_assert_true(keylink_seal(keys->control, NULL));
    g_assert_true(keylink_send(keys->requests, &sign, NULL));
    g_assert_true(keylink_send(keys->requests, &skeyid, NULL));
    for (guint i = 0; i < 2; i++) {
        g_assert_true(wait_for(keys->control, KEYLINK_TO_SERVICE, &answer));
        g_assert_true(answer.is_good);
        keylink_message_clear(&answer);
    }
    g_assert_true(wait_for(keys->requests, KEYLINK_TO_ENGINE, &answer));
    g_assert_cmpuint(answer.ticket, ==, 9);
    g_assert_true(secret_equal(answer.octets, expected));
    keylink_message_clear(&answer);
    g_assert_true(wait_for(keys->requests, KEYLINK_TO_ENGINE, &answer));
    g_assert_cmpuint(answer.ticket, ==, 10);
    g_assert_cmpuint(secret_length(answer.octets), ==, 64);
    keylink_message_clear(&answer);
}

static void
expect_end(Keys *keys)
{
    KeylinkMessage answer = {0};

    g_assert_false(wait_for(keys->requests, KEYLINK_TO_ENGINE, &answer));
}

static void
test_the_process_ends_when_coatid_is_gone(Keys *keys, gconstpointer data)
{
    fd_close(&keys->control);
    expect_end(keys);
}

static void
test_the_process_ends_on_a_malformed_request(Keys *keys, gconstpointer data)
{
    g_assert_true(fd_send(keys->requests, "decrypt this", 12, NULL, 0, NULL));
    expect_end(keys);
}

static void
test_the_engine_cannot_load(Keys *keys, gconstpointer data)
{
    g_autoptr(Secret) psk = secret_new_text("mine");

    g_assert_true(keylink_load_psk(keys->requests, 1, psk, NULL));
    expect_end(keys);
}

#define ADD_PROCESS(path, function)                                                                \
    g_test_add("/keys/" path, Keys, NULL, keys_start, function, keys_end)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGPIPE, SIG_IGN);
    g_test_add_func("/keys/signatures-are-those-of-the-vectors",
                    test_signatures_are_those_of_the_vectors);
    g_test_add_func("/keys/a-signature-over-64-octets-verifies-with-the-certificate",
                    test_a_signature_over_64_octets_verifies_with_the_certificate);
    g_test_add_func("/keys/skeyid-is-that-of-the-vector", test_skeyid_is_that_of_the_vector);
    g_test_add_func("/keys/only-hashes-are-signed", test_only_hashes_are_signed);
    g_test_add_func("/keys/a-hash-of-another-length-does-not-parse",
                    test_a_hash_of_another_length_does_not_parse);
    g_test_add_func("/keys/nonces-have-bounds", test_nonces_have_bounds);
    g_test_add_func("/keys/nothing-is-loaded-after-seal", test_nothing_is_loaded_after_seal);
    g_test_add_func("/keys/nothing-is-loaded-after-the-first-request",
                    test_nothing_is_loaded_after_the_first_request);
    g_test_add_func("/keys/a-number-is-loaded-once-and-kinds-do-not-mix",
                    test_a_number_is_loaded_once_and_kinds_do_not_mix);
    g_test_add_func("/keys/the-vault-has-a-size", test_the_vault_has_a_size);
    g_test_add_func("/keys/every-message-comes-back-and-in-one-direction-only",
                    test_every_message_comes_back_and_in_one_direction_only);
    g_test_add_func("/keys/cut-and-changed-messages-are-errors-or-messages",
                    test_cut_and_changed_messages_are_errors_or_messages);
    ADD_PROCESS("the-process-signs-and-makes-skeyid", test_the_process_signs_and_makes_skeyid);
    ADD_PROCESS("the-process-ends-when-coatid-is-gone", test_the_process_ends_when_coatid_is_gone);
    ADD_PROCESS("the-process-ends-on-a-malformed-request",
                test_the_process_ends_on_a_malformed_request);
    ADD_PROCESS("the-engine-cannot-load", test_the_engine_cannot_load);
    return g_test_run();
}
