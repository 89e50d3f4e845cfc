#!/usr/bin/env python3
"""Writes what the command shows, as text and as a picture: docs/capture.py target/release/dragline

docs/display.*: a crawl of five hosts on this machine, in a terminal of tmux.
docs/check.*: a check of a spider with a selector that is misspelt.
"""

import html
import http.server
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time

WIDTH, HEIGHT, SECONDS = 100, 16, 12
FOLDER = pathlib.Path(__file__).parent


class Host(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    all_ports: list = []

    def do_GET(self):
        kind = self.all_ports.index(self.server.server_port)
        status, extra, body = 200, {}, "<title>page</title>"
        if self.path == "/robots.txt":
            rules = ["", "Crawl-delay: 3", "Disallow: /p/1", "", ""][kind]
            body = "User-agent: *\n" + rules
        elif kind == 3 and self.path.endswith("4"):
            status, extra = 503, {"retry-after": "20"}
        elif kind == 4:
            time.sleep(1.5)
        if self.path == "/":
            body += "".join(f"<a href=/p/{page}>p</a>" for page in range(40))
            body += "".join(f"<a href=http://127.0.0.1:{port}/>h</a>" for port in self.all_ports)
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


def tmux(*arguments):
    return subprocess.run(["tmux", "-L", "capture", *arguments], check=True, capture_output=True, text=True).stdout


def screen():
    return "\n".join(line.rstrip() for line in tmux("capture-pane", "-p").rstrip().splitlines())


# What SGR codes look like in a picture.
STYLES = {
    "1": "font-weight: bold", "2": "fill: #888", "31": "fill: #f66", "32": "fill: #6c6", "33": "fill: #dc5",
}


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


def svg(text):
    lines = text.splitlines()
    rows, going = "", ""
    for row, line in enumerate(lines):
        shown, going = spans(line, going)
        rows += f'<text x="12" y="{24 + 18 * row}" xml:space="preserve">{shown}</text>'
    size = f'width="{WIDTH * 8 + 24}" height="{len(lines) * 18 + 20}"'
    style = "font: 13px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #ddd"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect {size} rx="6" fill="#1c1c1c"/>'
        f'<g style="{style}">{rows}</g></svg>\n'
    )


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
    (FOLDER / "check.svg").write_text(svg(shown))
    (FOLDER / "check.txt").write_text(re.sub(r"\x1b\[[\d;]*m", "", shown))


def display(command):
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host) for _ in range(5)]
    Host.all_ports = [server.server_port for server in servers]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        arguments = [
            command, "crawl", f"http://127.0.0.1:{Host.all_ports[0]}/",
            "--scope", "any", "--delay", "500ms", "--state", "local.state", "-o", "pages.jsonl",
        ]
        # The shell stays when the crawl has ended, so that its last words can be captured.
        line = f"trap : INT; cd {folder}; clear; {shlex.join(arguments)}; sleep 60"
        tmux("-f", "/dev/null", "new-session", "-d", "-x", str(WIDTH), "-y", str(HEIGHT * 2), "sh", "-c", line)
        try:
            time.sleep(SECONDS)
            running = screen()
            tmux("send-keys", "C-c")
            time.sleep(4)
            end = screen()
        finally:
            tmux("kill-server")
    (FOLDER / "display.txt").write_text(f"{running}\n\n{'-' * 20} after Ctrl-C {'-' * 20}\n\n{end}\n")
    (FOLDER / "display.svg").write_text(svg(running))
    for server in servers:
        server.shutdown()


COMMAND = str(pathlib.Path(sys.argv[1]).resolve())
check(COMMAND)
display(COMMAND)
