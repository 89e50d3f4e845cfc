#!/usr/bin/env python3
"""Crawls five hosts on this machine in a terminal of tmux, and writes what it shows to docs/display.txt and
docs/display.svg: docs/capture.py target/release/dragline"""

import html
import http.server
import pathlib
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


def svg(text):
    lines = text.splitlines()
    rows = "".join(
        f'<text x="12" y="{24 + 18 * row}" xml:space="preserve">{html.escape(line)}</text>'
        for row, line in enumerate(lines)
    )
    size = f'width="{WIDTH * 8 + 24}" height="{len(lines) * 18 + 20}"'
    style = "font: 13px ui-monospace, monospace; fill: #ddd"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect {size} rx="6" fill="#1c1c1c"/>'
        f'<g style="{style}">{rows}</g></svg>\n'
    )


def main():
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host) for _ in range(5)]
    Host.all_ports = [server.server_port for server in servers]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        command = [
            str(pathlib.Path(sys.argv[1]).resolve()), "crawl", f"http://127.0.0.1:{Host.all_ports[0]}/",
            "--scope", "any", "--delay", "500ms", "--state", "local.state", "-o", "pages.jsonl",
        ]
        # The shell stays when the crawl has ended, so that its last words can be captured.
        line = f"trap : INT; cd {folder}; clear; {shlex.join(command)}; sleep 60"
        tmux("-f", "/dev/null", "new-session", "-d", "-x", str(WIDTH), "-y", str(HEIGHT * 2), "sh", "-c", line)
        try:
            time.sleep(SECONDS)
            display = screen()
            tmux("send-keys", "C-c")
            time.sleep(4)
            end = screen()
        finally:
            tmux("kill-server")
    (FOLDER / "display.txt").write_text(f"{display}\n\n{'-' * 20} after Ctrl-C {'-' * 20}\n\n{end}\n")
    (FOLDER / "display.svg").write_text(svg(display))
    for server in servers:
        server.shutdown()


main()
