package propose

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/problem"
)

// noCode stands for the code of a provider that the samples do not say: no cell is it.
// Several differ by the blanks behind it.
const noCode = "(code not known yet)"

// read reads every sample by the proposed layout, as it would be when it is taken
// in, and says what becomes of its rows.
func (w *work) read(ctx context.Context, files []File) error {
	p := w.p
	l, err := config.ParseLayout("layouts/"+p.Name+".yaml", p.Name, []byte(p.Layout))
	if err != nil {
		p.Refused = problem.Sentence(err)
		return nil
	}
	// Only the provider and this layout are there, so that no other is taken.
	trial := &config.Partnership{Councils: w.Partnership.Councils, Settings: w.Partnership.Settings,
		Layouts: map[string]*config.Layout{p.Name: l}}
	if w.against != nil {
		trial.Providers = w.against.providers
	}
	for i, v := range p.Providers {
		one := config.Provider{Code: cmp.Or(v.Code, noCode+strings.Repeat(" ", i)), Name: v.Name, Layout: p.Name}
		for _, known := range w.Partnership.Providers {
			if known.Code == v.Code {
				one.Name, one.Names = known.Name, known.Names
			}
		}
		if c := w.held["provider"]; c != nil && !p.Several && len(p.Providers) == 1 {
			// What the column calls it must be known, as names of the provider.
			for _, value := range c.order[:min(len(c.order), 20)] {
				one.Names = append(one.Names, value)
			}
		}
		trial.Providers = append(trial.Providers, one)
	}
	set, err := extract.Compile(trial, w.Ref)
	if err != nil {
		p.Refused = problem.Sentence(err)
		return nil
	}
	left := shownRows
	var all extract.Groups
	for _, f := range files {
		r := Read{Name: f.Name}
		sum, err := set.Read(ctx, f.Name, f.Src, func(row *extract.Row) error {
			if left > 0 {
				left--
				r.Rows = append(r.Rows, w.shown(row))
			}
			return nil
		})
		switch {
		case err != nil && problem.KindOf(err) == problem.Invalid:
			r.Rejected, r.Rows = problem.Sentence(err), nil
		case err != nil:
			return err
		}
		r.Read, r.Kept, r.Excluded, r.Quarantined, r.NotReady = sum.Read, sum.Kept, sum.Excluded, sum.Quarantined, len(sum.NotReady)
		for _, d := range sum.Dates {
			if len(r.Dates) < 40 && (len(r.Dates) == 0 || r.Dates[len(r.Dates)-1] != d.Date.String()) {
				r.Dates = append(r.Dates, d.Date.String())
			}
		}
		r.Held = sum.Doubt
		if r.Held == "" && w.broken(r.Read, r.Quarantined) {
			r.Held = fmt.Sprintf("%d of %d rows cannot be read, so the file would be held (R5).", r.Quarantined, r.Read)
		}
		r.Causes = yetToCome(sum.Groups.Sorted())
		p.Files = append(p.Files, r)
		all.Merge(&sum.Groups)
	}
	if len(files) > 1 {
		p.Causes = yetToCome(all.Across())
	}
	return nil
}

// yetToCome leaves out what is to be done with files that have come: these have not.
func yetToCome(causes []extract.Group) []extract.Group {
	for i := range causes {
		causes[i].Do = strings.ReplaceAll(causes[i].Do, extract.ThenAgain, "")
		causes[i].Says = strings.ReplaceAll(causes[i].Says, extract.ThenAgain, "")
	}
	return causes
}

// broken says whether a file of so many rows, of which aside could not be read, would
// be held on arrival (R5).
func (w *work) broken(rows, aside int) bool {
	s := w.Partnership.Settings
	share, least := cmp.Or(s.UnreadShare, 0.2), cmp.Or(s.UnreadLeast, 3)
	return aside > 0 && (aside == rows || float64(aside) > share*float64(rows) && aside >= least)
}

// shown gives a row as it may be shown.
func (w *work) shown(row *extract.Row) Row {
	who := cmp.Or(row.NHSNumber, row.Pseudonym, row.LocalID, row.Spell)
	out := Row{Line: row.Line, Provider: strings.TrimPrefix(strings.TrimRight(row.Provider, " "), noCode),
		ExtractDate: row.ExtractDate.String(), Who: Cover(who), Ward: extract.Glimpse(row.Ward),
		Ready: day(row.Ready), Discharged: day(row.Discharged), Care: row.Given.Care.String(), Council: string(row.Given.Council)}
	if row.Ward == "" {
		out.Ward = ""
	}
	if name := w.lists.Named(out.Council); name != "" {
		out.Council = name
	}
	out.Reason = cmp.Or(row.Given.Reason.Code(), "not known")
	if _, code, ok := w.tables.Reason(row.Given.Reason, row.ExtractDate); ok {
		out.Reason = strings.TrimSpace(code.Code + " " + code.Short)
	}
	if out.Responsible = row.Given.Stated.String(); row.Given.Stated == delay.NotAttributed {
		out.Responsible = "not stated"
	}
	return out
}

func day(d delay.Day) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
