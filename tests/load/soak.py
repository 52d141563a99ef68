#!/usr/bin/env python3
"""Much traffic at full speed, while everything else goes on; in the end everything is checked.

    soak.py REFOLD [--events N] [--piece N] [--json]

Events are imported piece by piece, as frames and as JSON lines in turn. Meanwhile projections are
asked, rebuilt and rolled back, and upgraded from a thread to a process and back, again and again. A
row is a tenth of the way. In the end the log is verified, and every view compared with a clean
rebuild; the engine's memory must not grow any more in the last quarter. Ten million events need 15
GB of disk.
"""

import itertools
import subprocess
import sys
import threading
import time

import stage

HOURS = 12 * 3600
ROWS = 10
MORE_MAX = 1.2  # of memory in the last quarter, to that in the one before
MORE_MIB = 64  # what it may be in any case


class Worker(threading.Thread):
    """Does its step again and again; what fails ends the soak."""

    def __init__(self, engine, pause):
        super().__init__(daemon=True)
        self.engine, self.pause, self.done = engine, pause, 0
        self.ending = threading.Event()
        self.fault = None

    def run(self):
        steps = self.steps()
        while not self.ending.wait(self.pause):
            try:
                next(steps)
                self.done += 1
            except Exception as fault:  # pylint: disable=broad-except
                self.fault = fault
                return

    def must(self, *words):
        done = self.engine.run(*words, timeout=HOURS)
        if done.returncode != 0:
            raise stage.Failed(f"refold {' '.join(map(str, words))}: {done.stdout}{done.stderr}")
        return done.stdout


class Queries(Worker):
    def steps(self):
        asked = [("stats", "total", {"collection": "app.bsky.feed.like"}), ("stats", "top", {}),
                 ("records", "count", {"collection": "app.bsky.feed.post"}),
                 ("again", "total", {})]
        for projection, query, parameters in itertools.cycle(asked):
            self.engine.query(projection, query, **parameters)
            yield


class Replays(Worker):
    def steps(self):
        for name in itertools.cycle(("stats", "records", "again")):
            self.must("projection", "replay", name)
            yield
            self.must("projection", "rollback", name)
            self.must("projection", "prune", name)
            yield


class Upgrades(Worker):
    """Of a projection of its own: two commands about one at a time are refused, and rightly."""

    def steps(self):
        for isolation in itertools.cycle(("process", "thread")):
            self.must("plugin", "upgrade", "upgraded", "--isolation", isolation)
            yield
            self.must("projection", "prune", "upgraded")
            yield


class Memory(Worker):
    def __init__(self, engine):
        super().__init__(engine, 0.5)
        self.samples = []  # (events, MiB)

    def steps(self):
        while True:
            pid = self.engine.process.pid
            self.samples.append((self.engine.last(), stage.memory_mib(pid)))
            yield

    def between(self, share, until):
        """The median of a part of the way, by events."""
        last = self.samples[-1][0]
        return stage.percentile([mib for events, mib in self.samples
                                 if share * last <= events <= until * last], 0.5)


def pieces(options, place):
    """The files, each while the one before it is imported."""
    count = max(1, -(-options.events // options.piece))

    def begin(number):
        file = place / f"piece-{number}"
        command = [options.bench, "generate", "--events", options.piece, "--seed", number + 1,
                   "--form", "lines" if number % 2 else "frames", "--output", file]
        return file, subprocess.Popen([str(word) for word in command])

    following = begin(0)
    for number in range(count):
        file, process = following
        if process.wait() != 0:
            raise stage.Failed("refold-bench generate has failed")
        following = begin(number + 1) if number + 1 < count else None
        yield number + 1, count, file
        file.unlink()


def go_through(options, place, engine, workers):
    """Rows, one for each tenth of the way."""
    rows, began = [], time.monotonic()
    memory, replays, upgrades, queries = workers
    for number, count, file in pieces(options, place):
        at, since = engine.last(), time.monotonic()
        said = memory.must("import", file, "--source", f"piece-{number}")
        if engine.last() < at + 0.99 * options.piece:
            raise stage.Failed(f"of {options.piece} events {engine.last() - at} came:\n{said}")
        for worker in workers:
            if worker.fault:
                raise worker.fault
        if number * ROWS // count > (number - 1) * ROWS // count:
            rows.append({"events": engine.last(), "seconds": time.monotonic() - began,
                         "events_per_second": (engine.last() - at) / (time.monotonic() - since),
                         "replays": replays.done, "upgrades": upgrades.done,
                         "queries": queries.done,
                         "memory_MiB": stage.memory_mib(engine.process.pid)})
    return rows


def check(engine, memory):
    memory.must("log", "verify")
    for one in engine.json("projection", "list"):
        memory.must("projection", "wait", one["projection"])
        print(memory.must("projection", "verify", one["projection"]), end="", file=sys.stderr)
    before, last = memory.between(0.5, 0.75), memory.between(0.75, 1)
    if last > before * MORE_MAX + MORE_MIB:
        raise stage.Failed(f"memory still grows: {before:.0f} MiB, then {last:.0f} MiB")
    if engine.stop() != 0:
        raise stage.Failed(f"the engine did not stop well:\n{engine.told()[-2000:]}")


def main():
    options = stage.arguments(__doc__, events=10_000_000, piece=500_000)
    options.piece = min(options.piece, options.events)
    with stage.folder(options) as place:
        stats = stage.shipped(options, "stats")
        projections = [stage.shipped(options, "records"), stats, {**stats, "name": "again"}]
        with stage.Engine(place / "engine", [], projections,
                          limits={"map_bytes": "64GiB"}) as engine:
            engine.refold("plugin", "load", stats["plugin"], "--name", "upgraded")
            workers = [Memory(engine), Replays(engine, 0.1), Upgrades(engine, 0.1),
                       Queries(engine, 0.01)]
            for worker in workers:
                worker.start()
            rows = go_through(options, place, engine, workers)
            for worker in workers:
                worker.ending.set()
                worker.join()
                if worker.fault:
                    raise worker.fault
            check(engine, workers[0])
    stage.report(options, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
