/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The anti-replay window of one inbound SA: RFC 4303 3.4.3 with the ring of RFC 6479.
 *
 * The window moves by whole words, so nothing is ever shifted: numbers may arrive up to
 * ESP_REPLAY_WINDOW behind the highest one. Check before the ICV is verified, commit after; a
 * number that was committed between the two is refused by the commit.
 */
#pragma once

#include <glib.h>

enum {
    ESP_REPLAY_BITS = 2048,
    ESP_REPLAY_WORDS = ESP_REPLAY_BITS / 64,
    ESP_REPLAY_WINDOW = ESP_REPLAY_BITS - 64, /* one word is always being filled */
};

/* All zero = nothing received. */
typedef struct {
    guint32 top;
    guint64 words[ESP_REPLAY_WORDS];
} EspReplay;

/* TRUE when sequence may be new. */
gboolean esp_replay_check(const EspReplay *replay, guint32 sequence);
/* Marks it as received; FALSE when it was already, or is too old by now. */
gboolean esp_replay_commit(EspReplay *replay, guint32 sequence);
