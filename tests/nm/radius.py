#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A RADIUS server for one user: radius.py ADDRESS SECRET USER PASSWORD (RFC 2865, PAP).  A gateway
that asks twice sends password and code as one."""
import hashlib
import socket
import struct
import sys

ACCEPT, REJECT = 2, 3
USER_NAME, USER_PASSWORD = 1, 2


def attributes(data):
    found = {}
    while len(data) >= 2:
        found[data[0]] = data[2:data[1]]
        data = data[data[1]:]
    return found


def shown(hidden, secret, authenticator):
    text, last = b'', authenticator
    for at in range(0, len(hidden), 16):
        mask = hashlib.md5(secret + last).digest()
        last = hidden[at:at + 16]
        text += bytes(one ^ two for one, two in zip(last, mask))
    return text.rstrip(b'\0')


def main():
    address, secret, user, password = sys.argv[1], *(text.encode() for text in sys.argv[2:])
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 1812))
    while True:
        request, peer = server.recvfrom(4096)
        code, number, length = struct.unpack_from('>BBH', request)
        found = attributes(request[20:length])
        given = shown(found.get(USER_PASSWORD, b''), secret, request[4:20])
        is_good = code == 1 and found.get(USER_NAME) == user and given == password
        head = struct.pack('>BBH', ACCEPT if is_good else REJECT, number, 20)
        print('accepted' if is_good else f'rejected {given!r}', flush=True)
        server.sendto(head + hashlib.md5(head + request[4:20] + secret).digest(), peer)


main()
