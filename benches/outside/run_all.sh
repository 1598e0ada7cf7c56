#!/bin/bash
# the whole plan, interleaved by peer; PEERS and OUT from the environment
cd "$(dirname "$0")"; P=${PEERS:-oxker,ducker,dtop}; O=${OUT:-${BENCH_SCRATCH:-${TMPDIR:-/tmp}/tui-bench}/rec}; mkdir -p "$O"
B="python3 bench.py"
for n in ${NS:-10 50 200}; do
  python3 fixtures.py scale $n; sleep 4
  $B baseline --n $n --seconds 10 --out $O --tag pre
  $B session --peers $P --n $n --start-s $([ $n = 200 ] && echo 9 || echo 5) --seconds $([ $n = 10 ] && echo 30 || echo 15) --keys 100 --out $O
  $B starts --peers $P --n $n --reps 3 --start-s $([ $n = 200 ] && echo 7 || echo 4) --out $O
  if [ $n = 10 ]; then
    $B session --peers $P --n $n --cols 80 --rows 24 --start-s 4 --seconds 8 --keys 30 --out $O
    $B noisy --peers $P --n 10 --start-s 3 --seconds 8 --keys 100 --out $O
  fi
  $B baseline --n $n --seconds 10 --out $O --tag post
done
if [ -n "$STORM_SOCK" ]; then
  $B storm --sock "$STORM_SOCK" --names "$STORM_NAMES" --peers $P --n 1000 --start-s 6 --seconds 15 --keys 100 --out $O
fi
$B shell --peers $P --n 10 --start-s 3 --keys 60 --out $O
python3 fixtures.py clear
python3 fixtures.py ls
$B flood --peers none,$P --n 1 --lines ${LINES_FLOOD:-1000000} --seconds 60 --out $O
$B hist --peers $P --n 1 --lines 500000 --seconds 25 --out $O
echo ALL-DONE
