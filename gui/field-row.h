/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CoatiFieldRow: one field of a profile as a row of a group, with what is wrong with its value under
 * it. The row writes into the profile while the user types.
 */
#pragma once

#include "profile/profile.h"

#include <adwaita.h>

#define COATI_TYPE_FIELD_ROW coati_field_row_get_type()
G_DECLARE_FINAL_TYPE(CoatiFieldRow, coati_field_row, COATI, FIELD_ROW, AdwBin)

/* profile must outlive the row. Signal "edited" follows each change. */
CoatiFieldRow *coati_field_row_new(Profile *profile, ProfileField field);
ProfileField coati_field_row_field(CoatiFieldRow *row);
/* FALSE while what the user typed is not fit; the profile has the last fit value. */
gboolean coati_field_row_is_valid(CoatiFieldRow *row);
