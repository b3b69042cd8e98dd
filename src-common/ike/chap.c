/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/chap.h"

#include "ike/hash.h"
#include "ike/limits.h"

#include <string.h>

Secret *
ike_chap_respond(guint8 id, const Secret *password, Reader challenge)
{
    Reader parts[] = {reader_of(&id, 1), reader_of(secret_data(password), secret_length(password)),
                      challenge};
    guint8 sum[IKE_MAX_HASH_LENGTH];
    Secret *response = secret_new_zero(IKE_CHAP_RESPONSE);

    ike_hash(SUITE_HASH_MD5, parts, G_N_ELEMENTS(parts), sum);
    secret_edit(response)[0] = id;
    memcpy(secret_edit(response) + 1, sum, IKE_CHAP_RESPONSE - 1);
    return response;
}
