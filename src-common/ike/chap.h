/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answer to an Xauth question of type RADIUS-CHAP: the password proves itself without being
 * told, not even to the gateway (xauth-06 4.2; RFC 1994 4.1; PROTOCOL 5.4).
 */
#pragma once

#include "base/reader.h"
#include "base/secret.h"

enum { IKE_CHAP_RESPONSE = 17, IKE_CHAP_CHALLENGE = 16 };

/* id | MD5(id | password | challenge): what goes into USER-PASSWORD, and into RADIUS' CHAP-Password
 * as it is. Wipe it like a password: who has it can guess. */
Secret *ike_chap_respond(guint8 id, const Secret *password, Reader challenge);
