#!/usr/bin/env python3
"""Kills crawls and reads their outputs with other programs.

A site of this script is crawled by the command with all formats of output at once, killed at random moments with
SIGKILL, and resumed each time. At the end every output must hold each item exactly once, as it is, read by what has
nothing to do with dragline: Python's json, csv, gzip and sqlite3, the program zstd, for Parquet pyarrow where it is
installed, and for PostgreSQL psql, with a server that this script starts. A crawl that nobody killed is held to the same.

    cargo build --release -p dragline-cli
    python3 tests/sinks.py [--dragline target/release/dragline] [--seed N] [--kills N] [--pages N]

With --postgres the command must be built with --features postgres. With --objects it must be built with
--features object-store: parts then go to a server of moto, which speaks as S3 does, and are read with boto3.
"""

import argparse
import collections
import contextlib
import csv
import gzip
import http.server
import io
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

try:
    import pyarrow.parquet
except ImportError:
    pyarrow = None

# What each format is read by; who adds a format adds a reader.
FORMATS = ["jsonl", "jsonl.gz", "jsonl.zst", "csv", "csv.gz", "csv.zst", "sqlite"]
FORMATS += ["parquet"] if pyarrow else []
# Those that --rotate is for.
LINES = [ending for ending in FORMATS if ending not in ("sqlite", "parquet")]
# Those that an object store takes.
OBJECTS = [ending for ending in FORMATS if ending != "sqlite"]
PASSWORD = "p@ss:w/rd"
# What items have in common with the texts of all formats: quotes, separators, line ends, other scripts.
SPICE = ['plain', 'say "x"', 'a,b;c', 'two\nlines', "O'Neil", 'ünï¢ødé 漢字', '  spaces  ', '=1+1', '', '\\']
ITEMS_OF_A_PAGE = 3
# The longest that one run of the command may take, in seconds.
PATIENCE = 120

SPIDER = """
start = ["{start}"]

[[item]]
each = "li"
[item.fields]
id = {{ attr = "id" }}
text = {{ css = "b", pointer = "", type = "json" }}
n = {{ css = "i", type = "integer" }}
tags = {{ css = "u", list = true }}

[[follow]]
css = "a"

[politeness]
delay = "0s"
per_host = 8
"""


def expected(pages):
    """The items of the site, as (id, text, n, tags)."""
    for page in range(pages):
        for item in range(ITEMS_OF_A_PAGE):
            number = page * ITEMS_OF_A_PAGE + item
            yield (f"{page}-{item}", SPICE[number % len(SPICE)], number, (f"t{number}", "x"))


def html(page, pages, items=ITEMS_OF_A_PAGE):
    """One page: its first items, and links to two others, so that all are reached from the first."""
    escape = lambda text: text.replace("&", "&amp;").replace("<", "&lt;")
    items = "".join(
        f"<li id={key}><b>{escape(json.dumps(text))}</b><i>{n}</i><u>{tags[0]}</u><u>{tags[1]}</u>"
        for key, text, n, tags in list(expected(page + 1))[page * ITEMS_OF_A_PAGE :][:items]
    )
    links = "".join(f"<a href=/{to}>x</a>" for to in (2 * page + 1, 2 * page + 2) if to < pages)
    return f"<!doctype html><title>{page}</title><ul>{items}</ul>{links}".encode()


class Site:
    """Serves the pages, and counts what it was asked for."""

    def __init__(self, pages):
        self.asked = 0
        self.bodies = [html(page, pages) for page in range(pages)]
        site = self

        class Answer(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.asked += 1
                name = self.path[1:]
                found = name.isdigit() and int(name) < pages
                body = site.bodies[int(name)] if found else b""
                self.send_response(200 if found else 404)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """A client that is killed says no goodbye."""

        self.server = Server(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.start = f"http://127.0.0.1:{self.server.server_port}/0"


class Database:
    """A PostgreSQL server in a folder of its own, on a port of its own; for root, run by another user."""

    def __init__(self, folder):
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        initdb = shutil.which("initdb") or str(found[-1])
        server = str(pathlib.Path(initdb).resolve().parent / "postgres")
        self.user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        if self.user:
            shutil.chown(folder, "postgres")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        init = [initdb, "-D", folder / "data", "-U", "tester", "-A", "scram-sha-256", "--no-sync", "-E", "UTF8",
                "--locale=C", f"--pwfile={folder / 'password'}"]
        subprocess.run(init, check=True, stdout=subprocess.DEVNULL, cwd=folder, **self.user)
        self.start = [server, "-D", str(folder / "data"), "-h", "127.0.0.1", "-p", str(self.port), "-k", str(folder), "-F"]
        self.folder = folder
        self.log = open(folder.parent / "postgres.log", "w")
        self.run()

    def run(self):
        self.process = subprocess.Popen(self.start, stdout=self.log, stderr=self.log, cwd=self.folder, **self.user)
        begun = time.monotonic()
        while not self.works():
            assert time.monotonic() - begun < PATIENCE and self.process.poll() is None, "PostgreSQL does not start"
            time.sleep(0.05)

    def psql(self, query):
        command = ["psql", "-XAt", "-h", "127.0.0.1", "-p", str(self.port), "-U", "tester", "-d", "postgres", "-c", query]
        environment = os.environ | {"PGPASSWORD": PASSWORD}
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout

    def works(self):
        try:
            return self.psql("select 1") == "1\n"
        except subprocess.CalledProcessError:
            return False

    def url(self, table):
        return f"postgres://tester@127.0.0.1:{self.port}/postgres?table={table}"

    def rows(self, table):
        return [json.loads(line) for line in self.psql(f"select row_to_json(t) from {table} t").splitlines()]

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)
        self.log.close()


class Store:
    """An S3-compatible server on a port of its own, with one bucket, in memory."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = open(folder / "moto.log", "w")
        start = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self.process = subprocess.Popen(start, stdout=self.log, stderr=self.log)
        self.environment = {
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "tester",
            "AWS_SECRET_ACCESS_KEY": PASSWORD,
        }
        import boto3

        names = {"aws_access_key_id": "tester", "aws_secret_access_key": PASSWORD, "region_name": "eu-central-1"}
        self.client = boto3.client("s3", endpoint_url=self.environment["AWS_ENDPOINT"], **names)
        begun = time.monotonic()
        while True:
            try:
                self.client.create_bucket(
                    Bucket="shop", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
                )
                return
            except Exception:
                assert time.monotonic() - begun < PATIENCE and self.process.poll() is None, "moto does not start"
                time.sleep(0.1)

    def url(self, name):
        return f"s3://shop/{self.folder}/{name}"

    def fetch(self, to):
        """Copies all objects into a folder, and returns their keys with the time of each."""
        keys = {}
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket="shop", Prefix=f"{self.folder}/"):
            for found in page.get("Contents", []):
                path = to / found["Key"]
                path.parent.mkdir(parents=True, exist_ok=True)
                self.client.download_file("shop", found["Key"], str(path))
                keys[found["Key"]] = path
        return keys

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.log.close()


def content(path):
    """The bytes of a file, decompressed by another program; whatever is wrong with it is an error."""
    if path.name.endswith(".gz"):
        return gzip.decompress(path.read_bytes())
    if path.name.endswith(".zst"):
        return subprocess.run(["zstd", "-dc", str(path)], check=True, capture_output=True).stdout
    return path.read_bytes()


def rows(path):
    """The rows of an output, as dictionaries of what the format has."""
    if path.suffix == ".sqlite":
        table = "items" if path.stem.startswith("items") else "pages"
        with sqlite3.connect(path) as database:
            database.row_factory = sqlite3.Row
            assert database.execute("pragma integrity_check").fetchone()[0] == "ok"
            return [dict(row) for row in database.execute(f"select * from {table}")]
    if path.suffix == ".parquet":
        assert not list(path.parent.glob(f"{path.name}.*")), f"{path}: something is left beside it"
        return [
            row | ({"text": json.loads(row["text"])} if "text" in row else {})
            for row in pyarrow.parquet.read_table(path).to_pylist()
        ]
    text = content(path).decode()
    if ".csv" in path.name:
        return list(csv.DictReader(io.StringIO(text, newline="")))
    assert text == "" or text.endswith("\n"), f"{path}: the last line is not whole"
    return [json.loads(line) for line in text.splitlines()]


def parts(path):
    """The files of an output: itself, or its numbered parts without a gap."""
    if path.exists():
        return [path]
    stem, endings = path.name.split(".", 1)
    found = sorted(path.parent.glob(f"{stem}-?????.{endings}"))
    numbers = [int(re.search(r"-(\d{5})\.", part.name)[1]) for part in found]
    assert numbers == list(range(1, len(numbers) + 1)), f"{path}: parts {numbers}"
    return found


def item(row):
    """An item as the site has it, from a row of whatever format: what has parts is JSON there."""
    text, tags = row["text"], row["tags"]
    if isinstance(tags, str):
        text, tags = json.loads(text), json.loads(tags)
    return (row["id"], text, int(row["n"]), tuple(tags))


def check(folder, formats, pages, most, database):
    """Holds every output to what the site has."""
    want = collections.Counter(expected(pages))
    urls = {str(page) for page in range(pages)}
    for ending in formats + (["postgres"] if database else []):
        if ending == "postgres":
            found, records = [database.rows("items")], database.rows("pages")
        else:
            files = parts(folder / f"items.{ending}")
            assert files, f"items.{ending} is missing"
            found = [rows(part) for part in files]
            records = [row for part in parts(folder / f"pages.{ending}") for row in rows(part)]
        if most:
            assert all(len(part) == most for part in found[:-1]), f"items.{ending}: {list(map(len, found))}"
        have = collections.Counter(item(row) for part in found for row in part)
        lost, more = want - have, have - want
        assert not lost and not more, f"items.{ending}: lost {len(lost)}, too many {len(more)}: {list(more)[:3]}"
        keys = [row["_key"] for part in found for row in part]
        assert len(set(keys)) == len(keys), f"items.{ending}: keys are there twice"
        names = sorted(row["url"].rsplit("/", 1)[1] for row in records)
        assert names == sorted(urls), f"pages.{ending}: {len(names)} records of {len(urls)} URLs"


def check_objects(folder, store, formats, pages, most):
    """Holds what is in the store to what the site has."""
    want = collections.Counter(expected(pages))
    keys = store.fetch(folder / "fetched")
    assert not (folder / "state" / "spool").exists(), "parts are left on this machine"
    for ending in formats:
        for name, ids in [("items", None), ("pages", sorted(str(page) for page in range(pages)))]:
            form = re.compile(rf"{store.folder}/{name}/[0-9a-f]{{16}}/(\d{{5}})\.{re.escape(ending)}")
            parts = sorted((int(match[1]), path) for key, path in keys.items() if (match := form.fullmatch(key)))
            assert [number for number, _ in parts] == list(range(1, len(parts) + 1)), f"{name}.{ending}: {parts}"
            found = [rows(path) for _, path in parts]
            assert len({path.parent for _, path in parts}) == 1, f"{name}.{ending}: several crawls"
            if most:
                assert all(len(part) >= most for part in found[:-1]), f"{name}.{ending}: {list(map(len, found))}"
                assert len(found) > 2, f"{name}.{ending}: {len(found)} parts"
            if ids:
                names = sorted(row["url"].rsplit("/", 1)[1] for part in found for row in part)
                assert names == ids, f"{name}.{ending}: {len(names)} records of {len(ids)} URLs"
                continue
            have = collections.Counter(item(row) for part in found for row in part)
            lost, more = want - have, have - want
            assert not lost and not more, f"{name}.{ending}: lost {len(lost)}, too many {len(more)}: {list(more)[:3]}"


def crawl(arguments, site, folder, formats, options, kills, rng, database, store=None):
    """Runs the command until it comes to its end, killing it so often; returns the number of kills."""
    spider = folder / "spider.toml"
    spider.write_text(SPIDER.format(start=site.start))
    command = [arguments.dragline, "crawl", spider, "--state", folder / "state", "--provenance"]
    for ending in formats:
        items, records = folder / f"items.{ending}", folder / f"pages.{ending}"
        if store:
            items, records = store.url(f"items.{ending}"), store.url(f"pages.{ending}")
        command += ["-o", items, "--pages", records]
    if database:
        command += ["-o", database.url("items"), "--pages", database.url("pages")]
    command = [str(part) for part in command + options]
    environment = os.environ | {"PGPASSWORD": PASSWORD} | (store.environment if store else {})
    killed = 0
    while True:
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment)
        if killed < kills:
            moment = site.asked + rng.randint(1, 2 * arguments.pages // kills)
            begun = time.monotonic()
            while process.poll() is None and site.asked < moment and time.monotonic() - begun < PATIENCE:
                time.sleep(0.001)
            time.sleep(rng.random() * 0.02)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                killed += 1
        _, told = process.communicate(timeout=PATIENCE)
        if process.returncode == -signal.SIGKILL:
            continue
        assert PASSWORD not in told.decode(), "the password was printed"
        assert process.returncode == 0, told.decode()
        return killed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dragline", default="target/release/dragline")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--pages", type=int, default=600)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--objects", action="store_true")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.randrange(1 << 32)
    rng = random.Random(seed)
    site = Site(arguments.pages)
    if not pyarrow:
        print("Parquet is left out: it is read by pyarrow, which is not installed", flush=True)
    with contextlib.ExitStack() as stack:
        database = None
        if arguments.postgres:
            folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
            folder.chmod(0o755)
            (folder / "server").mkdir()
            database = Database(folder / "server")
            stack.callback(database.stop)
        run_all(arguments, seed, rng, site, database)
        if database:
            run_shorter(arguments, rng, database)
        if arguments.objects:
            folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
            store = Store(folder)
            stack.callback(store.stop)
            run_objects(arguments, seed, rng, site, store)


def run_all(arguments, seed, rng, site, database):
    for name, formats, options, most, kills in [
        ("uninterrupted", FORMATS, [], None, 0),
        ("killed", FORMATS, [], None, arguments.kills),
        ("killed, a part every 37 items", LINES, ["--rotate", "37"], 37, arguments.kills),
        ("killed, a part every 8 KiB", LINES, ["--rotate", "8KiB"], None, arguments.kills),
    ]:
        also = None if options else database
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            try:
                if also:
                    also.psql("drop table if exists items, pages")
                killed = crawl(arguments, site, folder, formats, options, kills, rng, also)
                check(folder, formats, arguments.pages, most, also)
            except AssertionError as error:
                raise SystemExit(f"seed {seed}: {name}: {error}")
            items = arguments.pages * ITEMS_OF_A_PAGE
            beside = " and in PostgreSQL" if also else ""
            print(f"{name}: {killed} kills, {items} items once in each of {len(formats)} formats{beside}", flush=True)


def run_shorter(arguments, rng, database):
    """Pages that give fewer items when they are fetched again: in PostgreSQL, too, there are no others then."""
    pages = 40
    site = Site(pages)
    database.psql("drop table if exists items, pages")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        crawl(arguments, site, folder, [], [], 0, rng, database)
        kept = [1 + page % ITEMS_OF_A_PAGE for page in range(pages)]
        site.bodies = [html(page, pages, items) for page, items in enumerate(kept)]
        crawl(arguments, site, folder, [], ["--refresh"], 0, rng, database)
    want = {one for n, one in enumerate(expected(pages)) if n % ITEMS_OF_A_PAGE < kept[n // ITEMS_OF_A_PAGE]}
    have = [item(row) for row in database.rows("items")]
    assert len(have) == len(want) and set(have) == want, f"shorter pages: {len(have)} items for {len(want)}"
    names = {row["url"].rsplit("/", 1)[1] for row in database.rows("pages")}
    assert names == {str(page) for page in range(pages)}, f"shorter pages: records of {len(names)} URLs"
    print(f"shorter pages: {len(want)} of {pages * ITEMS_OF_A_PAGE} items are left in PostgreSQL", flush=True)


def run_objects(arguments, seed, rng, site, store):
    for name, options, most, kills in [
        ("objects, uninterrupted", [], None, 0),
        ("objects, killed, a part every 37 items", ["--rotate", "37"], 37, arguments.kills),
        ("objects, killed, a part every 8 KiB", ["--rotate", "8KiB"], None, arguments.kills),
    ]:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            store.folder = name.replace(", ", "/").replace(" ", "-")
            try:
                killed = crawl(arguments, site, folder, OBJECTS, options, kills, rng, None, store)
                check_objects(folder, store, OBJECTS, arguments.pages, most)
            except AssertionError as error:
                raise SystemExit(f"seed {seed}: {name}: {error}")
            items = arguments.pages * ITEMS_OF_A_PAGE
            print(f"{name}: {killed} kills, {items} items once in each of {len(OBJECTS)} formats", flush=True)


if __name__ == "__main__":
    main()
