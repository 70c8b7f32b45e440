"""Contestants and bars of scripts/benchmark, which has made the cluster and says how it is called."""

import argparse
import datetime
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time

import chart
import report
import stage as stages
from bars import Bars, bar, cut_plan
from contestants import ALL
from database import Cluster
from measure import Stopwatch, medians

SETTINGS = {
    # Nobody's run is disturbed by it, and nobody's is spared it: tables are vacuumed when they are prepared.
    "autovacuum": "off",
    # What Godwit's rebuilding asks for; the others' indexes get the same.
    "maintenance_work_mem": "256MB",
    # No checkpoint by time in the midst of a contestant.
    "checkpoint_timeout": "1h",
}
SHOWN = ("shared_buffers", "maintenance_work_mem", "work_mem", "max_wal_size", "checkpoint_timeout", "wal_level", "fsync",
         "full_page_writes", "synchronous_commit", "autovacuum", "max_parallel_maintenance_workers")  # fmt: skip
# Other contestant, figure, most b may take of it.
RATIOS = (("a", "wall", 1.05), ("a", "cpu", 1.05), ("c", "wall", 0.95), ("d", "wall", 0.2), ("e", "wall", 0.18), ("f", "wall", 0.01))
# The tables that are left in the finished database: the large one, and those its rows refer to.
KEPT = ("system_messages", "profiles", "orders", "cases", "templates")
FIGURES = {"wall": "wall clock", "cpu": "CPU"}
WORKER_MICROSECONDS = 1.0


def arguments():
    parser = argparse.ArgumentParser()
    for name in ("godwit", "dispatch", "cluster", "work", "python", "results", "chart", "contestants", "bars", "sizes", "pgloader"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--scale", required=True)
    for name in ("notifications", "slow-notifications", "guide-notifications", "rounds", "slow-rounds", "workers", "slots",
                 "refused", "links", "limit"):  # fmt: skip
        parser.add_argument("--" + name, type=int, required=True)
    options = parser.parse_args()
    options.sizes = sorted(int(each) for each in options.sizes.split(",") if each)
    options.contestants = options.contestants.split(",")
    options.bars = [each for each in options.bars.split(",") if each]
    return options


class Benchmark:
    def __init__(self, options):
        self.options = options
        self.cluster = Cluster(options.cluster)
        self.ancestors = f"{stages.PREFIX}_ancestors"
        self.databases = [stages.BASE, self.ancestors]
        self.began = time.monotonic()
        self.stages, self.bars, self.details = {}, [], {}

    def step(self, title):
        minutes, seconds = divmod(int(time.monotonic() - self.began), 60)
        print(f"==> {minutes:3}:{seconds:02} {title}", flush=True)

    def prepare(self):
        options = self.options
        for name, without in (("plan", False), ("ancestors", True)):
            path = os.path.join(options.work, f"{name}.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(cut_plan(options, without_entity=without))
            setattr(options, "plan" if name == "plan" else "ancestors_plan", path)
        self.step(f"Generating {options.notifications:,} notifications")
        stages.make_base(self.cluster, options.dispatch, options.scale, options.notifications)
        # What the contestants that load this one table find in the target.
        stage = stages.Stage(self.cluster, options.dispatch, "base", options.notifications, None)
        stage.legacy, stage.target = stages.BASE, self.ancestors
        godwit = ALL["b"](self.cluster, options)
        godwit.reset(stage)
        godwit.run(stage, options.ancestors_plan)
        self.cluster.run(self.ancestors, "DROP SCHEMA godwit CASCADE", "VACUUM ANALYZE")

    def compete(self, name, rows, letters, rounds):
        """All contestants in turn, at one size."""
        stage = stages.Stage(self.cluster, self.options.dispatch, name, rows, self.ancestors)
        self.databases += [stage.legacy, stage.final, stage.target]
        self.step(f"Preparing {rows:,} rows")
        stage.prepare_legacy()
        players = {letter: ALL[letter](self.cluster, self.options) for letter in letters}
        first = ALL["b"](self.cluster, self.options)
        first.reset(stage)
        first.run(stage)
        stage.adopt_final(KEPT)
        stage.prepare_lanes()
        stage.bytes = int(self.cluster.value(stage.final, f"SELECT pg_table_size('{stages.ENTITY}')"))
        for player in players.values():
            player.prepare(stage)
        for number in range(1, rounds + 1):
            # The order turns round, so that going first is nobody's advantage.
            for letter in letters if number % 2 else reversed(letters):
                self.play(stage, players[letter], number, rounds)
        stage.drop()
        return stage

    def play(self, stage, player, number, rounds):
        player.reset(stage)
        self.cluster.checkpoint()
        with Stopwatch(self.cluster) as watch:
            player.run(stage)
        details = player.details(stage, watch)
        complaint = stage.check(stage.target, player.has_same_ids)
        if complaint:
            raise RuntimeError(f"{player.letter} ({player.name}): {complaint}")
        figures = watch.figures
        stage.results.setdefault(player.letter, []).append({"figures": figures, "details": details, "rows": stage.rows})
        self.step(f"Round {number} of {rounds}: {player.letter} {player.name}, {stage.rows:,} rows: {figures['wall']:.1f} s,"
                  f" CPU {figures['client_cpu']:.1f} + {figures['server_cpu']:.1f} s")  # fmt: skip

    def run(self):
        options = self.options
        self.prepare()
        fast = [each for each in "abc" if each in options.contestants]
        slow = [each for each in "de" if each in options.contestants]
        if fast:
            self.stages["main"] = self.compete("main", options.notifications, fast, options.rounds)
        if slow or "f" in options.contestants:
            company = [each for each in "ab" if each in options.contestants]
            self.stages["slow"] = self.compete("slow", options.slow_notifications, company + slow, options.slow_rounds)
        if "f" in options.contestants:
            self.stages["guide"] = self.compete("guide", options.guide_notifications, ["f"], min(3, options.slow_rounds))
        self.judge()
        bars = Bars(self.cluster, options)
        for name in options.bars:
            self.step(f"Measuring: {name}")
            found, self.details[name] = getattr(bars, name)()
            self.bars += found

    def judge(self):
        """The bars that follow from the contest."""
        slow, guide = self.stages.get("slow"), self.stages.get("guide")
        for other, figure, most in RATIOS:
            stage = self.stages.get("main" if other in "ac" else "slow")
            if other == "f" and guide and slow and "f" in guide.results:
                slow.results["f"] = guide.results["f"]
            ratio = report.ratio(stage, "b", other, figure) if stage else None
            if ratio is not None:
                self.bars.append(bar(f"b / {other}, {FIGURES[figure]}, {stage.rows:,} rows", ratio, most, digits=3))
        main = self.stages.get("main") or slow
        if main and "b" in main.results:
            details = medians([each["details"] for each in main.results["b"]])
            # All in: the ancestors' rows and what a worker does while it waits count, too.
            self.bars.append(bar("worker CPU per row of the table, user + sys", details["worker_cpu"] / main.rows * 1e6,
                                 WORKER_MICROSECONDS, " µs"))  # fmt: skip

    def clean(self):
        for name in ("size", "refused", "wide", "links"):
            self.databases += [f"{stages.PREFIX}_{name}_{part}" for part in ("legacy", "final", "modern")]
        self.cluster.drop(*dict.fromkeys(self.databases))

    def results(self):
        return {
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"), "machine": machine(),
            "versions": self.versions(), "settings": self.server_settings(),
            "godwit": f"--workers {self.options.workers} --slots {self.options.slots}",
            "stages": {name: {"rows": each.rows, "source_rows": each.source_rows, "table_bytes": each.bytes,
                              "contestants": report.summary(each), "rounds": each.results}
                       for name, each in self.stages.items()},
            "contestants": {letter: {"name": each.name, "settings": each(self.cluster, self.options).settings}
                            for letter, each in ALL.items()},
            "bars": self.bars, "details": self.details,
        }  # fmt: skip

    def server_settings(self):
        return {name: self.cluster.value("postgres", f"SHOW {name}") for name in SHOWN}

    def versions(self):
        def first_line(*command):
            try:
                return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()[0]
            except (OSError, IndexError):
                return "–"

        found = {"godwit": first_line(self.options.godwit, "--version"),
                 "PostgreSQL": self.cluster.value("postgres", "SHOW server_version").split()[0]}  # fmt: skip
        if "c" in self.options.contestants:
            found["pgcopydb"] = first_line("pgcopydb", "--version").split()[-1]
        if "d" in self.options.contestants:
            found["pgloader"] = first_line("pgloader", "--version").split()[-1].strip('"')
        if "f" in self.options.contestants:
            found["psycopg"] = first_line(self.options.python, "-c", "import psycopg; print(psycopg.__version__)")
        return found


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {"processor": models[0] if models else platform.machine(), "cores": len(os.sched_getaffinity(0)),
            "memory_gib": round(memory, 1), "kernel": platform.release()}  # fmt: skip


def show(results, benchmark):
    host = results["machine"]
    print()
    print(f"{results['date']}, {host['cores']} × {host['processor']}, {host['memory_gib']} GiB, Linux {host['kernel']}; "
          + ", ".join(f"{name} {version}" for name, version in results["versions"].items()))  # fmt: skip
    print("server: " + ", ".join(f"{name} {setting}" for name, setting in results["settings"].items()))
    for name, stage in benchmark.stages.items():
        if name == "guide":
            continue
        print(f"\n{stage.rows:,} rows, {stage.bytes / 1e6:.0f} MB of table; medians; CPU of all processes, the server's included")
        if name == "slow" and stage.rows != benchmark.options.notifications:
            print("(Fewer rows for the slow ones, with the fast ones beside them at the same size.)")
        print("\n".join(report.table(stage)))
        if "a" in stage.results:
            print("\n".join(report.floor_break_down(report.summary(stage)["a"])))
        if "b" in stage.results:
            lanes = benchmark.options.workers * benchmark.options.slots
            print("\n".join(report.break_down(report.summary(stage)["b"], lanes)))
    print()
    print("\n".join(report.bar_lines(benchmark.bars)))


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    os.makedirs(options.work, exist_ok=True)
    benchmark = Benchmark(options)
    try:
        with benchmark.cluster.settings(SETTINGS):
            benchmark.run()
            results = benchmark.results()
            show(results, benchmark)
    finally:
        benchmark.clean()
        shutil.rmtree(os.path.join(options.work, "pgcopydb"), ignore_errors=True)
    with open(options.results, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    with open(options.chart, "w", encoding="utf-8") as file:
        file.write(chart.draw(results))
    print(f"\nresults: {options.results}, chart: {options.chart}")
    missed = [each["figure"] for each in benchmark.bars if not each["passed"]]
    if missed:
        print(f"{len(missed)} of {len(benchmark.bars)} bars missed", file=sys.stderr)
        sys.exit(1)


main()
