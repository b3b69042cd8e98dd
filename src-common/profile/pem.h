/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PEM (RFC 7468): the DER between the lines. What the DER says is for others to read.
 */
#pragma once

#include <glib.h>

/* GBytes of each block with this label, in order; NULL when a block of any label is damaged. Text
 * around the blocks is skipped. */
GPtrArray *pem_blocks(const char *text, const char *label);
