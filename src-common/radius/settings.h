/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a RADIUS server says about a user (Access-Accept) and what is told to it about a session
 * (accounting), as plain values.
 *
 * RFC 2865 5, RFC 2866 5, RFC 2869 5, RFC 6911 3.1. Vendors: Microsoft (311), Cisco (9) and Altiga
 * (3076, the VPN 3000 and its successors).
 */
#pragma once

#include "base/net.h"

#include <glib.h>

/* Everything is its own; arrays are never NULL, texts may be. Zero = the server did not say. */
typedef struct {
    NetAddress address4; /* none = the gateway's own pool */
    guint8 prefix_length4;
    NetAddress address6;
    guint8 prefix_length6;
    char *pool;            /* Framed-Pool or Cisco addr-pool */
    char *profile;         /* Filter-Id or Altiga Group-Policy */
    GArray *dns;           /* NetAddress */
    GArray *wins;          /* NetAddress */
    char *domain;          /* default domain */
    GPtrArray *split_dns;  /* char */
    GArray *split_include; /* NetPrefix */
    GArray *split_exclude; /* NetPrefix */
    char *banner;
    guint32 session_timeout_seconds;
    guint32 idle_timeout_seconds;
    guint32 interim_seconds;
    guint32 mtu_octets;
    GPtrArray *classes; /* GBytes: to be given back in every RadiusRecord of the session */
} RadiusSettings;

enum {
    RADIUS_MAX_ADDRESSES = 8,
    RADIUS_MAX_NETWORKS = 256,
    RADIUS_MAX_NAMES = 64,
    RADIUS_MAX_CLASSES = 8,
    RADIUS_MAX_VALUE = 253,
    RADIUS_MAX_BANNER = 4096,
};

RadiusSettings *radius_settings_new(void);
void radius_settings_free(RadiusSettings *settings);

/* Acct-Status-Type. */
typedef enum {
    RADIUS_EVENT_START = 1,
    RADIUS_EVENT_STOP = 2,
    RADIUS_EVENT_INTERIM = 3,
    RADIUS_EVENT_ON = 7,
    RADIUS_EVENT_OFF = 8,
} RadiusEvent;

/* Acct-Terminate-Cause; NONE for all but STOP. */
typedef enum {
    RADIUS_CAUSE_NONE = 0,
    RADIUS_CAUSE_USER_REQUEST = 1,
    RADIUS_CAUSE_LOST_CARRIER = 2,
    RADIUS_CAUSE_IDLE_TIMEOUT = 4,
    RADIUS_CAUSE_SESSION_TIMEOUT = 5,
    RADIUS_CAUSE_ADMIN_RESET = 6,
    RADIUS_CAUSE_ADMIN_REBOOT = 7,
    RADIUS_CAUSE_PORT_ERROR = 8,
    RADIUS_CAUSE_NAS_ERROR = 9,
    RADIUS_CAUSE_NAS_REQUEST = 10,
    RADIUS_CAUSE_NAS_REBOOT = 11,
    RADIUS_CAUSE_PORT_PREEMPTED = 13,
    RADIUS_CAUSE_SERVICE_UNAVAILABLE = 15,
    RADIUS_CAUSE_USER_ERROR = 17,
} RadiusCause;

/* One accounting event. in = from the guest; octets are the inner ones over all SAs. */
typedef struct {
    RadiusEvent event;
    char *session; /* Acct-Session-Id, unique over reboots; "" for ON and OFF */
    char *user;
    char *calling; /* the guest's public address */
    char *called;  /* the gateway's */
    NetAddress address4;
    NetAddress address6;
    guint32 nas_port; /* number of the session */
    guint64 octets_in;
    guint64 octets_out;
    guint64 packets_in;
    guint64 packets_out;
    guint32 session_seconds;
    RadiusCause cause;
    gint64 unix_seconds; /* when it happened */
    GPtrArray *classes;  /* GBytes */
    guint64 serial;      /* of whoever tells it, one more each time; 0 = has none */
} RadiusRecord;

RadiusRecord *radius_record_new(RadiusEvent event);
RadiusRecord *radius_record_copy(const RadiusRecord *record);
void radius_record_free(RadiusRecord *record);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RadiusSettings, radius_settings_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RadiusRecord, radius_record_free)
