/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packets of one flow put together before they are handed to the kernel (receive offload): the
 * twin of segment.h. One hand-over for forty packets is what makes a userspace plane fast.
 *
 * Nothing is copied: a flow keeps the first packet, whose header will speak for all, and where the
 * payloads of the others are. Only what the kernel would cut into the very same packets again is
 * merged: same headers, payloads in sequence and of one size, the last one shorter at most, right
 * checksums. Order within a flow is kept.
 */
#pragma once

#include "esp/inner.h"

enum { ESP_MERGE_FLOWS = 8, ESP_MERGE_PACKETS = 64, ESP_MERGE_HEADERS = 40 + 60 };

typedef struct {
    guint8 *packets[ESP_MERGE_PACKETS];
    guint32 count;
    guint32 header_length; /* IP */
    guint32 headers;       /* IP and transport */
    guint32 size;          /* payload of each but the last */
    guint32 last_size;
    guint32 next_sequence;
    guint32 total_length;
    guint8 version;
    guint8 protocol;
    gboolean is_closed; /* takes no more */
    guint8 saved[ESP_MERGE_HEADERS];
} EspFlow;

/* All zero = empty. */
typedef struct {
    EspFlow flows[ESP_MERGE_FLOWS];
    guint count;
    gboolean takes_udp;
} EspMerge;

typedef enum {
    ESP_MERGE_TAKEN, /* it waits in a flow; its octets must stay where they are */
    ESP_MERGE_FLUSH, /* write ret_flow, esp_merge_remove() it, then ask again */
    ESP_MERGE_ALONE, /* write the packet itself now */
} EspMergeResult;

EspMergeResult esp_merge_add(EspMerge *merge, guint8 *packet, const EspInner *inner,
                             EspFlow **ret_flow);
void esp_merge_remove(EspMerge *merge, EspFlow *flow);

/* Makes the first packet's header speak for all of two or more: lengths, and the pseudo header's
 * sum in the checksum field. esp_flow_undo() brings the packet back as it was. */
void esp_flow_finish(EspFlow *flow);
void esp_flow_undo(EspFlow *flow);
/* Size of one packet as it came. */
gsize esp_flow_packet_length(const EspFlow *flow, guint index);
