"""The results as a picture: hand-written SVG, legible on light and dark pages."""

import math
from html import escape

WIDTH = 860
LEFT = 262
RIGHT = 150
ROW = 44
TOP = 74
THICK = 14

STYLE = """
    text { font: 13px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328; }
    .title { font-size: 16px; font-weight: 600; }
    .small { font-size: 11px; fill: #59636e; }
    .figure { font-variant-numeric: tabular-nums; }
    .card { fill: #ffffff; stroke: #d1d9e0; }
    .grid { stroke: #d1d9e0; stroke-width: 1; }
    .break { fill: #ffffff; }
    .wall { fill: #6e7781; }
    .wall.own { fill: #0969da; }
    .cpu { fill: #c4cad1; }
    .cpu.own { fill: #a8cdf5; }
    @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3; }
        .small { fill: #9198a1; }
        .card { fill: #0d1117; stroke: #3d444d; }
        .grid { stroke: #3d444d; }
        .break { fill: #0d1117; }
        .wall { fill: #8b949e; }
        .wall.own { fill: #4493f8; }
        .cpu { fill: #4a525c; }
        .cpu.own { fill: #1f4b82; }
    }
"""


def best(results):
    """Each contestant at the size at which most rows were loaded, a and b first."""
    found = {}
    for name in ("guide", "slow", "main"):
        for letter, figures in results["stages"].get(name, {}).get("contestants", {}).items():
            if letter not in found or figures["rows"] >= found[letter]["rows"]:
                found[letter] = figures
    return dict(sorted(found.items()))


def figure(value):
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def times_of(letter, wall, results):
    """How often Godwit's time goes into this one's, at the size at which they met."""
    stage = results["stages"].get("main" if letter in "ac" else "slow") or results["stages"].get("slow", {})
    own = stage.get("contestants", {}).get("b")
    if letter == "b" or not own:
        return ""
    quotient = wall / own["wall_per_million"]
    return f"  ({quotient:.2f} × b)" if quotient < 10 else f"  ({quotient:.0f} × b)"


def step(longest):
    """Between two lines of the grid."""
    power = 10 ** math.floor(math.log10(longest / 4))
    return next(power * each for each in (1, 2, 5, 10) if power * each * 6 >= longest)


def count(rows):
    return f"{rows / 1e6:.1f} M rows" if rows >= 1e6 else f"{rows / 1e3:.0f} k rows"


def draw(results):
    """Seconds per million rows, cut off where one is far longer than the others."""
    contestants = best(results)
    height = TOP + ROW * len(contestants) + 62
    seconds = [each[name] for each in contestants.values() for name in ("wall_per_million", "cpu_per_million")]
    if not seconds:
        return ""
    # What is far longer than everything else is cut off, with a break.
    ordered = sorted(each["wall_per_million"] for each in contestants.values())
    longest = max(seconds) if len(ordered) < 2 or ordered[-1] < 3 * ordered[-2] else 1.35 * ordered[-2]
    grid = step(longest)
    longest = grid * math.ceil(longest / grid)

    def place(value):
        return LEFT + (WIDTH - LEFT - RIGHT) * min(value / longest, 1)

    def box(kind, value, y):
        end = place(value)
        found = [f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{end - LEFT:.1f}" height="{THICK}" rx="2"/>']
        if value > longest:
            points = f"{end - 30:.1f},{y + THICK + 1} {end - 22:.1f},{y - 1} {end - 16:.1f},{y - 1} {end - 24:.1f},{y + THICK + 1}"
            found.append(f'<polygon class="break" points="{points}"/>')
        return found, end + 8

    title = "Seconds per million rows: shorter is better"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img"'
        f' aria-label="{escape(title)}">',
        f"<style>{STYLE}</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
        f'<text class="title" x="20" y="30">{escape(title)}</text>',
        f'<text class="small" x="20" y="48">system_messages with its indexes and foreign keys in the end; medians; × b: against b with as many rows</text>',
        f'<rect class="wall" x="{WIDTH - 300}" y="20" width="14" height="10"/>',
        f'<text class="small" x="{WIDTH - 280}" y="29">wall clock</text>',
        f'<rect class="cpu" x="{WIDTH - 208}" y="20" width="14" height="10"/>',
        f'<text class="small" x="{WIDTH - 188}" y="29">CPU of all processes and servers</text>',
    ]
    bottom = TOP + ROW * len(contestants)
    for number in range(round(longest / grid) + 1):
        x = place(number * grid)
        lines.append(f'<line class="grid" x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{bottom}"/>')
        lines.append(f'<text class="small" x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{number * grid:g} s</text>')
    for index, (letter, figures) in enumerate(contestants.items()):
        y = TOP + ROW * index
        own = " own" if letter == "b" else ""
        name = results["contestants"][letter]["name"]
        rows = count(figures["rows"]) + (", extrapolated" if letter == "f" else "")
        wall, cpu = figures["wall_per_million"], figures["cpu_per_million"]
        wall_box, wall_end = box(f"wall{own}", wall, y)
        cpu_box, cpu_end = box(f"cpu{own}", cpu, y + THICK + 2)
        times = times_of(letter, wall, results)
        lines += [
            f'<text x="20" y="{y + 14}">{escape(f"{letter}  {name}")}</text>',
            f'<text class="small" x="36" y="{y + 29}">{escape(rows)}</text>',
            *wall_box,
            f'<text class="figure" x="{wall_end:.1f}" y="{y + 12}">{figure(wall)} s{times}</text>',
            *cpu_box,
            f'<text class="figure small" x="{cpu_end:.1f}" y="{y + THICK + 13}">{figure(cpu)} s</text>',
        ]
    host = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    machine = f"{results['date']}, {host['cores']} × {host['processor']}, {host['memory_gib']} GiB"
    lines += [
        f'<text class="small" x="20" y="{height - 26}">{escape(machine)}</text>',
        f'<text class="small" x="20" y="{height - 11}">{escape(versions)}</text>',
        "</svg>",
        "",
    ]
    return "\n".join(lines)
