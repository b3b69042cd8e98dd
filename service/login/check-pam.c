/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "login/check.h"

#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROUNDS = 5 };

typedef struct {
    const LoginCheck *check;
    const LoginTalk *talk;
    gboolean has_given_password;
    gboolean has_given_passcode;
    guint rounds;
    GString *messages; /* for the user, not shown yet */
} Conversation;

/* pam_response is freed by PAM with free(3). */
static char *
answer_of(const Secret *secret)
{
    return secret != NULL ? strdup(secret_text(secret)) : NULL;
}

/* What the user said already answers the first hidden prompts; the others become rounds. */
static char *
answer_prompt(Conversation *conversation, gboolean is_hidden, const char *prompt)
{
    const LoginCheck *check = conversation->check;
    g_autoptr(Secret) answer = NULL;
    g_autofree char *message = NULL;

    if (is_hidden && !conversation->has_given_password && check->password != NULL) {
        conversation->has_given_password = TRUE;
        return answer_of(check->password);
    }
    if (is_hidden && !conversation->has_given_passcode && check->passcode != NULL) {
        conversation->has_given_passcode = TRUE;
        return answer_of(check->passcode);
    }
    if (conversation->rounds++ == MAX_ROUNDS)
        return NULL;
    message = g_strconcat(conversation->messages->str, prompt, NULL);
    g_string_truncate(conversation->messages, 0);
    answer = conversation->talk->ask(is_hidden ? LOGIN_FIELD_PASSWORD : LOGIN_FIELD_ANSWER,
                                     g_strstrip(message), conversation->talk->user_data);
    return answer_of(answer);
}

/* FALSE when there is no answer. */
static gboolean
converse_one(Conversation *conversation, const struct pam_message *message,
             struct pam_response *ret_response)
{
    switch (message->msg_style) {
    case PAM_PROMPT_ECHO_OFF:
    case PAM_PROMPT_ECHO_ON:
        ret_response->resp =
            answer_prompt(conversation, message->msg_style == PAM_PROMPT_ECHO_OFF, message->msg);
        return ret_response->resp != NULL;
    case PAM_TEXT_INFO:
    case PAM_ERROR_MSG:
        if (conversation->messages->len < LOGINLINK_MAX_TEXT)
            g_string_append_printf(conversation->messages, "%s\n", message->msg);
        return TRUE;
    default:
        return FALSE;
    }
}

static void
free_responses(struct pam_response *responses, gint count)
{
    for (gint i = 0; i < count; i++) {
        if (responses[i].resp != NULL)
            explicit_bzero(responses[i].resp, strlen(responses[i].resp));
        free(responses[i].resp);
    }
    free(responses);
}

static int
converse(int count, const struct pam_message **messages, struct pam_response **ret_responses,
         void *user_data)
{
    struct pam_response *responses;

    if (count <= 0 || count > PAM_MAX_NUM_MSG)
        return PAM_CONV_ERR;
    responses = calloc((gsize)count, sizeof *responses);
    if (responses == NULL)
        return PAM_BUF_ERR;
    for (gint i = 0; i < count; i++)
        if (!converse_one(user_data, messages[i], &responses[i])) {
            free_responses(responses, count);
            return PAM_CONV_ERR;
        }
    *ret_responses = responses;
    return PAM_SUCCESS;
}

/* Modules may have changed the name. */
static gboolean
is_allowed(pam_handle_t *handle, const LoginCheck *check)
{
    const void *user = NULL;

    return pam_get_item(handle, PAM_USER, &user) == PAM_SUCCESS && user != NULL &&
           login_check_is_allowed(check, user);
}

/* A module that cannot reach its server or its files says nothing about the password. */
static LoginVerdict
verdict_of(gint code)
{
    switch (code) {
    case PAM_SUCCESS:
        return LOGIN_YES;
    case PAM_AUTHINFO_UNAVAIL:
    case PAM_SYSTEM_ERR:
    case PAM_SERVICE_ERR:
    case PAM_BUF_ERR:
    case PAM_OPEN_ERR:
    case PAM_SYMBOL_ERR:
    case PAM_MODULE_UNKNOWN:
    case PAM_ABORT:
        return LOGIN_UNREACHABLE;
    default:
        return LOGIN_NO;
    }
}

static LoginVerdict
authenticate(pam_handle_t *handle, const LoginCheck *check, Conversation *conversation)
{
    gint code;

    if (check->peer != NULL)
        pam_set_item(handle, PAM_RHOST, check->peer);
    code = pam_authenticate(handle, PAM_DISALLOW_NULL_AUTHTOK);
    if (code == PAM_SUCCESS)
        code = pam_acct_mgmt(handle, PAM_DISALLOW_NULL_AUTHTOK);
    if (code == PAM_NEW_AUTHTOK_REQD)
        g_string_append(conversation->messages, "This password has expired: change it first.");
    if (code == PAM_ACCT_EXPIRED)
        g_string_append(conversation->messages, "This account has expired.");
    if (code == PAM_SUCCESS && !is_allowed(handle, check))
        code = PAM_PERM_DENIED;
    pam_end(handle, code);
    return verdict_of(code);
}

LoginVerdict
login_check_pam(const LoginCheck *check, const LoginTalk *talk, char **ret_message)
{
    g_autoptr(GString) messages = g_string_new(NULL);
    Conversation conversation = {.check = check, .talk = talk, .messages = messages};
    struct pam_conv face = {.conv = converse, .appdata_ptr = &conversation};
    pam_handle_t *handle = NULL;
    LoginVerdict verdict;

    if (pam_start(check->pam_service, check->user, &face, &handle) != PAM_SUCCESS)
        return LOGIN_UNREACHABLE;
    verdict = authenticate(handle, check, &conversation);
    if (messages->len > 0)
        *ret_message = g_strdup(g_strstrip(messages->str));
    return verdict;
}
