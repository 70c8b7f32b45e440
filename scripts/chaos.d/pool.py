"""The pool of a round: proxies, coordinators and workers as processes of their own, and their supervisor."""

import os
import signal
import subprocess
import time

# What a process may end with by itself. 69 and 75: a supervisor starts a coordinator again; worker: 0 when dismissed.
RESTARTED = {69, 75}


class Process:
    """A command that is started again whenever it dies before its time."""

    def __init__(self, name, command, log, environment=None, namespace=None):
        self.name = name
        self.command = (["ip", "netns", "exec", namespace] if namespace else []) + command
        self.log = log
        self.environment = environment
        self.running = None
        self.start_at = 0.0
        self.is_stopped = False
        self.was_killed = False

    def start(self):
        with open(self.log, "ab") as log:
            self.running = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment
            )
        self.is_stopped = False
        self.was_killed = False

    @property
    def is_alive(self):
        return self.running is not None and self.running.poll() is None

    def send(self, number):
        if not self.is_alive:
            return False
        self.running.send_signal(number)
        return True

    def last_words(self):
        with open(self.log, "rb") as log:
            log.seek(max(0, os.path.getsize(self.log) - 400))
            lines = log.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else ""

    def kill(self):
        self.was_killed = True
        return self.send(signal.SIGKILL)

    def end(self, patience=5):
        """Whatever it is doing."""
        if not self.is_alive:
            return
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        try:
            self.running.wait(patience)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()


class Pool:
    """Supervises the processes of one round."""

    def __init__(self, settings, random, say):
        self.settings = settings
        self.random = random
        self.say = say
        self.helpers = []
        self.coordinators = []
        self.workers = []
        # Statuses of processes that ended by themselves, by name, and of those a signal ended that was not ours.
        self.departures = {}
        self.crashes = []
        # How the run's coordinator ended; nil while the run lasts.
        self.outcome = None
        # Whether the run has ended, so that a coordinator started now would begin another.
        self.is_run_over = lambda: False

    def start(self):
        for process in self.helpers:
            process.start()
        limit = time.monotonic() + 10
        while any(not process.last_words() for process in self.helpers):
            if time.monotonic() > limit:
                raise RuntimeError("the proxies do not listen")
            time.sleep(0.05)
        for process in self.coordinators + self.workers:
            process.start()

    def tick(self, now):
        for process in self.coordinators + self.workers:
            if process.running is None:
                if now < process.start_at or self.outcome is not None:
                    continue
                if process not in self.coordinators or not self.is_run_over():
                    process.start()
                continue
            status = process.running.poll()
            if status is None:
                continue
            process.running = None
            self.ended(process, status, now)
        for process in self.helpers:
            if not process.is_alive and self.outcome is None:
                raise RuntimeError(f"{process.name} died; see {process.log}")

    def ended(self, process, status, now):
        is_coordinator = process in self.coordinators
        if process.was_killed and status == -signal.SIGKILL:
            process.start_at = now + self.random.uniform(0.1, 2)
            return
        if status < 0:
            self.crashes.append(f"{process.name} ended on signal {-status}")
            self.outcome = status
            return
        key = (process.name.rstrip("0123456789"), status)
        self.departures[key] = self.departures.get(key, 0) + 1
        if status != 0:
            self.say(f"{process.name} left with status {status}: {process.last_words()}")
        process.start_at = now + 1
        if is_coordinator and status not in RESTARTED:
            self.outcome = status

    def stop(self):
        """Workers that the coordinator dismissed are about to leave by themselves."""
        limit = time.monotonic() + 15
        while any(worker.is_alive for worker in self.workers) and time.monotonic() < limit:
            time.sleep(0.1)
        lazy = [worker.name for worker in self.workers if worker.is_alive]
        for process in self.workers + self.coordinators + self.helpers:
            process.end()
        return lazy


def build(settings, directory, database, ports, random, say):
    """The pool of a round, not yet started."""
    pool = Pool(settings, random, say)
    layout = settings.layout
    base = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "GODWIT"))}

    def log(name):
        return os.path.join(directory, name + ".log")

    source_socket = f"{settings.source.directory}/.s.PGSQL.5432"
    proxy = settings.proxy
    relay = f"{layout.source_host}:{ports.source}"
    pool.helpers.append(
        Process(
            "source-relay",
            [proxy, "--bytes", "--listen", relay, "--to", source_socket, "--report", os.path.join(directory, "source-relay.json")],
            log("source-relay"),
        )
    )
    coordinator_ends = [f"127.0.0.1:{port}" for port in ports.coordinators]
    faults = settings.message_faults
    pool.helpers.append(
        Process(
            "message-proxy",
            [proxy, "--listen", f"{layout.coordinator_host}:{ports.proxy}"]
            + [argument for end in coordinator_ends for argument in ("--to", end)]
            + ["--drop", str(faults[0]), "--duplicate", str(faults[1]), "--delay", str(faults[2])]
            + ["--seed", str(random.getrandbits(32)), "--report", os.path.join(directory, "message-proxy.json")],
            log("message-proxy"),
            namespace=layout.coordinator_namespace,
        )
    )
    target = f"postgresql://postgres@{layout.target_host(settings.target)}/{database}"
    for number, port in enumerate(ports.coordinators, 1):
        environment = dict(
            base,
            GODWIT_SOURCE=f"postgresql:///legacy?host={settings.source.directory}&user=postgres",
            GODWIT_TARGET=target,
        )
        command = [settings.godwit, "coordinator", "--plan", settings.plan, "--bind", f"tcp://127.0.0.1:{port}"]
        command += ["--lease-seconds", str(settings.lease), *settings.coordinator_options, *layout.options]
        name = f"coordinator{number}"
        pool.coordinators.append(Process(name, command, log(name), environment, layout.coordinator_namespace))
    for number in range(1, settings.workers + 1):
        end = f"{layout.coordinator_host}:{ports.proxy}"
        namespace = layout.worker_namespace(number)
        if namespace:
            # A coordinator without keys is to be had on loopback only.
            pool.helpers.append(
                Process(
                    f"relay{number}",
                    [proxy, "--bytes", "--listen", f"127.0.0.1:{ports.proxy}", "--to", end],
                    log(f"relay{number}"),
                    namespace=namespace,
                )
            )
            end = f"127.0.0.1:{ports.proxy}"
        environment = dict(
            base,
            GODWIT_SOURCE=f"postgresql://postgres@{relay}/legacy",
            GODWIT_TARGET=target,
        )
        command = [settings.godwit, "worker", "--name", f"worker{number}", "--slots", str(settings.slots)]
        command += ["--coordinator", f"tcp://{end}", "--patience", "0", *layout.options]
        name = f"worker{number}"
        pool.workers.append(Process(name, command, log(name), environment, namespace))
    return pool
