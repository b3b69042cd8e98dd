/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A profile in the list: its name, what goes on, and a switch. */
#pragma once

#include "model/connection.h"

#include <adwaita.h>

#define COATI_TYPE_PROFILE_ROW coati_profile_row_get_type()
G_DECLARE_FINAL_TYPE(CoatiProfileRow, coati_profile_row, COATI, PROFILE_ROW, AdwBin)
/* Property "connection" (CoatiConnection), which changes as the list scrolls. */
