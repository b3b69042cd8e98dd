# SPDX-License-Identifier: LGPL-2.1-or-later
"""Says what tunnels say of their states and stages; steps.py [STEP] kills coatid at that step.

It is a program of its own, so that between the signal and the kill there is nothing else.
"""
import os
import signal
import sys

from gi.repository import Gio, GLib

NAME, ROOT = 'org.coati.Coati1', '/org/coati/Coati1'
BUS, BUS_PATH = 'org.freedesktop.DBus', '/org/freedesktop/DBus'


def main(wanted):
    bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)
    loop = GLib.MainLoop()

    def step(name):
        print(name, flush=True)
        if name == wanted:
            os.kill(pid, signal.SIGKILL)
            print('killed', flush=True)
            loop.quit()

    def on_signal(_bus, _sender, _path, _interface, _signal, parameters):
        _, changed, _ = parameters.unpack()
        for name in ('State', 'Stage'):
            if name in changed:
                step(f'{name} {changed[name]}')

    bus.signal_subscribe(NAME, 'org.freedesktop.DBus.Properties', 'PropertiesChanged', None, None, 0,
                         on_signal)
    # the service tells only those who have spoken to it
    bus.call_sync(NAME, ROOT, BUS + '.ObjectManager', 'GetManagedObjects', None, None, 0, -1, None)
    pid = bus.call_sync(BUS, BUS_PATH, BUS, 'GetConnectionUnixProcessID',
                        GLib.Variant('(s)', (NAME,)), None, 0, -1, None).unpack()[0]
    print('ready', pid, flush=True)
    loop.run()


if __name__ == '__main__':
    main(sys.argv[1] if len(sys.argv) > 1 else '')
