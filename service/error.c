/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

static const GDBusErrorEntry entries[] = {
    {COATI_ERROR_FAILED, "org.coati.Coati1.Error.Failed"},
    {COATI_ERROR_NOT_AUTHORIZED, "org.coati.Coati1.Error.NotAuthorized"},
    {COATI_ERROR_INTERACTION_REQUIRED,
     "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"},
    {COATI_ERROR_INVALID_ARGUMENTS, "org.coati.Coati1.Error.InvalidArguments"},
    {COATI_ERROR_NOT_FOUND, "org.coati.Coati1.Error.NotFound"},
    {COATI_ERROR_ALREADY_EXISTS, "org.coati.Coati1.Error.AlreadyExists"},
    {COATI_ERROR_BUSY, "org.coati.Coati1.Error.Busy"},
    {COATI_ERROR_NOT_SUPPORTED, "org.coati.Coati1.Error.NotSupported"},
    {COATI_ERROR_TIMEOUT, "org.coati.Coati1.Error.Timeout"},
};

GQuark
coati_error_quark(void)
{
    static gsize quark = 0;

    g_dbus_error_register_error_domain("coati-error-quark", &quark, entries, G_N_ELEMENTS(entries));
    return (GQuark)quark;
}
