/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors that callers on the bus see, by name: org.coati.Coati1.Error.*.
 */
#pragma once

#include <gio/gio.h>

typedef enum {
    COATI_ERROR_FAILED,
    COATI_ERROR_NOT_AUTHORIZED,
    COATI_ERROR_INTERACTION_REQUIRED, /* a person could still allow it */
    COATI_ERROR_INVALID_ARGUMENTS,
    COATI_ERROR_NOT_FOUND,
    COATI_ERROR_ALREADY_EXISTS,
    COATI_ERROR_BUSY,
    COATI_ERROR_NOT_SUPPORTED,
    COATI_ERROR_TIMEOUT,
} CoatiError;

#define COATI_ERROR (coati_error_quark())
GQuark coati_error_quark(void);
