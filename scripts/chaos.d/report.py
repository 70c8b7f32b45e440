"""What came of it."""

# Of a run of 30 minutes or more; a short one has too few faults to be judged by them.
LEAST_KILLS = 100
MOST_REPEATED = 10.0
LONGEST_SHARD = 5.0


def repeated(each, clean):
    """The share of the bytes that the workers read more than once: what came over the wire, against the clean round's."""
    expected = clean.figures["wire_bytes"]
    return 100 * (each.figures["wire_bytes"] - expected) / expected if expected else 0.0


def print_round(each, clean):
    figures = each.figures
    verdict = "audit 0 differences" if figures.get("audit") else "AUDIT FOUND DIFFERENCES"
    attempts = ", ".join(f"{number} {outcome}" for outcome, number in sorted(figures["attempts"].items()))
    print(
        f"    {each.seconds:.0f} s, {figures['rows']} rows, status {figures['outcome']}, attempts: {attempts};"
        f" read again {repeated(each, clean):.1f} %; shards median {figures['median_shard']:.1f} s,"
        f" longest {figures['longest_shard']:.1f} s; {verdict}",
        flush=True,
    )
    for complaint in each.complaints:
        print(f"    WRONG: {complaint}", flush=True)


def print_report(rounds, counts, settings, seconds, options):
    """The whole; the exit status."""
    clean, stormy = rounds[0], rounds[1:]
    kills = {kind: counts.pop(kind, 0) for kind in ("kill-worker", "kill-coordinator")}
    wire = sum(each.figures["wire_bytes"] for each in stormy)
    expected = clean.figures["wire_bytes"] * len(stormy)
    share = 100 * (wire - expected) / expected if expected else 0.0
    zombies = sum(each.figures["zombies"] for each in stormy)
    refused = sum(each.figures["refused_by_fence"] for each in stormy)
    missing = sum(each.figures["missing"] for each in rounds)
    extra = sum(each.figures["extra"] for each in rounds)
    committed = sum(each.figures["committed_bytes"] for each in stormy)
    wrong = [each for each in rounds if each.complaints]
    clean_audits = sum(bool(each.figures.get("audit")) for each in rounds)
    lines = [
        ("seed", options.seed),
        ("minutes", f"{seconds / 60:.1f}, {sum(each.seconds for each in stormy) / 60:.1f} of them under faults"),
        ("rounds", f"{len(stormy)}, and one without faults"),
        ("kills (SIGKILL)", f"{sum(kills.values())}: {kills['kill-worker']} workers,"
                            f" {kills['kill-coordinator']} coordinators"),
        *[(name, number) for name, number in sorted(counts.items())],
        ("longest shard without faults", f"{clean.figures['longest_shard']:.1f} s (bar: {LONGEST_SHARD:.0f} s)"),
        ("leases that zombies lost asleep", zombies),
        ("zombies refused by the fence", refused),
        ("bytes read from the source", f"{wire / 1e6:.1f} MB, {committed / 1e6:.1f} MB of rows committed"),
        ("bytes copied more than once", f"{share:.1f} % (bar: {MOST_REPEATED:.0f} %)"),
        ("audits without a difference", f"{clean_audits} of {len(rounds)}"),
        ("rows lost", missing),
        ("rows doubled", extra),
    ]
    print()
    for name, value in lines:
        print(f"{name + ':':36}{value}")
    for each in wrong:
        print(f"WRONG in round {each.number}: {'; '.join(each.complaints)}")
    missed = []
    if options.minutes >= 30:
        if sum(kills.values()) < LEAST_KILLS:
            missed.append(f"fewer than {LEAST_KILLS} kills")
        if share > MOST_REPEATED:
            missed.append(f"more than {MOST_REPEATED:.0f} % of the bytes were copied again")
        if clean.figures["longest_shard"] > LONGEST_SHARD:
            missed.append(f"a shard took longer than {LONGEST_SHARD:.0f} s")
        if refused == 0:
            missed.append("the fence refused nobody, so it has proven nothing")
    for bar in missed:
        print(f"MISSED: {bar}")
    if not wrong and not missed:
        print("No difference, no hang, no crash: passed")
    return 1 if wrong or missed else 0
