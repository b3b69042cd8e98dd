/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/secret.h"

#include <string.h>
#include <sys/mman.h>

/* data holds length octets and one NUL more, so that text interfaces need no copy. */
struct Secret {
    gsize length;
    guint8 data[];
};

Secret *
secret_new_zero(gsize length)
{
    gsize size = sizeof(Secret) + length + 1;
    Secret *secret = g_malloc0(size);

    secret->length = length;
    /* Best effort: RLIMIT_MEMLOCK may be small, and a secret in swap beats no connection. */
    (void)mlock(secret, size);
    return secret;
}

Secret *
secret_new(const void *data, gsize length)
{
    Secret *secret = secret_new_zero(length);

    if (length > 0)
        memcpy(secret->data, data, length);
    return secret;
}

Secret *
secret_new_text(const char *text)
{
    return secret_new(text, strlen(text));
}

Secret *
secret_dup(const Secret *secret)
{
    return secret_new(secret->data, secret->length);
}

void
secret_free(Secret *secret)
{
    if (secret == NULL)
        return;
    explicit_bzero(secret->data, secret->length + 1);
    g_free(secret);
}

const guint8 *
secret_data(const Secret *secret)
{
    return secret->data;
}

guint8 *
secret_edit(Secret *secret)
{
    return secret->data;
}

gsize
secret_length(const Secret *secret)
{
    return secret->length;
}

const char *
secret_text(const Secret *secret)
{
    return (const char *)secret->data;
}

gboolean
secret_equal_octets(const void *a, const void *b, gsize length)
{
    const volatile guint8 *one = a;
    const volatile guint8 *two = b;
    guint8 difference = 0;

    for (gsize i = 0; i < length; i++)
        difference |= one[i] ^ two[i];
    return difference == 0;
}

gboolean
secret_equal(const Secret *a, const Secret *b)
{
    return a->length == b->length && secret_equal_octets(a->data, b->data, a->length);
}
