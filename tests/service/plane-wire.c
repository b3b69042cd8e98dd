/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A wire that loses, doubles and overtakes, with dice that fall the same way every time. What it
 * delivers is counted, so that a test can say which packets were lost by the planes.
 */
#include "plane-lab.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 2048, ROUND = 256, HELD = 64, DELAY = 32, SEED = 20260101 };

typedef struct {
    guint8 data[ROOM];
    gsize length; /* 0 = free */
    guint64 due;  /* after so many datagrams */
} Held;

typedef struct {
    Fd socket; /* towards this end */
    guint64 taken;
    guint64 delivered;
    guint64 doubled;
    Held held[HELD];
} Way;

struct LabWire {
    LabFaults faults;
    GRand *dice;
    Way ways[LAB_ENDS]; /* by the end that gets the datagrams */
};

LabWire *
lab_wire_new(const LabFaults *faults, const Fd sockets[LAB_ENDS])
{
    LabWire *wire = g_new0(LabWire, 1);

    wire->faults = *faults;
    wire->dice = g_rand_new_with_seed(SEED);
    for (guint end = 0; end < LAB_ENDS; end++)
        wire->ways[end].socket = sockets[end];
    return wire;
}

void
lab_wire_free(LabWire *wire)
{
    if (wire == NULL)
        return;
    for (guint end = 0; end < LAB_ENDS; end++)
        fd_close(&wire->ways[end].socket);
    g_rand_free(wire->dice);
    g_free(wire);
}

static gboolean
happens(LabWire *wire, guint by_thousand)
{
    return (guint)g_rand_int_range(wire->dice, 0, 1000) < by_thousand;
}

static void
deliver(Way *way, const guint8 *data, gsize length)
{
    g_assert_cmpint(send(way->socket, data, length, 0), ==, (gssize)length);
    way->delivered++;
}

static void
pass(LabWire *wire, Way *way, const guint8 *data, gsize length)
{
    guint64 delay;

    way->taken++;
    if (happens(wire, wire->faults.lost))
        return;
    delay = happens(wire, wire->faults.late) ? (guint64)g_rand_int_range(wire->dice, 1, DELAY) : 0;
    for (guint i = 0; delay > 0 && i < HELD; i++) {
        if (way->held[i].length > 0)
            continue;
        memcpy(way->held[i].data, data, length);
        way->held[i].length = length;
        way->held[i].due = way->taken + delay;
        return;
    }
    deliver(way, data, length);
    if (happens(wire, wire->faults.doubled)) {
        g_assert_cmpint(send(way->socket, data, length, 0), ==, (gssize)length);
        way->doubled++;
    }
}

/* Those that are due, or one that nothing overtakes any more. */
static gboolean
release(Way *way, gboolean is_idle)
{
    gboolean is_moving = FALSE;

    for (guint i = 0; i < HELD; i++) {
        Held *held = &way->held[i];

        if (held->length == 0 || (held->due > way->taken && (!is_idle || is_moving)))
            continue;
        deliver(way, held->data, held->length);
        held->length = 0;
        is_moving = TRUE;
    }
    return is_moving;
}

gboolean
lab_wire_run(LabWire *wire)
{
    gboolean is_moving = FALSE;

    for (guint end = 0; end < LAB_ENDS; end++) {
        Way *way = &wire->ways[end];
        guint count = 0;
        guint8 room[ROOM];

        for (; count < ROUND; count++) {
            gssize length = recv(wire->ways[1 - end].socket, room, sizeof room, 0);

            if (length <= 0)
                break;
            pass(wire, way, room, (gsize)length);
            release(way, FALSE);
        }
        is_moving |= count > 0 || release(way, TRUE);
    }
    return is_moving;
}

guint64
lab_wire_delivered(const LabWire *wire, guint end)
{
    return wire->ways[end].delivered;
}

guint64
lab_wire_doubled(const LabWire *wire, guint end)
{
    return wire->ways[end].doubled;
}
