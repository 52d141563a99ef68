#!/usr/bin/env python3
"""A firehose that sends the frames of a capture at a given rate: feeder.py FILE

A process of its own, so that nothing else slows it down. It prints its address, then takes a line
for each thing it is asked: "rate N" (frames a second from now on; "max": as many as are taken) and
"sent" (prints how many have gone out, and how many were due and have not). It ends with its
standard input. A client goes on behind its cursor: frame N of the file is number N.
"""

import array
import mmap
import pathlib
import struct
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from firehose import BINARY, Firehose, _framed  # noqa: E402  pylint: disable=wrong-import-position

TICK = 0.005
AT_ONCE = 256


def places_in(data):
    """Where each frame begins, behind its length; and where the last one ends."""
    places, at = array.array("Q"), 0
    while at < len(data):
        places.append(at + 4)
        at += 4 + struct.unpack_from(">I", data, at)[0]
    places.append(at + 4)
    return places


class Feeder(Firehose):
    """What Firehose is, of a file that is too large to be read, and by the clock."""

    def __init__(self, path):
        super().__init__([])
        with open(path, "rb") as file:
            self.data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.places = places_in(self.data)
        self.count = len(self.places) - 1
        self.due = 0.0  # how many should have gone out
        self.rate = 0.0
        self.since = time.monotonic()

    def set_rate(self, rate):
        """None: as many as are taken."""
        with self._changed:
            self._advance()
            self.due = float(self._sent)
            self.rate = self.count / TICK if rate is None else rate
            self._changed.notify_all()

    def told(self):
        with self._changed:
            self._advance()
            return self._sent, int(self.due) - self._sent

    def _advance(self):
        now = time.monotonic()
        self.due = min(self.due + (now - self.since) * self.rate, float(self.count))
        self.since = now

    def _first_after(self, cursor):
        return min(cursor or 0, self.count)

    def _send(self, connection, sending, cursor):
        at = self._first_after(cursor)
        try:
            while not self._ended:
                with self._changed:
                    self._advance()
                    upto = min(int(self.due), at + AT_ONCE)
                if upto <= at:
                    time.sleep(TICK)
                    continue
                data = b"".join(_framed(BINARY, self.data[self.places[i]:self.places[i + 1] - 4])
                                for i in range(at, upto))
                with sending:
                    connection.sendall(data)
                at = upto
                with self._changed:
                    self._sent = at
        except OSError:
            pass


def main():
    with Feeder(sys.argv[1]) as feeder:
        print(feeder.url, feeder.count, flush=True)
        for line in sys.stdin:
            words = line.split()
            if words[0] == "rate":
                feeder.set_rate(None if words[1] == "max" else float(words[1]))
            else:
                print(*feeder.told(), flush=True)


if __name__ == "__main__":
    threading.stack_size(1 << 18)
    main()
