package ingest

import (
	"fmt"
	"slices"
	"sort"

	"homeward/internal/attribution"
	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/identity"
	"homeward/internal/problem"
)

// gatherer turns rows into a batch, saying equal content once.
type gatherer struct {
	service *Service
	batch   *Batch
	// provider is empty where the file has one only.
	provider string

	byNHS, byLocal map[string]int32
	// named is the file's, in which this is the nth provider, and before what was
	// stated last of each patient, one more than the index: the same people are on the
	// list day after day, and most are stated as they were.
	named      *[]naming
	nth        int32
	before     []int32
	givens     map[givenKey]int32
	versions   []*attribution.Version // of the rules that each given fell under
	places     map[Place]int32
	statements map[Statement]int32
	days       map[delay.Day]*[]Listing
	unreadOn   map[delay.Day][]Listing
	stays      map[delay.Day][]Stay
	last       *[]Listing
	lastDay    delay.Day
	patients   []identity.Patient // sealed at the end
	beside     map[string]int32
	locals     []string // local numbers beside NHS numbers, sealed at the end

	problems []extract.Problem
	groups   extract.Groups
	// lines gives a line of each statement, for problems found later.
	lines []int32
	// seen is where once has met each patient, one more than the index, and zero
	// between calls.
	seen []int32
}

// givenKey tells apart what is attributed apart: the same words can fall under
// two versions of the rules.
type givenKey struct {
	given   attribution.Given
	version *attribution.Version
}

func newGatherer(s *Service) *gatherer {
	return &gatherer{
		service: s, batch: &Batch{},
		byNHS: map[string]int32{}, byLocal: map[string]int32{}, beside: map[string]int32{},
		givens: map[givenKey]int32{}, places: map[Place]int32{}, statements: map[Statement]int32{},
		days: map[delay.Day]*[]Listing{}, stays: map[delay.Day][]Stay{},
	}
}

// What one provider's rows of a file may hold that is said once and kept whole (R8):
// the people, the places, and the different combinations of words that attribute a
// day. Ten years of a large trust have a third of each.
const (
	mostPeople = 200_000
	mostPlaces = 200_000
	mostGivens = 30_000
)

func (g *gatherer) full() error {
	const said = "The file holds more than %d different %s (R8). Nothing was taken from it: %s"
	switch {
	case len(g.patients) > mostPeople:
		return problem.New(problem.Invalid, said, mostPeople, "people", "send it in parts.")
	case len(g.batch.Places) > mostPlaces:
		return problem.New(problem.Invalid, said, mostPlaces, "wards and beds", "see that the layout reads the right columns, or send it in "+
			"parts.")
	case len(g.batch.Givens) > mostGivens:
		return problem.New(problem.Invalid, said, mostGivens, "words for reasons, bodies and councils", "see that the layout reads no column of "+
			"notes as one of these, or send it in parts.")
	}
	return nil
}

// row takes one row in. It is the each function of a Reader.
func (g *gatherer) row(r *extract.Row) error {
	if err := g.full(); err != nil {
		return err
	}
	b := g.batch
	patient, local := g.who(r)
	var was *Statement
	if at := g.before[patient]; at > 0 {
		was = &b.Statements[at-1]
	}
	st := Statement{Patient: patient, Local: local, Ready: r.Ready, Discharged: r.Discharged, Admitted: r.Admitted}
	given := g.given(&r.Given, r.ExtractDate, was)
	st.Given = given
	if r.Age != 0 || r.Apart != extract.Delayed || r.Pathway != "" || r.Given.Set != "" {
		g.stays[r.ExtractDate] = append(g.stays[r.ExtractDate], Stay{Patient: patient, Given: given, Ready: r.Ready, Admitted: r.Admitted,
			Discharged: r.Discharged, Age: int16(r.Age), Pathway: PathwayOf(r.Pathway), Left: r.Left})
	}
	if r.Apart != extract.Delayed {
		return nil
	}

	st.Place = g.place(Place{r.Site, r.Ward, r.Bed}, was)
	statement := g.before[patient] - 1
	if was == nil || *was != st {
		statement = g.statement(st, r.Line)
		g.before[patient] = statement + 1
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
	out := &b.Givens[given].Outcome
	if r.BodyBlank && r.Given.Reason != delay.ReasonNotKnown && out.Body == delay.NotAttributed && out.Finding == "" {
		g.problem(extract.Problem{Line: r.Line, Date: r.ExtractDate, Severity: extract.Warned, Rule: "A5",
			Field: "responsible body", Found: "a blank, beside a reason for which more than one body may be responsible",
			Expected: "NHS, social care or both, or what says so",
			Do:       "The days are not attributed. Fill it in and send the file again, or decide in the agreement."})
	}
	if out.Finding != "" && r.Given.Reason != delay.ReasonNotKnown && !r.Given.StatedUnread {
		g.problem(extract.Problem{Line: r.Line, Date: r.ExtractDate, Severity: extract.Warned, Rule: "R3",
			Field:    "responsible body, reason and type of care",
			Found:    fmt.Sprintf("%s (%q, %q, %q)", out.Finding, r.Given.Words.Reason, r.Given.Words.Responsible, r.Given.Words.Care),
			Expected: "a combination that the matrix of rule set " + out.RuleSet + " " + out.Version + " allows",
			Do:       "The row is kept as not attributed. Correct the reason or the responsible body at the source, or decide in the agreement.",
			ByFound:  true})
	}
	return nil
}

// given gives the place of what decides attribution in the batch, attributed by
// the rule set of its code set. What was stated of the patient before, which may
// be nil, is where it is looked for first.
func (g *gatherer) given(of *attribution.Given, on delay.Day, was *Statement) int32 {
	rules := g.service.rules(of.Set)
	version := rules.On(on)
	if was != nil && g.versions[was.Given] == version && g.batch.Givens[was.Given].Given == *of {
		return was.Given
	}
	key := givenKey{*of, version}
	at, ok := g.givens[key]
	if !ok {
		at = int32(len(g.batch.Givens))
		g.batch.Givens = append(g.batch.Givens, Given{*of, rules.Attribute(*of, on)})
		g.versions = append(g.versions, version)
		g.givens[key] = at
	}
	return at
}

// place gives the place in the batch of where a patient is, as given does.
func (g *gatherer) place(is Place, was *Statement) int32 {
	if was != nil && g.batch.Places[was.Place] == is {
		return was.Place
	}
	at, ok := g.places[is]
	if !ok {
		at = int32(len(g.batch.Places))
		g.batch.Places = append(g.batch.Places, is)
		g.places[is] = at
	}
	return at
}

// statement gives the place of a statement in the batch.
func (g *gatherer) statement(st Statement, line int) int32 {
	at, ok := g.statements[st]
	if !ok {
		at = int32(len(g.batch.Statements))
		g.batch.Statements = append(g.batch.Statements, st)
		g.statements[st] = at
		g.lines = append(g.lines, int32(line))
	}
	return at
}

func (g *gatherer) problem(p extract.Problem) {
	p.Provider = g.provider
	g.groups.Add(p)
	if len(g.problems) == MaxProblems {
		return
	}
	g.problems = append(g.problems, p)
}

// who is patient for a row.
func (g *gatherer) who(r *extract.Row) (patient, local int32) {
	who := identity.Patient{NHSNumber: r.NHSNumber, LocalID: r.LocalID, Pseudonym: r.Pseudonym, Scheme: r.Scheme, Spell: r.Spell}
	if r.Who == 0 || r.Pseudonym != "" || r.Spell != "" {
		return g.patient(who)
	}
	i, all := int(r.Who), *g.named
	if i < len(all) && all[i].by == g.nth {
		return all[i].patient, all[i].local
	}
	patient, local = g.patient(who)
	if i >= len(all) {
		all = append(all, make([]naming, i+1-len(all))...)
		*g.named = all
	}
	all[i] = naming{g.nth, patient, local}
	return patient, local
}

// naming is whom one Who of the rows names in a provider's batch.
type naming struct{ by, patient, local int32 }

// patient gives whom a row names: by the NHS number or what stands for it, else
// by the local number or the number of a stay that stands for it (R15), with the
// one that stands beside an NHS number, as a Statement has it.
func (g *gatherer) patient(who identity.Patient) (patient, local int32) {
	known, key, own := g.byNHS, who.NHSNumber, who.Local()
	switch {
	case key != "":
		who.Pseudonym, who.Scheme, who.Spell = "", "", ""
	case who.Pseudonym != "":
		// It stands for the NHS number and never meets one (R15).
		key = "\x00" + who.Scheme + "\x00" + who.Pseudonym
		who.Spell = ""
	case who.LocalID != "":
		known, key = g.byLocal, who.LocalID
		who.Scheme, who.Spell = "", ""
	default:
		known, key = g.byLocal, "\x00"+who.Spell
	}
	id, ok := known[key]
	if !ok {
		id = int32(len(g.patients))
		known[key] = id
		g.patients = append(g.patients, who)
		g.before = append(g.before, 0)
	}
	if known := who.NHSNumber != "" || who.Pseudonym != ""; !known || own == "" {
		return id, 0
	}
	at, ok := g.beside[own]
	if !ok {
		g.locals = append(g.locals, own)
		at = int32(len(g.locals))
		g.beside[own] = at
	}
	return id, at
}

// finish gives the batch, once all rows are in.
func (g *gatherer) finish(sum *extract.Summary) *Batch {
	b := g.batch
	if b.Provider = sum.Provider; sum.Several {
		b.Provider = g.provider
	}
	g.unread(sum)
	for _, d := range sum.Dates {
		if d.Provider != g.provider {
			continue
		}
		e := Extract{Date: d.Date, Doubt: sum.Doubt, Unlike: sum.Unlike,
			Read: d.Read, Kept: d.Kept, Quarantined: d.Quarantined, Excluded: d.Excluded}
		if listings := g.days[d.Date]; listings != nil {
			kept := g.fillers(d.Date, *listings)
			e.Quarantined += len(*listings) - len(kept)
			e.Kept -= len(*listings) - len(kept)
			e.Listings = g.once(d.Date, kept)
			g.underTwoNumbers(d.Date, e.Listings)
		}
		// A row that another row of the same patient stands for is read but not
		// kept (R1, R7).
		e.Excluded += e.Kept - len(e.Listings)
		e.Kept = len(e.Listings)
		e.Stays = g.stays[d.Date]
		e.Listings = g.withUnread(e.Listings, g.unreadOn[d.Date])
		b.Extracts = append(b.Extracts, e)
	}
	sort.Slice(b.Extracts, func(i, j int) bool { return b.Extracts[i].Date < b.Extracts[j].Date })
	// A backfill fills these with megabytes that sealing and storing have no use for.
	g.byNHS, g.byLocal, g.givens, g.places, g.statements, g.days, g.stays = nil, nil, nil, nil, nil, nil, nil
	g.beside, g.unreadOn, g.before, g.seen, g.versions = nil, nil, nil, nil, nil
	g.seal()
	g.patients, g.locals = nil, nil
	return b
}

// seal hashes and seals who is in the batch.
func (g *gatherer) seal() {
	b, key := g.batch, g.service.Key
	b.Locals = make([]Local, len(g.locals))
	for i, id := range g.locals {
		b.Locals[i] = Local{Hash: key.Hash(identity.Patient{Provider: b.Provider}.WithLocal(id)), Sealed: key.Seal(id)}
	}
	b.Patients = make([]Patient, len(g.patients))
	for i, who := range g.patients {
		who.Provider = b.Provider
		h := key.Hash(who)
		p := Patient{Hash: h, Reference: key.Reference(b.Provider, h), ByNHSNumber: who.NHSNumber != "" || who.Pseudonym != ""}
		if other := who.Other(); other != "" {
			p.Other = key.Seal(other)
		}
		if who.NHSNumber != "" {
			p.NHSNumber = key.Seal(who.NHSNumber)
		}
		if who.LocalID != "" {
			p.LocalID = key.Seal(who.LocalID)
		}
		b.Patients[i] = p
	}
}

// fillers takes out what one extract shows to be no number: one digit repeated
// that it gives to two people (I2). Rows that have nothing else to name a
// patient by are quarantined.
func (g *gatherer) fillers(day delay.Day, listings []Listing) []Listing {
	// localOf gives the local number of a row and whether it stands alone.
	localOf := func(st Statement) (id string, alone bool) {
		switch {
		case st.Local != 0:
			return g.locals[st.Local-1], false
		case g.patients[st.Patient].NHSNumber == "" && g.patients[st.Patient].Pseudonym == "":
			return g.patients[st.Patient].LocalID, true
		}
		return "", false
	}
	var people map[string]map[Statement]bool
	for _, l := range listings {
		st := g.batch.Statements[l.Statement]
		id, alone := localOf(st)
		if !identity.Filler(id) {
			continue
		}
		if !alone {
			st = Statement{Patient: st.Patient} // Whatever else the row says, it is one person.
		}
		if people == nil {
			people = map[string]map[Statement]bool{}
		}
		if people[id] == nil {
			people[id] = map[Statement]bool{}
		}
		people[id][st] = true
	}
	if people == nil {
		return listings
	}
	kept := make([]Listing, 0, len(listings))
	for _, l := range listings {
		st := g.batch.Statements[l.Statement]
		id, alone := localOf(st)
		if len(people[id]) < 2 {
			kept = append(kept, l)
			continue
		}
		p := extract.Problem{Line: int(l.Line), Date: day, Severity: extract.Warned, Rule: "I2", Field: "local patient ID",
			Found:    "one digit repeated (not shown), which this extract gives to two people",
			Expected: "the provider's own number of one patient", Do: "The NHS number alone was used. Fill in the number and send the file again."}
		if alone {
			p.Severity, p.Rule, p.Do = extract.Quarantined, "R2", "The row has no other patient identifier. Fill in the number or the NHS number "+
				"and send the file again."
		} else {
			st.Local = 0
			kept = append(kept, Listing{Statement: g.statement(st, int(l.Line)), Line: l.Line})
		}
		g.problem(p)
	}
	return kept
}

// underTwoNumbers reports who is listed twice on one extract date, once by NHS
// number and once by the local number beside it alone (I3): both rows are kept,
// and count as one (R7). A number that stands beside two NHS numbers says nothing
// of whose the row is (I4).
func (g *gatherer) underTwoNumbers(day delay.Day, listings []Listing) {
	type beside struct {
		Listing
		rows int
	}
	alone := func(l Listing) bool {
		st := g.batch.Statements[l.Statement]
		who := &g.patients[st.Patient]
		return st.Local == 0 && who.NHSNumber == "" && who.Pseudonym == ""
	}
	// The rows in which a number that stands alone stands beside an NHS number.
	var with map[int32]beside
	for _, l := range listings {
		if !alone(l) {
			continue
		}
		if local := g.beside[g.patients[g.batch.Statements[l.Statement].Patient].Local()]; local != 0 {
			if with == nil {
				with = map[int32]beside{}
			}
			with[local] = beside{}
		}
	}
	if with == nil {
		return
	}
	for _, l := range listings {
		st := g.batch.Statements[l.Statement]
		if found, wanted := with[st.Local]; wanted {
			with[st.Local] = beside{l, found.rows + 1}
		}
	}
	for _, l := range listings {
		if !alone(l) {
			continue
		}
		st := g.batch.Statements[l.Statement]
		named := with[g.beside[g.patients[st.Patient].Local()]]
		if named.rows != 1 {
			continue
		}
		first, last := min(named.Line, l.Line), max(named.Line, l.Line)
		other := g.batch.Statements[named.Statement]
		p := extract.Problem{Line: int(first), Date: day, Severity: extract.Warned, Rule: "R7",
			Found: fmt.Sprintf("the same patient on line %d and line %d: one has the NHS number, the other the local patient ID alone", first,
				last),
			Expected: "each patient once a day",
			Do:       "Nothing is lost: the two rows count as one. Ask the sender why the row is repeated without the NHS number."}
		if other.Given != st.Given || other.Ready != st.Ready || other.Discharged != st.Discharged || other.Admitted != st.Admitted {
			p.Found += fmt.Sprintf("; they differ, and the row on line %d stands", last)
			p.Do = "Check which row is right and ask the sender to correct the other."
		}
		g.problem(p)
	}
}

// withUnread adds to a day's listings the rows that could not be read, one of
// each patient who is not listed.
func (g *gatherer) withUnread(listings, unread []Listing) []Listing {
	if len(unread) == 0 {
		return listings
	}
	named := make(map[int32]bool, len(listings))
	for _, l := range listings {
		named[g.batch.Statements[l.Statement].Patient] = true
	}
	for _, u := range slices.Backward(unread) {
		if patient := g.batch.Statements[u.Statement].Patient; !named[patient] {
			named[patient] = true
			listings = append(listings, u)
		}
	}
	return listings
}

// unread takes in the quarantined rows that name their patient (C20): what they
// state is that the patient is there. A row whose readable ready date is after
// its day is evidence of nothing.
func (g *gatherer) unread(sum *extract.Summary) {
	g.unreadOn = map[delay.Day][]Listing{}
	for _, u := range sum.Unread {
		if u.Provider != g.provider || u.ExtractDate == 0 || u.Ready > u.ExtractDate {
			continue
		}
		patient, local := g.patient(identity.Patient{NHSNumber: u.NHSNumber, LocalID: u.LocalID, Pseudonym: u.Pseudonym, Scheme: u.Scheme,
			Spell: u.Spell})
		st := Statement{Patient: patient, Local: local}
		if u.Discharged != 0 && u.Discharged <= u.ExtractDate {
			st.Discharged = u.Discharged // C4.
		}
		st.Given, st.Place = g.given(&attribution.Given{}, u.ExtractDate, nil), g.place(Place{}, nil)
		statement := g.statement(st, u.Line)
		g.unreadOn[u.ExtractDate] = append(g.unreadOn[u.ExtractDate], Listing{Statement: statement, Line: int32(u.Line)})
	}
}

// once keeps one listing a patient on one extract date: identical rows are
// one, and of different rows the last stands; both are reported (R7).
func (g *gatherer) once(day delay.Day, listings []Listing) []Listing {
	statements := g.batch.Statements
	if len(g.seen) < len(g.patients) {
		g.seen = make([]int32, len(g.patients))
	}
	kept := listings[:0]
	for _, l := range listings {
		at := &g.seen[statements[l.Statement].Patient]
		if *at == 0 {
			kept = append(kept, l)
			*at = int32(len(kept))
			continue
		}
		i := *at - 1
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
	for _, l := range kept {
		g.seen[statements[l.Statement].Patient] = 0
	}
	return kept
}
