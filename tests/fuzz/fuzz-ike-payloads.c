/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a stranger's datagram meets before any key: header, fragment, payload chain, every body,
 * offers in both roles, Mode Config, certificates. The input is one ISAKMP message; a decrypted one
 * has no flag E.
 */
#include "ike/attribute.h"
#include "ike/certificate.h"
#include "ike/fragment.h"
#include "ike/header.h"
#include "ike/modecfg.h"
#include "ike/offer.h"
#include "ike/payload.h"
#include "ike/vendor.h"
#include "ike/view.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static IkePolicy *
policy(void)
{
    static IkePolicy *made;

    if (made == NULL) {
        SuitePhase1 phase1;
        SuiteEsp esp;

        made = ike_policy_new();
        g_assert(suite_phase1_parse("aes128-sha1-modp1024", &phase1));
        g_assert(suite_esp_parse("aes128-sha1", &esp));
        g_array_append_val(made->phase1, phase1);
        g_array_append_val(made->esp, esp);
    }
    return made;
}

static void
try_sa(Reader body)
{
    IkeSaView sa;
    IkePhase1Choice phase1;
    IkeEspChoice esp;
    g_autofree char *text = ike_offer_format(body);

    g_assert(text != NULL);
    if (ike_sa_parse(body, TRUE, &sa) == IKE_OK) {
        IkeProposalView proposal;
        IkeTransformView transform;

        while (ike_sa_next(&sa.proposals, &proposal))
            while (ike_proposal_next(&proposal.transforms, &transform))
                ike_attributes_check(transform.attributes);
    }
    if (ike_offer_choose_phase1(body, policy(), 64221, 128, &phase1) == IKE_OK) {
        Writer answer = writer_init(1024);

        ike_offer_answer_phase1(&answer, &phase1);
        writer_clear(&answer);
    }
    ike_offer_match_phase1(body, policy(), 64221, SUITE_GROUP_NONE, &phase1);
    ike_offer_choose_esp(body, policy(), IKE_ENCAPSULATION_UDP_TUNNEL, 0, &esp);
    ike_offer_match_esp(body, policy(), IKE_ENCAPSULATION_UDP_TUNNEL, SUITE_GROUP_NONE, &esp);
}

static void
try_config(Reader body)
{
    IkeConfigView config;
    IkeSettings *settings;
    g_auto(IkeModecfgRequest) request = {0};
    Writer reply = writer_init(4096);

    if (ike_config_parse(body, &config) != IKE_OK)
        return;
    settings = ike_settings_new();
    ike_modecfg_parse(config.attributes, settings);
    ike_modecfg_parse_request(config.attributes, &request);
    ike_modecfg_write_settings(&reply, settings, &request, TRUE);
    ike_modecfg_write_ack(&reply, config.attributes);
    writer_clear(&reply);
    ike_settings_free(settings);
}

static void
try_rest(const IkePayload *payload)
{
    IkeNotifyView notify;
    IkeDeleteView deletion;
    IkeCertView cert;
    IkeIdView id;
    NetAddress address;
    guint32 seconds;
    guint64 kilobytes;

    if (ike_id_parse(payload->body, &id) == IKE_OK) {
        g_autofree char *text = ike_id_format(&id);

        g_assert(text != NULL);
    }
    if (ike_notify_parse(payload->body, &notify) == IKE_OK)
        ike_offer_parse_lifetime(notify.data, &seconds, &kilobytes);
    ike_delete_parse(payload->body, &deletion);
    ike_cert_parse(payload->body, &cert);
    ike_nat_oa_parse(payload->body, &address);
}

static void
try_chain(guint8 first, Reader body, gboolean is_decrypted)
{
    IkeChain chain;

    if (ike_chain_parse(first, body, is_decrypted, &chain) != IKE_OK)
        return;
    g_free(ike_chain_format(&chain));
    for (gsize i = 0; i < chain.count; i++) {
        try_sa(chain.list[i].body);
        try_config(chain.list[i].body);
        try_rest(&chain.list[i]);
    }
}

static void
try_fragment(const IkeHeader *header, Reader body)
{
    IkeFragmentView fragment;
    g_autoptr(GBytes) message = NULL;
    IkeReassembly *set;

    if (ike_fragment_parse(body, &fragment) != IKE_OK)
        return;
    set = ike_reassembly_new(header, fragment.id, 65535);
    ike_reassembly_add(set, header, &fragment, &message);
    ike_reassembly_free(set);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    IkeHeader header;
    Reader body;

    if (ike_header_parse(reader_of(data, size), &header, &body) != IKE_OK)
        return 0;
    try_chain(header.next_payload, body, FALSE);
    try_chain(header.next_payload, body, TRUE);
    try_fragment(&header, body);
    return 0;
}
