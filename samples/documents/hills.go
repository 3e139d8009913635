// The hills round the valley: their heights as bars, and what it takes to walk over all of them.
//
// None of these hills exists. A machine made up their names, their heights and the path.
// Run it with "go run hills.go"; it needs nothing but the standard library.
package main

import (
	"fmt"
	"strings"
)

const (
	pathKm        = 16
	kmAnHour      = 5
	metresAMinute = 10
)

// A hill is a name and a height in metres above the sea.
type hill struct {
	name   string
	height int
}

// From the west to the east, in the order of the path.
var hills = []hill{
	{"Barrow Top", 386},
	{"Alder Rigg", 638},
	{"Ember Law", 701},
	{"Dun Fell", 273},
	{"Curlew Hill", 873},
}

// bar returns a mark for every whole hundred metres.
func (h hill) bar() string {
	return strings.Repeat("#", h.height/100)
}

// climb returns how many metres the path goes up, from the first hill to the last.
func climb() int {
	total := 0
	for i := 1; i < len(hills); i++ {
		if ascent := hills[i].height - hills[i-1].height; ascent > 0 {
			total += ascent
		}
	}
	return total
}

// minutes returns how long the walk takes, by Naismith's rule: flat and upwards apart.
func minutes() int {
	return pathKm*60/kmAnHour + climb()/metresAMinute
}

func main() {
	highest, total := hills[0], 0
	for _, h := range hills {
		fmt.Printf("%-12s%4d m  %s\n", h.name, h.height, h.bar())
		total += h.height
		if h.height > highest.height {
			highest = h
		}
	}
	fmt.Printf("highest: %s, %d m\n", highest.name, highest.height)
	fmt.Printf("mean: %.1f m\n", float64(total)/float64(len(hills)))
	fmt.Printf("climb: %d m in %d h %d min\n", climb(), minutes()/60, minutes()%60)
}
