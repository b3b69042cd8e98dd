/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows of the table of fields and values of one field: private to profile/.
 */
#pragma once

#include "profile/profile.h"

enum { FIELD_MAX_TEXT = 1024, FIELD_MAX_LINES = 256 * 1024, FIELD_MAX_ITEMS = 256 };

/* NULL when value is right, else what is wrong with it and what would be right. */
typedef const char *(*FieldCheck)(const char *value);

typedef struct {
    ProfileFieldInfo info;
    guint32 minimum; /* NUMBER */
    guint32 maximum;
    FieldCheck check; /* of one item for LIST; may be NULL */
} FieldRow;

/* text is the canonical spelling; number is the value of a NUMBER, 0 or 1 of a BOOLEAN, the place
 * of a CHOICE among its words. */
typedef struct {
    gboolean is_set;
    char *text;
    char **items;
    guint32 number;
} FieldValue;

const FieldRow *field_row(ProfileField field);
gboolean field_is_secret(ProfileField field);
/* The row's default; text NULL when it has none. */
void field_value_reset(ProfileField field, FieldValue *value);
void field_value_clear(FieldValue *value);
/* value is untouched on failure. */
gboolean field_value_parse(ProfileField field, const char *text, FieldValue *value, GError **error);
gboolean field_check_secret(ProfileField field, const Secret *secret, GError **error);

const char *check_id(const char *value);
const char *check_uuid(const char *value);
const char *check_host(const char *value);
const char *check_domain(const char *value);
const char *check_gateway_id(const char *value);
const char *check_fingerprint(const char *value);
const char *check_certificates(const char *value);
const char *check_crls(const char *value);
const char *check_private_key(const char *value);
const char *check_ike_suite(const char *value);
const char *check_esp_suite(const char *value);
const char *check_pfs(const char *value);
const char *check_prefix(const char *value);
const char *check_dns_item(const char *value);
const char *check_ike_fragment(const char *value);
const char *check_esp_fragment(const char *value);
const char *check_mtu(const char *value);
/* TRUE for "CN=...": an attribute type and an equals sign. */
gboolean field_is_dn(const char *value);
