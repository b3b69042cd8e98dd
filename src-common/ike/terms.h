/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One transform read into a flat form of numbers, for offer.c to compare and for logs to
 * show
 * (RFC 2409 appendix A, RFC 2407 4.5).
 */
#pragma once

#include "ike/numbers.h"
#include "ike/view.h"

/* 0 = absent: no attribute has a 0 with a meaning. AES without a key length is read as 128 bits. */
typedef struct {
    guint16 cipher; /* phase 1: attribute 1; ESP: transform ID */
    guint16 key_bits;
    guint16 hash; /* phase 1: hash; ESP: authentication algorithm */
    guint16 method;
    guint16 group;
    guint16 encapsulation;
    guint64 life_seconds;
    guint64 life_kilobytes;
    gboolean has_unknown; /* something that changes the meaning: never to be agreed to */
} IkeTerms;

IkeTerms ike_terms_of_phase1(const IkeTransformView *transform);
IkeTerms ike_terms_of_esp(const IkeTransformView *transform);

/* life_type: IKE_LIFE_SECONDS or _KILOBYTES, else has_unknown is set. */
void ike_terms_set_life(IkeTerms *terms, guint64 life_type, guint64 number);
