# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of coatictl begin with: scripts for the service, and ways to say what is wanted."""
import json
import os

import jsonschema
from mock import GLib

SCHEMAS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "schema")
V = GLib.Variant
SECRET = "k1ngfisher-42"
LOGIN = [("user", {"type": V("s", "text"), "label": V("s", "User name"), "value": V("s", "alice"),
                   "save": V("s", "never")}),
         ("password", {"type": V("s", "secret"), "label": V("s", "Password"),
                       "save": V("s", "never")})]
CONNECTED = {"Ip4": V("a{sv}", {"address": V("s", "10.99.99.1"), "prefix": V("u", 32)}),
             "Dns": V("as", ["10.0.12.1"]), "Domains": V("as", ["example.org"]),
             "Routes": V("as", ["10.0.0.0/8"]), "GatewayIdentity": V("s", "CN=vpn.example.org"),
             "Banner": V("s", "Flying pigs LTD\nWelcome to our\x1b[31m network."),
             "ConnectedAt": V("t", 1700000000), "Mtu": V("u", 1400),
             "NatTraversal": V("s", "local"),
             "Algorithms": V("a{sv}", {"ike": V("s", "aes128-sha1-modp1024"),
                                       "esp": V("s", "aes128-sha1"), "method": V("s", "hybrid-rsa"),
                                       "mode": V("s", "aggressive"), "pfs": V("s", "off"),
                                       "weak": V("as", ["aes128-sha1-modp1024"])})}


def info(attempt=1, reason="", token="t1", **more):
    return {"attempt": V("u", attempt), "reason": V("s", reason), "token": V("s", token),
            "connection-id": V("s", "office"), "gateway": V("s", "vpn.example.org"), **more}


def good_connect(mock, tunnel):
    yield "state", "connecting", "phase1"
    yield "state", "authenticating", "xauth"
    yield "set", CONNECTED
    yield "state", "connected", ""


def failing(reason, detail=""):
    def script(mock, tunnel):
        yield "state", "connecting", "phase1"
        yield "fail", reason, detail
    return script


def schema(name):
    with open(os.path.join(SCHEMAS, name)) as source:
        return json.load(source)


def validate(text, name):
    value = json.loads(text)
    jsonschema.validate(value, schema(name))
    return value


def equal(got, wanted):
    assert got == wanted, "got %r, wanted %r" % (got, wanted)


def has(text, *parts):
    for part in parts:
        assert part in text, "no %r in %r" % (part, text)
