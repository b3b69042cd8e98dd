/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a fuzz target without a fuzzer: every file of its corpus as it is, cut short at every length
 * (the first 2048 octets), and with a fixed number of seeded mutations. One TAP line per file. So
 * the corpus is a regression test in every build, and the sanitizer builds see each parser with
 * damaged input on every run.
 *
 *     fuzz-NAME CORPUS-FOLDER
 */
#include <glib.h>

#include <stdio.h>
#include <string.h>

enum { CUT_MAX = 2048, MUTATIONS = 400, SEED_OCTETS_MAX = 65536 };

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

/* A copy of the exact size, so that a sanitizer sees the first octet too far. */
static void
run_one(const guint8 *data, gsize size)
{
    g_autofree guint8 *copy = size > 0 ? g_memdup2(data, size) : g_malloc(1);

    LLVMFuzzerTestOneInput(copy, size);
}

static void
mutate(GRand *dice, guint8 *data, gsize size)
{
    guint count = (guint)g_rand_int_range(dice, 1, 6);

    for (guint i = 0; i < count; i++) {
        gsize at = (gsize)g_rand_int_range(dice, 0, (gint32)size);

        switch (g_rand_int_range(dice, 0, 4)) {
        case 0:
            data[at] ^= (guint8)(1 << g_rand_int_range(dice, 0, 8));
            break;
        case 1:
            data[at] = (guint8)g_rand_int(dice);
            break;
        case 2:
            data[at] = 0xff;
            break;
        default:
            data[at] = 0;
            break;
        }
    }
}

static void
run_seed(const guint8 *data, gsize size)
{
    g_autoptr(GRand) dice = g_rand_new_with_seed((guint32)size);

    run_one(data, size);
    for (gsize cut = 0; cut < MIN(size, CUT_MAX); cut++)
        run_one(data, cut);
    for (guint i = 0; size > 0 && i < MUTATIONS; i++) {
        g_autofree guint8 *copy = g_memdup2(data, size);

        mutate(dice, copy, size);
        run_one(copy, size);
    }
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
corpus_files(const char *folder)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = folder ? g_dir_open(folder, 0, NULL) : NULL;
    const char *name;

    while (dir && (name = g_dir_read_name(dir)))
        g_ptr_array_add(names, g_build_filename(folder, name, NULL));
    g_ptr_array_sort(names, compare_names);
    return names;
}

int
main(int argc, char **argv)
{
    g_autoptr(GPtrArray) files = corpus_files(argc > 1 ? argv[1] : NULL);
    guint8 plain[256];

    printf("1..%u\n", files->len + 1);
    for (guint i = 0; i < sizeof plain; i++)
        plain[i] = (guint8)i;
    run_seed(plain, sizeof plain);
    printf("ok 1 nothing, and every length of counting octets\n");
    for (guint i = 0; i < files->len; i++) {
        g_autofree char *data = NULL;
        gsize size = 0;
        gboolean is_read = g_file_get_contents(g_ptr_array_index(files, i), &data, &size, NULL) &&
                           size <= SEED_OCTETS_MAX;

        if (is_read)
            run_seed((const guint8 *)data, size);
        printf("%sok %u %s\n", is_read ? "" : "not ", i + 2,
               strrchr(g_ptr_array_index(files, i), '/') + 1);
        fflush(stdout);
    }
    return 0;
}
