/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/exporter.h"
#include "profile/importer.h"

#include <string.h>

/* Large enough that the text seldom moves and leaves copies of secrets behind. */
enum { FIRST_SIZE = 65536 };

void
export_free(Export *export)
{
    if (export == NULL)
        return;
    secret_free(export->text);
    g_ptr_array_unref(export->notes);
    g_hash_table_unref(export->files);
    g_free(export);
}

void
export_keep(ExportDraft *draft, ProfileField field)
{
    draft->export->is_kept[field] = TRUE;
    draft->is_covered[field] = TRUE;
}

void
export_cover(ExportDraft *draft, ProfileField field)
{
    draft->is_covered[field] = TRUE;
}

void
export_note(ExportDraft *draft, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(draft->export->notes, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

gboolean
export_fail(GError **error, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, PROFILE_ERROR, PROFILE_ERROR_INVALID_VALUE, text);
    return FALSE;
}

void
export_print(ExportDraft *draft, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_string_append_vprintf(draft->out, format, arguments);
    va_end(arguments);
}

void
export_field(ExportDraft *draft, const char *key, ProfileField field, const char *end)
{
    g_autofree char *text = profile_format(draft->profile, field);

    if (!profile_is_set(draft->profile, field))
        return;
    if (profile_field_info(field)->type == PROFILE_TYPE_LIST)
        g_strdelimit(text, ";", ',');
    export_print(draft, "%s%s%s", key, text, end);
    export_keep(draft, field);
}

const char *
export_secret(ExportDraft *draft, ProfileField field)
{
    const Secret *secret = profile_secret(draft->profile, field);
    const char *name = profile_field_info(field)->name;
    const char *text = secret != NULL ? secret_text(secret) : NULL;

    export_cover(draft, field);
    if (text == NULL || !draft->with_secrets) {
        export_note(draft, "%s is not in the file", name);
        return NULL;
    }
    if (strlen(text) != secret_length(secret) || !g_utf8_validate(text, -1, NULL) ||
        strpbrk(text, "\r\n") != NULL || g_ascii_isspace(text[0]) ||
        (text[0] != '\0' && g_ascii_isspace(text[strlen(text) - 1]))) {
        export_note(draft, "%s is no plain text and is not in the file", name);
        return NULL;
    }
    export_keep(draft, field);
    return text;
}

const char *
export_choice(ExportDraft *draft, ProfileField field, const char *words, GError **error)
{
    g_autofree char *ours = profile_format(draft->profile, field);
    g_auto(GStrv) pairs = g_strsplit(words, " ", -1);

    for (guint i = 0; pairs[i] != NULL; i++) {
        gsize length = strcspn(pairs[i], "=");

        if (strlen(ours) != length || strncmp(pairs[i], ours, length) != 0)
            continue;
        export_keep(draft, field);
        return g_intern_string(pairs[i] + length + 1);
    }
    export_fail(error, "%s: %s has no place in this format", profile_field_info(field)->name, ours);
    return NULL;
}

SuiteGroup
export_group(ExportDraft *draft)
{
    g_autoptr(Profile) plain = profile_new();
    g_autoptr(GArray) suites = profile_ike_suites(draft->profile);
    g_autoptr(GArray) usual = profile_ike_suites(plain);
    gboolean is_usual = suites->len == usual->len;
    SuiteGroup group = g_array_index(suites, SuitePhase1, 0).group;

    for (guint i = 0; i < suites->len && is_usual; i++) {
        SuitePhase1 suite = g_array_index(usual, SuitePhase1, i);
        char ours[SUITE_TEXT_SIZE];
        char theirs[SUITE_TEXT_SIZE];

        suite.group = group;
        is_usual = strcmp(suite_phase1_format(&g_array_index(suites, SuitePhase1, i), ours),
                          suite_phase1_format(&suite, theirs)) == 0;
    }
    export_cover(draft, PROFILE_IKE_ALLOW_WEAK);
    export_cover(draft, PROFILE_IKE_PROPOSALS);
    if (is_usual)
        export_keep(draft, PROFILE_IKE_PROPOSALS);
    else
        export_note(draft, "ike.proposals: only the group of the first is in the file");
    return group;
}

guint
export_dead_after(ExportDraft *draft)
{
    guint delay = profile_number(draft->profile, PROFILE_IKE_DPD_DELAY);
    gboolean is_usual = !profile_is_set(draft->profile, PROFILE_IKE_DPD_RETRY) &&
                        !profile_is_set(draft->profile, PROFILE_IKE_DPD_MAX_FAILURES);

    export_cover(draft, PROFILE_IKE_DPD_DELAY);
    export_cover(draft, PROFILE_IKE_DPD_RETRY);
    export_cover(draft, PROFILE_IKE_DPD_MAX_FAILURES);
    if (is_usual && (delay == 0 || delay >= 5))
        export_keep(draft, PROFILE_IKE_DPD_DELAY);
    return delay == 0 ? 0
                      : delay + profile_number(draft->profile, PROFILE_IKE_DPD_RETRY) *
                                    profile_number(draft->profile, PROFILE_IKE_DPD_MAX_FAILURES);
}

static void
append_network(GString *list, const NetPrefix *prefix, gboolean is_with_mask)
{
    char text[NET_PREFIX_TEXT_SIZE];
    guint8 mask[16] = {0};
    NetAddress mask_address;

    if (!is_with_mask || prefix->address.length != 4) {
        g_string_append(list, net_prefix_format(prefix, text));
        return;
    }
    net_prefix_mask(prefix, mask);
    mask_address = net_address_of(mask, 4);
    g_string_append(list, net_address_format(&prefix->address, text));
    g_string_append(list, " / ");
    g_string_append(list, net_address_format(&mask_address, text));
}

void
export_keep_networks(ExportDraft *draft, ProfileField field)
{
    g_autoptr(GArray) prefixes = profile_prefixes(draft->profile, field);
    const char *const *items = profile_list(draft->profile, field);
    gboolean is_same = TRUE;

    for (guint i = 0; i < prefixes->len; i++) {
        char text[NET_PREFIX_TEXT_SIZE];

        is_same &=
            strcmp(net_prefix_format(&g_array_index(prefixes, NetPrefix, i), text), items[i]) == 0;
    }
    export_cover(draft, field);
    if (is_same)
        export_keep(draft, field);
}

char *
export_networks(ExportDraft *draft, const char *between, gboolean is_with_mask)
{
    g_autoptr(GArray) prefixes = profile_prefixes(draft->profile, PROFILE_NETWORK_REMOTE_NETWORKS);
    ProfileRoutes routes = profile_choice(draft->profile, PROFILE_NETWORK_ROUTES);
    GString *list = g_string_new(NULL);

    for (guint i = 0; i < prefixes->len; i++) {
        g_string_append(list, i > 0 ? between : "");
        append_network(list, &g_array_index(prefixes, NetPrefix, i), is_with_mask);
    }
    if (prefixes->len > 0)
        export_keep_networks(draft, PROFILE_NETWORK_REMOTE_NETWORKS);
    /* Networks alone mean a split tunnel there. */
    if (routes == (prefixes->len > 0 ? PROFILE_ROUTES_SPLIT : PROFILE_ROUTES_GATEWAY))
        export_keep(draft, PROFILE_NETWORK_ROUTES);
    return g_string_free(list, FALSE);
}

char *
export_plain_name(const ExportDraft *draft)
{
    const char *id = profile_text(draft->profile, PROFILE_CONNECTION_ID);
    char *name = g_strdup(id != NULL ? id : "office");

    g_strcanon(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", '-');
    return name;
}

char *
export_file(ExportDraft *draft, ProfileField field, const char *suffix)
{
    g_autofree char *plain = export_plain_name(draft);
    char *name = NULL;

    if (!profile_is_set(draft->profile, field))
        return NULL;
    name = g_strconcat(plain, suffix, NULL);
    g_hash_table_insert(draft->export->files, g_strdup(name),
                        profile_format(draft->profile, field));
    export_keep(draft, field);
    return name;
}

const char *
export_group_name(ExportDraft *draft)
{
    const char *group = profile_text(draft->profile, PROFILE_IDENTITY_OWN_ID);
    ProfileOwnIdType type = profile_choice(draft->profile, PROFILE_IDENTITY_OWN_ID_TYPE);

    if (group == NULL || (type != PROFILE_OWN_ID_AUTO && type != PROFILE_OWN_ID_KEY_ID))
        return NULL;
    export_keep(draft, PROFILE_IDENTITY_OWN_ID);
    export_cover(draft, PROFILE_IDENTITY_OWN_ID_TYPE);
    return group;
}

gboolean
export_coati(ExportDraft *draft, GError **error)
{
    g_autoptr(Secret) text = profile_write(draft->profile, draft->with_secrets);

    g_string_append(draft->out, secret_text(text));
    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++)
        if (i < PROFILE_SECRETS_PASSWORD || draft->with_secrets)
            export_keep(draft, (ProfileField)i);
    return TRUE;
}

static void
note_the_rest(ExportDraft *draft)
{
    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        gboolean is_own = i == PROFILE_CONNECTION_ID || i == PROFILE_CONNECTION_UUID ||
                          i == PROFILE_IMPORT_SOURCE || i == PROFILE_IMPORT_NOTES;

        if (!is_own && !draft->is_covered[i] && profile_is_set(draft->profile, (ProfileField)i))
            export_note(draft, "%s has no place in this format",
                        profile_field_info((ProfileField)i)->name);
    }
}

Export *
export_write(const Profile *profile, const char *format, gboolean with_secrets, GError **error)
{
    const ImportFormat *row = import_format_find(format);
    g_autoptr(Export) export = NULL;
    ExportDraft draft = {.profile = profile, .with_secrets = with_secrets};
    gboolean is_good;

    if (row == NULL || row->write == NULL) {
        g_autofree char *known = export_formats();

        export_fail(error, "\"%.40s\" is %s; the formats are %s", format,
                    row == NULL ? "unknown" : "read but not written", known);
        return NULL;
    }
    export = g_new0(Export, 1);
    export->notes = g_ptr_array_new_with_free_func(g_free);
    export->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    draft.export = export;
    draft.out = g_string_sized_new(FIRST_SIZE);
    is_good = row->write(&draft, error);
    if (is_good) {
        export->text = secret_new(draft.out->str, draft.out->len);
        note_the_rest(&draft);
    }
    explicit_bzero(draft.out->str, draft.out->len);
    g_string_free(draft.out, TRUE);
    return is_good ? g_steal_pointer(&export) : NULL;
}
