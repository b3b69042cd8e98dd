/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fdstore.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST_FD = 3, MAX_FDS = 512 }; /* sd_listen_fds(3) */

struct FdStore {
    GHashTable *passed; /* name -> descriptor, by number */
    char *notify;       /* $NOTIFY_SOCKET; NULL: nobody keeps anything */
};

static guint64
number_of(const char *text)
{
    guint64 number = 0;

    return text && g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT, &number, NULL) ? number : 0;
}

static void
forget(gpointer fd)
{
    close(GPOINTER_TO_INT(fd));
}

/* LISTEN_PID says whom the descriptors are for: a parent may have left the variables. */
static void
take_passed(FdStore *store)
{
    guint64 count = number_of(g_getenv("LISTEN_FDS"));
    g_auto(GStrv) names = g_strsplit(g_getenv("LISTEN_FDNAMES") ?: "", ":", MAX_FDS);
    guint64 known = g_strv_length(names);

    if (number_of(g_getenv("LISTEN_PID")) != (guint64)getpid())
        return;
    for (guint64 i = 0; i < count && i < MAX_FDS; i++) {
        int fd = FIRST_FD + (int)i;

        if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
            continue;
        g_hash_table_replace(store->passed, g_strdup(i < known ? names[i] : ""),
                             GINT_TO_POINTER(fd));
    }
}

FdStore *
fdstore_new(void)
{
    FdStore *store = g_new0(FdStore, 1);

    store->passed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, forget);
    store->notify = g_strdup(g_getenv("NOTIFY_SOCKET"));
    take_passed(store);
    g_unsetenv("LISTEN_PID");
    g_unsetenv("LISTEN_FDS");
    g_unsetenv("LISTEN_FDNAMES");
    return store;
}

void
fdstore_free(FdStore *store)
{
    if (!store)
        return;
    g_hash_table_unref(store->passed);
    g_free(store->notify);
    g_free(store);
}

Fd
fdstore_take(FdStore *store, const char *name)
{
    gpointer key = NULL;
    gpointer fd = NULL;

    if (!store || !g_hash_table_steal_extended(store->passed, name, &key, &fd))
        return -1;
    g_free(key);
    return GPOINTER_TO_INT(fd);
}

/* A path, or a name in the abstract name space where it starts with "@". */
static gboolean
address_of(const char *text, struct sockaddr_un *ret_address, socklen_t *ret_length)
{
    gsize length = strlen(text);

    if (length < 2 || length >= sizeof ret_address->sun_path || (*text != '/' && *text != '@'))
        return FALSE;
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(ret_address->sun_path, text, length);
    if (*text == '@')
        ret_address->sun_path[0] = '\0';
    *ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return TRUE;
}

/* fd -1: none goes along. */
static void
notify(const FdStore *store, const char *text, Fd fd)
{
    union {
        char data[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct sockaddr_un address;
    struct iovec part = {.iov_base = (gpointer)text, .iov_len = strlen(text)};
    struct msghdr message = {.msg_name = &address, .msg_iov = &part, .msg_iovlen = 1};
    g_auto(Fd) socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (socket_fd < 0 || !address_of(store->notify, &address, &message.msg_namelen))
        return;
    if (fd >= 0) {
        struct cmsghdr *header;

        message.msg_control = control.data;
        message.msg_controllen = sizeof control.data;
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &fd, sizeof(int));
    }
    if (sendmsg(socket_fd, &message, MSG_NOSIGNAL) < 0)
        g_message("The service manager does not keep the descriptors: %s", g_strerror(errno));
}

void
fdstore_put(FdStore *store, const char *name, Fd fd)
{
    g_autofree char *text = g_strdup_printf("FDSTORE=1\nFDNAME=%s", name);

    if (store && store->notify)
        notify(store, text, fd);
}

void
fdstore_drop(FdStore *store, const char *name)
{
    g_autofree char *text = g_strdup_printf("FDSTOREREMOVE=1\nFDNAME=%s", name);

    if (!store)
        return;
    g_hash_table_remove(store->passed, name);
    if (store->notify)
        notify(store, text, -1);
}
