/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people call the fields of a profile and the words that a field takes. */
#pragma once

#include "profile/profile.h"

/* Translated; the field's own name where there is no other. */
const char *coati_field_label(ProfileField field);
/* One of the words of a CHOICE, translated. */
const char *coati_word_label(ProfileField field, const char *word);
/* Whether a profile with this method uses the field at all. */
gboolean coati_field_is_used(ProfileField field, const Profile *profile);
