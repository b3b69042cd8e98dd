/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a session is made of, a row for each fact, with buttons that copy it. */
#pragma once

#include "model/connection.h"

#include <adwaita.h>

#define COATI_TYPE_DETAILS_PAGE coati_details_page_get_type()
G_DECLARE_FINAL_TYPE(CoatiDetailsPage, coati_details_page, COATI, DETAILS_PAGE, AdwBin)

void coati_details_page_set_connection(CoatiDetailsPage *page, CoatiConnection *connection);
