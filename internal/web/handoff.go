package web

import (
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// handoffTable crosses who the next step moved from with whom it moved to, with
// totals both ways. Nobody moves from a body to itself.
func handoffTable(id, caption string, moves []measure.HandOff) page.Table {
	var people [len(delay.Bodies)][len(delay.Bodies)]int64
	for _, m := range moves {
		people[m.From][m.To] += m.People
	}
	t := page.Table{ID: id, Caption: caption, Head: []page.Head{{Text: "From"}}}
	for _, b := range delay.Bodies {
		t.Head = append(t.Head, page.Head{Text: "To " + b.String(), Numeric: true})
	}
	t.Head = append(t.Head, page.Head{Text: "All", Numeric: true})
	number := func(n int64) page.Cell { return page.Cell{Text: count(n), Class: page.Numeric} }
	var to [len(delay.Bodies)]int64
	var all int64
	for _, from := range delay.Bodies {
		row := []page.Cell{{Text: measure.UpperFirst(from.String()), Header: true, Swatch: swatch(from)}}
		var sum int64
		for _, b := range delay.Bodies {
			cell := number(people[from][b])
			if from == b && people[from][b] == 0 {
				cell.Text = ""
			}
			row = append(row, cell)
			sum, to[b] = sum+people[from][b], to[b]+people[from][b]
		}
		t.Rows, all = append(t.Rows, append(row, number(sum))), all+sum
	}
	t.Foot = []page.Cell{{Text: "All", Header: true}}
	for _, b := range delay.Bodies {
		t.Foot = append(t.Foot, number(to[b]))
	}
	t.Foot = append(t.Foot, number(all))
	return t
}
