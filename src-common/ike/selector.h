/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quick Mode identities as prefixes (RFC 2407 4.6.2; PROTOCOL 6.2): address, subnet and range of
 * both families. A selector here is always a whole prefix.
 */
#pragma once

#include "base/net.h"
#include "base/reader.h"
#include "base/writer.h"
#include "ike/numbers.h"

typedef struct {
    NetPrefix prefix;
    guint8 protocol; /* 0 = any */
    guint16 port;    /* 0 = any */
} IkeSelector;

/* INVALID-ID-INFORMATION for other types, masks with holes, and ranges that are no prefix. */
IkeNotify ike_selector_parse(Reader id_body, IkeSelector *ret_selector);

/* Any protocol and port; a single address as address, anything else as subnet, also the full one:
 * gateways compare 0.0.0.0/0 as a subnet. */
void ike_selector_write(Writer *id_body, const NetPrefix *prefix);
