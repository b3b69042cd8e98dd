/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One well-filled message of every type, for the tests of the boundary and its corpus.
 */
#pragma once

#include "boundary.h"

BoundaryMessage *boundary_sample(BoundaryType type);
/* All types, up to 0. */
extern const BoundaryType boundary_types[];
