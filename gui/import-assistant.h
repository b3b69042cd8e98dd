/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CoatiImportAssistant: from a file of this or another program to a profile: what the file is, what
 * became of each line, what is still missing, and the profile's name.
 */
#pragma once

#include "model/client.h"
#include "window.h"

#define COATI_TYPE_IMPORT_ASSISTANT coati_import_assistant_get_type()
G_DECLARE_FINAL_TYPE(CoatiImportAssistant, coati_import_assistant, COATI, IMPORT_ASSISTANT,
                     AdwWindow)

/* file NULL: asks for one first. */
void coati_import_assistant_present(CoatiWindow *parent, CoatiClient *client, GFile *file);
