/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/vendor.h"

#include "ike/natt.h"

#define ID(literal) literal, sizeof literal - 1

typedef struct {
    IkeVendor bit;
    gboolean is_sent;
    gsize prefix_length; /* compare only so much; 0 = all of it and nothing behind */
    const char *octets;
    gsize length;
    const char *name;
} VendorRow;

/* The order is that of sending. */
/* clang-format off */
static const VendorRow rows[] = {
    {IKE_VENDOR_XAUTH, TRUE, 0, ID("\x09\x00\x26\x89\xdf\xd6\xb7\x12"), "XAUTH"},
    {IKE_VENDOR_DPD, TRUE, 14, ID("\xaf\xca\xd7\x13\x68\xa1\xf1\xc9\x6b\x86\x96\xfc\x77\x57\x01\x00"), "DPD"},
    {IKE_VENDOR_DPD, FALSE, 0, ID("\x3b\x90\x31\xdc\xe4\xfc\xf8\x8b\x48\x9a\x92\x39\x63\xdd\x0c\x49"), "DPD (Shrew)"},
    {IKE_VENDOR_UNITY, TRUE, 14, ID("\x12\xf5\xf2\x8c\x45\x71\x68\xa9\x70\x2d\x9f\xe2\x74\xcc\x01\x00"), "CISCO-UNITY"},
    {IKE_VENDOR_FRAGMENTATION, TRUE, 16, ID("\x40\x48\xb7\xd5\x6e\xbc\xe8\x85\x25\xe7\xde\x7f\x00\xd6\xc2\xd3\x80\x00\x00\x00"), "FRAGMENTATION"},
    {IKE_VENDOR_NATT_RFC3947, TRUE, 0, ID("\x4a\x13\x1c\x81\x07\x03\x58\x45\x5c\x57\x28\xf2\x0e\x95\x45\x2f"), "NAT-T RFC 3947"},
    {IKE_VENDOR_NATT_03, TRUE, 0, ID("\x7d\x94\x19\xa6\x53\x10\xca\x6f\x2c\x17\x9d\x92\x15\x52\x9d\x56"), "NAT-T draft-03"},
    {IKE_VENDOR_NATT_02N, TRUE, 0, ID("\x90\xcb\x80\x91\x3e\xbb\x69\x6e\x08\x63\x81\xb5\xec\x42\x7b\x1f"), "NAT-T draft-02\\n"},
    {IKE_VENDOR_NATT_02, TRUE, 0, ID("\xcd\x60\x46\x43\x35\xdf\x21\xf8\x7c\xfd\xb2\xfc\x68\xb6\xa4\x48"), "NAT-T draft-02"},
    {IKE_VENDOR_NATT_OTHER, FALSE, 0, ID("\x44\x85\x15\x2d\x18\xb6\xbb\xcd\x0b\xe8\xa8\x46\x95\x79\xdd\xcc"), "NAT-T draft-00"},
    {IKE_VENDOR_NATT_OTHER, FALSE, 0, ID("\x16\xf6\xca\x16\xe4\xa4\x06\x6d\x83\x82\x1a\x0f\x0a\xea\xa8\x62"), "NAT-T draft-01"},
    {IKE_VENDOR_NATT_OTHER, FALSE, 0, ID("\x99\x09\xb6\x4e\xed\x93\x7c\x65\x73\xde\x52\xac\xe9\x52\xfa\x6b"), "NAT-T draft-04"},
    {IKE_VENDOR_NATT_OTHER, FALSE, 0, ID("\x80\xd0\xbb\x3d\xef\x54\x56\x5e\xe8\x46\x45\xd4\xc8\x5c\xe3\xee"), "NAT-T draft-05"},
    {IKE_VENDOR_NATT_OTHER, FALSE, 0, ID("\x4d\x1e\x0e\x13\x6d\xea\xfa\x34\xc4\xf3\xea\x9f\x02\xec\x72\x85"), "NAT-T draft-06"},
    {IKE_VENDOR_NATT_OTHER, FALSE, 0, ID("\x43\x9b\x59\xf8\xba\x67\x6c\x4c\x77\x37\xae\x22\xea\xb8\xf5\x82"), "NAT-T draft-07"},
    {IKE_VENDOR_NATT_OTHER, FALSE, 0, ID("\x8f\x8d\x83\x82\x6d\x24\x6b\x6f\xc7\xa8\xa6\xa4\x28\xc1\x1d\xe8"), "NAT-T draft-08"},
    {IKE_VENDOR_NATT_OTHER, FALSE, 0, ID("\xc4\x0f\xee\x00\xd5\xd3\x9d\xdb\x1f\xc7\x62\xe0\x9b\x7c\xfe\xa7"), "testing NAT-T RFC"},
    {IKE_VENDOR_NATT_APPLE, FALSE, 0, ID("\x4d\xf3\x79\x28\xe9\xfc\x4f\xd1\xb3\x26\x21\x70\xd5\x15\xc6\x62"), "NAT-T draft (Apple)"},
    {IKE_VENDOR_STRONGSWAN, FALSE, 0, ID("\x88\x2f\xe5\x6d\x6f\xd2\x0d\xbc\x22\x51\x61\x3b\x2e\xbe\x5b\xeb"), "strongSwan"},
    {IKE_VENDOR_RACOON, FALSE, 0, ID("\x70\x03\xcb\xc1\x09\x7d\xbe\x9c\x26\x00\xba\x69\x83\xbc\x8b\x35"), "KAME/racoon"},
    {IKE_VENDOR_RACOON, FALSE, 0, ID("\x20\xa3\x62\x2c\x1c\xea\x7c\xe3\x7b\xee\x3c\xa4\x84\x42\x52\x76"), "IPSec-Tools"},
    {IKE_VENDOR_CISCO, FALSE, 14, ID("\x1f\x07\xf7\x0e\xaa\x65\x14\xd3\xb0\xfa\x96\x54\x2a\x50"), "Cisco VPN Concentrator"},
    {IKE_VENDOR_CISCO, FALSE, 0, ID("\xf6\xf7\xef\xc7\xf5\xae\xb8\xcb\x15\x8c\xb9\xd0\x94\xba\x69\xe7"), "Cisco VPN 3000 client"},
    {IKE_VENDOR_CISCO, FALSE, 0, ID("\x12\x6e\x1f\x57\x72\x91\x15\x3b\x20\x48\x5f\x7f\x15\x5b\x4b\xc8"), "Cisco (unnamed)"},
    {IKE_VENDOR_OTHER, FALSE, 0, ID("\x2d\x79\x22\xc6\xb3\x01\xd9\xb0\xe1\x34\x27\x39\xe9\xcf\xbb\xd5"), "Delete With Reason"},
    {IKE_VENDOR_APPLE, FALSE, 0, ID("\x4d\x61\x63\x20\x4f\x53\x58\x20\x31\x30\x2e\x78"), "Mac OS X"},
    {IKE_VENDOR_MICROSOFT, FALSE, 16, ID("\x1e\x2b\x51\x69\x05\x99\x1c\x7d\x7c\x96\xfc\xbf\xb5\x87\xe4\x61"), "MS NT5 ISAKMPOAKLEY"},
    {IKE_VENDOR_MICROSOFT, FALSE, 0, ID("\x26\x24\x4d\x38\xed\xdb\x61\xb3\x17\x2a\x36\xe3\xd0\xcf\xb8\x19"), "MS Vid-Initial-Contact"},
    {IKE_VENDOR_OTHER, FALSE, 0, ID("\x62\x1b\x04\xbb\x09\x88\x2a\xc1\xe1\x59\x35\xfe\xfa\x24\xae\xee"), "GSSAPI"},
    {IKE_VENDOR_FORTINET, FALSE, 0, ID("\x1d\x6e\x17\x8f\x6c\x2c\x0b\xe2\x84\x98\x54\x65\x45\x0f\xe9\xd4"), "Fortigate"},
    {IKE_VENDOR_JUNIPER, FALSE, 20, ID("\x69\x93\x69\x22\x87\x41\xc6\xd4\xca\x09\x4c\x93\xe2\x42\xc9\xde\x19\xe7\xb7\xc6"), "ScreenOS"},
    {IKE_VENDOR_JUNIPER, FALSE, 20, ID("\x16\x6f\x93\x2d\x55\xeb\x64\xd8\xe4\xdf\x4f\xd3\x7e\x23\x13\xf0\xd0\xfd\x84\x51"), "ScreenOS 5.3"},
    {IKE_VENDOR_JUNIPER, FALSE, 0, ID("\xfd\x80\x88\x04\xdf\x73\xb1\x51\x50\x70\x9d\x87\x80\x44\xcd\xe0\xac\x1e\xfc\xde"), "Juniper SRX"},
    {IKE_VENDOR_OTHER, FALSE, 16, ID("\x48\x65\x61\x72\x74\x42\x65\x61\x74\x5f\x4e\x6f\x74\x69\x66\x79"), "HeartBeat_Notify"},
    {IKE_VENDOR_CHECKPOINT, FALSE, 20, ID("\xf4\xed\x19\xe0\xc1\x14\xeb\x51\x6f\xaa\xac\x0e\xe3\x7d\xaf\x28\x07\xb4\x38\x1f"), "Check Point"},
    {IKE_VENDOR_SONICWALL, FALSE, 6, ID("\x5b\x36\x2b\xc8\x20\xf6"), "SonicWall"},
    {IKE_VENDOR_SONICWALL, FALSE, 0, ID("\x40\x4b\xf4\x39\x52\x2c\xa3\xf6"), "SonicWall"},
    {IKE_VENDOR_SONICWALL, FALSE, 0, ID("\xda\x8e\x93\x78\x80\x01\x00\x00"), "SonicWall"},
    {IKE_VENDOR_OTHER, FALSE, 0, ID("\x50\x76\x0f\x62\x4c\x63\xe5\xc5\x3e\xea\x38\x6c\x68\x5c\xa0\x83"), "ESPThruNAT"},
    {IKE_VENDOR_NORTEL, FALSE, 4, ID("\x42\x4e\x45\x53"), "Nortel Contivity"},
    {IKE_VENDOR_LIBRESWAN, FALSE, 2, ID("\x4f\x45"), "Openswan or libreswan"},
};
/* clang-format on */

static gboolean
is_row(const VendorRow *row, Reader body)
{
    if (row->prefix_length == 0)
        return reader_equal(&body, row->octets, row->length);
    body = reader_sub(&body, row->prefix_length);
    return reader_equal(&body, row->octets, row->prefix_length);
}

guint32
ike_vendor_of(Reader body)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (is_row(&rows[i], body))
            return rows[i].bit;
    return 0;
}

guint32
ike_vendor_of_chain(const IkeChain *chain)
{
    guint32 set = 0;

    for (gsize i = 0; i < chain->count; i++)
        if (chain->list[i].type == IKE_PAYLOAD_VENDOR)
            set |= ike_vendor_of(chain->list[i].body);
    return set;
}

guint32
ike_vendor_for_initiator(const IkePolicy *policy)
{
    guint32 set = IKE_VENDOR_XAUTH | IKE_VENDOR_DPD | IKE_VENDOR_UNITY;

    if (policy->natt != IKE_NATT_OFF)
        set |= IKE_VENDOR_NATT_RFC3947 | IKE_VENDOR_NATT_03 | IKE_VENDOR_NATT_02N;
    if (policy->fragmentation != IKE_FRAGMENTATION_OFF)
        set |= IKE_VENDOR_FRAGMENTATION;
    return set;
}

guint32
ike_vendor_for_responder(const IkePolicy *policy, guint32 peer)
{
    guint32 own = ike_vendor_for_initiator(policy);
    guint32 set = own & (IKE_VENDOR_XAUTH | IKE_VENDOR_DPD | IKE_VENDOR_UNITY);

    set |= own & peer & IKE_VENDOR_FRAGMENTATION;
    if (policy->natt == IKE_NATT_OFF)
        return set;
    return set | ike_natt_choose(own | IKE_VENDOR_NATT_02, peer);
}

void
ike_vendor_put(IkeDraft *draft, guint32 set)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].is_sent && (set & rows[i].bit) != 0)
            ike_draft_put(draft, IKE_PAYLOAD_VENDOR, rows[i].octets, rows[i].length);
}

char *
ike_vendor_format(guint32 set)
{
    GString *text = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if ((set & rows[i].bit) == 0)
            continue;
        g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", rows[i].name);
        set &= ~(guint32)rows[i].bit; /* the first name of a bit speaks for it */
    }
    return g_string_free(text, FALSE);
}
