/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A configuration as a whole: do its parts go together, what do the files say that it names, and
 * what does it come to for the core.
 */
#include "gateway/conf-private.h"

#include "profile/pem.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
    MAX_FILE = 256 * 1024,
    EXPIRY_WARNING_DAYS = 30,
    MAX_PASSWORDS = 14, /* that coati-keys holds beside the private key */
};

#define DEFAULT_PHASE1                                                                             \
    "aes256-sha256-ecp256 aes256-sha256-modp2048 aes256-sha384-ecp384 aes256-sha1-modp2048 "       \
    "aes128-sha256-modp2048 aes128-sha1-modp2048"
#define DEFAULT_ESP "aes256gcm16 aes128gcm16 aes256-sha256 aes128-sha256 aes256-sha1 aes128-sha1"

gboolean
gateway_config_wrong(const GatewayConfig *config, GError **error, const char *format, ...)
{
    va_list arguments;
    g_autofree char *text = NULL;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, GATEWAY_CONFIG_ERROR, GATEWAY_CONFIG_INVALID, "%s: %s", config->origin,
                text);
    return FALSE;
}

G_GNUC_PRINTF(2, 3)
static void
warn(GatewayConfig *config, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(config->warnings, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

static gboolean
has_method(const GatewayConfig *config, IkeMethod method)
{
    for (guint i = 0; gateway_methods[i].name != NULL; i++)
        if (gateway_methods[i].value == (gint)method)
            return (config->methods & (1u << i)) != 0;
    return FALSE;
}

static gboolean
has_certificate_method(const GatewayConfig *config)
{
    return has_method(config, IKE_METHOD_HYBRID_RSA) || has_method(config, IKE_METHOD_XAUTH_RSA) ||
           has_method(config, IKE_METHOD_RSA);
}

static gboolean
has_client_certificates(const GatewayConfig *config)
{
    return has_method(config, IKE_METHOD_XAUTH_RSA) || has_method(config, IKE_METHOD_RSA);
}

/* --- files --- */

/* The text of a file of at most MAX_FILE octets. is_secret: others must not be able to read it. */
static Secret *
load(const GatewayConfig *config, const char *path, gboolean is_secret, GError **error)
{
    struct stat info;
    char *text = NULL;
    gsize length;
    Secret *secret;

    if (stat(path, &info) == 0 && is_secret && (info.st_mode & 077) != 0) {
        g_set_error(error, GATEWAY_CONFIG_ERROR, GATEWAY_CONFIG_FILE,
                    "%s: %s can be read by others; chmod 600 it", config->origin, path);
        return NULL;
    }
    if (!g_file_get_contents(path, &text, &length, error)) {
        g_prefix_error(error, "%s: ", config->origin);
        return NULL;
    }
    secret = length <= MAX_FILE ? secret_new(text, length) : NULL;
    explicit_bzero(text, length);
    g_free(text);
    if (secret == NULL)
        gateway_config_wrong(config, error, "%s is too large", path);
    return secret;
}

static gboolean
load_certificates(const GatewayConfig *config, const char *path, GPtrArray *ret_list,
                  GError **error)
{
    g_autoptr(Secret) text = load(config, path, FALSE, error);
    g_autoptr(GPtrArray) blocks = NULL;

    if (text == NULL)
        return FALSE;
    blocks = pem_blocks(secret_text(text), "CERTIFICATE");
    if (blocks == NULL || blocks->len == 0 || blocks->len > 8)
        return gateway_config_wrong(config, error, "%s has no certificate in PEM, or more than 8",
                                    path);
    for (guint i = 0; i < blocks->len; i++)
        g_ptr_array_add(ret_list, g_bytes_ref(blocks->pdata[i]));
    return TRUE;
}

static gboolean
load_key(GatewayConfig *config, GError **error)
{
    static const char *const labels[] = {"PRIVATE KEY", "RSA PRIVATE KEY"};
    g_autoptr(Secret) text = load(config, config->key_file, TRUE, error);

    if (text == NULL)
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(labels) && config->key == NULL; i++) {
        g_autoptr(GPtrArray) blocks = pem_blocks(secret_text(text), labels[i]);
        gsize length;
        const void *data;

        if (blocks == NULL || blocks->len == 0)
            continue;
        data = g_bytes_get_data(blocks->pdata[0], &length);
        config->key = secret_new(data, length);
    }
    return config->key != NULL ||
           gateway_config_wrong(config, error, "%s has no private key in PEM without a password",
                                config->key_file);
}

static gboolean
look_at_certificate(GatewayConfig *config, GError **error)
{
    g_autoptr(IkeCertificateInfo) info = ike_certificate_info(config->chain->pdata[0]);
    gint64 now = time(NULL);

    if (info == NULL)
        return gateway_config_wrong(config, error, "%s: the first certificate cannot be parsed",
                                    config->certificate_file);
    if (info->not_after_unix_seconds < now)
        warn(config, "the certificate %s has expired", info->subject);
    else if (info->not_after_unix_seconds < now + EXPIRY_WARNING_DAYS * 86400)
        warn(config, "the certificate %s expires within %d days", info->subject,
             EXPIRY_WARNING_DAYS);
    if (info->names[0] == '\0')
        warn(config, "the certificate %s has no subjectAltName; many clients want one",
             info->subject);
    return TRUE;
}

static gboolean
load_files(GatewayConfig *config, GError **error)
{
    g_autoptr(Secret) banner = NULL;

    if (has_certificate_method(config) &&
        (!load_certificates(config, config->certificate_file, config->chain, error) ||
         !load_key(config, error) || !look_at_certificate(config, error)))
        return FALSE;
    if (has_client_certificates(config) &&
        !load_certificates(config, config->client_ca_file, config->client_anchors, error))
        return FALSE;
    if (config->banner_file == NULL)
        return TRUE;
    banner = load(config, config->banner_file, FALSE, error);
    if (banner != NULL)
        config->banner = name_clean(secret_text(banner), strlen(secret_text(banner)), 4096, TRUE);
    return banner != NULL;
}

/* --- do the parts go together? --- */

static gboolean
check_methods(const GatewayConfig *config, GError **error)
{
    if (config->methods == 0 || config->modes == 0)
        return gateway_config_wrong(config, error,
                                    "[gateway] methods and modes must name one at least");
    if (has_certificate_method(config) &&
        (config->certificate_file == NULL || config->key_file == NULL))
        return gateway_config_wrong(
            config, error, "[gateway] methods with RSA need certificate= and private-key=");
    if (has_client_certificates(config) && config->client_ca_file == NULL)
        return gateway_config_wrong(config, error, "[gateway] xauth-rsa and rsa need client-ca=");
    if (has_method(config, IKE_METHOD_XAUTH_PSK) && config->groups->len == 0)
        return gateway_config_wrong(config, error,
                                    "[gateway] xauth-psk needs a section [group NAME]");
    return TRUE;
}

/* coati-keys holds the passwords of those groups that have one. */
static gboolean
number_groups(const GatewayConfig *config, GError **error)
{
    guint count = 0;

    for (guint i = 0; i < config->groups->len; i++) {
        GatewayGroup *group = config->groups->pdata[i];

        if (group->password != NULL)
            group->key = GATEWAY_KEY_FIRST_GROUP + count++;
    }
    if (count > MAX_PASSWORDS)
        return gateway_config_wrong(config, error, "more than %d groups have a password",
                                    MAX_PASSWORDS);
    if (count == 0 && has_method(config, IKE_METHOD_XAUTH_PSK))
        return gateway_config_wrong(config, error, "[group %s] needs password=",
                                    ((GatewayGroup *)config->groups->pdata[0])->name);
    return TRUE;
}

static void
set_default_suites(GatewayConfig *config)
{
    g_auto(GStrv) phase1 = g_strsplit(DEFAULT_PHASE1, " ", -1);
    g_auto(GStrv) esp = g_strsplit(DEFAULT_ESP, " ", -1);
    gboolean has_phase1 = config->phase1->len > 0;
    gboolean has_esp = config->esp->len > 0;

    for (guint i = 0; phase1[i] != NULL && !has_phase1; i++) {
        SuitePhase1 suite;

        g_assert(suite_phase1_parse(phase1[i], &suite));
        g_array_append_val(config->phase1, suite);
    }
    for (guint i = 0; esp[i] != NULL && !has_esp; i++) {
        SuiteEsp suite;

        g_assert(suite_esp_parse(esp[i], &suite));
        g_array_append_val(config->esp, suite);
    }
}

static gboolean
check_suites(const GatewayConfig *config, GError **error)
{
    char text[SUITE_TEXT_SIZE];

    for (guint i = 0; i < config->phase1->len && !config->allows_weak; i++) {
        const SuitePhase1 *suite = &g_array_index(config->phase1, SuitePhase1, i);

        if (suite_phase1_is_weak(suite))
            return gateway_config_wrong(config, error,
                                        "[ike] %s is weak; allow-weak=true takes it all the same",
                                        suite_phase1_format(suite, text));
    }
    for (guint i = 0; i < config->esp->len && !config->allows_weak; i++) {
        const SuiteEsp *suite = &g_array_index(config->esp, SuiteEsp, i);

        if (suite_esp_is_weak(suite))
            return gateway_config_wrong(
                config, error, "[esp] %s is weak; allow-weak=true in [ike] takes it all the same",
                suite_esp_format(suite, text));
    }
    return TRUE;
}

/* coati-login reads it, and may be the only one who can: what can be seen is looked at. */
static gboolean
check_secret_file(const GatewayConfig *config, GError **error)
{
    const char *path = config->radius_secret_file;
    struct stat status;

    if (path == NULL || (stat(path, &status) < 0 && errno == EACCES))
        return TRUE;
    if (stat(path, &status) < 0)
        return gateway_config_wrong(config, error, "radius-secret-file: %s: %s", path,
                                    g_strerror(errno));
    if (!S_ISREG(status.st_mode) || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return gateway_config_wrong(
            config, error,
            "radius-secret-file: %s can be read or written by others (mode %04o): chmod 0600 it",
            path, status.st_mode & 07777);
    return TRUE;
}

static gboolean
check_login(const GatewayConfig *config, GError **error)
{
    gboolean has_servers = config->login_source == GATEWAY_LOGIN_RADIUS ||
                           config->accounting_servers->len > 0 || config->radius_control->len > 0;

    if (config->login_source == GATEWAY_LOGIN_USERS && config->users_file == NULL)
        return gateway_config_wrong(config, error, "[login] source=users needs users-file=");
    if (config->login_source == GATEWAY_LOGIN_RADIUS && config->radius_servers->len == 0)
        return gateway_config_wrong(
            config, error, "[login] source=radius needs radius-servers= and radius-secret-file=");
    if (config->asks_chap && config->login_source != GATEWAY_LOGIN_RADIUS)
        return gateway_config_wrong(config, error, "[login] radius-chap=true needs source=radius");
    if (has_servers && config->radius_secret_file == NULL)
        return gateway_config_wrong(config, error,
                                    "[login] RADIUS servers need radius-secret-file=");
    if (config->accounting_servers->len > 0 && config->accounting_file != NULL)
        return gateway_config_wrong(config, error,
                                    "[accounting] either radius-servers= or file=, not both");
    return check_secret_file(config, error);
}

/* --- policies --- */

static IkeId
own_id(const GatewayConfig *config)
{
    IkeId id = {.type = IKE_ID_NONE};
    NetAddress address;

    if (config->identity == NULL)
        return id;
    if (net_address_parse(config->identity, &address)) {
        id.type = address.length == 16 ? IKE_ID_IPV6_ADDR : IKE_ID_IPV4_ADDR;
        id.data = g_bytes_new(address.octets, address.length);
    } else {
        id.type = strchr(config->identity, '@') != NULL ? IKE_ID_USER_FQDN : IKE_ID_FQDN;
        id.data = g_bytes_new(config->identity, strlen(config->identity));
    }
    return id;
}

static gboolean
set_pfs(const GatewayConfig *config, IkePolicy *policy, GError **error)
{
    policy->pfs = IKE_PFS_AUTO;
    if (strcmp(config->pfs, "auto") == 0)
        return TRUE;
    policy->pfs = IKE_PFS_OFF;
    if (strcmp(config->pfs, "off") == 0)
        return TRUE;
    policy->pfs = IKE_PFS_GROUP;
    return suite_group_parse(config->pfs, &policy->pfs_group) ||
           gateway_config_wrong(config, error,
                                "[esp] pfs=%s: neither auto, off nor a group such as modp2048",
                                config->pfs);
}

static void
set_certificates(const GatewayConfig *config, IkePolicy *policy)
{
    if (policy->method == IKE_METHOD_XAUTH_PSK)
        return;
    policy->own_key = GATEWAY_KEY_CERTIFICATE;
    for (guint i = 0; i < config->chain->len; i++)
        g_ptr_array_add(policy->own_chain, g_bytes_ref(config->chain->pdata[i]));
    if (policy->method == IKE_METHOD_HYBRID_RSA)
        return;
    for (guint i = 0; i < config->client_anchors->len; i++) {
        GBytes *name = ike_certificate_subject(config->client_anchors->pdata[i]);

        if (name != NULL)
            g_ptr_array_add(policy->ca_names, name);
    }
}

static IkePolicy *
add_policy(GatewayConfig *config, IkeMethod method)
{
    IkePolicy *policy = ike_policy_new();

    policy->method = method;
    policy->modes = (guint16)(((config->modes & 1) != 0 ? 1u << IKE_MODE_AGGRESSIVE : 0) |
                              ((config->modes & 2) != 0 ? 1u << IKE_MODE_MAIN : 0));
    policy->mode = (config->modes & 1) != 0 ? IKE_MODE_AGGRESSIVE : IKE_MODE_MAIN;
    g_array_append_vals(policy->phase1, config->phase1->data, config->phase1->len);
    g_array_append_vals(policy->esp, config->esp->data, config->esp->len);
    policy->proposal_check = (IkeProposalCheck)config->proposal_check;
    policy->phase1_lifetime_seconds = config->phase1_lifetime_seconds;
    policy->esp_lifetime_seconds = config->esp_lifetime_seconds;
    policy->esp_lifetime_kilobytes = config->esp_lifetime_kilobytes;
    policy->own_id = own_id(config);
    policy->fragmentation = (IkeFragmentation)config->fragmentation;
    policy->dpd_delay_seconds = (guint16)config->dpd_delay_seconds;
    policy->dpd_retry_seconds = (guint16)config->dpd_retry_seconds;
    policy->dpd_max_failures = (guint16)config->dpd_max_failures;
    policy->half_open_seconds = (guint16)config->half_open_seconds;
    policy->asks_chap = config->asks_chap;
    policy->config_mode = (IkeConfigMode)config->config_mode;
    policy->natt = (IkeNatt)config->nat_traversal;
    policy->keepalive_seconds = (guint16)config->keepalive_seconds;
    set_certificates(config, policy);
    g_ptr_array_add(config->policies, policy);
    return policy;
}

/* Clients send a group's name as a key ID (Cisco, vpnc), a host name or a user's. */
static gboolean
add_group(GatewayConfig *config, const GatewayGroup *group, GError **error)
{
    static const IkeIdType types[] = {IKE_ID_KEY_ID, IKE_ID_FQDN, IKE_ID_USER_FQDN};
    gboolean is_any = strcmp(group->name, "*") == 0;

    for (gsize i = 0; i < (is_any ? 1 : G_N_ELEMENTS(types)); i++) {
        IkePolicy *policy = add_policy(config, IKE_METHOD_XAUTH_PSK);

        policy->own_key = group->key;
        if (!is_any)
            policy->peer_id =
                (IkeId){.type = types[i], .data = g_bytes_new(group->name, strlen(group->name))};
        if (!set_pfs(config, policy, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
add_policies(GatewayConfig *config, GError **error)
{
    for (guint i = 0; gateway_methods[i].name != NULL; i++) {
        IkeMethod method = (IkeMethod)gateway_methods[i].value;

        if ((config->methods & (1u << i)) == 0)
            continue;
        if (method != IKE_METHOD_XAUTH_PSK) {
            if (!set_pfs(config, add_policy(config, method), error))
                return FALSE;
            continue;
        }
        for (guint j = 0; j < config->groups->len; j++)
            if (((GatewayGroup *)config->groups->pdata[j])->password != NULL &&
                !add_group(config, config->groups->pdata[j], error))
                return FALSE;
    }
    return TRUE;
}

gboolean
gateway_config_complete(GatewayConfig *config, GError **error)
{
    set_default_suites(config);
    return check_methods(config, error) && number_groups(config, error) &&
           check_suites(config, error) && gateway_config_check_pools(config, error) &&
           check_login(config, error) && load_files(config, error) && add_policies(config, error);
}

const GatewayGroup *
gateway_config_group(const GatewayConfig *config, const char *name)
{
    for (guint i = 0; i < config->groups->len; i++) {
        const GatewayGroup *group = config->groups->pdata[i];

        if (strcmp(group->name, name) == 0)
            return group;
    }
    return NULL;
}

gboolean
gateway_config_has_accounting(const GatewayConfig *config)
{
    return config->accounting_servers->len > 0 || config->accounting_file != NULL;
}

/* Unity PFS, as racoon says it: the number of the group, which is not 0 for clients that know only on
 * and off. With auto the gateway takes what comes and says nothing. */
static void
set_unity_pfs(const GatewayConfig *config, IkeSettings *settings)
{
    SuiteGroup group;

    settings->has_pfs = strcmp(config->pfs, "auto") != 0;
    if (settings->has_pfs && suite_group_parse(config->pfs, &group))
        settings->pfs = (guint16)group;
}

static void
copy_texts(GPtrArray *to, const GPtrArray *from)
{
    for (guint i = 0; i < from->len; i++)
        g_ptr_array_add(to, g_strdup(from->pdata[i]));
}

IkeSettings *
gateway_config_settings(const GatewayConfig *config)
{
    IkeSettings *settings = ike_settings_new();

    g_array_append_vals(settings->dns, config->dns->data, config->dns->len);
    g_array_append_vals(settings->wins, config->wins->data, config->wins->len);
    g_array_append_vals(settings->split_include, config->split_include->data,
                        config->split_include->len);
    g_array_append_vals(settings->split_exclude, config->split_exclude->data,
                        config->split_exclude->len);
    settings->excludes_local_network = config->excludes_local_network;
    settings->domain = g_strdup(config->domain);
    settings->banner = g_strdup(config->banner);
    settings->may_save_password = config->may_save_password;
    set_unity_pfs(config, settings);
    copy_texts(settings->split_dns, config->split_dns);
    copy_texts(settings->backup_gateways, config->backup_gateways);
    return settings;
}

static gboolean
has_same_groups(const GatewayConfig *a, const GatewayConfig *b)
{
    if (a->groups->len != b->groups->len)
        return FALSE;
    for (guint i = 0; i < a->groups->len; i++) {
        const GatewayGroup *one = a->groups->pdata[i];
        const GatewayGroup *two = b->groups->pdata[i];

        if (one->key != two->key ||
            (one->key != 0 &&
             (strcmp(one->name, two->name) != 0 || !secret_equal(one->password, two->password))))
            return FALSE;
    }
    return TRUE;
}

static gboolean
has_same_key(const GatewayConfig *a, const GatewayConfig *b)
{
    if (a->key == NULL || b->key == NULL)
        return a->key == b->key;
    return secret_equal(a->key, b->key);
}

char *
gateway_config_needs_restart(const GatewayConfig *running, const GatewayConfig *config)
{
    const char *what = NULL;

    if (!net_address_equal(&running->listen, &config->listen))
        what = "[gateway] listen";
    else if (strcmp(running->interface, config->interface) != 0)
        what = "[gateway] interface";
    else if (running->login_source != config->login_source)
        what = "[login] source";
    else if (!has_same_key(running, config))
        what = "the private key";
    else if (!has_same_groups(running, config))
        what = "group passwords";
    else if (!gateway_config_same_pools(running, config))
        what = "[pool] network4, network6, size and framed-networks";
    else if (running->esp_fragment_octets != config->esp_fragment_octets ||
             running->mtu_octets != config->mtu_octets)
        what = "[esp] fragment and mtu";
    else if (running->is_forwarding != config->is_forwarding || running->has_nat != config->has_nat)
        what = "[forward]";
    return what != NULL
               ? g_strdup_printf("%s: a change of %s needs a restart", config->origin, what)
               : NULL;
}
