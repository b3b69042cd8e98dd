/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/conf.h"

#include <string.h>

enum { MAX_OCTETS = 1024 * 1024, MAX_GROUPS = 14, MAX_POOL = 1 << 20 };

G_DEFINE_QUARK(gateway - config - error - quark, gateway_config_error)

typedef enum {
    KIND_TEXT,
    KIND_NUMBER,
    KIND_FLAG,
    KIND_CHOICE,
    KIND_BITS, /* of the rows' places */
    KIND_ADDRESS,
    KIND_ADDRESSES,
    KIND_PREFIXES,
    KIND_TEXTS,
    KIND_PHASE1,
    KIND_ESP,
} Kind;

typedef struct {
    const char *section;
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
static const NameRow config_modes[] = {
    {IKE_CONFIG_PULL, "pull"}, {IKE_CONFIG_PUSH, "push"}, {0, NULL}};
static const NameRow sources[] = {{GATEWAY_LOGIN_USERS, "users"},
                                  {GATEWAY_LOGIN_SYSTEM, "system"},
                                  {GATEWAY_LOGIN_PAM, "pam"},
                                  {GATEWAY_LOGIN_RADIUS, "radius"},
                                  {0, NULL}};
static const NameRow when_full[] = {
    {GATEWAY_FULL_REPLACE, "replace"}, {GATEWAY_FULL_REFUSE, "refuse"}, {0, NULL}};

#define AT(member) G_STRUCT_OFFSET(GatewayConfig, member)

static const Row rows[] = {
    {"gateway", "listen", KIND_ADDRESS, AT(listen), 0, 0, NULL},
    {"gateway", "interface", KIND_TEXT, AT(interface), 1, 15, NULL},
    {"gateway", "identity", KIND_TEXT, AT(identity), 1, 255, NULL},
    {"gateway", "certificate", KIND_TEXT, AT(certificate_file), 1, 4095, NULL},
    {"gateway", "private-key", KIND_TEXT, AT(key_file), 1, 4095, NULL},
    {"gateway", "client-ca", KIND_TEXT, AT(client_ca_file), 1, 4095, NULL},
    {"gateway", "methods", KIND_BITS, AT(methods), 0, 0, gateway_methods},
    {"gateway", "modes", KIND_BITS, AT(modes), 0, 0, modes},
    {"ike", "proposals", KIND_PHASE1, AT(phase1), 0, 0, NULL},
    {"ike", "allow-weak", KIND_FLAG, AT(allows_weak), 0, 0, NULL},
    {"ike", "proposal-check", KIND_CHOICE, AT(proposal_check), 0, 0, checks},
    {"ike", "fragmentation", KIND_CHOICE, AT(fragmentation), 0, 0, fragmentations},
    {"ike", "mode-config", KIND_CHOICE, AT(config_mode), 0, 0, config_modes},
    {"ike", "lifetime", KIND_NUMBER, AT(phase1_lifetime_seconds), 120, 31536000, NULL},
    {"ike", "dpd-delay", KIND_NUMBER, AT(dpd_delay_seconds), 0, 3600, NULL},
    {"ike", "dpd-retry", KIND_NUMBER, AT(dpd_retry_seconds), 1, 600, NULL},
    {"ike", "dpd-max-failures", KIND_NUMBER, AT(dpd_max_failures), 1, 100, NULL},
    {"ike", "half-open", KIND_NUMBER, AT(half_open_seconds), 5, 600, NULL},
    {"esp", "proposals", KIND_ESP, AT(esp), 0, 0, NULL},
    {"esp", "pfs", KIND_TEXT, AT(pfs), 1, 20, NULL},
    {"esp", "lifetime", KIND_NUMBER, AT(esp_lifetime_seconds), 120, 31536000, NULL},
    {"esp", "fragment", KIND_NUMBER, AT(esp_fragment_octets), 0, 9000, NULL},
    {"esp", "mtu", KIND_NUMBER, AT(mtu_octets), 0, 9000, NULL},
    {"pool", "network4", KIND_ADDRESS, AT(network4), 0, 0, NULL},
    {"pool", "size", KIND_NUMBER, AT(pool_size), 1, MAX_POOL, NULL},
    {"pool", "netmask4", KIND_ADDRESS, AT(netmask4), 0, 0, NULL},
    {"settings", "dns", KIND_ADDRESSES, AT(dns), 0, 8, NULL},
    {"settings", "wins", KIND_ADDRESSES, AT(wins), 0, 8, NULL},
    {"settings", "domain", KIND_TEXT, AT(domain), 1, 253, NULL},
    {"settings", "split-dns", KIND_TEXTS, AT(split_dns), 0, 32, NULL},
    {"settings", "split-include", KIND_PREFIXES, AT(split_include), 0, 1024, NULL},
    {"settings", "split-exclude", KIND_PREFIXES, AT(split_exclude), 0, 1024, NULL},
    {"settings", "exclude-local-network", KIND_FLAG, AT(excludes_local_network), 0, 0, NULL},
    {"settings", "banner-file", KIND_TEXT, AT(banner_file), 1, 4095, NULL},
    {"settings", "save-password", KIND_FLAG, AT(may_save_password), 0, 0, NULL},
    {"settings", "backup-gateways", KIND_TEXTS, AT(backup_gateways), 0, 16, NULL},
    {"login", "source", KIND_CHOICE, AT(login_source), 0, 0, sources},
    {"login", "users-file", KIND_TEXT, AT(users_file), 1, 4095, NULL},
    {"login", "groups", KIND_TEXTS, AT(login_groups), 0, 64, NULL},
    {"login", "pam-service", KIND_TEXT, AT(pam_service), 1, 64, NULL},
    {"login", "radius-servers", KIND_ADDRESSES, AT(radius_servers), 0, 8, NULL},
    {"login", "radius-secret-file", KIND_TEXT, AT(radius_secret_file), 1, 4095, NULL},
    {"login", "sessions-per-user", KIND_NUMBER, AT(sessions_per_user), 1, 1000, NULL},
    {"login", "when-full", KIND_CHOICE, AT(when_full), 0, 0, when_full},
    {"login", "max-failures", KIND_NUMBER, AT(max_failures), 1, 1000, NULL},
    {"login", "ban-time", KIND_NUMBER, AT(ban_seconds), 0, 86400, NULL},
    {"forward", "enable", KIND_FLAG, AT(is_forwarding), 0, 0, NULL},
    {"forward", "nat", KIND_FLAG, AT(has_nat), 0, 0, NULL},
};

static void
free_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

static void
group_free(gpointer data)
{
    GatewayGroup *group = data;

    g_free(group->name);
    secret_free(group->password);
    g_free(group);
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
    config->pfs = g_strdup("auto");
    config->pool_size = 253;
    config->dns = g_array_new(FALSE, FALSE, sizeof(NetAddress));
    config->wins = g_array_new(FALSE, FALSE, sizeof(NetAddress));
    config->radius_servers = g_array_new(FALSE, FALSE, sizeof(NetAddress));
    config->split_include = g_array_new(FALSE, FALSE, sizeof(NetPrefix));
    config->split_exclude = g_array_new(FALSE, FALSE, sizeof(NetPrefix));
    config->split_dns = g_ptr_array_new_with_free_func(g_free);
    config->backup_gateways = g_ptr_array_new_with_free_func(g_free);
    config->login_groups = g_ptr_array_new_with_free_func(g_free);
    config->login_source = GATEWAY_LOGIN_SYSTEM;
    config->pam_service = g_strdup("coati");
    config->sessions_per_user = 1;
    config->max_failures = 8;
    config->ban_seconds = 300;
    config->is_forwarding = TRUE;
    config->groups = g_ptr_array_new_with_free_func(group_free);
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
        if (rows[i].kind == KIND_TEXT)
            g_free(G_STRUCT_MEMBER(char *, config, rows[i].offset));
    g_array_unref(config->phase1);
    g_array_unref(config->esp);
    g_array_unref(config->dns);
    g_array_unref(config->wins);
    g_array_unref(config->radius_servers);
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
    return TRUE;
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
take_value(GatewayConfig *config, const Row *row, const char *value, GError **error)
{
    gpointer at = G_STRUCT_MEMBER_P(config, row->offset);

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
    case KIND_BITS:
    case KIND_ADDRESSES:
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
    char *section;
    GatewayGroup *group; /* in a section [group NAME] */
    gboolean is_seen[G_N_ELEMENTS(rows)];
} Reading;

static gboolean
read_section(Reading *reading, const char *line, GError **error)
{
    gsize length = strlen(line);
    g_autofree char *name = NULL;

    if (length < 3 || line[length - 1] != ']')
        return invalid(error, "\"[\" without \"]\"");
    name = g_strndup(line + 1, length - 2);
    g_free(reading->section);
    reading->section = g_steal_pointer(&name);
    reading->group = NULL;
    if (g_str_has_prefix(reading->section, "group ")) {
        if (reading->config->groups->len >= MAX_GROUPS)
            return invalid(error, "more than %d groups", MAX_GROUPS);
        reading->group = g_new0(GatewayGroup, 1);
        reading->group->name = g_strstrip(g_strdup(reading->section + strlen("group ")));
        reading->group->key = GATEWAY_KEY_FIRST_GROUP + reading->config->groups->len;
        g_ptr_array_add(reading->config->groups, reading->group);
        return reading->group->name[0] != '\0' || invalid(error, "a group without a name");
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].section, reading->section) == 0)
            return TRUE;
    return invalid(error, "there is no section [%s]", reading->section);
}

static gboolean
read_group_key(Reading *reading, const char *key, const char *value, GError **error)
{
    if (strcmp(key, "password") != 0)
        return invalid(error, "a group has a password and nothing else, not \"%s\"", key);
    secret_free(reading->group->password);
    reading->group->password = secret_new_text(value);
    return value[0] != '\0' || invalid(error, "an empty group password");
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
    if (reading->group != NULL)
        return read_group_key(reading, line, value, error);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].section, reading->section) != 0 || strcmp(rows[i].key, line) != 0)
            continue;
        if (reading->is_seen[i])
            return invalid(error, "%s is here a second time; keep one", line);
        reading->is_seen[i] = TRUE;
        return take_value(reading->config, &rows[i], value, error);
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
    is_good = read_lines(&reading, (char *)secret_edit(copy), error);
    g_free(reading.section);
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
