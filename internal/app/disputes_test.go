package app_test

import (
	"testing"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/app"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
)

// The real year with 200 disputes of every outcome: the figures by state add
// up to the published total of 44,464 delayed days all the way, what is
// attributed elsewhere is moved and nothing else, and everything follows from
// what was sent and said (G1, G2, A6).
func TestDevonWith200Disputes(t *testing.T) {
	skipShort(t)
	t.Parallel()
	dir := devonYear(t)
	takeIn(t, dir, shared(t, "extracts", "devon-2018-19", "extracts-late"))
	a, err := app.Open(t.Context(), app.Options{Data: dir, Partnership: devonExample})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	ctx := t.Context()
	var councils, providers []string
	for _, c := range a.Partnership().Councils {
		councils = append(councils, c.Code)
	}
	for _, p := range a.Partnership().Providers {
		providers = append(providers, p.Code)
	}
	council := people.Actor{Kind: people.APerson, Email: "council@example.org",
		Grant: people.Grant{Role: people.Director, Side: people.CouncilSide, Codes: councils}}
	nhs := people.Actor{Kind: people.APerson, Email: "nhs@example.org", Grant: people.Grant{Role: people.Director, Side: people.ProviderSide,
		Codes: providers}}
	from, to := delay.MustDay("2018-04-01"), delay.MustDay("2019-03-31")
	const total = 44464
	by := func(d measure.Dimension) map[string]int64 {
		t.Helper()
		cells, err := a.Store.Cells(ctx, measure.Query{From: from, To: to, By: []measure.Dimension{d}})
		if err != nil {
			t.Fatal(err)
		}
		out, all := map[string]int64{}, int64(0)
		for _, c := range cells {
			out[c.Text(d)] += c.Days
			all += c.Days
		}
		if all != total {
			t.Fatalf("by %s the days add up to %d, want %d", d, all, total)
		}
		return out
	}
	before := by(measure.ByResponsible)
	list, err := a.Store.Queue(ctx, council.Scope(), casework.QueueQuery{Which: casework.ForMe, Side: agreement.CouncilSide, Limit: 100000})
	rows, n := list.Rows, list.Total
	if err != nil || len(rows) != n || n < 400 {
		t.Fatalf("%d of %d proposals, %v", len(rows), n, err)
	}
	now := time.Date(2019, 4, 5, 10, 0, 0, 0, time.UTC)
	// inYear is the days of a segment that the figures of the year count.
	inYear := func(s agreement.Segment) int64 {
		return max(int64(min(s.Last, to)-max(s.First, from))+1, 0)
	}
	want := map[string]int64{"proposed": total}
	moved := map[delay.Body]int64{}
	step := len(rows) / 200
	for i := range 200 {
		r := rows[i*step]
		seg := r.Segment.Segment
		var other delay.Body
		for _, b := range a.Rules.On(seg.First).Bodies(seg.Reason, seg.Care) {
			if b != seg.Body {
				other = b
			}
		}
		if other == delay.NotAttributed {
			other = delay.NHS // A decision by people stands above the matrix (A6).
		}
		say := func(by people.Actor, act agreement.Act, body delay.Body) {
			t.Helper()
			now = now.Add(time.Second)
			err := a.Store.Answer(ctx, by, []casework.NewAnswer{{Reference: r.Reference, Words: "A test",
				Event: agreement.Event{Act: act, Side: casework.SideOf(by), Segment: seg, Body: body}}})
			if err != nil {
				t.Fatal(err)
			}
		}
		days, state, body := inYear(seg), "disputed", seg.Body
		say(council, agreement.Dispute, other)
		switch i % 8 {
		case 0: // Stays disputed.
		case 1: // The NHS says yes.
			say(nhs, agreement.Agree, 0)
			state, body = "agreed", other
		case 2: // The council takes it back.
			say(council, agreement.Agree, 0)
			state = "agreed"
		case 3: // The NHS proposes a third way, which the council turns down in turn.
			say(nhs, agreement.Dispute, seg.Body)
			say(council, agreement.Dispute, other)
		case 4: // Escalated, and not settled yet.
			say(council, agreement.Escalate, 0)
			say(nhs, agreement.Escalate, 0)
		case 5: // The directors decide for the council's view.
			say(council, agreement.Escalate, 0)
			say(council, agreement.Escalate, 0)
			say(nhs, agreement.DecideAlone, other)
			state, body = "decided, not agreed", other
		case 6: // The directors decide for the extract's, and the council confirms (G5).
			say(nhs, agreement.DecideAlone, seg.Body)
			say(council, agreement.Agree, 0)
			state = "agreed"
		case 7: // Silence does not end a dispute; a question does not either.
			say(nhs, agreement.Ask, 0)
			say(nhs, agreement.Default, 0)
		}
		want["proposed"] -= days
		want[state] += days
		moved[seg.Body] -= days
		moved[body] += days
	}
	got := by(measure.ByState)
	for state, days := range want {
		if got[state] != days {
			t.Errorf("%s: %d days, want %d", state, got[state], days)
		}
	}
	after := by(measure.ByResponsible)
	for _, b := range delay.Bodies {
		if after[b.String()] != before[b.String()]+moved[b] {
			t.Errorf("%s: %d days, want %d", b, after[b.String()], before[b.String()]+moved[b])
		}
	}
	var split measure.Split
	c, err := measure.MakeCouncil(ctx, a.Store, a.Store, measure.Filter{}, from, to)
	if err != nil {
		t.Fatal(err)
	}
	split = c.Now
	// What one party alone decided counts as disputed until the other confirms
	// it or the chair makes it (G5).
	open := got["disputed"] + got["decided, not agreed"]
	if split.Unsettled() != open+after["not attributed"]-split.Disputed[delay.NotAttributed] {
		t.Errorf("G3: %d days are not settled; %d are disputed or decided by one party, and %d not attributed", split.Unsettled(), open,
			after["not attributed"])
	}
	t.Run("what moved each council's share adds up", func(t *testing.T) {
		for _, code := range councils {
			for _, month := range []string{"2018-05", "2018-11"} {
				m, err := delay.ParseMonth(month)
				if err != nil {
					t.Fatal(err)
				}
				c, err := measure.MakeCouncil(ctx, a.Store, a.Store, measure.Filter{Councils: []delay.Council{delay.Council(code)}}, m.First(),
					m.Last())
				if err != nil {
					t.Fatal(err)
				}
				for by, parts := range map[string][]measure.PartSplit{"hospital": c.ByProvider, "reason": c.ByReason, "type of care": c.ByCare,
					"new or continuing": c.ByAge} {
					var points int
					var now, was int64
					for _, p := range parts {
						points, now, was = points+p.Points, now+p.Split.Days.Total(), was+p.Was.Days.Total()
					}
					if points != c.Change || now != c.Now.Days.Total() || was != c.Was.Days.Total() {
						t.Errorf("%s, %s by %s: parts add up to %d tenths, %d and %d days; the whole is %d, %d and %d", code, month, by, points, now, was,
							c.Change, c.Now.Days.Total(), c.Was.Days.Total())
					}
				}
				if fresh := c.ByAge[0]; c.Now.Days.Total() > 100 && (fresh.Split.Days.Total() == 0 || fresh.Split.Days.Total() == c.Now.Days.Total()) {
					t.Errorf("%s, %s: %d of %d days are of new delays", code, month, fresh.Split.Days.Total(), c.Now.Days.Total())
				}
			}
		}
	})
	v, err := a.Store.Verify(ctx)
	if err != nil || len(v.Differences) > 0 {
		t.Errorf("verify: %v, %v", v.Differences, err)
	}
}
