/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/offer.h"

#include "ike/terms.h"
#include "ike/view.h"

#include <string.h>

static void
append_phase1(GString *text, const IkeTerms *terms)
{
    SuitePhase1 suite = {.cipher = (SuiteIkeCipher)terms->cipher,
                         .key_bits = terms->key_bits,
                         .hash = (SuiteHash)terms->hash,
                         .group = (SuiteGroup)terms->group};
    char name[SUITE_TEXT_SIZE];

    suite_phase1_format(&suite, name);
    if (strstr(name, "unknown") != NULL)
        g_string_append_printf(text, "cipher %u/%u hash %u group %u", terms->cipher,
                               terms->key_bits, terms->hash, terms->group);
    else
        g_string_append(text, name);
    g_string_append_printf(text, " %s", ike_method_name(terms->method));
}

static void
append_esp(GString *text, const IkeTerms *terms)
{
    SuiteEsp suite = {.cipher = (SuiteEspCipher)terms->cipher,
                      .key_bits = terms->key_bits,
                      .integrity = (SuiteIntegrity)terms->hash};
    const char *group = suite_group_name((SuiteGroup)terms->group);
    char name[SUITE_TEXT_SIZE];

    suite_esp_format(&suite, name);
    if (strstr(name, "unknown") != NULL)
        g_string_append_printf(text, "transform %u/%u authentication %u", terms->cipher,
                               terms->key_bits, terms->hash);
    else
        g_string_append(text, name);
    if (terms->group != 0)
        g_string_append_printf(text, " pfs %s", group != NULL ? group : "unknown");
    g_string_append_printf(text, " mode %u", terms->encapsulation);
}

static void
append_life(GString *text, const IkeTerms *terms)
{
    if (terms->life_seconds != 0)
        g_string_append_printf(text, " %" G_GUINT64_FORMAT "s", terms->life_seconds);
    if (terms->life_kilobytes != 0)
        g_string_append_printf(text, " %" G_GUINT64_FORMAT "kB", terms->life_kilobytes);
}

static void
append_proposal(GString *text, IkeProposalView *proposal)
{
    IkeTransformView transform;

    while (ike_proposal_next(&proposal->transforms, &transform)) {
        gboolean is_phase1 = proposal->protocol == IKE_PROTOCOL_ISAKMP;
        IkeTerms terms = is_phase1 ? ike_terms_of_phase1(&transform) : ike_terms_of_esp(&transform);

        if (text->len > 0)
            g_string_append(text, " | ");
        if (is_phase1)
            append_phase1(text, &terms);
        else if (proposal->protocol == IKE_PROTOCOL_ESP)
            append_esp(text, &terms);
        else
            g_string_append_printf(text, "protocol %u", proposal->protocol);
        append_life(text, &terms);
    }
}

char *
ike_offer_format(Reader sa_body)
{
    GString *text = g_string_new(NULL);
    IkeSaView sa;
    IkeProposalView proposal;

    if (ike_sa_parse(sa_body, TRUE, &sa) != IKE_OK)
        g_string_append(text, "(malformed)");
    else
        while (ike_sa_next(&sa.proposals, &proposal))
            append_proposal(text, &proposal);
    return g_string_free(text, FALSE);
}
