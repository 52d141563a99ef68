"""A real PDS and PLC directory on loopback, for tests: see drive.mjs for what they are asked.

    with Network(folder) as network:
        did = network.account(name="ada")["did"]
        wrote = network.write(did=did, writes=[{"action": "create", "collection": ...}])
        ... network.firehose, network.pds, network.plc, network.proxy: addresses
        network.kill_pds(); network.start_pds()
"""

import json
import pathlib
import queue
import re
import subprocess
import threading

HERE = pathlib.Path(__file__).resolve().parent


def installed():
    """Whether install.sh has been run; tests that need the PDS are skipped otherwise."""
    check = [HERE / "install.sh", "--check"]
    return subprocess.run(check, stdout=subprocess.DEVNULL, check=False).returncode == 0


class Network:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.wrote = []  # what load has written so far, as drive.mjs tells it
        self._answers = queue.Queue()

    def __enter__(self):
        command = [HERE / "node.sh", "drive.mjs", self.folder]
        self._node = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        vars(self).update(self.ask("start"))
        return self

    def __exit__(self, *_):
        self._node.stdin.close()
        self._reader.join()
        self._node.wait()
        self._node.stdout.close()

    def __getattr__(self, name):
        """network.kill_pds() asks {"do": "killPds"}."""
        if name.startswith("_"):
            raise AttributeError(name)
        command = re.sub("_(.)", lambda match: match[1].upper(), name)
        return lambda **given: self.ask(command, **given)

    def ask(self, command, **given):
        self._node.stdin.write(json.dumps({"do": command, **given}) + "\n")
        self._node.stdin.flush()
        answer = self._answers.get()
        if answer is None:
            raise RuntimeError(f"{command}: drive.mjs has ended; see {self.folder}")
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["ok"]

    def _read(self):
        for line in self._node.stdout:
            told = json.loads(line)
            if "wrote" in told:
                self.wrote.append(told)
            else:
                self._answers.put(told)
        self._answers.put(None)
