/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the ESP tests share: hex, vectors as JSON, and a context without dice.
 */
#pragma once

#include "base/suite.h"
#include "esp/esp.h"

#include <json-glib/json-glib.h>

/* Fails the test when text is no hex. */
GBytes *support_hex(const char *text);
/* The member's hex octets; NULL when there is none. */
GBytes *support_member(JsonObject *object, const char *name);
/* cipher key, then salt or HMAC key, joined. Parts may be NULL. */
Secret *support_keymat(GBytes *key, GBytes *rest);
/* A file below tests/vectors. */
JsonParser *support_vectors(const char *path);
/* Folders or files below tests/vectors/folder, sorted. */
GPtrArray *support_list(const char *folder);

/* Octets count up, so that every IV is another one. */
EspContext *support_context(void);
EspContext *support_context_with(const EspBackends *backends);
EspSa *support_sa(EspContext *context, EspDirection direction, const SuiteEsp *suite, guint32 spi,
                  const Secret *keymat);
/* A key that any suite can have. */
Secret *support_any_keymat(const SuiteEsp *suite);
SuiteEsp support_suite(const char *text);

/* An IPv4 UDP packet of total octets with counting payload. */
void support_packet4(guint8 *ret_packet, gsize total, guint16 identification, gboolean has_df);
/* IPv6 of the same kind. */
void support_packet6(guint8 *ret_packet, gsize total);
/* Fills in the IPv4 header's checksum after a change. */
void support_fix_header(guint8 *packet);
/* TRUE when the IPv4 header's checksum is right: summed up plainly. */
gboolean support_header_sum_is_right(const guint8 *packet);
