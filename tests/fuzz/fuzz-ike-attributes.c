/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attribute lists: the input is one, as a transform, an ATTR payload or RESPONDER-LIFETIME carries
 * it. Settings read from it keep their limits, and written out they can be read again.
 */
#include "ike/attribute.h"
#include "ike/limits.h"
#include "ike/modecfg.h"
#include "ike/offer.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
check_limits(const IkeSettings *settings)
{
    g_assert(settings->dns->len <= IKE_MAX_DNS && settings->wins->len <= IKE_MAX_WINS);
    g_assert(settings->split_include->len <= IKE_MAX_ROUTES);
    g_assert(settings->split_exclude->len <= IKE_MAX_ROUTES);
    g_assert(settings->split_dns->len <= IKE_MAX_DOMAINS);
    g_assert(settings->banner == NULL || g_utf8_validate(settings->banner, -1, NULL));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    Reader list = reader_of(data, size);
    g_autoptr(IkeSettings) settings = ike_settings_new();
    g_autoptr(IkeSettings) again = ike_settings_new();
    g_auto(IkeModecfgRequest) request = {0};
    g_auto(Writer) writer = writer_init(G_MAXUINT16 * 2);
    guint32 seconds;
    guint64 kilobytes;

    ike_offer_parse_lifetime(list, &seconds, &kilobytes);
    if (ike_attributes_check(list) != IKE_OK)
        return 0;
    ike_modecfg_parse(list, settings);
    check_limits(settings);
    ike_modecfg_parse_request(list, &request);
    ike_modecfg_write_ack(&writer, list);
    writer_clear(&writer);
    ike_modecfg_write_settings(&writer, settings, NULL, FALSE);
    if (!writer_ok(&writer))
        return 0;
    g_assert(ike_attributes_check(reader_of(writer.data, writer.length)) == IKE_OK);
    ike_modecfg_parse(reader_of(writer.data, writer.length), again);
    check_limits(again);
    g_assert(again->split_include->len == settings->split_include->len);
    return 0;
}
