/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A PAM module for tests. Its arguments, in their order:
 *
 *     say=TEXT           tells the user something
 *     ask=TEXT,ANSWER    asks, hidden; another answer fails
 *     show=TEXT,ANSWER   asks, shown
 *     hang               never comes back, and neither does its child
 *     fall               ends the process by a signal
 *     gone               the server behind it cannot be reached
 *
 * A + stands for a blank.
 */
#define PAM_SM_AUTH

#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
blanks(char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '+')
            *text = ' ';
}

static int
ask(pam_handle_t *handle, int style, const char *argument)
{
    char text[256] = "";
    char *answer = NULL;
    char *expected;
    int code;

    strncpy(text, argument, sizeof text - 1);
    expected = strchr(text, ',');
    *expected++ = '\0';
    blanks(text);
    code = pam_prompt(handle, style, &answer, "%s", text);
    if (code == PAM_SUCCESS && (answer == NULL || strcmp(answer, expected) != 0))
        code = PAM_AUTH_ERR;
    free(answer);
    return code;
}

static void
hang(void)
{
    if (fork() == 0)
        execlp("sleep", "sleep", "4711", NULL);
    for (;;)
        pause();
}

static int
obey(pam_handle_t *handle, const char *argument)
{
    char text[256] = "";

    if (strncmp(argument, "say=", 4) == 0) {
        strncpy(text, argument + 4, sizeof text - 1);
        blanks(text);
        return pam_info(handle, "%s", text);
    }
    if (strncmp(argument, "ask=", 4) == 0)
        return ask(handle, PAM_PROMPT_ECHO_OFF, argument + 4);
    if (strncmp(argument, "show=", 5) == 0)
        return ask(handle, PAM_PROMPT_ECHO_ON, argument + 5);
    if (strcmp(argument, "hang") == 0)
        hang();
    if (strcmp(argument, "fall") == 0)
        abort();
    return PAM_AUTHINFO_UNAVAIL;
}

int
pam_sm_authenticate(pam_handle_t *handle, int flags, int argc, const char **argv)
{
    int code = PAM_SUCCESS;

    for (int i = 0; i < argc && code == PAM_SUCCESS; i++)
        code = obey(handle, argv[i]);
    return code;
}

int
pam_sm_setcred(pam_handle_t *handle, int flags, int argc, const char **argv)
{
    return PAM_SUCCESS;
}
