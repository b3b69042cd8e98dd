/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For agent.c, which gets the questions and sends the answers. */
#pragma once

#include "question.h"

/* fields: a(sa{sv}), info: a{sv}. */
CoatiQuestion *coati_question_new(const char *token, const char *message, GVariant *fields,
                                  GVariant *info);
const char *coati_question_token(CoatiQuestion *question);
/* The value of this field in values, or NULL. */
const char *coati_question_value(CoatiQuestion *question, const char *const *values,
                                 const char *name);
/* Signal "answered" (GVariant a{sv}, values, is_to_save) and "cancelled" come from the widgets. */
void coati_question_withdraw(CoatiQuestion *question);
