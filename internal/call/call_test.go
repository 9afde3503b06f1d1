package call

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// The lines always add up or say by how much they do not, whatever the parts.
func TestReconcile(t *testing.T) {
	t.Parallel()
	t.Run("C16 lines and gap make up what is waiting now", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			count := func(name string) measure.ByBody {
				var b measure.ByBody
				for i := range b {
					b[i] = rapid.Int64Range(0, 50).Draw(t, name)
				}
				return b
			}
			var parts []Part
			for range rapid.IntRange(0, 4).Draw(t, "hospitals") {
				p := Part{Shown: count("shown"), Then: count("then"), Latest: count("latest"), Counted: rapid.Bool().Draw(t, "counted")}
				for range rapid.IntRange(0, 6).Draw(t, "events") {
					p.Events = append(p.Events, measure.Event{Kind: rapid.SampledFrom(measure.EventKinds[:]).Draw(t, "kind"),
						Cell: measure.Cell{Body: rapid.SampledFrom(delay.Bodies[:]).Draw(t, "body")}, People: rapid.Int64Range(1, 9).Draw(t, "people")})
				}
				parts = append(parts, p)
			}
			m := Reconcile(parts)
			var sum Count
			for _, l := range m.Lines[:len(m.Lines)-1] {
				sum = sum.Plus(l.Count, 1)
			}
			if got, want := sum.Plus(m.Gap, 1), m.Of(Now); got != want {
				t.Fatalf("the lines and the gap make %+v, now is %+v", got, want)
			}
		})
	})
	t.Run("C16 a gap is said, even when bodies cancel out", func(t *testing.T) {
		if w := gapWords(Count{NHS: 2, SocialCare: -2}); w != "Movement does not add up by 2. See Extracts." {
			t.Error(w)
		}
	})
}

// A movement that does not add up is never hidden: the slide says by how much.
func TestGapIsSaid(t *testing.T) {
	t.Parallel()
	m := &maker{set: Setup{Last: &Content{Disputed: 2}}, Content: &Content{Last: Day(delay.MustDay("2026-10-28")),
		Call:    Day(delay.MustDay("2026-11-04")),
		Waiting: Count{NHS: 105}, Disputed: 1}}
	m.Movement = Reconcile([]Part{{Shown: measure.ByBody{delay.NHS: 104}, Then: measure.ByBody{delay.NHS: 106},
		Latest: measure.ByBody{delay.NHS: 105}, Counted: true,
		Events: []measure.Event{{Kind: measure.Began, Cell: measure.Cell{Body: delay.NHS}, People: 29},
			{Kind: measure.Ended, Cell: measure.Cell{Body: delay.NHS}, People: 31},
			{Kind: measure.Paused, Cell: measure.Cell{Body: delay.NHS}, People: 1}}}})
	var s Slide
	if err := m.moved(t.Context(), &s); err != nil {
		t.Fatal(err)
	}
	if s.Title != "29 new, 31 ended: 105 waiting, 1 more than last call" ||
		s.Subtitle != "Movement does not add up by 2. See Extracts." {
		t.Errorf("C16 the title is %q, %q", s.Title, s.Subtitle)
	}
	if len(s.Lines) != 2 || s.Lines[0] != "Movement does not add up by 2. See Extracts." ||
		s.Lines[1] != "0 people have passed 21 days since. 1 wait is disputed, 2 at the last call." {
		t.Errorf("C16 the lines are %q", s.Lines)
	}
	if got := s.Table.Rows[len(s.Table.Rows)-1].Cells; got[0] != "Now, 4 Nov" || got[5] != "105" {
		t.Errorf("the last row is %q", got)
	}
}

// Free text of actions holds no number of a person (P1).
func TestActions(t *testing.T) {
	t.Parallel()
	today := delay.MustDay("2026-11-04")
	good := NewAction{What: " Ask  Westhaven for the file of 3 November ", Owner: "RZ1", Due: "2026-11-06"}
	a, trouble := good.Check([]string{"RZ1"}, today)
	if len(trouble) > 0 || a.What != "Ask Westhaven for the file of 3 November" || a.Due != today+2 {
		t.Errorf("got %+v, %v", a, trouble)
	}
	for _, words := range []string{"Call about 9990000018", "Call about 999 000 0018", "999-000-0018", "999–000–0018 today",
		"Ring re 9990000018.",
		"number 9.9.9.0.0.0.0.0.1.8", "９９９０００００１８", "999\u200b000\u200b0018", "patient L00123", "1234567 on ward 4"} {
		n := good
		n.What = words
		_, trouble := n.Check([]string{"RZ1"}, today)
		if len(trouble) != 1 || trouble[0].Field != "what" {
			t.Errorf("P1 %q was let through: %v", words, trouble)
		} else if strings.ContainsAny(trouble[0].Words, "9") {
			t.Errorf("P1 the words repeat the number: %s", trouble[0].Words)
		}
		if kept := WithoutNumbers(words); identifying(kept) != "" || strings.ContainsAny(kept, "9９5") {
			t.Errorf("P1 %q is given back as %q", words, kept)
		}
	}
	for _, words := range []string{"Review HW-7K3M by 6 November 2026", "Open 12 beds by 2026-12-01", "Call 4 homes at 9:30"} {
		n := good
		n.What = words
		if _, trouble := n.Check([]string{"RZ1"}, today); len(trouble) > 0 {
			t.Errorf("%q was turned away: %v", words, trouble)
		}
	}
	if kept := WithoutNumbers("Ring re 999 000 0018 on Friday"); kept != "Ring re … on Friday" {
		t.Errorf("of the words %q is kept", kept)
	}
	_, trouble = NewAction{}.Check([]string{"RZ1"}, today)
	if len(trouble) != 3 {
		t.Errorf("an empty form: %v", trouble)
	}
	late := []Action{{Owner: "RZ1", Due: today - 1}, {Owner: "E1", Due: today - 3}, {Owner: "E1", Due: today - 2}, {Owner: "E1", Due: today},
		{Owner: "RZ1", Due: today - 9, Done: today - 2}}
	if got := PastDue(late, today); len(got) != 2 || got[0] != (Tally{"E1", 2, today - 3}) || got[1].PastDue != 1 {
		t.Errorf("past their date: %+v", got)
	}
}

// The types of a call have no room for what identifies a person or a place in a
// hospital (P1).
func TestNoFieldForIdentifiers(t *testing.T) {
	t.Parallel()
	b, err := (&Content{Hospitals: []Hospital{{}}, Slides: []Slide{{Table: &Table{}, Chart: &Chart{}}}, Movement: &Movement{}}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"ward", "bed", "site", "nhs_number", "local", "birth", "patient"} {
		if strings.Contains(strings.ReplaceAll(string(b), "unsettled", ""), `"`+word) {
			t.Errorf("P1 there is a field %s: %s", word, b)
		}
	}
}

func TestMonth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ asAt, first, from, to string }{
		{"2026-11-04", "2025-01-01", "2026-10-01", "2026-10-31"},
		{"2026-10-31", "2025-01-01", "2026-10-01", "2026-10-31"},
		{"2026-11-04", "2026-11-02", "2026-11-02", "2026-11-04"},
		{"2026-11-04", "2026-10-20", "2026-10-20", "2026-10-31"},
	} {
		from, to := month(delay.MustDay(c.asAt), delay.MustDay(c.first))
		if from.String() != c.from || to.String() != c.to {
			t.Errorf("as at %s from %s: got %s to %s", c.asAt, c.first, from, to)
		}
	}
}
