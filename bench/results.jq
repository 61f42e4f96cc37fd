# SPDX-License-Identifier: BSD-2-Clause
# Makes results.json from the lines of the counting plugin and of the consoles, to each of which
# scripts/bench.sh has added .config and .pass.
# Named arguments: about (object), targets (array of bench/targets.json), image (object).
# A figure is the least of all runs of a pass, per round. The parts of an instruction count, and the
# traps by kind, are those of the shortest run. Figures are pass 1's; .repeat has pass 2's.

def round3: . * 1000 | round / 1000;
def halite: [.insns | to_entries[] | select(.key | startswith("halite")) | .value] | add;
def traps: (.traps0 // {}) | add // 0;
def percent($a; $b): if $a == $b then 0 else ($b - $a) / $a * 100 | round3 end;

def figures:
  .[0].rounds as $rounds
  | (min_by(.insns.total)) as $shortest
  | {
      rounds: $rounds,
      runs: length,
      total: (map(.insns.total) | min / $rounds | round3),
      halite: (map(halite) | min / $rounds | round3),
      traps: (map(traps) | min / $rounds | round3),
      where: ($shortest.insns | del(.total) | with_entries(select(.value > 0))
        | map_values(. / $rounds | round3)),
      kinds: (($shortest.traps0 // {}) | map_values(. / $rounds | round3)),
      kinds_above: (($shortest.traps1 // {}) | map_values(. / $rounds | round3))
    };

def measured($all):
  [$all[] | select(.insns)] | group_by(.name)
  | map({ key: .[0].name, value: (
      group_by(.config) | map({ key: .[0].config, value: (
        (map(select(.pass == 1)) | figures) as $first
        | map(select(.pass == 2))
        | if length == 0 then $first else
            figures as $second
            | $first + { repeat: {
                total: $second.total, halite: $second.halite, traps: $second.traps,
                total_percent: percent($first.total; $second.total),
                halite_percent: percent($first.halite; $second.halite)
              } }
          end) }) | from_entries) }) | from_entries;

# Adds the time of the guest's clock, in instructions. It must agree with the plugin's count.
def add_clock($all):
  reduce ($all[] | select(.ticks and .pass == 1)) as $line (.;
    if .[$line.name][$line.config] then
      .[$line.name][$line.config].clock = ($line.ticks * 100 / $line.rounds | round3)
    else . end);

def figure($results; $t):
  [$t.of[] | $results[.] // empty
    | .native.total as $bare
    | .[$t.config] // empty
    | if $t.figure == "ratio" then if $bare then .total / $bare else null end
      elif $t.figure == "extra" then if $bare then .total - $bare else null end
      else .[$t.figure] end]
  | max // null | if . then round3 else null end;

# In a long run, the ticks of L1's clock cause traps, too: instead of 3 traps there are 3.002.
def ticks_of_l1: 1.01;

def judged($results; $image):
  $targets[0] | map(. as $t
    | (if $t.config == "image" then $image[$t.figure] else figure($results; $t) end) as $value
    | ($t.target * (if $t.figure == "traps" then ticks_of_l1 else 1 end)) as $limit
    | $t + { value: $value, met: (if $value == null then null else $value <= $limit end) });

[.[]] as $all
| (measured($all) | add_clock($all)) as $results
| {
    about: $about,
    image: $image,
    wall_seconds: ([$all[] | select(.seconds)] | group_by(.config)
      | map({ key: .[0].config, value: (map(.seconds) | add) }) | from_entries),
    order: ([$all[] | select(.insns) | .name]
      | reduce .[] as $n ([]; if index([$n]) then . else . + [$n] end)),
    results: $results,
    targets: judged($results; $image),
    repeat: ([$results[][] | .repeat // empty] | if length == 0 then null else {
      compared: length,
      worst_total_percent: (map(.total_percent | fabs) | max),
      worst_halite_percent: (map(.halite_percent | fabs) | max)
    } end)
  }
