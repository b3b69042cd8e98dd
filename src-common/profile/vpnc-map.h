/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings of vpnc, for its own files and NetworkManager's: private to profile/. */
#pragma once

#include "profile/draft.h"

extern const DraftRow vpnc_rows[];
/* What vpnc does where a file says nothing. */
void vpnc_finish(ImportDraft *draft);
