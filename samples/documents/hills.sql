-- The hills round the valley: their heights as bars, and what it takes to walk over all of them.
--
-- None of these hills exists. A machine made up their names, their heights and the path.
-- Run it with "sqlite3 :memory: < hills.sql"; the tables are gone afterwards.

CREATE TABLE walk (
    path_km         INTEGER NOT NULL,
    km_an_hour      INTEGER NOT NULL,
    metres_a_minute INTEGER NOT NULL
);

CREATE TABLE hill (
    place  INTEGER PRIMARY KEY,             -- from the west to the east, along the path
    name   TEXT    NOT NULL UNIQUE,
    height INTEGER NOT NULL CHECK (height > 0)  -- metres above the sea
);

INSERT INTO walk VALUES (16, 5, 10);

INSERT INTO hill (place, name, height) VALUES
    (1, 'Barrow Top', 386),
    (2, 'Alder Rigg', 638),
    (3, 'Ember Law', 701),
    (4, 'Dun Fell', 273),
    (5, 'Curlew Hill', 873);

-- What the path goes up on its way to each hill: what it goes down does not count.
CREATE VIEW ascent AS
SELECT name, max(0, height - lag(height, 1, height) OVER (ORDER BY place)) AS metres
FROM hill;

-- How long the walk takes, by Naismith's rule: so much on the flat, so much upwards.
CREATE VIEW effort AS
SELECT
    (SELECT sum(metres) FROM ascent) AS climb,
    path_km * 60 / km_an_hour + (SELECT sum(metres) FROM ascent) / metres_a_minute AS minutes
FROM walk;

-- A line for each hill, with a mark for every whole hundred metres...
SELECT printf('%-12s%4d m  %s', name, height, substr('####################', 1, height / 100))
FROM hill
ORDER BY place;

-- ... and three about all of them.
SELECT printf('highest: %s, %d m', name, height) FROM hill ORDER BY height DESC LIMIT 1;
SELECT printf('mean: %.1f m', avg(height)) FROM hill;
SELECT printf('climb: %d m in %d h %d min', climb, minutes / 60, minutes % 60) FROM effort;
