# SPDX-License-Identifier: LGPL-2.1-or-later
"""Other people's clients, each on a computer of its own behind the NAT of the lab:

    pc1 192.168.71.11 ─┐
    pc2 192.168.72.11 ─┤ nat  (and Coati's own client at 192.168.7.11)
    pc3 192.168.73.11 ─┘
"""
import os
import shutil

from coatilab import charon, net, pki, world
from coatilab.tap import check
from coatilab.world import run, spawn, wait_for, write

VPNC_SCRIPT = """#!/bin/sh
env > {folder}/env.$reason
[ "$reason" = connect ] || exit 0
ip addr add $INTERNAL_IP4_ADDRESS/32 dev $TUNDEV
ip link set $TUNDEV mtu 1300 up
i=0
while [ $i -lt ${{CISCO_SPLIT_INC:-0}} ]; do
    eval ip route add \\$CISCO_SPLIT_INC_${{i}}_ADDR/\\$CISCO_SPLIT_INC_${{i}}_MASKLEN dev $TUNDEV
    i=$((i + 1))
done
"""

SWANCTL = """
connections {{
    ra {{
        version = 1
        aggressive = {aggressive}
        remote_addrs = {gateway}
        proposals = {ike}
        encap = yes
        fragmentation = {fragmentation}
        dpd_delay = 20s
        rekey_time = {rekey}
        vips = 0.0.0.0
        {local}
        remote {{
            {remote}
        }}
        children {{
            net {{
                {greedy}
                remote_ts = {networks}
                esp_proposals = {esp}
                rekey_time = {esp_rekey}
                rand_time = 0
            }}
        }}
    }}
}}
secrets {{
    ike-group {{
        id-1 = keyid:{group}
        id-2 = {gateway_name}
        secret = "{group_password}"
    }}
    xauth-user {{
        id = {user}
        secret = "{password}"
    }}
}}
"""


def computer(number):
    """A machine behind the NAT; made once."""
    name, inside = f'pc{number}', f'192.168.{70 + number}'
    if os.path.exists(f'/run/netns/{name}'):
        return name
    run('ip', 'netns', 'add', name)
    run('ip', 'link', 'add', f'in{number}', 'netns', 'nat', 'type', 'veth', 'peer', 'name', 'eth0',
        'netns', name)
    for host, link, address in (('nat', f'in{number}', '1'), (name, 'eth0', '11'), (name, 'lo', '')):
        if address:
            net.on(host, 'ip', 'addr', 'add', f'{inside}.{address}/24', 'dev', link)
        net.on(host, 'ip', 'link', 'set', link, 'up')
    net.on(name, 'ip', 'route', 'add', 'default', 'via', f'{inside}.1')
    return name


class Client:
    """What all of them have: a computer, and traffic."""

    def __init__(self, number, user, password):
        self.host = computer(number)
        self.user, self.password = user, password
        self.folder = f'/run/client-{self.host}'
        self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def ping(self, address=net.OFFICE_IP):
        done = net.on(self.host, 'ping', '-c', '3', '-i', '0.2', '-W', '2', '-q', address, check=False)
        return '3 received' in done.stdout

    def must_carry(self):
        wait_for(f'a ping from {self.host}', self.ping, 10)
        page = net.on(self.host, 'curl', '-s', '-m', '5', f'http://{net.OFFICE_IP}/', check=False)
        check('hello from the office' in page.stdout, f'no page from {self.host}', page.stdout)

    def stop(self):
        if self.process and self.process.poll() is None:
            world.stop(self.process)


class Vpnc(Client):
    def __init__(self, number, user, password, mode='hybrid', group=charon.GROUP,
                 group_password=charon.GROUP_PASSWORD, **more):
        super().__init__(number, user, password)
        self.log = world.logs(f'vpnc-{self.host}.log')
        self.mark = len(world.read(self.log))
        write(f'{self.folder}/script', VPNC_SCRIPT.format(folder=self.folder), 0o755)
        lines = {'IPSec gateway': net.GATEWAY_IP, 'IPSec ID': group, 'IPSec secret': group_password,
                 'IKE Authmode': mode, 'Xauth username': user, 'Xauth password': password,
                 'IKE DH Group': 'dh2', 'Perfect Forward Secrecy': 'server',
                 'NAT Traversal Mode': 'natt', 'Pidfile': f'{self.folder}/pid',
                 'Interface name': 'vpn0', 'Local Port': '0', 'Script': f'{self.folder}/script',
                 'DPD idle timeout (our side)': '10', **more}
        if mode == 'hybrid':
            lines['CA-File'] = pki.path('ca.crt')
        write(f'{self.folder}/vpnc.conf',
              '\n'.join(f'{key} {value}' for key, value in lines.items()) + '\nNo Detach\n', 0o600)

    def text(self):
        return world.read(self.log)[self.mark:]

    def start(self):
        self.process = spawn(f'vpnc-{self.host}', *net.inside(self.host), 'vpnc',
                             '--non-inter', f'{self.folder}/vpnc.conf')

    def wait_up(self):
        wait_for('vpnc', lambda: os.path.exists(f'{self.folder}/env.connect')
                 or self.process.poll() is not None, 15)
        check(self.process.poll() is None, 'vpnc ended:', self.text())
        wait_for('the address of vpnc', lambda: 'inet ' in net.on(
            self.host, 'ip', '-4', 'addr', 'show', 'dev', 'vpn0', check=False).stdout)
        return self.environment()

    def environment(self):
        text = world.read(f'{self.folder}/env.connect')
        return dict(line.split('=', 1) for line in text.splitlines() if '=' in line)


class Charon(Client):
    def __init__(self, number, user, password, auth='hybrid', aggressive=True, **more):
        super().__init__(number, user, password)
        self.log = world.logs(f'charon-{self.host}.log')
        login = f'auth = xauth\n xauth_id = {user}'
        local = (f'local {{\n {login}\n }}' if auth == 'hybrid' else
                 f'local {{\n auth = psk\n id = keyid:{charon.GROUP}\n }}\n'
                 f'local-2 {{\n {login}\n }}')
        remote = (f'auth = pubkey\n id = {net.GATEWAY_NAME}' if auth == 'hybrid'
                  else f'auth = psk\n id = {net.GATEWAY_NAME}')
        options = {'aggressive': 'yes' if aggressive else 'no', 'fragmentation': 'yes',
                   'ike': 'aes256-sha256-modp2048', 'esp': 'aes256-sha256', 'rekey': '4h',
                   'esp_rekey': '1h', 'greedy': '', 'networks': net.OFFICE_NET,
                   'gateway': net.GATEWAY_IP, **more}
        for part in ('x509', 'x509ca', 'private', 'x509ocsp', 'x509aa', 'x509ac', 'x509crl',
                     'pubkey', 'rsa', 'ecdsa', 'pkcs8', 'pkcs12', 'bliss'):
            os.makedirs(f'{self.folder}/{part}')
        shutil.copy(pki.path('ca.crt'), f'{self.folder}/x509ca/')
        write(f'{self.folder}/strongswan.conf', charon.STRONGSWAN_CONF.format(
            unwanted='\n'.join(f'{name} {{\n load = no\n }}' for name in charon.UNWANTED),
            folder=self.folder, log=self.log, verbosity=1))
        write(f'{self.folder}/swanctl.conf', SWANCTL.format(
            gateway_name=net.GATEWAY_NAME, local=local, remote=remote, group=charon.GROUP,
            group_password=charon.GROUP_PASSWORD, user=user, password=password, **options))

    def _environment(self):
        return {**os.environ, 'STRONGSWAN_CONF': f'{self.folder}/strongswan.conf',
                'SWANCTL_DIR': self.folder}

    def swanctl(self, *args, check=True):
        return run(*net.inside(self.host), 'swanctl', *args, '--uri', f'unix://{self.folder}/vici',
                   check=check, env=self._environment())

    def start(self):
        self.process = spawn(f'charon-out-{self.host}', *net.inside(self.host),
                             '/usr/sbin/charon-systemd', env=self._environment())
        wait_for('charon', lambda: self.swanctl('--stats', check=False).returncode == 0)
        self.swanctl('--load-all')

    def up(self):
        return self.swanctl('--initiate', '--child', 'net', '--timeout', '15', check=False)

    def must_up(self):
        done = self.up()
        check(done.returncode == 0, done.stdout)
