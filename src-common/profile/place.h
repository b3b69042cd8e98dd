/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where an imported file lies: the files beside it that it names, for the program of the person who
 * imports. The service has none: it opens no file that somebody names.
 */
#pragma once

#include "profile/import.h"

typedef struct Place Place;

/* The folder of this file; "-" is the current one. */
Place *place_new(const char *path);
/* Accepts NULL. */
void place_free(Place *place);
/* Lives as long as place. */
const ImportFiles *place_files(const Place *place);

/* A regular file of at most max_octets: a pipe or a device that somebody names is not waited for.
 * The error names the file. */
Secret *place_read(const char *path, gsize max_octets, GError **error);
/* The file's name for a profile that has none. */
void place_name_profile(Profile *profile, const char *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Place, place_free)
