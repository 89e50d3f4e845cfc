#!/usr/bin/env python3
"""Holds the archives of the command against other tools: warcio, cdxj-indexer and wget, each where it is installed.

Usage: tests/warc.py path/to/dragline

A site is served on loopback and crawled with -o site.warc.gz; the archive must pass `warcio check`, `warcio index` and
cdxj-indexer's own index, also after the crawl was killed and went on. An archive made by wget must replay.
"""

import http.server
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

PAGES = 200


class Site(http.server.BaseHTTPRequestHandler):
    """A list of pages, each a little slow; every third one has the body of the one before."""

    protocol_version = "HTTP/1.1"
    asked = []

    def do_GET(self):
        Site.asked.append(self.path)
        if self.path == "/":
            body = "".join(f'<a class="page" href="/{n}">{n}</a>' for n in range(PAGES))
        elif self.path == "/old":
            self.send_response(302)
            self.send_header("Location", "/1")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        elif self.path[1:].isdigit() and int(self.path[1:]) < PAGES:
            n = int(self.path[1:])
            time.sleep(0.005)
            body = f"<h1>Page {n - 1 if n % 3 == 0 else n}</h1>" + "text " * 100
        else:
            self.send_error(404)
            return
        body = body.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        chunked = self.path.endswith("7")
        self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(body)))))
        self.end_headers()
        if chunked:
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """A crawl that is killed resets its connections, which is nothing to tell."""


SPIDER = """start = ["{url}/"]

[[item]]
name = "page"
route = "page"

[item.fields]
title = "h1"

[[follow]]
css = "a.page"
route = "page"
"""


def run(*command, ok=(0,)):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)
    assert done.returncode in ok, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def records(archive):
    """Reads an archive with warcio."""
    from warcio.archiveiterator import ArchiveIterator

    with open(archive, "rb") as file:
        return [
            (record.rec_type, record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read())
            for record in ArchiveIterator(file)
        ]


def check(archive, urls):
    run(sys.executable, "-m", "warcio.cli", "check", archive)
    index = [json.loads(line) for line in run(sys.executable, "-m", "warcio.cli", "index", archive).splitlines()]
    answers = [line["warc-target-uri"] for line in index if line["warc-type"] in ("response", "revisit")]
    assert len(answers) == len(set(answers)), "an answer is there twice"
    assert set(answers) == urls, sorted(urls ^ set(answers))[:5]
    return records(archive)


def test_crawl(dragline, url, folder):
    archive = folder / "site.warc.gz"
    run(dragline, "crawl", f"{url}/", "--delay", "0", "-o", archive, "--seeds", seeds(folder, url))
    urls = {f"{url}/{page}" for page in [*range(PAGES), "robots.txt", "old", ""]}
    found = check(archive, urls)
    kinds = [kind for kind, _, _ in found]
    assert kinds[0] == "warcinfo" and kinds.count("request") == len(urls) == kinds.count("metadata")
    assert kinds.count("revisit") >= PAGES // 3 - 2, kinds.count("revisit")
    print(f"warcio: {len(found)} records, {kinds.count('revisit')} of them revisits")
    indexer = pathlib.Path(sys.executable).with_name("cdxj-indexer")
    if indexer.exists():
        theirs = sorted(line for line in run(indexer, archive).splitlines())
        ours = (folder / "site.cdxj").read_text().splitlines()
        assert len(ours) == len(theirs)
        for our, their in zip(ours, theirs):
            assert fields(our) == fields(their), f"{our}\n{their}"
        print(f"cdxj-indexer: the same {len(ours)} lines")


def fields(line):
    key, stamp, rest = line.split(" ", 2)
    return key, stamp, json.loads(rest)


def seeds(folder, url):
    path = folder / "seeds.txt"
    path.write_text(f"{url}/old\n")
    return path


def test_kill(dragline, url, folder):
    archive, state = folder / "killed.warc.gz", folder / "state"
    command = [str(dragline), "crawl", f"{url}/", "--delay", "0", "-o", str(archive), "--state", str(state)]
    kills = 0
    while True:
        crawl = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            ended = crawl.wait(timeout=0.35 + 0.1 * kills)
        except subprocess.TimeoutExpired:
            crawl.send_signal(signal.SIGKILL)
            crawl.wait()
            kills += 1
            continue
        assert ended == 0, ended
        break
    urls = {f"{url}/{page}" for page in [*range(PAGES), ""]}
    run(sys.executable, "-m", "warcio.cli", "check", archive)
    answers = [target for kind, target, _ in records(archive) if kind in ("response", "revisit")]
    pages = [answer for answer in answers if not answer.endswith("robots.txt")]
    assert sorted(pages) == sorted(urls), f"{len(pages)} answers for {len(urls)} pages after {kills} kills"
    print(f"kill: {kills} kills, each page once")


def test_replay(dragline, url, folder, archive, name):
    spider = folder / "spider.toml"
    spider.write_text(SPIDER.format(url=url))
    asked = len(Site.asked)
    out = folder / f"{name}.jsonl"
    run(dragline, "replay", archive, spider, "-o", out)
    items = [json.loads(line)["title"] for line in out.read_text().splitlines()]
    assert len(items) == PAGES and len(Site.asked) == asked, (len(items), len(Site.asked) - asked)
    again = folder / f"{name}-again.jsonl"
    run(dragline, "replay", archive, spider, "-o", again)
    assert again.read_text() == out.read_text()
    print(f"replay of {name}: {len(items)} items, the same twice, nothing asked")


def test_wget(dragline, url, folder):
    wget = ["wget", "-q", "-r", "-l", "2", f"--warc-file={folder / 'wget'}", "-P", folder / "wget", f"{url}/"]
    # 8: a server answered with an error, such as to robots.txt.
    run(*wget, ok=(0, 8))
    test_replay(dragline, url, folder, folder / "wget.warc.gz", "wget")


def main():
    dragline = pathlib.Path(sys.argv[1]).absolute()
    server = Server(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        try:
            import warcio  # noqa: F401
        except ImportError:
            print("warcio is not installed: pip install warcio cdxj-indexer")
        else:
            test_crawl(dragline, url, folder)
            test_kill(dragline, url, folder)
            test_replay(dragline, url, folder, folder / "site.warc.gz", "ours")
        if shutil.which("wget"):
            test_wget(dragline, url, folder)
        else:
            print("wget is not installed")
    server.shutdown()


if __name__ == "__main__":
    main()
