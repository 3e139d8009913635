// The hills round the valley: their heights as bars, and what it takes to walk over all of them.
//
// None of these hills exists. A machine made up their names, their heights and the path.
// Build it with "c++ -std=c++17 -o hills hills.cpp" and run it with "./hills".

#include <algorithm>
#include <array>
#include <iomanip>
#include <iostream>
#include <string>

namespace {

constexpr int path_km = 16;
constexpr int km_an_hour = 5;
constexpr int metres_a_minute = 10;

struct Hill {
    std::string name;
    int height;  // metres above the sea
};

const std::array<Hill, 5> hills = {{
    {"Barrow Top", 386},
    {"Alder Rigg", 638},
    {"Ember Law", 701},
    {"Dun Fell", 273},
    {"Curlew Hill", 873},
}};

// How many metres the path goes up, from the hill in the west to that in the east.
int climb() {
    int total = 0;
    for (auto here = hills.begin(), there = here + 1; there != hills.end(); ++here, ++there) {
        total += std::max(0, there->height - here->height);
    }
    return total;
}

// How long the walk takes, by Naismith's rule: so much on the flat, so much upwards.
int minutes() {
    return path_km * 60 / km_an_hour + climb() / metres_a_minute;
}

}  // namespace

int main() {
    double total = 0;
    for (const auto& hill : hills) {
        std::cout << std::left << std::setw(12) << hill.name << std::right << std::setw(4)
                  << hill.height << " m  " << std::string(hill.height / 100, '#') << '\n';
        total += hill.height;
    }
    const auto highest = std::max_element(hills.begin(), hills.end(), [](auto& one, auto& other) {
        return one.height < other.height;
    });
    std::cout << "highest: " << highest->name << ", " << highest->height << " m\n"
              << "mean: " << std::fixed << std::setprecision(1) << total / hills.size() << " m\n"
              << "climb: " << climb() << " m in " << minutes() / 60 << " h " << minutes() % 60
              << " min\n";
}
