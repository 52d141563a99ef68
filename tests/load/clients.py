#!/usr/bin/env python3
"""What slow and broken clients cost the others, and the engine.

    clients.py REFOLD [--seconds N] [--crowd N] [--idle N] [--json]

A crowd of clients misbehaves in one way, over and over; meanwhile wrk asks a projection over a few
connections, as a good client does, and each of its questions must be answered. A row says how it
fared, how many connections the engine had open, and how much memory it had, at most.
"""

import contextlib
import os
import resource
import shutil
import socket
import sys
import threading
import time

import queries
import stage

PATIENCE = 5
MEMORY_MORE_MAX = 256  # MiB
ASK = b"GET /projections/stats/query/kinds HTTP/1.1\r\nHost: a\r\n\r\n"


class Crowd(threading.Thread):
    """So many connections, each of which does its bit in every round; then it is opened anew."""

    pause = 0.2

    def __init__(self, port, size):
        super().__init__(daemon=True)
        self.port, self.size = port, size
        self.ending = threading.Event()
        self.closed = 0  # by the engine
        self.there = threading.Event()
        self.round = 0

    def run(self):
        members = [None] * self.size
        while not self.ending.is_set():
            for at in range(self.size):
                if self.ending.is_set():
                    break
                try:
                    members[at] = self.turn(members[at], at)
                except OSError:
                    self.closed += 1
                    self.leave(members[at])
                    members[at] = None
            self.round += 1
            self.there.set()
            self.ending.wait(self.pause)
        for one in members:
            self.leave(one)

    @staticmethod
    def leave(one):
        if one is not None:
            with contextlib.suppress(OSError):
                one.close()

    def turn(self, one, at):
        if one is None:
            one = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
            one.setblocking(False)
        return self.act(one, at)

    def act(self, one, at):
        """Returns the connection, or None if it is over."""
        if one.recv(1) == b"":
            raise ConnectionResetError
        return one


class Idle(Crowd):
    """says nothing"""

    pause = 1

    def act(self, one, at):
        with contextlib.suppress(BlockingIOError):
            if one.recv(1) == b"":
                raise ConnectionResetError
        return one


class Slow(Idle):
    """says one byte of a header at a time"""

    pause = 0.2

    def act(self, one, at):
        one.send((b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 10_000)[self.round %
                                                                           10_000:][:1])
        return super().act(one, at)


class HalfClosed(Crowd):
    """asks, or begins to, and closes its side"""

    def act(self, one, at):
        one.setblocking(True)
        one.settimeout(PATIENCE)
        one.sendall(ASK[:len(ASK) if at % 2 else 20])
        one.shutdown(socket.SHUT_WR)
        while one.recv(65_536):
            pass
        one.close()


class Oversized(Crowd):
    """has too long a target or header, or a body without end"""

    SENT = [b"GET /" + b"a" * 1_000_000,
            b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 30_000,
            b"POST /admin/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n" +
            b"a" * 1_000_000,
            b"POST /admin/reload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
            b"10000\r\n" + b"a" * 65_536 + b"\r\n10000\r\n" + b"a" * 65_536]

    def act(self, one, at):
        with contextlib.suppress(BlockingIOError):
            one.send(self.SENT[at % len(self.SENT)])
            while one.recv(65_536):
                pass
            one.close()
            return None
        return one


class Garbage(Oversized):
    """sends what is no HTTP"""

    SENT = [os.urandom(5_000), b"\0" * 5_000, b"GET\r\n\r\n" * 500, b"\x16\x03\x01\x02\x00" * 500]


class Deaf(Crowd):
    """asks again and again, and does not read the answers"""

    def act(self, one, at):
        with contextlib.suppress(BlockingIOError):
            one.send(b"GET /log/events?limit=1000 HTTP/1.1\r\nHost: a\r\n\r\n" * 20)
        return one


class Gone(Crowd):
    """asks, and is gone"""

    def act(self, one, at):
        one.send(ASK)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        one.close()


class Watch(threading.Thread):
    """The most memory and descriptors that the engine has."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.memory, self.descriptors = pid, 0.0, 0
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            self.memory = max(self.memory, stage.memory_mib(self.pid))
            self.descriptors = max(self.descriptors, stage.descriptors(self.pid))
            self.ending.wait(0.1)


def measure(options, place, engine, crowd):
    watch = Watch(engine.process.pid)
    watch.start()
    if crowd:
        crowd.start()
        crowd.there.wait(60)
    found = queries.wrk(options, engine, place, [queries.LIKES])
    for one in (crowd, watch):
        if one:
            one.ending.set()
            one.join()
    return {"crowd": crowd.__doc__ if crowd else "none", "clients": crowd.size if crowd else 0,
            "rounds": crowd.round if crowd else 0, "ended_by_the_engine": crowd.closed if crowd else
            0, "requests_per_second": found["requests"] / (found["microseconds"] / 1e6),
            "p99_ms": found["p99"] / 1000, "most_ms": found["most"] / 1000,
            "not_answered": found["refused"] + found["broken"],
            "descriptors": watch.descriptors, "memory_MiB": watch.memory}


def settled(engine, usual):
    """Whether the engine comes to have no more open than it had."""
    pid = engine.process.pid
    return stage.comes_true(lambda: stage.descriptors(pid) <= usual + 50, 60)


def main():
    options = stage.arguments(__doc__, seconds=10, connections=8, crowd=1_000, idle=10_000,
                              events=50_000)
    if shutil.which("wrk") is None:
        print("wrk is not installed (tests/packages.sh test): skipped")
        return 77
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    options.idle = min(options.idle, most - 500)
    with stage.folder(options) as place, stage.Source(options, place, options.events) as source:
        with stage.Engine(place / "engine", [source.configured()],
                          [stage.shipped(options, "stats")]) as engine:
            source.fill(engine, options.events)
            usual = stage.descriptors(engine.process.pid)
            rows = [measure(options, place, engine, None)]
            for kind in (Idle, Slow, HalfClosed, Oversized, Garbage, Deaf, Gone):
                size = options.idle if kind is Idle else options.crowd
                rows.append(measure(options, place, engine, kind(engine.port, size)))
                if not settled(engine, usual):
                    raise stage.Failed(f"of a crowd that {kind.__doc__}, many are still there")
            if engine.stop() != 0:
                raise stage.Failed(f"the engine did not stop well:\n{engine.told()[-2000:]}")
    stage.report(options, rows)
    for row in rows:
        if row["not_answered"]:
            raise stage.Failed(f"{row['crowd']}: {row['not_answered']} questions were not answered")
        if row["memory_MiB"] > rows[0]["memory_MiB"] + MEMORY_MORE_MAX:
            raise stage.Failed(f"{row['crowd']}: {row['memory_MiB']:.0f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
