/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Distinguished names as people write them (RFC 4514, and the reverse order that other tools show)
 * compared with those in certificates: type by type, without regard to case, spaces and the kind
 * of string (RFC 4945 3.1.5 as X509_NAME_cmp(3) does it).
 */
#pragma once

#include <glib.h>
#include <openssl/x509.h>

/* FALSE too when text cannot be read. Both orders of text are tried. */
gboolean ike_dn_is_text(const X509_NAME *name, const char *text);
/* name is what the DER of an ID payload says. */
gboolean ike_dn_is_der(const X509_NAME *name, const guint8 *der, gsize length);
