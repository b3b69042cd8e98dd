#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""coati-login on accounts of a machine of its own: /etc/passwd, shadow, group and pam.d are the
test's, bound over the real ones in a mount namespace. It runs as a user without rights, in the
group shadow.
"""
import os
import shutil
import statistics
import subprocess
import sys
import time

import login_lab
from login_lab import Login, check, write

NOBODY = 65534
FOLDER = None

# name, user id, primary group, what stands in place of a password, fields behind it
ACCOUNTS = (
    ('root', 0, 0, '{hash}', '19000:0:99999:7:::'),
    ('toor', 0, 0, '{hash}', '19000:0:99999:7:::'),
    ('alice', 1001, 2001, '{hash}', '19000:0:99999:7:::'),
    ('bob', 1002, 100, '{hash}', '19000:0:99999:7:::'),
    ('carol', 1003, 100, '{hash}', '19000:0:99999:7:::'),
    ('locked', 1004, 2001, '!{hash}', '19000:0:99999:7:::'),
    ('starred', 1005, 2001, '*', '19000:0:99999:7:::'),
    ('empty', 1006, 2001, '', '19000:0:99999:7:::'),
    ('expired', 1007, 2001, '{hash}', '19000:0:99999:7::19001:'),
    ('stale', 1008, 2001, '{hash}', '10000:0:30:7:::'),
    ('mustchange', 1009, 2001, '{hash}', '0:0:99999:7:::'),
    ('future', 1010, 2001, '{hash}', '19000:0:99999:7::40000:'),
)
GROUPS = 'root:x:0:\nusers:x:100:\nstaff:x:2001:bob\nshadow:x:{shadow}:\nnogroup:x:65534:\n'


def bind(path, target):
    subprocess.run(['mount', '--bind', path, target], check=True)


def make_machine():
    import grp
    shadow = grp.getgrnam('shadow').gr_gid
    hashed = subprocess.run(['openssl', 'passwd', '-6', '-salt', 'coatitest', 'wonder'],
                            check=True, text=True, stdout=subprocess.PIPE).stdout.strip()
    passwd = ''.join(f'{name}:x:{user}:{group}::/nonexistent:/bin/sh\n'
                     for name, user, group, _, _ in ACCOUNTS)
    passwd += 'ghost:x:1020:2001::/nonexistent:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n'
    shadows = ''.join(f'{name}:{text.format(hash=hashed)}:{rest}\n'
                      for name, _, _, text, rest in ACCOUNTS)
    bind(write(f'{FOLDER}/passwd', passwd, 0o644), '/etc/passwd')
    path = write(f'{FOLDER}/shadow', shadows, 0o640)
    os.chown(path, 0, shadow)
    bind(path, '/etc/shadow')
    bind(write(f'{FOLDER}/group', GROUPS.format(shadow=shadow), 0o644), '/etc/group')
    write(f'{FOLDER}/users', f'# users\nerin:{hashed}\nfrank:!{hashed}\n', 0o644)
    os.makedirs(f'{FOLDER}/pam.d')
    module = os.environ['COATI_PAM_MODULE']
    unix = 'auth required pam_unix.so\naccount required pam_unix.so\n'
    for name, text in (
            ('coati', unix),
            ('coati-code', f'auth required pam_unix.so\n'
                           f'auth required {module} say=Look+at+your+token. ask=Code:,4711\n'
                           f'account required pam_permit.so\n'),
            ('coati-shown', f'auth required {module} show=Colour:,blue ask=Code:,4711\n'
                            f'account required pam_permit.so\n'),
            ('coati-hang', f'auth [success=1 default=ignore] pam_succeed_if.so quiet user != alice\n'
                           f'auth required pam_unix.so\n'
                           f'auth [success=1 default=ignore] pam_succeed_if.so quiet user = alice\n'
                           f'auth required {module} hang\n'
                           f'account required pam_permit.so\n'),
            ('coati-fall', f'auth required {module} fall\naccount required pam_permit.so\n'),
            ('coati-gone', f'auth required {module} gone\naccount required pam_permit.so\n')):
        write(f'{FOLDER}/pam.d/{name}', text, 0o644)
    bind(f'{FOLDER}/pam.d', '/etc/pam.d')


def login(source, *words, **values):
    process = Login(as_user=NOBODY)
    process.configure(*words, source=source, **values)
    return process


def ask_all(process, rows):
    for user, password, expected in rows:
        answer = process.verdict('s', user=user, password=password)
        check(answer.startswith(expected), user, password, answer)


def system():
    process = login('system')
    ask_all(process, (
        ('alice', 'wonder', 'yes'), ('alice', 'wrong', 'no '), ('bob', 'wonder', 'yes'),
        ('future', 'wonder', 'yes'), ('nobody-here', 'wonder', 'no field=password message=-'),
        ('locked', 'wonder', 'no field=password message=-'),
        ('starred', 'wonder', 'no field=password message=-'),
        ('starred', '*', 'no '), ('empty', '', 'no '), ('empty', 'x', 'no '),
        ('ghost', 'wonder', 'no '),
        ('root', 'wonder', 'no field=password message=-'),
        ('toor', 'wonder', 'no field=password message=-'),
        ('expired', 'wonder', 'no field=password message=This account has expired.'),
        ('expired', 'wrong', 'no field=password message=-'),
        ('stale', 'wonder', 'no field=password message=This password has expired'),
        ('mustchange', 'wonder', 'no field=password message=This password has expired'),
        ('alice:x', 'wonder', 'no '), ('', 'wonder', 'no ')))
    process.close()


def groups():
    process = login('system', 'group=wheel', 'group=staff')
    ask_all(process, (('alice', 'wonder', 'yes'), ('bob', 'wonder', 'yes'),
                      ('carol', 'wonder', 'no field=password message=-')))
    process.close()


def users_file():
    process = login('users', users_file=f'{FOLDER}/users')
    ask_all(process, (('erin', 'wonder', 'yes'), ('erin', 'wrong', 'no '),
                      ('frank', 'wonder', 'no '), ('alice', 'wonder', 'no '),
                      ('# users', 'wonder', 'no ')))
    process.close()


def no_group_shadow():
    process = Login()
    os.chmod(f'{FOLDER}/shadow', 0)
    answer = process.refused(source='system')
    os.chmod(f'{FOLDER}/shadow', 0o640)
    check('/etc/shadow' in answer, answer)
    answer = process.refused(source='users', users_file=f'{FOLDER}/missing')
    check(f'{FOLDER}/missing' in answer, answer)
    check(process.verdict('s', user='alice', password='wonder').startswith('unreachable'))
    process.close()


def source_stays():
    process = login('system')
    answer = process.refused(source='pam', pam_service='coati')
    check('restart' in answer, answer)
    process.configure('group=staff', source='system')
    ask_all(process, (('carol', 'wonder', 'no '), ('alice', 'wonder', 'yes')))
    process.close()


def times(process, user):
    took = []
    for _ in range(25):
        start = time.monotonic()
        check(process.verdict('s', user=user, password='wrong').startswith('no '))
        took.append(time.monotonic() - start)
    return statistics.median(took)


def equal_times():
    for source, values in (('system', {}), ('users', {'users_file': f'{FOLDER}/users'})):
        process = login(source, **values)
        known = 'alice' if source == 'system' else 'erin'
        wrong, unknown = times(process, known), times(process, 'nobody-here')
        print(f'# {source}: wrong password {wrong * 1000:.2f} ms, unknown user '
              f'{unknown * 1000:.2f} ms, ratio {unknown / wrong:.2f}')
        process.close()


def pam_unix():
    process = login('pam', pam_service='coati')
    ask_all(process, (('alice', 'wonder', 'yes'), ('alice', 'wrong', 'no '),
                      ('nobody-here', 'wonder', 'no '), ('locked', 'wonder', 'no '),
                      ('root', 'wonder', 'no '), ('empty', '', 'no '),
                      ('expired', 'wonder', 'no ')))
    process.close()
    process = login('pam', 'group=staff', pam_service='coati')
    ask_all(process, (('bob', 'wonder', 'yes'), ('carol', 'wonder', 'no ')))
    process.close()


def second_factor():
    process = login('pam', pam_service='coati-code')
    first = process.verdict('s', user='alice', password='wonder')
    check(first == 'again field=password message=Look at your token.|Code:', first)
    check(process.verdict('s', round=2, user='alice', password='4711').startswith('yes'))
    process.verdict('s', user='alice', password='wonder')
    check(process.verdict('s', round=2, user='alice', passcode='0000').startswith('no '))
    both = process.verdict('s', user='alice', password='wonder', passcode='4711')
    check(both.startswith('yes'), both)
    process.verdict('s', user='alice', password='wonder')
    process.tell('forget', session='s')
    check(process.verdict('s', round=2, user='alice', password='4711').startswith('no '))
    process.close()


def shown_question():
    process = login('pam', pam_service='coati-shown')
    first = process.verdict('s', user='alice')
    check(first == 'again field=answer message=Colour:', first)
    second = process.verdict('s', round=2, answer='blue')
    check(second == 'again field=password message=Code:', second)
    check(process.verdict('s', round=3, password='4711').startswith('yes'))
    process.close()


def sleepers():
    return subprocess.run(['pgrep', '-c', '-f', '-x', 'sleep 4711'], text=True, check=False,
                          stdout=subprocess.PIPE).stdout.strip()


def wait_sleepers(count):
    end = time.monotonic() + 10
    while sleepers() != count and time.monotonic() < end:
        time.sleep(0.05)
    check(sleepers() == count, sleepers())


def hanging_module():
    """Who does not hang is answered before the limit of the others."""
    process = login('pam', pam_service='coati-hang', limit=4)
    for number in range(7):
        process.ask(f'h{number}', user='bob', password='wonder')
    start = time.monotonic()
    check(process.verdict('a', user='alice', password='wonder').startswith('yes'))
    print(f'# beside seven that hang: {time.monotonic() - start:.2f} s')
    for _ in range(7):
        check(process.next('verdict-answer').split()[2] == 'unreachable')
    for number in range(12):
        process.ask(f'q{number}', user='bob', password='wonder')
    last = process.ask('b', user='alice', password='wonder')
    answers = [process.next('verdict-answer').split() for _ in range(13)]
    check([words[2] for words in answers if words[1] == f'ticket={last}'] == ['yes'], answers)
    check(len([words for words in answers if words[2] == 'unreachable']) == 12, answers)
    wait_sleepers('0')
    process.close()


def workers_end_with_the_link():
    process = login('pam', pam_service='coati-hang')
    process.ask('h', user='bob', password='wonder')
    wait_sleepers('1')
    process.close()
    wait_sleepers('0')


def falling_module():
    process = login('pam', pam_service='coati-fall')
    check(process.verdict('s', user='alice', password='wonder').startswith('unreachable'))
    check(process.verdict('s', user='alice', password='wonder').startswith('unreachable'))
    process.close()
    process = login('pam', pam_service='coati-gone')
    check(process.verdict('s', user='alice', password='wonder').startswith('unreachable'))
    process.close()


def rights():
    process = login('system')
    with open(f'/proc/{process.pid}/status', encoding='utf-8') as file:
        status = dict(line.rstrip('\n').split(':\t', 1) for line in file if ':\t' in line)
    check(status['Uid'].split()[0] == str(NOBODY), status['Uid'])
    for name in ('CapInh', 'CapPrm', 'CapEff', 'CapAmb'):
        check(int(status[name], 16) == 0, name, status[name])
    check(status['NoNewPrivs'] == '1', status['NoNewPrivs'])
    if os.environ.get('COATI_SANITIZED') != '1':
        check(status['Seccomp'] == '2', status['Seccomp'])
    process.close()


def socket_unit():
    path = f'{FOLDER}/login.socket'
    with subprocess.Popen(['systemd-socket-activate', '--accept', '--seqpacket', '-l', path,
                           os.environ['COATI_LOGIN']], stderr=subprocess.DEVNULL) as manager:
        end = time.monotonic() + 10
        while not os.path.exists(path) and time.monotonic() < end:
            time.sleep(0.05)
        for _ in range(2):
            process = Login(program=path)
            process.configure(source='users', users_file=f'{FOLDER}/users')
            ask_all(process, (('erin', 'wonder', 'yes'), ('erin', 'wrong', 'no ')))
            process.close()
        manager.terminate()


CASES = [
    ('accounts of the system', system),
    ('allowed groups, the primary one too', groups),
    ('a file of users', users_file),
    ('what cannot be read is refused by name', no_group_shadow),
    ('a new configuration holds, a new source does not', source_stays),
    ('an unknown user takes the time of a wrong password', equal_times),
    ('PAM asks pam_unix', pam_unix),
    ('a second factor is one more round', second_factor),
    ('a shown question asks for an answer', shown_question),
    ('a module that hangs is killed and stops nobody else', hanging_module),
    ('workers end with the link', workers_end_with_the_link),
    ('a module that falls is not a wrong password', falling_module),
    ('it runs without rights', rights),
    ('a service manager may start it for a connection', socket_unit),
]


def main():
    global FOLDER
    login_lab.enter('openssl', 'setpriv', 'pgrep', 'systemd-socket-activate')
    FOLDER = login_lab.make_folder()
    make_machine()
    try:
        return login_lab.run_cases(CASES)
    finally:
        for target in ('/etc/passwd', '/etc/shadow', '/etc/group', '/etc/pam.d'):
            subprocess.run(['umount', target], check=True)
        shutil.rmtree(FOLDER)


if __name__ == '__main__':
    sys.exit(main())
