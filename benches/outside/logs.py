#!/usr/bin/env python3
"""Searches a long log on a real engine: `bowline logs --grep` beside `docker logs | grep`, in turns, as ratios of medians.

    python3 logs.py path/to/bowline [--lines 1000000] [--turns 7] [--image bowline-test-busybox]

Makes a container of its own, named bench-logs, and removes it. The image needs sh and awk.
"""
import argparse
import statistics
import subprocess
import time

NAME = "bench-logs"
WRITES = """awk 'BEGIN { for (n = 1; n <= %d; n++) {
  bad = n %% 1000 == 0
  printf "{\\"time\\":\\"2026-11-30T04:00:00Z\\",\\"level\\":\\"%%s\\",\\"msg\\":\\"%%s\\",\\"path\\":\\"/v1/orders/%%d\\",\\"status\\":%%d,\\"ms\\":%%d}\\n",
    bad ? "error" : "info", bad ? "request failed" : "request", n, bad ? 500 : 200, n %% 977 } }'"""


def sh(command):
    return subprocess.run(command, shell=True, check=False, capture_output=True, text=True)


def timed(command):
    began = time.monotonic()
    done = sh(command)
    return time.monotonic() - began, done.stdout.strip()


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("bowline")
    flags.add_argument("--lines", type=int, default=1_000_000)
    flags.add_argument("--turns", type=int, default=7)
    flags.add_argument("--image", default="bowline-test-busybox")
    flags = flags.parse_args()
    sh(f"docker rm -f {NAME}")
    subprocess.run(["docker", "run", "--name", NAME, "--log-opt", "max-size=2g", flags.image, "sh", "-c",
                    WRITES % flags.lines], check=True, stdout=subprocess.DEVNULL)
    logs = f"{flags.bowline} logs {NAME}"
    # Each with what it is compared with: the same lines come out of both.
    pairs = {
        "few hits": (f"{logs} --grep 'status.:500' | wc -l", f"docker logs {NAME} | grep 'status.:500' | wc -l"),
        "no hit": (f"{logs} --grep nowhere | wc -l", f"docker logs {NAME} | grep nowhere | wc -l"),
        "any case": (f"{logs} --grep 'request failed' | wc -l", f"docker logs {NAME} | grep -i 'request failed' | wc -l"),
        "a field": (f"{logs} --field 'status>=500' | wc -l", f"docker logs {NAME} | grep 'status.:[5-9]' | wc -l"),
        "all lines": (f"{logs} | wc -l", f"docker logs {NAME} | wc -l"),
        "the last 100": (f"{logs} -n 100 | wc -l", f"docker logs -n 100 {NAME} | wc -l"),
    }
    print(f"{flags.lines} lines, {flags.turns} turns; times of the second over times of the first: more than 1 is quicker")
    try:
        for what, (ours, theirs) in pairs.items():
            times = ([], [])
            for turn in range(flags.turns):
                # Whoever is first in one turn is second in the next.
                order = (0, 1) if turn % 2 == 0 else (1, 0)
                results = {}
                for which in order:
                    took, results[which] = timed((ours, theirs)[which])
                    times[which].append(took)
                assert results[0] == results[1], (what, results)
            turns = sorted(theirs / ours for ours, theirs in zip(*times))
            ratio = statistics.median(times[1]) / statistics.median(times[0])
            print(f"{what:14} {ratio:5.2f}   (turns {turns[0]:.2f} to {turns[-1]:.2f}, {results[0]} lines)")
    finally:
        sh(f"docker rm -f {NAME}")


if __name__ == "__main__":
    main()
