/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The path is built by OpenSSL with the profile's CAs as its only anchors; each of them is one as
 * it is, whether it signed itself, is an intermediate CA, or is the gateway's own certificate.
 * X509_V_FLAG_X509_STRICT is not set: it refuses CAs without key identifiers or with a
 * basicConstraints that is not critical, as private CAs often are. What it would add for security
 * (issuers must carry the CA bit) is checked here.
 */
#include "ike/trust.h"

#include "ike/certificate.h"
#include "ike/dn.h"
#include "ike/limits.h"
#include "ike/view.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

/* One check under way. */
typedef struct {
    const IkeTrust *trust;
    GBytes *leaf_der;
    X509 *leaf;
    STACK_OF(X509) * others; /* sent beside the leaf */
    STACK_OF(X509) * anchors;
    STACK_OF(X509_CRL) * crls;
    STACK_OF(X509) * path; /* leaf first, anchor last; once built */
    char *detail;
} Check;

IkeTrust *
ike_trust_new(void)
{
    IkeTrust *trust = g_new0(IkeTrust, 1);

    trust->anchors = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    trust->is_peer_gateway = TRUE;
    return trust;
}

void
ike_trust_free(IkeTrust *trust)
{
    if (trust == NULL)
        return;
    g_ptr_array_unref(trust->anchors);
    g_clear_pointer(&trust->crls, g_ptr_array_unref);
    g_clear_pointer(&trust->pinned_sha256, g_bytes_unref);
    g_free(trust->expected_dn);
    g_free(trust->expected_name);
    g_free(trust);
}

static void
check_clear(Check *check)
{
    X509_free(check->leaf);
    sk_X509_pop_free(check->others, X509_free);
    sk_X509_pop_free(check->anchors, X509_free);
    sk_X509_CRL_pop_free(check->crls, X509_CRL_free);
    sk_X509_pop_free(check->path, X509_free);
    g_free(check->detail);
    ERR_clear_error();
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Check, check_clear)

static Reason G_GNUC_PRINTF(3, 4) refuse(Check *check, Reason reason, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_free(check->detail);
    check->detail = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return reason;
}

static char *
format_x509_name(const X509_NAME *name)
{
    guint8 *der = NULL;
    int length = i2d_X509_NAME(name, &der);
    char *text = ike_dn_format(reader_of(der, (gsize)MAX(length, 0)));

    OPENSSL_free(der);
    return text;
}

static char *
format_time(const ASN1_TIME *time)
{
    struct tm parts;
    char text[32] = "an unreadable date";

    if (ASN1_TIME_to_tm(time, &parts) == 1)
        strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
    return g_strdup(text);
}

/* --- Reading --- */

static X509 *
read_x509(GBytes *bytes)
{
    gsize length;
    const guint8 *der = g_bytes_get_data(bytes, &length);
    const guint8 *end = der + length;
    X509 *x509 = d2i_X509(NULL, &der, (long)length);

    if (x509 != NULL && der != end)
        g_clear_pointer(&x509, X509_free);
    return x509;
}

static void
read_list(GPtrArray *list, STACK_OF(X509) * certificates)
{
    for (guint i = 0; i < list->len; i++) {
        X509 *x509 = read_x509(g_ptr_array_index(list, i));

        if (x509 != NULL)
            sk_X509_push(certificates, x509);
    }
}

static void
read_crls(GPtrArray *list, STACK_OF(X509_CRL) * crls)
{
    for (guint i = 0; list != NULL && i < list->len; i++) {
        gsize length;
        const guint8 *der = g_bytes_get_data(g_ptr_array_index(list, i), &length);
        X509_CRL *crl = d2i_X509_CRL(NULL, &der, (long)length);

        if (crl != NULL)
            sk_X509_CRL_push(crls, crl);
    }
}

static Reason
check_read(Check *check, GBytes *const *certificates, gsize count)
{
    check->others = sk_X509_new_null();
    check->anchors = sk_X509_new_null();
    check->crls = sk_X509_CRL_new_null();
    read_list(check->trust->anchors, check->anchors);
    read_crls(check->trust->crls, check->crls);
    if (count == 0)
        return refuse(check, REASON_GATEWAY_CERT_MISSING, "no certificate was sent");
    check->leaf_der = certificates[0];
    check->leaf = read_x509(certificates[0]);
    if (check->leaf == NULL)
        return refuse(check, REASON_GATEWAY_CERT_UNTRUSTED, "the certificate cannot be read");
    /* Others only help to build the path: one that cannot be read is as good as not sent. */
    for (gsize i = 1; i < MIN(count, (gsize)IKE_MAX_CERTIFICATES); i++) {
        X509 *x509 = read_x509(certificates[i]);

        if (x509 != NULL)
            sk_X509_push(check->others, x509);
    }
    return REASON_NONE;
}

/* --- Keys --- */

static Reason
check_key(Check *check, X509 *x509)
{
    EVP_PKEY *pkey = X509_get0_pubkey(x509);
    gint least = check->trust->accepts_weak_key ? IKE_MIN_RSA_BITS_WEAK : IKE_MIN_RSA_BITS;
    g_autofree char *subject = format_x509_name(X509_get_subject_name(x509));

    if (pkey == NULL || !EVP_PKEY_is_a(pkey, "RSA"))
        return refuse(check, REASON_GATEWAY_CERT_USAGE, "the key of \"%s\" is no RSA key", subject);
    if (EVP_PKEY_get_bits(pkey) < least)
        return refuse(check, REASON_GATEWAY_CERT_WEAK,
                      "the key of \"%s\" has %d bits, at least %d are needed", subject,
                      EVP_PKEY_get_bits(pkey), least);
    if (EVP_PKEY_get_bits(pkey) > IKE_MAX_RSA_BITS)
        return refuse(check, REASON_GATEWAY_CERT_WEAK,
                      "the key of \"%s\" has %d bits, at most %d are taken", subject,
                      EVP_PKEY_get_bits(pkey), IKE_MAX_RSA_BITS);
    return REASON_NONE;
}

/* Collisions can be made for MD5 and its elders by anyone, for SHA-1 at a price: the first are
 * never taken, the second goes with weak keys. */
static Reason
check_signature_hash(Check *check, X509 *x509)
{
    g_autofree char *subject = NULL;
    int digest = NID_undef;

    if (!X509_get_signature_info(x509, &digest, NULL, NULL, NULL))
        return REASON_NONE; /* no hash of its own, as EdDSA; an unknown one did not verify */
    if (digest != NID_md2 && digest != NID_md4 && digest != NID_md5 && digest != NID_md5_sha1 &&
        (digest != NID_sha1 || check->trust->accepts_weak_key))
        return REASON_NONE;
    subject = format_x509_name(X509_get_subject_name(x509));
    return refuse(check, REASON_GATEWAY_CERT_WEAK, "the certificate of \"%s\" is signed with %s",
                  subject, OBJ_nid2ln(digest));
}

/* --- The path --- */

static gboolean
is_anchor(const Check *check, const X509 *x509)
{
    for (int i = 0; i < sk_X509_num(check->anchors); i++)
        if (X509_cmp(sk_X509_value(check->anchors, i), x509) == 0)
            return TRUE;
    return FALSE;
}

/* Without "CRL required" a list that is missing or stale is no reason to refuse; one that names
 * the certificate always is. An anchor is believed as it is and needs no list. */
static int
judge_error(int is_good, X509_STORE_CTX *context)
{
    const Check *check = X509_STORE_CTX_get_app_data(context);
    int code = X509_STORE_CTX_get_error(context);
    X509 *current = X509_STORE_CTX_get_current_cert(context);
    gboolean is_about_list = code == X509_V_ERR_UNABLE_TO_GET_CRL ||
                             code == X509_V_ERR_CRL_HAS_EXPIRED ||
                             code == X509_V_ERR_CRL_NOT_YET_VALID;

    if (is_good || !is_about_list)
        return is_good;
    return !check->trust->is_crl_required || (current != NULL && is_anchor(check, current));
}

static char *
format_anchors(const Check *check)
{
    GString *text = g_string_new(NULL);

    for (int i = 0; i < sk_X509_num(check->anchors); i++) {
        X509 *anchor = sk_X509_value(check->anchors, i);
        g_autofree char *subject = format_x509_name(X509_get_subject_name(anchor));

        g_string_append_printf(text, "%s\"%s\"", i > 0 ? ", " : "", subject);
    }
    return g_string_free(text, FALSE);
}

static Reason
refuse_path(Check *check, int code, X509 *at)
{
    X509 *x509 = at != NULL ? at : check->leaf;
    g_autofree char *subject = format_x509_name(X509_get_subject_name(x509));
    g_autofree char *issuer = format_x509_name(X509_get_issuer_name(x509));
    g_autofree char *date = NULL;
    g_autofree char *anchors = NULL;

    switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        date = format_time(X509_get0_notAfter(x509));
        return refuse(check, REASON_GATEWAY_CERT_EXPIRED,
                      "the certificate of \"%s\" was valid until %s", subject, date);
    case X509_V_ERR_CERT_NOT_YET_VALID:
        date = format_time(X509_get0_notBefore(x509));
        return refuse(check, REASON_GATEWAY_CERT_NOT_YET_VALID,
                      "the certificate of \"%s\" is valid from %s", subject, date);
    case X509_V_ERR_CERT_REVOKED:
        return refuse(check, REASON_GATEWAY_CERT_REVOKED,
                      "\"%s\" has revoked the certificate of \"%s\"", issuer, subject);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
        anchors = format_anchors(check);
        return refuse(check, REASON_GATEWAY_CERT_UNTRUSTED,
                      "\"%s\" is issued by \"%s\", and no way leads from there to the CA of the "
                      "profile, %s",
                      subject, issuer,
                      sk_X509_num(check->anchors) > 0 ? anchors : "which is empty");
    default:
        return refuse(check, REASON_GATEWAY_CERT_UNTRUSTED, "\"%s\": %s", subject,
                      X509_verify_cert_error_string(code));
    }
}

static X509_STORE *
make_store(const Check *check)
{
    X509_STORE *store = X509_STORE_new();
    unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;

    for (int i = 0; i < sk_X509_num(check->anchors); i++)
        X509_STORE_add_cert(store, sk_X509_value(check->anchors, i));
    /* The very certificate that the profile pins needs nobody else's word. */
    if (check->trust->pinned_sha256 != NULL && sk_X509_num(check->anchors) == 0)
        X509_STORE_add_cert(store, check->leaf);
    for (int i = 0; i < sk_X509_CRL_num(check->crls); i++)
        X509_STORE_add_crl(store, sk_X509_CRL_value(check->crls, i));
    if (sk_X509_CRL_num(check->crls) > 0 || check->trust->is_crl_required)
        flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
    X509_STORE_set_flags(store, flags);
    return store;
}

static Reason
check_path(Check *check)
{
    X509_STORE *store = make_store(check);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *parameters;
    Reason reason = REASON_NONE;

    g_assert(context != NULL && X509_STORE_CTX_init(context, store, check->leaf, check->others));
    parameters = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_depth(parameters, IKE_MAX_CHAIN_DEPTH);
    X509_VERIFY_PARAM_set_time(parameters, (time_t)check->trust->now_unix_seconds);
    /* Level 0: key sizes and hashes are judged here, with the profile's say. */
    X509_VERIFY_PARAM_set_auth_level(parameters, 0);
    X509_STORE_CTX_set_app_data(context, check);
    X509_STORE_CTX_set_verify_cb(context, judge_error);
    if (X509_verify_cert(context) == 1)
        check->path = X509_STORE_CTX_get1_chain(context);
    else
        reason = refuse_path(check, X509_STORE_CTX_get_error(context),
                             X509_STORE_CTX_get_current_cert(context));
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return reason;
}

/* Anchors are the profile's own choice: only their keys count. Every other issuer needs the CA bit
 * (OpenSSL would also take certificates of version 1). */
static Reason
check_issuers(Check *check)
{
    int count = sk_X509_num(check->path);
    Reason reason = REASON_NONE;

    for (int i = 0; i < count && reason == REASON_NONE; i++) {
        X509 *x509 = sk_X509_value(check->path, i);
        gboolean is_last = i == count - 1;

        reason = i > 0 ? check_key(check, x509) : REASON_NONE;
        if (reason == REASON_NONE && !is_last)
            reason = check_signature_hash(check, x509);
        if (reason == REASON_NONE && i > 0 && !is_last && X509_check_ca(x509) != 1)
            reason = refuse_path(check, X509_V_ERR_INVALID_CA, x509);
    }
    return reason;
}

/* --- What it may be used for --- */

static gboolean
is_usage_allowed(const char *oid, gboolean is_peer_gateway)
{
    /* RFC 4945 5.1.3.12 and what is in use. A user's clientAuth alone must never pass as a
     * gateway's. */
    static const struct {
        const char *oid;
        gboolean is_for_gateway;
        gboolean is_for_user;
    } rows[] = {
        {"2.5.29.37.0", TRUE, TRUE},        /* anyExtendedKeyUsage */
        {"1.3.6.1.5.5.7.3.17", TRUE, TRUE}, /* id-kp-ipsecIKE */
        {"1.3.6.1.5.5.7.3.5", TRUE, TRUE},  /* ipsecEndSystem */
        {"1.3.6.1.5.5.7.3.6", TRUE, TRUE},  /* ipsecTunnel */
        {"1.3.6.1.5.5.7.3.7", TRUE, TRUE},  /* ipsecUser */
        {"1.3.6.1.5.5.8.2.2", TRUE, TRUE},  /* iKEIntermediate */
        {"1.3.6.1.5.5.7.3.1", TRUE, FALSE}, /* serverAuth */
        {"1.3.6.1.5.5.7.3.2", FALSE, TRUE}, /* clientAuth */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].oid, oid) == 0)
            return is_peer_gateway ? rows[i].is_for_gateway : rows[i].is_for_user;
    return FALSE;
}

static Reason
check_extended_usage(Check *check)
{
    int critical;
    EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(check->leaf, NID_ext_key_usage, &critical, NULL);
    g_autoptr(GString) seen = g_string_new(NULL);
    gboolean is_allowed = usages == NULL && critical == -1; /* absent: anything goes */

    for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++) {
        ASN1_OBJECT *usage = sk_ASN1_OBJECT_value(usages, i);
        char oid[64] = "";
        char name[64] = "";

        OBJ_obj2txt(oid, sizeof oid, usage, 1);
        OBJ_obj2txt(name, sizeof name, usage, 0);
        is_allowed |= is_usage_allowed(oid, check->trust->is_peer_gateway);
        g_string_append_printf(seen, "%s%s", seen->len > 0 ? ", " : "", name);
    }
    EXTENDED_KEY_USAGE_free(usages);
    if (is_allowed)
        return REASON_NONE;
    return refuse(check, REASON_GATEWAY_CERT_USAGE,
                  "the certificate is made for \"%s\", not for a %s", seen->str,
                  check->trust->is_peer_gateway ? "gateway" : "VPN user");
}

static Reason
check_usage(Check *check)
{
    guint32 usage = X509_get_key_usage(check->leaf); /* all ones when absent */
    g_autofree char *subject = format_x509_name(X509_get_subject_name(check->leaf));

    /* A gateway that signed itself carries the CA bit; then it is the anchor itself. */
    if (X509_check_ca(check->leaf) == 1 && sk_X509_num(check->path) > 1)
        return refuse(check, REASON_GATEWAY_CERT_USAGE,
                      "\"%s\" is a certification authority, not a gateway", subject);
    if ((usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0)
        return refuse(check, REASON_GATEWAY_CERT_USAGE,
                      "the certificate of \"%s\" must not be used for signatures", subject);
    return check_extended_usage(check);
}

/* --- Names --- */

/* One left-most wildcard label in the certificate may match; a common name counts only without any
 * dNSName (PROTOCOL 10.2). The length goes along, so that a NUL inside ends nothing. */
static gboolean
has_host_name(X509 *x509, const char *name, gsize length, gboolean takes_wildcard)
{
    guint flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;

    if (!takes_wildcard)
        flags |= X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
    if (length > 0 && name[length - 1] == '.')
        length--;
    /* OpenSSL reads a leading dot as "anything below". */
    if (length == 0 || name[0] == '.' || memchr(name, '\0', length) != NULL)
        return FALSE;
    return X509_check_host(x509, name, length, flags, NULL) == 1;
}

static gboolean
is_id_in_certificate(X509 *x509, const IkeId *id)
{
    gsize length = 0;
    const guint8 *data = id->data != NULL ? g_bytes_get_data(id->data, &length) : NULL;

    switch (id->type) {
    case IKE_ID_NONE:
    case IKE_ID_KEY_ID:
        return TRUE; /* names nothing that a certificate could hold */
    case IKE_ID_IPV4_ADDR:
    case IKE_ID_IPV6_ADDR:
        return length > 0 && X509_check_ip(x509, data, length, 0) == 1;
    case IKE_ID_FQDN:
        return has_host_name(x509, (const char *)data, length, FALSE);
    case IKE_ID_USER_FQDN:
        return length > 0 && memchr(data, '\0', length) == NULL &&
               X509_check_email(x509, (const char *)data, length,
                                X509_CHECK_FLAG_NEVER_CHECK_SUBJECT) == 1;
    case IKE_ID_DER_ASN1_DN:
        return length > 0 && ike_dn_is_der(X509_get_subject_name(x509), data, length);
    case IKE_ID_IPV4_ADDR_SUBNET:
    case IKE_ID_IPV6_ADDR_SUBNET:
    case IKE_ID_IPV4_ADDR_RANGE:
    case IKE_ID_IPV6_ADDR_RANGE:
    case IKE_ID_DER_ASN1_GN:
        return FALSE;
    }
    return FALSE;
}

static Reason
check_id(Check *check, const IkeId *id)
{
    g_autofree char *text = NULL;
    g_autofree char *subject = NULL;

    if (!check->trust->requires_id_match || is_id_in_certificate(check->leaf, id))
        return REASON_NONE;
    subject = format_x509_name(X509_get_subject_name(check->leaf));
    if (id->data != NULL) {
        IkeIdView view = {.type = (guint8)id->type, .data = reader_of_bytes(id->data)};

        text = ike_id_format(&view);
    }
    return refuse(check, REASON_GATEWAY_CERT_NAME,
                  "it calls itself \"%s\", which is not in the certificate of \"%s\"",
                  text != NULL ? text : "", subject);
}

static Reason
check_pin(Check *check)
{
    GBytes *pin = check->trust->pinned_sha256;
    g_autoptr(IkeCertificateInfo) info = NULL;
    guint8 seen[32];
    gsize length = sizeof seen;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autoptr(GString) expected = g_string_new(NULL);
    gsize pin_length;
    const guint8 *octets = g_bytes_get_data(pin, &pin_length);

    g_checksum_update(checksum, g_bytes_get_data(check->leaf_der, NULL),
                      (gssize)g_bytes_get_size(check->leaf_der));
    g_checksum_get_digest(checksum, seen, &length);
    if (pin_length == length && memcmp(octets, seen, length) == 0)
        return REASON_NONE;
    for (gsize i = 0; i < pin_length; i++)
        g_string_append_printf(expected, "%s%02X", i > 0 ? ":" : "", octets[i]);
    info = ike_certificate_info(check->leaf_der);
    return refuse(check, REASON_GATEWAY_CERT_CHANGED,
                  "the certificate of \"%s\" has the fingerprint %s, the profile keeps %s",
                  info != NULL ? info->subject : "", info != NULL ? info->sha256 : "",
                  expected->str);
}

static Reason
refuse_name(Check *check, const char *expected)
{
    g_autoptr(IkeCertificateInfo) info = ike_certificate_info(check->leaf_der);

    return refuse(check, REASON_GATEWAY_CERT_NAME,
                  "the certificate is for \"%s\" (%s), expected is \"%s\"",
                  info != NULL ? info->subject : "",
                  info != NULL && *info->names != '\0' ? info->names : "no other name", expected);
}

static Reason
check_name(Check *check)
{
    const IkeTrust *trust = check->trust;
    char address[NET_ADDRESS_TEXT_SIZE];
    gboolean fits;

    if (trust->pinned_sha256 != NULL)
        return check_pin(check);
    if (trust->expected_dn != NULL) {
        fits = ike_dn_is_text(X509_get_subject_name(check->leaf), trust->expected_dn);
        return fits ? REASON_NONE : refuse_name(check, trust->expected_dn);
    }
    if (trust->expected_name != NULL) {
        fits = has_host_name(check->leaf, trust->expected_name, strlen(trust->expected_name), TRUE);
        return fits ? REASON_NONE : refuse_name(check, trust->expected_name);
    }
    if (net_address_is_set(&trust->expected_address)) {
        fits = X509_check_ip(check->leaf, trust->expected_address.octets,
                             trust->expected_address.length, 0) == 1;
        if (fits)
            return REASON_NONE;
        return refuse_name(check, net_address_format(&trust->expected_address, address));
    }
    if (trust->accepts_any_name)
        return REASON_NONE;
    return refuse(check, REASON_GATEWAY_CERT_REFUSED,
                  "the profile does not say who the gateway is");
}

static Reason
check_all(Check *check, GBytes *const *certificates, gsize count, const IkeId *id)
{
    Reason reason = check_read(check, certificates, count);

    if (reason == REASON_NONE)
        reason = check_key(check, check->leaf);
    if (reason == REASON_NONE)
        reason = check_path(check);
    if (reason == REASON_NONE)
        reason = check_issuers(check);
    if (reason == REASON_NONE)
        reason = check_usage(check);
    if (reason == REASON_NONE)
        reason = check_id(check, id);
    if (reason == REASON_NONE)
        reason = check_name(check);
    return reason;
}

Reason
ike_trust_check(const IkeTrust *trust, GBytes *const *certificates, gsize count, const IkeId *id,
                char **ret_detail)
{
    g_auto(Check) check = {.trust = trust};
    Reason reason = check_all(&check, certificates, count, id);

    *ret_detail = reason != REASON_NONE ? g_steal_pointer(&check.detail) : NULL;
    return reason;
}
