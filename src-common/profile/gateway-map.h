/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A racoon.conf on its way to a gateway.conf: private to profile/. */
#pragma once

#include "profile/importer.h"
#include "profile/racoon-map.h"

/* What racoon reads where it has no radiuscfg. */
#define GATEWAY_RADIUS_FILE "/etc/radius.conf"

typedef enum {
    SECTION_NONE, /* comments at the end */
    SECTION_GATEWAY,
    SECTION_IKE,
    SECTION_ESP,
    SECTION_POOL,
    SECTION_SETTINGS,
    SECTION_LOGIN,
    SECTION_ACCOUNTING,
    SECTION_COUNT,
} GatewaySection;

typedef struct {
    GatewaySection section;
    const char *key;
    GString *text; /* NULL: asked for, and left to a person */
} GatewayValue;

/* One file on its way. */
typedef struct {
    Import *import;
    const ImportFiles *files;
    const char *certificate_dir;
    const char *psk_file;
    GArray *values; /* GatewayValue */
    GString *comments[SECTION_COUNT];
    GString *groups; /* [group NAME] with passwords; wiped */
    gboolean is_weak;
    gboolean needs_groups;
    gboolean is_client; /* the remote that is being read */
    gboolean is_served; /* the proposal that is being read: its method is one of ours */
    const char *cipher;
    const char *hash;
    const char *group;
} Conversion;

typedef struct GatewayRow GatewayRow;
typedef gboolean (*GatewayMap)(Conversion *conversion, const GatewayRow *row,
                               const RacoonStatement *at, GError **error);
struct GatewayRow {
    const char *keyword;
    guint8 min_words; /* behind the keyword; fewer is a value to be filled in */
    GatewaySection section;
    GatewayMap map; /* NULL: a comment, with words as the reason */
    const char *key;
    const char *words;
};

/* of blocks, ended by a row without keyword */
extern const GatewayRow gateway_remote_rows[];
extern const GatewayRow gateway_mode_cfg_rows[];
extern const GatewayRow gateway_radius_rows[];
extern const GatewayRow gateway_listen_rows[];
extern const GatewayRow gateway_timer_rows[];
/* The one word behind the keyword, as it is. */
gboolean gateway_map_value(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at,
                           GError **error);
gboolean gateway_map_sainfo(Conversion *conversion, const RacoonStatement *at, GError **error);

/* Servers that were asked for and not named: out of GATEWAY_RADIUS_FILE, where it can be read. */
void gateway_read_radius_file(Conversion *conversion);

/* Each statement of block through its row; what has none becomes a comment of section fallback. */
gboolean conversion_apply(Conversion *conversion, const GatewayRow *rows, const GPtrArray *block,
                          GatewaySection fallback, GError **error);

/* NULL when it is not there. Pointers last until the next one is added. */
GatewayValue *conversion_find(Conversion *conversion, GatewaySection section, const char *key);
/* text NULL: left to a person. */
GatewayValue *conversion_add(Conversion *conversion, GatewaySection section, const char *key,
                             const char *text);

/* Always TRUE, each with its note. comment: the statement stays in the text, where a person finds
 * it. set: a gateway has one value of each key, of several the first. append: one more of a list.
 * missing: to be filled in. already: it is so without a key. */
gboolean conversion_comment(Conversion *conversion, GatewaySection section,
                            const RacoonStatement *at, const char *reason);
gboolean conversion_set(Conversion *conversion, GatewaySection section, const char *key,
                        const RacoonStatement *at, const char *text);
gboolean conversion_append(Conversion *conversion, GatewaySection section, const char *key,
                           const RacoonStatement *at, const char *text);
gboolean conversion_missing(Conversion *conversion, GatewaySection section, const char *key,
                            const RacoonStatement *at, const char *why);
gboolean conversion_warn(Conversion *conversion, const RacoonStatement *at, const char *text);
gboolean conversion_already(Conversion *conversion, const RacoonStatement *at, const char *text);
