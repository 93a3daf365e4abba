#!/usr/bin/env python3
"""table.py OUT...: what the suite found on each kernel, as a table of what differs, and one of copies counted beside copies by the rule."""

import json
import os
import sys


def text(*path):
    try:
        with open(os.path.join(*path), errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def document(out, user, name):
    try:
        return json.loads(text(out, user, name + ".out"))
    except ValueError:
        return None


def complaint(out, user, name):
    lines = text(out, user, name + ".err").splitlines()
    return lines[0].removeprefix("zclab: ")[:110] if lines else f"exit {text(out, user, name + '.rc') or 'none'}"


def copies(value):
    return "none" if value is None else f"{value:.1f}"


def cell(out, user, name):
    """What a row says on one kernel, in a few words that do not depend on the machine's speed."""
    found = document(out, user, name)
    kind = name.split(" ")[0]
    if found is None:
        done = text(out, user, name + ".rc") == "0"
        return text(out, user, name + ".out").splitlines()[-1:][0] if done and kind == "serve" else ("ok" if done else complaint(out, user, name))
    if kind == "doctor":
        missing = [it for it in found["instruments"] if not it["available"]]
        if name != "doctor":
            return " ".join(it["reason"] for it in missing if it["name"] == "kernel-copies") or "kernel-copies are available"
        return ", ".join(it["name"] for it in missing) or "everything"
    if name in ("run without BTF", "run locked down"):
        reasons = [it["reason"] for it in found.get("unavailable", []) if it["instrument"] == "kernel-copies"]
        return f"{copies(found['cpu_copies_per_byte'])} copies, not counted: {' '.join(reasons)}" if reasons else "counted"
    if name.startswith("trace") and "counted" in found:
        count = found["counted"]
        if not count:
            return " ".join(note for note in found["notes"] if "kernel-copies" in note)
        return f"rule {count['rule_copied_bytes']}, counted {count['cpu_copied_bytes']}"
    if name == "prove counted":
        count = lambda it: f"{it['counted']['cpu_copied_bytes'] / it['size']:.1f} counted" if it["counted"] else "not counted"
        return ", ".join(f"{it['method']}>{it['to']} {it['verdict']} {count(it)}" for it in found["results"])
    if kind == "run":
        calls = (found["traced"] or {}).get("syscalls")
        reports = found.get("kernel_reports") or {}
        return f"{copies(found['cpu_copies_per_byte'])} copies, {calls} calls" + (f", {reports['copied']} of {reports['completions']} reported copied" if reports else "")
    if kind == "prove":
        return ", ".join(f"{it['method']}>{it['to']} {it['verdict']}" for it in found["results"])
    if kind == "errors":
        wrong = [f"{it['name']}: {it['expected']} expected, {it['seen']}" for it in found["results"] if it["seen"] not in (it["expected"], "unavailable")]
        missing = [it["name"] for it in found["results"] if it["seen"] == "unavailable"]
        return "; ".join(wrong + [f"unavailable: {', '.join(missing)}"] * bool(missing)) or "all as expected"
    if kind == "trace" or kind == "strace":
        flows = [f for f in found.get("flows", []) if f.get("bytes", 0) >= 100_000]
        return ", ".join(f"{f['from'].get('kind')}>{f['to'].get('kind')} {copies(f['cpu_copies_per_byte'])}" for f in flows[:3]) or "no flow"
    return "ok" if text(out, user, name + ".rc") == "0" else complaint(out, user, name)


def spread(results):
    """A long row's parts, each its own row where kernels disagree."""
    return results


def differences(outs, kernels):
    print("| user | what | " + " | ".join(kernels) + " |")
    print("|---|---|" + "---|" * len(kernels))
    same = 0
    for user in ("root", "nobody"):
        names = sorted({f.rsplit(".", 1)[0] for out in outs if os.path.isdir(os.path.join(out, user)) for f in os.listdir(os.path.join(out, user))})
        for name in names:
            cells = [cell(out, user, name) for out in outs]
            if len(set(cells)) == 1:
                same += 1
                continue
            parts = [set(c.split(", ")) for c in cells]
            if name.startswith("prove") and all(len(p) > 3 for p in parts):
                common = set.intersection(*parts)
                cells = [", ".join(sorted(p - common)) or "as the others" for p in parts]
            print(f"| {user} | {name} | " + " | ".join(c.replace("|", "/") for c in cells) + " |")
    print(f"\n{same} rows say the same on all of them.\n")


def counted(outs, kernels):
    print("| method, sink | rule | " + " | ".join(f"counted on {k}" for k in kernels) + " |")
    print("|---|---|" + "---|" * len(kernels))
    names = sorted({f[:-4] for out in outs if os.path.isdir(os.path.join(out, "root")) for f in os.listdir(os.path.join(out, "root")) if f.startswith("run ") and f.endswith(".out")})
    for name in names:
        rows = [document(out, "root", name) for out in outs]
        if not any(row and "counted" in row for row in rows):
            continue
        rules = sorted({copies(row["cpu_copies_per_byte"]) for row in rows if row})
        cells = []
        for row in rows:
            count = row and row.get("counted")
            if not count:
                cells.append("not available")
                continue
            own = count["cpu_copied_bytes"] / max(row["bytes_moved"], 1)
            cells.append(f"{own:.2f}" + ("" if count["agrees"] else " (disagrees)"))
        print(f"| {name.removeprefix('run ')} | {' or '.join(rules)} | " + " | ".join(cells) + " |")


outs = sys.argv[1:]
kernels = [text(out, "kernel") or os.path.basename(out) + " (no results)" for out in outs]
differences(outs, kernels)
counted(outs, kernels)
