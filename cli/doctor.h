/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * doctor: one row per check, in the order in which a connection needs things. What was not tested
 * is "skipped" and says why; nothing is called blocked that was not tried.
 */
#pragma once

#include "probe.h"
#include "profile/profile.h"
#include "remote.h"

typedef enum { CHECK_OK, CHECK_WARN, CHECK_FAIL, CHECK_SKIPPED } CheckResult;

typedef struct {
    CheckResult result;
    const char *token; /* reason or B6 word; "" for none */
    char *evidence;
    char *advice; /* NULL for none */
} Check;

/* What the checks share. */
typedef struct {
    Cli *cli;
    const Profile *profile;
    const RemoteProfile *remote;
    Probe *probe;   /* NULL when none was made */
    char *no_probe; /* why not */
    char *gateway;  /* the first address of its name; NULL without one */
    gboolean is_connected;
} Doctor;

typedef struct {
    const char *id;
    const char *title;
    void (*run)(Doctor *doctor, Check *check);
} CheckRow;

/* Ended by a row without id. */
extern const CheckRow doctor_rows[];

/* Sets everything; evidence is taken, advice copied. */
void check_set(Check *check, CheckResult result, const char *token, char *take_evidence,
               const char *advice);

/* doctor-tunnel.c */
void check_dns(Doctor *doctor, Check *check);
void check_traffic(Doctor *doctor, Check *check);
void check_size(Doctor *doctor, Check *check);
