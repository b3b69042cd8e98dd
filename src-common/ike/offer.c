/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading is done in terms.c; here terms are compared. Writing keeps the attribute order that peers
 * are known to want.
 */
#include "ike/offer.h"

#include "ike/attribute.h"
#include "ike/fit.h"
#include "ike/terms.h"
#include "ike/view.h"

static gboolean
keep_echo(const IkeProposalView *proposal, const IkeTransformView *transform, IkeEcho *ret_echo)
{
    Reader body = transform->body;
    gsize length = reader_left(&body);

    if (length > sizeof ret_echo->octets)
        return FALSE;
    ret_echo->proposal_number = proposal->number;
    ret_echo->length = length;
    reader_copy(&body, ret_echo->octets, length);
    return TRUE;
}

/* --- Writing --- */

/* A proposal or transform, whose next octet says whether another one follows. */
static gsize
open_nested(Writer *writer, guint8 next)
{
    writer_u8(writer, next);
    writer_u8(writer, 0);
    return writer_open_u16(writer);
}

static void
close_nested(Writer *writer, gsize position)
{
    writer_close_u16(writer, position, IKE_GENERIC_LENGTH);
}

static gsize
open_proposal(Writer *sa_body, guint8 number, IkeProtocol protocol, guint8 count)
{
    gsize position;

    writer_u32(sa_body, IKE_DOI_IPSEC);
    writer_u32(sa_body, IKE_SITUATION_IDENTITY_ONLY);
    position = open_nested(sa_body, IKE_PAYLOAD_NONE);
    writer_u8(sa_body, number);
    writer_u8(sa_body, (guint8)protocol);
    writer_u8(sa_body, protocol == IKE_PROTOCOL_ESP ? 4 : 0);
    writer_u8(sa_body, count);
    return position;
}

static void
write_transform_start(Writer *writer, guint8 number, guint8 id)
{
    writer_u8(writer, number);
    writer_u8(writer, id);
    writer_u16(writer, 0);
}

static void
write_life(Writer *writer, guint16 type, guint16 life_type, guint64 number)
{
    if (number == 0)
        return;
    ike_attribute_write_basic(writer, type, life_type);
    ike_attribute_write_number(writer, type + 1, number);
}

static void
write_echo(Writer *sa_body, const IkeEcho *echo)
{
    gsize position = open_nested(sa_body, IKE_PAYLOAD_NONE);

    writer_put(sa_body, echo->octets, echo->length);
    close_nested(sa_body, position);
}

guint16
ike_method_number(IkeMethod method, gboolean is_user_initiator)
{
    /* Hybrid and Xauth methods come in pairs, Init and Resp; PSK and RSA do not. */
    if (is_user_initiator || !ike_method_has_xauth(method))
        return (guint16)method;
    return (guint16)(method + 1);
}

/* --- Phase 1 --- */

static gboolean
is_group_wanted(const SuitePhase1 *suite, SuiteGroup only_group)
{
    return only_group == SUITE_GROUP_NONE || suite->group == only_group;
}

static void
write_phase1_transform(Writer *writer, const SuitePhase1 *suite, guint16 method, guint8 number,
                       guint32 lifetime_seconds)
{
    write_transform_start(writer, number, IKE_TRANSFORM_KEY_IKE);
    /* libreswan wants the key length right behind the cipher. */
    ike_attribute_write_basic(writer, IKE_P1_ENCRYPTION, (guint16)suite->cipher);
    if (suite->key_bits != 0)
        ike_attribute_write_basic(writer, IKE_P1_KEY_LENGTH, suite->key_bits);
    ike_attribute_write_basic(writer, IKE_P1_HASH, (guint16)suite->hash);
    ike_attribute_write_basic(writer, IKE_P1_METHOD, method);
    ike_attribute_write_basic(writer, IKE_P1_GROUP, (guint16)suite->group);
    write_life(writer, IKE_P1_LIFE_TYPE, IKE_LIFE_SECONDS, lifetime_seconds);
}

void
ike_offer_write_phase1(Writer *sa_body, const IkePolicy *policy, guint16 method,
                       SuiteGroup only_group)
{
    guint8 left = 0;
    guint8 number = 0;
    gsize proposal;

    for (guint i = 0; i < policy->phase1->len; i++)
        left += is_group_wanted(&g_array_index(policy->phase1, SuitePhase1, i), only_group);
    proposal = open_proposal(sa_body, 1, IKE_PROTOCOL_ISAKMP, left);
    for (guint i = 0; i < policy->phase1->len; i++) {
        const SuitePhase1 *suite = &g_array_index(policy->phase1, SuitePhase1, i);
        gsize transform;

        if (!is_group_wanted(suite, only_group))
            continue;
        transform = open_nested(sa_body, --left > 0 ? IKE_PAYLOAD_TRANSFORM : IKE_PAYLOAD_NONE);
        write_phase1_transform(sa_body, suite, method, ++number, policy->phase1_lifetime_seconds);
        close_nested(sa_body, transform);
    }
    close_nested(sa_body, proposal);
}

/* The suite that an answer means, or NULL. */
static const SuitePhase1 *
find_phase1(const IkePolicy *policy, const IkeTerms *terms)
{
    for (guint i = 0; i < policy->phase1->len; i++) {
        const SuitePhase1 *suite = &g_array_index(policy->phase1, SuitePhase1, i);

        if ((guint)suite->cipher == terms->cipher && (guint)suite->hash == terms->hash &&
            (guint)suite->group == terms->group && terms->key_bits == suite->key_bits)
            return suite;
    }
    return NULL;
}

/* Seconds for our own timers: what both sides can live with. */
static guint32
agree_seconds(guint64 offered, guint32 own)
{
    guint64 given = offered == 0 ? IKE_DEFAULT_LIFE_SECONDS : offered;

    return (guint32)MIN(given, own);
}

static gboolean
accept_phase1(const IkePolicy *policy, guint16 method, gsize ke_length, const IkeTerms *terms,
              IkePhase1Choice *ret_choice)
{
    const SuitePhase1 *suite = NULL;

    for (guint i = 0; i < policy->phase1->len && suite == NULL; i++) {
        const SuitePhase1 *own = &g_array_index(policy->phase1, SuitePhase1, i);

        if (ike_fit_phase1(policy, method, ke_length, terms, own) == IKE_FITS)
            suite = own;
    }
    if (suite == NULL)
        return FALSE;
    ret_choice->suite = *suite;
    ret_choice->suite.key_bits = terms->key_bits;
    ret_choice->method = method;
    ret_choice->lifetime_seconds =
        agree_seconds(terms->life_seconds, policy->phase1_lifetime_seconds);
    return TRUE;
}

static gboolean
is_phase1_proposal(const IkeProposalView *proposal)
{
    return proposal->protocol == IKE_PROTOCOL_ISAKMP && reader_left(&proposal->spi) <= 16;
}

IkeNotify
ike_offer_choose_phase1(Reader sa_body, const IkePolicy *policy, guint16 method, gsize ke_length,
                        IkePhase1Choice *ret_choice)
{
    IkeSaView sa;
    IkeProposalView proposal;
    IkeTransformView transform;
    IkePhase1Choice choice;
    IkeNotify result = ike_sa_parse(sa_body, TRUE, &sa);

    if (result != IKE_OK)
        return result;
    while (ike_sa_next(&sa.proposals, &proposal)) {
        while (is_phase1_proposal(&proposal) &&
               ike_proposal_next(&proposal.transforms, &transform)) {
            IkeTerms terms = ike_terms_of_phase1(&transform);

            if (accept_phase1(policy, method, ke_length, &terms, &choice) &&
                keep_echo(&proposal, &transform, &choice.echo)) {
                *ret_choice = choice;
                return IKE_OK;
            }
        }
    }
    return IKE_NO_PROPOSAL_CHOSEN;
}

void
ike_offer_answer_phase1(Writer *sa_body, const IkePhase1Choice *choice)
{
    gsize proposal = open_proposal(sa_body, choice->echo.proposal_number, IKE_PROTOCOL_ISAKMP, 1);

    write_echo(sa_body, &choice->echo);
    close_nested(sa_body, proposal);
}

/* An answer holds one proposal with one transform. */
static IkeNotify
take_answer(Reader sa_body, IkeProposalView *ret_proposal, IkeTransformView *ret_transform)
{
    IkeSaView sa;
    IkeProposalView other;
    IkeNotify result = ike_sa_parse(sa_body, FALSE, &sa);

    if (result != IKE_OK)
        return result;
    if (!ike_sa_next(&sa.proposals, ret_proposal) || ike_sa_next(&sa.proposals, &other) ||
        ret_proposal->transform_count != 1)
        return IKE_BAD_PROPOSAL_SYNTAX;
    ike_proposal_next(&ret_proposal->transforms, ret_transform);
    return IKE_OK;
}

IkeNotify
ike_offer_match_phase1(Reader sa_body, const IkePolicy *policy, guint16 method,
                       SuiteGroup only_group, IkePhase1Choice *ret_choice)
{
    IkeProposalView proposal;
    IkeTransformView transform;
    IkePhase1Choice choice = {.method = method};
    const SuitePhase1 *suite;
    IkeTerms terms;
    IkeNotify result = take_answer(sa_body, &proposal, &transform);

    if (result != IKE_OK)
        return result;
    terms = ike_terms_of_phase1(&transform);
    suite = find_phase1(policy, &terms);
    if (!is_phase1_proposal(&proposal) || suite == NULL || terms.has_unknown ||
        terms.method != method || !is_group_wanted(suite, only_group) ||
        terms.life_seconds > policy->phase1_lifetime_seconds)
        return IKE_NO_PROPOSAL_CHOSEN;
    if (!keep_echo(&proposal, &transform, &choice.echo))
        return IKE_BAD_PROPOSAL_SYNTAX;
    choice.suite = *suite;
    choice.lifetime_seconds = agree_seconds(terms.life_seconds, policy->phase1_lifetime_seconds);
    *ret_choice = choice;
    return IKE_OK;
}

/* --- ESP --- */

static void
write_esp_transform(Writer *writer, const SuiteEsp *suite, const IkePolicy *policy, guint8 number,
                    IkeEncapsulation encapsulation, SuiteGroup pfs_group)
{
    write_transform_start(writer, number, (guint8)suite->cipher);
    if (suite->key_bits != 0)
        ike_attribute_write_basic(writer, IKE_ESP_KEY_LENGTH, suite->key_bits);
    if (suite->integrity != SUITE_INTEGRITY_NONE)
        ike_attribute_write_basic(writer, IKE_ESP_INTEGRITY, (guint16)suite->integrity);
    if (pfs_group != SUITE_GROUP_NONE)
        ike_attribute_write_basic(writer, IKE_ESP_GROUP, (guint16)pfs_group);
    ike_attribute_write_basic(writer, IKE_ESP_ENCAPSULATION, (guint16)encapsulation);
    write_life(writer, IKE_ESP_LIFE_TYPE, IKE_LIFE_SECONDS, policy->esp_lifetime_seconds);
    write_life(writer, IKE_ESP_LIFE_TYPE, IKE_LIFE_KILOBYTES, policy->esp_lifetime_kilobytes);
}

void
ike_offer_write_esp(Writer *sa_body, const IkePolicy *policy, guint32 spi,
                    IkeEncapsulation encapsulation, SuiteGroup pfs_group)
{
    guint count = policy->esp->len;
    gsize proposal = open_proposal(sa_body, 1, IKE_PROTOCOL_ESP, (guint8)count);

    writer_u32(sa_body, spi);
    for (guint i = 0; i < count; i++) {
        const SuiteEsp *suite = &g_array_index(policy->esp, SuiteEsp, i);
        gsize transform =
            open_nested(sa_body, i + 1 < count ? IKE_PAYLOAD_TRANSFORM : IKE_PAYLOAD_NONE);

        write_esp_transform(sa_body, suite, policy, (guint8)(i + 1), encapsulation, pfs_group);
        close_nested(sa_body, transform);
    }
    close_nested(sa_body, proposal);
}

static const SuiteEsp *
find_esp(const IkePolicy *policy, const IkeTerms *terms)
{
    for (guint i = 0; i < policy->esp->len; i++) {
        const SuiteEsp *suite = &g_array_index(policy->esp, SuiteEsp, i);

        if ((guint)suite->cipher == terms->cipher && (guint)suite->integrity == terms->hash &&
            terms->key_bits == suite->key_bits)
            return suite;
    }
    return NULL;
}

static void
agree_life(const IkePolicy *policy, const IkeTerms *terms, IkeEspChoice *choice)
{
    guint64 own = policy->esp_lifetime_seconds;
    guint64 own_kilobytes = policy->esp_lifetime_kilobytes;
    guint64 given = terms->life_seconds == 0 ? IKE_DEFAULT_LIFE_SECONDS : terms->life_seconds;
    gboolean obeys = policy->proposal_check == IKE_CHECK_OBEY;

    choice->lifetime_seconds = (guint32)MIN(obeys ? given : MIN(given, own), G_MAXUINT32);
    choice->lifetime_kilobytes = terms->life_kilobytes;
    if (own_kilobytes != 0 && (terms->life_kilobytes == 0 || !obeys))
        choice->lifetime_kilobytes =
            terms->life_kilobytes == 0 ? own_kilobytes : MIN(own_kilobytes, terms->life_kilobytes);
    choice->needs_responder_lifetime =
        policy->proposal_check == IKE_CHECK_CLAIM &&
        (given > own || choice->lifetime_kilobytes != terms->life_kilobytes);
}

static gboolean
accept_esp(const IkePolicy *policy, IkeEncapsulation encapsulation, gsize ke_length,
           const IkeTerms *terms, IkeEspChoice *ret_choice)
{
    const SuiteEsp *suite = NULL;

    for (guint i = 0; i < policy->esp->len && suite == NULL; i++) {
        const SuiteEsp *own = &g_array_index(policy->esp, SuiteEsp, i);

        if (ike_fit_esp(policy, encapsulation, ke_length, terms, own) == IKE_FITS)
            suite = own;
    }
    if (suite == NULL)
        return FALSE;
    ret_choice->suite = *suite;
    ret_choice->suite.key_bits = terms->key_bits;
    ret_choice->encapsulation =
        terms->encapsulation != 0 ? terms->encapsulation : (guint16)encapsulation;
    ret_choice->pfs_group = (SuiteGroup)terms->group;
    agree_life(policy, terms, ret_choice);
    return TRUE;
}

/* ESP with a sound SPI. */
static gboolean
take_spi(const IkeProposalView *proposal, guint32 *ret_spi)
{
    Reader spi = proposal->spi;

    if (proposal->protocol != IKE_PROTOCOL_ESP || reader_left(&spi) != 4)
        return FALSE;
    *ret_spi = reader_u32(&spi);
    return *ret_spi >= IKE_MIN_ESP_SPI;
}

/* Proposals with one number are one bundle (RFC 2408 4.2): ESP with IPCOMP or AH. */
static gboolean
is_bundled(Reader proposals, guint8 number)
{
    IkeProposalView proposal;
    guint count = 0;

    while (ike_sa_next(&proposals, &proposal))
        count += proposal.number == number;
    return count > 1;
}

IkeNotify
ike_offer_choose_esp(Reader sa_body, const IkePolicy *policy, IkeEncapsulation encapsulation,
                     gsize ke_length, IkeEspChoice *ret_choice)
{
    IkeSaView sa;
    IkeProposalView proposal;
    IkeTransformView transform;
    IkeEspChoice choice;
    Reader all;
    IkeNotify result = ike_sa_parse(sa_body, FALSE, &sa);

    if (result != IKE_OK)
        return result;
    all = sa.proposals;
    while (ike_sa_next(&sa.proposals, &proposal)) {
        gboolean is_usable = take_spi(&proposal, &choice.spi) && !is_bundled(all, proposal.number);

        while (is_usable && ike_proposal_next(&proposal.transforms, &transform)) {
            IkeTerms terms = ike_terms_of_esp(&transform);

            if (accept_esp(policy, encapsulation, ke_length, &terms, &choice) &&
                keep_echo(&proposal, &transform, &choice.echo)) {
                *ret_choice = choice;
                return IKE_OK;
            }
        }
    }
    return IKE_NO_PROPOSAL_CHOSEN;
}

void
ike_offer_answer_esp(Writer *sa_body, const IkeEspChoice *choice, guint32 own_spi)
{
    gsize proposal = open_proposal(sa_body, choice->echo.proposal_number, IKE_PROTOCOL_ESP, 1);

    writer_u32(sa_body, own_spi);
    write_echo(sa_body, &choice->echo);
    close_nested(sa_body, proposal);
}

IkeNotify
ike_offer_match_esp(Reader sa_body, const IkePolicy *policy, IkeEncapsulation encapsulation,
                    SuiteGroup pfs_group, IkeEspChoice *ret_choice)
{
    IkeProposalView proposal;
    IkeTransformView transform;
    IkeEspChoice choice = {.pfs_group = pfs_group};
    const SuiteEsp *suite;
    IkeTerms terms;
    IkeNotify result = take_answer(sa_body, &proposal, &transform);

    if (result != IKE_OK)
        return result;
    if (proposal.protocol != IKE_PROTOCOL_ESP)
        return IKE_INVALID_PROTOCOL_ID;
    if (!take_spi(&proposal, &choice.spi))
        return IKE_INVALID_SPI;
    terms = ike_terms_of_esp(&transform);
    suite = find_esp(policy, &terms);
    if (suite == NULL || terms.has_unknown || terms.group != (guint)pfs_group ||
        !ike_fit_is_mode(terms.encapsulation, encapsulation) ||
        terms.life_seconds > policy->esp_lifetime_seconds)
        return IKE_NO_PROPOSAL_CHOSEN;
    if (!keep_echo(&proposal, &transform, &choice.echo))
        return IKE_BAD_PROPOSAL_SYNTAX;
    choice.suite = *suite;
    choice.encapsulation = terms.encapsulation != 0 ? terms.encapsulation : (guint16)encapsulation;
    agree_life(policy, &terms, &choice);
    choice.needs_responder_lifetime = FALSE;
    *ret_choice = choice;
    return IKE_OK;
}

/* --- RESPONDER-LIFETIME --- */

IkeNotify
ike_offer_parse_lifetime(Reader data, guint32 *ret_seconds, guint64 *ret_kilobytes)
{
    guint64 life_type = 0;
    IkeAttribute attribute;
    IkeTerms terms = {0};

    if (ike_attributes_check(data) != IKE_OK)
        return IKE_PAYLOAD_MALFORMED;
    while (ike_attribute_next(&data, &attribute)) {
        guint64 number;

        if (!ike_attribute_number(&attribute, &number))
            return IKE_PAYLOAD_MALFORMED;
        /* FortiGate speaks of phase 1 with types 11 and then 2 instead of 12. */
        if (attribute.type == IKE_ESP_LIFE_TYPE || attribute.type == IKE_P1_LIFE_TYPE)
            life_type = number;
        else if (attribute.type == IKE_ESP_LIFE_DURATION || attribute.type == IKE_P1_LIFE_DURATION)
            ike_terms_set_life(&terms, life_type, number);
    }
    if (terms.has_unknown)
        return IKE_PAYLOAD_MALFORMED;
    *ret_seconds = (guint32)MIN(terms.life_seconds, G_MAXUINT32);
    *ret_kilobytes = terms.life_kilobytes;
    return IKE_OK;
}

void
ike_offer_write_lifetime(Writer *data, IkeProtocol protocol, guint32 seconds, guint64 kilobytes)
{
    guint16 type = protocol == IKE_PROTOCOL_ISAKMP ? IKE_P1_LIFE_TYPE : IKE_ESP_LIFE_TYPE;

    write_life(data, type, IKE_LIFE_SECONDS, seconds);
    write_life(data, type, IKE_LIFE_KILOBYTES, kilobytes);
}
