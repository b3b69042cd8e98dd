/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How smooth the app's long lists are: a log of 100,000 lines and 500 profiles, scrolled from one end
 * to the other. Prints the times from one frame to the next; it fails on no time, since machines
 * differ. Needs a display.
 *
 *     bench-app log|profiles
 *     bench-app empty     a window with nothing in it, until it is killed: what the toolkit alone costs
 */
#include "log-page.h"
#include "model/client.h"
#include "model/connection-private.h"
#include "profile-row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 100000, PROFILES = 500, FRAMES = 240 };

typedef struct {
    GtkAdjustment *adjustment;
    GMainLoop *loop;
    gint64 last;
    guint count;
    double milliseconds[FRAMES];
} Run;

/* A step each frame; the frame clock tells when the next one is due. */
static gboolean
on_tick(GtkWidget *widget, GdkFrameClock *clock, gpointer user_data)
{
    Run *run = user_data;
    gint64 now = g_get_monotonic_time();
    double end =
        gtk_adjustment_get_upper(run->adjustment) - gtk_adjustment_get_page_size(run->adjustment);

    if (run->last != 0)
        run->milliseconds[run->count++] = (double)(now - run->last) / 1000;
    run->last = now;
    gtk_adjustment_set_value(run->adjustment, end * run->count / FRAMES);
    if (run->count < FRAMES)
        return G_SOURCE_CONTINUE;
    g_main_loop_quit(run->loop);
    return G_SOURCE_REMOVE;
}

static int
compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return left < right ? -1 : left > right;
}

static void
report(const char *what, Run *run, gint64 filled_microseconds)
{
    qsort(run->milliseconds, FRAMES, sizeof(double), compare);
    printf("%s: filled in %.0f ms; frames while scrolling: median %.1f ms, 95 %% below %.1f ms, "
           "longest %.1f ms\n",
           what, (double)filled_microseconds / 1000, run->milliseconds[FRAMES / 2],
           run->milliseconds[FRAMES * 95 / 100], run->milliseconds[FRAMES - 1]);
}

static GtkWidget *
log_new(Run *run)
{
    g_autoptr(CoatiClient) client = coati_client_new();
    g_autoptr(CoatiLog) log = coati_log_new(client);
    GtkWidget *page = g_object_new(COATI_TYPE_LOG_PAGE, NULL);

    for (guint i = 0; i < LINES; i++) {
        g_autofree char *text = g_strdup_printf("line %u of a log that goes on for days", i);

        coati_log_append(log, (gint64)i * G_USEC_PER_SEC, "office", text);
    }
    coati_log_flush(log);
    coati_log_page_set_log(COATI_LOG_PAGE(page), log);
    run->adjustment = coati_log_page_adjustment(COATI_LOG_PAGE(page));
    return page;
}

static void
on_bind(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
    g_object_set(gtk_list_item_get_child(item), "connection", gtk_list_item_get_item(item), NULL);
}

static void
on_setup(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
    gtk_list_item_set_child(item, g_object_new(COATI_TYPE_PROFILE_ROW, NULL));
}

static GtkWidget *
profiles_new(Run *run)
{
    GListStore *store = g_list_store_new(COATI_TYPE_CONNECTION);
    g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, NULL);
    GtkListItemFactory *factory = gtk_signal_list_item_factory_new();
    GtkWidget *scroller = gtk_scrolled_window_new();
    GtkWidget *list;

    for (guint i = 0; i < PROFILES; i++) {
        g_autofree char *path = g_strdup_printf("/p/%u", i);
        g_autofree char *id = g_strdup_printf("Branch office %u", i);
        g_autoptr(CoatiConnection) connection = coati_connection_new(bus, path);
        GVariantDict dict;

        g_variant_dict_init(&dict, NULL);
        g_variant_dict_insert(&dict, "Id", "s", id);
        coati_connection_take_profile(connection, g_variant_ref_sink(g_variant_dict_end(&dict)));
        g_list_store_append(store, connection);
    }
    g_signal_connect(factory, "setup", G_CALLBACK(on_setup), NULL);
    g_signal_connect(factory, "bind", G_CALLBACK(on_bind), NULL);
    list = gtk_list_view_new(GTK_SELECTION_MODEL(gtk_single_selection_new(G_LIST_MODEL(store))),
                             factory);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroller), list);
    run->adjustment = gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(scroller));
    return scroller;
}

static void
show_empty(Run *run)
{
    GtkWidget *window = adw_window_new();

    gtk_window_set_title(GTK_WINDOW(window), "Coati");
    gtk_window_set_default_size(GTK_WINDOW(window), 940, 640);
    gtk_window_present(GTK_WINDOW(window));
    g_main_loop_run(run->loop);
}

int
main(int argc, char **argv)
{
    gboolean is_log = argc < 2 || strcmp(argv[1], "log") == 0;
    Run run = {.loop = g_main_loop_new(NULL, FALSE)};
    gint64 start = g_get_monotonic_time();
    GtkWidget *window;
    gint64 filled;

    if (!gtk_init_check()) {
        puts("no display");
        return 77;
    }
    adw_init();
    if (argc > 1 && strcmp(argv[1], "empty") == 0) {
        show_empty(&run);
        return 0;
    }
    window = gtk_window_new();
    gtk_window_set_default_size(GTK_WINDOW(window), 700, 600);
    gtk_window_set_child(GTK_WINDOW(window), is_log ? log_new(&run) : profiles_new(&run));
    gtk_window_present(GTK_WINDOW(window));
    filled = g_get_monotonic_time() - start;
    gtk_widget_add_tick_callback(window, on_tick, &run, NULL);
    g_main_loop_run(run.loop);
    report(is_log ? "log of 100,000 lines" : "500 profiles", &run, filled);
    g_main_loop_unref(run.loop);
    return 0;
}
