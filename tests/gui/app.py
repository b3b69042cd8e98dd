# SPDX-License-Identifier: LGPL-2.1-or-later
"""The app on alice's desktop in the lab, used through its accessible tree; pictures go to the logs."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lab'))
sys.path.insert(0, os.path.join(HERE, '..', 'nm'))
import desktop  # noqa: E402
from coatilab import charon, coati, lab, machine, net, pki, world  # noqa: E402
from coatilab.tap import check  # noqa: E402

PCF = """[main]
Description=Head office
Host={gateway}
AuthType=5
GroupName=
Username=
SaveUserPassword=1
EnableNat=1
TunnelingMode=0
DHGroup=14
PeerTimeout=10
EnableISPConnect=0
"""
# A gateway that is gone is noticed soon, as a profile may say, but not while a person signs in. The
# password is not kept, so that each connect asks for it.
FAST = ('login.save-password', 'ask', 'ike.dpd-delay', '12', 'ike.dpd-retry', '1', 'ike.dpd-max-failures', '2')


def start(*peers):
    world.need(*desktop.PROGRAMS)
    lab.start(peers or lab.CHARON)
    if not os.path.exists('/usr/bin/coati'):
        world.skip('the app was not built')
    desktop.start()


def own_file(name, text):
    """A file of alice's."""
    path = f'/run/home/alice/{name}'
    world.write(path, text, 0o644)
    return path


def pcf():
    return own_file('office.pcf', PCF.format(gateway=net.GATEWAY_NAME))


def ca():
    return own_file('ca.pem', world.read(pki.path('ca.crt')))


class App:
    """One instance, with its hand."""

    def __init__(self, *arguments):
        self.arguments = arguments
        self.program = self.hand = None

    def __enter__(self):
        self.program = desktop.program('coati', 'coati', *self.arguments)
        self.program.__enter__()
        self.hand = desktop.Hand('coati')
        self.hand.__enter__()
        return self

    def __exit__(self, *what):
        self.hand.__exit__(*what)
        return self.program.__exit__(*what)

    def sees(self, *words, seconds=20):
        """Waits until each of these is in the name of something shown."""
        for word in words:
            self.hand.see(word, seconds)

    def sees_not(self, word, seconds=20):
        self.hand.see(word, seconds, is_there=False)

    def sign_in(self, password, user=None):
        self.hand.find('text', 'Password')
        if user:
            self.hand.type(user, 'text', 'User name')
        self.hand.type(password, 'text', 'Password')
        self.hand.press('push button', 'Sign In')
