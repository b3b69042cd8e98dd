/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions on the controlling terminal, whatever standard input and output are. The terminal's
 * settings come back however the question ends.
 */
#pragma once

#include "base/secret.h"

#include <gio/gio.h>

typedef struct Prompt Prompt;

/* NULL without a controlling terminal. */
Prompt *prompt_open(void);
void prompt_close(Prompt *prompt);
/* A line of foreign text, cleaned. */
void prompt_print(Prompt *prompt, const char *text);
/* Waits for a line, without its end. has_echo FALSE hides it. NULL with G_IO_ERROR_CANCELLED when
 * cancelled or at end of file. Not on the main thread: it blocks. */
Secret *prompt_line(Prompt *prompt, const char *label, gboolean has_echo, GCancellable *cancellable,
                    GError **error);
/* Puts the terminal back; safe in a signal handler. */
void prompt_restore(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Prompt, prompt_close)
