#!/usr/bin/env python3
"""Measure TUIs from outside. Records now, analyses later (analyse.py), so analysis costs nothing here.

  bench.py session --peers oxker,dtop --n 10 --out DIR     start + steady state + input latency
  bench.py starts  --peers ... --n 10 --reps 3 --out DIR   more cold starts, interleaved
  bench.py baseline --n 10 --seconds 15 --out DIR          dockerd's own CPU with no TUI
  bench.py noisy   --peers ... --out DIR                   input latency while one container logs heavily
  bench.py flood   --peers ... --lines 1000000 --out DIR   log view on a container printing at full speed
  bench.py storm   --sock PATH --peers ... --out DIR       as session, on an engine whose instances change all the time
  bench.py shell   --peers bowline --out DIR               a popup while a shell in the next pane runs `yes`
  bench.py hist    --peers ... --lines 500000 --out DIR    log view on an existing long log
"""
import argparse, json, os, random, re, shutil, sys, time
import fixtures, procstat
from peerprofile import load, argv, env, SCRATCH
from ptysession import Session, now

SOCK = fixtures.SOCK
TRIG = os.path.join(SCRATCH, "run", "trig")


def unesc(k):
    return k.encode().decode("unicode_escape").encode("latin1")


def begin(p, a, sock=SOCK):
    s = Session(argv(p, sock), env(p, sock, a.cols, a.rows), a.cols, a.rows)
    s.first_size = (a.cols, a.rows)
    s.meta = {"peer": p["name"], "n": a.n, "cols": a.cols, "rows": a.rows, "argv": p["argv"], "marks": {}, "suite": a.suite}
    return s


def finish(s, p, a, tag):
    s.meta["cpu_total_s"] = procstat.cpu_tree(s.pid) if s.alive() else None
    s.meta["close"] = s.close([unesc(k) for k in p["quit"]])
    s.meta["queries"] = s.queries
    import gzip, pickle
    path = os.path.join(a.out, f"{a.suite}-{p['name']}-n{a.n}-{a.cols}x{a.rows}-{tag}.rec.gz")
    with gzip.open(path, "wb", 1) as f:
        pickle.dump(dict(t0=s.t0, chunks=s.chunks, sent=s.sent, resizes=s.resizes, size=s.first_size,
                         meta=s.meta), f)
    print(f"{time.strftime('%H:%M:%S')} {os.path.basename(path)} bytes={sum(len(d) for _, d in s.chunks)} "
          f"close={s.meta['close']}", flush=True)


def setup_keys(s, p, keys):
    for k in p.get(keys, []):
        if isinstance(k, (int, float)):
            s.pump(k)
        else:
            s.send(unesc(k), keys); s.pump(0.3)


def steady(s, a, secs):
    c0, d0, m0, t0 = procstat.cpu_tree(s.pid), procstat.daemon_cpu(), procstat.machine_busy(), now()
    s.pump(secs)
    t1 = now(); c1, d1, m1 = procstat.cpu_tree(s.pid), procstat.daemon_cpu(), procstat.machine_busy()
    s.meta["marks"]["steady"] = (t0, t1)
    s.meta["steady"] = {"secs": t1 - t0, "cpu_s": c1 - c0, "daemon": {k: d1[k] - d0[k] for k in d1},
                        "machine_busy_s": m1[0] - m0[0], "threads": procstat.threads(s.pid),
                        "bytes": s.bytes_between(t0, t1), "chunks": s.chunks_between(t0, t1), **procstat.mem_tree(s.pid)}


def nav(s, p, a, count, lo, hi, span):
    """count moves at random times, walking up and down inside the first `span` rows (no edges hit)."""
    pos, d = 0, 1
    c0, t0 = procstat.cpu_tree(s.pid), now()
    for _ in range(count):
        if pos + d < 0 or pos + d >= span:
            d = -d
        s.send(unesc(p["down"] if d > 0 else p["up"]), "nav"); pos += d
        s.pump(random.uniform(lo, hi))
    s.meta["marks"]["nav"] = (t0, now())
    s.meta["nav_cpu_s"] = procstat.cpu_tree(s.pid) - c0


def session(a):
    for p in a.peers:
        s = begin(p, a)
        s.pump(a.start_s); s.meta["marks"]["start"] = (s.t0, now())
        setup_keys(s, p, "setup")
        if p.get("setup"):
            s.pump(1)
        steady(s, a, a.seconds)
        nav(s, p, a, a.keys, 0.12, 0.42, min(a.n, p.get("span", 8)))
        finish(s, p, a, a.tag)


def storm(a):
    """1,000 instances that change fifty times a second: the embedded engine serves them (see README.md)."""
    for p in a.peers:
        p["name_re"] = a.names
        s = begin(p, a, a.sock)
        s.meta["name_re"] = a.names
        s.pump(a.start_s); s.meta["marks"]["start"] = (s.t0, now())
        setup_keys(s, p, "setup")
        steady(s, a, a.seconds)
        nav(s, p, a, a.keys, 0.12, 0.42, min(a.n, p.get("span", 8)))
        finish(s, p, a, a.tag)


def shell(a):
    """How long a popup takes while a shell in another pane floods, for programs that have such a pane."""
    fixtures.remove("bench-a00shell")
    fixtures.run("bench-a00shell", ["sleep", "86400"])
    for p in a.peers:
        if "shell_open" not in p:
            print(p["name"], "has no shell beside its other panes"); continue
        s = begin(p, a)
        s.pump(a.start_s)
        setup_keys(s, p, "shell_open")
        s.send(b"yes\r", "yes"); s.pump(1.5)
        setup_keys(s, p, "shell_leave")
        m0, c0, t0, opened = procstat.mem_tree(s.pid), procstat.cpu_tree(s.pid), now(), False
        for _ in range(a.keys):
            s.send(unesc(p["probe_close" if opened else "probe_open"]), "probe_close" if opened else "probe_open")
            opened = not opened
            s.pump(random.uniform(0.2, 0.5))
        if opened:
            s.send(unesc(p["probe_close"]), "close"); s.pump(0.3)
        secs = now() - t0
        s.meta["shell"] = {"secs": secs, "cpu_s": procstat.cpu_tree(s.pid) - c0, "mem0": m0, "mem1": procstat.mem_tree(s.pid),
                           "bytes": s.bytes_between(t0, now())}
        finish(s, p, a, a.tag)
    fixtures.remove("bench-a00shell")


def starts(a):
    for r in range(a.reps):
        for p in (a.peers if r % 2 == 0 else a.peers[::-1]):
            s = begin(p, a)
            s.pump(a.start_s); s.meta["marks"]["start"] = (s.t0, now())
            finish(s, p, a, f"{a.tag}{r}")


def baseline(a):
    d0, m0, t0 = procstat.daemon_cpu(), procstat.machine_busy(), now()
    time.sleep(a.seconds)
    d1, m1, t1 = procstat.daemon_cpu(), procstat.machine_busy(), now()
    out = {"suite": "baseline", "n": a.n, "secs": t1 - t0, "daemon": {k: d1[k] - d0[k] for k in d1},
           "machine_busy_s": m1[0] - m0[0]}
    json.dump(out, open(os.path.join(a.out, f"baseline-n{a.n}-{a.tag}.json"), "w"))
    print(out, flush=True)


def noisy(a):
    fixtures.remove("bench-b00noise")
    fixtures.run("bench-b00noise", ["sh", "-c",
        "while :; do awk 'BEGIN{for(i=1;i<=1000;i++) printf \"LINE %08d %092d\\n\", i, 0}'; usleep 40000; done"])
    time.sleep(2)
    for p in a.peers:
        s = begin(p, a)
        s.pump(a.start_s)
        setup_keys(s, p, "setup")
        steady(s, a, a.seconds)
        nav(s, p, a, a.keys, 0.15, 0.5, min(a.n, p.get("span", 8)))
        finish(s, p, a, a.tag)
    fixtures.remove("bench-b00noise")


def logfile(cid):
    return fixtures.api("GET", f"/containers/{cid}/json")["LogPath"]


LINE = re.compile(rb"LINE (\d{8})")


def produced(path):
    try:
        with open(path, "rb") as f:
            f.seek(0, 2); n = f.tell(); f.seek(max(0, n - 600)); m = LINE.findall(f.read())
        return int(m[-1]) if m else 0
    except OSError:
        return 0


def flood(a):
    for p in a.peers:
        shutil.rmtree(TRIG, ignore_errors=True); os.makedirs(TRIG)
        fixtures.remove("bench-flood")
        cid = fixtures.run("bench-flood", ["sh", "-c",
            "while [ ! -e /trig/go ]; do usleep 50000; done; "
            f"awk 'BEGIN{{for(i=1;i<={a.lines};i++) printf \"LINE %08d %092d\\n\", i, 0}}'; echo > /trig/done; sleep 86400"],
            binds=[TRIG + ":/trig"])
        time.sleep(1)
        path = None
        if p["name"] == "none":      # reference: what the engine alone needs, nobody watching
            open(TRIG + "/go", "w").close(); t0 = now(); d0 = procstat.daemon_cpu()
            path = logfile(cid)
            while produced(path) < a.lines and now() - t0 < a.seconds: time.sleep(0.1)
            d1 = procstat.daemon_cpu()
            json.dump({"suite": "flood-none", "secs": now() - t0, "lines": produced(path),
                       "daemon": {k: d1[k] - d0[k] for k in d1}}, open(os.path.join(a.out, "flood-none.json"), "w"))
            print("none", now() - t0, flush=True)
            continue
        s = begin(p, a)
        s.pump(2.5)
        setup_keys(s, p, "setup"); setup_keys(s, p, "open_logs")
        s.pump(1.5)
        m0 = procstat.mem_tree(s.pid); c0 = procstat.cpu_tree(s.pid); d0 = procstat.daemon_cpu()
        path = logfile(cid)
        t0 = now(); open(TRIG + "/go", "w").close()
        prod, peak, next_probe, next_prod, probe_open, t_done = [], dict(m0), t0 + 1, t0, False, None
        extra = a.extra
        while now() - t0 < a.seconds:
            t = now()
            if t >= next_prod:
                k = produced(path); prod.append((t, k)); next_prod = t + 0.2
                m = procstat.mem_tree(s.pid) if len(prod) % 5 == 0 else None
                if m and m["rss_mib"] > peak["rss_mib"]: peak = m
                if t_done is None and k >= a.lines:
                    t_done = t; s.meta["cpu_at_done"] = procstat.cpu_tree(s.pid) - c0
                if t_done and t > t_done + extra: break
            if t >= next_probe:
                s.send(unesc(p["probe_close"] if probe_open else p["probe_open"]), "probe_close" if probe_open else "probe_open")
                probe_open = not probe_open; next_probe = t + random.uniform(0.5, 0.9)
            if not s.pump(0.05): break
        if probe_open:
            s.send(unesc(p["probe_close"]), "close")
        s.pump(1.0)
        d1 = procstat.daemon_cpu()
        s.meta["marks"]["flood"] = (t0, now())
        s.meta["flood"] = {"lines": a.lines, "prod": prod, "t_go": t0, "t_done": t_done, "mem0": m0, "peak": peak,
                           "mem1": procstat.mem_tree(s.pid), "cpu_s": procstat.cpu_tree(s.pid) - c0, "alive": s.alive(),
                           "daemon": {k: d1[k] - d0[k] for k in d1}}
        for k in p.get("leave_logs", []): s.send(unesc(k), "leave"); s.pump(0.3)
        finish(s, p, a, a.tag)
    fixtures.remove("bench-flood")


def hist(a):
    fixtures.remove("bench-hist")
    cid = fixtures.run("bench-hist", ["sh", "-c",
        f"awk 'BEGIN{{for(i=1;i<={a.lines};i++) printf \"LINE %08d %092d\\n\", i, 0}}'; sleep 86400"])
    time.sleep(1); path = logfile(cid)
    for _ in range(600):
        if produced(path) >= a.lines: break
        time.sleep(0.2)
    time.sleep(2)
    for p in a.peers:
        s = begin(p, a)
        auto = not p.get("open_logs")
        m0 = None; t_open = s.t0
        if not auto:
            s.pump(2.5); setup_keys(s, p, "setup")
            m0 = procstat.mem_tree(s.pid); t_open = now()
            for k in p["open_logs"]:
                s.send(unesc(k), "open") if not isinstance(k, (int, float)) else s.pump(k)
        else:
            setup_keys(s, p, "setup")
        seen, samples, want = None, [], b"%08d" % a.lines
        end = now() + a.seconds
        while now() < end:
            if not s.pump(0.5): break
            samples.append((now(), procstat.mem_tree(s.pid)["rss_mib"], procstat.cpu_tree(s.pid)))
            if seen is None and any(want in d for _, d in s.chunks): seen = now(); end = min(end, seen + 4)
        s.meta["hist"] = {"lines": a.lines, "t_open": t_open, "auto": auto, "mem0": m0, "samples": samples,
                          "mem1": procstat.mem_tree(s.pid), "cpu_s": procstat.cpu_tree(s.pid)}
        s.meta["marks"]["hist"] = (t_open, now())
        for k in p.get("leave_logs", []): s.send(unesc(k), "leave"); s.pump(0.3)
        finish(s, p, a, a.tag)
    fixtures.remove("bench-hist")


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("suite", choices=["session", "starts", "baseline", "noisy", "storm", "shell", "flood", "hist"])
    ap.add_argument("--sock", default=SOCK); ap.add_argument("--names", default=r"bench-[a-z0-9]+")
    ap.add_argument("--peers", default=""); ap.add_argument("--n", type=int, default=10)
    ap.add_argument("--cols", type=int, default=160); ap.add_argument("--rows", type=int, default=45)
    ap.add_argument("--seconds", type=float, default=30); ap.add_argument("--start-s", type=float, default=6)
    ap.add_argument("--keys", type=int, default=120); ap.add_argument("--reps", type=int, default=3)
    ap.add_argument("--lines", type=int, default=1000000); ap.add_argument("--extra", type=float, default=6)
    ap.add_argument("--tag", default="a"); ap.add_argument("--out", default=os.path.join(SCRATCH, "rec"))
    a = ap.parse_args()
    os.makedirs(a.out, exist_ok=True)
    a.peers = [{"name": "none"} if x == "none" else load(x) for x in a.peers.split(",") if x]
    random.seed(7)
    globals()[a.suite](a)
