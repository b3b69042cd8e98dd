/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/shrew-map.h"

#include <string.h>

/* Theirs, ours; "auto" and what is not there are all of the usual ones, best first. */
typedef struct {
    const char *theirs;
    const char *ours;
} Word;

static const Word hashes[] = {{"md5", "md5"},         {"sha1", "sha1"},
                              {"sha2-256", "sha256"}, {"sha2-384", "sha384"},
                              {"sha2-512", "sha512"}, {NULL, NULL}};

static gboolean
find_hash(ImportDraft *draft, const char *key, const char *ret_ours[3], GError **error)
{
    const DraftPair *at = draft_find(draft, key);

    ret_ours[0] = "sha256";
    ret_ours[1] = "sha1";
    ret_ours[2] = NULL;
    if (at == NULL || strcmp(at->value, "auto") == 0)
        return TRUE;
    for (const Word *word = hashes; word->theirs != NULL; word++)
        if (strcmp(word->theirs, at->value) == 0) {
            ret_ours[0] = word->ours;
            ret_ours[1] = NULL;
            return TRUE;
        }
    return draft_fail(draft, at, error, "\"%.40s\" is not supported", at->value);
}

static gboolean
find_cipher(ImportDraft *draft, const char *key, const char *bits_key, const char *ret_ours[3],
            GError **error)
{
    static const char *const aes[] = {"aes128", "aes192", "aes256"};
    const DraftPair *at = draft_find(draft, key);
    const DraftPair *bits = draft_find(draft, bits_key);
    const char *name = at != NULL ? at->value : "auto";
    guint64 number = bits != NULL ? g_ascii_strtoull(bits->value, NULL, 10) : 0;

    ret_ours[0] = "aes256";
    ret_ours[1] = "aes128";
    ret_ours[2] = NULL;
    if (g_str_has_prefix(name, "esp-"))
        name += 4;
    if (strcmp(name, "auto") == 0 || (strcmp(name, "aes") == 0 && number == 0))
        return TRUE;
    ret_ours[1] = NULL;
    if (strcmp(name, "3des") == 0)
        ret_ours[0] = "3des";
    else if (strcmp(name, "aes") == 0 && number >= 128 && number <= 256 && number % 64 == 0)
        ret_ours[0] = aes[(number - 128) / 64];
    else
        return draft_fail(draft, at, error, "\"%.40s\" is not supported; AES and 3DES are",
                          at->value);
    return TRUE;
}

static gboolean
set_suites(ImportDraft *draft, const char *key, ProfileField field, const char *const *ciphers,
           const char *const *names, const char *group, GError **error)
{
    g_autoptr(GString) list = g_string_new(NULL);
    const DraftPair *at = draft_find(draft, key);

    for (; *ciphers != NULL; ciphers++)
        for (const char *const *name = names; *name != NULL; name++)
            g_string_append_printf(list, "%s%s-%s%s%s", list->len > 0 ? ";" : "", *ciphers, *name,
                                   group != NULL ? "-" : "", group != NULL ? group : "");
    if (at != NULL)
        return draft_set(draft, at, field, list->str, error);
    return profile_set(draft->profile, field, list->str, error);
}

static gboolean
find_group(ImportDraft *draft, const char **ret_group, GError **error)
{
    const DraftPair *at = draft_find(draft, "phase1-dhgroup");
    SuiteGroup group = SUITE_GROUP_MODP_2048;

    if (at != NULL && strcmp(at->value, "0") != 0 && !suite_group_parse(at->value, &group))
        return draft_fail(draft, at, error, "group %.20s is not supported", at->value);
    if (at == NULL || strcmp(at->value, "0") == 0)
        draft_note(draft, at, IMPORT_NOTE_WARNING,
                   "no group is named; group 14 is offered. If the gateway knows no better than "
                   "group 2, set ike.proposals and ike.allow-weak");
    *ret_group = suite_group_name(group);
    return TRUE;
}

static gboolean
has_any(const ImportDraft *draft, const char *const *keys)
{
    for (; *keys != NULL; keys++)
        if (draft_value(draft, *keys) != NULL)
            return TRUE;
    return FALSE;
}

gboolean
shrew_suites(ImportDraft *draft, GError **error)
{
    static const char *const phase1[] = {"phase1-cipher", "phase1-hash", "phase1-dhgroup", NULL};
    static const char *const phase2[] = {"phase2-transform", "phase2-hmac", NULL};
    const char *ciphers[3];
    const char *names[3];
    const char *group = NULL;

    if (has_any(draft, phase1) &&
        !(find_cipher(draft, "phase1-cipher", "phase1-keylen", ciphers, error) &&
          find_hash(draft, "phase1-hash", names, error) && find_group(draft, &group, error) &&
          set_suites(draft, "phase1-cipher", PROFILE_IKE_PROPOSALS, ciphers, names, group, error)))
        return FALSE;
    return !has_any(draft, phase2) ||
           (find_cipher(draft, "phase2-transform", "phase2-keylen", ciphers, error) &&
            find_hash(draft, "phase2-hmac", names, error) &&
            set_suites(draft, "phase2-transform", PROFILE_ESP_PROPOSALS, ciphers, names, NULL,
                       error));
}
