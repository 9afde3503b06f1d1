package closing

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
)

var october = delay.MonthOf(2026, time.October)

// northshire is one moment of an invented partnership: two hospitals that send
// extracts and one that is run from the log.
type northshire struct {
	cells     []measure.Cell
	stand     []measure.ProviderDays
	files     []File
	open      []Open
	recounted []Recounted
}

func newNorthshire() *northshire {
	var all []delay.Day
	for d := october.First(); d <= october.Last(); d++ {
		all = append(all, d)
	}
	cell := func(provider string, council delay.Council, reason delay.Reason, body delay.Body, state agreement.State,
		days int64) measure.Cell {
		return measure.Cell{Period: october.First(), Provider: provider, Council: council, Care: delay.Acute, Reason: reason, Body: body,
			State: state, Days: days}
	}
	return &northshire{
		cells: []measure.Cell{
			cell("RXA", "E10000099", "E", delay.SocialCare, agreement.Agreed, 60),
			cell("RXA", "E10000099", "A", delay.NHS, agreement.Disputed, 20),
			cell("RXA", "", "", delay.NotAttributed, agreement.Proposed, 10),
			cell("RXC", "E06000099", "Di", delay.SocialCare, agreement.Proposed, 30),
			cell("RXL", "E06000099", "C", delay.NHS, agreement.Agreed, 5),
		},
		stand: []measure.ProviderDays{
			{Code: "RXA", First: october.First() - 40, Latest: october.Last(), Counted: all},
			{Code: "RXC", First: october.First() + 9, Latest: october.Last(), Counted: slices.Concat(all[9:19], all[21:]),
				Held: []delay.Day{all[20]}},
			{Code: "RXL", First: october.First(), Latest: october.Last(), Counted: all, FromLog: true},
		},
		files: []File{{Provider: "RXA", Day: all[0], SHA256: strings.Repeat("ab", 32)}, {Provider: "RXC", Day: all[20], Held: true}},
		open: []Open{
			{Provider: "RXA", Council: "E10000099", Body: delay.NHS, State: agreement.Disputed, Next: agreement.NHSSide, Level: agreement.Leads,
				Periods: 2, Days: 20},
			{Provider: "RXA", Body: delay.NotAttributed, State: agreement.Proposed, Next: agreement.CouncilSide, Periods: 1, Days: 10},
			{Provider: "RXC", Council: "E06000099", Body: delay.SocialCare, State: agreement.Proposed, Next: agreement.CouncilSide, Periods: 3,
				Days: 30},
		},
		recounted: []Recounted{{Provider: "RXA", Snapshot: 90, Days: 90, Waits: 90}, {Provider: "RXC", Snapshot: 30, Days: 30, Waits: 30},
			{Provider: "RXL", Snapshot: 5, Days: 5, Waits: 5}},
	}
}

func (n *northshire) Cells(_ context.Context, q measure.Query) ([]measure.Cell, error) {
	sums := map[measure.Cell]int64{}
	for _, c := range n.cells {
		days := c.Days
		c.Days = 0
		if !q.Has(measure.ByDay) {
			c.Period = 0
		}
		if !q.Has(measure.ByCouncil) {
			c.Council, c.Care, c.Reason = "", 0, ""
		}
		sums[c] += days
	}
	var out []measure.Cell
	for c, days := range sums {
		c.Days = days
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b measure.Cell) int {
		return strings.Compare(a.Provider+string(a.Council)+string(a.Reason), b.Provider+string(b.Council)+string(b.Reason))
	})
	return out, nil
}

func (n *northshire) ProviderDays(context.Context, delay.Day, delay.Day) ([]measure.ProviderDays, error) {
	return n.stand, nil
}
func (n *northshire) MonthFiles(context.Context, delay.Month) ([]File, error) { return n.files, nil }
func (n *northshire) MonthPeople(context.Context, delay.Month) (People, error) {
	return People{All: 7, Providers: map[string]int64{"RXA": 4, "RXC": 3, "RXL": 1},
		Councils: map[delay.Council]int64{"E10000099": 4, "E06000099": 3, "": 1}}, nil
}
func (n *northshire) Settings(context.Context) (string, error)               { return "england-dtoc", nil }
func (n *northshire) MonthOpen(context.Context, delay.Month) ([]Open, error) { return n.open, nil }
func (n *northshire) Recount(context.Context, delay.Month) ([]Recounted, error) {
	return n.recounted, nil
}

var november9 = time.Date(2026, 11, 9, 10, 0, 0, 0, time.UTC)

func setup() Setup {
	return Setup{Now: november9, Month: october, Partnership: "Northshire", RuleSet: "england-dtoc", RuleVersion: "1",
		Clocks: agreement.DefaultClocks,
		Expected: []measure.Expected{{Code: "RXC", Name: "Westhaven"}, {Code: "RXA", Name: "Northgate General"},
			{Code: "RXL", Name: "Hill House"}, {Code: "RXN", Name: "Not begun"}}}
}

func check(t *testing.T, n *northshire, s Setup) *Check {
	t.Helper()
	k, err := Make(t.Context(), n, s)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestWhatIsClosed(t *testing.T) {
	k := check(t, newNorthshire(), setup())
	c := &k.Content
	t.Run("C12 every day is counted, not attributed among them", func(t *testing.T) {
		if c.DelayedDays != 125 || c.CalendarDays != 31 || c.People != 7 {
			t.Errorf("%d days, %d people", c.DelayedDays, c.People)
		}
	})
	t.Run("G3 the range is as wide as the days that are disputed or not attributed", func(t *testing.T) {
		if c.InRange != 30 || c.Unanswered != 30 {
			t.Errorf("%d in the range, %d not answered", c.InRange, c.Unanswered)
		}
		var codes []string
		for _, one := range c.Councils {
			codes = append(codes, one.Code)
			if one.Code == "E10000099" && (*one.Share != 0.75 || *one.Lowest != 0.75 || *one.Highest != 1) {
				t.Errorf("share %v, %v to %v", *one.Share, *one.Lowest, *one.Highest)
			}
		}
		if want := []string{"E06000099", "E10000099", "not-known"}; !slices.Equal(codes, want) {
			t.Errorf("councils %v, want %v", codes, want)
		}
	})
	t.Run("C9 days before a hospital's first extract are not missing, held days are named", func(t *testing.T) {
		w := c.Providers[0]
		if w.Name != "Westhaven" || !slices.Equal(w.Missing, []string{"2026-10-20"}) || !slices.Equal(w.Held, []string{"2026-10-21"}) ||
			w.Extracts != 20 {
			t.Errorf("%+v", w)
		}
		if len(c.Providers) != 3 {
			t.Errorf("%d hospitals: one that has not begun is not among them", len(c.Providers))
		}
	})
	t.Run("C17 a hospital that is run from the log misses no extract", func(t *testing.T) {
		if l := c.Providers[2]; !l.FromLog || l.Extracts+len(l.Missing)+len(l.Held) != 0 || l.DelayedDays != 5 {
			t.Errorf("%+v", l)
		}
	})
	t.Run("what is open is named by body and number", func(t *testing.T) {
		if got, want := c.Loose(), (Loose{Missing: 1, Held: 1, Unanswered: 30, Disputed: 20, NotAttributed: 10}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		if len(c.Open) != 3 || !c.Loose().Any() {
			t.Errorf("%+v", c.Open)
		}
	})
	t.Run("counts read back as they were", func(t *testing.T) {
		cells, err := c.Counted(measure.Filter{Councils: []delay.Council{delay.CouncilNotKnown}})
		if err != nil || len(cells) != 1 || cells[0].Days != 10 || cells[0].Reason != delay.ReasonNotKnown ||
			cells[0].Body != delay.NotAttributed {
			t.Errorf("%+v, %v", cells, err)
		}
	})
	t.Run("due when the last proposals have had their working days", func(t *testing.T) {
		if got, want := k.Due, delay.MustDay("2026-11-03"); got != want {
			t.Errorf("due after %s, want %s", got, want)
		}
	})
}

func TestWhatStopsAClose(t *testing.T) {
	refused := func(n *northshire, s Setup) string {
		k := check(t, n, s)
		err := k.Refused()
		if err == nil {
			return ""
		}
		if problem.KindOf(err) != problem.Conflict {
			t.Errorf("%v is no conflict", err)
		}
		if _, sealErr := k.Seal(s.Now, "Director", nil, ""); sealErr == nil {
			t.Error("it was sealed all the same")
		}
		return problem.Sentence(err)
	}
	t.Run("nothing of what is only open", func(t *testing.T) {
		if got := refused(newNorthshire(), setup()); got != "" {
			t.Error(got)
		}
	})
	t.Run("a month that is not over", func(t *testing.T) {
		s := setup()
		s.Now = time.Date(2026, 10, 31, 23, 59, 0, 0, time.UTC)
		if got, want := refused(newNorthshire(), s), "October 2026 cannot be closed. It is not over."; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
	t.Run("snapshot and days differ", func(t *testing.T) {
		n := newNorthshire()
		n.recounted[1].Snapshot = 33
		if got, want := refused(n, setup()), "October 2026 cannot be closed. Snapshot and days differ by 3 at Westhaven. See the "+
			"reconciliation."; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		n.recounted[0].Waits = 89
		if got, want := refused(n, setup()), "October 2026 cannot be closed. Snapshot and days differ by 1 at Northgate General and by 3 at "+
			"Westhaven. See the reconciliation."; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
	t.Run("the same total in other places", func(t *testing.T) {
		n := newNorthshire()
		n.recounted[1].Lines = []Line{{Body: delay.NHS, Snapshot: 2}, {Body: delay.SocialCare, Snapshot: 28, Days: 30}}
		if got := refused(n, setup()); !strings.Contains(got, "differ by 2 at Westhaven") {
			t.Error(got)
		}
	})
	t.Run("the same total on other days", func(t *testing.T) {
		n := newNorthshire()
		n.recounted[1].Lines = []Line{{Day: october.First(), Snapshot: 4}, {Day: october.Last(), Days: 4}}
		if got := refused(n, setup()); !strings.Contains(got, "differ by 4 at Westhaven") {
			t.Error(got)
		}
	})
	t.Run("a month of which nothing is known", func(t *testing.T) {
		for _, m := range []delay.Month{october + 2, october - 24} {
			s := setup()
			s.Month = m
			if _, err := Make(t.Context(), newNorthshire(), s); problem.KindOf(err) != problem.NotFound {
				t.Errorf("%s: %v", m, err)
			}
		}
	})
}

func TestC15WhatWasClosedNeverChanges(t *testing.T) {
	k := check(t, newNorthshire(), setup())
	seal := func() Record {
		r, err := k.Seal(november9, "Director", []string{"E10000099"}, "Westhaven sent no extract")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := seal()
	if again := seal(); !bytes.Equal(again.Frozen, r.Frozen) || again.SHA256 != r.SHA256 {
		t.Error("the same close has other bytes")
	}
	if sha256.Sum256(r.Frozen) != r.SHA256 || !json.Valid(r.Frozen) {
		t.Error("the fingerprint is not that of the JSON")
	}
	c, err := r.Content()
	if err != nil {
		t.Fatal(err)
	}
	if c.ClosedAt != "2026-11-09T10:00:00Z" || c.ClosedBy.Role != "Director" || c.Reason != "Westhaven sent no extract" {
		t.Errorf("closed at %s by %+v: %s", c.ClosedAt, c.ClosedBy, c.Reason)
	}
	if c.Fingerprint() != k.Content.Fingerprint() {
		t.Error("closing changes the figures' fingerprint")
	}
	other := newNorthshire()
	other.cells[0].Days++
	if other := check(t, other, setup()); other.Content.Fingerprint() == c.Fingerprint() {
		t.Error("other figures have the same fingerprint")
	}
	r.Frozen = bytes.Replace(r.Frozen, []byte(`"delayed_days":125`), []byte(`"delayed_days":124`), 1)
	if _, err := r.Content(); problem.KindOf(err) != problem.Unavailable {
		t.Errorf("altered bytes were read: %v", err)
	}
}

func TestHowFiguresMove(t *testing.T) {
	place := func(c measure.Cell) measure.Cell { return measure.Cell{Provider: c.Provider, Body: c.Body} }
	closed := []measure.Cell{{Provider: "RXA", Body: delay.NHS, Days: 10}, {Provider: "RXA", Body: delay.SocialCare, Days: 20}}
	for name, c := range map[string]struct {
		now             []measure.Cell
		more, elsewhere int64
	}{
		"the same":   {closed, 0, 0},
		"three more": {append(slices.Clone(closed), measure.Cell{Provider: "RXC", Body: delay.NHS, Days: 3}), 3, 0},
		"two fewer":  {[]measure.Cell{closed[0], {Provider: "RXA", Body: delay.SocialCare, Days: 18}}, -2, 0},
		"five to another body": {[]measure.Cell{{Provider: "RXA", Body: delay.NHS, Days: 15},
			{Provider: "RXA", Body: delay.SocialCare, Days: 15}}, 0, 5},
		"five to another, and one on": {[]measure.Cell{{Provider: "RXA", Body: delay.NHS, Days: 16},
			{Provider: "RXA", Body: delay.SocialCare, Days: 15}}, 1, 5},
	} {
		if more, elsewhere := Moved(closed, c.now, place); more != c.more || elsewhere != c.elsewhere {
			t.Errorf("%s: %d more and %d elsewhere, want %d and %d", name, more, elsewhere, c.more, c.elsewhere)
		}
	}
}
