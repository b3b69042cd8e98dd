# SPDX-License-Identifier: LGPL-2.1-or-later
"""Another time for coatid and its engines (tests/lab/clock.c)."""
import os
import struct

from . import machine, world
from .tap import check


class Clock:
    """Another time for coatid and its engines, which must be started in here."""
    PATH, PRELOAD = '/run/lab/clock', '/etc/ld.so.preload'
    LIBRARY = os.path.join(machine.BUILD, 'tests', 'netns', 'liblab-clock.so')

    def __enter__(self):
        check(os.path.exists(self.LIBRARY), f'{self.LIBRARY} is not built')
        machine.stop_coatid()
        self.set()
        world.write(self.PRELOAD, self.LIBRARY + '\n')
        return self

    def __exit__(self, *_):
        os.unlink(self.PRELOAD)
        machine.stop_coatid()

    def must_rule(self, pids):
        for pid in pids:
            check(self.PATH in world.read(f'/proc/{pid}/maps'), f'{pid} has the real time')

    def set(self, boottime=0, realtime=0):
        """Seconds that the clocks go fast."""
        file = os.open(self.PATH, os.O_RDWR | os.O_CREAT, 0o644)
        os.pwrite(file, struct.pack('@qq', boottime * 10 ** 9, realtime * 10 ** 9), 0)
        os.close(file)
