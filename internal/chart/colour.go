package chart

import (
	"math"

	"homeward/internal/delay"
)

// The colours. Orange, dark blue and turquoise are told apart by every common
// kind of colour vision and by their place in the stack; the fourth is a hatch,
// never a hue. No red, amber or green stands near them.
const (
	ink       = "#212B32"
	white     = "#FFFFFF"
	hatchInk  = "#3D3D3D"
	gridLine  = "#D8DDE0"
	gapFill   = "#E8EDEE"
	fontNames = "Arial, Helvetica, sans-serif"
)

// paint is how a body is drawn: its fill, its edge, and the colour of a number
// written on it.
type paint struct {
	fill, edge, text string
	decal            *decal
}

var paints = map[delay.Body]paint{
	delay.SocialCare:    {fill: "#F46A25", edge: white, text: ink},
	delay.NHS:           {fill: "#12436D", edge: white, text: white},
	delay.Joint:         {fill: "#28A197", edge: white, text: ink},
	delay.NotAttributed: {fill: white, edge: hatchInk, text: ink, decal: &hatch},
	everybody:           {fill: "#12436D", edge: white, text: white},
}

// decal is ECharts' pattern laid over a fill. go-echarts has no field for it.
type decal struct {
	Symbol     string     `json:"symbol"`
	SymbolSize float64    `json:"symbolSize"`
	DashArrayX [2]float64 `json:"dashArrayX"`
	DashArrayY [2]float64 `json:"dashArrayY"`
	Rotation   float64    `json:"rotation"`
	Color      string     `json:"color"`
}

// hatch is the diagonal of what is not attributed.
var hatch = decal{
	Symbol: "rect", SymbolSize: 1,
	DashArrayX: [2]float64{1, 0}, DashArrayY: [2]float64{1.5, 4.5},
	Rotation: -0.7853981633974483, Color: hatchInk,
}

// dots marks joint blocks: their grey is that of social care when colour is gone.
var dots = decal{
	Symbol: "circle", SymbolSize: 0.9,
	DashArrayX: [2]float64{2.8, 4.2}, DashArrayY: [2]float64{2.8, 4.2}, Color: white,
}

// decalAt is what lies over a body's fill at a size, nil for nothing.
func decalAt(b delay.Body, s Size) *decal {
	switch {
	case b == delay.NotAttributed:
		return hatchAt(s)
	case b == delay.Joint:
		return dotsAt(s)
	}
	return nil
}

// dotsAt is the dots for a size: dark on paper without colour, where white ones on
// grey are soon lost.
func dotsAt(s Size) *decal {
	d := dots
	if s.Mono {
		d.Color = ink
	}
	k := max(1, float64(s.Font)/18)
	for i := range 2 {
		d.DashArrayX[i] = math.Round(d.DashArrayX[i]*k*10) / 10
		d.DashArrayY[i] = math.Round(d.DashArrayY[i]*k*10) / 10
	}
	return &d
}

// hatchAt is the hatch for a size: wider on a slide, where thin lines would run
// together into grey.
func hatchAt(s Size) *decal {
	d := hatch
	k := max(1, float64(s.Font)/18)
	for i := range 2 {
		d.DashArrayY[i] = math.Round(d.DashArrayY[i]*k*10) / 10
	}
	return &d
}

// edge is the width of the edge of a block: two of them make the white gap
// between neighbours.
func (s Size) edge() float32 { return float32(max(1, math.Round(float64(s.Font)/18))) }

// small is the size of numbers on blocks and of words over gaps.
func (s Size) small() int { return max(min(13, s.Font), int(math.Round(float64(s.Font)*0.86))) }

// keyOf lists the bodies that have days, in the order of the stack.
func keyOf(bodies []delay.Body) []KeyItem {
	key := make([]KeyItem, len(bodies))
	for i, b := range bodies {
		key[i] = KeyItem{Body: b, Label: bodyLabel(b), Fill: paints[b].fill, Hatched: paints[b].decal != nil}
	}
	return key
}
