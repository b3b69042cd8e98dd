/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Algorithms of Shrew's files, which have each part of a suite in a line of its own. */
#pragma once

#include "profile/draft.h"

gboolean shrew_suites(ImportDraft *draft, GError **error);
