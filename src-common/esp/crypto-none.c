/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built without a wide crypto back end. */
#include "esp/crypto.h"

const EspCrypto *const esp_crypto_wide = NULL;
