#!/usr/bin/env python3
"""Turn recordings (*.rec.gz) into figures: analyse.py REC_DIR OUT.json  (2 processes)."""
import glob, gzip, json, os, pickle, re, sys
from multiprocessing import Pool
import screen
from peerprofile import load


class Rec:
    def __init__(self, path):
        d = pickle.load(gzip.open(path))
        self.__dict__.update(d)
        self.first_size = d["size"]; self.cols, self.rows = d["size"]


def pct(v, q):
    v = sorted(v)
    if not v: return None
    return v[min(len(v) - 1, int(round(q * (len(v) - 1))))]


def ms(x):
    return None if x is None else round(x * 1000, 1)


def dist(v, n):
    return {"n": n, "ok": len(v), "p50_ms": ms(pct(v, .5)), "p95_ms": ms(pct(v, .95)), "p99_ms": ms(pct(v, .99)),
            "max_ms": ms(max(v) if v else None)}


def start(r, p):
    a, b = r.meta["marks"]["start"]
    nre = re.compile(p["name_re"])
    cre = re.compile(p["cpu_re"]) if p.get("cpu_re") else None
    st = {"count": [], "cpu": None, "cpu_nz": None}

    def on(t, v, d):
        if not v.screen.dirty: return
        pos = screen.names_on(v, nre)
        st["count"].append((t - r.t0, len(pos)))
        if cre and st["cpu_nz"] is None:
            for n, (y, x) in pos.items():
                m = cre.search(v._rows[y], x)
                if m:
                    if st["cpu"] is None: st["cpu"] = t - r.t0
                    if float(re.sub(r"[^0-9.]", "", m.group(0)) or 0) > 0.05:
                        st["cpu_nz"] = t - r.t0
                        break
    screen.replay(r, on, b=b)
    final = st["count"][-1][1] if st["count"] else 0
    full = next((t for t, c in st["count"] if c >= final and final), None)
    first = next((t for t, c in st["count"] if c), None)
    return {"first_byte_ms": ms(r.chunks[0][0] - r.t0) if r.chunks else None, "first_name_ms": ms(first),
            "visible_names": final, "all_names_ms": ms(full), "cpu_shown_ms": ms(st["cpu"]), "cpu_nonzero_ms": ms(st["cpu_nz"]),
            "start_bytes": sum(len(d) for t, d in r.chunks if t < b)}


def nav(r, p):
    a, b = r.meta["marks"]["nav"]
    nre = re.compile(p["name_re"])
    keys = [t for t, k, l in r.sent if l == "nav"]
    first, changed, quiet_bytes = [], [], []
    st = {"sel": None, "i": -1, "got": True, "seen": True}

    def on(t, v, d):
        while st["i"] + 1 < len(keys) and keys[st["i"] + 1] <= t:
            st["i"] += 1; st["got"] = False; st["seen"] = False; st["before"] = st["sel"]
        if st["i"] >= 0 and not st["seen"]:
            st["seen"] = True; first.append(t - keys[st["i"]])
        if v.screen.dirty:
            s = screen.selected(v, nre)
            if s is not None:
                if st["i"] >= 0 and not st["got"] and s != st["before"]:
                    st["got"] = True; changed.append(t - keys[st["i"]])
                st["sel"] = s
    v = screen.replay(r, lambda t, v, d: False, b=a)
    st["sel"] = screen.selected(v, nre)
    rr = Rec.__new__(Rec); rr.__dict__ = dict(r.__dict__); rr.chunks = [c for c in r.chunks if a <= c[0] < b]
    screen.replay(rr, on, view=v)
    return {"first_output": dist(first, len(keys)), "selection": dist(changed, len(keys)), "nav_cpu_s": r.meta.get("nav_cpu_s"),
            "nav_secs": b - a, "bytes_per_key": round(sum(len(d) for t, d in rr.chunks) / max(1, len(keys)))}


def steady(r):
    s = dict(r.meta["steady"]); n = s["secs"]
    return {"secs": round(n, 1), "cpu_pct": round(100 * s["cpu_s"] / n, 2), "rss_mib": s["rss_mib"], "pss_mib": s["pss_mib"],
            "bytes_per_s": round(s["bytes"] / n), "chunks_per_s": round(s["chunks"] / n, 1), "threads": s["threads"],
            "daemon_cpu_pct": round(100 * sum(s["daemon"].values()) / n, 2), "daemon": {k: round(100 * v / n, 2) for k, v in s["daemon"].items()},
            "machine_busy_pct": round(100 * s["machine_busy_s"] / n, 1)}


def flood(r, p):
    f = r.meta["flood"]; lre = re.compile(r"LINE (\d{8})")
    pre = re.compile(p["probe_re"])
    prod = f["prod"]
    probes = [(t, l) for t, k, l in r.sent if l in ("probe_open", "probe_close")]
    lat = {"probe_open": [], "probe_close": []}
    st = {"i": -1, "got": True, "line": 0, "t_line": None, "last": None}
    lags = []

    def made(t):
        k = 0
        for tt, kk in prod:
            if tt > t: break
            k = kk
        return k

    def when(line):
        for tt, kk in prod:
            if kk >= line: return tt
        return None
    frames = [0]

    def on(t, v, d):
        while st["i"] + 1 < len(probes) and probes[st["i"] + 1][0] <= t:
            st["i"] += 1; st["got"] = False
        if not v.screen.dirty: return
        ch = v.refresh()
        if not ch: return
        frames[0] += 1
        txt = "\n".join(v._rows)
        if st["i"] >= 0 and not st["got"]:
            up = bool(pre.search(txt)); kind = probes[st["i"]][1]
            if up == (kind == "probe_open"):
                st["got"] = True; lat[kind].append(t - probes[st["i"]][0])
        m = lre.findall(txt)
        if m:
            k = max(int(x) for x in m)
            if k > st["line"]: st["line"] = k; st["last"] = t
            if f["t_go"] < t < (f["t_done"] or 1e18):
                lags.append((t, made(t) - k, max(0, t - (when(k) or t))))
    screen.replay(r, on)
    n = len([1 for t, l in probes if l == "probe_open"])
    out = {"lines": f["lines"], "produce_s": round(f["t_done"] - f["t_go"], 2) if f["t_done"] else None,
           "cpu_s": round(f["cpu_s"], 2), "cpu_at_done_s": r.meta.get("cpu_at_done"), "rss0_mib": f["mem0"]["rss_mib"], "rss_peak_mib": f["peak"]["rss_mib"],
           "rss1_mib": f["mem1"]["rss_mib"], "last_line_shown": st["line"],
           "end_lag_s": round(st["last"] - f["t_done"], 2) if f["t_done"] and st["line"] >= f["lines"] else None,
           "daemon_cpu_s": round(sum(f["daemon"].values()), 2), "probe_open": dist(lat["probe_open"], n),
           "probe_close": dist(lat["probe_close"], len(probes) - n), "alive": f["alive"],
           "bytes": sum(len(d) for _, d in r.chunks)}
    if lags:
        out["lag_lines_p50"] = pct([x[1] for x in lags], .5); out["lag_lines_max"] = max(x[1] for x in lags)
        out["lag_s_p50"] = round(pct([x[2] for x in lags], .5), 2); out["lag_s_max"] = round(max(x[2] for x in lags), 2)
    return out


def shell(r, p):
    """Probe latencies alone."""
    pre = re.compile(p["probe_re"])
    sent = [(t, l) for t, k, l in r.sent if l in ("probe_open", "probe_close")]
    lat = {"probe_open": [], "probe_close": []}
    st = {"i": -1, "got": True}

    def on(t, v, d):
        while st["i"] + 1 < len(sent) and sent[st["i"] + 1][0] <= t:
            st["i"] += 1; st["got"] = False
        if st["i"] < 0 or st["got"] or not v.screen.dirty or not v.refresh(): return
        kind = sent[st["i"]][1]
        if bool(pre.search("\n".join(v._rows))) == (kind == "probe_open"):
            st["got"] = True; lat[kind].append(t - sent[st["i"]][0])
    screen.replay(r, on)
    m = r.meta["shell"]; opened = len([1 for t, l in sent if l == "probe_open"])
    return {"cpu_pct": round(100 * m["cpu_s"] / m["secs"], 1), "rss0_mib": m["mem0"]["rss_mib"], "rss1_mib": m["mem1"]["rss_mib"],
            "bytes_per_s": round(m["bytes"] / m["secs"]), "probe_open": dist(lat["probe_open"], opened),
            "probe_close": dist(lat["probe_close"], len(sent) - opened)}


def hist(r, p):
    h = r.meta["hist"]; want = "LINE %08d" % h["lines"]; st = {}

    def on(t, v, d):
        if t < h["t_open"] or not v.screen.dirty: return
        if v.refresh():
            txt = "\n".join(v._rows)
            if "first" not in st and re.search(r"LINE \d{8}", txt): st["first"] = t
            if want in txt: st["last"] = t; return True
    screen.replay(r, on)
    return {"auto": h["auto"], "first_line_s": round(st["first"] - h["t_open"], 3) if "first" in st else None,
            "last_line_s": round(st["last"] - h["t_open"], 3) if "last" in st else None,
            "rss0_mib": (h["mem0"] or {}).get("rss_mib"), "rss1_mib": h["mem1"]["rss_mib"],
            "rss_max_mib": max(x[1] for x in h["samples"]) if h["samples"] else None, "cpu_s": round(h["cpu_s"], 2)}


def one(path):
    r = Rec(path); m = r.meta; p = load(m["peer"])
    p["name_re"] = m.get("name_re", p["name_re"])
    out = {"file": os.path.basename(path), "peer": m["peer"], "suite": m["suite"], "n": m["n"], "size": f"{m['cols']}x{m['rows']}",
           "close": m["close"], "queries": m["queries"]}
    try:
        if "start" in m["marks"]: out["start"] = start(r, p)
        if "steady" in m: out["steady"] = steady(r)
        if "nav" in m["marks"]: out["nav"] = nav(r, p)
        if "flood" in m: out["flood"] = flood(r, p)
        if "shell" in m: out["shell"] = shell(r, p)
        if "hist" in m: out["hist"] = hist(r, p)
    except Exception as e:
        import traceback; out["error"] = traceback.format_exc()[-600:]
    return out


if __name__ == "__main__":
    rec, dst = sys.argv[1], sys.argv[2]
    done = {}
    if os.path.exists(dst) and "--fresh" not in sys.argv:
        done = {x["file"]: x for x in json.load(open(dst)) if "error" not in x}
    todo = [f for f in sorted(glob.glob(rec + "/*.rec.gz")) if os.path.basename(f) not in done]
    with Pool(2) as pool:
        for x in pool.imap_unordered(one, todo):
            done[x["file"]] = x
            if "error" in x: print(x["file"], x["error"])
    json.dump(sorted(done.values(), key=lambda x: x["file"]), open(dst, "w"), indent=1)
    print(len(done), "recordings ->", dst)
