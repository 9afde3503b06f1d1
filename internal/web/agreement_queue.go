package web

import (
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

const queuePath = "/agreement"

// queueWords are the query words of the agreement's queue.
var queueWords = []string{
	wordWhich,
	page.WordFrom,
	page.WordTo,
	page.WordProvider,
	page.WordCouncil,
	page.WordReason,
	page.WordResp,
	page.WordCare,
	page.WordState,
	page.WordPage,
	page.WordView,
	wordAgreed,
	wordDays,
}

// queueAsked is what an address asks for of the queue.
type queueAsked struct {
	which    casework.Which
	sheet    int
	from, to delay.Day
	filter   measure.Filter
	print    bool
}

func (s *Server) queueAsked(c echo.Context) (a queueAsked, err error) {
	q := c.QueryParams()
	asked, err := s.opts.Places.Read(q, queueWords...)
	if err != nil {
		return a, err
	}
	a.filter, a.from, a.to, a.print = asked.Filter, asked.From, asked.To, asked.Print
	names := make([]string, 0, len(casework.Parts))
	for _, p := range casework.Parts {
		names = append(names, string(p))
	}
	first := casework.ForMe
	if s.isChair(c) {
		first = casework.InDispute
	}
	one, err := page.OneOf(q, wordWhich, string(first), names...)
	if err != nil {
		return a, err
	}
	a.which = casework.Which(one)
	a.sheet, err = page.WholeNumber(q, page.WordPage, 1, 100000)
	return a, err
}

// narrowed says whether anything but the part of the list is asked for.
func (a queueAsked) narrowed() bool {
	return a.from != 0 || a.to != 0 || len(page.FilterQuery(a.filter)) > 0
}

// query writes what is asked for as an address has it, for one part of the list.
func (a queueAsked) query(which casework.Which) url.Values {
	q := page.FilterQuery(a.filter)
	if a.from != 0 {
		q.Set(page.WordFrom, a.from.String())
	}
	if a.to != 0 {
		q.Set(page.WordTo, a.to.String())
	}
	q.Set(wordWhich, string(which))
	return q
}

// words say what the list is narrowed to.
func (a queueAsked) words(places page.Places) string {
	text := places.FilterWords(a.filter)
	switch {
	case a.from != 0 && a.to != 0:
		text += ", with days in " + span(a.from, a.to)
	case a.from != 0:
		text += ", with days from " + a.from.Long()
	case a.to != 0:
		text += ", with days up to " + a.to.Long()
	}
	return text
}

// queueOf is the address of one part of the list, of what has days from from to to.
func queueOf(from, to string, which casework.Which) string {
	return page.Address(queuePath, url.Values{page.WordFrom: {from}, page.WordTo: {to}, wordWhich: {string(which)}})
}

// queue asks the store for rows of one part of the list.
func (s *Server) queue(c echo.Context, a queueAsked, which casework.Which, offset, limit int) (casework.QueueList, error) {
	return s.opts.Cases.Queue(c.Request().Context(), s.actor(c).Scope(), casework.QueueQuery{Which: which, Side: s.mySide(c),
		SettledSince: s.opts.Now().Add(-settledFor), From: a.from, To: a.to, Filter: a.filter, Offset: offset, Limit: limit})
}

// queueFilters are the fields that narrow the queue. Whole months are chosen by
// name, other days by their dates.
func (s *Server) queueFilters(c echo.Context, a queueAsked) (page.Filters, error) {
	f := page.Filters{Action: queuePath, Clear: page.Address(queuePath, url.Values{wordWhich: {string(a.which)}})}
	now, err := s.now(c.Request().Context())
	if err != nil {
		return f, err
	}
	first, last, err := now.Extent(c.Request().Context())
	if err != nil {
		return f, err
	}
	whole := (a.from == 0 || a.from == a.from.Month().First()) && (a.to == 0 || a.to == a.to.Month().Last())
	switch {
	case last == 0:
	case whole:
		f.Months = page.AnyMonth(first, last, a.from, a.to)
	default:
		f.Dates = &page.DateFields{}
		if a.from != 0 {
			f.Dates.From = a.from.String()
		}
		if a.to != 0 {
			f.Dates.To = a.to.String()
		}
	}
	part := page.ChoiceGroup{Legend: "List", Name: wordWhich, Kind: "radio", Style: "radios"}
	for _, p := range casework.Parts {
		part.Items = append(part.Items, page.Choice{ID: wordWhich + "-" + string(p), Value: string(p), Text: whichWords[p], Chosen: p == a.which})
	}
	state := page.ChoiceGroup{Legend: "How it stands", Name: page.WordState, Kind: "checkbox", Style: "checkboxes"}
	for _, st := range agreement.States {
		chosen := false
		for _, given := range a.filter.States {
			chosen = chosen || given == st
		}
		state.Items = append(state.Items, page.Choice{ID: "state-" + st.Slug(), Value: st.Slug(), Text: measure.UpperFirst(st.String()),
			Chosen: chosen})
	}
	f.Groups = append([]page.ChoiceGroup{part, state}, s.opts.Places.Groups(a.filter)...)
	return f, nil
}

// rememberQueue keeps the list that is looked at, so that every save and every
// way back lead to it.
func (s *Server) rememberQueue(c echo.Context, a queueAsked) {
	if a.print {
		return
	}
	q := a.query(a.which)
	if a.sheet > 1 {
		q.Set(page.WordPage, strconv.Itoa(a.sheet))
	}
	s.opts.Sessions.KeepQueue(c.Request().Context(), q.Encode())
}

// keptQueue gives the words of the list that the person looked at last; without
// one, those of the part that is named, if any.
func (s *Server) keptQueue(c echo.Context, otherwise casework.Which) url.Values {
	if q, err := url.ParseQuery(s.opts.Sessions.Queue(c.Request().Context())); err == nil && len(q) > 0 {
		return q
	}
	if otherwise == "" {
		return url.Values{}
	}
	return url.Values{wordWhich: {string(otherwise)}}
}

// backToQueue leads back to the list that the person came from.
func (s *Server) backToQueue(c echo.Context, otherwise casework.Which) string {
	return page.Address(queuePath, s.keptQueue(c, otherwise))
}

// answered goes back to the list with what was saved.
func (s *Server) answered(c echo.Context, answers, days int) error {
	q := s.keptQueue(c, "")
	q.Set(wordAgreed, strconv.Itoa(answers))
	q.Set(wordDays, strconv.Itoa(days))
	return onward(c, queuePath, q, "")
}
