/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/fit.h"

#include "ike/dh.h"

/* Exactly, or with a key at least as long where the policy's check allows that. */
static gboolean
is_key_fit(guint16 offered, guint16 own, IkeProposalCheck check)
{
    switch (check) {
    case IKE_CHECK_OBEY:
        return TRUE;
    case IKE_CHECK_CLAIM:
    case IKE_CHECK_STRICT:
        return offered >= own;
    case IKE_CHECK_EXACT:
        return offered == own;
    }
    return FALSE;
}

static gboolean
is_key_length_real(gint cipher, guint16 key_bits, gint aes, gint aes_gcm)
{
    if (cipher == aes || cipher == aes_gcm)
        return key_bits == 128 || key_bits == 192 || key_bits == 256;
    return key_bits == 0;
}

static gboolean
is_life_fit(guint64 offered, guint64 own, IkeProposalCheck check)
{
    switch (check) {
    case IKE_CHECK_OBEY:
    case IKE_CHECK_CLAIM:
        return TRUE;
    case IKE_CHECK_STRICT:
        return offered <= own;
    case IKE_CHECK_EXACT:
        return offered == own;
    }
    return FALSE;
}

static guint64
life_of(const IkeTerms *terms)
{
    return terms->life_seconds == 0 ? IKE_DEFAULT_LIFE_SECONDS : terms->life_seconds;
}

IkeFit
ike_fit_phase1(const IkePolicy *policy, guint16 method, gsize ke_length, const IkeTerms *terms,
               const SuitePhase1 *suite)
{
    IkeProposalCheck check = policy->proposal_check;

    if ((guint)suite->cipher != terms->cipher)
        return IKE_FIT_CIPHER;
    if (!is_key_fit(terms->key_bits, suite->key_bits, check) ||
        !is_key_length_real(terms->cipher, terms->key_bits, SUITE_IKE_AES_CBC, SUITE_IKE_AES_CBC))
        return IKE_FIT_KEY_LENGTH;
    if ((guint)suite->hash != terms->hash)
        return IKE_FIT_HASH;
    if ((guint)suite->group != terms->group)
        return IKE_FIT_GROUP;
    if (terms->method != method)
        return IKE_FIT_METHOD;
    /* Claim takes a longer life than ours and simply renews earlier (PROTOCOL 2.7). */
    if (!is_life_fit(life_of(terms), policy->phase1_lifetime_seconds, check))
        return IKE_FIT_LIFETIME;
    if (terms->has_unknown)
        return IKE_FIT_UNKNOWN;
    return ke_length == 0 || ke_length == ike_dh_public_length(suite->group) ? IKE_FITS
                                                                             : IKE_FIT_KE;
}

/* --- ESP --- */

static gboolean
is_udp_mode(guint mode)
{
    return mode == IKE_ENCAPSULATION_UDP_TUNNEL || mode == IKE_ENCAPSULATION_UDP_TUNNEL_DRAFT;
}

/* RFC 2407 4.5 has no default for a missing mode; a road warrior can only mean a tunnel. */
gboolean
ike_fit_is_mode(guint16 mode, IkeEncapsulation expected)
{
    return mode == IKE_ENCAPSULATION_MISSING || mode == (guint)expected ||
           (is_udp_mode(mode) && is_udp_mode(expected));
}

/* The group and the KE in the same message speak of the same thing. */
static gboolean
is_ke_fit(guint16 group, gsize ke_length)
{
    if (group == 0 || ke_length == 0)
        return group == 0 && ke_length == 0;
    return ike_dh_public_length((SuiteGroup)group) == ke_length;
}

static gboolean
is_pfs_allowed(const IkePolicy *policy, guint16 group)
{
    if (policy->pfs == IKE_PFS_GROUP && policy->proposal_check != IKE_CHECK_OBEY)
        return group == (guint)policy->pfs_group;
    if (!suite_group_is_weak((SuiteGroup)group))
        return TRUE;
    for (guint i = 0; i < policy->phase1->len; i++)
        if ((guint)g_array_index(policy->phase1, SuitePhase1, i).group == group)
            return TRUE;
    return policy->pfs == IKE_PFS_GROUP && group == (guint)policy->pfs_group;
}

static gboolean
are_lives_fit(const IkePolicy *policy, const IkeTerms *terms)
{
    IkeProposalCheck volume =
        policy->esp_lifetime_kilobytes == 0 ? IKE_CHECK_OBEY : policy->proposal_check;

    return is_life_fit(life_of(terms), policy->esp_lifetime_seconds, policy->proposal_check) &&
           is_life_fit(terms->life_kilobytes, policy->esp_lifetime_kilobytes, volume);
}

IkeFit
ike_fit_esp(const IkePolicy *policy, IkeEncapsulation encapsulation, gsize ke_length,
            const IkeTerms *terms, const SuiteEsp *suite)
{
    if ((guint)suite->cipher != terms->cipher)
        return IKE_FIT_CIPHER;
    if (!is_key_fit(terms->key_bits, suite->key_bits, policy->proposal_check) ||
        !is_key_length_real(terms->cipher, terms->key_bits, SUITE_ESP_AES_CBC,
                            SUITE_ESP_AES_GCM_16))
        return IKE_FIT_KEY_LENGTH;
    if ((guint)suite->integrity != terms->hash)
        return IKE_FIT_HASH;
    if (!is_ke_fit(terms->group, ke_length) || !is_pfs_allowed(policy, terms->group))
        return IKE_FIT_GROUP;
    if (!ike_fit_is_mode(terms->encapsulation, encapsulation))
        return IKE_FIT_ENCAPSULATION;
    if (!are_lives_fit(policy, terms))
        return IKE_FIT_LIFETIME;
    return terms->has_unknown ? IKE_FIT_UNKNOWN : IKE_FITS;
}
