package web

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/ingest"
	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// decisionLimit bounds the reason for accepting a short file, in characters.
const decisionLimit = 200

// decisionPath leads to the form that decides about what is held of a file.
func decisionPath(sum string) string { return "/extracts/" + sum + "/decision" }

// standingWords says where a file stands now, which can be other than when it
// arrived: a held file may have been accepted or replaced since.
func (s *Server) standingWords(got ingest.Arrived) string {
	counted, held, accepted, discarded := 0, len(got.Held()), ingest.StandsNow{}, ingest.StandsNow{}
	for _, st := range got.Standings {
		if st.Counted {
			counted++
		}
		switch {
		case st.Discarded:
			discarded = st
		case !st.Accepted.IsZero():
			accepted = st
		}
	}
	switch {
	case len(got.Standings) == 0 || got.Report.Outcome == ingest.Already:
		return outcomeWords(got.Report.Outcome)
	case held > 0:
		return outcomeWords(ingest.Held)
	case counted == 0 && discarded.Discarded:
		return "This file was held and was discarded at " + s.moment(discarded.Accepted) + " (" + discarded.By + "): " + discarded.Reason +
			" It counts for nothing."
	case counted == 0:
		return "This file was read. A later file counts in its place."
	case !accepted.Accepted.IsZero():
		return "This file was held and counts, because it was accepted at " + s.moment(accepted.Accepted) + " (" + accepted.By + "): " +
			accepted.Reason
	case !got.ReadAgain.IsZero():
		return outcomeWords(ingest.ReadAgain)
	case counted < len(got.Standings):
		return "This file was read. For some of its days a later file counts in its place."
	}
	return outcomeWords(ingest.Taking)
}

// decisionOf gives the file of the address and what is held of it.
func (s *Server) decisionOf(c echo.Context) (string, ingest.Arrived, []ingest.StandsNow, error) {
	sum := c.Param("id")
	if !isSum(sum) {
		return "", ingest.Arrived{}, nil, problem.New(problem.NotFound, "There is no receipt at this address. Receipts are listed on the "+
			"extracts page.")
	}
	got, err := s.opts.Extracts.Receipt(c.Request().Context(), sum)
	if err != nil {
		return "", got, nil, err
	}
	held := got.Decidable()
	if len(held) == 0 {
		return "", got, nil, problem.New(problem.Conflict, "Nothing of this file is held, so there is nothing to decide. Its receipt says where "+
			"it stands.")
	}
	return sum, got, held, nil
}

// decisionForm is the form that keeps a short file held or accepts it (R5).
func (s *Server) decisionForm(c echo.Context, sum string, got ingest.Arrived, held []ingest.StandsNow, what, why string) page.CaseForm {
	title, keep := "This file is held", "Keep holding it, and ask the sender for a new file"
	if len(got.Held()) == 0 {
		title, keep = "This file was discarded", "Leave it discarded"
	}
	f := page.CaseForm{Form: page.Form{Frame: s.frame(c, title)}, Action: decisionPath(sum),
		Back: "/extracts/" + sum, BackText: "Back to the receipt",
		Caption: s.opts.Places.ProviderWords(held[0].Provider) + ", " + heldDays(held),
		Buttons: []page.Button{{Text: "Save decision"}}}
	words := map[string]string{}
	for _, e := range got.Report.Extracts {
		words[e.Provider+" "+e.Date] = e.Held
	}
	for _, st := range held {
		if w := cmp.Or(words[st.Provider+" "+st.Day.String()], words[" "+st.Day.String()]); w != "" {
			f.Lede = append(f.Lede, st.Day.Long()+": "+w)
		}
	}
	f.Lede = append(f.Lede, "While it is held or discarded it changes no figure, and charts show a gap. Once accepted it counts, and its "+
		"receipt says who accepted it and why.")
	choices := []page.Choice{
		{ID: "what-hold", Value: "hold", Text: keep, Chosen: what == "hold"},
		{ID: "what-accept", Value: "accept", Text: "Accept it as it is", Chosen: what == "accept"},
	}
	if len(got.Held()) > 0 {
		choices = append(choices, page.Choice{ID: "what-discard", Value: "discard", Text: "Discard it: it is as if it had not come",
			Chosen: what == "discard"})
	}
	f.Parts = []page.Part{
		{Kind: "radios", ID: "what", Label: "What do you want to do?", Groups: []page.PartGroup{{Items: choices}}},
		{Kind: "area", ID: "why", Label: "If you accept or discard it, why?",
			Hint: "For example, a ward was closed, or the file is of another system. Every partner reads it: do not name people.",
			Max:  decisionLimit, Value: nhsnumber.Redact(why)},
	}
	return f
}

// heldDays names the days of extracts.
func heldDays(held []ingest.StandsNow) string {
	if n := len(held); n > 3 {
		return held[0].Day.Long() + " and " + count(int64(n-1)) + " more days"
	}
	var days []string
	for _, st := range held {
		days = append(days, st.Day.Long())
	}
	return strings.Join(days, ", ")
}

func (s *Server) decisionPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	sum, got, held, err := s.decisionOf(c)
	if err != nil {
		return err
	}
	return s.page(c, "caseform", s.decisionForm(c, sum, got, held, "", ""))
}

// decide keeps a short file held, or has it count.
func (s *Server) decide(c echo.Context) error {
	sum, got, held, err := s.decisionOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	what, why := typed(c, "what"), strings.Join(strings.Fields(typed(c, "why")), " ")
	part, wrong := 1, ""
	switch {
	case what != "hold" && what != "accept" && what != "discard":
		part, wrong = 0, "Select what to do"
	case what == "hold":
		s.opts.Sessions.Say(ctx, "The file stays as it is.")
		return c.Redirect(http.StatusSeeOther, "/extracts/"+sum)
	case why == "":
		wrong = map[string]string{"accept": "Enter why this file is right", "discard": "Enter why this file is discarded"}[what]
	case len([]rune(why)) > decisionLimit:
		wrong = "The reason must be " + count(decisionLimit) + " characters or less"
	case nhsnumber.In(why):
		wrong, why = "Remove the NHS number. Do not type numbers that identify a person here.", ""
	}
	if wrong != "" {
		f := s.decisionForm(c, sum, got, held, what, why)
		f.Parts[part].Error = wrong
		f.Wrong(f.Parts[part].Target(), wrong)
		return s.pageAs(c, http.StatusUnprocessableEntity, "caseform", f)
	}
	by := s.actor(c)
	decide, said := s.opts.Extracts.Accept, "The extract of "+heldDays(held)+" counts now."
	if what == "discard" {
		decide, said = s.opts.Extracts.Discard, "The file of "+heldDays(held)+" is discarded and counts for nothing."
	}
	if some := got.Held(); len(some) > 0 {
		held = some // What was discarded before is another question.
	}
	for _, st := range held {
		if _, err := decide(ctx, by, s.grantWords(by.Grant), sum, st.Provider, st.Day, why); err != nil {
			return err
		}
	}
	s.opts.Sessions.Say(ctx, said)
	return c.Redirect(http.StatusSeeOther, "/extracts/"+sum)
}
