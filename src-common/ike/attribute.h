/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Data attributes (RFC 2408 3.3): TV and TLV, as in transforms, ATTR payloads and
 * RESPONDER-LIFETIME.
 */
#pragma once

#include "base/reader.h"
#include "base/writer.h"
#include "ike/numbers.h"

typedef struct {
    guint16 type;
    gboolean is_basic; /* TV; value is its two octets then */
    Reader value;
} IkeAttribute;

/* PAYLOAD-MALFORMED unless the list can be walked to its end: attributes nest exactly, at most
 * IKE_MAX_ATTRIBUTES; fewer than 4 zero octets may stand at the end (libreswan pads so). */
IkeNotify ike_attributes_check(Reader attributes);

/* Takes the next one off; FALSE at the end and at anything malformed. Attributes of type 0 without
 * a value are padding and passed over. */
gboolean ike_attribute_next(Reader *attributes, IkeAttribute *ret_attribute);

/* A number, TV or TLV of at most 8 octets after leading zeros; FALSE when longer or empty. */
gboolean ike_attribute_number(const IkeAttribute *attribute, guint64 *ret_number);

void ike_attribute_write_basic(Writer *writer, guint16 type, guint16 value);
void ike_attribute_write(Writer *writer, guint16 type, const void *value, gsize length);
void ike_attribute_write_empty(Writer *writer, guint16 type);
/* A life duration or the like: TV up to 65535, else TLV of 4 octets, or of 8. */
void ike_attribute_write_number(Writer *writer, guint16 type, guint64 value);
