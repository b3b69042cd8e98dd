/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/policy.h"

static void
free_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

IkePolicy *
ike_policy_new(void)
{
    IkePolicy *policy = g_new0(IkePolicy, 1);

    policy->ref_count = 1;
    policy->mode = IKE_MODE_AGGRESSIVE;
    policy->method = IKE_METHOD_HYBRID_RSA;
    policy->phase1 = g_array_new(FALSE, FALSE, sizeof(SuitePhase1));
    policy->esp = g_array_new(FALSE, FALSE, sizeof(SuiteEsp));
    policy->proposal_check = IKE_CHECK_CLAIM;
    policy->phase1_lifetime_seconds = 28800;
    policy->esp_lifetime_seconds = 3600;
    policy->own_chain = g_ptr_array_new_with_free_func(free_bytes);
    policy->ca_names = g_ptr_array_new_with_free_func(free_bytes);
    policy->keepalive_seconds = 20;
    policy->dpd_delay_seconds = 20;
    policy->dpd_retry_seconds = 5;
    policy->dpd_max_failures = 5;
    policy->half_open_seconds = 30;
    policy->initiate_seconds = 30;
    policy->remote_networks = g_array_new(FALSE, FALSE, sizeof(NetPrefix));
    policy->sends_initial_contact = TRUE;
    return policy;
}

IkePolicy *
ike_policy_ref(IkePolicy *policy)
{
    g_atomic_int_inc(&policy->ref_count);
    return policy;
}

void
ike_policy_unref(IkePolicy *policy)
{
    if (policy == NULL || !g_atomic_int_dec_and_test(&policy->ref_count))
        return;
    g_array_unref(policy->phase1);
    g_array_unref(policy->esp);
    g_clear_pointer(&policy->own_id.data, g_bytes_unref);
    g_clear_pointer(&policy->peer_id.data, g_bytes_unref);
    g_ptr_array_unref(policy->own_chain);
    g_ptr_array_unref(policy->ca_names);
    g_array_unref(policy->remote_networks);
    g_free(policy->application_version);
    g_free(policy->device_name);
    g_free(policy);
}

gboolean
ike_method_has_xauth(IkeMethod method)
{
    return method != IKE_METHOD_PSK && method != IKE_METHOD_RSA;
}
