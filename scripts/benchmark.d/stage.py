"""What the contestants work on: legacy databases of a given size, the finished table, and lanes of finished rows."""

import subprocess

ENTITY = "system_messages"
SOURCE = "dispatch_notification"
KEY = "legacy_notification_id"
PREFIX = "bench"
BASE = f"{PREFIX}_base"
# Keys of further copies of the same rows lie this far apart; the outlier's is above 7,000,000,000.
SHIFT = 10_000_000_000


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def make_base(cluster, dispatch, scale, rows):
    """The legacy database in which all others begin: generated, with this many notifications."""
    cluster.create(BASE)
    cluster.psql(BASE, "--file", f"{dispatch}/legacy.sql")
    cluster.psql(BASE, "--set", f"scale={scale}", "--set", f"notifications={rows}", "--file", f"{dispatch}/generate.sql")


def make_legacy(cluster, database, dispatch, rows):
    """As the base with its first notifications only, or with all of them several times under other keys."""
    cluster.create(database)
    dump = subprocess.Popen(
        ["pg_dump", f"--exclude-table-data={SOURCE}", cluster.address(BASE)], stdout=subprocess.PIPE
    )
    load = subprocess.run(cluster.command(database), stdin=dump.stdout, stdout=subprocess.DEVNULL, check=False)
    dump.stdout.close()
    if dump.wait() or load.returncode:
        raise RuntimeError(f"could not copy {BASE} to {database}")
    # After the schema of the dump, which has the indexes.
    there = int(cluster.value(BASE, f"SELECT count(*) FROM {SOURCE}"))
    columns = cluster.value(
        BASE, f"SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
        f" WHERE attrelid = '{SOURCE}'::regclass AND attnum > 1 AND NOT attisdropped")  # fmt: skip
    copies, left = 0, rows
    while left > 0:
        limit = f"ORDER BY id LIMIT {left}" if left < there else "ORDER BY id"
        pipe_copy(cluster, BASE, f"SELECT id + {copies * SHIFT}, {columns} FROM {SOURCE} {limit}",
                  database, f"{SOURCE} (id, {columns})")  # fmt: skip
        copies, left = copies + 1, left - there
    cluster.run(database, "VACUUM ANALYZE")


def pipe_copy(cluster, source, query, target, table):
    """`psql COPY | psql COPY`, binary."""
    reader = subprocess.Popen(
        cluster.command(source, "--command", f"COPY ({query}) TO STDOUT (FORMAT binary)"), stdout=subprocess.PIPE
    )
    writer = subprocess.Popen(
        cluster.command(target, "--command", f"COPY {table} FROM STDIN (FORMAT binary)"), stdin=reader.stdout
    )
    reader.stdout.close()
    if writer.wait() or reader.wait():
        raise RuntimeError(f"a COPY from {source} to {target} failed")


def make_modern(cluster, database, dispatch):
    """The target's schema, no rows."""
    cluster.create(database)
    cluster.psql(database, "--file", f"{dispatch}/target.sql")


class Stage:
    """One size: its legacy database, the finished table, and half of its rows in each of two lanes."""

    def __init__(self, cluster, dispatch, name, rows, ancestors):
        self.cluster = cluster
        self.dispatch = dispatch
        self.name = name
        self.asked_rows = rows
        self.ancestors = ancestors
        self.legacy = f"{PREFIX}_{name}_legacy"
        # The table in its final shape, beside the tables it refers to.
        self.final = f"{PREFIX}_{name}_final"
        self.target = f"{PREFIX}_{name}_modern"
        self.results = {}
        self.details = {}

    def prepare_legacy(self):
        make_legacy(self.cluster, self.legacy, self.dispatch, self.asked_rows)
        self.source_rows = int(self.cluster.value(self.legacy, f"SELECT count(*) FROM {SOURCE}"))

    def adopt_final(self, kept):
        """What a first run of Godwit's has made of the legacy database is the measure of all."""
        self.cluster.drop(self.final)
        self.cluster.run("postgres", f'ALTER DATABASE "{self.target}" RENAME TO "{self.final}"')
        strip(self.cluster, self.final, kept)
        self.rows = int(self.cluster.value(self.final, f"SELECT count(*) FROM {ENTITY}"))
        self.digests = {with_id: digest(self.cluster, self.final, with_id) for with_id in (True, False)}
        self.structure = structure(self.cluster, self.final)
        self.columns = self.cluster.value(self.final, f"SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) {COLUMNS}")

    def prepare_lanes(self):
        """Two tables with half of the rows each, in key order, where no index has to be read; enums are text on the wire."""
        columns = self.cluster.value(self.final, f"""SELECT string_agg(format('%I %s', attname,
            CASE typtype WHEN 'e' THEN 'text' ELSE format_type(t.oid, atttypmod) END), ', ' ORDER BY attnum)
            {COLUMNS.replace("WHERE", "JOIN pg_type t ON t.oid = atttypid WHERE")}""")
        middle = self.cluster.value(
            self.final, f"SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY {KEY}) FROM {ENTITY}"
        )
        for lane, side in ((1, "<="), (2, ">")):
            self.cluster.run(self.legacy, f"CREATE TABLE bench_lane_{lane} ({columns})")
            pipe_copy(self.cluster, self.final,
                      f"SELECT {self.columns} FROM {ENTITY} WHERE {KEY} {side} {middle} ORDER BY {KEY}",
                      self.legacy, f"bench_lane_{lane} ({self.columns})")  # fmt: skip
            self.cluster.run(self.legacy, f"VACUUM ANALYZE bench_lane_{lane}")

    def check(self, database, with_id):
        """Why the database's table is not what it should be; None if it is."""
        rows = int(self.cluster.value(database, f"SELECT count(*) FROM {ENTITY}"))
        if rows != self.rows:
            return f"{rows} rows, not {self.rows}"
        if digest(self.cluster, database, with_id) != self.digests[with_id]:
            return "the rows have other contents"
        found = structure(self.cluster, database)
        if found != self.structure:
            missing, other = self.structure - found, found - self.structure
            return f"indexes or constraints differ: missing {sorted(missing)}, instead {sorted(other)}"
        return None

    def drop(self):
        self.cluster.drop(self.legacy, self.final, self.target)


COLUMNS = f"""FROM pg_attribute WHERE attrelid = '{ENTITY}'::regclass AND attnum > 0 AND NOT attisdropped
    AND attgenerated = ''"""


def strip(cluster, database, kept):
    """Leaves the entity's table and those it needs, so that tools which copy whole databases copy these."""
    cluster.run(database, "DROP SCHEMA IF EXISTS godwit CASCADE")
    tables = ", ".join(
        row[0] for row in cluster.rows(database, f"""SELECT oid::regclass FROM pg_class
            WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'auth'::regnamespace)
              AND relname NOT IN ({", ".join(f"'{each}'" for each in kept)})"""))  # fmt: skip
    if tables:
        cluster.run(database, f"SET client_min_messages = warning; DROP TABLE {tables} CASCADE")
    cluster.run(database, "VACUUM ANALYZE")


def digest(cluster, database, with_id):
    """Of all rows, whatever their order."""
    columns = ", ".join(
        f"{row[0]}::text" if row[1] == "e" else row[0]
        for row in cluster.rows(database, f"""SELECT quote_ident(attname), (SELECT typtype FROM pg_type t WHERE t.oid = atttypid)
            {COLUMNS} AND (attname <> 'id' OR {str(with_id).lower()}) ORDER BY attname"""))  # fmt: skip
    return cluster.value(database, f"SET TimeZone = 'UTC'; SELECT sum(hash_record_extended(ROW({columns}), 0)) FROM {ENTITY}")


def structure(cluster, database):
    """Names and definitions of the indexes and constraints that are whole."""
    return {
        tuple(row) for row in cluster.rows(database, f"""
            SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE conrelid = '{ENTITY}'::regclass AND convalidated
            UNION ALL
            SELECT relname, pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON oid = indexrelid
            WHERE indrelid = '{ENTITY}'::regclass AND indisvalid AND indisready""")}  # fmt: skip
