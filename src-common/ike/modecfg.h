/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mode Config and Unity attributes <-> IkeSettings (draft-ietf-ipsec-isakmp-mode-cfg-05 3.4; Unity
 * is de facto; PROTOCOL 5.6, 5.7). Xauth attributes are passed over: they are the login's.
 */
#pragma once

#include "base/reader.h"
#include "base/writer.h"
#include "ike/action.h"
#include "ike/policy.h"

/* Merges the attributes of a REPLY or SET into settings: single values replace, lists grow up to
 * their limits without doubles. What has no sense is left out: short values, 0.0.0.0, masks with
 * holes, names that are no host names. Never fails: the list was checked when the payload was. */
void ike_modecfg_parse(Reader attributes, IkeSettings *settings);

/* The attributes of a client's REQUEST: what it wants, with the wished address. */
void ike_modecfg_write_request(Writer *attributes, const IkePolicy *policy);
/* What a REQUEST asked for. */
typedef struct {
    NetAddress wished_address; /* none = any */
    guint64 asked;             /* a bit for each row of the table; opaque */
    char *application_version; /* cleaned; may be NULL; to be freed */
    char *device_name;         /* cleaned; may be NULL; to be freed */
} IkeModecfgRequest;

void ike_modecfg_parse_request(Reader attributes, IkeModecfgRequest *ret_request);
void ike_modecfg_request_clear(IkeModecfgRequest *request);

/* The attributes of a REPLY in the order of our table: what was asked for, and to a peer with the
 * Unity vendor ID also DNS, domain, banner and split networks unasked. request NULL: a SET, with
 * everything that is set. */
void ike_modecfg_write_settings(Writer *attributes, const IkeSettings *settings,
                                const IkeModecfgRequest *request, gboolean has_unity);

/* The attributes of an ACK: those of the SET with empty values. */
void ike_modecfg_write_ack(Writer *attributes, Reader set_attributes);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IkeModecfgRequest, ike_modecfg_request_clear)
