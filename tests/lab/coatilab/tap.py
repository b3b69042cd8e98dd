# SPDX-License-Identifier: LGPL-2.1-or-later
"""Test Anything Protocol: one line per case, in a table of (sentence, function, arguments...)."""
import os
import sys
import time
import traceback

from . import world


class Failed(AssertionError):
    """A claim about the program under test was not true."""


def check(claim, *details):
    if not claim:
        raise Failed(' '.join(str(detail) for detail in details) or 'not so')


def run_cases(cases, finish=None, only=None):
    """Runs all rows, or those that contain the words in the environment's LAB_CASE (or, behind a
    bar, others)."""
    only = (only or os.environ.get('LAB_CASE', '')).split('|')
    chosen = [case for case in cases if any(words in case[0] for words in only)]
    print(f'1..{len(chosen)}', flush=True)
    bad = 0
    for number, (sentence, function, *arguments) in enumerate(chosen, 1):
        start = time.monotonic()
        sizes = _log_sizes()
        try:
            function(*arguments)
            said = ''
        except Exception:  # a case must not take the others with it
            bad += 1
            said = traceback.format_exc() + _log_tails(sizes)
        print(f'{"not " if said else ""}ok {number} - {sentence}', flush=True)
        for line in said.splitlines():
            print('# ' + line)
        print(f'# {time.monotonic() - start:.1f} s', flush=True)
        if finish:
            finish()
    return 1 if bad else 0


def _log_files():
    folder = os.path.dirname(world.logs('x'))
    return sorted(os.path.join(folder, name) for name in os.listdir(folder)
                  if name.endswith('.log'))


def _log_sizes():
    return {path: os.path.getsize(path) for path in _log_files()}


def _log_tails(sizes, lines=40):
    """The end of what each log got during the case."""
    shown = ''
    for path in _log_files():
        with open(path, encoding='utf-8', errors='replace') as log:
            log.seek(sizes.get(path, 0))
            new = log.read().splitlines()
        if new:
            shown += f'--- {os.path.basename(path)}\n' + '\n'.join(new[-lines:]) + '\n'
    return shown
