/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/action.h"

IkeSettings *
ike_settings_new(void)
{
    IkeSettings *settings = g_new0(IkeSettings, 1);

    settings->prefix_length4 = 32;
    settings->prefix_length6 = 128;
    settings->dns = g_array_new(FALSE, FALSE, sizeof(NetAddress));
    settings->wins = g_array_new(FALSE, FALSE, sizeof(NetAddress));
    settings->split_dns = g_ptr_array_new_with_free_func(g_free);
    settings->split_include = g_array_new(FALSE, FALSE, sizeof(NetPrefix));
    settings->split_exclude = g_array_new(FALSE, FALSE, sizeof(NetPrefix));
    settings->backup_gateways = g_ptr_array_new_with_free_func(g_free);
    return settings;
}

void
ike_settings_free(IkeSettings *settings)
{
    if (settings == NULL)
        return;
    g_array_unref(settings->dns);
    g_array_unref(settings->wins);
    g_free(settings->domain);
    g_ptr_array_unref(settings->split_dns);
    g_array_unref(settings->split_include);
    g_array_unref(settings->split_exclude);
    g_free(settings->banner);
    g_ptr_array_unref(settings->backup_gateways);
    g_free(settings->application_version);
    g_free(settings);
}

static GArray *
copy_array(GArray *array, guint element_size)
{
    GArray *copy = g_array_new(FALSE, FALSE, element_size);

    g_array_append_vals(copy, array->data, array->len);
    return copy;
}

static GPtrArray *
copy_texts(GPtrArray *texts)
{
    GPtrArray *copy = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < texts->len; i++)
        g_ptr_array_add(copy, g_strdup(g_ptr_array_index(texts, i)));
    return copy;
}

IkeSettings *
ike_settings_copy(const IkeSettings *settings)
{
    IkeSettings *copy = g_new0(IkeSettings, 1);

    *copy = *settings;
    copy->dns = copy_array(settings->dns, sizeof(NetAddress));
    copy->wins = copy_array(settings->wins, sizeof(NetAddress));
    copy->domain = g_strdup(settings->domain);
    copy->split_dns = copy_texts(settings->split_dns);
    copy->split_include = copy_array(settings->split_include, sizeof(NetPrefix));
    copy->split_exclude = copy_array(settings->split_exclude, sizeof(NetPrefix));
    copy->banner = g_strdup(settings->banner);
    copy->backup_gateways = copy_texts(settings->backup_gateways);
    copy->application_version = g_strdup(settings->application_version);
    return copy;
}
