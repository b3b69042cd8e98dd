# SPDX-License-Identifier: LGPL-2.1-or-later
"""start(): the whole lab, with Coati installed on the client's machine."""
import contextlib
import os
import subprocess

from . import coati, machine, net, pki, shards, tap, world

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


CHARON = ('charon-systemd', 'swanctl')


def start(peers=CHARON, worlds=1):
    """Returns in a new world; ends the script as skipped where that cannot be.  peers: programs of
    others that the script runs.  worlds: so many at once share the cases, for those that wait more
    than they work."""
    world.need('nsenter', 'dnsmasq', 'dbus-daemon', 'tcpdump', 'curl', 'setpriv', 'conntrack',
               'ethtool', 'openssl', 'meson', *peers)
    build = machine.BUILD
    if not build or not os.path.exists(os.path.join(build, 'cli', 'coatictl')):
        world.skip('COATI_BUILD_DIR names no folder with a built coatictl')
    if world.INSIDE not in os.environ:
        fetch_resolved()
        shards.deal(worlds)
    world.enter()
    net.up()
    pki.make()
    machine.up()


def fetch_resolved():
    build = machine.BUILD
    subprocess.run(['flock', os.path.join(build, 'lab.lock'), os.path.join(HERE, 'fetch-resolved'),
                    os.path.join(build, 'lab-resolved')], check=True)


def run_cases(cases):
    """Cases end with the machine as it was before the first of them."""
    before = net.snapshot()

    def finish():
        with contextlib.suppress(subprocess.TimeoutExpired):
            coati.down()
        coati.remove_profile()

    def is_clean():
        net.wait_as(before)

    return tap.run_cases([*shards.share(cases), ('nothing is left behind', is_clean)], finish)
