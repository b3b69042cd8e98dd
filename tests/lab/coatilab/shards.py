# SPDX-License-Identifier: LGPL-2.1-or-later
"""One script in several worlds at once: each takes every n-th case, and this one tells of all."""
import os
import re
import signal
import subprocess
import sys
import threading

SHARD = 'COATI_LAB_SHARD'       # "2/3": the third of three
RESULT = re.compile(r'(not ok|ok) \d+ - (.*)')


def share(cases):
    """The cases of this world."""
    number, _, count = os.environ.get(SHARD, '0/1').partition('/')
    return cases[int(number)::int(count)]


class Teller:
    """One stream of TAP out of several; what a world says of a case stays together."""

    def __init__(self):
        self.lock, self.count = threading.Lock(), 0

    def listen(self, child):
        lines = []
        for line in child.stdout:
            if not line.startswith('1..') or ' # SKIP' in line:
                lines.append(line)
            if re.match(r'# [\d.]+ s$', line):
                self.tell(lines)
                lines = []
        self.tell(lines)

    def tell(self, lines):
        with self.lock:
            for line in lines:
                found = RESULT.match(line)
                if found:
                    self.count += 1
                    line = f'{found.group(1)} {self.count} - {found.group(2)}\n'
                sys.stdout.write(line)
            sys.stdout.flush()


def deal(count):
    """Outside: starts the worlds, waits for them and ends the script. Else, and where one case is
    asked for by name, it returns."""
    if count == 1 or SHARD in os.environ or os.environ.get('LAB_CASE'):
        return
    children = []
    for number in range(count):
        environment = {**os.environ, SHARD: f'{number}/{count}'}
        if 'COATI_LAB_LOGS' in os.environ:
            environment['COATI_LAB_LOGS'] += f'-{number + 1}'
        children.append(subprocess.Popen([sys.executable, *sys.argv], env=environment, text=True,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE))

    def end(number, _):
        for child in children:
            child.terminate()
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    teller = Teller()
    threads = [threading.Thread(target=teller.listen, args=(child,)) for child in children]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f'1..{teller.count}', flush=True)
    sys.exit(max(child.wait() for child in children))
