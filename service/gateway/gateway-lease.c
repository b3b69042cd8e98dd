/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which address a guest gets, and who has to make room for it. */
#include "gateway/gateway-private.h"

#include "gateway/terms.h"

#include <string.h>

static void
send_lease(Gateway *gateway, guint64 session, guint64 ticket, IkeSettings *settings)
{
    GuestlinkMessage message = {.type = GUESTLINK_LEASE, .session = session};

    message.lease.ticket = ticket;
    message.lease.is_given = settings != NULL;
    message.lease.settings = settings;
    gateway_send(gateway, &message, NULL);
}

/* --- who has an address --- */

GHashTable *
gateway_holders_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                 (GDestroyNotify)g_ptr_array_unref);
}

static const char *
key_of(const char *user)
{
    return user != NULL ? user : "";
}

/* Sessions of guest's user that have an address; NULL when there are none. */
static GPtrArray *
rivals_of(Gateway *gateway, const Guest *guest)
{
    return g_hash_table_lookup(gateway->holders, key_of(guest->user));
}

static void
hold(Gateway *gateway, Guest *guest, Lease *take_lease)
{
    const char *user = key_of(lease_user(take_lease));
    GPtrArray *guests = g_hash_table_lookup(gateway->holders, user);

    if (guests == NULL) {
        guests = g_ptr_array_new();
        g_hash_table_insert(gateway->holders, g_strdup(user), guests);
    }
    g_ptr_array_add(guests, guest);
    guest->lease = take_lease;
}

void
gateway_release(Gateway *gateway, Guest *guest)
{
    const char *user;
    GPtrArray *guests;

    if (guest->lease == NULL)
        return;
    user = key_of(lease_user(guest->lease));
    guests = g_hash_table_lookup(gateway->holders, user);
    g_ptr_array_remove(guests, guest);
    if (guests->len == 0)
        g_hash_table_remove(gateway->holders, user);
    leases_release(gateway->leases, g_steal_pointer(&guest->lease),
                   g_get_real_time() / G_USEC_PER_SEC);
}

/* --- who has to make room --- */

/* The address is the new session's at once; the old one's end is told by the engine. */
static void
replace(Gateway *gateway, Guest *old, const Guest *guest)
{
    gateway_event(gateway, old, G_LOG_LEVEL_MESSAGE, "replaced", REASON_NONE,
                  "gives way to session %" G_GUINT64_FORMAT, guest->session);
    old->cause = RADIUS_CAUSE_PORT_PREEMPTED;
    gateway_hang_up(gateway, old, REASON_PEER_DELETED);
    gateway_release(gateway, old);
}

/* The address that is given by name is the user's, and so is whoever has it yet. */
static void
replace_holder(Gateway *gateway, const Guest *guest, const NetAddress *address)
{
    NetPrefix wanted = {.address = *address, .prefix_length = (guint8)(address->length * 8)};
    GPtrArray *rivals = rivals_of(gateway, guest);

    for (guint i = 0; rivals != NULL && i < rivals->len; i++) {
        Guest *other = rivals->pdata[i];

        if (!lease_is(other->lease, &wanted))
            continue;
        /* Nobody else has that address; the list may be gone with it. */
        replace(gateway, other, guest);
        return;
    }
}

/* As many sessions for each user as its terms say. FALSE: this one is too many. */
static gboolean
make_room(Gateway *gateway, Guest *guest, const Terms *terms)
{
    GPtrArray *rivals;

    replace_holder(gateway, guest, &terms->address4);
    replace_holder(gateway, guest, &terms->address6);
    if (gateway->config->when_full == GATEWAY_FULL_ALLOW)
        return TRUE;
    while ((rivals = rivals_of(gateway, guest)) != NULL &&
           rivals->len >= terms->sessions_per_user) {
        if (gateway->config->when_full == GATEWAY_FULL_REFUSE) {
            gateway_event(gateway, guest, G_LOG_LEVEL_WARNING, "too-many-sessions",
                          REASON_NO_ADDRESS, "has %u already", rivals->len);
            return FALSE;
        }
        /* The oldest. */
        replace(gateway, rivals->pdata[0], guest);
    }
    return TRUE;
}

static void
say_refusal(Gateway *gateway, const Guest *guest, const GError *error)
{
    gboolean is_empty = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);

    if (is_empty)
        gateway->numbers.pool_empty++;
    gateway_event(gateway, guest, G_LOG_LEVEL_WARNING, is_empty ? "pool-empty" : "address-refused",
                  REASON_NO_ADDRESS, "%s", error->message);
}

static Lease *
take_lease(Gateway *gateway, Guest *guest, const Terms *terms, const NetAddress *wished)
{
    LeaseQuestion question = {.user = guest->user,
                              .pool = terms->pool,
                              .address4 = terms->address4,
                              .address6 = terms->address6,
                              .wished = *wished};
    g_autoptr(GError) error = NULL;
    Lease *lease;

    if (gateway->is_draining) {
        gateway_event(gateway, guest, G_LOG_LEVEL_WARNING, "draining", REASON_NO_ADDRESS,
                      "no new guests");
        return NULL;
    }
    if (!make_room(gateway, guest, terms))
        return NULL;
    lease = leases_lease(gateway->leases, gateway->config, &question, &error);
    if (lease == NULL)
        say_refusal(gateway, guest, error);
    return lease;
}

/* What its lease and terms say becomes the guest's. */
static void
settle(Gateway *gateway, Guest *guest, Terms *terms)
{
    char four[NET_ADDRESS_TEXT_SIZE], six[NET_ADDRESS_TEXT_SIZE];
    gboolean is_dual;

    terms->settings->address4 = *lease_address4(guest->lease);
    terms->settings->address6 = *lease_address6(guest->lease);
    terms->settings->prefix_length4 =
        terms->prefix_length4 != 0 ? terms->prefix_length4 : lease_prefix_length4(guest->lease);
    is_dual = terms->settings->address6.length != 0;
    gateway_event(gateway, guest, G_LOG_LEVEL_MESSAGE, "leased", REASON_NONE, "has %s%s%s",
                  net_address_format(&terms->settings->address4, four), is_dual ? " and " : "",
                  net_address_format(&terms->settings->address6, six));
}

static void
lease(Gateway *gateway, Guest *guest, const GuestlinkMessage *message)
{
    g_auto(Terms) terms = terms_of(gateway->config, guest->group, guest->user, guest->radius);
    gboolean is_new = guest->lease == NULL;
    Lease *taken = is_new ? take_lease(gateway, guest, &terms, &message->ask_lease.wished) : NULL;

    if (taken != NULL)
        hold(gateway, guest, taken);
    if (guest->lease == NULL) {
        send_lease(gateway, guest->session, message->ask_lease.ticket, NULL);
        return;
    }
    settle(gateway, guest, &terms);
    send_lease(gateway, guest->session, message->ask_lease.ticket, terms.settings);
    if (!is_new)
        return;
    gateway_times_begin(gateway, guest, terms.session_timeout_seconds, terms.idle_timeout_seconds,
                        terms.interim_seconds);
    gateway_account_start(gateway, guest);
}

/* Who came with a certificate alone is called by its name. */
static void
name_by_certificate(Guest *guest)
{
    if (guest->user == NULL && guest->has_phase1 && !ike_method_has_xauth(guest->method)) {
        guest->user = g_strdup(guest->group);
        guest->is_logged_in = TRUE;
    }
}

void
gateway_ask_lease(Gateway *gateway, Guest *guest, const GuestlinkMessage *message)
{
    if (guest != NULL)
        name_by_certificate(guest);
    if (guest != NULL && guest->is_ending) {
        send_lease(gateway, guest->session, message->ask_lease.ticket, NULL);
        return;
    }
    if (guest == NULL || !guest->is_logged_in) {
        gateway_distrust(gateway, guest, "asks for an address without a login");
        return;
    }
    lease(gateway, guest, message);
}
