/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guests of a gateway's plane: who a child belongs to, where its packets go, and three ways to
 * find it (number, inbound SPI, inner address) that cost the same for one guest and for thousands.
 */
#include "engine/plane-tun.h"

#include "base/sockname.h"

#include <string.h>

enum { HEARD_MICROSECONDS = G_USEC_PER_SEC };

static guint
address_hash(gconstpointer key)
{
    const NetAddress *address = key;
    guint32 words[4] = {0};

    memcpy(words, address->octets, address->length);
    return words[0] ^ words[1] ^ words[2] ^ words[3];
}

static gboolean
address_equal(gconstpointer a, gconstpointer b)
{
    return net_address_equal(a, b);
}

void
plane_guests_open(Plane *plane)
{
    plane->guests = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    plane->numbers = g_hash_table_new(g_int64_hash, g_int64_equal);
    plane->inner = g_hash_table_new(address_hash, address_equal);
    plane->noted = g_array_new(FALSE, FALSE, sizeof(guint64));
}

void
plane_guests_close(Plane *plane)
{
    if (plane->guests == NULL)
        return;
    g_hash_table_unref(plane->inner);
    plane_table_clear(&plane->spis);
    g_hash_table_unref(plane->numbers);
    g_hash_table_unref(plane->guests);
    g_array_unref(plane->noted);
}

static PlaneGuest *
find_guest(const Plane *plane, guint64 session)
{
    return plane->guests != NULL ? g_hash_table_lookup(plane->guests, &session) : NULL;
}

PlaneChild *
plane_guests_find_number(const Plane *plane, guint64 number)
{
    return g_hash_table_lookup(plane->numbers, &number);
}

PlaneChild *
plane_guests_find_spi(const Plane *plane, guint32 spi)
{
    return plane_table_find(&plane->spis, spi);
}

PlaneChild *
plane_guests_find_inner(const Plane *plane, const guint8 *address, guint8 length)
{
    NetAddress key = net_address_of(address, length);

    return g_hash_table_lookup(plane->inner, &key);
}

void
plane_change_guest(Plane *plane, guint64 session, const NetEndpoint *remote)
{
    PlaneGuest *guest = find_guest(plane, session);

    if (plane->guests == NULL || remote->address.length != plane->options.remote.address.length)
        return;
    if (guest == NULL) {
        guest = g_new0(PlaneGuest, 1);
        guest->session = session;
        guest->heard = guest->heard_told = -1;
        g_hash_table_insert(plane->guests, &guest->session, guest);
    }
    guest->remote = *remote;
    guest->peer.length = sockname_of(remote, &guest->peer.storage);
}

/* The key of a chain is its first child's own, so it is put there anew. */
static void
set_chain(Plane *plane, PlaneChild *first, const NetAddress *inner)
{
    g_hash_table_remove(plane->inner, inner);
    if (first != NULL)
        g_hash_table_insert(plane->inner, &first->inner, first);
}

gboolean
plane_up_guest(Plane *plane, gint64 now, guint64 session, const IkeChildInfo *info, GError **error)
{
    PlaneGuest *guest = find_guest(plane, session);
    PlaneChild *child = NULL;

    if (guest == NULL || info->spi_in == 0 ||
        info->remote.prefix_length != info->remote.address.length * 8) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "The data plane cannot take a child of guest %" G_GUINT64_FORMAT, session);
        return FALSE;
    }
    child = plane_child_new(plane, info, error);
    if (child == NULL)
        return FALSE;
    child->guest = guest;
    child->inner = info->remote.address;
    child->next_inner = g_hash_table_lookup(plane->inner, &child->inner);
    set_chain(plane, child, &child->inner);
    g_hash_table_insert(plane->numbers, &child->number, child);
    plane_table_insert(&plane->spis, info->spi_in, child);
    return TRUE;
}

void
plane_guests_down(Plane *plane, PlaneChild *child)
{
    guint32 spi = esp_sa_spi(child->in);
    PlaneChild *first = g_hash_table_lookup(plane->inner, &child->inner);

    g_hash_table_remove(plane->numbers, &child->number);
    if (plane_guests_find_spi(plane, spi) == child)
        plane_table_remove(&plane->spis, spi);
    if (first == child) {
        set_chain(plane, child->next_inner, &child->inner);
        return;
    }
    for (; first != NULL; first = first->next_inner)
        if (first->next_inner == child)
            first->next_inner = child->next_inner;
}

void
plane_forget_guest(Plane *plane, guint64 session)
{
    const PlaneGuest *guest = find_guest(plane, session);

    if (guest == NULL)
        return;
    for (guint i = plane->children->len; i > 0; i--) {
        PlaneChild *child = g_ptr_array_index(plane->children, i - 1);

        if (child->guest == guest)
            plane_down(plane, child->number);
    }
    g_hash_table_remove(plane->guests, &session);
}

static void
note(Plane *plane, PlaneGuest *guest)
{
    if (guest->is_noted)
        return;
    guest->is_noted = TRUE;
    g_array_append_val(plane->noted, guest->session);
}

void
plane_guests_heard(Plane *plane, gint64 now, PlaneChild *child, const struct sockaddr_storage *from)
{
    PlaneGuest *guest = child->guest;
    NetEndpoint remote = sockname_endpoint(from);

    guest->heard = now;
    if (!net_endpoint_equal(&remote, &guest->remote)) {
        guest->moved = remote;
        note(plane, guest);
    }
    if (guest->heard_told < 0 || now - guest->heard_told >= HEARD_MICROSECONDS)
        note(plane, guest);
}

void
plane_guests_sent(Plane *plane, const PlaneChild *child, gsize octets)
{
    child->guest->packets_out++;
    child->guest->octets_out += octets;
    if (plane_child_is_limited(child))
        plane->limited = child->number;
}

static void
tell_limit(Plane *plane, gint64 now)
{
    PlaneChild *child = plane_guests_find_number(plane, plane->limited);
    PlaneEvent event;

    plane->limited = 0;
    if (child != NULL && plane_child_take_limit(child, &event))
        plane_tell(plane, now, &event);
}

/* The host may up and down children and forget guests from within. */
static void
tell_guest(Plane *plane, gint64 now, guint64 session)
{
    PlaneGuest *guest = find_guest(plane, session);
    PlaneEvent event = {.session = session};

    if (guest == NULL)
        return;
    guest->is_noted = FALSE;
    if (net_address_is_set(&guest->moved.address)) {
        event.type = PLANE_MOVED;
        event.remote = guest->moved;
        guest->moved = (NetEndpoint){0};
        plane_tell(plane, now, &event);
        guest = find_guest(plane, session);
    }
    if (guest == NULL || (guest->heard_told >= 0 && now - guest->heard_told < HEARD_MICROSECONDS))
        return;
    guest->heard_told = now;
    event.type = PLANE_HEARD;
    plane_tell(plane, now, &event);
}

void
plane_guests_tell(Plane *plane, gint64 now)
{
    g_autoptr(GArray) noted = NULL;

    if (plane->limited != 0)
        tell_limit(plane, now);
    if (plane->noted->len == 0)
        return;
    noted = plane->noted;
    plane->noted = g_array_new(FALSE, FALSE, sizeof(guint64));
    for (guint i = 0; i < noted->len; i++)
        tell_guest(plane, now, g_array_index(noted, guint64, i));
}

gboolean
plane_guest_counters(const Plane *plane, guint64 session, gint64 now,
                     BoundaryCounters *ret_counters)
{
    const PlaneGuest *guest = find_guest(plane, session);

    if (guest == NULL)
        return FALSE;
    *ret_counters = (BoundaryCounters){.octets_in = guest->octets_in,
                                       .octets_out = guest->octets_out,
                                       .packets_in = guest->packets_in,
                                       .packets_out = guest->packets_out,
                                       .last_received_seconds = G_MAXUINT32};
    if (guest->heard >= 0)
        ret_counters->last_received_seconds =
            (guint32)CLAMP((now - guest->heard) / G_USEC_PER_SEC, 0, G_MAXINT32);
    return TRUE;
}
