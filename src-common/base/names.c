/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/names.h"

#include <string.h>

const char *
name_of(const NameRow *rows, gint value)
{
    for (; rows->name != NULL; rows++)
        if (rows->value == value)
            return rows->name;
    return NULL;
}

gboolean
name_find(const NameRow *rows, const char *name, gint *ret_value)
{
    for (; rows->name != NULL; rows++)
        if (strcmp(rows->name, name) == 0) {
            *ret_value = rows->value;
            return TRUE;
        }
    return FALSE;
}

char *
name_list(const NameRow *rows)
{
    GString *text = g_string_new(NULL);

    for (; rows->name != NULL; rows++)
        g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", rows->name);
    return g_string_free(text, FALSE);
}

static gboolean
is_fit(gunichar c, gboolean is_multiline)
{
    if (c == '\n' || c == '\t')
        return is_multiline;
    if (g_unichar_iscntrl(c))
        return FALSE;
    /* Bidirectional overrides and isolates, and the line and paragraph separators. */
    return !((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 ||
             c == 0x2029 || c == 0x200e || c == 0x200f);
}

char *
name_clean(const void *text, gsize length, gsize max_octets, gboolean is_multiline)
{
    g_autofree char *head = g_strndup(text != NULL ? text : "", MIN(length, max_octets * 2));
    g_autofree char *valid = g_utf8_make_valid(head, -1);
    GString *clean = g_string_new(NULL);

    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        if (c == '\r' && is_multiline)
            continue;
        if (clean->len + 4 > max_octets)
            break;
        g_string_append_unichar(clean, is_fit(c, is_multiline) ? c : 0xfffd);
    }
    return g_string_free(clean, FALSE);
}
