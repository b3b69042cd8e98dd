/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/refusal.h"

#include "ike/fit.h"
#include "ike/identity.h"
#include "ike/offer.h"
#include "ike/queue.h"
#include "ike/session.h"
#include "ike/view.h"

#include <string.h>

enum { REFUSALS_PER_SECOND = 10 };

/* The best pair so far. */
typedef struct {
    gboolean is_any;
    IkeFit fit;
    IkeTerms terms;
    const IkePolicy *policy;
    guint suite; /* of the policy's phase1 or esp */
} Nearest;

static void
compare(Nearest *nearest, IkeFit fit, const IkeTerms *terms, const IkePolicy *policy, guint suite)
{
    if (nearest->is_any && fit <= nearest->fit)
        return;
    *nearest =
        (Nearest){.is_any = TRUE, .fit = fit, .terms = *terms, .policy = policy, .suite = suite};
}

/* --- names of what differs --- */

/* Part number part of "aes256-sha256-modp2048"; the bare number where it has no name. */
static char *
name_part(const char *suite, guint part, guint number)
{
    g_auto(GStrv) parts = g_strsplit(suite, "-", 3);

    if (part >= g_strv_length(parts))
        return g_strdup("none");
    return strcmp(parts[part], "unknown") == 0 ? g_strdup_printf("%u", number)
                                               : g_strdup(parts[part]);
}

static char *
name_mode(guint mode)
{
    switch (mode) {
    case IKE_ENCAPSULATION_TUNNEL:
        return g_strdup("tunnel");
    case 2:
        return g_strdup("transport");
    case IKE_ENCAPSULATION_UDP_TUNNEL:
        return g_strdup("tunnel in UDP");
    default:
        return g_strdup_printf("%u", mode);
    }
}

static char *
name_group(guint group)
{
    const char *name = suite_group_name((SuiteGroup)group);

    if (group == 0)
        return g_strdup("none");
    return name != NULL ? g_strdup(name) : g_strdup_printf("%u", group);
}

static char *
say(const char *what, char *take_offered, char *take_own)
{
    char *text = g_strdup_printf("%s: %s offered, %s here", what, take_offered, take_own);

    g_free(take_offered);
    g_free(take_own);
    return text;
}

static char *
say_life(const IkeTerms *terms, guint32 own_seconds)
{
    guint64 given = terms->life_seconds != 0 ? terms->life_seconds : IKE_DEFAULT_LIFE_SECONDS;

    return say("lifetime", g_strdup_printf("%" G_GUINT64_FORMAT " s", given),
               g_strdup_printf("%u s", own_seconds));
}

static char *
describe_phase1(const Nearest *nearest)
{
    const IkeTerms *terms = &nearest->terms;
    const SuitePhase1 *own = &g_array_index(nearest->policy->phase1, SuitePhase1, nearest->suite);
    SuitePhase1 offered = {.cipher = (SuiteIkeCipher)terms->cipher,
                           .key_bits = terms->key_bits,
                           .hash = (SuiteHash)terms->hash,
                           .group = (SuiteGroup)terms->group};
    char theirs[SUITE_TEXT_SIZE], ours[SUITE_TEXT_SIZE];

    suite_phase1_format(&offered, theirs);
    suite_phase1_format(own, ours);
    switch (nearest->fit) {
    case IKE_FIT_CIPHER:
    case IKE_FIT_KEY_LENGTH:
        return say("cipher", name_part(theirs, 0, terms->cipher), name_part(ours, 0, 0));
    case IKE_FIT_HASH:
        return say("hash", name_part(theirs, 1, terms->hash), name_part(ours, 1, 0));
    case IKE_FIT_GROUP:
        return say("group", name_part(theirs, 2, terms->group), name_part(ours, 2, 0));
    case IKE_FIT_METHOD:
        return say("method", g_strdup(ike_method_name(terms->method)),
                   g_strdup(ike_method_name((guint16)nearest->policy->method)));
    case IKE_FIT_LIFETIME:
        return say_life(terms, nearest->policy->phase1_lifetime_seconds);
    case IKE_FIT_UNKNOWN:
        return g_strdup("an attribute is not known");
    case IKE_FIT_KE:
        return g_strdup("the key exchange that came along is of another group");
    case IKE_FIT_ENCAPSULATION:
    case IKE_FITS:
        break;
    }
    return g_strdup("none");
}

static char *
describe_esp(const Nearest *nearest, IkeEncapsulation encapsulation)
{
    const IkeTerms *terms = &nearest->terms;
    const IkePolicy *policy = nearest->policy;
    SuiteEsp offered = {.cipher = (SuiteEspCipher)terms->cipher,
                        .key_bits = terms->key_bits,
                        .integrity = (SuiteIntegrity)terms->hash};
    char theirs[SUITE_TEXT_SIZE], ours[SUITE_TEXT_SIZE];

    suite_esp_format(&offered, theirs);
    suite_esp_format(&g_array_index(policy->esp, SuiteEsp, nearest->suite), ours);
    switch (nearest->fit) {
    case IKE_FIT_CIPHER:
    case IKE_FIT_KEY_LENGTH:
        return say("cipher", name_part(theirs, 0, terms->cipher), name_part(ours, 0, 0));
    case IKE_FIT_HASH:
        return say("integrity", name_part(theirs, 1, terms->hash), name_part(ours, 1, 0));
    case IKE_FIT_GROUP:
        return say("PFS", name_group(terms->group),
                   policy->pfs == IKE_PFS_GROUP ? name_group(policy->pfs_group)
                                                : g_strdup("no weak group"));
    case IKE_FIT_ENCAPSULATION:
        return say("mode", name_mode(terms->encapsulation), name_mode(encapsulation));
    case IKE_FIT_LIFETIME:
        return say_life(terms, policy->esp_lifetime_seconds);
    case IKE_FIT_UNKNOWN:
        return g_strdup("an attribute is not known");
    case IKE_FIT_METHOD:
    case IKE_FIT_KE:
    case IKE_FITS:
        break;
    }
    return g_strdup("none");
}

/* --- what we have --- */

static void
append_phase1(GString *text, const IkePolicy *policy)
{
    g_string_append_printf(text, "%s%s:", text->len > 0 ? "; " : "",
                           ike_method_name((guint16)policy->method));
    for (guint i = 0; i < policy->phase1->len; i++) {
        char name[SUITE_TEXT_SIZE];

        suite_phase1_format(&g_array_index(policy->phase1, SuitePhase1, i), name);
        g_string_append_printf(text, " %s", name);
    }
}

/* A method has many policies where it has many groups: it is named once. */
static char *
format_phase1(const GPtrArray *policies)
{
    GString *text = g_string_new(NULL);
    IkeMethod last = 0;

    for (guint i = 0; i < policies->len; i++) {
        const IkePolicy *policy = policies->pdata[i];

        if (policy->method != last)
            append_phase1(text, policy);
        last = policy->method;
    }
    return g_string_free(text, FALSE);
}

static char *
format_esp(const IkePolicy *policy)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < policy->esp->len; i++) {
        char name[SUITE_TEXT_SIZE];

        suite_esp_format(&g_array_index(policy->esp, SuiteEsp, i), name);
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", name);
    }
    if (policy->pfs == IKE_PFS_GROUP)
        g_string_append_printf(text, " pfs %s", suite_group_name(policy->pfs_group));
    return g_string_free(text, FALSE);
}

/* --- phase 1 --- */

static gboolean
has_mode(const IkePolicy *policy, IkeMode mode)
{
    guint16 modes = policy->modes != 0 ? policy->modes : (guint16)(1u << policy->mode);

    return (modes & (1u << mode)) != 0;
}

static void
compare_phase1(Nearest *nearest, const IkePolicy *policy, const IkeTerms *terms, gsize ke_length)
{
    guint16 method = ike_method_number(policy->method, TRUE);

    for (guint i = 0; i < policy->phase1->len; i++)
        compare(nearest,
                ike_fit_phase1(policy, method, ke_length, terms,
                               &g_array_index(policy->phase1, SuitePhase1, i)),
                terms, policy, i);
}

/* The policies that could have served this mode and name, with each transform. */
static char *
differ_phase1(const IkeSa *sa, Reader sa_body, gsize ke_length)
{
    GPtrArray *policies = sa->session->engine->responder_policies;
    Nearest nearest = {.is_any = FALSE};
    gboolean has_any_mode = FALSE;
    IkeSaView view;
    IkeProposalView proposal;
    IkeTransformView transform;

    if (ike_sa_parse(sa_body, TRUE, &view) != IKE_OK)
        return g_strdup("it cannot be read");
    while (ike_sa_next(&view.proposals, &proposal))
        while (ike_proposal_next(&proposal.transforms, &transform)) {
            IkeTerms terms = ike_terms_of_phase1(&transform);

            for (guint i = 0; i < policies->len; i++) {
                const IkePolicy *policy = policies->pdata[i];

                has_any_mode |= has_mode(policy, sa->mode);
                if (has_mode(policy, sa->mode) && ike_identity_selects(policy, sa))
                    compare_phase1(&nearest, policy, &terms, ke_length);
            }
        }
    if (!has_any_mode)
        return say("mode", g_strdup(sa->mode == IKE_MODE_MAIN ? "main" : "aggressive"),
                   g_strdup(sa->mode == IKE_MODE_MAIN ? "aggressive" : "main"));
    return nearest.is_any ? describe_phase1(&nearest) : g_strdup("the group name is none of ours");
}

/* --- ESP --- */

static char *
differ_esp(const IkePolicy *policy, Reader sa_body, IkeEncapsulation encapsulation, gsize ke_length)
{
    Nearest nearest = {.is_any = FALSE};
    IkeSaView view;
    IkeProposalView proposal;
    IkeTransformView transform;

    if (ike_sa_parse(sa_body, FALSE, &view) != IKE_OK)
        return g_strdup("it cannot be read");
    while (ike_sa_next(&view.proposals, &proposal))
        while (proposal.protocol == IKE_PROTOCOL_ESP &&
               ike_proposal_next(&proposal.transforms, &transform)) {
            IkeTerms terms = ike_terms_of_esp(&transform);

            for (guint i = 0; i < policy->esp->len; i++)
                compare(&nearest,
                        ike_fit_esp(policy, encapsulation, ke_length, &terms,
                                    &g_array_index(policy->esp, SuiteEsp, i)),
                        &terms, policy, i);
        }
    if (!nearest.is_any)
        return g_strdup("only ESP is spoken here");
    return nearest.fit == IKE_FITS ? g_strdup("ESP with AH or IPComp is not spoken here")
                                   : describe_esp(&nearest, encapsulation);
}

/* --- telling --- */

/* Strangers can ask as often as they like. */
static gboolean
may_tell(IkeEngine *engine)
{
    if (engine->now - engine->refusals_since >= G_USEC_PER_SEC) {
        engine->refusals_since = engine->now;
        engine->refusals = 0;
    }
    return engine->refusals++ < REFUSALS_PER_SECOND;
}

static void
tell(const IkeSa *sa, Reason reason, char *take_offered, char *take_own, char *take_difference)
{
    IkeSession *session = sa->session;
    IkeQueue *queue = &session->engine->queue;
    IkeAction *action =
        ike_queue_push(queue, IKE_TELL_REFUSED, session->is_known ? session->number : 0);

    action->refused.peer = sa->path.remote;
    action->refused.reason = reason;
    action->refused.offered = ike_queue_keep(queue, take_offered, g_free);
    action->refused.own = ike_queue_keep(queue, take_own, g_free);
    action->refused.difference = ike_queue_keep(queue, take_difference, g_free);
}

void
ike_refusal_phase1(const IkeSa *sa, Reader sa_body, gsize ke_length)
{
    if (may_tell(sa->session->engine))
        tell(sa, REASON_PROPOSAL_REJECTED, ike_offer_format(sa_body),
             format_phase1(sa->session->engine->responder_policies),
             differ_phase1(sa, sa_body, ke_length));
}

void
ike_refusal_esp(const IkeSa *sa, Reader sa_body, IkeEncapsulation encapsulation, gsize ke_length)
{
    const IkePolicy *policy = sa->session->policy;

    if (may_tell(sa->session->engine))
        tell(sa, REASON_ESP_PROPOSAL_REJECTED, ike_offer_format(sa_body), format_esp(policy),
             differ_esp(policy, sa_body, encapsulation, ke_length));
}

void
ike_refusal_selectors(const IkeSa *sa, const NetPrefix *remote, const NetPrefix *local)
{
    const IkeSession *session = sa->session;
    NetAddress own = session->settings != NULL ? session->address4 : sa->path.remote.address;
    char asked[NET_PREFIX_TEXT_SIZE], behind[NET_PREFIX_TEXT_SIZE], given[NET_ADDRESS_TEXT_SIZE];

    if (!may_tell(session->engine))
        return;
    net_address_format(&own, given);
    net_prefix_format(remote, asked);
    tell(sa, REASON_SELECTORS_REFUSED,
         g_strdup_printf("%s to %s", asked, net_prefix_format(local, behind)), g_strdup(given),
         say("address", g_strdup(asked), g_strdup(given)));
}
