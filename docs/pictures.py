#!/usr/bin/env python3
"""Makes the pictures of the guide from what the command does: docs/pictures.py FOLDER, with `dragline` and the example
`practice` in that folder, such as target/debug. It needs tmux, and takes two minutes.

display.*: a crawl of five hosts on this machine, in a terminal; the last frame as text too.
check.*: a check of a spider with a selector that is misspelt.
rate.svg, waits.svg: another crawl of such hosts, from its events: pages a second, and when each host was asked.
graph.svg: the links of the practice site.
"""

import collections
import datetime
import html
import http.server
import json
import math
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time

WIDTH, HEIGHT, SECONDS = 100, 9, 14
FOLDER = pathlib.Path(__file__).parent / "pictures"
KINDS = ["plain", "Crawl-delay: 2", "robots.txt forbids a part", "busy: 503 for a while", "slow answers"]
COLOURS = ["#4c8dd6", "#d98b2b", "#5aa564", "#c9585b", "#8f75c4"]
# Both are read on a page that is light and on one that is dark.
STYLE = """<style>
text { font: 12px system-ui, sans-serif; fill: #333 } .small { font-size: 11px; fill: #666 } .card { fill: #fff; stroke: #ddd }
.line { stroke: #ccc } .edge { stroke: #999; fill: none }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd } .small { fill: #aaa } .card { fill: #1c1c1c; stroke: #444 } .line { stroke: #444 } .edge { stroke: #888 }
}
</style>"""


class Host(http.server.BaseHTTPRequestHandler):
    """One of five hosts with habits of their own, which lead to one another."""

    protocol_version = "HTTP/1.1"
    pages = 40
    ports: list = []
    asked: collections.Counter = collections.Counter()

    def do_GET(self):
        kind = self.ports.index(self.server.server_port)
        status, extra, body = 200, {}, "<title>page</title>"
        self.asked[kind] += 1
        if self.path == "/robots.txt":
            rules = ["", "Crawl-delay: 2", "Disallow: /p/1", "", ""][kind]
            body = "User-agent: *\n" + rules
        elif kind == 3 and 5 <= self.asked[kind] < 7:
            status, extra = 503, {"retry-after": "12"}
        elif kind == 4:
            time.sleep(1.5)
        if self.path == "/":
            body += "".join(f"<a href=/p/{page}>p</a>" for page in range(self.pages))
            body += "".join(f"<a href=http://127.0.0.1:{port}/>h</a>" for port in self.ports)
            body += "<a href=/gone>gone</a>"
        elif self.path == "/gone":
            status = 404
        data = body.encode()
        self.send_response(status)
        for name, value in {"content-type": "text/html", "content-length": str(len(data)), **extra}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Hosts:
    """The five hosts, while they run."""

    def __init__(self, pages):
        self.servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host) for _ in KINDS]
        Host.ports, Host.pages, Host.asked = [server.server_port for server in self.servers], pages, collections.Counter()
        for server in self.servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def __enter__(self):
        return f"http://127.0.0.1:{Host.ports[0]}/"

    def __exit__(self, *_):
        for server in self.servers:
            server.shutdown()


def card(width, height, inside, style=STYLE):
    size = f'width="{width}" height="{height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}">{style}'
        f'<rect class="card" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="6"/>{inside}</svg>\n'
    )


def tmux(*arguments):
    return subprocess.run(["tmux", "-L", "pictures", *arguments], check=True, capture_output=True, text=True).stdout


def screen():
    return "\n".join(line.rstrip() for line in tmux("capture-pane", "-p").rstrip().splitlines())


# What SGR codes look like in a picture.
STYLES = {
    "1": "font-weight: bold", "2": "fill: #888", "31": "fill: #f66", "32": "fill: #6c6", "33": "fill: #dc5",
}
TERMINAL = """<style>
text { font: 13px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #ddd } .card { fill: #1c1c1c }
</style>"""


def spans(line, style):
    """Returns a line with colours as SVG, and the style that goes on below it."""
    shown = ""
    for number, part in enumerate(re.split(r"\x1b\[([\d;]*)m", line)):
        if number % 2 == 0:
            text = html.escape(part)
            shown += f'<tspan style="{style}">{text}</tspan>' if style and text else text
        elif part in ("", "0"):
            style = ""
        else:
            style = "; ".join(filter(None, [style, *(STYLES[code] for code in part.split(";"))]))
    return shown, style


def rows(lines):
    shown, going = "", ""
    for row, line in enumerate(lines):
        text, going = spans(line, going)
        shown += f'<text x="12" y="{24 + 18 * row}" xml:space="preserve">{text}</text>' if text else ""
    return shown


def terminal(frames):
    """Returns a picture of a terminal; of several frames one after the other, a second each, the last one for longer."""
    height = max(len(lines) for lines in frames) * 18 + 20
    if len(frames) == 1:
        return card(WIDTH * 8 + 24, height, rows(frames[0]), TERMINAL)
    total = len(frames) + 4
    style, inside = TERMINAL + "<style>g { visibility: hidden }\n", ""
    for number, lines in enumerate(frames):
        end = total if number == len(frames) - 1 else number + 1
        begin, end = 100 * number / total, 100 * end / total
        last = "visible" if end == 100 else "hidden"
        style += (
            f"@keyframes f{number} {{ 0% {{ visibility: {'visible' if begin == 0 else 'hidden'} }} "
            f"{begin:.3f}% {{ visibility: visible }} {end:.3f}% {{ visibility: {last} }} }}\n"
            f"#f{number} {{ animation: f{number} {total}s step-end infinite }}\n"
        )
        inside += f'<g id="f{number}">{rows(lines)}</g>'
    still = "".join(f"#f{number} {{ animation: none }} " for number in range(len(frames)))
    style += f"@media (prefers-reduced-motion) {{ {still}#f{len(frames) - 1} {{ visibility: visible }} }}\n</style>"
    return card(WIDTH * 8 + 24, height, inside, style)


PAGE = """
<div class=quote><span class=text>Begin small.</span> <small class=author>Ada</small>
<a class=tag>work</a> <a class=tag>time</a></div>
<div class=quote><span class=text>Write it down.</span> <small class=author>Bo</small></div>
<ul class=pager><li class=next><a href=/page/2/>Next</a></ul>
"""
SPIDER = """
start = ["https://quotes.example/"]

[[item]]
each = "div.quote"

[item.fields]
text = "span.text"
author = "small.autor"
tags = { css = "a.tag", list = true }

[[follow]]
css = "li.next a"
"""


def check(command):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "quotes.toml").write_text(SPIDER)
        pathlib.Path(folder, "page.html").write_text(PAGE)
        arguments = ["check", "quotes.toml", "page.html", "--base", "https://quotes.example/"]
        environment = {**os.environ, "CLICOLOR_FORCE": "1"}
        environment.pop("NO_COLOR", None)
        told = subprocess.run([command, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    shown = told.stdout.rstrip() + "\n"
    (FOLDER / "check.svg").write_text(terminal([shown.splitlines()]))
    (FOLDER / "check.txt").write_text(re.sub(r"\x1b\[[\d;]*m", "", shown))


def display(command):
    frames = []
    with Hosts(40) as start, tempfile.TemporaryDirectory() as folder:
        arguments = [
            command, "crawl", start, "--scope", "any", "--delay", "500ms", "--state", "local.state", "-o", "pages.jsonl",
        ]
        # The shell stays when the crawl has ended, so that its last words can be captured.
        line = f"trap : INT; cd {folder}; clear; {shlex.join(arguments)}; sleep 60"
        tmux("-f", "/dev/null", "new-session", "-d", "-x", str(WIDTH), "-y", "32", "sh", "-c", line)
        try:
            for _ in range(SECONDS):
                time.sleep(1)
                frames.append(screen())
            tmux("send-keys", "C-c")
            time.sleep(4)
            end = screen()
        finally:
            tmux("kill-server")
    (FOLDER / "display.txt").write_text(f"{frames[-1]}\n\n{'-' * 20} after Ctrl-C {'-' * 20}\n\n{end}\n")
    bars = [[line for line in frame.splitlines() if not line.startswith("dragline:")] for frame in frames]
    (FOLDER / "display.svg").write_text(terminal([lines[-HEIGHT:] for lines in bars if len(lines) > 3]))


def moment(text):
    return datetime.datetime.fromisoformat(text).timestamp()


def timelines(command):
    """Draws when each host was asked, and how many pages a second there were."""
    with Hosts(24) as start, tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(
            [command, "crawl", start, "--scope", "any", "--delay", "1s", "--events", "events.jsonl", "-o", "pages.jsonl"],
            cwd=folder, capture_output=True, text=True,
        )
        print(ran.stderr)
        events = [json.loads(line) for line in pathlib.Path(folder, "events.jsonl").read_text().splitlines()]
        kinds = {f"http://127.0.0.1:{port}": kind for kind, port in enumerate(Host.ports)}
    pages, pauses = [], []
    for event in events:
        if event["event"] in ("finished", "failed") and event["page"]["attempts"]:
            page = event["page"]
            host = re.match(r"http://[^/]*", page["url"])[0]
            pages.append((kinds[host], moment(page["fetched_at"]), page["elapsed_ms"] / 1000))
        elif event["event"] == "host_paused":
            pauses.append((kinds[event["host"]], moment(event["time"]), event["pause"]))
    begin = min(at for _, at, _ in pages)
    length = max(at + took for _, at, took in pages) - begin
    left, width, right = 190, 560, 40
    scale = width / length

    def axis(y, left, scale):
        ticks = range(0, int(length) + 1, 10)
        return "".join(
            f'<line class="line" x1="{left + t * scale:.1f}" x2="{left + t * scale:.1f}" y1="30" y2="{y}"/>'
            f'<text class="small" x="{left + t * scale:.1f}" y="{y + 16}" text-anchor="middle">{t} s</text>' for t in ticks
        )

    bottom = 40 + 34 * len(KINDS)
    told = "each mark is a request, as long as its answer took; the bar is Retry-After"
    inside = axis(bottom, left, scale) + f'<text class="small" x="12" y="20">{told}</text>'
    for kind, name in enumerate(KINDS):
        y = 42 + 34 * kind
        inside += f'<text x="12" y="{y + 15}">{name}</text>'
        for host, at, pause in pauses:
            if host == kind:
                inside += (
                    f'<rect x="{left + (at - begin) * scale:.1f}" y="{y + 8}" width="{pause * scale:.1f}" height="6" '
                    f'fill="{COLOURS[kind]}" opacity="0.35"/>'
                )
        for host, at, took in pages:
            if host == kind:
                inside += (
                    f'<rect x="{left + (at - begin) * scale:.1f}" y="{y}" width="{max(took * scale, 1.5):.1f}" height="22" '
                    f'fill="{COLOURS[kind]}"/>'
                )
    (FOLDER / "waits.svg").write_text(card(left + width + right, bottom + 28, inside))

    left, width, step = 90, 660, 2
    scale = width / length
    bins = [[0] * (int(length) // step + 1) for _ in KINDS]
    for kind, at, took in pages:
        bins[kind][int(at + took - begin) // step] += 1
    most = max(sum(column) for column in zip(*bins)) / step
    tall, bottom = 150, 200
    inside = axis(bottom, left, scale)
    for rate in range(1, math.ceil(most) + 1):
        y = bottom - rate / most * tall
        inside += f'<line class="line" x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}"/>'
        inside += f'<text class="small" x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{rate} pages/s</text>'
    for number in range(len(bins[0])):
        y = bottom
        for kind in range(len(KINDS)):
            height = bins[kind][number] / step / most * tall
            y -= height
            if height:
                inside += (
                    f'<rect x="{left + number * step * scale:.1f}" y="{y:.1f}" width="{step * scale - 1:.1f}" '
                    f'height="{height:.1f}" fill="{COLOURS[kind]}"/>'
                )
    x = 90
    for kind, name in enumerate(KINDS):
        inside += f'<rect x="{x}" y="12" width="10" height="10" fill="{COLOURS[kind]}"/>'
        inside += f'<text class="small" x="{x + 16}" y="21">{name}</text>'
        x += 32 + 6 * len(name)
    (FOLDER / "rate.svg").write_text(card(left + width + right, bottom + 28, inside))


def graph(folder):
    """Draws the links of the practice site: by depth from left to right."""
    command = str(folder / "dragline")
    with subprocess.Popen([folder / "examples" / "practice", "18360"], stdout=subprocess.PIPE, text=True) as server:
        start = server.stdout.readline().split()[-1]
        server.stdout.readline()
        with tempfile.TemporaryDirectory() as place:
            output = str(pathlib.Path(place, "pages.jsonl"))
            subprocess.run([command, "crawl", start, "--delay", "0", "--progress", "none", "-o", output], check=True)
            records = [json.loads(line) for line in pathlib.Path(output).read_text().splitlines()]
        links = {
            record["url"]: subprocess.run(
                [command, "links", record["url"]], capture_output=True, text=True).stdout.split()
            for record in records if record.get("status") == 200
        }
        server.terminate()
    columns = collections.defaultdict(list)
    for record in sorted(records, key=lambda record: ("author" in record["url"], record["url"])):
        columns[record["depth"]].append(record)
    place, tallest = {}, max(len(column) for column in columns.values())
    height = 40 + 34 * tallest
    for depth, column in columns.items():
        for number, record in enumerate(column):
            place[record["url"]] = (70 + 160 * depth, height / (len(column) + 1) * (number + 1))
    edges, nodes = "", ""
    for url, targets in links.items():
        x, y = place[url]
        for target in filter(place.get, targets):
            to_x, to_y = place[target]
            bend = 40 if to_x > x else -40
            edges += (
                f'<path class="edge" opacity="{0.8 if to_x > x else 0.25}" d="M{x:.0f} {y:.0f} '
                f'C{x + bend:.0f} {y:.0f} {to_x - bend:.0f} {to_y:.0f} {to_x:.0f} {to_y:.0f}"/>'
            )
    for record in records:
        x, y = place[record["url"]]
        path = "/" + record["url"].split("/", 3)[3]
        kind = 3 if record.get("error") else 1 if record["status"] == 404 else 2 if "author" in path else 0
        note = f' ({record.get("error") or record["status"]})' if kind in (1, 3) else ""
        nodes += f'<circle cx="{x:.0f}" cy="{y:.0f}" r="6" fill="{COLOURS[kind]}"/>'
        nodes += f'<text class="small" x="{x:.0f}" y="{y - 10:.0f}" text-anchor="middle">{path.replace("/author/", "")}{note}</text>'
    (FOLDER / "graph.svg").write_text(card(140 + 160 * max(columns), int(height), edges + nodes))


BUILT = pathlib.Path(sys.argv[1]).resolve()
COMMAND = str(BUILT / "dragline")
check(COMMAND)
graph(BUILT)
timelines(COMMAND)
display(COMMAND)
