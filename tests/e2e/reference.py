#!/usr/bin/env python3
"""Writes the references in docs/reference/, of what the program says of itself. REFOLD names it."""

import functools
import os
import pathlib
import subprocess
import tempfile

from engine import Engine, REFOLD

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reference"
MADE = "<!-- Made by tests/e2e/reference.py of what the program says: change that, not this. -->"


def help_of(words):
    return _help_of(tuple(words))


@functools.cache
def _help_of(words):
    # Nothing of who runs this: the environment has defaults, and the terminal a width.
    told = subprocess.run([REFOLD, *words, "--help"], env={"PATH": os.defpath}, check=True,
                          capture_output=True, text=True)
    return told.stdout.rstrip() + "\n"


def commands_in(text):
    """The names that a help lists below "Commands:"."""
    lines = text.partition("\nCommands:\n")[2].partition("\n\n")[0].split("\n")
    return [line.split()[0] for line in lines if line.startswith("  ") and line[2:3].strip()]


def commands():
    """[(words, help)] of all commands, in the order of the help, those with more below left out."""
    found = []

    def visit(words):
        text = help_of(words)
        below = commands_in(text)
        for name in below:
            visit([*words, name])
        if not below or not words:
            found.append((words, text))

    visit([])
    return [found[-1], *found[:-1]]


def cli():
    lines = ["# Every command", "", MADE, "",
             "What `refold --help` and `refold COMMAND --help` say. What the output means, and all "
             "that does not fit", "there: [the command line](../cli.md).", ""]
    for words, text in commands():
        lines += [f"## refold {' '.join(words)}".rstrip(), "", "```", text.rstrip(), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def parameter_row(one):
    schema = one.get("schema", {})
    kind = schema.get("type", "")
    if kind == "array":
        schema, kind = schema["items"], schema["items"]["type"] + ", may be repeated"
    if "maximum" in schema:
        kind += f", at most {schema['maximum']}"
    default = f"`{schema['default']}`" if "default" in schema else ""
    if one.get("required"):
        default = "must be given"
    name = "..." if schema.get("type") == "object" else f"`{one['name']}`"
    return f"| {name} | {kind} | {default} | {one.get('description', '')} |"


def route(path, method, operation):
    lines = [f"### {method.upper()} {path}", "", operation["summary"] + ".", ""]
    asked = [one for one in operation["parameters"] if one["in"] == "query"]
    if asked:
        lines += ["| parameter | type | default | |", "|---|---|---|---|"]
        lines += [*map(parameter_row, asked), ""]
    answers = operation["responses"]
    told = sorted(status for status, one in answers.items() if "content" in one)
    gives = ", ".join(answers[told[0]]["content"])
    statuses = "" if told == ["200"] else f" ({', '.join(told)})"
    refusals = ", ".join(sorted(status for status in answers if status not in told))
    return lines + [f"Answers {gives}{statuses}; refuses with {refusals}.", ""]


def http(document):
    lines = ["# Every path", "", MADE, "",
             "What `/openapi.json` of an engine with the configuration of `refold init` says. What "
             "goes for all of it:", "[the HTTP API](../http.md).", "",
             "| method | path | |", "|---|---|---|"]
    every = [(path, method, operation) for path, operations in sorted(document["paths"].items())
             for method, operation in operations.items()]
    lines += [f"| {method.upper()} | `{path}` | {operation['summary']} |"
              for path, method, operation in every]
    for title, admin in (("For everybody", False), ("With the admin token", True)):
        lines += ["", f"## {title}", ""]
        for path, method, operation in every:
            if ("security" in operation) == admin:
                lines += route(path, method, operation)
        lines = lines[:-1]
    return "\n".join(lines) + "\n"


def references():
    """{file name: text}"""
    with tempfile.TemporaryDirectory() as folder, Engine(folder) as engine:
        return {"cli.md": cli(), "http.md": http(engine.ask("/openapi.json"))}


def main():
    FOLDER.mkdir(exist_ok=True)
    for name, text in references().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
