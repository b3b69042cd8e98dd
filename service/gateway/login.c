/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/login.h"

#include <crypt.h>
#include <string.h>

/* A wrong answer comes no sooner. */
enum { REFUSAL_MS = 1000 };

/* Of nobody's password: checked for users that are not there. */
#define NOBODYS_HASH "$6$coaticoaticoatic$"

struct GatewayLogin {
    gint ref_count;
    GatewayConfig *config;
    GatewayLoginAnswered answered; /* NULL once freed */
    gpointer user_data;
};

/* One question under way; the thread owns it until it is done. */
typedef struct {
    GatewayLogin *login;
    GatewayConfig *config;
    guint64 session;
    guint64 ticket;
    char *user;
    Secret *password;
    gint64 began;
    IkeVerdictType verdict;
    char *detail;
} Work;

static void
login_unref(GatewayLogin *login)
{
    if (--login->ref_count > 0)
        return;
    gateway_config_unref(login->config);
    g_free(login);
}

static void
work_free(gpointer data)
{
    Work *work = data;

    login_unref(work->login);
    gateway_config_unref(work->config);
    g_free(work->user);
    g_free(work->detail);
    secret_free(work->password);
    g_free(work);
}

GatewayLogin *
gateway_login_new(GatewayConfig *config, const char *libexec_directory,
                  GatewayLoginAnswered answered, gpointer user_data, GError **error)
{
    GatewayLogin *login = g_new0(GatewayLogin, 1);

    login->ref_count = 1;
    login->answered = answered;
    login->user_data = user_data;
    if (gateway_login_reconfigure(login, config, error))
        return login;
    login_unref(login);
    return NULL;
}

gboolean
gateway_login_reconfigure(GatewayLogin *login, GatewayConfig *config, GError **error)
{
    if (config->login_source != GATEWAY_LOGIN_USERS) {
        g_set_error(error, GATEWAY_CONFIG_ERROR, GATEWAY_CONFIG_INVALID,
                    "%s: [login] source: this version knows users alone", config->origin);
        return FALSE;
    }
    gateway_config_unref(login->config);
    login->config = gateway_config_ref(config);
    return TRUE;
}

void
gateway_login_free(GatewayLogin *login)
{
    if (login == NULL)
        return;
    login->answered = NULL;
    login_unref(login);
}

/* The user's line is "NAME:HASH", HASH as crypt(3) makes it (mkpasswd, openssl passwd -6). NULL
 * when there is no such user. */
static char *
find_hash(const char *text, const char *user)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    gsize length = strlen(user);

    for (guint i = 0; lines[i] != NULL; i++)
        if (strncmp(lines[i], user, length) == 0 && lines[i][length] == ':')
            return g_strstrip(g_strdup(lines[i] + length + 1));
    return NULL;
}

/* In a thread: hashes are slow on purpose. */
static void
check_user(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    Work *work = data;
    g_autofree char *text = NULL;
    g_autofree char *hash = NULL;
    g_autoptr(GError) error = NULL;
    struct crypt_data *room = g_new0(struct crypt_data, 1);
    const char *made;

    work->verdict = IKE_VERDICT_NO;
    if (!g_file_get_contents(work->config->users_file, &text, NULL, &error)) {
        work->verdict = IKE_VERDICT_UNREACHABLE;
        work->detail = g_strdup(error->message);
    } else {
        hash = find_hash(text, work->user);
        made = crypt_r(secret_text(work->password), hash != NULL ? hash : NOBODYS_HASH, room);
        if (hash == NULL)
            work->detail = g_strdup("no such user");
        else if (made != NULL && made[0] != '*' && strlen(made) == strlen(hash) &&
                 secret_equal_octets(made, hash, strlen(hash)))
            work->verdict = IKE_VERDICT_YES;
        else
            work->detail = g_strdup("wrong password");
    }
    explicit_bzero(room, sizeof *room);
    g_free(room);
    g_task_return_boolean(task, TRUE);
}

static void
answer(const Work *work)
{
    GatewayLoginAnswer given = {.session = work->session,
                                .ticket = work->ticket,
                                .type = work->verdict,
                                .detail = work->detail};

    if (work->login->answered != NULL)
        work->login->answered(&given, work->login->user_data);
}

static gboolean
on_waited(gpointer task)
{
    answer(g_task_get_task_data(task));
    return G_SOURCE_REMOVE;
}

static void
on_checked(GObject *source, GAsyncResult *result, gpointer user_data)
{
    const Work *work = g_task_get_task_data(G_TASK(result));
    gint64 spent_ms = (g_get_monotonic_time() - work->began) / 1000;

    if (work->verdict == IKE_VERDICT_YES || spent_ms >= REFUSAL_MS)
        answer(work);
    else
        g_timeout_add_full(G_PRIORITY_DEFAULT, (guint)(REFUSAL_MS - spent_ms), on_waited,
                           g_object_ref(result), g_object_unref);
}

void
gateway_login_ask(GatewayLogin *login, const GatewayLoginQuestion *question)
{
    g_autoptr(GTask) task = g_task_new(NULL, NULL, on_checked, NULL);
    Work *work = g_new0(Work, 1);

    login->ref_count++;
    work->login = login;
    work->config = gateway_config_ref(login->config);
    work->session = question->session;
    work->ticket = question->ticket;
    work->user = g_strdup(question->user);
    work->password =
        question->password != NULL ? secret_dup(question->password) : secret_new_text("");
    work->began = g_get_monotonic_time();
    g_task_set_task_data(task, work, work_free);
    g_task_run_in_thread(task, check_user);
}
