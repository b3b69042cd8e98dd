# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the stories of coatid's callers share: profiles, looks at the machine, and its moves."""
import contextlib
import os
import subprocess
import time

from service_lab import CONNECTION, MANAGER, ROOT, TUNNEL, BusError

EVERYDAY = {"connect": "yes", "modify-own": "yes"}
LOGIN = {"user": "alice", "password": "right"}


def settings(name, scenario="", **more):
    values = {"connection.id": name, "connection.gateway": "127.0.0.1",
              "connection.method": "hybrid-rsa", "identity.gateway-id": "vpn.example.org",
              "identity.ca": open(os.environ["COATI_TEST_CA"], encoding="utf-8").read(),
              "ike.application-version": scenario or "plain"}
    values.update({key.replace("__", ".").replace("_", "-"): value for key, value in more.items()})
    return values


def refused(function):
    try:
        function()
    except BusError as error:
        return error.name
    return "allowed"


def ip(*arguments):
    return subprocess.run(["ip", *arguments], capture_output=True, text=True, check=True).stdout


def files(lab):
    found = {}
    for directory, _, names in os.walk(lab.directory + "/state/users"):
        for name in names:
            path = os.path.join(directory, name)
            with open(path, encoding="utf-8") as file:
                found[name] = (oct(os.stat(path).st_mode & 0o777), file.read())
    return found


def places(pid, needle):
    """Names of the mappings of a process that hold the octets."""
    found = []
    try:
        maps = open(f"/proc/{pid}/maps", encoding="utf-8").read().splitlines()
        mem = open(f"/proc/{pid}/mem", "rb")
    except OSError:
        return found  # it has ended meanwhile
    for line in maps:
        words = line.split()
        low, high = (int(part, 16) for part in words[0].split("-"))
        if "r" not in words[1] or words[-1] in ("[vvar]", "[vsyscall]"):
            continue
        try:
            mem.seek(low)
            count = mem.read(high - low).count(needle)
        except OSError:
            continue
        found += [words[-1]] * count
    mem.close()
    return found


def ping(user, tunnel):
    try:
        return user.call(tunnel, TUNNEL, "PingGateway", "(u)", (300,))
    except BusError as error:
        return error.name


def until(test, seconds=10):
    end = time.monotonic() + seconds
    while not test():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def tidy(user):
    """Takes away the user's tunnels and profiles."""
    faces = user.objects()
    for path in [path for path, face in faces.items() if TUNNEL in face]:
        user.call(path, TUNNEL, "Disconnect")
        until(lambda: user.get(path, TUNNEL, "State") in ("disconnected", "failed"))
    for path in [path for path, face in faces.items() if CONNECTION in face]:
        user.call(path, CONNECTION, "Delete")


def log_of(user):
    return " ".join(row[-1] for row in user.call(ROOT, MANAGER, "GetLog", "(t)", (0,)))


@contextlib.contextmanager
def default_route():
    ip("addr", "add", "192.0.2.200/24", "dev", "lo")
    try:
        yield
    finally:
        ip("addr", "del", "192.0.2.200/24", "dev", "lo")


def rebounds(user, tunnel):
    notes = user.call(ROOT, MANAGER, "GetDiagnostics", "(o)", (tunnel,))["Notes"]
    return [note.split()[-1] for note in notes if "rebound" in note]


def roam(source):
    subprocess.run(["ip", "route", "del", "192.0.2.0/24"], check=False, capture_output=True)
    ip("route", "add", "192.0.2.0/24", "dev", "va", "src", source)


def wake(user):
    """What logind says after a suspend."""
    user.bus.call_sync("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "RequestName",
                       user.GLib.Variant("(su)", ("org.freedesktop.login1", 0)), None, 0, -1, None)
    user.bus.emit_signal(None, "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
                         "PrepareForSleep", user.GLib.Variant("(b)", (False,)))
    user.bus.flush_sync(None)
    time.sleep(0.3)
