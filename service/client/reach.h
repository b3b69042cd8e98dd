/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why a gateway is silent, as far as it can be tested from here without credentials.
 *
 * A first message of main mode is sent three ways: small to port 500, small to port 4500 (RFC 3947
 * marker) and padded to port 500; and once more to a port where nobody listens (traceroute's first),
 * whose host refuses it when UDP gets there at all. Any answer with our cookie counts, whatever it says. Nothing of
 * the answer is parsed beyond that cookie, so that this may run in coatid.
 */
#pragma once

#include "base/net.h"
#include "base/reason.h"

enum {
    REACH_SECONDS = 4,
    /* About what the first message of aggressive mode takes. */
    REACH_LARGE_OCTETS = 800,
};

typedef struct Reach Reach;

typedef struct {
    gboolean small_500;
    gboolean small_4500;
    gboolean large_500;
    gboolean refused_elsewhere;
    gboolean is_refused; /* on 500 or 4500: nothing is in the way, nobody listens */
} ReachAnswers;

/* Once, at most REACH_SECONDS later, never before reach_new() has returned. The callback may free
 * the test. */
typedef void (*ReachDone)(const ReachAnswers *answers, gpointer user_data);

Reach *reach_new(const NetAddress *gateway, ReachDone done, gpointer user_data);
void reach_free(Reach *reach);

/* The better reason for REASON_GATEWAY_SILENT; ret_detail (to be freed) says what was tested. */
Reason reach_reason(const ReachAnswers *answers, gboolean is_aggressive, char **ret_detail);
