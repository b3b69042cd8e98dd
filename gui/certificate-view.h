/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A certificate as rows that a person can compare and copy. */
#pragma once

#include "model/certificate.h"

#include <adwaita.h>

/* A new AdwPreferencesGroup; title may be NULL. */
GtkWidget *coati_certificate_view_new(CoatiCertificate *certificate, const char *title);
/* A window with all of them (CoatiCertificate); title says what they are for. */
void coati_certificate_window_present(GtkWindow *parent, const char *title,
                                      const GPtrArray *certificates);
