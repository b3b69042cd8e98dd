/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log-lines.h"

#include "base/names.h"
#include "calls.h"

#include <string.h>

enum { PERIOD_SECONDS = 1, MAX_LINE = 2000 };

struct _CoatiLogLine {
    GObject parent;
    char *time;
    char *text;
};

G_DEFINE_FINAL_TYPE(CoatiLogLine, coati_log_line, G_TYPE_OBJECT)

/* A line in the log's one buffer of texts. */
typedef struct {
    gint64 time;         /* Unix microseconds */
    const char *profile; /* interned */
    char *text;
} Entry;

struct _CoatiLog {
    GObject parent;
    CoatiClient *client;
    GCancellable *cancellable;
    GArray *entries; /* Entry, oldest first */
    GArray *shown;   /* guint: indices of entries that pass the filter */
    GStringChunk *texts;
    char *profile;
    char *words;  /* casefolded */
    guint64 last; /* number of the last line */
    guint told;   /* how many of shown the list's users know */
    guint timer;
    gboolean is_asking;
};

static void list_model_init(GListModelInterface *interface);

G_DEFINE_FINAL_TYPE_WITH_CODE(CoatiLog, coati_log, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, list_model_init))

enum { LINE_PROP_0, LINE_PROP_TIME, LINE_PROP_TEXT };

static void
line_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    CoatiLogLine *line = COATI_LOG_LINE(object);

    if (id == LINE_PROP_TIME)
        g_value_set_string(value, line->time);
    else if (id == LINE_PROP_TEXT)
        g_value_set_string(value, line->text);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void
line_finalize(GObject *object)
{
    CoatiLogLine *line = COATI_LOG_LINE(object);

    g_free(line->time);
    g_free(line->text);
    G_OBJECT_CLASS(coati_log_line_parent_class)->finalize(object);
}

static void
coati_log_line_class_init(CoatiLogLineClass *class)
{
    GObjectClass *object_class = G_OBJECT_CLASS(class);
    GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

    object_class->get_property = line_get_property;
    object_class->finalize = line_finalize;
    g_object_class_install_property(object_class, LINE_PROP_TIME,
                                    g_param_spec_string("time", NULL, NULL, NULL, flags));
    g_object_class_install_property(object_class, LINE_PROP_TEXT,
                                    g_param_spec_string("text", NULL, NULL, NULL, flags));
}

static void
coati_log_line_init(CoatiLogLine *line)
{
}

const char *
coati_log_line_text(CoatiLogLine *line)
{
    return line->text;
}

/* The list */

static const Entry *
shown_entry(CoatiLog *log, guint position)
{
    return &g_array_index(log->entries, Entry, g_array_index(log->shown, guint, position));
}

static char *
time_text(gint64 unix_microseconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(unix_microseconds / G_USEC_PER_SEC);

    return time != NULL ? g_date_time_format(time, "%H:%M:%S") : g_strdup("?");
}

static GType
get_item_type(GListModel *model)
{
    return COATI_TYPE_LOG_LINE;
}

static guint
get_n_items(GListModel *model)
{
    return COATI_LOG(model)->told;
}

static gpointer
get_item(GListModel *model, guint position)
{
    CoatiLog *log = COATI_LOG(model);
    CoatiLogLine *line;
    const Entry *entry;

    if (position >= log->told)
        return NULL;
    entry = shown_entry(log, position);
    line = g_object_new(COATI_TYPE_LOG_LINE, NULL);
    line->time = time_text(entry->time);
    line->text = g_strdup(entry->text);
    return line;
}

static void
list_model_init(GListModelInterface *interface)
{
    interface->get_item_type = get_item_type;
    interface->get_n_items = get_n_items;
    interface->get_item = get_item;
}

static gboolean
passes(CoatiLog *log, const Entry *entry)
{
    g_autofree char *folded = NULL;

    if (log->profile != NULL && strcmp(log->profile, entry->profile) != 0)
        return FALSE;
    if (log->words[0] == '\0')
        return TRUE;
    folded = g_utf8_casefold(entry->text, -1);
    return strstr(folded, log->words) != NULL;
}

static void
show_again(CoatiLog *log)
{
    guint removed = log->told;

    g_array_set_size(log->shown, 0);
    for (guint i = 0; i < log->entries->len; i++)
        if (passes(log, &g_array_index(log->entries, Entry, i)))
            g_array_append_val(log->shown, i);
    log->told = log->shown->len;
    g_list_model_items_changed(G_LIST_MODEL(log), 0, removed, log->told);
}

void
coati_log_set_filter(CoatiLog *log, const char *profile, const char *words)
{
    g_autofree char *folded = g_utf8_casefold(words, -1);

    if (g_strcmp0(log->profile, profile) == 0 && strcmp(log->words, folded) == 0)
        return;
    g_free(log->profile);
    log->profile = g_strdup(profile);
    g_free(log->words);
    log->words = g_steal_pointer(&folded);
    show_again(log);
}

/* A log that is full loses its older half at once, so that it is rarely done. */
static void
drop_old(CoatiLog *log)
{
    GArray *kept = g_array_new(FALSE, FALSE, sizeof(Entry));
    GStringChunk *texts = g_string_chunk_new(65536);

    for (guint i = log->entries->len / 2; i < log->entries->len; i++) {
        Entry entry = g_array_index(log->entries, Entry, i);

        entry.text = g_string_chunk_insert(texts, entry.text);
        g_array_append_val(kept, entry);
    }
    g_array_unref(log->entries);
    g_string_chunk_free(log->texts);
    log->entries = kept;
    log->texts = texts;
    show_again(log);
}

void
coati_log_append(CoatiLog *log, gint64 unix_microseconds, const char *profile, const char *text)
{
    g_autofree char *clean = name_clean(text, strlen(text), MAX_LINE, FALSE);
    Entry entry = {unix_microseconds, g_intern_string(profile), NULL};
    guint index;

    if (log->entries->len >= COATI_LOG_MAX_LINES)
        drop_old(log);
    entry.text = g_string_chunk_insert(log->texts, clean);
    index = log->entries->len;
    g_array_append_val(log->entries, entry);
    if (passes(log, &entry))
        g_array_append_val(log->shown, index);
}

void
coati_log_flush(CoatiLog *log)
{
    guint old = log->told;

    if (log->shown->len == old)
        return;
    log->told = log->shown->len;
    g_list_model_items_changed(G_LIST_MODEL(log), old, 0, log->told - old);
}

char *
coati_log_text(CoatiLog *log)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < log->told; i++) {
        const Entry *entry = shown_entry(log, i);
        g_autofree char *time = time_text(entry->time);

        g_string_append_printf(text, "%s %s: %s\n", time, entry->profile, entry->text);
    }
    return g_string_free(text, FALSE);
}

/* The service */

static void
on_lines(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = bus_call_finish(source, result, &error);
    g_autoptr(GVariantIter) iter = NULL;
    CoatiLog *log;
    guint64 number;
    gint64 time;
    const char *profile;
    const char *text;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    log = user_data;
    log->is_asking = FALSE;
    if (reply == NULL)
        return;
    g_variant_get(reply, "(a(txss))", &iter);
    while (g_variant_iter_next(iter, "(tx&s&s)", &number, &time, &profile, &text)) {
        coati_log_append(log, time, profile, text);
        log->last = number;
    }
    coati_log_flush(log);
}

static void
ask(CoatiLog *log)
{
    if (log->is_asking || coati_client_service(log->client) != COATI_SERVICE_RUNNING)
        return;
    log->is_asking = TRUE;
    bus_call(coati_client_bus(log->client), BUS_ROOT, BUS_MANAGER, "GetLog",
             g_variant_new("(t)", log->last), "(a(txss))", log->cancellable, on_lines, log);
}

static gboolean
on_time(gpointer user_data)
{
    ask(user_data);
    return G_SOURCE_CONTINUE;
}

/* A service that started again counts from the beginning. */
static void
on_service(CoatiClient *client, GParamSpec *pspec, gpointer user_data)
{
    CoatiLog *log = user_data;

    if (coati_client_service(client) != COATI_SERVICE_RUNNING)
        log->last = 0;
}

void
coati_log_set_active(CoatiLog *log, gboolean is_active)
{
    if ((log->timer != 0) == is_active)
        return;
    g_clear_handle_id(&log->timer, g_source_remove);
    if (!is_active)
        return;
    log->timer = g_timeout_add_seconds(PERIOD_SECONDS, on_time, log);
    ask(log);
}

static void
coati_log_dispose(GObject *object)
{
    CoatiLog *log = COATI_LOG(object);

    coati_log_set_active(log, FALSE);
    g_cancellable_cancel(log->cancellable);
    g_clear_object(&log->client);
    G_OBJECT_CLASS(coati_log_parent_class)->dispose(object);
}

static void
coati_log_finalize(GObject *object)
{
    CoatiLog *log = COATI_LOG(object);

    g_array_unref(log->entries);
    g_array_unref(log->shown);
    g_string_chunk_free(log->texts);
    g_object_unref(log->cancellable);
    g_free(log->profile);
    g_free(log->words);
    G_OBJECT_CLASS(coati_log_parent_class)->finalize(object);
}

static void
coati_log_class_init(CoatiLogClass *class)
{
    G_OBJECT_CLASS(class)->dispose = coati_log_dispose;
    G_OBJECT_CLASS(class)->finalize = coati_log_finalize;
}

static void
coati_log_init(CoatiLog *log)
{
    log->cancellable = g_cancellable_new();
    log->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    log->shown = g_array_new(FALSE, FALSE, sizeof(guint));
    log->texts = g_string_chunk_new(65536);
    log->words = g_strdup("");
}

CoatiLog *
coati_log_new(CoatiClient *client)
{
    CoatiLog *log = g_object_new(COATI_TYPE_LOG, NULL);

    log->client = g_object_ref(client);
    g_signal_connect_object(client, "notify::service", G_CALLBACK(on_service), log, 0);
    return log;
}
