package measure

import (
	"context"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/delay"
	"homeward/internal/problem"
)

// stay is one wait of the ward: its segments tile its delayed days.
type stay struct {
	provider string
	steps    []step
	open     bool
}

type step struct {
	first, last delay.Day
	body        delay.Body
}

// ward answers as a store does, from waits written out.
type ward struct {
	stays []stay
	sent  map[string][]delay.Day
}

func (w ward) each(q Query, f func(stay, step)) {
	for _, s := range w.stays {
		if !q.Filter.asks(s.provider) {
			continue
		}
		for _, st := range s.steps {
			if len(q.Filter.Bodies) == 0 || slices.Contains(q.Filter.Bodies, st.body) {
				f(s, st)
			}
		}
	}
}

func (w ward) cell(q Query, s stay, st step) Cell {
	var c Cell
	if q.Has(ByProvider) {
		c.Provider = s.provider
	}
	if q.Has(ByResponsible) {
		c.Body = st.body
	}
	return c
}

func (w ward) Cells(_ context.Context, q Query) ([]Cell, error) {
	return w.long(q, 0), nil
}

func (w ward) LongDays(_ context.Context, q Query, atLeast int) ([]Cell, error) {
	return w.long(q, atLeast), nil
}

func (w ward) long(q Query, atLeast int) []Cell {
	var out []Cell
	w.each(q, func(s stay, st step) {
		for d := max(st.first, q.From); d <= min(st.last, q.To); d++ {
			if int(d-s.steps[0].first)+1 < atLeast {
				continue
			}
			c := w.cell(q, s, st)
			for _, by := range q.By[:1] {
				c.Period, _ = periodOf(d, by)
			}
			c.Period, c.Days = max(c.Period, q.From), 1
			out = append(out, c)
		}
	})
	return out
}

func (w ward) Events(_ context.Context, q Query) ([]Event, error) {
	var out []Event
	in := func(st step) bool { return len(q.Filter.Bodies) == 0 || slices.Contains(q.Filter.Bodies, st.body) }
	add := func(day delay.Day, k EventKind, c, from Cell) {
		if day >= q.From && day <= q.To {
			out = append(out, Event{Cell: c, Day: day, Kind: k, People: 1, From: from})
		}
	}
	for _, s := range w.stays {
		if !q.Filter.asks(s.provider) {
			continue
		}
		for i, st := range s.steps {
			c := w.cell(q, s, st)
			if i == 0 && in(st) {
				add(st.first, Began, c, Cell{})
			}
			if i > 0 {
				was := s.steps[i-1]
				from := w.cell(q, s, was)
				if in(st) && in(was) && c == from {
					continue
				}
				if in(st) {
					add(st.first, MovedIn, c, from)
				}
				if in(was) {
					add(st.first, MovedOut, from, c)
				}
			}
		}
		last := s.steps[len(s.steps)-1]
		if in(last) {
			k := Ended
			if s.open {
				k = NoLongerListed
			}
			add(last.last+1, k, w.cell(q, s, last), Cell{})
		}
	}
	return out, nil
}

func (w ward) Spells(_ context.Context, q Query) ([]Spell, error) {
	var out []Spell
	for _, s := range w.stays {
		last := s.steps[len(s.steps)-1]
		if !q.Filter.asks(s.provider) || s.steps[0].first > q.To || last.last+1 < q.From {
			continue
		}
		out = append(out, Spell{Cell: w.cell(q, s, last), First: s.steps[0].first, Last: last.last,
			Delayed: int(last.last-s.steps[0].first) + 1, Open: s.open, People: 1})
	}
	return out, nil
}

func (w ward) ProviderDays(_ context.Context, from, to delay.Day) ([]ProviderDays, error) {
	var out []ProviderDays
	for _, code := range []string{"RXA", "RXB"} {
		days := w.sent[code]
		if len(days) == 0 {
			continue
		}
		p := ProviderDays{Code: code, First: days[0], Latest: days[len(days)-1]}
		for _, d := range days {
			if d >= from && d <= to {
				p.Counted = append(p.Counted, d)
			}
		}
		out = append(out, p)
	}
	return out, nil
}

func days(from, to string, but ...delay.Day) []delay.Day {
	var out []delay.Day
	for d := delay.MustDay(from); d <= delay.MustDay(to); d++ {
		if !slices.Contains(but, d) {
			out = append(out, d)
		}
	}
	return out
}

func one(provider, first, last string, body delay.Body) stay {
	return stay{provider: provider, steps: []step{{delay.MustDay(first), delay.MustDay(last), body}}}
}

func metric(t *testing.T, word string) Metric {
	t.Helper()
	m, ok := MetricOf(word, nil)
	if !ok {
		t.Fatalf("there is no metric %s", word)
	}
	return m
}

func TestTrendReadings(t *testing.T) {
	t.Parallel()
	// 5 January 2026 is a Monday. Southmoor sends nothing from the 19th to the
	// 25th and begins on the 12th.
	w := ward{
		stays: []stay{
			one("RXA", "2026-01-05", "2026-02-01", delay.SocialCare),
			one("RXB", "2026-01-12", "2026-01-18", delay.NHS),
			one("RXB", "2026-01-19", "2026-01-20", delay.NHS),
		},
		sent: map[string][]delay.Day{
			"RXA": days("2026-01-05", "2026-02-04", delay.MustDay("2026-01-28")),
			"RXB": append(days("2026-01-12", "2026-01-18"), days("2026-01-26", "2026-02-04")...),
		},
	}
	ask := func(t *testing.T, q TrendQuery) Trend {
		t.Helper()
		q.From, q.To = delay.MustDay("2026-01-01"), delay.MustDay("2026-02-28")
		if q.Grain == "" {
			q.Grain = ByWeek
		}
		got, err := MakeTrend(t.Context(), w, q, []Expected{{Code: "RXB", Name: "Southmoor"}})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	t.Run("C6 a period without a provider's extracts is not a reading, and never zero", func(t *testing.T) {
		got := ask(t, TrendQuery{Metric: metric(t, "M01")}).Series[0].Readings
		want := []State{Complete, Complete, ProviderMissing, PartData, NotOver}
		values := []float64{7, 14, 9, 7, 0}
		if len(got) != len(want) {
			t.Fatalf("%d readings, expected %d", len(got), len(want))
		}
		for i, r := range got {
			if r.State != want[i] || r.Value != values[i] {
				t.Errorf("%s: state %d value %v, expected %d and %v", r.First, r.State, r.Value, want[i], values[i])
			}
		}
		if got[2].Counts(metric(t, "M01")) || got[4].Counts(metric(t, "M01")) || !got[4].Counts(metric(t, "M02")) {
			t.Error("a reading that cannot be compared is drawn, or one that can is not")
		}
	})
	t.Run("split by hospital each has its own gaps", func(t *testing.T) {
		got := ask(t, TrendQuery{Metric: metric(t, "M02"), Split: ByProvider})
		if len(got.Series) != 2 || got.Series[0].Cell.Provider != "RXA" {
			t.Fatalf("found %+v", got.Series)
		}
		if s := got.Series[1].Readings; s[0].State != NoData || s[2].State != NoData || s[1].Value != 1 {
			t.Errorf("found %+v", s)
		}
		if got.Series[0].Readings[2].State != Complete {
			t.Error("one hospital's gap marks another")
		}
	})
	t.Run("a hospital that begins is named", func(t *testing.T) {
		if got := ask(t, TrendQuery{Metric: metric(t, "M02")}).Began; len(got) != 1 || got[0].Name != "Southmoor" ||
			got[0].Day != delay.MustDay("2026-01-12") {
			t.Errorf("found %+v", got)
		}
	})
	t.Run("C12 the share has every day below it", func(t *testing.T) {
		got := ask(t, TrendQuery{Metric: metric(t, "M03")}).Series[0].Readings
		if got[1].Value != 0.5 || got[4].State != NotApplicable {
			t.Errorf("found %+v", got)
		}
	})
	t.Run("M05 long waits are an average for a day", func(t *testing.T) {
		got := ask(t, TrendQuery{Metric: metric(t, "M05-7")}).Series[0].Readings
		if got[0].Value != 1./7 || got[1].Value != 8./7 {
			t.Errorf("found %v %v", got[0].Value, got[1].Value)
		}
	})
	t.Run("M07 the middle of the waits that ended", func(t *testing.T) {
		got := ask(t, TrendQuery{Metric: metric(t, "M07"), Grain: ByMonth}).Series[0].Readings
		if got[0].Value != 4.5 || got[0].Amount != 2 || got[1].Value != 28 {
			t.Errorf("found %+v", got)
		}
	})
	t.Run("what has no answer is refused in words", func(t *testing.T) {
		for want, q := range map[string]TrendQuery{
			"cannot be split by next step": {Metric: metric(t, "M03"), Grain: ByWeek, Split: ByResponsible},
			"share is of the days of":      {Metric: metric(t, "M03"), Grain: ByWeek, Filter: Filter{Bodies: []delay.Body{delay.NHS}}},
			"Choose day, week or month":    {Metric: metric(t, "M01"), Grain: ByProvider},
		} {
			_, err := MakeTrend(t.Context(), w, q, nil)
			if problem.KindOf(err) != problem.Invalid {
				t.Errorf("%s: found %v", want, err)
			}
		}
	})
	t.Run("nothing held gives no series", func(t *testing.T) {
		got, err := MakeTrend(t.Context(), ward{}, TrendQuery{Metric: metric(t, "M01"), Grain: ByDay, From: 1, To: 10}, nil)
		if err != nil || len(got.Series) != 0 {
			t.Errorf("found %+v %v", got, err)
		}
	})
}

func TestC16FlowAlwaysReconciles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		start := delay.MustDay("2026-01-01")
		w := ward{sent: map[string][]delay.Day{"RXA": days("2026-01-01", "2026-03-15"), "RXB": days("2026-01-09", "2026-03-11")}}
		for range rapid.IntRange(0, 30).Draw(rt, "stays") {
			s := stay{provider: rapid.SampledFrom([]string{"RXA", "RXB"}).Draw(rt, "provider")}
			at := start + delay.Day(rapid.IntRange(8, 60).Draw(rt, "first"))
			for range rapid.IntRange(1, 3).Draw(rt, "steps") {
				last := at + delay.Day(rapid.IntRange(0, 6).Draw(rt, "days"))
				s.steps = append(s.steps, step{at, min(last, delay.MustDay("2026-03-11")), rapid.SampledFrom(delay.Bodies[:]).Draw(rt, "body")})
				if at = last + 1; at > delay.MustDay("2026-03-11") {
					s.open = true
					break
				}
			}
			w.stays = append(w.stays, s)
		}
		q := TrendQuery{
			Grain: rapid.SampledFrom([]Dimension{ByDay, ByWeek, ByMonth}).Draw(rt, "grain"),
			Split: rapid.SampledFrom([]Dimension{"", ByProvider, ByResponsible}).Draw(rt, "split"),
			From:  start + delay.Day(rapid.IntRange(0, 40).Draw(rt, "from")), To: delay.MustDay("2026-03-20"),
		}
		if rapid.Bool().Draw(rt, "filtered") {
			q.Filter.Bodies = []delay.Body{delay.NHS, delay.Joint}
		}
		f, err := MakeFlows(context.Background(), w, q, nil)
		if err != nil {
			rt.Fatal(err)
		}
		for _, g := range f.Groups {
			now := g.Whole.Start
			for _, p := range g.Periods {
				if !p.Adds() || p.Start != now {
					rt.Fatalf("%s of %+v does not add up: %+v", p.First, g.Cell, p)
				}
				now = p.Now
			}
			if !g.Whole.Adds() || g.Whole.Now != now {
				rt.Fatalf("the whole of %+v does not add up: %+v", g.Cell, g.Whole)
			}
		}
	})
}

func TestG4HandoffsAreFlow(t *testing.T) {
	t.Parallel()
	day := delay.MustDay
	w := ward{
		stays: []stay{{provider: "RXA", steps: []step{
			{day("2026-01-05"), day("2026-01-08"), delay.NHS}, {day("2026-01-09"), day("2026-01-12"), delay.SocialCare},
			{day("2026-01-13"), day("2026-01-13"), delay.NHS},
		}}},
		sent: map[string][]delay.Day{"RXA": days("2026-01-01", "2026-01-31")},
	}
	got, err := Handoffs(t.Context(), w, Filter{}, ByResponsible, day("2026-01-01"), day("2026-01-31"))
	if err != nil || len(got) != 2 || got[0].From.Body != delay.NHS || got[0].To.Body != delay.SocialCare || got[0].People != 1 {
		t.Errorf("found %+v %v", got, err)
	}
}

func TestQuantiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		waits        []wait
		middle, nine float64
	}{
		{"none", nil, 0, 0},
		{"one", []wait{{5, 1}}, 5, 5},
		{"an even number is halfway", []wait{{1, 1}, {4, 1}}, 2.5, 4},
		{"an odd number is the middle one", []wait{{9, 1}, {1, 1}, {2, 1}}, 2, 9},
		{"ten: nine do not exceed", []wait{{1, 9}, {50, 1}}, 1, 1},
		{"eleven: ten are needed", []wait{{1, 9}, {50, 2}}, 1, 50},
	} {
		t.Run(c.name, func(t *testing.T) {
			if q := quantiles(c.waits); q.Middle != c.middle || q.NineTen != c.nine {
				t.Errorf("found %+v", q)
			}
		})
	}
}

func TestSurvivalAllowsForOpenWaits(t *testing.T) {
	t.Parallel()
	// Twenty waits begin: 4 end after 1 day, 2 are open at 2 days, 7 end after 3.
	w := ward{sent: map[string][]delay.Day{"RXA": days("2026-01-01", "2026-03-01")}}
	add := func(n, length int, open bool) {
		for range n {
			s := one("RXA", "2026-01-10", "2026-01-10", delay.NHS)
			s.steps[0].last += delay.Day(length - 1)
			s.open = open
			w.stays = append(w.stays, s)
		}
	}
	add(4, 1, false)
	add(2, 2, true)
	add(7, 3, false)
	add(7, 9, false)
	l, err := MakeLengths(t.Context(), w, Filter{}, delay.MustDay("2026-01-01"), delay.MustDay("2026-02-28"), delay.MustDay("2026-03-01"))
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{1, 0.8, 0.8, 0.4}
	if l.Begun != 20 || len(l.Survival) != len(want) {
		t.Fatalf("found %d begun, %v", l.Begun, l.Survival)
	}
	for i, s := range want {
		if math.Abs(l.Survival[i]-s) > 1e-12 {
			t.Errorf("after %d days %v, expected %v", i, l.Survival[i], s)
		}
	}
	if l.EndedQuantiles.People != 18 || l.Ended[2] != 7 || l.AtLeast != [3]int64{7, 0, 0} {
		t.Errorf("found %+v", l)
	}
}

func TestAround(t *testing.T) {
	t.Parallel()
	m := metric(t, "M02")
	var rs []TrendReading
	for i := range 12 {
		first := delay.MustDay("2026-01-05") + delay.Day(7*i)
		v := 10.0
		if i >= 6 {
			v = 7
		}
		rs = append(rs, TrendReading{Period: Period{First: first, Last: first + 6}, Value: v})
	}
	day := delay.MustDay("2026-01-05") + 7*5 + 3
	b, ok := Around(m, rs, day)
	if !ok || b.Before != 5 || b.After != 6 || b.BeforeAverage != 10 || b.AfterAverage != 7 {
		t.Errorf("the week that the day cuts is on a side: %+v %t", b, ok)
	}
	if _, ok := Around(m, rs[:8], day); ok {
		t.Error("two readings after are not enough")
	}
	rs[0].State = ProviderMissing
	if b, _ := Around(m, rs, day); b.Before != 4 {
		t.Error("a reading that is not comparable went in")
	}
}

func TestAnnotationsTouch(t *testing.T) {
	t.Parallel()
	a := Annotation{Day: 10, Provider: "RXA"}
	m := metric(t, "M02")
	for name, c := range map[string]struct {
		a              Annotation
		f              Filter
		touches, cover bool
	}{
		"one hospital's on the whole": {a, Filter{}, true, false},
		"one hospital's on its own":   {a, Filter{Providers: []string{"RXA"}}, true, true},
		"one hospital's on another's": {a, Filter{Providers: []string{"RXB"}}, false, false},
		"everywhere's on one":         {Annotation{Day: 10}, Filter{Providers: []string{"RXB"}}, true, true},
		"another metric's":            {Annotation{Day: 10, Metric: "M01"}, Filter{}, false, true},
		"another time's":              {Annotation{Day: 99}, Filter{}, false, true},
		"one council's on several's chart": {Annotation{Day: 10, Council: "E10000008"},
			Filter{Councils: []delay.Council{"E10000008", "E06000026"}}, true, false},
	} {
		if c.a.Touches(m, c.f, 1, 20) != c.touches || c.a.Covers(c.f) != c.cover {
			t.Errorf("%s: touches %t, covers %t", name, c.a.Touches(m, c.f, 1, 20), c.a.Covers(c.f))
		}
	}
}
