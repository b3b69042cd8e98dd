#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shows the editor of a profile: editor-host.py 3|4 PROFILE, in a window of that GTK.  It changes the
user name, waits for a line on standard input and prints the connection before and after as JSON."""
import json
import sys

import gi

gi.require_version('NM', '1.0')
gi.require_version('Gtk', sys.argv[1] + '.0')
from gi.repository import GLib, Gtk, NM  # noqa: E402

NAME_FILE = '/usr/lib/NetworkManager/VPN/nm-coati-service.name'
VPN_FIELDS = (NM.SettingVpn.foreach_data_item, NM.SettingVpn.foreach_secret)


def shown(connection):
    values = {}
    for each in VPN_FIELDS:
        each(connection.get_setting_vpn(), values.__setitem__)
    return values


def children(widget):
    if sys.argv[1] == '3':
        return widget.get_children() if isinstance(widget, Gtk.Container) else []
    found, child = [], widget.get_first_child()
    while child:
        found.append(child)
        child = child.get_next_sibling()
    return found


def entry_with(widget, text):
    if isinstance(widget, Gtk.Entry) and widget.get_text() == text:
        return widget
    return next(filter(None, (entry_with(child, text) for child in children(widget))), None)


def main():
    plugin = NM.VpnPluginInfo.new_from_file(NAME_FILE).load_editor_plugin()
    connection = plugin.import_(sys.argv[2])
    before = shown(connection)
    if sys.argv[1] == '4':
        Gtk.init()
    editor = plugin.get_editor(connection)
    changes = []
    editor.connect('changed', lambda *_: changes.append(1))
    window = Gtk.Window(title='Coati')
    window.set_default_size(640, 560)
    widget = editor.get_widget()
    if sys.argv[1] == '3':
        window.add(widget)
        window.show_all()
    else:
        window.set_child(widget)
        window.present()
    same = plugin.import_(sys.argv[2])
    editor.update_connection(same)
    loop = GLib.MainLoop()
    GLib.timeout_add(1500, loop.quit)
    loop.run()
    print('shown', flush=True)
    sys.stdin.readline()
    entry_with(widget, before['login.user']).set_text('somebody-else')
    editor.update_connection(connection)
    print(json.dumps({'before': before, 'same': shown(same), 'after': shown(connection),
                      'changes': len(changes)}))


main()
