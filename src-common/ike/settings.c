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
