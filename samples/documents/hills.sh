#!/bin/sh
# The hills round the valley: their heights as bars, and what it takes to walk over all of them.
#
# None of these hills exists. A machine made up their names, their heights and the path.
# Run it with "./hills.sh"; any POSIX shell does, and nothing is written anywhere.
set -eu

path_km=16
km_an_hour=5
metres_a_minute=10

# A line for each hill, from the west to the east, in the order of the path.
hills='Barrow Top:386
Alder Rigg:638
Ember Law:701
Dun Fell:273
Curlew Hill:873'

# Print a mark for every whole hundred metres of $1.
bar() {
    marks=''
    left=$(($1 / 100))
    while [ "$left" -gt 0 ]; do
        marks="$marks#"
        left=$((left - 1))
    done
    printf '%s' "$marks"
}

highest_name=''
highest=0
total=0
count=0
climb=0
before=''

while IFS=: read -r name height; do
    printf '%-12s%4d m  %s\n' "$name" "$height" "$(bar "$height")"
    if [ "$height" -gt "$highest" ]; then
        highest=$height
        highest_name=$name
    fi
    # What the path goes up counts, what it goes down does not.
    if [ -n "$before" ] && [ "$height" -gt "$before" ]; then
        climb=$((climb + height - before))
    fi
    before=$height
    total=$((total + height))
    count=$((count + 1))
done <<LIST
$hills
LIST

# A shell has whole numbers only, so the mean is reckoned in tenths of a metre.
tenths=$((total * 10 / count))
# Naismith's rule: so much on the flat, so much upwards.
minutes=$((path_km * 60 / km_an_hour + climb / metres_a_minute))

printf 'highest: %s, %d m\n' "$highest_name" "$highest"
printf 'mean: %d.%d m\n' $((tenths / 10)) $((tenths % 10))
printf 'climb: %d m in %d h %d min\n' "$climb" $((minutes / 60)) $((minutes % 60))
