/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The log of a profile: filtered, followed, copied. */
#pragma once

#include "model/log-lines.h"

#include <adwaita.h>

#define COATI_TYPE_LOG_PAGE coati_log_page_get_type()
G_DECLARE_FINAL_TYPE(CoatiLogPage, coati_log_page, COATI, LOG_PAGE, AdwBin)

/* Signal "report": the user wants one. */
void coati_log_page_set_log(CoatiLogPage *page, CoatiLog *log);
/* Only lines of this profile; NULL: none is chosen. */
void coati_log_page_set_connection(CoatiLogPage *page, CoatiConnection *connection);
/* For benchmarks: what is scrolled. */
GtkAdjustment *coati_log_page_adjustment(CoatiLogPage *page);
