package logbook_test

import (
	"slices"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/logbook"
)

func TestWays(t *testing.T) {
	t.Parallel()
	says := func(made, day delay.Day, where string) logbook.Entry {
		return logbook.Entry{Kind: logbook.Changed, Made: made, Day: day, Destination: where}
	}
	for name, one := range map[string]struct {
		lists []logbook.Way
		said  []logbook.Entry
		want  []logbook.Way
	}{
		"nobody says it": {nil, nil, nil},
		"C9 the first listing speaks for the days before": {[]logbook.Way{{12, 14, "1"}}, nil, []logbook.Way{{10, 20, "1"}}},
		"a later listing does not":                        {[]logbook.Way{{13, 14, "1"}}, nil, []logbook.Way{{10, 12, ""}, {13, 20, "1"}}},
		"the last stated stands where lists leave it out": {[]logbook.Way{{12, 12, "1"}, {15, 15, "2"}}, nil,
			[]logbook.Way{{10, 14, "1"}, {15, 20, "2"}}},
		"what was stated of an earlier wait is of that one": {[]logbook.Way{{1, 8, "3"}}, nil, nil},
		"the log stands until the lists say something new": {[]logbook.Way{{12, 17, "1"}, {18, 20, "2"}},
			[]logbook.Entry{says(14, 14, "3")}, []logbook.Way{{10, 13, "1"}, {14, 17, "3"}, {18, 20, "2"}}},
		"what lists repeat is nothing new": {[]logbook.Way{{12, 20, "1"}}, []logbook.Entry{says(16, 13, "0")},
			[]logbook.Way{{10, 12, "1"}, {13, 20, "0"}}},
		"the log alone": {nil, []logbook.Entry{says(12, 11, "2")}, []logbook.Way{{10, 10, ""}, {11, 20, "2"}}},
		"not decided is a word": {[]logbook.Way{{12, 20, "1"}}, []logbook.Entry{says(15, 15, "undecided")},
			[]logbook.Way{{10, 14, "1"}, {15, 20, ""}}},
		"an entry without it": {nil, []logbook.Entry{says(12, 11, "")}, nil},
		"a correction of a part": {[]logbook.Way{{12, 20, "1"}}, []logbook.Entry{{Kind: logbook.Corrected, Made: 19, Day: 14, Until: 15,
			Destination: "2"}},
			[]logbook.Way{{10, 13, "1"}, {14, 15, "2"}, {16, 20, "1"}}},
	} {
		if got := logbook.Ways(10, 20, 12, one.lists, one.said); !slices.Equal(got, one.want) {
			t.Errorf("%s: %v, want %v", name, got, one.want)
		}
	}
}
