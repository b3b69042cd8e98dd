/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire-ike.h"

#include <string.h>

enum {
    MAX_ID = 1024,
    MAX_CERTIFICATE = 16 * 1024,
    MAX_CRL = 48 * 1024,
    MAX_CHAIN = 8,
    MAX_ANCHORS = 16,
    MAX_SUITES = 64,
    MAX_NETWORKS = 1024,
    MAX_SERVERS = 16,
    MAX_DOMAINS = 128,
};

static const gint modes[] = {IKE_MODE_MAIN, IKE_MODE_AGGRESSIVE};

static const gint methods[] = {
    IKE_METHOD_PSK,       IKE_METHOD_RSA,       IKE_METHOD_HYBRID_RSA,
    IKE_METHOD_XAUTH_PSK, IKE_METHOD_XAUTH_RSA,
};

void
wire_method(Wire *wire, IkeMethod *method)
{
    wire_choice(wire, method, methods);
}

void
wire_mode(Wire *wire, IkeMode *mode)
{
    wire_choice(wire, mode, modes);
}

static void
wire_id(Wire *wire, IkeId *id)
{
    wire_below(wire, &id->type, IKE_ID_KEY_ID + 1);
    wire_bytes(wire, &id->data, MAX_ID);
}

void
wire_path(Wire *wire, IkePath *path)
{
    wire_endpoint(wire, &path->local);
    wire_endpoint(wire, &path->remote);
    wire_below(wire, &path->socket, IKE_SOCKET_NATT + 1);
}

static void
walk_policy_proposals(Wire *wire, IkePolicy *policy)
{
    wire_mode(wire, &policy->mode);
    wire_u16(wire, &policy->modes);
    wire_method(wire, &policy->method);
    wire_array(wire, policy->phase1, MAX_SUITES, wire_suite_phase1);
    wire_array(wire, policy->esp, MAX_SUITES, wire_suite_esp);
    wire_below(wire, &policy->pfs, IKE_PFS_GROUP + 1);
    wire_suite_group(wire, &policy->pfs_group);
    wire_below(wire, &policy->proposal_check, IKE_CHECK_EXACT + 1);
    wire_u32(wire, &policy->phase1_lifetime_seconds);
    wire_u32(wire, &policy->esp_lifetime_seconds);
    wire_u64(wire, &policy->esp_lifetime_kilobytes);
}

void
wire_policy(Wire *wire, IkePolicy *policy)
{
    walk_policy_proposals(wire, policy);
    wire_id(wire, &policy->own_id);
    wire_id(wire, &policy->peer_id);
    wire_bytes_list(wire, policy->own_chain, MAX_CHAIN, MAX_CERTIFICATE);
    wire_u32(wire, &policy->own_key);
    wire_bytes_list(wire, policy->ca_names, MAX_ANCHORS, MAX_ID);
    wire_below(wire, &policy->natt, IKE_NATT_OFF + 1);
    wire_below(wire, &policy->fragmentation, IKE_FRAGMENTATION_OFF + 1);
    wire_u16(wire, &policy->fragment_octets);
    wire_u16(wire, &policy->keepalive_seconds);
    wire_u16(wire, &policy->dpd_delay_seconds);
    wire_u16(wire, &policy->dpd_retry_seconds);
    wire_u16(wire, &policy->dpd_max_failures);
    wire_u16(wire, &policy->half_open_seconds);
    wire_u16(wire, &policy->initiate_seconds);
    wire_flag(wire, &policy->asks_chap);
    wire_below(wire, &policy->config_mode, IKE_CONFIG_OFF + 1);
    wire_address(wire, &policy->wished_address);
    wire_array(wire, policy->remote_networks, MAX_NETWORKS, wire_prefix);
    wire_flag(wire, &policy->wants_ipv6);
    wire_text(wire, &policy->application_version, WIRE_MAX_NAME);
    wire_text(wire, &policy->device_name, WIRE_MAX_NAME);
    wire_flag(wire, &policy->sends_initial_contact);
    wire_flag(wire, &policy->is_esp_always_encapsulated);
}

static void
free_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

void
wire_trust(Wire *wire, IkeTrust *trust)
{
    if (trust->anchors == NULL)
        trust->anchors = g_ptr_array_new_with_free_func(free_bytes);
    wire_bytes_list(wire, trust->anchors, MAX_ANCHORS, MAX_CERTIFICATE);
    if (wire_is_there(wire, trust->crls != NULL)) {
        if (trust->crls == NULL)
            trust->crls = g_ptr_array_new_with_free_func(free_bytes);
        wire_bytes_list(wire, trust->crls, MAX_ANCHORS, MAX_CRL);
    }
    wire_flag(wire, &trust->is_crl_required);
    wire_bytes(wire, &trust->pinned_sha256, 32);
    wire_check(wire, trust->pinned_sha256 == NULL || g_bytes_get_size(trust->pinned_sha256) == 32);
    wire_text(wire, &trust->expected_dn, WIRE_MAX_TEXT);
    wire_text(wire, &trust->expected_name, WIRE_MAX_NAME);
    wire_address(wire, &trust->expected_address);
    wire_flag(wire, &trust->accepts_any_name);
    wire_flag(wire, &trust->is_peer_gateway);
    wire_flag(wire, &trust->requires_id_match);
    wire_flag(wire, &trust->accepts_weak_key);
}

void
wire_settings(Wire *wire, IkeSettings **ret_settings)
{
    IkeSettings *settings;

    if (!wire->is_writing)
        *ret_settings = ike_settings_new();
    settings = *ret_settings;
    wire_check(wire, settings != NULL);
    if (settings == NULL)
        return;
    wire_address(wire, &settings->address4);
    wire_u8(wire, &settings->prefix_length4);
    wire_address(wire, &settings->address6);
    wire_u8(wire, &settings->prefix_length6);
    wire_check(wire, settings->address4.length != 16 && settings->address6.length != 4);
    wire_check(wire, settings->prefix_length4 <= 32 && settings->prefix_length6 <= 128);
    wire_array(wire, settings->dns, MAX_SERVERS, wire_address);
    wire_array(wire, settings->wins, MAX_SERVERS, wire_address);
    wire_text(wire, &settings->domain, WIRE_MAX_NAME);
    wire_text_list(wire, settings->split_dns, MAX_DOMAINS, WIRE_MAX_NAME);
    wire_array(wire, settings->split_include, MAX_NETWORKS, wire_prefix);
    wire_array(wire, settings->split_exclude, MAX_NETWORKS, wire_prefix);
    wire_flag(wire, &settings->excludes_local_network);
    wire_text(wire, &settings->banner, WIRE_MAX_BANNER);
    wire_flag(wire, &settings->may_save_password);
    wire_flag(wire, &settings->has_pfs);
    wire_u16(wire, &settings->pfs);
    wire_text_list(wire, settings->backup_gateways, MAX_SERVERS, WIRE_MAX_NAME);
    wire_text(wire, &settings->application_version, WIRE_MAX_TEXT);
    wire_u32(wire, &settings->expiry_seconds);
}

void
wire_counters(Wire *wire, BoundaryCounters *counters)
{
    wire_u64(wire, &counters->octets_in);
    wire_u64(wire, &counters->octets_out);
    wire_u64(wire, &counters->packets_in);
    wire_u64(wire, &counters->packets_out);
    wire_u32(wire, &counters->last_received_seconds);
    counters->drop_count = wire_count(wire, counters->drop_count, BOUNDARY_MAX_DROPS);
    for (guint i = 0; i < counters->drop_count; i++) {
        g_autofree char *name = g_strdup(counters->drops[i].name);

        wire_text_always(wire, &name, sizeof counters->drops[i].name - 1);
        g_strlcpy(counters->drops[i].name, name, sizeof counters->drops[i].name);
        wire_u64(wire, &counters->drops[i].count);
    }
}

void
wire_child_keys(Wire *wire, BoundaryKeys *keys)
{
    wire_u64(wire, &keys->child);
    wire_suite_esp(wire, &keys->suite);
    wire_prefix(wire, &keys->local);
    wire_prefix(wire, &keys->remote);
    wire_u32(wire, &keys->spi_in);
    wire_u32(wire, &keys->spi_out);
    wire_u64(wire, &keys->soft_octets);
    wire_u64(wire, &keys->hard_octets);
    wire_secret(wire, &keys->keymat_in, WIRE_MAX_SECRET);
    wire_secret(wire, &keys->keymat_out, WIRE_MAX_SECRET);
    wire_check(wire, keys->keymat_in != NULL && keys->keymat_out != NULL);
}
