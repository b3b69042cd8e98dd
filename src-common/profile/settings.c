/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Profiles as D-Bus values: a{sv} with "section.key". */
#include "base/names.h"
#include "profile/field.h"
#include "profile/unknown.h"

#include <string.h>

gboolean
unknown_field(const char *name, GError **error)
{
    const char *near = profile_field_suggest(name);
    g_autofree char *clean = name_clean(name, strlen(name), 80, FALSE);

    if (near != NULL)
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_UNKNOWN_FIELD,
                    "unknown field \"%s\"; did you mean %s?", clean, near);
    else
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_UNKNOWN_FIELD,
                    "unknown field \"%s\"; coati-profile(5) lists all", clean);
    return FALSE;
}

gboolean
unknown_section(const char *section, GError **error)
{
    g_autofree char *clean = name_clean(section, strlen(section), 40, FALSE);
    GString *sections = g_string_new(NULL);
    g_autofree char *list = NULL;
    const char *last = "";

    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        const char *here = profile_field_info((ProfileField)i)->section;

        if (strcmp(here, section) == 0) {
            g_string_free(sections, TRUE);
            return TRUE;
        }
        if (strcmp(here, last) != 0)
            g_string_append_printf(sections, "%s[%s]", last[0] != '\0' ? ", " : "", here);
        last = here;
    }
    list = g_string_free(sections, FALSE);
    g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_UNKNOWN_FIELD,
                "unknown section [%s]; the sections are %s", clean, list);
    return FALSE;
}

static GVariant *
field_to_variant(const Profile *profile, ProfileField field)
{
    switch (profile_field_info(field)->type) {
    case PROFILE_TYPE_TEXT:
    case PROFILE_TYPE_LINES:
    case PROFILE_TYPE_CHOICE:
        return g_variant_new_string(profile_text(profile, field));
    case PROFILE_TYPE_BOOLEAN:
        return g_variant_new_boolean(profile_boolean(profile, field));
    case PROFILE_TYPE_NUMBER:
        return g_variant_new_uint32(profile_number(profile, field));
    case PROFILE_TYPE_LIST:
        return g_variant_new_strv(profile_list(profile, field), -1);
    case PROFILE_TYPE_SECRET:
        break;
    }
    g_assert_not_reached();
}

GVariant *
profile_to_settings(const Profile *profile)
{
    g_auto(GVariantBuilder) settings = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        ProfileField field = (ProfileField)i;

        if (profile_is_set(profile, field) && !field_is_secret(field))
            g_variant_builder_add(&settings, "{sv}", profile_field_info(field)->name,
                                  field_to_variant(profile, field));
    }
    return g_variant_builder_end(&settings);
}

GVariant *
profile_to_settings_with_secrets(const Profile *profile)
{
    g_autoptr(GVariant) plain = g_variant_ref_sink(profile_to_settings(profile));
    GVariantBuilder settings;
    GVariantIter iter;
    GVariant *entry;

    g_variant_builder_init(&settings, G_VARIANT_TYPE_VARDICT);
    g_variant_iter_init(&iter, plain);
    while ((entry = g_variant_iter_next_value(&iter)) != NULL) {
        g_variant_builder_add_value(&settings, entry);
        g_variant_unref(entry);
    }
    for (gint i = PROFILE_SECRETS_PASSWORD; i < PROFILE_FIELD_COUNT; i++) {
        const Secret *secret = profile_secret(profile, (ProfileField)i);

        if (secret != NULL)
            g_variant_builder_add(&settings, "{sv}", profile_field_info((ProfileField)i)->name,
                                  g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE,
                                                            secret_data(secret),
                                                            secret_length(secret), 1));
    }
    return g_variant_builder_end(&settings);
}

/* What value says in words of the key file; NULL for a type that says nothing. */
static char *
variant_to_text(GVariant *value)
{
    if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
        return g_variant_dup_string(value, NULL);
    if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
        return g_strdup(g_variant_get_boolean(value) ? "true" : "false");
    if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY)) {
        g_autofree const char **items = g_variant_get_strv(value, NULL);

        return g_strjoinv(";", (char **)items);
    }
    if (strchr("ynqiuxt", g_variant_get_type_string(value)[0]) != NULL &&
        g_variant_get_type_string(value)[1] == '\0')
        return g_variant_print(value, FALSE);
    return NULL;
}

static Secret *
variant_to_secret(GVariant *value)
{
    gsize length = 0;
    const void *data;

    if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
        return secret_new_text(g_variant_get_string(value, NULL));
    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_BYTESTRING))
        return NULL;
    data = g_variant_get_fixed_array(value, &length, 1);
    return secret_new(data, length);
}

static gboolean
set_variant(Profile *profile, ProfileField field, GVariant *value, GError **error)
{
    if (field_is_secret(field)) {
        Secret *secret = variant_to_secret(value);

        if (secret != NULL)
            return profile_take_secret(profile, field, secret, error);
    } else {
        g_autofree char *text = variant_to_text(value);

        if (text != NULL)
            return profile_set(profile, field, text, error);
    }
    g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_INVALID_VALUE,
                "%s: a value of D-Bus type \"%s\" does not fit", profile_field_info(field)->name,
                g_variant_get_type_string(value));
    return FALSE;
}

Profile *
profile_from_settings(GVariant *settings, GError **error)
{
    g_autoptr(Profile) profile = profile_new();
    GVariantIter iter;
    const char *name;
    GVariant *value;

    g_variant_iter_init(&iter, settings);
    while (g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
        g_autoptr(GVariant) owned = value;
        ProfileField field;

        if (!profile_field_find(name, &field)) {
            unknown_field(name, error);
            return NULL;
        }
        if (!set_variant(profile, field, owned, error))
            return NULL;
    }
    return g_steal_pointer(&profile);
}
