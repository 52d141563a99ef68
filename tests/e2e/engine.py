"""A running engine, from outside: the real program, its commands, and HTTP.

    with Engine(folder, sources=[...]) as engine:
        engine.ask("/projections/beans/query/top", limit=3)
        engine.refold("projection", "list")
        engine.kill(); engine.start()

REFOLD names the program, REFOLD_PLUGINS the folder with the plugins that the tests load.
"""

import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import capture

REFOLD = os.environ.get("REFOLD", "refold")
PLUGINS = pathlib.Path(os.environ.get("REFOLD_PLUGINS", "."))
# Sanitizers and busy machines are slow; nothing here waits for this long in a good run.
PATIENCE = 120


def free_port():
    import socket
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def comes_true(question, seconds=PATIENCE, pause=0.02):
    until = time.monotonic() + seconds
    while not (answer := question()):
        if time.monotonic() > until:
            return answer
        time.sleep(pause)
    return answer


def toml(name, tables):
    """[[name]] tables; their values are texts, numbers, truths and lists of texts."""
    lines = []
    for table in tables:
        lines.append(f"[[{name}]]")
        lines += [f"{key} = {json.dumps(value) if not isinstance(value, dict) else inline(value)}"
                  for key, value in table.items()]
    return "\n".join(lines) + "\n"


def inline(values):
    inside = ", ".join(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in values.items())
    return "{ " + inside + " }"


class Failed(RuntimeError):
    """A command that did not end with status 0."""


class Engine:
    def __init__(self, folder, sources=(), projections=(), **settings):
        """`settings`: of refold.toml, like limits={"map_bytes": "4GiB"}."""
        self.settings = settings
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data = self.folder / "data"
        self.port = free_port()
        self.lines = self.folder / "lines"
        self.process = None
        self.configure(sources, projections)

    def configure(self, sources=(), projections=()):
        """Writes refold.toml; a running engine hears of it by reload."""
        self.config = self.folder / "refold.toml"
        tables = {"http": {"listen": f"127.0.0.1:{self.port}"},
                  "limits": {"disk_free_min": "1MiB", "map_bytes": "1GiB",
                             "stop_time_max": "110s"}}
        for table, values in self.settings.items():
            tables.setdefault(table, {}).update(values)
        self.config.write_text(
            f"data = {json.dumps(str(self.data))}\n" +
            "".join(f"{table}.{key} = {json.dumps(value)}\n"
                    for table, values in tables.items() for key, value in values.items()) + "\n" +
            toml("source", sources) + toml("projection", projections))
        self.config.chmod(0o600)

    def launch(self):
        """Starts it, and does not wait until it answers."""
        with open(self.lines, "ab") as lines:
            self.process = subprocess.Popen([REFOLD, "run", "--config", self.config],
                                            stdin=subprocess.DEVNULL, stdout=lines, stderr=lines)

    def start(self):
        self.launch()
        if not comes_true(self.answers):
            raise Failed(f"the engine does not answer:\n{self.told()[-4000:]}")
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise Failed(f"the engine has ended ({self.process.returncode}):\n"
                         f"{self.told()[-4000:]}")
        try:
            return (self.ask("/healthz")["status"] == "ok" and
                    "are being loaded" not in str(self.get("/readyz")))
        except OSError:
            return False

    def told(self):
        return self.lines.read_text(errors="replace")

    __enter__ = start

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """In good order; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    # HTTP

    def get(self, path, **parameters):
        """(status, headers, body)"""
        query = urllib.parse.urlencode(parameters)
        url = f"http://127.0.0.1:{self.port}{path}" + (f"?{query}" if query else "")
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.headers, refusal.read().decode()

    def ask(self, path, **parameters):
        """The JSON of an answer that is no refusal."""
        status, _, body = self.get(path, **parameters)
        if status != 200:
            raise Failed(f"{path} {parameters}: {status} {body}")
        return json.loads(body)

    def query(self, projection, query, **parameters):
        return self.ask(f"/projections/{projection}/query/{query}", **parameters)

    def last(self):
        return self.ask("/log/stat")["last"]

    def reaches(self, events):
        """Whether the log comes to have as many events."""
        return comes_true(lambda: self.last() >= events)

    # The command

    def run(self, *words, timeout=600):
        """The finished command, with the engine or without."""
        return subprocess.run([REFOLD, *map(str, words), "--data", self.data], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                              check=False)

    def refold(self, *words):
        done = self.run(*words)
        if done.returncode != 0:
            raise Failed(f"refold {' '.join(map(str, words))}: {done.returncode}\n"
                         f"{done.stdout}{done.stderr}")
        return done.stdout

    def json(self, *words):
        return json.loads(self.refold(*words, "--json"))

    def events(self):
        """The log, as it was witnessed."""
        lines = self.refold("log", "read", "--history", "--json")
        return [json.loads(line) for line in lines.split("\n") if line]

    def verify_views(self):
        """Every view is compared with a clean rebuild; the names."""
        names = [one["projection"] for one in self.json("projection", "list")]
        for name in names:
            self.refold("projection", "wait", name)
            self.refold("projection", "verify", name)
        return names


def source_of(server, name="network", **more):
    return {"name": name, "kind": "firehose", "url": server if isinstance(server, str) else
            server.url, "private_addresses": True, "start": "oldest", **more}


def capture_of(file, name="capture"):
    return {"name": name, "kind": "capture", "file": str(file)}


def plugin(name, file=None, **more):
    return {"name": name, "plugin": str(PLUGINS / f"{file or name}.so"), **more}


ARABICA = [plugin(name, "arabica", projection=name)
           for name in ("beans", "gear", "talk", "recipes", "feed")]
SHIPPED = capture.DATA
