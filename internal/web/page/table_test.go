package page_test

import (
	"testing"

	"homeward/internal/web/page"
)

// What a phone has no room for beside each other stands below each other: no table is
// scrolled sideways there.
func TestTablesThatAPhoneHasNoRoomForStack(t *testing.T) {
	table := func(row []page.Cell, heads ...string) page.Table {
		out := page.Table{Rows: [][]page.Cell{row}}
		for _, h := range heads {
			out.Head = append(out.Head, page.Head{Text: h})
		}
		return out
	}
	cross := func(row string, heads ...page.CrossHead) page.Crosstab {
		return page.Crosstab{Corner: "Month", Heads: heads, Rows: []page.CrossRow{{Text: row}}}
	}
	for what, one := range map[string]struct {
		of     interface{ Stacks() bool }
		stacks bool
	}{
		"numbers": {table([]page.Cell{{Text: "Acute beds"}, {Text: "12"}, {Text: "3"}, {Text: "15"}}, "Care", "New", "Left", "All"), false},
		"five":    {table(nil, "a", "b", "c", "d", "e"), true},
		"long words": {table([]page.Cell{{Text: "Rehabilitation"}, {Text: "Communication"}, {Text: "Neighbourhood"}}, "a", "b", "c"),
			true},
		"many short words": {table([]page.Cell{{Text: "It is as long as it is, and has no long word in it"}, {Text: "12"}}, "Words", "N"), false},
		"one line":         {table([]page.Cell{{Text: "30 September to 29 November", Class: page.Whole}, {Text: "12"}}, "a", "b"), true},
		"a wish":           {page.Table{Stack: true}, true},
		"bodies": {cross("Nov 26", page.CrossHead{Text: "Social care"}, page.CrossHead{Text: "NHS"}, page.CrossHead{Text: "Joint"},
			page.CrossHead{Text: "Not attributed", Short: "None"}, page.CrossHead{Text: "All"}, page.CrossHead{Text: "Share"},
			page.CrossHead{Text: "DToC beds a day", Class: page.WideOnly}), false},
		"hospitals": {cross("Nov 26", page.CrossHead{Text: "Northgate NHS Trust"}, page.CrossHead{Text: "Southmoor Hospitals NHS Trust"},
			page.CrossHead{Text: "Westhaven and District NHS Trust"}, page.CrossHead{Text: "Northshire Partnership NHS Trust"},
			page.CrossHead{Text: "All"}), true},
	} {
		if got := one.of.Stacks(); got != one.stacks {
			t.Errorf("%s: %v", what, got)
		}
	}
}
