# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a service manager does with descriptors of a service (sd_notify(3), FDSTORE).

    fdstore.py serve FOLDER              keeps what is sent to FOLDER/notify
    fdstore.py run FOLDER COMMAND...     becomes COMMAND, with all that is kept and $NOTIFY_SOCKET
"""
import array
import os
import select
import socket
import sys

MAX_FDS = 64


def names_of(text):
    return dict(line.partition('=')[::2] for line in text.decode().splitlines())


class Store:
    def __init__(self, folder):
        self.kept = []      # [(name, descriptor)]
        self.poll = select.epoll()
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(folder + '/notify')
        os.chmod(folder + '/notify', 0o666)
        self.hand = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.hand.bind(folder + '/hand')
        self.hand.listen()
        for sock in (self.notify, self.hand):
            self.poll.register(sock, select.EPOLLIN)

    def drop(self, is_wanted):
        for name, fd in [row for row in self.kept if is_wanted(*row)]:
            self.kept.remove((name, fd))
            os.close(fd)

    def hear(self):
        text, fds, _, _ = socket.recv_fds(self.notify, 4096, MAX_FDS)
        said = names_of(text)
        if said.get('FDSTOREREMOVE') == '1':
            self.drop(lambda name, fd: name == said.get('FDNAME'))
        for fd in fds:
            self.kept.append((said.get('FDNAME', 'stored'), fd))
            self.poll.register(fd, 0)   # hang-up and error alone: then it is of no use

    def give(self):
        peer, _ = self.hand.accept()
        with peer:
            text = ':'.join(name for name, _ in self.kept).encode() or b':'
            fds = array.array('i', [fd for _, fd in self.kept])
            peer.sendmsg([text], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)] if fds else [])

    def serve(self):
        while True:
            for fd, _ in self.poll.poll():
                if fd == self.notify.fileno():
                    self.hear()
                elif fd == self.hand.fileno():
                    self.give()
                else:
                    self.drop(lambda _, kept, gone=fd: kept == gone)


def run(folder, command):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as hand:
        hand.connect(folder + '/hand')
        names, fds, _, _ = socket.recv_fds(hand, 4096, MAX_FDS)
    high = [os.dup2(fd, 100 + at) for at, fd in enumerate(fds)]
    for fd in fds:
        os.close(fd)
    for at, fd in enumerate(high):
        os.dup2(fd, 3 + at)
        os.close(fd)
    environment = {**os.environ, 'NOTIFY_SOCKET': folder + '/notify'}
    if high:
        environment.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(high)),
                           LISTEN_FDNAMES=names.decode())
    os.execvpe(command[0], command, environment)


if __name__ == '__main__':
    if sys.argv[1] == 'serve':
        Store(sys.argv[2]).serve()
    run(sys.argv[2], sys.argv[3:])
