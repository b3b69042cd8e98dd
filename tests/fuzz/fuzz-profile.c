/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Key files of strangers. What is read can be written, and reads again as the same; the two ways
 * over D-Bus agree too.
 */
#include "profile/profile.h"

#include <stddef.h>
#include <stdint.h>

static void
check_settings(const Profile *profile)
{
    g_autoptr(GVariant) there = g_variant_ref_sink(profile_to_settings(profile));
    g_autoptr(Profile) copy = profile_from_settings(there, NULL);
    g_autoptr(GVariant) back = NULL;

    g_assert_nonnull(copy);
    back = g_variant_ref_sink(profile_to_settings(copy));
    g_assert_true(g_variant_equal(there, back));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = profile_parse((const char *)data, size, "fuzz", &error);
    g_autoptr(Secret) written = NULL;
    g_autoptr(Profile) again = NULL;
    g_autoptr(Secret) twice = NULL;
    g_auto(GStrv) weak = NULL;

    g_assert_true((profile == NULL) == (error != NULL));
    if (profile == NULL) {
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        return 0;
    }
    written = profile_write(profile, TRUE);
    again = profile_parse(secret_text(written), secret_length(written), "fuzz", &error);
    g_assert_no_error(error);
    twice = profile_write(again, TRUE);
    g_assert_true(secret_equal(written, twice));
    check_settings(profile);
    profile_check(profile, NULL);
    weak = profile_weak(profile);
    return 0;
}
