#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A desktop's notification service that prints what it is told: NOTE [summary, body]."""
import json

from gi.repository import Gio, GLib

NAME, PATH = 'org.freedesktop.Notifications', '/org/freedesktop/Notifications'
XML = f"""<node><interface name="{NAME}"><method name="Notify">
<arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
<arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
<arg type="a{{sv}}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/>
</method></interface></node>"""


def answer(_bus, _sender, _path, _interface, _method, parameters, invocation):
    print('NOTE ' + json.dumps(parameters.unpack()[3:5]), flush=True)
    invocation.return_value(GLib.Variant('(u)', (1,)))


bus = Gio.bus_get_sync(Gio.BusType.SESSION)
bus.register_object(PATH, Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0], answer, None, None)
Gio.bus_own_name_on_connection(bus, NAME, 0, lambda *_: print('READY', flush=True), None)
GLib.MainLoop().run()
