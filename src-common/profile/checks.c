/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a value of a field may be. Each check names what is wrong and what would be right, in words
 * that fit behind "section.key: ".
 */
#include "base/names.h"
#include "profile/field.h"
#include "profile/pem.h"

#include <string.h>

const char *
check_id(const char *value)
{
    if (g_utf8_strlen(value, -1) > 64)
        return "a name has at most 64 characters";
    if (value[0] == '.' || value[0] == '-')
        return "a name does not begin with \".\" or \"-\"";
    if (strchr(value, '/') != NULL)
        return "a name has no \"/\"";
    return NULL;
}

const char *
check_uuid(const char *value)
{
    return g_uuid_string_is_valid(value) ? NULL : "not a UUID (36 characters with four hyphens)";
}

static gboolean
is_host_name(const char *value)
{
    g_autofree char *ascii = g_hostname_to_ascii(value);
    gsize label = 0;

    if (ascii == NULL || strlen(ascii) > 253)
        return FALSE;
    for (const char *at = ascii; *at != '\0'; at++) {
        if (*at == '.') {
            if (label == 0)
                return FALSE;
            label = 0;
        } else if (!(g_ascii_isalnum(*at) || *at == '_' || (*at == '-' && label > 0)) ||
                   ++label > 63) {
            return FALSE;
        }
    }
    return ascii[0] != '\0';
}

/* All digits and dots that is no address: a typing error, never a name. */
static gboolean
looks_like_address(const char *value)
{
    return strspn(value, "0123456789.") == strlen(value);
}

const char *
check_host(const char *value)
{
    NetAddress address;

    if (net_address_parse(value, &address))
        return net_address_is_special(&address) && address.octets[0] != 127 &&
                       address.octets[0] != 169 && address.octets[0] != 0xfe
                   ? "this address cannot be a gateway"
                   : NULL;
    if (strchr(value, ':') != NULL)
        return "a host name or address without a port; ports 500 and 4500 are used";
    if (looks_like_address(value) || !is_host_name(value))
        return "not a host name or address";
    return NULL;
}

const char *
check_domain(const char *value)
{
    return !looks_like_address(value) && is_host_name(value) ? NULL
                                                             : "not a domain such as example.org";
}

gboolean
field_is_dn(const char *value)
{
    const char *equals = strchr(value, '=');

    if (equals == NULL || equals == value)
        return FALSE;
    for (const char *at = value; at < equals; at++)
        if (!g_ascii_isalnum(*at) && *at != '.')
            return FALSE;
    return TRUE;
}

const char *
check_gateway_id(const char *value)
{
    NetAddress address;

    if (strcmp(value, "any-of-ca") == 0 || field_is_dn(value) || net_address_parse(value, &address))
        return NULL;
    if (looks_like_address(value) || !is_host_name(value))
        return "neither a host name, an address, a DN such as \"CN=vpn.example.org\" nor any-of-ca";
    return NULL;
}

const char *
check_fingerprint(const char *value)
{
    gsize digits = 0;

    for (; *value != '\0'; value++) {
        if (g_ascii_isxdigit(*value))
            digits++;
        else if (*value != ':' && *value != ' ')
            return "a fingerprint has hexadecimal digits and colons only";
    }
    return digits == 64 ? NULL : "a SHA-256 fingerprint has 64 hexadecimal digits";
}

static gboolean
has_der(const char *value, const char *label)
{
    g_autoptr(GPtrArray) blocks = pem_blocks(value, label);

    return blocks != NULL && blocks->len > 0;
}

const char *
check_certificates(const char *value)
{
    if (has_der(value, "CERTIFICATE"))
        return NULL;
    return "no certificate in PEM (\"-----BEGIN CERTIFICATE-----\"); give the text of the file, "
           "not its name (coatictl takes @FILE)";
}

const char *
check_crls(const char *value)
{
    return has_der(value, "X509 CRL") ? NULL
                                      : "no revocation list in PEM (\"-----BEGIN X509 CRL-----\")";
}

const char *
check_private_key(const char *value)
{
    if (strstr(value, "ENCRYPTED") != NULL)
        return "the key is encrypted; give it decrypted (openssl pkey -in FILE), it is stored for "
               "the service alone";
    if (has_der(value, "PRIVATE KEY") || has_der(value, "RSA PRIVATE KEY"))
        return NULL;
    return "no key in PEM (\"-----BEGIN PRIVATE KEY-----\")";
}

const char *
check_ike_suite(const char *value)
{
    SuitePhase1 suite;

    return suite_phase1_parse(value, &suite)
               ? NULL
               : "not cipher-hash-group such as aes256-sha256-modp2048";
}

const char *
check_esp_suite(const char *value)
{
    SuiteEsp suite;

    return suite_esp_parse(value, &suite) ? NULL : "not a suite such as aes256gcm16 or aes128-sha1";
}

const char *
check_pfs(const char *value)
{
    SuiteGroup group;

    if (strcmp(value, "auto") == 0 || strcmp(value, "off") == 0 || suite_group_parse(value, &group))
        return NULL;
    return "auto, off, or a group such as modp2048";
}

const char *
check_prefix(const char *value)
{
    NetPrefix prefix;

    return net_prefix_parse(value, &prefix) ? NULL : "not a prefix such as 10.0.0.0/8";
}

const char *
check_dns_item(const char *value)
{
    NetAddress address;

    if (strcmp(value, "auto") == 0 || strcmp(value, "off") == 0)
        return NULL;
    if (!net_address_parse(value, &address))
        return "auto, off, or addresses of name servers";
    return net_address_is_special(&address) ? "this address cannot be a name server in the tunnel"
                                            : NULL;
}

static const char *
check_zero_or_from(const char *value, guint64 minimum, const char *wrong)
{
    guint64 number = g_ascii_strtoull(value, NULL, 10);

    return number == 0 || number >= minimum ? NULL : wrong;
}

const char *
check_ike_fragment(const char *value)
{
    return check_zero_or_from(value, 256, "0, or 256 to 1500");
}

const char *
check_esp_fragment(const char *value)
{
    return check_zero_or_from(value, 256, "0, or 256 to 9000");
}

const char *
check_mtu(const char *value)
{
    return check_zero_or_from(value, 576, "0, or 576 to 9000");
}
