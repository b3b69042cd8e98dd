/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/dpd.h"

#include "ike/informational.h"
#include "ike/sa.h"
#include "ike/session.h"

#include <string.h>

/* Not during login and configuration: charon answers no probe then, and a person types. */
static gboolean
may_probe(const IkeSa *sa)
{
    return (sa->peer_vendors & IKE_VENDOR_DPD) != 0 && sa->session->policy->dpd_delay_seconds > 0 &&
           sa->state == IKE_SA_READY;
}

static void
rest(IkeSa *sa)
{
    sa->dpd.is_outstanding = FALSE;
    sa->dpd.failures = 0;
    sa->dpd.next_at =
        may_probe(sa) ? ike_session_jittered(sa->session, sa->session->policy->dpd_delay_seconds)
                      : IKE_NEVER;
}

void
ike_dpd_start(IkeSa *sa)
{
    ike_session_random(sa->session, IKE_RANDOM_DPD, &sa->dpd.sequence, sizeof(sa->dpd.sequence));
    sa->dpd.sequence = GUINT32_FROM_BE(sa->dpd.sequence) & 0x7fffffff; /* RFC 3706 6.3 */
    rest(sa);
}

void
ike_dpd_heard(IkeSa *sa)
{
    if (ike_sa_is_open(sa))
        rest(sa);
}

void
ike_dpd_alive(IkeSession *session)
{
    if (session->current != NULL)
        ike_dpd_heard(session->current);
}

static void
send_message(IkeSa *sa)
{
    sa->dpd.sent_at = sa->session->engine->now;
    ike_informational_dpd(sa, IKE_R_U_THERE, sa->dpd.sequence);
}

static void
send_probe(IkeSa *sa)
{
    gint64 now = sa->session->engine->now;

    if (!sa->dpd.is_outstanding)
        sa->dpd.sequence++;
    sa->dpd.is_outstanding = TRUE;
    sa->dpd.failures++;
    sa->dpd.next_at = now + IKE_SECONDS(MAX(sa->session->policy->dpd_retry_seconds, 1));
    send_message(sa);
}

void
ike_dpd_probe(IkeSession *session)
{
    IkeSa *sa = session->current;

    if (sa == NULL || !may_probe(sa))
        return;
    /* Once more, perhaps on a new path, but no sooner dead. */
    if (sa->dpd.is_outstanding)
        send_message(sa);
    else
        send_probe(sa);
}

void
ike_dpd_tick(IkeSa *sa)
{
    sa->dpd.next_at = IKE_NEVER;
    if (!may_probe(sa))
        return;
    if (sa->dpd.failures < MAX(sa->session->policy->dpd_max_failures, 1)) {
        send_probe(sa);
        return;
    }
    /* An SA that is being replaced may die alone. */
    if (sa != sa->session->current)
        ike_sa_drop(sa);
    else
        ike_session_close(sa->session, REASON_PEER_DEAD, NULL, FALSE);
}

/* racoon and Cisco IOS swap the cookies now and then. */
static gboolean
are_cookies_ours(const IkeSa *sa, Reader spi)
{
    guint8 straight[2 * IKE_COOKIE_LENGTH];
    guint8 swapped[2 * IKE_COOKIE_LENGTH];

    memcpy(straight, sa->cky_i, IKE_COOKIE_LENGTH);
    memcpy(straight + IKE_COOKIE_LENGTH, sa->cky_r, IKE_COOKIE_LENGTH);
    memcpy(swapped, sa->cky_r, IKE_COOKIE_LENGTH);
    memcpy(swapped + IKE_COOKIE_LENGTH, sa->cky_i, IKE_COOKIE_LENGTH);
    return reader_equal(&spi, straight, sizeof(straight)) ||
           reader_equal(&spi, swapped, sizeof(swapped));
}

void
ike_dpd_receive(IkeSa *sa, const IkeNotifyView *view)
{
    Reader data = view->data;
    guint32 sequence = reader_u32(&data);

    if (!reader_ok(&data) || !are_cookies_ours(sa, view->spi))
        return;
    if (view->type == IKE_R_U_THERE) {
        ike_informational_dpd(sa, IKE_R_U_THERE_ACK, sequence);
        return;
    }
    /* Being authenticated, an acknowledgement was life already; what is left to say is how long it
     * took. */
    if (sequence != sa->dpd.sequence || sa->dpd.sent_at == IKE_NEVER)
        return;
    ike_session_tell(sa->session, IKE_TELL_ALIVE)->round_trip_microseconds =
        (guint32)MIN(sa->session->engine->now - sa->dpd.sent_at, (gint64)G_MAXUINT32);
    sa->dpd.sent_at = IKE_NEVER;
}
