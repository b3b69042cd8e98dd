/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One well-filled message of every type, for the tests of the boundary and its corpus.
 */
#pragma once

#include "boundary.h"

/* The samples in a row, NULL behind the last. */
BoundaryMessage *boundary_sample(gsize index);
BoundaryMessage *boundary_sample_of(BoundaryType type);
