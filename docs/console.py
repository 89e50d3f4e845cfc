#!/usr/bin/env python3
"""Runs the commands of the guide and writes what they print: docs/console.py FOLDER, with `dragline` and the example
`practice` in that folder, such as target/debug.

It reads blocks marked `console` in docs/*.md: a line that begins with `$ ` is a command, what follows it is what it
printed. The commands of a page run in one folder of their own, one after the other, against the practice sites. A
block below `<!-- file: NAME -->` is written to that folder first.

Pages in Spanish have the same blocks, and get what the English ones have.

With --check nothing is written: it fails if a command prints something else, times aside. Below `<!-- varies -->`
numbers do not count.
"""

import difflib
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile

DOCS = pathlib.Path(__file__).parent
TRANSLATED = {"first-crawl.md": "es/primer-rastreo.md", "politeness.md": "es/cortesia.md"}
FENCE = re.compile(r"^(?P<note>(?:<!-- .*? -->\n)*)```(?P<kind>\w+)[^\n]*\n(?P<text>.*?)^```$", re.M | re.S)
# What differs from one run to the next.
TIMES = [
    (re.compile(r"\d+(\.\d+)?(?= (µs|ms|s|min|h|pages/s)\b)"), "0"),
    (re.compile(r"\d+(\.\d+)? (B|KiB|MiB)\b"), "0 B"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "TIME"),
    (re.compile(r'("elapsed_ms"|"elapsed"):[\d.]+'), r"\1:0"),
    (re.compile(r'"_key":"[^"]*"'), '"_key":""'),
]


def masked(text, note):
    for pattern, mask in TIMES:
        text = pattern.sub(mask, text)
    return re.sub(r"\d+(\.\d+)?", "0", text) if "varies" in note else text


def translated(text, original):
    """Returns a page in another language with the blocks of the original."""
    blocks = [found[0] for found in FENCE.finditer(original) if found["kind"] == "console"]
    return FENCE.sub(lambda found: blocks.pop(0) if found["kind"] == "console" else found[0], text)


class Sites:
    """The practice sites, on two free ports; in the guide they have 8000 and 8001."""

    def __init__(self, folder):
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            self.port = first.getsockname()[1]
        self.server = subprocess.Popen(
            [folder / "examples" / "practice", str(self.port)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2):
            if not self.server.stdout.readline():
                sys.exit("the practice sites did not start")

    def stop(self):
        self.server.terminate()
        self.server.wait()

    def here(self, text):
        return text.replace(":8001", f":{self.port + 1}").replace(":8000", f":{self.port}")

    def there(self, text):
        return text.replace(f":{self.port + 1}", ":8001").replace(f":{self.port}", ":8000")


def commands(text):
    """Gives the commands of a block, each as it is written."""
    going = []
    for line in text.splitlines():
        if going or line.startswith("$ "):
            going.append(line)
            if not line.endswith("\\"):
                yield "\n".join(going)
                going = []


def run(block, folder, environment, sites):
    lines = []
    for command in commands(block):
        lines.append(command)
        ran = subprocess.run(
            ["bash", "-c", sites.here(command[2:])],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=120,
        )
        lines += [line.rstrip() for line in sites.there(ran.stdout).splitlines()]
    return "".join(f"{line}\n" for line in lines)


def page(path, environment, sites):
    """Returns a page as it should be."""
    with tempfile.TemporaryDirectory() as folder:

        def block(found):
            note, kind, text = found["note"], found["kind"], found["text"]
            named = re.search(r"file: (\S+)", note)
            if named:
                pathlib.Path(folder, named[1]).write_text(sites.here(text))
            if kind != "console":
                return found[0]
            told = run(text, folder, environment, sites)
            if masked(told, note) == masked(text, note):
                return found[0]
            return found[0].replace(text, told)

        return FENCE.sub(block, path.read_text())


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    check = len(arguments) < len(sys.argv) - 1
    folder = pathlib.Path(arguments[0]).resolve()
    plain = {"NO_COLOR": "1", "LC_ALL": "C.UTF-8", "COLUMNS": "100"}
    environment = {**os.environ, **plain, "PATH": f"{folder}:{os.environ['PATH']}"}
    sites, stale = Sites(folder), []
    try:
        for path in sorted(DOCS.glob("*.md")):
            before = path.read_text()
            if "```console\n" not in before or (arguments[1:] and path.name not in arguments[1:]):
                continue
            after = page(path, environment, sites)
            if check and after != before:
                stale.append(path.name)
                sys.stdout.writelines(difflib.unified_diff(
                    before.splitlines(True), after.splitlines(True), str(path), "what it prints now"))
            elif after != before:
                path.write_text(after)
                print(f"{path.name} is written")
            if path.name in TRANSLATED and not check:
                other = DOCS / TRANSLATED[path.name]
                other.write_text(translated(other.read_text(), after))
    finally:
        sites.stop()
    if stale:
        sys.exit(f"not what the commands print: {', '.join(stale)}; docs/console.py {arguments[0]} writes them anew")


main()
