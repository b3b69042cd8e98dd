/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the writers of the table of formats share: private to profile/. */
#pragma once

#include "profile/export.h"

struct ExportDraft {
    const Profile *profile;
    Export *export;
    GString *out; /* wiped at the end */
    gboolean with_secrets;
    gboolean is_covered[PROFILE_FIELD_COUNT]; /* nothing to be noted */
};
typedef struct ExportDraft ExportDraft;

gboolean export_pcf(ExportDraft *draft, GError **error);
gboolean export_vpnc(ExportDraft *draft, GError **error);
gboolean export_shrew(ExportDraft *draft, GError **error);
gboolean export_mobileconfig(ExportDraft *draft, GError **error);
gboolean export_swanctl(ExportDraft *draft, GError **error);
gboolean export_nm(ExportDraft *draft, GError **error);
gboolean export_coati(ExportDraft *draft, GError **error);

/* The field is in the text and comes back as it is. */
void export_keep(ExportDraft *draft, ProfileField field);
/* The format says the same in other words, or not at all but does it. */
void export_cover(ExportDraft *draft, ProfileField field);
G_GNUC_PRINTF(2, 3)
void export_note(ExportDraft *draft, const char *format, ...);
/* Always FALSE. */
G_GNUC_PRINTF(2, 3)
gboolean export_fail(GError **error, const char *format, ...);
G_GNUC_PRINTF(2, 3)
void export_print(ExportDraft *draft, const char *format, ...);
/* "KEY SEPARATOR VALUE END" when the field is set; lists with commas. It is kept. */
void export_field(ExportDraft *draft, const char *key, ProfileField field, const char *end);
/* The secret's text where it may be written: NULL with a note otherwise, NULL when it is not set. */
const char *export_secret(ExportDraft *draft, ProfileField field);
/* words: "ours=theirs ours=theirs"; NULL with an error for a value that is none. It is kept. */
const char *export_choice(ExportDraft *draft, ProfileField field, const char *words,
                          GError **error);
/* The group of phase 1 for formats that have nothing else; the rest is noted. */
SuiteGroup export_group(ExportDraft *draft);
/* Seconds until the gateway counts as dead, 0 for never; for formats that have that alone. */
guint export_dead_after(ExportDraft *draft);
/* Kept where the networks are spelled as they come back: "10.0.0.0/8", no bits of hosts. */
void export_keep_networks(ExportDraft *draft, ProfileField field);
/* The networks behind the gateway with this between them, "" for none; routes go along. */
char *export_networks(ExportDraft *draft, const char *between, gboolean is_with_mask);
/* The name of the file for a field of PEM, which goes to the files beside: "office-ca.pem". */
char *export_file(ExportDraft *draft, ProfileField field, const char *suffix);
/* The profile's name with letters, digits and hyphens alone. */
char *export_plain_name(const ExportDraft *draft);
/* Own identity, for formats that know group names alone. */
const char *export_group_name(ExportDraft *draft);
