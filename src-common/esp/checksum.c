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

/* The sum does not depend on the byte order it is made in (RFC 1071 2 B), so whole words are added
 * as they lie in memory and the result is turned once. */
guint64
checksum_add(guint64 sum, const guint8 *data, gsize length)
{
    guint64 native = 0;
    guint16 folded;

    for (; length >= 8; length -= 8, data += 8) {
        guint64 word;

        memcpy(&word, data, sizeof word);
        native += (word >> 32) + (word & 0xffffffff);
    }
    folded = (guint16)~checksum_fold(native);
    sum += GUINT16_FROM_BE(folded);
    for (; length >= 2; length -= 2, data += 2)
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
