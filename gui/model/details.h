/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a session is made of, as rows for people: one table says which, in which group. */
#pragma once

#include <glib.h>

typedef enum {
    COATI_GROUP_GATEWAY,
    COATI_GROUP_ADDRESSES,
    COATI_GROUP_SECURITY,
    COATI_GROUP_TRANSPORT,
    COATI_GROUP_COUNT,
} CoatiDetailGroup;

typedef struct {
    CoatiDetailGroup group;
    const char *label; /* translated */
    char *value;
    gboolean is_weak; /* an algorithm that can be broken */
} CoatiDetail;

/* "Gateway", ..., translated. */
const char *coati_detail_group_text(CoatiDetailGroup group);
/* CoatiDetail, in the order of the groups; values: of a Tunnel. */
GPtrArray *coati_details_new(GHashTable *values);
/* All of it as plain text, one "label: value" a line; to be freed. */
char *coati_details_text(const GPtrArray *details);
