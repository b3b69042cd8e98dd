/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "login/workers.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    HEADER = 3,
    MAX_REPORT = 4096,
    MAX_REQUEST = 8 * 1024,
    WORKER_SOCKET = 3,
    REAP_MILLISECONDS = 200
};

/* A worker that waits for its next login. */
typedef struct {
    pid_t pid;
    Fd socket;
    guint logins; /* so far */
    char *users_file;
} Spare;

typedef struct {
    Workers *workers;
    char *session;
    guint64 ticket;
    LoginCheck *check; /* until it runs */
    Spare process;     /* pid 0 until it runs; users_file NULL unless it can go on */
    guint watch;
    guint timer;
    gboolean is_asking; /* the user */
} Worker;

struct Workers {
    WorkersAnswer answer;
    gpointer user_data;
    guint limit_seconds;
    GHashTable *sessions; /* session: Worker */
    GQueue queued;        /* Worker */
    GArray *spares;       /* Spare */
    guint running;
    guint asking;
    GArray *dead; /* pid_t that were killed and not reaped yet */
    guint reaper;
};

static gboolean
on_reap(gpointer user_data)
{
    Workers *workers = user_data;

    for (guint i = workers->dead->len; i > 0; i--)
        if (waitpid(g_array_index(workers->dead, pid_t, i - 1), NULL, WNOHANG) != 0)
            g_array_remove_index_fast(workers->dead, i - 1);
    if (workers->dead->len > 0)
        return G_SOURCE_CONTINUE;
    workers->reaper = 0;
    return G_SOURCE_REMOVE;
}

/* The whole group, because modules start programs. */
static void
kill_worker(Workers *workers, pid_t pid)
{
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
    if (waitpid(pid, NULL, WNOHANG) != 0)
        return;
    g_array_append_val(workers->dead, pid);
    if (workers->reaper == 0)
        workers->reaper = g_timeout_add(REAP_MILLISECONDS, on_reap, workers);
}

static void
kill_process(Workers *workers, Spare *process)
{
    fd_close(&process->socket);
    if (process->pid != 0)
        kill_worker(workers, process->pid);
    process->pid = 0;
    g_clear_pointer(&process->users_file, g_free);
}

static void
count_out(Worker *worker)
{
    if (worker->process.pid == 0)
        return;
    if (worker->is_asking)
        worker->workers->asking--;
    else
        worker->workers->running--;
}

static void
free_worker(gpointer pointer)
{
    Worker *worker = pointer;

    count_out(worker);
    g_queue_remove(&worker->workers->queued, worker);
    g_clear_handle_id(&worker->watch, g_source_remove);
    g_clear_handle_id(&worker->timer, g_source_remove);
    kill_process(worker->workers, &worker->process);
    login_check_free(worker->check);
    g_free(worker->session);
    g_free(worker);
}

Workers *
workers_new(WorkersAnswer answer, gpointer user_data)
{
    Workers *workers = g_new0(Workers, 1);

    workers->answer = answer;
    workers->user_data = user_data;
    workers->limit_seconds = WORKERS_LIMIT_SECONDS;
    workers->sessions = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_worker);
    workers->dead = g_array_new(FALSE, FALSE, sizeof(pid_t));
    workers->spares = g_array_new(FALSE, FALSE, sizeof(Spare));
    return workers;
}

void
workers_free(Workers *workers)
{
    if (workers == NULL)
        return;
    g_hash_table_unref(workers->sessions);
    for (guint i = 0; i < workers->spares->len; i++)
        kill_process(workers, &g_array_index(workers->spares, Spare, i));
    g_array_unref(workers->spares);
    g_clear_handle_id(&workers->reaper, g_source_remove);
    g_array_unref(workers->dead);
    g_free(workers);
}

void
workers_set_limit(Workers *workers, guint limit_seconds)
{
    workers->limit_seconds = limit_seconds > 0 ? limit_seconds : WORKERS_LIMIT_SECONDS;
}

/* In the worker: verdict, field, text. */
static gboolean
report(LoginVerdict verdict, LoginField field, const char *message)
{
    guint8 room[MAX_REPORT] = {(guint8)verdict, (guint8)(field >> 8), (guint8)field};
    gsize length = message != NULL ? MIN(strlen(message), sizeof room - HEADER) : 0;

    if (length > 0)
        memcpy(room + HEADER, message, length);
    return send(WORKER_SOCKET, room, HEADER + length, MSG_NOSIGNAL) >= 0;
}

static Secret *
ask_user(LoginField field, const char *message, gpointer user_data)
{
    guint8 room[LOGINLINK_MAX_SECRET];
    gssize length;
    Secret *answer;

    if (!report(LOGIN_AGAIN, field, message))
        return NULL;
    length = recv(WORKER_SOCKET, room, sizeof room, 0);
    if (length <= 0)
        return NULL;
    answer = secret_new(room, (gsize)length);
    explicit_bzero(room, (gsize)length);
    return answer;
}

/* A login for a worker that is there: user, NUL, password. */
static gboolean
send_request(Fd socket, const LoginCheck *check)
{
    gsize user_length = strlen(check->user) + 1;
    gsize length = check->password != NULL ? secret_length(check->password) : 0;
    guint8 room[MAX_REQUEST];
    gboolean is_sent;

    if (user_length + length > sizeof room)
        return FALSE;
    memcpy(room, check->user, user_length);
    if (length > 0)
        memcpy(room + user_length, secret_data(check->password), length);
    is_sent = send(socket, room, user_length + length, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
    explicit_bzero(room, sizeof room);
    return is_sent;
}

/* FALSE when there is none any more. */
static gboolean
receive_request(LoginCheck *check)
{
    guint8 room[MAX_REQUEST];
    gssize length = recv(WORKER_SOCKET, room, sizeof room, 0);
    gsize user_length;

    if (length <= 0 || memchr(room, 0, (gsize)length) == NULL)
        return FALSE;
    user_length = strlen((const char *)room) + 1;
    g_free(check->user);
    check->user = g_strdup((const char *)room);
    secret_free(check->password);
    check->password = secret_new(room + user_length, (gsize)length - user_length);
    explicit_bzero(room, (gsize)length);
    return TRUE;
}

static void
run_login(const LoginCheck *check)
{
    LoginTalk talk = {.ask = ask_user};
    g_autofree char *message = NULL;
    LoginVerdict verdict = login_check_run(check, &talk, &message);

    report(verdict, LOGIN_FIELD_PASSWORD, message);
}

/* In the worker; never returns. Nothing of the parent's but its socket and standard error. */
static void G_GNUC_NORETURN
run_worker(LoginCheck *check, Fd socket)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_DFL);
    if (dup2(socket, WORKER_SOCKET) < 0)
        _exit(1);
    (void)close_range(WORKER_SOCKET + 1, ~0U, 0);
    do
        run_login(check);
    while (check->source == LOGIN_SOURCE_USERS && receive_request(check));
    _exit(0);
}

static void start_queued(Workers *workers);

/* After its verdict. */
static void
spare(Worker *worker)
{
    Spare *process = &worker->process;

    if (process->users_file == NULL || process->logins >= WORKERS_MAX_LOGINS)
        return;
    worker->workers->running--;
    g_array_append_val(worker->workers->spares, *process);
    *process = (Spare){.socket = -1};
}

/* Takes the worker away and tells; frees it unless it is AGAIN. */
static void
tell(Worker *worker, LoginVerdict verdict, LoginField field, const char *message)
{
    Workers *workers = worker->workers;
    guint64 ticket = worker->ticket;

    if (verdict == LOGIN_AGAIN) {
        workers->running--;
        workers->asking++;
        worker->is_asking = TRUE;
    } else {
        g_clear_handle_id(&worker->watch, g_source_remove);
        if (verdict != LOGIN_UNREACHABLE)
            spare(worker);
        g_hash_table_remove(workers->sessions, worker->session);
    }
    workers->answer(ticket, verdict, field, message, workers->user_data);
    start_queued(workers);
}

static gboolean
on_limit(gpointer user_data)
{
    Worker *worker = user_data;
    Workers *workers = worker->workers;

    worker->timer = 0;
    /* A user that does not answer knows it already. */
    if (worker->is_asking)
        g_hash_table_remove(workers->sessions, worker->session);
    else
        tell(worker, LOGIN_UNREACHABLE, LOGIN_FIELD_PASSWORD, NULL);
    return G_SOURCE_REMOVE;
}

static void
set_timer(Worker *worker, guint seconds)
{
    g_clear_handle_id(&worker->timer, g_source_remove);
    worker->timer = g_timeout_add_seconds(seconds, on_limit, worker);
}

/* A worker is as hostile as its modules: what it says is bounded, and it cannot say it twice. */
static gboolean
on_report(gint fd, GIOCondition condition, gpointer user_data)
{
    Worker *worker = user_data;
    char room[MAX_REPORT + 1];
    gssize length = recv(worker->process.socket, room, MAX_REPORT, MSG_DONTWAIT);
    const guint8 *octets = (const guint8 *)room;
    LoginVerdict verdict = LOGIN_UNREACHABLE;
    LoginField field = LOGIN_FIELD_PASSWORD;

    /* It was told to wait: its last word was the question. */
    if (worker->is_asking) {
        worker->watch = 0;
        g_hash_table_remove(worker->workers->sessions, worker->session);
        return G_SOURCE_REMOVE;
    }
    if (length >= HEADER && octets[0] <= LOGIN_UNREACHABLE)
        verdict = (LoginVerdict)octets[0];
    if (length >= HEADER && (octets[1] << 8 | octets[2]) == LOGIN_FIELD_ANSWER)
        field = LOGIN_FIELD_ANSWER;
    room[MAX(length, 0)] = '\0';
    if (verdict == LOGIN_AGAIN && worker->workers->asking >= WORKERS_MAX_ASKING)
        verdict = LOGIN_UNREACHABLE;
    if (verdict == LOGIN_AGAIN) {
        set_timer(worker, WORKERS_ANSWER_SECONDS);
        tell(worker, verdict, field, length > HEADER ? room + HEADER : NULL);
        return G_SOURCE_CONTINUE;
    }
    worker->watch = 0;
    tell(worker, verdict, field, length > HEADER ? room + HEADER : NULL);
    return G_SOURCE_REMOVE;
}

/* FALSE when there is no process to be had. */
static gboolean
make_process(LoginCheck *check, Spare *ret_process)
{
    int pair[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return FALSE;
    pid = fork();
    if (pid == 0)
        run_worker(check, pair[1]);
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return FALSE;
    }
    /* Here too, so that the group is there when it has to be killed. */
    setpgid(pid, pid);
    *ret_process = (Spare){.pid = pid, .socket = pair[0]};
    if (check->source == LOGIN_SOURCE_USERS)
        ret_process->users_file = g_strdup(check->users_file);
    return TRUE;
}

/* One that knows the file takes the login; FALSE when there is none. */
static gboolean
take_spare(Workers *workers, const LoginCheck *check, Spare *ret_process)
{
    while (check->source == LOGIN_SOURCE_USERS && workers->spares->len > 0) {
        Spare process = g_array_index(workers->spares, Spare, workers->spares->len - 1);

        g_array_set_size(workers->spares, workers->spares->len - 1);
        if (strcmp(process.users_file, check->users_file) == 0 &&
            send_request(process.socket, check)) {
            *ret_process = process;
            return TRUE;
        }
        kill_process(workers, &process);
    }
    return FALSE;
}

/* FALSE when there is no process to be had. */
static gboolean
start(Worker *worker)
{
    Workers *workers = worker->workers;
    Spare *process = &worker->process;

    if (!take_spare(workers, worker->check, process) && !make_process(worker->check, process))
        return FALSE;
    process->logins++;
    workers->running++;
    g_clear_pointer(&worker->check, login_check_free);
    worker->watch =
        g_unix_fd_add(process->socket, G_IO_IN | G_IO_HUP | G_IO_ERR, on_report, worker);
    set_timer(worker, workers->limit_seconds);
    return TRUE;
}

static gboolean
on_failed_start(gpointer user_data)
{
    Worker *worker = user_data;

    worker->timer = 0;
    tell(worker, LOGIN_UNREACHABLE, LOGIN_FIELD_PASSWORD, NULL);
    return G_SOURCE_REMOVE;
}

static void
start_queued(Workers *workers)
{
    while (workers->running < WORKERS_MAX_RUNNING && workers->queued.length > 0) {
        Worker *worker = g_queue_pop_head(&workers->queued);

        if (!start(worker))
            worker->timer = g_idle_add(on_failed_start, worker);
    }
}

void
workers_ask(Workers *workers, const char *session, guint64 ticket, LoginCheck *take_check)
{
    Worker *worker = g_new0(Worker, 1);

    worker->workers = workers;
    worker->session = g_strdup(session);
    worker->ticket = ticket;
    worker->check = take_check;
    worker->process.socket = -1;
    g_hash_table_replace(workers->sessions, worker->session, worker);
    if (workers->queued.length >= WORKERS_MAX_QUEUED) {
        worker->timer = g_idle_add(on_failed_start, worker);
        return;
    }
    g_queue_push_tail(&workers->queued, worker);
    start_queued(workers);
}

gboolean
workers_continue(Workers *workers, const char *session, guint64 ticket, const Secret *answer)
{
    Worker *worker = g_hash_table_lookup(workers->sessions, session);

    if (worker == NULL || !worker->is_asking)
        return FALSE;
    /* It runs again, whatever the queue: others have had their turn in the meantime. */
    worker->is_asking = FALSE;
    workers->asking--;
    workers->running++;
    worker->ticket = ticket;
    set_timer(worker, workers->limit_seconds);
    /* A worker that is gone shows it by its socket. */
    (void)send(worker->process.socket, secret_data(answer), secret_length(answer),
               MSG_NOSIGNAL | MSG_DONTWAIT);
    return TRUE;
}

void
workers_forget(Workers *workers, const char *session)
{
    if (g_hash_table_remove(workers->sessions, session))
        start_queued(workers);
}
