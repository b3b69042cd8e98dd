/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of samples/ and what is expected of them. */
#pragma once

#include "profile/import.h"

typedef struct {
    char *name;
    char *error;     /* beginning of the error's text, or NULL */
    char *format;    /* as the importer finds it, NULL where there is an error */
    GPtrArray *rows; /* char: "name=value" */
} Sample;

/* Sample; in the order of EXPECTED. */
GPtrArray *sample_list(void);
/* The file's octets with a NUL behind; aborts when it is not there. */
char *sample_load(const char *name, gsize *ret_length);
/* As coatictl does: other files are read from the same folder. */
Import *sample_import(const char *name, GError **error);
/* For ImportFiles; user_data is NULL. */
Secret *sample_read(const char *path, gpointer user_data, GError **error);
