# SPDX-License-Identifier: LGPL-2.1-or-later
"""A symptom: something is wrong with the world, and the same token, title and hint must be read in
coatictl, over D-Bus and in coatid's log."""
import contextlib
import json

from . import charon, coati, machine, net, world
from .tap import check

SERVICE = machine.SERVICE_NAME
CHARON_CONF = charon.FOLDER + '/swanctl.conf'
EXIT_ACTIVATION, EXIT_CANCELLED, EXIT_NO_ADDRESS, EXIT_DATAPLANE = 4, 25, 26, 27
# Nobody waits longer than needed for a gateway that the test silenced.
IMPATIENT = {'ike_timeout': '6'}


@contextlib.contextmanager
def firewall(*rules):
    """The Internet drops what the rules match."""
    lines = '\n'.join(f'{rule} counter drop' for rule in rules)
    net.nft('inet', 'table ip symptom {\nchain forward {\n'
            f'type filter hook forward priority -10;\n{lines}\n}}\n}}\n')
    try:
        yield
    finally:
        net.on('inet', 'nft', 'delete', 'table', 'ip', 'symptom')


@contextlib.contextmanager
def gateway(bend=None, **options):
    """charon; bend = (old, new) changes its configuration beyond what the lab's options say."""
    with charon.Charon(**options) as peer:
        if bend:
            text = world.read(CHARON_CONF)
            check(bend[0] in text, bend[0])
            world.write(CHARON_CONF, text.replace(*bend))
            peer.swanctl('--load-all')
        yield peer


def last_error():
    """The four texts of GetLastError, as a program on the bus gets them."""
    done = world.run('gdbus', 'call', '--system', '--dest', SERVICE, '--object-path',
                     '/org/coati/Coati1', '--method', f'{SERVICE}.Manager.FindConnection',
                     coati.NAME, check=False)
    path = done.stdout.split("'")[1]
    return world.run('gdbus', 'call', '--system', '--dest', SERVICE, '--object-path', path,
                     '--method', f'{SERVICE}.Connection.GetLastError', check=False).stdout


def why():
    return json.loads(coati.coatictl('why', coati.NAME, '--json').stdout)


def told_everywhere(token, said, log):
    """The reason in all the places; said is what the user's terminal showed, or None."""
    reason = why()
    check(reason['reason'] == token, f'{token} expected:', reason)
    check(reason['title'] and reason['hint'], reason)
    places = [('D-Bus', last_error().replace("\\'", "'"))]
    if said is not None:
        places.append(('coatictl up', said))
    for place, text in places:
        for words in (reason['title'], reason['hint']):
            check(words in text, f'{place} does not say {words!r}:', text)
    check(token in last_error(), last_error())
    for words in (reason['title'], f'[{token}]', reason['hint']):
        check(words in log, f'the log does not say {words!r}')
    lines = coati.coatictl('log', coati.NAME).stdout
    check(f'[{token}]' in lines and reason['hint'] in lines, lines)
    check(not machine.tunnel_links(), machine.tunnel_links())


def on_connect(token, code, worlds, fields, options=None):
    """It shows while connecting."""
    coati.install_profile(**fields)
    mark = len(machine.coatid_log())
    with contextlib.ExitStack() as stack:
        for make in worlds:
            stack.enter_context(make())
        done = coati.up(timeout=120, **(options or {}))
    check(done.returncode == code, f'exit code {code} expected:', coati.said(done))
    told_everywhere(token, done.stderr, machine.coatid_log()[mark:])
