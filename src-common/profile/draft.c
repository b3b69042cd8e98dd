/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/draft.h"

#include <string.h>

void
draft_open(ImportDraft *draft, Import *import, const ImportFiles *files, const char *origin,
           const char *text)
{
    *draft = (ImportDraft){.import = import, .files = files, .origin = origin};
    draft->profile = profile_new();
    draft->pairs = g_array_new(FALSE, TRUE, sizeof(DraftPair));
    draft->text = g_strdup(text);
    draft->text_length = strlen(text);
}

void
draft_close(ImportDraft *draft)
{
    g_clear_pointer(&draft->profile, profile_free);
    g_clear_pointer(&draft->pairs, g_array_unref);
    explicit_bzero(draft->text, draft->text_length);
    g_clear_pointer(&draft->text, g_free);
}

void
draft_deliver(ImportDraft *draft)
{
    g_ptr_array_add(draft->import->profiles, g_steal_pointer(&draft->profile));
}

char *
draft_next_line(char **at)
{
    char *line = *at;
    gsize length;

    if (line == NULL || *line == '\0')
        return NULL;
    length = strcspn(line, "\n");
    *at = line + length + (line[length] == '\n');
    line[length] = '\0';
    return g_strstrip(line);
}

gboolean
draft_add(ImportDraft *draft, const char *key, const char *value, guint line, GError **error)
{
    DraftPair pair = {key, value, line};

    if (draft->pairs->len >= DRAFT_MAX_PAIRS)
        return draft_fail(draft, &pair, error, "more than %d settings", DRAFT_MAX_PAIRS);
    g_array_append_val(draft->pairs, pair);
    return TRUE;
}

const char *
draft_file(const ImportDraft *draft, const DraftPair *at)
{
    return at->file != NULL ? at->file : draft->origin;
}

const DraftPair *
draft_find(const ImportDraft *draft, const char *key)
{
    for (guint i = draft->pairs->len; i-- > 0;) {
        const DraftPair *pair = &g_array_index(draft->pairs, DraftPair, i);

        if (pair->value[0] != '\0' && g_ascii_strcasecmp(pair->key, key) == 0)
            return pair;
    }
    return NULL;
}

const char *
draft_value(const ImportDraft *draft, const char *key)
{
    const DraftPair *pair = draft_find(draft, key);

    return pair != NULL ? pair->value : NULL;
}

static gboolean
apply_pair(ImportDraft *draft, const DraftRow *rows, const DraftPair *pair, GError **error)
{
    for (; rows->key != NULL; rows++) {
        if (g_ascii_strcasecmp(rows->key, pair->key) != 0)
            continue;
        if (rows->map != NULL)
            return rows->map(draft, rows, pair, error);
        return rows->words[0] == '\0' ||
               draft_note(draft, pair, IMPORT_NOTE_DROPPED, "%s", rows->words);
    }
    return draft_note(draft, pair, IMPORT_NOTE_DROPPED, "unknown setting");
}

gboolean
draft_apply(ImportDraft *draft, const DraftRow *rows, GError **error)
{
    for (guint i = 0; i < draft->pairs->len; i++) {
        const DraftPair *pair = &g_array_index(draft->pairs, DraftPair, i);

        if (pair->value[0] == '\0')
            continue;
        /* Only the last counts, as in the programs that wrote these files. */
        if (draft_find(draft, pair->key) != pair)
            draft_note(draft, pair, IMPORT_NOTE_REPAIRED, "given again further down: that counts");
        else if (!apply_pair(draft, rows, pair, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
draft_note(ImportDraft *draft, const DraftPair *at, ImportNoteKind kind, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (at != NULL)
        import_note(draft->import, kind, draft_file(draft, at), at->line, "%s: %s", at->key, text);
    else
        import_note(draft->import, kind, draft->origin, 0, "%s", text);
    return TRUE;
}

gboolean
draft_fail(const ImportDraft *draft, const DraftPair *at, GError **error, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    import_fail(error, draft_file(draft, at), at->line, "%.80s: %s", at->key, text);
    return FALSE;
}

static void
note_mapped(ImportDraft *draft, const DraftPair *at, ProfileField field, const char *text)
{
    const ProfileFieldInfo *info = profile_field_info(field);
    gboolean is_short = info->type != PROFILE_TYPE_LINES && info->type != PROFILE_TYPE_SECRET;

    draft_note(draft, at, IMPORT_NOTE_MAPPED, "-> %s%s%s", info->name, is_short ? " = " : "",
               is_short ? text : "");
}

gboolean
draft_set(ImportDraft *draft, const DraftPair *at, ProfileField field, const char *text,
          GError **error)
{
    if (!profile_set(draft->profile, field, text, error)) {
        g_prefix_error(error, "%s:%u: %.80s: ", draft_file(draft, at), at->line, at->key);
        return FALSE;
    }
    note_mapped(draft, at, field, text);
    return TRUE;
}

gboolean
draft_take_secret(ImportDraft *draft, const DraftPair *at, ProfileField field, Secret *take_secret,
                  GError **error)
{
    if (!profile_take_secret(draft->profile, field, take_secret, error)) {
        g_prefix_error(error, "%s:%u: %.80s: ", draft_file(draft, at), at->line, at->key);
        return FALSE;
    }
    note_mapped(draft, at, field, NULL);
    return TRUE;
}

static void
finish_weak(ImportDraft *draft)
{
    Profile *profile = draft->profile;
    g_auto(GStrv) weak = NULL;
    g_autofree char *list = NULL;

    profile_set(profile, PROFILE_IKE_ALLOW_WEAK, "true", NULL);
    weak = profile_weak(profile);
    if (weak[0] == NULL || (weak[1] == NULL && strcmp(weak[0], "group password") == 0))
        profile_unset(profile, PROFILE_IKE_ALLOW_WEAK);
    if (weak[0] == NULL)
        return;
    list = g_strjoinv(", ", weak);
    draft_note(draft, NULL, IMPORT_NOTE_WARNING,
               "weak: %s; allowed in this profile because the file names it. Ask the gateway's "
               "administrator for AES, SHA-2, group 14 or better, and certificates",
               list);
}

static void
missing(ImportDraft *draft, ProfileField field, const char *why)
{
    if (!profile_is_set(draft->profile, field))
        draft_note(draft, NULL, IMPORT_NOTE_MISSING, "%s; set %s", why,
                   profile_field_info(field)->name);
}

static void
finish_missing(ImportDraft *draft)
{
    const Profile *profile = draft->profile;

    missing(draft, PROFILE_CONNECTION_GATEWAY, "the file names no gateway");
    if (profile_needs_group_password(profile)) {
        missing(draft, PROFILE_SECRETS_GROUP_PASSWORD, "the group password is not in the file");
        return;
    }
    missing(draft, PROFILE_IDENTITY_CA,
            "the CA certificate is not in the file, and the system's CAs are not used");
    if (!profile_is_set(profile, PROFILE_IDENTITY_PINNED_SHA256))
        missing(draft, PROFILE_IDENTITY_GATEWAY_ID,
                "the file does not say which name the gateway's certificate must have; the first "
                "connect shows the certificate and asks");
    if (!profile_needs_certificate(profile))
        return;
    missing(draft, PROFILE_IDENTITY_CERTIFICATE, "the own certificate is not in the file");
    missing(draft, PROFILE_SECRETS_PRIVATE_KEY, "the own private key is not in the file");
}

/* A group password beside hybrid authentication protects nothing and is not used here. */
static void
finish_group_password(ImportDraft *draft)
{
    if (profile_needs_group_password(draft->profile) ||
        !profile_is_set(draft->profile, PROFILE_SECRETS_GROUP_PASSWORD))
        return;
    profile_unset(draft->profile, PROFILE_SECRETS_GROUP_PASSWORD);
    draft_note(draft, NULL, IMPORT_NOTE_DROPPED,
               "the group password: not used where the gateway shows a certificate");
}

static void
finish_name(ImportDraft *draft, const char *name)
{
    const char *gateway = profile_text(draft->profile, PROFILE_CONNECTION_GATEWAY);
    g_autofree char *text = NULL;
    g_autofree char *shorter = NULL;

    if (name == NULL || name[0] == '\0')
        name = gateway != NULL ? gateway : "imported";
    text = g_strdup(name);
    g_strdelimit(text, "/\t", '-');
    shorter = g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), 64));
    if (!profile_set(draft->profile, PROFILE_CONNECTION_ID, shorter, NULL))
        profile_set(draft->profile, PROFILE_CONNECTION_ID, "imported", NULL);
}

gboolean
draft_finish(ImportDraft *draft, const char *name, GError **error)
{
    finish_name(draft, name);
    finish_group_password(draft);
    finish_weak(draft);
    finish_missing(draft);
    return TRUE;
}
