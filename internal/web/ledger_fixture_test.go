package web

import (
	"context"
	"fmt"

	"homeward/internal/delay"
	"homeward/internal/national"
)

// Ledger gives the stays of the office: none while its hospitals send delays
// alone.
func (v view) Ledger(context.Context) (*national.Ledger, error) {
	if v.office.ledgerLost != nil {
		return nil, v.office.ledgerLost
	}
	if v.office.stays == nil {
		return &national.Ledger{}, nil
	}
	return v.office.stays, nil
}

// listing has two of Northshire's hospitals list everybody in a bed from the
// 1st of September to the last day: one person in, one out and so on, by a fixed
// rule, with people of every kind that a bridge tells apart.
func listing() *national.Ledger {
	from, to := delay.MustDay("2026-09-01"), madeLast
	l := &national.Ledger{Days: map[string]delay.Calendar{}, Beds: []string{"RXA", "RXB"}}
	for _, p := range l.Beds {
		for day := from; day <= to; day++ {
			l.Days[p] = append(l.Days[p], day)
		}
	}
	reasons := []delay.Reason{"england-acute-2024/1", "england-acute-2024/9", "england-acute-2024/20", "england-acute-2024/30", ""}
	councils := []delay.Council{"E10000099", "E06000099", ""}
	for i := range 240 {
		admitted := from + delay.Day(i*7%60) - 3
		s := national.Stay{Provider: l.Beds[i%2], Person: fmt.Sprint("HW-", i), Admitted: admitted, AgeAt: 70, Council: councils[i%3],
			Pathway: pathways[i%4], Out: admitted + 4 + delay.Day(i%13), How: national.Alive}
		p := national.Period{Ready: admitted + 2 + delay.Day(i%5), Age: 70, Steps: []national.Step{
			{From: admitted, Reason: reasons[i%5], Council: s.Council, Pathway: s.Pathway}}}
		switch i % 12 {
		case 1:
			s.How = national.Died
		case 2:
			s.How = national.Transferred
		case 3:
			p.Age, s.AgeAt = 16, 16
		case 4:
			p.Steps = append(p.Steps, national.Step{From: p.Ready + 2, Reason: reasons[(i+1)%5], Council: councils[(i+1)%3], Pathway: s.Pathway})
		case 5: // Ready on the day of leaving, with a blank date.
			p.Ready = 0
		}
		if s.Out > to || i%20 == 7 {
			s.Out, s.How = 0, national.StillIn
		}
		if p.End = s.Out; p.Ready != 0 && (p.End == 0 || p.Ready <= p.End) {
			if i%12 == 6 && p.Ready+3 < s.Out {
				early := p
				early.End = p.Ready + 1
				p.Ready += 3
				s.Periods = append(s.Periods, early)
			}
			s.Periods = append(s.Periods, p)
		}
		l.Stays = append(l.Stays, s)
	}
	return l
}
