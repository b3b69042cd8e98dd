/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CoatiAgent: answers the service for the person of this session. What the keyring holds is answered
 * in silence, once; the rest becomes the signal "question" (CoatiQuestion). A password that a person
 * wants remembered goes to the keyring when the gateway has accepted it and allows it; never a code.
 */
#pragma once

#include "question.h"

struct _CoatiClient;

#define COATI_TYPE_AGENT coati_agent_get_type()
G_DECLARE_FINAL_TYPE(CoatiAgent, coati_agent, COATI, AGENT, GObject)

/* client is not kept alive by it. */
CoatiAgent *coati_agent_new(struct _CoatiClient *client);
/* The service is there under this unique name. */
void coati_agent_register(CoatiAgent *agent, const char *owner);
void coati_agent_unregister(CoatiAgent *agent);
