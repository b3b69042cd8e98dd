/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "login/check.h"

#include <crypt.h>
#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <string.h>
#include <time.h>

enum { MAX_USER = 128, DAY_SECONDS = 24 * 3600, MAX_MEMBERSHIPS = 1024 };

/* Costs as much as what Debian gives to a new account (yescrypt), where there is no other one. */
static const char usual_setting[] = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$";

LoginCheck *
login_check_new(void)
{
    LoginCheck *check = g_new0(LoginCheck, 1);

    check->groups = g_ptr_array_new_with_free_func(g_free);
    return check;
}

void
login_check_free(LoginCheck *check)
{
    if (check == NULL)
        return;
    g_free(check->users_file);
    g_ptr_array_unref(check->groups);
    g_free(check->pam_service);
    g_free(check->user);
    secret_free(check->password);
    secret_free(check->passcode);
    g_free(check->peer);
    g_free(check);
}

/* Something to compare with: not empty, not locked, not switched off. */
static gboolean
is_usable(const char *hash)
{
    return hash != NULL && strlen(hash) >= 13 && *hash != '!' && *hash != '*';
}

/* One hash is computed whatever hash is; setting: of another account. */
static gboolean
is_right(const char *hash, const char *setting, const Secret *password)
{
    g_autofree struct crypt_data *data = g_new0(struct crypt_data, 1);
    const char *text = password != NULL ? secret_text(password) : "";
    gboolean is_whole =
        password != NULL && secret_length(password) > 0 && strlen(text) == secret_length(password);
    const char *made = crypt_r(text, is_usable(hash) ? hash : setting, data);
    gboolean is_same = made != NULL && *made != '*' && is_usable(hash) &&
                       strlen(made) == strlen(hash) &&
                       secret_equal_octets(made, hash, strlen(hash));

    explicit_bzero(data, sizeof *data);
    return is_same && is_whole;
}

static gboolean
is_member(const LoginCheck *check, const struct passwd *account)
{
    g_autofree gid_t *memberships = g_new0(gid_t, MAX_MEMBERSHIPS);
    gint count = MAX_MEMBERSHIPS;

    if (getgrouplist(account->pw_name, account->pw_gid, memberships, &count) < 0)
        count = MAX_MEMBERSHIPS;
    for (guint i = 0; i < check->groups->len; i++) {
        const struct group *group = getgrnam(g_ptr_array_index(check->groups, i));

        for (gint k = 0; group != NULL && k < count; k++)
            if (memberships[k] == group->gr_gid)
                return TRUE;
    }
    return FALSE;
}

gboolean
login_check_is_allowed(const LoginCheck *check, const char *user)
{
    const struct passwd *account = getpwnam(user);

    if (account == NULL)
        return check->groups->len == 0;
    return account->pw_uid != 0 && (check->groups->len == 0 || is_member(check, account));
}

/* The first usable hash of the machine: what a wrong password usually costs. */
static char *
find_setting(void)
{
    const struct spwd *entry;
    char *setting = NULL;

    setspent();
    while (setting == NULL && (entry = getspent()) != NULL)
        if (is_usable(entry->sp_pwdp))
            setting = g_strdup(entry->sp_pwdp);
    endspent();
    return setting != NULL ? setting : g_strdup(usual_setting);
}

/* Of shadow(5); NULL when the account may be used. */
static const char *
find_expiry(const struct spwd *entry)
{
    glong today = (glong)(time(NULL) / DAY_SECONDS);

    if (entry->sp_expire > 0 && today >= entry->sp_expire)
        return "This account has expired.";
    if (entry->sp_lstchg == 0 ||
        (entry->sp_lstchg > 0 && entry->sp_max >= 0 && today > entry->sp_lstchg + entry->sp_max))
        return "This password has expired: change it first.";
    return NULL;
}

static LoginVerdict
check_system(const LoginCheck *check, char **ret_message)
{
    g_autofree char *setting = find_setting();
    const struct passwd *account = getpwnam(check->user);
    const struct spwd *entry = getspnam(check->user);
    const char *hash = entry != NULL ? entry->sp_pwdp : NULL;
    const char *expiry = entry != NULL ? find_expiry(entry) : NULL;
    gboolean is_good = is_right(hash, setting, check->password);

    if (!is_good || account == NULL || !login_check_is_allowed(check, check->user))
        return LOGIN_NO;
    *ret_message = g_strdup(expiry);
    return expiry == NULL ? LOGIN_YES : LOGIN_NO;
}

/* A line of user:hash, more fields behind are free. */
typedef struct {
    const char *name;
    gsize name_length;
    const char *hash;
    gsize hash_length;
} Entry;

static gboolean
parse_line(const char *at, const char *end, Entry *ret_entry)
{
    const char *colon;

    while (at < end && g_ascii_isspace(*at))
        at++;
    while (at < end && g_ascii_isspace(end[-1]))
        end--;
    colon = memchr(at, ':', (gsize)(end - at));
    if (colon == NULL || *at == '#')
        return FALSE;
    ret_entry->name = at;
    ret_entry->name_length = (gsize)(colon - at);
    ret_entry->hash = colon + 1;
    colon = memchr(ret_entry->hash, ':', (gsize)(end - ret_entry->hash));
    ret_entry->hash_length = (gsize)((colon != NULL ? colon : end) - ret_entry->hash);
    return TRUE;
}

/* The next one; FALSE at the end. */
static gboolean
next_user(const char **at, const char *end, Entry *ret_entry)
{
    while (*at < end) {
        const char *line = *at;
        const char *newline = memchr(line, '\n', (gsize)(end - line));

        *at = newline != NULL ? newline + 1 : end;
        if (parse_line(line, newline != NULL ? newline : end, ret_entry))
            return TRUE;
    }
    return FALSE;
}

/* The whole file is gone through for each login, so that its time does not tell who is in it. */
static LoginVerdict
check_users(const LoginCheck *check, char **ret_message)
{
    gsize name_length = strlen(check->user);
    g_autofree char *text = NULL;
    g_autofree char *hash = NULL;
    g_autofree char *setting = NULL;
    const char *at;
    gsize length;
    Entry entry;

    if (!g_file_get_contents(check->users_file, &text, &length, NULL))
        return LOGIN_UNREACHABLE;
    at = text;
    while (next_user(&at, text + length, &entry)) {
        if (setting == NULL) {
            setting = g_strndup(entry.hash, entry.hash_length);
            if (!is_usable(setting))
                g_clear_pointer(&setting, g_free);
        }
        if (hash == NULL && entry.name_length == name_length &&
            memcmp(entry.name, check->user, name_length) == 0)
            hash = g_strndup(entry.hash, entry.hash_length);
    }
    return is_right(hash, setting != NULL ? setting : usual_setting, check->password) ? LOGIN_YES
                                                                                      : LOGIN_NO;
}

static gboolean
is_name(const char *user)
{
    gsize length = strlen(user);

    if (length == 0 || length > MAX_USER || !g_utf8_validate(user, -1, NULL))
        return FALSE;
    for (; *user != '\0'; user++)
        if (g_ascii_iscntrl(*user) || *user == ':')
            return FALSE;
    return TRUE;
}

LoginVerdict
login_check_run(const LoginCheck *check, const LoginTalk *talk, char **ret_message)
{
    if (!is_name(check->user))
        return LOGIN_NO;
    switch (check->source) {
    case LOGIN_SOURCE_USERS:
        return check_users(check, ret_message);
    case LOGIN_SOURCE_SYSTEM:
        return check_system(check, ret_message);
    case LOGIN_SOURCE_PAM:
        return login_check_pam(check, talk, ret_message);
    case LOGIN_SOURCE_RADIUS:
        break;
    }
    return LOGIN_UNREACHABLE;
}
