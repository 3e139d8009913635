# The hills round the valley: their heights as bars, and what it takes to walk over all of them.
#
# None of these hills exists. A machine made up their names, their heights and the path.
# Run it with "Rscript hills.r"; it needs no package, and nothing is written anywhere. It prints a
# line for each hill, from the west to the east, and three about all of them.

path_km <- 16
km_an_hour <- 5
metres_a_minute <- 10

# From the west to the east, in the order of the path.
hills <- data.frame(
  name = c("Barrow Top", "Alder Rigg", "Ember Law", "Dun Fell", "Curlew Hill"),
  height = c(386, 638, 701, 273, 873)
)

# A mark for every whole hundred metres, for each of the heights.
bar <- function(height) {
  strrep("#", height %/% 100)
}

# How many metres the path goes up: what it goes down does not count.
climb <- function(heights) {
  sum(pmax(0, diff(heights)))
}

# How long the walk takes, by Naismith's rule: so much on the flat, so much upwards.
minutes <- function(metres) {
  path_km * 60 / km_an_hour + metres %/% metres_a_minute
}

# Print a line for each hill...
lines <- sprintf("%-12s%4.0f m  %s", hills$name, hills$height, bar(hills$height))
writeLines(lines)

# ... and three about all of them.
highest <- hills[which.max(hills$height), ]
metres <- climb(hills$height)
time <- minutes(metres)
cat(sprintf("highest: %s, %.0f m\n", highest$name, highest$height))
cat(sprintf("mean: %.1f m\n", mean(hills$height)))
cat(sprintf("climb: %.0f m in %.0f h %.0f min\n", metres, time %/% 60, time %% 60))
