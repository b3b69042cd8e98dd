/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One question of coatid on its way through NetworkManager's agents: the message to show, the
 * names of the secrets as hints, and the answer when a connection with new secrets comes back.
 */
#pragma once

#include <NetworkManager.h>
#include <gio/gio.h>

typedef struct NmCoatiQuestion NmCoatiQuestion;

/* Takes over the invocation of Agent.RequestSecrets; fields is a(sa{sv}), info a{sv}. */
NmCoatiQuestion *nm_coati_question_new(GDBusMethodInvocation *invocation, const char *message,
                                       GVariant *fields, GVariant *info);
const char *nm_coati_question_message(const NmCoatiQuestion *question);
/* NULL-terminated; ends with the message in the form that agents with hints understand. */
const char **nm_coati_question_hints(NmCoatiQuestion *question);

/* The names of the secrets that are asked for and must not be kept; the list ends with NULL. */
const char *const *nm_coati_question_one_time(const NmCoatiQuestion *question);

/* Both answer the invocation and free the question. */
void nm_coati_question_answer(NmCoatiQuestion *question, NMConnection *connection);
void nm_coati_question_cancel(NmCoatiQuestion *question);
