/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hex.h"

GByteArray *
hex_octets(const char *text)
{
    GByteArray *octets = g_byte_array_new();

    for (; *text != '\0'; text++) {
        guint8 octet;

        if (g_ascii_isspace(*text))
            continue;
        octet = (guint8)(g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]));
        g_byte_array_append(octets, &octet, 1);
        text++;
    }
    return octets;
}
