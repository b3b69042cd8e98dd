/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import-fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return import_fuzz(NULL, data, size);
}
