# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the lab asks of its hosts' packet filters.

By nft, or by iptables where the kernel has no nf_tables for IPv4 (Debian's user mode linux).
"""
import contextlib
import functools

from .world import run

PRIVATE = ('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16')
NAT_RULES = """
table ip nat {{
    chain postrouting {{
        type nat hook postrouting priority srcnat
        oifname "{link}" masquerade random
    }}
}}
table ip filter {{
    chain forward {{
        type filter hook forward priority filter
        iifname "{link}" ct state new drop
    }}
}}
"""
INTERNET_RULES = """
table ip filter {
    chain forward {
        type filter hook forward priority filter
        ip daddr { 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 } drop
        ip saddr { 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 } drop
    }
}
"""
BAD_PATH_RULES = """
table ip badpath {{
    chain prerouting {{
        type filter hook prerouting priority -450
        ip frag-off & 0x3fff != 0 counter drop
        ip protocol udp udp length > {} counter drop
    }}
}}
"""


def inside(host):
    """The words before a command that runs on that host."""
    return () if host == 'client' else ('nsenter', f'--net=/run/netns/{host}')


@functools.cache
def has_nft():
    done = run(*inside('inet'), 'nft', 'add table ip probe; delete table ip probe', check=False)
    return done.returncode == 0


def nft(host, rules):
    run(*inside(host), 'nft', '-f', '-', input=rules)


def iptables(host, *words):
    run(*inside(host), 'iptables-legacy', '-w', *words)


def masquerade(host, link):
    """Behind link's address with random ports; nothing comes in that was not asked for."""
    if has_nft():
        nft(host, NAT_RULES.format(link=link))
        return
    iptables(host, '-t', 'nat', '-A', 'POSTROUTING', '-o', link, '-j', 'MASQUERADE', '--random')
    iptables(host, '-A', 'FORWARD', '-i', link, '-m', 'conntrack', '--ctstate', 'NEW', '-j', 'DROP')


def drop_private(host):
    """The Internet carries no private addresses."""
    if has_nft():
        nft(host, INTERNET_RULES)
        return
    for network in PRIVATE:
        for way in ('-d', '-s'):
            iptables(host, '-A', 'FORWARD', way, network, '-j', 'DROP')


@contextlib.contextmanager
def bad_path(host, octets):
    """The host drops IP fragments and UDP datagrams of more than so many octets of UDP."""
    rules = [('PREROUTING', '-f', '-j', 'DROP'),
             ('PREROUTING', '-p', 'udp', '-m', 'length', '--length', f'{octets + 21}:65535',
              '-j', 'DROP')]
    if has_nft():
        nft(host, BAD_PATH_RULES.format(octets))
    else:
        for rule in rules:
            iptables(host, '-t', 'raw', '-A', *rule)
    try:
        yield
    finally:
        if has_nft():
            run(*inside(host), 'nft', 'delete', 'table', 'ip', 'badpath')
        else:
            for rule in rules:
                iptables(host, '-t', 'raw', '-D', *rule)
