/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The log: one line per event, with fields for the journal (COATI_PROFILE, COATI_EVENT,
 * COATI_REASON). Texts of strangers must have been cleaned; no secret ever gets here.
 */
#pragma once

#include "base/reason.h"

#include <glib.h>

/* profile: its name, NULL for the service. reason: its token and hint follow the text unless
 * REASON_NONE. */
G_GNUC_PRINTF(5, 6)
void log_event(GLogLevelFlags level, const char *profile, const char *event, Reason reason,
               const char *format, ...);

#define log_info(profile, event, ...)                                                              \
    log_event(G_LOG_LEVEL_MESSAGE, profile, event, REASON_NONE, __VA_ARGS__)
#define log_warning(profile, event, ...)                                                           \
    log_event(G_LOG_LEVEL_WARNING, profile, event, REASON_NONE, __VA_ARGS__)
#define log_debug(profile, event, ...)                                                             \
    log_event(G_LOG_LEVEL_DEBUG, profile, event, REASON_NONE, __VA_ARGS__)
