/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/conf.h"

#include <string.h>

enum {
    MAX_OCTETS = 1024 * 1024,
    MAX_GROUPS = 256,
    MAX_USERS = 65536,
    MAX_POOLS = 64,
    MAX_POOL = 1 << 20,
};

G_DEFINE_QUARK(gateway - config - error - quark, gateway_config_error)

typedef enum {
    KIND_TEXT,
    KIND_NUMBER,
    KIND_FLAG,
    KIND_CHOICE,
    KIND_BITS, /* of the rows' places */
    KIND_ADDRESS,
    KIND_SECRET,
    KIND_ADDRESSES,
    KIND_ENDPOINTS,
    KIND_PREFIXES,
    KIND_TEXTS,
    KIND_PHASE1,
    KIND_ESP,
} Kind;

/* What a row's offset is of. */
typedef enum { BASE_CONFIG, BASE_POOL, BASE_GROUP, BASE_TERMS } Base;

typedef struct {
    Base base;
    const char *section; /* TERMS: of [group NAME] and [user NAME] */
    const char *key;
    Kind kind;
    gsize offset;
    guint32 least;
    guint32 most;
    const NameRow *names;
} Row;

const NameRow gateway_methods[] = {
    {IKE_METHOD_HYBRID_RSA, "hybrid-rsa"},
    {IKE_METHOD_XAUTH_RSA, "xauth-rsa"},
    {IKE_METHOD_RSA, "rsa"},
    {IKE_METHOD_XAUTH_PSK, "xauth-psk"},
    {0, NULL},
};

static const NameRow modes[] = {
    {IKE_MODE_AGGRESSIVE, "aggressive"}, {IKE_MODE_MAIN, "main"}, {0, NULL}};
static const NameRow checks[] = {{IKE_CHECK_OBEY, "obey"},
                                 {IKE_CHECK_CLAIM, "claim"},
                                 {IKE_CHECK_STRICT, "strict"},
                                 {IKE_CHECK_EXACT, "exact"},
                                 {0, NULL}};
static const NameRow fragmentations[] = {{IKE_FRAGMENTATION_ON, "on"},
                                         {IKE_FRAGMENTATION_FORCE, "force"},
                                         {IKE_FRAGMENTATION_OFF, "off"},
                                         {0, NULL}};
static const NameRow nat_traversals[] = {
    {IKE_NATT_AUTO, "auto"}, {IKE_NATT_FORCE, "force"}, {IKE_NATT_OFF, "off"}, {0, NULL}};
static const NameRow config_modes[] = {
    {IKE_CONFIG_PULL, "pull"}, {IKE_CONFIG_PUSH, "push"}, {0, NULL}};
static const NameRow sources[] = {{GATEWAY_LOGIN_USERS, "users"},
                                  {GATEWAY_LOGIN_SYSTEM, "system"},
                                  {GATEWAY_LOGIN_PAM, "pam"},
                                  {GATEWAY_LOGIN_RADIUS, "radius"},
                                  {0, NULL}};
static const NameRow when_full[] = {{GATEWAY_FULL_REPLACE, "replace"},
                                    {GATEWAY_FULL_REFUSE, "refuse"},
                                    {GATEWAY_FULL_ALLOW, "allow"},
                                    {0, NULL}};

static const NameRow planes[] = {{GATEWAY_PLANE_AUTO, "auto"},
                                 {GATEWAY_PLANE_KERNEL, "kernel"},
                                 {GATEWAY_PLANE_USERSPACE, "userspace"},
                                 {0, NULL}};

#define TERMS "group or user"
#define AT(member) G_STRUCT_OFFSET(GatewayConfig, member)
#define IN_POOL(member) G_STRUCT_OFFSET(GatewayPool, member)
#define IN_TERMS(member) G_STRUCT_OFFSET(GatewayTerms, member)

static const Row rows[] = {
    {BASE_CONFIG, "gateway", "listen", KIND_ADDRESS, AT(listen), 0, 0, NULL},
    {BASE_CONFIG, "gateway", "interface", KIND_TEXT, AT(interface), 1, 15, NULL},
    {BASE_CONFIG, "gateway", "identity", KIND_TEXT, AT(identity), 1, 255, NULL},
    {BASE_CONFIG, "gateway", "certificate", KIND_TEXT, AT(certificate_file), 1, 4095, NULL},
    {BASE_CONFIG, "gateway", "private-key", KIND_TEXT, AT(key_file), 1, 4095, NULL},
    {BASE_CONFIG, "gateway", "client-ca", KIND_TEXT, AT(client_ca_file), 1, 4095, NULL},
    {BASE_CONFIG, "gateway", "ca", KIND_TEXT, AT(ca_file), 1, 4095, NULL},
    {BASE_CONFIG, "gateway", "address", KIND_TEXT, AT(address), 1, 253, NULL},
    {BASE_CONFIG, "gateway", "methods", KIND_BITS, AT(methods), 0, 0, gateway_methods},
    {BASE_CONFIG, "gateway", "modes", KIND_BITS, AT(modes), 0, 0, modes},
    {BASE_CONFIG, "ike", "proposals", KIND_PHASE1, AT(phase1), 0, 0, NULL},
    {BASE_CONFIG, "ike", "allow-weak", KIND_FLAG, AT(allows_weak), 0, 0, NULL},
    {BASE_CONFIG, "ike", "proposal-check", KIND_CHOICE, AT(proposal_check), 0, 0, checks},
    {BASE_CONFIG, "ike", "fragmentation", KIND_CHOICE, AT(fragmentation), 0, 0, fragmentations},
    {BASE_CONFIG, "ike", "mode-config", KIND_CHOICE, AT(config_mode), 0, 0, config_modes},
    {BASE_CONFIG, "ike", "nat-traversal", KIND_CHOICE, AT(nat_traversal), 0, 0, nat_traversals},
    {BASE_CONFIG, "ike", "keepalive", KIND_NUMBER, AT(keepalive_seconds), 0, 3600, NULL},
    {BASE_CONFIG, "ike", "lifetime", KIND_NUMBER, AT(phase1_lifetime_seconds), 120, 31536000, NULL},
    {BASE_CONFIG, "ike", "dpd-delay", KIND_NUMBER, AT(dpd_delay_seconds), 0, 3600, NULL},
    {BASE_CONFIG, "ike", "dpd-retry", KIND_NUMBER, AT(dpd_retry_seconds), 1, 600, NULL},
    {BASE_CONFIG, "ike", "dpd-max-failures", KIND_NUMBER, AT(dpd_max_failures), 1, 100, NULL},
    {BASE_CONFIG, "ike", "half-open", KIND_NUMBER, AT(half_open_seconds), 5, 600, NULL},
    {BASE_CONFIG, "esp", "proposals", KIND_ESP, AT(esp), 0, 0, NULL},
    {BASE_CONFIG, "esp", "pfs", KIND_TEXT, AT(pfs), 1, 20, NULL},
    {BASE_CONFIG, "esp", "lifetime", KIND_NUMBER, AT(esp_lifetime_seconds), 120, 31536000, NULL},
    {BASE_CONFIG, "esp", "lifetime-kilobytes", KIND_NUMBER, AT(esp_lifetime_kilobytes), 0,
     G_MAXUINT32, NULL},
    {BASE_CONFIG, "esp", "fragment", KIND_NUMBER, AT(esp_fragment_octets), 0, 9000, NULL},
    {BASE_CONFIG, "esp", "plane", KIND_CHOICE, AT(plane), 0, 0, planes},
    {BASE_CONFIG, "esp", "mtu", KIND_NUMBER, AT(mtu_octets), 0, 9000, NULL},
    {BASE_POOL, "pool", "network4", KIND_ADDRESS, IN_POOL(network4), 0, 0, NULL},
    {BASE_POOL, "pool", "size", KIND_NUMBER, IN_POOL(size), 1, MAX_POOL, NULL},
    {BASE_POOL, "pool", "netmask4", KIND_ADDRESS, IN_POOL(netmask4), 0, 0, NULL},
    {BASE_POOL, "pool", "network6", KIND_ADDRESS, IN_POOL(network6), 0, 0, NULL},
    {BASE_CONFIG, "pool", "framed-networks", KIND_PREFIXES, AT(framed_networks), 0, 64, NULL},
    {BASE_CONFIG, "settings", "dns", KIND_ADDRESSES, AT(dns), 0, 8, NULL},
    {BASE_CONFIG, "settings", "wins", KIND_ADDRESSES, AT(wins), 0, 8, NULL},
    {BASE_CONFIG, "settings", "domain", KIND_TEXT, AT(domain), 1, 253, NULL},
    {BASE_CONFIG, "settings", "split-dns", KIND_TEXTS, AT(split_dns), 0, 32, NULL},
    {BASE_CONFIG, "settings", "split-include", KIND_PREFIXES, AT(split_include), 0, 1024, NULL},
    {BASE_CONFIG, "settings", "split-exclude", KIND_PREFIXES, AT(split_exclude), 0, 1024, NULL},
    {BASE_CONFIG, "settings", "exclude-local-network", KIND_FLAG, AT(excludes_local_network), 0, 0,
     NULL},
    {BASE_CONFIG, "settings", "banner-file", KIND_TEXT, AT(banner_file), 1, 4095, NULL},
    {BASE_CONFIG, "settings", "save-password", KIND_FLAG, AT(may_save_password), 0, 0, NULL},
    {BASE_CONFIG, "settings", "backup-gateways", KIND_TEXTS, AT(backup_gateways), 0, 16, NULL},
    {BASE_CONFIG, "settings", "session-timeout", KIND_NUMBER, AT(session_timeout_seconds), 0,
     G_MAXINT32, NULL},
    {BASE_CONFIG, "settings", "idle-timeout", KIND_NUMBER, AT(idle_timeout_seconds), 0, G_MAXINT32,
     NULL},
    {BASE_CONFIG, "login", "source", KIND_CHOICE, AT(login_source), 0, 0, sources},
    {BASE_CONFIG, "login", "users-file", KIND_TEXT, AT(users_file), 1, 4095, NULL},
    {BASE_CONFIG, "login", "groups", KIND_TEXTS, AT(login_groups), 0, 64, NULL},
    {BASE_CONFIG, "login", "time-limit", KIND_NUMBER, AT(login_limit_seconds), 1, 300, NULL},
    {BASE_CONFIG, "login", "pam-service", KIND_TEXT, AT(pam_service), 1, 64, NULL},
    {BASE_CONFIG, "login", "radius-servers", KIND_ENDPOINTS, AT(radius_servers), 0, 8, NULL},
    {BASE_CONFIG, "login", "radius-secret-file", KIND_TEXT, AT(radius_secret_file), 1, 4095, NULL},
    {BASE_CONFIG, "login", "radius-chap", KIND_FLAG, AT(asks_chap), 0, 0, NULL},
    {BASE_CONFIG, "login", "radius-timeout", KIND_NUMBER, AT(radius_timeout_seconds), 1, 30, NULL},
    {BASE_CONFIG, "login", "radius-tries", KIND_NUMBER, AT(radius_tries), 1, 10, NULL},
    {BASE_CONFIG, "login", "radius-dead-time", KIND_NUMBER, AT(radius_dead_seconds), 1, 86400,
     NULL},
    {BASE_CONFIG, "login", "radius-old-servers", KIND_ADDRESSES, AT(radius_old_servers), 0, 8,
     NULL},
    {BASE_CONFIG, "login", "radius-control", KIND_ADDRESSES, AT(radius_control), 0, 8, NULL},
    {BASE_CONFIG, "login", "sessions-per-user", KIND_NUMBER, AT(sessions_per_user), 1, 1000, NULL},
    {BASE_CONFIG, "login", "when-full", KIND_CHOICE, AT(when_full), 0, 0, when_full},
    {BASE_CONFIG, "login", "max-failures", KIND_NUMBER, AT(max_failures), 1, 1000, NULL},
    {BASE_CONFIG, "login", "ban-time", KIND_NUMBER, AT(ban_seconds), 0, 86400, NULL},
    {BASE_CONFIG, "accounting", "radius-servers", KIND_ENDPOINTS, AT(accounting_servers), 0, 8,
     NULL},
    {BASE_CONFIG, "accounting", "file", KIND_TEXT, AT(accounting_file), 1, 4095, NULL},
    {BASE_CONFIG, "accounting", "interim", KIND_NUMBER, AT(interim_seconds), 0, 86400, NULL},
    {BASE_CONFIG, "forward", "enable", KIND_FLAG, AT(is_forwarding), 0, 0, NULL},
    {BASE_CONFIG, "forward", "nat", KIND_FLAG, AT(has_nat), 0, 0, NULL},
    {BASE_GROUP, "group", "password", KIND_SECRET, G_STRUCT_OFFSET(GatewayGroup, password), 0, 0,
     NULL},
    {BASE_TERMS, "user", "address4", KIND_ADDRESS, IN_TERMS(address4), 0, 0, NULL},
    {BASE_TERMS, "user", "address6", KIND_ADDRESS, IN_TERMS(address6), 0, 0, NULL},
    {BASE_TERMS, TERMS, "pool", KIND_TEXT, IN_TERMS(pool), 1, 64, NULL},
    {BASE_TERMS, TERMS, "dns", KIND_ADDRESSES, IN_TERMS(dns), 0, 8, NULL},
    {BASE_TERMS, TERMS, "wins", KIND_ADDRESSES, IN_TERMS(wins), 0, 8, NULL},
    {BASE_TERMS, TERMS, "domain", KIND_TEXT, IN_TERMS(domain), 1, 253, NULL},
    {BASE_TERMS, TERMS, "split-dns", KIND_TEXTS, IN_TERMS(split_dns), 0, 32, NULL},
    {BASE_TERMS, TERMS, "split-include", KIND_PREFIXES, IN_TERMS(split_include), 0, 1024, NULL},
    {BASE_TERMS, TERMS, "split-exclude", KIND_PREFIXES, IN_TERMS(split_exclude), 0, 1024, NULL},
    {BASE_TERMS, TERMS, "sessions-per-user", KIND_NUMBER, IN_TERMS(sessions_per_user), 1, 1000,
     NULL},
    {BASE_TERMS, TERMS, "session-timeout", KIND_NUMBER, IN_TERMS(session_timeout_seconds), 1,
     G_MAXINT32, NULL},
    {BASE_TERMS, TERMS, "idle-timeout", KIND_NUMBER, IN_TERMS(idle_timeout_seconds), 1, G_MAXINT32,
     NULL},
};

static void
free_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

static void
terms_open(GatewayTerms *terms)
{
    terms->dns = g_array_new(FALSE, FALSE, sizeof(NetAddress));
    terms->wins = g_array_new(FALSE, FALSE, sizeof(NetAddress));
    terms->split_dns = g_ptr_array_new_with_free_func(g_free);
    terms->split_include = g_array_new(FALSE, FALSE, sizeof(NetPrefix));
    terms->split_exclude = g_array_new(FALSE, FALSE, sizeof(NetPrefix));
}

static void
terms_close(GatewayTerms *terms)
{
    g_free(terms->pool);
    g_free(terms->domain);
    g_array_unref(terms->dns);
    g_array_unref(terms->wins);
    g_ptr_array_unref(terms->split_dns);
    g_array_unref(terms->split_include);
    g_array_unref(terms->split_exclude);
}

static void
group_free(gpointer data)
{
    GatewayGroup *group = data;

    g_free(group->name);
    secret_free(group->password);
    terms_close(&group->terms);
    g_free(group);
}

static void
user_free(gpointer data)
{
    GatewayUser *user = data;

    g_free(user->name);
    terms_close(&user->terms);
    g_free(user);
}

static void
pool_free(gpointer data)
{
    GatewayPool *pool = data;

    g_free(pool->name);
    g_free(pool);
}

static GatewayPool *
add_pool(GatewayConfig *config, const char *name)
{
    GatewayPool *pool = g_new0(GatewayPool, 1);

    pool->name = g_strdup(name);
    pool->size = 253;
    g_ptr_array_add(config->pools, pool);
    return pool;
}

static GatewayConfig *
config_new(const char *origin)
{
    GatewayConfig *config = g_new0(GatewayConfig, 1);

    config->ref_count = 1;
    config->origin = g_strdup(origin);
    config->interface = g_strdup("coati-gw");
    config->methods = 1;
    config->modes = 3;
    config->phase1 = g_array_new(FALSE, FALSE, sizeof(SuitePhase1));
    config->esp = g_array_new(FALSE, FALSE, sizeof(SuiteEsp));
    config->proposal_check = IKE_CHECK_OBEY;
    config->phase1_lifetime_seconds = config->esp_lifetime_seconds = 86400;
    config->dpd_delay_seconds = 30;
    config->dpd_retry_seconds = config->dpd_max_failures = 5;
    config->half_open_seconds = 30;
    config->keepalive_seconds = 20;
    config->pfs = g_strdup("auto");
    config->pools = g_ptr_array_new_with_free_func(pool_free);
    add_pool(config, "");
    config->framed_networks = g_array_new(FALSE, FALSE, sizeof(NetPrefix));
    config->dns = g_array_new(FALSE, FALSE, sizeof(NetAddress));
    config->wins = g_array_new(FALSE, FALSE, sizeof(NetAddress));
    config->radius_servers = g_array_new(FALSE, FALSE, sizeof(NetEndpoint));
    config->radius_timeout_seconds = 2;
    config->radius_tries = 3;
    config->radius_dead_seconds = 300;
    config->radius_old_servers = g_array_new(FALSE, FALSE, sizeof(NetAddress));
    config->radius_control = g_array_new(FALSE, FALSE, sizeof(NetAddress));
    config->accounting_servers = g_array_new(FALSE, FALSE, sizeof(NetEndpoint));
    config->interim_seconds = 300;
    config->split_include = g_array_new(FALSE, FALSE, sizeof(NetPrefix));
    config->split_exclude = g_array_new(FALSE, FALSE, sizeof(NetPrefix));
    config->split_dns = g_ptr_array_new_with_free_func(g_free);
    config->backup_gateways = g_ptr_array_new_with_free_func(g_free);
    config->login_groups = g_ptr_array_new_with_free_func(g_free);
    config->login_source = GATEWAY_LOGIN_SYSTEM;
    config->pam_service = g_strdup("coati");
    config->login_limit_seconds = 30;
    config->sessions_per_user = 1;
    config->max_failures = 8;
    config->ban_seconds = 300;
    config->is_forwarding = TRUE;
    config->groups = g_ptr_array_new_with_free_func(group_free);
    config->users = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, user_free);
    config->chain = g_ptr_array_new_with_free_func(free_bytes);
    config->client_anchors = g_ptr_array_new_with_free_func(free_bytes);
    config->policies = g_ptr_array_new_with_free_func((GDestroyNotify)ike_policy_unref);
    config->warnings = g_ptr_array_new_with_free_func(g_free);
    return config;
}

GatewayConfig *
gateway_config_ref(GatewayConfig *config)
{
    config->ref_count++;
    return config;
}

void
gateway_config_unref(GatewayConfig *config)
{
    if (config == NULL || --config->ref_count > 0)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].base == BASE_CONFIG && rows[i].kind == KIND_TEXT)
            g_free(G_STRUCT_MEMBER(char *, config, rows[i].offset));
    g_array_unref(config->phase1);
    g_array_unref(config->esp);
    g_array_unref(config->dns);
    g_array_unref(config->wins);
    g_array_unref(config->radius_servers);
    g_array_unref(config->radius_old_servers);
    g_array_unref(config->radius_control);
    g_array_unref(config->accounting_servers);
    g_array_unref(config->framed_networks);
    g_ptr_array_unref(config->pools);
    g_hash_table_unref(config->users);
    g_array_unref(config->split_include);
    g_array_unref(config->split_exclude);
    g_ptr_array_unref(config->split_dns);
    g_ptr_array_unref(config->backup_gateways);
    g_ptr_array_unref(config->login_groups);
    g_ptr_array_unref(config->groups);
    g_ptr_array_unref(config->chain);
    g_ptr_array_unref(config->client_anchors);
    g_ptr_array_unref(config->policies);
    g_ptr_array_unref(config->warnings);
    secret_free(config->key);
    g_free(config->banner);
    g_free(config->origin);
    g_free(config);
}

/* --- values --- */

G_GNUC_PRINTF(2, 3)
static gboolean
invalid(GError **error, const char *format, ...)
{
    va_list arguments;
    g_autofree char *text = NULL;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, GATEWAY_CONFIG_ERROR, GATEWAY_CONFIG_INVALID, text);
    return FALSE;
}

static gboolean
take_number(const Row *row, const char *value, guint32 *ret_number, GError **error)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned(value, 10, row->least, row->most, &number, NULL))
        return invalid(error, "%s=%s: not a number from %u to %u", row->key, value, row->least,
                       row->most);
    *ret_number = (guint32)number;
    return TRUE;
}

static gboolean
take_flag(const Row *row, const char *value, gboolean *ret_flag, GError **error)
{
    if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
        return invalid(error, "%s=%s: neither true nor false", row->key, value);
    *ret_flag = strcmp(value, "true") == 0;
    return TRUE;
}

static gboolean
take_choice(const Row *row, const char *value, gint *ret_choice, GError **error)
{
    g_autofree char *names = name_list(row->names);

    return name_find(row->names, value, ret_choice) ||
           invalid(error, "%s=%s: must be one of %s", row->key, value, names);
}

static gboolean
take_text(const Row *row, const char *value, char **ret_text, GError **error)
{
    g_autofree char *clean = name_clean(value, strlen(value), row->most + 1, FALSE);

    if (strlen(value) < row->least || strlen(value) > row->most || strcmp(clean, value) != 0)
        return invalid(error, "%s: must be %u to %u octets without control characters", row->key,
                       row->least, row->most);
    g_free(*ret_text);
    *ret_text = g_strdup(value);
    return TRUE;
}

static gboolean
take_address(const Row *row, const char *value, NetAddress *ret_address, GError **error)
{
    return net_address_parse(value, ret_address) ||
           invalid(error, "%s=%s: not an address", row->key, value);
}

static gboolean
take_secret(const Row *row, const char *value, Secret **ret_secret, GError **error)
{
    secret_free(*ret_secret);
    *ret_secret = secret_new_text(value);
    return value[0] != '\0' || invalid(error, "%s: is empty", row->key);
}

static gboolean
take_endpoint(const Row *row, const char *word, GArray *list, GError **error)
{
    NetEndpoint endpoint;

    if (!net_endpoint_parse(word, &endpoint))
        return invalid(error, "%s: \"%s\" is neither ADDRESS, ADDRESS:PORT nor [ADDRESS]:PORT",
                       row->key, word);
    g_array_append_val(list, endpoint);
    return list->len <= row->most || invalid(error, "%s: too many", row->key);
}

static gboolean
take_bit(const Row *row, const char *word, guint32 *bits, GError **error)
{
    g_autofree char *names = name_list(row->names);

    for (guint i = 0; row->names[i].name != NULL; i++)
        if (strcmp(row->names[i].name, word) == 0) {
            *bits |= 1u << i;
            return TRUE;
        }
    return invalid(error, "%s: \"%s\" must be one of %s", row->key, word, names);
}

static gboolean
take_prefix(const Row *row, const char *word, GArray *list, GError **error)
{
    NetPrefix prefix;

    if (!net_prefix_parse(word, &prefix))
        return invalid(error, "%s: \"%s\" is no network such as 10.1.0.0/16", row->key, word);
    g_array_append_val(list, prefix);
    return list->len <= row->most || invalid(error, "%s: too many", row->key);
}

static gboolean
take_phase1(const Row *row, const char *word, GArray *list, GError **error)
{
    SuitePhase1 suite;

    if (!suite_phase1_parse(word, &suite))
        return invalid(error, "%s: \"%s\" is no proposal such as aes256-sha256-modp2048", row->key,
                       word);
    g_array_append_val(list, suite);
    return TRUE;
}

static gboolean
take_esp(const Row *row, const char *word, GArray *list, GError **error)
{
    SuiteEsp suite;

    if (!suite_esp_parse(word, &suite))
        return invalid(error, "%s: \"%s\" is no proposal such as aes256gcm16 or aes128-sha1",
                       row->key, word);
    g_array_append_val(list, suite);
    return TRUE;
}

/* One word of a list; single values do not come here. */
static gboolean
take_word(const Row *row, const char *word, gpointer at, GError **error)
{
    NetAddress address;

    switch (row->kind) {
    case KIND_BITS:
        return take_bit(row, word, at, error);
    case KIND_ADDRESSES:
        if (!take_address(row, word, &address, error))
            return FALSE;
        g_array_append_val(*(GArray **)at, address);
        return (*(GArray **)at)->len <= row->most || invalid(error, "%s: too many", row->key);
    case KIND_ENDPOINTS:
        return take_endpoint(row, word, *(GArray **)at, error);
    case KIND_PREFIXES:
        return take_prefix(row, word, *(GArray **)at, error);
    case KIND_TEXTS:
        g_ptr_array_add(*(GPtrArray **)at, name_clean(word, strlen(word), 255, FALSE));
        return (*(GPtrArray **)at)->len <= row->most || invalid(error, "%s: too many", row->key);
    case KIND_PHASE1:
        return take_phase1(row, word, *(GArray **)at, error);
    case KIND_ESP:
        return take_esp(row, word, *(GArray **)at, error);
    case KIND_TEXT:
    case KIND_NUMBER:
    case KIND_FLAG:
    case KIND_CHOICE:
    case KIND_ADDRESS:
    case KIND_SECRET:
        break;
    }
    return FALSE;
}

static gboolean
take_words(const Row *row, const char *value, gpointer at, GError **error)
{
    g_auto(GStrv) words = g_strsplit_set(value, ";, \t", -1);

    if (row->kind == KIND_BITS)
        *(guint32 *)at = 0;
    for (guint i = 0; words[i] != NULL; i++)
        if (words[i][0] != '\0' && !take_word(row, words[i], at, error))
            return FALSE;
    return TRUE;
}

static gboolean
take_value(gpointer base, const Row *row, const char *value, GError **error)
{
    gpointer at = G_STRUCT_MEMBER_P(base, row->offset);

    switch (row->kind) {
    case KIND_TEXT:
        return take_text(row, value, at, error);
    case KIND_NUMBER:
        return take_number(row, value, at, error);
    case KIND_FLAG:
        return take_flag(row, value, at, error);
    case KIND_CHOICE:
        return take_choice(row, value, at, error);
    case KIND_ADDRESS:
        return take_address(row, value, at, error);
    case KIND_SECRET:
        return take_secret(row, value, at, error);
    case KIND_BITS:
    case KIND_ADDRESSES:
    case KIND_ENDPOINTS:
    case KIND_PREFIXES:
    case KIND_TEXTS:
    case KIND_PHASE1:
    case KIND_ESP:
        return take_words(row, value, at, error);
    }
    return FALSE;
}

/* --- lines --- */

typedef struct {
    GatewayConfig *config;
    char *section;    /* as it is written, without brackets; NULL before the first */
    const char *kind; /* the first word of it */
    GatewayPool *pool;
    GatewayGroup *group;
    GatewayTerms *terms;
    GHashTable *seen; /* "SECTION KEY" */
} Reading;

static gboolean
open_pool(Reading *reading, const char *name, GError **error)
{
    if (gateway_config_pool(reading->config, name) != NULL)
        return invalid(error, "[pool %s] is here a second time; keep one", name);
    if (reading->config->pools->len >= MAX_POOLS)
        return invalid(error, "more than %d pools", MAX_POOLS);
    /* It becomes part of a file's name. */
    if (name[strspn(name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-")] != '\0')
        return invalid(error, "the name of a pool has letters, digits, - and _ alone");
    reading->pool = add_pool(reading->config, name);
    return TRUE;
}

static gboolean
open_group(Reading *reading, const char *name, GError **error)
{
    GatewayGroup *group;

    if (gateway_config_group(reading->config, name) != NULL)
        return invalid(error, "[group %s] is here a second time; keep one", name);
    if (reading->config->groups->len >= MAX_GROUPS)
        return invalid(error, "more than %d groups", MAX_GROUPS);
    group = g_new0(GatewayGroup, 1);
    group->name = g_strdup(name);
    terms_open(&group->terms);
    g_ptr_array_add(reading->config->groups, group);
    reading->group = group;
    reading->terms = &group->terms;
    return TRUE;
}

static gboolean
open_user(Reading *reading, const char *name, GError **error)
{
    GHashTable *users = reading->config->users;
    GatewayUser *user;

    if (g_hash_table_contains(users, name))
        return invalid(error, "[user %s] is here a second time; keep one", name);
    if (g_hash_table_size(users) >= MAX_USERS)
        return invalid(error, "more than %d users", MAX_USERS);
    user = g_new0(GatewayUser, 1);
    user->name = g_strdup(name);
    terms_open(&user->terms);
    g_hash_table_insert(users, user->name, user);
    reading->terms = &user->terms;
    return TRUE;
}

/* Sections that there may be several of. */
static const struct {
    const char *kind;
    gboolean (*open)(Reading *reading, const char *name, GError **error);
} named[] = {{"pool", open_pool}, {"group", open_group}, {"user", open_user}};

static gboolean
open_named(Reading *reading, const char *name, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(named); i++) {
        gsize length = strlen(named[i].kind);

        if (!g_str_has_prefix(name, named[i].kind) || name[length] != ' ')
            continue;
        reading->kind = named[i].kind;
        name += length + strspn(name + length, " ");
        return name[0] != '\0' ? named[i].open(reading, name, error)
                               : invalid(error, "a %s without a name", named[i].kind);
    }
    return invalid(error, "there is no section [%s]", name);
}

static gboolean
read_section(Reading *reading, const char *line, GError **error)
{
    gsize length = strlen(line);
    char *name;

    if (length < 3 || line[length - 1] != ']')
        return invalid(error, "\"[\" without \"]\"");
    name = g_strstrip(g_strndup(line + 1, length - 2));
    g_free(reading->section);
    reading->section = name;
    reading->pool = reading->config->pools->pdata[0];
    reading->group = NULL;
    reading->terms = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].section, name) == 0 && rows[i].base <= BASE_POOL) {
            reading->kind = rows[i].section;
            return TRUE;
        }
    return open_named(reading, name, error);
}

static gboolean
is_of_section(const Reading *reading, const Row *row)
{
    return strcmp(row->section, reading->kind) == 0 ||
           (reading->terms != NULL && strcmp(row->section, TERMS) == 0);
}

/* NULL: not in this section. */
static gpointer
base_of(const Reading *reading, const Row *row)
{
    switch (row->base) {
    case BASE_CONFIG:
        /* What is of all pools stands in the first. */
        return strchr(reading->section, ' ') == NULL ? reading->config : NULL;
    case BASE_POOL:
        return reading->pool;
    case BASE_GROUP:
        return reading->group;
    case BASE_TERMS:
        return reading->terms;
    }
    return NULL;
}

static gboolean
read_key(Reading *reading, char *line, GError **error)
{
    char *value = strchr(line, '=');

    if (value == NULL)
        return invalid(error, "neither \"[section]\", \"key=value\" nor a comment");
    *value++ = '\0';
    g_strchomp(line);
    g_strchug(value);
    if (reading->section == NULL)
        return invalid(error, "a \"[section]\" must come before the first key");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!is_of_section(reading, &rows[i]) || strcmp(rows[i].key, line) != 0 ||
            base_of(reading, &rows[i]) == NULL)
            continue;
        if (!g_hash_table_add(reading->seen, g_strdup_printf("%s %s", reading->section, line)))
            return invalid(error, "%s is here a second time; keep one", line);
        return take_value(base_of(reading, &rows[i]), &rows[i], value, error);
    }
    return invalid(error, "there is no key \"%s\" in [%s]", line, reading->section);
}

static gboolean
read_line(Reading *reading, char *line, GError **error)
{
    g_strstrip(line);
    if (line[0] == '\0' || line[0] == '#')
        return TRUE;
    return line[0] == '[' ? read_section(reading, line, error) : read_key(reading, line, error);
}

static gboolean
read_lines(Reading *reading, char *text, GError **error)
{
    guint number = 0;

    while (text != NULL) {
        char *next = strchr(text, '\n');

        number++;
        if (next != NULL)
            *next++ = '\0';
        if (!read_line(reading, text, error)) {
            g_prefix_error(error, "%s:%u: ", reading->config->origin, number);
            return FALSE;
        }
        text = next;
    }
    return TRUE;
}

GatewayConfig *
gateway_config_parse(const char *text, gsize length, const char *origin, GError **error)
{
    g_autoptr(GatewayConfig) config = config_new(origin);
    Reading reading = {.config = config};
    g_autoptr(Secret) copy = NULL;
    gboolean is_good;

    if (length > MAX_OCTETS || memchr(text, '\0', length) != NULL ||
        !g_utf8_validate(text, (gssize)length, NULL)) {
        g_set_error(error, GATEWAY_CONFIG_ERROR, GATEWAY_CONFIG_SYNTAX,
                    "%s:1: this is not a text file in UTF-8", origin);
        return NULL;
    }
    copy = secret_new_zero(length + 1);
    memcpy(secret_edit(copy), text, length);
    reading.seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    is_good = read_lines(&reading, (char *)secret_edit(copy), error);
    g_free(reading.section);
    g_hash_table_unref(reading.seen);
    return is_good ? g_steal_pointer(&config) : NULL;
}

GatewayConfig *
gateway_config_read(const char *path, GError **error)
{
    g_autoptr(GatewayConfig) config = NULL;
    char *text = NULL;
    gsize length;

    if (!g_file_get_contents(path, &text, &length, error))
        return NULL;
    config = gateway_config_parse(text, length, path, error);
    explicit_bzero(text, length);
    g_free(text);
    if (config == NULL || !gateway_config_complete(config, error))
        return NULL;
    return g_steal_pointer(&config);
}
