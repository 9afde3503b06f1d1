package call

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// Difference is one figure as it was shown and as it is known now.
type Difference struct {
	Measure   string `json:"measure"`
	Then      string `json:"shown_then"`
	Now       string `json:"known_now"`
	Change    string `json:"difference"`
	Why       string `json:"why"`
	Different bool   `json:"-"`
}

// Arrived is what came in after a moment and speaks of days up to those asked.
type Arrived struct {
	// Late and Corrected name the extract dates of each provider for which
	// nothing, or another file, had been received before.
	Late, Corrected map[string][]delay.Day
	// Later is the number of extracts of later days: they can say more of days
	// before them.
	Later int
	// Accepted is the number of held files that somebody accepted.
	Accepted int
	// Logged is the entries of the log that speak of those days.
	Logged int
	// Answered and Disputed are the answers about parts that begin by then.
	Answered, Disputed int
}

// SinceSource is what differences are made from.
type SinceSource interface {
	measure.Source
	// ArrivedSince gives what arrived after the moment; days are the providers'
	// days that were shown.
	ArrivedSince(ctx context.Context, after time.Time, days map[string]delay.Day) (Arrived, error)
	Waiting(ctx context.Context, f measure.Filter, at map[string]delay.Day) ([]measure.Waited, error)
	Pending(ctx context.Context, from, to delay.Day) ([]Pending, error)
}

// Since works out the figures of a call again for the same days, from what is
// known now, with what has come in between. divides says that days are divided
// between bodies; else there are no figures of bodies (A8).
func Since(ctx context.Context, src SinceSource, c *Content, divides bool) ([]Difference, error) {
	if c.AsAt == 0 {
		return nil, nil
	}
	days := map[string]delay.Day{}
	var now measure.ByBody
	long, disputed := int64(0), int64(0)
	names := map[string]string{}
	for _, h := range c.Hospitals {
		names[h.Code] = h.Name
		if h.Day == 0 {
			continue
		}
		days[h.Code] = delay.Day(h.Day)
		if !h.Counted {
			continue
		}
		f := measure.Filter{Providers: []string{h.Code}}
		cells, err := src.Cells(ctx, measure.Query{From: delay.Day(h.Day), To: delay.Day(h.Day),
			By: []measure.Dimension{measure.ByResponsible, measure.ByState}, Filter: f})
		if err != nil {
			return nil, err
		}
		for _, cell := range cells {
			now[cell.Body] += cell.Days
			if cell.State.Contested() {
				disputed += cell.Days
			}
		}
		waited, err := src.Waiting(ctx, measure.Filter{}, map[string]delay.Day{h.Code: delay.Day(h.Day)})
		if err != nil {
			return nil, err
		}
		for _, w := range waited {
			if w.Days >= LongDays {
				long += w.People
			}
		}
	}
	// A call without the word was of every counted day.
	basis, _ := measure.ParseBasis(c.Share.Basis)
	share, err := shareOf(ctx, src, basis, delay.Day(c.Share.From), delay.Day(c.Share.To))
	if err != nil {
		return nil, err
	}
	pending, err := src.Pending(ctx, delay.Day(c.Unsettled.From), delay.Day(c.Unsettled.To))
	if err != nil {
		return nil, err
	}
	unsettled := int64(0)
	for _, p := range pending {
		unsettled += p.Days
	}
	a, err := src.ArrivedSince(ctx, c.Held, days)
	if err != nil {
		return nil, err
	}
	why, answers := a.words(names)
	var out []Difference
	add := func(name string, then, now int64, why string) {
		d := Difference{Measure: name, Then: whole(then), Now: whole(now), Change: signed(now - then), Why: "The same", Different: now != then}
		if d.Different {
			d.Why = why
		}
		out = append(out, d)
	}
	period := monthWords(delay.Day(c.Share.From), delay.Day(c.Share.To))
	at := ", " + c.AsAt.Long()
	all := join(why, answers)
	then, nowCount := c.Waiting, CountOf(now)
	add("People waiting"+at, then.Total(), nowCount.Total(), join(why))
	if divides {
		add("People waiting with social care", then.SocialCare, nowCount.SocialCare, all)
		add("People waiting with the NHS", then.NHS, nowCount.NHS, all)
		add("People waiting, joint", then.Joint, nowCount.Joint, all)
		add("People waiting, not attributed", then.NotAttributed, nowCount.NotAttributed, all)
	}
	add(fmt.Sprintf("Waiting %d days or more%s", LongDays, at), c.Long, long, join(why))
	if divides {
		add("Disputed waits"+at, c.Disputed, disputed, join(answers, why))
	}
	add("Delayed days, "+period, c.Share.Days.Total(), share.Days.Total(), join(why))
	if divides && (c.Share.Known || share.Known) {
		d := Difference{Measure: "Council share, " + period, Then: "Not applicable", Now: "Not applicable", Change: "Not applicable",
			Why: "The same"}
		if c.Share.Known {
			d.Then = percent(c.Share.Value)
		}
		if share.Known {
			d.Now = percent(share.Value)
		}
		if c.Share.Known && share.Known {
			points := (share.Value - c.Share.Value) * 100
			d.Change = strings.Replace(fmt.Sprintf("%+.1f points", points), "-", "−", 1)
			if share.Value == c.Share.Value {
				d.Change = "0"
			}
		}
		if d.Different = share.Known != c.Share.Known || share.Value != c.Share.Value; d.Different {
			d.Why = all
		}
		out = append(out, d)
	}
	if divides {
		add("Days not settled, "+period, c.Unsettled.Days, unsettled, join(answers, why))
	}
	return out, nil
}

// words says what arrived: in the evidence, and in answers.
func (a Arrived) words(names map[string]string) (evidence, answers []string) {
	list := func(one, many string, by map[string][]delay.Day) {
		for _, code := range slices.Sorted(maps.Keys(by)) {
			name := names[code]
			if name == "" {
				name = code
			}
			days := by[code]
			words := plural(int64(len(days)), one, many) + ", " + name
			if len(days) <= 3 {
				var dates []string
				for _, d := range days {
					dates = append(dates, shortDay(d))
				}
				words += " (" + strings.Join(dates, ", ") + ")"
			}
			evidence = append(evidence, words)
		}
	}
	list("late extract", "late extracts", a.Late)
	list("corrected extract", "corrected extracts", a.Corrected)
	if a.Accepted > 0 {
		evidence = append(evidence, plural(int64(a.Accepted), "held file accepted", "held files accepted"))
	}
	if a.Logged > 0 {
		evidence = append(evidence, plural(int64(a.Logged), "entry logged", "entries logged"))
	}
	if a.Later > 0 {
		evidence = append(evidence, plural(int64(a.Later), "extract of a later day, which says more of earlier ones",
			"extracts of later days, which say more of earlier ones"))
	}
	if a.Answered > 0 {
		answers = append(answers, plural(int64(a.Answered), "answer agreed or decided", "answers agreed or decided"))
	}
	if a.Disputed > 0 {
		answers = append(answers, plural(int64(a.Disputed), "part disputed", "parts disputed"))
	}
	return evidence, answers
}

func join(lists ...[]string) string {
	var all []string
	for _, l := range lists {
		all = append(all, l...)
	}
	if len(all) == 0 {
		return "Settings or rules have changed since"
	}
	return strings.Join(all, "; ")
}
