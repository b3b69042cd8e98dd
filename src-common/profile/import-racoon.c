/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * racoon.conf of a client. Every keyword is a row that says what becomes of it: a function that
 * maps it, or the reason why a profile has no place for it. remote blocks become profiles; their
 * proposals and the sainfo blocks become algorithms.
 *
 * Where racoon was less strict than a profile is (any certificate of the CA was taken for the
 * gateway), the notes say so loudly.
 */
#include "profile/field.h"
#include "profile/racoon-map.h"

#include <string.h>

enum { MAX_INHERIT_DEPTH = 8, MAX_REMOTES = 50 };

gboolean
racoon_note(RacoonDraft *draft, const RacoonStatement *at, ImportNoteKind kind, const char *text)
{
    import_note(draft->import, kind, at->file, at->line, "%s: %s", at->words[0], text);
    return TRUE;
}

gboolean
racoon_fail(const RacoonStatement *at, GError **error, const char *text)
{
    g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_SYNTAX, "%s:%u: %s: %s", at->file, at->line,
                at->words[0], text);
    return FALSE;
}

gboolean
racoon_set(RacoonDraft *draft, const RacoonStatement *at, ProfileField field, const char *text,
           GError **error)
{
    if (!profile_set(draft->profile, field, text, error)) {
        g_prefix_error(error, "%s:%u: %s: ", at->file, at->line, at->words[0]);
        return FALSE;
    }
    import_note(draft->import, IMPORT_NOTE_MAPPED, at->file, at->line, "%s -> %s%s%s", at->words[0],
                profile_field_info(field)->name,
                profile_field_info(field)->type == PROFILE_TYPE_LINES ? "" : " = ",
                profile_field_info(field)->type == PROFILE_TYPE_LINES ? "" : text);
    return TRUE;
}

static gboolean
apply_row(RacoonDraft *draft, const RacoonRow *rows, const RacoonStatement *statement,
          GError **error)
{
    guint count = g_strv_length(statement->words);

    for (; rows->keyword != NULL; rows++) {
        if (strcmp(rows->keyword, statement->words[0]) != 0)
            continue;
        if (rows->max_words > 0 && count > rows->max_words + 1u)
            return racoon_fail(statement, error,
                               "too many words; is a \";\" missing at the end of this line?");
        if (rows->map == NULL)
            return racoon_note(draft, statement, IMPORT_NOTE_DROPPED, rows->reason);
        if (count < rows->min_words + 1u)
            return racoon_note(draft, statement, IMPORT_NOTE_MISSING,
                               "its value is missing; left at the default");
        return rows->map(draft, statement, error);
    }
    return racoon_note(draft, statement, IMPORT_NOTE_DROPPED, "unknown keyword");
}

gboolean
racoon_apply(RacoonDraft *draft, const RacoonRow *rows, const GPtrArray *block, GError **error)
{
    for (guint i = 0; block != NULL && i < block->len; i++)
        if (!apply_row(draft, rows, block->pdata[i], error))
            return FALSE;
    return TRUE;
}

/* "remote anonymous", "remote 192.0.2.1 [500]", "remote \"office\"", and "remote" alone. */
static const RacoonStatement *
find_remote(const RacoonTree *tree, const char *index)
{
    for (guint i = 0; i < tree->statements->len; i++) {
        const RacoonStatement *statement = tree->statements->pdata[i];

        if (strcmp(statement->words[0], "remote") == 0 &&
            g_strcmp0(statement->words[1], index) == 0)
            return statement;
    }
    return NULL;
}

static const char *
parent_of(const RacoonStatement *remote)
{
    for (char **word = remote->words; *word != NULL; word++)
        if (strcmp(*word, "inherit") == 0)
            return word[1];
    return NULL;
}

/* The parent's statements first, so that the own ones win. */
static gboolean
apply_remote(RacoonDraft *draft, const RacoonTree *tree, const RacoonStatement *remote, guint depth,
             GError **error)
{
    const char *parent = parent_of(remote);

    if (depth > MAX_INHERIT_DEPTH)
        return racoon_fail(remote, error, "remotes inherit from each other in a circle");
    if (parent != NULL) {
        const RacoonStatement *found = find_remote(tree, parent);

        if (found == NULL)
            return racoon_fail(remote, error, "the remote to inherit from does not exist");
        if (!apply_remote(draft, tree, found, depth + 1, error))
            return FALSE;
    }
    draft->own_proposals = draft->suites->len;
    return racoon_apply(draft, racoon_remote_rows, remote->block, error);
}

/* The gateway's port stands in brackets behind the address. */
static gboolean
set_gateway_of_index(RacoonDraft *draft, const RacoonStatement *remote, GError **error)
{
    const char *index = remote->words[1];
    g_autofree char *address = index != NULL ? g_strndup(index, strcspn(index, "[%")) : NULL;
    NetAddress parsed;

    if (index == NULL || strcmp(index, "inherit") == 0) {
        racoon_note(draft, remote, IMPORT_NOTE_MISSING,
                    "its address is missing; set connection.gateway to the VPN gateway");
        return TRUE;
    }
    if (strcmp(index, "anonymous") == 0) {
        racoon_note(draft, remote, IMPORT_NOTE_MISSING,
                    "\"anonymous\" names no gateway; set connection.gateway");
        return TRUE;
    }
    if (net_address_parse(address, &parsed))
        return racoon_set(draft, remote, PROFILE_CONNECTION_GATEWAY, address, error);
    g_free(draft->name);
    draft->name = g_strdup(index);
    return TRUE;
}

static void
finish_suites(RacoonDraft *draft, GPtrArray *suites, guint from, ProfileField field)
{
    GString *text = g_string_new(NULL);

    /* Own proposals replace those that were inherited. */
    if (from >= suites->len)
        from = 0;
    for (guint i = from; i < suites->len; i++)
        if (strstr(text->str, suites->pdata[i]) == NULL)
            g_string_append_printf(text, "%s%s", text->len > 0 ? ";" : "",
                                   (char *)suites->pdata[i]);
    profile_set(draft->profile, field, text->str, NULL);
    g_string_free(text, TRUE);
}

static void
finish_weak(RacoonDraft *draft, const RacoonStatement *remote)
{
    g_auto(GStrv) weak = NULL;
    g_autofree char *list = NULL;

    profile_set(draft->profile, PROFILE_IKE_ALLOW_WEAK, "true", NULL);
    weak = profile_weak(draft->profile);
    if (weak[0] == NULL) {
        profile_unset(draft->profile, PROFILE_IKE_ALLOW_WEAK);
        return;
    }
    if (weak[1] == NULL && strcmp(weak[0], "group password") == 0)
        profile_unset(draft->profile, PROFILE_IKE_ALLOW_WEAK);
    list = g_strjoinv(", ", weak);
    import_note(draft->import, IMPORT_NOTE_WARNING, remote->file, remote->line,
                "weak: %s; allowed in this profile because the file names it (ike.allow-weak). Ask "
                "the gateway's administrator for AES, SHA-2 and group 14 or better",
                list);
}

static void
finish_identity(RacoonDraft *draft, const RacoonStatement *remote)
{
    Profile *profile = draft->profile;

    if (profile_needs_group_password(profile)) {
        if (!profile_is_set(profile, PROFILE_SECRETS_GROUP_PASSWORD))
            import_note(draft->import, IMPORT_NOTE_MISSING, remote->file, remote->line,
                        "the group password is missing; set secrets.group-password");
        return;
    }
    if (!profile_is_set(profile, PROFILE_IDENTITY_CA))
        import_note(draft->import, IMPORT_NOTE_MISSING, remote->file, remote->line,
                    "no CA certificate; set identity.ca (the system's CAs are not used)");
    if (!profile_is_set(profile, PROFILE_IDENTITY_GATEWAY_ID) &&
        !profile_is_set(profile, PROFILE_IDENTITY_PINNED_SHA256))
        import_note(draft->import, IMPORT_NOTE_MISSING, remote->file, remote->line,
                    "the gateway's identity is missing: racoon took any certificate of the CA for "
                    "the gateway. Set identity.gateway-id to the name in the gateway's "
                    "certificate, or look at the certificate when the first connect asks");
}

/* The password may be in psk.txt, under the login. */
static void
finish_login(RacoonDraft *draft)
{
    const char *user = profile_text(draft->profile, PROFILE_LOGIN_USER);
    const char *gateway = profile_text(draft->profile, PROFILE_CONNECTION_GATEWAY);

    if (profile_has_xauth(draft->profile) && user != NULL)
        racoon_psk_lookup(draft, user, PROFILE_SECRETS_PASSWORD);
    if (!profile_needs_group_password(draft->profile))
        return;
    if (draft->peer_psk_id != NULL)
        racoon_psk_lookup(draft, draft->peer_psk_id, PROFILE_SECRETS_GROUP_PASSWORD);
    if (gateway != NULL && !profile_is_set(draft->profile, PROFILE_SECRETS_GROUP_PASSWORD))
        racoon_psk_lookup(draft, gateway, PROFILE_SECRETS_GROUP_PASSWORD);
}

static void
finish(RacoonDraft *draft, const RacoonStatement *remote)
{
    const char *gateway = profile_text(draft->profile, PROFILE_CONNECTION_GATEWAY);
    g_autofree char *name =
        g_strdup(draft->name != NULL ? draft->name : (gateway != NULL ? gateway : "imported"));

    finish_suites(draft, draft->suites, draft->own_proposals, PROFILE_IKE_PROPOSALS);
    finish_suites(draft, draft->esp_suites, 0, PROFILE_ESP_PROPOSALS);
    finish_login(draft);
    finish_weak(draft, remote);
    finish_identity(draft, remote);
    g_strdelimit(name, "/ ", '-');
    if (!profile_set(draft->profile, PROFILE_CONNECTION_ID, name, NULL))
        profile_set(draft->profile, PROFILE_CONNECTION_ID, "imported", NULL);
    if (!profile_is_set(draft->profile, PROFILE_ESP_PFS))
        import_note(draft->import, IMPORT_NOTE_MAPPED, remote->file, remote->line,
                    "sainfo names no pfs_group -> esp.pfs = auto: both ways are tried, since "
                    "gateways often insist on a group without saying so");
}

static void
draft_clear(RacoonDraft *draft)
{
    g_clear_pointer(&draft->profile, profile_free);
    g_clear_pointer(&draft->suites, g_ptr_array_unref);
    g_clear_pointer(&draft->esp_suites, g_ptr_array_unref);
    g_clear_pointer(&draft->name, g_free);
    g_clear_pointer(&draft->peer_psk_id, g_free);
}

static gboolean
parse_remote(const RacoonDraft *common, const RacoonTree *tree, const RacoonStatement *remote,
             GError **error)
{
    RacoonDraft draft = *common;
    gboolean is_good;

    draft.profile = profile_new();
    draft.suites = g_ptr_array_new_with_free_func(g_free);
    draft.esp_suites = g_ptr_array_new_with_free_func(g_free);
    is_good = set_gateway_of_index(&draft, remote, error) &&
              apply_remote(&draft, tree, remote, 0, error) &&
              racoon_apply(&draft, racoon_top_rows, tree->statements, error);
    if (is_good && draft.is_gateway) {
        racoon_note(&draft, remote, IMPORT_NOTE_DROPPED,
                    "the gateway's side of a connection, not a client's");
    } else if (is_good) {
        finish(&draft, remote);
        g_ptr_array_add(draft.import->profiles, g_steal_pointer(&draft.profile));
    }
    draft_clear(&draft);
    return is_good;
}

gboolean
import_racoon_parse(Import *import, const char *text, const char *origin, const ImportFiles *files,
                    GError **error)
{
    g_autoptr(RacoonTree) tree = racoon_tree_parse(import, text, origin, files, error);
    RacoonDraft common = {.import = import, .files = files};
    guint remotes = 0;

    if (tree == NULL)
        return FALSE;
    racoon_paths(&common, tree);
    for (guint i = 0; i < tree->statements->len; i++) {
        const RacoonStatement *statement = tree->statements->pdata[i];

        if (strcmp(statement->words[0], "remote") != 0)
            continue;
        if (++remotes > MAX_REMOTES)
            return racoon_fail(statement, error, "more than 50 remotes");
        if (!parse_remote(&common, tree, statement, error))
            return FALSE;
    }
    if (import->profiles->len > 0)
        return TRUE;
    g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_SYNTAX, "%s: %s", origin,
                remotes > 0 ? "this is a gateway's configuration; import the client's"
                            : "there is no \"remote\" block, so no gateway to connect to");
    return FALSE;
}

gboolean
import_racoon_detect(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", 4000);
    gboolean is_first = TRUE;
    gboolean has_peer = FALSE;

    for (guint i = 0; lines[i] != NULL; i++) {
        g_autofree char *word = NULL;

        g_strstrip(lines[i]);
        word = g_strndup(lines[i], strcspn(lines[i], " \t{;\""));
        if (word[0] == '\0' || word[0] == '#')
            continue;
        if (is_first && !racoon_is_top_keyword(word))
            return FALSE;
        is_first = FALSE;
        has_peer |= strcmp(word, "remote") == 0 || strcmp(word, "sainfo") == 0;
    }
    return has_peer && strpbrk(text, ";{") != NULL;
}
