/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What rows of the tables of foreign formats do with a value. */
#include "profile/draft.h"
#include "profile/pem.h"
#include "profile/reveal.h"

#include <string.h>

gboolean
draft_map_field(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    return draft_set(draft, at, row->field, at->value, error);
}

gboolean
draft_map_choice(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    g_auto(GStrv) words = g_strsplit(row->words, " ", -1);
    GString *known = g_string_new(NULL);
    g_autofree char *list = NULL;

    for (guint i = 0; words[i] != NULL; i++) {
        char *ours = strchr(words[i], '=');

        *ours++ = '\0';
        g_string_append_printf(known, "%s%s", i > 0 ? ", " : "", words[i]);
        if (g_ascii_strcasecmp(words[i], at->value) != 0)
            continue;
        g_string_free(known, TRUE);
        if (strcmp(ours, "-") == 0)
            return draft_note(draft, at, IMPORT_NOTE_MAPPED, "-> %s as by default",
                              profile_field_info(row->field)->name);
        return draft_set(draft, at, row->field, ours, error);
    }
    list = g_string_free(known, FALSE);
    return draft_fail(draft, at, error, "not one of %s", list);
}

gboolean
draft_map_secret(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    return draft_take_secret(draft, at, row->field, secret_new_text(at->value), error);
}

gboolean
draft_map_obfuscated(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    const char *why = NULL;
    Secret *secret;

    /* The same in clear text beside it wins. */
    if (profile_is_set(draft->profile, row->field))
        return draft_note(draft, at, IMPORT_NOTE_DROPPED, "it is there in clear text too");
    secret = import_reveal(at->value, &why);
    if (secret == NULL)
        return draft_fail(draft, at, error, "%s", why);
    return draft_take_secret(draft, at, row->field, secret, error);
}

gboolean
draft_map_dead_after(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    guint probes = profile_number(draft->profile, PROFILE_IKE_DPD_RETRY) *
                   profile_number(draft->profile, PROFILE_IKE_DPD_MAX_FAILURES);
    g_autofree char *text = NULL;
    guint64 seconds = 0;

    if (!g_ascii_string_to_unsigned(at->value, 10, 0, 1000000, &seconds, NULL))
        return draft_fail(draft, at, error, "not a number of seconds");
    if (seconds > 0)
        seconds = CLAMP((gint64)seconds - probes, 5, 3600);
    text = g_strdup_printf("%" G_GUINT64_FORMAT, seconds);
    return draft_set(draft, at, PROFILE_IKE_DPD_DELAY, text, error);
}

/* "10.0.0.0/255.0.0.0" is understood too. */
static gboolean
parse_network(const char *text, NetPrefix *ret_prefix)
{
    const char *slash = strchr(text, '/');
    g_autofree char *address_text = slash != NULL ? g_strndup(text, slash - text) : NULL;
    NetAddress address;
    NetAddress mask;

    if (slash != NULL && strchr(slash, '.') != NULL)
        return net_address_parse(address_text, &address) && address.length == 4 &&
               net_address_parse(slash + 1, &mask) && mask.length == 4 &&
               net_prefix_from_mask(address.octets, mask.octets, ret_prefix);
    return net_prefix_parse(text, ret_prefix);
}

gboolean
draft_map_networks(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    g_auto(GStrv) parts = NULL;
    g_autofree char *tight = g_strdup(at->value);
    g_autoptr(GString) list = g_string_new(NULL);
    char *out = tight;

    /* "ADDRESS / MASK" */
    for (const char *in = tight; *in != '\0'; in++)
        if (!(*in == ' ' && (in[1] == '/' || (in > tight && in[-1] == '/'))))
            *out++ = *in;
    *out = '\0';
    parts = g_strsplit_set(tight, " ,;\t", -1);
    for (guint i = 0; parts[i] != NULL; i++) {
        char text[NET_PREFIX_TEXT_SIZE];
        NetPrefix prefix;

        if (parts[i][0] == '\0')
            continue;
        if (!parse_network(parts[i], &prefix))
            return draft_fail(draft, at, error, "\"%.60s\" is not a network such as 10.0.0.0/8",
                              parts[i]);
        if (net_prefix_is_default(&prefix) && row->field == PROFILE_NETWORK_REMOTE_NETWORKS)
            return draft_set(draft, at, PROFILE_NETWORK_ROUTES, "full", error);
        g_string_append_printf(list, "%s%s", list->len > 0 ? ";" : "",
                               net_prefix_format(&prefix, text));
    }
    if (!draft_set(draft, at, row->field, list->str, error))
        return FALSE;
    return row->field != PROFILE_NETWORK_REMOTE_NETWORKS ||
           draft_set(draft, at, PROFILE_NETWORK_ROUTES, "split", error);
}

gboolean
draft_map_group(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    const char *text = at->value + (g_ascii_strncasecmp(at->value, "dh", 2) == 0 ? 2 : 0);
    g_autoptr(GArray) suites = NULL;
    g_autoptr(GString) list = g_string_new(NULL);
    SuiteGroup group;

    if (!suite_group_parse(text, &group))
        return draft_fail(draft, at, error, "this Diffie-Hellman group is not supported");
    if (row->field == PROFILE_ESP_PFS)
        return draft_set(draft, at, PROFILE_ESP_PFS, suite_group_name(group), error);
    profile_unset(draft->profile, PROFILE_IKE_PROPOSALS);
    suites = profile_ike_suites(draft->profile);
    for (guint i = 0; i < suites->len; i++) {
        SuitePhase1 suite = g_array_index(suites, SuitePhase1, i);
        char name[SUITE_TEXT_SIZE];

        suite.group = group;
        g_string_append_printf(list, "%s%s", i > 0 ? ";" : "", suite_phase1_format(&suite, name));
    }
    return draft_set(draft, at, PROFILE_IKE_PROPOSALS, list->str, error);
}

Secret *
draft_read(ImportDraft *draft, const DraftPair *at, const char *path, ProfileField field)
{
    const ImportFiles *files = draft->files;
    g_autofree char *base = g_path_get_basename(path);
    g_autoptr(GError) error = NULL;
    Secret *content = NULL;

    if (files->read != NULL)
        content = files->read(path, files->user_data, &error);
    if (content == NULL && files->read != NULL && strcmp(base, path) != 0)
        content = files->read(base, files->user_data, NULL);
    if (content == NULL)
        draft_note(draft, at, IMPORT_NOTE_MISSING, "\"%s\" cannot be read (%s); set %s (@FILE)",
                   path, error != NULL ? error->message : "other files cannot be read from here",
                   profile_field_info(field)->name);
    return content;
}

char *
draft_pem(const guint8 *data, gsize length, const char *label)
{
    g_autofree char *base64 = NULL;
    GString *pem;

    if (g_strstr_len((const char *)data, (gssize)length, "-----BEGIN ") != NULL)
        return g_strndup((const char *)data, length);
    if (length < 2 || data[0] != 0x30)
        return NULL;
    base64 = g_base64_encode(data, length);
    pem = g_string_new(NULL);
    g_string_printf(pem, "-----BEGIN %s-----\n", label);
    for (gsize at = 0; at < strlen(base64); at += 64)
        g_string_append_printf(pem, "%.64s\n", base64 + at);
    g_string_append_printf(pem, "-----END %s-----\n", label);
    explicit_bzero(base64, strlen(base64));
    return g_string_free(pem, FALSE);
}

gboolean
draft_map_file(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    g_autoptr(Secret) content = draft_read(draft, at, at->value, row->field);
    g_autofree char *pem = NULL;

    if (content == NULL)
        return TRUE;
    pem = draft_pem(secret_data(content), secret_length(content), "CERTIFICATE");
    if (pem == NULL)
        return draft_fail(draft, at, error, "\"%.60s\" has no certificate in PEM or DER",
                          at->value);
    return draft_set(draft, at, row->field, pem, error);
}

char *
draft_turn_dn(const char *text)
{
    g_auto(GStrv) parts =
        g_strsplit_set(text[0] == '/' ? text + 1 : text, text[0] == '/' ? "/" : ",", -1);
    GString *dn = g_string_new(NULL);

    for (guint i = g_strv_length(parts); i-- > 0;)
        if (g_strstrip(parts[i])[0] != '\0')
            g_string_append_printf(dn, "%s%s", dn->len > 0 ? "," : "", parts[i]);
    return g_string_free(dn, FALSE);
}
