# SPDX-License-Identifier: LGPL-2.1-or-later
"""Coati as its users have it: coatictl, and what a profile for the lab's gateway says."""
import json
import os
import re

from . import charon, machine, net, pki, world
from .tap import check
from .world import wait_for

NAME = 'office'
# The data plane of profiles and of the gateway; 'kernel' in a guest whose kernel can do ESP.
PLANE = os.environ.get('COATI_LAB_PLANE', 'userspace')
EXIT_AUTH, EXIT_UNREACHABLE, EXIT_CERTIFICATE, EXIT_PROPOSAL, EXIT_POLKIT = 20, 21, 22, 23, 24


def pem(name):
    return world.read(pki.path(name)).replace('\n', '\\n')


def profile(**fields):
    """A key file; fields are section_key=value: None leaves one out, @FILE is the text of a file
    of the PKI."""
    values = {
        'connection.id': NAME, 'connection.gateway': net.GATEWAY_NAME,
        'connection.method': 'hybrid-rsa', 'identity.gateway-id': net.GATEWAY_NAME,
        'identity.ca': '@ca.crt', 'login.user': charon.USER,
        'network.routes': 'split', 'network.remote-networks': net.OFFICE_NET + ';',
        'esp.plane': PLANE,
    }
    for field, value in fields.items():
        section, _, key = field.partition('_')
        values[f'{section}.{key.replace("_", "-")}'] = value
    sections = {}
    for name, value in values.items():
        section, _, key = name.partition('.')
        if value is not None:
            value = pem(value[1:]) if value.startswith('@') else value
            sections.setdefault(section, []).append(f'{key}={value}')
    return '\n'.join(f'[{section}]\n' + '\n'.join(lines) + '\n'
                     for section, lines in sections.items())


def coatictl(*args, user='root', **options):
    return machine.as_user(user, 'coatictl', *args, **options)


def said(done):
    return f'exit {done.returncode}: {done.stdout.strip()} {done.stderr.strip()}'


def install_profile(user='root', **fields):
    """Replaces the profile of this name."""
    remove_profile(user)
    path = f'/run/home/{NAME}.coati'
    world.write(path, profile(**fields), 0o644)
    done = coatictl('profile', 'import', path, user=user)
    os.unlink(path)
    check(done.returncode == 0, 'profile import', said(done))


def remove_profile(user='root'):
    coatictl('profile', 'remove', NAME, user=user)


def up(password=charon.PASSWORD, login=charon.USER, user='root', *more, timeout=40):
    return coatictl('up', NAME, '--user', login, '--password-stdin', *more, user=user,
                    input=password + '\n', timeout=timeout)


def must_up(**options):
    done = up(**options)
    check(done.returncode == 0, 'coatictl up', said(done))
    tunnel = status()
    check(tunnel.get('data_plane') == PLANE, tunnel)
    return tunnel


def down(user='root'):
    return coatictl('down', NAME, user=user)


def status(user='root'):
    """The tunnel as a dictionary; empty when there is none."""
    done = coatictl('status', '--json', user=user)
    for row in json.loads(done.stdout or '{}').get('connections', []):
        if row['id'] == NAME:
            return row['tunnel'] or {}
    return {}


def call(path, method, *arguments):
    done = world.run('gdbus', 'call', '--system', '--dest', machine.SERVICE_NAME, '--object-path',
                     path, '--method', method, *arguments, check=False)
    check(done.returncode == 0, method, done.stdout)
    found = re.search(r"'(/[^']*)'", done.stdout)
    return found.group(1) if found else ''


def renew(method):
    """New keys now, as the D-Bus methods Reauthenticate (phase 1) and Rekey (phase 2) ask for."""
    root = '/' + machine.SERVICE_NAME.replace('.', '/')
    connection = call(root, f'{machine.SERVICE_NAME}.Manager.FindConnection', NAME)
    tunnel = call(connection, 'org.freedesktop.DBus.Properties.Get',
                   f'{machine.SERVICE_NAME}.Connection', 'Tunnel')
    call(tunnel, f'{machine.SERVICE_NAME}.Tunnel.{method}')


def wait_state(state, seconds=15):
    return wait_for(f'state {state}', lambda: status().get('state') == state and status(), seconds)


def fetch(url=f'http://{net.OFFICE_IP}/', seconds=5):
    return world.run('curl', '-s', '-m', str(seconds), url, check=False).stdout


def must_fetch():
    check('hello from the office' in fetch(), 'no page through the tunnel')


def must_fetch_by_name():
    page = fetch(f'http://{net.OFFICE_WWW}/')
    check('hello from the office' in page, f'no page by name: {page!r}')


def ping(size=56, count=3):
    done = world.run('ping', '-c', str(count), '-i', '0.2', '-W', '2', '-q', '-s', str(size),
                     net.OFFICE_IP, check=False)
    return f'{count} received' in done.stdout
