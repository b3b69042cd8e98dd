/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recent.h"

typedef struct {
    guint64 number;
    gint64 unix_microseconds;
    guint32 owner_uid;
    char *profile;
    char *text;
} Line;

struct Recent {
    GQueue lines; /* Line, oldest first */
    guint64 last_number;
};

static void
line_free(Line *line)
{
    g_free(line->profile);
    g_free(line->text);
    g_free(line);
}

Recent *
recent_new(void)
{
    Recent *recent = g_new0(Recent, 1);

    g_queue_init(&recent->lines);
    return recent;
}

void
recent_free(Recent *recent)
{
    if (recent == NULL)
        return;
    g_queue_clear_full(&recent->lines, (GDestroyNotify)line_free);
    g_free(recent);
}

/* One user's tunnels must not push out what others want to read. */
static void
make_room(Recent *recent, guint32 owner_uid)
{
    GList *oldest = NULL;
    guint count = 0;

    for (GList *item = recent->lines.tail; item != NULL; item = item->prev)
        if (((Line *)item->data)->owner_uid == owner_uid) {
            oldest = item;
            count++;
        }
    if (count < RECENT_LINES_OF_USER)
        oldest = recent->lines.length < RECENT_LINES ? NULL : recent->lines.head;
    if (oldest == NULL)
        return;
    line_free(oldest->data);
    g_queue_delete_link(&recent->lines, oldest);
}

void
recent_add(Recent *recent, guint32 owner_uid, const char *profile, const char *text)
{
    Line *line = g_new0(Line, 1);

    make_room(recent, owner_uid);
    line->number = ++recent->last_number;
    line->unix_microseconds = g_get_real_time();
    line->owner_uid = owner_uid;
    line->profile = g_strdup(profile);
    line->text = g_strdup(text);
    g_queue_push_tail(&recent->lines, line);
}

GVariant *
recent_list(const Recent *recent, guint32 uid, guint64 after)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE("a(txss)"));
    for (const GList *item = recent->lines.head; item != NULL; item = item->next) {
        const Line *line = item->data;

        if (line->number > after && (uid == 0 || uid == line->owner_uid))
            g_variant_builder_add(&builder, "(txss)", line->number, line->unix_microseconds,
                                  line->profile, line->text);
    }
    return g_variant_builder_end(&builder);
}
