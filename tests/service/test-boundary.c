/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "boundary-samples.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static BoundaryDirection
direction_of(BoundaryType type)
{
    return type < BOUNDARY_STAGE ? BOUNDARY_TO_ENGINE : BOUNDARY_TO_SERVICE;
}

static BoundaryMessage *
parse(const Secret *octets, BoundaryDirection direction)
{
    gsize length = secret_length(octets);
    const guint8 *data = secret_data(octets);
    g_autoptr(GError) error = NULL;
    BoundaryMessage *message = boundary_parse(data, length, direction, &error);

    g_assert_true((message == NULL) == (error != NULL));
    if (error != NULL)
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    return message;
}

static void
test_every_message_comes_back_octet_by_octet(void)
{
    BoundaryMessage *next;

    for (gsize at = 0; (next = boundary_sample(at)) != NULL; at++) {
        g_autoptr(BoundaryMessage) sample = next;
        g_autoptr(Secret) octets = boundary_write(sample);
        g_autoptr(BoundaryMessage) copy = parse(octets, direction_of(sample->type));
        g_autoptr(Secret) again = NULL;

        g_assert_nonnull(copy);
        g_assert_cmpint(copy->type, ==, sample->type);
        again = boundary_write(copy);
        g_assert_true(secret_equal(octets, again));
    }
}

static void
test_members_of_a_policy_arrive(void)
{
    g_autoptr(BoundaryMessage) sample = boundary_sample_of(BOUNDARY_INITIATE);
    g_autoptr(Secret) octets = boundary_write(sample);
    g_autoptr(BoundaryMessage) copy = parse(octets, BOUNDARY_TO_ENGINE);
    const IkePolicy *policy = copy->initiate.policy;
    char text[SUITE_TEXT_SIZE];
    char prefix[NET_PREFIX_TEXT_SIZE];

    g_assert_cmpuint(policy->phase1->len, ==, 2);
    suite_phase1_format(&g_array_index(policy->phase1, SuitePhase1, 1), text);
    g_assert_cmpstr(text, ==, "3des-md5-modp1024");
    suite_esp_format(&g_array_index(policy->esp, SuiteEsp, 0), text);
    g_assert_cmpstr(text, ==, "aes128gcm16");
    g_assert_cmpint(policy->pfs_group, ==, SUITE_GROUP_ECP_256);
    g_assert_cmpint(policy->own_id.type, ==, IKE_ID_KEY_ID);
    g_assert_cmpmem(g_bytes_get_data(policy->own_id.data, NULL), 5, "staff", 5);
    net_prefix_format(&g_array_index(policy->remote_networks, NetPrefix, 1), prefix);
    g_assert_cmpstr(prefix, ==, "2001:db8::/32");
    g_assert_cmpuint(copy->initiate.trust->anchors->len, ==, 1);
    g_assert_cmpstr(copy->initiate.trust->expected_dn, ==, "CN=vpn.example.org,O=Ex\xc3\xa4mple");
    g_assert_cmpuint(copy->initiate.natt.remote.port, ==, 4500);
    g_assert_cmpuint(copy->initiate.esp_fragment_octets, ==, 552);
}

static void
test_secrets_keep_every_octet_and_their_absence(void)
{
    g_autoptr(BoundaryMessage) sample = boundary_sample_of(BOUNDARY_ANSWER_LOGIN);
    g_autoptr(Secret) octets = boundary_write(sample);
    g_autoptr(BoundaryMessage) copy = parse(octets, BOUNDARY_TO_ENGINE);

    g_assert_true(secret_equal(copy->answer_login.password, sample->answer_login.password));
    g_assert_cmpuint(secret_length(copy->answer_login.answer), ==, 0);
    g_assert_null(copy->answer_login.passcode);
}

static void
test_the_wrong_direction_is_refused(void)
{
    BoundaryMessage *next;

    for (gsize at = 0; (next = boundary_sample(at)) != NULL; at++) {
        g_autoptr(BoundaryMessage) sample = next;
        g_autoptr(Secret) octets = boundary_write(sample);
        BoundaryDirection wrong = direction_of(sample->type) == BOUNDARY_TO_ENGINE
                                      ? BOUNDARY_TO_SERVICE
                                      : BOUNDARY_TO_ENGINE;

        g_assert_null(parse(octets, wrong));
    }
}

static void
test_an_unknown_type_is_refused(void)
{
    const guint8 unknown[] = {0x7f, 0xff};

    g_assert_null(boundary_parse(unknown, 2, BOUNDARY_TO_ENGINE, NULL));
    g_assert_null(boundary_parse(unknown, 1, BOUNDARY_TO_ENGINE, NULL));
    g_assert_null(boundary_parse(unknown, 0, BOUNDARY_TO_ENGINE, NULL));
}

static void
test_every_truncation_is_an_error(void)
{
    BoundaryMessage *next;

    for (gsize at = 0; (next = boundary_sample(at)) != NULL; at++) {
        g_autoptr(BoundaryMessage) sample = next;
        g_autoptr(Secret) octets = boundary_write(sample);
        gsize length = secret_length(octets);
        const guint8 *data = secret_data(octets);

        for (gsize i = 0; i < length; i++)
            g_assert_null(boundary_parse(data, i, direction_of(sample->type), NULL));
    }
}

static void
test_one_octet_too_many_is_an_error(void)
{
    BoundaryMessage *next;

    for (gsize at = 0; (next = boundary_sample(at)) != NULL; at++) {
        g_autoptr(BoundaryMessage) sample = next;
        g_autoptr(Secret) octets = boundary_write(sample);
        gsize length = secret_length(octets);
        g_autofree guint8 *longer = g_malloc0(length + 1);

        memcpy(longer, secret_data(octets), length);
        g_assert_null(boundary_parse(longer, length + 1, direction_of(sample->type), NULL));
    }
}

/* Each octet takes each of eight other values: what still parses must be writable again. */
static void
test_every_changed_octet_is_an_error_or_a_message(void)
{
    static const guint8 changes[] = {0x01, 0x80, 0xff, 0x40, 0x10, 0x7f, 0x02, 0xfe};
    BoundaryMessage *next;

    for (gsize at = 0; (next = boundary_sample(at)) != NULL; at++) {
        g_autoptr(BoundaryMessage) sample = next;
        g_autoptr(Secret) octets = boundary_write(sample);
        gsize length = secret_length(octets);
        g_autofree guint8 *data = g_memdup2(secret_data(octets), length);

        for (gsize i = 0; i < length * G_N_ELEMENTS(changes); i++) {
            guint8 change = changes[i % G_N_ELEMENTS(changes)];
            g_autoptr(BoundaryMessage) copy = NULL;

            data[i / G_N_ELEMENTS(changes)] ^= change;
            copy = boundary_parse(data, length, direction_of(sample->type), NULL);
            data[i / G_N_ELEMENTS(changes)] ^= change;
            if (copy != NULL) {
                g_autoptr(Secret) again = boundary_write(copy);

                g_assert_nonnull(again);
            }
        }
    }
}

static void
test_texts_are_cleaned_on_the_way_out_and_refused_on_the_way_in(void)
{
    g_autoptr(BoundaryMessage) message = boundary_message_new(BOUNDARY_NOTE);
    g_autoptr(Secret) octets = NULL;
    g_autoptr(BoundaryMessage) copy = NULL;
    const guint8 escape[] = {0, BOUNDARY_NOTE, 0, 0, 0, 2, 'a', 0x1b};
    const guint8 nul[] = {0, BOUNDARY_NOTE, 0, 0, 0, 2, 'a', 0};
    const guint8 broken[] = {0, BOUNDARY_NOTE, 0, 0, 0, 2, 'a', 0xc3};

    message->note.text = g_strdup("red \x1b[31m and \xff");
    octets = boundary_write(message);
    copy = parse(octets, BOUNDARY_TO_SERVICE);
    g_assert_nonnull(copy);
    g_assert_null(strchr(copy->note.text, 0x1b));
    g_assert_true(g_utf8_validate(copy->note.text, -1, NULL));
    g_assert_null(boundary_parse(escape, sizeof escape, BOUNDARY_TO_SERVICE, NULL));
    g_assert_null(boundary_parse(nul, sizeof nul, BOUNDARY_TO_SERVICE, NULL));
    g_assert_null(boundary_parse(broken, sizeof broken, BOUNDARY_TO_SERVICE, NULL));
}

static void
test_what_is_too_long_is_not_written(void)
{
    g_autoptr(BoundaryMessage) note = boundary_message_new(BOUNDARY_NOTE);
    g_autoptr(BoundaryMessage) login = boundary_message_new(BOUNDARY_ANSWER_LOGIN);
    g_autoptr(BoundaryMessage) settings = boundary_message_new(BOUNDARY_SETTINGS);
    NetPrefix prefix = {.address = {.length = 4}};

    note->note.text = g_strnfill(70000, 'x');
    g_assert_null(boundary_write(note));
    login->answer_login.password = secret_new_zero(5000);
    g_assert_null(boundary_write(login));
    settings->settings = ike_settings_new();
    for (guint i = 0; i < 1025; i++)
        g_array_append_val(settings->settings->split_include, prefix);
    g_assert_null(boundary_write(settings));
}

static void
test_the_longest_list_of_routes_fits(void)
{
    g_autoptr(BoundaryMessage) message = boundary_message_new(BOUNDARY_SETTINGS);
    g_autoptr(Secret) octets = NULL;
    g_autoptr(BoundaryMessage) copy = NULL;
    NetPrefix prefix;

    g_assert_true(net_prefix_parse("2001:db8:ffff::/48", &prefix));
    message->settings = ike_settings_new();
    for (guint i = 0; i < 1024; i++)
        g_array_append_val(message->settings->split_include, prefix);
    octets = boundary_write(message);
    g_assert_nonnull(octets);
    copy = parse(octets, BOUNDARY_TO_SERVICE);
    g_assert_cmpuint(copy->settings->split_include->len, ==, 1024);
}

static void
test_names_are_known(void)
{
    BoundaryMessage *next;

    for (gsize at = 0; (next = boundary_sample(at)) != NULL; at++) {
        g_autoptr(BoundaryMessage) sample = next;

        g_assert_cmpstr(boundary_name(sample->type), !=, "unknown");
    }
    g_assert_cmpstr(boundary_name((BoundaryType)9999), ==, "unknown");
    g_assert_cmpuint(boundary_fd_count(BOUNDARY_INITIATE), ==, 3);
    g_assert_cmpuint(boundary_fd_count(BOUNDARY_CLOSED), ==, 0);
}

static void
test_descriptors_go_with_their_message(void)
{
    g_auto(Fd) null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    Fd pair[2] = {-1, -1};
    Fd given[3] = {null, null, null};
    Fd taken[FD_MAX_PASSED];
    g_autoptr(BoundaryMessage) sample = boundary_sample_of(BOUNDARY_INITIATE);
    g_autoptr(BoundaryMessage) copy = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(fd_pair(pair, &error));
    g_assert_true(boundary_send(pair[0], sample, given, &error));
    copy = boundary_receive(pair[1], BOUNDARY_TO_ENGINE, taken, &error);
    g_assert_no_error(error);
    g_assert_nonnull(copy);
    for (gsize i = 0; i < 3; i++) {
        g_assert_cmpint(taken[i], >=, 0);
        fd_close(&taken[i]);
    }
    g_assert_cmpint(taken[3], ==, -1);
    g_assert_null(boundary_receive(pair[1], BOUNDARY_TO_ENGINE, taken, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    g_clear_error(&error);
    fd_close(&pair[0]);
    g_assert_null(boundary_receive(pair[1], BOUNDARY_TO_ENGINE, taken, &error));
    g_assert_no_error(error);
    fd_close(&pair[1]);
}

static void
test_descriptors_that_no_row_names_are_closed_and_refused(void)
{
    g_auto(Fd) null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    g_autoptr(BoundaryMessage) sample = boundary_sample_of(BOUNDARY_STAGE);
    g_autoptr(Secret) octets = boundary_write(sample);
    g_autoptr(GError) error = NULL;
    Fd pair[2] = {-1, -1};
    Fd taken[FD_MAX_PASSED] = {-1, -1, -1, -1};
    Fd next;

    g_assert_true(fd_pair(pair, &error));
    g_assert_true(fd_send(pair[0], secret_data(octets), secret_length(octets), &null, 1, &error));
    next = dup(null);
    close(next);
    g_assert_null(boundary_receive(pair[1], BOUNDARY_TO_SERVICE, taken, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    g_assert_cmpint(taken[0], ==, -1);
    /* The lowest free number is free again: nothing leaked. */
    g_assert_cmpint(fcntl(next, F_GETFD), ==, -1);
    fd_close(&pair[0]);
    fd_close(&pair[1]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/boundary/every-message-comes-back-octet-by-octet",
                    test_every_message_comes_back_octet_by_octet);
    g_test_add_func("/boundary/members-of-a-policy-arrive", test_members_of_a_policy_arrive);
    g_test_add_func("/boundary/secrets-keep-every-octet-and-their-absence",
                    test_secrets_keep_every_octet_and_their_absence);
    g_test_add_func("/boundary/the-wrong-direction-is-refused",
                    test_the_wrong_direction_is_refused);
    g_test_add_func("/boundary/an-unknown-type-is-refused", test_an_unknown_type_is_refused);
    g_test_add_func("/boundary/every-truncation-is-an-error", test_every_truncation_is_an_error);
    g_test_add_func("/boundary/one-octet-too-many-is-an-error",
                    test_one_octet_too_many_is_an_error);
    g_test_add_func("/boundary/every-changed-octet-is-an-error-or-a-message",
                    test_every_changed_octet_is_an_error_or_a_message);
    g_test_add_func("/boundary/texts-are-cleaned-on-the-way-out-and-refused-on-the-way-in",
                    test_texts_are_cleaned_on_the_way_out_and_refused_on_the_way_in);
    g_test_add_func("/boundary/what-is-too-long-is-not-written",
                    test_what_is_too_long_is_not_written);
    g_test_add_func("/boundary/the-longest-list-of-routes-fits",
                    test_the_longest_list_of_routes_fits);
    g_test_add_func("/boundary/names-are-known", test_names_are_known);
    g_test_add_func("/boundary/descriptors-go-with-their-message",
                    test_descriptors_go_with_their_message);
    g_test_add_func("/boundary/descriptors-that-no-row-names-are-closed-and-refused",
                    test_descriptors_that_no_row_names_are_closed_and_refused);
    return g_test_run();
}
