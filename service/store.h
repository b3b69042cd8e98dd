/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Profiles on disk, one file each.
 *
 *     CONFIGDIR/connections/NAME.conf     of the machine, written by the administrator or by us
 *     VENDORDIR/connections/NAME.conf     of the machine, read-only, without secrets
 *     STATEDIR/users/UID/UUID.conf        of a user, written by us alone
 *
 * A file must belong to us or root and be writable by its owner only; one that holds a secret must
 * also be readable by its owner only. Others are refused by name in the log. What we write is 0600
 * and replaces the old file in one step; names are made from a UUID, never from what a user chose.
 */
#pragma once

#include "profile/profile.h"

#include <gio/gio.h>

typedef struct {
    char *config_directory;
    char *vendor_directory;
    char *state_directory;
} StoreDirectories;

typedef struct {
    char *uuid;
    char *path;
    guint32 owner_uid; /* BUS_EVERYBODY: of the machine */
    gboolean is_read_only;
    Profile *profile;
} Stored;

void stored_free(Stored *stored);

/* Every readable profile; of two with one UUID the first of the order above. What cannot be read
 * is logged. */
GPtrArray *store_load(const StoreDirectories *directories);
/* A new one, not written yet: a UUID is made unless the profile has one. */
Stored *store_new(const StoreDirectories *directories, guint32 owner_uid, const Profile *profile);
gboolean store_write(const Stored *stored, GError **error);
gboolean store_delete(const Stored *stored, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stored, stored_free)
