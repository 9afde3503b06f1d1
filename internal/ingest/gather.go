package ingest

import (
	"fmt"
	"sort"

	"homeward/internal/attribution"
	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/identity"
)

// gatherer turns rows into a batch, saying equal content once.
type gatherer struct {
	service *Service
	batch   *Batch
	// provider is empty where the file has one only.
	provider string

	byNHS, byLocal map[string]int32
	givens         map[givenKey]int32
	places         map[Place]int32
	statements     map[Statement]int32
	days           map[delay.Day]*[]Listing
	last           *[]Listing
	lastDay        delay.Day
	patients       []identity.Patient // sealed at the end

	problems []extract.Problem
	groups   extract.Groups
	// lines gives a line of each statement, for problems found later.
	lines map[int32]int32
}

// givenKey tells apart what is attributed apart: the same words can fall under
// two versions of the rules.
type givenKey struct {
	given   attribution.Given
	version *attribution.Version
}

func newGatherer(s *Service, f File) *gatherer {
	return &gatherer{
		service: s, batch: &Batch{File: f},
		byNHS: map[string]int32{}, byLocal: map[string]int32{},
		givens: map[givenKey]int32{}, places: map[Place]int32{}, statements: map[Statement]int32{},
		days: map[delay.Day]*[]Listing{}, lines: map[int32]int32{},
	}
}

// row takes one row in. It is the each function of a Reader.
func (g *gatherer) row(r *extract.Row) error {
	b := g.batch
	st := Statement{Patient: g.patient(r), Ready: r.Ready, Discharged: r.Discharged, Admitted: r.Admitted}

	key := givenKey{r.Given, g.service.Rules.On(r.ExtractDate)}
	given, ok := g.givens[key]
	if !ok {
		given = int32(len(b.Givens))
		b.Givens = append(b.Givens, Given{r.Given, g.service.Rules.Attribute(r.Given, r.ExtractDate)})
		g.givens[key] = given
	}
	st.Given = given

	place := Place{r.Site, r.Ward, r.Bed}
	st.Place, ok = g.places[place]
	if !ok {
		st.Place = int32(len(b.Places))
		b.Places = append(b.Places, place)
		g.places[place] = st.Place
	}

	statement, ok := g.statements[st]
	if !ok {
		statement = int32(len(b.Statements))
		b.Statements = append(b.Statements, st)
		g.statements[st] = statement
		g.lines[statement] = int32(r.Line)
	}
	if r.ExtractDate != g.lastDay || g.last == nil {
		g.lastDay, g.last = r.ExtractDate, g.days[r.ExtractDate]
		if g.last == nil {
			g.last = new([]Listing)
			g.days[r.ExtractDate] = g.last
		}
	}
	*g.last = append(*g.last, Listing{Statement: statement, Line: int32(r.Line)})

	// The reader has already reported what it could not read; the matrix is
	// known only here (R3).
	if out := &b.Givens[given].Outcome; out.Finding != "" && r.Given.Reason != delay.ReasonNotKnown && !r.Given.StatedUnread {
		g.problem(extract.Problem{Line: r.Line, Date: r.ExtractDate, Severity: extract.Warned, Rule: "R3",
			Field:    "responsible body, reason and type of care",
			Found:    fmt.Sprintf("%s (%q, %q, %q)", out.Finding, r.Given.Words.Reason, r.Given.Words.Responsible, r.Given.Words.Care),
			Expected: "a combination that the matrix of rule set " + out.RuleSet + " " + out.Version + " allows",
			Do:       "The row is kept as not attributed. Correct the reason or the responsible body at the source, or decide in the agreement.", ByFound: true})
	}
	return nil
}

func (g *gatherer) problem(p extract.Problem) {
	g.groups.Add(p)
	if len(g.problems) == MaxProblems {
		return
	}
	g.problems = append(g.problems, p)
}

func (g *gatherer) patient(r *extract.Row) int32 {
	known, key := g.byNHS, r.NHSNumber
	p := identity.Patient{NHSNumber: r.NHSNumber, LocalID: r.LocalID}
	switch {
	case key != "":
	case r.Pseudonym != "":
		// It stands for the NHS number and never meets one (R15).
		p.Pseudonym, p.Scheme = r.Pseudonym, r.Scheme
		key = "\x00" + r.Scheme + "\x00" + r.Pseudonym
	case r.LocalID != "":
		known, key = g.byLocal, r.LocalID
	default:
		p.Spell = r.Spell
		known, key = g.byLocal, "\x00"+r.Spell
	}
	id, ok := known[key]
	if !ok {
		id = int32(len(g.patients))
		known[key] = id
		g.patients = append(g.patients, p)
	}
	return id
}

// finish gives the batch, once all rows are in.
func (g *gatherer) finish(sum *extract.Summary) *Batch {
	b := g.batch
	if b.Provider = sum.Provider; sum.Several {
		b.Provider = g.provider
	}
	key := g.service.Key
	b.Patients = make([]Patient, len(g.patients))
	for i, who := range g.patients {
		who.Provider = b.Provider
		h := key.Hash(who)
		p := Patient{Hash: h, Reference: key.Reference(b.Provider, h), ByNHSNumber: who.NHSNumber != "" || who.Pseudonym != ""}
		if who.NHSNumber != "" {
			p.NHSNumber = key.Seal(who.NHSNumber)
		}
		if who.LocalID != "" {
			p.LocalID = key.Seal(who.LocalID)
		}
		b.Patients[i] = p
	}
	for _, d := range sum.Dates {
		if d.Provider != g.provider {
			continue
		}
		e := Extract{Date: d.Date, Doubt: sum.Doubt, Read: d.Read, Kept: d.Kept, Quarantined: d.Quarantined, Excluded: d.Excluded}
		if listings := g.days[d.Date]; listings != nil {
			e.Listings = g.once(d.Date, *listings)
		}
		// A row that another row of the same patient stands for is read but not
		// kept (R1, R7).
		e.Excluded += e.Kept - len(e.Listings)
		e.Kept = len(e.Listings)
		b.Extracts = append(b.Extracts, e)
	}
	sort.Slice(b.Extracts, func(i, j int) bool { return b.Extracts[i].Date < b.Extracts[j].Date })
	// A backfill fills these with megabytes that storing has no use for.
	g.byNHS, g.byLocal, g.patients, g.givens, g.places, g.statements, g.days = nil, nil, nil, nil, nil, nil, nil
	return b
}

// once keeps one listing a patient on one extract date: identical rows are
// one, and of different rows the last stands; both are reported (R7).
func (g *gatherer) once(day delay.Day, listings []Listing) []Listing {
	statements := g.batch.Statements
	at := make(map[int32]int, len(listings))
	kept := listings[:0]
	for _, l := range listings {
		patient := statements[l.Statement].Patient
		i, twice := at[patient]
		if !twice {
			at[patient] = len(kept)
			kept = append(kept, l)
			continue
		}
		first := kept[i]
		p := extract.Problem{Line: int(l.Line), Date: day, Severity: extract.Excluded, Rule: "R7",
			Found:    fmt.Sprintf("the same patient on line %d and again, unchanged, on line %d", first.Line, l.Line),
			Expected: "each patient once a day", Do: "Nothing is lost: the two rows count as one. Ask the sender why the row is repeated."}
		if first.Statement != l.Statement {
			p.Line = int(first.Line)
			p.Found = fmt.Sprintf("the same patient twice, differently, on line %d and line %d; the last row stands", first.Line, l.Line)
			p.Do = "Check which row is right and ask the sender to correct the other."
			kept[i] = l
		}
		g.problem(p)
	}
	return kept
}
