/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "coati-dbus.h"
#include "gate.h"

static void
each_method(GDBusInterfaceInfo *info, void (*check)(const GateRow *row, const char *name))
{
    for (guint i = 0; info->methods != NULL && info->methods[i] != NULL; i++)
        check(gate_row(info->name, info->methods[i]->name), info->methods[i]->name);
}

static void
check_row(const GateRow *row, const char *name)
{
    if (row == NULL)
        g_error("%s has no row", name);
    g_assert_true(row->rule == GATE_FREE || row->action != NULL);
}

static void
test_every_method_has_a_row(void)
{
    each_method(coati_dbus_manager_interface_info(), check_row);
    each_method(coati_dbus_connection_interface_info(), check_row);
    each_method(coati_dbus_tunnel_interface_info(), check_row);
}

static void
test_every_row_has_a_method(void)
{
    GDBusInterfaceInfo *infos[] = {coati_dbus_manager_interface_info(),
                                   coati_dbus_connection_interface_info(),
                                   coati_dbus_tunnel_interface_info()};

    for (const GateRow *row = gate_rows(); row->interface != NULL; row++) {
        gboolean is_found = g_str_has_prefix(row->interface, "org.freedesktop.DBus.");

        for (gsize i = 0; i < G_N_ELEMENTS(infos); i++)
            if (g_str_equal(infos[i]->name, row->interface))
                is_found = g_dbus_interface_info_lookup_method(infos[i], row->method) != NULL;
        g_assert_true(is_found);
    }
}

static void
test_an_unknown_method_has_no_row(void)
{
    g_assert_null(gate_row("org.coati.Coati1.Manager", "Explode"));
    g_assert_null(gate_row("org.coati.Coati1.Agent", "RequestSecrets"));
}

static void
test_no_property_can_be_written(void)
{
    GDBusInterfaceInfo *infos[] = {coati_dbus_manager_interface_info(),
                                   coati_dbus_connection_interface_info(),
                                   coati_dbus_tunnel_interface_info()};

    g_assert_cmpint(gate_row("org.freedesktop.DBus.Properties", "Set")->rule, ==, GATE_NEVER);
    for (gsize i = 0; i < G_N_ELEMENTS(infos); i++)
        for (guint j = 0; infos[i]->properties[j] != NULL; j++)
            g_assert_cmpint(infos[i]->properties[j]->flags, ==,
                            G_DBUS_PROPERTY_INFO_FLAGS_READABLE);
}

typedef struct {
    const char *interface;
    const char *method;
    GateFacts facts;
    const char *action; /* NULL = free */
} ActionRow;

/* The table of reference C8, method by method. */
static const ActionRow action_rows[] = {
    {"org.coati.Coati1.Connection", "Connect", {0}, GATE_CONNECT},
    {"org.coati.Coati1.Connection", "Connect", {.is_system = TRUE}, GATE_CONNECT},
    {"org.coati.Coati1.Connection", "Update", {.is_owner = TRUE}, GATE_MODIFY_OWN},
    {"org.coati.Coati1.Connection", "Update", {.is_unsafe = TRUE}, GATE_UNSAFE},
    {"org.coati.Coati1.Connection", "Update", {.is_system = TRUE}, GATE_MODIFY_SYSTEM},
    {"org.coati.Coati1.Connection", "Delete", {.is_system = TRUE}, GATE_MODIFY_SYSTEM},
    {"org.coati.Coati1.Connection", "ClearSecrets", {0}, GATE_MODIFY_OWN},
    {"org.coati.Coati1.Connection", "GetSettings", {0}, NULL},
    {"org.coati.Coati1.Manager", "AddConnection", {0}, GATE_MODIFY_OWN},
    {"org.coati.Coati1.Manager", "AddConnection", {.is_system = TRUE}, GATE_MODIFY_SYSTEM},
    {"org.coati.Coati1.Manager", "AddConnection", {.is_unsafe = TRUE}, GATE_UNSAFE},
    {"org.coati.Coati1.Manager", "ConnectTransient", {0}, GATE_CONNECT},
    {"org.coati.Coati1.Manager", "ConnectTransient", {.is_unsafe = TRUE}, GATE_UNSAFE},
    {"org.coati.Coati1.Manager", "Reload", {.is_system = TRUE}, GATE_MODIFY_SYSTEM},
    {"org.coati.Coati1.Manager", "RegisterAgent", {0}, NULL},
    {"org.coati.Coati1.Tunnel", "Disconnect", {.is_owner = TRUE}, NULL},
    {"org.coati.Coati1.Tunnel", "Disconnect", {0}, GATE_DISCONNECT_ANY},
    {"org.coati.Coati1.Tunnel", "Reauthenticate", {0}, GATE_DISCONNECT_ANY},
    {"org.coati.Coati1.Tunnel", "Wait", {0}, NULL},
};

static void
test_each_kind_of_request_has_its_action(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(action_rows); i++) {
        const ActionRow *row = &action_rows[i];

        g_assert_cmpstr(gate_action(gate_row(row->interface, row->method), &row->facts), ==,
                        row->action);
    }
}

/* What NetworkManager connects for a user whose own profile would need an administrator. */
static void
test_root_is_asked_for_a_weak_tunnel_of_a_user(void)
{
    const GateFacts strong = {.is_for_user = TRUE, .uid = 1000};
    const GateFacts weak = {.is_for_user = TRUE, .uid = 1000, .is_unsafe = TRUE};
    const GateFacts own = {.is_unsafe = TRUE};

    g_assert_true(gate_trusts_root(&strong));
    g_assert_true(gate_trusts_root(&own));
    g_assert_false(gate_trusts_root(&weak));
    g_assert_cmpstr(gate_action(gate_row("org.coati.Coati1.Manager", "ConnectTransient"), &weak),
                    ==, GATE_UNSAFE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gate/every-method-has-a-row", test_every_method_has_a_row);
    g_test_add_func("/gate/every-row-has-a-method", test_every_row_has_a_method);
    g_test_add_func("/gate/an-unknown-method-has-no-row", test_an_unknown_method_has_no_row);
    g_test_add_func("/gate/no-property-can-be-written", test_no_property_can_be_written);
    g_test_add_func("/gate/each-kind-of-request-has-its-action",
                    test_each_kind_of_request_has_its_action);
    g_test_add_func("/gate/root-is-asked-for-a-weak-tunnel-of-a-user",
                    test_root_is_asked_for_a_weak_tunnel_of_a_user);
    return g_test_run();
}
