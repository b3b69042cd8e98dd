/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "counting.h"

#include <dlfcn.h>
#include <pthread.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);
void *memalign(size_t alignment, size_t size);
void *aligned_alloc(size_t alignment, size_t size);

static guint64 allocations;

void *
malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}

void *
memalign(size_t alignment, size_t size)
{
    allocations++;
    return __libc_memalign(alignment, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
    allocations++;
    return __libc_memalign(alignment, size);
}

guint64
counting_allocations(void)
{
    return allocations;
}

static guint64 locks;

/* The C library's own. */
static int
lock_with(const char *name, void *lock)
{
    int (*real)(void *lock);

    *(void **)&real = dlsym(RTLD_NEXT, name);
    locks++;
    return real(lock);
}

int
pthread_mutex_lock(pthread_mutex_t *mutex)
{
    return lock_with("pthread_mutex_lock", mutex);
}

int
pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
    return lock_with("pthread_rwlock_rdlock", lock);
}

int
pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
    return lock_with("pthread_rwlock_wrlock", lock);
}

guint64
counting_locks(void)
{
    return locks;
}
