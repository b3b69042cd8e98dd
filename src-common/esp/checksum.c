/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "esp/checksum.h"

#include <string.h>

guint16
checksum_load(const guint8 *at)
{
    return (guint16)(at[0] << 8 | at[1]);
}

void
checksum_store(guint8 *at, guint16 value)
{
    at[0] = (guint8)(value >> 8);
    at[1] = (guint8)value;
}

static guint64
load64(const guint8 *at)
{
    guint64 word;

    memcpy(&word, at, sizeof word);
    return word;
}

/* Adds with the carry that a one's complement sum turns around. */
static guint64
add_around(guint64 sum, guint64 word)
{
    sum += word;
    return sum + (sum < word);
}

/* The sum does not depend on the byte order it is made in (RFC 1071 2 B), so whole words are added
 * as they lie in memory, in four lines that do not wait for each other, and the result is turned
 * once. */
static guint64
add_words(const guint8 *data, gsize length)
{
    guint64 a = 0;
    guint64 b = 0;
    guint64 c = 0;
    guint64 d = 0;

    for (; length >= 32; length -= 32, data += 32) {
        a = add_around(a, load64(data));
        b = add_around(b, load64(data + 8));
        c = add_around(c, load64(data + 16));
        d = add_around(d, load64(data + 24));
    }
    for (; length >= 8; length -= 8, data += 8)
        a = add_around(a, load64(data));
    return add_around(add_around(a, b), add_around(c, d));
}

guint64
checksum_add(guint64 sum, const guint8 *data, gsize length)
{
    gsize whole = length & ~(gsize)7;
    guint16 folded = (guint16)~checksum_fold(add_words(data, whole));

    sum += GUINT16_FROM_BE(folded);
    for (data += whole, length -= whole; length >= 2; length -= 2, data += 2)
        sum += checksum_load(data);
    if (length > 0)
        sum += (guint64)data[0] << 8;
    return sum;
}

guint16
checksum_fold(guint64 sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (guint16)~sum;
}

guint16
checksum_change(guint16 checksum, guint16 before, guint16 after)
{
    return checksum_fold((guint64)(guint16)~checksum + (guint16)~before + after);
}

void
checksum_header(guint8 *header, gsize length)
{
    checksum_store(header + 10, 0);
    checksum_store(header + 10, checksum_fold(checksum_add(0, header, length)));
}
