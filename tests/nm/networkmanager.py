# SPDX-License-Identifier: LGPL-2.1-or-later
"""NetworkManager on the lab's client: it manages eth0, resolved gets its servers from it, and VPN
connections of type coati are imported, brought up and edited as a desktop does it."""
import contextlib
import os
import pty
import re
import select
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', folder) for folder in ('lab', 'gateway')]
from coatilab import charon, coati, lab, machine, net, tap, world  # noqa: E402
from coatilab.tap import check  # noqa: E402
from coatilab.world import wait_for  # noqa: E402

NAME, CLOSED = coati.NAME, 'fdc0:a71c:a71::1'
FOLDER = '/etc/NetworkManager/system-connections'
PASSWORD_FILE = '/run/lab/passwords'
SERVICE = '/usr/lib/NetworkManager/nm-coati-service'
CONFIG = """[main]
plugins=keyfile
no-auto-default=*
dns=systemd-resolved
[connectivity]
enabled=false
[logging]
level=INFO
domains=ALL,VPN:TRACE,AGENTS:DEBUG
"""
WAN = f"""[connection]
id=wan
uuid=11111111-1111-4111-8111-111111111111
type=ethernet
interface-name=eth0
[ipv4]
method=manual
address1={net.CLIENT_IP}/24,192.168.7.1
dns={net.PUBLIC_DNS};
[ipv6]
method=manual
address1=2001:db8:7::11/64,2001:db8:7::1
"""
NO_SERVERS = '[Resolve]\nDNS=\nFallbackDNS=\nCache=no\nLLMNR=no\nMulticastDNS=no\n'


def start(*programs):
    """The lab with NetworkManager; ends the script as skipped where that cannot be."""
    world.need('NetworkManager', 'nmcli', *programs)
    lab.start()
    _resolved_without_servers()
    net.on('nat', 'ip', 'addr', 'add', '2001:db8:7::1/64', 'dev', 'in0', 'nodad')
    run('ip', 'addr', 'flush', 'dev', 'eth0')
    run('ip', 'link', 'set', 'eth0', 'down')
    for path in os.listdir(FOLDER) if os.path.isdir(FOLDER) else ():
        os.unlink(os.path.join(FOLDER, path))
    world.write('/etc/NetworkManager/NetworkManager.conf', CONFIG)
    world.write(FOLDER + '/wan.nmconnection', WAN, 0o600)
    world.spawn('networkmanager', 'NetworkManager', '--debug')
    wait_for('NetworkManager on eth0', lambda: 'eth0:activated' in
             nmcli('-t', '-f', 'DEVICE,STATE', 'connection', 'show', '--active').stdout, 20)
    wait_for('addresses on eth0', lambda: 'tentative' not in run('ip', 'addr').stdout)
    wait_for('a way to the Internet', lambda: net.GATEWAY_IP in run(
        'getent', 'ahostsv4', net.GATEWAY_NAME, check=False).stdout)


def _resolved_without_servers():
    """As on a desktop: every server belongs to a link."""
    world.write('/etc/systemd/resolved.conf', NO_SERVERS)
    for pid in world.pids_of('systemd-resolved'):
        os.kill(pid, 15)
    wait_for('the end of resolved', lambda: not machine.has_owner('org.freedesktop.resolve1'))
    world.spawn('resolved', '/usr/lib/systemd/systemd-resolved',
                env={**os.environ, 'SYSTEMD_LOG_TARGET': 'console'})
    wait_for('resolved', lambda: machine.has_owner('org.freedesktop.resolve1'))


def run_cases(cases):
    """Cases end without a VPN connection and with the machine as it was before the first."""
    before = net.snapshot()

    def finish():
        for row in nmcli('-t', '-f', 'UUID,TYPE', 'connection', 'show').stdout.splitlines():
            uuid, _, kind = row.partition(':')
            if kind == 'vpn':
                nmcli('connection', 'delete', uuid)
        with contextlib.suppress(world.LabError):
            net.wait_as(before, 3)

    def is_clean():
        net.wait_as(before)
        wait_for('the end of the plugin', lambda: not world.pids_of('nm-coati-service'), 6)
        check(not machine.engine_pids(), 'an engine is left')

    return tap.run_cases([*cases, ('nothing is left behind', is_clean)], finish)


def run(*command, **options):
    return world.run(*command, **options)


def nmcli(*args, user='root', **options):
    return machine.as_user(user, 'nmcli', *args, **options)


def must(done):
    check(done.returncode == 0, coati.said(done))
    return done.stdout


def log():
    return world.read(world.logs('networkmanager.log'))


def stored():
    """All that NetworkManager has on disk about connections."""
    return ''.join(world.read(os.path.join(where, name)) for folder in (
        '/etc/NetworkManager', '/var/lib/NetworkManager', '/run/NetworkManager')
        for where, _, names in os.walk(folder) for name in names)


def install(secrets=None, settings=(), **fields):
    """Imports a key file; secrets are stored, settings are words of nmcli modify.  The UUID."""
    path = f'/run/home/{NAME}.coati'
    world.write(path, coati.profile(**fields), 0o644)
    uuid = imported(path)[1]
    os.unlink(path)
    if secrets:
        text = ', '.join(f'{key}={value}' for key, value in secrets.items())
        must(nmcli('connection', 'modify', uuid, 'vpn.secrets', text, '+vpn.data',
                   ', '.join(f'{key}-flags=0' for key in secrets)))
    if settings:
        must(nmcli('connection', 'modify', uuid, *settings))
    return uuid


# Cisco's client, with a group password; %s are more lines
PCF = f"""[main]
Description=Office of Flying pigs
Host={net.GATEWAY_NAME}
AuthType=1
GroupName={charon.GROUP}
GroupPwd={charon.GROUP_PASSWORD}
Username={charon.USER}
DHGroup=14
%s"""
PCF_NAME = 'office'


def write_pcf(more=''):
    path = f'/run/home/{PCF_NAME}.pcf'
    world.write(path, PCF % more)
    return path


def why(name=NAME, user='root'):
    return machine.as_user(user, 'coatictl', 'why', name).stdout


def imported(path):
    """Name and UUID."""
    said = must(nmcli('connection', 'import', 'type', 'coati', 'file', path))
    return re.search(r"'(.*)' \(([0-9a-f-]+)\)", said).groups()


def up(name=NAME, user='root', timeout=100, **secrets):
    """With a file of passwords, as scripts do it."""
    secrets = secrets or {'password': charon.PASSWORD}
    world.write(PASSWORD_FILE, ''.join(
        f'vpn.secrets.{key.replace("_", "-")}:{value}\n' for key, value in secrets.items()), 0o644)
    return nmcli('connection', 'up', name, 'passwd-file', PASSWORD_FILE, user=user,
                 timeout=timeout)


def must_up(**options):
    must(up(**options))
    return link()


def down(name=NAME, user='root'):
    return nmcli('connection', 'down', name, user=user)


def state(name=NAME):
    """"activated", "activating", ..., or "" when it is not active."""
    done = nmcli('-t', '-f', 'NAME,STATE', 'connection', 'show', '--active')
    for row in done.stdout.splitlines():
        if row.startswith(name + ':'):
            return row.rpartition(':')[2]
    return ''


def active(field, name=NAME):
    return nmcli('--escape', 'no', '-g', field, 'connection', 'show', name).stdout.strip()


def banner(name=NAME):
    return _property(active('GENERAL.DBUS-PATH', name),
                     'org.freedesktop.NetworkManager.VPN.Connection', 'Banner')


def _ip4(name):
    """The object with the addresses of an active connection."""
    path = active('GENERAL.DBUS-PATH', name)
    return _property(path, 'org.freedesktop.NetworkManager.Connection.Active', 'Ip4Config')


def wins(name=NAME):
    path = re.search(r"'(/[^']*)'", _ip4(name)).group(1)
    return _property(path, 'org.freedesktop.NetworkManager.IP4Config', 'WinsServerData')


def _property(path, interface, name):
    return run('gdbus', 'call', '--system', '--dest', 'org.freedesktop.NetworkManager',
               '--object-path', path, '--method', 'org.freedesktop.DBus.Properties.Get',
               interface, name, check=False).stdout


def link():
    """The one tunnel's interface."""
    links = [name for name in machine.tunnel_links() if name.startswith(machine.TUNNEL_LINKS)]
    check(len(links) == 1, 'not one tunnel:', links)
    return links[0]


class Terminal:
    """A program on a terminal, as a person uses it."""

    def __init__(self, *command, user='root'):
        self.master, slave = pty.openpty()
        self.child = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, cwd='/', close_fds=True,
            preexec_fn=machine.become(user), env=machine.environment(user))
        os.close(slave)
        self.text, self.seen = '', 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            world.stop(self.child)
        os.close(self.master)

    def _read(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return
        with contextlib.suppress(OSError):
            self.text += os.read(self.master, 4096).decode(errors='replace')

    def expect(self, words, seconds=20):
        end = time.monotonic() + seconds
        while words not in self.text[self.seen:]:
            check(time.monotonic() < end, f'waited for {words!r}, seen:', self.text)
            self._read(0.2)
        self.seen = self.text.index(words, self.seen) + len(words)

    def type(self, line):
        os.write(self.master, line.encode() + b'\n')

    def end(self, seconds=60):
        """The exit code."""
        end = time.monotonic() + seconds
        while self.child.poll() is None:
            check(time.monotonic() < end, 'still running:', self.text)
            self._read(0.1)
        self._read(0)
        return self.child.returncode


def plain(text):
    """Without the terminal's codes."""
    return re.sub(r'\x1b\[[0-9;?]*[a-zA-Z]', '', text).replace('\r', '')
