# SPDX-License-Identifier: LGPL-2.1-or-later
"""coatid's side of the bus, played from a script: a private bus, the API of
dbus/org.coati.Coati1.xml, and profiles whose Connect does what a test wrote down.

It runs on a thread of the test, so a test looks at what was called in plain Python.
"""
import os
import subprocess
import threading

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

NAME = "org.coati.Coati1"
ROOT = "/org/coati/Coati1"
ERROR = NAME + ".Error."
MANAGER, CONNECTION, TUNNEL = NAME + ".Manager", NAME + ".Connection", NAME + ".Tunnel"
AGENT = NAME + ".Agent"

OBJECT_MANAGER = """<node><interface name="org.freedesktop.DBus.ObjectManager">
<method name="GetManagedObjects"><arg type="a{oa{sa{sv}}}" direction="out"/></method>
</interface></node>"""

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/>
<allow receive_sender="*"/><allow send_type="method_call"/></policy></busconfig>"""


class PrivateBus:
    """A message bus of its own in a folder of the test."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "bus")
        config = os.path.join(folder, "bus.conf")
        with open(config, "w") as out:
            out.write(BUS_CONFIG % self.path)
        self.process = subprocess.Popen(
            ["dbus-daemon", "--nofork", "--print-address", "--config-file", config],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().strip()

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def empty_tunnel():
    v = GLib.Variant
    return {
        "State": v("s", "connecting"), "Stage": v("s", ""), "LastError": v("(ssa{sv})", ("", "", {})),
        "Connection": v("o", "/"), "ConnectionId": v("s", ""), "OwnerUid": v("u", os.getuid()),
        "Gateway": v("s", "vpn.example.org"), "GatewayAddress": v("s", "192.0.2.1"),
        "GatewayIdentity": v("s", ""), "Interface": v("s", "coati0"),
        "DataPlane": v("s", "userspace"),
        "DataPlaneReason": v("s", "esp.plane is userspace"), "Ip4": v("a{sv}", {}), "Ip6": v("a{sv}", {}),
        "Dns": v("as", []), "Wins": v("as", []), "Domains": v("as", []), "Routes": v("as", []),
        "ExcludedRoutes": v("as", []), "Banner": v("s", ""), "ConnectedAt": v("t", 0),
        "Algorithms": v("a{sv}", {}), "NatTraversal": v("s", ""), "Mtu": v("u", 0),
        "Network": v("s", "full"),
    }


class Mock:
    """script: a generator function (mock, tunnel path) that yields what Connect leads to:
    ("state", name, stage), ("set", {property: Variant}), ("ask", message, fields, info),
    ("fail", reason, detail), ("sleep", seconds) or ("vanish",)."""

    def __init__(self, address, xml_path):
        self.connections = {}  # path -> dict of settings
        self.tunnels = {}      # path -> properties
        self.tunnel_of = {}
        self.calls = []        # (method, arguments)
        self.secrets = {}
        self.agents = []
        self.answers = []
        self.last_error = ("", "", "", "")
        self.transient_errors = {}  # name -> the four texts
        self.round_trips = []  # microseconds; then no more answers
        self.refusals = {}     # method -> error name
        self.script = lambda mock, tunnel: iter(())
        self.cancelled = []
        self.next_tunnel = 1
        self.loop = GLib.MainLoop(GLib.MainContext.new())
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(address, xml_path), daemon=True)
        self.thread.start()
        self.ready.wait(10)

    def run(self, address, xml_path):
        context = self.loop.get_context()
        context.push_thread_default()
        self.bus = Gio.DBusConnection.new_for_address_sync(
            address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
            Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        with open(xml_path) as source:
            self.node = Gio.DBusNodeInfo.new_for_xml(source.read())
        manager = Gio.DBusNodeInfo.new_for_xml(OBJECT_MANAGER).interfaces[0]
        self.export(ROOT, self.node.lookup_interface(MANAGER))
        self.export(ROOT, manager)
        Gio.bus_own_name_on_connection(self.bus, NAME, Gio.BusNameOwnerFlags.NONE,
                                       lambda *_: self.ready.set(), None)
        self.loop.run()
        self.bus.close_sync(None)

    def close(self):
        self.loop.quit()
        self.thread.join(10)

    def on_loop(self, function, *arguments):
        """Runs function on the mock's thread and waits for it."""
        done = threading.Event()

        def call():
            function(*arguments)
            done.set()
            return False
        source = GLib.idle_source_new()
        source.set_callback(lambda *_: call())
        source.attach(self.loop.get_context())
        done.wait(10)

    def export(self, path, interface):
        return self.bus.register_object(path, interface, self.on_call, self.on_get, None)

    # Objects

    def add_connection(self, identity, owner=None, **settings):
        path = ROOT + "/connection/" + "".join(c if c.isalnum() else "_" for c in identity)
        values = {"connection.id": GLib.Variant("s", identity),
                  "connection.gateway": GLib.Variant("s", "vpn.example.org")}
        values.update(settings)
        self.connections[path] = values
        self.on_loop(self.export, path, self.node.lookup_interface(CONNECTION))
        return path

    def add_tunnel(self, connection, **properties):
        path = "%s/tunnel/%d" % (ROOT, self.next_tunnel)
        self.next_tunnel += 1
        values = empty_tunnel()
        values["Connection"] = GLib.Variant("o", connection)
        if connection in self.connections:
            values["ConnectionId"] = self.connections[connection]["connection.id"]
        values.update(properties)
        self.tunnels[path] = values
        self.tunnel_of[connection] = path
        if threading.current_thread() is self.thread:
            self.export(path, self.node.lookup_interface(TUNNEL))
        else:
            self.on_loop(self.export, path, self.node.lookup_interface(TUNNEL))
        return path

    def connection_properties(self, path):
        v = GLib.Variant
        settings = self.connections[path]
        uuid = settings.get("connection.uuid", v("s", "f81d4fae-7dec-11d0-a765-" + "0" * 12))
        return {"Id": settings["connection.id"], "Uuid": uuid,
                "OwnerUid": v("u", os.getuid()), "Gateway": settings["connection.gateway"],
                "ReadOnly": v("b", False), "AutoConnect": v("b", False),
                "Tunnel": v("o", self.tunnel_of.get(path, "/"))}

    def managed_objects(self):
        objects = {ROOT: {MANAGER: {"Version": GLib.Variant("s", "0")}}}
        for path in self.connections:
            objects[path] = {CONNECTION: self.connection_properties(path)}
        for path, properties in self.tunnels.items():
            objects[path] = {TUNNEL: properties}
        return GLib.Variant("(a{oa{sa{sv}}})", (objects,))

    def on_get(self, bus, sender, path, interface, name):
        if path in self.tunnels:
            return self.tunnels[path][name]
        if path in self.connections:
            return self.connection_properties(path)[name]
        return GLib.Variant("s", "0") if name == "Version" else GLib.Variant("as", [])

    # Methods

    def on_call(self, bus, sender, path, interface, method, parameters, invocation):
        arguments = parameters.unpack() if parameters is not None else ()
        self.calls.append((method, path, arguments))
        if method in self.refusals:
            name, text = self.refusals[method]
            invocation.return_dbus_error(name, text)
            return
        handler = getattr(self, "call_" + method, None)
        if handler is None:
            invocation.return_dbus_error(ERROR + "NotSupported", method)
            return
        handler(invocation, sender, path, parameters)

    def call_GetManagedObjects(self, invocation, sender, path, parameters):
        invocation.return_value(self.managed_objects())

    def call_RegisterAgent(self, invocation, sender, path, parameters):
        self.agents.append((sender, parameters.unpack()[0]))
        invocation.return_value(None)

    def call_GetLastError(self, invocation, sender, path, parameters):
        invocation.return_value(GLib.Variant("(ssss)", self.last_error))

    def call_GetTransientError(self, invocation, sender, path, parameters):
        ending = self.transient_errors.get(parameters.unpack()[0])
        if ending:
            invocation.return_value(GLib.Variant("(ssss)", ending))
        else:
            invocation.return_dbus_error(ERROR + "NotFound", "No tunnel of the name")

    def call_GetSettings(self, invocation, sender, path, parameters):
        visible = {k: v for k, v in self.connections[path].items() if not k.startswith("secrets.")}
        invocation.return_value(GLib.Variant("(a{sv})", (visible,)))

    @staticmethod
    def settings_of(parameters):
        dictionary = parameters.get_child_value(0)
        values = {}
        for i in range(dictionary.n_children()):
            entry = dictionary.get_child_value(i)
            values[entry.get_child_value(0).get_string()] = \
                entry.get_child_value(1).get_variant()
        return values

    def call_Update(self, invocation, sender, path, parameters):
        self.connections[path] = self.settings_of(parameters)
        invocation.return_value(None)

    def call_AddConnection(self, invocation, sender, path, parameters):
        settings = self.settings_of(parameters)
        identity = settings["connection.id"].get_string()
        new = ROOT + "/connection/" + "".join(c if c.isalnum() else "_" for c in identity)
        if new in self.connections:
            invocation.return_dbus_error(ERROR + "AlreadyExists", identity + " is there already")
            return
        self.connections[new] = settings
        self.export(new, self.node.lookup_interface(CONNECTION))
        invocation.return_value(GLib.Variant("(o)", (new,)))

    def call_Delete(self, invocation, sender, path, parameters):
        del self.connections[path]
        invocation.return_value(None)

    def call_ClearSecrets(self, invocation, sender, path, parameters):
        invocation.return_value(None)

    def call_Reload(self, invocation, sender, path, parameters):
        invocation.return_value(None)

    def call_GetStatistics(self, invocation, sender, path, parameters):
        v = GLib.Variant
        invocation.return_value(v("(a{sv})", ({
            "octets-in": v("t", 1234567), "octets-out": v("t", 345), "packets-in": v("t", 1000),
            "packets-out": v("t", 5), "drops": v("a{st}", {"replay": 2}),
            "last-received-seconds": v("u", 3)},)))

    def call_PingGateway(self, invocation, sender, path, parameters):
        if self.round_trips:
            invocation.return_value(GLib.Variant("(u)", (self.round_trips.pop(0),)))
        else:
            invocation.return_dbus_error(ERROR + "Timeout", "The gateway did not answer in time")

    def call_Disconnect(self, invocation, sender, path, parameters):
        invocation.return_value(None)
        self.cancelled.append(path)
        self.set_state(path, "disconnected", "", "user-request")

    def call_Connect(self, invocation, sender, path, parameters):
        dictionary = parameters.get_child_value(0)
        fds = invocation.get_message().get_unix_fd_list()
        handle = dictionary.lookup_value("secrets-fd", None)
        if handle is not None:
            fd = fds.get(handle.get_handle())
            with os.fdopen(fd) as lines:
                for line in lines.read().splitlines():
                    key, value = line.split("=", 1)
                    self.secrets[key] = value
        tunnel = self.add_tunnel(path)
        self.bus.emit_signal(None, ROOT, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded",
                             GLib.Variant("(oa{sa{sv}})", (tunnel, {TUNNEL: self.tunnels[tunnel]})))
        invocation.return_value(GLib.Variant("(o)", (tunnel,)))
        self.step(self.script(self, tunnel), tunnel, None)

    # The script

    def later(self, milliseconds, function):
        source = GLib.timeout_source_new(milliseconds)

        def call(*_):
            function()
            return False
        source.set_callback(call)
        source.attach(self.loop.get_context())

    def set_state(self, tunnel, state, stage, reason="", detail=""):
        properties = self.tunnels[tunnel]
        old = properties["State"].get_string()
        properties["State"] = GLib.Variant("s", state)
        properties["Stage"] = GLib.Variant("s", stage)
        if reason:
            properties["LastError"] = GLib.Variant(
                "(ssa{sv})", (reason, detail, {"title": GLib.Variant("s", "T"),
                                               "hint": GLib.Variant("s", "H")}))
        changed = {name: properties[name] for name in ("State", "Stage", "LastError")}
        self.bus.emit_signal(None, tunnel, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                             GLib.Variant("(sa{sv}as)", (TUNNEL, changed, [])))
        if state != old or state == "failed":
            self.bus.emit_signal(None, tunnel, TUNNEL, "StateChanged",
                                 GLib.Variant("(ssss)", (state, old, reason, detail)))

    def step(self, script, tunnel, sent):
        """Takes one step and comes back for the next from the main loop."""
        try:
            action = script.send(sent) if sent is not None else next(script)
        except StopIteration:
            return

        def go_on(result=None):
            self.step(script, tunnel, result)
        kind = action[0]
        if kind == "state":
            self.set_state(tunnel, action[1], action[2])
            self.later(30, go_on)
        elif kind == "set":
            self.tunnels[tunnel].update(action[1])
            go_on()
        elif kind == "fail":
            self.last_error = (action[1], "T", "H", action[2])
            self.set_state(tunnel, "failed", "", action[1], action[2])
        elif kind == "sleep":
            self.later(int(action[1] * 1000), go_on)
        elif kind == "vanish":
            self.loop.quit()
        elif kind == "ask":
            self.ask(tunnel, action, go_on)
        elif kind == "cancel":
            sender, path = self.agents[-1]
            self.bus.call(sender, path, AGENT, "Cancel", GLib.Variant("(ss)", action[1:]), None,
                          Gio.DBusCallFlags.NONE, -1, None, None)
            self.later(30, go_on)

    def ask(self, tunnel, action, go_on):
        _, message, fields, info = action
        sender, path = self.agents[-1]
        waits = not info.pop("mock-at-once", False)

        def answered(bus, result):
            try:
                self.answers.append(bus.call_finish(result).unpack()[0])
            except GLib.Error as error:
                self.answers.append(Gio.DBusError.get_remote_error(error))
            if waits:
                go_on(self.answers[-1])
        self.bus.call(sender, path, AGENT, "RequestSecrets",
                      GLib.Variant("(osa(sa{sv})a{sv})", ("/", message, fields, info)), None,
                      Gio.DBusCallFlags.NONE, 60000, None, answered)
        if not waits:
            self.later(30, go_on)
