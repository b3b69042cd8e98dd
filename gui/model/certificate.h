/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CoatiCertificate: a certificate as a person compares it. It is only shown here: whether a gateway
 * is believed is decided in the engine.
 */
#pragma once

#include <gio/gio.h>

#define COATI_TYPE_CERTIFICATE coati_certificate_get_type()
G_DECLARE_FINAL_TYPE(CoatiCertificate, coati_certificate, COATI, CERTIFICATE, GObject)

/* As the service shows it in a question: "subject", "issuer", ... of the introspection XML. */
CoatiCertificate *coati_certificate_new_shown(GVariant *shown);
/* NULL when der is no certificate. */
CoatiCertificate *coati_certificate_new_der(GBytes *der);

/* None is NULL; "" for what is not known. */
const char *coati_certificate_subject(CoatiCertificate *certificate);
const char *coati_certificate_issuer(CoatiCertificate *certificate);
/* "DNS:vpn.example.org, ..." */
const char *coati_certificate_names(CoatiCertificate *certificate);
/* Pairs of digits with colons. */
const char *coati_certificate_fingerprint(CoatiCertificate *certificate);
const char *coati_certificate_key(CoatiCertificate *certificate);
/* "1 May 2026 to 1 May 2027". */
const char *coati_certificate_validity(CoatiCertificate *certificate);
/* What to worry about: expired, not valid yet, a weak key; "" for nothing. */
const char *coati_certificate_warning(CoatiCertificate *certificate);
/* Unix seconds; 0 when not known. */
gint64 coati_certificate_not_after(CoatiCertificate *certificate);
