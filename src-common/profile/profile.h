/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Profile: what a user or administrator wants of one VPN connection.
 *
 * One table (fields.c) has a row for each field: section, key, type, default, check and the text of
 * the manual page. A key file, a set of D-Bus values and a foreign format are three spellings of a
 * Profile. A Profile holds only values that passed the check of their row; what needs several
 * fields at once is profile_check(). Secrets live in section "secrets" and are Secret values.
 *
 * Errors are PROFILE_ERROR; their text names the field (and the line) and says what to do.
 */
#pragma once

#include "base/net.h"
#include "base/secret.h"
#include "base/suite.h"

#include <gio/gio.h>

typedef enum {
    PROFILE_CONNECTION_ID,
    PROFILE_CONNECTION_UUID,
    PROFILE_CONNECTION_GATEWAY,
    PROFILE_CONNECTION_BACKUP_GATEWAYS,
    PROFILE_CONNECTION_METHOD,
    PROFILE_CONNECTION_MODE,
    PROFILE_CONNECTION_AUTOCONNECT,
    PROFILE_CONNECTION_RECONNECT,
    PROFILE_IDENTITY_GATEWAY_ID,
    PROFILE_IDENTITY_PINNED_SHA256,
    PROFILE_IDENTITY_CA,
    PROFILE_IDENTITY_CRL,
    PROFILE_IDENTITY_REQUIRE_CRL,
    PROFILE_IDENTITY_REQUIRE_ID_MATCH,
    PROFILE_IDENTITY_OWN_ID,
    PROFILE_IDENTITY_OWN_ID_TYPE,
    PROFILE_IDENTITY_CERTIFICATE,
    PROFILE_LOGIN_USER,
    PROFILE_LOGIN_DOMAIN,
    PROFILE_LOGIN_SAVE_PASSWORD,
    PROFILE_IKE_PROPOSALS,
    PROFILE_IKE_ALLOW_WEAK,
    PROFILE_IKE_LIFETIME,
    PROFILE_IKE_FRAGMENTATION,
    PROFILE_IKE_FRAGMENT_SIZE,
    PROFILE_IKE_NAT_TRAVERSAL,
    PROFILE_IKE_KEEPALIVE,
    PROFILE_IKE_DPD_DELAY,
    PROFILE_IKE_DPD_RETRY,
    PROFILE_IKE_DPD_MAX_FAILURES,
    PROFILE_IKE_TIMEOUT,
    PROFILE_IKE_CONFIG_MODE,
    PROFILE_IKE_LOCAL_PORT,
    PROFILE_IKE_APPLICATION_VERSION,
    PROFILE_ESP_PROPOSALS,
    PROFILE_ESP_LIFETIME,
    PROFILE_ESP_PFS,
    PROFILE_ESP_FRAGMENT_SIZE,
    PROFILE_ESP_MTU,
    PROFILE_ESP_PLANE,
    PROFILE_NETWORK_ROUTES,
    PROFILE_NETWORK_REMOTE_NETWORKS,
    PROFILE_NETWORK_EXCLUDE,
    PROFILE_NETWORK_DNS,
    PROFILE_NETWORK_DOMAINS,
    PROFILE_NETWORK_DNS_WITHOUT_DOMAIN,
    PROFILE_NETWORK_LOCAL_NETWORK,
    PROFILE_NETWORK_IPV6,
    PROFILE_NETWORK_LOCKDOWN,
    PROFILE_IMPORT_SOURCE,
    PROFILE_IMPORT_NOTES,
    PROFILE_SECRETS_PASSWORD,
    PROFILE_SECRETS_GROUP_PASSWORD,
    PROFILE_SECRETS_PRIVATE_KEY,
    PROFILE_FIELD_COUNT,
} ProfileField;

typedef enum {
    PROFILE_TYPE_TEXT,    /* one line; D-Bus s */
    PROFILE_TYPE_LINES,   /* several lines: PEM, notes; D-Bus s */
    PROFILE_TYPE_CHOICE,  /* one word of a list; D-Bus s */
    PROFILE_TYPE_BOOLEAN, /* true or false; D-Bus b */
    PROFILE_TYPE_NUMBER,  /* D-Bus u */
    PROFILE_TYPE_LIST,    /* separated by ";", "," or blanks; D-Bus as */
    PROFILE_TYPE_SECRET,  /* D-Bus s or ay, towards the service only */
} ProfileType;

/* What profile_choice() returns, field by field; the words of the key file in lower case. */
typedef enum {
    PROFILE_METHOD_HYBRID_RSA,
    PROFILE_METHOD_XAUTH_PSK,
    PROFILE_METHOD_XAUTH_RSA,
    PROFILE_METHOD_RSA,
    PROFILE_METHOD_PSK,
} ProfileMethod;
typedef enum { PROFILE_MODE_AGGRESSIVE, PROFILE_MODE_MAIN } ProfileMode;
typedef enum {
    PROFILE_OWN_ID_AUTO, /* DN of the certificate, else key-id of own-id, else address */
    PROFILE_OWN_ID_ADDRESS,
    PROFILE_OWN_ID_FQDN,
    PROFILE_OWN_ID_USER_FQDN,
    PROFILE_OWN_ID_KEY_ID,
    PROFILE_OWN_ID_DN,
} ProfileOwnIdType;
typedef enum { PROFILE_SAVE_ASK, PROFILE_SAVE_NEVER, PROFILE_SAVE_ALWAYS } ProfileSavePassword;
typedef enum {
    PROFILE_FRAGMENTATION_ON,
    PROFILE_FRAGMENTATION_FORCE,
    PROFILE_FRAGMENTATION_OFF
} ProfileFragmentation;
typedef enum {
    PROFILE_NAT_TRAVERSAL_AUTO,
    PROFILE_NAT_TRAVERSAL_FORCE,
    PROFILE_NAT_TRAVERSAL_OFF
} ProfileNatTraversal;
typedef enum { PROFILE_CONFIG_PULL, PROFILE_CONFIG_PUSH, PROFILE_CONFIG_OFF } ProfileConfigMode;
typedef enum { PROFILE_PLANE_AUTO, PROFILE_PLANE_KERNEL, PROFILE_PLANE_USERSPACE } ProfilePlane;
typedef enum {
    PROFILE_ROUTES_GATEWAY, /* what the gateway names, everything when it names nothing */
    PROFILE_ROUTES_FULL,    /* everything */
    PROFILE_ROUTES_SPLIT,   /* never the default route */
} ProfileRoutes;
typedef enum { PROFILE_DNS_ALL, PROFILE_DNS_IGNORE } ProfileDnsWithoutDomain;
typedef enum { PROFILE_LOCAL_NETWORK_ALLOW, PROFILE_LOCAL_NETWORK_BLOCK } ProfileLocalNetwork;
typedef enum { PROFILE_IPV6_CLOSE, PROFILE_IPV6_LEAVE } ProfileIpv6;

typedef enum {
    PROFILE_ERROR_SYNTAX,        /* the key file itself */
    PROFILE_ERROR_UNKNOWN_FIELD, /* the text suggests the nearest */
    PROFILE_ERROR_INVALID_VALUE,
    PROFILE_ERROR_INCOMPLETE, /* profile_check() */
} ProfileError;
#define PROFILE_ERROR profile_error_quark()
GQuark profile_error_quark(void);

/* More than this many octets are not a profile. */
#define PROFILE_MAX_OCTETS (512 * 1024)

typedef struct Profile Profile;

/* Every field has its default. */
Profile *profile_new(void);
Profile *profile_dup(const Profile *profile);
/* Accepts NULL. */
void profile_free(Profile *profile);

/* TRUE when the field has a value of its own. */
gboolean profile_is_set(const Profile *profile, ProfileField field);
/* Typed access; the field must be of that type. Defaults show through. */
const char *profile_text(const Profile *profile,
                         ProfileField field); /* TEXT, LINES, CHOICE; NULL */
gint profile_choice(const Profile *profile, ProfileField field);
gboolean profile_boolean(const Profile *profile, ProfileField field);
guint32 profile_number(const Profile *profile, ProfileField field);
const char *const *profile_list(const Profile *profile, ProfileField field); /* never NULL */
const Secret *profile_secret(const Profile *profile, ProfileField field);    /* NULL when unset */
/* Any field but a secret as one text, as the key file spells it before escaping; to be freed. */
char *profile_format(const Profile *profile, ProfileField field);

/* text as in the key file; "" or NULL unsets. The error names the field and what would be right. */
gboolean profile_set(Profile *profile, ProfileField field, const char *text, GError **error);
void profile_unset(Profile *profile, ProfileField field);
gboolean profile_take_secret(Profile *profile, ProfileField field, Secret *secret, GError **error);

/* Whether this can be connected: gateway, and what its method needs; weak algorithms only with
 * ike.allow-weak; one group in aggressive mode. */
gboolean profile_check(const Profile *profile, GError **error);
/* As profile_check(), but the CA may be missing: enough to look at a gateway without login. */
gboolean profile_check_probe(const Profile *profile, GError **error);

/* Views of fields that have more inside than text. */
typedef enum {
    PROFILE_GATEWAY_ID_NONE, /* the certificate is shown at the first connect and pinned */
    PROFILE_GATEWAY_ID_NAME,
    PROFILE_GATEWAY_ID_ADDRESS,
    PROFILE_GATEWAY_ID_DN,
    PROFILE_GATEWAY_ID_ANY_OF_CA,
} ProfileGatewayIdType;
ProfileGatewayIdType profile_gateway_id_type(const Profile *profile);
/* 32 octets, or NULL when nothing is pinned. */
GBytes *profile_pinned_sha256(const Profile *profile);
/* SuitePhase1, SuiteEsp, NetPrefix: never empty for the suites. */
GArray *profile_ike_suites(const Profile *profile);
GArray *profile_esp_suites(const Profile *profile);
GArray *profile_prefixes(const Profile *profile, ProfileField field);
typedef enum { PROFILE_PFS_AUTO, PROFILE_PFS_OFF, PROFILE_PFS_GROUP } ProfilePfs;
ProfilePfs profile_pfs(const Profile *profile, SuiteGroup *ret_group);
typedef enum { PROFILE_DNS_AUTO, PROFILE_DNS_OFF, PROFILE_DNS_LIST } ProfileDns;
ProfileDns profile_dns(const Profile *profile); /* LIST: profile_list() has the addresses */
/* Each DER block between the PEM lines of a LINES field, in order: GBytes; never NULL. */
GPtrArray *profile_der(const Profile *profile, ProfileField field);
gboolean profile_has_xauth(const Profile *profile);
gboolean profile_needs_group_password(const Profile *profile);
gboolean profile_needs_certificate(const Profile *profile);
/* Names of what is weak in this profile, for people and for the gate: NULL-terminated, maybe empty. */
char **profile_weak(const Profile *profile);

/* Key file: GKeyFile's format. origin is the name for error texts; may be NULL. */
Profile *profile_parse(const char *data, gsize length, const char *origin, GError **error);
/* The fields that are set, in the table's order; with_secrets adds [secrets]. */
Secret *profile_write(const Profile *profile, gboolean with_secrets);

/* a{sv} with "section.key". Never secrets; fields that are set alone. Floating. */
GVariant *profile_to_settings(const Profile *profile);
/* The same with the secrets, towards the service alone. */
GVariant *profile_to_settings_with_secrets(const Profile *profile);
/* A new profile; secrets are taken when named. Text is understood for every type. */
Profile *profile_from_settings(GVariant *settings, GError **error);
/* Copies the secrets of old that profile has not got. */
void profile_keep_secrets(Profile *profile, const Profile *old);

/* The table, for manual pages, completion, editors and messages. */
typedef struct {
    const char *section;
    const char *key;
    const char *name; /* "section.key" */
    ProfileType type;
    const char *fallback; /* default in words of the key file, or NULL */
    const char *words; /* CHOICE: "a, b, c"; NUMBER: "0 to 65535"; else what a value looks like */
    const char *description;
} ProfileFieldInfo;
const ProfileFieldInfo *profile_field_info(ProfileField field);
gboolean profile_field_find(const char *name, ProfileField *ret_field);
/* The field's name nearest to name, or NULL when nothing is near. */
const char *profile_field_suggest(const char *name);
/* A profile with comments, as the manual page shows it. */
extern const char profile_example[];

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Profile, profile_free)
