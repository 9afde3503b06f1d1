package delay

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// scene writes evidence as people tell it: the extract dates, and on which of
// them the patient is listed with which statement.
type scene struct {
	calendar []Day
	rows     map[Day]Statement
	settings Settings
}

// from gives a scene with an extract on every day from first to last.
func from(first, last string) *scene {
	s := &scene{rows: map[Day]Statement{}, settings: DefaultSettings}
	for d := MustDay(first); d <= MustDay(last); d++ {
		s.calendar = append(s.calendar, d)
	}
	return s
}

func (s *scene) without(first, last string) *scene {
	s.calendar = slices.DeleteFunc(s.calendar, func(d Day) bool { return d >= MustDay(first) && d <= MustDay(last) })
	return s
}

func (s *scene) listed(first, last, ready string) *scene {
	for _, d := range s.calendar {
		if d >= MustDay(first) && d <= MustDay(last) {
			s.rows[d] = Statement{Ready: MustDay(ready)}
		}
	}
	return s
}

func (s *scene) left(listed, discharged string) *scene {
	row := s.rows[MustDay(listed)]
	row.Discharged = MustDay(discharged)
	s.rows[MustDay(listed)] = row
	return s
}

func (s *scene) counting(c Convention) *scene {
	s.settings.Convention = c
	return s
}

func (s *scene) evidence() Evidence {
	e := Evidence{Calendar: s.calendar}
	for _, d := range s.calendar {
		row, ok := s.rows[d]
		if !ok {
			continue
		}
		at := slices.Index(e.Statements, row)
		if at < 0 {
			at = len(e.Statements)
			e.Statements = append(e.Statements, row)
		}
		if n := len(e.Runs); n > 0 && e.Runs[n-1].Statement == at && e.Runs[n-1].Last+1 == d {
			e.Runs[n-1].Last = d
			continue
		}
		e.Runs = append(e.Runs, Run{First: d, Last: d, Statement: at})
	}
	return e
}

func (s *scene) resolve() []Delay { return Resolve(s.evidence(), s.settings) }

// days counts the days that count in a month.
func days(delays []Delay, month string) int {
	m, err := ParseMonth(month)
	if err != nil {
		panic(err)
	}
	n := 0
	for _, d := range delays {
		for _, st := range d.Stretches {
			if first, last := max(st.First, m.First()), min(st.Last, m.Last()); first <= last {
				n += int(last-first) + 1
			}
		}
	}
	return n
}

func TestC1(t *testing.T) {
	t.Parallel()
	whole := func() *scene { return from("2026-01-01", "2026-04-30") }
	cases := []struct {
		name  string
		scene *scene
		month string
		want  int
	}{
		{"ready 10th, still in at month end", whole().listed("2026-03-10", "2026-04-30", "2026-03-10"), "2026-03", 21},
		{"ready 10th, left 15th", whole().listed("2026-03-10", "2026-03-14", "2026-03-10"), "2026-03", 4},
		{"ready 20 Feb, still in", whole().listed("2026-02-20", "2026-04-30", "2026-02-20"), "2026-03", 31},
		{"ready 20 Feb, left 5 Mar", whole().listed("2026-02-20", "2026-03-04", "2026-02-20"), "2026-03", 4},
		{"ready and left on the 10th", whole().listed("2026-03-10", "2026-03-10", "2026-03-10").left("2026-03-10", "2026-03-10"), "2026-03", 0},
		{"ready 31st, still in, March", whole().listed("2026-03-31", "2026-04-30", "2026-03-31"), "2026-03", 0},
		{"ready 31st, still in, April", whole().listed("2026-03-31", "2026-04-30", "2026-03-31"), "2026-04", 30},
		{"ready 10th, left 11th", whole().listed("2026-03-10", "2026-03-10", "2026-03-10"), "2026-03", 0},
		{"scotland: ready 10th, left 15th", whole().counting(dayOfLeaving).listed("2026-03-10", "2026-03-14", "2026-03-10"), "2026-03", 5},
		{"scotland: ready the month before, left 3rd", whole().counting(dayOfLeaving).listed("2026-02-20", "2026-03-02", "2026-02-20"),
			"2026-03", 3},
		{"scotland: ready 10th, still in", whole().counting(dayOfLeaving).listed("2026-03-10", "2026-04-30", "2026-03-10"), "2026-03", 21},
		{"scotland: ready on the last day", whole().counting(dayOfLeaving).listed("2026-03-31", "2026-04-30", "2026-03-31"), "2026-03", 0},
		{"england-drd: ready 9th, left 12th", whole().counting(readyDay).listed("2026-03-09", "2026-03-11", "2026-03-09"), "2026-03", 3},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := days(c.scene.resolve(), c.month); got != c.want {
				t.Errorf("got %d days, want %d", got, c.want)
			}
		})
	}
	t.Run("a stated end counts as an inferred one", func(t *testing.T) {
		t.Parallel()
		got := whole().listed("2026-03-10", "2026-03-15", "2026-03-10").left("2026-03-15", "2026-03-15").resolve()
		if days(got, "2026-03") != 4 || got[0].EndKind != Stated || got[0].End != MustDay("2026-03-15") {
			t.Errorf("got %+v", got)
		}
	})
}

func TestC2(t *testing.T) {
	t.Parallel()
	got := from("2026-03-01", "2026-03-20").listed("2026-03-10", "2026-03-20", "2026-03-10").resolve()
	if got[0].EndKind != Open || got[0].LastDay != MustDay("2026-03-20") {
		t.Errorf("an open delay is counted to the last listing, got %+v", got[0])
	}
}

// daysFrom is the number of calendar days from one day to another, both
// included.
func daysFrom(first, last Day) int { return int(last-first) + 1 }

func TestC3(t *testing.T) {
	t.Parallel()
	// One unbroken delay under one reason until the 14th and another from the
	// 15th: 4 and 5, 9 together.
	e := from("2026-03-01", "2026-03-31").listed("2026-03-10", "2026-03-19", "2026-03-10").evidence()
	e.Statements = append(e.Statements, e.Statements[0])
	e.Runs = []Run{{MustDay("2026-03-10"), MustDay("2026-03-14"), 0}, {MustDay("2026-03-15"), MustDay("2026-03-19"), 1}}
	got := Resolve(e, DefaultSettings)
	if len(got) != 1 || len(got[0].Stretches) != 2 || daysFrom(got[0].Stretches[0].First, got[0].Stretches[0].Last) != 4 ||
		daysFrom(got[0].Stretches[1].First, got[0].Stretches[1].Last) != 5 || daysFrom(got[0].FirstDay, got[0].LastDay) != 9 {
		t.Errorf("got %+v", got)
	}
}

// summary writes delays so that a table can hold what is expected.
func summary(delays []Delay) []string {
	out := []string{}
	for _, d := range delays {
		line := fmt.Sprintf("ready %s end %s %s:", d.Ready, d.End, d.EndKind)
		for _, st := range d.Stretches {
			line += fmt.Sprintf(" %s..%s %s", st.First, st.Last, st.Mark)
		}
		for _, f := range d.Findings {
			line += " !" + f.Rule
		}
		out = append(out, line)
	}
	return out
}

func TestDatesOfDelays(t *testing.T) {
	t.Parallel()
	march := func() *scene { return from("2026-03-01", "2026-03-31") }
	cases := []struct {
		name  string
		scene *scene
		want  []string
	}{
		{"C4 a row with a discharge date ends the delay that day",
			march().listed("2026-03-05", "2026-03-08", "2026-03-05").left("2026-03-08", "2026-03-07"),
			[]string{"ready 2026-03-05 end 2026-03-07 stated: 2026-03-06..2026-03-06 listed"}},
		{"C4 listed again after a stated end with the same ready date: the latest statement stands",
			march().listed("2026-03-05", "2026-03-10", "2026-03-05").left("2026-03-08", "2026-03-08"),
			[]string{"ready 2026-03-05 end 2026-03-11 inferred: 2026-03-06..2026-03-07 listed 2026-03-08..2026-03-08 listed " +
				"2026-03-09..2026-03-10 " +
				"listed !C4"}},
		{"C5 absence from the next extract ends it",
			march().listed("2026-03-05", "2026-03-08", "2026-03-05"),
			[]string{"ready 2026-03-05 end 2026-03-09 inferred: 2026-03-06..2026-03-08 listed"}},
		{"C6 a gap before and after which they are listed is carried",
			march().without("2026-03-08", "2026-03-10").listed("2026-03-05", "2026-03-12", "2026-03-05"),
			[]string{"ready 2026-03-05 end 2026-03-13 inferred: 2026-03-06..2026-03-07 listed 2026-03-08..2026-03-10 carried " +
				"2026-03-11..2026-03-12 listed"}},
		{"C6 a gap after which they are not listed ends it on its first day",
			march().without("2026-03-08", "2026-03-10").listed("2026-03-05", "2026-03-07", "2026-03-05"),
			[]string{"ready 2026-03-05 end 2026-03-08 inferred: 2026-03-06..2026-03-07 listed"}},
		{"C6 a gap longer than 14 days is carried, because nothing says that they had left",
			from("2026-03-01", "2026-04-30").without("2026-03-08", "2026-04-07").listed("2026-03-05", "2026-04-30", "2026-03-05"),
			[]string{"ready 2026-03-05 end  open: 2026-03-06..2026-03-07 listed 2026-03-08..2026-04-07 carried 2026-04-08..2026-04-30 listed"}},
		{"C7 left out and listed again with the same ready date is one delay",
			march().listed("2026-03-05", "2026-03-07", "2026-03-05").listed("2026-03-10", "2026-03-11", "2026-03-05"),
			[]string{"ready 2026-03-05 end 2026-03-12 inferred: 2026-03-06..2026-03-07 listed 2026-03-08..2026-03-09 omitted by the provider " +
				"2026-03-10..2026-03-11 listed"}},
		{"C7 left out and partly without extracts: each day says which",
			march().without("2026-03-09", "2026-03-09").listed("2026-03-05", "2026-03-07", "2026-03-05").listed("2026-03-10", "2026-03-11",
				"2026-03-05"),
			[]string{"ready 2026-03-05 end 2026-03-12 inferred: 2026-03-06..2026-03-07 listed 2026-03-08..2026-03-08 omitted by the provider " +
				"2026-03-09..2026-03-09 carried 2026-03-10..2026-03-11 listed"}},
		{"C7 left out and listed again with a later ready date is a new delay",
			march().listed("2026-03-05", "2026-03-07", "2026-03-05").listed("2026-03-11", "2026-03-12", "2026-03-10"),
			[]string{"ready 2026-03-05 end 2026-03-08 inferred: 2026-03-06..2026-03-07 listed",
				"ready 2026-03-10 end 2026-03-13 inferred: 2026-03-11..2026-03-12 listed"}},
		{"C7 listed again 14 days later is still one delay",
			march().listed("2026-03-05", "2026-03-07", "2026-03-05").listed("2026-03-21", "2026-03-21", "2026-03-05"),
			[]string{"ready 2026-03-05 end 2026-03-22 inferred: 2026-03-06..2026-03-07 listed 2026-03-08..2026-03-20 omitted by the provider " +
				"2026-03-21..2026-03-21 listed"}},
		{"C7 listed again more than 14 days later counts anew from that listing",
			march().listed("2026-03-05", "2026-03-07", "2026-03-05").listed("2026-03-22", "2026-03-23", "2026-03-05"),
			[]string{"ready 2026-03-05 end 2026-03-08 inferred: 2026-03-06..2026-03-07 listed",
				"ready 2026-03-05 end 2026-03-24 inferred: 2026-03-22..2026-03-23 listed !C7"}},
		{"C8 a ready date later than the last listing is a new delay",
			march().listed("2026-03-05", "2026-03-09", "2026-03-05").listed("2026-03-10", "2026-03-12", "2026-03-10"),
			[]string{"ready 2026-03-05 end 2026-03-10 inferred: 2026-03-06..2026-03-09 listed",
				"ready 2026-03-10 end 2026-03-13 inferred: 2026-03-11..2026-03-12 listed"}},
		{"C8 a later ready date that is not after the last listing is a correction of the whole delay",
			march().listed("2026-03-05", "2026-03-09", "2026-03-05").listed("2026-03-10", "2026-03-12", "2026-03-07"),
			[]string{"ready 2026-03-07 end 2026-03-13 inferred: 2026-03-08..2026-03-09 listed 2026-03-10..2026-03-12 listed"}},
		{"C8 an earlier ready date is a correction of the whole delay",
			march().listed("2026-03-05", "2026-03-06", "2026-03-05").listed("2026-03-07", "2026-03-08", "2026-03-03"),
			[]string{"ready 2026-03-03 end 2026-03-09 inferred: 2026-03-04..2026-03-04 back-dated 2026-03-05..2026-03-06 listed " +
				"2026-03-07..2026-03-08 listed"}},
		{"C9 days before the first listing are back-dated",
			march().listed("2026-03-08", "2026-03-09", "2026-03-05"),
			[]string{"ready 2026-03-05 end 2026-03-10 inferred: 2026-03-06..2026-03-07 back-dated 2026-03-08..2026-03-09 listed"}},
		{"C9 days before the provider's first extract are not reported",
			march().listed("2026-03-01", "2026-03-03", "2026-02-10"),
			[]string{"ready 2026-02-10 end 2026-03-04 inferred: 2026-03-01..2026-03-03 listed"}},
		{"C18 a later delay is clipped to begin where the earlier ended",
			march().listed("2026-03-05", "2026-03-09", "2026-03-05").listed("2026-03-12", "2026-03-14", "2026-03-07"),
			[]string{"ready 2026-03-05 end 2026-03-10 inferred: 2026-03-06..2026-03-09 listed",
				"ready 2026-03-07 end 2026-03-15 inferred: 2026-03-11..2026-03-11 back-dated 2026-03-12..2026-03-14 listed !C18"}},
		{"left, came back and became ready again while still on the list",
			march().listed("2026-03-05", "2026-03-09", "2026-03-05").left("2026-03-09", "2026-03-08").listed("2026-03-10", "2026-03-12",
				"2026-03-09"),
			[]string{"ready 2026-03-05 end 2026-03-09 inferred: 2026-03-06..2026-03-08 listed"}},
	}
	// The last case is written out, because its first delay ends as stated.
	cases[len(cases)-1].want = []string{
		"ready 2026-03-05 end 2026-03-08 stated: 2026-03-06..2026-03-07 listed",
		"ready 2026-03-09 end 2026-03-13 inferred: 2026-03-10..2026-03-12 listed",
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := summary(c.scene.resolve()); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// draw gives random evidence: a calendar with gaps and a patient who comes and
// goes, with corrections, discharges and ready dates of every kind.
func draw(t *rapid.T) Evidence {
	start := MustDay("2026-01-01")
	var e Evidence
	for i := range rapid.IntRange(1, 60).Draw(t, "span") {
		if i == 0 || rapid.IntRange(0, 4).Draw(t, "sent") > 0 {
			e.Calendar = append(e.Calendar, start+Day(i))
		}
	}
	n := rapid.IntRange(1, 4).Draw(t, "statements")
	for range n {
		e.Statements = append(e.Statements, Statement{Ready: start + Day(rapid.IntRange(-10, 50).Draw(t, "ready"))})
	}
	for _, d := range e.Calendar {
		at := rapid.IntRange(-1, n-1).Draw(t, "statement")
		if at < 0 || e.Statements[at].Ready > d {
			continue // R2: ready after the extract date is never kept.
		}
		if rapid.IntRange(0, 9).Draw(t, "discharged") == 0 {
			st := e.Statements[at]
			st.Discharged = st.Ready + 1 + Day(rapid.IntRange(0, int(d-st.Ready)).Draw(t, "left"))
			if st.Discharged > d {
				st.Discharged = 0
			}
			e.Statements = append(e.Statements, st)
			at = len(e.Statements) - 1
		}
		if k := len(e.Runs); k > 0 && e.Runs[k-1].Statement == at && e.Runs[k-1].Last+1 == d {
			e.Runs[k-1].Last = d
			continue
		}
		e.Runs = append(e.Runs, Run{d, d, at})
	}
	return e
}

func TestResolveInvariants(t *testing.T) {
	t.Parallel()
	for _, convention := range []Convention{DefaultSettings.Convention, dayOfLeaving, readyDay} {
		t.Run(convention.Name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				e := draw(t)
				s := Settings{Convention: convention, OmittedLimit: 14}
				delays := Resolve(e, s)
				var ended Day
				seen := map[Day]bool{}
				for _, d := range delays {
					// C3: the stretches tile the counted days.
					next := d.FirstDay
					for _, st := range d.Stretches {
						if st.First != next || st.Last < st.First {
							t.Fatalf("C3: a gap or overlap before %s in %v", st.First, summary(delays))
						}
						next = st.Last + 1
						for day := st.First; day <= st.Last; day++ {
							if seen[day] {
								t.Fatalf("C18: %s counts twice in %v", day, summary(delays))
							}
							seen[day] = true
							if (st.Mark == Listed) && !e.Calendar.Has(day) {
								t.Fatalf("C4: %s is marked listed and has no extract", day)
							}
						}
					}
					if d.FirstDay != 0 && next != d.LastDay+1 {
						t.Fatalf("C3: stretches end on %s, the delay on %s", next-1, d.LastDay)
					}
					if d.FirstDay != 0 {
						// C1, C9.
						if d.FirstDay < convention.firstDay(d.Ready) || d.FirstDay < e.Calendar[0] {
							t.Fatalf("C1: counted from %s, ready %s", d.FirstDay, d.Ready)
						}
						if d.EndKind != Open && d.LastDay > convention.lastDay(d.End) {
							t.Fatalf("C1: counted to %s, ended %s", d.LastDay, d.End)
						}
					}
					if d.EndKind == Open && d.LastDay > e.Calendar[len(e.Calendar)-1] {
						t.Fatalf("C2: counted ahead of the evidence")
					}
					if ended != 0 && d.FirstDay != 0 && d.FirstDay < ended {
						t.Fatalf("C18: overlaps the delay before")
					}
					ended = max(ended, d.End)
				}
				if again := summary(Resolve(e, s)); !slices.Equal(again, summary(delays)) {
					t.Fatalf("C10: not a pure function")
				}
			})
		})
	}
}

func BenchmarkResolve(b *testing.B) {
	e := from("2026-01-01", "2026-12-31").listed("2026-03-10", "2026-03-19", "2026-03-10").evidence()
	for b.Loop() {
		Resolve(e, DefaultSettings)
	}
}

func TestC20UnreadableIsNotAbsent(t *testing.T) {
	day := func(n int) Day { return MustDay("2026-03-10") + Day(n) }
	calendar := Calendar{day(0), day(1), day(2), day(3), day(4), day(5)}
	ready := Statement{Ready: day(-2)}
	unread := Statement{}
	for _, c := range []struct {
		name       string
		statements []Statement
		runs       []Run
		want       string
	}{
		{"C20 two days that cannot be read, then absent", []Statement{ready, unread}, []Run{{day(0), day(0), 0}, {day(1), day(2), 1}},
			"2026-03-10..2026-03-10 listed, 2026-03-11..2026-03-12 row not readable, end 2026-03-13 inferred"},
		{"C20 read again", []Statement{ready, unread}, []Run{{day(0), day(0), 0}, {day(1), day(1), 1}, {day(2), day(5), 0}},
			"2026-03-10..2026-03-10 listed, 2026-03-11..2026-03-11 row not readable, 2026-03-12..2026-03-15 listed, end  open"},
		{"C20 it starts no delay", []Statement{unread}, []Run{{day(0), day(5), 0}}, ""},
		{"C20 a day of leaving that can be read", []Statement{ready, {Discharged: day(2)}}, []Run{{day(0), day(1), 0}, {day(2), day(2), 1}},
			"2026-03-10..2026-03-11 listed, end 2026-03-12 stated"},
		{"C20 a day of leaving before they were ready is none", []Statement{ready, {Discharged: day(-9)}},
			[]Run{{day(0), day(1), 0}, {day(2), day(2), 1}},
			"2026-03-10..2026-03-11 listed, 2026-03-12..2026-03-12 row not readable, end 2026-03-13 inferred"},
		{"C20 nobody comes back by it", []Statement{{Ready: day(-2), Discharged: day(1)}, unread},
			[]Run{{day(1), day(1), 0}, {day(3), day(3), 1}},
			"2026-03-10..2026-03-10 back-dated, end 2026-03-11 stated"},
		{"C20 left out, then not readable: one delay", []Statement{ready, unread}, []Run{{day(0), day(0), 0}, {day(2), day(2), 1}},
			"2026-03-10..2026-03-10 listed, 2026-03-11..2026-03-11 omitted by the provider, 2026-03-12..2026-03-12 row not readable, end " +
				"2026-03-13 " +
				"inferred"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			for _, d := range Resolve(Evidence{Calendar: calendar, Statements: c.statements, Runs: c.runs}, DefaultSettings) {
				for _, st := range d.Stretches {
					got += st.First.String() + ".." + st.Last.String() + " " + st.Mark.String() + ", "
					if c.statements[st.Statement].Unread() {
						t.Errorf("a stretch stands on a row that could not be read")
					}
				}
				got += "end " + d.End.String() + " " + d.EndKind.String()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// The conventions of C1 that count one end of a delay.
var (
	dayOfLeaving = Convention{Name: "scotland-2016", CountEnd: true}
	readyDay     = Convention{Name: "england-drd", CountReady: true}
)
