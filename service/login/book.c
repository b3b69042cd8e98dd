/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "login/book.h"

#include "login/loginlink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_ENTRY = 8 * 1024, HEADER = 13, COMPACT_ENTRIES = 4096 };

typedef enum {
    ENTRY_RECORD = 1, /* waits to be sent */
    ENTRY_DONE,       /* crosses a RECORD out */
    ENTRY_OPEN,       /* an open session whose records are all crossed out */
    ENTRY_SERIAL,     /* number: the last serial, for those whose records are gone */
} EntryKind;

struct Book {
    BookSend send;
    gpointer user_data;
    char *path;
    Fd file;
    guint64 last_number;
    guint64 serial;   /* the last that was seen */
    GTree *waiting;   /* number: RadiusRecord, in order */
    GHashTable *open; /* session: RadiusRecord, the last one of it */
    guint entries;    /* in the file */
    gboolean is_dirty;
};

static gint
compare_numbers(gconstpointer a, gconstpointer b, gpointer user_data)
{
    guint64 left = *(const guint64 *)a;
    guint64 right = *(const guint64 *)b;

    return left < right ? -1 : left > right;
}

static void
free_record(gpointer record)
{
    radius_record_free(record);
}

static gboolean
is_of_session(const RadiusRecord *record)
{
    return record->event != RADIUS_EVENT_ON && record->event != RADIUS_EVENT_OFF;
}

/* What a record does to the open sessions. */
static void
note_session(Book *book, const RadiusRecord *record)
{
    RadiusRecord *copy;

    if (!is_of_session(record))
        return;
    if (record->event == RADIUS_EVENT_STOP) {
        g_hash_table_remove(book->open, record->session);
        return;
    }
    copy = radius_record_copy(record);
    g_hash_table_replace(book->open, copy->session, copy);
}

static void
note_waiting(Book *book, guint64 number, const RadiusRecord *record)
{
    g_tree_insert(book->waiting, g_memdup2(&number, sizeof number), radius_record_copy(record));
}

/* Appends one entry; record NULL for DONE and SERIAL. */
static gboolean
append(Fd file, EntryKind kind, guint64 number, const RadiusRecord *record)
{
    g_auto(Wire) wire = wire_to_write(MAX_ENTRY);
    guint32 length = 0;
    guint8 octet = (guint8)kind;

    wire_u32(&wire, &length);
    wire_u8(&wire, &octet);
    wire_u64(&wire, &number);
    if (record != NULL)
        loginlink_walk_record(&wire, (RadiusRecord *)record);
    if (!wire_ok(&wire)) {
        errno = EMSGSIZE;
        return FALSE;
    }
    writer_patch_u32(&wire.writer, 0, (guint32)wire.writer.length);
    return write(file, wire.writer.data, wire.writer.length) == (gssize)wire.writer.length;
}

/* FALSE at the end of what is whole. */
static gboolean
read_entry(Book *book, Reader *reader)
{
    g_autoptr(RadiusRecord) record = radius_record_new(RADIUS_EVENT_START);
    guint32 length = reader_u32(reader);
    Reader body =
        reader_sub(reader, length >= HEADER && length <= MAX_ENTRY ? length - 4 : G_MAXUINT);
    guint8 kind = reader_u8(&body);
    guint64 number = reader_u64(&body);
    g_auto(Wire) wire = {0};

    if (!reader_ok(&body))
        return FALSE;
    book->entries++;
    if (kind == ENTRY_SERIAL) {
        book->serial = MAX(book->serial, number);
        return TRUE;
    }
    book->last_number = MAX(book->last_number, number);
    if (kind == ENTRY_DONE) {
        g_tree_remove(book->waiting, &number);
        return TRUE;
    }
    wire = wire_to_parse(body.at, reader_left(&body));
    loginlink_walk_record(&wire, record);
    if (!wire_ok(&wire) || (kind != ENTRY_RECORD && kind != ENTRY_OPEN))
        return FALSE;
    note_session(book, record);
    book->serial = MAX(book->serial, record->serial);
    if (kind == ENTRY_RECORD)
        note_waiting(book, number, record);
    return TRUE;
}

static gboolean
write_waiting(gpointer number, gpointer record, gpointer user_data)
{
    Fd *file = user_data;

    if (append(*file, ENTRY_RECORD, *(guint64 *)number, record))
        return FALSE;
    fd_close(file);
    return TRUE;
}

/* The whole book in a new file; open sessions first, so that a Stop that waits closes them. */
static Fd
write_anew(Book *book, const char *path)
{
    g_auto(Fd) file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    GHashTableIter iterator;
    gpointer record;

    if (file >= 0 && !append(file, ENTRY_SERIAL, book->serial, NULL))
        return -1;
    g_hash_table_iter_init(&iterator, book->open);
    while (file >= 0 && g_hash_table_iter_next(&iterator, NULL, &record))
        if (!append(file, ENTRY_OPEN, 0, record))
            return -1;
    if (file >= 0)
        g_tree_foreach(book->waiting, write_waiting, &file);
    if (file < 0 || fsync(file) < 0 || rename(path, book->path) < 0)
        return -1;
    return fd_steal(&file);
}

static gboolean
compact(Book *book)
{
    g_autofree char *path = g_strconcat(book->path, ".new", NULL);
    Fd file = write_anew(book, path);

    if (file < 0)
        return FALSE;
    fd_close(&book->file);
    book->file = file;
    book->entries = (guint)g_tree_nnodes(book->waiting) + g_hash_table_size(book->open);
    return TRUE;
}

static gboolean
send_waiting(gpointer number, gpointer record, gpointer user_data)
{
    Book *book = user_data;

    book->send(*(guint64 *)number, record, book->user_data);
    return FALSE;
}

Book *
book_open(const char *directory, BookSend send, gpointer user_data, GError **error)
{
    g_autoptr(Book) book = g_new0(Book, 1);
    g_autofree char *text = NULL;
    gsize length = 0;
    Reader reader;

    book->send = send;
    book->user_data = user_data;
    book->file = -1;
    book->path = g_build_filename(directory, "accounting.book", NULL);
    book->waiting = g_tree_new_full(compare_numbers, NULL, g_free, free_record);
    book->open = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_record);
    if (g_file_test(book->path, G_FILE_TEST_EXISTS) &&
        !g_file_get_contents(book->path, &text, &length, error))
        return NULL;
    reader = reader_of(text, length);
    while (reader_left(&reader) > 0 && read_entry(book, &reader))
        ;
    if (!compact(book)) {
        gint code = errno;

        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "Cannot write %s: %s",
                    book->path, g_strerror(code));
        return NULL;
    }
    g_tree_foreach(book->waiting, send_waiting, book);
    return g_steal_pointer(&book);
}

void
book_close(Book *book)
{
    if (book == NULL)
        return;
    fd_close(&book->file);
    g_clear_pointer(&book->waiting, g_tree_unref);
    g_clear_pointer(&book->open, g_hash_table_unref);
    g_free(book->path);
    g_free(book);
}

static gboolean
add_one(Book *book, const RadiusRecord *record, GError **error)
{
    guint64 number = ++book->last_number;

    if (!append(book->file, ENTRY_RECORD, number, record)) {
        gint code = errno;

        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "Cannot write %s: %s",
                    book->path, g_strerror(code));
        /* Half an entry would hide all that follow. */
        compact(book);
        return FALSE;
    }
    book->entries++;
    book->is_dirty = TRUE;
    note_session(book, record);
    note_waiting(book, number, record);
    book->send(number, record, book->user_data);
    return TRUE;
}

/* The sessions that nobody else will close any more. */
static gboolean
close_sessions(Book *book, RadiusCause cause, gint64 now_unix_seconds, GError **error)
{
    g_autoptr(GList) records = g_hash_table_get_values(book->open);

    for (GList *at = records; at != NULL; at = at->next) {
        g_autoptr(RadiusRecord) stop = radius_record_copy(at->data);

        stop->event = RADIUS_EVENT_STOP;
        stop->cause = cause;
        stop->unix_seconds = now_unix_seconds;
        stop->serial = 0;
        if (!add_one(book, stop, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
book_add(Book *book, const RadiusRecord *record, gint64 now_unix_seconds, GError **error)
{
    gboolean is_open = g_hash_table_contains(book->open, record->session);

    if (record->serial != 0 && record->serial <= book->serial)
        return TRUE;
    /* What is passed over below was seen all the same. */
    book->serial = MAX(book->serial, record->serial);
    switch (record->event) {
    case RADIUS_EVENT_ON:
        if (!close_sessions(book, RADIUS_CAUSE_NAS_REBOOT, now_unix_seconds, error))
            return FALSE;
        break;
    case RADIUS_EVENT_OFF:
        if (!close_sessions(book, RADIUS_CAUSE_ADMIN_REBOOT, now_unix_seconds, error))
            return FALSE;
        break;
    case RADIUS_EVENT_START:
        if (is_open)
            return TRUE;
        break;
    case RADIUS_EVENT_INTERIM:
    case RADIUS_EVENT_STOP:
        if (!is_open)
            return TRUE;
        break;
    }
    return add_one(book, record, error);
}

void
book_cross_out(Book *book, guint64 number)
{
    if (!g_tree_remove(book->waiting, &number))
        return;
    /* At worst it is sent once more after a crash. */
    (void)append(book->file, ENTRY_DONE, number, NULL);
    book->entries++;
    if (book->entries > COMPACT_ENTRIES &&
        book->entries > 4 * ((guint)g_tree_nnodes(book->waiting) + g_hash_table_size(book->open)))
        compact(book);
}

void
book_sync(Book *book)
{
    if (book->is_dirty)
        fdatasync(book->file);
    book->is_dirty = FALSE;
}

guint64
book_serial(const Book *book)
{
    return book->serial;
}

guint
book_waiting(const Book *book)
{
    return (guint)g_tree_nnodes(book->waiting);
}

guint
book_sessions(const Book *book)
{
    return g_hash_table_size(book->open);
}
