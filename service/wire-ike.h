/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walks (wire.h) over the core's values, for the boundaries of clients and of gateways.
 */
#pragma once

#include "boundary.h"
#include "ike/ike.h"
#include "wire.h"

/* Bounds of members; a whole message has FD_MAX_MESSAGE octets at most. */
enum {
    WIRE_MAX_TEXT = 1024,
    WIRE_MAX_NAME = 255,
    WIRE_MAX_BANNER = 8 * 1024,
    WIRE_MAX_SECRET = 1024,
};

void wire_method(Wire *wire, IkeMethod *method);
void wire_mode(Wire *wire, IkeMode *mode);
void wire_path(Wire *wire, IkePath *path);
/* The object must be there in both directions. */
void wire_policy(Wire *wire, IkePolicy *policy);
void wire_trust(Wire *wire, IkeTrust *trust);
/* Parsing makes the object; NULL fails. */
void wire_settings(Wire *wire, IkeSettings **settings);
void wire_counters(Wire *wire, BoundaryCounters *counters);
void wire_child_keys(Wire *wire, BoundaryKeys *keys);
