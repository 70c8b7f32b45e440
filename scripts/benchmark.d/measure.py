"""Wall clock and CPU seconds of everything that happens, and what a run's worker processes use."""

import resource
import statistics
import threading
import time

from database import TICKS, children, times


def own_children():
    """CPU seconds of all client processes that were waited for, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Stopwatch:
    """`with Stopwatch(cluster) as watch:` leaves wall, client and server seconds in it."""

    def __init__(self, cluster):
        self.cluster = cluster

    def __enter__(self):
        self.server = -self.cluster.cpu_seconds()
        self.client = -own_children()
        self.began_at = time.time()
        self.wall = -time.monotonic()
        return self

    def __exit__(self, kind, error, trace):
        self.wall += time.monotonic()
        self.ended_at = time.time()
        self.client += own_children()
        # The last sessions end a moment after their clients.
        time.sleep(0.3)
        self.server += self.cluster.cpu_seconds()

    @property
    def figures(self):
        return {"wall": self.wall, "client_cpu": self.client, "server_cpu": self.server,
                "cpu": self.client + self.server}  # fmt: skip


class WorkerWatch:
    """Peak memory and CPU seconds of the worker processes among a process's children, or of the processes given."""

    def __init__(self, parent=None, processes=()):
        self.parent = parent
        self.processes = list(processes)
        self.peaks = {}
        self.seconds = {}
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self.is_over.set()
        self.thread.join()

    def watch(self):
        while not self.is_over.wait(0.1):
            for each in self.processes or children(self.parent):
                self.look(each)

    def look(self, process):
        try:
            with open(f"/proc/{process}/cmdline", "rb") as file:
                if b"worker" not in file.read().split(b"\0"):
                    return
            with open(f"/proc/{process}/status", encoding="utf-8", errors="replace") as file:
                peak = [line.split()[1] for line in file if line.startswith("VmHWM")]
        except (FileNotFoundError, ProcessLookupError):
            return
        if peak:
            self.peaks[process] = int(peak[0]) / 1024
            self.seconds[process] = sum(times(process)[:2]) / TICKS

    @property
    def peak_mib(self):
        """Of the worker that needed most."""
        return max(self.peaks.values(), default=0.0)

    @property
    def cpu(self):
        return sum(self.seconds.values())


def median(values):
    return statistics.median(values)


def medians(rounds):
    """Figure by figure."""
    return {name: median([each[name] for each in rounds]) for name in rounds[0]}
