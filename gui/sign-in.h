/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The dialog of a question: a login with the gateway's own message, or a certificate that a person
 * must decide about. It closes by itself when the service no longer wants the answer.
 */
#pragma once

#include "model/question.h"

#include <adwaita.h>

#define COATI_TYPE_SIGN_IN coati_sign_in_get_type()
G_DECLARE_FINAL_TYPE(CoatiSignIn, coati_sign_in, COATI, SIGN_IN, AdwWindow)

/* Shows the right dialog over parent. Closing it cancels the question. */
void coati_sign_in_present(GtkWindow *parent, CoatiQuestion *question);
