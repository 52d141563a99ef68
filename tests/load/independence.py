#!/usr/bin/env python3
"""What a projection in trouble costs recording and the other projections.

    independence.py REFOLD [--seconds N] [--rate N] [--events N] [--json]

A firehose offers --rate events a second. In each phase something is wrong with one projection,
which is in a process of its own, as every plugin is that does not come with Refold: it is rebuilt
again and again, fails, crashes, or hangs and is ended, and each time it is told to try again.
Before and after each phase nothing is wrong. A row says how many events a second were recorded, and
how many the slowest of the other projections applied; how many events that one was behind the log;
and how much less of both there was than in the calm before and after, in percent.
"""

import sys
import threading
import time

import stage

LOOK = 0.05
OTHERS = ("records", "stats")
TROUBLES = ("rebuilt", "fails", "crashes", "hangs")
VICTIM = "victim"
CALL_TIME_MAX = "3s"


def position(engine):
    """(time, last event of the log, last event that the slowest of the others has applied)"""
    told = engine.ask("/projections")
    slowest = min(one["generations"][-1]["seq"] for one in told["projections"]
                  if one["projection"] in OTHERS)
    return time.monotonic(), told["log_last"], slowest


def watch(engine, seconds):
    looks = [position(engine)]
    while looks[-1][0] < looks[0][0] + seconds:
        time.sleep(LOOK)
        looks.append(position(engine))
    took = looks[-1][0] - looks[0][0]
    behind = [max(0, last - applied) for _, last, applied in looks]
    return {"recorded_per_second": (looks[-1][1] - looks[0][1]) / took,
            "applied_per_second": (looks[-1][2] - looks[0][2]) / took,
            "behind_p50": stage.percentile(behind, 0.5),
            "behind_p99": stage.percentile(behind, 0.99)}


class Trouble:
    """Has the victim be in trouble again as soon as it is over, until the end; so many times."""

    def __init__(self, engine, kind):
        self.engine, self.kind, self.times = engine, kind, 0
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        if self.kind != "rebuilt":
            library = self.engine.victims / f"{self.kind}.so"
            # It may fail while it is loaded: that is what it is there for.
            self.engine.run("plugin", "load", library, "--name", VICTIM, "--isolation", "process")
        self.thread.start()
        return self

    def run(self):
        again = ["replay" if self.kind == "rebuilt" else "retry", VICTIM]
        while not self.ending.is_set():
            self.times += 1
            self.engine.run("projection", *again)
            time.sleep(0.05)

    def __exit__(self, *_):
        self.ending.set()
        if self.kind != "rebuilt":
            state = self.engine.json("projection", "show", VICTIM)["state"]
            if state == "live":
                raise stage.Failed(f"{self.kind}: nothing is wrong with what should be in trouble")
            # Ends what is under way, too.
            self.engine.refold("plugin", "unload", VICTIM)
        self.thread.join()


def less(during, *calm):
    """How much less it is than on average otherwise, in percent."""
    usual = sum(calm) / len(calm)
    return round(100 * (1 - during / usual), 2)


def phase(engine, kind, seconds, before):
    """The rows of the phase and of the calm after it."""
    with Trouble(engine, kind) as trouble:
        during = watch(engine, seconds)
        times = trouble.times
    time.sleep(min(1, seconds / 4))
    after = watch(engine, seconds)
    names = ("recorded_per_second", "applied_per_second")
    cost = max(less(during[name], before[name], after[name]) for name in names)
    return [{"phase": kind, "times": times, **during, "cost_percent": cost},
            {"phase": "calm", "times": 0, **after, "cost_percent": 0.0}]


def main():
    options = stage.arguments(__doc__, seconds=15.0, rate=5_000, events=200_000, victims="")
    victims = stage.pathlib.Path(options.victims or options.refold.parents[2] / "tests" / "load")
    phases = 1 + 2 * len(TROUBLES)
    events = options.events + int(options.rate * phases * (options.seconds + 6))
    with stage.folder(options) as place, stage.Source(options, place, events) as source:
        projections = [stage.shipped(options, name) for name in OTHERS]
        with stage.Engine(place / "engine", [source.configured()], projections,
                          limits={"plugin_call_time_max": CALL_TIME_MAX,
                                  "map_bytes": "16GiB"}) as engine:
            engine.victims = victims.resolve()
            source.fill(engine, options.events)
            file = projections[0]["plugin"]
            engine.refold("plugin", "load", file, "--name", VICTIM, "--isolation", "process")
            source.rate(options.rate)
            time.sleep(min(2, options.seconds))
            rows = [{"phase": "calm", "times": 0, **watch(engine, options.seconds),
                     "cost_percent": 0.0}]
            for kind in TROUBLES:
                rows += phase(engine, kind, options.seconds, rows[-1])
                if kind == "rebuilt":
                    engine.refold("plugin", "unload", VICTIM)
            late = source.sent()[1]
            source.rate(0)
            if engine.stop() != 0:
                raise stage.Failed(f"the engine did not stop well:\n{engine.told()[-2000:]}")
    for row in rows:
        row["offered_per_second"] = options.rate
    if late > options.rate:
        print(f"independence: {late} events were not taken when they were offered", file=sys.stderr)
    stage.report(options, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
