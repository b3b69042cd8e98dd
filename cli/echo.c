/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "echo.h"

#include <string.h>

/* "rtt min/avg/max/mdev = 0.042/0.051/0.060/0.009 ms"; 0 when it is not there. */
static gdouble
mean_of(const char *output)
{
    const char *line = strstr(output, "min/avg/max");
    const char *values = line != NULL ? strstr(line, " = ") : NULL;
    const char *mean = values != NULL ? strchr(values, '/') : NULL;

    return mean != NULL ? g_ascii_strtod(mean + 1, NULL) : 0;
}

EchoResult
echo_send(const char *address, guint octets, guint count, gdouble *ret_milliseconds)
{
    g_autofree char *size = g_strdup_printf("%u", octets);
    g_autofree char *times = g_strdup_printf("%u", count);
    const char *const arguments[] = {"ping", "-n", "-q", "-c", times, "-i",    "0.3", "-W",
                                     "2",    "-M", "do", "-s", size,  address, NULL};
    g_autofree char *output = NULL;
    gint status = 0;

    if (!g_spawn_sync(NULL, (char **)arguments, NULL,
                      G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &output, NULL,
                      &status, NULL))
        return ECHO_NOT_TRIED;
    if (!g_spawn_check_wait_status(status, NULL))
        return ECHO_SILENT;
    if (ret_milliseconds != NULL)
        *ret_milliseconds = mean_of(output);
    return ECHO_ANSWERED;
}
