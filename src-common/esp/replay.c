/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "esp/replay.h"

static gboolean
is_too_old(const EspReplay *replay, guint32 sequence)
{
    return sequence <= replay->top && replay->top - sequence >= ESP_REPLAY_WINDOW;
}

static guint64
bit_of(guint32 sequence)
{
    return G_GUINT64_CONSTANT(1) << (sequence & 63);
}

static guint
word_of(guint32 sequence)
{
    return sequence >> 6 & (ESP_REPLAY_WORDS - 1);
}

gboolean
esp_replay_check(const EspReplay *replay, guint32 sequence)
{
    if (sequence == 0 || is_too_old(replay, sequence))
        return FALSE;
    return sequence > replay->top || (replay->words[word_of(sequence)] & bit_of(sequence)) == 0;
}

gboolean
esp_replay_commit(EspReplay *replay, guint32 sequence)
{
    guint64 bit = bit_of(sequence);
    guint64 *word = &replay->words[word_of(sequence)];

    if (sequence == 0 || is_too_old(replay, sequence))
        return FALSE;
    if (sequence > replay->top) {
        guint32 steps = MIN((sequence >> 6) - (replay->top >> 6), (guint32)ESP_REPLAY_WORDS);

        for (guint32 i = 0; i < steps; i++)
            replay->words[word_of(sequence - (i << 6))] = 0;
        replay->top = sequence;
    }
    if ((*word & bit) != 0)
        return FALSE;
    *word |= bit;
    return TRUE;
}
