/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "boundary-samples.h"

#include <string.h>

static NetAddress
address(const char *text)
{
    NetAddress value;

    g_assert_true(net_address_parse(text, &value));
    return value;
}

static void
add_prefix(GArray *array, const char *text)
{
    NetPrefix value;

    g_assert_true(net_prefix_parse(text, &value));
    g_array_append_val(array, value);
}

static void
add_address(GArray *array, const char *text)
{
    NetAddress value = address(text);

    g_array_append_val(array, value);
}

static IkePath
path(IkeSocket socket)
{
    guint16 port = socket == IKE_SOCKET_NATT ? 4500 : 500;

    return (IkePath){
        .local = {.address = address("192.0.2.7"), .port = 40000},
        .remote = {.address = address("198.51.100.1"), .port = port},
        .socket = socket,
    };
}

static IkePolicy *
sample_policy(void)
{
    IkePolicy *policy = ike_policy_new();
    SuitePhase1 phase1;
    SuiteEsp esp;

    g_assert_true(suite_phase1_parse("aes256-sha256-modp2048", &phase1));
    g_array_append_val(policy->phase1, phase1);
    g_assert_true(suite_phase1_parse("3des-md5-modp1024", &phase1));
    g_array_append_val(policy->phase1, phase1);
    g_assert_true(suite_esp_parse("aes128gcm16", &esp));
    g_array_append_val(policy->esp, esp);
    g_assert_true(suite_esp_parse("aes128-sha1", &esp));
    g_array_append_val(policy->esp, esp);
    policy->pfs = IKE_PFS_GROUP;
    policy->pfs_group = SUITE_GROUP_ECP_256;
    policy->own_id = (IkeId){.type = IKE_ID_KEY_ID, .data = g_bytes_new("staff", 5)};
    policy->peer_id = (IkeId){.type = IKE_ID_FQDN, .data = g_bytes_new("vpn.example.org", 15)};
    g_ptr_array_add(policy->own_chain, g_bytes_new("\x30\x03\x02\x01\x00", 5));
    g_ptr_array_add(policy->ca_names, g_bytes_new("\x30\x00", 2));
    policy->own_key = 7;
    policy->wished_address = address("10.1.2.3");
    add_prefix(policy->remote_networks, "10.0.0.0/8");
    add_prefix(policy->remote_networks, "2001:db8::/32");
    policy->wants_ipv6 = TRUE;
    policy->application_version = g_strdup("Coati");
    policy->device_name = g_strdup("laptop");
    return policy;
}

static void
fill_initiate(BoundaryMessage *message)
{
    IkeTrust *trust = ike_trust_new();

    message->initiate.policy = sample_policy();
    message->initiate.trust = trust;
    g_ptr_array_add(trust->anchors, g_bytes_new("\x30\x03\x02\x01\x00", 5));
    trust->pinned_sha256 = g_bytes_new("0123456789abcdef0123456789abcdef", 32);
    trust->expected_dn = g_strdup("CN=vpn.example.org,O=Ex\xc3\xa4mple");
    trust->expected_name = g_strdup("vpn.example.org");
    trust->expected_address = address("2001:db8::1");
    trust->is_peer_gateway = TRUE;
    message->initiate.isakmp = path(IKE_SOCKET_ISAKMP);
    message->initiate.natt = path(IKE_SOCKET_NATT);
    message->initiate.esp_fragment_octets = 552;
    message->initiate.mtu_octets = 1280;
}

static void
fill_login(BoundaryMessage *message)
{
    message->answer_login.ticket = 0x123456789abcdef0;
    message->answer_login.user = secret_new_text("alice");
    message->answer_login.password = secret_new("\x00\xff pa\nss", 8);
    message->answer_login.answer = secret_new_text("");
}

static void
fill_ask_login(BoundaryMessage *message)
{
    message->ask_login.ticket = 3;
    message->ask_login.count = 2;
    message->ask_login.fields[0].field = IKE_FIELD_USER;
    message->ask_login.fields[1].field = IKE_FIELD_CHALLENGE;
    message->ask_login.fields[1].value = g_strdup("1234");
    message->ask_login.message = g_strdup("Enter the code\nof your token");
    message->ask_login.round = 2;
    message->ask_login.is_reauthentication = TRUE;
}

static void
fill_ask_trust(BoundaryMessage *message)
{
    IkeCertificateInfo *info = g_new0(IkeCertificateInfo, 1);

    info->subject = g_strdup("CN=vpn.example.org");
    info->issuer = g_strdup("CN=Example CA");
    info->names = g_strdup("vpn.example.org, 198.51.100.1");
    info->sha256 = g_strdup("AB:CD");
    info->not_before_unix_seconds = -1;
    info->not_after_unix_seconds = 4102444800;
    info->key_bits = 3072;
    message->ask_trust.ticket = 4;
    message->ask_trust.certificate = info;
}

static void
fill_settings(BoundaryMessage *message)
{
    IkeSettings *settings = ike_settings_new();

    settings->address4 = address("10.1.2.3");
    settings->prefix_length4 = 24;
    settings->address6 = address("2001:db8::7");
    add_address(settings->dns, "10.0.0.53");
    add_address(settings->dns, "2001:db8::53");
    add_address(settings->wins, "10.0.0.54");
    settings->domain = g_strdup("example.org");
    g_ptr_array_add(settings->split_dns, g_strdup("corp.example.org"));
    g_ptr_array_add(settings->split_dns, g_strdup("b\xc3\xbc"
                                                  "ro.example.org"));
    add_prefix(settings->split_include, "10.0.0.0/8");
    add_prefix(settings->split_exclude, "10.9.0.0/16");
    settings->banner = g_strdup("Welcome.\nBe good.");
    settings->may_save_password = TRUE;
    settings->has_pfs = TRUE;
    settings->pfs = 14;
    g_ptr_array_add(settings->backup_gateways, g_strdup("vpn2.example.org"));
    settings->application_version = g_strdup("gateway 1.0");
    settings->expiry_seconds = 3600;
    message->settings = settings;
}

static void
fill_phase1(BoundaryMessage *message)
{
    g_assert_true(suite_phase1_parse("aes128-sha1-modp1024", &message->phase1.suite));
    message->phase1.method = IKE_METHOD_HYBRID_RSA;
    message->phase1.mode = IKE_MODE_AGGRESSIVE;
    message->phase1.peer_identity = g_strdup("FQDN vpn.example.org");
    message->phase1.is_local_behind_nat = TRUE;
    message->phase1.is_encapsulated = TRUE;
    message->phase1.has_dpd = TRUE;
    message->phase1.lifetime_seconds = 86400;
}

static void
fill_child_up(BoundaryMessage *message)
{
    message->child_up.child = 9;
    message->child_up.replaces = 8;
    g_assert_true(suite_esp_parse("aes256-sha256", &message->child_up.suite));
    g_assert_true(net_prefix_parse("10.1.2.3/32", &message->child_up.local));
    g_assert_true(net_prefix_parse("0.0.0.0/0", &message->child_up.remote));
    message->child_up.is_encapsulated = TRUE;
    message->child_up.pfs_group = SUITE_GROUP_MODP_2048;
    message->child_up.lifetime_seconds = 3600;
    message->child_up.mtu_octets = 1422;
}

static void
fill_child_keys(BoundaryMessage *message)
{
    BoundaryKeys *keys = &message->child_keys;

    keys->child = 9;
    g_assert_true(suite_esp_parse("aes128-sha1", &keys->suite));
    g_assert_true(net_prefix_parse("10.1.2.3/32", &keys->local));
    g_assert_true(net_prefix_parse("10.77.0.0/24", &keys->remote));
    keys->spi_in = 0x01020304;
    keys->spi_out = 0xfffefdfc;
    keys->keymat_in = secret_new_text("0123456789abcdef0123456789abcdef0123");
    keys->keymat_out = secret_new_text("fedcba9876543210fedcba9876543210fedc");
}

static void
fill_child_send(BoundaryMessage *message)
{
    message->child_send = 9;
}

static void
fill_seen(BoundaryMessage *message)
{
    message->seen.packets_in = 1;
    message->seen.packets_out = G_MAXUINT64;
}

static void
fill_counters(BoundaryMessage *message)
{
    BoundaryCounters *counters = &message->counters;

    counters->octets_in = G_MAXUINT64;
    counters->octets_out = 2;
    counters->packets_in = 3;
    counters->packets_out = 4;
    counters->last_received_seconds = G_MAXUINT32;
    counters->drop_count = BOUNDARY_MAX_DROPS;
    for (guint i = 0; i < BOUNDARY_MAX_DROPS; i++) {
        g_snprintf(counters->drops[i].name, sizeof counters->drops[i].name, "reason-%u", i);
        counters->drops[i].count = i;
    }
}

static void
fill_answer_trust(BoundaryMessage *message)
{
    message->answer_trust.ticket = 5;
    message->answer_trust.reason = REASON_GATEWAY_CERT_REFUSED;
}

static void
fill_rebind(BoundaryMessage *message)
{
    message->rebind.isakmp = path(IKE_SOCKET_ISAKMP);
    message->rebind.natt = path(IKE_SOCKET_NATT);
}

static void
fill_hang_up(BoundaryMessage *message)
{
    message->hang_up = REASON_SUSPENDED;
}

static void
fill_stage(BoundaryMessage *message)
{
    message->stage = IKE_STAGE_SECURING;
}

static void
fill_child_down(BoundaryMessage *message)
{
    message->child_down = 11;
}

static void
fill_path(BoundaryMessage *message)
{
    message->path = path(IKE_SOCKET_NATT);
}

static void
fill_note(BoundaryMessage *message)
{
    message->note.level = IKE_NOTE_WARNING;
    message->note.text = g_strdup("198.51.100.1: malformed");
}

static void
fill_closed(BoundaryMessage *message)
{
    message->closed.reason = REASON_PEER_DEAD;
    message->closed.detail = g_strdup("five probes");
}

static void
fill_alive(BoundaryMessage *message)
{
    message->round_trip_microseconds = 1234;
}

static void
fill_nothing(BoundaryMessage *message)
{
}

typedef struct {
    BoundaryType type;
    void (*fill)(BoundaryMessage *message);
} SampleRow;

static const SampleRow rows[] = {
    {BOUNDARY_INITIATE, fill_initiate},
    {BOUNDARY_ANSWER_LOGIN, fill_login},
    {BOUNDARY_ANSWER_TRUST, fill_answer_trust},
    {BOUNDARY_REBIND, fill_rebind},
    {BOUNDARY_HANG_UP, fill_hang_up},
    {BOUNDARY_REAUTHENTICATE, fill_nothing},
    {BOUNDARY_REKEY, fill_nothing},
    {BOUNDARY_COUNT, fill_nothing},
    {BOUNDARY_SEEN, fill_seen},
    {BOUNDARY_PROBE, fill_nothing},
    {BOUNDARY_STAGE, fill_stage},
    {BOUNDARY_PHASE1, fill_phase1},
    {BOUNDARY_ASK_LOGIN, fill_ask_login},
    {BOUNDARY_ASK_TRUST, fill_ask_trust},
    {BOUNDARY_SETTINGS, fill_settings},
    {BOUNDARY_CHILD_UP, fill_child_up},
    {BOUNDARY_CHILD_DOWN, fill_child_down},
    {BOUNDARY_PATH, fill_path},
    {BOUNDARY_COUNTERS, fill_counters},
    {BOUNDARY_NOTE, fill_note},
    {BOUNDARY_CLOSED, fill_closed},
    {BOUNDARY_CHILD_KEYS, fill_child_keys},
    {BOUNDARY_CHILD_SEND, fill_child_send},
    {BOUNDARY_ALIVE, fill_alive},
};

BoundaryMessage *
boundary_sample(gsize index)
{
    BoundaryMessage *message;

    if (index >= G_N_ELEMENTS(rows))
        return NULL;
    message = boundary_message_new(rows[index].type);
    rows[index].fill(message);
    return message;
}

BoundaryMessage *
boundary_sample_of(BoundaryType type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].type == type)
            return boundary_sample(i);
    g_assert_not_reached();
}
