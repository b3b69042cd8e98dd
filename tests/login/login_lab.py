# SPDX-License-Identifier: LGPL-2.1-or-later
"""coati-login under its driver, a FreeRADIUS of the test's own, and the lines of TAP.

A test runs in mount and network namespaces of its own (enter()), below one temporary directory.
"""
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

INSIDE = 'COATI_LOGIN_TEST_INSIDE'
SECRET = 'a secret of the test 0815'


def skip(why):
    print(f'1..0 # SKIP {why}', flush=True)
    sys.exit(77)


def enter(*needed):
    """Comes back in namespaces of its own, with lo up; skips where that cannot be."""
    if os.environ.get(INSIDE):
        subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
        return
    for program in needed + ('unshare', 'ip'):
        if not shutil.which(program):
            skip(f'{program} is missing')
    if os.geteuid() != 0:
        skip('root is needed')
    os.environ[INSIDE] = '1'
    os.execvp('unshare', ['unshare', '--mount', '--net', '--propagation', 'private',
                          sys.executable] + sys.argv)


def make_folder():
    folder = tempfile.mkdtemp(prefix='coati-login-')
    os.chmod(folder, 0o755)
    return folder


def write(path, text, mode=0o600):
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def check(claim, *details):
    if not claim:
        raise AssertionError(' '.join(str(detail) for detail in details) or 'not so')


def run_cases(cases):
    """Rows of (sentence, function)."""
    bad = 0
    cases = [case for case in cases if os.environ.get('LAB_CASE', '') in case[0]]
    print(f'1..{len(cases)}', flush=True)
    for number, (sentence, function) in enumerate(cases, 1):
        said, start = '', time.monotonic()
        try:
            function()
        except Exception:  # a case must not take the others with it
            bad, said = bad + 1, traceback.format_exc()
        print(f'{"not " if said else ""}ok {number} - {sentence}', flush=True)
        print(f'# {time.monotonic() - start:.1f} s', flush=True)
        for line in said.splitlines():
            print('# ' + line, flush=True)
    return 1 if bad else 0


class Login:
    """One coati-login and what it says."""

    def __init__(self, as_user=None, program=None):
        command = [os.environ['COATI_LOGIN_DRIVER'], program or os.environ['COATI_LOGIN']]
        if as_user:
            command = ['setpriv', f'--reuid={as_user}', '--regid=65534', '--groups=shadow'] + command
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.lines = queue.Queue()
        self.notes = []
        threading.Thread(target=self._read, daemon=True).start()
        self.pid = int(self.next('pid').split()[1])
        self.ticket = 0

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip('\n'))

    def next(self, kind, seconds=20):
        """The next line of that kind; notes are kept aside."""
        end = time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(end - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError(f'no {kind} within {seconds} s; notes: {self.notes}') from None
            if line.startswith('note ') and kind != 'note':
                self.notes.append(line)
            elif line.startswith(kind):
                return line
            else:
                raise AssertionError(f'expected {kind}: {line}')

    def tell(self, kind, *words, **values):
        words = list(words) + [f'{name.replace("_", "-")}={str(value).replace(" ", "+")}'
                               for name, value in values.items()]
        self.process.stdin.write(' '.join([kind] + words) + '\n')
        self.process.stdin.flush()

    def configure(self, *words, **values):
        self.tell('configure', *words, **values)
        answer = self.next('ready')
        return answer

    def refused(self, *words, **values):
        self.tell('configure', *words, **values)
        return self.next('error')

    def ask(self, session, **values):
        self.ticket += 1
        self.tell('verdict', ticket=self.ticket, session=session, **values)
        return self.ticket

    def verdict(self, session, seconds=20, **values):
        """The answer's line without its ticket, which must be ours."""
        ticket = self.ask(session, **values)
        words = self.next('verdict-answer', seconds).split(' ', 2)
        check(words[1] == f'ticket={ticket}', words)
        return words[2]

    def account(self, event, **values):
        self.tell('account', event=event, **values)

    def wait_note(self, part, seconds=20):
        end = time.monotonic() + seconds
        while not any(part in note for note in self.notes):
            self.notes.append(self.next('note', max(end - time.monotonic(), 0.01)))

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        self.close()

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.wait(20)


class Radius:
    """A FreeRADIUS at one address.  users is its users file; authorize, post_auth, accounting and
    modules are added to those sections; clients are the networks of its gateways; inside are the
    words before a command that runs where it lives."""

    def __init__(self, folder, address, users, authorize='', post_auth='', accounting='',
                 modules='', clients=('127.0.0.0/8',), inside=()):
        self.folder = os.path.join(folder, address)
        self.address, self.inside, self.process = address, inside, None
        for name in ('log', 'run'):
            os.makedirs(os.path.join(self.folder, name))
        write(os.path.join(self.folder, 'dictionary'), '')
        write(os.path.join(self.folder, 'users'), users)
        write(os.path.join(self.folder, 'radiusd.conf'), CONFIG.format(
            folder=self.folder, address=address, authorize=authorize, post_auth=post_auth,
            accounting=accounting, modules=modules, clients=''.join(
                CLIENT.format(number=number, network=network, secret=SECRET)
                for number, network in enumerate(clients))))

    def start(self):
        with open(os.path.join(self.folder, 'log', 'out'), 'a', encoding='utf-8') as out:
            self.process = subprocess.Popen(
                [*self.inside, 'freeradius', '-f', '-s', '-X', '-d', self.folder, '-n', 'radiusd'],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        for _ in range(200):
            if 'Ready to process requests' in self.log():
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError('FreeRADIUS does not start: ' + self.log()[-2000:])

    def log(self):
        with open(os.path.join(self.folder, 'log', 'out'), encoding='utf-8') as out:
            return out.read()

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.process = None
            os.unlink(os.path.join(self.folder, 'log', 'out'))

    def details(self):
        """The records that arrived: a list of dictionaries."""
        records = []
        try:
            with open(os.path.join(self.folder, 'detail'), encoding='utf-8') as file:
                text = file.read()
        except FileNotFoundError:
            return []
        for block in text.split('\n\n'):
            pairs = [line.strip().split(' = ', 1) for line in block.splitlines() if ' = ' in line]
            records.append({name: value.strip('"') for name, value in pairs})
        return [record for record in records if record]

    def wait_details(self, count, seconds=20):
        end = time.monotonic() + seconds
        while len(self.details()) < count and time.monotonic() < end:
            time.sleep(0.05)
        check(len(self.details()) >= count, self.details())
        return self.details()


CLIENT = '''
client test{number} {{
    ipaddr = {network}
    secret = "{secret}"
    require_message_authenticator = yes
}}
'''
CONFIG = '''
prefix = /usr
logdir = {folder}/log
run_dir = {folder}/run
libdir = /usr/lib/freeradius
pidfile = {folder}/run/pid
max_request_time = 30
cleanup_delay = 2
max_requests = 4096
hostname_lookups = no
log {{
    destination = stdout
    auth = no
}}
security {{
    reject_delay = 0
    status_server = no
}}
proxy_requests = no
{clients}
modules {{
    {modules}
    pap {{
    }}
    chap {{
    }}
    files {{
        filename = {folder}/users
    }}
    detail {{
        filename = {folder}/detail
        permissions = 0600
    }}
}}
server test {{
    listen {{
        type = auth
        ipaddr = {address}
        port = 1812
    }}
    listen {{
        type = acct
        ipaddr = {address}
        port = 1813
    }}
    authorize {{
        {authorize}
        chap
        files
        pap
    }}
    authenticate {{
        Auth-Type PAP {{
            pap
        }}
        Auth-Type CHAP {{
            chap
        }}
    }}
    accounting {{
        detail
        {accounting}
    }}
    post-auth {{
        {post_auth}
        Post-Auth-Type REJECT {{
            update reply {{
                &Message-Authenticator := 0x00
            }}
        }}
        Post-Auth-Type Challenge {{
            update reply {{
                &Message-Authenticator := 0x00
            }}
        }}
    }}
}}
'''
