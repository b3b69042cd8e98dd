/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profiles.h"

#include "base/names.h"
#include "profile/place.h"
#include "prompt.h"
#include "say.h"
#include "secrets.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

Secret *
profiles_read_file(const char *path, gsize max_octets, GError **error)
{
    if (strcmp(path, "-") == 0)
        return secrets_read_all(STDIN_FILENO, max_octets, error);
    return place_read(path, max_octets, error);
}

static Secret *
ask_secret(const char *name, GError **error)
{
    g_autoptr(Prompt) prompt = prompt_open();
    g_autoptr(Secret) first = NULL;
    g_autoptr(Secret) second = NULL;
    g_autofree char *again = g_strdup_printf("%s again", name);

    if (prompt == NULL) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                            "there is no terminal to ask on; give @FILE or @-");
        return NULL;
    }
    first = prompt_line(prompt, name, FALSE, NULL, error);
    second = first != NULL ? prompt_line(prompt, again, FALSE, NULL, error) : NULL;
    if (second == NULL)
        return NULL;
    if (secret_equal(first, second))
        return g_steal_pointer(&first);
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "the two are not the same");
    return NULL;
}

/* Files end with a newline that is no part of a password. */
static Secret *
without_newline(Secret *take_secret)
{
    g_autoptr(Secret) secret = take_secret;
    gsize length = secret_length(secret);
    const guint8 *data = secret_data(secret);

    if (length > 0 && data[length - 1] == '\n')
        length--;
    if (length > 0 && data[length - 1] == '\r')
        length--;
    return secret_new(data, length);
}

static gboolean
set_secret(Profile *profile, ProfileField field, const char *value, GError **error)
{
    const char *name = profile_field_info(field)->name;
    Secret *secret;

    if (value != NULL && value[0] == '\0') {
        profile_unset(profile, field);
        return TRUE;
    }
    if (value != NULL && value[0] != '@') {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "%s: others could read a secret on the command line; leave the value out to "
                    "be asked, or give @FILE or @-",
                    name);
        return FALSE;
    }
    secret =
        value != NULL ? profiles_read_file(value + 1, 64 * 1024, error) : ask_secret(name, error);
    if (secret == NULL)
        return FALSE;
    if (field != PROFILE_SECRETS_PRIVATE_KEY)
        secret = without_newline(secret);
    return profile_take_secret(profile, field, secret, error);
}

static gboolean
set_field(Profile *profile, ProfileField field, const char *value, GError **error)
{
    g_autoptr(Secret) content = NULL;

    if (profile_field_info(field)->type == PROFILE_TYPE_SECRET)
        return set_secret(profile, field, value, error);
    if (value == NULL) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "%s: the value is missing (\"\" for the default)",
                    profile_field_info(field)->name);
        return FALSE;
    }
    if (value[0] != '@' || value[1] == '@')
        return profile_set(profile, field, value[0] == '@' ? value + 1 : value, error);
    content = profiles_read_file(value + 1, PROFILE_MAX_OCTETS, error);
    return content != NULL && profile_set(profile, field, secret_text(content), error);
}

gboolean
profiles_set(Profile *profile, const char *key, const char *value)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *detail = g_strdup_printf("\"%s\"", key);
    g_autofree char *hint = NULL;
    ProfileField field;

    if (!profile_field_find(key, &field)) {
        if (profile_field_suggest(key) != NULL)
            hint = g_strdup_printf("Did you mean %s?", profile_field_suggest(key));
        say_error("There is no such field", detail,
                  hint != NULL ? hint : "coati-profile(5) lists all.");
        return FALSE;
    }
    if (set_field(profile, field, value, &error))
        return TRUE;
    say_error("The field cannot be set", error->message, NULL);
    return FALSE;
}

gboolean
profiles_set_pair(Profile *profile, const char *pair)
{
    const char *equals = strchr(pair, '=');
    g_autofree char *key = equals != NULL ? g_strndup(pair, equals - pair) : g_strdup(pair);

    return profiles_set(profile, key, equals != NULL ? equals + 1 : NULL);
}

Profile *
profiles_fetch(Cli *cli, const char *name, char **ret_path, ExitCode *ret_code)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) profiles = remote_profiles(cli, &error);
    g_autoptr(GVariant) reply = NULL;
    g_autoptr(GVariant) settings = NULL;
    RemoteProfile *found;
    Profile *profile;

    if (profiles == NULL) {
        *ret_code = remote_fail(error, NULL);
        return NULL;
    }
    found = remote_find_profile(profiles, name, ret_code);
    if (found == NULL)
        return NULL;
    reply = remote_call(cli, found->path, CLI_CONNECTION, "GetSettings", NULL, "(a{sv})", &error);
    if (reply == NULL) {
        *ret_code = remote_fail(error, name);
        return NULL;
    }
    settings = g_variant_get_child_value(reply, 0);
    profile = profile_from_settings(settings, &error);
    if (profile == NULL) {
        say_error("The service and coatictl are of different versions", error->message, NULL);
        *ret_code = EXIT_UNKNOWN;
        return NULL;
    }
    if (ret_path != NULL)
        *ret_path = g_strdup(found->path);
    return profile;
}

/* "2 certificates, SHA-256 ab12... cd34..." instead of many lines of base64. */
static char *
describe_pem(const Profile *profile, ProfileField field)
{
    g_autoptr(GPtrArray) der = profile_der(profile, field);
    const char *noun = field == PROFILE_IDENTITY_CRL ? "revocation list" : "certificate";
    GString *text = g_string_new(NULL);

    g_string_printf(text, "(%u %s%s, SHA-256", der->len, noun, der->len == 1 ? "" : "s");
    for (guint i = 0; i < der->len; i++) {
        g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, der->pdata[i]);

        g_string_append_printf(text, " %s", sum);
    }
    g_string_append_c(text, ')');
    return g_string_free(text, FALSE);
}

static void
print_field(const Profile *profile, ProfileField field)
{
    const ProfileFieldInfo *info = profile_field_info(field);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    if (strstr(info->words, "PEM") != NULL && profile_is_set(profile, field))
        text = describe_pem(profile, field);
    else if (info->type == PROFILE_TYPE_LIST)
        text = g_strjoinv(", ", (char **)profile_list(profile, field));
    else
        text = profile_format(profile, field);
    lines = g_strsplit(text != NULL ? text : "", "\n", -1);
    say_line("%-30s = %s", info->name, lines[0] != NULL ? lines[0] : "");
    for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++)
        say_line("%-30s   %s", "", lines[i]);
}

void
profiles_print(const Profile *profile, gboolean with_defaults)
{
    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        ProfileField field = (ProfileField)i;

        if (profile_field_info(field)->type == PROFILE_TYPE_SECRET) {
            if (profile_is_set(profile, field))
                say_line("%-30s = (not shown)", profile_field_info(field)->name);
        } else if (with_defaults || profile_is_set(profile, field)) {
            print_field(profile, field);
        }
    }
}
