/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a packet costs when many SAs take turns: a random SA for each packet, found by its SPI, in
 * batches of 64. "of one" is the cost with one SA / this cost. Memory is what the heap grew by for
 * a pair of SAs (one each way).
 *
 *     plane-scale [JSON-FILE]
 */
#include "engine/plane-table.h"
#include "esp/esp.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = 64, ROUNDS = 7, BATCHES = 400, ROOM = 1600 };

static const guint counts[] = {1, 100, 1000, 10000, 100000};
static const gsize sizes[] = {1400, 100};
static const char *const suites[] = {"aes128-sha1", "aes128gcm16"};

/* As a child of the plane holds them. */
typedef struct {
    EspSa *out;
    EspSa *in;
} Pair;

typedef struct {
    gdouble seal[ROUNDS];
    gdouble open[ROUNDS];
} Times;

static guint8 rooms[BATCH][ROOM] __attribute__((aligned(64)));

static void
count_up(gpointer user_data, guint8 *ret_octets, gsize length)
{
    static guint64 counter;

    for (gsize i = 0; i + sizeof counter <= length; i += sizeof counter, counter++)
        memcpy(ret_octets + i, &counter, sizeof counter);
}

static Pair *
pair_new(EspContext *context, const SuiteEsp *suite, guint32 spi)
{
    g_autoptr(Secret) keymat = secret_new_zero(suite_esp_keymat_length(suite));
    Pair *pair = g_new0(Pair, 1);

    memcpy(secret_edit(keymat), &spi, sizeof spi);
    pair->out = esp_sa_new(context, ESP_SEAL, suite, spi, keymat, NULL);
    pair->in = esp_sa_new(context, ESP_OPEN, suite, spi, keymat, NULL);
    return pair;
}

static guint32
spi_of(guint number)
{
    return (number + 1) * 2654435761u;
}

static guint32
any_spi(guint count)
{
    static guint64 state = 88172645463325252;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return spi_of((guint)(state >> 32) % count);
}

static void
write_packet(guint8 *packet, gsize length)
{
    packet[0] = 0x45;
    packet[2] = (guint8)(length >> 8);
    packet[3] = (guint8)length;
}

static gdouble
nanoseconds_since(gint64 start)
{
    return (gdouble)(g_get_monotonic_time() - start) * 1000 / BATCH;
}

/* One batch both ways; the times are added. */
static void
run_batch(const PlaneTable *table, guint count, gsize size, gdouble *seal, gdouble *open)
{
    EspFrame frames[BATCH];
    guint32 spis[BATCH];
    gint64 start;

    for (guint i = 0; i < BATCH; i++)
        spis[i] = any_spi(count);
    start = g_get_monotonic_time();
    for (guint i = 0; i < BATCH; i++) {
        const Pair *pair = plane_table_find(table, spis[i]);

        write_packet(rooms[i] + esp_sa_head(pair->out), size);
        frames[i] = (EspFrame){.sa = pair->out, .data = rooms[i], .inner_length = (guint32)size};
    }
    esp_seal(frames, BATCH);
    *seal += nanoseconds_since(start);
    start = g_get_monotonic_time();
    for (guint i = 0; i < BATCH; i++) {
        const Pair *pair = plane_table_find(table, spis[i]);

        frames[i] = (EspFrame){.sa = pair->in, .data = rooms[i], .length = frames[i].length};
    }
    esp_open(frames, BATCH);
    *open += nanoseconds_since(start);
    for (guint i = 0; i < BATCH; i++)
        g_assert_cmpint(frames[i].verdict, ==, ESP_OK);
}

static gint
compare(gconstpointer a, gconstpointer b)
{
    gdouble x = *(const gdouble *)a;
    gdouble y = *(const gdouble *)b;

    return x < y ? -1 : x > y;
}

static gdouble
median(gdouble *values)
{
    qsort(values, ROUNDS, sizeof *values, compare);
    return values[ROUNDS / 2];
}

static gsize
heap(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

typedef struct {
    EspContext *context;
    PlaneTable table;
    gsize octets; /* for a pair */
} World;

static World
world_new(const char *text, guint count)
{
    World world = {.context = esp_context_new(count_up, NULL, NULL)};
    SuiteEsp suite = {0};
    gsize before;

    g_assert_true(suite_esp_parse(text, &suite));
    /* The first SA asks for known answers, which is no memory of its own. */
    plane_table_insert(&world.table, spi_of(0), pair_new(world.context, &suite, spi_of(0)));
    before = heap();
    for (guint i = 1; i < count; i++)
        plane_table_insert(&world.table, spi_of(i), pair_new(world.context, &suite, spi_of(i)));
    world.octets = count > 1 ? (heap() - before) / (count - 1) : 0;
    return world;
}

static void
world_free(World *world, guint count)
{
    for (guint i = 0; i < count; i++) {
        Pair *pair = plane_table_find(&world->table, spi_of(i));

        esp_sa_free(pair->out);
        esp_sa_free(pair->in);
        g_free(pair);
    }
    plane_table_clear(&world->table);
    esp_context_free(world->context);
}

static void
print_rows(FILE *json, const char *suite, gsize size, Times times[], const World worlds[])
{
    gdouble one = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) {
        gdouble seal = median(times[i].seal);
        gdouble open = median(times[i].open);

        if (i == 0)
            one = seal + open;
        printf("| %-11s | %4zu | %6u | %6.0f | %6.0f | %.2f | %5zu |\n", suite, size, counts[i],
               seal, open, one / (seal + open), worlds[i].octets);
        if (json != NULL)
            fprintf(json,
                    "%s{\"suite\": \"%s\", \"octets\": %zu, \"sas\": %u, \"seal_ns\": %.0f, "
                    "\"open_ns\": %.0f, \"of_one\": %.3f, \"pair_octets\": %zu}",
                    ftell(json) > 1 ? ",\n" : "", suite, size, counts[i], seal, open,
                    one / (seal + open), worlds[i].octets);
    }
}

static void
run_suite(FILE *json, const char *suite)
{
    World worlds[G_N_ELEMENTS(counts)];

    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++)
        worlds[i] = world_new(suite, counts[i]);
    for (gsize k = 0; k < G_N_ELEMENTS(sizes); k++) {
        Times times[G_N_ELEMENTS(counts)] = {0};

        for (guint round = 0; round < ROUNDS; round++)
            for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) {
                for (guint batch = 0; batch < BATCHES; batch++)
                    run_batch(&worlds[i].table, counts[i], sizes[k], &times[i].seal[round],
                              &times[i].open[round]);
                times[i].seal[round] /= BATCHES;
                times[i].open[round] /= BATCHES;
            }
        print_rows(json, suite, sizes[k], times, worlds);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++)
        world_free(&worlds[i], counts[i]);
}

int
main(int argc, char **argv)
{
    FILE *json = argc > 1 ? fopen(argv[1], "w") : NULL;

    if (json != NULL)
        fprintf(json, "[");
    printf("ns for a packet of a random SA, batches of %d, medians of %d rounds\n\n", BATCH,
           ROUNDS);
    printf("| suite       | octets | SAs  | seal   | open   | of one | octets of a pair |\n");
    printf("|---|---|---|---|---|---|---|\n");
    for (gsize i = 0; i < G_N_ELEMENTS(suites); i++)
        run_suite(json, suites[i]);
    if (json != NULL) {
        fprintf(json, "]\n");
        fclose(json);
    }
    return 0;
}
