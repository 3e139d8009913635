/*
 * The hills round the valley: their heights as bars, and what it takes to walk over all of them.
 *
 * None of these hills exists. A machine made up their names, their heights and the path, which are
 * in hills.h. Build it with "cc -std=c99 -o hills hills.c", run it with "./hills": it prints a line
 * for each hill, from the west to the east, and three about all of them.
 */
#include <stdio.h>

#include "hills.h"

/* The widest bar there is room for: a mountain of two kilometres. None of the five is as high, and
 * to print more of a string than there is of it would be no error, but a bar too short. */
#define MARKS "####################"

/* Print a hill: its name, its height, and a mark for every whole hundred metres. */
static void print_hill(const struct hill *hill)
{
    printf("%-12s%4d m  %.*s\n", hill->name, hill->height, hill->height / 100, MARKS);
}

/* Return the mean height of the hills, in metres. */
static double mean_height(void)
{
    int total = 0;
    for (size_t i = 0; i < HILL_COUNT; i++) {
        total += HILLS[i].height;
    }
    return (double)total / (double)HILL_COUNT;
}

int main(void)
{
    for (size_t i = 0; i < HILL_COUNT; i++) {
        print_hill(&HILLS[i]);
    }
    const struct hill *highest = highest_hill();
    int minutes = minutes_of_walk();
    printf("highest: %s, %d m\n", highest->name, highest->height);
    printf("mean: %.1f m\n", mean_height());
    printf("climb: %d m in %d h %d min\n", metres_of_climb(), minutes / 60, minutes % 60);
    return 0;
}
