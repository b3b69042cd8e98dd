# SPDX-License-Identifier: LGPL-2.1-or-later
"""Coati's own gateway in the lab: coatid --gateway on the machine gw, with the user, the
capabilities and the files that its unit would give it."""
import json
import os
import pwd
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lab'))
from coatilab import charon, machine, net, pki, world  # noqa: E402
from coatilab.tap import check  # noqa: E402
from coatilab.world import run, wait_for, write  # noqa: E402

FOLDER, STATE = '/run/coatigw', '/run/coatigw/state'
CONF = f'{FOLDER}/gateway.conf'
SERVICE = 'org.coati.Gateway1'
FIRST, BANNER = '10.99.0.1', 'Welcome to the office'
USERS = {'alice': charon.PASSWORD, 'bob': 'bob s password', 'carol': 'pässwörd'}

DEFAULTS = {
    'gateway.listen': net.GATEWAY_IP, 'gateway.identity': net.GATEWAY_NAME,
    'gateway.certificate': f'{FOLDER}/gw.crt', 'gateway.private-key': f'{FOLDER}/gw.key',
    'gateway.methods': 'hybrid-rsa', 'gateway.modes': 'aggressive;main',
    'pool.network4': FIRST, 'pool.size': '10',
    'settings.dns': net.OFFICE_IP, 'settings.domain': net.OFFICE_DOMAIN,
    'settings.banner-file': f'{FOLDER}/banner', 'settings.split-include': net.OFFICE_NET,
    'login.source': 'users', 'login.users-file': f'{FOLDER}/users', 'login.sessions-per-user': '3',
}


def conf(**fields):
    """gateway.conf; fields are section_key=value (a hyphen is written as _): None leaves one out,
    and group_NAME is that group's password."""
    values = dict(DEFAULTS)
    for field, value in fields.items():
        section, _, key = field.partition('_')
        if section == 'group':
            section, key = f'group {key}', 'password'
        values[f'{section}.{key.replace("_", "-")}'] = value
    sections = {}
    for name, value in values.items():
        section, _, key = name.rpartition('.')
        if value is not None:
            sections.setdefault(section, []).append(f'{key}={value}')
    return '\n'.join(f'[{section}]\n' + '\n'.join(lines) + '\n'
                     for section, lines in sections.items())


def own(path, mode=0o600):
    user = pwd.getpwnam('coati')
    os.chown(path, user.pw_uid, user.pw_gid)
    os.chmod(path, mode)


def write_conf(text):
    write(CONF, text)
    own(CONF)


class Gateway:
    """One gateway; options as for conf()."""

    def __init__(self, **fields):
        self.fields = fields
        self.process = None
        self.log = world.logs('gateway.log')
        self.mark = 0

    def __enter__(self):
        self.prepare()
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def prepare(self):
        shutil.rmtree(STATE, ignore_errors=True)
        os.makedirs(STATE)
        own(FOLDER, 0o700)
        own(STATE, 0o700)
        users = ''.join(
            f'{name}:{run("openssl", "passwd", "-6", "-stdin", input=password).stdout.strip()}\n'
            for name, password in USERS.items())
        for name, text in (('users', users), ('banner', BANNER + '\n'),
                           ('gw.crt', world.read(pki.path('gw.crt'))),
                           ('gw.key', world.read(pki.path('gw.key'))),
                           ('ca.crt', world.read(pki.path('ca.crt')))):
            write(f'{FOLDER}/{name}', text)
            own(f'{FOLDER}/{name}')
        write_conf(conf(**self.fields))

    def start(self):
        capabilities = '-all,+net_admin,+net_bind_service'
        self.mark = len(world.read(self.log))
        self.process = net.spawn_on(
            'gw', 'gateway', 'setpriv', '--reuid=coati', '--regid=coati', '--init-groups',
            '--no-new-privs', f'--bounding-set={capabilities}', f'--inh-caps={capabilities}',
            f'--ambient-caps={capabilities}', machine.COATID, '--gateway', '--gateway-conf', CONF,
            '--state-dir', STATE, env={**os.environ, 'G_MESSAGES_DEBUG': 'all'})
        wait_for('the gateway', lambda: machine.has_owner(SERVICE) or self.process.poll() is not None)
        check(self.process.poll() is None, 'the gateway ended:', self.text())
        self.wait_log('sandbox:')

    def stop(self):
        if self.process and self.process.poll() is None:
            world.stop(self.process)
        self.process = None
        wait_for('the name to be free', lambda: not machine.has_owner(SERVICE))

    def kill(self):
        self.process.kill()
        self.process.wait()
        wait_for('the name to be free', lambda: not machine.has_owner(SERVICE))

    def text(self):
        return world.read(self.log)[self.mark:]

    def wait_log(self, words, seconds=10, count=1):
        return wait_for(f'{words!r} in the gateway\'s log',
                        lambda: self.text().count(words) >= count, seconds)


def ctl(*args, user='root', **options):
    return machine.as_user(user, 'coatictl', 'gateway', *args, **options)


def ask(*args):
    """What coatictl gateway ... --json says."""
    done = ctl(*args, '--json')
    check(done.returncode == 0, done.stdout, done.stderr)
    return json.loads(done.stdout)


def sessions():
    return ask('sessions')['sessions']


def ended(gateway):
    """No session and no lease in use is left."""
    wait_for('the end of all sessions', lambda: not sessions(), 5)
    check(ask('status')['pool_used'] == 0, ask('status'))
