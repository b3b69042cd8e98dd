# SPDX-License-Identifier: LGPL-2.1-or-later
"""A network and a machine for tests, in namespaces, with real peers.  See ../README.md."""
