package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/people"
)

// answerDemo lets the demonstration's councils and trusts answer as people
// would: most segments are agreed within the week, some are disputed, and of
// those some are settled. Which is which follows from the segment alone, so
// that the demonstration is the same every time.
func answerDemo(ctx context.Context, a *App, said func(done, total int)) error {
	type item struct {
		casework.QueueRow
		council people.Actor
		trust   people.Actor
		at      time.Time
	}
	until := delay.DayOf(a.now()) - 4
	var items []item
	for _, c := range a.Partnership().Councils {
		council := demoReviewer(people.CouncilSide, c.Code)
		for offset := 0; ; offset += queuePage {
			list, err := a.Store.Queue(ctx, council.Scope(), casework.QueueQuery{Which: casework.ForMe, Side: agreement.CouncilSide,
				Offset: offset, Limit: queuePage})
			if err != nil {
				return err
			}
			rows := list.Rows
			for _, r := range rows {
				// An answer comes on the working morning after the week in which
				// the segment began.
				day := r.Segment.Segment.First.Week() + 8
				if day > until || r.Segment.Segment.Body == delay.NotAttributed {
					continue
				}
				y, m, d := day.Time().Date()
				items = append(items, item{r, council, demoReviewer(people.ProviderSide, r.Provider), time.Date(y, m, d, 10, 30, 0, 0, a.London)})
			}
			if len(rows) < queuePage {
				break
			}
		}
	}
	slices.SortStableFunc(items, func(x, y item) int {
		return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.council.Email, y.council.Email), cmp.Compare(x.Reference, y.Reference))
	})
	answer := func(by people.Actor, at time.Time, answers []casework.NewAnswer) error {
		if len(answers) == 0 {
			return nil
		}
		return a.madeUp(at).Answer(ctx, by, answers)
	}
	for done := 0; done < len(items); {
		first := items[done]
		var agreed, disputed []casework.NewAnswer
		settled := map[string][]casework.NewAnswer{}
		for ; done < len(items) && items[done].at.Equal(first.at) && items[done].council.Email == first.council.Email; done++ {
			it := items[done]
			event := func(act agreement.Act, side agreement.Side, body delay.Body) agreement.Event {
				return agreement.Event{Act: act, Side: side, Segment: it.Segment.Segment, Body: body}
			}
			chance := 0
			seg := it.Segment.Segment
			for _, r := range it.Provider + it.Ward + it.Bed + seg.First.String() + seg.Last.String() + string(seg.Reason) {
				chance = (chance*31 + int(r)) % 1000
			}
			// A council disputes what is proposed for it; what is proposed for
			// the NHS it agrees with.
			other := delay.NHS
			if chance%2 == 0 && slices.Contains(a.Rules.On(seg.First).Bodies(seg.Reason, seg.Care), delay.Joint) {
				other = delay.Joint
			}
			if seg.Body == delay.NHS || seg.Body == other {
				chance = 999
			}
			switch {
			case chance < 160:
				disputed = append(disputed, casework.NewAnswer{Reference: it.Reference, Event: event(agreement.Dispute, agreement.CouncilSide, other),
					Checks: "A date is wrong", Words: "The referral was acknowledged two days later."})
				if chance < 110 {
					settled[it.Provider] = append(settled[it.Provider], casework.NewAnswer{Reference: it.Reference,
						Event: event(agreement.Agree, agreement.NHSSide, delay.NotAttributed)})
				}
			case chance < 200:
				// Nobody has answered yet.
			default:
				agreed = append(agreed, casework.NewAnswer{Reference: it.Reference, Event: event(agreement.Agree, agreement.CouncilSide,
					delay.NotAttributed)})
			}
		}
		if err := answer(first.council, first.at, append(agreed, disputed...)); err != nil {
			return err
		}
		for _, p := range a.Partnership().Providers {
			if err := answer(demoReviewer(people.ProviderSide, p.Code), first.at.Add(26*time.Hour), settled[p.Code]); err != nil {
				return err
			}
		}
		said(done, len(items))
	}
	return nil
}

// queuePage is how many segments of the queue are read at a time.
const queuePage = 1000

// demoReviewer is a person who answers in the demonstration and nowhere else.
func demoReviewer(side people.Side, code string) people.Actor {
	return people.Actor{Kind: people.APerson, Email: "reviewer." + code + "@demonstration.example", Name: "Demonstration reviewer",
		Grant: people.Grant{Role: people.Reviewer, Side: side, Codes: []string{code}}}
}
