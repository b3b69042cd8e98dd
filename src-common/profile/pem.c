/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/pem.h"

#include "base/secret.h"

#include <string.h>

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"

static void
free_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

static void
free_secret(gpointer secret)
{
    secret_free(secret);
}

static gboolean
is_base64(char c)
{
    return g_ascii_isalnum(c) || g_ascii_isspace(c) || c == '+' || c == '/' || c == '=';
}

/* Base64 between the lines; NULL unless it begins as a DER SEQUENCE. It may be a private key, so
 * the octets are wiped with the last reference. */
static GBytes *
decode(const char *body, gsize length)
{
    g_autoptr(Secret) der = NULL;
    gint state = 0;
    guint bits = 0;
    const guint8 *octets;
    gsize der_length;

    for (gsize i = 0; i < length; i++)
        if (!is_base64(body[i]))
            return NULL;
    der = secret_new_zero(length / 4 * 3 + 3);
    der_length = g_base64_decode_step(body, length, secret_edit(der), &state, &bits);
    if (der_length < 2 || secret_data(der)[0] != 0x30)
        return NULL;
    octets = secret_data(der);
    return g_bytes_new_with_free_func(octets, der_length, free_secret, g_steal_pointer(&der));
}

GPtrArray *
pem_blocks(const char *text, const char *label)
{
    g_autoptr(GPtrArray) blocks = g_ptr_array_new_with_free_func(free_bytes);

    for (const char *at = text; (at = strstr(at, BEGIN)) != NULL;) {
        const char *name = at + strlen(BEGIN);
        const char *body = strstr(name, DASHES);
        const char *end = body != NULL ? strstr(body + strlen(DASHES), END) : NULL;
        GBytes *der;

        if (end == NULL || body == name)
            return NULL;
        at = end + strlen(END);
        if (strncmp(at, name, body - name + strlen(DASHES)) != 0)
            return NULL;
        if ((gsize)(body - name) != strlen(label) || strncmp(name, label, strlen(label)) != 0)
            continue;
        body += strlen(DASHES);
        der = decode(body, end - body);
        if (der == NULL)
            return NULL;
        g_ptr_array_add(blocks, der);
    }
    return g_steal_pointer(&blocks);
}
