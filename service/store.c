/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store.h"

#include "base/fd.h"
#include "bus.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".conf"

void
stored_free(Stored *stored)
{
    if (stored == NULL)
        return;
    profile_free(stored->profile);
    g_free(stored->uuid);
    g_free(stored->path);
    g_free(stored);
}

static gboolean
fail_errno(const char *what, const char *path, GError **error)
{
    gint code = errno;

    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "%s %s: %s", what, path,
                g_strerror(code));
    return FALSE;
}

static gboolean
has_secrets(const Profile *profile)
{
    return profile_is_set(profile, PROFILE_SECRETS_PASSWORD) ||
           profile_is_set(profile, PROFILE_SECRETS_GROUP_PASSWORD) ||
           profile_is_set(profile, PROFILE_SECRETS_PRIVATE_KEY);
}

static gboolean
check_owner(const char *path, const struct stat *info, GError **error)
{
    if (info->st_uid != 0 && info->st_uid != geteuid()) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                    "%s belongs to user %u; it must belong to root or to the service", path,
                    (guint)info->st_uid);
        return FALSE;
    }
    if (!S_ISREG(info->st_mode) || (info->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                    "%s must be a plain file that only its owner may write", path);
        return FALSE;
    }
    return TRUE;
}

/* Reads through one descriptor, so that what was checked is what is read. */
static Profile *
read_file(const char *path, GError **error)
{
    g_auto(Fd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    g_autoptr(Secret) data = NULL;
    g_autoptr(Profile) profile = NULL;
    struct stat info;
    gssize length;

    if (fd < 0 || fstat(fd, &info) < 0) {
        fail_errno("Cannot read", path, error);
        return NULL;
    }
    if (!check_owner(path, &info, error))
        return NULL;
    if (info.st_size > PROFILE_MAX_OCTETS) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s is too long", path);
        return NULL;
    }
    data = secret_new_zero((gsize)info.st_size + 1);
    length = read(fd, secret_edit(data), (gsize)info.st_size);
    if (length < 0) {
        fail_errno("Cannot read", path, error);
        return NULL;
    }
    profile = profile_parse((const char *)secret_data(data), (gsize)length, path, error);
    if (profile != NULL && has_secrets(profile) && (info.st_mode & (S_IRGRP | S_IROTH)) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                    "%s holds a secret and others may read it; chmod 600 it", path);
        return NULL;
    }
    return g_steal_pointer(&profile);
}

/* A stable UUID for a file of an administrator that names none. */
static char *
uuid_of_path(const char *path)
{
    g_autofree char *hex = g_compute_checksum_for_string(G_CHECKSUM_SHA1, path, -1);

    return g_strdup_printf("%.8s-%.4s-5%.3s-a%.3s-%.12s", hex, hex + 8, hex + 13, hex + 17,
                           hex + 20);
}

static void
load_file(GPtrArray *list, const char *path, guint32 owner_uid, gboolean is_read_only)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Stored) stored = g_new0(Stored, 1);

    stored->profile = read_file(path, &error);
    if (stored->profile == NULL) {
        log_warning(NULL, "profile-refused", "%s", error->message);
        return;
    }
    stored->path = g_strdup(path);
    stored->owner_uid = owner_uid;
    stored->is_read_only = is_read_only;
    stored->uuid = profile_is_set(stored->profile, PROFILE_CONNECTION_UUID)
                       ? g_strdup(profile_text(stored->profile, PROFILE_CONNECTION_UUID))
                       : uuid_of_path(path);
    for (guint i = 0; i < list->len; i++)
        if (g_str_equal(((Stored *)list->pdata[i])->uuid, stored->uuid)) {
            log_warning(NULL, "profile-refused", "%s has the UUID of %s", path,
                        ((Stored *)list->pdata[i])->path);
            return;
        }
    g_ptr_array_add(list, g_steal_pointer(&stored));
}

static void
load_directory(GPtrArray *list, const char *directory, guint32 owner_uid, gboolean is_read_only)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        if (*name != '.' && g_str_has_suffix(name, SUFFIX))
            load_file(list, path, owner_uid, is_read_only);
    }
}

GPtrArray *
store_load(const StoreDirectories *directories)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)stored_free);
    g_autofree char *config = g_build_filename(directories->config_directory, "connections", NULL);
    g_autofree char *vendor = g_build_filename(directories->vendor_directory, "connections", NULL);
    g_autofree char *users = g_build_filename(directories->state_directory, "users", NULL);
    g_autoptr(GDir) dir = NULL;
    const char *name;

    load_directory(list, config, BUS_EVERYBODY, FALSE);
    load_directory(list, vendor, BUS_EVERYBODY, TRUE);
    dir = g_dir_open(users, 0, NULL);
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(users, name, NULL);
        guint64 uid;

        if (g_ascii_string_to_unsigned(name, 10, 0, BUS_EVERYBODY - 1, &uid, NULL))
            load_directory(list, path, (guint32)uid, FALSE);
    }
    return list;
}

Stored *
store_new(const StoreDirectories *directories, guint32 owner_uid, const Profile *profile)
{
    Stored *stored = g_new0(Stored, 1);
    g_autofree char *directory = NULL;
    g_autofree char *file = NULL;

    stored->profile = profile_dup(profile);
    stored->uuid = profile_is_set(profile, PROFILE_CONNECTION_UUID)
                       ? g_strdup(profile_text(profile, PROFILE_CONNECTION_UUID))
                       : g_uuid_string_random();
    profile_set(stored->profile, PROFILE_CONNECTION_UUID, stored->uuid, NULL);
    stored->owner_uid = owner_uid;
    directory = owner_uid == BUS_EVERYBODY
                    ? g_build_filename(directories->config_directory, "connections", NULL)
                    : g_strdup_printf("%s/users/%u", directories->state_directory, owner_uid);
    file = g_strconcat(stored->uuid, SUFFIX, NULL);
    stored->path = g_build_filename(directory, file, NULL);
    return stored;
}

gboolean
store_write(const Stored *stored, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(stored->path);
    g_autoptr(Secret) data = profile_write(stored->profile, TRUE);

    if (g_mkdir_with_parents(directory, 0700) < 0)
        return fail_errno("Cannot make", directory, error);
    return g_file_set_contents_full(stored->path, (const char *)secret_data(data),
                                    (gssize)secret_length(data), G_FILE_SET_CONTENTS_CONSISTENT,
                                    0600, error);
}

gboolean
store_delete(const Stored *stored, GError **error)
{
    if (g_unlink(stored->path) < 0 && errno != ENOENT)
        return fail_errno("Cannot remove", stored->path, error);
    return TRUE;
}
