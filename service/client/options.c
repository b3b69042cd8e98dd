/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a Connect call says: options and secrets.
 */
#include "client/connection.h"

#include "error.h"

#include <gio/gunixfdlist.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_SECRETS_OCTETS = 64 * 1024, MAX_SECRETS = 16 };

void
connect_options_clear(ConnectOptions *options)
{
    g_clear_pointer(&options->secrets, g_hash_table_unref);
}

static gboolean
refuse(GError **error, const char *text)
{
    g_set_error_literal(error, COATI_ERROR, COATI_ERROR_INVALID_ARGUMENTS, text);
    return FALSE;
}

/* A descriptor brings any octets; from here on names and secrets are text, as the bus has them. */
static gboolean
add_secret(GHashTable *secrets, const char *name, gsize name_length, const char *value,
           gsize value_length, GError **error)
{
    if (name_length == 0 || name_length > 64 || g_hash_table_size(secrets) >= MAX_SECRETS)
        return refuse(error, "The secrets are too many");
    if (!g_utf8_validate(name, (gssize)name_length, NULL) ||
        !g_utf8_validate(value, (gssize)value_length, NULL))
        return refuse(error, "A secret is no UTF-8 text");
    g_hash_table_insert(secrets, g_strndup(name, name_length), secret_new(value, value_length));
    return TRUE;
}

static gboolean
read_dict(GVariant *dict, GHashTable *secrets, GError **error)
{
    GVariantIter iter;
    const char *name;
    const char *value;

    g_variant_iter_init(&iter, dict);
    while (g_variant_iter_next(&iter, "{&s&s}", &name, &value))
        if (!add_secret(secrets, name, strlen(name), value, strlen(value), error))
            return FALSE;
    return TRUE;
}

static gboolean
read_lines(const char *data, gsize length, GHashTable *secrets, GError **error)
{
    const char *end = data + length;

    while (data < end) {
        const char *stop = memchr(data, '\n', (gsize)(end - data));
        const char *line_end = stop != NULL ? stop : end;
        const char *equals = memchr(data, '=', (gsize)(line_end - data));

        if (equals != NULL) {
            if (!add_secret(secrets, data, (gsize)(equals - data), equals + 1,
                            (gsize)(line_end - equals - 1), error))
                return FALSE;
        } else if (line_end > data) {
            return refuse(error, "A line of secrets-fd is not key=value");
        }
        data = line_end + 1;
    }
    return TRUE;
}

/* What is not there yet is not waited for: a caller could stop the service with a pipe. */
static gssize
read_some(Fd fd, gboolean is_file, guint8 *ret_data, gsize size, gsize offset)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    if (is_file)
        return pread(fd, ret_data, size, (off_t)offset);
    if (poll(&ready, 1, 0) != 1)
        return -1;
    return read(fd, ret_data, size);
}

static gboolean
read_fd(Fd fd, GHashTable *secrets, GError **error)
{
    g_autoptr(Secret) data = secret_new_zero(MAX_SECRETS_OCTETS);
    gsize length = 0;
    struct stat info;
    gssize got = 1;

    if (fstat(fd, &info) < 0 || (!S_ISREG(info.st_mode) && !S_ISFIFO(info.st_mode)))
        return refuse(error, "secrets-fd must be a memfd, a file or a pipe");
    while (length < MAX_SECRETS_OCTETS && got > 0) {
        got = read_some(fd, S_ISREG(info.st_mode), secret_edit(data) + length,
                        MAX_SECRETS_OCTETS - length, length);
        length += got > 0 ? (gsize)got : 0;
    }
    if (got != 0)
        return refuse(error, "secrets-fd must hold all secrets and end before the call");
    return read_lines((const char *)secret_data(data), length, secrets, error);
}

static gboolean
read_secrets(GVariant *options, GUnixFDList *fds, GHashTable *secrets, GError **error)
{
    g_autoptr(GVariant) dict = g_variant_lookup_value(options, "secrets", G_VARIANT_TYPE("a{ss}"));
    g_auto(Fd) fd = -1;
    gint32 handle;

    if (dict != NULL && !read_dict(dict, secrets, error))
        return FALSE;
    if (!g_variant_lookup(options, "secrets-fd", "h", &handle))
        return TRUE;
    if (fds == NULL || handle < 0 || handle >= g_unix_fd_list_get_length(fds))
        return refuse(error, "secrets-fd is not a descriptor of this call");
    fd = g_unix_fd_list_get(fds, handle, error);
    return fd >= 0 && read_fd(fd, secrets, error);
}

GHashTable *
connect_secrets_read(GVariant *options, GUnixFDList *fds, GError **error)
{
    g_autoptr(GHashTable) secrets =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)secret_free);

    return read_secrets(options, fds, secrets, error) ? g_steal_pointer(&secrets) : NULL;
}

gboolean
connect_options_read(GVariant *options, GUnixFDList *fds, ConnectOptions *ret_options,
                     GError **error)
{
    g_auto(ConnectOptions) read = {.persists = TRUE};
    const char *network = NULL;
    const char *key;
    GVariantIter iter;

    static const char *const names[] = {
        "secrets", "secrets-fd", "bind-to-caller", "network",        "persist",
        "timeout", "probe",      "for-user",       "hold-questions", NULL};

    g_variant_iter_init(&iter, options);
    while (g_variant_iter_next(&iter, "{&s@v}", &key, NULL))
        if (!g_strv_contains(names, key))
            return refuse(error, "There is no such option");
    g_variant_lookup(options, "bind-to-caller", "b", &read.is_bound);
    g_variant_lookup(options, "persist", "b", &read.persists);
    g_variant_lookup(options, "timeout", "u", &read.timeout_seconds);
    g_variant_lookup(options, "probe", "b", &read.is_probe);
    read.is_for_user = g_variant_lookup(options, "for-user", "u", &read.for_uid);
    g_variant_lookup(options, "hold-questions", "b", &read.holds_questions);
    g_variant_lookup(options, "network", "&s", &network);
    if (network != NULL && !g_str_equal(network, "full") && !g_str_equal(network, "none"))
        return refuse(error, "The option network is \"full\" or \"none\"");
    read.has_no_network = g_strcmp0(network, "none") == 0;
    read.secrets = connect_secrets_read(options, fds, error);
    if (read.secrets == NULL)
        return FALSE;
    *ret_options = read;
    read.secrets = NULL;
    return TRUE;
}
