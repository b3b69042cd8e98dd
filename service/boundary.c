/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "boundary.h"

#include "wire.h"

#include <string.h>

/* Bounds of members; a whole message has FD_MAX_MESSAGE octets at most. */
enum {
    MAX_TEXT = 1024,
    MAX_NAME = 255,
    MAX_BANNER = 8 * 1024,
    MAX_SECRET = 1024,
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

static const gint fields[] = {
    IKE_FIELD_USER,   IKE_FIELD_PASSWORD, IKE_FIELD_PASSCODE, IKE_FIELD_CHALLENGE,
    IKE_FIELD_DOMAIN, IKE_FIELD_NEXT_PIN, IKE_FIELD_ANSWER,
};

static void
walk_id(Wire *wire, IkeId *id)
{
    wire_below(wire, &id->type, IKE_ID_KEY_ID + 1);
    wire_bytes(wire, &id->data, MAX_ID);
}

static void
walk_path(Wire *wire, IkePath *path)
{
    wire_endpoint(wire, &path->local);
    wire_endpoint(wire, &path->remote);
    wire_below(wire, &path->socket, IKE_SOCKET_NATT + 1);
}

static void
walk_policy_proposals(Wire *wire, IkePolicy *policy)
{
    wire_choice(wire, &policy->mode, modes);
    wire_u16(wire, &policy->modes);
    wire_choice(wire, &policy->method, methods);
    wire_array(wire, policy->phase1, MAX_SUITES, wire_suite_phase1);
    wire_array(wire, policy->esp, MAX_SUITES, wire_suite_esp);
    wire_below(wire, &policy->pfs, IKE_PFS_GROUP + 1);
    wire_suite_group(wire, &policy->pfs_group);
    wire_below(wire, &policy->proposal_check, IKE_CHECK_EXACT + 1);
    wire_u32(wire, &policy->phase1_lifetime_seconds);
    wire_u32(wire, &policy->esp_lifetime_seconds);
    wire_u64(wire, &policy->esp_lifetime_kilobytes);
}

static void
walk_policy(Wire *wire, IkePolicy *policy)
{
    walk_policy_proposals(wire, policy);
    walk_id(wire, &policy->own_id);
    walk_id(wire, &policy->peer_id);
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
    wire_below(wire, &policy->config_mode, IKE_CONFIG_OFF + 1);
    wire_address(wire, &policy->wished_address);
    wire_array(wire, policy->remote_networks, MAX_NETWORKS, wire_prefix);
    wire_flag(wire, &policy->wants_ipv6);
    wire_text(wire, &policy->application_version, MAX_NAME);
    wire_text(wire, &policy->device_name, MAX_NAME);
    wire_flag(wire, &policy->sends_initial_contact);
    wire_flag(wire, &policy->is_esp_always_encapsulated);
}

static void
free_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

static void
walk_trust(Wire *wire, IkeTrust *trust)
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
    wire_text(wire, &trust->expected_dn, MAX_TEXT);
    wire_text(wire, &trust->expected_name, MAX_NAME);
    wire_address(wire, &trust->expected_address);
    wire_flag(wire, &trust->accepts_any_name);
    wire_flag(wire, &trust->is_peer_gateway);
    wire_flag(wire, &trust->requires_id_match);
    wire_flag(wire, &trust->accepts_weak_key);
}

static void
walk_initiate(Wire *wire, gpointer item)
{
    BoundaryMessage *message = item;

    if (!wire->is_writing) {
        message->initiate.policy = ike_policy_new();
        message->initiate.trust = ike_trust_new();
    }
    wire_check(wire, message->initiate.policy != NULL && message->initiate.trust != NULL);
    if (wire->is_failed)
        return;
    walk_policy(wire, message->initiate.policy);
    walk_trust(wire, message->initiate.trust);
    walk_path(wire, &message->initiate.isakmp);
    walk_path(wire, &message->initiate.natt);
    wire_u16(wire, &message->initiate.esp_fragment_octets);
    wire_u16(wire, &message->initiate.mtu_octets);
}

static void
walk_answer_login(Wire *wire, gpointer item)
{
    BoundaryMessage *message = item;

    wire_u64(wire, &message->answer_login.ticket);
    wire_secret(wire, &message->answer_login.user, MAX_SECRET);
    wire_secret(wire, &message->answer_login.password, MAX_SECRET);
    wire_secret(wire, &message->answer_login.passcode, MAX_SECRET);
    wire_secret(wire, &message->answer_login.domain, MAX_SECRET);
    wire_secret(wire, &message->answer_login.next_pin, MAX_SECRET);
    wire_secret(wire, &message->answer_login.answer, MAX_SECRET);
    wire_flag(wire, &message->answer_login.is_cancelled);
}

static void
walk_answer_trust(Wire *wire, gpointer item)
{
    BoundaryMessage *message = item;

    wire_u64(wire, &message->answer_trust.ticket);
    wire_below(wire, &message->answer_trust.reason, REASON_COUNT);
}

static void
walk_rebind(Wire *wire, gpointer item)
{
    BoundaryMessage *message = item;

    walk_path(wire, &message->rebind.isakmp);
    walk_path(wire, &message->rebind.natt);
}

static void
walk_hang_up(Wire *wire, gpointer item)
{
    wire_below(wire, &((BoundaryMessage *)item)->hang_up, REASON_COUNT);
}

static void
walk_nothing(Wire *wire, gpointer item)
{
}

static void
walk_stage(Wire *wire, gpointer item)
{
    wire_below(wire, &((BoundaryMessage *)item)->stage, IKE_STAGE_ESTABLISHED + 1);
}

static void
walk_phase1(Wire *wire, gpointer item)
{
    BoundaryMessage *message = item;

    wire_suite_phase1(wire, &message->phase1.suite);
    wire_choice(wire, &message->phase1.method, methods);
    wire_choice(wire, &message->phase1.mode, modes);
    wire_text_always(wire, &message->phase1.peer_identity, MAX_TEXT);
    wire_flag(wire, &message->phase1.is_local_behind_nat);
    wire_flag(wire, &message->phase1.is_remote_behind_nat);
    wire_flag(wire, &message->phase1.is_encapsulated);
    wire_flag(wire, &message->phase1.has_dpd);
    wire_flag(wire, &message->phase1.has_fragmentation);
    wire_u32(wire, &message->phase1.lifetime_seconds);
}

static void
walk_ask_login(Wire *wire, gpointer item)
{
    BoundaryMessage *message = item;
    guint count;

    wire_u64(wire, &message->ask_login.ticket);
    count = wire_count(wire, (guint)message->ask_login.count, IKE_MAX_FIELDS);
    message->ask_login.count = count;
    for (guint i = 0; i < count; i++) {
        wire_choice(wire, &message->ask_login.fields[i].field, fields);
        wire_text(wire, &message->ask_login.fields[i].value, MAX_TEXT);
    }
    wire_text(wire, &message->ask_login.message, MAX_TEXT);
    wire_u32(wire, &message->ask_login.round);
    wire_flag(wire, &message->ask_login.is_reauthentication);
}

static void
walk_ask_trust(Wire *wire, gpointer item)
{
    BoundaryMessage *message = item;
    IkeCertificateInfo *info;

    wire_u64(wire, &message->ask_trust.ticket);
    if (!wire->is_writing)
        message->ask_trust.certificate = g_new0(IkeCertificateInfo, 1);
    info = message->ask_trust.certificate;
    wire_check(wire, info != NULL);
    if (info == NULL)
        return;
    wire_text_always(wire, &info->subject, MAX_TEXT);
    wire_text_always(wire, &info->issuer, MAX_TEXT);
    wire_text_always(wire, &info->names, MAX_BANNER);
    wire_text_always(wire, &info->sha256, MAX_NAME);
    wire_i64(wire, &info->not_before_unix_seconds);
    wire_i64(wire, &info->not_after_unix_seconds);
    wire_u32(wire, &info->key_bits);
}

static void
walk_settings(Wire *wire, gpointer item)
{
    BoundaryMessage *message = item;
    IkeSettings *settings;

    if (!wire->is_writing)
        message->settings = ike_settings_new();
    settings = message->settings;
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
    wire_text(wire, &settings->domain, MAX_NAME);
    wire_text_list(wire, settings->split_dns, MAX_DOMAINS, MAX_NAME);
    wire_array(wire, settings->split_include, MAX_NETWORKS, wire_prefix);
    wire_array(wire, settings->split_exclude, MAX_NETWORKS, wire_prefix);
    wire_flag(wire, &settings->excludes_local_network);
    wire_text(wire, &settings->banner, MAX_BANNER);
    wire_flag(wire, &settings->may_save_password);
    wire_flag(wire, &settings->has_pfs);
    wire_u16(wire, &settings->pfs);
    wire_text_list(wire, settings->backup_gateways, MAX_SERVERS, MAX_NAME);
    wire_text(wire, &settings->application_version, MAX_TEXT);
    wire_u32(wire, &settings->expiry_seconds);
}

static void
walk_child_up(Wire *wire, gpointer item)
{
    BoundaryMessage *message = item;

    wire_u64(wire, &message->child_up.child);
    wire_u64(wire, &message->child_up.replaces);
    wire_suite_esp(wire, &message->child_up.suite);
    wire_prefix(wire, &message->child_up.local);
    wire_prefix(wire, &message->child_up.remote);
    wire_flag(wire, &message->child_up.is_encapsulated);
    wire_suite_group(wire, &message->child_up.pfs_group);
    wire_u16(wire, &message->child_up.mtu_octets);
}

static void
walk_child_down(Wire *wire, gpointer item)
{
    wire_u64(wire, &((BoundaryMessage *)item)->child_down);
}

static void
walk_path_told(Wire *wire, gpointer item)
{
    walk_path(wire, &((BoundaryMessage *)item)->path);
}

static void
walk_counters(Wire *wire, gpointer item)
{
    BoundaryCounters *counters = &((BoundaryMessage *)item)->counters;

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

static void
walk_note(Wire *wire, gpointer item)
{
    BoundaryMessage *message = item;

    wire_below(wire, &message->note.level, IKE_NOTE_WARNING + 1);
    wire_text_always(wire, &message->note.text, MAX_TEXT);
}

static void
walk_closed(Wire *wire, gpointer item)
{
    BoundaryMessage *message = item;

    wire_below(wire, &message->closed.reason, REASON_COUNT);
    wire_text(wire, &message->closed.detail, MAX_TEXT);
}

typedef struct {
    BoundaryType type;
    const char *name;
    BoundaryDirection direction;
    gsize fd_count;
    WireWalk walk; /* item is the BoundaryMessage */
} BoundaryRow;

static const BoundaryRow rows[] = {
    {BOUNDARY_INITIATE, "initiate", BOUNDARY_TO_ENGINE, 3, walk_initiate},
    {BOUNDARY_ANSWER_LOGIN, "answer-login", BOUNDARY_TO_ENGINE, 0, walk_answer_login},
    {BOUNDARY_ANSWER_TRUST, "answer-trust", BOUNDARY_TO_ENGINE, 0, walk_answer_trust},
    {BOUNDARY_REBIND, "rebind", BOUNDARY_TO_ENGINE, 2, walk_rebind},
    {BOUNDARY_HANG_UP, "hang-up", BOUNDARY_TO_ENGINE, 0, walk_hang_up},
    {BOUNDARY_REAUTHENTICATE, "reauthenticate", BOUNDARY_TO_ENGINE, 0, walk_nothing},
    {BOUNDARY_REKEY, "rekey", BOUNDARY_TO_ENGINE, 0, walk_nothing},
    {BOUNDARY_COUNT, "count", BOUNDARY_TO_ENGINE, 0, walk_nothing},
    {BOUNDARY_STAGE, "stage", BOUNDARY_TO_SERVICE, 0, walk_stage},
    {BOUNDARY_PHASE1, "phase1", BOUNDARY_TO_SERVICE, 0, walk_phase1},
    {BOUNDARY_ASK_LOGIN, "ask-login", BOUNDARY_TO_SERVICE, 0, walk_ask_login},
    {BOUNDARY_ASK_TRUST, "ask-trust", BOUNDARY_TO_SERVICE, 0, walk_ask_trust},
    {BOUNDARY_SETTINGS, "settings", BOUNDARY_TO_SERVICE, 0, walk_settings},
    {BOUNDARY_CHILD_UP, "child-up", BOUNDARY_TO_SERVICE, 0, walk_child_up},
    {BOUNDARY_CHILD_DOWN, "child-down", BOUNDARY_TO_SERVICE, 0, walk_child_down},
    {BOUNDARY_PATH, "path", BOUNDARY_TO_SERVICE, 0, walk_path_told},
    {BOUNDARY_COUNTERS, "counters", BOUNDARY_TO_SERVICE, 0, walk_counters},
    {BOUNDARY_NOTE, "note", BOUNDARY_TO_SERVICE, 0, walk_note},
    {BOUNDARY_CLOSED, "closed", BOUNDARY_TO_SERVICE, 0, walk_closed},
};

static const BoundaryRow *
find_row(guint16 type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].type == type)
            return &rows[i];
    return NULL;
}

const char *
boundary_name(BoundaryType type)
{
    const BoundaryRow *row = find_row((guint16)type);

    return row != NULL ? row->name : "unknown";
}

gsize
boundary_fd_count(BoundaryType type)
{
    const BoundaryRow *row = find_row((guint16)type);

    return row != NULL ? row->fd_count : 0;
}

BoundaryMessage *
boundary_message_new(BoundaryType type)
{
    BoundaryMessage *message = g_new0(BoundaryMessage, 1);

    message->type = type;
    return message;
}

static void
clear_answer_login(BoundaryMessage *message)
{
    secret_free(message->answer_login.user);
    secret_free(message->answer_login.password);
    secret_free(message->answer_login.passcode);
    secret_free(message->answer_login.domain);
    secret_free(message->answer_login.next_pin);
    secret_free(message->answer_login.answer);
}

static void
clear_ask_login(BoundaryMessage *message)
{
    for (gsize i = 0; i < IKE_MAX_FIELDS; i++)
        g_free(message->ask_login.fields[i].value);
    g_free(message->ask_login.message);
}

void
boundary_message_free(BoundaryMessage *message)
{
    if (message == NULL)
        return;
    switch (message->type) {
    case BOUNDARY_INITIATE:
        ike_policy_unref(message->initiate.policy);
        ike_trust_free(message->initiate.trust);
        break;
    case BOUNDARY_ANSWER_LOGIN:
        clear_answer_login(message);
        break;
    case BOUNDARY_PHASE1:
        g_free(message->phase1.peer_identity);
        break;
    case BOUNDARY_ASK_LOGIN:
        clear_ask_login(message);
        break;
    case BOUNDARY_ASK_TRUST:
        ike_certificate_info_free(message->ask_trust.certificate);
        break;
    case BOUNDARY_SETTINGS:
        ike_settings_free(message->settings);
        break;
    case BOUNDARY_NOTE:
        g_free(message->note.text);
        break;
    case BOUNDARY_CLOSED:
        g_free(message->closed.detail);
        break;
    case BOUNDARY_ANSWER_TRUST:
    case BOUNDARY_REBIND:
    case BOUNDARY_HANG_UP:
    case BOUNDARY_REAUTHENTICATE:
    case BOUNDARY_REKEY:
    case BOUNDARY_COUNT:
    case BOUNDARY_STAGE:
    case BOUNDARY_CHILD_UP:
    case BOUNDARY_CHILD_DOWN:
    case BOUNDARY_PATH:
    case BOUNDARY_COUNTERS:
        break;
    }
    g_free(message);
}

/* The octets as a Secret, because a login may be among them. */
static Secret *
write_message(const BoundaryMessage *message)
{
    const BoundaryRow *row = find_row((guint16)message->type);
    g_auto(Wire) wire = wire_to_write(FD_MAX_MESSAGE);
    guint16 type = (guint16)message->type;

    g_assert(row != NULL);
    wire_u16(&wire, &type);
    /* A walk that writes changes nothing. */
    row->walk(&wire, (gpointer)message);
    return wire_ok(&wire) ? secret_new(wire.writer.data, wire.writer.length) : NULL;
}

static void
free_secret(gpointer secret)
{
    secret_free(secret);
}

GBytes *
boundary_write(const BoundaryMessage *message)
{
    Secret *octets = write_message(message);

    if (octets == NULL)
        return NULL;
    return g_bytes_new_with_free_func(secret_data(octets), secret_length(octets), free_secret,
                                      octets);
}

BoundaryMessage *
boundary_parse(const guint8 *data, gsize length, BoundaryDirection direction, GError **error)
{
    g_auto(Wire) wire = wire_to_parse(data, length);
    g_autoptr(BoundaryMessage) message = NULL;
    const BoundaryRow *row;
    guint16 type = 0;

    wire_u16(&wire, &type);
    row = find_row(type);
    if (row == NULL || row->direction != direction) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "The other process sent a message of type %u, which is not its to send", type);
        return NULL;
    }
    message = boundary_message_new((BoundaryType)type);
    row->walk(&wire, message);
    if (!wire_ok(&wire)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "The other process sent a malformed message \"%s\"", row->name);
        return NULL;
    }
    return g_steal_pointer(&message);
}

gboolean
boundary_send(Fd socket, const BoundaryMessage *message, const Fd *fds, GError **error)
{
    g_autoptr(Secret) octets = write_message(message);

    if (octets == NULL) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "The message \"%s\" is too long for the other process",
                    boundary_name(message->type));
        return FALSE;
    }
    return fd_send(socket, secret_data(octets), secret_length(octets), fds,
                   boundary_fd_count(message->type), error);
}

static void
close_all(Fd *fds)
{
    for (gsize i = 0; i < FD_MAX_PASSED; i++)
        fd_close(&fds[i]);
}

BoundaryMessage *
boundary_receive(Fd socket, BoundaryDirection direction, Fd *ret_fds, GError **error)
{
    g_autoptr(BoundaryMessage) message = NULL;
    guint8 room[FD_MAX_MESSAGE];
    Fd fds[FD_MAX_PASSED];
    gsize count;
    gssize length = fd_receive(socket, room, sizeof room, fds, &count, error);

    for (gsize i = 0; i < FD_MAX_PASSED; i++)
        ret_fds[i] = -1;
    if (length > 0)
        message = boundary_parse(room, (gsize)length, direction, error);
    explicit_bzero(room, length > 0 ? (gsize)length : 0);
    if (message != NULL && count != boundary_fd_count(message->type)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "The message \"%s\" came with %" G_GSIZE_FORMAT " descriptors",
                    boundary_name(message->type), count);
        g_clear_pointer(&message, boundary_message_free);
    }
    if (message == NULL) {
        close_all(fds);
        return NULL;
    }
    memcpy(ret_fds, fds, sizeof fds);
    return g_steal_pointer(&message);
}
