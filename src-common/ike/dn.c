/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/dn.h"

#include <openssl/err.h>
#include <string.h>

/* One "type=value"; is_joined: the '+' of a multi-valued RDN stands before it. */
typedef struct {
    char *type;
    char *value;
    gboolean is_joined;
} Part;

static void
part_free(gpointer data)
{
    Part *part = data;

    g_free(part->type);
    g_free(part->value);
    g_free(part);
}

static const char *
type_name(const char *type)
{
    /* RFC 4514 3 and other common ones: OpenSSL knows them in one spelling only. */
    static const char *const aliases[][2] = {{"CN", "CN"},
                                             {"C", "C"},
                                             {"O", "O"},
                                             {"OU", "OU"},
                                             {"L", "L"},
                                             {"ST", "ST"},
                                             {"S", "ST"},
                                             {"DC", "DC"},
                                             {"UID", "UID"},
                                             {"STREET", "street"},
                                             {"E", "emailAddress"},
                                             {"EMAIL", "emailAddress"},
                                             {"EMAILADDRESS", "emailAddress"},
                                             {"SERIALNUMBER", "serialNumber"}};

    for (gsize i = 0; i < G_N_ELEMENTS(aliases); i++)
        if (g_ascii_strcasecmp(type, aliases[i][0]) == 0)
            return aliases[i][1];
    return type;
}

/* Up to an unescaped character of stops; escapes are a backslash and a character or two hex digits
 * (RFC 4514 2.4). Moves at to where it stopped. */
static char *
take_token(const char **at, const char *stops)
{
    GString *token = g_string_new(NULL);
    const char *from = *at;

    while (*from != '\0' && strchr(stops, *from) == NULL) {
        if (from[0] == '\\' && g_ascii_isxdigit(from[1]) && g_ascii_isxdigit(from[2])) {
            gint octet = g_ascii_xdigit_value(from[1]) * 16 + g_ascii_xdigit_value(from[2]);

            g_string_append_c(token, (char)octet);
            from += 3;
            continue;
        }
        if (from[0] == '\\' && from[1] != '\0')
            from++;
        g_string_append_c(token, *from++);
    }
    *at = from;
    return g_strstrip(g_string_free(token, FALSE));
}

/* NULL when text is no DN. */
static GPtrArray *
parse(const char *text)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(part_free);
    gboolean is_joined = FALSE;

    while (*text != '\0') {
        Part *part = g_new0(Part, 1);

        g_ptr_array_add(parts, part);
        part->is_joined = is_joined;
        part->type = take_token(&text, "=,+");
        if (*text++ != '=')
            return NULL;
        part->value = take_token(&text, ",+;");
        is_joined = *text == '+';
        if (*text != '\0')
            text++;
    }
    return parts->len > 0 ? g_steal_pointer(&parts) : NULL;
}

/* location 0 puts an entry first, -1 last: this makes both orders out of one list. */
static X509_NAME *
build(GPtrArray *parts, gboolean is_reversed)
{
    X509_NAME *name = X509_NAME_new();

    for (guint i = 0; i < parts->len; i++) {
        const Part *part = g_ptr_array_index(parts, i);
        int place = is_reversed ? 0 : -1;
        /* Joined with the one that follows it, or with the one before. */
        int set = !part->is_joined ? 0 : is_reversed ? 1 : -1;

        if (!X509_NAME_add_entry_by_txt(name, type_name(part->type), MBSTRING_UTF8,
                                        (const guint8 *)part->value, -1, place, set)) {
            X509_NAME_free(name);
            return NULL;
        }
    }
    return name;
}

static gboolean
is_equal(const X509_NAME *name, GPtrArray *parts, gboolean is_reversed)
{
    X509_NAME *other = build(parts, is_reversed);
    gboolean is_same = other != NULL && X509_NAME_cmp(name, other) == 0;

    X509_NAME_free(other);
    return is_same;
}

gboolean
ike_dn_is_text(const X509_NAME *name, const char *text)
{
    g_autoptr(GPtrArray) parts = parse(text);
    gboolean is_same =
        parts != NULL && (is_equal(name, parts, TRUE) || is_equal(name, parts, FALSE));

    ERR_clear_error();
    return is_same;
}

gboolean
ike_dn_is_der(const X509_NAME *name, const guint8 *der, gsize length)
{
    const guint8 *at = der;
    X509_NAME *other = d2i_X509_NAME(NULL, &at, (long)length);
    gboolean is_same = other != NULL && at == der + length && X509_NAME_cmp(name, other) == 0;

    X509_NAME_free(other);
    ERR_clear_error();
    return is_same;
}
