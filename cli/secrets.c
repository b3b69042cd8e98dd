/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "secrets.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX_LINE = 1024 };

static gboolean
fail_errno(GError **error, const char *what)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", what, g_strerror(errno));
    return FALSE;
}

Secret *
secrets_read_line(int fd, GError **error)
{
    g_autoptr(Secret) buffer = secret_new_zero(MAX_LINE);
    gsize length = 0;

    for (;;) {
        gssize got = read(fd, secret_edit(buffer) + length, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(error, "reading"), NULL;
        if (got == 0 || secret_data(buffer)[length] == '\n')
            break;
        if (++length == MAX_LINE) {
            g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                                "the line is longer than 1023 octets");
            return NULL;
        }
    }
    if (length > 0 && memchr(secret_data(buffer), '\0', length) == NULL)
        return secret_new(secret_data(buffer), length);
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                        "the first line is empty or no text");
    return NULL;
}

Secret *
secrets_read_all(int fd, gsize max_octets, GError **error)
{
    g_autoptr(Secret) buffer = secret_new_zero(max_octets + 1);
    gsize length = 0;

    for (;;) {
        gssize got = read(fd, secret_edit(buffer) + length, max_octets + 1 - length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(error, "reading"), NULL;
        length += (gsize)got;
        if (got == 0)
            return secret_new(secret_data(buffer), length);
        if (length > max_octets) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                        "it is longer than %" G_GSIZE_FORMAT " octets", max_octets);
            return NULL;
        }
    }
}

static Secret *
join(const char *user, const Secret *password)
{
    gsize user_length = user != NULL ? strlen("user=\n") + strlen(user) : 0;
    gsize length = password != NULL ? strlen("password=\n") + secret_length(password) : 0;
    Secret *lines = secret_new_zero(user_length + length + 1);
    char *at = (char *)secret_edit(lines);
    Secret *exact;

    if (user != NULL)
        at += g_snprintf(at, user_length + 1, "user=%s\n", user);
    if (password != NULL)
        g_snprintf(at, length + 1, "password=%s\n", secret_text(password));
    exact = secret_new(secret_data(lines), user_length + length);
    secret_free(lines);
    return exact;
}

/* The first line of the file, descriptor or standard input that the options name. */
static Secret *
read_password(const CliOptions *options, GError **error)
{
    g_auto(Fd) file = -1;

    if (options->password_file == NULL)
        return secrets_read_line(options->password_stdin ? STDIN_FILENO : (int)options->password_fd,
                                 error);
    file = open(options->password_file, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail_errno(error, options->password_file), NULL;
    return secrets_read_line(file, error);
}

gboolean
secrets_read(const Cli *cli, Secret **ret_lines, GError **error)
{
    const CliOptions *options = &cli->options;
    guint sources = (options->password_stdin ? 1 : 0) +
                    (options->password_fd != G_MAXUINT32 ? 1 : 0) +
                    (options->password_file != NULL ? 1 : 0);
    g_autoptr(Secret) password = NULL;

    if (sources > 1) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                            "--password-stdin, --password-fd and --password-file exclude each "
                            "other");
        return FALSE;
    }
    if (options->user != NULL && strpbrk(options->user, "\r\n") != NULL) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                            "--user takes one line");
        return FALSE;
    }
    if (sources > 0) {
        password = read_password(options, error);
        if (password == NULL)
            return FALSE;
    }
    if (password != NULL || options->user != NULL)
        *ret_lines = join(options->user, password);
    return TRUE;
}

gboolean
secrets_append_fd(const Secret *lines, GUnixFDList *fds, gint *ret_index, GError **error)
{
    g_auto(Fd) memory = memfd_create("coati-secrets", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (memory < 0)
        return fail_errno(error, "memfd_create");
    if (write(memory, secret_data(lines), secret_length(lines)) != (gssize)secret_length(lines) ||
        lseek(memory, 0, SEEK_SET) != 0 ||
        fcntl(memory, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
        return fail_errno(error, "writing");
    *ret_index = g_unix_fd_list_append(fds, memory, error);
    return *ret_index >= 0;
}
