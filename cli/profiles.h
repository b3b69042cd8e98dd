/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the "profile ..." commands share. */
#pragma once

#include "profile/profile.h"
#include "remote.h"

/* Contents of a regular file of at most max_octets; "-" is standard input. */
Secret *profiles_read_file(const char *path, gsize max_octets, GError **error);
/* KEY and a value as typed: "@FILE", "@-", text, or NULL to ask for a secret. Says what is wrong. */
gboolean profiles_set(Profile *profile, const char *key, const char *value);
/* "KEY=VALUE" of --set. */
gboolean profiles_set_pair(Profile *profile, const char *pair);
/* The connection's path and settings; NULL when it was said why not. */
Profile *profiles_fetch(Cli *cli, const char *name, char **ret_path, ExitCode *ret_code);
/* As a person reads it: certificates by their fingerprint, no secrets. */
void profiles_print(const Profile *profile, gboolean with_defaults);
