/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is up, on disk: so that a service that was killed or restarted brings it back. It lies in
 * the run directory, which a reboot empties. Transient connections are not in it.
 */
#pragma once

#include <glib.h>

typedef struct {
    char *uuid;
    guint32 owner_uid;
    char *host; /* the gateway that it was connected to, and where that was; or NULL both */
    char *address;
} UpEntry;

/* UpEntry; empty when there is no file. */
GPtrArray *upfile_read(const char *run_directory);
gboolean upfile_write(const char *run_directory, GPtrArray *entries, GError **error);
UpEntry *up_entry_new(const char *uuid, guint32 owner_uid, const char *host, const char *address);
void up_entry_free(UpEntry *entry);
