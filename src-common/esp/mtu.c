/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "esp/esp.h"

enum { UDP_HEADER = 8, TRAILER = 2 };

static gsize
overhead(const SuiteEsp *suite, guint8 outer_length, gboolean is_encapsulated)
{
    gsize outer = outer_length == 16 ? 40 : 20;

    return outer + (is_encapsulated ? UDP_HEADER : 0) + ESP_HEADER + suite_esp_iv_length(suite) +
           suite_esp_icv_length(suite);
}

gsize
esp_mtu_inner(const SuiteEsp *suite, gsize path_mtu, guint8 outer_length, gboolean is_encapsulated)
{
    gsize fixed = overhead(suite, outer_length, is_encapsulated);
    gsize block = suite_esp_block_length(suite);

    if (path_mtu < fixed + block)
        return 0;
    return (path_mtu - fixed) / block * block - TRAILER;
}

gsize
esp_mtu_outer(const SuiteEsp *suite, gsize inner, guint8 outer_length, gboolean is_encapsulated)
{
    gsize block = suite_esp_block_length(suite);

    return overhead(suite, outer_length, is_encapsulated) +
           (inner + TRAILER + block - 1) / block * block;
}
