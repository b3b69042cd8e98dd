/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SA payloads: what an initiator offers, what a responder chooses and answers, and whether an
 * answer is one of the offered transforms (RFC 2409 appendix A, RFC 2407 4.5, RFC 3947 5.1;
 * PROTOCOL 2.1 to 2.7, 6.3 to 6.8).
 *
 * All sa_body parameters are bodies of SA payloads (SAi_b). An offer is one proposal for phase 1,
 * and one proposal with a transform for each suite for ESP. Answers are matched by attribute
 * values, not by numbers: strongSwan always answers proposal 1, transform 1.
 */
#pragma once

#include "base/reader.h"
#include "base/suite.h"
#include "base/writer.h"
#include "ike/limits.h"
#include "ike/numbers.h"
#include "ike/policy.h"

/* The chosen transform, octet by octet, so that it can be echoed after the datagram is gone. */
typedef struct {
    guint8 proposal_number;
    gsize length;
    guint8 octets[IKE_MAX_TRANSFORM_OCTETS];
} IkeEcho;

typedef struct {
    SuitePhase1 suite;
    guint16 method;           /* as on the wire, Init or Resp value */
    guint32 lifetime_seconds; /* agreed: never above the policy's own */
    IkeEcho echo;
} IkePhase1Choice;

typedef struct {
    SuiteEsp suite;
    guint32 spi;                       /* the sender's inbound SPI */
    guint16 encapsulation;             /* IkeEncapsulation as on the wire */
    SuiteGroup pfs_group;              /* NONE = no PFS */
    guint32 lifetime_seconds;          /* agreed */
    guint64 lifetime_kilobytes;        /* 0 = none */
    gboolean needs_responder_lifetime; /* claim: ours is shorter than what was offered */
    IkeEcho echo;
} IkeEspChoice;

/* The wire value of a method: the Resp value of Hybrid and Xauth methods when the user is the
 * responder of this phase 1 (a gateway renewing it). */
guint16 ike_method_number(IkeMethod method, gboolean is_user_initiator);

/* only_group: leave out suites of other groups (aggressive mode carries one KE); NONE = all. */
void ike_offer_write_phase1(Writer *sa_body, const IkePolicy *policy, guint16 method,
                            SuiteGroup only_group);

/* Responder: the first transform in the initiator's order that the policy allows, judged by
 * policy->proposal_check. ke_length: length of the KE in the same message, 0 = none (main mode); a
 * transform whose group has another length is passed over. NO-PROPOSAL-CHOSEN when none fits. */
IkeNotify ike_offer_choose_phase1(Reader sa_body, const IkePolicy *policy, guint16 method,
                                  gsize ke_length, IkePhase1Choice *ret_choice);
void ike_offer_answer_phase1(Writer *sa_body, const IkePhase1Choice *choice);

/* Initiator: the answer must be exactly one transform out of what the policy offered; its life may
 * be shorter. BAD-PROPOSAL-SYNTAX or NO-PROPOSAL-CHOSEN otherwise. */
IkeNotify ike_offer_match_phase1(Reader sa_body, const IkePolicy *policy, guint16 method,
                                 SuiteGroup only_group, IkePhase1Choice *ret_choice);

/* spi: our inbound one. pfs_group NONE = without PFS. */
void ike_offer_write_esp(Writer *sa_body, const IkePolicy *policy, guint32 spi,
                         IkeEncapsulation encapsulation, SuiteGroup pfs_group);

/* Responder. A transform with a group needs a KE of its length, and the reverse; bundles with
 * IPCOMP or AH are passed over; UDP-encapsulated modes of RFC and drafts are taken alike when
 * encapsulation is one of them. policy->pfs GROUP wants exactly that group, AUTO and OFF take what
 * the initiator offers (weak groups only when a suite of the policy names one). A missing mode
 * means tunnel. */
IkeNotify ike_offer_choose_esp(Reader sa_body, const IkePolicy *policy,
                               IkeEncapsulation encapsulation, gsize ke_length,
                               IkeEspChoice *ret_choice);
/* own_spi: our inbound one. */
void ike_offer_answer_esp(Writer *sa_body, const IkeEspChoice *choice, guint32 own_spi);

/* Initiator. ESP SPIs below 256 are refused. */
IkeNotify ike_offer_match_esp(Reader sa_body, const IkePolicy *policy,
                              IkeEncapsulation encapsulation, SuiteGroup pfs_group,
                              IkeEspChoice *ret_choice);

/* RESPONDER-LIFETIME data, both ways (RFC 2407 4.6.3.1). 0 = not given. FortiGate's mix of types 11
 * and 2 is understood. */
IkeNotify ike_offer_parse_lifetime(Reader data, guint32 *ret_seconds, guint64 *ret_kilobytes);
void ike_offer_write_lifetime(Writer *data, IkeProtocol protocol, guint32 seconds,
                              guint64 kilobytes);

/* "aes256-sha256-modp2048 hybrid-rsa 28800s | 3des-...", numbers where there is no name; for logs
 * and for the detail of a failure. To be freed. */
char *ike_offer_format(Reader sa_body);
