/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gateway.conf: what a gateway is and whom it serves. A key file with one table of keys (conf.c);
 * an error names the line.
 *
 * A GatewayConfig is read and checked as a whole, needs neither kernel nor sockets, and never
 * changes afterwards: a reload makes a new one and puts it in the place of the old one.
 */
#pragma once

#include "base/names.h"
#include "ike/ike.h"

#include <gio/gio.h>

#define GATEWAY_CONFIG_ERROR (gateway_config_error_quark())
GQuark gateway_config_error_quark(void);

typedef enum {
    GATEWAY_CONFIG_SYNTAX,  /* a line that cannot be read */
    GATEWAY_CONFIG_INVALID, /* a value that cannot be */
    GATEWAY_CONFIG_FILE,    /* a file that it names */
} GatewayConfigError;

typedef enum {
    GATEWAY_LOGIN_USERS,  /* a file of users and hashes of its own */
    GATEWAY_LOGIN_SYSTEM, /* accounts of this machine */
    GATEWAY_LOGIN_PAM,
    GATEWAY_LOGIN_RADIUS,
} GatewayLoginSource;

typedef enum { GATEWAY_PLANE_AUTO, GATEWAY_PLANE_KERNEL, GATEWAY_PLANE_USERSPACE } GatewayPlane;

typedef enum { GATEWAY_FULL_REPLACE, GATEWAY_FULL_REFUSE, GATEWAY_FULL_ALLOW } GatewayWhenFull;

/* Addresses that are given to guests: number i of a pool is the i-th after both first ones. */
typedef struct {
    char *name;          /* "" for [pool] */
    NetAddress network4; /* the first address; none = only RADIUS gives addresses */
    guint32 size;
    NetAddress netmask4;
    guint8 prefix_length4;
    NetAddress network6; /* none = without IPv6 */
} GatewayPool;

/* What a group or a user gets instead of what everybody gets; NULL, empty, 0 = as everybody. */
typedef struct {
    char *pool;
    NetAddress address4; /* of a user alone */
    NetAddress address6;
    GArray *dns;
    GArray *wins;
    char *domain;
    GPtrArray *split_dns;
    GArray *split_include;
    GArray *split_exclude;
    guint32 sessions_per_user;
    guint32 session_timeout_seconds;
    guint32 idle_timeout_seconds;
} GatewayTerms;

/* Who names it in phase 1, or whom RADIUS puts into it (Filter-Id, Group-Policy). */
typedef struct {
    char *name;       /* "*": whoever names no group that is there, and Main Mode */
    Secret *password; /* of xauth-psk; NULL = not for that */
    guint32 key;
    GatewayTerms terms;
} GatewayGroup;

typedef struct {
    char *name;
    GatewayTerms terms;
} GatewayUser;

enum { GATEWAY_KEY_CERTIFICATE = 1, GATEWAY_KEY_FIRST_GROUP = 2 };

typedef struct {
    gint ref_count;
    char *origin;

    /* [gateway] */
    NetAddress listen; /* none = every IPv4 address */
    char *interface;
    char *identity;
    char *certificate_file;
    char *key_file;
    char *client_ca_file;
    char *ca_file;   /* that issued the certificate: for profiles of clients */
    char *address;   /* what clients connect to: for their profiles */
    guint32 methods; /* bits 1 << row of gateway_methods */
    guint32 modes;

    /* [ike], [esp] */
    GArray *phase1; /* SuitePhase1 */
    gboolean allows_weak;
    gint proposal_check;
    gint fragmentation;
    gint config_mode;
    gint nat_traversal;
    guint32 keepalive_seconds;
    guint32 phase1_lifetime_seconds;
    guint32 dpd_delay_seconds;
    guint32 dpd_retry_seconds;
    guint32 dpd_max_failures;
    guint32 half_open_seconds;
    GArray *esp; /* SuiteEsp */
    char *pfs;
    guint32 esp_lifetime_seconds;
    guint32 esp_lifetime_kilobytes; /* 0 = any amount */
    guint32 esp_fragment_octets;
    gint plane; /* GATEWAY_PLANE_* */
    guint32 mtu_octets;

    /* [pool], [pool NAME] */
    GPtrArray *pools; /* GatewayPool; the first is [pool] */
    GArray
        *framed_networks; /* NetPrefix: out of which RADIUS may give addresses, beside the pools */

    /* [settings]: what guests are told */
    GArray *dns;
    GArray *wins;
    char *domain;
    GPtrArray *split_dns;
    GArray *split_include;
    GArray *split_exclude;
    gboolean excludes_local_network;
    char *banner_file;
    gboolean may_save_password;
    GPtrArray *backup_gateways;
    guint32 session_timeout_seconds; /* 0 = for ever */
    guint32 idle_timeout_seconds;

    /* [login] */
    gint login_source;
    char *users_file;
    GPtrArray *login_groups;
    char *pam_service;
    guint32 login_limit_seconds; /* of a check by PAM or system accounts */
    GArray *radius_servers;      /* NetEndpoint; port 0 = the usual one */
    char *radius_secret_file;
    gboolean asks_chap;
    guint32 radius_timeout_seconds;
    guint32 radius_tries;
    guint32 radius_dead_seconds;
    GArray *radius_old_servers; /* NetAddress: believed without Message-Authenticator */
    GArray *radius_control;     /* NetAddress: who may disconnect guests (RFC 5176) */
    guint32 sessions_per_user;
    gint when_full;
    guint32 max_failures; /* of a user at an address, until it has to wait */
    guint32 ban_seconds;

    /* [accounting] */
    GArray *accounting_servers; /* NetEndpoint */
    char *accounting_file;
    guint32 interim_seconds; /* 0 = unless RADIUS wants it */

    /* [forward] */
    gboolean is_forwarding;
    gboolean has_nat;

    /* Made of the above. */
    GPtrArray *groups; /* GatewayGroup */
    GHashTable *users; /* name: GatewayUser */
    GPtrArray *chain;  /* GBytes, leaf first */
    GPtrArray *client_anchors;
    Secret *key; /* DER */
    char *banner;
    GPtrArray *policies; /* IkePolicy */
    GPtrArray *warnings; /* char */
} GatewayConfig;

/* Names of the methods, in the order of preference; value is an IkeMethod. */
extern const NameRow gateway_methods[];

/* NULL with a text that begins with FILE:LINE. */
GatewayConfig *gateway_config_read(const char *path, GError **error);
/* The text alone, without the files that it names: no chain, key, banner and policies. */
GatewayConfig *gateway_config_parse(const char *text, gsize length, const char *origin,
                                    GError **error);
GatewayConfig *gateway_config_ref(GatewayConfig *config);
void gateway_config_unref(GatewayConfig *config);

/* NULL: there is none. The first pool has the name "". */
const GatewayPool *gateway_config_pool(const GatewayConfig *config, const char *name);
const GatewayGroup *gateway_config_group(const GatewayConfig *config, const char *name);
gboolean gateway_config_has_accounting(const GatewayConfig *config);
gboolean gateway_config_has_ipv6(const GatewayConfig *config);
/* Number i of a pool; none for IPv6 where the pool has none. */
NetAddress gateway_pool_address4(const GatewayPool *pool, guint i);
NetAddress gateway_pool_address6(const GatewayPool *pool, guint i);
/* Whether guests may have this address: it is one of a pool's, or of the framed networks. */
gboolean gateway_config_routes(const GatewayConfig *config, const NetAddress *address);
/* What guests get but for their address and what is their own. */
IkeSettings *gateway_config_settings(const GatewayConfig *config);
/* Why config cannot take the place of running without a restart; NULL when it can. To be freed. */
char *gateway_config_needs_restart(const GatewayConfig *running, const GatewayConfig *config);

/* conf-files.c */
gboolean gateway_config_complete(GatewayConfig *config, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GatewayConfig, gateway_config_unref)
