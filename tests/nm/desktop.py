# SPDX-License-Identifier: LGPL-2.1-or-later
"""A desktop that nobody sees: an X server and alice's session bus, programs on them, and their widgets
as assistive technology finds them (AT-SPI), so that a test presses what a person would press."""
import contextlib
import json
import os
import pwd
import socket
import subprocess

from networkmanager import HERE, machine, world
from coatilab.tap import check
from coatilab.world import wait_for

USER, SCREEN, SIZE = 'alice', ':7', '1000x800x24'
RUNTIME = '/run/lab/desktop'
BUS = f'unix:path={RUNTIME}/bus'
PROGRAMS = ('Xvfb', 'import', 'identify', 'xdotool', 'dbus-daemon')


def environment():
    return {**machine.environment(USER), 'DISPLAY': SCREEN, 'GDK_BACKEND': 'x11',
            'GSETTINGS_BACKEND': 'memory', 'GSK_RENDERER': 'cairo', 'XDG_RUNTIME_DIR': RUNTIME,
            'XDG_CURRENT_DESKTOP': 'GNOME', 'DBUS_SESSION_BUS_ADDRESS': BUS, 'TERM': 'dumb'}


def start():
    user = pwd.getpwnam(USER)
    os.makedirs(RUNTIME, 0o700)
    os.chown(RUNTIME, user.pw_uid, user.pw_gid)
    start_screen()
    spawn('session-bus', 'dbus-daemon', '--session', '--nofork', '--nopidfile', '--address=' + BUS)
    wait_for('the session bus', lambda: os.path.exists(f'{RUNTIME}/bus'))


def start_screen():
    """Its socket has no file: the name belongs to this world's network namespace."""
    world.spawn('xvfb', 'Xvfb', SCREEN, '-screen', '0', SIZE, '-nolisten', 'tcp', '-nolisten', 'unix',
                '-listen', 'local', '-nolock', '-ac')
    wait_for('Xvfb', takes_calls)


def takes_calls():
    """A bound name is not yet one that listens."""
    with socket.socket(socket.AF_UNIX) as call:
        return call.connect_ex(f'\0/tmp/.X11-unix/X{SCREEN[1:]}') == 0


def spawn(name, *command):
    return world.spawn(name, *command, cwd='/', env=environment(),
                       preexec_fn=machine.become(USER))


@contextlib.contextmanager
def program(name, *command):
    """Runs as alice; what it says must hold nothing critical about Coati."""
    before = len(world.read(world.logs(name + '.log')))
    child = spawn(name, *command)
    try:
        yield child
    except Exception:
        picture(name + '-failed')
        raise
    finally:
        if child.poll() is None:
            world.stop(child)
    said = world.read(world.logs(name + '.log'))[before:]
    bad = [line for line in said.splitlines() if 'oati' in line and 'CRITICAL' in line]
    check(not bad, *bad)


def picture(name):
    path = world.logs(name + '.png')
    world.run('import', '-window', 'root', path, env=environment(), check=False)
    return path


def screenshot(name):
    """Of the whole screen; something must be on it."""
    path = picture(name)
    colours = world.run('identify', '-format', '%k', path).stdout
    check(int(colours) > 20, f'{colours} colours only in {path}')


def keys(*words):
    world.run('xdotool', *words, env=environment())


def choose(path):
    """In the file chooser that is open: it listens to a path that is typed."""
    keys('key', 'ctrl+l')
    keys('type', '--delay', '5', path)
    keys('key', 'Return')


# Widgets: tests/nm/hand.py does it as alice, whose bus lets nobody else in

class Hand:
    """Finds and uses the widgets of one program."""

    def __init__(self, application, seconds=20):
        self.child = subprocess.Popen(
            [os.path.join(HERE, 'hand.py'), application], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env=environment(), preexec_fn=machine.become(USER))
        self._ask(do='wait', seconds=seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        self.child.wait(5)

    def _ask(self, **request):
        self.child.stdin.write(json.dumps(request) + '\n')
        self.child.stdin.flush()
        answer = json.loads(self.child.stdout.readline() or '{"error": "the hand is gone"}')
        check('error' not in answer, answer.get('error'))
        return answer['value']

    def find(self, role, name, **where):
        """Waits for the shown widget of that role whose name has those words; after=(role, name): the
        first one behind that one.  Its name."""
        return self._ask(do='find', role=role, name=name, **where)

    def press(self, role, name, **where):
        return self._ask(do='press', role=role, name=name, **where)

    def type(self, words, role, name, **where):
        return self._ask(do='type', words=words, role=role, name=name, **where)

    def click(self, role, name, **where):
        """With the mouse, for what has no action."""
        x, y = self._ask(do='where', role=role, name=name, **where)
        keys('mousemove', str(x), str(y), 'click', '1')

    def read(self, role, name, **where):
        return self._ask(do='read', role=role, name=name, **where)

    def see(self, words, seconds=10, is_there=True):
        """Waits until something shown has these words in its name; or until nothing has."""
        return self._ask(do='see', words=words, is_there=is_there, seconds=seconds)

    def names(self):
        """All that is shown, for whoever writes a test."""
        return self._ask(do='names')
