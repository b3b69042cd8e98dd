/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "login/host-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The file is opened each time, because it may have been moved away. */
static gboolean
write_line(const char *path, const RadiusRecord *record)
{
    g_auto(Fd) file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
    g_autofree char *line = book_json_line(record);
    gsize length = strlen(line);

    return file >= 0 && write(file, line, length) == (gssize)length;
}

void
account_send(guint64 number, const RadiusRecord *record, gpointer user_data)
{
    Host *host = user_data;
    const char *path = host->configure->configure.accounting_file;

    if (host->has_accounting_server) {
        guint64 ticket = servers_account(host->servers, radius_record_copy(record));

        g_hash_table_insert(host->numbers, g_memdup2(&ticket, sizeof ticket),
                            g_memdup2(&number, sizeof number));
        return;
    }
    if (write_line(path, record)) {
        g_array_append_val(host->written, number);
    } else {
        g_autofree char *text =
            g_strdup_printf("Cannot write %s: %s: the record waits", path, g_strerror(errno));

        host_note(host, TRUE, text);
    }
}

void
account_cross_out_written(Host *host)
{
    for (guint i = 0; host->book != NULL && i < host->written->len; i++)
        book_cross_out(host->book, g_array_index(host->written, guint64, i));
    g_array_set_size(host->written, 0);
}

void
account_add(Host *host, const RadiusRecord *record)
{
    g_autoptr(GError) error = NULL;

    if (host->book == NULL)
        return;
    if (!book_add(host->book, record, g_get_real_time() / G_TIME_SPAN_SECOND, &error))
        host_note(host, TRUE, error->message);
    account_cross_out_written(host);
}

void
account_done(Host *host, guint64 ticket)
{
    const guint64 *number = g_hash_table_lookup(host->numbers, &ticket);

    if (number != NULL && host->book != NULL)
        book_cross_out(host->book, *number);
    g_hash_table_remove(host->numbers, &ticket);
    if (host->is_parting && host->book != NULL && book_waiting(host->book) == 0)
        g_main_loop_quit(host->loop);
}
