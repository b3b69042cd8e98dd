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
    wire_flag(wire, &message->initiate.is_kernel);
}

static void
clear_initiate(gpointer item)
{
    BoundaryMessage *message = item;

    ike_policy_unref(message->initiate.policy);
    ike_trust_free(message->initiate.trust);
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
clear_answer_login(gpointer item)
{
    BoundaryMessage *message = item;

    secret_free(message->answer_login.user);
    secret_free(message->answer_login.password);
    secret_free(message->answer_login.passcode);
    secret_free(message->answer_login.domain);
    secret_free(message->answer_login.next_pin);
    secret_free(message->answer_login.answer);
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
clear_phase1(gpointer item)
{
    g_free(((BoundaryMessage *)item)->phase1.peer_identity);
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
clear_ask_login(gpointer item)
{
    BoundaryMessage *message = item;

    for (gsize i = 0; i < IKE_MAX_FIELDS; i++)
        g_free(message->ask_login.fields[i].value);
    g_free(message->ask_login.message);
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
clear_ask_trust(gpointer item)
{
    ike_certificate_info_free(((BoundaryMessage *)item)->ask_trust.certificate);
}

static void
walk_settings(Wire *wire, gpointer item)
{
    wire_settings(wire, &((BoundaryMessage *)item)->settings);
}

static void
clear_settings(gpointer item)
{
    ike_settings_free(((BoundaryMessage *)item)->settings);
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
    wire_u32(wire, &message->child_up.lifetime_seconds);
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
clear_note(gpointer item)
{
    g_free(((BoundaryMessage *)item)->note.text);
}

static void
walk_closed(Wire *wire, gpointer item)
{
    BoundaryMessage *message = item;

    wire_below(wire, &message->closed.reason, REASON_COUNT);
    wire_text(wire, &message->closed.detail, WIRE_MAX_TEXT);
}

static void
clear_closed(gpointer item)
{
    g_free(((BoundaryMessage *)item)->closed.detail);
}

static void
walk_seen(Wire *wire, gpointer item)
{
    BoundaryMessage *message = item;

    wire_u64(wire, &message->seen.packets_in);
    wire_u64(wire, &message->seen.packets_out);
}

static void
walk_child_keys(Wire *wire, gpointer item)
{
    wire_child_keys(wire, &((BoundaryMessage *)item)->child_keys);
}

static void
clear_child_keys(gpointer item)
{
    BoundaryMessage *message = item;

    secret_free(message->child_keys.keymat_in);
    secret_free(message->child_keys.keymat_out);
}

static void
walk_child_send(Wire *wire, gpointer item)
{
    wire_u64(wire, &((BoundaryMessage *)item)->child_send);
}

static void
walk_alive(Wire *wire, gpointer item)
{
    wire_u32(wire, &((BoundaryMessage *)item)->round_trip_microseconds);
}

static const ChannelRow rows[] = {
    {BOUNDARY_INITIATE, "initiate", BOUNDARY_TO_ENGINE, 3, walk_initiate, clear_initiate},
    {BOUNDARY_ANSWER_LOGIN, "answer-login", BOUNDARY_TO_ENGINE, 0, walk_answer_login,
     clear_answer_login},
    {BOUNDARY_ANSWER_TRUST, "answer-trust", BOUNDARY_TO_ENGINE, 0, walk_answer_trust},
    {BOUNDARY_REBIND, "rebind", BOUNDARY_TO_ENGINE, 2, walk_rebind},
    {BOUNDARY_HANG_UP, "hang-up", BOUNDARY_TO_ENGINE, 0, walk_hang_up},
    {BOUNDARY_REAUTHENTICATE, "reauthenticate", BOUNDARY_TO_ENGINE, 0, walk_nothing},
    {BOUNDARY_REKEY, "rekey", BOUNDARY_TO_ENGINE, 0, walk_nothing},
    {BOUNDARY_COUNT, "count", BOUNDARY_TO_ENGINE, 0, walk_nothing},
    {BOUNDARY_SEEN, "seen", BOUNDARY_TO_ENGINE, 0, walk_seen},
    {BOUNDARY_PROBE, "probe", BOUNDARY_TO_ENGINE, 0, walk_nothing},
    {BOUNDARY_STAGE, "stage", BOUNDARY_TO_SERVICE, 0, walk_stage},
    {BOUNDARY_PHASE1, "phase1", BOUNDARY_TO_SERVICE, 0, walk_phase1, clear_phase1},
    {BOUNDARY_ASK_LOGIN, "ask-login", BOUNDARY_TO_SERVICE, 0, walk_ask_login, clear_ask_login},
    {BOUNDARY_ASK_TRUST, "ask-trust", BOUNDARY_TO_SERVICE, 0, walk_ask_trust, clear_ask_trust},
    {BOUNDARY_SETTINGS, "settings", BOUNDARY_TO_SERVICE, 0, walk_settings, clear_settings},
    {BOUNDARY_CHILD_UP, "child-up", BOUNDARY_TO_SERVICE, 0, walk_child_up},
    {BOUNDARY_CHILD_DOWN, "child-down", BOUNDARY_TO_SERVICE, 0, walk_child_down},
    {BOUNDARY_PATH, "path", BOUNDARY_TO_SERVICE, 0, walk_path_told},
    {BOUNDARY_COUNTERS, "counters", BOUNDARY_TO_SERVICE, 0, walk_counters},
    {BOUNDARY_NOTE, "note", BOUNDARY_TO_SERVICE, 0, walk_note, clear_note},
    {BOUNDARY_CLOSED, "closed", BOUNDARY_TO_SERVICE, 0, walk_closed, clear_closed},
    {BOUNDARY_CHILD_KEYS, "child-keys", BOUNDARY_TO_SERVICE, 0, walk_child_keys, clear_child_keys},
    {BOUNDARY_CHILD_SEND, "child-send", BOUNDARY_TO_SERVICE, 0, walk_child_send},
    {BOUNDARY_ALIVE, "alive", BOUNDARY_TO_SERVICE, 0, walk_alive},
};

const Channel boundary_channel = {
    .rows = rows,
    .row_count = G_N_ELEMENTS(rows),
    .message_size = sizeof(BoundaryMessage),
};
