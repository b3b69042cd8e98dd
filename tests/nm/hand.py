#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Uses the widgets of one program as assistive technology does (AT-SPI): hand.py APPLICATION.  Requests
are lines of JSON on standard input, answers {"value": ...} or {"error": text} on standard output."""
import json
import sys
import time

import gi

gi.require_version('Atspi', '2.0')
from gi.repository import Atspi, GLib  # noqa: E402


class NotThere(Exception):
    pass


def children(node):
    found = [node.get_child_at_index(number) for number in range(min(node.get_child_count(), 500))]
    return [child for child in found if child]


def walk(node):
    yield node
    for child in children(node):
        yield from walk(child)


def trees(application):
    for child in children(Atspi.get_desktop(0)):
        if application in (child.get_name() or ''):
            child.clear_cache()
            yield child


def windows(application):
    """The newest first: a dialog lies over the rest."""
    for tree in trees(application):
        yield from reversed(children(tree))


def seek(application, role, name, after):
    """The first whose name is that; else the first whose name has those words."""
    is_behind, nearly = after is None, None
    for window in windows(application):
        for node in walk(window):
            kind = node.get_role_name()
            if not is_behind:
                is_behind = kind == after[0] and after[1] in (node.get_name() or '')
            elif kind == role:
                called = node.get_name() or ''
                if called == name:
                    return node
                nearly = nearly or (node if name in called else None)
    return nearly


def is_shown(node):
    """Pages that were never turned up have no size; GTK 4.8 sets no state that would tell."""
    if node.get_role() in (Atspi.Role.FRAME, Atspi.Role.DIALOG):
        return True
    return 'Component' in node.get_interfaces() and node.get_extents(Atspi.CoordType.WINDOW).width > 0


def sees(application, words):
    """Whether something shown has these words in its name."""
    return any(words in (node.get_name() or '') and is_shown(node)
               for window in windows(application) for node in walk(window))


def names(application):
    return [f'{node.get_role_name()} "{node.get_name()}"' for tree in trees(application)
            for node in walk(tree) if is_shown(node)]


def wait(what, look, seconds):
    end = time.monotonic() + seconds
    while True:
        try:
            found = look()
            if found:
                return found
        except GLib.Error:  # widgets go away while one looks at them
            pass
        if time.monotonic() > end:
            raise NotThere(f'waited {seconds} s in vain for {what}')
        time.sleep(0.1)


def answer(application, request):
    seconds = request.get('seconds', 10)
    if request['do'] == 'wait':
        wait(application, lambda: any(tree.get_child_count() for tree in trees(application)),
             seconds)
        return True
    if request['do'] == 'names':
        return names(application)
    if request['do'] == 'see':
        words, is_there = request['words'], request['is_there']
        try:
            return wait(words, lambda: sees(application, words) == is_there, seconds)
        except NotThere as error:
            raise NotThere(f'{error}; there are: {", ".join(names(application))}') from None
    role, name = request['role'], request['name']
    try:
        node = wait(f'{role} "{name}"',
                    lambda: seek(application, role, name, request.get('after')), seconds)
    except NotThere as error:
        raise NotThere(f'{error}; there are: {", ".join(names(application))}') from None
    if request['do'] == 'press' and not node.do_action(0):
        raise NotThere(f'{role} "{name}" cannot be pressed')
    if request['do'] == 'type':
        node.set_text_contents(request['words'])
    if request['do'] == 'where':
        # GTK 4 knows no other; its windows are in the corner of a screen without a window manager
        is_gtk4 = node.get_application().get_toolkit_version().startswith('4')
        box = node.get_extents(Atspi.CoordType.WINDOW if is_gtk4 else Atspi.CoordType.SCREEN)
        return [box.x + box.width // 2, box.y + box.height // 2]
    if request['do'] == 'read':
        return Atspi.Text.get_text(node, 0, Atspi.Text.get_character_count(node))
    return node.get_name()


def main():
    Atspi.init()
    for line in sys.stdin:
        try:
            print(json.dumps({'value': answer(sys.argv[1], json.loads(line))}), flush=True)
        except (NotThere, GLib.Error) as error:
            print(json.dumps({'error': str(error)}), flush=True)


main()
