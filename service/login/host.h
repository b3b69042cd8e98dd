/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Host: the loop of coati-login. What comes over the link goes to workers, servers and the book;
 * what they say goes back.
 */
#pragma once

#include "base/fd.h"

/* Until the link ends, and a little longer when the gateway said goodbye (OFF) and records are
 * under way. */
void host_run(Fd link);
