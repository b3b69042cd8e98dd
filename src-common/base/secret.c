/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/secret.h"

#include "base/secret-memory.h"

#include <string.h>

/* data holds length octets and one NUL more, so that text interfaces need no copy. */
struct Secret {
    gsize length;
    guint8 data[];
};

static gsize
size_of(gsize length)
{
    return sizeof(Secret) + length + 1;
}

Secret *
secret_new_zero(gsize length)
{
    Secret *secret = secret_memory_take(size_of(length));

    secret->length = length;
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
    secret_memory_give(secret, size_of(secret->length));
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
