# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bus, a polkit that does as it is told, coatid with an engine that needs no network, and users.

Everything runs in a network namespace of its own and below one temporary directory. A user is a
function that runs in a child process with that user's number and a bus connection of its own; what
it returns comes back to the test. The parent never touches GLib, so that children may fork freely.
"""
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

NAME = "org.coati.Coati1"
ROOT = "/org/coati/Coati1"
MANAGER = NAME + ".Manager"
CONNECTION = NAME + ".Connection"
TUNNEL = NAME + ".Tunnel"
AGENT = NAME + ".Agent"
PROPERTIES = "org.freedesktop.DBus.Properties"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"

ALICE, BOB, SERVICE = 61001, 61002, 61100
USERS = {"alice": ALICE, "bob": BOB, "coati": SERVICE}

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={directory}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
    <allow send_destination="org.freedesktop.PolicyKit1"/>
  </policy>
  <policy user="root"><allow own="org.freedesktop.PolicyKit1"/>
    <allow own="org.freedesktop.login1"/></policy>
  <include>{policy}</include>
</busconfig>
"""

POLKIT_XML = """<node><interface name="org.freedesktop.PolicyKit1.Authority">
<method name="CheckAuthorization"><arg type="(sa{sv})" direction="in"/>
<arg type="s" direction="in"/><arg type="a{ss}" direction="in"/><arg type="u" direction="in"/>
<arg type="s" direction="in"/><arg type="(bba{ss})" direction="out"/></method>
<property name="BackendName" type="s" access="read"/>
<property name="BackendVersion" type="s" access="read"/>
<property name="BackendFeatures" type="u" access="read"/>
<signal name="Changed"/></interface></node>"""

AGENT_XML = """<node><interface name="org.coati.Coati1.Agent">
<method name="RequestSecrets"><arg type="o" direction="in"/><arg type="s" direction="in"/>
<arg type="a(sa{sv})" direction="in"/><arg type="a{sv}" direction="in"/>
<arg type="a{sv}" direction="out"/></method>
<method name="SecretsResult"><arg type="o" direction="in"/><arg type="b" direction="in"/></method>
<method name="Cancel"><arg type="s" direction="in"/><arg type="s" direction="in"/></method>
<method name="Release"/></interface></node>"""


class BusError(Exception):
    """A D-Bus error by its name."""

    def __init__(self, name, text):
        super().__init__(name, text)
        self.name = name.rsplit(".", 1)[-1]
        self.text = text


def run_polkit(directory):
    """The authority: rules.json says yes per user and action; questions go to asked.jsonl."""
    from gi.repository import Gio, GLib

    connection = Gio.bus_get_sync(Gio.BusType.SYSTEM)

    def uid_of(name):
        reply = connection.call_sync("org.freedesktop.DBus", "/", "org.freedesktop.DBus",
                                     "GetConnectionUnixUser", GLib.Variant("(s)", (name,)),
                                     None, 0, -1, None)
        return reply.unpack()[0]

    def on_call(_connection, _sender, _path, _interface, _method, parameters, invocation):
        subject, action, details, flags, _id = parameters.unpack()
        with open(directory + "/rules.json", encoding="utf-8") as file:
            rules = json.load(file)
        uid = uid_of(subject[1]["name"])
        with open(directory + "/asked.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps({"uid": uid, "action": action, "details": details,
                                   "flags": flags, "kind": subject[0]}) + "\n")
        answer = rules.get(str(uid), {}).get(action, "no")
        if answer == "vanish":
            time.sleep(0.5)
        invocation.return_value(GLib.Variant("((bba{ss}))", ((
            answer in ("yes", "vanish"), answer == "challenge", {}),)))

    def on_get(*arguments):
        return GLib.Variant("u", 0) if arguments[-1] == "BackendFeatures" else GLib.Variant(
            "s", "fake")

    info = Gio.DBusNodeInfo.new_for_xml(POLKIT_XML).interfaces[0]
    connection.register_object("/org/freedesktop/PolicyKit1/Authority", info, on_call, on_get,
                               None)
    Gio.bus_own_name_on_connection(connection, "org.freedesktop.PolicyKit1", 0, None, None)
    GLib.MainLoop().run()


class User:
    """What a child process does on the bus."""

    def __init__(self):
        from gi.repository import Gio, GLib

        self.Gio, self.GLib = Gio, GLib
        self.bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)
        self.questions = []
        self.results = []
        self.cancelled = []
        self.signals = []

    def call(self, path, interface, method, signature=None, arguments=(), fds=None,
             interactive=False):
        flags = (self.Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION if interactive
                 else self.Gio.DBusCallFlags.NONE)
        parameters = self.GLib.Variant(signature, arguments) if signature else None
        try:
            if fds is None:
                reply = self.bus.call_sync(NAME, path, interface, method, parameters, None, flags,
                                           20000, None)
            else:
                reply, _ = self.bus.call_with_unix_fd_list_sync(
                    NAME, path, interface, method, parameters, None, flags, 20000,
                    self.Gio.UnixFDList.new_from_array(fds), None)
        except self.GLib.Error as error:
            raise BusError(self.Gio.dbus_error_get_remote_error(error) or "local",
                           error.message) from None
        values = reply.unpack()
        return values[0] if len(values) == 1 else values

    def variants(self, values):
        return {key: self.variant(value) for key, value in values.items()}

    def variant(self, value):
        if isinstance(value, self.GLib.Variant):
            return value
        if isinstance(value, bool):
            return self.GLib.Variant("b", value)
        if isinstance(value, int):
            return self.GLib.Variant("u", value)
        if isinstance(value, dict):
            return self.GLib.Variant("a{ss}", value)
        if isinstance(value, list):
            return self.GLib.Variant("as", value)
        return self.GLib.Variant("s", value)

    def add(self, settings, **options):
        return self.call(ROOT, MANAGER, "AddConnection", "(a{sv}a{sv})",
                         (self.variants(settings), self.variants(options)))

    def connect(self, path, fds=None, **options):
        named = {key.replace("_", "-"): value for key, value in options.items()}
        return self.call(path, CONNECTION, "Connect", "(a{sv})", (self.variants(named),), fds=fds)

    def wait(self, tunnel, state, milliseconds=10000):
        return self.call(tunnel, TUNNEL, "Wait", "(su)", (state, milliseconds))

    def get(self, path, interface, name):
        return self.call(path, PROPERTIES, "Get", "(ss)", (interface, name))

    def objects(self):
        return self.call(ROOT, OBJECT_MANAGER, "GetManagedObjects")

    def agent(self, answers):
        """Registers an agent that gives these answers in turn; None cancels."""
        import threading

        ready = threading.Event()
        pending = list(answers)

        def on_call(_connection, _sender, _path, _interface, method, parameters, invocation):
            values = parameters.unpack()
            if method == "RequestSecrets":
                self.questions.append({"connection": values[0], "message": values[1],
                                       "fields": dict(values[2]), "info": values[3]})
                answer = pending.pop(0) if pending else None
                if answer == "silence":
                    return
                if answer is None:
                    invocation.return_dbus_error(AGENT + ".Error.Cancelled", "no")
                else:
                    invocation.return_value(self.GLib.Variant("(a{sv})",
                                                              (self.variants(answer),)))
                return
            (self.results if method == "SecretsResult" else self.cancelled).append(values)
            invocation.return_value(None)

        def loop():
            context = self.GLib.MainContext.new()
            context.push_thread_default()
            info = self.Gio.DBusNodeInfo.new_for_xml(AGENT_XML).interfaces[0]
            self.bus.register_object("/agent", info, on_call, None, None)
            ready.set()
            self.GLib.MainLoop.new(context, False).run()

        threading.Thread(target=loop, daemon=True).start()
        ready.wait()
        self.call(ROOT, MANAGER, "RegisterAgent", "(oas)", ("/agent", []))

    def listen(self):
        """Collects every signal of the service that reaches this user."""
        import threading

        ready = threading.Event()

        def on_signal(_connection, _sender, path, interface, signal_name, parameters):
            self.signals.append((path, interface, signal_name, parameters.unpack()))

        def loop():
            context = self.GLib.MainContext.new()
            context.push_thread_default()
            self.bus.signal_subscribe(NAME, None, None, None, None, 0, on_signal)
            ready.set()
            self.GLib.MainLoop.new(context, False).run()

        threading.Thread(target=loop, daemon=True).start()
        ready.wait()
        self.objects()

    def last_error(self, path):
        return self.call(path, CONNECTION, "GetLastError")[0]


class Child:
    """A function of a user, running."""

    def __init__(self, uid, function):
        self.read_end, write_end = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                os.setgroups([])
                os.setgid(uid)
                os.setuid(uid)
                try:
                    result = ("value", function(User()))
                except BusError as error:
                    result = ("error", error.args)
                except BaseException:
                    result = ("trouble", traceback.format_exc())
                os.write(write_end, pickle.dumps(result))
                status = 0
            finally:
                os._exit(status)
        os.close(write_end)

    def result(self):
        data = b""
        while chunk := os.read(self.read_end, 65536):
            data += chunk
        os.close(self.read_end)
        os.waitpid(self.pid, 0)
        kind, value = pickle.loads(data)
        if kind == "error":
            raise BusError(*value)
        if kind == "trouble":
            raise AssertionError(value)
        return value

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def as_user(uid, function):
    return Child(uid, function).result()


class Lab:
    """Starts and ends everything."""

    def __init__(self, programs):
        self.programs = programs
        self.directory = tempfile.mkdtemp(prefix="coati-bus-")
        self.processes = []
        self.daemon = None
        os.chmod(self.directory, 0o755)

    def start(self):
        add_users(self.directory)
        policy = self.directory + "/policy.conf"
        with open(self.programs["policy"], encoding="utf-8") as file:
            text = file.read()
        with open(policy, "w", encoding="utf-8") as file:
            file.write(text)
        with open(self.directory + "/bus.conf", "w", encoding="utf-8") as file:
            file.write(BUS_CONFIG.format(directory=self.directory, policy=policy))
        self.allow({})
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={self.directory}/bus"
        self.processes.append(subprocess.Popen(
            ["dbus-daemon", "--nofork", "--config-file", self.directory + "/bus.conf"],
            stderr=subprocess.DEVNULL))
        self.until(lambda: os.path.exists(self.directory + "/bus"))
        pid = os.fork()
        if pid == 0:
            run_polkit(self.directory)
            os._exit(0)
        self.polkit = pid
        self.libexec()
        for name in ("etc", "state", "run", "vendor"):
            os.mkdir(f"{self.directory}/{name}", 0o700)
            os.chown(f"{self.directory}/{name}", SERVICE, SERVICE)
        self.start_daemon()

    def libexec(self):
        os.mkdir(self.directory + "/libexec", 0o755)
        shutil.copy(self.programs["engine"], self.directory + "/libexec/coati-engine")
        shutil.copy(self.programs["keys"], self.directory + "/libexec/coati-keys")

    def start_daemon(self):
        log = open(self.directory + "/log", "a", encoding="utf-8")
        directory = self.directory
        self.daemon = subprocess.Popen(
            ["setpriv", "--reuid", str(SERVICE), "--regid", str(SERVICE), "--clear-groups",
             "--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin",
             "--bounding-set=-all,+net_admin",
             self.programs["coatid"], "--config-dir", directory + "/etc", "--vendor-dir",
             directory + "/vendor", "--state-dir", directory + "/state", "--run-dir",
             directory + "/run", "--libexec-dir", directory + "/libexec", "--resolv-conf",
             directory + "/state/resolv.conf"], stdout=log, stderr=log)
        log.close()
        self.until(self.is_ready)

    def is_ready(self):
        try:
            as_user(0, lambda user: user.objects())
            return True
        except BusError:
            return False

    def service_processes(self):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                    name = file.read().strip()
            except OSError:
                continue
            if name.startswith("coati"):
                yield pid, name

    def stop_daemon(self, number=signal.SIGTERM):
        self.daemon.send_signal(number)
        self.daemon.wait(15)

    def allow(self, rules):
        """{uid: {action without prefix: "yes", "no" or "challenge"}}"""
        text = json.dumps({str(uid): {NAME + "." + action: answer
                                      for action, answer in actions.items()}
                           for uid, actions in rules.items()})
        with open(self.directory + "/rules.new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.directory + "/rules.new", self.directory + "/rules.json")

    def asked(self):
        try:
            with open(self.directory + "/asked.jsonl", encoding="utf-8") as file:
                return [json.loads(line) for line in file]
        except FileNotFoundError:
            return []

    def log(self):
        with open(self.directory + "/log", encoding="utf-8") as file:
            return file.read()

    @staticmethod
    def until(condition, seconds=10):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError("waited too long")
            time.sleep(0.02)

    def end(self):
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.kill()
        for process in self.processes:
            process.kill()
            process.wait()
        os.kill(self.polkit, signal.SIGKILL)
        shutil.rmtree(self.directory)


def enter_namespace():
    """Runs this script again in a network namespace; skips where that cannot be."""
    if os.environ.get("COATI_TEST_NAMESPACE"):
        return
    missing = None
    if os.geteuid() != 0:
        missing = "root"
    elif not os.path.exists("/dev/net/tun"):
        missing = "/dev/net/tun"
    if missing is not None:
        print(f"1..0 # SKIP needs {missing}")
        sys.exit(77)
    os.environ["COATI_TEST_NAMESPACE"] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
                          "--mount-proc", "--", sys.executable] + sys.argv)


def add_users(directory):
    """alice, bob and coati, for this mount namespace alone: the bus refuses unknown numbers."""
    for path, line in (("/etc/passwd", "{0}:x:{1}:{1}::/nonexistent:/bin/false\n"),
                       ("/etc/group", "{0}:x:{1}:\n")):
        copy = directory + path.replace("/", "-")
        with open(path, encoding="utf-8") as file:
            kept = [text for text in file if text.split(":")[0] not in USERS]
        with open(copy, "w", encoding="utf-8") as file:
            file.writelines(kept + [line.format(*user) for user in USERS.items()])
        os.chmod(copy, 0o644)
        subprocess.run(["mount", "--bind", copy, path], check=True)


def run_tests(lab, tests):
    """TAP; each test is a function of the lab, its name the sentence."""
    failures = 0
    print(f"1..{len(tests)}", flush=True)
    for number, test in enumerate(tests, 1):
        name = test.__name__.replace("test_", "").replace("_", " ")
        try:
            test(lab)
            print(f"ok {number} {name}", flush=True)
        except Exception:
            failures += 1
            for line in traceback.format_exc().splitlines():
                print("# " + line)
            print(f"not ok {number} {name}", flush=True)
    return 1 if failures else 0
