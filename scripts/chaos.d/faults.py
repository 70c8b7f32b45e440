"""What is done to a round, when, and how it is taken back."""

import math
import signal

from database import DatabaseError

# How often each fault is drawn, against the others.
WEIGHTS = {
    "kill-worker": 8,
    "kill-coordinator": 4,
    "stop": 3,
    "stop-coordinator": 0.7,
    "terminate": 2,
    "steal": 2,
    "restart-target": 0.5,
    "restart-source": 0.1,
    "cut": 1.5,
    "disk-full": 0.4,
}
# The proxy's, all the time.
MESSAGES = "messages"
ALL = (*WEIGHTS, MESSAGES)

SESSIONS = """datname = current_database() AND pid <> pg_backend_pid()
    AND (application_name LIKE 'gdw%' OR application_name LIKE 'godwit%')"""


class Storm:
    """Faults at random times, until it is over; then everything that was stopped or cut goes on."""

    def __init__(self, settings, pool, database, random, say, counts):
        self.settings = settings
        self.pool = pool
        self.database = database
        self.random = random
        self.say = say
        self.counts = counts
        self.undos = []
        self.next = None
        self.is_over = False
        # A mixed run is expected then.
        self.source_restarted = False
        self.zombies = []

    def tick(self, now):
        for undo in [undo for undo in self.undos if undo[0] <= now]:
            self.undos.remove(undo)
            undo[1]()
        self.settings.source.tend()
        self.settings.target.tend()
        if self.is_over or not self.settings.faults:
            return
        if self.next is None:
            self.next = now + self.random.expovariate(1 / self.settings.gap)
        if now < self.next:
            return
        self.next = now + self.random.expovariate(1 / self.settings.gap)
        kinds = [kind for kind in self.settings.faults if kind in WEIGHTS]
        kind = self.random.choices(kinds, [WEIGHTS[kind] for kind in kinds])[0]
        try:
            what = getattr(self, kind.replace("-", "_"))(now)
        except DatabaseError:
            # The database is away, because of another fault.
            return
        if what:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.say(f"{kind}: {what}")

    def end(self):
        self.is_over = True
        for _, undo in sorted(self.undos, key=lambda entry: entry[0]):
            undo()
        self.undos = []

    def undo_in(self, now, seconds, undo):
        self.undos.append((now + seconds, undo))

    def pick(self, processes):
        alive = [process for process in processes if process.is_alive and not process.is_stopped]
        return self.random.choice(alive) if alive else None

    def kill_worker(self, now):
        victim = self.pick(self.pool.workers)
        return victim.name if victim and victim.kill() else None

    def kill_coordinator(self, now):
        victim = self.pick(self.pool.coordinators)
        return victim.name if victim and victim.kill() else None

    def stop(self, now):
        """A worker sleeps; mostly for longer than its leases last, so that it wakes as a zombie."""
        victim = self.pick(self.pool.workers)
        if victim is None or sum(worker.is_stopped for worker in self.pool.workers) > len(self.pool.workers) // 2:
            return None
        since = self.settings.target.value(self.database, "SELECT clock_timestamp()")
        return self.put_to_sleep(victim, now, 90, lambda: self.count_zombies(victim.name, since))

    def stop_coordinator(self, now):
        """A leader sleeps until it is deposed, or a standby while it has nothing to do."""
        victim = self.pick(self.pool.coordinators)
        if victim is None or any(each.is_stopped for each in self.pool.coordinators):
            return None
        return self.put_to_sleep(victim, now, 45)

    def put_to_sleep(self, victim, now, longest, before_waking=None):
        seconds = math.exp(self.random.uniform(math.log(5), math.log(longest)))
        process = victim.running
        victim.send(signal.SIGSTOP)
        victim.is_stopped = True

        def wake():
            if victim.running is process:
                if before_waking:
                    before_waking()
                victim.send(signal.SIGCONT)
                victim.is_stopped = False

        self.undo_in(now, seconds, wake)
        return f"{victim.name} for {seconds:.0f} s"

    def count_zombies(self, name, since):
        try:
            sql = f"""SELECT count(*) FROM godwit.attempts WHERE worker = '{name}' AND started_at < '{since}'
                AND ended_at > '{since}' AND outcome IN ('expired', 'cancelled')"""
            self.zombies.append(int(self.settings.target.value(self.database, sql)))
        except DatabaseError:
            self.zombies.append(0)

    def terminate(self, now):
        cluster, database = self.random.choice(
            [(self.settings.source, "legacy"), (self.settings.target, self.database)]
        )
        number = self.random.choice([1, 1, 1, 2, 5])
        rows = cluster.query(
            database,
            f"""SELECT application_name FROM pg_stat_activity, pg_terminate_backend(pid) WHERE pid IN
                (SELECT pid FROM pg_stat_activity WHERE {SESSIONS} ORDER BY random() LIMIT {number})""",
        )
        return ", ".join(row[0][:20] for row in rows)

    def steal(self, now):
        """A lease is taken away and the session under it left alive: only the fence holds the old owner off."""
        rows = self.settings.target.query(
            self.database,
            """WITH taken AS (
                SELECT id, lease, worker, attempt FROM godwit.shards WHERE state = 'leased' AND attempt < 20
                ORDER BY random() LIMIT 2 FOR UPDATE SKIP LOCKED
            ), freed AS (
                UPDATE godwit.shards s SET state = 'pending', lease = NULL, lease_until = NULL FROM taken
                WHERE s.id = taken.id
            ), closed AS (
                UPDATE godwit.attempts a SET ended_at = clock_timestamp(), outcome = 'expired' FROM taken
                WHERE a.lease = taken.lease
            )
            SELECT id, worker FROM taken""",
            timeout=5,
        )
        return ", ".join(f"shard {shard} of {worker}" for shard, worker in rows)

    def restart_target(self, now):
        return "immediate" if self.settings.target.restart() else None

    def restart_source(self, now):
        if not self.settings.source.restart():
            return None
        self.source_restarted = True
        return "immediate"

    def cut(self, now):
        layout = self.settings.layout
        if layout.detached:
            return None
        worker = f"w{self.random.randint(1, self.settings.workers)}"
        cuts = {
            "worker–coordinator": [worker + "c"],
            "worker–target": [worker + "t"],
            "coordinator–target": ["ct"],
            "all workers–coordinator": ["cc"],
        }
        names = self.random.choice([[name] for name in cuts] + [list(cuts)[:2], list(cuts)[1:], list(cuts)])
        ports = sorted({port for name in names for port in cuts[name]})
        seconds = self.random.uniform(3, 40)
        layout.cut(ports)
        self.undo_in(now, seconds, lambda: layout.mend(ports))
        return f"{', '.join(names)} ({' '.join(ports)}) for {seconds:.0f} s"

    def disk_full(self, now):
        space = self.settings.space
        if space is None or not space.fill():
            return None
        seconds = self.random.uniform(3, 12)
        self.undo_in(now, seconds, space.free)
        return f"for {seconds:.0f} s"
