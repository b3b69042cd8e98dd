# SPDX-License-Identifier: LGPL-2.1-or-later
"""Coati's own gateway in the lab: coatid --gateway on the machine gw, with the user, the
capabilities and the files that its unit would give it."""
import json
import os
import pwd
import shutil
import sys

for folder in ('lab', 'cli', 'login'):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', folder))
from world import Terminal  # noqa: E402
from coatilab import charon, coati, machine, net, pki, world  # noqa: E402
from coatilab.tap import check  # noqa: E402
from coatilab.world import run, wait_for, write  # noqa: E402

FOLDER = '/run/coatigw'
CONF = f'{FOLDER}/gateway.conf'
BUS = 'unix:path=/run/dbus/system_bus_socket'
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
    'esp.plane': coati.PLANE,
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


def own(path, mode=0o600, name='coati'):
    user = pwd.getpwnam(name)
    os.chown(path, user.pw_uid, user.pw_gid)
    os.chmod(path, mode)


def write_conf(text):
    write(CONF, text)
    own(CONF)


def has_owner(bus):
    done = run('dbus-send', f'--bus={bus}', '--print-reply', '--dest=org.freedesktop.DBus', '/',
               'org.freedesktop.DBus.NameHasOwner', f'string:{SERVICE}', check=False)
    return 'boolean true' in done.stdout


class Gateway:
    """One gateway; options as for conf().  files: more files of its folder, name -> text."""

    host, folder, bus = 'gw', FOLDER, BUS
    environment = {'G_MESSAGES_DEBUG': 'all'}
    ready = 'sandbox:'  # the last that is logged before guests are served

    def __init__(self, files=None, **fields):
        self.fields, self.files = fields, files or {}
        self.process = None
        self.log = world.logs(f'gateway-{self.host}.log')
        self.mark = 0

    def __enter__(self):
        self.prepare()
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def prepare(self):
        state = f'{self.folder}/state'
        shutil.rmtree(state, ignore_errors=True)
        os.makedirs(state)
        own(self.folder, 0o700)
        own(state, 0o700)
        users = ''.join(
            f'{name}:{run("openssl", "passwd", "-6", "-stdin", input=password).stdout.strip()}\n'
            for name, password in USERS.items())
        texts = {'users': users, 'banner': BANNER + '\n',
                 **{name: world.read(pki.path(name)) for name in ('gw.crt', 'gw.key', 'ca.crt')},
                 'gateway.conf': conf(**self.fields).replace(FOLDER, self.folder), **self.files}
        for name, text in texts.items():
            write(f'{self.folder}/{name}', text)
            own(f'{self.folder}/{name}')

    def spawn(self):
        capabilities = '-all,+net_admin,+net_bind_service'
        self.mark = len(world.read(self.log))
        self.process = net.spawn_on(
            self.host, f'gateway-{self.host}', 'setpriv', '--reuid=coati', '--regid=coati',
            '--init-groups', '--no-new-privs', f'--bounding-set={capabilities}',
            f'--inh-caps={capabilities}', f'--ambient-caps={capabilities}', machine.COATID,
            '--gateway', '--gateway-conf', f'{self.folder}/gateway.conf',
            '--state-dir', f'{self.folder}/state',
            env={**os.environ, **self.environment, 'DBUS_SYSTEM_BUS_ADDRESS': self.bus})

    def start(self):
        self.spawn()
        wait_for('the gateway', lambda: has_owner(self.bus) or self.process.poll() is not None)
        check(self.process.poll() is None, 'the gateway ended:', self.text())
        self.wait_log(self.ready)

    def _wait_free(self):
        wait_for('the name to be free', lambda: not has_owner(self.bus))

    def stop(self):
        if self.process and self.process.poll() is None:
            world.stop(self.process)
        self.process = None
        self._wait_free()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._wait_free()

    def children(self, program):
        """Its processes of that name."""
        return [pid for pid in world.pids_of(program)
                if int(world.read(f'/proc/{pid}/stat').rsplit(')', 1)[1].split()[1])
                == self.process.pid]

    def text(self):
        return world.read(self.log)[self.mark:]

    def wait_log(self, words, seconds=10, count=1):
        return wait_for(f'{words!r} in the gateway\'s log',
                        lambda: self.text().count(words) >= count, seconds)


class OtherGateway(Gateway):
    """A second one, on a machine and a bus of its own, between the Internet and the office:

        inet 203.0.114.1 ── 203.0.114.2 gw2 10.78.0.1 ── 10.78.0.10 office
    """

    host, folder, bus = 'gw2', '/run/coatigw2', 'unix:path=/run/coatigw2/bus'
    address = '203.0.114.2'

    def __init__(self, **fields):
        super().__init__(gateway_listen=self.address, **fields)

    @classmethod
    def up(cls):
        """Made once."""
        run('ip', 'netns', 'add', cls.host)
        for link, mine, host, peer, theirs in (
                ('eth0', f'{cls.address}/24', 'inet', 'gw20', '203.0.114.1/24'),
                ('in0', '10.78.0.1/24', 'office', 'eth1', '10.78.0.10/24')):
            run('ip', 'link', 'add', link, 'netns', cls.host, 'type', 'veth', 'peer', 'name', peer,
                'netns', host)
            for at, name, address in ((cls.host, link, mine), (host, peer, theirs)):
                net.on(at, 'ip', 'addr', 'add', address, 'dev', name)
                net.on(at, 'ip', 'link', 'set', name, 'up')
        net.on(cls.host, 'ip', 'link', 'set', 'lo', 'up')
        net.on(cls.host, 'ip', 'route', 'add', 'default', 'via', '203.0.114.1')
        net.on(cls.host, 'ip', 'route', 'add', net.OFFICE_NET, 'via', '10.78.0.10')
        net.on('office', 'sysctl', '-qw', 'net.ipv4.ip_forward=1')
        os.makedirs(cls.folder)
        own(cls.folder, 0o700)
        world.spawn('dbus-gw2', 'dbus-daemon', '--system', '--nofork', '--nopidfile',
                    f'--address={cls.bus}')
        wait_for('the second bus', lambda: os.path.exists(f'{cls.folder}/bus'))
        os.chmod(f'{cls.folder}/bus', 0o777)


def ctl(*args, user='root', **options):
    return machine.as_user(user, 'coatictl', 'gateway', *args, **options)


def ask(*args):
    """What coatictl gateway ... --json says."""
    done = ctl(*args, '--json')
    check(done.returncode == 0, done.stdout, done.stderr)
    return json.loads(done.stdout)


def sessions():
    return ask('sessions')['sessions']


class Dialog(Terminal):
    """coatictl up on a terminal, where a person types."""

    def __init__(self, user):
        super().__init__(['coatictl', 'up', coati.NAME, '--user', user],
                         machine.environment('root'))

    def talk(self, *rows):
        """Rows of what is shown and what is typed then; None: nothing."""
        for question, text in rows:
            self.expect(question, 20)
            if text is not None:
                self.type(text + '\n')


def ended(gateway):
    """No session and no lease in use is left."""
    wait_for('the end of all sessions', lambda: not sessions(), 5)
    check(ask('status')['pool_used'] == 0, ask('status'))
