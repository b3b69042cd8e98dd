/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/attribute.h"

#include "ike/limits.h"

enum { FORMAT_BASIC = 0x8000, ATTRIBUTE_HEADER = 4 };

static gboolean
take(Reader *attributes, IkeAttribute *ret_attribute)
{
    guint16 type = reader_u16(attributes);
    Reader peek = *attributes;
    guint16 length = reader_u16(&peek);

    if ((type & FORMAT_BASIC) != 0)
        length = 2;
    else
        *attributes = peek;
    *ret_attribute = (IkeAttribute){.type = type & (FORMAT_BASIC - 1),
                                    .is_basic = (type & FORMAT_BASIC) != 0,
                                    .value = reader_sub(attributes, length)};
    return reader_ok(attributes);
}

static gboolean
is_padding(const IkeAttribute *attribute)
{
    return attribute->type == 0 && !attribute->is_basic && reader_left(&attribute->value) == 0;
}

IkeNotify
ike_attributes_check(Reader attributes)
{
    IkeAttribute attribute;
    gsize count = 0;

    while (reader_left(&attributes) >= ATTRIBUTE_HEADER)
        if (!take(&attributes, &attribute) || ++count > IKE_MAX_ATTRIBUTES)
            return IKE_PAYLOAD_MALFORMED;
    if (!reader_equal(&attributes, "\0\0\0", reader_left(&attributes)))
        return IKE_PAYLOAD_MALFORMED;
    return IKE_OK;
}

gboolean
ike_attribute_next(Reader *attributes, IkeAttribute *ret_attribute)
{
    IkeAttribute attribute;

    while (reader_left(attributes) >= ATTRIBUTE_HEADER && take(attributes, &attribute))
        if (!is_padding(&attribute)) {
            *ret_attribute = attribute;
            return TRUE;
        }
    return FALSE;
}

gboolean
ike_attribute_number(const IkeAttribute *attribute, guint64 *ret_number)
{
    Reader value = attribute->value;
    guint64 number = 0;

    if (reader_left(&value) == 0)
        return FALSE;
    while (reader_left(&value) > 0) {
        if (number >> 56 != 0)
            return FALSE;
        number = number << 8 | reader_u8(&value);
    }
    *ret_number = number;
    return TRUE;
}

void
ike_attribute_write_basic(Writer *writer, guint16 type, guint16 value)
{
    writer_u16(writer, type | FORMAT_BASIC);
    writer_u16(writer, value);
}

void
ike_attribute_write(Writer *writer, guint16 type, const void *value, gsize length)
{
    gsize position;

    writer_u16(writer, type);
    position = writer_open_u16(writer);
    writer_put(writer, value, length);
    writer_close_u16(writer, position, 0);
}

void
ike_attribute_write_empty(Writer *writer, guint16 type)
{
    ike_attribute_write(writer, type, NULL, 0);
}

void
ike_attribute_write_number(Writer *writer, guint16 type, guint64 value)
{
    if (value <= G_MAXUINT16) {
        ike_attribute_write_basic(writer, type, (guint16)value);
        return;
    }
    writer_u16(writer, type);
    if (value <= G_MAXUINT32) {
        writer_u16(writer, 4);
        writer_u32(writer, (guint32)value);
    } else {
        writer_u16(writer, 8);
        writer_u64(writer, value);
    }
}
