package web

import (
	"strconv"

	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/logbook"
	"homeward/internal/web/page"
)

// What the page of the log says before anything is saved: from which day is
// counted, whom the rules give the next step, and who is asked.

// countedFrom says from which day a ready date counts, and how far it has come.
func (s *Server) countedFrom(ready delay.Day) string {
	if ready == 0 {
		return "From the date that you enter. " + s.counting().ReadyWords()
	}
	return "Ready " + ready.Long() + ". " + s.counting().ReadyWords()
}

// previewLog adds to the form about a person what each choice will record.
func (s *Server) previewLog(v *page.CaseForm, k *casework.Case, f casework.LogForm, today delay.Day) {
	title, _ := s.caseTitle(k)
	v.Bar = &page.CaseBar{Bed: title, Reference: k.Reference, Back: v.Back, BackText: "Back to the ward round",
		Words: s.opts.Places.ProviderWords(k.Provider)}
	if title == "Delay "+k.Reference {
		v.Bar.Bed = "Bed not known"
	}
	if d := k.Last(); d != nil {
		v.Bar.Words = joined(wardWords(d.Ward), v.Bar.Words)
	}
	v.Caption = "" // The bar says it, and stays in sight.
	says := func(item *page.Choice) {
		if item.Value == "" || item.Value == anotherReason {
			return
		}
		given := s.opts.Casework.Restated(k, delay.Reason(item.Value))
		item.Says = s.proposalWords(casework.LogLine{Entry: logbook.Entry{Kind: logbook.Opened, Day: today}, At: s.opts.Now(), Given: &given})
	}
	for i := range v.Parts {
		if v.Parts[i].ID != "reason" && v.Parts[i].ID != fieldAnother {
			continue
		}
		for _, g := range v.Parts[i].Groups {
			for j := range g.Items {
				says(&g.Items[j])
			}
		}
	}
	// Whoever comes from the list with a ready date needs the reason first.
	if f.Ready == "fed" && f.Reason == "" {
		for i := range v.Parts {
			if p := &v.Parts[i]; p.ID == "reason" {
				if p.Focus = p.Kind == "select"; p.Radios() {
					p.Groups[0].Items[0].Focus = true
				}
			}
		}
	}
	v.Preview = []page.Preview{{Name: "Counted", Of: "ready", Words: page.Said(v.Parts, "ready", "Select when they became ready.")},
		{Name: "Next step and who is asked", Of: "reason", Words: page.Said(v.Parts, "reason",
			page.Said(v.Parts, fieldAnother, "Select a reason to see whom the rules propose."))},
		{Name: "Undo", Of: "", Words: "You can take it back for " + strconv.Itoa(int(s.opts.Casework.Settings.Undo.Minutes())) +
			" minutes. Saving is never held up by who has the next step."}}
}
