<?php

/*
 * The hills round the valley: their heights as bars, and what it takes to walk over all of them.
 *
 * None of these hills exists. A machine made up their names, their heights and the path.
 * Run it with "php hills.php"; it needs no extension.
 */

declare(strict_types=1);

const PATH_KM = 16;
const KM_AN_HOUR = 5;
const METRES_A_MINUTE = 10;

// From the west to the east, in the order of the path.
const HILLS = [
    'Barrow Top' => 386,
    'Alder Rigg' => 638,
    'Ember Law' => 701,
    'Dun Fell' => 273,
    'Curlew Hill' => 873,
];

/** A mark for every whole hundred metres. */
function bar(int $height): string
{
    return str_repeat('#', intdiv($height, 100));
}

/** How many metres the path goes up: what it goes down does not count. */
function climb(): int
{
    $heights = array_values(HILLS);
    $total = 0;
    for ($i = 1; $i < count($heights); $i++) {
        $total += max(0, $heights[$i] - $heights[$i - 1]);
    }
    return $total;
}

/** How long the walk takes, by Naismith's rule: so much on the flat, so much upwards. */
function minutes(): int
{
    return intdiv(PATH_KM * 60, KM_AN_HOUR) + intdiv(climb(), METRES_A_MINUTE);
}

foreach (HILLS as $name => $height) {
    printf("%-12s%4d m  %s\n", $name, $height, bar($height));
}
$highest = max(HILLS);
printf("highest: %s, %d m\n", array_search($highest, HILLS, true), $highest);
printf("mean: %.1F m\n", array_sum(HILLS) / count(HILLS));
printf("climb: %d m in %d h %d min\n", climb(), intdiv(minutes(), 60), minutes() % 60);
