#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""So much of logind that every user has one session: logind.py SESSION."""
import sys

from gi.repository import Gio, GLib

NAME, PATH, USER = 'org.freedesktop.login1', '/org/freedesktop/login1', '/org/freedesktop/login1/user/_1'
XML = f"""<node><interface name="{NAME}.Manager"><method name="GetUser">
<arg type="u" direction="in"/><arg type="o" direction="out"/></method></interface>
<interface name="{NAME}.User"><property name="Display" type="(so)" access="read"/></interface></node>"""


def answer(_bus, _sender, _path, _interface, _method, _parameters, invocation):
    invocation.return_value(GLib.Variant('(o)', (USER,)))


def display(*_):
    return GLib.Variant('(so)', (sys.argv[1], PATH + '/session/_1'))


bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)
manager, user = Gio.DBusNodeInfo.new_for_xml(XML).interfaces
bus.register_object(PATH, manager, answer, None, None)
bus.register_object(USER, user, None, display, None)
Gio.bus_own_name_on_connection(bus, NAME, 0, None, None)
GLib.MainLoop().run()
