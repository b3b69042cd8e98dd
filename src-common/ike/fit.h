/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does an offered transform fit one of our suites, and where does it end when it does not
 * (RFC 2409 appendix A, RFC 2407 4.5, PROTOCOL 2.7)? One order of checks for choosing and for
 * explaining a refusal.
 */
#pragma once

#include "base/suite.h"
#include "ike/policy.h"
#include "ike/terms.h"

enum {
    IKE_DEFAULT_LIFE_SECONDS = 28800, /* RFC 2407 4.5; used for phase 1 too (PROTOCOL 2.7) */
    IKE_ENCAPSULATION_MISSING = 0,
};

/* What differs first; later ones agree further. */
typedef enum {
    IKE_FIT_CIPHER,
    IKE_FIT_KEY_LENGTH,
    IKE_FIT_HASH,
    IKE_FIT_GROUP, /* phase 1: of the suite; ESP: PFS, and a KE that goes with it */
    IKE_FIT_METHOD,
    IKE_FIT_ENCAPSULATION,
    IKE_FIT_LIFETIME,
    IKE_FIT_UNKNOWN, /* an attribute that is not known */
    IKE_FIT_KE,      /* phase 1: the KE that came along is of another group */
    IKE_FITS,
} IkeFit;

/* ke_length: of the KE in the same message, 0 = none. */
IkeFit ike_fit_phase1(const IkePolicy *policy, guint16 method, gsize ke_length,
                      const IkeTerms *terms, const SuitePhase1 *suite);
IkeFit ike_fit_esp(const IkePolicy *policy, IkeEncapsulation encapsulation, gsize ke_length,
                   const IkeTerms *terms, const SuiteEsp *suite);

gboolean ike_fit_is_mode(guint16 mode, IkeEncapsulation expected);
