/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Passwords from pipes to the service: never in an argument, an environment variable or a message. */
#pragma once

#include "cli.h"

#include <gio/gunixfdlist.h>

/* "key=value" lines of what --user, --password-stdin, --password-fd and --password-file
 * give; *ret_lines stays NULL
 * without any. */
gboolean secrets_read(const Cli *cli, Secret **ret_lines, GError **error);
/* The first line of fd without its end. */
Secret *secrets_read_line(int fd, GError **error);
/* All of fd, at most max_octets. */
Secret *secrets_read_all(int fd, gsize max_octets, GError **error);
/* As a sealed memfd. */
gboolean secrets_append_fd(const Secret *lines, GUnixFDList *fds, gint *ret_index, GError **error);
