/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/secret-memory.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

enum {
    STEP = 16, /* of sizes up to FINE, and alignment */
    FINE = 512,
    FINE_COUNT = FINE / STEP,
    COARSE_COUNT = 4, /* above that each is twice the one before */
    LARGEST = FINE << COARSE_COUNT,
    PAGE = 4096,
    PIECE = 16 * PAGE,
};

typedef struct Free Free;
struct Free {
    Free *next;
};

/* At the head of its own memory. */
typedef struct Piece Piece;
struct Piece {
    Piece *next;
    gsize used;
};

/* The one of the process: memory is locked by process, not by user of it. */
static struct {
    pthread_mutex_t mutex;
    Piece *pieces; /* the first is taken from */
    Free *free[FINE_COUNT + COARSE_COUNT];
} arena = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* The list of that size, which grows to what is taken for it. */
static guint
class_of(gsize *size)
{
    guint class = FINE_COUNT;

    if (*size <= FINE) {
        *size = MAX((*size + STEP - 1) / STEP, 1) * STEP;
        return (guint)(*size / STEP) - 1;
    }
    while (*size > (gsize)FINE << (class - FINE_COUNT + 1))
        class ++;
    *size = (gsize)FINE << (class - FINE_COUNT + 1);
    return class;
}

/* Whole pages, which nothing else shares: they are locked and let go as such. */
static gpointer
take_pages(gsize count)
{
    gpointer memory = g_aligned_alloc0(count, PAGE, PAGE);

    (void)mlock(memory, count * PAGE);
    return memory;
}

static void
give_pages(gpointer memory, gsize count)
{
    (void)munlock(memory, count * PAGE);
    g_aligned_free(memory);
}

static gsize
pages_of(gsize size)
{
    return (size + PAGE - 1) / PAGE;
}

static void
before_fork(void)
{
    pthread_mutex_lock(&arena.mutex);
}

static void
after_fork(void)
{
    pthread_mutex_unlock(&arena.mutex);
}

static void
in_child(void)
{
    for (Piece *piece = arena.pieces; piece != NULL; piece = piece->next)
        (void)mlock(piece, PIECE);
    pthread_mutex_unlock(&arena.mutex);
}

static gpointer
cut(gsize size)
{
    Piece *piece = arena.pieces;
    gpointer memory;

    if (piece == NULL)
        pthread_atfork(before_fork, after_fork, in_child);
    if (piece == NULL || piece->used + size > PIECE) {
        piece = take_pages(pages_of(PIECE));
        piece->next = arena.pieces;
        piece->used = sizeof(Piece);
        arena.pieces = piece;
    }
    memory = (guint8 *)piece + piece->used;
    piece->used += size;
    return memory;
}

gpointer
secret_memory_take(gsize size)
{
    guint class;
    Free *memory;

    if (size > LARGEST)
        return take_pages(pages_of(size));
    class = class_of(&size);
    pthread_mutex_lock(&arena.mutex);
    memory = arena.free[class];
    if (memory != NULL)
        arena.free[class] = memory->next;
    else
        memory = cut(size);
    pthread_mutex_unlock(&arena.mutex);
    memory->next = NULL;
    return memory;
}

void
secret_memory_give(gpointer memory, gsize size)
{
    Free *free = memory;
    guint class;

    explicit_bzero(memory, size);
    if (size > LARGEST) {
        give_pages(memory, pages_of(size));
        return;
    }
    class = class_of(&size);
    pthread_mutex_lock(&arena.mutex);
    free->next = arena.free[class];
    arena.free[class] = free;
    pthread_mutex_unlock(&arena.mutex);
}
