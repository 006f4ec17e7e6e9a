"""What was measured, as text."""

import math
from statistics import median

PHASES = ("cold", "again", "other", "added")


def high(values: list[float]) -> float:
    """The 95th percentile: the least value that 95 % do not exceed."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def summary(result: dict) -> str:
    """A contestant's figures with a table."""
    written, memory, rows = result["written"], result["memory_mib"], result["rows"]
    took = ", ".join(f"{name} {seconds:.1f}" for name, seconds in written["took"].items())
    before, after = result["load"]
    requests = "" if written["requests"] is None else f"{written['requests']} requests, "
    lines = [
        f"{result['contestant']}, {rows:,} rows",
        f"  written in {written['seconds']:.1f} s ({took}), {requests}"
        f"{written['memory_mib']:.0f} MiB",
        f"  recall@10 {result['recall']:.3f}",
        f"  load of the machine {before:.1f} to {after:.1f}; the store's own time "
        f"{result['store_ms']:.1f} ms a request at most",
    ]
    if written["segments"] is not None:
        lines.insert(
            2, f"  segments of {', '.join(f'{rows:,}' for rows in written['segments'])} rows"
        )
    lines.append(
        f"  {'':<7} {'':<6} {'n':>3} {'ms':>8} {'p95':>8} {'requests':>9} {'p95':>4} "
        f"{'rounds':>7} {'p95':>4} {'kB':>9} {'B/row':>7} {'MiB':>6}"
    )
    for mode in memory["cold"]:
        for phase in PHASES:
            of = [s for s in result["samples"] if (s["phase"], s["mode"]) == (phase, mode)]
            lines.append(line(mode, phase, of, rows, memory))
    return "\n".join(lines) + "\n"


def line(mode: str, phase: str, samples: list[dict], rows: int, memory: dict) -> str:
    """One search, repeated."""
    times = [sample["ms"] for sample in samples]
    text = f"  {mode:<7} {phase:<6} {len(times):>3} {median(times):>8.1f} {high(times):>8.1f}"
    if samples[0]["requests"] is None:
        text += f" {'-':>9} {'-':>4} {'-':>7} {'-':>4} {'-':>9} {'-':>7}"
    else:
        for name, width in (("requests", 9), ("rounds", 7)):
            counts = [sample[name] for sample in samples]
            text += f" {median(counts):>{width}.0f} {high(counts):>4}"
        read = median(sample["bytes"] for sample in samples)
        text += f" {read / 1e3:>9.1f} {read / rows:>7.1f}"
    held = {"cold": memory["cold"][mode], "added": memory["all"][mode]}.get(phase)
    return text + (f" {held:>6.0f}" if held else f" {'':>6}")


def comparison(found: list[dict]) -> str:
    """Everyone beside each other: medians of each search, and what there is one number of."""
    sizes = list(dict.fromkeys(result["rows"] for result in found))
    largest_first = sorted(found, key=lambda result: -result["rows"])
    names = list(dict.fromkeys(result["contestant"] for result in largest_first))
    of = {(result["contestant"], result["rows"]): result for result in found}
    lines = ["medians: ms / requests / rounds"]

    def heading(text: str) -> None:
        lines.append(f"\n{text:<26}" + "".join(f"{rows:>20,}" for rows in sizes))

    def row(label: str, name: str, show) -> None:
        cells = [show(of[name, rows]) if (name, rows) in of else "" for rows in sizes]
        if any(cells):
            lines.append(f"  {label:<10}{name:<14}" + "".join(f"{text:>20}" for text in cells))

    for mode in dict.fromkeys(sample["mode"] for result in found for sample in result["samples"]):
        heading(mode)
        for phase in PHASES:
            for name in names:
                row(phase, name, lambda result, mode=mode, phase=phase: cell(result, mode, phase))
    heading("one number each")
    for name in names:
        row("recall@10", name, lambda result: f"{result['recall']:.3f}")
    for name in names:
        row("written s", name, lambda result: f"{result['written']['seconds']:.1f}")
    for name in names:
        row("MiB", name, lambda result: f"{max(result['memory_mib']['all'].values()):.0f}")
    return "\n".join(lines)


def cell(result: dict, mode: str, phase: str) -> str:
    """One search's medians; nothing where there was none."""
    of = [s for s in result["samples"] if (s["phase"], s["mode"]) == (phase, mode)]
    if not of:
        return ""
    text = f"{median(sample['ms'] for sample in of):.1f}"
    if of[0]["requests"] is None:
        return text
    counts = (median(sample[name] for sample in of) for name in ("requests", "rounds"))
    return " / ".join((text, *(f"{count:.0f}" for count in counts)))
