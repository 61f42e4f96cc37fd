# SPDX-License-Identifier: BSD-2-Clause
# Prints results.json as a table. Per round: all instructions (total), instructions in Halite, and
# traps into Halite (of two Halites: into the lower one).

def left($n): tostring | . + (" " * ($n - length) // "");
def right($n): tostring | (" " * ($n - length) // "") + .;
def grouped: tostring | if length > 3 then (.[:-3] | grouped) + "," + .[-3:] else . end;
def count:
  if . == null then "-"
  elif . >= 10000000 then "\(. / 10000 | round / 100) M"
  elif . >= 100 then round | grouped
  else . * 100 | round / 100 | tostring end;
def small: if . == null then "-" else . * 1000 | round / 1000 | tostring end;

def cells:
  if . == null then ("-" | right(10)) + ("-" | right(10)) + ("-" | right(8))
  else
    (.total | count | right(10)) + (.halite | count | right(10)) + (.traps | count | right(8))
  end;

def head1:
  ("" | left(22)) + ("bare" | right(10)) + ("NACL" | right(12)) + ("without" | right(30)) +
  ("two Halites" | right(32));
def head2:
  ("per round" | left(22)) + ("total" | right(10)) +
  ("total" | right(12)) + ("in Halite" | right(10)) + ("traps" | right(8)) +
  ("total" | right(12)) + ("in Halite" | right(10)) + ("traps" | right(8)) +
  ("total" | right(12)) + ("in both" | right(10)) + ("traps" | right(8));

def row($r):
  (. | left(22)) + ($r.native.total | count | right(10)) + "  " + ($r.nacl | cells) + "  " +
  ($r.none | cells) + "  " + ($r.depth2 | cells);

def units:
  { traps: "traps", halite: "in Halite", total: "total", ratio: "x", extra: "more", kib: "",
    home_mib: "", boot: "in Halite", boot_hart: "in Halite",
    boot_aia: "in Halite", boot_hart_aia: "in Halite" };
def verdict: if .met == null then "not run" elif .met then "met" else "NOT MET" end;
def target:
  (.path | left(60)) + (units[.figure] | left(10)) + (.target | small | right(9)) +
  (.value | small | right(11)) + "  " + verdict;
def kinds:
  [.kinds | to_entries | sort_by(-.value)[] | select(.value >= 0.01) | "\(.key) \(.value | count)"]
  | join(", ");
def repeated:
  "two passes, \(.compared) figures compared: " +
  "totals differ by \(.worst_total_percent) % at most, " +
  "instructions in Halite by \(.worst_halite_percent) %";

. as $all
| head1, head2,
  ($all.order[] | row($all.results[.])),
  "",
  ("target" | left(60)) + ("" | left(10)) + ("at most" | right(9)) + ("today" | right(11)),
  ($all.targets[] | target),
  "",
  "traps into Halite by kind, per round, with NACL (who ran: why)",
  ($all.order[] | . as $n | $all.results[.].nacl // empty
    | select(.traps >= 0.01 and ($n | . != "boot"))
    | ($n | left(22)) + kinds),
  "",
  (if $all.repeat then $all.repeat | repeated else "one pass only" end),
  "wall time, seconds (depends on the machine): " +
    ([$all.wall_seconds | to_entries[] | "\(.key) \(.value | round)"] | join(", "))
