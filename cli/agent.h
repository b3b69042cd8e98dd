/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Agent of coatictl: answers coatid's questions on the terminal. A question is asked on a thread
 * of its own, so that the service can withdraw it.
 */
#pragma once

#include "cli.h"

typedef struct CliAgent CliAgent;

/* NULL without a terminal, or with error when the service refuses it. */
CliAgent *agent_new(Cli *cli, GError **error);
void agent_free(CliAgent *agent);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliAgent, agent_free)
