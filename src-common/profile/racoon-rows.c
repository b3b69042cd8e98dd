/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/names.h"
#include "profile/racoon-map.h"

#include <string.h>

static gboolean
is_on(const RacoonStatement *at)
{
    return strcmp(at->words[1], "off") != 0;
}

static gboolean
map_exchange_mode(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    if (at->words[2] != NULL)
        racoon_note(draft, at, IMPORT_NOTE_DROPPED, "all but the first: a client starts with it");
    if (strcmp(at->words[1], "base") == 0) {
        racoon_note(draft, at, IMPORT_NOTE_WARNING, "base mode does not exist here: main is used");
        return racoon_set(draft, at, PROFILE_CONNECTION_MODE, "main", error);
    }
    return racoon_set(draft, at, PROFILE_CONNECTION_MODE, at->words[1], error);
}

static gboolean
map_remote_address(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    g_autofree char *address = g_strndup(at->words[1], strcspn(at->words[1], "[%"));

    return racoon_set(draft, at, PROFILE_CONNECTION_GATEWAY, address, error);
}

/* "C=FR, O=Example, CN=gw" from the top down becomes RFC 4514 text, which begins at the end. */
static char *
turn_dn(const char *text)
{
    g_auto(GStrv) parts =
        g_strsplit_set(text[0] == '/' ? text + 1 : text, text[0] == '/' ? "/" : ",", -1);
    GString *dn = g_string_new(NULL);

    for (guint i = g_strv_length(parts); i-- > 0;)
        if (g_strstrip(parts[i])[0] != '\0')
            g_string_append_printf(dn, "%s%s", dn->len > 0 ? "," : "", parts[i]);
    return g_string_free(dn, FALSE);
}

/* The words behind "my_identifier" and "peers_identifier" begin with a type; the lexer took commas
 * for blanks only outside of quotes, so a DN is one word. */
static gboolean
map_own_id(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    static const char *const types[][2] = {{"address", "address"},
                                           {"fqdn", "fqdn"},
                                           {"user_fqdn", "user-fqdn"},
                                           {"keyid", "key-id"},
                                           {"asn1dn", "dn"}};
    const char *value = at->words[2];
    const char *type = NULL;
    g_autofree char *dn = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        if (strcmp(at->words[1], types[i][0]) == 0)
            type = types[i][1];
    if (type == NULL)
        return racoon_note(draft, at, IMPORT_NOTE_DROPPED, "a type of identity that is not known");
    if (strcmp(type, "key-id") == 0 && value != NULL && strcmp(value, "tag") == 0)
        value = at->words[3];
    else if (strcmp(type, "key-id") == 0)
        return racoon_note(draft, at, IMPORT_NOTE_MISSING,
                           "a key ID from a file; set identity.own-id");
    if (strcmp(type, "dn") == 0 && value != NULL)
        value = dn = turn_dn(value);
    if (value != NULL && !racoon_set(draft, at, PROFILE_IDENTITY_OWN_ID, value, error))
        return FALSE;
    return racoon_set(draft, at, PROFILE_IDENTITY_OWN_ID_TYPE, type, error);
}

static gboolean
map_gateway_id(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    const char *type = at->words[1];
    const char *value = at->words[2];
    g_autofree char *dn = NULL;

    if (value == NULL && strcmp(type, "address") != 0)
        return racoon_note(draft, at, IMPORT_NOTE_MISSING,
                           "names no identity; set identity.gateway-id");
    if (value == NULL)
        value = profile_text(draft->profile, PROFILE_CONNECTION_GATEWAY);
    if (value == NULL)
        return racoon_note(draft, at, IMPORT_NOTE_MISSING, "set identity.gateway-id");
    g_free(draft->peer_psk_id);
    draft->peer_psk_id = g_strdup(value);
    if (strchr(value, '*') != NULL)
        return racoon_note(draft, at, IMPORT_NOTE_MISSING,
                           "patterns are not supported; set identity.gateway-id to one name");
    if (strcmp(type, "asn1dn") == 0)
        value = dn = turn_dn(value);
    else if (strcmp(type, "address") != 0 && strcmp(type, "fqdn") != 0)
        return racoon_note(draft, at, IMPORT_NOTE_MISSING,
                           "this type cannot be checked in a certificate; set "
                           "identity.gateway-id to a name, address or DN");
    return racoon_set(draft, at, PROFILE_IDENTITY_GATEWAY_ID, value, error);
}

static gboolean
map_verify_identifier(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    return racoon_set(draft, at, PROFILE_IDENTITY_REQUIRE_ID_MATCH, is_on(at) ? "true" : "false",
                      error);
}

static gboolean
map_verify_cert(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    if (is_on(at))
        return racoon_note(draft, at, IMPORT_NOTE_MAPPED, "certificates are always checked");
    return racoon_note(draft, at, IMPORT_NOTE_WARNING,
                       "off is not possible here: the gateway's certificate is always checked");
}

/* "x509 FILE", or the file alone in old spellings. */
static gboolean
set_certificates(RacoonDraft *draft, const RacoonStatement *at, ProfileField field,
                 const char *file, GError **error)
{
    g_autoptr(Secret) content = racoon_read(draft, at, file, field);

    if (content == NULL)
        return TRUE;
    return racoon_set(draft, at, field, secret_text(content), error);
}

static gboolean
map_ca(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    if (strcmp(at->words[1], "x509") != 0)
        return racoon_note(draft, at, IMPORT_NOTE_MISSING, "only x509 is known; set identity.ca");
    return set_certificates(draft, at, PROFILE_IDENTITY_CA, at->words[2], error);
}

static gboolean
map_certificate(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    g_autoptr(Secret) key = NULL;

    if (strcmp(at->words[1], "x509") != 0 || at->words[3] == NULL)
        return racoon_note(draft, at, IMPORT_NOTE_MISSING,
                           "only x509 with certificate and key is known; set "
                           "identity.certificate and secrets.private-key");
    if (!set_certificates(draft, at, PROFILE_IDENTITY_CERTIFICATE, at->words[2], error))
        return FALSE;
    key = racoon_read(draft, at, at->words[3], PROFILE_SECRETS_PRIVATE_KEY);
    if (key == NULL)
        return TRUE;
    if (!profile_take_secret(draft->profile, PROFILE_SECRETS_PRIVATE_KEY, g_steal_pointer(&key),
                             error)) {
        g_prefix_error(error, "%s:%u: %s: ", at->file, at->line, at->words[0]);
        return FALSE;
    }
    return racoon_note(draft, at, IMPORT_NOTE_MAPPED, "key -> secrets.private-key");
}

/* racoon compared the gateway's certificate with this file: a pin. */
static gboolean
map_peers_certfile(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    const char *file = strcmp(at->words[1], "x509") == 0 ? at->words[2] : at->words[1];
    g_autoptr(Profile) scratch = profile_new();
    g_autoptr(Secret) content = NULL;
    g_autoptr(GPtrArray) der = NULL;
    g_autofree char *sum = NULL;

    if (file == NULL || strcmp(file, "dnssec") == 0 || strcmp(file, "plain_rsa") == 0)
        return racoon_note(draft, at, IMPORT_NOTE_MISSING,
                           "only x509 is known; set identity.pinned-sha256");
    content = racoon_read(draft, at, file, PROFILE_IDENTITY_PINNED_SHA256);
    if (content == NULL)
        return TRUE;
    if (!profile_set(scratch, PROFILE_IDENTITY_CA, secret_text(content), NULL))
        return racoon_fail(at, error, "the file has no certificate in PEM");
    der = profile_der(scratch, PROFILE_IDENTITY_CA);
    sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, der->pdata[0]);
    return racoon_set(draft, at, PROFILE_IDENTITY_PINNED_SHA256, sum, error);
}

static gboolean
map_mode_cfg(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    return racoon_set(draft, at, PROFILE_IKE_CONFIG_MODE, is_on(at) ? "pull" : "off", error);
}

static gboolean
map_dpd(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    if (is_on(at))
        return racoon_note(draft, at, IMPORT_NOTE_MAPPED, "always on");
    return racoon_set(draft, at, PROFILE_IKE_DPD_DELAY, "0", error);
}

static gboolean
map_dpd_delay(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    return racoon_set(draft, at, PROFILE_IKE_DPD_DELAY, at->words[1], error);
}

static gboolean
map_dpd_retry(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    return racoon_set(draft, at, PROFILE_IKE_DPD_RETRY, at->words[1], error);
}

static gboolean
map_dpd_maxfail(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    return racoon_set(draft, at, PROFILE_IKE_DPD_MAX_FAILURES, at->words[1], error);
}

static gboolean
map_nat_traversal(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    const char *word = strcmp(at->words[1], "on") == 0 ? "auto" : at->words[1];

    return racoon_set(draft, at, PROFILE_IKE_NAT_TRAVERSAL, word, error);
}

static gboolean
map_ike_frag(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    return racoon_set(draft, at, PROFILE_IKE_FRAGMENTATION, at->words[1], error);
}

static gboolean
map_esp_frag(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    /* 65535, the largest IP packet, is racoon's word for "off". */
    const char *size = strcmp(at->words[1], "65535") == 0 ? "0" : at->words[1];

    return racoon_set(draft, at, PROFILE_ESP_FRAGMENT_SIZE, size, error);
}

static gboolean
map_xauth_login(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    return racoon_set(draft, at, PROFILE_LOGIN_USER, at->words[1], error);
}

gboolean
racoon_seconds(const RacoonStatement *at, guint word, guint64 *ret_seconds, GError **error)
{
    char *unit = NULL;
    guint64 seconds = g_ascii_strtoull(at->words[word], &unit, 10);

    if (unit == at->words[word] || seconds > G_MAXUINT32)
        return racoon_fail(at, error, "not a time such as \"1 hour\"");
    if (*unit == '\0' && at->words[word + 1] != NULL)
        unit = at->words[word + 1];
    if (g_str_has_prefix(unit, "hour"))
        seconds *= 3600;
    else if (g_str_has_prefix(unit, "min"))
        seconds *= 60;
    else if (*unit != '\0' && !g_str_has_prefix(unit, "sec"))
        return racoon_fail(at, error, "the units of time are sec, min and hour");
    *ret_seconds = seconds;
    return TRUE;
}

static gboolean
map_time(RacoonDraft *draft, const RacoonStatement *at, guint word, ProfileField field,
         GError **error)
{
    guint64 seconds;
    g_autofree char *text = NULL;

    if (!racoon_seconds(at, word, &seconds, error))
        return FALSE;
    text = g_strdup_printf("%" G_GUINT64_FORMAT, seconds);
    return racoon_set(draft, at, field, text, error);
}

/* "time 1 hour", "time 3600 sec", "time 1hour". */
static gboolean
map_lifetime(RacoonDraft *draft, const RacoonStatement *at, ProfileField field, GError **error)
{
    if (strcmp(at->words[1], "time") != 0 || at->words[2] == NULL)
        return racoon_note(draft, at, IMPORT_NOTE_DROPPED, "only lifetimes in time are supported");
    return map_time(draft, at, 2, field, error);
}

static gboolean
map_ike_lifetime(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    return map_lifetime(draft, at, PROFILE_IKE_LIFETIME, error);
}

static gboolean
map_esp_lifetime(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    return map_lifetime(draft, at, PROFILE_ESP_LIFETIME, error);
}

const char *
racoon_cipher(char ***word)
{
    static const char *const aes[] = {"aes128", "aes192", "aes256"};
    const char *name = *(*word)++;
    guint64 bits = 128;

    if (**word != NULL && g_ascii_isdigit((**word)[0]) &&
        strspn(**word, "0123456789") == strlen(**word))
        bits = g_ascii_strtoull(*(*word)++, NULL, 10);
    if (strcmp(name, "3des") == 0)
        return "3des";
    if ((strcmp(name, "aes") != 0 && strcmp(name, "rijndael") != 0) || bits % 64 != 0 ||
        bits < 128 || bits > 256)
        return NULL;
    return aes[(bits - 128) / 64];
}

const char *
racoon_hash(const char *name)
{
    static const char *const known[] = {"md5", "sha1", "sha256", "sha384", "sha512"};

    if (g_str_has_prefix(name, "hmac_"))
        name += 5;
    for (guint i = 0; i < G_N_ELEMENTS(known); i++)
        if (strcmp(name, known[i]) == 0)
            return known[i];
    return NULL;
}

static gboolean
map_cipher(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    char **word = at->words + 1;

    draft->cipher = racoon_cipher(&word);
    return draft->cipher != NULL ||
           racoon_note(draft, at, IMPORT_NOTE_DROPPED, "this cipher is not supported");
}

static gboolean
map_hash(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    draft->hash = racoon_hash(at->words[1]);
    return draft->hash != NULL ||
           racoon_note(draft, at, IMPORT_NOTE_DROPPED, "this hash is not supported");
}

static gboolean
map_method(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    static const char *const methods[][2] = {{"hybrid_rsa_client", "hybrid-rsa"},
                                             {"xauth_psk_client", "xauth-psk"},
                                             {"xauth_rsa_client", "xauth-rsa"},
                                             {"rsasig", "rsa"},
                                             {"pre_shared_key", "psk"}};

    for (guint i = 0; i < G_N_ELEMENTS(methods); i++)
        if (strcmp(at->words[1], methods[i][0]) == 0)
            return racoon_set(draft, at, PROFILE_CONNECTION_METHOD, methods[i][1], error);
    if (g_str_has_suffix(at->words[1], "_server")) {
        draft->is_gateway = TRUE;
        return TRUE;
    }
    return racoon_fail(at, error,
                       "this authentication is not supported; known are hybrid_rsa_client, "
                       "xauth_psk_client, xauth_rsa_client, rsasig and pre_shared_key");
}

static gboolean
set_group(RacoonDraft *draft, const RacoonStatement *at, const char **ret_name)
{
    SuiteGroup group = SUITE_GROUP_NONE;

    if (!suite_group_parse(at->words[1], &group))
        return racoon_note(draft, at, IMPORT_NOTE_DROPPED, "this group is not supported"), FALSE;
    *ret_name = suite_group_name(group);
    return TRUE;
}

static gboolean
map_group(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    const char *name = "";

    set_group(draft, at, &name);
    g_strlcpy(draft->group, name, sizeof draft->group);
    return TRUE;
}

static gboolean
map_pfs_group(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    const char *name = NULL;

    return !set_group(draft, at, &name) || racoon_set(draft, at, PROFILE_ESP_PFS, name, error);
}

static const RacoonRow proposal_rows[] = {
    {"encryption_algorithm", 1, 2, map_cipher, NULL},
    {"hash_algorithm", 1, 1, map_hash, NULL},
    {"authentication_method", 1, 1, map_method, NULL},
    {"dh_group", 1, 1, map_group, NULL},
    {"lifetime", 1, 3, map_ike_lifetime, NULL},
    {"gss_id", 0, 1, NULL, "GSSAPI is not supported"},
    {NULL, 0, 0, NULL, NULL},
};

static gboolean
map_proposal(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    char *suite;

    draft->cipher = draft->hash = NULL;
    draft->group[0] = '\0';
    if (!racoon_apply(draft, proposal_rows, at->block, error))
        return FALSE;
    if (draft->is_gateway)
        return TRUE;
    if (draft->cipher == NULL || draft->hash == NULL || draft->group[0] == '\0')
        return racoon_note(draft, at, IMPORT_NOTE_WARNING,
                           "left out: cipher, hash or dh_group is missing or not supported");
    suite = g_strdup_printf("%s-%s-%s", draft->cipher, draft->hash, draft->group);
    import_note(draft->import, IMPORT_NOTE_MAPPED, at->file, at->line,
                "proposal -> ike.proposals += %s", suite);
    g_ptr_array_add(draft->suites, suite);
    return TRUE;
}

#define GATEWAY_ONLY "only a gateway needs it"
#define BUILT_IN "the service does it by itself"

const RacoonRow racoon_remote_rows[] = {
    {"remote_address", 1, 2, map_remote_address, NULL},
    {"exchange_mode", 1, 3, map_exchange_mode, NULL},
    {"my_identifier", 1, 3, map_own_id, NULL},
    {"peers_identifier", 1, 3, map_gateway_id, NULL},
    {"verify_identifier", 1, 1, map_verify_identifier, NULL},
    {"verify_cert", 1, 1, map_verify_cert, NULL},
    {"ca_type", 2, 2, map_ca, NULL},
    {"certificate_type", 2, 3, map_certificate, NULL},
    {"peers_certfile", 1, 2, map_peers_certfile, NULL},
    {"proposal", 0, 0, map_proposal, NULL},
    {"mode_cfg", 1, 1, map_mode_cfg, NULL},
    {"dpd", 1, 1, map_dpd, NULL},
    {"dpd_delay", 1, 1, map_dpd_delay, NULL},
    {"dpd_retry", 1, 1, map_dpd_retry, NULL},
    {"dpd_maxfail", 1, 1, map_dpd_maxfail, NULL},
    {"nat_traversal", 1, 1, map_nat_traversal, NULL},
    {"ike_frag", 1, 1, map_ike_frag, NULL},
    {"esp_frag", 1, 1, map_esp_frag, NULL},
    {"xauth_login", 1, 1, map_xauth_login, NULL},
    {"lifetime", 1, 3, map_ike_lifetime, NULL},
    {"script", 0, 2, NULL, "not needed: " BUILT_IN " (addresses, routes, name servers)"},
    {"proposal_check", 0, 1, NULL, GATEWAY_ONLY "; the gateway's answer must be one of our offers"},
    {"generate_policy", 0, 1, NULL, GATEWAY_ONLY},
    {"passive", 0, 1, NULL, "a profile connects when it is told to"},
    {"support_proxy", 0, 1, NULL, BUILT_IN},
    {"initial_contact", 0, 1, NULL, BUILT_IN},
    {"rekey", 0, 1, NULL, BUILT_IN},
    {"nonce_size", 0, 1, NULL, "nonces have their own size here"},
    {"doi", 0, 1, NULL, "there is only one"},
    {"situation", 0, 1, NULL, "there is only one"},
    {"send_cert", 0, 1, NULL, BUILT_IN},
    {"send_cr", 0, 1, NULL, BUILT_IN},
    {"match_empty_cr", 0, 1, NULL, GATEWAY_ONLY},
    {"weak_phase1_check", 0, 1, NULL, "messages without authentication are never obeyed"},
    {"ph1id", 0, 1, NULL, "a profile has one phase 2 for its phase 1"},
    {"gss_id", 0, 1, NULL, "GSSAPI is not supported"},
    {"gssapi_id", 0, 1, NULL, "GSSAPI is not supported"},
    {NULL, 0, 0, NULL, NULL},
};

static gboolean
map_esp_suites(RacoonDraft *draft, const RacoonStatement *sainfo, GPtrArray *ciphers,
               GPtrArray *hashes)
{
    for (guint i = 0; i < ciphers->len; i++)
        for (guint j = 0; j < hashes->len; j++) {
            char *suite =
                g_strdup_printf("%s-%s", (char *)ciphers->pdata[i], (char *)hashes->pdata[j]);

            import_note(draft->import, IMPORT_NOTE_MAPPED, sainfo->file, sainfo->line,
                        "sainfo -> esp.proposals += %s", suite);
            g_ptr_array_add(draft->esp_suites, suite);
        }
    return TRUE;
}

static void
read_algorithms(RacoonDraft *draft, const RacoonStatement *at, GPtrArray *ciphers,
                GPtrArray *hashes)
{
    gboolean is_cipher = strcmp(at->words[0], "encryption_algorithm") == 0;

    for (char **word = at->words + 1; *word != NULL;) {
        const char *shown = *word;
        const char *name = is_cipher ? racoon_cipher(&word) : racoon_hash(*word++);

        if (name != NULL)
            g_ptr_array_add(is_cipher ? ciphers : hashes, (char *)name);
        else
            import_note(draft->import, IMPORT_NOTE_DROPPED, at->file, at->line,
                        "%s: \"%s\" is not supported", at->words[0], shown);
    }
}

static gboolean
skip(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    return TRUE;
}

static const RacoonRow sainfo_rows[] = {
    {"pfs_group", 1, 1, map_pfs_group, NULL},
    {"lifetime", 1, 3, map_esp_lifetime, NULL},
    {"encryption_algorithm", 1, 0, skip, NULL},
    {"authentication_algorithm", 1, 0, skip, NULL},
    {"compression_algorithm", 0, 1, NULL, "compression is not supported; no gateway insists on it"},
    {"remoteid", 0, 1, NULL, "a profile has one phase 2 for its phase 1"},
    {"my_identifier", 0, 3, NULL, "not used in phase 2"},
    {NULL, 0, 0, NULL, NULL},
};

/* The second "subnet" or "address" of the head is the network behind the gateway. */
static gboolean
map_selector(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    guint found = strcmp(at->words[1] != NULL ? at->words[1] : "", "anonymous") == 0 ? 1 : 0;

    for (char **word = at->words + 1; *word != NULL; word++) {
        g_autofree char *prefix = NULL;

        if ((strcmp(*word, "subnet") != 0 && strcmp(*word, "address") != 0) || word[1] == NULL ||
            ++found < 2)
            continue;
        prefix = g_strndup(word[1], strcspn(word[1], "["));
        return racoon_set(draft, at, PROFILE_NETWORK_REMOTE_NETWORKS, prefix, error);
    }
    return TRUE;
}

static gboolean
map_sainfo(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    g_autoptr(GPtrArray) ciphers = g_ptr_array_new();
    g_autoptr(GPtrArray) hashes = g_ptr_array_new();

    if (draft->is_gateway)
        return TRUE;
    if (draft->sainfos++ > 0)
        return racoon_note(draft, at, IMPORT_NOTE_WARNING,
                           "only the first sainfo is read; check network.remote-networks");
    if (!map_selector(draft, at, error) || !racoon_apply(draft, sainfo_rows, at->block, error))
        return FALSE;
    for (guint i = 0; at->block != NULL && i < at->block->len; i++) {
        const RacoonStatement *inner = at->block->pdata[i];

        if (g_str_has_suffix(inner->words[0], "ion_algorithm") &&
            strcmp(inner->words[0], "compression_algorithm") != 0)
            read_algorithms(draft, inner, ciphers, hashes);
    }
    return map_esp_suites(draft, at, ciphers, hashes);
}

static gboolean
map_natt_keepalive(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    g_autofree char *seconds = g_strndup(at->words[1], strspn(at->words[1], "0123456789"));

    return racoon_set(draft, at, PROFILE_IKE_KEEPALIVE, seconds, error);
}

static gboolean
map_phase1_timer(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    return map_time(draft, at, 1, PROFILE_IKE_TIMEOUT, error);
}

static const RacoonRow timer_rows[] = {
    {"natt_keepalive", 1, 2, map_natt_keepalive, NULL},
    {"counter", 0, 1, NULL, "packets are repeated by the service's own schedule"},
    {"interval", 0, 2, NULL, "packets are repeated by the service's own schedule"},
    {"persend", 0, 1, NULL, "packets are repeated by the service's own schedule"},
    {"phase1", 1, 2, map_phase1_timer, NULL},
    {"phase2", 0, 2, NULL, "the service has its own time limits"},
    {NULL, 0, 0, NULL, NULL},
};

static gboolean
map_timer(RacoonDraft *draft, const RacoonStatement *at, GError **error)
{
    return racoon_apply(draft, timer_rows, at->block, error);
}

const RacoonRow racoon_top_rows[] = {
    {"path", 0, 2, skip, NULL},
    {"include", 0, 1, skip, NULL},
    {"remote", 0, 0, skip, NULL},
    {"sainfo", 0, 0, map_sainfo, NULL},
    {"timer", 0, 0, map_timer, NULL},
    {"log", 0, 1, NULL, "logging is the service's"},
    {"listen", 0, 0, NULL, "who may connect is up to polkit, ports to ike.local-port"},
    {"padding", 0, 0, NULL, "padding is the service's"},
    {"privsep", 0, 0, NULL, "the service separates privileges by itself"},
    {"mode_cfg", 0, 0, NULL, GATEWAY_ONLY},
    {"radiuscfg", 0, 0, NULL, GATEWAY_ONLY},
    {"ldapcfg", 0, 0, NULL, GATEWAY_ONLY},
    {"pfkey_buffer", 0, 1, NULL, "there is no PF_KEY socket"},
    {"gss_id_enc", 0, 1, NULL, "GSSAPI is not supported"},
    {"complex_bundle", 0, 1, NULL, "bundles are not supported"},
    {NULL, 0, 0, NULL, NULL},
};
