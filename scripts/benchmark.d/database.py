"""The private cluster: databases, queries, settings, and the CPU time that the server has used."""

import os
import subprocess
from contextlib import contextmanager

TICKS = os.sysconf("SC_CLK_TCK")


class DatabaseError(Exception):
    """psql failed; its message says how."""


class Cluster:
    """One PostgreSQL server, reached over the Unix socket in its directory."""

    def __init__(self, directory):
        self.directory = directory
        with open(f"{directory}/data/postmaster.pid", encoding="utf-8") as file:
            self.postmaster = int(file.readline())

    def address(self, database):
        return f"postgresql:///{database}?host={self.directory}&port=5432&user=postgres"

    def command(self, database, *arguments):
        """psql that stops at the first error."""
        return ["psql", "--no-psqlrc", "--quiet", "--pset", "pager=off", "--set", "ON_ERROR_STOP=1",
                "-h", self.directory, "-U", "postgres", "-d", database, *arguments]  # fmt: skip

    def psql(self, database, *arguments, limit=3600):
        command = self.command(database, "--tuples-only", "--no-align", "--field-separator=\t", *arguments)
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit)
        if result.returncode != 0:
            raise DatabaseError(f"{database}: {result.stderr.strip()}")
        return result.stdout

    def run(self, database, *statements):
        """Each statement in a transaction of its own."""
        return self.psql(database, *(part for each in statements for part in ("--command", each)))

    def rows(self, database, query):
        return [line.split("\t") for line in self.run(database, query).splitlines() if line]

    def value(self, database, query):
        rows = self.rows(database, query)
        return rows[0][0] if rows else None

    def create(self, database, template=None):
        """Empty or as the template is, whatever was there before."""
        self.drop(database)
        source = f' TEMPLATE "{template}" STRATEGY file_copy' if template else ""
        self.run("postgres", f'CREATE DATABASE "{database}"{source}')

    def drop(self, *databases):
        for each in databases:
            self.run("postgres", "SET client_min_messages = warning", f'DROP DATABASE IF EXISTS "{each}" WITH (FORCE)')

    def checkpoint(self):
        self.run("postgres", "CHECKPOINT")

    @contextmanager
    def settings(self, chosen):
        """Settings of the whole server, taken back in the end."""
        for name, setting in chosen.items():
            self.run("postgres", f"ALTER SYSTEM SET {name} = '{setting}'")
        self.run("postgres", "SELECT pg_reload_conf()")
        try:
            yield
        finally:
            for name in chosen:
                self.run("postgres", f"ALTER SYSTEM RESET {name}")
            self.run("postgres", "SELECT pg_reload_conf()")

    def cpu_seconds(self):
        """User and system time of the server's processes, of those that have ended as well."""
        while True:
            before = times(self.postmaster)
            live = sum(sum(times(each)) for each in children(self.postmaster))
            # Where a process ended meanwhile it would be counted twice or not at all.
            if times(self.postmaster)[2:] == before[2:]:
                return (sum(before) + live) / TICKS


def times(process):
    """utime, stime, cutime and cstime in clock ticks; https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return (0, 0, 0, 0)
    return tuple(int(each) for each in fields[11:15])


def children(process):
    """Of all threads of the process; empty when it is gone."""
    found = []
    try:
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/children", encoding="ascii") as file:
                found += [int(each) for each in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found
