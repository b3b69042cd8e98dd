/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "upfile.h"

#define FILE_NAME "up.conf"

UpEntry *
up_entry_new(const char *uuid, guint32 owner_uid, const char *host, const char *address)
{
    UpEntry *entry = g_new0(UpEntry, 1);

    entry->uuid = g_strdup(uuid);
    entry->owner_uid = owner_uid;
    entry->host = g_strdup(host);
    entry->address = g_strdup(address);
    return entry;
}

void
up_entry_free(UpEntry *entry)
{
    g_free(entry->uuid);
    g_free(entry->host);
    g_free(entry->address);
    g_free(entry);
}

GPtrArray *
upfile_read(const char *run_directory)
{
    GPtrArray *entries = g_ptr_array_new_with_free_func((GDestroyNotify)up_entry_free);
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *path = g_build_filename(run_directory, FILE_NAME, NULL);
    g_auto(GStrv) groups = NULL;

    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL))
        return entries;
    groups = g_key_file_get_groups(file, NULL);
    for (guint i = 0; groups[i] != NULL; i++) {
        guint64 uid = g_key_file_get_uint64(file, groups[i], "owner", NULL);
        g_autofree char *host = g_key_file_get_string(file, groups[i], "host", NULL);
        g_autofree char *address = g_key_file_get_string(file, groups[i], "address", NULL);

        if (g_uuid_string_is_valid(groups[i]) && uid < G_MAXUINT32)
            g_ptr_array_add(entries, up_entry_new(groups[i], (guint32)uid, host, address));
    }
    return entries;
}

gboolean
upfile_write(const char *run_directory, GPtrArray *entries, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *path = g_build_filename(run_directory, FILE_NAME, NULL);
    g_autofree char *data = NULL;
    gsize length;

    for (guint i = 0; i < entries->len; i++) {
        const UpEntry *entry = entries->pdata[i];

        g_key_file_set_uint64(file, entry->uuid, "owner", entry->owner_uid);
        if (entry->host != NULL && entry->address != NULL) {
            g_key_file_set_string(file, entry->uuid, "host", entry->host);
            g_key_file_set_string(file, entry->uuid, "address", entry->address);
        }
    }
    data = g_key_file_to_data(file, &length, NULL);
    return g_file_set_contents_full(path, data, (gssize)length, G_FILE_SET_CONTENTS_CONSISTENT,
                                    0600, error);
}
