/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/field.h"

#include <string.h>

#define NAMED(section, key) section, key, section "." key
#define TEXT(section, key, fallback, words, check, ...)                                            \
    {                                                                                              \
        {NAMED(section, key), PROFILE_TYPE_TEXT, fallback, words, __VA_ARGS__}, 0, 0, check        \
    }
#define LINES(section, key, words, check, ...)                                                     \
    {                                                                                              \
        {NAMED(section, key), PROFILE_TYPE_LINES, NULL, words, __VA_ARGS__}, 0, 0, check           \
    }
#define CHOICE(section, key, fallback, words, ...)                                                 \
    {                                                                                              \
        {NAMED(section, key), PROFILE_TYPE_CHOICE, fallback, words, __VA_ARGS__}, 0, 0, NULL       \
    }
#define BOOLEAN(section, key, fallback, ...)                                                       \
    {                                                                                              \
        {NAMED(section, key), PROFILE_TYPE_BOOLEAN, fallback, "true, false", __VA_ARGS__}, 0, 0,   \
            NULL                                                                                   \
    }
#define NUMBER(section, key, fallback, min, max, check, ...)                                       \
    {                                                                                              \
        {NAMED(section, key), PROFILE_TYPE_NUMBER, fallback, #min " to " #max, __VA_ARGS__}, min,  \
            max, check                                                                             \
    }
#define LIST(section, key, fallback, words, check, ...)                                            \
    {                                                                                              \
        {NAMED(section, key), PROFILE_TYPE_LIST, fallback, words, __VA_ARGS__}, 0, 0, check        \
    }
#define SECRET(key, words, check, ...)                                                             \
    {                                                                                              \
        {NAMED("secrets", key), PROFILE_TYPE_SECRET, NULL, words, __VA_ARGS__}, 0, 0, check        \
    }

#define PHASE1_DEFAULT                                                                             \
    "aes256-sha256-modp2048;aes128-sha256-modp2048;aes256-sha1-modp2048;aes128-sha1-modp2048"
#define ESP_DEFAULT "aes256gcm16;aes128gcm16;aes256-sha256;aes128-sha256;aes256-sha1;aes128-sha1"

static const FieldRow rows[PROFILE_FIELD_COUNT] = {
    [PROFILE_CONNECTION_ID] =
        TEXT("connection", "id", NULL, "a short name", check_id,
             "The profile's name, as it is given to coatictl and shown to people."),
    [PROFILE_CONNECTION_UUID] =
        TEXT("connection", "uuid", NULL, "a UUID", check_uuid,
             "Stays the same when the profile is renamed. Made by the service when missing."),
    [PROFILE_CONNECTION_GATEWAY] = TEXT("connection", "gateway", NULL, "a host name or address",
                                        check_host, "The VPN gateway. Required."),
    [PROFILE_CONNECTION_BACKUP_GATEWAYS] =
        LIST("connection", "backup-gateways", NULL, "host names or addresses", check_host,
             "Tried in this order when the gateway does not answer. They must show the same "
             "identity."),
    [PROFILE_CONNECTION_METHOD] = CHOICE(
        "connection", "method", "hybrid-rsa", "hybrid-rsa, xauth-psk, xauth-rsa, rsa, psk",
        "How both sides authenticate. hybrid-rsa: the gateway by certificate, the user by login "
        "and password. xauth-psk: both by a group password, then the user by login and password; "
        "whoever knows the group password can pretend to be the gateway. xauth-rsa: both by "
        "certificate, then login and password. rsa and psk: without a login."),
    [PROFILE_CONNECTION_MODE] =
        CHOICE("connection", "mode", "aggressive", "aggressive, main",
               "Phase 1 exchange. Aggressive mode shows own-id to anyone on the way but is what "
               "gateways with group names need; main mode hides the identities."),
    [PROFILE_CONNECTION_AUTOCONNECT] =
        BOOLEAN("connection", "autoconnect", "false",
                "Connect when the service starts. Needs a stored password."),
    [PROFILE_CONNECTION_RECONNECT] = BOOLEAN(
        "connection", "reconnect", "true", "Connect again by itself when the connection is lost."),

    [PROFILE_IDENTITY_GATEWAY_ID] = TEXT(
        "identity", "gateway-id", NULL, "a name, an address, a DN, or any-of-ca", check_gateway_id,
        "Whom the gateway's certificate must name: a host name (subjectAltName, or the common name "
        "where there is none), an address (subjectAltName), or a distinguished name such as "
        "\"CN=vpn.example.org,O=Example\". any-of-ca accepts every certificate of the CA: right "
        "only for a CA that issues certificates to this gateway alone. Without this field and "
        "without a pin, the first connect shows the certificate and asks."),
    [PROFILE_IDENTITY_PINNED_SHA256] =
        TEXT("identity", "pinned-sha256", NULL, "64 hexadecimal digits", check_fingerprint,
             "SHA-256 of the one certificate that is accepted, on top of all other checks. Colons "
             "may stand between the digits."),
    [PROFILE_IDENTITY_CA] =
        LINES("identity", "ca", "PEM certificates", check_certificates,
              "Certificates of the authorities that may vouch for the gateway, by value. The "
              "system's authorities are never used."),
    [PROFILE_IDENTITY_CRL] = LINES("identity", "crl", "PEM revocation lists", check_crls,
                                   "Revocation lists of those authorities, by value."),
    [PROFILE_IDENTITY_REQUIRE_CRL] =
        BOOLEAN("identity", "require-crl", "false",
                "Refuse a gateway whose authority has no current revocation list here."),
    [PROFILE_IDENTITY_REQUIRE_ID_MATCH] = BOOLEAN(
        "identity", "require-id-match", "false",
        "Refuse a gateway whose IKE identity is not in its certificate too. Many gateways send "
        "their address there, so this is off; gateway-id is checked in any case."),
    [PROFILE_IDENTITY_OWN_ID] =
        TEXT("identity", "own-id", NULL, "a group name, name, address or DN", NULL,
             "The identity that this side sends in phase 1: with most gateways the group name."),
    [PROFILE_IDENTITY_OWN_ID_TYPE] = CHOICE(
        "identity", "own-id-type", "auto", "auto, address, fqdn, user-fqdn, key-id, dn",
        "Type of own-id. auto: the subject of the own certificate where there is one, key-id (the "
        "type of group names) where own-id is set, else the own address."),
    [PROFILE_IDENTITY_CERTIFICATE] =
        LINES("identity", "certificate", "PEM certificates", check_certificates,
              "The own certificate, then its intermediates, by value. For xauth-rsa and rsa."),

    [PROFILE_LOGIN_USER] =
        TEXT("login", "user", NULL, "a login", NULL, "The user's login. Asked for when missing."),
    [PROFILE_LOGIN_DOMAIN] = TEXT("login", "domain", NULL, "a domain", NULL,
                                  "Sent when the gateway asks for a domain with the login."),
    [PROFILE_LOGIN_SAVE_PASSWORD] =
        CHOICE("login", "save-password", "ask", "ask, never, always",
               "Whether a password is stored after the gateway has accepted it. ask: as the user "
               "says in the dialog. One-time codes are never stored."),

    [PROFILE_IKE_PROPOSALS] = LIST(
        "ike", "proposals", PHASE1_DEFAULT, "cipher-hash-group", check_ike_suite,
        "Phase 1 algorithms, best first. Ciphers: aes128, aes192, aes256, 3des. Hashes: sha256, "
        "sha384, sha512, sha1, md5. Groups: modp2048 to modp8192, ecp256, ecp384, ecp521, x25519, "
        "modp1536, modp1024, modp768. In aggressive mode all must have one group."),
    [PROFILE_IKE_ALLOW_WEAK] = BOOLEAN(
        "ike", "allow-weak", "false",
        "Allow the weak algorithms that this profile names in its proposals and pfs: 3des, md5, "
        "modp768, modp1024 (group 2) and modp1536; and gateway certificates with RSA keys of 1024 "
        "to 2047 bits. Nothing weak is ever offered without being named."),
    [PROFILE_IKE_LIFETIME] = NUMBER("ike", "lifetime", "28800", 300, 604800, NULL,
                                    "Lifetime of phase 1 that is offered, in seconds."),
    [PROFILE_IKE_FRAGMENTATION] =
        CHOICE("ike", "fragmentation", "on", "on, force, off",
               "IKE fragmentation: on uses it when the gateway supports it, force also before the "
               "gateway has said so. Helps where routers drop large UDP packets."),
    [PROFILE_IKE_FRAGMENT_SIZE] =
        NUMBER("ike", "fragment-size", "0", 0, 1500, check_ike_fragment,
               "Largest IP packet of an IKE fragment in octets, 256 or more. 0: 576 with IPv4, "
               "1280 with IPv6."),
    [PROFILE_IKE_NAT_TRAVERSAL] =
        CHOICE("ike", "nat-traversal", "auto", "auto, force, off",
               "UDP encapsulation of ESP (RFC 3948): auto where a NAT is found, force always."),
    [PROFILE_IKE_KEEPALIVE] = NUMBER("ike", "keepalive", "20", 0, 3600, NULL,
                                     "Seconds between NAT keepalive packets. 0: none."),
    [PROFILE_IKE_DPD_DELAY] =
        NUMBER("ike", "dpd-delay", "20", 0, 3600, NULL,
               "Dead peer detection (RFC 3706): seconds without a packet from the gateway after "
               "which it is probed. 0: never, but the gateway's probes are answered."),
    [PROFILE_IKE_DPD_RETRY] = NUMBER("ike", "dpd-retry", "5", 1, 600, NULL,
                                     "Seconds between probes that are not answered."),
    [PROFILE_IKE_DPD_MAX_FAILURES] =
        NUMBER("ike", "dpd-max-failures", "5", 1, 100, NULL,
               "After so many unanswered probes the gateway counts as dead."),
    [PROFILE_IKE_TIMEOUT] =
        NUMBER("ike", "timeout", "30", 5, 600, NULL,
               "Seconds after which a gateway that does not answer is given up for this attempt."),
    [PROFILE_IKE_CONFIG_MODE] =
        CHOICE("ike", "config-mode", "pull", "pull, push, off",
               "Mode Config: pull asks the gateway for address, name servers and networks, push "
               "waits for them, off uses none."),
    [PROFILE_IKE_LOCAL_PORT] =
        NUMBER("ike", "local-port", "0", 0, 65535, NULL,
               "Own UDP port. 0: any. 500 for gateways that insist on it; no other IKE program can "
               "run beside it then."),
    [PROFILE_IKE_APPLICATION_VERSION] =
        TEXT("ike", "application-version", NULL, "one line", NULL,
             "Sent in Mode Config for gateways that admit known clients only."),

    [PROFILE_ESP_PROPOSALS] =
        LIST("esp", "proposals", ESP_DEFAULT, "cipher-integrity", check_esp_suite,
             "Phase 2 algorithms, best first: aes128gcm16, aes192gcm16, aes256gcm16, or a cipher "
             "of phase 1 with sha256, sha384, sha512, sha1 or md5."),
    [PROFILE_ESP_LIFETIME] = NUMBER("esp", "lifetime", "3600", 120, 604800, NULL,
                                    "Lifetime of phase 2 that is offered, in seconds."),
    [PROFILE_ESP_PFS] =
        TEXT("esp", "pfs", "auto", "auto, off, or a group", check_pfs,
             "Perfect forward secrecy of phase 2. auto: with the group of phase 1, or as the "
             "gateway says, and once the other way round when it refuses. A group (modp2048) asks "
             "for that one, off for none."),
    [PROFILE_ESP_FRAGMENT_SIZE] = NUMBER(
        "esp", "fragment-size", "0", 0, 9000, check_esp_fragment,
        "Inner packets longer than this many octets are fragmented before ESP, so that the "
        "packets on the way need not be; 256 or more. 552 passes nearly everywhere. 0: off."),
    [PROFILE_ESP_MTU] = NUMBER("esp", "mtu", "0", 0, 9000, check_mtu,
                               "MTU of the tunnel's interface, 576 or more. 0: from the path and "
                               "the algorithms."),
    [PROFILE_ESP_PLANE] =
        CHOICE("esp", "plane", "auto", "auto, kernel, userspace",
               "Who moves the packets. auto: userspace at present; status says whether the "
               "kernel could."),

    [PROFILE_NETWORK_ROUTES] =
        CHOICE("network", "routes", "gateway", "gateway, full, split",
               "What goes through the tunnel. gateway: the networks that the gateway names, "
               "everything when it names none. full: everything. split: never the default route, "
               "only the gateway's and remote-networks."),
    [PROFILE_NETWORK_REMOTE_NETWORKS] =
        LIST("network", "remote-networks", NULL, "prefixes such as 10.0.0.0/8", check_prefix,
             "Networks behind the gateway, instead of those that it names."),
    [PROFILE_NETWORK_EXCLUDE] = LIST("network", "exclude", NULL, "prefixes such as 192.168.0.0/16",
                                     check_prefix, "Networks that stay outside the tunnel."),
    [PROFILE_NETWORK_DNS] =
        LIST("network", "dns", "auto", "auto, off, or addresses", check_dns_item,
             "Name servers in the tunnel. auto: those of the gateway; off: none."),
    [PROFILE_NETWORK_DOMAINS] =
        LIST("network", "domains", NULL, "domains", check_domain,
             "Domains that are asked of the tunnel's name servers, besides the gateway's."),
    [PROFILE_NETWORK_DNS_WITHOUT_DOMAIN] =
        CHOICE("network", "dns-without-domain", "all", "all, ignore",
               "When not everything goes through the tunnel and the gateway names servers but no "
               "domain: all asks them for every name, ignore does not use them."),
    [PROFILE_NETWORK_LOCAL_NETWORK] =
        CHOICE("network", "local-network", "block", "allow, block",
               "Whether printers and others in the local network stay reachable when everything "
               "goes through the tunnel."),
    [PROFILE_NETWORK_IPV6] =
        CHOICE("network", "ipv6", "close", "close, leave",
               "When everything goes through a tunnel that has no IPv6: close refuses IPv6 so that "
               "nothing goes around the tunnel, leave lets it pass beside the tunnel."),
    [PROFILE_NETWORK_LOCKDOWN] = BOOLEAN(
        "network", "lockdown", "false",
        "With routes=full: nothing leaves this computer but through the tunnel, whatever routes "
        "say and whatever device a program asks for, until the connection is taken down; also "
        "while it is lost, and after it has failed for good (a first attempt that fails opens "
        "everything again). exclude and local-network are the exceptions. Does not survive a "
        "restart of the computer, and does nothing under NetworkManager."),

    [PROFILE_IMPORT_SOURCE] = TEXT("import", "source", NULL, "one line", NULL,
                                   "Format and file that the profile was imported from."),
    [PROFILE_IMPORT_NOTES] =
        LINES("import", "notes", "text", NULL, "What the import changed or could not keep."),

    [PROFILE_SECRETS_PASSWORD] = SECRET("password", "text", NULL, "The user's password."),
    [PROFILE_SECRETS_GROUP_PASSWORD] =
        SECRET("group-password", "text", NULL,
               "The pre-shared key that all users of the group have. For xauth-psk and psk."),
    [PROFILE_SECRETS_PRIVATE_KEY] =
        SECRET("private-key", "a PEM key", check_private_key,
               "The RSA key of identity.certificate, PKCS#8 or PKCS#1, not encrypted."),
};

const FieldRow *
field_row(ProfileField field)
{
    g_assert((guint)field < PROFILE_FIELD_COUNT);
    return &rows[field];
}

gboolean
field_is_secret(ProfileField field)
{
    return field_row(field)->info.type == PROFILE_TYPE_SECRET;
}

const ProfileFieldInfo *
profile_field_info(ProfileField field)
{
    return &field_row(field)->info;
}

gboolean
profile_field_find(const char *name, ProfileField *ret_field)
{
    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++)
        if (strcmp(rows[i].info.name, name) == 0) {
            *ret_field = (ProfileField)i;
            return TRUE;
        }
    return FALSE;
}

/* Levenshtein's distance of short texts. */
static guint
distance(const char *a, const char *b)
{
    gsize length = strlen(b);
    g_autofree guint *line = g_new(guint, length + 1);

    for (gsize j = 0; j <= length; j++)
        line[j] = j;
    for (gsize i = 0; a[i] != '\0'; i++) {
        guint diagonal = line[0]++;

        for (gsize j = 0; j < length; j++) {
            guint here = MIN(MIN(line[j], line[j + 1]) + 1, diagonal + (a[i] != b[j]));

            diagonal = line[j + 1];
            line[j + 1] = here;
        }
    }
    return line[length];
}

const char *
profile_field_suggest(const char *name)
{
    const char *key = strchr(name, '.') != NULL ? strchr(name, '.') + 1 : name;
    const char *best = NULL;
    guint best_distance = 5;

    if (strlen(name) > 64)
        return NULL;
    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        guint whole = distance(name, rows[i].info.name);
        /* The right key in the wrong section, or without one, is near too. */
        guint part = strlen(key) > 2 ? distance(key, rows[i].info.key) + 1 : G_MAXUINT;
        guint here = MIN(whole, part);

        if (here < best_distance) {
            best_distance = here;
            best = rows[i].info.name;
        }
    }
    return best;
}
