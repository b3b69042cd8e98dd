/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/terms.h"

#include "base/suite.h"
#include "ike/attribute.h"

enum { DEFAULT_AES_BITS = 128 };

void
ike_terms_set_life(IkeTerms *terms, guint64 life_type, guint64 number)
{
    if (life_type == IKE_LIFE_SECONDS)
        terms->life_seconds = number;
    else if (life_type == IKE_LIFE_KILOBYTES)
        terms->life_kilobytes = number;
    else
        terms->has_unknown = TRUE;
}

/* A number that must fit 16 bits and may come only once with one value. */
static void
store(guint16 *field, guint64 number, IkeTerms *terms)
{
    if (number == 0 || number > G_MAXUINT16 || (*field != 0 && *field != number))
        terms->has_unknown = TRUE;
    else
        *field = (guint16)number;
}

IkeTerms
ike_terms_of_phase1(const IkeTransformView *transform)
{
    Reader list = transform->attributes;
    guint64 life_type = 0;
    IkeAttribute attribute;
    IkeTerms terms = {.has_unknown = transform->id != IKE_TRANSFORM_KEY_IKE};

    while (ike_attribute_next(&list, &attribute)) {
        guint64 number;

        if (!ike_attribute_number(&attribute, &number))
            terms.has_unknown = TRUE;
        else if (attribute.type == IKE_P1_ENCRYPTION)
            store(&terms.cipher, number, &terms);
        else if (attribute.type == IKE_P1_HASH)
            store(&terms.hash, number, &terms);
        else if (attribute.type == IKE_P1_METHOD)
            store(&terms.method, number, &terms);
        else if (attribute.type == IKE_P1_GROUP)
            store(&terms.group, number, &terms);
        else if (attribute.type == IKE_P1_KEY_LENGTH)
            store(&terms.key_bits, number, &terms);
        else if (attribute.type == IKE_P1_LIFE_TYPE)
            life_type = number;
        else if (attribute.type == IKE_P1_LIFE_DURATION)
            ike_terms_set_life(&terms, life_type, number);
        else
            terms.has_unknown = TRUE; /* group parameters, PRF, field size: PROTOCOL 2.1 */
    }
    if (terms.cipher == SUITE_IKE_AES_CBC && terms.key_bits == 0)
        terms.key_bits = DEFAULT_AES_BITS; /* strongSwan reads it so */
    return terms;
}

IkeTerms
ike_terms_of_esp(const IkeTransformView *transform)
{
    Reader list = transform->attributes;
    guint64 life_type = 0;
    IkeAttribute attribute;
    IkeTerms terms = {.cipher = transform->id};

    while (ike_attribute_next(&list, &attribute)) {
        guint64 number;

        if (!ike_attribute_number(&attribute, &number))
            terms.has_unknown = TRUE;
        else if (attribute.type == IKE_ESP_LIFE_TYPE)
            life_type = number;
        else if (attribute.type == IKE_ESP_LIFE_DURATION)
            ike_terms_set_life(&terms, life_type, number);
        else if (attribute.type == IKE_ESP_GROUP)
            store(&terms.group, number, &terms);
        else if (attribute.type == IKE_ESP_ENCAPSULATION)
            store(&terms.encapsulation, number, &terms);
        else if (attribute.type == IKE_ESP_INTEGRITY)
            store(&terms.hash, number, &terms);
        else if (attribute.type == IKE_ESP_KEY_LENGTH)
            store(&terms.key_bits, number, &terms);
        else if (attribute.type != IKE_ESP_ECN_TUNNEL)
            terms.has_unknown = TRUE; /* ESN among them: never agreed to here */
    }
    if (terms.cipher == SUITE_ESP_AES_CBC && terms.key_bits == 0)
        terms.key_bits = DEFAULT_AES_BITS;
    return terms;
}
