"""Further figures that have a bar: sizes, links, refused rows, a wide row."""

import os
import socket
import subprocess
import sys
import time

import plan as plans
from contestants import Godwit, break_down
from measure import Stopwatch, WorkerWatch, median
from stage import ENTITY, KEY, SOURCE, Stage

PEAK_FIXED_MIB = 64
WIDE_MIB = 200
# Seconds for a run behind links: what waits for a worker that is gone would wait forever.
LINKS_LIMIT = 900


def bar(figure, value, limit, unit="", at_least=False, digits=2):
    return {
        "figure": figure, "value": value, "limit": limit, "text": f"{value:.{digits}f}{unit}",
        "bar": f"{'≥' if at_least else '≤'} {limit:g}{unit}", "passed": value >= limit if at_least else value <= limit,
    }  # fmt: skip


def say(text):
    print(f"    {text}", flush=True)


class Bars:
    def __init__(self, cluster, options):
        self.cluster = cluster
        self.options = options
        self.godwit = Godwit(cluster, options)

    def stage(self, name, rows):
        stage = Stage(self.cluster, self.options.dispatch, name, rows, None)
        stage.prepare_legacy()
        return stage

    def migrate(self, stage, plan=None, prepare=()):
        """One measured run; its figures."""
        self.godwit.reset(stage)
        if prepare:
            self.cluster.run(stage.target, *prepare)
        self.cluster.checkpoint()
        with Stopwatch(self.cluster) as watch:
            self.godwit.run(stage, plan)
        figures = {**watch.figures, **self.godwit.details(stage, watch)}
        figures["rows"] = int(self.cluster.value(stage.target, f"SELECT count(*) FROM {ENTITY}"))
        figures["parents"] = sum(
            int(self.cluster.value(stage.target, f"SELECT count(*) FROM {table}"))
            for table in ("profiles", "orders", "cases", "templates")
        )
        return figures

    def sizes(self):
        """Time per row and the worker's peak memory, small and large."""
        found = []
        for rows in self.options.sizes:
            stage = self.stage("size", rows)
            try:
                # Small ones take little time and vary more.
                times = [self.migrate(stage) for _ in range(3 if rows <= 1_000_000 else 1)]
            finally:
                stage.drop()
            each = {name: median([one[name] for one in times]) for name in times[0]}
            each["asked"] = rows
            each["entity_per_million"] = (each["copy"] + each["indexes"] + each["constraints"]) / each["rows"] * 1e6
            each["copy_per_million"] = each["copy"] / each["rows"] * 1e6
            each["wall_per_million"] = each["wall"] / each["rows"] * 1e6
            each["peak"] = max(one["worker_peak_mib"] for one in times)
            say(f"{rows:,} rows: {each['wall']:.1f} s, {each['wall_per_million']:.2f} s/1M rows in all,"
                f" {each['entity_per_million']:.2f} from the table's first grant to its last constraint,"
                f" {each['copy_per_million']:.2f} copying; worker's peak {each['peak']:.1f} MiB")  # fmt: skip
            found.append(each)
        smallest, largest = found[0], found[-1]
        limit = PEAK_FIXED_MIB + max(each["parents"] for each in found) / 8 / 2**20
        change = largest["entity_per_million"] / smallest["entity_per_million"]
        title = f"{smallest['asked'] / 1e6:g}M → {largest['asked'] / 1e6:g}M rows"
        return [
            bar(f"time per row of the table, {title}", abs(change - 1) * 100, 10, " %", digits=1),
            bar(f"worker's peak memory, {title}", max(each["peak"] for each in found), round(limit, 1), " MiB", digits=1),
        ], found

    def refused(self):
        """The server refuses 2 % of a million rows by a CHECK that the plan knows nothing of."""
        stage = self.stage("refused", self.options.refused)
        try:
            clean = self.migrate(stage, prepare=[f"ALTER TABLE {ENTITY} ADD CONSTRAINT suspicious CHECK ({KEY} % 50 <> 77)"])
            dirty = self.migrate(stage, prepare=[f"ALTER TABLE {ENTITY} ADD CONSTRAINT suspicious CHECK ({KEY} % 50 <> 7)"])
            refused = int(self.cluster.value(
                stage.target, f"SELECT count(*) FROM godwit.rejects WHERE entity = '{ENTITY}' AND reason = 'refused:23514'"))
        finally:
            stage.drop()
        if dirty["rows"] + refused != clean["rows"]:
            raise RuntimeError(f"{dirty['rows']} migrated and {refused} refused rows are not {clean['rows']}")
        share = refused / clean["rows"] * 100
        say(f"clean {clean['wall']:.1f} s; with {refused} rows ({share:.1f} %) refused {dirty['wall']:.1f} s")
        return [bar(f"{share:.1f} % of {self.options.refused / 1e6:g}M rows refused by a CHECK, against none",
                    dirty["wall"] / clean["wall"], 3, " ×")], {"clean": clean, "refused": dirty}  # fmt: skip

    def wide(self):
        """One row of 200 MB among a thousand small ones."""
        stage = self.stage("wide", 1000)
        size = WIDE_MIB << 20
        try:
            self.cluster.run(stage.legacy, f"ALTER TABLE {SOURCE} ALTER template_context SET STORAGE EXTERNAL",
                f"UPDATE {SOURCE} SET template_context = '{{\"blob\": \"' || repeat('x', {size} - 12) || '\"}}'"
                f" WHERE id = (SELECT min(id) FROM {SOURCE} WHERE template_context LIKE '{{\"order_number%' AND channel = 1)",
                "VACUUM ANALYZE")  # fmt: skip
            figures = self.migrate(stage)
            arrived = self.cluster.value(
                stage.target, f"SELECT max(length(context ->> 'blob')) FROM {ENTITY} WHERE context ? 'blob'")  # fmt: skip
        finally:
            stage.drop()
        if not arrived or int(arrived) != size - 12:
            raise RuntimeError(f"of the wide row {arrived or 'no'} characters have arrived, not {size - 12}")
        limit = PEAK_FIXED_MIB + 2 * WIDE_MIB
        return [bar(f"worker's peak memory, one row of {WIDE_MIB} MiB", figures["worker_peak_mib"], limit, " MiB", digits=1)], figures

    def links(self, workers=8):
        """One worker and eight, each behind a link of its own: what remote hosts add."""
        stage = self.stage("links", self.options.links)
        try:
            free = self.pool(stage, workers, None)
            rate = free["bytes_read"] / free["copy"] / 16
            say(f"{workers} workers, no cap: {free['copy']:.1f} s copying; a link gets a sixteenth: {rate / 1e6:.2f} MB/s")
            one, many = self.pool(stage, 1, rate), self.pool(stage, workers, rate)
        finally:
            stage.drop()
        say(f"1 worker {one['copy']:.1f} s, {workers} workers {many['copy']:.1f} s; the links were used to"
            f" {100 * one['bytes_read'] / one['copy'] / rate:.0f} % and"
            f" {100 * many['bytes_read'] / many['copy'] / rate / workers:.0f} %")  # fmt: skip
        return [bar(f"1 → {workers} workers behind equally capped links, copy stage", one["copy"] / many["copy"], 7.2, " ×",
                    at_least=True)], {"free": free, "one": one, "many": many, "rate": rate}  # fmt: skip

    def await_words(self, name, words):
        limit = time.monotonic() + 20
        while time.monotonic() < limit:
            with open(os.path.join(self.options.work, f"{name}.log"), "rb") as log:
                if words in log.read():
                    return
            time.sleep(0.02)
        raise RuntimeError(f"{name} does not listen")

    def pool(self, stage, workers, rate):
        """A coordinator and workers with one slot each, each behind its own link where a rate is given."""
        self.godwit.reset(stage)
        plan = os.path.join(self.options.work, "links.yaml")
        with open(plan, "w", encoding="utf-8") as file:
            # Many small shards, so that no worker waits for another one's last.
            file.write(cut_plan(self.options, shard_rows=max(1, self.options.links // 160)))
        self.cluster.checkpoint()
        direct = {"GODWIT_SOURCE": self.cluster.address(stage.legacy), "GODWIT_TARGET": self.cluster.address(stage.target)}
        ports = free_ports(workers + 1)
        running, logs = [], []

        def start(name, command, environment=None):
            log = open(os.path.join(self.options.work, f"{name}.log"), "wb")
            logs.append(log)
            running.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, **(environment or {})}))  # fmt: skip
            return running[-1]

        try:
            with Stopwatch(self.cluster) as watch:
                environments = [direct] * workers
                if rate:
                    environments = []
                    for number, port in enumerate(ports[1:], 1):
                        start(f"link{number}", [sys.executable, os.path.join(os.path.dirname(__file__), "link.py"),
                              "--listen", str(port), "--to", f"{self.cluster.directory}/.s.PGSQL.5432", "--rate", str(rate)])  # fmt: skip
                        self.await_words(f"link{number}", b"listening")
                        environments.append({
                            "GODWIT_SOURCE": f"postgresql://postgres@127.0.0.1:{port}/{stage.legacy}?sslmode=disable",
                            "GODWIT_TARGET": f"postgresql://postgres@127.0.0.1:{port}/{stage.target}?sslmode=disable",
                        })  # fmt: skip
                endpoint = f"tcp://127.0.0.1:{ports[0]}"
                coordinator = start("coordinator", [self.options.godwit, "coordinator", "--plan", plan, "--bind", endpoint], direct)
                for number, environment in enumerate(environments, 1):
                    start(f"worker{number}", [self.options.godwit, "worker", "--name", f"worker{number}", "--slots", "1",
                                              "--coordinator", endpoint], environment)  # fmt: skip
                with WorkerWatch(processes=[each.pid for each in running]) as watched:
                    status = coordinator.wait(min(self.options.limit, LINKS_LIMIT))
                if status:
                    raise RuntimeError(f"the coordinator ended with status {status}; see its log in {self.options.work}")
        finally:
            for each in running:
                if each.poll() is None:
                    each.terminate()
            for each in running:
                each.wait(30)
            for each in logs:
                each.close()
        figures = break_down(self.cluster, stage.target, watch)
        figures["worker_cpu"] = watched.cpu
        return figures


def free_ports(number):
    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def cut_plan(options, shard_rows=None, without_entity=False):
    """The reference plan, cut down; more rejects than usual are allowed, because small tables have a larger share of dirt."""
    with open(f"{options.dispatch}/plan.yaml", encoding="utf-8") as file:
        text = file.read()
    changes = [("  rejects:", "  rejects: { max: 20%, keep_source_rows: true }"),
               ("  circuit_breaker:", "  circuit_breaker: { error_rate: 20%, min_rows: 10000 }")]  # fmt: skip
    if shard_rows:
        changes.append(("  memory_threshold:", f"  memory_threshold: 256MiB\n  shard_rows: {shard_rows}"))
    return plans.cut(text, ENTITY, changes, without_entity)[0]


