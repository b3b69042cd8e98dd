/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CoatiQuestion: what the gateway, through the service, wants to know of a person.
 *
 * It is answered or cancelled once; when the service no longer wants the answer it says "withdrawn".
 */
#pragma once

#include "certificate.h"

#include <gio/gio.h>

typedef enum {
    COATI_FIELD_TEXT,
    COATI_FIELD_SECRET,
    COATI_FIELD_OTP, /* a one-time code: never stored */
    COATI_FIELD_CHOICE,
} CoatiFieldType;

typedef struct {
    char *name;
    CoatiFieldType type;
    char *label; /* translated where the name is known */
    char *value; /* what is known; "" for nothing */
    char **choices;
    guint max_octets;
    gboolean may_save;
} CoatiField;

#define COATI_TYPE_QUESTION coati_question_get_type()
G_DECLARE_FINAL_TYPE(CoatiQuestion, coati_question, COATI, QUESTION, GObject)

const char *coati_question_connection_id(CoatiQuestion *question);
const char *coati_question_gateway(CoatiQuestion *question);
/* The gateway's own words; "" when it said none. */
const char *coati_question_message(CoatiQuestion *question);
/* Why it is asked again, with the number of the attempt; NULL the first time. */
const char *coati_question_complaint(CoatiQuestion *question);
/* CoatiField; the certificate question has none. */
GPtrArray *coati_question_fields(CoatiQuestion *question);
/* The certificate that a person must decide about; NULL for a login. */
CoatiCertificate *coati_question_certificate(CoatiQuestion *question);
/* Whether a password may be remembered, as far as the profile says. */
gboolean coati_question_may_save(CoatiQuestion *question);

/* values: as many as fields. */
void coati_question_answer(CoatiQuestion *question, const char *const *values, gboolean is_to_save);
void coati_question_answer_trust(CoatiQuestion *question, gboolean is_accepted);
void coati_question_cancel(CoatiQuestion *question);
