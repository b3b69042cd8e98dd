/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gateway's questions: who answers what.
 *
 * In the order in which they are believed: what the call brought (used once), what this tunnel
 * knows from before, what the profile holds, and an agent. After a refusal only an agent is
 * believed. Passcodes, answers, new PINs and everything of a later round are one-time: asked for
 * as "otp", kept nowhere.
 */
#include "base/names.h"
#include "client/tunnel-private.h"
#include "log.h"

#include <string.h>

enum { MAX_QUESTIONS = 16 };

/* One row for each thing that a gateway can ask for. */
typedef struct {
    IkeField field;
    const char *name;
    const char *label;
    gboolean is_secret;
    gboolean is_once;
} FieldRow;

static const FieldRow field_rows[] = {
    {IKE_FIELD_USER, "user", "User name", FALSE, FALSE},
    {IKE_FIELD_PASSWORD, "password", "Password", TRUE, FALSE},
    {IKE_FIELD_PASSCODE, "passcode", "Passcode", TRUE, TRUE},
    {IKE_FIELD_DOMAIN, "domain", "Domain", FALSE, FALSE},
    {IKE_FIELD_NEXT_PIN, "next-pin", "New PIN", TRUE, TRUE},
    {IKE_FIELD_ANSWER, "answer", "Answer", FALSE, TRUE},
    {0, NULL},
};

static const FieldRow *
row_of(IkeField field)
{
    for (const FieldRow *row = field_rows; row->name != NULL; row++)
        if (row->field == field)
            return row;
    return NULL; /* CHALLENGE is shown, not answered */
}

static Secret **
slot_of(BoundaryMessage *answer, IkeField field)
{
    switch (field) {
    case IKE_FIELD_USER:
        return &answer->answer_login.user;
    case IKE_FIELD_PASSWORD:
        return &answer->answer_login.password;
    case IKE_FIELD_PASSCODE:
        return &answer->answer_login.passcode;
    case IKE_FIELD_DOMAIN:
        return &answer->answer_login.domain;
    case IKE_FIELD_NEXT_PIN:
        return &answer->answer_login.next_pin;
    case IKE_FIELD_ANSWER:
        return &answer->answer_login.answer;
    case IKE_FIELD_CHALLENGE:
        return NULL;
    }
    return NULL;
}

void
tunnel_login_clear(TunnelLogin *login)
{
    g_clear_pointer(&login->given, g_hash_table_unref);
    g_clear_pointer(&login->user, secret_free);
    g_clear_pointer(&login->password, secret_free);
    g_clear_pointer(&login->group_password, secret_free);
    g_clear_pointer(&login->answer, boundary_message_free);
    g_clear_pointer(&login->trust_sha256, g_free);
}

void
tunnel_login_stop(Tunnel *tunnel)
{
    TunnelLogin *login = &tunnel->login;

    if (login->question != 0)
        agents_cancel(tunnel->service->agents, login->question, "user-canceled");
    login->question = 0;
    tunnel_held_clear(tunnel);
    g_clear_pointer(&login->answer, boundary_message_free);
    g_clear_pointer(&login->trust_sha256, g_free);
}

/* What is known without asking anybody */

static Secret *
take_given(TunnelLogin *login, const char *name)
{
    gpointer key = NULL;
    gpointer value = NULL;

    if (login->given == NULL || !g_hash_table_steal_extended(login->given, name, &key, &value))
        return NULL;
    g_free(key);
    return value;
}

static Secret *
text_secret(const char *text)
{
    return text != NULL && *text != '\0' ? secret_new_text(text) : NULL;
}

static Secret *
known_user(Tunnel *tunnel)
{
    TunnelLogin *login = &tunnel->login;
    Secret *given = take_given(login, "user");

    if (given != NULL) {
        g_clear_pointer(&login->user, secret_free);
        login->user = given;
    }
    if (login->user == NULL)
        login->user = text_secret(profile_text(tunnel->profile, PROFILE_LOGIN_USER));
    return login->user != NULL ? secret_dup(login->user) : NULL;
}

static Secret *
known_password(Tunnel *tunnel)
{
    TunnelLogin *login = &tunnel->login;
    Secret *given = take_given(login, "password");
    const Secret *stored = profile_secret(tunnel->profile, PROFILE_SECRETS_PASSWORD);

    if (given != NULL && login->is_later_round)
        return given;
    if (given != NULL) {
        g_clear_pointer(&login->password, secret_free);
        login->password = given;
        login->is_asked = FALSE;
    }
    if (login->is_later_round || login->is_refused)
        return NULL;
    if (login->password == NULL && stored != NULL)
        login->password = secret_dup(stored);
    return login->password != NULL ? secret_dup(login->password) : NULL;
}

static Secret *
known(Tunnel *tunnel, const FieldRow *row)
{
    if (row->field == IKE_FIELD_USER)
        return tunnel->login.is_refused ? NULL : known_user(tunnel);
    if (row->field == IKE_FIELD_PASSWORD)
        return known_password(tunnel);
    if (row->field == IKE_FIELD_DOMAIN && !g_hash_table_contains(tunnel->login.given, "domain"))
        return text_secret(profile_text(tunnel->profile, PROFILE_LOGIN_DOMAIN));
    return take_given(&tunnel->login, row->name);
}

/* Questions to an agent */

static void
add_field(GVariantBuilder *fields, const char *name, const char *type, const char *label,
          const char *value, gboolean may_save)
{
    GVariantDict dict;

    g_variant_dict_init(&dict, NULL);
    g_variant_dict_insert(&dict, "type", "s", type);
    g_variant_dict_insert(&dict, "label", "s", label);
    g_variant_dict_insert(&dict, "echo", "b", g_str_equal(type, "text"));
    g_variant_dict_insert(&dict, "save", "s", may_save ? "allowed" : "never");
    g_variant_dict_insert(&dict, "max-length", "u", 1024);
    if (value != NULL && *value != '\0')
        g_variant_dict_insert(&dict, "value", "s", value);
    g_variant_builder_add(fields, "(s@a{sv})", name, g_variant_dict_end(&dict));
}

static GVariantDict *
info_new(Tunnel *tunnel)
{
    GVariantDict *info = g_variant_dict_new(NULL);
    Reason last = tunnel->login.last_reason;

    g_variant_dict_insert(info, "attempt", "u", tunnel->login.attempt);
    g_variant_dict_insert(info, "reason", "s", last != REASON_NONE ? reason_token(last) : "");
    g_variant_dict_insert(info, "connection-id", "s", tunnel->id);
    g_variant_dict_insert(info, "gateway", "s",
                          profile_text(tunnel->profile, PROFILE_CONNECTION_GATEWAY));
    return info;
}

static gboolean
has_agent(Tunnel *tunnel)
{
    return agents_has(tunnel->service->agents, tunnel->caller, tunnel->owner_uid);
}

static gboolean
can_ask(Tunnel *tunnel)
{
    return tunnel->holds_questions || has_agent(tunnel);
}

/* Returns 0 for a question that is held. */
static guint64
ask(Tunnel *tunnel, const char *message, GVariant *fields, GVariantDict *info,
    AgentAnswered answered)
{
    AgentQuestion question = {
        .caller = tunnel->caller,
        .uid = tunnel->owner_uid,
        .connection = tunnel->connection,
        .message = message,
        .fields = fields,
        .info = g_variant_dict_end(info),
    };

    if (!has_agent(tunnel)) {
        tunnel_hold(tunnel, &question, answered);
        return 0;
    }
    return agents_ask(tunnel->service->agents, &question, answered, tunnel);
}

/* TRUE: a password may be stored, as far as the profile says; the gateway has a word later. A
 * user's password never goes into a profile that others use; root's word about those counts. */
static gboolean
may_offer_save(Tunnel *tunnel)
{
    return (tunnel->object.owner_uid == tunnel->owner_uid || tunnel->owner_uid == 0) &&
           !g_str_equal(tunnel->connection, "/") &&
           profile_choice(tunnel->profile, PROFILE_LOGIN_SAVE_PASSWORD) != PROFILE_SAVE_NEVER;
}

static void
send_answer(Tunnel *tunnel)
{
    g_autoptr(BoundaryMessage) answer = g_steal_pointer(&tunnel->login.answer);
    g_autoptr(GError) error = NULL;

    if (tunnel->link != NULL && !engine_link_send(tunnel->link, answer, NULL, &error))
        log_warning(tunnel->id, "engine", "%s", error->message);
}

/* Nobody could or would answer: the gateway is told, the tunnel ends with the reason, or with the
 * refusal where that is why anybody was asked again. A renewal is asked for again later, as long as
 * the keys live. */
static void
give_up(Tunnel *tunnel, Reason reason)
{
    gboolean is_repeat = tunnel->login.is_refused && tunnel->login.last_reason != REASON_NONE;

    if (tunnel->login.answer != NULL) {
        tunnel->login.answer->answer_login.is_cancelled = TRUE;
        send_answer(tunnel);
    }
    if (tunnel->state == TUNNEL_CONNECTED) {
        tunnel_note(tunnel, "renewal: %s", reason_title(reason));
        log_event(G_LOG_LEVEL_MESSAGE, tunnel->id, "renewal", reason, "%s", reason_title(reason));
        return;
    }
    tunnel_end(tunnel, TUNNEL_FAILED, is_repeat ? tunnel->login.last_reason : reason, NULL);
}

static void
remember(Tunnel *tunnel, const FieldRow *row, const Secret *value, gboolean is_to_be_saved)
{
    TunnelLogin *login = &tunnel->login;

    if (row->field == IKE_FIELD_USER) {
        g_clear_pointer(&login->user, secret_free);
        login->user = secret_dup(value);
    }
    if (row->field != IKE_FIELD_PASSWORD || login->is_later_round)
        return;
    g_clear_pointer(&login->password, secret_free);
    login->password = secret_dup(value);
    login->is_asked = TRUE;
    login->may_save = is_to_be_saved;
}

static void
on_login_answered(Reason reason, GVariant *answers, gpointer user_data)
{
    Tunnel *tunnel = user_data;
    TunnelLogin *login = &tunnel->login;
    gboolean is_to_be_saved = FALSE;

    login->question = 0;
    if (reason != REASON_NONE || login->answer == NULL) {
        give_up(tunnel, reason != REASON_NONE ? reason : REASON_SECRETS_CANCELLED);
        return;
    }
    g_variant_lookup(answers, "save", "b", &is_to_be_saved);
    for (const FieldRow *row = field_rows; row->name != NULL; row++) {
        Secret **slot = slot_of(login->answer, row->field);
        const char *text = NULL;

        if (*slot != NULL || !g_variant_lookup(answers, row->name, "&s", &text))
            continue;
        *slot = secret_new_text(text);
        remember(tunnel, row, *slot, is_to_be_saved);
    }
    /* The name was offered as known; an answer may leave it as it is. */
    if (login->answer->answer_login.user == NULL && login->user != NULL)
        login->answer->answer_login.user = secret_dup(login->user);
    login->is_refused = FALSE;
    send_answer(tunnel);
}

/* ret_is_own: the gateway said nothing. */
static char *
prompt(Tunnel *tunnel, const BoundaryMessage *message, gboolean *ret_is_own)
{
    const char *text = message->ask_login.message;
    GString *prompt = g_string_new(NULL);

    if (text != NULL && *text != '\0') {
        g_autofree char *clean = name_clean(text, strlen(text), 4096, TRUE);

        g_string_append(prompt, clean);
    }
    for (gsize i = 0; i < message->ask_login.count; i++) {
        const char *value = message->ask_login.fields[i].value;
        g_autofree char *clean = NULL;

        if (message->ask_login.fields[i].field != IKE_FIELD_CHALLENGE || value == NULL)
            continue;
        clean = name_clean(value, strlen(value), 1024, FALSE);
        g_string_append_printf(prompt, "%s%s", prompt->len > 0 ? "\n" : "", clean);
    }
    *ret_is_own = prompt->len == 0;
    if (prompt->len == 0 && tunnel->login.is_later_round)
        g_string_append(prompt, "The gateway asks for one more code");
    else if (prompt->len == 0)
        g_string_printf(prompt, "Log in to %s", tunnel->id);
    return g_string_free(prompt, FALSE);
}

static void
offer_field(Tunnel *tunnel, GVariantBuilder *fields, const FieldRow *row, const char *given)
{
    gboolean is_once = row->is_once || (tunnel->login.is_later_round && row->is_secret);
    const char *type = is_once && row->is_secret ? "otp" : row->is_secret ? "secret" : "text";
    g_autofree char *clean =
        given != NULL && !row->is_secret ? name_clean(given, strlen(given), 256, FALSE) : NULL;
    const char *value = clean;

    if (row->field == IKE_FIELD_USER && tunnel->login.user != NULL)
        value = secret_text(tunnel->login.user);
    add_field(fields, row->name, type, row->label, value,
              row->field == IKE_FIELD_PASSWORD && !is_once && may_offer_save(tunnel));
}

/* Fills the answer with what is known and fields with what is not; returns how many are not. */
static guint
sort_fields(Tunnel *tunnel, const BoundaryMessage *message, GVariantBuilder *fields)
{
    guint count = 0;

    for (gsize i = 0; i < message->ask_login.count; i++) {
        const FieldRow *row = row_of(message->ask_login.fields[i].field);
        Secret **slot = row != NULL ? slot_of(tunnel->login.answer, row->field) : NULL;

        if (slot == NULL || *slot != NULL)
            continue;
        *slot = known(tunnel, row);
        if (*slot != NULL)
            continue;
        offer_field(tunnel, fields, row, message->ask_login.fields[i].value);
        count++;
    }
    return count;
}

void
tunnel_login_ask(Tunnel *tunnel, const BoundaryMessage *message)
{
    TunnelLogin *login = &tunnel->login;
    GVariantBuilder fields;
    g_autoptr(GVariant) wanted = NULL;
    g_autofree char *text = NULL;
    g_autoptr(GVariantDict) info = NULL;
    gboolean is_own;

    if (tunnel->is_probe)
        return;
    tunnel_login_stop(tunnel);
    /* A session may ask again as often as it likes over days, an attempt may not. */
    if (tunnel->state != TUNNEL_CONNECTED && ++login->asked > MAX_QUESTIONS) {
        tunnel_end(tunnel, TUNNEL_FAILED, REASON_PROTOCOL_ERROR, "too many login questions");
        return;
    }
    if (!message->ask_login.is_reauthentication && tunnel->state != TUNNEL_CONNECTED)
        tunnel_set_stage(tunnel, "xauth");
    login->answer = boundary_message_new(BOUNDARY_ANSWER_LOGIN);
    login->answer->answer_login.ticket = message->ask_login.ticket;
    login->is_later_round = message->ask_login.round > 1;
    g_variant_builder_init(&fields, G_VARIANT_TYPE("a(sa{sv})"));
    if (sort_fields(tunnel, message, &fields) == 0) {
        g_variant_builder_clear(&fields);
        send_answer(tunnel);
        return;
    }
    wanted = g_variant_ref_sink(g_variant_builder_end(&fields));
    if (!can_ask(tunnel)) {
        give_up(tunnel, REASON_SECRETS_NO_AGENT);
        return;
    }
    text = prompt(tunnel, message, &is_own);
    info = info_new(tunnel);
    g_variant_dict_insert(info, "is-from-gateway", "b", !is_own);
    login->question = ask(tunnel, text, wanted, info, on_login_answered);
}

/* After the gateway's answer */

void
tunnel_login_accepted(Tunnel *tunnel)
{
    TunnelLogin *login = &tunnel->login;
    gboolean gateway_allows = tunnel->settings == NULL || tunnel->settings->may_save_password;
    ProfileSavePassword wish =
        (ProfileSavePassword)profile_choice(tunnel->profile, PROFILE_LOGIN_SAVE_PASSWORD);

    agents_result(tunnel->service->agents, tunnel->connection, TRUE);
    login->attempt = 1;
    login->last_reason = REASON_NONE;
    if (!login->is_asked || login->password == NULL || !may_offer_save(tunnel))
        return;
    login->is_asked = FALSE;
    /* The user's own "always" in the profile stands above what the gateway recommends. */
    if (wish == PROFILE_SAVE_ALWAYS || (login->may_save && gateway_allows))
        tunnel->events.accepted(tunnel, login->user != NULL ? secret_text(login->user) : NULL,
                                login->password, tunnel->events_data);
    else if (login->may_save)
        log_info(tunnel->id, "password", "The gateway does not allow the password to be stored");
}

gboolean
tunnel_login_refused(Tunnel *tunnel, Reason reason)
{
    TunnelLogin *login = &tunnel->login;

    if (reason != REASON_AUTH_USER_REJECTED && reason != REASON_AUTH_CHALLENGE_FAILED)
        return FALSE;
    agents_result(tunnel->service->agents, tunnel->connection, FALSE);
    login->is_refused = TRUE;
    login->is_asked = FALSE;
    login->last_reason = reason;
    g_clear_pointer(&login->password, secret_free);
    if (login->attempt >= TUNNEL_MAX_ATTEMPTS || !can_ask(tunnel))
        return FALSE;
    login->attempt++;
    log_event(G_LOG_LEVEL_MESSAGE, tunnel->id, "login-refused", reason, "Asking again");
    return TRUE;
}

/* The group password, before phase 1 */

static void
on_group_answered(Reason reason, GVariant *answers, gpointer user_data)
{
    Tunnel *tunnel = user_data;
    TunnelLogin *login = &tunnel->login;
    const char *text = NULL;

    login->question = 0;
    if (reason == REASON_NONE && !g_variant_lookup(answers, "group-password", "&s", &text))
        reason = REASON_SECRETS_CANCELLED;
    if (reason != REASON_NONE) {
        tunnel_end(tunnel, TUNNEL_FAILED, reason, NULL);
        return;
    }
    login->group_password = secret_new_text(text);
    login->ready(tunnel);
}

void
tunnel_login_prepare(Tunnel *tunnel, void (*ready)(Tunnel *tunnel))
{
    TunnelLogin *login = &tunnel->login;
    const Secret *stored = profile_secret(tunnel->profile, PROFILE_SECRETS_GROUP_PASSWORD);
    g_autoptr(GVariantDict) info = NULL;
    GVariantBuilder fields;

    if (login->group_password == NULL && profile_needs_group_password(tunnel->profile)) {
        login->group_password = take_given(login, "group-password");
        if (login->group_password == NULL && stored != NULL)
            login->group_password = secret_dup(stored);
    }
    if (login->group_password != NULL || !profile_needs_group_password(tunnel->profile)) {
        ready(tunnel);
        return;
    }
    if (tunnel->is_probe || !can_ask(tunnel)) {
        tunnel_end(tunnel, TUNNEL_FAILED, REASON_SECRETS_NO_AGENT, "the group password");
        return;
    }
    login->ready = ready;
    g_variant_builder_init(&fields, G_VARIANT_TYPE("a(sa{sv})"));
    add_field(&fields, "group-password", "secret", "Group password", NULL, FALSE);
    info = info_new(tunnel);
    login->question = ask(tunnel, "The group password of this gateway is needed",
                          g_variant_builder_end(&fields), info, on_group_answered);
}

/* First use: a person looks at the certificate */

static void
answer_trust(Tunnel *tunnel, guint64 ticket, Reason reason)
{
    g_autoptr(BoundaryMessage) answer = boundary_message_new(BOUNDARY_ANSWER_TRUST);

    answer->answer_trust.ticket = ticket;
    answer->answer_trust.reason = reason;
    if (tunnel->link != NULL)
        engine_link_send(tunnel->link, answer, NULL, NULL);
}

static void
on_trust_answered(Reason reason, GVariant *answers, gpointer user_data)
{
    Tunnel *tunnel = user_data;
    TunnelLogin *login = &tunnel->login;
    g_autofree char *sha256 = g_steal_pointer(&login->trust_sha256);
    const char *choice = NULL;

    login->question = 0;
    if (reason != REASON_NONE) {
        tunnel_end(tunnel, TUNNEL_FAILED, reason, NULL);
        return;
    }
    g_variant_lookup(answers, "trust", "&s", &choice);
    if (g_strcmp0(choice, "accept") != 0) {
        answer_trust(tunnel, login->ticket, REASON_GATEWAY_CERT_REFUSED);
        tunnel_end(tunnel, TUNNEL_FAILED, REASON_GATEWAY_CERT_REFUSED, sha256);
        return;
    }
    if (profile_set(tunnel->profile, PROFILE_IDENTITY_PINNED_SHA256, sha256, NULL))
        tunnel->events.pinned(tunnel, sha256, tunnel->events_data);
    log_info(tunnel->id, "trust", "The user accepted the certificate %s", sha256);
    if (tunnel->link != NULL)
        answer_trust(tunnel, login->ticket, REASON_NONE);
    else
        tunnel_run(tunnel);
}

gboolean
tunnel_trust_is_open(const Tunnel *tunnel)
{
    return tunnel->login.trust_sha256 != NULL &&
           (tunnel->login.question != 0 || tunnel->held != NULL);
}

static GVariant *
trust_fields(void)
{
    static const char *const choices[] = {"accept", "refuse", NULL};
    GVariantBuilder fields;
    GVariantDict dict;

    g_variant_dict_init(&dict, NULL);
    g_variant_dict_insert(&dict, "type", "s", "choice");
    g_variant_dict_insert(&dict, "label", "s", "Is this your gateway?");
    g_variant_dict_insert(&dict, "save", "s", "never");
    g_variant_dict_insert_value(&dict, "choices", g_variant_new_strv(choices, -1));
    g_variant_builder_init(&fields, G_VARIANT_TYPE("a(sa{sv})"));
    g_variant_builder_add(&fields, "(s@a{sv})", "trust", g_variant_dict_end(&dict));
    return g_variant_builder_end(&fields);
}

static void
put_text(GVariantDict *dict, const char *name, const char *text)
{
    g_autofree char *clean =
        text != NULL ? name_clean(text, strlen(text), 1024, FALSE) : g_strdup("");

    g_variant_dict_insert(dict, name, "s", clean);
}

static GVariant *
certificate_info(const IkeCertificateInfo *certificate)
{
    GVariantDict dict;

    g_variant_dict_init(&dict, NULL);
    put_text(&dict, "subject", certificate->subject);
    put_text(&dict, "issuer", certificate->issuer);
    put_text(&dict, "names", certificate->names);
    put_text(&dict, "sha256", certificate->sha256);
    g_variant_dict_insert(&dict, "not-before", "x", certificate->not_before_unix_seconds);
    g_variant_dict_insert(&dict, "not-after", "x", certificate->not_after_unix_seconds);
    g_variant_dict_insert(&dict, "key-bits", "u", certificate->key_bits);
    return g_variant_dict_end(&dict);
}

/* A probe without a CA or a name ends here, with what a person needs to compare. */
static void
describe_unknown(Tunnel *tunnel, const IkeCertificateInfo *certificate)
{
    const char *const parts[] = {certificate->subject, certificate->names, certificate->issuer};
    g_autofree char *text = g_strdup_printf(
        "subject %s; names %s; issuer %s; SHA-256 %s", parts[0] != NULL ? parts[0] : "",
        parts[1] != NULL ? parts[1] : "", parts[2] != NULL ? parts[2] : "", certificate->sha256);
    g_autofree char *clean = name_clean(text, strlen(text), 1024, FALSE);

    answer_trust(tunnel, tunnel->login.ticket, REASON_GATEWAY_CERT_REFUSED);
    tunnel_end(tunnel, TUNNEL_FAILED, REASON_GATEWAY_CERT_REFUSED, clean);
}

void
tunnel_trust_ask(Tunnel *tunnel, const BoundaryMessage *message)
{
    TunnelLogin *login = &tunnel->login;
    const IkeCertificateInfo *certificate = message->ask_trust.certificate;
    g_autoptr(GVariantDict) info = NULL;

    tunnel_login_stop(tunnel);
    login->ticket = message->ask_trust.ticket;
    g_free(login->trust_sha256);
    login->trust_sha256 = g_strdup(certificate->sha256);
    if (tunnel->is_probe) {
        describe_unknown(tunnel, certificate);
        return;
    }
    if (!can_ask(tunnel)) {
        answer_trust(tunnel, login->ticket, REASON_GATEWAY_CERT_REFUSED);
        tunnel_end(tunnel, TUNNEL_FAILED, REASON_GATEWAY_CERT_REFUSED, login->trust_sha256);
        return;
    }
    info = info_new(tunnel);
    g_variant_dict_insert_value(info, "certificate", certificate_info(certificate));
    login->question = ask(tunnel,
                          "This gateway is met for the first time. Compare its certificate with "
                          "what your administrator says before you accept it.",
                          trust_fields(), info, on_trust_answered);
}
