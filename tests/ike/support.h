/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of the core share: vectors out of JSON, and hexadecimal.
 */
#pragma once

#include "base/reader.h"
#include "base/secret.h"
#include "base/suite.h"

#include <json-glib/json-glib.h>

/* A file below tests/vectors; the test ends when it is missing. To be unreffed. */
JsonNode *test_load(const char *path);
JsonObject *test_object(JsonNode *node);

/* Hexadecimal, also with an odd number of digits; NULL gives no octets. */
GBytes *test_hex(const char *hex);
/* A member that is hexadecimal; NULL when there is none or it is null. */
GBytes *test_member(JsonObject *object, const char *name);
const char *test_text(JsonObject *object, const char *name);
Secret *test_secret(GBytes *bytes);
/* Left-padded with zeros to length. */
GBytes *test_padded(GBytes *bytes, gsize length);

/* All vector files of the three kinds, paths as test_load() takes them, sorted. */
GPtrArray *test_list(const char *folder, const char *suffix);

/* Compares octets and names both sides in hexadecimal when they differ. */
void test_equal(const char *what, Reader seen, GBytes *expected);
