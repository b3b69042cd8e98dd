/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reassembly: the input is a row of fragment bodies, each behind a 16-bit length. Whatever comes
 * out must be a message with a sound header.
 */
#include "ike/fragment.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    Reader input = reader_of(data, size);
    IkeHeader header = {.cky_i = {1, 2, 3, 4, 5, 6, 7, 8}};
    g_autoptr(IkeReassembly) set = NULL;

    while (reader_left(&input) >= 2) {
        guint16 length = reader_u16(&input);
        Reader body = reader_sub(&input, MIN(length, reader_left(&input)));
        g_autoptr(GBytes) message = NULL;
        IkeFragmentView view;
        IkeFragmentResult result;

        if (ike_fragment_parse(body, &view) != IKE_OK)
            continue;
        if (set == NULL)
            set = ike_reassembly_new(&header, view.id, IKE_MAX_MESSAGE_STRANGER);
        result = ike_reassembly_add(set, &header, &view, &message);
        g_assert((result == IKE_FRAGMENT_COMPLETE) == (message != NULL));
        if (message != NULL) {
            g_assert(g_bytes_get_size(message) >= IKE_HEADER_LENGTH);
            g_assert(g_bytes_get_size(message) <= IKE_MAX_MESSAGE_STRANGER);
        }
        if (result == IKE_FRAGMENT_COMPLETE || result == IKE_FRAGMENT_BROKEN)
            g_clear_pointer(&set, ike_reassembly_free);
    }
    return 0;
}
