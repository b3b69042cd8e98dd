/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "boundary.h"

#include "wire-ike.h"

#include <string.h>

static const gint fields[] = {
    IKE_FIELD_USER,   IKE_FIELD_PASSWORD, IKE_FIELD_PASSCODE, IKE_FIELD_CHALLENGE,
    IKE_FIELD_DOMAIN, IKE_FIELD_NEXT_PIN, IKE_FIELD_ANSWER,
};

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
    wire_policy(wire, message->initiate.policy);
    wire_trust(wire, message->initiate.trust);
    wire_path(wire, &message->initiate.isakmp);
    wire_path(wire, &message->initiate.natt);
    wire_u16(wire, &message->initiate.esp_fragment_octets);
    wire_u16(wire, &message->initiate.mtu_octets);
}

static void
walk_answer_login(Wire *wire, gpointer item)
{
    BoundaryMessage *message = item;

    wire_u64(wire, &message->answer_login.ticket);
    wire_secret(wire, &message->answer_login.user, WIRE_MAX_SECRET);
    wire_secret(wire, &message->answer_login.password, WIRE_MAX_SECRET);
    wire_secret(wire, &message->answer_login.passcode, WIRE_MAX_SECRET);
    wire_secret(wire, &message->answer_login.domain, WIRE_MAX_SECRET);
    wire_secret(wire, &message->answer_login.next_pin, WIRE_MAX_SECRET);
    wire_secret(wire, &message->answer_login.answer, WIRE_MAX_SECRET);
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

    wire_path(wire, &message->rebind.isakmp);
    wire_path(wire, &message->rebind.natt);
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
    wire_method(wire, &message->phase1.method);
    wire_mode(wire, &message->phase1.mode);
    wire_text_always(wire, &message->phase1.peer_identity, WIRE_MAX_TEXT);
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
        wire_text(wire, &message->ask_login.fields[i].value, WIRE_MAX_TEXT);
    }
    wire_text(wire, &message->ask_login.message, WIRE_MAX_TEXT);
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
    wire_text_always(wire, &info->subject, WIRE_MAX_TEXT);
    wire_text_always(wire, &info->issuer, WIRE_MAX_TEXT);
    wire_text_always(wire, &info->names, WIRE_MAX_BANNER);
    wire_text_always(wire, &info->sha256, WIRE_MAX_NAME);
    wire_i64(wire, &info->not_before_unix_seconds);
    wire_i64(wire, &info->not_after_unix_seconds);
    wire_u32(wire, &info->key_bits);
}

static void
walk_settings(Wire *wire, gpointer item)
{
    wire_settings(wire, &((BoundaryMessage *)item)->settings);
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
    wire_path(wire, &((BoundaryMessage *)item)->path);
}

static void
walk_counters(Wire *wire, gpointer item)
{
    wire_counters(wire, &((BoundaryMessage *)item)->counters);
}

static void
walk_note(Wire *wire, gpointer item)
{
    BoundaryMessage *message = item;

    wire_below(wire, &message->note.level, IKE_NOTE_WARNING + 1);
    wire_text_always(wire, &message->note.text, WIRE_MAX_TEXT);
}

static void
walk_closed(Wire *wire, gpointer item)
{
    BoundaryMessage *message = item;

    wire_below(wire, &message->closed.reason, REASON_COUNT);
    wire_text(wire, &message->closed.detail, WIRE_MAX_TEXT);
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
