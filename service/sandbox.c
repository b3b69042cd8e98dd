/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* stdio, the links, and twice the descriptors of a tunnel while a REBIND replaces them. */
enum { MAX_DESCRIPTORS = 24, MAX_ERRNO = 134 };

/* A log line goes to stderr with one write(2): GLib's own writer asks what stderr is. */
static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data)
{
    for (gsize i = 0; i < count; i++)
        if (strcmp(fields[i].key, "MESSAGE") == 0) {
            g_autofree char *line = g_strdup_printf("%s\n", (const char *)fields[i].value);

            if (write(STDERR_FILENO, line, strlen(line)) < 0)
                return G_LOG_WRITER_UNHANDLED;
        }
    return G_LOG_WRITER_HANDLED;
}

static int
compare_octets(const void *a, const void *b)
{
    return *(const guint8 *)a - *(const guint8 *)b;
}

void
sandbox_warm_up(void)
{
    static const char *const digests[] = {"MD5", "SHA1", "SHA256", "SHA384", "SHA512"};
    guint8 room[2048];
    time_t now = time(NULL);
    struct tm parts;

    g_log_set_writer_func(write_log, NULL, NULL);
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS |
                            OPENSSL_INIT_ADD_ALL_CIPHERS | OPENSSL_INIT_ADD_ALL_DIGESTS,
                        NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(digests); i++)
        EVP_MD_free(EVP_MD_fetch(NULL, digests[i], NULL));
    RAND_bytes(room, sizeof room);
    RAND_priv_bytes(room, sizeof room);
    /* gmtime_r() of certificate dates reads the time zone once; qsort() asks for the memory's
     * size once. */
    tzset();
    gmtime_r(&now, &parts);
    qsort(room, sizeof room, 1, compare_octets);
    g_get_real_time();
    /* g_strerror() keeps each text once it has converted it, and reads files for that. (It is
     * declared constant: without a use the calls would vanish.) */
    for (gint code = 1; code < MAX_ERRNO; code++)
        room[0] ^= (guint8)g_strerror(code)[0];
    explicit_bzero(room, sizeof room);
}

static gboolean
fail(const char *what, GError **error)
{
    gint code = errno;

    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "Cannot enter the sandbox: %s: %s",
                what, g_strerror(code));
    return FALSE;
}

static gboolean
limit(gint resource, rlim_t most)
{
    struct rlimit limits = {.rlim_cur = most, .rlim_max = most};

    return setrlimit(resource, &limits) == 0;
}

/* Bounding and ambient first: they need what capset() takes away. */
static gboolean
drop_capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {0};

    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (gulong capability = 0; capability < 64; capability++)
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    return syscall(SYS_capset, &head, none) == 0;
}

void
sandbox_close_descriptors(Fd first_unknown)
{
    /* Kernels before 5.9 lack the call: what coatid starts inherits nothing anyway. */
    (void)close_range((guint)first_unknown, ~0U, 0);
}

gboolean
sandbox_enter(SandboxRole role, char **ret_status, GError **error)
{
    g_autoptr(GString) status = g_string_new("sandbox: ");

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail("no new privileges", error);
    if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_NOFILE, MAX_DESCRIPTORS))
        return fail("limits", error);
    if (!drop_capabilities())
        return fail("dropping capabilities", error);
    g_string_append_printf(status, "%sno new privileges, no core, %d descriptors, no capabilities",
                           geteuid() == 0 ? "uid 0 (run it as another user), " : "",
                           MAX_DESCRIPTORS);
    if (!sandbox_close_last(role, status, error))
        return FALSE;
    *ret_status = g_strdup(status->str);
    return TRUE;
}
