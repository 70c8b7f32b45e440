"""Puts results into the documentation: the chart that the README shows, and the tables of docs/performance.md."""

import json
import os
import sys

import chart

BEGIN, END = "<!-- results: written by scripts/benchmark --publish -->", "<!-- end of results -->"


def tables(results):
    host = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    lines = [
        f"{results['date']}, {host['cores']} × {host['processor']}, {host['memory_gib']} GiB of memory, Linux {host['kernel']};"
        f" {versions}.",
        "Server: " + ", ".join(f"`{name} = {value}`" for name, value in results["settings"].items()) + ".",
        f"Godwit: `{results['godwit']}`.",
    ]
    for name, stage in results["stages"].items():
        if name == "guide":
            continue
        lines += [
            "", "| contestant | rows | rounds | wall s | from … to | CPU s | of it server | s per 1M rows | ÷ a's, medians |",
            "|---|---|---|---|---|---|---|---|---|",
        ]  # fmt: skip
        floor = stage["contestants"].get("a")
        for letter, each in stage["contestants"].items():
            ratio = f"{each['wall_per_million'] / floor['wall_per_million']:.2f}" if floor else ""
            mark = " (extrapolated)" if letter == "f" else ""
            title = results["contestants"][letter]["name"].replace("|", "\\|")
            lines.append(
                f"| {letter} {title}{mark} | {each['rows']:,} | {each['rounds']}"
                f" | {each['wall']:.1f} | {min(each['walls']):.1f} … {max(each['walls']):.1f} | {each['cpu']:.1f}"
                f" | {each['server_cpu']:.1f} | {each['wall_per_million']:.2f} | {ratio} |"
            )
    lines += ["", "| figure | measured | bar | |", "|---|---|---|---|"]
    for each in results["bars"]:
        verdict = "passed" if each["passed"] else "**missed**"
        lines.append(f"| {each['figure']} | {each['text']} | {each['bar']} | {verdict} |")
    return lines


def publish(results_path, docs):
    with open(results_path, encoding="utf-8") as file:
        results = json.load(file)
    with open(os.path.join(docs, "benchmark.svg"), "w", encoding="utf-8") as file:
        file.write(chart.draw(results))
    page = os.path.join(docs, "performance.md")
    with open(page, encoding="utf-8") as file:
        text = file.read()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    with open(page, "w", encoding="utf-8") as file:
        file.write("\n".join([before + BEGIN, "", *tables(results), "", END + after]))


if __name__ == "__main__":
    publish(*sys.argv[1:])
