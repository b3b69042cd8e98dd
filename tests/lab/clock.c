/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Another time for coatid and coati-engine, by LD_PRELOAD or /etc/ld.so.preload: what the file
 * /run/lab/clock says, two 64-bit numbers of nanoseconds, is added to CLOCK_BOOTTIME (an hour of
 * sleep, as these programs see it) and to CLOCK_REALTIME (somebody sets the clock). The file is
 * mapped at the start, so it may change at any time, also for a process in a sandbox.
 *
 * A timer that came due in the added time does not fire by itself, as it would at the end of real
 * sleep: the program notices at its next event.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_PATH "/run/lab/clock"

typedef struct {
    int64_t boottime;
    int64_t realtime;
} Offsets;

static const Offsets none;
static const volatile Offsets *offsets = &none;

__attribute__((constructor)) static void
map_offsets(void)
{
    void *map;
    int fd;

    if (strcmp(program_invocation_short_name, "coatid") != 0 &&
        strcmp(program_invocation_short_name, "coati-engine") != 0)
        return;
    fd = open(CLOCK_PATH, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    map = mmap(NULL, sizeof *offsets, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (map != MAP_FAILED)
        offsets = map;
}

static struct timespec
shifted(const struct timespec *time, int64_t nanoseconds)
{
    int64_t sum = (int64_t)time->tv_sec * 1000000000 + time->tv_nsec + nanoseconds;

    return (struct timespec){.tv_sec = sum / 1000000000, .tv_nsec = sum % 1000000000};
}

int
clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    static int (*next)(clockid_t, struct timespec *);
    int result;

    if (next == NULL)
        next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    result = next(clock, ret_time);
    if (result == 0 && clock == CLOCK_BOOTTIME)
        *ret_time = shifted(ret_time, offsets->boottime);
    else if (result == 0 && clock == CLOCK_REALTIME)
        *ret_time = shifted(ret_time, offsets->realtime);
    return result;
}

/* GLib's wall clock. */
int
gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
    struct timespec now;
    int result = clock_gettime(CLOCK_REALTIME, &now);

    if (result == 0)
        *ret_time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return result;
}

/* Absolute times of these programs are in CLOCK_BOOTTIME. */
int
timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *ret_old)
{
    static int (*next)(int, int, const struct itimerspec *, struct itimerspec *);
    struct itimerspec real = *value;

    if (next == NULL)
        next = (int (*)(int, int, const struct itimerspec *, struct itimerspec *))dlsym(
            RTLD_NEXT, "timerfd_settime");
    if ((flags & TFD_TIMER_ABSTIME) && (value->it_value.tv_sec || value->it_value.tv_nsec)) {
        real.it_value = shifted(&value->it_value, -offsets->boottime);
        if (real.it_value.tv_sec < 0)
            real.it_value = (struct timespec){.tv_nsec = 1};
    }
    return next(fd, flags, &real, ret_old);
}
