# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest kernel for what the host's kernel lacks: ESP.

User mode linux runs as a process of this machine, needs no virtualisation, and sees this machine's
own files read only under an overlay, so what is built and installed here runs there.  Its processes
live in a pid namespace of their own and end with it.  A folder is shared for what goes in and what
comes out.
"""
import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LINUX, MODULES = '/usr/bin/linux.uml', '/usr/lib/uml/modules'
MEMORY = '1024M'
SKIP = 77


def need():
    """Ends the script as skipped when there can be no guest."""
    missing = [path for path in (LINUX, MODULES, '/usr/sbin/modprobe', '/usr/sbin/pivot_root')
               if not os.path.exists(path)]
    if os.geteuid() != 0:
        missing.append('root')
    if missing:
        print(f'1..0 # SKIP needs {" ".join(missing)} (tools/install vm)', flush=True)
        sys.exit(SKIP)


class Guest:
    """One start of the kernel, for one command; job is the folder that both sides see."""

    def __init__(self):
        self.job = tempfile.mkdtemp(prefix='coati-vm-')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.job, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.job, name)

    def text(self, name):
        with contextlib.suppress(OSError), \
                open(self.path(name), encoding='utf-8', errors='replace') as file:
            return file.read()
        return ''

    def _write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(text)

    def run(self, *command, seconds, **environment):
        """The command's exit status, or None when the guest did not come to its end."""
        shutil.copy(os.path.join(HERE, 'guest-init'), self.job)
        words = [f'{name}={shlex.quote(value)}' for name, value in environment.items()]
        self._write('command', f'exec env {" ".join(words)} {shlex.join(command)}\n')
        self._write('folder', os.getcwd() + '\n')
        kernel = [LINUX, f'mem={MEMORY}', 'root=hostfs', 'rootfstype=hostfs', 'rootflags=/', 'ro',
                  'quiet', 'con=null', 'con0=null,fd:1', f'uml_dir={self.job}/uml', 'init=/bin/sh',
                  f'COATI_VM_JOB={self.job}', '--', f'{self.job}/guest-init']
        with open(self.path('kernel.log'), 'wb') as log, contextlib.suppress(
                subprocess.TimeoutExpired):
            subprocess.run(['unshare', '--pid', '--mount-proc', '--fork', '--kill-child=KILL',
                            *kernel], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                           timeout=seconds, check=False)
        status = self.text('status').strip()
        return int(status) if status else None

    def explain(self):
        """What is known about a guest that did not end well."""
        return '\n'.join(f'--- {name}\n{self.text(name)[-3000:]}'
                         for name in ('kernel.log', 'console', 'output'))
