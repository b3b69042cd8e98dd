/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Passwords as .pcf and vpnc files hide them: no encryption, since the key is in the text. 20
 * octets salt, SHA-1 of the ciphertext, then 3DES-CBC with PKCS#5 padding; the key is SHA-1 of the
 * salt with its last octet plus 1, and four octets of that with plus 3; the IV is the salt's
 * beginning.
 */
#pragma once

#include "base/secret.h"

/* hex: the whole as hexadecimal digits. NULL when it is damaged; ret_why then says how. */
Secret *import_reveal(const char *hex, const char **ret_why);
