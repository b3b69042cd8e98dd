# SPDX-License-Identifier: LGPL-2.1-or-later
"""strongSwan's charon (Debian packages) as the gateway, with ESP in userspace (kernel-libipsec)."""
import os
import shutil
import time

from . import net, pki, world
from .world import read, run, wait_for, write

USER, PASSWORD = 'alice', 'wonderland-7'
GROUP, GROUP_PASSWORD = 'labgroup', 'lab-group-secret'
BANNER = 'Flying pigs LTD - welcome to the lab'
POOL = '10.99.0.0/16'
FOLDER = '/run/lab/charon'
IDENTITIES = {'gw-name': 'mail.example.org', 'alice': 'alice@example.org'}
UNWANTED = ('stroke', 'resolve', 'af-alg', 'bypass-lan', 'connmark', 'forecast', 'farp', 'dhcp',
            'ha', 'led', 'tpm', 'tnc-tnccs', 'eap-tnc', 'ldap', 'lookip', 'error-notify',
            'eap-radius', 'xauth-pam', 'xauth-eap')

STRONGSWAN_CONF = """
charon-systemd {{
    load_modular = yes
    plugins {{
        include /etc/strongswan.d/charon/*.conf
        {unwanted}
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
        unity {{
            load = yes
        }}
        vici {{
            socket = unix://{folder}/vici
        }}
    }}
    cisco_unity = yes
    send_vendor_id = yes
    i_dont_care_about_security_and_use_aggressive_mode_psk = yes
    fragment_size = 0
    max_packet = 30000
    filelog {{
        main {{
            path = {log}
            time_format = %H:%M:%S
            time_add_ms = yes
            ike_name = yes
            default = 1
            ike = {verbosity}
            cfg = 2
            enc = 1
            flush_line = yes
        }}
    }}
    journal {{
        default = -1
    }}
}}
"""

SWANCTL_CONF = """
connections {{
    ra {{
        version = 1
        aggressive = {aggressive}
        local_addrs = {local_addrs}
        proposals = {ike}
        encap = yes
        fragmentation = {fragmentation}
        dpd_delay = {dpd}
        dpd_timeout = 60s
        rekey_time = {ike_rekey}
        reauth_time = 0
        unique = no
        send_cert = always
        pools = pool4
        local {{
            {local}
        }}
        {remote}
        children {{
            net {{
                local_ts = {local_ts}
                esp_proposals = {esp}
                mode = tunnel
                dpd_action = clear
                rekey_time = {esp_rekey}
                life_time = {esp_life}
                rand_time = 0
            }}
        }}
    }}
}}
pools {{
    pool4 {{
        addrs = {pool}
        dns = {dns}
        28672 = "{banner}"
        28674 = {domain}
    }}
}}
secrets {{
    ike-group {{
        id-1 = {group}
        id-2 = keyid:{group}
        id-3 = {address}
        id-4 = fqdn:{group}
        secret = "{group_password}"
    }}
    xauth-alice {{
        id = {user}
        secret = "{password}"
    }}
}}
"""

REMOTE = {
    'hybrid': 'remote { auth = xauth-generic }',
    'xauth-psk': 'remote { auth = psk }\n        remote-2 { auth = xauth-generic }',
    'rsa': 'remote { auth = pubkey\n cacerts = ca.crt }',
    'xauth-rsa': 'remote { auth = pubkey\n cacerts = ca.crt }\n        remote-2 { auth = xauth-generic }',
}
IKE = ('aes256-sha256-modp2048,aes256-sha256-ecp256,aes256-sha1-modp2048,aes128-sha1-modp1024,'
       'aes128-sha256-ecp384,aes256-sha384-ecp384')
ESP = 'aes256gcm16,aes256-sha256,aes256-sha1,aes128-sha1,aes128gcm16'


class Charon:
    """One gateway.  Options: auth, aggressive, cert, ike, esp, dpd, ike_rekey, esp_rekey, esp_life,
    fragmentation, local_ts (list), local_addrs, verbosity."""

    def __init__(self, **options):
        self.options = {'auth': 'hybrid', 'aggressive': True, 'cert': 'gw', 'ike': IKE, 'esp': ESP,
                        'dpd': '20s', 'ike_rekey': '4h', 'esp_rekey': '1h', 'esp_life': '70m',
                        'fragmentation': 'yes', 'local_ts': [net.OFFICE_NET], 'verbosity': 1,
                        'local_addrs': net.GATEWAY_IP,
                        **options}
        self.log = world.logs('charon.log')
        self.process = None
        self.mark = 0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def _configure(self):
        options, cert = self.options, self.options['cert']
        shutil.rmtree(FOLDER, ignore_errors=True)
        for part in ('x509', 'x509ca', 'private', 'x509ocsp', 'x509aa', 'x509ac', 'x509crl',
                     'pubkey', 'rsa', 'ecdsa', 'pkcs8', 'pkcs12', 'bliss'):
            os.makedirs(f'{FOLDER}/{part}')
        shutil.copy(pki.path('ca.crt'), f'{FOLDER}/x509ca/')
        shutil.copy(pki.path(f'{cert}.crt'), f'{FOLDER}/x509/')
        shutil.copy(pki.path(f'{cert}.key'), f'{FOLDER}/private/')
        if cert == 'gw-int':
            shutil.copy(pki.path('int.crt'), f'{FOLDER}/x509ca/')
        identity = IDENTITIES.get(cert, net.GATEWAY_NAME)
        local = (f'auth = psk\n            id = {net.GATEWAY_IP}' if options['auth'] == 'xauth-psk'
                 else f'auth = pubkey\n            certs = {cert}.crt\n            id = {identity}')
        write(f'{FOLDER}/strongswan.conf', STRONGSWAN_CONF.format(
            unwanted='\n        '.join(f'{name} {{\n load = no\n }}' for name in UNWANTED),
            folder=FOLDER, log=self.log, verbosity=options['verbosity']))
        write(f'{FOLDER}/swanctl.conf', SWANCTL_CONF.format(
            **{**options, 'aggressive': 'yes' if options['aggressive'] else 'no',
               'local_ts': ','.join(options['local_ts'])},
            address=net.GATEWAY_IP, local=local, remote=REMOTE[options['auth']], pool=POOL,
            dns=net.OFFICE_IP, banner=BANNER, domain=net.OFFICE_DOMAIN, group=GROUP,
            group_password=GROUP_PASSWORD, user=USER, password=PASSWORD))

    def start(self, busy_seconds=0):
        """busy_seconds: so long it runs without knowing any connection, and refuses all."""
        self._configure()
        self.mark = len(read(self.log))
        self.process = net.spawn_on('gw', 'charon-out', '/usr/sbin/charon-systemd',
                                    env=self._environment())
        wait_for('charon', lambda: self.swanctl('--stats', check=False).returncode == 0)
        time.sleep(busy_seconds)
        self.swanctl('--load-all')

    def _environment(self):
        return {**os.environ, 'STRONGSWAN_CONF': f'{FOLDER}/strongswan.conf',
                'SWANCTL_DIR': FOLDER}

    def swanctl(self, *args, check=True):
        return run(*net.inside('gw'), 'swanctl', *args, '--uri', f'unix://{FOLDER}/vici',
                   check=check, env=self._environment())

    def text(self):
        """What this charon has logged."""
        return read(self.log)[self.mark:]

    def wait_log(self, words, seconds=10, count=1):
        return wait_for(f'{words!r} in charon\'s log', lambda: self.text().count(words) >= count,
                        seconds)

    def kill(self):
        """Gone without a word."""
        self.process.kill()
        self.process.wait()
        net.on('gw', 'ip', 'link', 'del', 'ipsec0', check=False)

    def stop(self):
        if self.process and self.process.poll() is None:
            world.stop(self.process)
