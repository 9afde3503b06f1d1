package sqlite_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"homeward/internal/agreement"
	"homeward/internal/attribution"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/rulechange"
	"homeward/internal/sqlite"
)

// keyHolder is somebody with a role, by a name of their own.
func keyHolder(name string, role people.Role, side people.Side, code string) people.Actor {
	by := person(role, side, code)
	by.Email = name + "@example.org"
	return by
}

var (
	proposer        = keyHolder("ana", people.Analyst, people.Whole, "")
	nhsDirector     = keyHolder("nell", people.Director, people.ProviderSide, trust)
	councilDirector = keyHolder("cora", people.Director, people.CouncilSide, string(council))
)

// toBody is a change that maps a reason to one body.
func toBody(reason delay.Reason, body delay.Body, from string) rulechange.Change {
	table := attribution.Allowed{NHS: true, SocialCare: true, Joint: true, Acute: true, NonAcute: true}
	return rulechange.Change{Set: "england-dtoc", RuleSet: "england-dtoc", Reason: reason, Body: body, From: delay.MustDay(from),
		Line: rulechange.LineOf(table, body), Why: "Agreed at the discharge board"}
}

// stand has a change proposed and confirmed by both sides at a moment, and gives
// what it was said to move.
func stand(t fataler, s *sqlite.Store, c rulechange.Change, at time.Time) []rulechange.Move {
	ctx := context.Background()
	s = dated(s, at)
	number, err := s.ProposeRule(ctx, proposer, c)
	if err != nil {
		t.Fatal(err)
	}
	var moves []rulechange.Move
	for i, by := range []people.Actor{councilDirector, nhsDirector} {
		one, err := s.RuleChange(ctx, number)
		if err != nil {
			t.Fatal(err)
		}
		if moves, err = s.TryRule(ctx, one); err != nil {
			t.Fatal(err)
		}
		stands, err := s.ConfirmRule(ctx, by, number, rulechange.Seen(moves))
		if err != nil {
			t.Fatal(err)
		}
		if stands != (i == 1) {
			t.Fatal("G1: one key made a change stand, or two did not")
		}
	}
	return moves
}

// A change moves the days that were previewed from its day on, the past stays as
// it was shown, and what is stored follows from the evidence (G1, C15, C9).
func TestRuleChange(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	e := d.given("E", delay.NHS)
	for _, day := range []string{"2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06", "2026-03-07", "2026-03-08"} {
		d.extract(day, &e, "2026-03-01")
	}
	d.want(measure.ByResponsible, map[string]int64{"NHS": 6})
	before := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)

	stale := toBody("E", delay.SocialCare, "2026-03-06")
	at := time.Date(2026, 4, 2, 9, 0, 0, 0, time.UTC)
	moves := stand(t, d.Store, stale, at)
	// The statement is the NHS's, and the mapped body another: it contradicts the
	// rules and is nobody's (A5).
	want := rulechange.Move{Month: "2026-03", Council: string(council), Was: "nhs", Is: "none", Days: 3}
	if len(moves) != 1 || moves[0] != want {
		t.Errorf("the preview says %+v, want %+v", moves, want)
	}
	d.want(measure.ByResponsible, map[string]int64{"NHS": 3, "not attributed": 3})
	d.verify()

	t.Run("C15 the moment before shows what it showed", func(t *testing.T) {
		past, err := d.AsKnown(t.Context(), before, delay.DayOf(before))
		if err != nil {
			t.Fatal(err)
		}
		defer past.Close()
		was := &desk{Store: past.Store, t: t}
		was.want(measure.ByResponsible, map[string]int64{"NHS": 6})
		was.verify()
		if all, err := past.RuleChanges(t.Context()); err != nil || len(all) > 0 {
			t.Errorf("%v, %d changes were known", err, len(all))
		}
	})
	t.Run("D3 the record says under which change the days stand, and since when", func(t *testing.T) {
		k := d.theCase()
		segments, stretches := k.Delays[0].Segments, k.Delays[0].Stretches
		if len(segments) != 2 || segments[1].Segment.First != delay.MustDay("2026-03-06") || segments[1].Since.Before(at) {
			t.Errorf("segments %+v", segments)
		}
		last := stretches[len(stretches)-1].Outcome
		if last.Rule != "A5" || !strings.HasSuffix(last.Version, "with change 1") || last.From != stale.From {
			t.Errorf("outcome %+v", last)
		}
		if first := stretches[0].Outcome; first.Rule != "A2" || strings.Contains(first.Version, "change") {
			t.Errorf("outcome before %+v", first)
		}
	})
	t.Run("a later change of the same reason begins where it says", func(t *testing.T) {
		stand(t, d.Store, toBody("E", delay.NHS, "2026-03-08"), at.Add(time.Hour))
		d.want(measure.ByResponsible, map[string]int64{"NHS": 4, "not attributed": 2})
		d.verify()
		c := toBody("E", delay.NotAttributed, "2026-03-06") // As stated: back to the table.
		stand(t, d.Store, c, at.Add(2*time.Hour))
		d.want(measure.ByResponsible, map[string]int64{"NHS": 6})
		d.verify()
	})
	t.Run("C9 days before the first listing count as that listing does", func(t *testing.T) {
		d := newDesk(t)
		e := d.given("E", delay.NotAttributed)
		d.extract("2026-03-02", nil, "")
		d.extract("2026-03-08", &e, "2026-03-04")
		stand(t, d.Store, toBody("E", delay.SocialCare, "2026-03-08"), at)
		d.want(measure.ByResponsible, map[string]int64{"social care": 4})
		d.verify()
	})
}

// Two keys are two people of two sides, and neither proposed it (G1).
func TestRuleChangeKeys(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	e := d.given("E", delay.NotAttributed)
	d.extract("2026-03-02", nil, "")
	d.extract("2026-03-05", &e, "2026-03-01")
	ctx := t.Context()
	propose := func() (number int64, seen string) {
		t.Helper()
		number, err := d.ProposeRule(ctx, proposer, toBody("E", delay.SocialCare, "2026-03-01"))
		if err != nil {
			t.Fatal(err)
		}
		c, err := d.RuleChange(ctx, number)
		if err != nil {
			t.Fatal(err)
		}
		moves, err := d.TryRule(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		return number, rulechange.Seen(moves)
	}
	refused := func(what string, kind problem.Kind, err error) {
		t.Helper()
		if problem.KindOf(err) != kind {
			t.Errorf("%s: %v", what, err)
		}
	}
	confirm := func(by people.Actor, number int64, seen string) error {
		_, err := d.ConfirmRule(ctx, by, number, seen)
		return err
	}
	_, err := d.ProposeRule(ctx, nhsDirector, toBody("E", delay.SocialCare, "2026-03-01"))
	refused("a director proposes", problem.Forbidden, err)

	number, seen := propose()
	self := nhsDirector
	self.Email = proposer.Email
	refused("who proposed it confirms", problem.Forbidden, confirm(self, number, seen))
	refused("a reviewer confirms", problem.Forbidden, confirm(reviewer, number, seen))
	refused("other days were seen", problem.Conflict, confirm(nhsDirector, number, "0000"))
	if err := confirm(nhsDirector, number, seen); err != nil {
		t.Fatal(err)
	}
	both := councilDirector
	both.Email = nhsDirector.Email
	refused("one person turns both keys", problem.Forbidden, confirm(both, number, seen))
	second := keyHolder("ned", people.Director, people.ProviderSide, trust)
	refused("a second director of the same side", problem.Conflict, confirm(second, number, seen))
	d.want(measure.ByResponsible, map[string]int64{"not attributed": 4})
	if err := d.DeclineRule(ctx, councilDirector, number, "Not agreed at the board"); err != nil {
		t.Fatal(err)
	}
	refused("a declined change is confirmed", problem.Conflict, confirm(councilDirector, number, seen))
	d.want(measure.ByResponsible, map[string]int64{"not attributed": 4})

	number, seen = propose()
	refused("a director withdraws", problem.Forbidden, d.WithdrawRule(ctx, nhsDirector, number, "x"))
	if err := d.WithdrawRule(ctx, proposer, number, "Proposed by mistake"); err != nil {
		t.Fatal(err)
	}
	refused("a withdrawn change is confirmed", problem.Conflict, confirm(councilDirector, number, seen))
	all, err := d.RuleChanges(ctx)
	if err != nil || len(all) != 2 || all[0].State() != rulechange.Back || all[1].State() != rulechange.Refused {
		t.Errorf("%v %+v", err, all)
	}
	d.verify()
}

// A decision by people stands above a change of the rules (A6), whichever came
// first; a yes is about the body that was proposed then.
func TestRuleChangeLeavesDecisions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		act  agreement.Act
		body delay.Body
		want map[string]int64
	}{
		"A6 decided":  {agreement.Decide, delay.Joint, map[string]int64{"joint": 4}},
		"G1 answered": {agreement.Agree, 0, map[string]int64{"not attributed": 4}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			e := d.given("E", delay.NHS)
			d.extract("2026-03-02", nil, "")
			d.extract("2026-03-05", &e, "2026-03-01")
			k := d.theCase()
			answer := agreement.Event{Act: c.act, Side: agreement.CouncilSide, Body: c.body, Segment: k.Delays[0].Segments[0].Segment}
			if c.act == agreement.Decide {
				answer.Side = agreement.Neither
			}
			err := dated(d.Store, time.Date(2026, 3, 31, 9, 0, 0, 0, time.UTC)).Answer(t.Context(), reviewer,
				[]casework.NewAnswer{{Reference: k.Reference, Version: k.Version, Event: answer}})
			if err != nil {
				t.Fatal(err)
			}
			moves := stand(t, d.Store, toBody("E", delay.SocialCare, "2026-03-01"), time.Date(2026, 4, 2, 9, 0, 0, 0, time.UTC))
			d.want(measure.ByResponsible, c.want)
			d.verify()
			if days, answered := rulechange.Total(moves); c.act == agreement.Agree && (days != 4 || answered != 4) {
				t.Errorf("%d days move, of which %d had been answered", days, answered)
			}
		})
	}
}

// change has a change of the rules stand and demands that the days move as its
// preview says, none lost or added (C3).
func (w *world) change() {
	before := w.bodies()
	c := toBody(rapid.SampledFrom([]delay.Reason{"A", "E", "Di"}).Draw(w.t, "reason of the change"),
		rapid.SampledFrom(delay.Bodies[:]).Draw(w.t, "body of the change"), w.day("from").String())
	for _, m := range stand(w.t, w.s, c, w.now()) {
		before[m.Month+" "+m.Council+" "+m.Was] -= m.Days
		before[m.Month+" "+m.Council+" "+m.Is] += m.Days
	}
	maps.DeleteFunc(before, func(_ string, n int64) bool { return n == 0 })
	if after := w.bodies(); !maps.Equal(before, after) {
		w.t.Fatalf("the preview gives %v, the figures are %v", before, after)
	}
}

// bodies counts the days by month, council and body.
func (w *world) bodies() map[string]int64 {
	cells, err := w.s.Cells(context.Background(), measure.Query{From: delay.MustDay("2026-01-01"), To: delay.MustDay("2026-12-31"),
		By: []measure.Dimension{measure.ByMonth, measure.ByCouncil, measure.ByResponsible}})
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]int64{}
	for _, c := range cells {
		out[c.Period.Month().String()+" "+string(c.Council)+" "+c.Body.Slug()] += c.Days
	}
	return out
}
