"""The two private clusters: queries, restarts, space."""

import os
import pwd
import subprocess
import time


class DatabaseError(Exception):
    """psql failed; its message says how."""


class Cluster:
    """One PostgreSQL server, reached over its Unix socket, from whatever network namespace."""

    def __init__(self, directory, pg_bin, server_user):
        self.directory = directory
        self.pg_bin = pg_bin
        self.server_user = server_user
        self.restarting = None

    def query(self, database, sql, timeout=30):
        """Rows as lists of text."""
        command = [
            "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--field-separator=\t",
            "--set", "ON_ERROR_STOP=1", "-h", self.directory, "-U", "postgres", "-d", database, "--command", sql,
        ]  # fmt: skip
        environment = dict(os.environ, PGCONNECT_TIMEOUT="5", PGOPTIONS=f"-c statement_timeout={timeout * 1000}")
        try:
            result = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, timeout=timeout + 10
            )
        except subprocess.TimeoutExpired as error:
            raise DatabaseError("psql took too long") from error
        if result.returncode != 0:
            raise DatabaseError(result.stderr.strip())
        return [line.split("\t") for line in result.stdout.splitlines() if line]

    def value(self, database, sql, timeout=30):
        rows = self.query(database, sql, timeout)
        return rows[0][0] if rows else None

    def script(self, database, file, variables=(), output=None, timeout=600):
        """Runs a file; whether it succeeded."""
        command = ["psql", "--no-psqlrc", "--pset", "pager=off", "--set", "ON_ERROR_STOP=1"]
        for name, value in variables:
            command += ["--set", f"{name}={value}"]
        command += ["-h", self.directory, "-U", "postgres", "-d", database, "--file", file]
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, timeout=timeout
        )
        return result.returncode == 0

    def restart(self):
        """Restarts the server as after a power cut, without waiting for it; false while one is under way."""
        if self.is_starting:
            return False
        self.control("-m", "immediate", "restart")
        return True

    def tend(self):
        """Starts the server if it is down: one that can't recover, because its disk is full, gives up."""
        if not self.is_starting and not self.has_postmaster:
            self.control("start")

    @property
    def is_starting(self):
        return self.restarting is not None and self.restarting.poll() is None

    @property
    def has_postmaster(self):
        try:
            with open(f"{self.directory}/data/postmaster.pid", encoding="utf-8") as file:
                os.kill(int(file.readline()), 0)
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return False
        return True

    def control(self, *arguments):
        """Has pg_ctl do something, without waiting for it."""
        command = [f"{self.pg_bin}/pg_ctl", "-D", f"{self.directory}/data", "-l", f"{self.directory}/server.log"]
        command += ["-w", "-t", "120", *arguments]
        identity = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam(self.server_user)
            identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        self.restarting = subprocess.Popen(
            command,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **identity,
        )

    def await_up(self, timeout=130):
        limit = time.monotonic() + timeout
        while True:
            self.tend()
            try:
                self.query("postgres", "SELECT 1")
                return
            except DatabaseError:
                if time.monotonic() > limit:
                    raise
            time.sleep(0.2)


class Space:
    """The small file system that the target database lies on; filled by making it no larger than what is used."""

    def __init__(self, directory, megabytes):
        self.directory = directory
        self.size = megabytes << 20

    def used(self):
        figures = os.statvfs(self.directory)
        return (figures.f_blocks - figures.f_bfree) * figures.f_frsize

    def resize(self, size):
        command = ["mount", "-o", f"remount,size={size}", self.directory]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def fill(self):
        # A little is left, so that it fills up while rows are being written.
        return self.resize(self.used() + (256 << 10))

    def free(self):
        return self.resize(self.size)
