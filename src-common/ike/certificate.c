/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/certificate.h"

#include "base/names.h"
#include "ike/trust.h"
#include "ike/view.h"

#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

enum { NAME_TEXT_OCTETS = 1024 };

/* --- CERT and CR payloads --- */

static void
append_x509(X509 *x509, GPtrArray *certificates)
{
    guint8 *der = NULL;
    int length = i2d_X509(x509, &der);

    if (length > 0 && length <= IKE_MAX_CERTIFICATE_OCTETS &&
        certificates->len < IKE_MAX_CERTIFICATES)
        g_ptr_array_add(certificates, g_bytes_new(der, (gsize)length));
    OPENSSL_free(der);
}

static IkeNotify
append_pkcs7(Reader data, GPtrArray *certificates)
{
    const guint8 *at = data.at;
    PKCS7 *pkcs7 = d2i_PKCS7(NULL, &at, (long)reader_left(&data));
    gboolean is_good = pkcs7 != NULL && PKCS7_type_is_signed(pkcs7) && pkcs7->d.sign != NULL;

    for (int i = 0; is_good && i < sk_X509_num(pkcs7->d.sign->cert); i++)
        append_x509(sk_X509_value(pkcs7->d.sign->cert, i), certificates);
    PKCS7_free(pkcs7);
    ERR_clear_error();
    return is_good ? IKE_OK : IKE_INVALID_CERT_ENCODING;
}

static IkeNotify
append_payload(const IkePayload *payload, GPtrArray *certificates)
{
    IkeCertView view;
    IkeNotify result = ike_cert_parse(payload->body, &view);
    gsize length;

    if (result != IKE_OK)
        return result;
    length = reader_left(&view.data);
    if (length == 0)
        return IKE_OK; /* the empty answer of a hybrid client */
    if (view.encoding == IKE_CERT_PKCS7)
        return append_pkcs7(view.data, certificates);
    if (view.encoding != IKE_CERT_X509_SIGNATURE && view.encoding != IKE_CERT_X509_EXCHANGE)
        return IKE_CERT_TYPE_UNSUPPORTED;
    if (length > IKE_MAX_CERTIFICATE_OCTETS)
        return IKE_INVALID_CERT_ENCODING;
    if (certificates->len < IKE_MAX_CERTIFICATES)
        g_ptr_array_add(certificates, reader_dup_bytes(&view.data));
    return IKE_OK;
}

IkeNotify
ike_certificates_collect(const IkeChain *chain, GPtrArray *certificates)
{
    guint before = certificates->len;
    gboolean has_unsupported = FALSE;

    for (gsize i = 0; i < chain->count; i++) {
        IkeNotify result;

        if (chain->list[i].type != IKE_PAYLOAD_CERT)
            continue;
        result = append_payload(&chain->list[i], certificates);
        if (result == IKE_CERT_TYPE_UNSUPPORTED)
            has_unsupported = TRUE;
        else if (result != IKE_OK)
            return result;
    }
    return has_unsupported && certificates->len == before ? IKE_CERT_TYPE_UNSUPPORTED : IKE_OK;
}

static void
put_cert(IkeDraft *draft, IkePayloadType type, GBytes *data)
{
    Writer *body = ike_draft_open(draft, type);

    writer_u8(body, IKE_CERT_X509_SIGNATURE);
    if (data != NULL)
        writer_put_bytes(body, data);
    ike_draft_close(draft);
}

void
ike_certificates_put(IkeDraft *draft, GPtrArray *chain)
{
    for (guint i = 0; i < chain->len; i++)
        put_cert(draft, IKE_PAYLOAD_CERT, g_ptr_array_index(chain, i));
}

void
ike_certificates_put_empty(IkeDraft *draft)
{
    put_cert(draft, IKE_PAYLOAD_CERT, NULL);
}

void
ike_certificates_put_requests(IkeDraft *draft, GPtrArray *ca_names)
{
    guint count = ca_names != NULL ? MIN(ca_names->len, IKE_MAX_CERTIFICATE_REQUESTS) : 0;

    for (guint i = 0; i < count; i++)
        put_cert(draft, IKE_PAYLOAD_CR, g_ptr_array_index(ca_names, i));
    if (count == 0)
        put_cert(draft, IKE_PAYLOAD_CR, NULL);
}

/* --- What a certificate shows --- */

static char *
take_bio_text(BIO *bio)
{
    char *data;
    long length = BIO_get_mem_data(bio, &data);
    char *text = name_clean(data, (gsize)MAX(length, 0), NAME_TEXT_OCTETS, FALSE);

    BIO_free(bio);
    return text;
}

static char *
format_name(const X509_NAME *name)
{
    /* RFC 4514 but for spaces behind the commas and letters beyond ASCII as they are. */
    unsigned long flags = (ASN1_STRFLGS_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) |
                          XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_DN_REV | XN_FLAG_FN_SN |
                          XN_FLAG_DUMP_UNKNOWN_FIELDS;
    BIO *bio = BIO_new(BIO_s_mem());

    X509_NAME_print_ex(bio, name, 0, flags);
    return take_bio_text(bio);
}

char *
ike_dn_format(Reader der)
{
    const guint8 *at = der.at;
    X509_NAME *name = d2i_X509_NAME(NULL, &at, (long)reader_left(&der));
    char *text = name != NULL && at == der.end ? format_name(name) : g_strdup("(no valid name)");

    X509_NAME_free(name);
    ERR_clear_error();
    return text;
}

static char *
format_alternative(const GENERAL_NAME *name)
{
    if (name->type == GEN_DNS || name->type == GEN_EMAIL || name->type == GEN_URI)
        return name_clean(ASN1_STRING_get0_data(name->d.ia5),
                          (gsize)ASN1_STRING_length(name->d.ia5), NAME_TEXT_OCTETS, FALSE);
    if (name->type == GEN_IPADD) {
        int length = ASN1_STRING_length(name->d.iPAddress);
        char text[NET_ADDRESS_TEXT_SIZE];
        NetAddress address;

        if (length != 4 && length != 16)
            return NULL;
        address = net_address_of(ASN1_STRING_get0_data(name->d.iPAddress), (gsize)length);
        return g_strdup(net_address_format(&address, text));
    }
    return NULL;
}

static char *
format_alternatives(X509 *x509)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    GString *text = g_string_new(NULL);

    for (int i = 0; i < sk_GENERAL_NAME_num(names) && text->len < NAME_TEXT_OCTETS; i++) {
        g_autofree char *one = format_alternative(sk_GENERAL_NAME_value(names, i));

        if (one != NULL)
            g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", one);
    }
    GENERAL_NAMES_free(names);
    return g_string_free(text, FALSE);
}

static char *
format_fingerprint(GBytes *certificate)
{
    g_autofree char *hex = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, certificate);
    GString *text = g_string_new(NULL);

    for (gsize i = 0; hex[i] != '\0'; i++) {
        if (i > 0 && i % 2 == 0)
            g_string_append_c(text, ':');
        g_string_append_c(text, g_ascii_toupper(hex[i]));
    }
    return g_string_free(text, FALSE);
}

static gint64
seconds_of(const ASN1_TIME *time)
{
    struct tm parts;

    return ASN1_TIME_to_tm(time, &parts) == 1 ? (gint64)timegm(&parts) : 0;
}

static X509 *
x509_of(GBytes *certificate)
{
    gsize length;
    const guint8 *der = g_bytes_get_data(certificate, &length);
    const guint8 *end = der + length;
    X509 *x509 = d2i_X509(NULL, &der, (long)length);

    ERR_clear_error();
    if (x509 != NULL && der != end)
        g_clear_pointer(&x509, X509_free);
    return x509;
}

IkeCertificateInfo *
ike_certificate_info(GBytes *certificate)
{
    X509 *x509 = x509_of(certificate);
    IkeCertificateInfo *info;
    EVP_PKEY *pkey;

    if (x509 == NULL)
        return NULL;
    pkey = X509_get0_pubkey(x509);
    info = g_new0(IkeCertificateInfo, 1);
    info->subject = format_name(X509_get_subject_name(x509));
    info->issuer = format_name(X509_get_issuer_name(x509));
    info->names = format_alternatives(x509);
    info->sha256 = format_fingerprint(certificate);
    info->not_before_unix_seconds = seconds_of(X509_get0_notBefore(x509));
    info->not_after_unix_seconds = seconds_of(X509_get0_notAfter(x509));
    info->key_bits = pkey != NULL ? (guint)EVP_PKEY_get_bits(pkey) : 0;
    X509_free(x509);
    ERR_clear_error();
    return info;
}

void
ike_certificate_info_free(IkeCertificateInfo *info)
{
    if (info == NULL)
        return;
    g_free(info->subject);
    g_free(info->issuer);
    g_free(info->names);
    g_free(info->sha256);
    g_free(info);
}

GBytes *
ike_certificate_subject(GBytes *certificate)
{
    X509 *x509 = x509_of(certificate);
    GBytes *subject = NULL;
    guint8 *der = NULL;
    int length;

    if (x509 == NULL)
        return NULL;
    length = i2d_X509_NAME(X509_get_subject_name(x509), &der);
    if (length > 0)
        subject = g_bytes_new(der, (gsize)length);
    OPENSSL_free(der);
    X509_free(x509);
    return subject;
}
