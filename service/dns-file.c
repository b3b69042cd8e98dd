/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * resolv.conf itself, the last resort.
 *
 * A file is written in place, so that it keeps its inode, owner and mode, a bind mount in a
 * container works, and an access list that lets this service's user write is enough. A symbolic
 * link is replaced, never followed, and put back with its old target. The first line of what is
 * written is a mark: a file without it was written by somebody else since, who is right, and stays.
 *
 * State in <state>/dns: "original" (first line "file", "link <target>" or "none", then the
 * contents as read), "tunnels/<id>" (first line "all" or "some", then what dns_render() says),
 * "restoring" (the original is being put back: a crash may have left half of it), "lock".
 */
#include "dns.h"

#include "base/fd.h"
#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "# Written by coatid while a tunnel is up; what was here before comes back after it.\n"

enum { MAX_FILE = 64 * 1024 };

static char *
state_path(const DnsHost *host, const char *name)
{
    return g_build_filename(host->state_directory, "dns", name, NULL);
}

static gboolean
fail(GError **error, const char *deed, const char *path)
{
    gboolean is_refused = errno == EACCES || errno == EPERM || errno == EROFS;

    g_set_error(error, NETWORK_ERROR, REASON_DNS_FAILED, "cannot %s %s: %s%s", deed, path,
                g_strerror(errno),
                is_refused ? "; let this service's user write it, or use systemd-resolved" : "");
    return FALSE;
}

static gboolean
put_state(const DnsHost *host, const char *name, const char *text, GError **error)
{
    g_autofree char *path = state_path(host, name);
    g_autoptr(GError) failure = NULL;

    if (g_file_set_contents_full(path, text, -1,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                                 &failure))
        return TRUE;
    g_set_error_literal(error, NETWORK_ERROR, REASON_DNS_FAILED, failure->message);
    return FALSE;
}

static char *
get_state(const DnsHost *host, const char *name)
{
    g_autofree char *path = state_path(host, name);
    char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

static void
drop_state(const DnsHost *host, const char *name)
{
    g_autofree char *path = state_path(host, name);

    unlink(path);
}

/* One tunnel at a time; the lock goes with the descriptor. */
static gboolean
lock_state(const DnsHost *host, Fd *ret_lock, GError **error)
{
    g_autofree char *tunnels = state_path(host, "tunnels");
    g_autofree char *path = state_path(host, "lock");
    g_auto(Fd) lock = -1;

    if (g_mkdir_with_parents(tunnels, 0700) < 0)
        return fail(error, "make", tunnels);
    lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) < 0)
        return fail(error, "lock", path);
    *ret_lock = fd_steal(&lock);
    return TRUE;
}

/* Follows links; "" when it cannot be read. */
static char *
read_conf(const char *path)
{
    g_autofree char *text = g_malloc0(MAX_FILE + 1);
    g_auto(Fd) file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    gssize length = file < 0 ? 0 : read(file, text, MAX_FILE);

    text[MAX(length, 0)] = '\0';
    return g_strdup(text);
}

static gboolean
conf_is_link(const char *path)
{
    return g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

static gboolean
conf_is_ours(const char *path)
{
    g_autofree char *text = read_conf(path);

    return !conf_is_link(path) && g_str_has_prefix(text, MARK);
}

/* Head first: with the mark in place it is ours even if the cut does not come. */
static gboolean
write_in_place(const char *path, const char *text, GError **error)
{
    g_auto(Fd) file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    gsize length = strlen(text);

    if (file < 0 || write(file, text, length) != (gssize)length ||
        ftruncate(file, (off_t)length) < 0)
        return fail(error, "write", path);
    return TRUE;
}

static char *
scratch_path(const DnsHost *host)
{
    return g_strconcat(host->resolv_conf, ".coati", NULL);
}

static gboolean
put_in_place_of(const DnsHost *host, const char *scratch, GError **error)
{
    return rename(scratch, host->resolv_conf) == 0 || fail(error, "replace", host->resolv_conf);
}

static gboolean
replace_with_file(const DnsHost *host, const char *text, GError **error)
{
    g_autofree char *scratch = scratch_path(host);
    g_auto(Fd) file = -1;
    gsize length = strlen(text);

    unlink(scratch);
    file = open(scratch, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0 || fchmod(file, 0644) < 0 || write(file, text, length) != (gssize)length)
        return fail(error, "write", scratch);
    return put_in_place_of(host, scratch, error);
}

static gboolean
replace_with_link(const DnsHost *host, const char *target, GError **error)
{
    g_autofree char *scratch = scratch_path(host);

    unlink(scratch);
    if (symlink(target, scratch) < 0)
        return fail(error, "make", scratch);
    return put_in_place_of(host, scratch, error);
}

static gboolean
save_original(const DnsHost *host, GError **error)
{
    g_autofree char *target = g_file_read_link(host->resolv_conf, NULL);
    g_autofree char *text = read_conf(host->resolv_conf);
    g_autofree char *saved = NULL;

    if (target)
        saved = g_strdup_printf("link %s\n%s", target, text);
    else if (g_file_test(host->resolv_conf, G_FILE_TEST_EXISTS))
        saved = g_strdup_printf("file\n%s", text);
    else
        saved = g_strdup("none\n");
    return put_state(host, "original", saved, error);
}

/* The first line moves out of the text, which then starts with the second. */
static char *
split_first_line(char *text, char **ret_rest)
{
    char *end = strchr(text, '\n');

    *ret_rest = end ? end + 1 : text + strlen(text);
    return end ? g_strndup(text, (gsize)(end - text)) : g_strdup(text);
}

static gboolean
put_back(const DnsHost *host, char *original, GError **error)
{
    char *contents = NULL;
    g_autofree char *kind = split_first_line(original, &contents);

    if (g_str_has_prefix(kind, "link "))
        return replace_with_link(host, kind + strlen("link "), error);
    if (strcmp(kind, "none") == 0)
        return unlink(host->resolv_conf) == 0 || errno == ENOENT ||
               fail(error, "remove", host->resolv_conf);
    return conf_is_link(host->resolv_conf) || write_in_place(host->resolv_conf, contents, error);
}

/* Ends with no state of this file left, unless it fails. */
static gboolean
restore(const DnsHost *host, GError **error)
{
    g_autofree char *original = get_state(host, "original");
    g_autofree char *restoring = get_state(host, "restoring");
    g_autofree char *scratch = scratch_path(host);

    if (original && (restoring || conf_is_ours(host->resolv_conf))) {
        if (!put_state(host, "restoring", "", error) || !put_back(host, original, error))
            return FALSE;
    }
    if (original)
        unlink(scratch);
    drop_state(host, "original");
    drop_state(host, "restoring");
    return TRUE;
}

typedef struct {
    GString *servers;
    GString *search;
    GString *options;
    gboolean takes_all;
} Merge;

/* Lines of one source behind those that are there. */
static void
merge_lines(Merge *merge, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (gsize i = 0; lines[i]; i++) {
        const char *line = g_strstrip(lines[i]);

        if (g_str_has_prefix(line, "nameserver"))
            g_string_append_printf(merge->servers, "%s\n", line);
        else if (g_str_has_prefix(line, "options"))
            g_string_append_printf(merge->options, "%s\n", line);
        else if (g_str_has_prefix(line, "search ") || g_str_has_prefix(line, "domain "))
            g_string_append_printf(merge->search, " %s", line + strlen("search "));
    }
}

static void
merge_tunnel(Merge *merge, const DnsHost *host, const char *id)
{
    g_autofree char *name = g_build_filename("tunnels", id, NULL);
    g_autofree char *text = get_state(host, name);
    g_autofree char *kind = NULL;
    char *lines = NULL;

    if (!text)
        return;
    kind = split_first_line(text, &lines);
    if (strcmp(kind, "all") == 0)
        merge->takes_all = TRUE;
    merge_lines(merge, lines);
}

/* Of all tunnels; then what was there before, unless a tunnel takes all names. */
static char *
compose(const DnsHost *host, char **ids)
{
    Merge merge = {g_string_new(NULL), g_string_new(NULL), g_string_new(NULL), FALSE};
    g_autofree char *original = get_state(host, "original");
    char *before = NULL;
    char *text;

    for (gsize i = 0; ids[i]; i++)
        merge_tunnel(&merge, host, ids[i]);
    if (original && !merge.takes_all) {
        g_free(split_first_line(original, &before));
        merge_lines(&merge, before);
    }
    text = g_strconcat(MARK, merge.servers->str, merge.search->len ? "search" : "",
                       merge.search->str, merge.search->len ? "\n" : "", merge.options->str, NULL);
    g_string_free(merge.servers, TRUE);
    g_string_free(merge.search, TRUE);
    g_string_free(merge.options, TRUE);
    return text;
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char **
list_tunnels(const DnsHost *host)
{
    g_autofree char *path = state_path(host, "tunnels");
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    GPtrArray *names = g_ptr_array_new();
    const char *name;

    while (directory && (name = g_dir_read_name(directory)))
        if (!strchr(name, '.'))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

static gboolean
update(const DnsHost *host, GError **error)
{
    g_auto(GStrv) ids = list_tunnels(host);
    g_autofree char *text = compose(host, ids);
    const char *path = host->resolv_conf;

    if (!conf_is_link(path) && g_file_test(path, G_FILE_TEST_EXISTS))
        return write_in_place(path, text, error);
    return replace_with_file(host, text, error);
}

static gboolean
is_available(const DnsHost *host)
{
    return TRUE;
}

static gboolean
set(const DnsHost *host, const DnsSettings *settings, GCancellable *cancellable, GError **error)
{
    g_auto(Fd) lock = -1;
    g_autofree char *name = g_build_filename("tunnels", settings->id, NULL);
    g_autofree char *lines = dns_render(settings);
    g_autofree char *text = g_strconcat(settings->takes_all ? "all\n" : "some\n", lines, NULL);
    g_autofree char *restoring = NULL;

    if (!lock_state(host, &lock, error))
        return FALSE;
    restoring = get_state(host, "restoring");
    if (restoring && !restore(host, error))
        return FALSE;
    if (!conf_is_ours(host->resolv_conf) && !save_original(host, error))
        return FALSE;
    return put_state(host, name, text, error) && update(host, error);
}

static gboolean
clear(const DnsHost *host, const char *id, const char *link, GError **error)
{
    g_auto(Fd) lock = -1;
    g_autofree char *name = g_build_filename("tunnels", id, NULL);
    g_auto(GStrv) left = NULL;

    if (!lock_state(host, &lock, error))
        return FALSE;
    drop_state(host, name);
    left = list_tunnels(host);
    if (!left[0])
        return restore(host, error);
    return !conf_is_ours(host->resolv_conf) || update(host, error);
}

const DnsBackend dns_file = {"file", is_available, set, clear};
