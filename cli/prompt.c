/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prompt.h"

#include "base/fd.h"
#include "base/names.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { MAX_LINE = 1024 };

struct Prompt {
    Fd tty;
};

/* What to put back when the process ends in the middle of a question. */
static struct {
    volatile gboolean is_changed;
    int tty;
    struct termios before;
} saved = {.tty = -1};

Prompt *
prompt_open(void)
{
    Fd tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    Prompt *prompt;

    if (tty < 0)
        return NULL;
    prompt = g_new0(Prompt, 1);
    prompt->tty = tty;
    return prompt;
}

void
prompt_close(Prompt *prompt)
{
    if (prompt == NULL)
        return;
    prompt_restore();
    fd_close(&prompt->tty);
    g_free(prompt);
}

void
prompt_restore(void)
{
    if (!saved.is_changed)
        return;
    saved.is_changed = FALSE;
    tcsetattr(saved.tty, TCSADRAIN, &saved.before);
}

static void
write_all(Fd tty, const char *text)
{
    gsize length = strlen(text);

    while (length > 0) {
        gssize written = write(tty, text, length);

        if (written < 0 && errno != EINTR)
            return;
        if (written > 0) {
            text += written;
            length -= (gsize)written;
        }
    }
}

void
prompt_print(Prompt *prompt, const char *text)
{
    g_autofree char *clean = name_clean(text, strlen(text), 4096, TRUE);

    write_all(prompt->tty, clean);
    write_all(prompt->tty, "\n");
}

/* Ctrl-Z would leave the shell with a terminal that hides what is typed, so it waits as well. */
static void
hide(Prompt *prompt)
{
    struct termios hidden;

    if (tcgetattr(prompt->tty, &saved.before) != 0)
        return;
    hidden = saved.before;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
    hidden.c_lflag |= ECHONL | ICANON;
    hidden.c_cc[VSUSP] = _POSIX_VDISABLE;
    saved.tty = prompt->tty;
    saved.is_changed = TRUE;
    tcsetattr(prompt->tty, TCSAFLUSH, &hidden);
}

/* FALSE when cancelled. */
static gboolean
wait_for_input(Prompt *prompt, GCancellable *cancellable)
{
    struct pollfd polls[2] = {{.fd = prompt->tty, .events = POLLIN},
                              {.fd = g_cancellable_get_fd(cancellable), .events = POLLIN}};
    gint ready;

    do
        ready = poll(polls, polls[1].fd >= 0 ? 2 : 1, -1);
    while (ready < 0 && errno == EINTR);
    if (polls[1].fd >= 0)
        g_cancellable_release_fd(cancellable);
    return ready > 0 && !g_cancellable_is_cancelled(cancellable);
}

/* One octet at a time, so that nothing of the next answer is taken. -1 at the end. */
static gssize
read_line(Prompt *prompt, guint8 *line, GCancellable *cancellable)
{
    gsize length = 0;

    while (length < MAX_LINE) {
        guint8 octet;
        gssize got;

        if (!wait_for_input(prompt, cancellable))
            return -1;
        got = read(prompt->tty, &octet, 1);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            return length > 0 ? (gssize)length : -1;
        if (octet == '\n')
            break;
        line[length++] = octet;
    }
    return (gssize)length;
}

Secret *
prompt_line(Prompt *prompt, const char *label, gboolean has_echo, GCancellable *cancellable,
            GError **error)
{
    g_autoptr(Secret) buffer = secret_new_zero(MAX_LINE);
    g_autofree char *clean = name_clean(label, strlen(label), 200, FALSE);
    gssize length;

    if (!has_echo)
        hide(prompt);
    write_all(prompt->tty, clean);
    write_all(prompt->tty, ": ");
    length = read_line(prompt, secret_edit(buffer), cancellable);
    prompt_restore();
    if (length >= 0)
        return secret_new(secret_data(buffer), (gsize)length);
    write_all(prompt->tty, "\n");
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "the question was cancelled");
    return NULL;
}
