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

typedef enum { GATEWAY_FULL_REPLACE, GATEWAY_FULL_REFUSE } GatewayWhenFull;

/* A group password: phase 1 of xauth-psk. */
typedef struct {
    char *name; /* "*": whoever names no group that is there, and Main Mode */
    Secret *password;
    guint32 key;
} GatewayGroup;

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
    guint32 methods; /* bits 1 << row of gateway_methods */
    guint32 modes;

    /* [ike], [esp] */
    GArray *phase1; /* SuitePhase1 */
    gboolean allows_weak;
    gint proposal_check;
    gint fragmentation;
    gint config_mode;
    guint32 phase1_lifetime_seconds;
    guint32 dpd_delay_seconds;
    guint32 dpd_retry_seconds;
    guint32 dpd_max_failures;
    guint32 half_open_seconds;
    GArray *esp; /* SuiteEsp */
    char *pfs;
    guint32 esp_lifetime_seconds;
    guint32 esp_fragment_octets;
    guint32 mtu_octets;

    /* [pool] */
    NetAddress network4; /* the first address */
    guint32 pool_size;
    NetAddress netmask4;

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

    /* [login] */
    gint login_source;
    char *users_file;
    GPtrArray *login_groups;
    char *pam_service;
    GArray *radius_servers; /* NetAddress */
    char *radius_secret_file;
    guint32 sessions_per_user;
    gint when_full;
    guint32 max_failures; /* of a user at an address, until it has to wait */
    guint32 ban_seconds;

    /* [forward] */
    gboolean is_forwarding;
    gboolean has_nat;

    /* Made of the above. */
    GPtrArray *groups; /* GatewayGroup */
    GPtrArray *chain;  /* GBytes, leaf first */
    GPtrArray *client_anchors;
    Secret *key; /* DER */
    char *banner;
    guint8 prefix_length4;
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

/* What guests get but for their address. */
IkeSettings *gateway_config_settings(const GatewayConfig *config);
/* Why config cannot take the place of running without a restart; NULL when it can. To be freed. */
char *gateway_config_needs_restart(const GatewayConfig *running, const GatewayConfig *config);

/* conf-files.c */
gboolean gateway_config_complete(GatewayConfig *config, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GatewayConfig, gateway_config_unref)
