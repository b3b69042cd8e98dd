# SPDX-License-Identifier: LGPL-2.1-or-later
"""A private world for one test script.

enter() starts the script again as pid 1 of new pid, mount, network, uts and ipc namespaces.  In
there /etc, /usr and /var are overlays and /run is empty, so packages can be installed, users added
and hosts named without a trace: when the script ends, by itself or by a signal, the kernel ends all
its processes and forgets all its mounts and links.  So tests may run side by side without unique
names.  Only an empty cgroup has to be removed from outside (sessions for polkit live in it).
"""
import contextlib
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

INSIDE = 'COATI_LAB_INSIDE'
CGROUP_PREFIX = 'coati-lab-'
PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
STATE = '/run/lab'
CGROUP = '/sys/fs/cgroup/'
SKIP = 77
# Times longer than usual: a guest is slow.
PATIENCE = int(os.environ.get('COATI_LAB_PATIENCE', '1'))

_children = []


class LabError(Exception):
    """Something of the lab itself did not come up."""


def skip(why):
    print(f'1..0 # SKIP {why}', flush=True)
    sys.exit(SKIP)


def need(*programs):
    """Ends the script as skipped when it cannot run here."""
    if os.geteuid() != 0:
        skip('needs root')
    if not os.path.exists('/dev/net/tun'):
        skip('needs /dev/net/tun')
    path = os.environ.get('PATH', '') + ':' + PATH
    lost = [program for program in ('unshare', 'ip', 'nft', *programs)
            if not shutil.which(program, path=path)]
    if lost:
        skip(f'needs {" ".join(lost)} (tools/install lab strongswan vpnc test)')


def enter():
    """Returns inside the new world; outside it never returns."""
    if INSIDE in os.environ:
        _prepare()
        return
    _sweep()
    name = f'{CGROUP_PREFIX}{os.getpid()}'
    folder = os.environ.get('COATI_LAB_LOGS') or tempfile.mkdtemp(prefix='coati-lab-')
    for old in glob.glob(folder + '/*.log') + glob.glob(folder + '/*.pcap'):
        os.unlink(old)
    environment = {**os.environ, INSIDE: name, 'COATI_LAB_LOGS': folder, 'PATH': PATH,
                   'LC_ALL': 'C.UTF-8', 'PYTHONDONTWRITEBYTECODE': '1'}
    child = subprocess.Popen(
        ['unshare', '--mount', '--net', '--pid', '--uts', '--ipc', '--fork', '--kill-child=KILL',
         '--propagation', 'private', sys.executable, *sys.argv], env=environment)
    status = 1
    try:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
        status = child.wait()
    except KeyboardInterrupt:
        status = 130
    finally:
        child.kill()
        child.wait()
        _sweep()
        if 'COATI_LAB_LOGS' not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(status if status >= 0 else 128 - status)


def _cgroup_root():
    for place in ('/sys/fs/cgroup', '/sys/fs/cgroup/unified'):
        if os.path.exists(place + '/cgroup.procs') and os.path.exists(place + '/cgroup.controllers'):
            return place
    return None


def _sweep():
    """Removes the empty cgroups of worlds that are gone; the kernel may need a moment."""
    root = _cgroup_root()
    for place in glob.glob(f'{root}/{CGROUP_PREFIX}*') if root else []:
        owner = place.rsplit('-', 1)[1]
        if os.path.exists(f'/proc/{owner}') and int(owner) != os.getpid():
            continue
        for _ in range(50):
            try:
                for where, _, _ in os.walk(place, topdown=False):
                    os.rmdir(where)
                break
            except OSError:
                time.sleep(0.02)


def _mount(*args):
    subprocess.run(['mount', *args], check=True)


def _prepare():
    _mount('-t', 'proc', 'proc', '/proc')
    subprocess.run(['umount', '-l', '/sys'], stderr=subprocess.DEVNULL)
    _mount('-t', 'sysfs', '-o', 'ro', 'sysfs', '/sys')
    _mount('-t', 'cgroup2', 'none', '/sys/fs/cgroup')
    os.mkdir(cgroup())
    with open(cgroup() + '/cgroup.procs', 'w', encoding='ascii') as procs:
        procs.write('0')
    _mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run')
    os.makedirs(STATE)
    for folder in ('etc', 'var', 'usr'):
        upper, work = f'{STATE}/{folder}.upper', f'{STATE}/{folder}.work'
        os.mkdir(upper)
        os.mkdir(work)
        _mount('-t', 'overlay', 'overlay', '-o',
               f'lowerdir=/{folder},upperdir={upper},workdir={work}', f'/{folder}')
    os.makedirs('/run/lock')
    # every user may open a TUN device here, as on a desktop
    os.mknod('/run/lab/tun', 0o666 | 0o020000, os.makedev(10, 200))
    os.chmod('/run/lab/tun', 0o666)
    _mount('--bind', '/run/lab/tun', '/dev/net/tun')
    subprocess.run(['hostname', 'lab'], check=True)
    with open('/etc/hosts', 'w', encoding='ascii') as hosts:
        hosts.write('127.0.0.1 localhost lab\n')
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    _become_init()


def _become_init():
    """pid 1 only reaps; its child goes on as the script."""
    script = os.fork()
    if script == 0:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        pid, status = os.wait()
        if pid == script:
            os._exit(os.waitstatus_to_exitcode(status) & 0xff)


def cgroup():
    return CGROUP + os.environ[INSIDE]


def logs(name):
    folder = os.environ['COATI_LAB_LOGS']
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, name)


def read(path):
    try:
        with open(path, encoding='utf-8', errors='replace') as text:
            return text.read()
    except OSError:
        return ''


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as out:
        out.write(text)
    os.chmod(path, mode)


def run(*command, check=True, **options):
    """A command to its end; what it printed is in the error."""
    done = subprocess.run(command, text=True, stdin=options.pop('stdin', subprocess.DEVNULL)
                          if 'input' not in options else None,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if check and done.returncode != 0:
        raise LabError(f'{" ".join(command)}: exit {done.returncode}: {done.stdout.strip()}')
    return done


def spawn(name, *command, **options):
    """A daemon; its output goes to the log NAME."""
    with open(logs(name + '.log'), 'a', encoding='utf-8') as out:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=subprocess.STDOUT, **options)
    _children.append(child)
    return child


def stop(child, sig=signal.SIGTERM):
    child.send_signal(sig)
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def wait_for(what, test, seconds=10.0, every=0.03):
    """Polls until test() is true and returns its value; a LabError names what did not come."""
    end = time.monotonic() + seconds * PATIENCE
    while True:
        with contextlib.suppress(OSError, ValueError, KeyError):
            value = test()
            if value:
                return value
        if time.monotonic() > end:
            raise LabError(f'waited {seconds:g} s in vain for {what}')
        time.sleep(every)


def pids_of(program):
    """Living processes whose executable has this base name."""
    found = []
    for entry in os.listdir('/proc'):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                if os.path.basename(os.readlink(f'/proc/{entry}/exe').split(' ')[0]) == program:
                    found.append(int(entry))
    return sorted(found)
