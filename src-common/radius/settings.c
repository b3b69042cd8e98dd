/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "radius/settings.h"

static void
free_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

RadiusSettings *
radius_settings_new(void)
{
    RadiusSettings *settings = g_new0(RadiusSettings, 1);

    settings->dns = g_array_new(FALSE, TRUE, sizeof(NetAddress));
    settings->wins = g_array_new(FALSE, TRUE, sizeof(NetAddress));
    settings->split_dns = g_ptr_array_new_with_free_func(g_free);
    settings->split_include = g_array_new(FALSE, TRUE, sizeof(NetPrefix));
    settings->split_exclude = g_array_new(FALSE, TRUE, sizeof(NetPrefix));
    settings->classes = g_ptr_array_new_with_free_func(free_bytes);
    return settings;
}

void
radius_settings_free(RadiusSettings *settings)
{
    if (settings == NULL)
        return;
    g_free(settings->pool);
    g_free(settings->profile);
    g_array_unref(settings->dns);
    g_array_unref(settings->wins);
    g_free(settings->domain);
    g_ptr_array_unref(settings->split_dns);
    g_array_unref(settings->split_include);
    g_array_unref(settings->split_exclude);
    g_free(settings->banner);
    g_ptr_array_unref(settings->classes);
    g_free(settings);
}

RadiusRecord *
radius_record_new(RadiusEvent event)
{
    RadiusRecord *record = g_new0(RadiusRecord, 1);

    record->event = event;
    record->session = g_strdup("");
    record->classes = g_ptr_array_new_with_free_func(free_bytes);
    return record;
}

static gpointer
ref_bytes(gconstpointer bytes, gpointer user_data)
{
    return g_bytes_ref((GBytes *)bytes);
}

RadiusRecord *
radius_record_copy(const RadiusRecord *record)
{
    RadiusRecord *copy = g_new0(RadiusRecord, 1);

    *copy = *record;
    copy->session = g_strdup(record->session);
    copy->user = g_strdup(record->user);
    copy->calling = g_strdup(record->calling);
    copy->called = g_strdup(record->called);
    copy->classes = g_ptr_array_copy(record->classes, ref_bytes, NULL);
    return copy;
}

void
radius_record_free(RadiusRecord *record)
{
    if (record == NULL)
        return;
    g_free(record->session);
    g_free(record->user);
    g_free(record->calling);
    g_free(record->called);
    g_ptr_array_unref(record->classes);
    g_free(record);
}
