/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes on with one profile: state, steps, the gateway's text, what failed and what to do. */
#pragma once

#include "model/connection.h"

#include <adwaita.h>

#define COATI_TYPE_STATUS_PAGE coati_status_page_get_type()
G_DECLARE_FINAL_TYPE(CoatiStatusPage, coati_status_page, COATI, STATUS_PAGE, AdwBin)

/* NULL for none. Signal "report": the user wants one. */
void coati_status_page_set_connection(CoatiStatusPage *page, CoatiConnection *connection);
