/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "link-tun.h"

#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TUN_PATH "/dev/net/tun"
enum { BUSY_TRIES = 10, BUSY_WAIT_MICROSECONDS = 20000 };

static gboolean
attach(Fd tun, const struct ifreq *request)
{
    for (int tries = 1;; tries++) {
        struct ifreq copy = *request;

        if (ioctl(tun, TUNSETIFF, &copy) == 0)
            return TRUE;
        if (errno != EBUSY || tries >= BUSY_TRIES || (request->ifr_flags & (short)IFF_TUN_EXCL))
            return FALSE;
        g_usleep(BUSY_WAIT_MICROSECONDS);
    }
}

gboolean
link_tun_open(const char *name, gboolean is_new, gboolean has_vnet_header, Fd *ret_tun,
              GError **error)
{
    g_auto(Fd) tun = open(TUN_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct ifreq request = {0};
    int flags = IFF_TUN | IFF_NO_PI;

    if (tun < 0) {
        g_set_error(error, NETWORK_ERROR, REASON_DATAPLANE_UNAVAILABLE, "cannot open %s: %s%s",
                    TUN_PATH, g_strerror(errno),
                    errno == ENOENT || errno == ENODEV ? "; load the kernel module tun" : "");
        return FALSE;
    }
    g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
    if (has_vnet_header)
        flags |= IFF_VNET_HDR;
    if (is_new)
        flags |= IFF_TUN_EXCL;
    request.ifr_flags = (short)flags;
    if (!attach(tun, &request)) {
        g_set_error(error, NETWORK_ERROR, REASON_INTERFACE_FAILED, "cannot %s the link %s: %s%s",
                    is_new ? "make" : "open", name, g_strerror(errno),
                    errno == EPERM ? "; CAP_NET_ADMIN is needed" : "");
        return FALSE;
    }
    if (ioctl(tun, TUNSETOWNER, (unsigned long)geteuid()) < 0 ||
        ioctl(tun, TUNSETPERSIST, 1UL) < 0) {
        g_set_error(error, NETWORK_ERROR, REASON_INTERFACE_FAILED, "cannot keep the link %s: %s",
                    name, g_strerror(errno));
        return FALSE;
    }
    *ret_tun = fd_steal(&tun);
    return TRUE;
}

gboolean
link_tun_is(Fd tun, const char *name, gboolean has_vnet_header)
{
    struct ifreq request = {0};

    return ioctl(tun, TUNGETIFF, &request) == 0 && strcmp(request.ifr_name, name) == 0 &&
           !(request.ifr_flags & IFF_VNET_HDR) == !has_vnet_header;
}
