#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls every method of coatid with random valid and invalid values, as several users at once.

    test-bus-fuzz.py [--seconds N] [--seed N]

The service must answer each call in time, live, and say nothing that a sanitizer or an assertion
says. The interface description is the list of methods, so a new one is called without a word here.
"""
import argparse
import os
import random
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

from service_lab import (AGENT, ALICE, BOB, CONNECTION, MANAGER, NAME, OBJECT_MANAGER, PROPERTIES,
                         ROOT, TUNNEL, BusError, Child, Lab, as_user, enter_namespace)

EVERYTHING = ("connect", "modify-own", "modify-system", "disconnect-any", "unsafe")
PENDING, ANSWER_SECONDS, WAIT_MILLISECONDS = 8, 20, 200
TROUBLE = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error|CRITICAL|\*\* ?ERROR|assertion",
                     re.IGNORECASE)
WORDS = ("", "a", "office", "connected", "disconnected", "user", "password", "secrets", "probe",
         "127.0.0.1", "0.0.0.0/0", "vpn.example.org", "::1", "true", "no", "-1", "4294967296", "/",
         "../../etc/passwd", "a\nb=c", "\x1b[31m", "%s%n", "\u202eabc", "\U0010ffff", "x" * 300)
OPTIONS = ("secrets", "secrets-fd", "bind-to-caller", "network", "persist", "timeout", "probe",
           "system", "owner", "hold-questions", "for-user")
SCENARIOS = ("plain", "otp", "save", "trust", "silent", "hostile", "special", "full", "crash",
             "die-in-login", "pair", "otp save full")


def read_methods(path):
    """(interface, method, signature of its arguments) of everything that coatid answers."""
    rows = [(PROPERTIES, "Get", "ss"), (PROPERTIES, "GetAll", "s"), (PROPERTIES, "Set", "ssv"),
            (OBJECT_MANAGER, "GetManagedObjects", ""),
            ("org.freedesktop.DBus.Introspectable", "Introspect", ""),
            ("org.freedesktop.DBus.Peer", "Ping", "")]
    for interface in xml.parse(path).getroot().iter("interface"):
        if interface.get("name") == AGENT:
            continue
        for method in interface.iter("method"):
            rows.append((interface.get("name"), method.get("name"),
                         "".join(argument.get("type") for argument in method.iter("arg")
                                 if argument.get("direction") == "in")))
    return rows


def read_fields(build_source):
    """The names of profile fields: whatever stands as section and key in their table."""
    with open(build_source, encoding="utf-8") as file:
        text = file.read()
    return sorted({f"{a}.{b}" for a, b in re.findall(r'"([a-z]+)",\s*"([a-z0-9-]+)"', text)})


class Caller:
    """A user who says anything."""

    def __init__(self, user, seed, methods, fields):
        self.user, self.dice = user, random.Random(seed)
        self.methods, self.fields = methods, fields
        self.paths = [ROOT]
        self.pending, self.late, self.calls = 0, [], 0
        self.answered = {}

    def text(self):
        dice = self.dice.random()
        if dice < 0.85:
            return self.dice.choice(WORDS)
        if dice < 0.95:
            return "".join(chr(self.dice.randint(1, 0x2ff)) for _ in range(self.dice.randint(0, 64)))
        return self.dice.choice("xé\n") * self.dice.randint(1000, 70000)

    def path(self):
        dice = self.dice.random()
        if dice < 0.85:
            return self.dice.choice(self.paths)
        return self.dice.choice(("/", "/a", ROOT + "/connection", ROOT + "/tunnel/0",
                                 ROOT + "/tunnel/99999", ROOT + "/connection/" + "a" * 200))

    def variant(self, depth=0):
        types = "sssbuixydotgh" if depth > 1 else "sssbuixydotghVASD"
        kind = self.dice.choice(types)
        glib = self.user.GLib
        if kind == "V":
            return glib.Variant("v", self.variant(depth + 1))
        if kind == "A":
            return glib.Variant("as", [self.text() for _ in range(self.dice.randint(0, 5))])
        if kind == "S":
            return glib.Variant("a{ss}", {self.text(): self.text() for _ in range(3)})
        if kind == "D":
            return glib.Variant("a{sv}", {self.text(): self.variant(depth + 1) for _ in range(3)})
        return glib.Variant(kind, self.value(kind))

    def value(self, kind):
        dice = self.dice
        if kind == "s":
            return self.text()
        if kind == "o":
            return self.path()
        if kind == "g":
            return dice.choice(("", "s", "a{sv}", "(ii)"))
        if kind == "b":
            return dice.random() < 0.5
        if kind == "d":
            return dice.choice((0.0, -1.0, 1e300, float("nan")))
        if kind == "v":
            return self.variant()
        if kind == "as":
            return [self.text() for _ in range(dice.choice((0, 1, 3, 200)))]
        bits = {"y": (0, 255), "i": (-2**31, 2**31 - 1), "u": (0, 2**32 - 1), "h": (0, 3),
                "x": (-2**63, 2**63 - 1), "t": (0, 2**64 - 1)}[kind]
        return dice.choice((bits[0], bits[1], min(1, bits[1]), dice.randint(*bits)))

    def settings(self):
        """Often a good profile, now and then with a field that is not."""
        values = {"connection.id": f"fuzz{self.dice.randint(0, 5)}",
                  "connection.gateway": self.dice.choice(("127.0.0.1", "127.0.0.2")),
                  "connection.method": "hybrid-rsa", "identity.gateway-id": "vpn.example.org",
                  "identity.ca": self.authority,
                  "ike.application-version": self.dice.choice(SCENARIOS)}
        values = self.user.variants(values)
        for _ in range(self.dice.choice((0, 0, 1, 2, 8))):
            name = self.dice.choice(self.fields) if self.dice.random() < 0.9 else self.text()
            values[name] = (self.variant() if self.dice.random() < 0.5
                            else self.user.GLib.Variant("s", self.text()))
        for name in list(values):
            if self.dice.random() < 0.02:
                del values[name]
        return values

    def options(self):
        values = {}
        if self.dice.random() < 0.2:
            values["secrets-fd"] = self.user.GLib.Variant("h", 0)
        for _ in range(self.dice.choice((0, 0, 1, 3))):
            values[self.dice.choice(OPTIONS) if self.dice.random() < 0.9 else self.text()] = \
                self.variant()
        if self.dice.random() < 0.6:
            values["secrets"] = self.user.GLib.Variant("a{ss}", {"user": "alice", "password":
                                                       self.dice.choice(("right", "wrong"))})
        return values

    def arguments(self, method, signature):
        values, at = [], 0
        while at < len(signature):
            kind = next(word for word in ("a{sv}", "as", signature[at])
                        if signature.startswith(word, at))
            at += len(kind)
            if kind == "a{sv}":
                is_settings = method in ("AddConnection", "ConnectTransient", "Update") \
                    and not values
                values.append(self.settings() if is_settings else self.options())
            elif method == "Wait" and kind == "u":
                values.append(self.dice.randint(0, WAIT_MILLISECONDS))
            elif method == "Wait" and self.dice.random() < 0.8:
                values.append(self.dice.choice(("connected", "disconnected", "failed")))
            elif method in ("Get", "GetAll", "Set") and kind == "s" and self.dice.random() < 0.8:
                values.append(self.dice.choice((MANAGER, CONNECTION, TUNNEL, "State", "Id", "Ip4",
                                                "LastError", "Routes", "Version", "Tunnel")))
            else:
                values.append(self.value(kind))
        return self.user.GLib.Variant(f"({signature})", tuple(values))

    def wrong_arguments(self):
        values = [self.variant() for _ in range(self.dice.randint(0, 4))]
        return self.user.GLib.Variant.new_tuple(*values)

    def descriptors(self):
        """Half of the calls bring one, with lines that are secrets or nearly so."""
        dice = self.dice
        if dice.random() < 0.5:
            return None
        lines = b"".join(dice.choice((b"user=alice", b"password=right", b"password=\xff\xfe",
                                      b"passcode=\0", b"=", b"trust=accept", b"\xe9=1",
                                      dice.randbytes(dice.choice((0, 3, 2000))))) + b"\n"
                         for _ in range(dice.choice((0, 1, 3, 20))))
        fd = os.memfd_create("fuzz")
        os.write(fd, lines)
        return self.user.Gio.UnixFDList.new_from_array([fd])

    def send(self):
        interface, method, signature = self.dice.choice(self.methods)
        parameters = (self.arguments(method, signature) if self.dice.random() < 0.9
                      else self.wrong_arguments())
        kind = "/connection/" if interface == CONNECTION else "/tunnel/"
        fitting = [path for path in self.paths if kind in path] or [ROOT]
        path = (self.dice.choice(fitting) if interface in (CONNECTION, TUNNEL)
                else ROOT if interface == MANAGER else self.path())
        if self.dice.random() < 0.05:
            path = self.path()
        start = time.monotonic()

        def done(bus, result):
            self.pending -= 1
            try:
                bus.call_with_unix_fd_list_finish(result)
                answer = "ok"
            except self.user.GLib.Error as error:
                remote = self.user.Gio.dbus_error_get_remote_error(error) or "local"
                answer = remote.rsplit(".", 1)[-1]
            self.answered.setdefault(method, {}).setdefault(answer, 0)
            self.answered[method][answer] += 1
            if time.monotonic() - start > ANSWER_SECONDS - 1 or answer == "NoReply":
                self.late.append((method, answer))

        self.calls += 1
        self.pending += 1
        self.user.bus.call_with_unix_fd_list(NAME, path, interface, method, parameters, None, 0,
                                             ANSWER_SECONDS * 1000, self.descriptors(), None, done)

    def look_around(self):
        self.paths = [ROOT, *self.user.objects()]

    def run(self, seconds):
        context = self.user.GLib.MainContext.default()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.calls % 50 == 0:
                self.look_around()
            self.send()
            while self.pending >= PENDING or context.pending():
                context.iteration(True)
        while self.pending:
            context.iteration(True)
        return {"calls": self.calls, "late": self.late, "answered": self.answered}


def fuzz(lab, seconds, seed):
    source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    methods = read_methods(source + "/dbus/org.coati.Coati1.xml")
    fields = read_fields(source + "/src-common/profile/fields.c")
    assert len(methods) > 15 and len(fields) > 30, (methods, fields)
    with open(lab.directory + "/ca.pem", encoding="utf-8") as file:
        authority = file.read()

    def story(number):
        def run(user):
            caller = Caller(user, seed * 10 + number, methods, fields)
            caller.authority = authority
            return caller.run(seconds)

        return run

    pid = lab.daemon.pid
    children = [Child(uid, story(number)) for number, uid in enumerate((0, ALICE, BOB))]
    results = [child.result() for child in children]
    assert lab.daemon.poll() is None and lab.daemon.pid == pid, f"coatid ended: {lab.daemon.poll()}"
    late = [row for result in results for row in result["late"]]
    assert not late, f"no answer: {late[:9]}"
    counts = {}
    for result in results:
        for method, answers in result["answered"].items():
            for answer, count in answers.items():
                counts.setdefault(method, {}).setdefault(answer, 0)
                counts[method][answer] += count
    missing = {method for _, method, _ in methods} - set(counts)
    assert not missing or seconds < 10, f"never called: {missing}"
    return sum(result["calls"] for result in results), counts


def check_end(lab):
    """It still works, ends when asked, and leaves nothing."""
    start = time.monotonic()
    as_user(0, lambda user: user.objects())
    assert time.monotonic() - start < 10, "slow after all that"
    lab.stop_daemon()
    trouble = [line for line in lab.log().splitlines() if TROUBLE.search(line)]
    assert not trouble, "\n".join(trouble[:20])
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    assert "coati" not in links, links
    rules = subprocess.run(["ip", "rule"], capture_output=True, text=True, check=True).stdout
    assert len(rules.splitlines()) == 3, rules


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("COATI_TEST_SEED", "1")))
    given = parser.parse_args()
    enter_namespace()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    lab = Lab({name: os.environ["COATI_TEST_" + name.upper()]
               for name in ("coatid", "engine", "keys", "policy")})
    lab.start()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
                    "-subj", "/CN=test authority", "-keyout", lab.directory + "/ca.key", "-out",
                    lab.directory + "/ca.pem"], check=True, capture_output=True)
    lab.allow({uid: dict.fromkeys(EVERYTHING, "yes") for uid in (0, ALICE, BOB)})
    print("1..1", flush=True)
    sentence = f"random calls for {given.seconds:g} s do no harm, seed {given.seed}"
    try:
        calls, counts = fuzz(lab, given.seconds, given.seed)
        check_end(lab)
        print(f"ok 1 - {sentence}")
        print(f"# {calls} calls")
        for method in sorted(counts):
            print(f"# {method}: " + ", ".join(f"{count} {answer}" for answer, count in
                                             sorted(counts[method].items())))
        return 0
    except (AssertionError, BusError, subprocess.TimeoutExpired) as error:
        print(f"not ok 1 - {sentence}")
        for line in [*str(error).splitlines(), *lab.log()[-20000:].splitlines()[-60:]]:
            print("# " + line)
        return 1
    finally:
        lab.end()


if __name__ == "__main__":
    sys.exit(main())
