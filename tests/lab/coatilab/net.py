# SPDX-License-Identifier: LGPL-2.1-or-later
"""The network of the lab.

    client ---------- nat ------------- inet ------------- gw --------------- office
    192.168.7.11   .1     198.51.100.2  .1    203.0.113.1  .2     10.77.0.1   10.77.0.10
                   masquerade           192.0.2.53 DNS            (10.88.0.1  10.88.0.10)
                   random ports         192.0.2.80 web            (172.20.5.1 172.20.5.10)

The client is the network namespace of the world itself; the others are named ones.  The Internet
drops private addresses.  Office and Internet have a DNS server with a query log and a web server.
"""
import contextlib
import os
import sys

from . import firewall, world
from .firewall import inside, nft  # noqa: F401
from .world import run, spawn, wait_for, write

CLIENT_IP, GATEWAY_IP, GATEWAY_NAME = '192.168.7.11', '203.0.113.2', 'vpn.example.org'
NAT_OUTSIDE = '198.51.100.2'
OFFICE_IP, OFFICE_NET, OFFICE_DOMAIN = '10.77.0.10', '10.77.0.0/24', 'office.example.org'
MORE_NETS = ('10.88.0.0/16', '172.20.5.0/24')
OFFICE_WWW = 'www.' + OFFICE_DOMAIN
PUBLIC_DNS, PUBLIC_WEB = '192.0.2.53', '192.0.2.80'
HOSTS = ('nat', 'inet', 'gw', 'office')
HERE = os.path.dirname(os.path.abspath(__file__))


def on(host, *command, **options):
    return run(*inside(host), *command, **options)


def spawn_on(host, name, *command, **options):
    return spawn(name, *inside(host), *command, **options)


def _wire(a, link_a, address_a, b, link_b, address_b):
    ends = [] if a == 'client' else ['netns', a]
    run('ip', 'link', 'add', link_a, *ends, 'type', 'veth', 'peer', 'name', link_b, 'netns', b)
    for host, link, address in ((a, link_a, address_a), (b, link_b, address_b)):
        on(host, 'ip', 'addr', 'add', address, 'dev', link)
        on(host, 'ip', 'link', 'set', link, 'up')


def up():
    for host in HOSTS:
        run('ip', 'netns', 'add', host)
        on(host, 'ip', 'link', 'set', 'lo', 'up')
        on(host, 'sysctl', '-qw', 'net.ipv4.ip_forward=1')
    _wire('client', 'eth0', f'{CLIENT_IP}/24', 'nat', 'in0', '192.168.7.1/24')
    _wire('nat', 'out0', f'{NAT_OUTSIDE}/24', 'inet', 'nat0', '198.51.100.1/24')
    _wire('inet', 'gw0', '203.0.113.1/24', 'gw', 'eth0', f'{GATEWAY_IP}/24')
    _wire('gw', 'in0', '10.77.0.1/24', 'office', 'eth0', f'{OFFICE_IP}/24')
    for gateway, office in (('10.88.0.1/16', '10.88.0.10/16'), ('172.20.5.1/24', '172.20.5.10/24')):
        on('gw', 'ip', 'addr', 'add', gateway, 'dev', 'in0')
        on('office', 'ip', 'addr', 'add', office, 'dev', 'eth0')
    for address in (PUBLIC_DNS, PUBLIC_WEB):
        on('inet', 'ip', 'addr', 'add', address + '/32', 'dev', 'lo')
    for host, via in (('client', '192.168.7.1'), ('nat', '198.51.100.1'), ('gw', '203.0.113.1'),
                      ('office', '10.77.0.1')):
        on(host, 'ip', 'route', 'add', 'default', 'via', via)
    # what leaves the client is what would be on a wire: no packets that the next hop has to cut
    on('client', 'ethtool', '-K', 'eth0', 'tx-udp-segmentation', 'off', 'tso', 'off')
    firewall.masquerade('nat', 'out0')
    firewall.drop_private('inet')
    _servers()


def _servers():
    names = {'office': (OFFICE_IP, [f'/www.{OFFICE_DOMAIN}/{OFFICE_IP}', f'/intranet.corp/{OFFICE_IP}']),
             'inet': (PUBLIC_DNS, [f'/{GATEWAY_NAME}/{GATEWAY_IP}', f'/public.example/{PUBLIC_WEB}'])}
    for host, (address, records) in names.items():
        spawn_on(host, f'dns-{host}', 'dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null',
                 '--no-resolv', '--no-hosts', '--bind-interfaces', f'--listen-address={address}',
                 '--user=root', '--pid-file=', '--log-queries', '--log-facility=-',
                 *[f'--address={record}' for record in records])
    for host, address in (('office', OFFICE_IP), ('inet', PUBLIC_WEB)):
        spawn_on(host, f'web-{host}', sys.executable, os.path.join(HERE, 'web.py'), address, host)
        wait_for(f'the web server of {host}', lambda h=host, a=address: on(
            h, 'curl', '-s', '-m', '1', f'http://{a}/', check=False).returncode == 0)
    write('/etc/resolv.conf', f'nameserver {PUBLIC_DNS}\n')


def queries(host):
    """The names that the DNS server of 'office' or 'inet' was asked for."""
    return [line.split('] ')[1].split(' ')[0] for line in
            world.read(world.logs(f'dns-{host}.log')).splitlines() if ': query[' in line]


def bad_path(octets):
    """The Internet drops IP fragments and UDP datagrams of more than so many octets of UDP."""
    return firewall.bad_path('inet', octets)


@contextlib.contextmanager
def blackhole():
    """The client's side of the Internet is cut."""
    on('inet', 'ip', 'link', 'set', 'nat0', 'down')
    try:
        yield
    finally:
        on('inet', 'ip', 'link', 'set', 'nat0', 'up')


def nat_rebind():
    """The NAT forgets all mappings: new source ports from now on."""
    on('nat', 'conntrack', '-F')


def snapshot():
    """What a tunnel may change on the client and must put back."""
    with contextlib.suppress(world.LabError):
        wait_for('checked IPv6 addresses',
                 lambda: not run('ip', '-6', 'addr', 'show', 'tentative').stdout.strip(), 10)
    shown = {}
    for what, command in (
            ('links', ('ip', '-o', 'link', 'show')), ('addresses', ('ip', '-o', 'addr', 'show')),
            ('routes', ('ip', 'route', 'show', 'table', 'all')),
            ('IPv6 routes', ('ip', '-6', 'route', 'show', 'table', 'all')),
            ('rules', ('ip', 'rule', 'show')), ('IPv6 rules', ('ip', '-6', 'rule', 'show')),
            ('firewall', ('nft', 'list', 'ruleset')),
            ('SAs', ('ip', 'xfrm', 'state')), ('IPsec policies', ('ip', 'xfrm', 'policy')),
            ('DNS servers', ('resolvectl', 'dns')), ('DNS domains', ('resolvectl', 'domain')),
            ('resolv.conf', ('cat', '/etc/resolv.conf'))):
        shown[what] = run(*command, check=False).stdout
    return shown


def wait_as(before, seconds=5):
    """Waits until the client's machine is as it was, or says what differs."""
    try:
        wait_for('', lambda: not differences(before, snapshot()), seconds, 0.2)
    except world.LabError:
        raise world.LabError('left: ' + '; '.join(differences(before, snapshot()))) from None


def differences(before, after):
    return [f'{what}: {sign} {line}' for what in before
            for sign, one, two in (('gone', before, after), ('new', after, before))
            for line in sorted(set(one[what].splitlines()) - set(two[what].splitlines()))]
