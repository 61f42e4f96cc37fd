# SPDX-License-Identifier: BSD-2-Clause
# Draws results.json as a picture (SVG): a bar for each round trip in each configuration. The part
# in Halite has another colour.

def names: [
  ["sbi-kernel", "SBI call, answered in L1's kernel"],
  ["sbi-user", "SBI call, answered in L1's user space"],
  ["mmio-write", "MMIO store, answered in L1's user space"],
  ["timer-sbi", "timer set through SBI"],
  ["touch-1000", "first touch of a 4 KiB page"],
  ["touch-huge", "first touch of a 2 MiB page"],
  ["new-shadow-1000", "touch of a page L1 has mapped (new shadow)"] ];
def configs: [
  ["native", "bare"], ["none", "Halite without NACL"], ["nacl", "Halite with NACL"],
  ["depth2", "two Halites with NACL"] ];
def label_width: 300;
def bar_height: 13;
def grouped: tostring | if length > 3 then (.[:-3] | grouped) + "," + .[-3:] else . end;
def tenths: . * 10 | round / 10;
def hundredths: . * 100 | round / 100;
def text($x; $y; $attributes): "<text x=\"\($x)\" y=\"\($y)\" \($attributes)>\(.)</text>";
def box($x; $y; $width; $colour):
  "<rect x=\"\($x)\" y=\"\($y)\" width=\"\($width | tenths)\" height=\"\(bar_height - 3)\" " +
  "fill=\"\($colour)\"/>";
def title:
  "Instructions per round trip of a guest of KVM (\(.kernel | split(" ")[0]), \(.qemu))";
def figures:
  (.total | round | grouped) +
  (if .halite > 0
   then ", \(.halite | round | grouped) in Halite, \(.traps | hundredths) traps"
   else "" end);

.results as $results
| .about as $about
| [configs[] | . as $c | select([names[] | $results[.[0]][$c[0]] // empty] | length > 0)] as $shown
| ([names[] | $results[.[0]][] | .total] | max) as $most
| (520 / $most) as $scale
| ($shown | length * bar_height + 34) as $step
| (names | length * $step + 70) as $height
| "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1000\" height=\"\($height)\" " +
    "viewBox=\"0 0 1000 \($height)\" font-family=\"sans-serif\" font-size=\"11\">",
  "<!-- SPDX-License-Identifier: BSD-2-Clause. Made by make bench -->",
  "<rect width=\"1000\" height=\"\($height)\" fill=\"#ffffff\"/>",
  ($about | title | text(10; 20; "font-size=\"14\" font-weight=\"bold\"")),
  box(10; 30; 12; "#b0b0b0"), ("L2, L1 and firmware" | text(27; 39; "")),
  box(160; 30; 12; "#c04030"), ("Halite" | text(177; 39; "")),
  (names | to_entries[] | .key as $i | .value as $n
    | (58 + $i * $step) as $top
    | ($n[1] | text(10; $top + 10; "font-weight=\"bold\"")),
      ($shown | to_entries[] | .key as $j | .value as $c
        | ($top + 16 + $j * bar_height) as $y
        | $results[$n[0]][$c[0]] // empty
        | ((.total - .halite) * $scale) as $others
        | ($c[1] | text(label_width - 8; $y + 9; "text-anchor=\"end\"")),
          box(label_width; $y; $others; "#b0b0b0"),
          box(label_width + ($others | tenths); $y; .halite * $scale; "#c04030"),
          (label_width + (.total * $scale | round) + 6) as $edge
            | (figures | text($edge; $y + 9; "")))),
  "</svg>"
