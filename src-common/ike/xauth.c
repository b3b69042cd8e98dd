/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/xauth.h"

#include "base/names.h"
#include "ike/attribute.h"
#include "ike/chap.h"
#include "ike/modecfg.h"
#include "ike/reauth.h"
#include "ike/sa.h"
#include "ike/session.h"
#include "ike/transaction.h"

#include <string.h>

enum {
    XAUTH_TYPE_GENERIC = 0,
    XAUTH_TYPE_CHAP = 1,
    XAUTH_TYPE_OTP = 2,
    XAUTH_TYPE_SKEY = 3,

    QUESTION_SECONDS = 30, /* a client waits so long to be asked */
    VERDICT_SECONDS = 120, /* and so long for what the gateway says to its answer */
    REFUSED_SECONDS = 4,   /* a gateway waits so long for the ACK of a refusal */
    SKIP_SECONDS = 5,      /* Cisco-type gateways ask nothing when phase 1 is renewed */
    MAX_USER_OCTETS = 255,
    MAX_CHALLENGE = 253, /* an attribute of RADIUS */
};

/* The fields in the order of their attributes; PLACES of them. */
static const IkeField fields[] = {
    IKE_FIELD_USER,   IKE_FIELD_PASSWORD, IKE_FIELD_PASSCODE, IKE_FIELD_CHALLENGE,
    IKE_FIELD_DOMAIN, IKE_FIELD_NEXT_PIN, IKE_FIELD_ANSWER,
};
enum { PLACES = G_N_ELEMENTS(fields) };

/* Said by a gateway when nobody could judge, understood by a client. */
static const char unreachable[] = "authentication server unreachable";

typedef struct {
    guint16 identifier;
    gboolean has_type;
    guint64 xauth_type;
    IkeField asked[PLACES];
    char *values[PLACES]; /* as asked; given by the gateway, cleaned */
    guint asked_count;
    GBytes *challenge; /* as it is; NULL = none */
    char *message;
    Secret *answers[PLACES]; /* by place in fields */
    gboolean is_cancelled;
    IkeVerdictType verdict;
    char *verdict_message;
    IkeField verdict_field;
} Ask;

typedef struct {
    guint16 identifier;
    gboolean is_accepted;
    char *message;
} Tell;

static void
forget_answers(Ask *ask)
{
    for (guint i = 0; i < PLACES; i++)
        g_clear_pointer(&ask->answers[i], secret_free);
}

static void
clear_ask(gpointer data)
{
    Ask *ask = data;

    forget_answers(ask);
    for (guint i = 0; i < PLACES; i++)
        g_free(ask->values[i]);
    g_clear_pointer(&ask->challenge, g_bytes_unref);
    g_free(ask->message);
    g_free(ask->verdict_message);
}

static void
clear_tell(gpointer data)
{
    g_free(((Tell *)data)->message);
}

static gint
place_of(guint16 attribute)
{
    for (guint i = 0; i < PLACES; i++) {
        if (fields[i] == attribute)
            return (gint)i;
    }
    return -1;
}

static char *
clean_text(Reader value)
{
    return name_clean(value.at, reader_left(&value), IKE_MAX_BANNER_OCTETS, TRUE);
}

static gboolean
is_chap(const Ask *ask)
{
    return ask->xauth_type == XAUTH_TYPE_CHAP;
}

static void
write_challenge(Writer *body, const Ask *ask)
{
    gsize length;
    const guint8 *octets = g_bytes_get_data(ask->challenge, &length);

    ike_attribute_write(body, IKE_FIELD_CHALLENGE, octets, length);
}

/* --- the question --- */

static void
write_question(IkeExchange *exchange, IkeDraft *draft)
{
    const Ask *ask = exchange->data;
    Writer *body = ike_transaction_open(draft, IKE_CFG_REQUEST, ask->identifier);

    ike_attribute_write_basic(body, IKE_XAUTH_TYPE, (guint16)ask->xauth_type);
    if (ask->message != NULL)
        ike_attribute_write(body, IKE_XAUTH_MESSAGE, ask->message, strlen(ask->message));
    for (guint i = 0; i < ask->asked_count; i++)
        ike_attribute_write_empty(body, (guint16)ask->asked[i]);
    if (ask->challenge != NULL)
        write_challenge(body, ask);
    ike_draft_close(draft);
}

static void
read_asked(Ask *ask, const IkeAttribute *attribute)
{
    gint place = place_of(attribute->type);

    if (place < 0 || ask->asked_count >= PLACES)
        return;
    for (guint i = 0; i < ask->asked_count; i++) {
        if (ask->asked[i] == fields[place])
            return;
    }
    if (reader_left(&attribute->value) > 0 && !attribute->is_basic)
        ask->values[ask->asked_count] = clean_text(attribute->value);
    if (attribute->type == IKE_FIELD_CHALLENGE && reader_left(&attribute->value) > 0 &&
        reader_left(&attribute->value) <= MAX_CHALLENGE)
        ask->challenge = reader_dup_bytes(&attribute->value);
    ask->asked[ask->asked_count++] = fields[place];
}

static guint
read_question(IkeExchange *exchange, const IkeChain *chain)
{
    Ask *ask = exchange->data;
    IkeAttribute attribute;
    IkeConfigView view;

    if (ike_transaction_parse(chain, IKE_CFG_REQUEST, &view) != IKE_OK)
        return IKE_PAYLOAD_MALFORMED;
    ask->identifier = view.identifier;
    while (ike_attribute_next(&view.attributes, &attribute)) {
        if (attribute.type == IKE_XAUTH_TYPE)
            ask->has_type = ike_attribute_number(&attribute, &ask->xauth_type);
        else if (attribute.type == IKE_XAUTH_MESSAGE && ask->message == NULL)
            ask->message = clean_text(attribute.value);
        else
            read_asked(ask, &attribute);
    }
    return IKE_OK;
}

/* A gateway that asks anew has forgotten its last question. */
static void
abandon_others(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;

    for (guint i = 0; i < sa->exchanges->len; i++) {
        IkeExchange *other = g_ptr_array_index(sa->exchanges, i);

        if (other != exchange && other->table == &ike_xauth_ask_table && !other->is_done)
            ike_exchange_abandon(other);
    }
}

/* OTP and S/KEY are words that a person types. */
static gboolean
is_type_supported(const Ask *ask)
{
    if (is_chap(ask))
        return ask->challenge != NULL;
    return ask->xauth_type == XAUTH_TYPE_GENERIC || ask->xauth_type == XAUTH_TYPE_OTP ||
           ask->xauth_type == XAUTH_TYPE_SKEY;
}

/* What a person has to type; CHAP's challenge is for the computer. */
static void
put_fields(IkeSa *sa, const Ask *ask, IkeLoginQuestion *question)
{
    IkeQueue *queue = &sa->session->engine->queue;

    for (guint i = 0; i < ask->asked_count; i++) {
        if (is_chap(ask) && ask->asked[i] == IKE_FIELD_CHALLENGE)
            continue;
        question->fields[question->count].field = ask->asked[i];
        question->fields[question->count].value = ike_queue_keep_text(queue, ask->values[i]);
        question->count++;
        if (ask->asked[i] == IKE_FIELD_PASSCODE || ask->asked[i] == IKE_FIELD_CHALLENGE)
            sa->login.asked_passcode = TRUE;
    }
}

static guint
ask_login(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;
    IkeQueue *queue = &sa->session->engine->queue;
    Ask *ask = exchange->data;
    IkeAction *action;

    abandon_others(exchange);
    sa->skip_xauth_at = IKE_NEVER;
    if (!is_type_supported(ask))
        return IKE_OK;
    if (ask->asked_count == 0) {
        if (ask->message != NULL)
            ike_session_note(sa->session, IKE_NOTE_INFO, "the gateway says: %s", ask->message);
        return IKE_OK;
    }
    if (++sa->login.round > IKE_MAX_LOGIN_ROUNDS) {
        ike_sa_fail(sa, REASON_AUTH_USER_REJECTED, "the gateway asks again and again", TRUE);
        return IKE_PENDING;
    }
    sa->give_up_at = IKE_NEVER; /* a person types; the gateway has its own patience */
    action = ike_exchange_ask(exchange, IKE_ASK_LOGIN);
    action->login.round = sa->login.round;
    action->login.is_reauthentication = sa->is_replacement || sa->state == IKE_SA_READY;
    action->login.message = ike_queue_keep_text(queue, ask->message);
    put_fields(sa, ask, &action->login);
    return IKE_PENDING;
}

static void
take_answer(Ask *ask, IkeField field, const Secret *answer)
{
    gint place = place_of(field);

    secret_free(ask->answers[place]);
    ask->answers[place] = answer != NULL ? secret_dup(answer) : NULL;
}

guint
ike_xauth_login(IkeExchange *exchange, const IkeLogin *login)
{
    Ask *ask = exchange->data;
    g_autoptr(Secret) response = NULL;

    if (is_chap(ask) && login->password != NULL) {
        guint8 id;

        ike_session_random(exchange->sa->session, IKE_RANDOM_IDENTIFIER, &id, sizeof(id));
        response = ike_chap_respond(id, login->password, reader_of_bytes(ask->challenge));
    }
    ask->is_cancelled = login->is_cancelled;
    take_answer(ask, IKE_FIELD_USER, login->user);
    take_answer(ask, IKE_FIELD_PASSWORD, response != NULL ? response : login->password);
    take_answer(ask, IKE_FIELD_PASSCODE, login->passcode);
    take_answer(ask, IKE_FIELD_DOMAIN, login->domain);
    take_answer(ask, IKE_FIELD_NEXT_PIN, login->next_pin);
    take_answer(ask, IKE_FIELD_ANSWER, login->answer);
    return IKE_OK;
}

/* --- the answer --- */

static void
write_answered(Writer *body, Ask *ask, guint i)
{
    gint place = place_of((guint16)ask->asked[i]);
    const Secret *answer = ask->answers[place];

    if (is_chap(ask) && ask->asked[i] == IKE_FIELD_CHALLENGE)
        write_challenge(body, ask);
    else if (answer != NULL)
        ike_attribute_write(body, (guint16)ask->asked[i], secret_data(answer),
                            secret_length(answer));
    else if (ask->values[i] != NULL) /* what the gateway gave itself is said again */
        ike_attribute_write(body, (guint16)ask->asked[i], ask->values[i], strlen(ask->values[i]));
    else
        ike_attribute_write_empty(body, (guint16)ask->asked[i]);
}

static void
write_answer(IkeExchange *exchange, IkeDraft *draft)
{
    Ask *ask = exchange->data;
    Writer *body = ike_transaction_open(draft, IKE_CFG_REPLY, ask->identifier);

    /* TYPE is said again only when it was said (xauth-06 4.2). */
    if (ask->has_type)
        ike_attribute_write_basic(body, IKE_XAUTH_TYPE, (guint16)ask->xauth_type);
    if (ask->is_cancelled || !is_type_supported(ask))
        ike_attribute_write_basic(body, IKE_XAUTH_STATUS, IKE_XAUTH_FAIL);
    for (guint i = 0; i < ask->asked_count && !ask->is_cancelled && is_type_supported(ask); i++)
        write_answered(body, ask, i);
    ike_draft_close(draft);
}

/* Old clients put a NUL behind the password (Android); CHAP's octets may end in one. */
static Secret *
secret_of(const Ask *ask, IkeField field, Reader value)
{
    gsize length = reader_left(&value);

    if (!is_chap(ask) && field == IKE_FIELD_PASSWORD && length > 0 && value.at[length - 1] == 0)
        length--;
    return secret_new(value.at, length);
}

static guint
read_answer(IkeExchange *exchange, const IkeChain *chain)
{
    Ask *ask = exchange->data;
    IkeAttribute attribute;
    IkeConfigView view;
    guint64 status = IKE_XAUTH_OK;

    if (ike_transaction_parse(chain, IKE_CFG_REPLY, &view) != IKE_OK)
        return IKE_PAYLOAD_MALFORMED;
    while (ike_attribute_next(&view.attributes, &attribute)) {
        gint place = place_of(attribute.type);

        if (attribute.type == IKE_XAUTH_STATUS)
            ike_attribute_number(&attribute, &status);
        if (place < 0 || ask->answers[place] != NULL ||
            reader_left(&attribute.value) > IKE_MAX_XAUTH_OCTETS)
            continue;
        ask->answers[place] = secret_of(ask, fields[place], attribute.value);
    }
    ask->is_cancelled = status != IKE_XAUTH_OK;
    return IKE_OK;
}

static const Secret *
answer_of(const Ask *ask, IkeField field)
{
    return ask->answers[place_of(field)];
}

/* A name that is one, and the same in every round (PROTOCOL 5.5). */
static gboolean
take_user(IkeSa *sa, const Ask *ask)
{
    const Secret *user = answer_of(ask, IKE_FIELD_USER);
    const char *text;

    if (user == NULL)
        return sa->login.user != NULL;
    text = secret_text(user);
    if (secret_length(user) == 0 || secret_length(user) > MAX_USER_OCTETS ||
        strlen(text) != secret_length(user) || !g_utf8_validate(text, -1, NULL))
        return FALSE;
    if (sa->login.user == NULL)
        sa->login.user = g_strdup(text);
    return strcmp(sa->login.user, text) == 0;
}

/* A client that knows no CHAP says so with a STATUS; one that says nothing and sends its password has
 * told it in vain. */
static gboolean
has_proof(const Ask *ask)
{
    const Secret *password = answer_of(ask, IKE_FIELD_PASSWORD);

    return !is_chap(ask) || (password != NULL && secret_length(password) == IKE_CHAP_RESPONSE);
}

static const Secret *
keep_secret(IkeQueue *queue, const Secret *secret)
{
    if (secret == NULL)
        return NULL;
    return ike_queue_keep(queue, secret_dup(secret), (GDestroyNotify)secret_free);
}

static guint
ask_verdict(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;
    IkeQueue *queue = &sa->session->engine->queue;
    Ask *ask = exchange->data;
    g_autoptr(Secret) user = NULL;
    IkeAction *action;

    ask->verdict = IKE_VERDICT_NO;
    if (ask->is_cancelled || !take_user(sa, ask) || !has_proof(ask))
        return IKE_OK;
    user = secret_new_text(sa->login.user);
    action = ike_exchange_ask(exchange, IKE_ASK_VERDICT);
    action->verdict.login = (IkeLogin){
        .user = keep_secret(queue, user),
        .password = keep_secret(queue, answer_of(ask, IKE_FIELD_PASSWORD)),
        .passcode = keep_secret(queue, answer_of(ask, IKE_FIELD_PASSCODE)),
        .domain = keep_secret(queue, answer_of(ask, IKE_FIELD_DOMAIN)),
        .next_pin = keep_secret(queue, answer_of(ask, IKE_FIELD_NEXT_PIN)),
        .answer = keep_secret(queue, answer_of(ask, IKE_FIELD_ANSWER)),
    };
    if (ask->challenge != NULL)
        action->verdict.challenge =
            ike_queue_keep(queue, g_bytes_ref(ask->challenge), (GDestroyNotify)g_bytes_unref);
    action->verdict.group = sa->peer_id;
    if (sa->peer_id.data != NULL)
        ike_queue_keep(queue, g_bytes_ref(sa->peer_id.data), (GDestroyNotify)g_bytes_unref);
    action->verdict.peer = sa->path.remote;
    action->verdict.round = sa->login.round;
    return IKE_PENDING;
}

guint
ike_xauth_judged(IkeExchange *exchange, const IkeVerdict *verdict)
{
    Ask *ask = exchange->data;

    ask->verdict = verdict->type;
    ask->verdict_message = g_strdup(verdict->message);
    ask->verdict_field = verdict->field;
    return IKE_OK;
}

/* --- a gateway goes on --- */

static void
add_challenge(IkeSa *sa, Ask *ask)
{
    guint8 octets[IKE_CHAP_CHALLENGE];

    ike_session_random(sa->session, IKE_RANDOM_IDENTIFIER, octets, sizeof(octets));
    ask->xauth_type = XAUTH_TYPE_CHAP;
    ask->challenge = g_bytes_new(octets, sizeof(octets));
}

static void
start_question(IkeSa *sa, IkeField field, const char *message)
{
    IkeExchange *exchange = ike_exchange_start(sa, &ike_xauth_ask_table);
    Ask *ask = exchange->data;

    if (sa->login.round++ == 0)
        sa->login.identifier = ike_transaction_identifier(sa);
    ask->identifier = sa->login.identifier;
    ask->asked[ask->asked_count++] = IKE_FIELD_USER;
    ask->asked[ask->asked_count++] = field;
    ask->message = g_strdup(message);
    /* Later rounds ask for codes, which are good once. */
    if (sa->session->policy->asks_chap && sa->login.round == 1)
        add_challenge(sa, ask);
    ike_exchange_run(exchange);
}

static void
start_verdict(IkeSa *sa, gboolean is_accepted, const char *message)
{
    IkeExchange *exchange = ike_exchange_start(sa, &ike_xauth_tell_table);
    Tell *tell = exchange->data;

    tell->identifier = sa->login.identifier;
    tell->is_accepted = is_accepted;
    tell->message = g_strdup(message);
    sa->login.is_refused = !is_accepted;
    g_free(sa->login.message);
    sa->login.message = g_strdup(message);
    if (!is_accepted)
        sa->give_up_at = sa->session->engine->now + IKE_SECONDS(REFUSED_SECONDS);
    ike_exchange_run(exchange);
}

static void
go_on_after_verdict(IkeSa *sa, const Ask *ask)
{
    switch (ask->verdict) {
    case IKE_VERDICT_YES:
        start_verdict(sa, TRUE, ask->verdict_message);
        break;
    case IKE_VERDICT_NO:
        start_verdict(sa, FALSE, ask->verdict_message);
        break;
    case IKE_VERDICT_AGAIN:
        if (sa->login.round >= IKE_MAX_LOGIN_ROUNDS)
            start_verdict(sa, FALSE, NULL);
        else
            start_question(sa, ask->verdict_field != 0 ? ask->verdict_field : IKE_FIELD_PASSWORD,
                           ask->verdict_message);
        break;
    case IKE_VERDICT_UNREACHABLE:
        start_verdict(sa, FALSE, unreachable);
        break;
    }
}

static void
ask_done(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;
    Ask *ask = exchange->data;

    forget_answers(ask);
    if (sa->session->is_gateway)
        go_on_after_verdict(sa, ask);
    else if (ask->is_cancelled)
        ike_sa_fail(sa, REASON_SECRETS_CANCELLED, NULL, TRUE);
    else if (sa->state == IKE_SA_LOGIN)
        sa->give_up_at = sa->session->engine->now + IKE_SECONDS(VERDICT_SECONDS);
}

static void
ask_failed(IkeExchange *exchange, guint problem)
{
    ike_sa_fail(exchange->sa, REASON_SECRETS_TIMEOUT, NULL, TRUE);
}

/* --- the verdict --- */

static void
write_verdict(IkeExchange *exchange, IkeDraft *draft)
{
    const Tell *tell = exchange->data;
    Writer *body = ike_transaction_open(draft, IKE_CFG_SET, tell->identifier);

    ike_attribute_write_basic(body, IKE_XAUTH_STATUS,
                              tell->is_accepted ? IKE_XAUTH_OK : IKE_XAUTH_FAIL);
    if (tell->message != NULL)
        ike_attribute_write(body, IKE_XAUTH_MESSAGE, tell->message, strlen(tell->message));
    ike_draft_close(draft);
}

static guint
read_verdict(IkeExchange *exchange, const IkeChain *chain)
{
    IkeSa *sa = exchange->sa;
    Tell *tell = exchange->data;
    IkeAttribute attribute;
    IkeConfigView view;
    guint64 status = IKE_XAUTH_FAIL;

    if (ike_transaction_parse(chain, IKE_CFG_SET, &view) != IKE_OK)
        return IKE_PAYLOAD_MALFORMED;
    /* ScreenOS sends settings with and before the verdict (PROTOCOL 5.10). */
    if (sa->draft == NULL)
        sa->draft = ike_settings_new();
    ike_modecfg_parse(view.attributes, sa->draft);
    while (ike_attribute_next(&view.attributes, &attribute)) {
        if (attribute.type == IKE_XAUTH_STATUS)
            ike_attribute_number(&attribute, &status);
        else if (attribute.type == IKE_XAUTH_MESSAGE && tell->message == NULL)
            tell->message = clean_text(attribute.value);
    }
    tell->identifier = view.identifier;
    tell->is_accepted = status == IKE_XAUTH_OK;
    return IKE_OK;
}

static void
write_ack(IkeExchange *exchange, IkeDraft *draft)
{
    const Tell *tell = exchange->data;
    Writer *body = ike_transaction_open(draft, IKE_CFG_ACK, tell->identifier);

    /* The value says nothing (xauth-06 4.1); racoon and Apple send 0 as well. */
    ike_attribute_write_basic(body, IKE_XAUTH_STATUS, 0);
    ike_draft_close(draft);
}

static guint
read_ack(IkeExchange *exchange, const IkeChain *chain)
{
    IkeConfigView view;

    return ike_transaction_parse(chain, IKE_CFG_ACK, &view);
}

static void
accept_login(IkeSa *sa)
{
    sa->login.is_accepted = TRUE;
    sa->give_up_at = IKE_NEVER;
    if (sa->session->is_gateway && !ike_reauth_logged_in(sa))
        return;
    ike_sa_advance(sa);
}

static Reason
refusal_of(const IkeSa *sa, const Tell *tell)
{
    if (tell->message != NULL && strcmp(tell->message, unreachable) == 0)
        return REASON_AUTH_SERVER_UNREACHABLE;
    if (sa->login.asked_passcode && sa->login.round > 1)
        return REASON_AUTH_CHALLENGE_FAILED;
    return REASON_AUTH_USER_REJECTED;
}

static void
tell_done_on_client(IkeSa *sa, const Tell *tell)
{
    if (!tell->is_accepted) {
        ike_session_close(sa->session, refusal_of(sa, tell), tell->message, TRUE);
        return;
    }
    if (tell->message != NULL)
        ike_session_note(sa->session, IKE_NOTE_INFO, "the gateway says: %s", tell->message);
    if (sa->state != IKE_SA_LOGIN || sa->login.is_accepted)
        return;
    /* "Already authenticated" is good only when phase 1 is renewed (xauth-06 3.5). */
    if (sa->login.round == 0 && !sa->is_replacement) {
        ike_session_close(sa->session, REASON_POLICY_REJECTED, "the gateway skipped the login",
                          TRUE);
        return;
    }
    accept_login(sa);
}

static void
tell_done(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;
    const Tell *tell = exchange->data;

    if (!sa->session->is_gateway)
        tell_done_on_client(sa, tell);
    else if (tell->is_accepted)
        accept_login(sa);
    else
        ike_session_close(sa->session, REASON_AUTH_USER_REJECTED, tell->message, TRUE);
}

static void
tell_failed(IkeExchange *exchange, guint problem)
{
    const Tell *tell = exchange->data;

    ike_sa_fail(exchange->sa, tell->is_accepted ? REASON_PEER_DEAD : REASON_AUTH_USER_REJECTED,
                NULL, TRUE);
}

gboolean
ike_xauth_confirm(IkeSa *sa)
{
    for (guint i = 0; i < sa->exchanges->len && sa->state == IKE_SA_LOGIN; i++) {
        IkeExchange *exchange = g_ptr_array_index(sa->exchanges, i);
        const Tell *tell = exchange->data;

        if (exchange->table != &ike_xauth_tell_table || exchange->is_done || !tell->is_accepted)
            continue;
        ike_exchange_abandon(exchange);
        accept_login(sa);
        break;
    }
    return sa->state != IKE_SA_LOGIN;
}

/* --- tables --- */

static const IkeStep ask_steps[] = {
    /* gateway: HDR*, HASH, ATTR(REQUEST: TYPE, NAME, PASSWORD, ...)  -->   xauth-06 3.2 */
    {.must = IKE_HAS(ATTR),
     .sealing = IKE_SEALED,
     .hash = IKE_HASH_1,
     .write = write_question,
     .read = read_question},
    /* <--    HDR*, HASH, ATTR(REPLY: [TYPE,] NAME, PASSWORD, ...) */
    {.must = IKE_HAS(ATTR),
     .sealing = IKE_SEALED,
     .hash = IKE_HASH_1,
     .before = {ask_login},
     .write = write_answer,
     .read = read_answer,
     .after = {ask_verdict}},
};

const IkeExchangeTable ike_xauth_ask_table = {
    .name = "Xauth request",
    .type = IKE_EXCHANGE_TRANSACTION,
    .count = G_N_ELEMENTS(ask_steps),
    .steps = ask_steps,
    .done = ask_done,
    .fail = ask_failed,
    .data_size = sizeof(Ask),
    .clear = clear_ask,
};

static const IkeStep tell_steps[] = {
    /* gateway: HDR*, HASH, ATTR(SET: STATUS)                         -->   xauth-06 3.4 */
    {.must = IKE_HAS(ATTR),
     .sealing = IKE_SEALED,
     .hash = IKE_HASH_1,
     .write = write_verdict,
     .read = read_verdict},
    /* <--    HDR*, HASH, ATTR(ACK) */
    {.must = IKE_HAS(ATTR),
     .sealing = IKE_SEALED,
     .hash = IKE_HASH_1,
     .write = write_ack,
     .read = read_ack},
};

const IkeExchangeTable ike_xauth_tell_table = {
    .name = "Xauth status",
    .type = IKE_EXCHANGE_TRANSACTION,
    .count = G_N_ELEMENTS(tell_steps),
    .steps = tell_steps,
    .done = tell_done,
    .fail = tell_failed,
    .data_size = sizeof(Tell),
    .clear = clear_tell,
};

void
ike_xauth_begin(IkeSa *sa)
{
    IkeSession *session = sa->session;

    if (session->is_gateway) {
        start_question(sa, IKE_FIELD_PASSWORD, NULL);
        return;
    }
    sa->give_up_at = session->engine->now + IKE_SECONDS(QUESTION_SECONDS);
    if (sa->is_replacement && (sa->peer_vendors & IKE_VENDOR_UNITY) != 0)
        sa->skip_xauth_at = session->engine->now + IKE_SECONDS(SKIP_SECONDS);
}
