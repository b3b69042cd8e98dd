/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CoatiSteps: the way to a connection as a list; what is done, what is going on, what failed. */
#pragma once

#include "model/connection.h"

#include <adwaita.h>

#define COATI_TYPE_STEPS coati_steps_get_type()
G_DECLARE_FINAL_TYPE(CoatiSteps, coati_steps, COATI, STEPS, AdwBin)

/* is_failed: the attempt ended at this step. */
void coati_steps_show(CoatiSteps *steps, CoatiStep step, gboolean is_failed);
