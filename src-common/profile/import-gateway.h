/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gateway's side of a racoon.conf as a gateway.conf (coati-gateway.conf(5)).
 *
 * Every keyword of the blocks remote, mode_cfg, sainfo, radiuscfg, ldapcfg, listen and timer has a
 * row that says what becomes of it. What has no place stays as a comment at the section it would
 * belong to, as it was written and with the reason. Files are named, not read, but for psk.txt.
 */
#pragma once

#include "profile/import.h"

/* ret_conf: the text, which may hold group passwords. As import_parse() otherwise; the Import has
 * notes and no profiles. Some things a person must fill in (MISSING notes); the text has a comment
 * "# KEY = ?" there. */
Import *import_gateway(const char *data, gsize length, const char *origin, const ImportFiles *files,
                       Secret **ret_conf, GError **error);
