/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may log in to a gateway of the simulation. */
#include "sim.h"

#include <string.h>

static gboolean
is_secret_text(const Secret *secret, const char *text)
{
    return secret != NULL && text != NULL && strcmp(secret_text(secret), text) == 0;
}

/* As a RADIUS server does it, which knows the password. */
static gboolean
is_chap_right(const char *password, const IkeVerdictQuestion *question)
{
    const Secret *response = question->login.password;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_MD5);
    guint8 sum[16];
    gsize length = sizeof(sum);

    g_assert_cmpuint(secret_length(response), ==, 1 + sizeof(sum));
    g_checksum_update(checksum, secret_data(response), 1);
    g_checksum_update(checksum, (const guchar *)password, -1);
    g_checksum_update(checksum, g_bytes_get_data(question->challenge, NULL),
                      (gssize)g_bytes_get_size(question->challenge));
    g_checksum_get_digest(checksum, sum, &length);
    return memcmp(sum, secret_data(response) + 1, sizeof(sum)) == 0;
}

static gboolean
is_password_right(const SimNode *node, const IkeVerdictQuestion *question)
{
    return question->challenge != NULL
               ? is_chap_right(node->accepted_password, question)
               : is_secret_text(question->login.password, node->accepted_password);
}

IkeVerdict
sim_judge(SimNode *node, const IkeVerdictQuestion *question)
{
    const IkeLogin *login = &question->login;
    const Secret *answer = login->passcode != NULL ? login->passcode : login->password;

    node->verdict_count++;
    if (node->is_auth_down)
        return (IkeVerdict){.type = IKE_VERDICT_UNREACHABLE};
    if (question->round > 1)
        return (IkeVerdict){.type = is_secret_text(answer, node->wanted_passcode) ? IKE_VERDICT_YES
                                                                                  : IKE_VERDICT_NO};
    node->chap_count += question->challenge != NULL ? 1 : 0;
    if (!is_secret_text(login->user, "toto") || !is_password_right(node, question))
        return (IkeVerdict){.type = IKE_VERDICT_NO, .message = "no such user"};
    if (node->wanted_passcode != NULL)
        return (IkeVerdict){
            .type = IKE_VERDICT_AGAIN, .message = "Enter the code", .field = node->again_field};
    return (IkeVerdict){.type = IKE_VERDICT_YES};
}
