#!/bin/sh
# Writes a seed corpus for the target `engine`: every expression of the project's own scripts, then choices for series.
set -eu
cd "$(dirname "$0")"
mkdir -p corpus/engine
grep -hE '^eval[a-z_]* (instant at|range from) ' ../../fixtures/promql/*.test |
    sed -E 's/^eval[a-z_]* (instant at [^ ]+|range from [^ ]+ to [^ ]+ step [^ ]+) //' | sort -u |
    while IFS= read -r expression; do
        name=$(printf '%s' "$expression" | cksum | cut -d' ' -f1)
        {
            printf '%s\0' "$expression"
            for number in 1 2 3 4 5 6 7 8; do printf '%s %s' "$number" "$expression" | sha512sum; done
        } >"corpus/engine/$name"
    done
ls corpus/engine | wc -l
