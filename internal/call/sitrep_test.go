package call

import "testing"

// The line adds up, and says nothing of what is nothing.
func TestD8SitrepInOneLine(t *testing.T) {
	for want, s := range map[string]Sitrep{
		"Sitrep 117 = our 105 + 12 who became ready that day.": {Remaining: 117, Ours: 105, Ready: 12},
		"Sitrep 99 = our 99.": {Remaining: 99, Ours: 99},
		"Sitrep 60 = our 80 − 30 at hospitals that list delays alone + 12 who became ready that day − 2 not explained.": {Remaining: 60, Ours: 50,
			Elsewhere: 30, Ready: 12, Rest: -2},
	} {
		if got := s.words(); got != want {
			t.Errorf("D8 %q, expected %q", got, want)
		}
		if s.Remaining != s.Ours+s.Ready+s.Rest {
			t.Errorf("D8 %q does not add up", want)
		}
	}
}
