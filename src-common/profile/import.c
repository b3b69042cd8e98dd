/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/import.h"

#include "base/names.h"
#include "profile/exporter.h"
#include "profile/importer.h"

#include <string.h>

enum { MAX_NOTES = 1000 };

static gboolean
coati_detect(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", 200);

    for (guint i = 0; lines[i] != NULL; i++) {
        g_strstrip(lines[i]);
        if (lines[i][0] == '[')
            for (gint field = 0; field < PROFILE_FIELD_COUNT; field++) {
                const char *section = profile_field_info((ProfileField)field)->section;

                if (g_str_has_prefix(lines[i] + 1, section) &&
                    strcmp(lines[i] + 1 + strlen(section), "]") == 0)
                    return TRUE;
            }
        if (lines[i][0] != '\0' && lines[i][0] != '#')
            return FALSE;
    }
    return FALSE;
}

static gboolean
coati_parse(Import *import, const char *text, const char *origin, const ImportFiles *files,
            GError **error)
{
    Profile *profile = profile_parse(text, strlen(text), origin, error);

    if (profile == NULL)
        return FALSE;
    g_ptr_array_add(import->profiles, profile);
    return TRUE;
}

static const ImportFormat formats[] = {
    /* First, since it has sections of the same names as coati's. */
    {"nm", "key file of NetworkManager: its vpnc plugin and Coati's own", import_nm_detect,
     import_nm_parse, export_nm},
    {"coati", "key file of coati-profile(5)", coati_detect, coati_parse, export_coati},
    {"racoon", "racoon.conf of a client", import_racoon_detect, import_racoon_parse, NULL},
    {"pcf", "Cisco's client (.pcf)", import_pcf_detect, import_pcf_parse, export_pcf},
    {"vpnc", "vpnc.conf", import_vpnc_detect, import_vpnc_parse, export_vpnc},
    {"shrew", "Shrew Soft's client (.vpn)", import_shrew_detect, import_shrew_parse, export_shrew},
    {"mobileconfig", "configuration profile of Apple's systems", import_mobileconfig_detect,
     import_mobileconfig_parse, export_mobileconfig},
    {"swanctl", "swanctl.conf of strongSwan", import_swanctl_detect, import_swanctl_parse,
     export_swanctl},
    {"ipsec", "ipsec.conf of strongSwan or libreswan", import_ipsec_detect, import_ipsec_parse,
     NULL},
};

static void
note_free(gpointer data)
{
    ImportNote *note = data;

    g_free(note->file);
    g_free(note->text);
    g_free(note);
}

static void
free_profile(gpointer profile)
{
    profile_free(profile);
}

void
import_free(Import *import)
{
    if (import == NULL)
        return;
    g_ptr_array_unref(import->profiles);
    g_ptr_array_unref(import->notes);
    g_hash_table_unref(import->seen);
    g_free(import);
}

void
import_note(Import *import, ImportNoteKind kind, const char *file, guint line, const char *format,
            ...)
{
    g_autofree char *text = NULL;
    char *key;
    ImportNote *note;
    va_list arguments;

    if (import->notes->len >= MAX_NOTES)
        return;
    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    /* Several profiles of one file read the same statements. */
    key = g_strdup_printf("%d:%s:%u:%s", kind, file != NULL ? file : "", line, text);
    if (!g_hash_table_add(import->seen, key))
        return;
    note = g_new0(ImportNote, 1);
    note->kind = kind;
    note->file = g_strdup(file);
    note->line = line;
    note->text = name_clean(text, strlen(text), 400, FALSE);
    g_ptr_array_add(import->notes, note);
}

const char *
import_note_kind_name(ImportNoteKind kind)
{
    static const NameRow names[] = {
        {IMPORT_NOTE_MAPPED, "mapped"},     {IMPORT_NOTE_DROPPED, "dropped"},
        {IMPORT_NOTE_REPAIRED, "repaired"}, {IMPORT_NOTE_WARNING, "warning"},
        {IMPORT_NOTE_MISSING, "missing"},   {0, NULL}};

    return name_of(names, kind);
}

char *
import_note_format(const ImportNote *note)
{
    g_autofree char *place = NULL;

    if (note->file == NULL)
        return g_strdup(note->text);
    place =
        note->line > 0 ? g_strdup_printf("%s:%u", note->file, note->line) : g_strdup(note->file);
    return g_strdup_printf("%s: %s", place, note->text);
}

char *
import_formats(void)
{
    GString *names = g_string_new(NULL);

    for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
        g_string_append_printf(names, "%s%s (%s)", i > 0 ? ", " : "", formats[i].name,
                               formats[i].title);
    return g_string_free(names, FALSE);
}

const ImportFormat *
import_format_find(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

const char *
import_format_name(guint index, const char **ret_title, gboolean *ret_is_written)
{
    if (index >= G_N_ELEMENTS(formats))
        return NULL;
    *ret_title = formats[index].title;
    *ret_is_written = formats[index].write != NULL;
    return formats[index].name;
}

char *
export_formats(void)
{
    GString *names = g_string_new(NULL);

    for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
        if (formats[i].write != NULL)
            g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", formats[i].name);
    return g_string_free(names, FALSE);
}

gboolean
import_fail(GError **error, const char *origin, guint line, const char *format, ...)
{
    g_autofree char *text = NULL;
    g_autofree char *clean = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    clean = name_clean(text, strlen(text), 400, FALSE);
    if (line > 0)
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_SYNTAX, "%s:%u: %s", origin, line, clean);
    else
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_SYNTAX, "%s: %s", origin, clean);
    return FALSE;
}

static guint
line_of(const char *data, const char *at)
{
    guint line = 1;

    for (; data < at; data++)
        line += *data == '\n';
    return line;
}

char *
import_text(Import *import, const char *data, gsize length, const char *origin, GError **error)
{
    const char *bad = NULL;
    const char *nul;

    if (length > IMPORT_MAX_OCTETS) {
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_SYNTAX,
                    "%s: more than %d octets; this is not a VPN configuration", origin,
                    IMPORT_MAX_OCTETS);
        return NULL;
    }
    if (length >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
        data += 3;
        length -= 3;
    }
    if (!import_refuse_binary(data, length, origin, error))
        return NULL;
    nul = memchr(data, '\0', length);
    if (nul != NULL) {
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_SYNTAX,
                    "%s:%u: a NUL octet; this is not a text file (UTF-16? use iconv -t UTF-8)",
                    origin, line_of(data, nul));
        return NULL;
    }
    if (g_utf8_validate(data, length, &bad))
        return g_strndup(data, length);
    import_note(import, IMPORT_NOTE_REPAIRED, origin, line_of(data, bad),
                "not UTF-8: read as ISO-8859-15");
    return g_convert(data, length, "UTF-8", "ISO-8859-15", NULL, NULL, error);
}

static const ImportFormat *
find_format(const char *text, const char *name, const char *origin, GError **error)
{
    g_autofree char *known = import_formats();

    for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
        if (name != NULL ? strcmp(formats[i].name, name) == 0 : formats[i].detect(text))
            return &formats[i];
    if (name != NULL)
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_SYNTAX,
                    "unknown format \"%s\"; the formats are %s", name, known);
    else if (import_refuse(text, origin, error))
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_SYNTAX,
                    "%s: not a format that can be imported; the formats are %s", origin, known);
    return NULL;
}

/* "identity.ca" but not as a part of a longer word. */
static gboolean
names_field(const char *text, const char *name)
{
    for (const char *at = text; (at = strstr(at, name)) != NULL; at++) {
        char before = at > text ? at[-1] : ' ';
        char after = at[strlen(name)];

        if (!g_ascii_isalnum(before) && !g_ascii_isalnum(after) && after != '-')
            return TRUE;
    }
    return FALSE;
}

gboolean
import_note_is_done(const ImportNote *note, const Profile *profile)
{
    guint named = 0;

    if (note->kind != IMPORT_NOTE_MISSING)
        return FALSE;
    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        if (!names_field(note->text, profile_field_info((ProfileField)i)->name))
            continue;
        if (!profile_is_set(profile, (ProfileField)i))
            return FALSE;
        named++;
    }
    return named > 0;
}

/* What people should still know months later goes into the profile. */
void
import_sign(const Import *import, const char *origin, Profile *profile)
{
    g_autofree char *base = g_path_get_basename(origin);
    g_autofree char *source = g_strdup_printf("%s (%s)", base, import->format);
    g_autofree char *clean = name_clean(source, strlen(source), 200, FALSE);
    GString *notes = g_string_new(NULL);

    if (strcmp(import->format, "coati") == 0)
        return;
    for (guint i = 0; i < import->notes->len && notes->len < 16384; i++) {
        const ImportNote *note = import->notes->pdata[i];
        g_autofree char *line = import_note_format(note);

        if (note->kind != IMPORT_NOTE_MAPPED && !import_note_is_done(note, profile))
            g_string_append_printf(notes, "%s%s: %s", notes->len > 0 ? "\n" : "",
                                   import_note_kind_name(note->kind), line);
    }
    profile_set(profile, PROFILE_IMPORT_SOURCE, clean, NULL);
    profile_set(profile, PROFILE_IMPORT_NOTES, notes->str, NULL);
    g_string_free(notes, TRUE);
}

Import *
import_new(void)
{
    Import *import = g_new0(Import, 1);

    import->profiles = g_ptr_array_new_with_free_func(free_profile);
    import->notes = g_ptr_array_new_with_free_func(note_free);
    import->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return import;
}

Import *
import_parse(const char *data, gsize length, const char *format, const char *origin,
             const ImportFiles *files, GError **error)
{
    static const ImportFiles none = {NULL};
    g_autoptr(Import) import = import_new();
    g_autofree char *text = NULL;
    const ImportFormat *row;

    text = import_text(import, data, length, origin, error);
    row = text != NULL ? find_format(text, format, origin, error) : NULL;
    if (row == NULL)
        return NULL;
    import->format = row->name;
    if (!row->parse(import, text, origin, files != NULL ? files : &none, error))
        return NULL;
    for (guint i = 0; i < import->profiles->len; i++)
        import_sign(import, origin, import->profiles->pdata[i]);
    return g_steal_pointer(&import);
}
