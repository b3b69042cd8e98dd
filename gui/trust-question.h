/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The question of the first use: is this the certificate of your gateway? */
#pragma once

#include "model/question.h"

#include <adwaita.h>

void coati_trust_question_present(GtkWindow *parent, CoatiQuestion *question);
