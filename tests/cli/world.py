# SPDX-License-Identifier: LGPL-2.1-or-later
"""A test's world: its bus, its service that plays a script, and its terminal."""
import fcntl
import os
import select
import subprocess
import tempfile
import termios
import time

from mock import Mock, PrivateBus


class World:
    """One test's bus and service."""

    def __init__(self, program, source):
        self.program = program
        self.folder = tempfile.TemporaryDirectory()
        self.bus = PrivateBus(self.folder.name)
        self.mock = Mock(self.bus.address,
                         os.path.join(source, "dbus", "org.coati.Coati1.xml"))
        self.environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=self.bus.address,
                                LC_ALL="C.UTF-8", TZ="UTC", HOME=self.folder.name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.mock.close()
        self.bus.close()
        self.folder.cleanup()

    def run(self, *arguments, stdin="", **options):
        """Without a terminal, as a script has it."""
        return subprocess.run([self.program, *arguments], input=stdin, capture_output=True, text=True,
                              env=self.environment, start_new_session=True, timeout=30, **options)

    def terminal(self, *arguments):
        return Terminal([self.program, *arguments], self.environment)

    def file(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path, "w") as out:
            out.write(text)
        return path


def run_tests(program, source, only, tests):
    """TAP of the named tests, or of all; each has a world of its own. The exit status."""
    tests = [test for test in tests if not only or test[0] in only]
    print("1..%d" % len(tests))
    failed = 0
    for number, (name, test) in enumerate(tests, 1):
        try:
            with World(program, source) as world:
                test(world)
            print("ok %d %s" % (number, name), flush=True)
        except Exception as error:  # noqa: BLE001: every failure is a line of the report
            failed += 1
            print("not ok %d %s\n# %s: %s" % (number, name, type(error).__name__,
                                              str(error).replace("\n", "\n# ")), flush=True)
    return 1 if failed else 0


class Terminal:
    """The program on a terminal, and what a person types there."""

    def __init__(self, command, environment):
        self.master, slave = os.openpty()

        def take_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                                        env=environment, preexec_fn=take_terminal)
        os.close(slave)
        self.text = ""
        self.seen = 0

    def expect(self, part, seconds=10):
        end = time.monotonic() + seconds
        while part not in self.text[self.seen:]:
            if not self.read(end - time.monotonic()):
                raise AssertionError("no %r in %r" % (part, self.text))
        self.seen = self.text.index(part, self.seen) + len(part)

    def read(self, seconds):
        if seconds <= 0 or not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 4096)
        except OSError:
            return False
        self.text += data.decode().replace("\r\n", "\n")
        return bool(data)

    def has_echo(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def type(self, text):
        os.write(self.master, text.encode())

    def finish(self):
        while self.read(10):
            pass
        code = self.process.wait(10)
        assert self.has_echo(), "the terminal was left without echo"
        os.close(self.master)
        return code
