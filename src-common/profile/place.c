/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/place.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct Place {
    char *folder;
    ImportFiles files;
};

static Secret *
fail(const char *path, const char *why, GError **error)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", path, why);
    return NULL;
}

Secret *
place_read(const char *path, gsize max_octets, GError **error)
{
    g_auto(Fd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    g_autoptr(Secret) content = NULL;
    gsize length = 0;

    if (fd < 0)
        return fail(path, g_strerror(errno), error);
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return fail(path, "not a file", error);
    if ((guint64)info.st_size > max_octets)
        return fail(path, "too long", error);
    content = secret_new_zero((gsize)info.st_size);
    while (length < (gsize)info.st_size) {
        gssize got = read(fd, secret_edit(content) + length, (gsize)info.st_size - length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(path, g_strerror(errno), error);
        if (got == 0)
            break;
        length += (gsize)got;
    }
    return secret_new(secret_data(content), length);
}

static char *
beside(const Place *place, const char *path)
{
    return g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(place->folder, path, NULL);
}

static Secret *
read_beside(const char *path, gpointer user_data, GError **error)
{
    g_autofree char *full = beside(user_data, path);

    return place_read(full, IMPORT_MAX_OCTETS, error);
}

static char **
expand_beside(const char *pattern, gpointer user_data)
{
    g_autofree char *full = beside(user_data, pattern);
    glob_t found = {0};
    char **paths = NULL;

    if (glob(full, 0, NULL, &found) == 0)
        paths = g_strdupv(found.gl_pathv);
    globfree(&found);
    return paths;
}

Place *
place_new(const char *path)
{
    Place *place = g_new0(Place, 1);

    place->folder = g_path_get_dirname(strcmp(path, "-") == 0 ? "./-" : path);
    place->files = (ImportFiles){read_beside, expand_beside, place};
    return place;
}

void
place_free(Place *place)
{
    if (place == NULL)
        return;
    g_free(place->folder);
    g_free(place);
}

const ImportFiles *
place_files(const Place *place)
{
    return &place->files;
}

void
place_name_profile(Profile *profile, const char *path)
{
    g_autofree char *base = g_path_get_basename(path);
    char *dot = strrchr(base, '.');

    if (dot != NULL && dot != base)
        *dot = '\0';
    if (!profile_is_set(profile, PROFILE_CONNECTION_ID) &&
        !profile_set(profile, PROFILE_CONNECTION_ID, base, NULL))
        profile_set(profile, PROFILE_CONNECTION_ID, "imported", NULL);
}
