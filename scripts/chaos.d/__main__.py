"""The rounds of scripts/chaos, which has made the clusters and says how it is called."""

import argparse
import os
import random
import shutil
import signal
import socket
import sys
import time
from types import SimpleNamespace

import faults
import report
from database import Cluster, Space
from network import Loopback, Namespaces
from rounds import Round


def arguments():
    parser = argparse.ArgumentParser()
    for name in ("godwit", "plan", "schema", "audit", "proxy", "home", "source", "target", "pg-bin", "server-user"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--slots", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--faults", required=True)
    parser.add_argument("--gap", type=float, required=True)
    parser.add_argument("--lease", type=int, required=True)
    parser.add_argument("--standby", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--space")
    parser.add_argument("--space-size", type=int)
    parser.add_argument("--namespaces")
    return parser.parse_args()


def free_ports(number):
    """That nobody listens on now; in a namespace of our own they stay so."""
    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def settings_from(options):
    ports = free_ports(4)
    layout = Namespaces(options.namespaces) if options.namespaces else Loopback()
    chosen = [kind for kind in options.faults.split(",") if kind]
    if not layout.can_cut:
        chosen = [kind for kind in chosen if kind != "cut"]
    if not options.space:
        chosen = [kind for kind in chosen if kind != "disk-full"]
    return SimpleNamespace(
        godwit=options.godwit,
        plan=options.plan,
        schema=options.schema,
        audit=options.audit,
        proxy=options.proxy,
        source=Cluster(options.source, options.pg_bin, options.server_user),
        target=Cluster(options.target, options.pg_bin, options.server_user),
        space=Space(options.space, options.space_size) if options.space else None,
        layout=layout,
        ports=SimpleNamespace(
            source=ports[0] if not options.namespaces else 5432,
            proxy=ports[1],
            coordinators=ports[2:4] if options.standby else ports[2:3],
        ),
        workers=options.workers,
        slots=options.slots,
        lease=options.lease,
        gap=options.gap,
        faults=chosen,
        message_faults=(0.04, 0.04, 0.06) if faults.MESSAGES in chosen else (0, 0, 0),
        coordinator_options=["--standby"] if options.standby else [],
        # Long enough for the longest sleep; then a run must end by itself.
        storm_seconds=120.0,
        calm_seconds=180.0,
    )


def main():
    options = arguments()
    # The finally clauses of a round end its processes.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    settings = settings_from(options)
    source = random.Random(options.seed)
    start = time.monotonic()
    counts, rounds = {}, []
    calm = SimpleNamespace(**vars(settings))
    calm.faults, calm.message_faults = [], (0, 0, 0)
    number = 0
    while number < 2 or time.monotonic() - start < options.minutes * 60:
        number += 1
        title = "without faults, for comparison" if number == 1 else f"seed {options.seed}"
        print(f"==> Round {number} ({title})", flush=True)
        directory = os.path.join(options.home, f"round-{number}")
        each = Round(calm if number == 1 else settings, number, source, counts, directory)
        each.run()
        rounds.append(each)
        report.print_round(each, rounds[0])
        if each.complaints or each.is_kept or options.keep:
            print(f"    kept: {directory}", flush=True)
        else:
            shutil.rmtree(directory)
        if each.complaints:
            break
    sys.exit(report.print_report(rounds, counts, settings, time.monotonic() - start, options))


main()
