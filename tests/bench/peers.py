# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tunnels between the namespaces "a" and "b", one class for each implementation.

    a  10.0.0.1 ---- veth, MTU 1500 ---- 10.0.0.2  b

All tunnels are up side by side; one that is idle costs nothing.  far is b's address inside, pids()
are the processes of both ends that move packets.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lab'))
from coatilab import world  # noqa: E402
from coatilab.world import read, run, spawn, wait_for, write  # noqa: E402

OUTER = {'a': '10.0.0.1', 'b': '10.0.0.2'}
FOLDER = '/var/lib/bench'
ENDS = ('a', 'b')


def inside(space):
    return ('nsenter', f'--net=/run/netns/{space}')


def on(space, *command, **options):
    return run(*inside(space), *command, **options)


def spawn_on(space, name, *command, **options):
    return spawn(name, *inside(space), *command, **options)


def up():
    os.makedirs(FOLDER, exist_ok=True)
    for space in ENDS:
        run('ip', 'netns', 'add', space)
        on(space, 'ip', 'link', 'set', 'lo', 'up')
        # policies of charon send through its own routing table
        on(space, 'sysctl', '-qw', 'net.ipv4.conf.all.rp_filter=0')
    run('ip', 'link', 'add', 'veth0', 'netns', 'a', 'type', 'veth', 'peer', 'name', 'veth0', 'netns', 'b')
    for space in ENDS:
        on(space, 'ip', 'addr', 'add', OUTER[space] + '/24', 'dev', 'veth0')
        on(space, 'ip', 'link', 'set', 'veth0', 'up')


def has_address(space, address):
    return address in on(space, 'ip', '-4', 'addr').stdout


class Plain:
    """No tunnel at all."""
    far = OUTER['b']

    def start(self):
        pass

    def pids(self):
        return []


class Coati:
    """The userspace plane with fixed keys: options as plane-end takes them."""
    count = 0

    def __init__(self, build, **options):
        Coati.count += 1
        self.number = Coati.count
        self.build, self.options, self.children = build, options, []
        self.far = f'10.1.{self.number}.2'

    def start(self):
        port = 4500 + self.number
        for side, (space, other) in enumerate((('a', 'b'), ('b', 'a'))):
            log = f'coati{self.number}{space}'
            self.children.append(spawn_on(
                space, log, os.path.join(self.build, 'tests/bench/plane-end'), f'tun=coati{self.number}',
                f'local={OUTER[space]}:{port}', f'remote={OUTER[other]}:{port}', f'side={side}',
                *[f'{name}={value}' for name, value in self.options.items()]))
            ready = wait_for(f'{log} to be ready', lambda name=log: [
                line for line in read(world.logs(name + '.log')).splitlines() if line.startswith('ready')])
            on(space, 'ip', 'addr', 'add', f'10.1.{self.number}.{side + 1}/30', 'dev', f'coati{self.number}')
            on(space, 'ip', 'link', 'set', f'coati{self.number}', 'mtu', ready[0].split()[1], 'up')

    def pids(self):
        return [child.pid for child in self.children]

    def stop(self):
        for child in self.children:
            world.stop(child)


class WireGuardGo:
    program = 'wireguard-go'
    far = '10.2.0.2'

    def start(self):
        keys = {space: run('wg', 'genkey').stdout.strip() for space in ENDS}
        public = {space: run('wg', 'pubkey', input=keys[space]).stdout.strip() for space in ENDS}
        self.children = []
        for number, (space, other) in enumerate((('a', 'b'), ('b', 'a')), 1):
            self.children.append(spawn_on(space, 'wg-' + space, 'wireguard-go', '-f', 'wg' + space,
                                          env={**os.environ, 'WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD': '1'}))
            wait_for('wireguard-go', lambda s=space: os.path.exists(f'/var/run/wireguard/wg{s}.sock'))
            write(f'{FOLDER}/wg{space}.conf', f'[Interface]\nPrivateKey = {keys[space]}\nListenPort = 51820\n'
                  f'[Peer]\nPublicKey = {public[other]}\nEndpoint = {OUTER[other]}:51820\nAllowedIPs = 10.2.0.0/24\n')
            on(space, 'wg', 'setconf', 'wg' + space, f'{FOLDER}/wg{space}.conf')
            on(space, 'ip', 'addr', 'add', f'10.2.0.{number}/24', 'dev', 'wg' + space)
            on(space, 'ip', 'link', 'set', 'wg' + space, 'mtu', '1420', 'up')

    def pids(self):
        return [child.pid for child in self.children]


def self_signed(name):
    run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', f'/CN={name}',
        '-addext', f'subjectAltName=IP:{OUTER["b"]}', '-keyout', f'{FOLDER}/{name}.key', '-out', f'{FOLDER}/{name}.crt')
    text = run('openssl', 'x509', '-in', f'{FOLDER}/{name}.crt', '-noout', '-fingerprint', '-sha256').stdout
    return text.strip().split('=', 1)[1]


class OpenVpn:
    """Peer to peer with TLS, without the kernel module."""
    program = 'openvpn'
    count = 0

    def __init__(self, *cipher):
        OpenVpn.count += 1
        self.number, self.cipher = OpenVpn.count, cipher
        self.far = f'10.3.{self.number}.2'

    def start(self):
        names = {space: f'openvpn{self.number}{space}' for space in ENDS}
        prints = {space: self_signed(names[space]) for space in ENDS}
        self.children = []
        for space, other, own, peer, role in (('b', 'a', 2, 1, '--tls-server'), ('a', 'b', 1, 2, '--tls-client')):
            self.children.append(spawn_on(
                space, names[space], 'openvpn', '--dev', f'ovpn{self.number}', '--dev-type', 'tun', '--disable-dco',
                '--local', OUTER[space], '--remote', OUTER[other], '--port', str(1194 + self.number),
                '--ifconfig', f'10.3.{self.number}.{own}', f'10.3.{self.number}.{peer}', role, '--dh', 'none',
                '--cert', f'{FOLDER}/{names[space]}.crt', '--key', f'{FOLDER}/{names[space]}.key',
                '--peer-fingerprint', prints[other], '--sndbuf', '4194304', '--rcvbuf', '4194304', *self.cipher))
        for space in ENDS:
            wait_for('openvpn', lambda name=names[space]: 'Initialization Sequence Completed' in
                     read(world.logs(name + '.log')), 20)

    def pids(self):
        return [child.pid for child in self.children]


class OpenConnect:
    """openconnect to ocserv over DTLS."""
    program = 'ocserv'
    far = '10.4.0.1'

    def start(self):
        self_signed('ocserv')
        write(f'{FOLDER}/ocpasswd', 'bench:*:' + run('openssl', 'passwd', '-5', 'bench').stdout.strip() + '\n', 0o600)
        write(f'{FOLDER}/ocserv.conf', f"""
auth = "plain[passwd={FOLDER}/ocpasswd]"
tcp-port = 443
udp-port = 443
run-as-user = root
run-as-group = root
socket-file = {FOLDER}/ocserv.sock
server-cert = {FOLDER}/ocserv.crt
server-key = {FOLDER}/ocserv.key
isolate-workers = false
max-clients = 4
max-same-clients = 4
keepalive = 300
try-mtu-discovery = false
tls-priorities = "NORMAL:%SERVER_PRECEDENCE"
device = ocs
ipv4-network = 10.4.0.0/24
route = 10.4.0.0/24
cisco-client-compat = true
dtls-legacy = true
""")
        write(f'{FOLDER}/script', '#!/bin/sh\n[ "$reason" = connect ] || exit 0\n'
              'ip addr add $INTERNAL_IP4_ADDRESS/24 dev $TUNDEV\n'
              'ip link set $TUNDEV mtu $INTERNAL_IP4_MTU up\n', 0o755)
        spawn_on('b', 'ocserv', 'ocserv', '-f', '-c', f'{FOLDER}/ocserv.conf', '-d', '1')
        wait_for('ocserv', lambda: ':443' in on('b', 'ss', '-tln').stdout)
        with open(f'{FOLDER}/password', 'w', encoding='ascii') as out:
            out.write('bench\n')
        pin = run('sh', '-c', f'openssl x509 -in {FOLDER}/ocserv.crt -pubkey -noout | openssl pkey -pubin -outform der | '
                  'openssl dgst -sha256 -binary | base64').stdout.strip()
        with open(f'{FOLDER}/password', encoding='ascii') as password, \
                open(world.logs('openconnect.log'), 'w', encoding='ascii') as out:
            self.client = subprocess.Popen(
                [*inside('a'), 'openconnect', '--user=bench', '--passwd-on-stdin', f'--servercert=pin-sha256:{pin}',
                 '--interface=oc0', f'--script={FOLDER}/script', f'https://{OUTER["b"]}'],
                stdin=password, stdout=out, stderr=subprocess.STDOUT)
        wait_for('openconnect', lambda: has_address('a', '10.4.0.'), 20)
        wait_for('DTLS', lambda: 'Established DTLS' in read(world.logs('openconnect.log')), 20)

    def pids(self):
        return [self.client.pid, *world.pids_of('ocserv-worker'), *world.pids_of('ocserv')]


STRONGSWAN = """
charon-systemd {{
    load_modular = yes
    plugins {{
        include /etc/strongswan.d/charon/*.conf
        stroke {{
            load = no
        }}
        bypass-lan {{
            load = no
        }}
        resolve {{
            load = no
        }}
        kernel-libipsec {{
            load = 20
            allow_peer_ts = yes
        }}
        kernel-netlink {{
            fwmark = !0x42
        }}
        socket-default {{
            fwmark = 0x42
            set_source = yes
        }}
        vici {{
            socket = unix://{folder}/vici
        }}
    }}
    cisco_unity = yes
    i_dont_care_about_security_and_use_aggressive_mode_psk = yes
    filelog {{
        main {{
            path = {log}
            default = 1
            flush_line = yes
        }}
    }}
    journal {{
        default = -1
    }}
}}
"""
SITE = """
connections {{
    site {{
        version = 1
        local_addrs = {own}
        remote_addrs = {other}
        proposals = aes128-sha1-modp2048
        encap = yes
        local {{
            auth = psk
            id = {own}
        }}
        remote {{
            auth = psk
            id = {other}
        }}
        children {{
            site {{
                local_ts = 10.5.0.{side}/32
                remote_ts = 10.5.0.{far}/32
                esp_proposals = aes128-sha1
            }}
        }}
    }}
    {guests}
}}
pools {{
    pool {{
        addrs = 10.6.1.0/24
    }}
}}
secrets {{
    ike-site {{
        id-1 = {other}
        id-2 = {own}
        id-3 = keyid:group
        id-4 = group
        id-5 = 10.0.0.3
        secret = "bench"
    }}
    xauth-bench {{
        id = bench
        secret = "bench"
    }}
}}
"""
GUESTS = """
    guests {
        version = 1
        aggressive = yes
        local_addrs = 10.0.0.3
        proposals = aes128-sha1-modp1024
        encap = yes
        pools = pool
        local {
            auth = psk
            id = 10.0.0.3
        }
        remote {
            auth = psk
            id = keyid:group
        }
        remote-2 {
            auth = xauth-generic
        }
        children {
            guests {
                local_ts = 10.6.0.2/32
                esp_proposals = aes128-sha1
            }
        }
    }
"""


class Charon:
    """charon at both ends, ESP in userspace (kernel-libipsec)."""
    program = 'charon-systemd'
    far = '10.5.0.2'
    children = {}

    def start(self):
        for side, (space, other) in enumerate((('a', 'b'), ('b', 'a')), 1):
            folder = f'{FOLDER}/charon-{space}'
            for part in ('x509', 'x509ca', 'private'):
                os.makedirs(f'{folder}/{part}')
            write(f'{folder}/strongswan.conf', STRONGSWAN.format(folder=folder, log=world.logs(f'charon-{space}.log')))
            write(f'{folder}/swanctl.conf', SITE.format(own=OUTER[space], other=OUTER[other], side=side, far=3 - side,
                                                        guests=GUESTS if space == 'b' else ''))
            on(space, 'ip', 'addr', 'add', f'10.5.0.{side}/32', 'dev', 'lo')
            environment = {**os.environ, 'STRONGSWAN_CONF': f'{folder}/strongswan.conf', 'SWANCTL_DIR': folder}
            # one pid file for all of them
            self.children[space] = spawn_on(space, f'charon-{space}-out', 'unshare', '--mount', 'sh', '-c',
                                            f'mkdir -p {folder}/run && mount --bind {folder}/run /var/run && '
                                            'exec /usr/sbin/charon-systemd', env=environment)
            wait_for('charon', lambda s=space, e=environment, f=folder: on(
                s, 'swanctl', '--stats', '--uri', f'unix://{f}/vici', env=e, check=False).returncode == 0, 20)
            on(space, 'swanctl', '--load-all', '--uri', f'unix://{folder}/vici', env=environment)
        # guests have an address of their own, by which charon knows them from the site
        on('b', 'ip', 'addr', 'add', '10.0.0.3/24', 'dev', 'veth0')
        on('b', 'ip', 'addr', 'add', '10.6.0.2/32', 'dev', 'lo')
        on('a', 'swanctl', '--initiate', '--child', 'site', '--timeout', '20', '--uri', f'unix://{FOLDER}/charon-a/vici')

    def pids(self):
        return [child.pid for child in self.children.values()]


class Vpnc:
    """vpnc to the charon in b, which has to be up."""
    program = 'vpnc'
    far = '10.6.0.2'

    def start(self):
        write(f'{FOLDER}/vpnc-script', '#!/bin/sh\n[ "$reason" = connect ] || exit 0\n'
              'ip addr add $INTERNAL_IP4_ADDRESS/32 dev $TUNDEV\nip link set $TUNDEV mtu 1412 up\n'
              'ip route add 10.6.0.2 dev $TUNDEV\n', 0o755)
        write(f'{FOLDER}/vpnc.conf', 'IPSec gateway 10.0.0.3\nIPSec ID group\nIPSec secret bench\nIKE Authmode psk\n'
              'Xauth username bench\nXauth password bench\nIKE DH Group dh2\nPerfect Forward Secrecy nopfs\n'
              'NAT Traversal Mode force-natt\nInterface name vpnc0\nNo Detach\nLocal Port 10500\n'
              f'Script {FOLDER}/vpnc-script\nPidfile {FOLDER}/vpnc.pid\n', 0o600)
        self.client = spawn_on('a', 'vpnc', 'vpnc', f'{FOLDER}/vpnc.conf')
        wait_for('vpnc', lambda: has_address('a', '10.6.1.'), 20)

    def pids(self):
        return [self.client.pid, Charon.children['b'].pid]
