/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The vault: private keys and group passwords by number, and the two things that may be done with
 * them. Nothing comes out of it but signatures over hashes and SKEYID.
 */
#pragma once

#include "keylink.h"

typedef struct Vault Vault;

Vault *vault_new(void);
/* Wipes everything. Accepts NULL. */
void vault_free(Vault *vault);

/* Carries out one message of coatid or the engine. TRUE: ret_answer is to be sent back; FALSE: no
 * answer is due (SEAL). The engine's first request seals. */
gboolean vault_ask(Vault *vault, const KeylinkMessage *question, KeylinkMessage *ret_answer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vault, vault_free)
