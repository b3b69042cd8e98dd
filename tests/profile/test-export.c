/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Profiles of the samples go out to every format and come back as they were. */
#include "profile/export.h"
#include "samples.h"

#include <string.h>

static const char *const formats[] = {"coati",        "pcf", "vpnc",   "shrew",
                                      "mobileconfig", "nm",  "swanctl"};

static Secret *
read_exported(const char *path, gpointer user_data, GError **error)
{
    const Export *export = user_data;
    g_autofree char *base = g_path_get_basename(path);
    const char *text = g_hash_table_lookup(export->files, base);

    if (text != NULL)
        return secret_new_text(text);
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such file");
    return NULL;
}

static void
assert_kept(const Export *export, const Profile *before, const Profile *after, const char *what)
{
    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        ProfileField field = (ProfileField)i;
        gboolean is_secret = profile_field_info(field)->type == PROFILE_TYPE_SECRET;
        g_autofree char *old = is_secret ? NULL : profile_format(before, field);
        g_autofree char *new = is_secret ? NULL : profile_format(after, field);

        if (!export->is_kept[field] || field == PROFILE_IMPORT_SOURCE ||
            field == PROFILE_IMPORT_NOTES)
            continue;
        if (is_secret && profile_secret(before, field) != NULL) {
            g_assert_nonnull(profile_secret(after, field));
            g_assert_true(
                secret_equal(profile_secret(before, field), profile_secret(after, field)));
        }
        if (g_strcmp0(old, new) != 0)
            g_error("%s: %s: \"%s\" came back as \"%s\"", what, profile_field_info(field)->name,
                    old, new);
    }
}

/* Nothing is lost silently: a field is kept, or a note names it, or it is said in other words. */
static void
go_round(const Profile *profile, const char *sample, const char *format)
{
    g_autofree char *what = g_strdup_printf("%s to %s", sample, format);
    g_autoptr(GError) error = NULL;
    g_autoptr(Export) export = export_write(profile, format, TRUE, &error);
    ImportFiles files = {read_exported, NULL, export};
    g_autoptr(Import) import = NULL;

    if (export == NULL) {
        g_assert_nonnull(error);
        g_test_message("%s: %s", what, error->message);
        return;
    }
    import = import_parse(secret_text(export->text), secret_length(export->text), NULL, "out",
                          &files, &error);
    if (error != NULL)
        g_error("%s: %s\n%s", what, error->message, secret_text(export->text));
    g_assert_cmpstr(import->format, ==, format);
    g_assert_cmpuint(import->profiles->len, ==, 1);
    assert_kept(export, profile, import->profiles->pdata[0], what);
}

static void
test_samples_come_back(gconstpointer data)
{
    const char *format = data;
    g_autoptr(GPtrArray) samples = sample_list();
    guint count = 0;

    for (guint i = 0; i < samples->len; i++) {
        const Sample *sample = samples->pdata[i];
        g_autoptr(Import) import = sample_import(sample->name, NULL);

        if (import == NULL)
            continue;
        go_round(import->profiles->pdata[0], sample->name, format);
        count++;
    }
    g_assert_cmpuint(count, >=, 20);
}

static void
test_nothing_secret_goes_out_unasked(gconstpointer data)
{
    const char *format = data;
    g_autoptr(Import) import = sample_import("office.pcf", NULL);
    g_autoptr(Export) export = export_write(import->profiles->pdata[0], format, FALSE, NULL);

    g_assert_nonnull(export);
    g_assert_null(strstr(secret_text(export->text), "sesame open"));
    g_assert_null(strstr(secret_text(export->text), "user secret"));
}

static gboolean
has_note(const Export *export, const char *part)
{
    for (guint i = 0; i < export->notes->len; i++)
        if (strstr(export->notes->pdata[i], part) != NULL)
            return TRUE;
    return FALSE;
}

static void
test_what_has_no_place_is_noted(void)
{
    g_autoptr(Import) import = sample_import("shrew.vpn", NULL);
    g_autoptr(Export) export = export_write(import->profiles->pdata[0], "pcf", FALSE, NULL);

    g_assert_true(has_note(export, "identity.ca has no place"));
    g_assert_true(has_note(export, "network.exclude has no place"));
    g_assert_true(has_note(export, "ike.proposals: only the group"));
    g_assert_true(has_note(export, "secrets.password is not in the file"));
    g_assert_false(has_note(export, "login.user"));
}

/* Values in words of the formats, not by our own importer: as their programs read them. */
static void
test_a_pcf_has_the_fields_of_the_other_program(void)
{
    g_autoptr(Import) import = sample_import("mutual-group.pcf", NULL);
    g_autoptr(Export) export = export_write(import->profiles->pdata[0], "pcf", FALSE, NULL);
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *type = NULL;
    g_autofree char *group = NULL;

    g_assert_true(
        g_key_file_load_from_data(file, secret_text(export->text), -1, G_KEY_FILE_NONE, NULL));
    type = g_key_file_get_string(file, "main", "AuthType", NULL);
    group = g_key_file_get_string(file, "main", "DHGroup", NULL);
    g_assert_cmpstr(g_strstrip(type), ==, "5");
    g_assert_cmpstr(g_strstrip(group), ==, "14");
}

static void
test_formats_that_are_read_only_say_so(void)
{
    g_autoptr(Profile) profile = profile_new();
    g_autoptr(GError) error = NULL;

    g_assert_null(export_write(profile, "racoon", FALSE, &error));
    g_assert_nonnull(strstr(error->message, "read but not written"));
    g_clear_error(&error);
    g_assert_null(export_write(profile, "ovpn", FALSE, &error));
    g_assert_nonnull(strstr(error->message, "unknown; the formats are nm, coati, pcf"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autofree char *back = g_strdup_printf("/export/samples_come_back/%s", formats[i]);
        g_autofree char *plain =
            g_strdup_printf("/export/nothing_secret_goes_out_unasked/%s", formats[i]);

        g_test_add_data_func(back, formats[i], test_samples_come_back);
        g_test_add_data_func(plain, formats[i], test_nothing_secret_goes_out_unasked);
    }
    g_test_add_func("/export/what_has_no_place_is_noted", test_what_has_no_place_is_noted);
    g_test_add_func("/export/a_pcf_has_the_fields_of_the_other_program",
                    test_a_pcf_has_the_fields_of_the_other_program);
    g_test_add_func("/export/formats_that_are_read_only_say_so",
                    test_formats_that_are_read_only_say_so);
    return g_test_run();
}
