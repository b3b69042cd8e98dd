/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Certificates are made here by OpenSSL; rows say what they look like and what must be said of
 * them.
 */
#include "ike/trust.h"
#include "support.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { NOW = 1800000000, DAY = 86400 };

typedef struct {
    EVP_PKEY *root;
    EVP_PKEY *intermediate;
    EVP_PKEY *gateway;
    EVP_PKEY *stranger;
    EVP_PKEY *weak;
} Keys;

static Keys keys;

/* Everything that a certificate may differ in; zeros are a good gateway below "CN=Root". */
typedef struct {
    const char *subject; /* CN */
    const char *issuer;  /* CN */
    EVP_PKEY *key;
    EVP_PKEY *issuer_key;
    const char *names; /* subjectAltName as openssl writes it; NULL = DNS:vpn.example.org */
    gboolean has_no_names;
    const char *usage;      /* keyUsage */
    const char *extended;   /* extendedKeyUsage */
    const char *constraint; /* basicConstraints */
    gint64 from_days;
    gint64 until_days;
    const EVP_MD *digest;
    glong serial;
} Look;

static void
add_extension(X509 *x509, int nid, const char *value)
{
    X509_EXTENSION *extension;

    if (value == NULL)
        return;
    extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    g_assert_nonnull(extension);
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
}

static void
set_name(X509_NAME *name, const char *common_name)
{
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const guint8 *)"Example", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const guint8 *)common_name, -1, -1, 0);
}

static X509 *
make_x509(const Look *look)
{
    X509 *x509 = X509_new();
    gint64 until = look->until_days != 0 ? look->until_days : 365;
    gint64 from = look->from_days != 0 ? look->from_days : -30;

    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), look->serial != 0 ? look->serial : 7);
    ASN1_TIME_set(X509_getm_notBefore(x509), NOW + from * DAY);
    ASN1_TIME_set(X509_getm_notAfter(x509), NOW + until * DAY);
    set_name(X509_get_subject_name(x509),
             look->subject != NULL ? look->subject : "vpn.example.org");
    set_name(X509_get_issuer_name(x509), look->issuer != NULL ? look->issuer : "Root");
    X509_set_pubkey(x509, look->key != NULL ? look->key : keys.gateway);
    add_extension(x509, NID_basic_constraints, look->constraint);
    add_extension(x509, NID_key_usage, look->usage);
    add_extension(x509, NID_ext_key_usage, look->extended);
    if (!look->has_no_names)
        add_extension(x509, NID_subject_alt_name,
                      look->names != NULL ? look->names : "DNS:vpn.example.org");
    return x509;
}

static GBytes *
sign_x509(X509 *x509, EVP_PKEY *key, const EVP_MD *digest)
{
    guint8 *der = NULL;
    int length;
    GBytes *bytes;

    g_assert_cmpint(X509_sign(x509, key, digest != NULL ? digest : EVP_sha256()), >, 0);
    length = i2d_X509(x509, &der);
    bytes = g_bytes_new(der, (gsize)length);
    OPENSSL_free(der);
    X509_free(x509);
    return bytes;
}

static GBytes *
make(const Look *look)
{
    return sign_x509(make_x509(look), look->issuer_key != NULL ? look->issuer_key : keys.root,
                     look->digest);
}

static GBytes *
make_root(void)
{
    return make(&(Look){.subject = "Root",
                        .key = keys.root,
                        .constraint = "critical,CA:TRUE",
                        .has_no_names = TRUE});
}

static GBytes *
make_intermediate(const char *constraint)
{
    return make(&(Look){.subject = "Intermediate",
                        .key = keys.intermediate,
                        .constraint = constraint,
                        .has_no_names = TRUE,
                        .serial = 9});
}

/* The profile of most tests: one root, one host name. */
static IkeTrust *
make_trust(GBytes *anchor)
{
    IkeTrust *trust = ike_trust_new();

    if (anchor != NULL)
        g_ptr_array_add(trust->anchors, g_bytes_ref(anchor));
    trust->expected_name = g_strdup("vpn.example.org");
    trust->now_unix_seconds = NOW;
    return trust;
}

static void
expect_with_id(const IkeTrust *trust, GBytes *const *certificates, gsize count, const IkeId *id,
               const char *token, const char *word)
{
    g_autofree char *detail = NULL;
    Reason reason = ike_trust_check(trust, certificates, count, id, &detail);

    if (strcmp(reason_token(reason), token) != 0)
        g_error("is %s (%s), wants %s", reason_token(reason), detail, token);
    g_assert_true((reason == REASON_NONE) == (detail == NULL));
    if (word != NULL && strstr(detail, word) == NULL)
        g_error("\"%s\" does not tell \"%s\"", detail, word);
}

static void
expect(const IkeTrust *trust, GBytes *const *certificates, gsize count, const char *token,
       const char *word)
{
    IkeId id = {.type = IKE_ID_NONE};

    expect_with_id(trust, certificates, count, &id, token, word);
}

static void
expect_look(const Look *look, const char *token, const char *word)
{
    g_autoptr(GBytes) root = make_root();
    g_autoptr(GBytes) leaf = make(look);
    g_autoptr(IkeTrust) trust = make_trust(root);

    expect(trust, &leaf, 1, token, word);
}

static void
test_good_gateway_is_trusted(void)
{
    expect_look(&(Look){.extended = "serverAuth"}, "none", NULL);
    expect_look(&(Look){.usage = "critical,digitalSignature,keyEncipherment"}, "none", NULL);
}

static void
test_no_certificate_is_missing(void)
{
    g_autoptr(GBytes) root = make_root();
    g_autoptr(IkeTrust) trust = make_trust(root);

    expect(trust, NULL, 0, "gateway-cert-missing", NULL);
}

static void
test_rubbish_is_untrusted(void)
{
    g_autoptr(GBytes) root = make_root();
    g_autoptr(IkeTrust) trust = make_trust(root);
    g_autoptr(GBytes) rubbish = g_bytes_new_static("no certificate", 14);
    g_autoptr(GBytes) leaf = make(&(Look){0});
    g_autoptr(GByteArray) longer = g_byte_array_new();
    g_autoptr(GBytes) tail = NULL;

    expect(trust, &rubbish, 1, "gateway-cert-untrusted", "cannot be read");
    g_byte_array_append(longer, g_bytes_get_data(leaf, NULL), (guint)g_bytes_get_size(leaf));
    g_byte_array_append(longer, (const guint8 *)"x", 1);
    tail = g_bytes_new(longer->data, longer->len);
    expect(trust, &tail, 1, "gateway-cert-untrusted", "cannot be read");
}

static void
test_wrong_ca_is_untrusted(void)
{
    /* The same name on the CA, another key. */
    expect_look(&(Look){.issuer_key = keys.stranger}, "gateway-cert-untrusted", NULL);
    expect_look(&(Look){.issuer = "Other", .issuer_key = keys.stranger}, "gateway-cert-untrusted",
                "Other");
    expect_look(&(Look){.issuer = "vpn.example.org", .issuer_key = keys.gateway},
                "gateway-cert-untrusted", "Root");
}

static void
test_profile_without_ca_trusts_nobody(void)
{
    g_autoptr(GBytes) leaf = make(&(Look){0});
    g_autoptr(IkeTrust) trust = make_trust(NULL);

    expect(trust, &leaf, 1, "gateway-cert-untrusted", NULL);
}

static void
test_sent_root_is_no_anchor(void)
{
    g_autoptr(GBytes) root = make_root();
    g_autoptr(GBytes) other = make(&(Look){.subject = "Other",
                                           .issuer = "Other",
                                           .key = keys.stranger,
                                           .issuer_key = keys.stranger,
                                           .constraint = "critical,CA:TRUE",
                                           .has_no_names = TRUE});
    g_autoptr(GBytes) leaf = make(&(Look){.issuer = "Other", .issuer_key = keys.stranger});
    GBytes *chain[] = {leaf, other};
    g_autoptr(IkeTrust) trust = make_trust(root);

    expect(trust, chain, 2, "gateway-cert-untrusted", NULL);
}

static void
test_dates_are_checked_with_the_time_given(void)
{
    expect_look(&(Look){.until_days = -1}, "gateway-cert-expired", "until");
    expect_look(&(Look){.from_days = 1}, "gateway-cert-not-yet-valid", "from");
}

static void
test_names_must_match(void)
{
    static const struct {
        const char *names;
        const char *token;
    } rows[] = {
        {"DNS:VPN.Example.ORG", "none"},
        {"DNS:mail.example.org,DNS:vpn.example.org", "none"},
        {"DNS:*.example.org", "none"},
        {"DNS:mail.example.org", "gateway-cert-name"},
        {"DNS:vpn.example.org.evil.net", "gateway-cert-name"},
        {"DNS:*.org", "gateway-cert-name"},
        {"DNS:*", "gateway-cert-name"},
        {"DNS:v*.example.org", "gateway-cert-name"},
        {"DNS:vpn.*.org", "gateway-cert-name"},
        {"DNS:*.vpn.example.org", "gateway-cert-name"},
        {"email:vpn.example.org@example.org", "none"}, /* no dNSName: the CN counts */
        {"URI:http://vpn.example.org", "none"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        expect_look(&(Look){.names = rows[i].names}, rows[i].token,
                    strcmp(rows[i].token, "none") != 0 ? "vpn.example.org" : NULL);
}

static void
test_common_name_counts_only_without_dns_names(void)
{
    expect_look(&(Look){.has_no_names = TRUE}, "none", NULL);
    expect_look(&(Look){.has_no_names = TRUE, .subject = "evil"}, "gateway-cert-name", "evil");
    expect_look(&(Look){.names = "DNS:other.example.org"}, "gateway-cert-name", NULL);
}

static void
test_nul_inside_a_name_ends_nothing(void)
{
    static const char text[] = "vpn.example.org\0.evil.net";
    X509 *x509 = make_x509(&(Look){.has_no_names = TRUE, .subject = "evil"});
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *string = ASN1_IA5STRING_new();
    g_autoptr(GBytes) root = make_root();
    g_autoptr(IkeTrust) trust = make_trust(root);
    g_autoptr(GBytes) leaf = NULL;

    ASN1_STRING_set(string, text, sizeof text - 1);
    GENERAL_NAME_set0_value(name, GEN_DNS, string);
    sk_GENERAL_NAME_push(names, name);
    X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0);
    GENERAL_NAMES_free(names);
    leaf = sign_x509(x509, keys.root, NULL);
    expect(trust, &leaf, 1, "gateway-cert-name", NULL);
}

static void
test_profile_name_cannot_be_a_pattern(void)
{
    static const char *const names[] = {"", ".", ".example.org", "*.example.org", "example.org"};
    g_autoptr(GBytes) root = make_root();
    g_autoptr(GBytes) leaf = make(&(Look){0});
    g_autoptr(IkeTrust) trust = make_trust(root);

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_free(trust->expected_name);
        trust->expected_name = g_strdup(names[i]);
        expect(trust, &leaf, 1, "gateway-cert-name", NULL);
    }
    g_free(trust->expected_name);
    trust->expected_name = g_strdup("vpn.example.org.");
    expect(trust, &leaf, 1, "none", NULL);
}

static void
test_address_must_match(void)
{
    g_autoptr(GBytes) root = make_root();
    g_autoptr(GBytes) leaf = make(&(Look){.names = "IP:192.0.2.1,IP:2001:db8::1"});
    g_autoptr(GBytes) named = make(&(Look){.names = "DNS:192.0.2.1"});
    g_autoptr(IkeTrust) trust = make_trust(root);

    g_clear_pointer(&trust->expected_name, g_free);
    g_assert_true(net_address_parse("192.0.2.1", &trust->expected_address));
    expect(trust, &leaf, 1, "none", NULL);
    expect(trust, &named, 1, "gateway-cert-name", "192.0.2.1");
    g_assert_true(net_address_parse("2001:db8::1", &trust->expected_address));
    expect(trust, &leaf, 1, "none", NULL);
    g_assert_true(net_address_parse("192.0.2.2", &trust->expected_address));
    expect(trust, &leaf, 1, "gateway-cert-name", "192.0.2.2");
}

static void
test_distinguished_name_must_match(void)
{
    static const struct {
        const char *dn;
        const char *token;
    } rows[] = {
        {"CN=vpn.example.org,O=Example", "none"},
        {"O=Example, CN=vpn.example.org", "none"},
        {"o=EXAMPLE, cn=VPN.example.org", "none"},
        {"CN=vpn\\2eexample.org,O=Example", "none"},
        {"CN=vpn.example.org", "gateway-cert-name"},
        {"CN=vpn.example.org,O=Example,C=DE", "gateway-cert-name"},
        {"CN=vpn.example.org+O=Example", "gateway-cert-name"},
        {"O=vpn.example.org,CN=Example", "gateway-cert-name"},
        {"nonsense", "gateway-cert-name"},
        {"", "gateway-cert-name"},
    };
    g_autoptr(GBytes) root = make_root();
    g_autoptr(GBytes) leaf = make(&(Look){0});
    g_autoptr(IkeTrust) trust = make_trust(root);

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_free(trust->expected_dn);
        trust->expected_dn = g_strdup(rows[i].dn);
        expect(trust, &leaf, 1, rows[i].token, NULL);
    }
}

static void
test_extended_usage_keeps_users_from_posing_as_gateway(void)
{
    static const struct {
        const char *usage;
        const char *gateway;
        const char *user;
    } rows[] = {
        {NULL, "none", "none"},
        {"clientAuth", "gateway-cert-usage", "none"},
        {"serverAuth", "none", "gateway-cert-usage"},
        {"clientAuth,serverAuth", "none", "none"},
        {"emailProtection", "gateway-cert-usage", "gateway-cert-usage"},
        {"clientAuth,emailProtection", "gateway-cert-usage", "none"},
        {"anyExtendedKeyUsage", "none", "none"},
        {"1.3.6.1.5.5.7.3.17", "none", "none"},
        {"1.3.6.1.5.5.8.2.2", "none", "none"},
        {"ipsecEndSystem", "none", "none"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) root = make_root();
        g_autoptr(GBytes) leaf = make(&(Look){.extended = rows[i].usage});
        g_autoptr(IkeTrust) trust = make_trust(root);

        expect(trust, &leaf, 1, rows[i].gateway, NULL);
        trust->is_peer_gateway = FALSE;
        expect(trust, &leaf, 1, rows[i].user, NULL);
    }
}

static void
test_key_usage_must_allow_signatures(void)
{
    expect_look(&(Look){.usage = "nonRepudiation"}, "none", NULL);
    expect_look(&(Look){.usage = "keyEncipherment"}, "gateway-cert-usage", "signatures");
}

static void
test_weak_keys_need_the_profile_to_say_so(void)
{
    g_autoptr(GBytes) root = make_root();
    g_autoptr(GBytes) leaf = make(&(Look){.key = keys.weak});
    g_autoptr(GBytes) sha1 = make(&(Look){.digest = EVP_sha1()});
    g_autoptr(GBytes) md5 = make(&(Look){.digest = EVP_md5()});
    g_autoptr(IkeTrust) trust = make_trust(root);

    expect(trust, &leaf, 1, "gateway-cert-weak", "1024");
    expect(trust, &sha1, 1, "gateway-cert-weak", "sha1");
    expect(trust, &md5, 1, "gateway-cert-weak", "md5");
    trust->accepts_weak_key = TRUE;
    expect(trust, &leaf, 1, "none", NULL);
    expect(trust, &sha1, 1, "none", NULL);
    expect(trust, &md5, 1, "gateway-cert-weak", "md5");
}

static void
test_authority_is_no_gateway(void)
{
    g_autoptr(GBytes) root = make_root();
    g_autoptr(GBytes) leaf = make(&(Look){.constraint = "critical,CA:TRUE"});
    g_autoptr(IkeTrust) trust = make_trust(root);

    expect(trust, &leaf, 1, "gateway-cert-usage", "authority");
}

static void
test_own_certificate_as_anchor_is_trusted(void)
{
    g_autoptr(GBytes) leaf = make(&(Look){
        .issuer = "vpn.example.org", .issuer_key = keys.gateway, .constraint = "critical,CA:TRUE"});
    g_autoptr(GBytes) issued = make(&(Look){0});
    g_autoptr(IkeTrust) trust = make_trust(leaf);
    g_autoptr(IkeTrust) partial = make_trust(issued);

    expect(trust, &leaf, 1, "none", NULL);
    expect(partial, &issued, 1, "none", NULL);
    expect(partial, &leaf, 1, "gateway-cert-untrusted", NULL);
}

static void
test_intermediate_must_be_sent_or_be_the_anchor(void)
{
    g_autoptr(GBytes) root = make_root();
    g_autoptr(GBytes) intermediate = make_intermediate("critical,CA:TRUE,pathlen:0");
    g_autoptr(GBytes) leaf =
        make(&(Look){.issuer = "Intermediate", .issuer_key = keys.intermediate});
    GBytes *chain[] = {leaf, intermediate};
    GBytes *noisy[] = {leaf, leaf, root, intermediate};
    g_autoptr(IkeTrust) trust = make_trust(root);
    g_autoptr(IkeTrust) partial = make_trust(intermediate);

    expect(trust, chain, 2, "none", NULL);
    expect(trust, noisy, 4, "none", NULL);
    expect(trust, &leaf, 1, "gateway-cert-untrusted", "Intermediate");
    expect(partial, &leaf, 1, "none", NULL);
}

static void
test_only_authorities_issue(void)
{
    static const char *const constraints[] = {"critical,CA:FALSE", NULL};

    for (gsize i = 0; i < G_N_ELEMENTS(constraints); i++) {
        g_autoptr(GBytes) root = make_root();
        g_autoptr(GBytes) between = make_intermediate(constraints[i]);
        g_autoptr(GBytes) leaf =
            make(&(Look){.issuer = "Intermediate", .issuer_key = keys.intermediate});
        GBytes *chain[] = {leaf, between};
        g_autoptr(IkeTrust) trust = make_trust(root);

        expect(trust, chain, 2, "gateway-cert-untrusted", NULL);
    }
}

static GBytes *
sha256_of(GBytes *bytes)
{
    guint8 digest[32];
    gsize length = sizeof digest;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);

    g_checksum_update(checksum, g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes));
    g_checksum_get_digest(checksum, digest, &length);
    return g_bytes_new(digest, length);
}

static void
test_pin_blocks_a_changed_certificate(void)
{
    g_autoptr(GBytes) root = make_root();
    g_autoptr(GBytes) leaf = make(&(Look){0});
    g_autoptr(GBytes) newer = make(&(Look){.serial = 8});
    g_autoptr(IkeTrust) trust = make_trust(root);

    trust->pinned_sha256 = sha256_of(leaf);
    expect(trust, &leaf, 1, "none", NULL);
    expect(trust, &newer, 1, "gateway-cert-changed", "fingerprint");
}

static void
test_pin_alone_needs_no_ca(void)
{
    g_autoptr(GBytes) leaf = make(&(Look){0});
    g_autoptr(GBytes) other = make(&(Look){.serial = 8});
    g_autoptr(GBytes) expired = make(&(Look){.until_days = -1});
    g_autoptr(IkeTrust) trust = make_trust(NULL);

    trust->pinned_sha256 = sha256_of(leaf);
    expect(trust, &leaf, 1, "none", NULL);
    expect(trust, &other, 1, "gateway-cert-changed", NULL);
    g_bytes_unref(trust->pinned_sha256);
    trust->pinned_sha256 = sha256_of(expired);
    expect(trust, &expired, 1, "gateway-cert-expired", NULL);
}

static void
test_profile_without_identity_asks_a_person(void)
{
    g_autoptr(GBytes) root = make_root();
    g_autoptr(GBytes) leaf = make(&(Look){0});
    g_autoptr(GBytes) bad = make(&(Look){.issuer_key = keys.stranger});
    g_autoptr(IkeTrust) trust = make_trust(root);

    g_clear_pointer(&trust->expected_name, g_free);
    expect(trust, &leaf, 1, "gateway-cert-refused", NULL);
    expect(trust, &bad, 1, "gateway-cert-untrusted", NULL);
    trust->accepts_any_name = TRUE;
    expect(trust, &leaf, 1, "none", NULL);
}

static void
test_id_payload_must_be_in_the_certificate_when_asked(void)
{
    static const struct {
        IkeIdType type;
        const char *data;
        const char *token;
    } rows[] = {
        {IKE_ID_FQDN, "vpn.example.org", "none"},
        {IKE_ID_FQDN, "VPN.example.org", "none"},
        {IKE_ID_FQDN, "mail.example.org", "gateway-cert-name"},
        {IKE_ID_FQDN, "a.wild.example.org", "gateway-cert-name"}, /* no wildcard for identities */
        {IKE_ID_USER_FQDN, "admin@example.org", "none"},
        {IKE_ID_USER_FQDN, "other@example.org", "gateway-cert-name"},
        {IKE_ID_IPV4_ADDR, "\300\000\002\001", "none"},
        {IKE_ID_IPV4_ADDR, "\300\000\002\002", "gateway-cert-name"},
        {IKE_ID_KEY_ID, "group", "none"},
        {IKE_ID_NONE, NULL, "none"},
        {IKE_ID_DER_ASN1_DN, "rubbish", "gateway-cert-name"},
    };
    g_autoptr(GBytes) root = make_root();
    g_autoptr(GBytes) leaf =
        make(&(Look){.names = "DNS:vpn.example.org,DNS:*.wild.example.org,email:admin@example.org,"
                              "IP:192.0.2.1"});
    g_autoptr(GBytes) subject = ike_certificate_subject(leaf);
    IkeId own = {.type = IKE_ID_DER_ASN1_DN, .data = subject};
    g_autoptr(IkeTrust) trust = make_trust(root);

    trust->requires_id_match = TRUE;
    expect_with_id(trust, &leaf, 1, &own, "none", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gsize length = rows[i].data == NULL               ? 0
                       : rows[i].type == IKE_ID_IPV4_ADDR ? 4
                                                          : strlen(rows[i].data);
        g_autoptr(GBytes) data = rows[i].data != NULL ? g_bytes_new(rows[i].data, length) : NULL;
        IkeId id = {.type = rows[i].type, .data = data};

        expect_with_id(trust, &leaf, 1, &id, rows[i].token, NULL);
    }
}

/* --- Revocation --- */

static GBytes *
make_crl(glong revoked_serial, gint64 until_days)
{
    X509_CRL *crl = X509_CRL_new();
    X509_NAME *issuer = X509_NAME_new();
    ASN1_TIME *time = ASN1_TIME_new();
    guint8 *der = NULL;
    int length;
    GBytes *bytes;

    X509_CRL_set_version(crl, 1);
    set_name(issuer, "Root");
    X509_CRL_set_issuer_name(crl, issuer);
    ASN1_TIME_set(time, NOW - 60 * DAY);
    X509_CRL_set1_lastUpdate(crl, time);
    ASN1_TIME_set(time, NOW + until_days * DAY);
    X509_CRL_set1_nextUpdate(crl, time);
    if (revoked_serial != 0) {
        X509_REVOKED *revoked = X509_REVOKED_new();
        ASN1_INTEGER *serial = ASN1_INTEGER_new();

        ASN1_INTEGER_set(serial, revoked_serial);
        X509_REVOKED_set_serialNumber(revoked, serial);
        ASN1_TIME_set(time, NOW - 50 * DAY);
        X509_REVOKED_set_revocationDate(revoked, time);
        X509_CRL_add0_revoked(crl, revoked);
        ASN1_INTEGER_free(serial);
    }
    X509_CRL_sign(crl, keys.root, EVP_sha256());
    length = i2d_X509_CRL(crl, &der);
    bytes = g_bytes_new(der, (gsize)length);
    OPENSSL_free(der);
    X509_CRL_free(crl);
    X509_NAME_free(issuer);
    ASN1_TIME_free(time);
    return bytes;
}

static void
expect_crl(GBytes *crl, gboolean is_required, const char *token)
{
    g_autoptr(GBytes) root = make_root();
    g_autoptr(GBytes) leaf = make(&(Look){0});
    g_autoptr(IkeTrust) trust = make_trust(root);

    trust->crls = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    if (crl != NULL)
        g_ptr_array_add(trust->crls, g_bytes_ref(crl));
    trust->is_crl_required = is_required;
    expect(trust, &leaf, 1, token, NULL);
}

static void
test_revoked_certificate_is_refused(void)
{
    g_autoptr(GBytes) clean = make_crl(0, 30);
    g_autoptr(GBytes) other = make_crl(99, 30);
    g_autoptr(GBytes) revoked = make_crl(7, 30);
    g_autoptr(GBytes) stale = make_crl(0, -1);
    g_autoptr(GBytes) stale_revoked = make_crl(7, -1);

    expect_crl(clean, TRUE, "none");
    expect_crl(other, TRUE, "none");
    expect_crl(revoked, FALSE, "gateway-cert-revoked");
    expect_crl(stale_revoked, FALSE, "gateway-cert-revoked");
    expect_crl(stale, FALSE, "none");
    expect_crl(stale, TRUE, "gateway-cert-untrusted");
    expect_crl(NULL, FALSE, "none");
    expect_crl(NULL, TRUE, "gateway-cert-untrusted");
}

static EVP_PKEY *
key_of(guint bits)
{
    EVP_PKEY *key = EVP_RSA_gen(bits);

    g_assert_nonnull(key);
    return key;
}

int
main(int argc, char **argv)
{
    gint result;

    g_test_init(&argc, &argv, NULL);
    keys = (Keys){key_of(2048), key_of(2048), key_of(2048), key_of(2048), key_of(1024)};
#define TEST(name) g_test_add_func("/trust/" #name, test_##name)
    TEST(good_gateway_is_trusted);
    TEST(no_certificate_is_missing);
    TEST(rubbish_is_untrusted);
    TEST(wrong_ca_is_untrusted);
    TEST(profile_without_ca_trusts_nobody);
    TEST(sent_root_is_no_anchor);
    TEST(dates_are_checked_with_the_time_given);
    TEST(names_must_match);
    TEST(common_name_counts_only_without_dns_names);
    TEST(nul_inside_a_name_ends_nothing);
    TEST(profile_name_cannot_be_a_pattern);
    TEST(address_must_match);
    TEST(distinguished_name_must_match);
    TEST(extended_usage_keeps_users_from_posing_as_gateway);
    TEST(key_usage_must_allow_signatures);
    TEST(weak_keys_need_the_profile_to_say_so);
    TEST(authority_is_no_gateway);
    TEST(own_certificate_as_anchor_is_trusted);
    TEST(intermediate_must_be_sent_or_be_the_anchor);
    TEST(only_authorities_issue);
    TEST(pin_blocks_a_changed_certificate);
    TEST(pin_alone_needs_no_ca);
    TEST(profile_without_identity_asks_a_person);
    TEST(id_payload_must_be_in_the_certificate_when_asked);
    TEST(revoked_certificate_is_refused);
    result = g_test_run();
    EVP_PKEY_free(keys.root);
    EVP_PKEY_free(keys.intermediate);
    EVP_PKEY_free(keys.gateway);
    EVP_PKEY_free(keys.stranger);
    EVP_PKEY_free(keys.weak);
    return result;
}
