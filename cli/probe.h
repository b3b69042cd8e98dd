/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One look at a gateway without credentials: phase 1 up to the gateway's proof, then down. coatid
 * and its engine do it (ConnectTransient with "probe").
 */
#pragma once

#include "profile/profile.h"
#include "remote.h"

typedef struct {
    Reason reason; /* REASON_NONE when the gateway proved who it is */
    char *detail;
    GVariantDict *tunnel; /* its properties at the end */
} Probe;

/* NULL with error when it could not be asked for. */
Probe *probe_run(Cli *cli, const Profile *profile, GError **error);
void probe_free(Probe *probe);
/* "aes256-sha256-modp2048, hybrid-rsa, aggressive mode"; to be freed. */
char *probe_algorithms(GVariantDict *tunnel);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Probe, probe_free)
