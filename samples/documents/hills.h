/*
 * The hills round the valley: their names and heights, and what it takes to walk over all of them.
 *
 * None of these hills exists. A machine made up their names, their heights and the path.
 * hills.c prints what is declared here; all of it is plain C99 and needs no library.
 */
#ifndef HILLS_H
#define HILLS_H

#include <stddef.h>

#define PATH_KM 16
#define KM_AN_HOUR 5
#define METRES_A_MINUTE 10

struct hill {
    const char *name;
    int height; /* metres above the sea */
};

static const struct hill HILLS[] = {
    {"Barrow Top", 386},
    {"Alder Rigg", 638},
    {"Ember Law", 701},
    {"Dun Fell", 273},
    {"Curlew Hill", 873},
};

#define HILL_COUNT (sizeof HILLS / sizeof HILLS[0])

/* Return the hill that is higher than every other; of two the one further west. */
static inline const struct hill *highest_hill(void)
{
    const struct hill *best = &HILLS[0];
    for (size_t i = 1; i < HILL_COUNT; i++) {
        if (HILLS[i].height > best->height) {
            best = &HILLS[i];
        }
    }
    return best;
}

/* Return how many metres the path goes up, from the hill in the west to that in the east. */
static inline int metres_of_climb(void)
{
    int total = 0;
    for (size_t i = 1; i < HILL_COUNT; i++) {
        int ascent = HILLS[i].height - HILLS[i - 1].height;
        total += ascent > 0 ? ascent : 0;
    }
    return total;
}

/* Return how long the walk takes, by Naismith's rule: so much on the flat, so much upwards. */
static inline int minutes_of_walk(void)
{
    return PATH_KM * 60 / KM_AN_HOUR + metres_of_climb() / METRES_A_MINUTE;
}

#endif
