/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every keyword of a racoon.conf that a gateway may have, and what becomes of it. */
#include "profile/gateway-map.h"

#include <stdlib.h>
#include <string.h>

/* --- rows of one word --- */

gboolean
gateway_map_value(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at,
                  GError **error)
{
    return conversion_set(conversion, row->section, row->key, at, at->words[1]);
}

static gboolean
map_list(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at, GError **error)
{
    for (char **word = at->words + 1; *word != NULL; word++)
        conversion_append(conversion, row->section, row->key, at, *word);
    return TRUE;
}

/* words: "theirs=ours theirs=ours"; "-": needs nothing. */
static gboolean
map_choice(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at, GError **error)
{
    g_auto(GStrv) pairs = g_strsplit(row->words, " ", -1);

    for (guint i = 0; pairs[i] != NULL; i++) {
        char *ours = strchr(pairs[i], '=');

        *ours++ = '\0';
        if (strcmp(pairs[i], at->words[1]) != 0)
            continue;
        return strcmp(ours, "-") == 0
                   ? conversion_already(conversion, at, "as it is here")
                   : conversion_set(conversion, row->section, row->key, at, ours);
    }
    return conversion_comment(conversion, row->section, at, "this value is not known here");
}

/* The service does it by itself; words say how. */
static gboolean
map_done(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at, GError **error)
{
    return conversion_already(conversion, at, row->words);
}

static gboolean
map_seconds(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at,
            GError **error)
{
    guint from = strcmp(at->words[1], "time") == 0 ? 2 : 1;
    g_autofree char *text = NULL;
    guint64 seconds;

    if (at->words[from] == NULL || strcmp(at->words[1], "byte") == 0)
        return conversion_comment(conversion, row->section, at,
                                  "the lifetime of phase 1 is in time");
    if (!racoon_seconds(at, from, &seconds, error))
        return FALSE;
    text = g_strdup_printf("%" G_GUINT64_FORMAT, seconds);
    return conversion_set(conversion, row->section, row->key, at, text);
}

static const struct {
    const char *unit;
    guint64 octets;
} volumes[] = {{"b", 1},
               {"byte", 1},
               {"bytes", 1},
               {"kb", 1 << 10},
               {"mb", 1 << 20},
               {"gb", 1 << 30},
               {"tb", (guint64)1 << 40}};

/* "lifetime byte NUMBER UNIT", which racoon had once; a zero means any amount. */
static gboolean
map_volume(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at)
{
    const char *unit = at->words[2] != NULL && at->words[3] != NULL ? at->words[3] : "byte";
    g_autofree char *text = NULL;
    guint64 number;

    if (at->words[2] != NULL &&
        g_ascii_string_to_unsigned(at->words[2], 10, 0, G_MAXUINT32, &number, NULL)) {
        for (gsize i = 0; i < G_N_ELEMENTS(volumes); i++) {
            if (g_ascii_strcasecmp(unit, volumes[i].unit) != 0)
                continue;
            number = MIN(number * volumes[i].octets / 1024, G_MAXUINT32);
            text = g_strdup_printf("%" G_GUINT64_FORMAT, number);
            return conversion_set(conversion, row->section, "lifetime-kilobytes", at, text);
        }
    }
    return conversion_comment(conversion, row->section, at, "this is no amount such as 100 MB");
}

static gboolean
map_life(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at, GError **error)
{
    return strcmp(at->words[1], "byte") == 0 ? map_volume(conversion, row, at)
                                             : map_seconds(conversion, row, at, error);
}

/* --- remote --- */

static char *
in_certificates(const Conversion *conversion, const char *file)
{
    return g_path_is_absolute(file) || conversion->certificate_dir == NULL
               ? g_strdup(file)
               : g_build_filename(conversion->certificate_dir, file, NULL);
}

static gboolean
map_modes(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at, GError **error)
{
    for (char **word = at->words + 1; *word != NULL; word++) {
        if (strcmp(*word, "base") == 0)
            conversion_warn(conversion, at,
                            "base mode does not exist here: its clients must use another");
        else
            conversion_append(conversion, SECTION_GATEWAY, "modes", at, *word);
    }
    return TRUE;
}

static gboolean
map_certificate(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at,
                GError **error)
{
    g_autofree char *certificate = NULL;
    g_autofree char *key = NULL;

    if (strcmp(at->words[1], "x509") != 0)
        return conversion_comment(conversion, SECTION_GATEWAY, at, "certificates are X.509 here");
    certificate = in_certificates(conversion, at->words[2]);
    key = in_certificates(conversion, at->words[3]);
    conversion_set(conversion, SECTION_GATEWAY, "certificate", at, certificate);
    return conversion_set(conversion, SECTION_GATEWAY, "private-key", at, key);
}

/* Whose certificates clients may have; the gateway's own is of the same CA as a rule. */
static gboolean
map_ca(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at, GError **error)
{
    g_autofree char *file = NULL;

    if (strcmp(at->words[1], "x509") != 0)
        return conversion_comment(conversion, SECTION_GATEWAY, at, "certificates are X.509 here");
    file = in_certificates(conversion, at->words[2]);
    conversion_set(conversion, SECTION_GATEWAY, "client-ca", at, file);
    return conversion_set(conversion, SECTION_GATEWAY, "ca", at, file);
}

static gboolean
map_identity(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at,
             GError **error)
{
    const char *type = at->words[1];
    const char *value = at->words[2];

    if (strcmp(type, "asn1dn") == 0 && value == NULL)
        return conversion_already(conversion, at, "the name of the certificate, as it is here");
    if (strcmp(type, "address") == 0 && value == NULL)
        return conversion_missing(conversion, SECTION_GATEWAY, "identity", at,
                                  "the address is not named");
    if (value != NULL && (strcmp(type, "address") == 0 || strcmp(type, "fqdn") == 0 ||
                          strcmp(type, "user_fqdn") == 0))
        return conversion_set(conversion, SECTION_GATEWAY, "identity", at, value);
    return conversion_comment(
        conversion, SECTION_GATEWAY, at,
        "a gateway is a host name, an address or user@host here; without identity it is "
        "the name of its certificate");
}

static gboolean
map_cipher(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at, GError **error)
{
    char **word = at->words + 1;

    conversion->cipher = racoon_cipher(&word);
    return conversion->cipher != NULL ||
           conversion_comment(conversion, SECTION_IKE, at, "this cipher is not supported");
}

static gboolean
map_hash(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at, GError **error)
{
    conversion->hash = racoon_hash(at->words[1]);
    return conversion->hash != NULL ||
           conversion_comment(conversion, SECTION_IKE, at, "this hash is not supported");
}

static gboolean
map_group(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at, GError **error)
{
    SuiteGroup group;

    if (!suite_group_parse(at->words[1], &group))
        return conversion_comment(conversion, row->section, at, "this group is not supported");
    conversion->group = suite_group_name(group);
    return TRUE;
}

static gboolean
map_method(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at, GError **error)
{
    static const char *const methods[][2] = {{"hybrid_rsa_server", "hybrid-rsa"},
                                             {"xauth_psk_server", "xauth-psk"},
                                             {"xauth_rsa_server", "xauth-rsa"},
                                             {"rsasig", "rsa"}};

    if (g_str_has_suffix(at->words[1], "_client")) {
        conversion->is_client = TRUE;
        return conversion_comment(conversion, SECTION_NONE, at,
                                  "the client's side of a connection: coatictl profile import");
    }
    for (guint i = 0; i < G_N_ELEMENTS(methods); i++)
        if (strcmp(at->words[1], methods[i][0]) == 0) {
            conversion->needs_groups |= i == 1;
            conversion->is_served = TRUE;
            return conversion_append(conversion, SECTION_GATEWAY, "methods", at, methods[i][1]);
        }
    return conversion_comment(
        conversion, SECTION_GATEWAY, at,
        "guests prove themselves by login or certificate; known are hybrid_rsa_server, "
        "xauth_psk_server, xauth_rsa_server and rsasig");
}

static const GatewayRow proposal_rows[] = {
    {"encryption_algorithm", 1, SECTION_IKE, map_cipher, NULL, NULL},
    {"hash_algorithm", 1, SECTION_IKE, map_hash, NULL, NULL},
    {"authentication_method", 1, SECTION_GATEWAY, map_method, NULL, NULL},
    {"dh_group", 1, SECTION_IKE, map_group, NULL, NULL},
    {"lifetime", 2, SECTION_IKE, map_seconds, "lifetime", NULL},
    {"gss_id", 0, SECTION_IKE, NULL, NULL, "GSSAPI is not supported"},
    {NULL, 0, SECTION_NONE, NULL, NULL, NULL},
};

static gboolean
map_proposal(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at,
             GError **error)
{
    g_autofree char *suite = NULL;
    SuitePhase1 parsed;

    conversion->cipher = conversion->hash = conversion->group = NULL;
    conversion->is_served = FALSE;
    if (!conversion_apply(conversion, proposal_rows, at->block, SECTION_IKE, error))
        return FALSE;
    if (!conversion->is_served)
        return TRUE;
    if (conversion->cipher == NULL || conversion->hash == NULL || conversion->group == NULL)
        return conversion_comment(conversion, SECTION_IKE, at,
                                  "left out: cipher, hash or dh_group is missing or not supported");
    suite = g_strdup_printf("%s-%s-%s", conversion->cipher, conversion->hash, conversion->group);
    conversion->is_weak |= suite_phase1_parse(suite, &parsed) && suite_phase1_is_weak(&parsed);
    return conversion_append(conversion, SECTION_IKE, "proposals", at, suite);
}

static gboolean
map_esp_frag(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at,
             GError **error)
{
    /* 65535, the largest IP packet, is racoon's word for "off". */
    if (strcmp(at->words[1], "65535") == 0)
        return conversion_already(conversion, at, "off, as it is here");
    return conversion_set(conversion, SECTION_ESP, "fragment", at, at->words[1]);
}

static gboolean
map_dpd(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at, GError **error)
{
    if (strcmp(at->words[1], "off") != 0)
        return conversion_already(conversion, at, "always answered");
    return conversion_set(conversion, SECTION_IKE, "dpd-delay", at, "0");
}

static gboolean
map_verify(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at, GError **error)
{
    if (strcmp(at->words[1], "off") != 0)
        return conversion_already(conversion, at, "certificates of clients are always checked");
    return conversion_warn(conversion, at,
                           "off is not possible: certificates of clients are always checked");
}

static gboolean
map_generate_policy(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at,
                    GError **error)
{
    return conversion_already(conversion, at,
                              "always, and bound to the address that a guest was given");
}

#define BY_ITSELF "the service does it by itself"
#define NOT_NEEDED "has no counterpart and needs none"

const GatewayRow gateway_remote_rows[] = {
    {"exchange_mode", 1, SECTION_GATEWAY, map_modes, "modes", NULL},
    {"my_identifier", 1, SECTION_GATEWAY, map_identity, NULL, NULL},
    {"certificate_type", 3, SECTION_GATEWAY, map_certificate, "certificate", NULL},
    {"ca_type", 2, SECTION_GATEWAY, map_ca, "client-ca", NULL},
    {"proposal", 0, SECTION_IKE, map_proposal, NULL, NULL},
    {"proposal_check", 1, SECTION_IKE, map_choice, "proposal-check",
     "obey=obey claim=claim strict=strict exact=exact"},
    {"generate_policy", 0, SECTION_ESP, map_generate_policy, NULL, NULL},
    {"nat_traversal", 1, SECTION_IKE, map_choice, "nat-traversal", "on=auto force=force off=off"},
    {"ike_frag", 1, SECTION_IKE, map_choice, "fragmentation", "on=on force=force off=off"},
    {"esp_frag", 1, SECTION_ESP, map_esp_frag, "fragment", NULL},
    {"lifetime", 2, SECTION_IKE, map_seconds, "lifetime", NULL},
    {"dpd", 1, SECTION_IKE, map_dpd, "dpd-delay", NULL},
    {"dpd_delay", 1, SECTION_IKE, gateway_map_value, "dpd-delay", NULL},
    {"dpd_retry", 1, SECTION_IKE, gateway_map_value, "dpd-retry", NULL},
    {"dpd_maxfail", 1, SECTION_IKE, gateway_map_value, "dpd-max-failures", NULL},
    {"verify_cert", 1, SECTION_GATEWAY, map_verify, NULL, NULL},
    {"passive", 0, SECTION_GATEWAY, map_done, NULL, "a gateway never starts phase 1"},
    {"mode_cfg", 0, SECTION_GATEWAY, map_done, NULL, "guests always get their settings"},
    {"rekey", 0, SECTION_IKE, map_done, NULL, "clients renew; the gateway waits for them"},
    {"initial_contact", 0, SECTION_IKE, map_done, NULL, BY_ITSELF},
    {"support_proxy", 0, SECTION_IKE, map_done, NULL, BY_ITSELF},
    {"send_cert", 0, SECTION_GATEWAY, map_done, NULL, BY_ITSELF},
    {"send_cr", 0, SECTION_GATEWAY, map_done, NULL, BY_ITSELF},
    {"doi", 0, SECTION_IKE, map_done, NULL, "there is only one"},
    {"situation", 0, SECTION_IKE, map_done, NULL, "there is only one"},
    {"weak_phase1_check", 0, SECTION_IKE, map_done, NULL,
     "messages without authentication are never obeyed"},
    {"remote_address", 0, SECTION_GATEWAY, NULL, NULL, "guests come from anywhere"},
    {"peers_identifier", 0, SECTION_GATEWAY, NULL, NULL,
     "guests are known by login or certificate; a group name is a section [group NAME]"},
    {"verify_identifier", 0, SECTION_GATEWAY, NULL, NULL,
     "guests are known by login or certificate"},
    {"peers_certfile", 0, SECTION_GATEWAY, NULL, NULL,
     "certificates of guests must be of a CA in client-ca; none is named alone"},
    {"match_empty_cr", 0, SECTION_GATEWAY, NULL, NULL, NOT_NEEDED},
    {"nonce_size", 0, SECTION_IKE, NULL, NULL, "nonces have their own size here"},
    {"xauth_login", 0, SECTION_LOGIN, NULL, NULL, "only a client needs it"},
    {"script", 0, SECTION_NONE, NULL, NULL,
     "there are no hooks: addresses, routes and accounting are the service's; "
     "\"coatictl gateway events -f --json\" tells programs what happens"},
    {"ph1id", 0, SECTION_NONE, NULL, NULL, "a guest has one phase 2 for its phase 1"},
    {"gss_id", 0, SECTION_NONE, NULL, NULL, "GSSAPI is not supported"},
    {"gssapi_id", 0, SECTION_NONE, NULL, NULL, "GSSAPI is not supported"},
    {NULL, 0, SECTION_NONE, NULL, NULL, NULL},
};

/* --- sainfo --- */

static gboolean
map_pfs(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at, GError **error)
{
    SuiteGroup group = SUITE_GROUP_NONE;
    const GatewayValue *check = conversion_find(conversion, SECTION_IKE, "proposal-check");

    if (!map_group(conversion, row, at, error) || !suite_group_parse(at->words[1], &group))
        return TRUE;
    conversion->is_weak |= suite_group_is_weak(group);
    if (check == NULL || check->text == NULL || strcmp(check->text->str, "obey") != 0)
        conversion_warn(
            conversion, at,
            "clients that come without this group in phase 2 are refused, as by racoon; pfs = auto "
            "takes what they do");
    return conversion_set(conversion, SECTION_ESP, "pfs", at, suite_group_name(group));
}

static gboolean
map_nothing(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at,
            GError **error)
{
    return TRUE;
}

static const GatewayRow sainfo_rows[] = {
    {"pfs_group", 1, SECTION_ESP, map_pfs, "pfs", NULL},
    {"lifetime", 2, SECTION_ESP, map_life, "lifetime", NULL},
    {"encryption_algorithm", 1, SECTION_ESP, map_nothing, NULL, NULL},
    {"authentication_algorithm", 1, SECTION_ESP, map_nothing, NULL, NULL},
    {"compression_algorithm", 0, SECTION_ESP, NULL, NULL,
     "compression is not supported; no client insists on it"},
    {"remoteid", 0, SECTION_ESP, NULL, NULL, "a guest has one phase 2 for its phase 1"},
    {"my_identifier", 0, SECTION_ESP, NULL, NULL, "not used in phase 2"},
    {NULL, 0, SECTION_NONE, NULL, NULL, NULL},
};

static void
read_algorithms(Conversion *conversion, const RacoonStatement *at, const char *keyword,
                GPtrArray *names)
{
    gboolean is_cipher = strcmp(keyword, "encryption_algorithm") == 0;

    if (strcmp(at->words[0], keyword) != 0)
        return;
    for (char **word = at->words + 1; *word != NULL;) {
        const char *shown = *word;
        const char *name = is_cipher ? racoon_cipher(&word) : racoon_hash(*word++);

        if (name != NULL)
            g_ptr_array_add(names, (char *)name);
        else
            import_note(conversion->import, IMPORT_NOTE_DROPPED, at->file, at->line,
                        "%s: \"%s\" is not supported", keyword, shown);
    }
}

static void
cross(Conversion *conversion, const RacoonStatement *sainfo, const GPtrArray *ciphers,
      const GPtrArray *hashes)
{
    for (guint i = 0; i < ciphers->len; i++)
        for (guint j = 0; j < hashes->len; j++) {
            g_autofree char *suite =
                g_strdup_printf("%s-%s", (char *)ciphers->pdata[i], (char *)hashes->pdata[j]);
            SuiteEsp parsed;

            conversion->is_weak |= suite_esp_parse(suite, &parsed) && suite_esp_is_weak(&parsed);
            conversion_append(conversion, SECTION_ESP, "proposals", sainfo, suite);
        }
}

/* "anonymous", or selectors and a group of users. */
static void
note_selectors(Conversion *conversion, const RacoonStatement *at)
{
    gboolean is_plain = g_strcmp0(at->words[1], "anonymous") == 0 &&
                        (at->words[2] == NULL || strcmp(at->words[2], "clientaddr") == 0 ||
                         strcmp(at->words[2], "anonymous") == 0) &&
                        (at->words[2] == NULL || at->words[3] == NULL);

    if (!is_plain)
        conversion_comment(
            conversion, SECTION_ESP, at,
            "guests reach what [settings] split-include names, from the address that they were "
            "given; groups of users are [login] groups");
}

gboolean
gateway_map_sainfo(Conversion *conversion, const RacoonStatement *at, GError **error)
{
    g_autoptr(GPtrArray) ciphers = g_ptr_array_new();
    g_autoptr(GPtrArray) hashes = g_ptr_array_new();

    note_selectors(conversion, at);
    if (!conversion_apply(conversion, sainfo_rows, at->block, SECTION_ESP, error))
        return FALSE;
    for (guint i = 0; at->block != NULL && i < at->block->len; i++) {
        read_algorithms(conversion, at->block->pdata[i], "encryption_algorithm", ciphers);
        read_algorithms(conversion, at->block->pdata[i], "authentication_algorithm", hashes);
    }
    cross(conversion, at, ciphers, hashes);
    return TRUE;
}

/* --- mode_cfg --- */

static gboolean
map_auth_source(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at,
                GError **error)
{
    if (strcmp(at->words[1], "ldap") != 0)
        return map_choice(conversion, row, at, error);
    conversion_set(conversion, SECTION_LOGIN, "source", at, "pam");
    return conversion_warn(
        conversion, at, "LDAP is asked by way of PAM: /etc/pam.d/coati with pam_sss or pam_ldap");
}

static gboolean
map_accounting(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at,
               GError **error)
{
    if (strcmp(at->words[1], "none") == 0)
        return conversion_already(conversion, at, "as it is here");
    if (strcmp(at->words[1], "radius") == 0)
        return conversion_find(conversion, SECTION_ACCOUNTING, "radius-servers") != NULL ||
               conversion_missing(conversion, SECTION_ACCOUNTING, "radius-servers", at,
                                  "the servers are named in radiuscfg or " GATEWAY_RADIUS_FILE);
    if (strcmp(at->words[1], "system") == 0)
        return conversion_set(conversion, SECTION_ACCOUNTING, "file", at,
                              "/var/lib/coati/gateway-accounting.json");
    return conversion_comment(conversion, SECTION_ACCOUNTING, at,
                              "sessions go to RADIUS servers or a file; PAM checks logins");
}

static gboolean
map_split_network(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at,
                  GError **error)
{
    const char *key = strcmp(at->words[1], "include") == 0 ? "split-include" : "split-exclude";

    for (char **word = at->words + 2; *word != NULL; word++)
        conversion_append(conversion, SECTION_SETTINGS, key, at, *word);
    return TRUE;
}

const GatewayRow gateway_mode_cfg_rows[] = {
    {"network4", 1, SECTION_POOL, gateway_map_value, "network4", NULL},
    {"netmask4", 1, SECTION_POOL, gateway_map_value, "netmask4", NULL},
    {"pool_size", 1, SECTION_POOL, gateway_map_value, "size", NULL},
    {"auth_source", 1, SECTION_LOGIN, map_auth_source, "source",
     "system=system pam=pam radius=radius"},
    {"auth_groups", 1, SECTION_LOGIN, map_list, "groups", NULL},
    {"group_source", 1, SECTION_LOGIN, map_choice, "group-source", "system=-"},
    {"conf_source", 1, SECTION_POOL, map_choice, "conf-source", "local=- radius=-"},
    {"accounting", 1, SECTION_ACCOUNTING, map_accounting, NULL, NULL},
    {"dns4", 1, SECTION_SETTINGS, map_list, "dns", NULL},
    {"wins4", 1, SECTION_SETTINGS, map_list, "wins", NULL},
    {"nbns4", 1, SECTION_SETTINGS, map_list, "wins", NULL},
    {"default_domain", 1, SECTION_SETTINGS, gateway_map_value, "domain", NULL},
    {"split_dns", 1, SECTION_SETTINGS, map_list, "split-dns", NULL},
    {"split_network", 2, SECTION_SETTINGS, map_split_network, NULL, NULL},
    {"banner", 1, SECTION_SETTINGS, gateway_map_value, "banner-file", NULL},
    {"save_passwd", 1, SECTION_SETTINGS, map_choice, "save-password", "on=true off=false"},
    {"auth_throttle", 0, SECTION_LOGIN, NULL, NULL,
     "max-failures and ban-time make one user at one address wait, not a whole NAT"},
    {"pfs_group", 0, SECTION_ESP, map_done, NULL, "[esp] pfs decides, and clients are told"},
    {NULL, 0, SECTION_NONE, NULL, NULL, NULL},
};

/* --- the rest of the file --- */

static gboolean
map_listen(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at, GError **error)
{
    g_autofree char *address = g_strndup(at->words[1], strcspn(at->words[1], "[%"));
    const char *port =
        strchr(at->words[1], '[') != NULL ? at->words[1] + strlen(address) + 1 : at->words[2];
    gboolean is_usual =
        port == NULL || atoi(port + (*port == '[')) == 500 || atoi(port + (*port == '[')) == 4500;

    if (!is_usual)
        conversion_warn(conversion, at, "the ports are 500 and 4500 here");
    return conversion_set(conversion, SECTION_GATEWAY, "listen", at, address);
}

const GatewayRow gateway_listen_rows[] = {
    {"isakmp", 1, SECTION_GATEWAY, map_listen, "listen", NULL},
    {"isakmp_natt", 1, SECTION_GATEWAY, map_listen, "listen", NULL},
    {"adminsock", 0, SECTION_NONE, map_done, NULL,
     "coatictl gateway asks over D-Bus; org.coati.Gateway1.conf says who may"},
    {"strict_address", 0, SECTION_GATEWAY, map_done, NULL,
     "an address that cannot be had is an error here"},
    {NULL, 0, SECTION_NONE, NULL, NULL, NULL},
};

const GatewayRow gateway_timer_rows[] = {
    {"natt_keepalive", 1, SECTION_IKE, map_seconds, "keepalive", NULL},
    {"phase1", 1, SECTION_IKE, map_seconds, "half-open", NULL},
    {"phase2", 0, SECTION_ESP, NULL, NULL, "the service has its own time limits"},
    {"counter", 0, SECTION_IKE, NULL, NULL, "packets are repeated by the service's own schedule"},
    {"interval", 0, SECTION_IKE, NULL, NULL, "packets are repeated by the service's own schedule"},
    {"persend", 0, SECTION_IKE, NULL, NULL, "packets are repeated by the service's own schedule"},
    {NULL, 0, SECTION_NONE, NULL, NULL, NULL},
};
