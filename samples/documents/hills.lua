-- The hills round the valley: their heights as bars, and what it takes to walk over all of them.
--
-- None of these hills exists. A machine made up their names, their heights and the path.
-- Run it with "lua hills.lua"; Lua 5.4 or later, and no rock.

local PATH_KM <const> = 16
local KM_AN_HOUR <const> = 5
local METRES_A_MINUTE <const> = 10

-- From the west to the east, in the order of the path.
local hills = {
  { name = "Barrow Top", height = 386 },
  { name = "Alder Rigg", height = 638 },
  { name = "Ember Law", height = 701 },
  { name = "Dun Fell", height = 273 },
  { name = "Curlew Hill", height = 873 },
}

-- A mark for every whole hundred metres.
local function bar(height)
  return string.rep("#", height // 100)
end

-- How many metres the path goes up: what it goes down does not count.
local function climb()
  local total = 0
  for i = 2, #hills do
    total = total + math.max(0, hills[i].height - hills[i - 1].height)
  end
  return total
end

-- How long the walk takes, by Naismith's rule: so much on the flat, so much upwards.
local function minutes()
  return PATH_KM * 60 // KM_AN_HOUR + climb() // METRES_A_MINUTE
end

local highest = hills[1]
local total = 0
for _, hill in ipairs(hills) do
  print(string.format("%-12s%4d m  %s", hill.name, hill.height, bar(hill.height)))
  total = total + hill.height
  if hill.height > highest.height then
    highest = hill
  end
end
print(string.format("highest: %s, %d m", highest.name, highest.height))
print(string.format("mean: %.1f m", total / #hills))
print(string.format("climb: %d m in %d h %d min", climb(), minutes() // 60, minutes() % 60))
