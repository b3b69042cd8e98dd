/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "certificate.h"

#include "base/names.h"

#include <glib/gi18n.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

enum { MIN_RSA_BITS = 2048, MAX_TEXT = 2000 };

struct _CoatiCertificate {
    GObject parent;
    char *subject;
    char *issuer;
    char *names;
    char *fingerprint;
    char *key;
    char *validity;
    char *warning;
    gint64 not_before;
    gint64 not_after;
};

G_DEFINE_FINAL_TYPE(CoatiCertificate, coati_certificate, G_TYPE_OBJECT)

G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)

static void
coati_certificate_finalize(GObject *object)
{
    CoatiCertificate *certificate = COATI_CERTIFICATE(object);

    g_free(certificate->subject);
    g_free(certificate->issuer);
    g_free(certificate->names);
    g_free(certificate->fingerprint);
    g_free(certificate->key);
    g_free(certificate->validity);
    g_free(certificate->warning);
    G_OBJECT_CLASS(coati_certificate_parent_class)->finalize(object);
}

static void
coati_certificate_class_init(CoatiCertificateClass *class)
{
    G_OBJECT_CLASS(class)->finalize = coati_certificate_finalize;
}

static void
coati_certificate_init(CoatiCertificate *certificate)
{
}

static char *
date_text(gint64 unix_seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(unix_seconds);

    return time != NULL ? g_date_time_format(time, "%x") : g_strdup("?");
}

/* The texts that follow from dates and key. */
static void
judge(CoatiCertificate *certificate, guint64 bits, gboolean is_rsa)
{
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    g_autofree char *first = date_text(certificate->not_before);
    g_autofree char *last = date_text(certificate->not_after);
    const char *warning = "";

    certificate->validity = certificate->not_after != 0
                                /* TRANSLATORS: two dates. */
                                ? g_strdup_printf(_("%s to %s"), first, last)
                                : g_strdup("");
    certificate->key = bits != 0 ? g_strdup_printf(_("%u bits"), (guint)bits) : g_strdup("");
    if (certificate->not_after != 0 && now > certificate->not_after)
        warning = _("This certificate has expired.");
    else if (certificate->not_before != 0 && now < certificate->not_before)
        warning = _("This certificate is not valid yet. Is the date of this computer right?");
    else if (is_rsa && bits != 0 && bits < MIN_RSA_BITS)
        warning = _("Its key is so short that it can be broken.");
    certificate->warning = g_strdup(warning);
}

static char *
with_colons(const char *digits)
{
    GString *text = g_string_new(NULL);

    for (gsize i = 0; digits[i] != '\0'; i++) {
        if (digits[i] == ':')
            continue;
        if (text->len % 3 == 2)
            g_string_append_c(text, ':');
        g_string_append_c(text, g_ascii_toupper(digits[i]));
    }
    return g_string_free(text, FALSE);
}

static char *
shown_text(GVariant *shown, const char *name)
{
    const char *text = "";

    g_variant_lookup(shown, name, "&s", &text);
    return name_clean(text, strlen(text), MAX_TEXT, FALSE);
}

CoatiCertificate *
coati_certificate_new_shown(GVariant *shown)
{
    CoatiCertificate *certificate = g_object_new(COATI_TYPE_CERTIFICATE, NULL);
    const char *digits = "";
    guint32 bits = 0;

    g_variant_lookup(shown, "sha256", "&s", &digits);
    g_variant_lookup(shown, "not-before", "x", &certificate->not_before);
    g_variant_lookup(shown, "not-after", "x", &certificate->not_after);
    g_variant_lookup(shown, "key-bits", "u", &bits);
    certificate->subject = shown_text(shown, "subject");
    certificate->issuer = shown_text(shown, "issuer");
    certificate->names = shown_text(shown, "names");
    certificate->fingerprint = with_colons(digits);
    judge(certificate, bits, TRUE);
    return certificate;
}

/* What OpenSSL prints, cleaned. */
static char *
bio_text(BIO *bio)
{
    char *data = NULL;
    glong length = BIO_get_mem_data(bio, &data);

    return name_clean(data, (gsize)MAX(length, 0), MAX_TEXT, FALSE);
}

static char *
name_text(const X509_NAME *name)
{
    g_autoptr(BIO) bio = BIO_new(BIO_s_mem());

    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    return bio_text(bio);
}

static char *
names_text(const X509 *x509)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    g_autoptr(BIO) bio = BIO_new(BIO_s_mem());

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        if (i > 0)
            BIO_puts(bio, ", ");
        GENERAL_NAME_print(bio, sk_GENERAL_NAME_value(names, i));
    }
    GENERAL_NAMES_free(names);
    return bio_text(bio);
}

static gint64
unix_time(const ASN1_TIME *time)
{
    struct tm parts = {0};

    return ASN1_TIME_to_tm(time, &parts) == 1 ? (gint64)timegm(&parts) : 0;
}

CoatiCertificate *
coati_certificate_new_der(GBytes *der)
{
    gsize length;
    const guint8 *data = g_bytes_get_data(der, &length);
    g_autoptr(X509) x509 = d2i_X509(NULL, &data, (long)length);
    g_autofree char *digits = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, der);
    CoatiCertificate *certificate;
    EVP_PKEY *key;

    if (x509 == NULL)
        return NULL;
    certificate = g_object_new(COATI_TYPE_CERTIFICATE, NULL);
    key = X509_get0_pubkey(x509);
    certificate->subject = name_text(X509_get_subject_name(x509));
    certificate->issuer = name_text(X509_get_issuer_name(x509));
    certificate->names = names_text(x509);
    certificate->fingerprint = with_colons(digits);
    certificate->not_before = unix_time(X509_get0_notBefore(x509));
    certificate->not_after = unix_time(X509_get0_notAfter(x509));
    judge(certificate, key != NULL ? (guint64)EVP_PKEY_get_bits(key) : 0,
          key != NULL && EVP_PKEY_is_a(key, "RSA"));
    return certificate;
}

const char *
coati_certificate_subject(CoatiCertificate *certificate)
{
    return certificate->subject;
}

const char *
coati_certificate_issuer(CoatiCertificate *certificate)
{
    return certificate->issuer;
}

const char *
coati_certificate_names(CoatiCertificate *certificate)
{
    return certificate->names;
}

const char *
coati_certificate_fingerprint(CoatiCertificate *certificate)
{
    return certificate->fingerprint;
}

const char *
coati_certificate_key(CoatiCertificate *certificate)
{
    return certificate->key;
}

const char *
coati_certificate_validity(CoatiCertificate *certificate)
{
    return certificate->validity;
}

const char *
coati_certificate_warning(CoatiCertificate *certificate)
{
    return certificate->warning;
}

gint64
coati_certificate_not_after(CoatiCertificate *certificate)
{
    return certificate->not_after;
}
