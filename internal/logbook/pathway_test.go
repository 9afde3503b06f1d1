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

func TestLeft(t *testing.T) {
	t.Parallel()
	ended := func(id int64, made delay.Day, where string) logbook.Entry {
		return logbook.Entry{ID: id, Kind: logbook.Ended, Made: made, Day: 21, Destination: where}
	}
	for name, one := range map[string]struct {
		lists  []logbook.Way
		listed delay.Day // the last listing
		said   []logbook.Entry
		want   logbook.Leaving
	}{
		"nobody says it":       {nil, 20, nil, logbook.Leaving{}},
		"what stood before it": {[]logbook.Way{{12, 20, "1"}}, 20, nil, logbook.Leaving{Pathway: "1", Listed: "1"}},
		"C4 the list's row of the leaving": {[]logbook.Way{{12, 20, "1"}, {21, 21, "2"}}, 21, nil,
			logbook.Leaving{Pathway: "2", Listed: "2"}},
		"a later list of it": {[]logbook.Way{{12, 20, "1"}, {23, 23, "2"}}, 23, nil, logbook.Leaving{Pathway: "2", Listed: "2"}},
		"what is said of the next wait is of that one": {[]logbook.Way{{12, 20, "1"}, {24, 30, "2"}}, 21, nil,
			logbook.Leaving{Pathway: "1", Listed: "1"}},
		"the log's end":    {nil, 20, []logbook.Entry{ended(1, 22, "2")}, logbook.Leaving{Pathway: "2", Logged: "2"}},
		"above what stood": {[]logbook.Way{{12, 20, "1"}}, 20, []logbook.Entry{ended(1, 21, "2")}, logbook.Leaving{"2", "2", "1"}},
		"without where":    {[]logbook.Way{{12, 20, "1"}}, 20, []logbook.Entry{ended(1, 21, "")}, logbook.Leaving{Pathway: "1", Listed: "1"}},
		"above the list's row": {[]logbook.Way{{12, 20, "1"}, {21, 21, "3"}}, 21, []logbook.Entry{ended(1, 22, "2")},
			logbook.Leaving{"2", "2", "3"}},
		"until the lists say something new": {[]logbook.Way{{12, 20, "1"}, {21, 21, "3"}}, 21, []logbook.Entry{ended(1, 20, "2")},
			logbook.Leaving{"3", "2", "3"}},
		"opened again": {[]logbook.Way{{12, 20, "1"}}, 20, []logbook.Entry{ended(1, 15, "2"), {ID: 2, Kind: logbook.Opened, Made: 16, Day: 10}},
			logbook.Leaving{Pathway: "1", Listed: "1"}},
		"ended twice": {nil, 20, []logbook.Entry{ended(1, 15, "2"), ended(2, 22, "3")}, logbook.Leaving{Pathway: "3", Logged: "3"}},
	} {
		if got := logbook.Left(10, 20, 12, one.listed, one.lists, one.said); got != one.want {
			t.Errorf("%s: %+v, want %+v", name, got, one.want)
		}
	}
}
