#!/usr/bin/env python3
"""report.py PERF_DIR > table.md : peers x metrics from analysis.json, robust.json, refs.json, baselines."""
import glob, json, os, statistics as st, sys

D = sys.argv[1]
A = json.load(open(f"{D}/analysis.json"))
R = json.load(open(f"{D}/robust.json")) if os.path.exists(f"{D}/robust.json") else {}
F = json.load(open(f"{D}/refs.json")) if os.path.exists(f"{D}/refs.json") else {}
B = {}
for f in glob.glob(f"{D}/rec/baseline-*.json"):
    b = json.load(open(f)); 
    if min(b["daemon"].values()) >= 0:   # a shim that ended meanwhile makes the sum meaningless
        B.setdefault(b["n"], []).append(100 * sum(b["daemon"].values()) / b["secs"])
peers = [p for p in ("bowline", "oxker", "lazydocker", "ducker", "dtop") if any(x["peer"] == p for x in A)]
peers += sorted({x["peer"] for x in A} - set(peers))


def rows(**kw):
    return [x for x in A if all(x.get(k) == v for k, v in kw.items())]


def med(v):
    v = [x for x in v if x is not None]
    return None if not v else st.median(v)


def fmt(x):
    if x is None: return "-"
    if isinstance(x, bool): return "yes" if x else "NO"
    if isinstance(x, float): return f"{x:.0f}" if abs(x) >= 100 else f"{x:.1f}" if abs(x) >= 10 else f"{x:.2f}"
    return str(x)


def table(title, lines):
    print(f"\n### {title}\n\n| metric | " + " | ".join(peers) + " |\n|---|" + "---|" * len(peers))
    for name, f in lines:
        cells = []
        for p in peers:
            try: cells.append(fmt(f(p)))
            except (IndexError, KeyError, TypeError, ZeroDivisionError): cells.append("-")
        print(f"| {name} | " + " | ".join(cells) + " |")


def starts(p, n, key):
    v = [x["start"][key] for x in A if x["peer"] == p and x["n"] == n and x["size"] == "160x45" and x["suite"] in ("session", "starts") and "start" in x]
    return med(v)


def q(d):
    return f"{fmt(d['p50_ms'])} / {fmt(d['p95_ms'])} / {fmt(d['p99_ms'])}" + ("" if d["ok"] == d["n"] else f" ({d['n'] - d['ok']} of {d['n']} not seen)")


for n in sorted({x["n"] for x in A if x["suite"] == "session"}):
    S = lambda p, n=n: rows(peer=p, n=n, suite="session", size="160x45")[0]
    base = min(B.get(n, [0]))  # the quieter of before/after
    k = len([1 for x in A if x["n"] == n and x["suite"] in ("session", "starts") and x["size"] == "160x45" and x["peer"] == peers[0]])
    table(f"N = {n} containers, 160x45 (engine CPU with no TUI: {fmt(base)}% of a core)", [
        (f"exec to first byte, ms (median of {k})", lambda p: starts(p, n, "first_byte_ms")),
        ("exec to first container name, ms", lambda p: starts(p, n, "first_name_ms")),
        ("exec to full viewport of names, ms", lambda p: starts(p, n, "all_names_ms")),
        ("names visible in the viewport", lambda p: S(p)["start"]["visible_names"]),
        ("exec to first CPU figure (may be 0), ms", lambda p: starts(p, n, "cpu_shown_ms")),
        ("exec to first non-zero CPU figure, ms", lambda p: starts(p, n, "cpu_nonzero_ms")),
        ("steady CPU of the TUI tree, % of a core", lambda p: S(p)["steady"]["cpu_pct"]),
        ("RSS / PSS, MiB", lambda p: f"{S(p)['steady']['rss_mib']} / {S(p)['steady']['pss_mib']}"),
        ("threads", lambda p: S(p)["steady"]["threads"]),
        ("bytes to the terminal per s", lambda p: S(p)["steady"]["bytes_per_s"]),
        ("write bursts (reads) per s", lambda p: S(p)["steady"]["chunks_per_s"]),
        ("engine CPU caused, % of a core (baseline off)", lambda p: S(p)["steady"]["daemon_cpu_pct"] - (base or 0)),
        ("machine busy, % of a core (noise check)", lambda p: S(p)["steady"]["machine_busy_pct"]),
        ("key to first bytes p50/p95/p99, ms", lambda p: q(S(p)["nav"]["first_output"])),
        ("key to changed selection p50/p95/p99, ms", lambda p: q(S(p)["nav"]["selection"])),
        ("bytes per key", lambda p: S(p)["nav"]["bytes_per_key"]),
        ("CPU ms per key (navigation phase)", lambda p: 1000 * S(p)["nav"]["nav_cpu_s"] / S(p)["nav"]["selection"]["n"]),
    ])
for n, note in ((5, "5 containers: the busy one is in every viewport"),):
    if rows(n=n, suite="starts"):
        table(note, [("exec to first CPU figure, ms", lambda p: starts(p, n, "cpu_shown_ms")),
                     ("exec to first non-zero CPU figure, ms", lambda p: starts(p, n, "cpu_nonzero_ms")),
                     ("exec to full viewport of names, ms", lambda p: starts(p, n, "all_names_ms"))])
if rows(size="80x24"):
    S = lambda p: rows(peer=p, size="80x24")[0]
    table("N = 10, 80x24", [
        ("names visible", lambda p: S(p)["start"]["visible_names"]), ("exec to full viewport, ms", lambda p: S(p)["start"]["all_names_ms"]),
        ("bytes per s", lambda p: S(p)["steady"]["bytes_per_s"]), ("CPU %", lambda p: S(p)["steady"]["cpu_pct"]),
        ("key to changed selection p50/p95/p99, ms", lambda p: q(S(p)["nav"]["selection"]))])
if rows(suite="noisy"):
    S = lambda p: rows(peer=p, suite="noisy")[0]
    table("N = 10 + one container logging heavily (about 20k lines/s asked), list view", [
        ("key to first bytes p50/p95/p99, ms", lambda p: q(S(p)["nav"]["first_output"])),
        ("key to changed selection p50/p95/p99, ms", lambda p: q(S(p)["nav"]["selection"])),
        ("TUI CPU %", lambda p: S(p)["steady"]["cpu_pct"]), ("RSS MiB", lambda p: S(p)["steady"]["rss_mib"]),
        ("engine CPU % (all)", lambda p: S(p)["steady"]["daemon_cpu_pct"]), ("bytes/s", lambda p: S(p)["steady"]["bytes_per_s"])])
if rows(suite="storm"):
    S = lambda p: rows(peer=p, suite="storm")[0]
    table("N = 1,000 synthetic instances, 50 incidents a second", [
        ("exec to full viewport of names, ms", lambda p: S(p)["start"]["all_names_ms"]),
        ("key to first bytes p50/p95/p99, ms", lambda p: q(S(p)["nav"]["first_output"])),
        ("key to changed selection p50/p95/p99, ms", lambda p: q(S(p)["nav"]["selection"])),
        ("TUI CPU %", lambda p: S(p)["steady"]["cpu_pct"]), ("RSS MiB", lambda p: S(p)["steady"]["rss_mib"]),
        ("bytes/s", lambda p: S(p)["steady"]["bytes_per_s"])])
if rows(suite="shell"):
    S = lambda p: rows(peer=p, suite="shell")[0]["shell"]
    table("A shell that runs `yes` in the next pane", [
        ("help popup opens p50/p95/p99, ms", lambda p: q(S(p)["probe_open"])),
        ("popup closes p50/p95/p99, ms", lambda p: q(S(p)["probe_close"])),
        ("TUI CPU %", lambda p: S(p)["cpu_pct"]), ("RSS before / after, MiB", lambda p: f"{S(p)['rss0_mib']} / {S(p)['rss1_mib']}"),
        ("bytes/s", lambda p: S(p)["bytes_per_s"])])
for nl in sorted({x["flood"]["lines"] for x in rows(suite="flood")}):
    S = lambda p, nl=nl: [x["flood"] for x in rows(peer=p, suite="flood") if x["flood"]["lines"] == nl][0]
    table(f"Log flood: {nl:,} lines of 106 bytes at full speed, log view open", [
        ("engine took to take the lines, s", lambda p: S(p)["produce_s"]), ("last line on screen after production ended, s", lambda p: S(p)["end_lag_s"]),
        ("highest line shown", lambda p: S(p)["last_line_shown"]),
        ("lag p50 / max, lines", lambda p: f"{S(p)['lag_lines_p50']} / {S(p)['lag_lines_max']}"), ("lag p50 / max, s", lambda p: f"{S(p)['lag_s_p50']} / {S(p)['lag_s_max']}"),
        ("TUI CPU s (to the end of the run)", lambda p: S(p)["cpu_s"]), ("engine CPU s", lambda p: S(p)["daemon_cpu_s"]),
        ("RSS before / peak / after, MiB", lambda p: f"{S(p)['rss0_mib']} / {S(p)['rss_peak_mib']} / {S(p)['rss1_mib']}"),
        ("help popup opens p50/p95/p99, ms", lambda p: q(S(p)["probe_open"])), ("popup closes p50/p95/p99, ms", lambda p: q(S(p)["probe_close"])),
        ("bytes written, MB", lambda p: S(p)["bytes"] / 1e6), ("alive at the end", lambda p: S(p)["alive"])])
if rows(suite="hist"):
    S = lambda p: sorted(rows(peer=p, suite="hist"), key=lambda x: x["file"])[-1]["hist"]
    table("Existing log of 500,000 lines", [("counted from", lambda p: "exec" if S(p)["auto"] else "key"),
        ("first line on screen, s", lambda p: S(p)["first_line_s"]), ("last line on screen, s", lambda p: S(p)["last_line_s"]),
        ("RSS max / after, MiB", lambda p: f"{S(p)['rss_max_mib']} / {S(p)['rss1_mib']}"), ("TUI CPU s", lambda p: S(p)["cpu_s"])])
if R:
    print("\n### Robustness\n")
    for chk in ("quit", "sigterm", "resize", "sock", "requests", "escape", "bigline", "removed"):
        print(f"- **{chk}**")
        for p in R:
            if chk in R[p]: print(f"  - {p}: `{json.dumps({k: v for k, v in R[p][chk].items() if v not in (None, '', [], {})}, ensure_ascii=False)[:900]}`")
if F:
    print("\n### Physical-limit references\n\n| N | " + " | ".join(sorted(F, key=int)) + " |\n|---|" + "---|" * len(F))
    for k in ("list_bytes", "list_keepalive", "list_curl_process", "c_client_exec_to_names_ms", "stats_stream_false", "stats_one_shot", "stats_bytes", "gauge_bytes_per_s", "pty_echo_floor_ms"):
        print(f"| {k} | " + " | ".join(json.dumps(F[n].get(k)) for n in sorted(F, key=int)) + " |")
