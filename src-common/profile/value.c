/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One field's value: from text to what it means, by the row's type. */
#include "base/names.h"
#include "profile/field.h"

#include <string.h>

void
field_value_clear(FieldValue *value)
{
    g_clear_pointer(&value->text, g_free);
    g_clear_pointer(&value->items, g_strfreev);
    value->number = 0;
    value->is_set = FALSE;
}

void
field_value_reset(ProfileField field, FieldValue *value)
{
    const char *fallback = field_row(field)->info.fallback;

    field_value_clear(value);
    if (fallback != NULL) {
        gboolean is_good = field_value_parse(field, fallback, value, NULL);

        g_assert(is_good);
        value->is_set = FALSE;
    }
}

G_GNUC_PRINTF(4, 5)
static gboolean
fail(const FieldRow *row, const char *shown, GError **error, const char *format, ...)
{
    va_list arguments;
    g_autofree char *why = NULL;
    g_autofree char *clean = name_clean(shown, shown != NULL ? strlen(shown) : 0, 60, FALSE);

    va_start(arguments, format);
    why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (shown != NULL)
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_INVALID_VALUE, "%s: \"%s\": %s",
                    row->info.name, clean, why);
    else
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_INVALID_VALUE, "%s: %s", row->info.name,
                    why);
    return FALSE;
}

/* Control characters and writing-direction overrides have no place in any value. */
static gboolean
is_fit(const char *text, gboolean is_multiline)
{
    gsize length = strlen(text);
    g_autofree char *clean = NULL;

    if (!g_utf8_validate(text, length, NULL))
        return FALSE;
    clean = name_clean(text, length, length + 8, is_multiline);
    return strcmp(clean, text) == 0;
}

static gboolean
parse_choice(const FieldRow *row, FieldValue *value, GError **error)
{
    g_auto(GStrv) words = g_strsplit(row->info.words, ", ", -1);

    for (guint i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], value->text) == 0) {
            value->number = i;
            return TRUE;
        }
    return fail(row, value->text, error, "use one of %s", row->info.words);
}

static gboolean
parse_boolean(const FieldRow *row, FieldValue *value, GError **error)
{
    static const NameRow words[] = {{TRUE, "true"}, {TRUE, "yes"},    {TRUE, "on"},
                                    {TRUE, "1"},    {FALSE, "false"}, {FALSE, "no"},
                                    {FALSE, "off"}, {FALSE, "0"},     {0, NULL}};
    gint number = 0;

    if (!name_find(words, value->text, &number))
        return fail(row, value->text, error, "use true or false");
    value->number = number;
    g_free(value->text);
    value->text = g_strdup(number ? "true" : "false");
    return TRUE;
}

static gboolean
parse_number(const FieldRow *row, FieldValue *value, GError **error)
{
    guint64 number = 0;

    if (!g_ascii_string_to_unsigned(value->text, 10, row->minimum, row->maximum, &number, NULL))
        return fail(row, value->text, error, "a number from %u to %u is needed", row->minimum,
                    row->maximum);
    value->number = (guint32)number;
    g_free(value->text);
    value->text = g_strdup_printf("%u", value->number);
    return TRUE;
}

static gboolean
check_items(const FieldRow *row, char **items, GError **error)
{
    gboolean is_word = FALSE;
    guint count = g_strv_length(items);

    if (count > FIELD_MAX_ITEMS)
        return fail(row, NULL, error, "at most %u items are allowed", (guint)FIELD_MAX_ITEMS);
    for (guint i = 0; i < count; i++) {
        const char *wrong = row->check(items[i]);

        if (wrong != NULL)
            return fail(row, items[i], error, "%s", wrong);
        is_word |= strcmp(items[i], "auto") == 0 || strcmp(items[i], "off") == 0;
    }
    if (is_word && count > 1)
        return fail(row, NULL, error, "auto and off stand alone");
    return TRUE;
}

static gboolean
parse_list(const FieldRow *row, FieldValue *value, GError **error)
{
    g_auto(GStrv) parts = g_strsplit_set(value->text, ";, \t", -1);
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; parts[i] != NULL; i++)
        if (parts[i][0] != '\0')
            g_ptr_array_add(items, g_strdup(parts[i]));
    g_ptr_array_add(items, NULL);
    if (!check_items(row, (char **)items->pdata, error))
        return FALSE;
    value->items = (char **)g_ptr_array_free(g_steal_pointer(&items), FALSE);
    g_free(value->text);
    value->text = g_strjoinv(";", value->items);
    return TRUE;
}

static gboolean
parse_by_type(const FieldRow *row, FieldValue *value, GError **error)
{
    switch (row->info.type) {
    case PROFILE_TYPE_TEXT:
    case PROFILE_TYPE_LINES:
        return TRUE;
    case PROFILE_TYPE_CHOICE:
        return parse_choice(row, value, error);
    case PROFILE_TYPE_BOOLEAN:
        return parse_boolean(row, value, error);
    case PROFILE_TYPE_NUMBER:
        return parse_number(row, value, error);
    case PROFILE_TYPE_LIST:
        return parse_list(row, value, error);
    case PROFILE_TYPE_SECRET:
        break;
    }
    g_assert_not_reached();
}

/* Files of other systems end lines with CR LF. */
static char *
unix_lines(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "\r\n", -1);

    return g_strjoinv("\n", parts);
}

gboolean
field_value_parse(ProfileField field, const char *text, FieldValue *value, GError **error)
{
    const FieldRow *row = field_row(field);
    gboolean is_multiline = row->info.type == PROFILE_TYPE_LINES;
    FieldValue parsed = {.is_set = TRUE};
    const char *wrong = NULL;

    if (strlen(text) > (is_multiline ? FIELD_MAX_LINES : FIELD_MAX_TEXT * 8))
        return fail(row, NULL, error, "the value is too long");
    parsed.text = is_multiline ? unix_lines(text) : g_strdup(text);
    g_strstrip(parsed.text);
    if (row->info.type == PROFILE_TYPE_TEXT && strlen(parsed.text) > FIELD_MAX_TEXT) {
        field_value_clear(&parsed);
        return fail(row, NULL, error, "the value is too long");
    }
    if (!is_fit(parsed.text, is_multiline)) {
        field_value_clear(&parsed);
        return fail(row, text, error, "%s",
                    is_multiline ? "only plain text is allowed, in UTF-8"
                                 : "only one line of text is allowed, in UTF-8 and without "
                                   "control characters");
    }
    if (!parse_by_type(row, &parsed, error)) {
        field_value_clear(&parsed);
        return FALSE;
    }
    if (row->check != NULL && row->info.type != PROFILE_TYPE_LIST)
        wrong = row->check(parsed.text);
    if (wrong != NULL) {
        fail(row, is_multiline ? NULL : parsed.text, error, "%s", wrong);
        field_value_clear(&parsed);
        return FALSE;
    }
    field_value_clear(value);
    *value = parsed;
    return TRUE;
}

gboolean
field_check_secret(ProfileField field, const Secret *secret, GError **error)
{
    const FieldRow *row = field_row(field);
    const char *text = secret_text(secret);
    const char *wrong = NULL;

    /* Never shown, not even in part. */
    if (secret_length(secret) > (row->check != NULL ? 16384 : 1024))
        return fail(row, NULL, error, "the value is too long");
    if (row->check == NULL && field == PROFILE_SECRETS_PASSWORD &&
        (strlen(text) != secret_length(secret) || strpbrk(text, "\r\n") != NULL))
        return fail(row, NULL, error, "only one line of text is allowed");
    if (row->check != NULL)
        wrong = row->check(text);
    return wrong == NULL || fail(row, NULL, error, "%s", wrong);
}
