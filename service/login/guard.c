/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "login/guard.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static gboolean
fail(const char *what, GError **error)
{
    gint code = errno;

    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "Cannot enter the sandbox: %s: %s",
                what, g_strerror(code));
    return FALSE;
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

gboolean
guard_enter(char **ret_status, GError **error)
{
    g_autoptr(GString) status = g_string_new("sandbox: ");
    struct rlimit none = {0};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail("no new privileges", error);
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return fail("limits", error);
    if (!drop_capabilities())
        return fail("dropping capabilities", error);
    g_string_append_printf(status, "%sno new privileges, no core, no capabilities",
                           geteuid() == 0 ? "uid 0 (run it as another user), " : "");
    if (!guard_close_last(status, error))
        return FALSE;
    *ret_status = g_strdup(status->str);
    return TRUE;
}
