/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

void
log_event(GLogLevelFlags level, const char *profile, const char *event, Reason reason,
          const char *format, ...)
{
    g_autofree char *text = NULL;
    g_autofree char *line = NULL;
    const char *hint = reason_hint(reason);
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    if (reason != REASON_NONE)
        line = g_strdup_printf("%s%s%s [%s]%s%s", profile != NULL ? profile : "",
                               profile != NULL ? ": " : "", text, reason_token(reason),
                               *hint != '\0' ? ". " : "", hint);
    else
        line = g_strdup_printf("%s%s%s", profile != NULL ? profile : "",
                               profile != NULL ? ": " : "", text);
    g_log_structured("coatid", level, "COATI_PROFILE", profile != NULL ? profile : "",
                     "COATI_EVENT", event, "COATI_REASON", reason_token(reason), "MESSAGE", "%s",
                     line);
}
