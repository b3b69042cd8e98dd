/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Under which terms a guest is here: what everybody gets ([settings] and [pool]), then what its
 * group gets, then what its user gets, then what the RADIUS server said of it; each says only what
 * is different.
 *
 * A group is named by RADIUS (Filter-Id or Group-Policy) or in phase 1. What RADIUS says is one
 * more configuration, of a host that is believed in who may come in; addresses and pools are
 * checked where they are leased (leases.h).
 */
#pragma once

#include "gateway/conf.h"
#include "radius/settings.h"

typedef struct {
    IkeSettings *settings; /* all but the addresses */
    const char *pool;      /* NULL = the first; borrowed from where it was said */
    NetAddress address4;   /* none = one of the pool */
    NetAddress address6;
    guint8 prefix_length4; /* 0 = what the pool says */
    guint32 sessions_per_user;
    guint32 session_timeout_seconds; /* 0 = none */
    guint32 idle_timeout_seconds;
    guint32 interim_seconds;
} Terms;

/* group, user and radius may be NULL. To be cleared. */
Terms terms_of(const GatewayConfig *config, const char *group, const char *user,
               const RadiusSettings *radius);
void terms_clear(Terms *terms);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Terms, terms_clear)
