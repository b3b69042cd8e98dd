# SPDX-License-Identifier: LGPL-2.1-or-later
"""The client's machine: a system bus at the standard path, polkitd, systemd-resolved, users with and
without a session, and Coati as it is installed.

    alice  has an active local session        bob    has none (as over ssh without logind)
    carol  is in group coati, no session      coati  the service's user

There is no systemd here: coatid is started by the bus, with the user, the one capability, the
folders and the store for descriptors that its unit would give it.  systemd-resolved comes out of its
unpacked package, because installing it would change the host's own name resolution.
"""
import glob
import grp
import os
import pwd
import shutil
import subprocess
import sys
import time

from . import net, world
from .world import LabError, cgroup, logs, pids_of, read, run, spawn, wait_for, write

BUILD = os.environ.get('COATI_BUILD_DIR', '')
# What was installed before the lab, for a guest that is slow at that.
STAGED = os.environ.get('COATI_LAB_STAGED', '')
RESOLVED = '/lib/systemd/systemd-resolved'
SERVICE_NAME, TUNNEL_LINKS = 'org.coati.Coati1', 'coati'
COATID, RULES = '/usr/libexec/coati/coatid', '/etc/polkit-1/rules.d'
STATE, RUN = '/var/lib/coati', '/run/coati'
SESSIONS = {'alice': ('c1', True), 'carol': ('c2', False)}
USERS = (('coati', 7000, 7000), ('alice', 7001, 7001), ('bob', 7002, 7002), ('carol', 7003, 7003),
         ('systemd-resolve', 7004, 7004))

# What coatid.service says, for a bus that starts services itself.
START_SCRIPT = """#!/bin/sh
exec >>{log} 2>&1
umask 077
export G_MESSAGES_DEBUG=all
install -d -o coati -g coati -m 700 {state} {run}
install -d -o root -g root -m 755 /etc/coati
install -d -o coati -g coati -m 700 /etc/coati/connections
exec {python} {fdstore} run {store} \\
    setpriv --reuid=coati --regid=coati --init-groups --no-new-privs \\
    --bounding-set=-all,+net_admin --inh-caps=-all,+net_admin --ambient-caps=-all,+net_admin \\
    {coatid}
"""
ACTIVATION = """[D-BUS Service]
Name=org.coati.Coati1
Exec=/run/lab/start-coatid
User=root
"""


def up():
    _users()
    _install_resolved()
    _install_coati()
    _start_bus()
    _start_resolved()


def _users():
    with open('/etc/passwd', 'a', encoding='ascii') as passwd, \
            open('/etc/group', 'a', encoding='ascii') as group:
        for name, uid, gid in USERS:
            known = {row.pw_name for row in pwd.getpwall()}
            if name not in known:
                home = f'/run/home/{name}'
                passwd.write(f'{name}:x:{uid}:{gid}::{home}:/bin/bash\n')
                members = 'carol' if name == 'coati' else ''
                group.write(f'{name}:x:{gid}:{members}\n')
                passwd.flush()
                group.flush()
                os.makedirs(home)
                os.chown(home, uid, gid)
    if 'carol' not in grp.getgrnam('coati').gr_mem:
        run('usermod', '-aG', 'coati', 'carol')
    for folder in ('seats', 'sessions', 'users', 'machines'):
        os.makedirs(f'/run/systemd/{folder}')
    for user, (session, is_active) in SESSIONS.items():
        _session(user, session, is_active)


def _scope(user):
    uid = pwd.getpwnam(user).pw_uid
    return f'{cgroup()}/user.slice/user-{uid}.slice/session-{SESSIONS[user][0]}.scope'


def _session(user, session, is_active):
    """The files of a logind that is not there: polkit reads them and the caller's cgroup."""
    uid, state = pwd.getpwnam(user).pw_uid, 'active' if is_active else 'online'
    os.makedirs(_scope(user))
    write(f'/run/systemd/users/{uid}',
          f'NAME={user}\nSTATE={state}\nRUNTIME=/run/user/{uid}\nDISPLAY={session}\n'
          f'SESSIONS={session}\nONLINE_SESSIONS={session}\n'
          f'ACTIVE_SESSIONS={session if is_active else ""}\n')
    write(f'/run/systemd/sessions/{session}',
          f'UID={uid}\nUSER={user}\nACTIVE={int(is_active)}\nSTATE={state}\nREMOTE=0\nTYPE=x11\n'
          'CLASS=user\n' + ('SEAT=seat0\n' if is_active else ''))


def _install_resolved():
    if os.path.exists(RESOLVED):
        return
    root = os.path.join(BUILD or '/run/lab', 'lab-resolved')
    if not os.path.exists(root + RESOLVED):
        raise LabError(f'no systemd-resolved: run tests/lab/fetch-resolved {root}')
    for pattern, target in (('usr/share/dbus-1/system.d/*.conf', '/usr/share/dbus-1/system.d'),
                            ('usr/share/polkit-1/actions/*.policy', '/usr/share/polkit-1/actions'),
                            ('usr/bin/resolvectl', '/usr/bin'),
                            ('lib/systemd/systemd-resolved', '/usr/lib/systemd'),
                            ('etc/systemd/resolved.conf', '/etc/systemd')):
        os.makedirs(target, exist_ok=True)
        for path in glob.glob(os.path.join(root, pattern)):
            shutil.copy(path, target)


def _install_coati():
    if not BUILD:
        raise LabError('COATI_BUILD_DIR does not name a build folder')
    if STAGED:
        run('cp', '-a', STAGED + '/.', '/')
    else:
        stage('/')
    if not os.path.exists(COATID):
        raise LabError('coatid was not installed under /usr: configure with --prefix=/usr')
    fdstore = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'fdstore.py')
    write('/run/lab/start-coatid', START_SCRIPT.format(
        log=logs('coatid.log'), state=STATE, run=RUN, coatid=COATID, python=sys.executable,
        fdstore=fdstore, store=world.STATE), 0o755)
    spawn('fdstore', sys.executable, fdstore, 'serve', world.STATE)
    # the example that an administrator would copy
    os.makedirs(RULES, exist_ok=True)
    shutil.copy('/usr/share/doc/coati/coati-group.rules', RULES)
    write(f'/usr/share/dbus-1/system-services/{SERVICE_NAME}.service', ACTIVATION)


def stage(folder):
    """Installs the build below a folder."""
    run('flock', os.path.join(BUILD, 'lab.lock'), 'meson', 'install', '-C', BUILD, '--no-rebuild',
        '--quiet', env={**os.environ, 'DESTDIR': folder})


def _start_bus():
    os.makedirs('/run/dbus', exist_ok=True)
    write('/etc/machine-id', os.urandom(16).hex() + '\n')
    spawn('dbus', 'dbus-daemon', '--system', '--nofork', '--nopidfile')
    wait_for('the system bus', lambda: os.path.exists('/run/dbus/system_bus_socket'))
    spawn('polkitd', '/usr/lib/polkit-1/polkitd', '--no-debug')
    wait_for('polkitd', lambda: has_owner('org.freedesktop.PolicyKit1'))


def _start_resolved():
    write('/etc/systemd/resolved.conf', f'[Resolve]\nDNS={net.PUBLIC_DNS}\nFallbackDNS=\nCache=no\n'
          'LLMNR=no\nMulticastDNS=no\n')
    os.makedirs('/run/systemd/resolve')
    user = pwd.getpwnam('systemd-resolve')
    os.chown('/run/systemd/resolve', user.pw_uid, user.pw_gid)
    spawn('resolved', '/usr/lib/systemd/systemd-resolved',
          env={**os.environ, 'SYSTEMD_LOG_TARGET': 'console'})
    os.unlink('/etc/resolv.conf')
    os.symlink('/run/systemd/resolve/stub-resolv.conf', '/etc/resolv.conf')
    wait_for('systemd-resolved', lambda: has_owner('org.freedesktop.resolve1')
             and os.path.exists('/run/systemd/resolve/stub-resolv.conf'))


def has_owner(name):
    done = run('dbus-send', '--system', '--print-reply', '--dest=org.freedesktop.DBus', '/',
               'org.freedesktop.DBus.NameHasOwner', f'string:{name}', check=False)
    return 'boolean true' in done.stdout


def _enter_scope(user):
    """The kernel may refuse for a moment while other processes of the group come and go."""
    for attempt in range(100):
        try:
            with open(_scope(user) + '/cgroup.procs', 'w', encoding='ascii') as procs:
                procs.write('0')
            return
        except OSError:
            if attempt == 99:
                raise
            time.sleep(0.02)


def become(user):
    """For preexec_fn: the user, in the user's session where there is one."""
    row = pwd.getpwnam(user)

    def enter():
        if user in SESSIONS:
            _enter_scope(user)
        os.initgroups(user, row.pw_gid)
        os.setgid(row.pw_gid)
        os.setuid(row.pw_uid)

    return None if user == 'root' else enter


def environment(user):
    return {'PATH': world.PATH, 'HOME': pwd.getpwnam(user).pw_dir, 'USER': user, 'LOGNAME': user,
            'LC_ALL': 'C.UTF-8', 'TERM': 'dumb'}


def as_user(user, *command, **options):
    """Runs a command as that user; output in two strings, never an error."""
    options.setdefault('timeout', 60)
    if 'input' not in options:
        options['stdin'] = subprocess.DEVNULL
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          cwd='/', preexec_fn=become(user), env=environment(user), **options)


def coatid_pid():
    found = pids_of('coatid')
    return found[0] if found else 0


def engine_pids():
    return pids_of('coati-engine')


def stop_coatid():
    pid = coatid_pid()
    if pid:
        os.kill(pid, 15)
        wait_for('the end of coatid', lambda: not coatid_pid(), 5)


def tunnel_links():
    done = run('ip', '-o', 'link', 'show', check=False)
    names = [line.split(': ')[1].split('@')[0] for line in done.stdout.splitlines()]
    return [name for name in names if name not in ('lo', 'eth0')]


def coatid_log():
    return read(logs('coatid.log'))
