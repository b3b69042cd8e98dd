/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guestlink.h"

#include "wire-ike.h"

static const gint fields[] = {
    IKE_FIELD_USER,   IKE_FIELD_PASSWORD, IKE_FIELD_PASSCODE, IKE_FIELD_CHALLENGE,
    IKE_FIELD_DOMAIN, IKE_FIELD_NEXT_PIN, IKE_FIELD_ANSWER,
};

static void
walk_serve(Wire *wire, gpointer item)
{
    GuestlinkMessage *message = item;

    wire_endpoint(wire, &message->serve.isakmp);
    wire_endpoint(wire, &message->serve.natt);
    wire_u16(wire, &message->serve.esp_fragment_octets);
    wire_u16(wire, &message->serve.mtu_octets);
    wire_flag(wire, &message->serve.is_kernel);
}

static void
walk_policy(Wire *wire, gpointer item)
{
    GuestlinkMessage *message = item;

    if (!wire->is_writing)
        message->policy = ike_policy_new();
    wire_policy(wire, message->policy);
}

static void
clear_policy(gpointer item)
{
    ike_policy_unref(((GuestlinkMessage *)item)->policy);
}

static void
walk_configure(Wire *wire, gpointer item)
{
    GuestlinkMessage *message = item;

    if (!wire->is_writing)
        message->configure = ike_trust_new();
    wire_trust(wire, message->configure);
}

static void
clear_configure(gpointer item)
{
    ike_trust_free(((GuestlinkMessage *)item)->configure);
}

static void
walk_verdict(Wire *wire, gpointer item)
{
    GuestlinkMessage *message = item;

    wire_u64(wire, &message->verdict.ticket);
    wire_below(wire, &message->verdict.type, IKE_VERDICT_UNREACHABLE + 1);
    wire_choice(wire, &message->verdict.field, fields);
    wire_text(wire, &message->verdict.message, WIRE_MAX_TEXT);
}

static void
clear_verdict(gpointer item)
{
    g_free(((GuestlinkMessage *)item)->verdict.message);
}

static void
walk_lease(Wire *wire, gpointer item)
{
    GuestlinkMessage *message = item;

    wire_u64(wire, &message->lease.ticket);
    wire_flag(wire, &message->lease.is_given);
    if (message->lease.is_given)
        wire_settings(wire, &message->lease.settings);
}

static void
clear_lease(gpointer item)
{
    ike_settings_free(((GuestlinkMessage *)item)->lease.settings);
}

static void
walk_hang_up(Wire *wire, gpointer item)
{
    wire_below(wire, &((GuestlinkMessage *)item)->hang_up, REASON_COUNT);
}

static void
walk_nothing(Wire *wire, gpointer item)
{
}

static void
walk_ask_verdict(Wire *wire, gpointer item)
{
    GuestlinkMessage *message = item;

    wire_u64(wire, &message->ask_verdict.ticket);
    wire_secret(wire, &message->ask_verdict.user, WIRE_MAX_SECRET);
    wire_secret(wire, &message->ask_verdict.password, WIRE_MAX_SECRET);
    wire_secret(wire, &message->ask_verdict.passcode, WIRE_MAX_SECRET);
    wire_secret(wire, &message->ask_verdict.domain, WIRE_MAX_SECRET);
    wire_secret(wire, &message->ask_verdict.next_pin, WIRE_MAX_SECRET);
    wire_secret(wire, &message->ask_verdict.answer, WIRE_MAX_SECRET);
    wire_bytes(wire, &message->ask_verdict.challenge, WIRE_MAX_SECRET);
    wire_text_always(wire, &message->ask_verdict.group, WIRE_MAX_TEXT);
    wire_endpoint(wire, &message->ask_verdict.peer);
    wire_u32(wire, &message->ask_verdict.round);
}

static void
clear_ask_verdict(gpointer item)
{
    GuestlinkMessage *message = item;

    secret_free(message->ask_verdict.user);
    secret_free(message->ask_verdict.password);
    secret_free(message->ask_verdict.passcode);
    secret_free(message->ask_verdict.domain);
    secret_free(message->ask_verdict.next_pin);
    secret_free(message->ask_verdict.answer);
    g_clear_pointer(&message->ask_verdict.challenge, g_bytes_unref);
    g_free(message->ask_verdict.group);
}

static void
walk_ask_lease(Wire *wire, gpointer item)
{
    GuestlinkMessage *message = item;

    wire_u64(wire, &message->ask_lease.ticket);
    wire_text(wire, &message->ask_lease.user, WIRE_MAX_SECRET);
    wire_text_always(wire, &message->ask_lease.group, WIRE_MAX_TEXT);
    wire_address(wire, &message->ask_lease.wished);
}

static void
clear_ask_lease(gpointer item)
{
    GuestlinkMessage *message = item;

    g_free(message->ask_lease.user);
    g_free(message->ask_lease.group);
}

static void
walk_phase1(Wire *wire, gpointer item)
{
    GuestlinkMessage *message = item;

    wire_suite_phase1(wire, &message->phase1.suite);
    wire_method(wire, &message->phase1.method);
    wire_mode(wire, &message->phase1.mode);
    wire_text_always(wire, &message->phase1.group, WIRE_MAX_TEXT);
    wire_endpoint(wire, &message->phase1.peer);
    wire_flag(wire, &message->phase1.is_behind_nat);
    wire_flag(wire, &message->phase1.has_dpd);
    wire_flag(wire, &message->phase1.has_fragmentation);
    wire_flag(wire, &message->phase1.has_unity);
    wire_u32(wire, &message->phase1.lifetime_seconds);
    for (gsize i = 0; i < sizeof message->phase1.cookies; i++)
        wire_u8(wire, &message->phase1.cookies[i]);
}

static void
clear_phase1(gpointer item)
{
    g_free(((GuestlinkMessage *)item)->phase1.group);
}

static void
walk_child_up(Wire *wire, gpointer item)
{
    GuestlinkMessage *message = item;

    wire_u64(wire, &message->child_up.child);
    wire_u64(wire, &message->child_up.replaces);
    wire_suite_esp(wire, &message->child_up.suite);
    wire_prefix(wire, &message->child_up.local);
    wire_prefix(wire, &message->child_up.remote);
    wire_suite_group(wire, &message->child_up.pfs_group);
}

static void
walk_child_down(Wire *wire, gpointer item)
{
    wire_u64(wire, &((GuestlinkMessage *)item)->child_down);
}

static void
walk_path(Wire *wire, gpointer item)
{
    wire_endpoint(wire, &((GuestlinkMessage *)item)->path);
}

static void
walk_counters(Wire *wire, gpointer item)
{
    wire_counters(wire, &((GuestlinkMessage *)item)->counters);
}

static void
walk_note(Wire *wire, gpointer item)
{
    GuestlinkMessage *message = item;

    wire_below(wire, &message->note.level, IKE_NOTE_WARNING + 1);
    wire_text_always(wire, &message->note.text, WIRE_MAX_TEXT);
}

static void
clear_note(gpointer item)
{
    g_free(((GuestlinkMessage *)item)->note.text);
}

static void
walk_closed(Wire *wire, gpointer item)
{
    GuestlinkMessage *message = item;

    wire_below(wire, &message->closed.reason, REASON_COUNT);
    wire_text(wire, &message->closed.detail, WIRE_MAX_TEXT);
}

static void
clear_closed(gpointer item)
{
    g_free(((GuestlinkMessage *)item)->closed.detail);
}

static void
walk_refused(Wire *wire, gpointer item)
{
    GuestlinkMessage *message = item;

    wire_endpoint(wire, &message->refused.peer);
    wire_below(wire, &message->refused.reason, REASON_COUNT);
    wire_text_always(wire, &message->refused.offered, WIRE_MAX_TEXT);
    wire_text_always(wire, &message->refused.own, WIRE_MAX_TEXT);
    wire_text_always(wire, &message->refused.difference, WIRE_MAX_TEXT);
}

static void
clear_refused(gpointer item)
{
    GuestlinkMessage *message = item;

    g_free(message->refused.offered);
    g_free(message->refused.own);
    g_free(message->refused.difference);
}

static void
walk_child_keys(Wire *wire, gpointer item)
{
    wire_child_keys(wire, &((GuestlinkMessage *)item)->child_keys);
}

static void
clear_child_keys(gpointer item)
{
    GuestlinkMessage *message = item;

    secret_free(message->child_keys.keymat_in);
    secret_free(message->child_keys.keymat_out);
}

static void
walk_child_send(Wire *wire, gpointer item)
{
    wire_u64(wire, &((GuestlinkMessage *)item)->child_send);
}

static void
walk_moved(Wire *wire, gpointer item)
{
    wire_endpoint(wire, &((GuestlinkMessage *)item)->moved);
}

static void
walk_session(Wire *wire, gpointer item)
{
    wire_u64(wire, &((GuestlinkMessage *)item)->session);
}

static const ChannelRow rows[] = {
    {GUESTLINK_SERVE, "serve", BOUNDARY_TO_ENGINE, 3, walk_serve},
    {GUESTLINK_POLICY, "policy", BOUNDARY_TO_ENGINE, 0, walk_policy, clear_policy},
    {GUESTLINK_CONFIGURE, "configure", BOUNDARY_TO_ENGINE, 0, walk_configure, clear_configure},
    {GUESTLINK_VERDICT, "verdict", BOUNDARY_TO_ENGINE, 0, walk_verdict, clear_verdict},
    {GUESTLINK_LEASE, "lease", BOUNDARY_TO_ENGINE, 0, walk_lease, clear_lease},
    {GUESTLINK_HANG_UP, "hang-up", BOUNDARY_TO_ENGINE, 0, walk_hang_up},
    {GUESTLINK_COUNT, "count", BOUNDARY_TO_ENGINE, 0, walk_nothing},
    {GUESTLINK_ALIVE, "alive", BOUNDARY_TO_ENGINE, 0, walk_nothing},
    {GUESTLINK_MOVED, "moved", BOUNDARY_TO_ENGINE, 0, walk_moved},
    {GUESTLINK_EXPIRING, "expiring", BOUNDARY_TO_ENGINE, 0, walk_nothing},
    {GUESTLINK_ASK_VERDICT, "ask-verdict", BOUNDARY_TO_SERVICE, 0, walk_ask_verdict,
     clear_ask_verdict},
    {GUESTLINK_ASK_LEASE, "ask-lease", BOUNDARY_TO_SERVICE, 0, walk_ask_lease, clear_ask_lease},
    {GUESTLINK_PHASE1, "phase1", BOUNDARY_TO_SERVICE, 0, walk_phase1, clear_phase1},
    {GUESTLINK_CHILD_UP, "child-up", BOUNDARY_TO_SERVICE, 0, walk_child_up},
    {GUESTLINK_CHILD_DOWN, "child-down", BOUNDARY_TO_SERVICE, 0, walk_child_down},
    {GUESTLINK_PATH, "path", BOUNDARY_TO_SERVICE, 0, walk_path},
    {GUESTLINK_COUNTERS, "counters", BOUNDARY_TO_SERVICE, 0, walk_counters},
    {GUESTLINK_NOTE, "note", BOUNDARY_TO_SERVICE, 0, walk_note, clear_note},
    {GUESTLINK_CLOSED, "closed", BOUNDARY_TO_SERVICE, 0, walk_closed, clear_closed},
    {GUESTLINK_CHILD_KEYS, "child-keys", BOUNDARY_TO_SERVICE, 0, walk_child_keys, clear_child_keys},
    {GUESTLINK_CHILD_SEND, "child-send", BOUNDARY_TO_SERVICE, 0, walk_child_send},
    {GUESTLINK_REFUSED, "refused", BOUNDARY_TO_SERVICE, 0, walk_refused, clear_refused},
};

const Channel guestlink_channel = {
    .rows = rows,
    .row_count = G_N_ELEMENTS(rows),
    .message_size = sizeof(GuestlinkMessage),
    .walk_head = walk_session,
};
