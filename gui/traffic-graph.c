/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "traffic-graph.h"

enum { HEIGHT = 96 };

struct _CoatiTrafficGraph {
    AdwBin parent;
    CoatiTraffic *traffic;
    GtkDrawingArea *area;
    GtkLabel *text;
};

G_DEFINE_FINAL_TYPE(CoatiTrafficGraph, coati_traffic_graph, ADW_TYPE_BIN)

typedef guint64 (*Samples)(CoatiTraffic *traffic, guint index);

/* A line alone, dashed or not: the two differ without colours too. */
static void
draw_curve(CoatiTraffic *traffic, Samples samples, cairo_t *cairo, double width, double height,
           double peak)
{
    for (guint i = 0; i < COATI_TRAFFIC_SAMPLES; i++) {
        double x = width * i / (COATI_TRAFFIC_SAMPLES - 1);
        double y = height - 1 - (height - 2) * (double)samples(traffic, i) / peak;

        cairo_line_to(cairo, x, y);
    }
    cairo_stroke(cairo);
}

static void
draw(GtkDrawingArea *area, cairo_t *cairo, int width, int height, gpointer user_data)
{
    CoatiTrafficGraph *graph = user_data;
    GtkStyleContext *style = gtk_widget_get_style_context(GTK_WIDGET(area));
    double peak = (double)MAX(coati_traffic_peak(graph->traffic), 1);
    double dashes[] = {4, 3};
    GdkRGBA colour;

    /* Time goes on in the direction in which people read. */
    if (gtk_widget_get_direction(GTK_WIDGET(area)) == GTK_TEXT_DIR_RTL) {
        cairo_translate(cairo, width, 0);
        cairo_scale(cairo, -1, 1);
    }
    gtk_style_context_get_color(style, &colour);
    gdk_cairo_set_source_rgba(cairo, &colour);
    cairo_set_line_width(cairo, 1);
    cairo_move_to(cairo, 0, height - 0.5);
    cairo_line_to(cairo, width, height - 0.5);
    cairo_stroke(cairo);
    cairo_set_line_width(cairo, 1.5);
    cairo_set_dash(cairo, dashes, G_N_ELEMENTS(dashes), 0);
    draw_curve(graph->traffic, coati_traffic_sent, cairo, width, height, peak);
    cairo_set_dash(cairo, NULL, 0, 0);
    if (gtk_style_context_lookup_color(style, "accent_color", &colour))
        gdk_cairo_set_source_rgba(cairo, &colour);
    draw_curve(graph->traffic, coati_traffic_received, cairo, width, height, peak);
}

static void
on_sampled(CoatiTraffic *traffic, gpointer user_data)
{
    CoatiTrafficGraph *graph = user_data;
    g_autofree char *text = coati_traffic_text(traffic);

    gtk_label_set_text(graph->text, text);
    gtk_accessible_update_property(GTK_ACCESSIBLE(graph->area), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                   text, -1);
    gtk_widget_queue_draw(GTK_WIDGET(graph->area));
}

static void
coati_traffic_graph_map(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(coati_traffic_graph_parent_class)->map(widget);
    coati_traffic_set_active(COATI_TRAFFIC_GRAPH(widget)->traffic, TRUE);
}

static void
coati_traffic_graph_unmap(GtkWidget *widget)
{
    coati_traffic_set_active(COATI_TRAFFIC_GRAPH(widget)->traffic, FALSE);
    GTK_WIDGET_CLASS(coati_traffic_graph_parent_class)->unmap(widget);
}

static void
coati_traffic_graph_finalize(GObject *object)
{
    g_object_unref(COATI_TRAFFIC_GRAPH(object)->traffic);
    G_OBJECT_CLASS(coati_traffic_graph_parent_class)->finalize(object);
}

static void
coati_traffic_graph_class_init(CoatiTrafficGraphClass *class)
{
    GTK_WIDGET_CLASS(class)->map = coati_traffic_graph_map;
    GTK_WIDGET_CLASS(class)->unmap = coati_traffic_graph_unmap;
    G_OBJECT_CLASS(class)->finalize = coati_traffic_graph_finalize;
    gtk_widget_class_set_template_from_resource(GTK_WIDGET_CLASS(class),
                                                "/org/coati/Coati/traffic-graph.ui");
    gtk_widget_class_bind_template_child(GTK_WIDGET_CLASS(class), CoatiTrafficGraph, area);
    gtk_widget_class_bind_template_child(GTK_WIDGET_CLASS(class), CoatiTrafficGraph, text);
}

static void
coati_traffic_graph_init(CoatiTrafficGraph *graph)
{
    graph->traffic = coati_traffic_new();
    gtk_widget_init_template(GTK_WIDGET(graph));
    gtk_drawing_area_set_content_height(graph->area, HEIGHT);
    gtk_drawing_area_set_draw_func(graph->area, draw, graph, NULL);
    g_signal_connect_object(graph->traffic, "sampled", G_CALLBACK(on_sampled), graph, 0);
}

void
coati_traffic_graph_set_connection(CoatiTrafficGraph *graph, CoatiConnection *connection)
{
    coati_traffic_set_connection(graph->traffic, connection);
}
