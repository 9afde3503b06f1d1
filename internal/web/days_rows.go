package web

import (
	"context"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/agreement"
	"homeward/internal/attribution"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/record"
	"homeward/internal/web/page"
)

// stripMost is the longest period whose days a row draws one by one.
const stripMost = 62

// periodRows are the rows of one delay: one for each of its periods that the
// figure counts.
func (s *Server) periodRows(c echo.Context, r record.Delay, f record.Filter, numbers casework.Periods) []dayRow {
	first := s.dayRow(r, c.QueryParams())
	actor := s.actor(c)
	var rows []dayRow
	for i, p := range r.Periods(f) {
		row := first
		row.ID += "-" + p.First.String()
		row.Asks = i == 0
		row.Dates = span(p.First, p.Last)
		row.Days = count(p.Days())
		row.Reason = s.opts.Places.ReasonWords(p.Reason)
		row.Body, row.Swatch = s.stepWords(p.Body, p.Reason)
		row.Rule, row.RuleWords = p.Rule, attribution.RuleWords[p.Rule]
		if f.To-f.From < stripMost {
			row.Strip = s.strip(r, p, f)
		}
		if s.divides() {
			row.State = &page.Tag{Text: measure.UpperFirst(p.State.String()), Tag: stateTags[p.State]}
		}
		if number := numbers[r.Reference][p.Counted.First]; number > 0 {
			row.Receipt = "/delays/" + r.Reference + "/periods/" + strconv.Itoa(number)
			row.Acts = s.actsOn(actor, r.Reference, p)
		}
		rows = append(rows, row)
	}
	return rows
}

// periodNumbers gives the numbers of the periods of the delays of a page, none
// where there are no cases.
func (s *Server) periodNumbers(c echo.Context, delays []record.Delay) (casework.Periods, error) {
	if s.opts.Cases == nil || len(delays) == 0 {
		return nil, nil
	}
	references := make([]string, len(delays))
	for i := range delays {
		references[i] = delays[i].Reference
	}
	return s.opts.Cases.Periods(c.Request().Context(), s.actor(c).Scope(), references)
}

// actsOn lead to the answer to a period and to its dispute, for those who answer.
func (s *Server) actsOn(actor people.Actor, reference string, p record.Period) []page.Link {
	id := casework.SegmentID(reference, p.Counted.First)
	answer := "/agreement/" + id
	dispute := page.Link{Text: "Dispute", Href: answer + "?" + wordAnswer + "=dispute"}
	own := casework.SideOf(actor) == agreement.NHSSide && p.Body != delay.NotAttributed
	switch {
	case !s.divides():
		return nil
	case p.State.Contested():
		return []page.Link{{Text: "See dispute", Href: "/disputes/" + id}}
	case !actor.May(people.Agree), p.State == agreement.Proposed && own:
		return nil // The other body answers one's own proposal.
	case p.State == agreement.Proposed:
		return []page.Link{{Text: "Answer", Href: answer}, dispute}
	}
	return []page.Link{dispute}
}

// strip draws the days of the filter's period for one delay: the days that the
// row counts in the colour of their body and drawn by their state, the others
// of the delay low, the ready day as a ring and the day of leaving as a cross.
func (s *Server) strip(r record.Delay, p record.Period, f record.Filter) template.HTML {
	const cell, height = 10.0, 22.0
	n := int(f.To-f.From) + 1
	x := func(day delay.Day) float64 { return float64(day-f.From) * cell }
	var b strings.Builder
	label := []string{span(p.First, p.Last) + " counted"}
	var rest []string
	said := func(c record.Counted) string {
		if s.divides() {
			return c.Body.String() + ", " + c.State.String()
		}
		return s.opts.Places.Book.Group(c.Reason)
	}
	label[0] += ", " + said(p.Counted)
	fmt.Fprintf(&b, `<path d="M0 11H%.0f" stroke="#d8dde0" stroke-width="2"/>`, cell*float64(n))
	for _, st := range r.Stretches {
		from, to := max(st.First, f.From), min(st.Last, f.To)
		if st.Counted.First == 0 || from > to {
			continue
		}
		if to < p.First || from > p.Last {
			rest = append(rest, span(from, to)+" "+said(st.Counted))
		}
		for day := from; day <= to; day++ {
			fill := stripFill(st.Counted.Body)
			switch in := day >= p.First && day <= p.Last; {
			case !in:
				fmt.Fprintf(&b, `<rect x="%.1f" y="8" width="9" height="6" fill="%s"/>`, x(day)+0.5, fill)
			case st.Counted.State.Contested():
				fmt.Fprintf(&b, `<rect x="%.1f" y="2" width="8" height="18" fill="#ffffff" stroke="#212b32" stroke-dasharray="3 2"/>`+
					`<rect x="%.1f" y="7" width="4" height="8" fill="%s"/>`, x(day)+1, x(day)+3, fill)
			case !st.Counted.State.Settled():
				fmt.Fprintf(&b, `<rect x="%.1f" y="2" width="8" height="18" fill="#ffffff" stroke="#212b32"/>`+
					`<rect x="%.1f" y="11" width="8" height="9" fill="%s"/>`, x(day)+1, x(day)+1, fill)
			default:
				fmt.Fprintf(&b, `<rect x="%.1f" y="2" width="8" height="18" fill="%s" stroke="#212b32"/>`, x(day)+1, fill)
			}
		}
	}
	if r.Ready >= f.From && r.Ready <= f.To {
		fmt.Fprintf(&b, `<circle cx="%.1f" cy="11" r="3.5" fill="#ffffff" stroke="#212b32" stroke-width="2"/>`, x(r.Ready)+5)
	}
	if r.End >= f.From && r.End <= f.To {
		fmt.Fprintf(&b, `<path d="M%.1f 7l8 8m0 -8l-8 8" stroke="#212b32" stroke-width="2"/>`, x(r.End)+1)
	}
	label = append(label, rest...)
	label = append(label, "ready "+r.Ready.Long())
	if r.End != 0 {
		label = append(label, "left "+r.End.Long())
	}
	head := fmt.Sprintf(`<svg class="app-strip" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">`, cell*float64(n), height,
		template.HTMLEscapeString(strings.Join(label, "; ")+"."))
	return template.HTML(head + b.String() + "</svg>") // Only numbers, fixed colours and escaped words.
}

// stripFill is the fill of a body in a strip: joint and not attributed have the
// patterns that the page defines once.
func stripFill(b delay.Body) string {
	switch b {
	case delay.Joint:
		return "url(#strip-dots)"
	case delay.NotAttributed:
		return "url(#strip-hatch)"
	}
	return fills[b]
}

// proof says that the rows are the figure: over all pages by what the list
// comes to, on this one by its rows.
func (d daysOf) proof(shown int64, rows int) string {
	if d.List.Total == 0 {
		return ""
	}
	text := measure.UpperFirst(plural(int64(d.List.Total), "delay adds", "delays add")) + " up to " + days(d.List.Days)
	if d.List.Days == d.Figure {
		text += ", the same as the figure."
	} else {
		text += " of the figure's " + count(d.Figure) + "."
	}
	if shown != d.List.Days {
		text += " The " + plural(int64(rows), "row", "rows") + " of this page have " + count(shown) + " of them."
	}
	return text
}

// eachPeriod gives the rows of a file about every delay of the list.
func (d daysOf) eachPeriod(ctx context.Context, scope people.Scope, each func(record.Delay, record.Period)) (delays int, err error) {
	err = d.now.EachScopedDelay(ctx, scope, d.Filter, d.Page.Sort, func(r record.Delay) error {
		delays++
		for p := range slices.Values(r.Periods(d.Filter)) {
			each(r, p)
		}
		return nil
	})
	return delays, err
}
