# SPDX-License-Identifier: LGPL-2.1-or-later
"""What was on the wire: tcpdump, and a reader for its files."""
import contextlib
import os
import struct
import time
from dataclasses import dataclass

from . import net, world

XAUTH_OR_CONFIG, AGGRESSIVE, MAIN, QUICK, INFORMATIONAL = 6, 4, 2, 32, 5


@dataclass
class Packet:
    when: float
    source: str
    destination: str
    size: int               # of the IP packet
    is_fragment: bool
    protocol: int
    source_port: int
    destination_port: int
    payload: bytes          # of UDP; of TCP with its header

    @property
    def isakmp(self):
        """The ISAKMP message, or None."""
        if self.protocol != 17 or self.is_fragment:
            return None
        if 500 in (self.source_port, self.destination_port):
            return self.payload
        if 4500 in (self.source_port, self.destination_port) and self.payload[:4] == bytes(4):
            return self.payload[4:]
        return None

    @property
    def is_esp(self):
        return (self.protocol == 17 and 4500 in (self.source_port, self.destination_port)
                and len(self.payload) > 8 and self.payload[:4] != bytes(4))

    @property
    def exchange(self):
        message = self.isakmp
        return message[18] if message and len(message) >= 28 else None


def _parse(when, frame):
    if frame[12:14] != b'\x08\x00':
        return None
    packet = frame[14:]
    header = (packet[0] & 15) * 4
    size, fragment = struct.unpack_from('>H2xH', packet, 2)
    is_fragment = fragment & 0x3fff != 0
    protocol = packet[9]
    source, destination = ('.'.join(map(str, packet[at:at + 4])) for at in (12, 16))
    body = packet[header:size]
    ports = struct.unpack_from('>HH', body) if protocol in (6, 17) and len(body) >= 4 \
        and fragment & 0x1fff == 0 else (0, 0)
    return Packet(when, source, destination, size, is_fragment, protocol, *ports,
                  body[8:] if protocol == 17 else body)


def read(path):
    with open(path, 'rb') as file:
        data = file.read()
    packets, at = [], 24
    while at + 16 <= len(data):
        seconds, micros, length = struct.unpack_from('<III', data, at)
        if at + 16 + length > len(data):
            break
        packet = _parse(seconds + micros / 1e6, data[at + 16:at + 16 + length])
        if packet:
            packets.append(packet)
        at += 16 + length
    return packets


class Capture:
    def __init__(self, path):
        self.path = path

    def packets(self):
        return read(self.path)

    def sent(self, source):
        return [packet for packet in self.packets() if packet.source == source]


@contextlib.contextmanager
def capture(host, link, name, words='ip'):
    """Records what passes a link of a host while the block runs."""
    path = world.logs(name + '.pcap')
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    child = net.spawn_on(host, 'tcpdump', 'tcpdump', '-Z', 'root', '--immediate-mode', '-U', '-n',
                         '-s', '0', '-i', link, '-w', path, words)
    world.wait_for('tcpdump', lambda: os.path.getsize(path) >= 24)
    time.sleep(0.1)
    try:
        yield Capture(path)
        time.sleep(0.2)
    finally:
        world.stop(child)


def mss_of(packet):
    """The MSS option of a TCP SYN, or None."""
    segment = packet.payload
    if packet.protocol != 6 or len(segment) < 20 or not segment[13] & 2:
        return None
    at, end = 20, (segment[12] >> 4) * 4
    while at < end and segment[at] != 0:
        if segment[at] == 1:
            at += 1
            continue
        if segment[at] == 2:
            return struct.unpack_from('>H', segment, at + 2)[0]
        at += max(segment[at + 1], 2)
    return None
