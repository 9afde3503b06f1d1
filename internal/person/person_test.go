package person_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/person"
)

// people writes who is who: the records of each person and the days listed.
func people(t *testing.T, e person.Evidence) string {
	t.Helper()
	found, err := person.Find(e)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range found {
		var days []string
		for _, l := range p.Listings {
			days = append(days, fmt.Sprintf("%d-%d:%d", l.First, l.Last, l.Statement))
		}
		out = append(out, fmt.Sprint(p.Records, " ", strings.Join(days, " ")))
	}
	return strings.Join(out, "; ")
}

func TestFind(t *testing.T) {
	t.Parallel()
	line := func(_ delay.Day, statement int64) (int64, error) { return statement, nil }
	// Records 1 and 2 have NHS numbers, 3 the local number 9 alone.
	one, two, local := person.Record{ID: 1, NHS: 1}, person.Record{ID: 2, NHS: 2}, person.Record{ID: 3, Local: 9}
	on := func(record int64, first, last delay.Day, with, statement int64) person.Listing {
		return person.Listing{Record: record, First: first, Last: last, Local: with, Statement: statement}
	}
	for _, c := range []struct {
		name string
		e    person.Evidence
		want string
	}{
		{"I3 a number traced late", person.Evidence{Records: []person.Record{{ID: 1, Local: 9}, {ID: 2, NHS: 2}},
			Listings: []person.Listing{on(1, 1, 2, 0, 11), on(2, 3, 5, 9, 12)}}, "[1 2] 1-2:11 3-5:12"},
		{"I3 a number lost for a day", person.Evidence{Records: []person.Record{one, local},
			Listings: []person.Listing{on(1, 1, 2, 9, 11), on(3, 3, 3, 0, 12), on(1, 4, 5, 9, 11)}}, "[1 3] 1-2:11 3-3:12 4-5:11"},
		{"I3 no number in common", person.Evidence{Records: []person.Record{one, local},
			Listings: []person.Listing{on(1, 1, 2, 8, 11), on(3, 3, 3, 0, 12)}}, "[1] 1-2:11; [3] 3-3:12"},
		{"I4 nearest before, else after", person.Evidence{Records: []person.Record{one, two, local},
			Listings: []person.Listing{on(3, 1, 1, 0, 13), on(1, 2, 2, 9, 11), on(3, 3, 3, 0, 13), on(2, 4, 4, 9, 12), on(3, 5, 6, 0, 13)}},
			"[1 3] 1-1:13 2-2:11 3-3:13; [2] 4-4:12 5-6:13"},
		{"I4 then in the order of the file", person.Evidence{Records: []person.Record{one, two, local},
			Listings: []person.Listing{on(1, 2, 2, 9, 12), on(2, 2, 2, 9, 11), on(3, 3, 3, 0, 13)}}, "[1] 2-2:12; [2 3] 2-2:11 3-3:13"},
		{"R7 the last row of one day stands", person.Evidence{Records: []person.Record{one, local},
			Listings: []person.Listing{on(1, 1, 3, 9, 11), on(3, 2, 2, 0, 12)}}, "[1 3] 1-1:11 2-2:12 3-3:11"},
		{"C20 a row that can be read stands before one that cannot", person.Evidence{Records: []person.Record{one, local},
			Listings: []person.Listing{on(1, 1, 3, 9, 11), {Record: 3, First: 2, Last: 2, Statement: 12, Unread: true}}}, "[1 3] 1-3:11"},
		{"I6 people say that two are one", person.Evidence{Records: []person.Record{one, two},
			Verdicts: []person.Verdict{{One: 1, Other: 2, Same: true}},
			Listings: []person.Listing{on(1, 1, 1, 0, 11), on(2, 2, 2, 0, 12)}}, "[1 2] 1-1:11 2-2:12"},
		{"I6 people say that one is two", person.Evidence{Records: []person.Record{one, local}, Verdicts: []person.Verdict{{One: 1, Other: 3}},
			Listings: []person.Listing{on(1, 1, 1, 9, 11), on(3, 2, 2, 0, 12)}}, "[1] 1-1:11; [3] 2-2:12"},
		{"I6 a record that only the log knows", person.Evidence{Records: []person.Record{one, two, {ID: 3, Local: 9, Logged: 3}},
			Listings: []person.Listing{on(1, 1, 1, 9, 11), on(2, 2, 2, 9, 12)}}, "[1] 1-1:11; [2 3] 2-2:12"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.e.Line = line
			for range 20 {
				if got := people(t, c.e); got != c.want {
					t.Fatalf("got  %s\nwant %s", got, c.want)
				}
				// C10: in whatever order it arrived.
				rand.Shuffle(len(c.e.Listings), func(i, j int) { c.e.Listings[i], c.e.Listings[j] = c.e.Listings[j], c.e.Listings[i] })
				rand.Shuffle(len(c.e.Records), func(i, j int) { c.e.Records[i], c.e.Records[j] = c.e.Records[j], c.e.Records[i] })
			}
		})
	}
}

func TestOneDay(t *testing.T) {
	t.Parallel()
	listed := func(provider string, first, last, began delay.Day) person.Claim {
		return person.Claim{Provider: provider, First: first, Last: last, Listed: began, Care: delay.Acute}
	}
	marked := func(c person.Claim, m delay.Mark) person.Claim { c.Mark = m; return c }
	care := func(c person.Claim, care delay.CareType) person.Claim { c.Care = care; return c }
	for _, c := range []struct {
		name   string
		claims []person.Claim
		want   string
	}{
		{"C19 a listed day stands before a back-dated one", []person.Claim{listed("A", 1, 3, 1), marked(listed("B", 1, 3, 4), delay.Backdated)},
			"[[] [{1 3 A}]]"},
		{"C19 before a carried one", []person.Claim{marked(listed("A", 1, 3, 1), delay.Carried), listed("B", 2, 3, 2)}, "[[{2 3 B}] []]"},
		{"C19 before one that could not be read", []person.Claim{marked(listed("A", 1, 3, 3), delay.NotReadable), listed("B", 2, 3, 1)},
			"[[{2 3 B}] []]"},
		{"C19 the listing that began later", []person.Claim{listed("A", 1, 5, 1), listed("B", 3, 9, 3)}, "[[{3 5 B}] []]"},
		{"C19 then acute before non-acute", []person.Claim{care(listed("A", 1, 2, 1), delay.NonAcute), listed("B", 1, 2, 1)}, "[[{1 2 B}] []]"},
		{"C19 then the code", []person.Claim{listed("B", 1, 2, 1), listed("A", 1, 2, 1)}, "[[{1 2 A}] []]"},
		{"C19 a paused day takes none", []person.Claim{listed("A", 1, 2, 1), marked(listed("B", 1, 2, 2), delay.Paused)}, "[[] []]"},
		{"C19 three hospitals", []person.Claim{listed("A", 1, 5, 1), listed("B", 2, 5, 2), listed("C", 4, 5, 4)},
			"[[{2 3 B} {4 5 C}] [{4 5 C}] []]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := losses(person.OneDay(c.claims)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// losses writes losses with days as numbers.
func losses(all [][]person.Loss) string {
	var of []string
	for _, some := range all {
		var one []string
		for _, l := range some {
			one = append(one, fmt.Sprintf("{%d %d %s}", l.First, l.Last, l.To))
		}
		of = append(of, fmt.Sprint(one))
	}
	return fmt.Sprint(of)
}
