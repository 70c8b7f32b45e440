"""The table, as text."""

from contestants import ALL
from measure import median, medians


def million(seconds, rows):
    return seconds / rows * 1e6


def summary(stage):
    """Per contestant: medians, rows, seconds per million rows."""
    result = {}
    for letter, rounds in stage.results.items():
        figures = medians([each["figures"] for each in rounds])
        rows = rounds[0]["rows"]
        figures.update({
            "rows": rows, "rounds": len(rounds), "wall_per_million": million(figures["wall"], rows),
            "cpu_per_million": million(figures["cpu"], rows), "walls": [each["figures"]["wall"] for each in rounds],
        })  # fmt: skip
        if rounds[0]["details"]:
            figures["details"] = medians([each["details"] for each in rounds])
        result[letter] = figures
    return result


def ratio(stage, one, other, figure):
    """Median of the ratios of each round, because the machine's speed drifts: the two stood side by side in time."""
    mine, theirs = stage.results.get(one), stage.results.get(other)
    if not mine or not theirs:
        return None
    if mine[0]["rows"] != theirs[0]["rows"] or len(mine) != len(theirs):
        a = medians([each["figures"] for each in mine])[figure] / mine[0]["rows"]
        b = medians([each["figures"] for each in theirs])[figure] / theirs[0]["rows"]
        return a / b
    return median([a["figures"][figure] / b["figures"][figure] for a, b in zip(mine, theirs)])


HEAD = f"{'contestant':41}{'rows':>10}{'wall s':>9}{'min–max':>15}{'CPU s':>9}{'client':>8}{'server':>8}{'s/1M rows':>11}{'÷ a':>7}"


def table(stage):
    lines = [HEAD]
    figures = summary(stage)
    for letter, each in figures.items():
        against = ratio(stage, letter, "a", "wall")
        spread = f"{min(each['walls']):.1f}–{max(each['walls']):.1f}"
        lines.append(
            f"{letter + '  ' + ALL[letter].name:41}{each['rows']:>10,}{each['wall']:>9.1f}{spread:>15}{each['cpu']:>9.1f}"
            f"{each['client_cpu']:>8.1f}{each['server_cpu']:>8.1f}{each['wall_per_million']:>11.2f}"
            + (f"{against:>7.2f}" if against else f"{'':>7}")
            + ("  extrapolated" if letter == "f" else "")
        )
    return lines


STEPS = (
    ("open", "start of the process → run opened"), ("join", "→ first grant of any shard"),
    ("ancestors", "→ first grant of the table (ancestors)"), ("copy", "→ last copy shard committed"),
    ("indexes", "→ last index built"), ("constraints", "→ last constraint validated"),
    ("settle", "→ run ended"), ("leave", "→ end of the process"),
)  # fmt: skip


def break_down(figures, lanes):
    details, wall = figures["details"], figures["wall"]
    lines = [f"Where b's {wall:.1f} s went (medians of {figures['rounds']} rounds):"]
    for name, title in STEPS:
        lines.append(f"    {title:44}{details[name]:>8.2f} s{100 * details[name] / wall:>7.1f} %")
    idle = 1 - details["busy"] / (lanes * details["copy"])
    lines.append(
        f"    copy: {details['shards']:.0f} shards, median {details['median_shard']:.2f} s, longest"
        f" {details['longest_shard']:.2f} s; slots stood idle for {100 * idle:.1f} % of it"
    )
    return lines


def floor_break_down(figures):
    details = figures["details"]
    return [f"a: copy {details['copy']:.2f} s, indexes {details['indexes']:.2f} s, foreign keys {details['constraints']:.2f} s"]


def bar_lines(bars):
    lines = [f"{'figure':66}{'measured':>14}{'bar':>14}"]
    for each in bars:
        lines.append(
            f"{each['figure']:66}{each['text']:>14}{each['bar']:>14}  {'passed' if each['passed'] else 'MISSED'}"
        )
    return lines
