/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lets polkit ask for a password on this terminal where no desktop does: pkttyagent, registered for
 * this process. Not as a fallback agent: polkit forgets those of callers without a login session.
 */
#pragma once

#include "cli.h"

/* Nothing for root, or without a terminal. */
void polkit_agent_start(Cli *cli);
void polkit_agent_stop(Cli *cli);
