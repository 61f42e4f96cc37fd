# SPDX-License-Identifier: BSD-2-Clause
# For each run, whether the Halite of level 0 has counted the traps that the plugin has counted. The
# plugin knows traps by cause and region, Halite counts exits by kind and level.
# Prints "same NAME: TRAPS exits", or "DIFFERS NAME: KIND: N by Halite, N by the plugin".
# --arg levels both: the region "guest" is L2, all others are L1. one: the region does not tell, so
# the sums over both levels are compared. So they are for "boot": a kernel begins in that region.

# The kind of exit for a kind of trap of bench/plugin/kinds.c, in a level ("l1" or "l2").
def kind($level):
  if $level == "l2" and test("^(csr |sret$|wfi$|hlv or hsv$|hfence$|instruction$)")
    then "instruction"
  elif $level == "l2" and test("^(ecall|nacl )") then "sbi"
  elif . == "ecall" then "sbi"
  elif . == "nacl sync_sret" then "nacl-sret"
  elif . == "nacl sync_csr" then "nacl-csr"
  elif . == "nacl sync_hfence" then "nacl-hfence"
  elif startswith("nacl") then "nacl-other"
  elif startswith("csr ") then "csr"
  elif . == "hlv or hsv" then "hlv-hsv"
  elif test("^(fetch|load|store) page$") then "memory"
  elif . == "software interrupt" then "ipi"
  elif . == "timer interrupt" then "timer"
  elif . == "external interrupt" then "external"
  elif startswith("interrupt ") then "interrupt"
  elif test("^(hfence|sret|wfi|instruction)$") then .
  else "other" end;

def is_one($name): $levels == "one" or $name == "boot";

def level($name): if is_one($name) then "" elif startswith("guest: ") then "l2" else "l1" end;

def sums: group_by(.kind) | map({ key: .[0].kind, value: (map(.count) | add) }) | from_entries;

select(.traps0 and .stats0) | .name as $name
| (.traps0 | to_entries
    | map((.key | level($name)) as $level
        | { kind: "\($level)-\(.key | sub("^[a-z0-9]+: "; "") | kind($level))", count: .value })
    | sums) as $plugin
| (.stats0 | to_entries | map(select(.key | test("^l[12]-")))
    | map({ kind: (if is_one($name) then .key | sub("^l[12]"; "") else .key end),
            count: .value })
    | sums) as $halite
| [(($plugin + $halite) | keys[]) as $kind
    | select($plugin[$kind] != $halite[$kind])
    | "DIFFERS \($name): \($kind): \($halite[$kind] // 0) by Halite, " +
      "\($plugin[$kind] // 0) by the plugin"] as $wrong
| if $wrong == [] then "same \($name): \([$plugin[]] | add // 0) exits" else $wrong[] end
