#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""coatid as callers see it: who may do and see what, how a tunnel walks, where secrets go."""
import os
import signal
import subprocess
import sys
import time

from service_lab import (AGENT, ALICE, BOB, CONNECTION, MANAGER, NAME, PROPERTIES, ROOT,
                         SERVICE, TUNNEL, BusError, Child, Lab, as_user, enter_namespace,
                         run_tests)
from service_story import (EVERYDAY, LOGIN, default_route, files, ip, log_of, ping, places,
                           rebounds, refused, roam, settings, tidy, until, wake)


def test_a_tunnel_walks_to_connected_and_leaves_nothing(lab):
    before = ip("rule"), ip("route", "show", "table", "all"), ip("-o", "addr")

    def story(user):
        user.listen()
        path = user.add(settings("office"))
        tunnel = user.connect(path, secrets=LOGIN)
        state = user.wait(tunnel, "connected")
        seen = user.call(tunnel, PROPERTIES, "GetAll", "(s)", (TUNNEL,))
        statistics = user.call(tunnel, TUNNEL, "GetStatistics")
        inside = ip("-o", "-4", "addr", "show", "dev", seen["Interface"])
        user.call(tunnel, TUNNEL, "Disconnect")
        end = user.wait(tunnel, "disconnected")
        time.sleep(0.1)
        states = [s[3][0] for s in user.signals if s[2] == "StateChanged"]
        return state, seen, statistics, inside, end, states

    lab.allow({ALICE: EVERYDAY})
    state, seen, statistics, inside, end, states = as_user(ALICE, story)
    assert state == ("connected", ""), state
    assert seen["Ip4"] == {"address": "10.99.0.7", "prefix": 32}, seen["Ip4"]
    assert seen["Dns"] == ["10.99.0.1"] and seen["Domains"] == ["corp.example"], seen
    assert seen["Routes"] == ["10.99.0.0/16"] and seen["Banner"] == "Welcome", seen
    assert seen["Algorithms"]["ike"] == "aes256-sha256-modp2048", seen["Algorithms"]
    assert seen["NatTraversal"] == "local" and seen["GatewayIdentity"] == "CN=fake"
    for name, lifetime in (("IkeRekeyAt", 28800), ("EspRekeyAt", 3600)):
        assert abs(seen[name] - time.time() - lifetime * 0.9) < 30, (name, seen[name])
    assert statistics["octets-in"] == 1234 and statistics["drops"] == {"replay": 5}
    assert "10.99.0.7/32" in inside, inside
    assert end == ("disconnected", "user-request"), end
    assert states == ["authenticating", "configuring", "connected", "disconnecting",
                      "disconnected"], states
    assert (ip("rule"), ip("route", "show", "table", "all"), ip("-o", "addr")) == before


def test_ping_tells_the_gateways_round_trip(lab):
    def story(user):
        answers = []
        for scenario in ("plain", "deaf"):
            path = user.add(settings(scenario, scenario))
            tunnel = user.connect(path, secrets=LOGIN)
            user.wait(tunnel, "connected")
            answers.append(ping(user, tunnel))
            user.call(tunnel, TUNNEL, "Disconnect")
            user.wait(tunnel, "disconnected")
        answers.append(ping(user, tunnel))
        tidy(user)
        return answers

    lab.allow({ALICE: EVERYDAY})
    assert as_user(ALICE, story) == [4321, "Timeout", "Failed"]


def test_a_person_may_look_longer_than_the_gateway_waits(lab):
    """The gateway gives up meanwhile; the answer connects anew, and is not asked for again."""
    def story(user):
        path = user.add(settings("slow", "trust impatient"))
        tunnel = user.connect(path, secrets=LOGIN, hold_questions=True)
        until(lambda: "did not wait" in log_of(user))
        asked = user.get(tunnel, TUNNEL, "Question")[1][0][0]
        user.call(tunnel, TUNNEL, "Answer", "(a{sv})", (user.variants({"secrets": {"trust": "accept"}}),))
        state = user.wait(tunnel, "connected")
        tidy(user)
        return asked, state

    lab.allow({ALICE: EVERYDAY})
    assert as_user(ALICE, story) == ("trust", ("connected", ""))


def test_a_renewal_asks_only_for_what_is_not_known(lab):
    """The password of the login is used again; a code is asked for, and where nobody answers, the
    tunnel goes on with the keys that it has."""
    def story(user):
        user.agent([{"passcode": "123456"}] * 2)
        path = user.add(settings("again", "otp"))
        tunnel = user.connect(path, secrets=LOGIN)
        states = [user.wait(tunnel, "connected")[0]]
        asked = [len(user.questions)]
        user.call(tunnel, TUNNEL, "Reauthenticate")
        until(lambda: len(user.questions) > 1)
        asked.append(list(user.questions[-1]["fields"]))
        user.call(ROOT, MANAGER, "UnregisterAgent", "(o)", ("/agent",))
        user.call(tunnel, TUNNEL, "Reauthenticate")
        until(lambda: "renewal: Nobody could be asked" in log_of(user))
        states.append(user.get(tunnel, TUNNEL, "State"))
        tidy(user)
        return states, asked

    lab.allow({ALICE: EVERYDAY})
    states, asked = as_user(ALICE, story)
    assert states == ["connected", "connected"], states
    assert asked == [1, ["passcode"]], asked


def test_a_profile_takes_its_secrets_by_descriptor(lab):
    """And what a descriptor brings is text or refused, wherever it comes in."""
    def memory(octets):
        fd = os.memfd_create("secrets")
        os.write(fd, octets)
        return fd

    def add(user, octets):
        options = {"secrets-fd": user.GLib.Variant("h", 0)}
        return user.call(ROOT, MANAGER, "AddConnection", "(a{sv}a{sv})",
                         (user.variants(settings("kept", login__user="alice")), options),
                         fds=[memory(octets)])

    def story(user):
        path = add(user, b"password=right\n")
        shown = user.call(path, CONNECTION, "GetSettings")
        state = user.wait(user.connect(path), "connected")
        wrong = [refused(lambda: add(user, octets))
                 for octets in (b"password=\xff\n", b"pass\xffword=a\n", b"passcode=1\n", b"?\n")]
        path = user.add(settings("odd"))
        wrong.append(refused(lambda: user.connect(path, fds=[memory(b"user=\xfe\n")],
                                                  secrets_fd=user.GLib.Variant("h", 0))))
        tidy(user)
        return state, shown, wrong

    lab.allow({ALICE: EVERYDAY})
    state, shown, wrong = as_user(ALICE, story)
    assert state == ("connected", ""), state
    assert "right" not in repr(shown), shown
    assert wrong == ["InvalidArguments"] * 5, wrong


def test_redirects_are_followed_and_counted(lab):
    def story(user):
        got = []
        for scenario in ("redirect", "loop"):
            path = user.add(settings(scenario, scenario))
            tunnel = user.connect(path, secrets=LOGIN)
            got.append((user.wait(tunnel, "connected"),
                        user.get(tunnel, TUNNEL, "GatewayAddress")))
            got.append(log_of(user).count("redirected to"))
        tidy(user)
        return got

    lab.allow({ALICE: EVERYDAY})
    with default_route():
        got = as_user(ALICE, story)
    assert got[:2] == [(("connected", ""), "192.0.2.77"), 1], got
    assert got[2][0] == ("failed", "redirected") and got[3] == 6, got


def test_each_failure_has_its_reason(lab):
    rows = [("silent", LOGIN, "gateway-silent"), ("special", LOGIN, "config-refused"),
            ("plain", {"user": "alice", "password": "wrong"}, "auth-user-rejected"),
            ("plain", {"user": "alice"}, "secrets-no-agent"),
            ("otp", LOGIN, "secrets-no-agent"), ("trust", LOGIN, "gateway-cert-refused"),
            ("die-in-login", LOGIN, "engine-crashed")]

    def story(user):
        got = []
        for scenario, secrets, _reason in rows:
            path = user.add(settings("row", scenario))
            tunnel = user.connect(path, secrets=secrets)
            end = user.wait(tunnel, "connected")
            got.append((scenario, end, user.last_error(path)))
            user.call(path, CONNECTION, "Delete")
        return got

    lab.allow({ALICE: EVERYDAY})
    for (scenario, end, last), (_, _, reason) in zip(as_user(ALICE, story), rows):
        assert end == ("failed", reason), (scenario, end)
        assert last == reason, (scenario, last)
    assert ip("link").count("coati") == 0


def test_unknown_names_fail_with_name_resolution(lab):
    def story(user):
        path = user.add(settings("nowhere", connection__gateway="vpn.invalid"))
        return user.wait(user.connect(path, secrets=LOGIN), "connected", 20000)

    lab.allow({ALICE: EVERYDAY})
    assert as_user(ALICE, story) == ("failed", "name-resolution")


def test_hostile_settings_are_left_out(lab):
    def story(user):
        path = user.add(settings("hostile", "hostile", network__routes="split"))
        tunnel = user.connect(path, secrets=LOGIN)
        state = user.wait(tunnel, "connected")
        seen = user.call(tunnel, PROPERTIES, "GetAll", "(s)", (TUNNEL,))
        notes = user.call(ROOT, MANAGER, "GetDiagnostics", "(o)", (tunnel,))["Notes"]
        routes = ip("route", "show", "table", "all")
        user.call(tunnel, TUNNEL, "Disconnect")
        user.wait(tunnel, "disconnected")
        return state, seen, notes, routes

    lab.allow({ALICE: EVERYDAY})
    state, seen, notes, routes = as_user(ALICE, story)
    assert state == ("connected", ""), state
    assert seen["Dns"] == ["10.99.0.1"] and seen["Routes"] == ["10.99.0.0/16"], seen
    assert seen["ExcludedRoutes"] == [], seen["ExcludedRoutes"]
    assert sum("left out" in note for note in notes) == 6, notes
    assert "224.0.0.0" not in routes and "127.0.0.0/8 dev coati" not in routes, routes


def test_an_agent_is_asked_with_typed_fields_and_told_the_result(lab):
    def story(user):
        user.agent([{"user": "alice", "password": "right", "save": False}, {"passcode": "123456"}])
        path = user.add(settings("asked", "otp"))
        tunnel = user.connect(path)
        state = user.wait(tunnel, "connected")
        user.call(tunnel, TUNNEL, "Disconnect")
        user.wait(tunnel, "disconnected")
        return state, user.questions, user.results, path

    lab.allow({ALICE: EVERYDAY})
    state, questions, results, path = as_user(ALICE, story)
    assert state == ("connected", ""), state
    first, second = questions
    assert first["fields"]["password"]["type"] == "secret", first
    assert first["fields"]["user"]["type"] == "text" and first["fields"]["user"]["echo"]
    assert first["info"]["attempt"] == 1 and first["info"]["reason"] == ""
    assert second["fields"]["passcode"]["type"] == "otp", second
    assert second["fields"]["passcode"]["save"] == "never"
    assert second["message"] == "Code from your token"
    assert results == [(path, True)], results
    assert not any("right" in text or "123456" in text for _, text in files(lab).values())


def test_a_wrong_password_is_asked_again_three_times_at_most(lab):
    wrong = {"user": "alice", "password": "wrong"}

    def again(user):
        user.agent([wrong, {"user": "alice", "password": "right"}])
        tunnel = user.connect(user.add(settings("again")))
        state = user.wait(tunnel, "connected")
        user.call(tunnel, TUNNEL, "Disconnect")
        user.wait(tunnel, "disconnected")
        return state, [q["info"] for q in user.questions], user.results

    def never(user):
        user.agent([wrong] * 9)
        tunnel = user.connect(user.add(settings("never")), secrets=wrong)
        return user.wait(tunnel, "connected"), len(user.questions)

    lab.allow({ALICE: EVERYDAY})
    state, infos, results = as_user(ALICE, again)
    assert state == ("connected", ""), state
    assert [info["attempt"] for info in infos] == [1, 2]
    assert infos[1]["reason"] == "auth-user-rejected"
    assert [accepted for _, accepted in results] == [False, True]
    state, count = as_user(ALICE, never)
    assert state == ("failed", "auth-user-rejected") and count == 2, (state, count)


def test_only_agents_of_the_same_user_are_asked(lab):
    lab.allow({ALICE: EVERYDAY, BOB: EVERYDAY})
    path = as_user(ALICE, lambda user: user.add(settings("whose agent")))

    def agent(answer):
        def run(user):
            user.agent([answer])
            time.sleep(2)
            return len(user.questions)
        return run

    foreign = Child(BOB, agent({"user": "bob", "password": "right"}))
    time.sleep(0.3)
    state = as_user(ALICE, lambda user: user.wait(user.connect(path), "connected"))
    assert state == ("failed", "secrets-no-agent"), state
    own = Child(ALICE, agent({"user": "alice", "password": "right"}))
    time.sleep(0.3)

    def down(user):
        tunnel = user.connect(path)
        state = user.wait(tunnel, "connected")
        user.call(tunnel, TUNNEL, "Disconnect")
        user.wait(tunnel, "disconnected")
        return state

    assert as_user(ALICE, down) == ("connected", "")
    assert (foreign.result(), own.result()) == (0, 1)


def test_a_flood_of_one_caller_is_refused_and_hurts_nobody_else(lab):
    lab.allow({ALICE: EVERYDAY, BOB: EVERYDAY})

    def flood(user):
        tunnel = user.connect(user.add(settings("flood")), secrets=LOGIN)
        user.wait(tunnel, "connected")
        errors = []

        def done(bus, result):
            try:
                bus.call_finish(result)
            except user.GLib.Error as error:
                errors.append(user.Gio.dbus_error_get_remote_error(error).rsplit(".", 1)[-1])

        for _ in range(40):
            user.bus.call(NAME, tunnel, TUNNEL, "Wait",
                          user.GLib.Variant("(su)", ("reconnecting", 1500)), None, 0, 20000, None,
                          done)
        context = user.GLib.MainContext.default()
        Lab.until(lambda: context.iteration(False) is None or len(errors) == 40)
        user.call(tunnel, TUNNEL, "Disconnect")
        user.wait(tunnel, "disconnected")
        return errors

    child = Child(ALICE, flood)
    time.sleep(0.8)

    def other(user):
        start = time.monotonic()
        user.objects()
        return time.monotonic() - start

    assert as_user(BOB, other) < 1
    errors = child.result()
    assert errors.count("Busy") == 24 and errors.count("Timeout") == 16, errors


def test_cancelling_the_question_is_its_own_reason(lab):
    def story(user):
        user.agent([None])
        return user.wait(user.connect(user.add(settings("cancel"))), "connected")

    lab.allow({ALICE: EVERYDAY})
    assert as_user(ALICE, story) == ("failed", "secrets-cancelled")


def test_a_question_is_withdrawn_when_the_tunnel_is_taken_down(lab):
    def story(user):
        user.agent(["silence"])
        tunnel = user.connect(user.add(settings("withdraw")))
        Lab.until(lambda: user.questions)
        user.call(tunnel, TUNNEL, "Disconnect")
        state = user.wait(tunnel, "disconnected")
        Lab.until(lambda: user.cancelled)
        return state, user.cancelled, user.questions[0]["info"]["token"]

    lab.allow({ALICE: EVERYDAY})
    state, cancelled, token = as_user(ALICE, story)
    assert state == ("disconnected", "user-request"), state
    assert cancelled == [(token, "user-canceled")], cancelled


def test_a_password_is_stored_only_when_all_agree(lab):
    def story(scenario, wish, save):
        def run(user):
            user.agent([{"user": "alice", "password": "right", "save": save}])
            path = user.add(settings("keep", scenario, login__save_password=wish))
            tunnel = user.connect(path)
            user.wait(tunnel, "connected")
            user.call(tunnel, TUNNEL, "Disconnect")
            user.wait(tunnel, "disconnected")
            shown = user.call(path, CONNECTION, "GetSettings")
            offered = user.questions[0]["fields"]["password"]["save"]
            return path.rsplit("/", 1)[1].replace("_", "-"), shown, offered
        return run

    lab.allow({ALICE: EVERYDAY})
    rows = [("plain", "ask", True, False), ("save", "ask", False, False),
            ("save", "ask", True, True), ("save", "never", True, False),
            ("plain", "always", False, True)]
    for scenario, wish, save, is_stored in rows:
        uuid, shown, offered = as_user(ALICE, story(scenario, wish, save))
        mode, text = files(lab)[uuid + ".conf"]
        assert ("password=right" in text) == is_stored, (scenario, wish, save, text)
        assert mode == "0o600"
        assert not any("secrets" in key for key in shown), shown
        assert offered == ("never" if wish == "never" else "allowed")


def test_a_stored_password_is_used_without_an_agent(lab):
    def story(user):
        path = user.add(dict(settings("stored"), **{"login.user": "alice",
                                                    "secrets.password": "right"}))
        tunnel = user.connect(path)
        state = user.wait(tunnel, "connected")
        shown = user.call(path, CONNECTION, "GetSettings")
        user.call(tunnel, TUNNEL, "Disconnect")
        user.wait(tunnel, "disconnected")
        user.call(path, CONNECTION, "ClearSecrets", "(as)", ([],))
        return state, shown, user.wait(user.connect(path), "connected")

    lab.allow({ALICE: EVERYDAY})
    state, shown, without = as_user(ALICE, story)
    assert state == ("connected", ""), state
    assert "secrets.password" not in shown
    assert without == ("failed", "secrets-no-agent"), without


def test_secrets_come_by_descriptor(lab):
    def story(user):
        fd = os.memfd_create("secrets")
        os.write(fd, b"user=alice\npassword=right\n")
        path = user.add(settings("by fd"))
        tunnel = user.connect(path, fds=[fd], secrets_fd=user.GLib.Variant("h", 0))
        state = user.wait(tunnel, "connected")
        user.call(tunnel, TUNNEL, "Disconnect")
        user.wait(tunnel, "disconnected")
        read_end, _write_end = os.pipe()
        stuck = refused(lambda: user.connect(path, fds=[read_end],
                                             secrets_fd=user.GLib.Variant("h", 0)))
        return state, stuck

    lab.allow({ALICE: EVERYDAY})
    assert as_user(ALICE, story) == (("connected", ""), "InvalidArguments")


def test_a_first_certificate_is_shown_and_pinned(lab):
    def story(user):
        user.agent([{"trust": "accept"}])
        path = user.add(settings("first use", "trust"))
        for _ in range(2):
            tunnel = user.connect(path, secrets=LOGIN)
            state = user.wait(tunnel, "connected")
            user.call(tunnel, TUNNEL, "Disconnect")
            user.wait(tunnel, "disconnected")
        return state, user.questions, user.call(path, CONNECTION, "GetSettings")

    lab.allow({ALICE: EVERYDAY})
    state, questions, shown = as_user(ALICE, story)
    assert state == ("connected", ""), state
    assert len(questions) == 1, questions
    assert questions[0]["fields"]["trust"]["choices"] == ["accept", "refuse"]
    assert questions[0]["info"]["certificate"]["subject"] == "CN=fake"
    assert shown["identity.pinned-sha256"].replace(":", "").lower().startswith("00112233"), shown


def test_a_dead_engine_is_replaced_and_the_link_stays(lab):
    def story(user):
        user.listen()
        path = user.add(settings("crash", "crash"))
        tunnel = user.connect(path, secrets=LOGIN)
        user.wait(tunnel, "connected")
        interface = user.get(tunnel, TUNNEL, "Interface")
        user.wait(tunnel, "reconnecting")
        kept = ip("-o", "-4", "addr", "show", "dev", interface)
        state = user.wait(tunnel, "connected")
        same = user.get(tunnel, TUNNEL, "Interface") == interface
        user.call(tunnel, TUNNEL, "Disconnect")
        user.wait(tunnel, "disconnected")
        reasons = [s[3][2] for s in user.signals if s[2] == "StateChanged"]
        return kept, state, same, reasons

    lab.allow({ALICE: EVERYDAY})
    kept, state, same, reasons = as_user(ALICE, story)
    assert "10.99.0.7/32" in kept and state == ("connected", "") and same, (kept, state, same)
    assert "engine-crashed" in reasons, reasons


def test_others_see_nothing_of_a_private_profile(lab):
    lab.allow({ALICE: EVERYDAY, BOB: EVERYDAY})
    path = as_user(ALICE, lambda user: user.add(settings("alice's own")))

    def bob(user):
        user.listen()
        seen = {
            "objects": [key for key in user.objects() if key.startswith(path)],
            "get": refused(lambda: user.get(path, CONNECTION, "Id")),
            "get-all": refused(lambda: user.call(path, PROPERTIES, "GetAll", "(s)",
                                                 (CONNECTION,))),
            "settings": refused(lambda: user.call(path, CONNECTION, "GetSettings")),
            "connect": refused(lambda: user.connect(path, secrets=LOGIN)),
            "delete": refused(lambda: user.call(path, CONNECTION, "Delete")),
            "clear": refused(lambda: user.call(path, CONNECTION, "ClearSecrets", "(as)", ([],))),
            "find": refused(lambda: user.call(ROOT, MANAGER, "FindConnection", "(s)",
                                              ("alice's own",))),
            "nothing there": refused(lambda: user.get(ROOT + "/connection/none", CONNECTION,
                                                      "Id")),
            "introspect": user.call(ROOT + "/connection", "org.freedesktop.DBus.Introspectable",
                                    "Introspect"),
        }
        time.sleep(1.5)
        return seen, user.signals

    watcher = Child(BOB, bob)
    time.sleep(0.5)

    def use(user):
        tunnel = user.connect(path, secrets=LOGIN)
        user.wait(tunnel, "connected")
        user.call(tunnel, TUNNEL, "Disconnect")
        user.wait(tunnel, "disconnected")
        return tunnel

    tunnel = as_user(ALICE, use)
    seen, signals = watcher.result()
    name = path.rsplit("/", 1)[1]
    assert seen.pop("objects") == []
    assert name not in seen.pop("introspect")
    assert set(seen.values()) == {"NotFound"}, seen
    assert not any(path in str(s) or tunnel in str(s) for s in signals), signals
    assert refused(lambda: as_user(BOB, lambda user: user.get(tunnel, TUNNEL, "State"))) == (
        "NotFound")
    assert path in as_user(0, lambda user: user.objects())


def test_the_gate_asks_polkit_about_the_sender_with_details(lab):
    lab.allow({ALICE: EVERYDAY})
    path = as_user(ALICE, lambda user: user.add(settings("details")))
    lab.allow({ALICE: {"connect": "no"}})
    assert refused(lambda: as_user(ALICE, lambda user: user.connect(path))) == "NotAuthorized"
    question = lab.asked()[-1]
    assert question["kind"] == "system-bus-name" and question["uid"] == ALICE
    assert question["action"] == NAME + ".connect" and question["flags"] == 0
    assert question["details"] == {"profile": "details", "owner": str(ALICE),
                                   "gateway": "127.0.0.1"}, question
    lab.allow({ALICE: {"connect": "challenge"}})
    assert refused(lambda: as_user(ALICE, lambda user: user.connect(path))) == (
        "InteractiveAuthorizationRequired")
    assert refused(lambda: as_user(ALICE, lambda user: user.call(
        path, CONNECTION, "Connect", "(a{sv})", ({},), interactive=True))) == "NotAuthorized"
    assert lab.asked()[-1]["flags"] == 1


def test_each_kind_of_change_asks_for_its_action(lab):
    weak = dict(settings("weak"), **{"ike.proposals": ["aes128-sha1-modp1024"],
                                     "ike.allow-weak": True})
    rows = [(lambda user: user.add(settings("x")), "modify-own"),
            (lambda user: user.add(settings("x"), owner="system"), "modify-system"),
            (lambda user: user.add(weak), "unsafe"),
            (lambda user: user.call(ROOT, MANAGER, "ConnectTransient", "(a{sv}a{sv})",
                                    (user.variants(settings("x")), {})), "connect"),
            (lambda user: user.call(ROOT, MANAGER, "Reload"), "modify-system")]
    lab.allow({})
    for function, action in rows:
        assert refused(lambda call=function: as_user(BOB, call)) == "NotAuthorized"
        assert lab.asked()[-1]["action"] == NAME + "." + action, lab.asked()[-1]


def test_a_caller_that_left_is_refused(lab):
    lab.allow({ALICE: {"modify-own": "vanish"}})
    before = len(files(lab))
    child = Child(ALICE, lambda user: user.add(settings("ghost")))
    Lab.until(lambda: lab.asked()[-1]["action"] == NAME + ".modify-own" and
              lab.asked()[-1]["details"].get("profile") == "ghost")
    child.kill()
    time.sleep(0.8)
    assert len(files(lab)) == before
    assert "ghost" not in str(as_user(0, lambda user: user.objects()))


def test_a_system_profile_is_everyones_but_its_tunnel_has_an_owner(lab):
    path = as_user(0, lambda user: user.add(settings("shared"), owner="system"))
    lab.allow({ALICE: EVERYDAY, BOB: EVERYDAY})

    def up(user):
        tunnel = user.connect(path, secrets=LOGIN)
        user.wait(tunnel, "connected")
        return tunnel

    tunnel = as_user(ALICE, up)
    assert as_user(BOB, lambda user: user.connect(path)) == tunnel
    assert refused(lambda: as_user(BOB, lambda user: user.call(tunnel, TUNNEL, "Disconnect"))) == (
        "NotAuthorized")
    assert lab.asked()[-1]["action"] == NAME + ".disconnect-any"
    assert refused(lambda: as_user(BOB, lambda user: user.call(path, CONNECTION, "Delete"))) == (
        "NotAuthorized")
    assert as_user(ALICE, lambda user: user.call(tunnel, TUNNEL, "Disconnect")) == ()
    as_user(ALICE, lambda user: user.wait(tunnel, "disconnected"))
    as_user(0, lambda user: user.call(path, CONNECTION, "Delete"))


def test_properties_cannot_be_set_and_foreign_interfaces_not_reached(lab):
    lab.allow({ALICE: EVERYDAY})

    def story(user):
        return (refused(lambda: user.call(ROOT, PROPERTIES, "Set", "(ssv)", (
                    MANAGER, "Version", user.GLib.Variant("s", "x")))),
                refused(lambda: user.call(ROOT, AGENT, "Release")),
                refused(lambda: user.get(ROOT, MANAGER, "Nothing")))

    assert "allowed" not in as_user(ALICE, story)


def test_a_bound_tunnel_goes_down_with_its_caller(lab):
    lab.allow({ALICE: EVERYDAY})
    path = as_user(ALICE, lambda user: user.add(settings("bound")))

    def up(user):
        tunnel = user.connect(path, secrets=LOGIN, bind_to_caller=True)
        user.wait(tunnel, "connected")
        return tunnel

    tunnel = as_user(ALICE, up)
    assert as_user(ALICE, lambda user: user.wait(tunnel, "disconnected"))[0] == "disconnected"
    assert ip("link").count("coati") == 0


def test_a_transient_tunnel_without_network_leaves_addresses_to_the_caller(lab):
    def story(user):
        tunnel = user.call(ROOT, MANAGER, "ConnectTransient", "(a{sv}a{sv})",
                           (user.variants(settings("transient")),
                            user.variants({"secrets": LOGIN, "network": "none"})))
        state = user.wait(tunnel, "connected")
        seen = user.call(tunnel, PROPERTIES, "GetAll", "(s)", (TUNNEL,))
        addresses = ip("-o", "-4", "addr", "show", "dev", seen["Interface"])
        user.call(tunnel, TUNNEL, "Disconnect")
        user.wait(tunnel, "disconnected")
        return state, seen["Ip4"], addresses

    lab.allow({ALICE: EVERYDAY})
    state, address, addresses = as_user(ALICE, story)
    assert state == ("connected", "") and address["address"] == "10.99.0.7"
    assert addresses == "", addresses


def test_what_was_up_comes_back_after_kill_9(lab):
    lab.allow({ALICE: EVERYDAY})

    def up(user):
        kept = user.add(dict(settings("kept"), **{"login.user": "alice",
                                                  "secrets.password": "right"}))
        lost = user.add(settings("lost"))
        for path, options in ((kept, {}), (lost, {"secrets": LOGIN})):
            user.wait(user.connect(path, **options), "connected")
        return kept, lost

    kept, lost = as_user(ALICE, up)
    assert ip("-o", "link").count("coati") == 2
    lab.stop_daemon(signal.SIGKILL)
    lab.start_daemon()

    def after(user):
        tunnel = user.get(kept, CONNECTION, "Tunnel")
        state = user.wait(tunnel, "connected")
        links = ip("-o", "link").count("coati")
        gone = user.get(lost, CONNECTION, "Tunnel")
        user.call(tunnel, TUNNEL, "Disconnect")
        user.wait(tunnel, "disconnected")
        return state, links, gone

    state, links, gone = as_user(ALICE, after)
    assert state == ("connected", "") and links == 1 and gone == "/", (state, links, gone)
    assert ip("link").count("coati") == 0


def test_a_profile_of_the_machine_connects_at_start_when_it_says_so(lab):
    path = as_user(0, lambda user: user.add(
        dict(settings("at boot"), **{"login.user": "alice", "secrets.password": "right",
                                     "connection.autoconnect": True}), owner="system"))
    lab.stop_daemon()
    os.unlink(lab.directory + "/run/up.conf")  # a reboot
    lab.start_daemon()

    def after(user):
        tunnel = user.get(path, CONNECTION, "Tunnel")
        state = user.wait(tunnel, "connected")
        user.call(tunnel, TUNNEL, "Disconnect")
        user.wait(tunnel, "disconnected")
        user.call(path, CONNECTION, "Delete")
        return state

    assert as_user(0, after) == ("connected", "")


def test_new_sockets_follow_the_host_to_another_address_and_no_other_change(lab):
    ip("link", "add", "va", "type", "veth", "peer", "name", "vb")
    for device in ("va", "vb"):
        ip("link", "set", device, "up")
    for address in ("198.51.100.1/24", "198.51.100.2/24"):
        ip("addr", "add", address, "dev", "va")
    roam("198.51.100.1")

    def up(user):
        path = user.add(settings("roaming", connection__gateway="192.0.2.1"))
        tunnel = user.connect(path, secrets=LOGIN)
        user.wait(tunnel, "connected")
        return tunnel

    def look(user):
        return user.get(tunnel, TUNNEL, "State"), rebounds(user, tunnel)

    lab.allow({ALICE: EVERYDAY})
    tunnel = as_user(ALICE, up)
    ip("route", "add", "203.0.113.0/24", "dev", "va")
    time.sleep(2)
    assert as_user(ALICE, look) == ("connected", []), as_user(ALICE, look)
    roam("198.51.100.2")
    Lab.until(lambda: as_user(ALICE, look)[1])
    assert as_user(ALICE, look) == ("connected", ["198.51.100.2"]), as_user(ALICE, look)
    as_user(0, wake)
    Lab.until(lambda: len(as_user(ALICE, look)[1]) == 2)
    as_user(ALICE, lambda user: user.call(tunnel, TUNNEL, "Disconnect"))
    as_user(ALICE, lambda user: user.wait(tunnel, "disconnected"))
    ip("link", "del", "va")


def test_a_second_coatid_ends_at_once_and_touches_nothing(lab):
    lab.allow({ALICE: EVERYDAY})

    def up(user):
        tunnel = user.connect(user.add(settings("only one")), secrets=LOGIN)
        user.wait(tunnel, "connected")
        return tunnel

    tunnel = as_user(ALICE, up)
    first, before = lab.daemon, ip("-o", "addr")
    lab.start_daemon()
    assert lab.daemon.wait(10) != 0
    lab.daemon = first
    assert ip("-o", "addr") == before
    as_user(ALICE, lambda user: user.call(tunnel, TUNNEL, "Disconnect"))
    as_user(ALICE, lambda user: user.wait(tunnel, "disconnected"))


def test_sigterm_takes_everything_down(lab):
    lab.allow({ALICE: EVERYDAY})

    def up(user):
        user.wait(user.connect(user.add(settings("term")), secrets=LOGIN), "connected")

    as_user(ALICE, up)
    lab.stop_daemon()
    assert lab.daemon.returncode == 0, lab.daemon.returncode
    assert ip("link").count("coati") == 0
    lab.start_daemon()


def test_no_secret_is_in_the_log(lab):
    text = lab.log()
    assert "right" not in text.replace("copyright", "") and "123456" not in text


def test_a_password_is_not_in_memory_after_the_end(lab):
    canary = "Canary-7bb1-Zx"

    def story(user):
        user.agent([{"user": "alice", "password": canary}])
        path = user.add(settings("canary"))
        for options in ({"secrets": {"user": "alice", "password": canary}}, {}):
            user.wait(user.connect(path, **options), "connected")
        time.sleep(1)

    lab.allow({ALICE: EVERYDAY})
    as_user(ALICE, story)
    found = {name: places(pid, canary.encode()) for pid, name in lab.service_processes()}
    assert "coatid" in found and not any(found.values()), found


def test_files_that_others_may_write_or_read_are_refused(lab):
    directory = lab.directory + "/etc/connections"
    os.makedirs(directory, exist_ok=True)
    text = "[connection]\nid={}\ngateway=127.0.0.1\nmethod=hybrid-rsa\n"
    rows = [("open", 0o666, ""), ("leaky", 0o644, "[secrets]\npassword=right\n"),
            ("good", 0o600, "[secrets]\npassword=right\n"), ("plain", 0o644, "")]
    for name, mode, more in rows:
        path = f"{directory}/{name}.conf"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.format(name) + more)
        os.chmod(path, mode)
        os.chown(path, SERVICE, SERVICE)
    os.chown(directory, SERVICE, SERVICE)
    as_user(0, lambda user: user.call(ROOT, MANAGER, "Reload"))
    ids = [interfaces[CONNECTION]["Id"] for interfaces in
           as_user(0, lambda user: user.objects()).values() if CONNECTION in interfaces]
    assert "good" in ids and "plain" in ids, ids
    assert "open" not in ids and "leaky" not in ids, ids


def main():
    enter_namespace()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    lab = Lab({name: os.environ["COATI_TEST_" + name.upper()]
               for name in ("coatid", "engine", "keys", "policy")})
    tests = [function for name, function in globals().items() if name.startswith("test_")]
    if os.environ.get("COATI_TEST_SANITIZE", "none") != "none":
        tests.remove(test_a_password_is_not_in_memory_after_the_end)  # quarantine keeps what is freed
    if len(sys.argv) > 1:
        tests = [test for test in tests if any(word in test.__name__ for word in sys.argv[1:])]
    lab.start()
    os.environ["COATI_TEST_CA"] = lab.directory + "/ca.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
                    "-subj", "/CN=test authority", "-keyout", lab.directory + "/ca.key", "-out",
                    lab.directory + "/ca.pem"], check=True, capture_output=True)
    os.chmod(lab.directory + "/ca.pem", 0o644)
    try:
        status = run_tests(lab, tests)
        if status:
            for line in lab.log().splitlines()[-60:]:
                print("# log: " + line)
    finally:
        lab.end()
    return status


if __name__ == "__main__":
    sys.exit(main())
