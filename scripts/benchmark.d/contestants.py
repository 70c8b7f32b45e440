"""The contestants. Each has `prepare`, done once, `reset` before each round, both untimed, and `run`, which is timed."""

import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue

from measure import WorkerWatch
from stage import ENTITY, KEY, SOURCE, make_modern, pipe_copy


class Contestant:
    letter = ""
    name = ""
    settings = ""
    # Whether the ids of its rows are those that Godwit computes.
    has_same_ids = True

    def __init__(self, cluster, options):
        self.cluster = cluster
        self.options = options

    def prepare(self, stage):
        pass

    def reset(self, stage):
        self.cluster.create(stage.target, template=stage.ancestors)

    def run(self, stage):
        raise NotImplementedError

    def details(self, stage, watch):
        """Further figures of the round that is over."""
        return {}

    def execute(self, command, name, environment=None):
        """A tool, bounded; its words are kept, and shown when it fails."""
        log = os.path.join(self.options.work, f"{name}.log")
        with open(log, "wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={**os.environ, **(environment or {})}
            )
            try:
                status = process.wait(self.options.limit)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise RuntimeError(f"{name} took more than {self.options.limit} s") from None
        if status:
            with open(log, encoding="utf-8", errors="replace") as output:
                raise RuntimeError(f"{name} ended with status {status}:\n" + "".join(output.readlines()[-20:]))
        return log


class Floor(Contestant):
    letter = "a"
    name = "floor: psql COPY | psql COPY"
    settings = (
        "two lanes of `psql COPY TO STDOUT | psql COPY FROM STDIN` (binary) of rows in their final shape into the bare"
        " table, then the indexes by two psql, longest first, then each foreign key NOT VALID and VALIDATE"
    )

    def prepare(self, stage):
        self.read_definitions(stage)

    def read_definitions(self, stage):
        """What makes the bare table whole again."""
        self.indexes, self.constraints, self.dropped = [], [], []
        for index, definition, constraint, kind, _ in self.cluster.rows(stage.final, f"""
                SELECT relname, pg_get_indexdef(indexrelid), coalesce(conname, ''), coalesce(contype, ''),
                       pg_relation_size(indexrelid) AS size
                FROM pg_index JOIN pg_class c ON c.oid = indexrelid LEFT JOIN pg_constraint ON conindid = indexrelid
                WHERE indrelid = '{ENTITY}'::regclass ORDER BY size DESC"""):
            self.indexes.append(definition)
            if constraint:
                word = {"p": "PRIMARY KEY", "u": "UNIQUE"}[kind]
                self.constraints.append(f"ALTER TABLE {ENTITY} ADD CONSTRAINT {constraint} {word} USING INDEX {index}")
                self.dropped.append(f"ALTER TABLE {ENTITY} DROP CONSTRAINT {constraint}")
            else:
                self.dropped.append(f"DROP INDEX {index}")
        self.keys = self.cluster.rows(stage.final, f"""SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE conrelid = '{ENTITY}'::regclass AND contype = 'f' ORDER BY conname""")
        self.dropped += [f"ALTER TABLE {ENTITY} DROP CONSTRAINT {name}" for name, _ in self.keys]

    def reset(self, stage):
        super().reset(stage)
        self.cluster.run(stage.target, *self.dropped)

    def run(self, stage):
        self.marks = [time.monotonic()]
        with ThreadPoolExecutor(2) as lanes:
            list(lanes.map(lambda lane: pipe_copy(
                self.cluster, stage.legacy, f"SELECT {stage.columns} FROM bench_lane_{lane}",
                stage.target, f"{ENTITY} ({stage.columns})"), (1, 2)))  # fmt: skip
        self.marks.append(time.monotonic())
        self.finish(stage)

    def details(self, stage, watch):
        copied, indexed, ended = self.marks[1:]
        return {"copy": copied - self.marks[0], "indexes": indexed - copied, "constraints": ended - indexed}

    def finish(self, stage):
        queue = SimpleQueue()
        for each in self.indexes:
            queue.put(each)

        def build(_):
            while True:
                try:
                    self.cluster.run(stage.target, queue.get_nowait())
                except Empty:
                    return

        with ThreadPoolExecutor(2) as lanes:
            list(lanes.map(build, range(2)))
        self.marks.append(time.monotonic())
        # The locks of these exclude one another on the same table, so one psql does them all.
        statements = list(self.constraints)
        statements += [f"ALTER TABLE {ENTITY} ADD CONSTRAINT {name} {text} NOT VALID" for name, text in self.keys]
        statements += [f"ALTER TABLE {ENTITY} VALIDATE CONSTRAINT {name}" for name, _ in self.keys]
        self.cluster.run(stage.target, *statements)
        self.marks.append(time.monotonic())


class Godwit(Contestant):
    letter = "b"
    name = "godwit migrate"

    @property
    def settings(self):
        return (
            f"`godwit migrate --workers {self.options.workers} --slots {self.options.slots}` of the plan cut down to the"
            " table and the entities it refers to, from the start of the process to its end: control schema, snapshot,"
            " ancestors, rejects, fences, indexes, keys, ANALYZE"
        )

    def reset(self, stage):
        make_modern(self.cluster, stage.target, self.options.dispatch)

    def run(self, stage, plan=None):
        command = [self.options.godwit, "migrate", "--plan", plan or self.options.plan,
                   "--workers", str(self.options.workers), "--slots", str(self.options.slots),
                   "--progress", "off", "--log-level", "info"]  # fmt: skip
        environment = {
            "GODWIT_SOURCE": self.cluster.address(stage.legacy),
            "GODWIT_TARGET": self.cluster.address(stage.target),
        }
        log = os.path.join(self.options.work, "godwit.log")
        with open(log, "wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={**os.environ, **environment}
            )
            with WorkerWatch(process.pid) as self.workers:
                try:
                    status = process.wait(self.options.limit)
                except subprocess.TimeoutExpired:
                    # Its children leave with it.
                    process.terminate()
                    process.wait(60)
                    raise RuntimeError(f"godwit took more than {self.options.limit} s") from None
        if status:
            with open(log, encoding="utf-8", errors="replace") as output:
                raise RuntimeError(f"godwit ended with status {status}:\n" + "".join(output.readlines()[-20:]))

    def details(self, stage, watch):
        figures = break_down(self.cluster, stage.target, watch)
        figures["worker_peak_mib"] = self.workers.peak_mib
        figures["worker_cpu"] = self.workers.cpu
        return figures


def break_down(cluster, database, watch):
    """Where a run's wall time went, in seconds, from what the control schema has of the large entity's shards."""
    row = cluster.rows(database, f"""
        SELECT extract(epoch FROM min(leased_at) FILTER (WHERE kind = 'copy')),
               extract(epoch FROM max(finished_at) FILTER (WHERE kind = 'copy')),
               extract(epoch FROM max(finished_at) FILTER (WHERE kind = 'index')),
               extract(epoch FROM max(finished_at)),
               (SELECT extract(epoch FROM min(at)) FROM godwit.events),
               (SELECT extract(epoch FROM min(leased_at)) FROM godwit.shards),
               (SELECT extract(epoch FROM max(at)) FROM godwit.events),
               sum(extract(epoch FROM finished_at - leased_at)) FILTER (WHERE kind = 'copy'),
               count(*) FILTER (WHERE kind = 'copy'),
               max(extract(epoch FROM finished_at - leased_at)) FILTER (WHERE kind = 'copy'),
               percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - leased_at)) FILTER (WHERE kind = 'copy'),
               sum(bytes_read) FILTER (WHERE kind = 'copy'), sum(rejected)
        FROM godwit.shards WHERE entity = '{ENTITY}' AND state = 'done'""")[0]
    begun, copied, indexed, finished, opened, first, ended = (float(each) if each else None for each in row[:7])
    indexed = max(copied, indexed or copied)
    finished = max(indexed, finished)
    return {
        "open": opened - watch.began_at, "join": first - opened, "ancestors": begun - first, "copy": copied - begun,
        "indexes": indexed - copied, "constraints": finished - indexed, "settle": ended - finished,
        "leave": watch.ended_at - ended, "busy": float(row[7]), "shards": int(row[8]),
        "longest_shard": float(row[9]), "median_shard": float(row[10]), "bytes_read": int(row[11]), "rejected": int(row[12]),
    }  # fmt: skip


class PgCopyDB(Contestant):
    letter = "c"
    name = "pgcopydb clone"
    settings = (
        "`pgcopydb clone --table-jobs 2 --index-jobs 2 --split-tables-larger-than SIZE/4` of the finished table and those"
        " it refers to, to an empty database; its VACUUM ANALYZE can't be switched off in this version"
    )

    def prepare(self, stage):
        size = int(self.cluster.value(stage.final, f"SELECT pg_table_size('{ENTITY}')"))
        self.split = f"{max(1, size // 4 >> 20)}MB"

    def reset(self, stage):
        self.cluster.create(stage.target)
        shutil.rmtree(os.path.join(self.options.work, "pgcopydb"), ignore_errors=True)

    def run(self, stage):
        self.execute(
            ["pgcopydb", "clone", "--source", self.cluster.address(stage.final), "--target", self.cluster.address(stage.target),
             "--dir", os.path.join(self.options.work, "pgcopydb"), "--table-jobs", "2", "--index-jobs", "2",
             "--split-tables-larger-than", self.split, "--skip-large-objects", "--no-acl", "--no-owner", "--no-comments"],
            "pgcopydb",
        )  # fmt: skip


class PgLoader(Floor):
    letter = "d"
    name = "pgloader"

    @property
    def settings(self):
        return f"`{self.options.pgloader}`, data only, into the bare table; then indexes and foreign keys as a does it"

    def prepare(self, stage):
        super().prepare(stage)
        self.script = os.path.join(self.options.work, "pgloader.load")
        with open(self.script, "w", encoding="utf-8") as file:
            file.write(self.load_command(stage))

    def load_command(self, stage):
        def address(database):
            return f"pgsql://postgres@unix:{self.cluster.directory}:5432/{database}"

        return f"""LOAD DATABASE FROM {address(stage.final)} INTO {address(stage.target)}
            WITH data only, {self.options.pgloader}
            INCLUDING ONLY TABLE NAMES MATCHING '{ENTITY}' IN SCHEMA 'public';
"""

    def run(self, stage):
        self.marks = [time.monotonic()]
        self.execute(
            ["pgloader", "--dynamic-space-size", "4096", "--root-dir", os.path.join(self.options.work, "pgloader"),
             self.script],
            "pgloader",
        )  # fmt: skip
        self.marks.append(time.monotonic())
        self.finish(stage)


class PlainSQL(Contestant):
    letter = "e"
    name = "INSERT … SELECT, postgres_fdw"
    settings = (
        "one statement; joins on the target's legacy columns, a PL/pgSQL function with EXCEPTION guards the JSON,"
        " indexes and foreign keys in place, fetch_size 50000, ids from gen_random_uuid()"
    )
    has_same_ids = False

    def reset(self, stage):
        super().reset(stage)
        self.cluster.run(
            stage.target,
            "CREATE EXTENSION postgres_fdw",
            f"CREATE SERVER legacy FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{self.cluster.directory}', port '5432',"
            f" dbname '{stage.legacy}', fetch_size '50000')",
            "CREATE USER MAPPING FOR CURRENT_USER SERVER legacy OPTIONS (user 'postgres')",
            f"CREATE SCHEMA legacy; IMPORT FOREIGN SCHEMA public LIMIT TO ({SOURCE}) FROM SERVER legacy INTO legacy",
            """CREATE FUNCTION legacy.json_or_null(document text) RETURNS jsonb LANGUAGE plpgsql AS $$
               BEGIN
                   RETURN document::jsonb;
               EXCEPTION WHEN OTHERS THEN
                   RETURN NULL;
               END $$""",
        )

    def run(self, stage):
        self.cluster.run(stage.target, f"""
            INSERT INTO {ENTITY} (profile_id, order_id, case_id, template_id, channel, context, read_at, created_at, {KEY})
            SELECT p.id, o.id, c.id, t.id, (ARRAY['in_app', 'email', 'sms'])[n.channel]::message_channel,
                   legacy.json_or_null(n.template_context), n.read_at AT TIME ZONE 'Europe/Berlin',
                   n.created AT TIME ZONE 'Europe/Berlin', n.id
            FROM legacy.{SOURCE} n
            JOIN profiles p ON p.legacy_user_id = n.user_id
            LEFT JOIN orders o ON n.item_type_id = 11 AND o.legacy_instruction_id = n.item_id
            LEFT JOIN cases c ON n.item_type_id = 12 AND c.legacy_instance_id = n.item_id
            LEFT JOIN templates t ON t.legacy_template_id = n.template_id
            WHERE n.channel BETWEEN 1 AND 3""")


class Guide(Contestant):
    letter = "f"
    name = "the guide's pattern, Python"
    settings = (
        "Python and psycopg: batches of 1,000 rows by key, a cache of 10,000 ids per parent (LRU) with one query per id that is"
        " not in it, each record inserted on its own, so that a bad one is skipped and the rest goes on; indexes and foreign"
        " keys in place; extrapolated from fewer rows"
    )
    has_same_ids = False

    def run(self, stage):
        self.execute(
            [self.options.python, os.path.join(os.path.dirname(__file__), "guide.py"),
             self.cluster.address(stage.legacy), self.cluster.address(stage.target)],
            "guide",
        )  # fmt: skip


ALL = {each.letter: each for each in (Floor, Godwit, PgCopyDB, PgLoader, PlainSQL, Guide)}
