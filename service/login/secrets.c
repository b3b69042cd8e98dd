/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "login/servers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FILE = 16 * 1024, WISE_LENGTH = 16 };

static gboolean G_GNUC_PRINTF(3, 4) fail(GError **error, gint code, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, G_IO_ERROR, code, text);
    return FALSE;
}

/* A service manager keeps its credentials to the unit; their owner and group bits are its own. */
static gboolean
is_credential(const char *path)
{
    const char *directory = g_getenv("CREDENTIALS_DIRECTORY");
    g_autofree char *parent = g_path_get_dirname(path);

    return directory != NULL && *directory == '/' && strcmp(parent, directory) == 0;
}

static gboolean
check_file(Fd file, const char *path, GError **error)
{
    struct stat status;

    if (fstat(file, &status) < 0)
        return fail(error, g_io_error_from_errno(errno), "Cannot look at %s: %s", path,
                    g_strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fail(error, G_IO_ERROR_NOT_REGULAR_FILE, "%s is not a file", path);
    if (is_credential(path))
        return TRUE;
    if (status.st_uid != geteuid())
        return fail(error, G_IO_ERROR_PERMISSION_DENIED,
                    "%s belongs to user %u, but its secrets are used by user %u: chown it", path,
                    status.st_uid, geteuid());
    if ((status.st_mode & 077) != 0)
        return fail(error, G_IO_ERROR_PERMISSION_DENIED,
                    "%s can be read or written by others (mode %04o): chmod 0600 it", path,
                    status.st_mode & 07777);
    return TRUE;
}

static Secret *
read_file(const char *path, GError **error)
{
    g_auto(Fd) file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    guint8 room[MAX_FILE];
    Secret *text;
    gssize length;

    if (file < 0) {
        fail(error, g_io_error_from_errno(errno), "Cannot open %s: %s", path, g_strerror(errno));
        return NULL;
    }
    if (!check_file(file, path, error))
        return NULL;
    length = read(file, room, sizeof room);
    if (length < 0 || length == sizeof room) {
        fail(error, G_IO_ERROR_INVALID_DATA, "Cannot read %s, or it is too long", path);
        return NULL;
    }
    text = secret_new(room, (gsize)length);
    explicit_bzero(room, sizeof room);
    return text;
}

/* The secret of a line for this server; rank 2 for its own, 1 for everybody's, 0 for none. */
static guint
read_line(const char *line, gsize length, const NetAddress *server, Secret **ret_secret)
{
    g_autofree char *head = NULL;
    gsize blank = 0;
    NetAddress address;

    while (length > 0 && g_ascii_isspace(*line))
        line++, length--;
    while (length > 0 && g_ascii_isspace(line[length - 1]))
        length--;
    if (length == 0 || *line == '#')
        return 0;
    while (blank < length && !g_ascii_isspace(line[blank]))
        blank++;
    head = g_strndup(line, MIN(blank, NET_ADDRESS_TEXT_SIZE));
    if (blank == length || !net_address_parse(head, &address)) {
        *ret_secret = secret_new(line, length);
        return 1;
    }
    if (!net_address_equal(&address, server))
        return 0;
    while (blank < length && g_ascii_isspace(line[blank]))
        blank++;
    *ret_secret = secret_new(line + blank, length - blank);
    return 2;
}

static Secret *
find_secret(const Secret *text, const NetAddress *server)
{
    const char *at = secret_text(text);
    const char *end = at + secret_length(text);
    Secret *best = NULL;
    guint best_rank = 0;

    while (at < end) {
        const char *newline = memchr(at, '\n', (gsize)(end - at));
        gsize length = (gsize)((newline != NULL ? newline : end) - at);
        Secret *secret = NULL;
        guint rank = read_line(at, length, server, &secret);

        if (rank > best_rank) {
            secret_free(best);
            best = secret;
            best_rank = rank;
        } else {
            secret_free(secret);
        }
        at += length + 1;
    }
    return best;
}

static void
free_secret(gpointer secret)
{
    secret_free(secret);
}

GPtrArray *
secrets_read(const LoginlinkMessage *configure, char **ret_warning, GError **error)
{
    g_autoptr(GPtrArray) secrets = g_ptr_array_new_with_free_func(free_secret);
    const char *path = configure->configure.secret_file;
    const GArray *servers = configure->configure.servers;
    g_autoptr(Secret) text = NULL;

    if (path == NULL) {
        fail(error, G_IO_ERROR_INVALID_ARGUMENT, "No file with the secrets of the RADIUS servers");
        return NULL;
    }
    text = read_file(path, error);
    if (text == NULL)
        return NULL;
    for (guint i = 0; i < servers->len; i++) {
        const NetAddress *address = &g_array_index(servers, LoginServer, i).address;
        Secret *secret = find_secret(text, address);
        char name[NET_ADDRESS_TEXT_SIZE];

        net_address_format(address, name);
        if (secret == NULL) {
            fail(error, G_IO_ERROR_INVALID_DATA, "%s has no secret for the RADIUS server %s", path,
                 name);
            return NULL;
        }
        if (secret_length(secret) < WISE_LENGTH && *ret_warning == NULL)
            *ret_warning = g_strdup_printf("The secret of the RADIUS server %s has less than %d "
                                           "characters and can be guessed",
                                           name, WISE_LENGTH);
        g_ptr_array_add(secrets, secret);
    }
    return g_steal_pointer(&secrets);
}
