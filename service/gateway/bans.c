/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/bans.h"

#include <string.h>

/* That are remembered; guessers with ever new names push out what is known of other guessers, and
 * no ban that somebody set. */
enum { MAX_ROWS = 65536 };

typedef struct {
    guint failures;
    gint64 until; /* 0 = not banned, G_MAXINT64 = for good */
    gint64 forget_at;
} Row;

struct Bans {
    GHashTable *rows;
};

Bans *
bans_new(void)
{
    Bans *bans = g_new0(Bans, 1);

    bans->rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return bans;
}

void
bans_free(Bans *bans)
{
    if (bans == NULL)
        return;
    g_hash_table_unref(bans->rows);
    g_free(bans);
}

static char *
pair_name(const char *user, const NetAddress *address)
{
    char text[NET_ADDRESS_TEXT_SIZE];

    return g_strdup_printf("%s %s", user, net_address_format(address, text));
}

static gboolean
is_over(gpointer key, gpointer value, gpointer now)
{
    const Row *row = value;

    return row->until < *(gint64 *)now && row->forget_at < *(gint64 *)now;
}

/* Of a user at an address: made by a wrong password, not by an administrator. No name has a space. */
static gboolean
is_pair(gpointer key, gpointer value, gpointer unused)
{
    return strchr(key, ' ') != NULL;
}

static Row *
get_row(Bans *bans, gint64 now, const char *name)
{
    Row *row = g_hash_table_lookup(bans->rows, name);

    if (row != NULL)
        return row;
    if (g_hash_table_size(bans->rows) >= MAX_ROWS)
        g_hash_table_foreach_remove(bans->rows, is_over, &now);
    if (g_hash_table_size(bans->rows) >= MAX_ROWS)
        g_hash_table_foreach_remove(bans->rows, is_pair, NULL);
    row = g_new0(Row, 1);
    g_hash_table_insert(bans->rows, g_strdup(name), row);
    return row;
}

gboolean
bans_failed(Bans *bans, gint64 now, const char *user, const NetAddress *address, guint max_failures,
            guint ban_seconds)
{
    g_autofree char *name = pair_name(user, address);
    Row *row = get_row(bans, now, name);

    if (now > row->forget_at)
        row->failures = 0;
    row->forget_at = now + (gint64)MAX(ban_seconds, 60) * G_USEC_PER_SEC;
    row->failures++;
    if (ban_seconds == 0 || row->failures < max_failures)
        return FALSE;
    row->failures = 0;
    row->until = now + (gint64)ban_seconds * G_USEC_PER_SEC;
    return TRUE;
}

void
bans_succeeded(Bans *bans, const char *user, const NetAddress *address)
{
    g_autofree char *name = pair_name(user, address);

    g_hash_table_remove(bans->rows, name);
}

static gboolean
is_banned(const Bans *bans, gint64 now, const char *name)
{
    const Row *row = g_hash_table_lookup(bans->rows, name);

    return row != NULL && row->until > now;
}

gboolean
bans_have(Bans *bans, gint64 now, const char *user, const NetAddress *address)
{
    g_autofree char *pair = pair_name(user, address);
    char text[NET_ADDRESS_TEXT_SIZE];

    return is_banned(bans, now, pair) || is_banned(bans, now, user) ||
           is_banned(bans, now, net_address_format(address, text));
}

void
bans_add(Bans *bans, gint64 now, const char *name, guint seconds)
{
    Row *row = get_row(bans, now, name);

    row->until = seconds > 0 ? now + (gint64)seconds * G_USEC_PER_SEC : G_MAXINT64;
}

gboolean
bans_remove(Bans *bans, const char *name)
{
    gboolean is_found = FALSE;
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, bans->rows);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        g_auto(GStrv) parts = g_strsplit(key, " ", 2);

        if (strcmp(key, name) != 0 && !g_strv_contains((const char *const *)parts, name))
            continue;
        g_hash_table_iter_remove(&iter);
        is_found = TRUE;
    }
    return is_found;
}

void
bans_look(Bans *bans, gint64 now, BansLook look, gpointer user_data)
{
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, bans->rows);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const Row *row = value;

        if (row->until > now)
            look(key, row->until == G_MAXINT64 ? -1 : (row->until - now) / G_USEC_PER_SEC,
                 user_data);
    }
}
