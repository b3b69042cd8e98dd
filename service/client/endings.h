/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How tunnels without a stored profile ended, for as long as coatid runs: a front end that brought
 * one up (NetworkManager) cannot carry the reason, so "coatictl why" asks here. In memory, bounded
 * for each user.
 */
#pragma once

#include "bus.h"
#include "client/tunnel.h"

enum { ENDINGS_OF_USER = 32, ENDINGS = 512, ENDINGS_MAX_NAME = 256 };

typedef struct Endings Endings;

Endings *endings_new(void);
void endings_free(Endings *endings);
/* Each replaces what is known of the profile's UUID and seen_by (a user, or BUS_EVERYBODY). */
void endings_add(Endings *endings, const Tunnel *tunnel);
/* A call of ConnectTransient that got no tunnel, and why: COATI_ERROR. */
void endings_add_refusal(Endings *endings, const BusCall *call, const GError *error);
/* Answers Manager.GetTransientError: the latest of that id or UUID that the caller may see. */
void endings_answer(const Endings *endings, BusCall *call);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Endings, endings_free)
