#!/usr/bin/env bash
# Draws docs/judgement.svg from a scoreboard of the simulator.
#
#   build/release/simulate --naive ... | scripts/plot_judgement.sh > docs/judgement.svg
#
# Each policy is one row with bars on a logarithmic scale: wrong remedies, notifications per episode, missed heals.
set -euo pipefail

exec awk '
function bar(x, y, value, colour) {
    width = value > 1 ? log(value) / log(10) * 70 : 2
    printf "  <rect x=\"%d\" y=\"%d\" width=\"%.0f\" height=\"16\" fill=\"%s\"/>\n", x, y, width, colour
    printf "  <text x=\"%.0f\" y=\"%d\">%s</text>\n", x + width + 6, y + 13, value
}
/ container-hours in / { name = $1; sub(/:$/, "", name); names[++rows] = name }
/ remedies; / { match($0, /\([0-9.]+ per 1000/); wrong[rows] = substr($0, RSTART + 1, RLENGTH - 10) }
/ notifications, / { alerts[rows] = $3 }
/ missed, / { match($0, /[0-9]+ missed/); missed[rows] = substr($0, RSTART, RLENGTH - 7) }
END {
    if (!rows) { print "plot_judgement: no scoreboard on the input" > "/dev/stderr"; exit 1 }
    height = 60 + rows * 78
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"640\" height=\"%d\" ", height
    print "font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">"
    printf "  <rect width=\"640\" height=\"%d\" fill=\"#fff\"/>\n", height
    print "  <text x=\"16\" y=\"26\" font-size=\"15\">The same worlds, three policies (logarithmic)</text>"
    for (i = 1; i <= rows; ++i) {
        y = 48 + (i - 1) * 78
        printf "  <text x=\"16\" y=\"%d\" font-weight=\"bold\">%s</text>\n", y + 14, names[i]
        printf "  <text x=\"150\" y=\"%d\">wrong remedies / 1000 h</text>\n", y + 14
        bar(320, y, wrong[i], "#c0392b")
        printf "  <text x=\"150\" y=\"%d\">notifications per episode</text>\n", y + 36
        bar(320, y + 22, alerts[i], "#d68910")
        printf "  <text x=\"150\" y=\"%d\">missed heals</text>\n", y + 58
        bar(320, y + 44, missed[i], "#7d3c98")
    }
    print "</svg>"
}'
