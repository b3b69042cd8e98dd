/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/pool.h"

#include <string.h>

typedef struct {
    char *user; /* who has it or had it last; NULL = nobody */
    gint64 released_unix_seconds;
    GList *free; /* its place in Pool.free; NULL = leased or set aside */
    gboolean is_used;
    gboolean is_aside;
} Slot;

struct Pool {
    guint32 first;
    guint size;
    guint used;
    Slot *slots;
    GQueue free;        /* slot numbers; the head is given next */
    GHashTable *habits; /* user -> slot number + 1 */
    char *path;
    gboolean is_changed;
};

struct PoolLease {
    guint slot;
    NetAddress address;
};

static NetAddress
address_of(const Pool *pool, guint slot)
{
    guint32 octets = GUINT32_TO_BE(pool->first + slot);

    return net_address_of(&octets, 4);
}

/* FALSE when it is none of ours. */
static gboolean
slot_of(const Pool *pool, const NetAddress *address, guint *ret_slot)
{
    guint32 octets;

    if (address->length != 4)
        return FALSE;
    memcpy(&octets, address->octets, sizeof octets);
    octets = GUINT32_FROM_BE(octets);
    if (octets < pool->first || octets - pool->first >= pool->size)
        return FALSE;
    *ret_slot = octets - pool->first;
    return TRUE;
}

static void
put_last(Pool *pool, guint slot)
{
    g_queue_push_tail(&pool->free, GUINT_TO_POINTER(slot));
    pool->slots[slot].free = g_queue_peek_tail_link(&pool->free);
}

static void
set_user(Pool *pool, guint slot, const char *user)
{
    Slot *at = &pool->slots[slot];

    if (at->user != NULL &&
        GPOINTER_TO_UINT(g_hash_table_lookup(pool->habits, at->user)) == slot + 1)
        g_hash_table_remove(pool->habits, at->user);
    g_free(at->user);
    at->user = g_strdup(user);
    g_hash_table_insert(pool->habits, g_strdup(user), GUINT_TO_POINTER(slot + 1));
}

/* One line "ADDRESS SECONDS USER". Lines that do not fit are left out. */
static void
read_line(Pool *pool, const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", 3);
    NetAddress address;
    guint slot;

    if (g_strv_length(words) != 3 || !net_address_parse(words[0], &address) ||
        !slot_of(pool, &address, &slot) || words[2][0] == '\0' || pool->slots[slot].user != NULL)
        return;
    set_user(pool, slot, words[2]);
    pool->slots[slot].released_unix_seconds = g_ascii_strtoll(words[1], NULL, 10);
    /* The file has the longest free ones first. */
    g_queue_delete_link(&pool->free, pool->slots[slot].free);
    put_last(pool, slot);
}

static void
read_file(Pool *pool)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    if (pool->path == NULL || !g_file_get_contents(pool->path, &text, NULL, NULL))
        return;
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++)
        read_line(pool, lines[i]);
}

Pool *
pool_new(const NetAddress *first, guint size, const char *path)
{
    Pool *pool = g_new0(Pool, 1);

    g_assert(first->length == 4 && size > 0);
    memcpy(&pool->first, first->octets, sizeof pool->first);
    pool->first = GUINT32_FROM_BE(pool->first);
    pool->size = size;
    pool->slots = g_new0(Slot, size);
    pool->habits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    pool->path = g_strdup(path);
    g_queue_init(&pool->free);
    for (guint i = 0; i < size; i++)
        put_last(pool, i);
    read_file(pool);
    return pool;
}

void
pool_free(Pool *pool)
{
    if (pool == NULL)
        return;
    pool_save(pool, NULL);
    for (guint i = 0; i < pool->size; i++)
        g_free(pool->slots[i].user);
    g_queue_clear(&pool->free);
    g_hash_table_unref(pool->habits);
    g_free(pool->slots);
    g_free(pool->path);
    g_free(pool);
}

static gboolean
is_fit(const Pool *pool, guint slot, const char *user)
{
    const Slot *at = &pool->slots[slot];

    return at->free != NULL && (at->user == NULL || strcmp(at->user, user) == 0);
}

/* FALSE when none is free. */
static gboolean
choose(Pool *pool, const char *user, const NetAddress *wished, guint *ret_slot)
{
    guint habit = GPOINTER_TO_UINT(g_hash_table_lookup(pool->habits, user));

    if (slot_of(pool, wished, ret_slot) && is_fit(pool, *ret_slot, user))
        return TRUE;
    if (habit > 0 && is_fit(pool, habit - 1, user)) {
        *ret_slot = habit - 1;
        return TRUE;
    }
    if (pool->free.length == 0)
        return FALSE;
    *ret_slot = GPOINTER_TO_UINT(g_queue_peek_head(&pool->free));
    return TRUE;
}

static void
leave_free(Pool *pool, guint slot)
{
    if (pool->slots[slot].free != NULL)
        g_queue_delete_link(&pool->free, pool->slots[slot].free);
    pool->slots[slot].free = NULL;
}

static PoolLease *
take_slot(Pool *pool, const char *user, guint slot)
{
    PoolLease *lease = g_new0(PoolLease, 1);

    leave_free(pool, slot);
    pool->slots[slot].is_used = TRUE;
    pool->used++;
    pool->is_changed = TRUE;
    set_user(pool, slot, user);
    lease->slot = slot;
    lease->address = address_of(pool, slot);
    return lease;
}

PoolLease *
pool_lease(Pool *pool, const char *user, const NetAddress *wished)
{
    guint slot;

    return choose(pool, user, wished, &slot) ? take_slot(pool, user, slot) : NULL;
}

PoolLease *
pool_lease_exactly(Pool *pool, const char *user, const NetAddress *address)
{
    guint slot;

    if (!slot_of(pool, address, &slot) || pool->slots[slot].is_used)
        return NULL;
    return take_slot(pool, user, slot);
}

const NetAddress *
pool_lease_address(const PoolLease *lease)
{
    return &lease->address;
}

void
pool_release(Pool *pool, PoolLease *lease, gint64 now)
{
    if (lease == NULL)
        return;
    g_assert(pool->slots[lease->slot].is_used);
    pool->slots[lease->slot].is_used = FALSE;
    pool->slots[lease->slot].released_unix_seconds = now;
    if (!pool->slots[lease->slot].is_aside)
        put_last(pool, lease->slot);
    pool->used--;
    pool->is_changed = TRUE;
    g_free(lease);
}

guint
pool_lease_number(const PoolLease *lease)
{
    return lease->slot;
}

void
pool_set_aside(Pool *pool, const NetAddress *address)
{
    guint slot;

    if (!slot_of(pool, address, &slot))
        return;
    leave_free(pool, slot);
    pool->slots[slot].is_aside = TRUE;
}

void
pool_clear_aside(Pool *pool)
{
    for (guint i = 0; i < pool->size; i++) {
        if (pool->slots[i].is_aside && !pool->slots[i].is_used)
            put_last(pool, i);
        pool->slots[i].is_aside = FALSE;
    }
}

gboolean
pool_has(const Pool *pool, const NetAddress *address)
{
    guint slot;

    return slot_of(pool, address, &slot);
}

guint
pool_size(const Pool *pool)
{
    return pool->size;
}

guint
pool_used(const Pool *pool)
{
    return pool->used;
}

void
pool_look(const Pool *pool, guint i, NetAddress *ret_address, const char **ret_user,
          gboolean *ret_is_used, gint64 *ret_released)
{
    *ret_address = address_of(pool, i);
    *ret_user = pool->slots[i].user;
    *ret_is_used = pool->slots[i].is_used;
    *ret_released = pool->slots[i].released_unix_seconds;
}

static void
write_slot(const Pool *pool, guint slot, GString *out)
{
    const Slot *at = &pool->slots[slot];
    NetAddress address = address_of(pool, slot);
    char text[NET_ADDRESS_TEXT_SIZE];

    if (at->user != NULL)
        g_string_append_printf(out, "%s %" G_GINT64_FORMAT " %s\n",
                               net_address_format(&address, text), at->released_unix_seconds,
                               at->user);
}

gboolean
pool_save(Pool *pool, GError **error)
{
    g_autoptr(GString) out = NULL;

    if (pool->path == NULL || !pool->is_changed)
        return TRUE;
    out = g_string_new(NULL);
    for (const GList *at = pool->free.head; at != NULL; at = at->next)
        write_slot(pool, GPOINTER_TO_UINT(at->data), out);
    for (guint i = 0; i < pool->size; i++)
        if (pool->slots[i].free == NULL)
            write_slot(pool, i, out);
    if (!g_file_set_contents_full(pool->path, out->str, (gssize)out->len,
                                  G_FILE_SET_CONTENTS_CONSISTENT, 0600, error))
        return FALSE;
    pool->is_changed = FALSE;
    return TRUE;
}
