/*
 * The hills round the valley: their heights as bars, and what it takes to walk over all of them.
 *
 * None of these hills exists. A machine made up their names, their heights and the path.
 * Run it with "node hills.js"; it needs nothing else.
 */
"use strict";

const PATH_KM = 16;
const KM_AN_HOUR = 5;
const METRES_A_MINUTE = 10;

const HILLS = [
  { name: "Barrow Top", height: 386 },
  { name: "Alder Rigg", height: 638 },
  { name: "Ember Law", height: 701 },
  { name: "Dun Fell", height: 273 },
  { name: "Curlew Hill", height: 873 },
];

/** A mark for every whole hundred metres. */
function bar(height) {
  return "#".repeat(Math.floor(height / 100));
}

/** How many metres the path goes up, from the hill in the west to that in the east. */
function climb() {
  return HILLS.slice(1).reduce(
    (total, hill, index) => total + Math.max(0, hill.height - HILLS[index].height),
    0,
  );
}

/** How long the walk takes, by Naismith's rule: so much on the flat, so much upwards. */
function minutes() {
  return Math.floor((PATH_KM * 60) / KM_AN_HOUR) + Math.floor(climb() / METRES_A_MINUTE);
}

for (const { name, height } of HILLS) {
  console.log(`${name.padEnd(12)}${String(height).padStart(4)} m  ${bar(height)}`);
}
const highest = HILLS.reduce((best, hill) => (hill.height > best.height ? hill : best));
const mean = HILLS.reduce((total, hill) => total + hill.height, 0) / HILLS.length;
console.log(`highest: ${highest.name}, ${highest.height} m`);
console.log(`mean: ${mean.toFixed(1)} m`);
console.log(`climb: ${climb()} m in ${Math.floor(minutes() / 60)} h ${minutes() % 60} min`);
