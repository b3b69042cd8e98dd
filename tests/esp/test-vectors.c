/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Known answers: packets that another program computed or that other implementations sent.
 */
#include "support.h"

#include <string.h>

enum { ROOM = 65536 };

typedef struct {
    SuiteEsp suite;
    guint32 spi;
    guint32 sequence;
    Secret *keymat;
    GBytes *iv;
    GBytes *inner;
    GBytes *esp;
} Sample;

static void
sample_clear(Sample *sample)
{
    secret_free(sample->keymat);
    g_bytes_unref(sample->iv);
    g_bytes_unref(sample->inner);
    g_bytes_unref(sample->esp);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sample, sample_clear)

static void
seal_gives_the_sample(const Sample *sample)
{
    g_autoptr(EspContext) context = support_context();
    g_autoptr(EspSa) sa =
        support_sa(context, ESP_SEAL, &sample->suite, sample->spi, sample->keymat);
    g_autofree guint8 *room = g_malloc0(ROOM);
    gsize length;
    const guint8 *inner = g_bytes_get_data(sample->inner, &length);
    EspFrame frame = {.sa = sa, .data = room, .inner_length = (guint32)length};

    memcpy(room + esp_sa_head(sa), inner, length);
    esp_seal_fixed(&frame, sample->sequence, g_bytes_get_data(sample->iv, NULL));
    g_assert_cmpint(frame.verdict, ==, ESP_OK);
    g_assert_cmpuint(frame.length, ==, esp_sa_sealed(sa, length));
    g_assert_cmpmem(room, frame.length, g_bytes_get_data(sample->esp, NULL),
                    g_bytes_get_size(sample->esp));
}

static EspVerdict
open_copy(EspSa *sa, GBytes *esp, gsize flip, guint8 *room, EspFrame *ret_frame)
{
    gsize length;
    const guint8 *data = g_bytes_get_data(esp, &length);

    memcpy(room, data, length);
    if (flip < length * 8)
        room[flip / 8] ^= (guint8)(1 << flip % 8);
    *ret_frame = (EspFrame){.sa = sa, .data = room, .length = (guint32)length};
    esp_open(ret_frame, 1);
    return ret_frame->verdict;
}

static void
open_gives_the_inner_packet(const Sample *sample)
{
    g_autoptr(EspContext) context = support_context();
    g_autoptr(EspSa) sa =
        support_sa(context, ESP_OPEN, &sample->suite, sample->spi, sample->keymat);
    g_autofree guint8 *room = g_malloc0(ROOM);
    EspFrame frame;

    g_assert_cmpint(open_copy(sa, sample->esp, G_MAXSIZE, room, &frame), ==, ESP_OK);
    g_assert_cmpuint(frame.sequence, ==, sample->sequence);
    g_assert_cmpmem(frame.inner, frame.inner_length, g_bytes_get_data(sample->inner, NULL),
                    g_bytes_get_size(sample->inner));
    g_assert_cmpint(open_copy(sa, sample->esp, G_MAXSIZE, room, &frame), ==, ESP_REPLAYED);
    g_assert_null(frame.inner);
}

/* The SPI is the caller's to look up; it and everything behind it is authenticated. */
static void
every_flipped_bit_is_refused(const Sample *sample)
{
    g_autoptr(EspContext) context = support_context();
    g_autoptr(EspSa) sa =
        support_sa(context, ESP_OPEN, &sample->suite, sample->spi, sample->keymat);
    g_autofree guint8 *room = g_malloc0(ROOM);
    EspFrame frame;

    for (gsize bit = 0; bit < g_bytes_get_size(sample->esp) * 8; bit++) {
        EspVerdict verdict = open_copy(sa, sample->esp, bit, room, &frame);

        g_assert_true(verdict == ESP_ICV || verdict == ESP_REPLAYED);
        g_assert_null(frame.inner);
    }
    /* Nothing of that may have moved the window. */
    g_assert_cmpint(open_copy(sa, sample->esp, G_MAXSIZE, room, &frame), ==, ESP_OK);
}

static void
every_cut_is_refused(const Sample *sample)
{
    g_autoptr(EspContext) context = support_context();
    g_autoptr(EspSa) sa =
        support_sa(context, ESP_OPEN, &sample->suite, sample->spi, sample->keymat);

    for (gsize length = 0; length < g_bytes_get_size(sample->esp); length++) {
        g_autofree guint8 *cut = g_malloc(MAX(length, 1));
        EspFrame frame = {.sa = sa, .data = cut, .length = (guint32)length};

        memcpy(cut, g_bytes_get_data(sample->esp, NULL), length);
        esp_open(&frame, 1);
        g_assert_true(frame.verdict == ESP_SHORT || frame.verdict == ESP_ICV);
    }
}

static void
check_sample(const Sample *sample)
{
    seal_gives_the_sample(sample);
    open_gives_the_inner_packet(sample);
    every_flipped_bit_is_refused(sample);
    every_cut_is_refused(sample);
}

/* "AES-CBC-256" and "HMAC-SHA2-256-128", as the vectors spell them. */
static SuiteEsp
suite_of_names(const char *cipher, const char *integrity)
{
    static const struct {
        const char *name;
        const char *ours;
    } names[] = {
        {"3DES-CBC", "3des"},
        {"AES-CBC-128", "aes128"},
        {"AES-CBC-192", "aes192"},
        {"AES-CBC-256", "aes256"},
        {"AES-GCM-16-128", "aes128gcm16"},
        {"AES-GCM-16-192", "aes192gcm16"},
        {"AES-GCM-16-256", "aes256gcm16"},
        {"HMAC-MD5-96", "-md5"},
        {"HMAC-SHA1-96", "-sha1"},
        {"HMAC-SHA2-256-128", "-sha256"},
        {"HMAC-SHA2-384-192", "-sha384"},
        {"HMAC-SHA2-512-256", "-sha512"},
    };
    g_autoptr(GString) text = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_strcmp0(names[i].name, cipher) == 0 || g_strcmp0(names[i].name, integrity) == 0)
            g_string_append(text, names[i].ours);
    return support_suite(text->str);
}

static guint32
spi_of(JsonObject *object)
{
    return (guint32)g_ascii_strtoull(json_object_get_string_member(object, "spi"), NULL, 16);
}

static void
test_every_pair_of_algorithms(void)
{
    g_autoptr(JsonParser) parser = support_vectors("computed/primitives.json");
    JsonObject *root = json_node_get_object(json_parser_get_root(parser));
    JsonArray *list = json_object_get_array_member(root, "esp");

    g_assert_cmpuint(json_array_get_length(list), ==, 23);
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *row = json_array_get_object_element(list, i);
        const char *integrity = json_object_get_string_member_with_default(row, "auth", NULL);
        g_autoptr(GBytes) key = support_member(row, "enc_key");
        g_autoptr(GBytes) rest = support_member(row, integrity != NULL ? "auth_key" : "salt");
        g_auto(Sample)
            sample = {.suite = suite_of_names(json_object_get_string_member(row, "enc"), integrity),
                      .spi = spi_of(row),
                      .sequence = (guint32)json_object_get_int_member(row, "seq"),
                      .keymat = support_keymat(key, rest),
                      .iv = support_member(row, "iv"),
                      .inner = support_member(row, "inner"),
                      .esp = support_member(row, "esp")};

        check_sample(&sample);
    }
}

static void
check_transcript(const char *file, const char *suite)
{
    static const char *const directions[] = {"i_to_r", "r_to_i"};
    g_autofree char *path = g_build_filename("computed", file, NULL);
    g_autoptr(JsonParser) parser = support_vectors(path);
    JsonObject *root = json_node_get_object(json_parser_get_root(parser));
    JsonObject *derived = json_object_get_object_member(root, "derived");
    JsonObject *esp = json_object_get_object_member(derived, "esp");

    for (gsize i = 0; i < G_N_ELEMENTS(directions); i++) {
        JsonObject *row = json_object_get_object_member(esp, directions[i]);
        JsonObject *packet = json_object_get_object_member(row, "sample");
        g_autoptr(GBytes) keymat = support_member(row, "keymat");
        g_auto(Sample) sample = {.suite = support_suite(suite),
                                 .spi = spi_of(row),
                                 .sequence = (guint32)json_object_get_int_member(packet, "seq"),
                                 .keymat = support_keymat(keymat, NULL),
                                 .iv = support_member(packet, "iv"),
                                 .inner = support_member(packet, "inner"),
                                 .esp = support_member(packet, "esp")};

        check_sample(&sample);
    }
}

static void
test_packets_of_the_transcripts(void)
{
    check_transcript("A_hybrid_aggressive_aes128_sha1_modp1024.json", "aes128-sha1");
    check_transcript("B_hybrid_aggressive_aes256_sha256_modp2048.json", "aes256gcm16");
    check_transcript("C_xauthpsk_main_aes256_sha1_modp1536.json", "aes256-sha256");
    check_transcript("D_xauthrsa_main_3des_md5_modp1024.json", "3des-md5");
    check_transcript("E_hybrid_main_aes192_sha384_ecp256.json", "aes128gcm16");
}

/* ESP transform, its attributes (RFC 2407 4.5: 5 authentication, 6 key length). */
static SuiteEsp
suite_of_child(JsonObject *child)
{
    JsonObject *attributes = json_object_get_object_member(child, "attributes");
    SuiteEsp suite = {.cipher = (SuiteEspCipher)json_object_get_int_member(child, "transform")};

    suite.integrity = (SuiteIntegrity)json_object_get_int_member_with_default(attributes, "5", 0);
    if (suite.cipher != SUITE_ESP_3DES_CBC)
        suite.key_bits = (guint16)json_object_get_int_member_with_default(attributes, "6", 128);
    return suite;
}

static void
add_recorded_sa(EspContext *context, GHashTable *sas, JsonObject *child, const char *direction)
{
    JsonObject *row = json_object_get_object_member(child, direction);
    SuiteEsp suite = suite_of_child(child);
    g_autoptr(GBytes) key = support_member(row, "encr");
    g_autoptr(GBytes) rest = support_member(row, "integ");
    g_autoptr(Secret) keymat = support_keymat(key, rest);
    guint32 spi = spi_of(row);

    g_hash_table_insert(sas, GUINT_TO_POINTER(spi),
                        support_sa(context, ESP_OPEN, &suite, spi, keymat));
}

/* One client of the recordings puts IPv6 behind next header 4; RFC 4303 2.6 has 41 for it. */
static gboolean
is_mislabelled(const guint8 *inner)
{
    return inner[0] >> 4 == 6;
}

static guint
open_recording(JsonObject *root)
{
    g_autoptr(EspContext) context = support_context();
    g_autoptr(GHashTable) sas =
        g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)esp_sa_free);
    JsonArray *phases = json_object_get_array_member(root, "ike");
    JsonArray *packets = json_object_get_array_member(root, "esp");
    g_autofree guint8 *room = g_malloc(ROOM);

    for (guint i = 0; i < json_array_get_length(phases); i++) {
        JsonObject *phase = json_array_get_object_element(phases, i);
        JsonArray *children = json_object_has_member(phase, "children")
                                  ? json_object_get_array_member(phase, "children")
                                  : NULL;

        for (guint k = 0; children != NULL && k < json_array_get_length(children); k++) {
            JsonObject *child = json_array_get_object_element(children, k);

            add_recorded_sa(context, sas, child, "to_i");
            add_recorded_sa(context, sas, child, "to_r");
        }
    }
    for (guint i = 0; i < json_array_get_length(packets); i++) {
        JsonObject *packet = json_array_get_object_element(packets, i);
        g_autoptr(GBytes) raw = support_member(packet, "raw");
        g_autoptr(GBytes) inner = support_member(packet, "inner");
        const guint8 *octets = g_bytes_get_data(raw, NULL);
        guint32 spi = (guint32)octets[0] << 24 | (guint32)octets[1] << 16 |
                      (guint32)octets[2] << 8 | octets[3];
        EspSa *sa = g_hash_table_lookup(sas, GUINT_TO_POINTER(spi));
        EspFrame frame;

        g_assert_nonnull(sa);
        if (open_copy(sa, raw, G_MAXSIZE, room, &frame) == ESP_INNER) {
            g_assert_true(is_mislabelled(g_bytes_get_data(inner, NULL)));
            continue;
        }
        g_assert_cmpint(frame.verdict, ==, ESP_OK);
        g_assert_cmpmem(frame.inner, frame.inner_length, g_bytes_get_data(inner, NULL),
                        g_bytes_get_size(inner));
    }
    return json_array_get_length(packets);
}

static void
test_recorded_packets_open(void)
{
    g_autoptr(GPtrArray) names = support_list("recorded");
    guint packets = 0;

    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *path = g_build_filename("recorded", name, "vector.json", NULL);
        g_autoptr(JsonParser) parser = NULL;
        JsonObject *root;

        if (!g_ascii_isdigit(name[0]))
            continue;
        g_test_message("%s", name);
        parser = support_vectors(path);
        root = json_node_get_object(json_parser_get_root(parser));
        if (json_object_has_member(root, "esp"))
            packets += open_recording(root);
    }
    g_assert_cmpuint(packets, ==, 300);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/esp/vectors/every-pair-of-algorithms", test_every_pair_of_algorithms);
    g_test_add_func("/esp/vectors/packets-of-the-transcripts", test_packets_of_the_transcripts);
    g_test_add_func("/esp/vectors/recorded-packets-open", test_recorded_packets_open);
    return g_test_run();
}
