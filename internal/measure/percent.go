package measure

import (
	"math"
	"strconv"
)

// PerCent writes a part of 1 as whole per cent, as every page, chart and pack
// shows it. A part that would round to nothing, or to everything, says so: "0%"
// and "100%" mean exactly that.
func PerCent(v float64) string {
	p := math.Round(v * 100)
	switch {
	case v > 0 && p == 0:
		return "under 1%"
	case v < 1 && p == 100:
		return "over 99%"
	}
	return strconv.FormatFloat(p, 'f', 0, 64) + "%"
}
