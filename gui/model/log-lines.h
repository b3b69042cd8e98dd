/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CoatiLog: what the service says about the user's tunnels, line by line: a GListModel of
 * CoatiLogLine, oldest first. Lines are kept packed; an object is made only for a line that is
 * shown, so that a long log costs nothing. It asks the service each second while it is active.
 */
#pragma once

#include "client.h"

enum { COATI_LOG_MAX_LINES = 200000 };

#define COATI_TYPE_LOG_LINE coati_log_line_get_type()
G_DECLARE_FINAL_TYPE(CoatiLogLine, coati_log_line, COATI, LOG_LINE, GObject)
/* Properties "time" and "text". */
const char *coati_log_line_text(CoatiLogLine *line);

#define COATI_TYPE_LOG coati_log_get_type()
G_DECLARE_FINAL_TYPE(CoatiLog, coati_log, COATI, LOG, GObject)

CoatiLog *coati_log_new(CoatiClient *client);
void coati_log_set_active(CoatiLog *log, gboolean is_active);
/* Only lines of this profile (NULL: of all) that contain words ("": all), in any case. */
void coati_log_set_filter(CoatiLog *log, const char *profile, const char *words);
/* What the service adds; also how tests and benchmarks fill it. */
void coati_log_append(CoatiLog *log, gint64 unix_microseconds, const char *profile,
                      const char *text);
/* Appends are shown together. */
void coati_log_flush(CoatiLog *log);
/* All that is shown, a line each; to be freed. */
char *coati_log_text(CoatiLog *log);
