#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""coati-login against a real FreeRADIUS: logins, rounds, failover, accounting over outages.

    127.0.0.1  FreeRADIUS, as a rule        127.0.0.9  nobody
    127.0.0.2  FreeRADIUS, stopped by SIGSTOP where silence is meant
"""
import os
import shutil
import signal
import sys
import time

import login_lab
from login_lab import Login, Radius, check, write

USERS = '''
alice Cleartext-Password := "wonder"
\tFramed-IP-Address = 10.1.0.9,
\tFramed-IP-Netmask = 255.255.255.0,
\tFramed-Route = "10.2.0.0/16 10.1.0.1 1",
\tSession-Timeout = 3600,
\tIdle-Timeout = 600,
\tAcct-Interim-Interval = 120,
\tMS-Primary-DNS-Server = 10.0.0.53,
\tCisco-AVPair = "ipsec:default-domain=example.org",
\tClass = 0x7374616666

long Cleartext-Password := "0123456789012345678901234567890123456789"

oldserver Cleartext-Password := "wonder"

carol Cleartext-Password := "first"

bob Cleartext-Password := "wonder"
'''

# carol: the password, then a code.
AUTHORIZE = '''
        if (&User-Name == "carol" && &State) {
            if (&State == 0x00ff77 && &User-Password == "123456") {
                update control {
                    &Auth-Type := Accept
                }
            }
            else {
                update control {
                    &Auth-Type := Reject
                }
                update reply {
                    &Reply-Message := "That code is not good."
                }
            }
        }
        elsif (&User-Name == "carol" && &User-Password == "first") {
            update reply {
                &State := 0x00ff77
                &Reply-Message := "Code from the token:"
                &Prompt := No-Echo
            }
            update control {
                &Auth-Type := Accept
                &Response-Packet-Type := Access-Challenge
            }
        }
'''
POST_AUTH = '''
        if (&User-Name != "oldserver") {
            update reply {
                &Message-Authenticator := 0x00
            }
        }
'''

FOLDER, WORLD = None, {}


def login(*words, servers=('127.0.0.1,1812,0',), timeout=2000, **values):
    process = Login()
    process.configure(*words, *[f'server={server}' for server in servers], source='radius',
                      secret_file=WORLD['secret'], timeout=timeout, nas='gw.example', **values)
    return process


def accept_with_settings():
    process = login()
    answer = process.verdict('s1', user='alice', password='wonder')
    for part in ('yes ', 'address=10.1.0.9/24', 'session-timeout=3600', 'idle-timeout=600',
                 'interim=120', 'classes=1', 'dns=10.0.0.53', 'include=10.2.0.0/16',
                 'domain=example.org'):
        check(part in answer, part, answer)
    log = WORLD['first'].log()
    for part in ('NAS-Identifier = "gw.example"', 'Acct-Session-Id = "s1"',
                 'Calling-Station-Id = "192.0.2.7"', 'NAS-Port-Id = "staff"', 'NAS-Port = 7',
                 'NAS-Port-Type = Virtual'):
        check(part in log, part)
    process.close()


def long_password():
    process = login()
    check(process.verdict('s', user='long', password='0123456789' * 4).startswith('yes'))
    process.close()


def reject():
    process = login()
    check(process.verdict('s', user='alice', password='wrong').startswith('no '))
    check(process.verdict('t', user='nobody', password='wrong').startswith('no '))
    process.close()


def challenge():
    process = login()
    first = process.verdict('s', user='carol', password='first')
    check(first == 'again field=password message=Code from the token:', first)
    second = process.verdict('s', round=2, user='carol', password='123456')
    check(second.startswith('yes'), second)
    process.close()


def challenge_failed():
    process = login()
    process.verdict('s', user='carol', password='first')
    second = process.verdict('s', round=2, user='carol', passcode='000000')
    check(second == 'no field=password message=That code is not good.', second)
    third = process.verdict('s', round=3, user='carol', passcode='123456')
    check(third.startswith('no '), third)
    process.close()


def challenge_of_another():
    process = login()
    process.verdict('s', user='carol', password='first')
    check(process.verdict('s', round=2, user='alice', password='123456').startswith('no '))
    process.verdict('t', user='carol', password='first')
    process.tell('forget', session='t')
    check(process.verdict('t', round=2, user='carol', password='123456').startswith('no '))
    process.close()


def missing_message_authenticator():
    process = login(timeout=200)
    answer = process.verdict('s', user='oldserver', password='wonder')
    check(answer.startswith('unreachable'), answer)
    process.wait_note('has no Message-Authenticator')
    process.close()
    process = login(servers=('127.0.0.1,1812,0,lax',))
    check(process.verdict('s', user='oldserver', password='wonder').startswith('yes'))
    process.close()


def wrong_secret():
    process = Login()
    path = write(os.path.join(FOLDER, 'wrong'), 'another secret of the test\n')
    process.configure('server=127.0.0.1,1812,0', source='radius', secret_file=path, timeout=200)
    answer = process.verdict('s', user='alice', password='wonder')
    check(answer.startswith('unreachable'), answer)
    process.close()


def secret_of_its_own():
    process = Login()
    path = write(os.path.join(FOLDER, 'own'),
                 f'# servers\nanother secret of the test\n127.0.0.1  {login_lab.SECRET}\n')
    process.configure('server=127.0.0.1,1812,0', source='radius', secret_file=path)
    check(process.verdict('s', user='alice', password='wonder').startswith('yes'))
    process.close()


def secret_file_open_to_others():
    process = Login()
    path = write(os.path.join(FOLDER, 'open'), login_lab.SECRET, 0o640)
    answer = process.refused('server=127.0.0.1,1812,0', source='radius', secret_file=path)
    check(path in answer and '0640' in answer, answer)
    os.chmod(path, 0o644)
    os.chown(path, 65534, 65534)
    answer = process.refused('server=127.0.0.1,1812,0', source='radius', secret_file=path)
    check(path in answer and '65534' in answer, answer)
    answer = process.refused('server=127.0.0.1,1812,0', source='radius', secret_file=path + '.no')
    check(path + '.no' in answer, answer)
    process.close()


def failover():
    second = WORLD['second'].start()
    process = login(servers=('127.0.0.2,1812,0', '127.0.0.1,1812,0'))
    second.process.send_signal(signal.SIGSTOP)
    start = time.monotonic()
    check(process.verdict('s', user='bob', password='wonder').startswith('yes'))
    first, start = time.monotonic() - start, time.monotonic()
    check(process.verdict('t', user='bob', password='wonder').startswith('yes'))
    print(f'# failover in {first:.2f} s, the next login in {time.monotonic() - start:.3f} s')
    check(first <= 5.2, first)
    check(time.monotonic() - start < 1)
    process.wait_note('127.0.0.2 does not answer')
    process.close()
    second.stop()


def silence():
    process = login(servers=('127.0.0.9,1812,0',), timeout=200)
    check(process.verdict('s', user='bob', password='wonder').startswith('unreachable'))
    process.close()


def hundred_at_once():
    process = login()
    start = time.monotonic()
    tickets = {process.ask(f's{i}', user='bob' if i % 2 else 'nobody', password='wonder'): i % 2
               for i in range(600)}
    for _ in range(600):
        words = process.next('verdict-answer').split()
        check((words[2] == 'yes') == bool(tickets.pop(int(words[1].split('=')[1]))), words)
    print(f'# 600 logins in {time.monotonic() - start:.2f} s')
    process.close()


def accounting_state(name):
    path = os.path.join(FOLDER, name)
    os.makedirs(path)
    return path


def stops(records, session):
    return [record for record in records if record.get('Acct-Session-Id') == session and
            record['Acct-Status-Type'] == 'Stop']


def accounting():
    process = login(servers=('127.0.0.1,1812,1813',), state=accounting_state('state1'))
    before = len(WORLD['first'].details())
    process.account('on')
    process.account('start', session='a1', user='alice')
    process.account('interim', session='a1', user='alice', seconds=60, **{'in': 5, 'out': 6})
    WORLD['first'].wait_details(before + 3)
    process.account('stop', session='a1', user='alice', seconds=90, cause=2,
                    **{'in': 8589934593, 'out': 7})
    process.account('stop', session='a1', user='alice', seconds=99, cause=1)
    process.account('off')
    records = WORLD['first'].wait_details(before + 5)[before:]
    check([record['Acct-Status-Type'] for record in records] ==
          ['Accounting-On', 'Start', 'Interim-Update', 'Stop', 'Accounting-Off'], records)
    stop = records[3]
    for name, value in (('User-Name', 'alice'), ('Acct-Input-Gigawords', '2'),
                        ('Acct-Input-Octets', '1'), ('Acct-Output-Octets', '7'),
                        ('Acct-Terminate-Cause', 'Lost-Carrier'), ('Acct-Session-Time', '90'),
                        ('Framed-IP-Address', '10.1.0.9'), ('Acct-Authentic', 'RADIUS'),
                        ('Calling-Station-Id', '192.0.2.7')):
        check(stop.get(name) == value, name, stop)
    process.close()


def accounting_over_an_outage():
    WORLD['first'].stop()
    before = len(WORLD['first'].details())
    process = login(servers=('127.0.0.1,1812,1813',), state=accounting_state('state2'),
                    timeout=200)
    for session in ('b1', 'b2'):
        process.account('start', session=session, user='alice')
        process.account('stop', session=session, user='alice', cause=1)
    process.wait_note('No RADIUS accounting server answers')
    time.sleep(1)
    WORLD['first'].start()
    records = WORLD['first'].wait_details(before + 4)[before:]
    time.sleep(1)
    check(len(WORLD['first'].details()) == before + 4, records)
    for session in ('b1', 'b2'):
        own = [record for record in records if record['Acct-Session-Id'] == session]
        check([record['Acct-Status-Type'] for record in own] == ['Start', 'Stop'], own)
        check(int(own[1]['Acct-Delay-Time']) >= 1, own)
    process.close()


def one_stop_after_kill():
    WORLD['first'].stop()
    before = len(WORLD['first'].details())
    state = accounting_state('state3')
    servers = ('127.0.0.1,1812,1813',)
    process = login(servers=servers, state=state, timeout=200)
    process.account('start', session='c1', user='alice')
    process.account('stop', session='c1', user='alice', cause=1)
    process.account('start', session='c2', user='alice')
    process.account('interim', session='c2', user='alice', seconds=60, **{'in': 55})
    process.wait_note('No RADIUS accounting server answers')
    process.kill()
    # The gateway fell with it: what was open gets its Stop by ON.
    process = login(servers=servers, state=state, timeout=200)
    process.account('on')
    process.wait_note('No RADIUS accounting server answers')
    process.kill()
    WORLD['first'].start()
    process = login(servers=servers, state=state, timeout=200)
    records = WORLD['first'].wait_details(before + 5)[before:]
    time.sleep(1)
    process.kill()
    process = login(servers=servers, state=state, timeout=200)
    process.account('stop', session='c1', user='alice', cause=1)
    process.account('stop', session='c2', user='alice', cause=1)
    time.sleep(1)
    records = WORLD['first'].details()[before:]
    for session, cause, octets in (('c1', 'User-Request', '0'), ('c2', 'NAS-Reboot', '55')):
        own = stops(records, session)
        check(len(own) == 1, session, records)
        check(own[0]['Acct-Terminate-Cause'] == cause, own)
        check(own[0]['Acct-Input-Octets'] == octets, own)
    kinds = [record['Acct-Status-Type'] for record in records]
    check(kinds.count('Accounting-On') == 1 and kinds[-1] == 'Accounting-On', kinds)
    process.close()


def goodbye_is_sent():
    before = len(WORLD['first'].details())
    process = login(servers=('127.0.0.1,1812,1813',), state=accounting_state('state4'))
    for number in range(200):
        process.account('start', session=f'd{number}', user='alice')
    process.account('off')
    process.close()
    records = WORLD['first'].details()[before:]
    check(len(records) == 401, len(records))
    check(records[-1]['Acct-Status-Type'] == 'Accounting-Off', records[-1])
    check(all(len(stops(records, f'd{number}')) == 1 for number in range(200)))


CASES = [
    ('an accept brings its settings', accept_with_settings),
    ('a password longer than one block is hidden right', long_password),
    ('a reject is a no', reject),
    ('a challenge is one more round', challenge),
    ('a wrong code ends the rounds with the reason', challenge_failed),
    ('a round of another user or after forgetting is refused', challenge_of_another),
    ('an answer without Message-Authenticator is refused', missing_message_authenticator),
    ('a wrong secret is not a wrong password', wrong_secret),
    ('a server may have a secret of its own', secret_of_its_own),
    ('a secret file that others can read is refused by name', secret_file_open_to_others),
    ('a silent server is passed over within five seconds', failover),
    ('silence of all is told as unreachable', silence),
    ('six hundred logins at once each get their own answer', hundred_at_once),
    ('accounting arrives once and in order', accounting),
    ('accounting waits for a server that is away', accounting_over_an_outage),
    ('each session has one stop after two kills', one_stop_after_kill),
    ('what is told before the end is sent', goodbye_is_sent),
]


def main():
    global FOLDER
    login_lab.enter('freeradius')
    FOLDER = login_lab.make_folder()
    WORLD['secret'] = write(os.path.join(FOLDER, 'secret'), login_lab.SECRET + '\n')
    WORLD['first'] = Radius(FOLDER, '127.0.0.1', USERS, AUTHORIZE, POST_AUTH).start()
    WORLD['second'] = Radius(FOLDER, '127.0.0.2', USERS, AUTHORIZE, POST_AUTH)
    try:
        return login_lab.run_cases(CASES)
    finally:
        for name in ('first', 'second'):
            WORLD[name].stop()
        if 'KEEP' not in os.environ:
            shutil.rmtree(FOLDER)


if __name__ == '__main__':
    sys.exit(main())
