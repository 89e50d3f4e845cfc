#!/usr/bin/env python3
"""Crawls the built guide with dragline itself: no dead page, picture or anchor. tests/book.py DRAGLINE FOLDER"""

import functools
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import urllib.parse

# What a page has: places that can be linked to, and links. Pictures are pages of their own, without either.
SPIDER = """
start = "{start}"

[politeness]
delay = "0s"
per_host = 4
robots = "ignore"

[[item]]

[item.fields]
ids = {{ css = "[id]", attr = "id", list = true }}
links = {{ css = "main a[href]", attr = "href", type = "url", list = true }}

[[follow]]
css = "a[href]"

[[follow]]
css = "img[src]"
attr = "src"
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


def crawl(dragline, start):
    """Returns the records, and the items by the URL of their page."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "book.toml").write_text(SPIDER.format(start=start))
        command = [dragline, "crawl", "book.toml", "-o", "items.jsonl", "--provenance", "--pages", "pages.jsonl"]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if ran.returncode:
            sys.exit(ran.stderr)
        records, items = (
            [json.loads(line) for line in pathlib.Path(folder, name).read_text().splitlines()]
            for name in ["pages.jsonl", "items.jsonl"]
        )
    return records, {item["_url"]: item for item in items}


def main():
    dragline, folder = (str(pathlib.Path(argument).resolve()) for argument in sys.argv[1:])
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        start = f"http://127.0.0.1:{server.server_port}/"
        records, items = crawl(dragline, start)
        server.shutdown()
    dead = [
        f"{record['url']} ({record.get('error') or record['status']}), on {record.get('referrer')}"
        for record in records if record.get("error") or record["status"] != 200
    ]
    anchors = 0
    for url, item in items.items():
        for link in item["links"]:
            page, _, anchor = link.partition("#")
            if anchor and page in items:
                anchors += 1
                if urllib.parse.unquote(anchor) not in items[page]["ids"]:
                    dead.append(f"{link}, on {url}")
    pages = len(items)
    if pages < 20 or anchors < 20:
        sys.exit(f"only {pages} pages and {anchors} anchors: is {folder} the guide?")
    if dead:
        sys.exit("dead links in the guide:\n" + "\n".join(dead))
    print(f"the guide: {pages} pages, {len(records)} URLs, {anchors} links to anchors, none is dead")


main()
