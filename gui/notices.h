/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CoatiNotices: tells a person who looks elsewhere, through the desktop's notifications: a connection
 * is lost, is back, has ended by itself, or a certificate of its profile is about to expire.
 */
#pragma once

#include "model/client.h"

#define COATI_TYPE_NOTICES coati_notices_get_type()
G_DECLARE_FINAL_TYPE(CoatiNotices, coati_notices, COATI, NOTICES, GObject)

/* application: sends them and has the actions show and disconnect; borrowed, must outlive it.
 * settings: whether they are wanted; NULL means always. */
CoatiNotices *coati_notices_new(GApplication *application, CoatiClient *client,
                                GSettings *settings);
