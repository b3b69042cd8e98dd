/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct Journal {
    char *path;
    GPtrArray *lines;
};

static gboolean
id_is_valid(const char *id)
{
    gsize length = strlen(id);

    if (length < 1 || length > 64)
        return FALSE;
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isalnum(id[i]) && id[i] != '_' && id[i] != '-')
            return FALSE;
    return TRUE;
}

static gboolean
line_is_valid(const char *line)
{
    gsize length = strlen(line);

    if (length < 1 || length > JOURNAL_MAX_LINE)
        return FALSE;
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isprint(line[i]))
            return FALSE;
    return TRUE;
}

static void
fail(GError **error, const char *deed, const char *path)
{
    int saved = errno;

    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(saved), "cannot %s %s: %s", deed, path,
                g_strerror(saved));
}

static gboolean
journal_has(const Journal *journal, const char *line)
{
    return g_ptr_array_find_with_equal_func(journal->lines, line, g_str_equal, NULL);
}

/* Only whole lines count; what does not look like one is dropped, with a word in the log. */
static void
parse_lines(Journal *journal, const char *text, gsize length)
{
    const char *at = text;
    const char *end;

    while ((end = memchr(at, '\n', (gsize)(text + length - at))) &&
           journal->lines->len < JOURNAL_MAX_LINES) {
        g_autofree char *line = g_strndup(at, (gsize)(end - at));

        if (line_is_valid(line) && strlen(line) == (gsize)(end - at))
            g_ptr_array_add(journal->lines, g_steal_pointer(&line));
        else
            g_warning("journal %s: a damaged line is ignored", journal->path);
        at = end + 1;
    }
}

/* A last line without its end must not become the beginning of the next one. */
static gboolean
cut_torn_line(Journal *journal, const char *text, gsize length, GError **error)
{
    const char *last = length > 0 ? memrchr(text, '\n', length) : NULL;
    gsize whole = last ? (gsize)(last + 1 - text) : 0;

    if (whole == length)
        return TRUE;
    if (truncate(journal->path, (off_t)whole) < 0) {
        fail(error, "repair", journal->path);
        return FALSE;
    }
    return TRUE;
}

Journal *
journal_open(const char *directory, const char *id, GError **error)
{
    g_autoptr(Journal) journal = NULL;
    g_autoptr(GError) missing = NULL;
    g_autofree char *text = NULL;
    gsize length = 0;

    if (!id_is_valid(id)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "\"%s\" is no name for a journal", id);
        return NULL;
    }
    if (g_mkdir_with_parents(directory, 0700) < 0) {
        fail(error, "make the directory", directory);
        return NULL;
    }
    journal = g_new0(Journal, 1);
    journal->path = g_build_filename(directory, id, NULL);
    journal->lines = g_ptr_array_new_with_free_func(g_free);
    if (g_file_get_contents(journal->path, &text, &length, &missing)) {
        parse_lines(journal, text, length);
        if (!cut_torn_line(journal, text, length, error))
            return NULL;
    } else if (!g_error_matches(missing, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        g_propagate_error(error, g_steal_pointer(&missing));
        return NULL;
    }
    return g_steal_pointer(&journal);
}

void
journal_close(Journal *journal)
{
    if (!journal)
        return;
    g_free(journal->path);
    g_ptr_array_unref(journal->lines);
    g_free(journal);
}

/* The directory entry of a new file must reach the disk as well. */
static gboolean
sync_to_disk(Journal *journal, Fd file, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(journal->path);
    g_auto(Fd) parent = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fsync(file) < 0 || parent < 0 || fsync(parent) < 0) {
        fail(error, "write to disk", journal->path);
        return FALSE;
    }
    return TRUE;
}

gboolean
journal_append(Journal *journal, const char *undo, gboolean is_durable, GError **error)
{
    g_autofree char *line = g_strconcat(undo, "\n", NULL);
    g_auto(Fd) file = -1;
    gsize length = strlen(line);

    g_assert(line_is_valid(undo));
    if (journal_has(journal, undo))
        return TRUE;
    if (journal->lines->len >= JOURNAL_MAX_LINES) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "%s is full: undo the tunnel first",
                    journal->path);
        return FALSE;
    }
    file = open(journal->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0 || write(file, line, length) != (gssize)length) {
        fail(error, "write", journal->path);
        return FALSE;
    }
    if (is_durable && !sync_to_disk(journal, file, error))
        return FALSE;
    g_ptr_array_add(journal->lines, g_strdup(undo));
    return TRUE;
}

const char *
journal_find(const Journal *journal, const char *prefix)
{
    for (guint i = journal->lines->len; i > 0; i--) {
        const char *line = g_ptr_array_index(journal->lines, i - 1);

        if (g_str_has_prefix(line, prefix))
            return line + strlen(prefix);
    }
    return NULL;
}

gboolean
journal_is_empty(const Journal *journal)
{
    return journal->lines->len == 0;
}

/* What is left goes into a new file that takes the old one's place. */
static gboolean
store_lines(Journal *journal, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < journal->lines->len; i++)
        g_string_append_printf(text, "%s\n", (char *)g_ptr_array_index(journal->lines, i));
    return g_file_set_contents_full(journal->path, text->str, (gssize)text->len,
                                    G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

gboolean
journal_walk(Journal *journal, JournalUndo undo, gpointer user_data, GError **error)
{
    g_autoptr(GError) first = NULL;
    guint before = journal->lines->len;

    for (guint i = before; i > 0; i--) {
        g_autoptr(GError) failure = NULL;
        const char *line = g_ptr_array_index(journal->lines, i - 1);

        if (undo(line, user_data, &failure)) {
            g_ptr_array_remove_index(journal->lines, i - 1);
            continue;
        }
        g_warning("cannot undo \"%s\": %s", line, failure->message);
        if (!first)
            first = g_steal_pointer(&failure);
    }
    if (journal->lines->len == 0) {
        if (unlink(journal->path) < 0 && errno != ENOENT && !first) {
            fail(error, "remove", journal->path);
            return FALSE;
        }
    } else if (journal->lines->len < before) {
        store_lines(journal, first ? NULL : &first);
    }
    if (first)
        g_propagate_error(error, g_steal_pointer(&first));
    return journal->lines->len == 0;
}

char **
journal_list(const char *directory)
{
    g_autoptr(GStrvBuilder) ids = g_strv_builder_new();
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir)))
        if (id_is_valid(name))
            g_strv_builder_add(ids, name);
    return g_strv_builder_end(ids);
}
