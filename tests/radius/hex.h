/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Octets of a text of hexadecimal digits and blanks. */
GByteArray *hex_octets(const char *text);
