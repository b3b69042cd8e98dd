/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settings.h"

#define SCHEMA "org.coati.Coati"

GSettings *
coati_settings_new(void)
{
    GSettingsSchemaSource *source = g_settings_schema_source_get_default();
    g_autoptr(GSettingsSchema) schema =
        source != NULL ? g_settings_schema_source_lookup(source, SCHEMA, TRUE) : NULL;

    return schema != NULL ? g_settings_new(SCHEMA) : NULL;
}

gboolean
coati_settings_is_on(GSettings *settings, const char *key)
{
    return settings == NULL || g_settings_get_boolean(settings, key);
}
