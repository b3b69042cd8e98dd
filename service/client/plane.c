/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/plane.h"

#include "network.h"
#include "plane-kernel.h"

void
plane_choice_clear(PlaneChoice *choice)
{
    g_clear_pointer(&choice->why, g_free);
    choice->is_kernel = FALSE;
}

/* What only the userspace plane does, and what the kernel must be able to do. */
static gboolean
kernel_is_fit(const Profile *profile, const IkePolicy *policy, guint8 address_length,
              GError **error)
{
    if (profile_number(profile, PROFILE_ESP_FRAGMENT_SIZE) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "esp.fragment-size is set, and the kernel does not fragment before ESP");
        return FALSE;
    }
    return kernel_plane_probe(policy->esp, address_length, error);
}

gboolean
plane_choose(const Profile *profile, const IkePolicy *policy, guint8 address_length,
             PlaneChoice *ret_choice, GError **error)
{
    const char *wanted = profile_text(profile, PROFILE_ESP_PLANE);
    g_autoptr(GError) problem = NULL;
    PlaneChoice choice = {0};

    if (g_strcmp0(wanted, "userspace") == 0) {
        choice.why = g_strdup("esp.plane is userspace");
    } else if (kernel_is_fit(profile, policy, address_length, &problem)) {
        /* auto keeps to userspace until XFRM interfaces have seen as many tests as TUN devices. */
        choice.is_kernel = g_strcmp0(wanted, "kernel") == 0;
        choice.why = g_strdup(choice.is_kernel ? "esp.plane is kernel"
                                               : "the kernel can, too: esp.plane=kernel");
    } else if (g_strcmp0(wanted, "kernel") == 0) {
        g_set_error(error, NETWORK_ERROR, REASON_DATAPLANE_UNAVAILABLE,
                    "esp.plane is kernel, but %s; auto or userspace would do", problem->message);
        return FALSE;
    } else {
        choice.why = g_strdup(problem->message);
    }
    plane_choice_clear(ret_choice);
    *ret_choice = choice;
    return TRUE;
}
