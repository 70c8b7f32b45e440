"""One round: an empty target, a pool, a storm, the audit."""

import glob
import json
import os
import time

import faults
import pool as pools
from database import DatabaseError


class Round:
    """Migrates the legacy data into a new target while faults come, and audits what there is in the end."""

    def __init__(self, settings, number, random, counts, directory):
        self.settings = settings
        self.number = number
        self.random = random
        self.counts = counts
        self.directory = directory
        self.database = f"modern{number}"
        self.started = time.monotonic()
        # What is wrong; empty after a good round.
        self.complaints = []
        self.figures = {}
        self.is_kept = False
        os.makedirs(directory, exist_ok=True)

    def say(self, text):
        line = f"    {time.monotonic() - self.started:6.1f} s  {text}"
        print(line, flush=True)
        with open(os.path.join(self.directory, "faults.log"), "a", encoding="utf-8") as file:
            file.write(line + "\n")

    def run(self):
        settings = self.settings
        self.create_target()
        pool = pools.build(settings, self.directory, self.database, settings.ports, self.random, self.say)
        pool.is_run_over = lambda: self.status() == "completed"
        storm = faults.Storm(settings, pool, self.database, self.random, self.say, self.counts)
        self.started = time.monotonic()
        try:
            pool.start()
            self.weather(pool, storm)
        finally:
            storm.end()
            settings.source.await_up()
            settings.target.await_up()
            if self.complaints:
                self.keep_diagnostics()
            lazy = pool.stop()
        self.seconds = time.monotonic() - self.started
        if lazy:
            self.say(f"had to be ended: {', '.join(lazy)}")
            self.counts["workers that did not leave in 15 s"] = (
                self.counts.get("workers that did not leave in 15 s", 0) + len(lazy)
            )
        self.judge(pool, storm)
        self.read_figures(pool, storm)
        self.audit()

    def create_target(self):
        settings, target = self.settings, self.settings.target
        if self.number > 1:
            target.query("postgres", f"DROP DATABASE IF EXISTS modern{self.number - 1} WITH (FORCE)")
        where = "TABLESPACE chaos" if settings.space else ""
        target.query("postgres", f"CREATE DATABASE {self.database} {where}")
        with open(os.path.join(self.directory, "create.log"), "wb") as log:
            if not target.script(self.database, settings.schema, output=log):
                raise RuntimeError("the target's schema can't be made; see create.log")

    def weather(self, pool, storm):
        """Until the run has ended, or takes too long."""
        looked = 0.0
        while pool.outcome is None:
            now = time.monotonic()
            age = now - self.started
            if age > self.settings.storm_seconds and not storm.is_over:
                self.say("the faults end")
                storm.end()
            if age > self.settings.storm_seconds + self.settings.calm_seconds:
                self.complaints.append(f"hangs: no end {self.settings.calm_seconds:.0f} s after the last fault")
                return
            pool.tick(now)
            storm.tick(now)
            # A coordinator that was killed after it had ended the run must not begin another.
            if now - looked > 0.5:
                looked = now
                if self.status() == "completed":
                    self.await_coordinators(pool)
                    return
            time.sleep(0.05)

    def status(self):
        try:
            return self.settings.target.value(
                self.database, "SELECT status FROM godwit.migration_runs ORDER BY number DESC LIMIT 1", timeout=5
            )
        except DatabaseError:
            return None

    @staticmethod
    def await_coordinators(pool):
        """They dismiss their workers first."""
        limit = time.monotonic() + 20
        while time.monotonic() < limit:
            for process in pool.coordinators:
                if process.running is not None and (status := process.running.poll()) is not None:
                    if not process.was_killed:
                        pool.outcome = status
                        return
                    process.running = None
            if not any(process.is_alive for process in pool.coordinators):
                return
            time.sleep(0.1)

    def judge(self, pool, storm):
        """What the run says of itself; the audit checks it."""
        self.complaints += pool.crashes
        if pool.outcome not in (None, 0, 2):
            self.complaints.append(f"the coordinator ended with status {pool.outcome}")
        sql = """SELECT r.status, r.is_mixed, coalesce(r.status_reason, ''),
            (SELECT count(*) FROM godwit.shards WHERE run_id = r.id AND state NOT IN ('done', 'split')),
            (SELECT count(*) FROM godwit.shards WHERE run_id = r.id AND state = 'split'),
            (SELECT count(*) FROM godwit.migration_runs)
            FROM godwit.migration_runs r ORDER BY number DESC LIMIT 1"""
        try:
            status, mixed, reason, left, split, runs = self.settings.target.query(self.database, sql)[0]
        except (DatabaseError, IndexError) as error:
            self.complaints.append(f"the run's row can't be read: {error}")
            return
        if status != "completed" or left != "0":
            self.complaints.append(f"the run is {status} with {left} shards not done: {reason}")
        if split != "0":
            self.complaints.append(f"{split} shards were halved, though no row of theirs is to blame")
        if runs != "1":
            self.complaints.append(f"{runs} runs instead of one")
        if mixed == "t":
            # Without a restart every holder of the snapshot must have died at about the same time.
            key = "mixed runs, the source restarted" if storm.source_restarted else "mixed runs, all holders lost"
            self.counts[key] = self.counts.get(key, 0) + 1
            self.is_kept = not storm.source_restarted
            self.say(f"mixed: {reason}")
        elif pool.outcome == 2:
            self.complaints.append(f"status 2: {reason}")
        for (name, status), number in sorted(pool.departures.items()):
            if (name, status) not in (("coordinator", 0), ("coordinator", 2), ("worker", 0)):
                key = f"{name} left with status {status}"
                self.counts[key] = self.counts.get(key, 0) + number

    def read_figures(self, pool, storm):
        target, figures = self.settings.target, self.figures
        figures["outcome"] = pool.outcome
        figures["attempts"] = {
            outcome: int(number)
            for outcome, number in target.query(
                self.database, "SELECT coalesce(outcome, 'open'), count(*) FROM godwit.attempts GROUP BY 1"
            )
        }
        rows = target.query(
            self.database,
            """SELECT coalesce(sum(bytes_read), 0), coalesce(sum(migrated), 0) FROM godwit.shards""",
        )
        figures["committed_bytes"], figures["rows"] = map(int, rows[0])
        rows = target.query(
            self.database,
            """SELECT coalesce(max(s), 0), coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY s), 0) FROM
               (SELECT extract(epoch FROM ended_at - started_at)::float8 s FROM godwit.attempts
                WHERE outcome = 'done') t""",
        )
        figures["longest_shard"], figures["median_shard"] = map(float, rows[0])
        figures["wire_bytes"] = self.report("source-relay")["bytes"]["down"]
        for name, number in self.report("message-proxy")["messages"].items():
            if name != "passed":
                self.counts[f"messages {name}"] = self.counts.get(f"messages {name}", 0) + number
        figures["zombies"] = sum(storm.zombies)
        figures["refused_by_fence"] = self.count_in_logs("the fence did not hold")

    def report(self, name):
        with open(os.path.join(self.directory, name + ".json"), encoding="utf-8") as file:
            return json.load(file)

    def count_in_logs(self, words):
        number = 0
        for path in glob.glob(os.path.join(self.directory, "worker*.log")):
            with open(path, encoding="utf-8", errors="replace") as file:
                number += sum(words in line for line in file)
        return number

    def audit(self):
        settings = self.settings
        variables = [("source_host", settings.source.directory), ("source_port", 5432)]
        variables += [("source_db", "legacy"), ("source_user", "postgres")]
        path = os.path.join(self.directory, "audit.log")
        with open(path, "wb") as log:
            is_clean = settings.target.script(self.database, settings.audit, variables, log)
        with open(path, encoding="utf-8") as log:
            total = [line.split("|") for line in log if line.strip().startswith("TOTAL")]
        # source, migrated, rejected, filtered, missing, extra, unaccounted
        cells = [int(cell) for cell in total[0][1:]] if total else [0] * 7
        self.figures["missing"], self.figures["extra"], self.figures["unaccounted"] = cells[4:7]
        self.figures["audit"] = is_clean and bool(total)
        if not self.figures["audit"]:
            self.complaints.append(f"the audit found differences, see {path}")

    def keep_diagnostics(self):
        path = os.path.join(self.directory, "diagnostics.log")
        queries = {
            "runs": "SELECT number, status, status_reason, is_mixed FROM godwit.migration_runs",
            "entities": "SELECT entity, stage, pending, leased, done, failed FROM godwit.entity_totals ORDER BY position",
            "open shards": """SELECT id, entity, kind, state, attempt, failed_attempts, not_before, lease_until, worker,
                clock_timestamp(), message FROM godwit.shards WHERE state <> 'done' LIMIT 50""",
            "workers": "SELECT * FROM godwit.workers",
            "last events": "SELECT * FROM godwit.events ORDER BY id DESC LIMIT 60",
            "sessions": f"SELECT * FROM pg_stat_activity WHERE {faults.SESSIONS}",
        }
        with open(path, "w", encoding="utf-8") as file:
            for name, sql in queries.items():
                print(f"--- {name}", file=file)
                try:
                    for row in self.settings.target.query(self.database, sql):
                        print("\t".join(row), file=file)
                except DatabaseError as error:
                    print(error, file=file)
            print("--- sessions of the source", file=file)
            try:
                for row in self.settings.source.query("legacy", queries["sessions"]):
                    print("\t".join(row), file=file)
            except DatabaseError as error:
                print(error, file=file)
