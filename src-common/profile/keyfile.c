/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Profiles as files: the format of GKeyFile (and the desktop entry specification), read here
 * because an error must name its line, a key given twice must not vanish, and copies of secrets
 * must be wiped. GKeyFile reads what profile_write() writes.
 */
#include "base/names.h"
#include "profile/field.h"
#include "profile/unknown.h"

#include <string.h>

typedef struct {
    Profile *profile;
    const char *origin;
    char *section;
    guint line;
    gboolean is_seen[PROFILE_FIELD_COUNT];
} Reading;

G_GNUC_PRINTF(3, 4)
static gboolean
syntax(const Reading *reading, GError **error, const char *format, ...)
{
    va_list arguments;
    g_autofree char *text = NULL;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_SYNTAX, "%s:%u: %s", reading->origin,
                reading->line, text);
    return FALSE;
}

/* "\n" and the like, in place of what is behind them; FALSE for an unknown one. */
static gboolean
unescape(char *text)
{
    static const char from[] = "sntr\\;,";
    static const char to[] = " \n\t\r\\;,";
    char *out = text;

    for (; *text != '\0'; text++) {
        const char *found;

        if (*text != '\\') {
            *out++ = *text;
            continue;
        }
        found = text[1] != '\0' ? strchr(from, text[1]) : NULL;
        if (found == NULL)
            return FALSE;
        *out++ = to[found - from];
        text++;
    }
    memset(out, 0, text - out);
    return TRUE;
}

/* "hex:..." holds what text cannot. */
static Secret *
parse_secret(const char *text)
{
    gsize length;
    Secret *secret;

    if (!g_str_has_prefix(text, "hex:"))
        return secret_new_text(text);
    text += 4;
    length = strlen(text) / 2;
    if (strlen(text) % 2 != 0 || strspn(text, "0123456789abcdefABCDEF") != length * 2)
        return NULL;
    secret = secret_new_zero(length);
    for (gsize i = 0; i < length; i++)
        secret_edit(secret)[i] = (guint8)(g_ascii_xdigit_value(text[2 * i]) << 4 |
                                          g_ascii_xdigit_value(text[2 * i + 1]));
    return secret;
}

static gboolean
read_value(Reading *reading, ProfileField field, char *value, GError **error)
{
    Secret *secret;

    if (!unescape(value))
        return syntax(reading, error,
                      "%s: a backslash must be written as \"\\\\\", or be one of \\s \\n \\t \\r",
                      profile_field_info(field)->name);
    if (!field_is_secret(field))
        return profile_set(reading->profile, field, value, error);
    secret = parse_secret(value);
    if (secret == NULL)
        return syntax(reading, error, "%s: \"hex:\" needs pairs of hexadecimal digits",
                      profile_field_info(field)->name);
    return profile_take_secret(reading->profile, field, secret, error);
}

static gboolean
read_entry(Reading *reading, char *line, GError **error)
{
    char *equals = strchr(line, '=');
    g_autofree char *name = NULL;
    ProfileField field;

    if (equals == NULL || equals == line)
        return syntax(reading, error, "neither \"[section]\", \"key=value\" nor a comment");
    *equals = '\0';
    g_strchomp(line);
    if (reading->section == NULL)
        return syntax(reading, error, "a \"[section]\" must come before the first key");
    name = g_strdup_printf("%s.%s", reading->section, line);
    if (!profile_field_find(name, &field)) {
        unknown_field(name, error);
        g_prefix_error(error, "%s:%u: ", reading->origin, reading->line);
        return FALSE;
    }
    if (reading->is_seen[field])
        return syntax(reading, error, "%s is here a second time; keep one", name);
    reading->is_seen[field] = TRUE;
    if (read_value(reading, field, g_strchug(equals + 1), error))
        return TRUE;
    if (error != NULL && !g_error_matches(*error, PROFILE_ERROR, PROFILE_ERROR_SYNTAX))
        g_prefix_error(error, "%s:%u: ", reading->origin, reading->line);
    return FALSE;
}

static gboolean
read_section(Reading *reading, const char *line, GError **error)
{
    gsize length = strlen(line);

    if (line[length - 1] != ']' || length < 3)
        return syntax(reading, error, "\"[\" without \"]\"");
    g_free(reading->section);
    reading->section = g_strndup(line + 1, length - 2);
    if (!unknown_section(reading->section, error)) {
        g_prefix_error(error, "%s:%u: ", reading->origin, reading->line);
        return FALSE;
    }
    return TRUE;
}

static gboolean
read_line(Reading *reading, const char *data, gsize length, GError **error)
{
    g_autoptr(Secret) copy = secret_new(data, length);
    char *line = (char *)secret_edit(copy);

    if (memchr(data, '\0', length) != NULL)
        return syntax(reading, error, "a NUL octet; this is not a text file");
    if (!g_utf8_validate(data, length, NULL))
        return syntax(reading, error, "not UTF-8; convert the file (iconv -t UTF-8)");
    g_strstrip(line);
    if (line[0] == '\0' || line[0] == '#')
        return TRUE;
    return line[0] == '[' ? read_section(reading, line, error) : read_entry(reading, line, error);
}

Profile *
profile_parse(const char *data, gsize length, const char *origin, GError **error)
{
    g_autoptr(Profile) profile = profile_new();
    Reading reading = {.profile = profile, .origin = origin != NULL ? origin : "profile"};
    const char *end = data + length;
    gboolean is_good = TRUE;

    if (length > PROFILE_MAX_OCTETS)
        is_good = syntax(&reading, error, "more than %d octets; this is not a profile",
                         PROFILE_MAX_OCTETS);
    while (is_good && data < end) {
        const char *newline = memchr(data, '\n', end - data);
        const char *stop = newline != NULL ? newline : end;

        reading.line++;
        is_good = read_line(&reading, data, stop - data, error);
        data = newline != NULL ? newline + 1 : end;
    }
    g_free(reading.section);
    return is_good ? g_steal_pointer(&profile) : NULL;
}

static void
append_escaped(GString *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        switch (*at) {
        case '\\':
            g_string_append(out, "\\\\");
            break;
        case '\n':
            g_string_append(out, "\\n");
            break;
        case '\t':
            g_string_append(out, "\\t");
            break;
        case '\r':
            g_string_append(out, "\\r");
            break;
        case ' ':
            g_string_append(out, at == text || at[1] == '\0' ? "\\s" : " ");
            break;
        default:
            g_string_append_c(out, *at);
        }
    }
}

static void
append_secret(GString *out, const Secret *secret)
{
    const char *text = secret_text(secret);

    if (strlen(text) == secret_length(secret) && g_utf8_validate(text, -1, NULL) &&
        !g_str_has_prefix(text, "hex:")) {
        append_escaped(out, text);
        return;
    }
    g_string_append(out, "hex:");
    for (gsize i = 0; i < secret_length(secret); i++)
        g_string_append_printf(out, "%02x", secret_data(secret)[i]);
}

static void
append_field(GString *out, const Profile *profile, ProfileField field)
{
    g_string_append_printf(out, "%s=", profile_field_info(field)->key);
    if (field_is_secret(field)) {
        append_secret(out, profile_secret(profile, field));
    } else {
        g_autofree char *text = profile_format(profile, field);

        append_escaped(out, text);
        if (profile_field_info(field)->type == PROFILE_TYPE_LIST)
            g_string_append_c(out, ';');
    }
    g_string_append_c(out, '\n');
}

Secret *
profile_write(const Profile *profile, gboolean with_secrets)
{
    /* Large enough that the text does not move and leave copies of secrets behind. */
    GString *out = g_string_sized_new(PROFILE_MAX_OCTETS);
    const char *section = NULL;
    Secret *written;

    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        ProfileField field = (ProfileField)i;
        const ProfileFieldInfo *info = profile_field_info(field);

        if (!profile_is_set(profile, field) || (field_is_secret(field) && !with_secrets))
            continue;
        if (g_strcmp0(section, info->section) != 0)
            g_string_append_printf(out, "%s[%s]\n", section != NULL ? "\n" : "", info->section);
        section = info->section;
        append_field(out, profile, field);
    }
    written = secret_new(out->str, out->len);
    explicit_bzero(out->str, out->len);
    g_string_free(out, TRUE);
    return written;
}
