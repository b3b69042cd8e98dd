/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every file of samples/ becomes what samples/EXPECTED says of it. */
#include "samples.h"

#include <string.h>

static gboolean
has_note(const Import *import, const char *beginning)
{
    for (guint i = 0; i < import->notes->len; i++) {
        const ImportNote *note = import->notes->pdata[i];
        g_autofree char *text = import_note_format(note);
        g_autofree char *full = g_strdup_printf("%s: %s", import_note_kind_name(note->kind), text);

        if (g_str_has_prefix(full, beginning))
            return TRUE;
    }
    return FALSE;
}

static char *
expected_text(const char *text)
{
    char *content = NULL;

    if (text[0] != '@')
        return g_strcompress(text);
    content = sample_load(text + 1, NULL);
    return g_strchomp(content);
}

static void
check_field(const Profile *profile, const char *name, const char *value)
{
    g_autofree char *expected = expected_text(value);
    g_autofree char *text = NULL;
    ProfileField field;

    g_assert_true(profile_field_find(name, &field));
    if (profile_field_info(field)->type == PROFILE_TYPE_SECRET)
        text = profile_secret(profile, field) != NULL
                   ? g_strdup(secret_text(profile_secret(profile, field)))
                   : g_strdup("");
    else
        text = profile_format(profile, field);
    if (g_strcmp0(text, expected) != 0)
        g_test_message("%s", name);
    g_assert_cmpstr(text, ==, expected);
}

static void
check_row(const Import *import, const char *name, const char *value)
{
    const Profile *profile = import->profiles->pdata[0];
    g_autoptr(GError) error = NULL;

    if (strcmp(name, "note") == 0) {
        for (guint i = 0; !has_note(import, value) && i < import->notes->len; i++) {
            g_autofree char *text = import_note_format(import->notes->pdata[i]);

            g_test_message("%s", text);
        }
        if (!has_note(import, value))
            g_test_message("missing: %s", value);
        g_assert_true(has_note(import, value));
    } else if (strcmp(name, "check") == 0) {
        profile_check(profile, &error);
        g_assert_no_error(error);
    } else {
        check_field(profile, name, value);
    }
}

static void
test_sample(gconstpointer data)
{
    const Sample *sample = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(Import) import = sample_import(sample->name, &error);

    if (sample->error != NULL) {
        g_assert_null(import);
        g_assert_nonnull(error);
        if (!g_str_has_prefix(error->message, sample->error))
            g_test_message("%s", error->message);
        g_assert_true(g_str_has_prefix(error->message, sample->error));
        return;
    }
    g_assert_no_error(error);
    g_assert_cmpuint(import->profiles->len, ==, 1);
    for (guint i = 0; i < sample->rows->len; i++) {
        const char *row = sample->rows->pdata[i];
        const char *equals = strchr(row, '=');
        g_autofree char *name = g_strndup(row, equals - row);

        check_row(import, name, equals + 1);
    }
}

/* No secret may be in a note, where it would be shown. */
static void
test_no_note_has_a_secret(gconstpointer data)
{
    const GPtrArray *samples = data;

    for (guint i = 0; i < samples->len; i++) {
        const Sample *sample = samples->pdata[i];
        g_autoptr(Import) import = sample_import(sample->name, NULL);

        for (guint j = 0; import != NULL && j < import->notes->len; j++) {
            const char *text = ((ImportNote *)import->notes->pdata[j])->text;
            static const char *const secrets[] = {"sesame",          "user secret",  "two words",
                                                  "pass # word",     "group secret", "ge€heim",
                                                  "from the secrets"};

            for (guint k = 0; k < G_N_ELEMENTS(secrets); k++)
                g_assert_null(strstr(text, secrets[k]));
        }
    }
}

static void
test_every_file_has_its_row(gconstpointer data)
{
    const GPtrArray *samples = data;
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "samples", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    static const char *const others[] = {"EXPECTED",      "obfuscate",        "ca.pem",
                                         "ipsec.secrets", "swanctl-part.inc", NULL};
    const char *name;

    g_assert_cmpuint(samples->len, >=, 40);
    while ((name = g_dir_read_name(dir)) != NULL) {
        gboolean is_found = g_strv_contains(others, name);

        for (guint i = 0; i < samples->len; i++)
            is_found |= strcmp(((Sample *)samples->pdata[i])->name, name) == 0;
        if (!is_found)
            g_error("%s has no row in EXPECTED", name);
    }
}

/* Lines and files of many megabytes in the words of each format. */
static void
test_huge_lines_are_refused_or_named(void)
{
    static const char *const beginnings[] = {
        "[main]\nHost=vpn.example.org\nAuthType=1\nUsername=",
        "IPSec gateway vpn.example.org\nIPSec ID x\nXauth username ",
        "n:version:4\ns:auth-method:mutual-psk-xauth\ns:client-saved-username:",
        "<?xml version=\"1.0\"?>\n<plist version=\"1.0\"><dict><key>",
        "connections {\n a {\n version = 1\n vips = 0.0.0.0\n remote_addrs = ",
        "conn a\n keyexchange=ikev1\n leftsourceip=%config\n right=",
        ("[connection]\nid=a\nuuid=x\ntype=vpn\n[vpn]\nservice-type=org.freedesktop."
         "NetworkManager.vpnc\nIPSec gateway="),
    };
    static const gsize sizes[] = {900 * 1024, 10 * 1024 * 1024};

    for (guint i = 0; i < G_N_ELEMENTS(beginnings); i++)
        for (guint j = 0; j < G_N_ELEMENTS(sizes); j++) {
            g_autofree char *line = g_strnfill(sizes[j], 'a');
            g_autofree char *text = g_strconcat(beginnings[i], line, NULL);
            g_autoptr(GError) error = NULL;
            gint64 start = g_get_monotonic_time();

            g_assert_null(import_parse(text, strlen(text), NULL, "x", NULL, &error));
            g_assert_nonnull(strstr(error->message, "x:"));
            g_assert_cmpuint(strlen(error->message), <, 1000);
            g_assert_cmpint(g_get_monotonic_time() - start, <, 5 * G_USEC_PER_SEC);
        }
}

/* The same setting a hundred thousand times: no time that grows with the square. */
static void
test_many_lines_are_read_in_time(void)
{
    static const char *const lines[][2] = {
        {"[main]\nHost=vpn.example.org\n", "Host=a\n"},
        {"IPSec gateway a\n", "IPSec ID a\n"},
        {"n:version:4\n", "s:policy-list-include:10.0.0.0 / 255.0.0.0\n"},
        {"connections {\n", "a { }\n"},
        {"conn a\n", "conn b\n"},
        {"[connection]\nid=a\nuuid=x\ntype=vpn\n", "a=b\n"},
        {"<plist><dict>", "<key>a</key><true/>"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GString) text = g_string_new(lines[i][0]);
        g_autoptr(GError) error = NULL;
        g_autoptr(Import) import = NULL;
        gint64 start = g_get_monotonic_time();

        while (text->len < 900 * 1024)
            g_string_append(text, lines[i][1]);
        import = import_parse(text->str, text->len, NULL, "x", NULL, &error);
        g_assert_true((import == NULL) == (error != NULL));
        g_assert_cmpint(g_get_monotonic_time() - start, <, 10 * G_USEC_PER_SEC);
    }
}

static void
test_a_sample_cut_anywhere_does_no_harm(gconstpointer data)
{
    const GPtrArray *samples = data;

    for (guint i = 0; i < samples->len; i++) {
        const Sample *sample = samples->pdata[i];
        gsize length = 0;
        g_autofree char *text = sample_load(sample->name, &length);
        gsize step = length > 4096 ? 257 : 3;

        for (gsize cut = 0; sample->error == NULL && cut < length; cut += step) {
            g_autoptr(GError) error = NULL;
            g_autoptr(Import) import =
                import_parse(text, cut, sample->format, sample->name, NULL, &error);

            g_assert_true((import == NULL) == (error != NULL));
        }
    }
}

int
main(int argc, char **argv)
{
    g_autoptr(GPtrArray) samples = NULL;

    g_test_init(&argc, &argv, NULL);
    samples = sample_list();
    for (guint i = 0; i < samples->len; i++) {
        const Sample *sample = samples->pdata[i];
        g_autofree char *path = g_strdup_printf("/samples/%s", sample->name);

        g_test_add_data_func(path, sample, test_sample);
    }
    g_test_add_data_func("/samples/every_file_has_its_row", samples, test_every_file_has_its_row);
    g_test_add_data_func("/samples/no_note_has_a_secret", samples, test_no_note_has_a_secret);
    g_test_add_data_func("/samples/a_sample_cut_anywhere_does_no_harm", samples,
                         test_a_sample_cut_anywhere_does_no_harm);
    g_test_add_func("/samples/huge_lines_are_refused_or_named",
                    test_huge_lines_are_refused_or_named);
    g_test_add_func("/samples/many_lines_are_read_in_time", test_many_lines_are_read_in_time);
    return g_test_run();
}
