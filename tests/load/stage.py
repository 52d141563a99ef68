"""What the measurements of a running engine share: its options, its input, its rows.

    options = stage.arguments(__doc__, events=100_000)
    with stage.folder(options) as folder, stage.Source(options, folder, events) as source:
        with stage.Engine(folder / "engine", [source.configured()], [...]) as engine:
            source.fill(engine, 50_000)     # recorded, as quickly as it takes them
            source.rate(1_000)              # from now on, by the clock
"""

import argparse
import contextlib
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import engine as e2e  # noqa: E402  pylint: disable=wrong-import-position
from engine import Engine, Failed, comes_true  # noqa: E402,F401

TICKS = os.sysconf("SC_CLK_TCK")


def arguments(about, **more):
    """The options of a script: those of all, and whole numbers with these defaults."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("refold", type=pathlib.Path, help="the program, as a release builds it")
    parser.add_argument("--plugins", type=pathlib.Path, help="the folder of records.so and stats.so"
                        " (default: from the build that the program is in)")
    parser.add_argument("--bench", type=pathlib.Path, help="refold-bench (default: likewise)")
    parser.add_argument("--folder", type=pathlib.Path, help="where to write (default: temporary)")
    parser.add_argument("--json", action="store_true", help="one JSON object a row")
    for name, default in more.items():
        if isinstance(default, bool):
            parser.add_argument(f"--{name}", action="store_true")
        else:
            parser.add_argument(f"--{name.replace('_', '-')}", type=type(default),
                                default=default, help=f"(default: {default})")
    options = parser.parse_args()
    options.refold = options.refold.resolve()
    build = options.refold.parents[2]
    options.plugins = (options.plugins or build / "plugins").resolve()
    options.bench = options.bench or build / "tests" / "bench" / "refold-bench"
    e2e.REFOLD = str(options.refold)
    return options


@contextlib.contextmanager
def folder(options):
    if options.folder:
        options.folder.mkdir(parents=True)
        yield options.folder.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="refold-load-") as made:
        yield pathlib.Path(made)


def shipped(options, name, **more):
    """A projection that comes with Refold, where it runs when it is installed: in a thread."""
    file = next(options.plugins.rglob(f"{name}.so"), None)
    if file is None:
        sys.exit(f"{sys.argv[0]}: there is no {name}.so below {options.plugins}; name --plugins")
    return {"name": name, "plugin": str(file), "isolation": "thread", **more}


def generate(options, file, events, seed=1, form="frames"):
    subprocess.run([options.bench, "generate", "--events", str(events), "--seed", str(seed),
                    "--form", form, "--output", file], check=True)


class Source:
    """Synthetic events as frames of a firehose, sent by a process of its own."""

    def __init__(self, options, place, events):
        file = place / "frames"
        generate(options, file, events)
        self.process = subprocess.Popen([sys.executable, "-B", HERE / "feeder.py", file],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url, count = self.process.stdout.readline().split()
        self.count = int(count)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def configured(self):
        return e2e.source_of(self.url, "traffic")

    def rate(self, rate):
        self.process.stdin.write(f"rate {rate}\n")
        self.process.stdin.flush()

    def sent(self):
        """(how many have gone out, how many are late)"""
        self.process.stdin.write("sent\n")
        self.process.stdin.flush()
        sent, late = self.process.stdout.readline().split()
        return int(sent), int(late)

    def fill(self, engine, events):
        """Has the engine record about as many, and its projections apply them."""
        self.rate("max")
        comes_true(lambda: self.sent()[0] >= events, 600)
        self.rate(0)
        sent = self.sent()[0]
        # An event may be one that the log knows: notices with the same content.
        if not comes_true(lambda: engine.last() >= 0.99 * sent, 600):
            raise Failed(f"{sent} events were sent, and {engine.last()} are in the log:\n"
                         f"{engine.told()[-2000:]}")
        for one in engine.ask("/projections")["projections"]:
            engine.refold("projection", "wait", one["projection"])


# Processes


def processes(pid):
    """The process and those that it has started."""
    found = [pid]
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def cpu_seconds(pid):
    """Of a process and those that it has started, as long as they live."""
    total = 0
    for one in processes(pid):
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def memory_mib(pid):
    """What a process has for itself, without files of which it sees the system's cache."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    return 0.0


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Clock:
    """Times, and what a process used of them."""

    def __init__(self, engine, source):
        self.engine, self.source = engine, source
        self.began, self.last = time.monotonic(), engine.last()
        self.cpu = [cpu_seconds(one.process.pid) for one in (engine, source)]

    def stop(self):
        seconds = time.monotonic() - self.began
        cpu = [cpu_seconds(one.process.pid) for one in (self.engine, self.source)]
        return {"seconds": seconds, "ingest": (self.engine.last() - self.last) / seconds,
                "engine_cores": (cpu[0] - self.cpu[0]) / seconds,
                "source_cores": (cpu[1] - self.cpu[1]) / seconds}


# Rows


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def figure(value):
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def report(options, rows):
    """Dictionaries with the same names, as a table or as JSON lines."""
    if options.json:
        for row in rows:
            print(json.dumps(row))
        return
    names = list(rows[0])
    print("| " + " | ".join(name.replace("_", " ") for name in names) + " |")
    print("|" + "---|" * len(names))
    for row in rows:
        print("| " + " | ".join(figure(row[name]) for name in names) + " |")
