package web

import "testing"

// A page that draws some of its groups says so, and where the others are.
func TestFlowSaysThatNotAllAreDrawn(t *testing.T) {
	for groups, want := range map[int]string{
		0: "", mostPanels: "",
		15: "The first 12 of 15 are drawn. The table and the files have them all.",
	} {
		if got := notAllDrawn(groups); got != want {
			t.Errorf("of %d groups: %q, want %q", groups, got, want)
		}
	}
}
