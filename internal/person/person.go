// Package person finds out which rows are of one person (I3 to I6) and at
// which provider a person's day counts (C19). It is pure: the same evidence
// gives the same people, in whatever order it arrived (C10). It knows numbers
// by their places in the store and no number itself; how one is read is package
// identity's concern, and what a person's days are package delay's.
package person

import (
	"cmp"
	"slices"

	"homeward/internal/delay"
)

// Record is what a provider's rows name a patient by: a valid NHS number, or,
// on rows without one, the provider's own number.
type Record struct {
	// ID ascends in the order in which records were first given.
	ID int64
	// NHS names the NHS number, the same at every provider; 0 when the record
	// is known by Local alone.
	NHS, Local int64
	// Logged is the first day that people have logged of the record, 0 when
	// they have not. It places a record that no extract lists.
	Logged delay.Day
}

// Listing is an unbroken run of days on which the provider's counted extracts
// list a record with one statement.
type Listing struct {
	Record int64
	// Local is the provider's own number on these rows, 0 for none.
	Local       int64
	First, Last delay.Day
	Statement   int64
	// Unread is set when the rows could not be read and name their patient
	// (C20).
	Unread bool
	// Provider is by whose extracts, of several that are shown as one provider,
	// the record is listed, and Care with which care: they decide a day that two
	// of them list (C19). Provider is empty where there is only one.
	Provider string
	Care     delay.CareType
	began    delay.Day // the first day that lists the delay, by the provider
}

// Verdict is what people have said of two records: the latest word on the pair.
type Verdict struct {
	One, Other int64
	Same       bool
}

// Evidence is all that is known about records of one provider that may be of
// one person.
type Evidence struct {
	Records  []Record
	Listings []Listing
	Verdicts []Verdict
	// Line gives the line on which the counted extract of the day has the
	// statement. It is asked only where the order of the file decides.
	Line func(day delay.Day, statement int64) (int64, error)
	// Began gives, for what one provider of several that are shown as one lists of
	// a person, ascending, the first day that lists the delay of each listing.
	Began func(listings []Listing) ([]delay.Day, error)
}

// Person is one person at one provider.
type Person struct {
	// Records are those that belong to the person, ascending: the first is the
	// one whose reference stands (I6).
	Records []int64
	// NHS are the NHS numbers of the person, ascending; more than one only by
	// people's word.
	NHS []int64
	// Listings are the person's, ascending and one a day (R7).
	Listings []Listing
	// Shared are the local numbers that the person shares with another, each
	// with the first day on which the person is listed with it (I4).
	Shared []Shared
}

// Shared is a local number that stands beside two NHS numbers (I4).
type Shared struct {
	Local int64
	Day   delay.Day
}

// Find gives the people of the evidence, in the order of their first records.
// Every record belongs to one of them; of a record whose number is shared (I4),
// single days may be listings of another.
func Find(e Evidence) ([]Person, error) {
	f := finding{Evidence: e, record: map[int64]Record{}, owners: map[int64][]int64{}, home: map[int64]int64{}}
	for _, r := range e.Records {
		f.record[r.ID] = r
	}
	slices.SortFunc(f.Listings, byDay)
	for _, l := range f.Listings {
		if l.Local != 0 && f.record[l.Record].NHS != 0 && !slices.Contains(f.owners[l.Local], l.Record) {
			f.owners[l.Local] = append(f.owners[l.Local], l.Record)
		}
	}
	if err := f.homes(); err != nil {
		return nil, err
	}
	return f.people()
}

func byDay(a, b Listing) int {
	return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Last, b.Last), cmp.Compare(a.Statement, b.Statement))
}

type finding struct {
	Evidence
	record map[int64]Record
	// owners are the records with an NHS number that are listed with a local
	// number.
	owners map[int64][]int64
	// home leads from each record to one that it belongs with, in the end to
	// one that leads to itself.
	home map[int64]int64
}

// root gives the record that stands for all that a record belongs with.
func (f *finding) root(id int64) int64 {
	for f.home[id] != id {
		id = f.home[id]
	}
	return id
}

func (f *finding) join(a, b int64) {
	a, b = f.root(a), f.root(b)
	f.home[max(a, b)] = min(a, b)
}

// candidates gives the owners that rows with a local number alone can be of.
func (f *finding) candidates(r Record) []int64 {
	return slices.DeleteFunc(slices.Clone(f.owners[r.Local]), func(owner int64) bool {
		return slices.ContainsFunc(f.Verdicts, func(v Verdict) bool {
			return !v.Same && (v.One == owner && v.Other == r.ID || v.One == r.ID && v.Other == owner)
		})
	})
}

// homes finds out with which others each record belongs.
func (f *finding) homes() error {
	for _, r := range f.Records {
		f.home[r.ID] = r.ID
	}
	f.sameNumbers()
	alone := map[int64]int64{}
	for _, r := range f.Records {
		if r.NHS != 0 || r.Local == 0 {
			continue
		}
		owners := f.candidates(r)
		switch {
		case len(owners) == 0:
			if other, ok := alone[r.Local]; ok {
				f.join(other, r.ID)
			}
			alone[r.Local] = r.ID
		case len(owners) == 1:
			f.join(owners[0], r.ID)
		default:
			day := r.Logged
			for _, l := range f.Listings {
				if l.Record == r.ID {
					day = l.First
					break
				}
			}
			owner, err := f.nearest(r.Local, owners, day)
			if err != nil {
				return err
			}
			f.join(owner, r.ID)
		}
	}
	for _, v := range f.Verdicts {
		_, one := f.home[v.One]
		_, other := f.home[v.Other]
		if v.Same && one && other {
			f.join(v.One, v.Other)
		}
	}
	return nil
}

// sameNumbers joins the records that a provider had of one NHS number under
// several codes (I5).
func (f *finding) sameNumbers() {
	first := map[int64]int64{}
	for _, r := range f.Records {
		other, ok := first[r.NHS]
		switch {
		case r.NHS == 0:
		case !ok:
			first[r.NHS] = r.ID
		case !slices.ContainsFunc(f.Verdicts, func(v Verdict) bool {
			return !v.Same && (v.One == other && v.Other == r.ID || v.One == r.ID && v.Other == other)
		}):
			f.join(other, r.ID)
		}
	}
}

// nearest gives the owner who is listed with the local number nearest before
// the day, else after, then in the order of the file (I4).
func (f *finding) nearest(local int64, owners []int64, day delay.Day) (int64, error) {
	type seen struct {
		owner, statement int64
		day              delay.Day
	}
	var before, after, same []seen
	add := func(to *[]seen, s seen, further func(a, b delay.Day) bool) {
		if len(*to) > 0 && further((*to)[0].day, s.day) {
			*to = nil
		}
		if len(*to) == 0 || (*to)[0].day == s.day {
			*to = append(*to, s)
		}
	}
	for _, l := range f.Listings {
		if l.Local != local || !slices.Contains(owners, l.Record) {
			continue
		}
		if l.First < day {
			add(&before, seen{l.Record, l.Statement, min(l.Last, day-1)}, func(a, b delay.Day) bool { return a < b })
		}
		if l.Last > day {
			add(&after, seen{l.Record, l.Statement, max(l.First, day+1)}, func(a, b delay.Day) bool { return a > b })
		}
		if l.First <= day && day <= l.Last {
			same = append(same, seen{l.Record, l.Statement, day})
		}
	}
	for _, all := range [][]seen{before, after, same} {
		if len(all) == 0 {
			continue
		}
		first, at := all[0], int64(0)
		for i, s := range all {
			if len(all) == 1 {
				break
			}
			line, err := f.Line(s.day, s.statement)
			if err != nil {
				return 0, err
			}
			if i == 0 || line < at {
				first, at = s, line
			}
		}
		return first.owner, nil
	}
	return owners[0], nil
}

// people gathers the listings of each person.
func (f *finding) people() ([]Person, error) {
	at := map[int64]int{}
	var out []Person
	of := func(record int64) *Person { return &out[at[f.root(record)]] }
	records := slices.Clone(f.Records)
	slices.SortFunc(records, func(a, b Record) int { return cmp.Compare(a.ID, b.ID) })
	for _, r := range records {
		root := f.root(r.ID)
		if _, ok := at[root]; !ok {
			at[root] = len(out)
			out = append(out, Person{})
		}
		p := of(r.ID)
		p.Records = append(p.Records, r.ID)
		if r.NHS != 0 && !slices.Contains(p.NHS, r.NHS) {
			p.NHS = append(p.NHS, r.NHS)
		}
	}
	for _, l := range f.Listings {
		r := f.record[l.Record]
		if owners := f.candidates(r); r.NHS == 0 && len(owners) > 1 {
			for day := l.First; day <= l.Last; day++ {
				owner, err := f.nearest(r.Local, owners, day)
				if err != nil {
					return nil, err
				}
				one := l
				one.First, one.Last = day, day
				p := of(owner)
				p.Listings = append(p.Listings, one)
			}
			continue
		}
		p := of(l.Record)
		p.Listings = append(p.Listings, l)
	}
	for i := range out {
		var err error
		if out[i].Listings, err = f.began(out[i].Listings); err != nil {
			return nil, err
		}
		if out[i].Listings, err = f.once(out[i].Listings); err != nil {
			return nil, err
		}
		slices.Sort(out[i].NHS)
	}
	f.shared(out, of)
	return out, nil
}

// began leaves one listing a day of each provider, and notes the first day that
// lists the delay, where several are shown as one.
func (f *finding) began(listings []Listing) ([]Listing, error) {
	by := map[string][]Listing{}
	for _, l := range listings {
		by[l.Provider] = append(by[l.Provider], l)
	}
	if len(by) < 2 {
		return listings, nil
	}
	var out []Listing
	for _, own := range by {
		own, err := f.once(own)
		if err != nil {
			return nil, err
		}
		days, err := f.Began(own)
		if err != nil {
			return nil, err
		}
		for i := range own {
			own[i].began = days[i]
		}
		out = append(out, own...)
	}
	return out, nil
}

// claim is what decides a day that another provider lists too.
func (l Listing) claim() Claim {
	return Claim{Provider: l.Provider, First: l.First, Last: l.Last, Care: l.Care, Listed: l.began}
}

// once keeps one listing a day: one that could be read before one that could
// not, of two codes of one provider the one whose day counts (C19), and of
// several the one that stands last in the file (R7).
func (f *finding) once(listings []Listing) ([]Listing, error) {
	slices.SortFunc(listings, byDay)
	var out []Listing
	add := func(l Listing) {
		if n := len(out); n > 0 && out[n-1].Statement == l.Statement && out[n-1].Last+1 == l.First {
			out[n-1].Last = l.Last
			return
		}
		out = append(out, l)
	}
	for len(listings) > 0 {
		l := listings[0]
		if len(listings) == 1 || listings[1].First > l.Last {
			add(l)
			listings = listings[1:]
			continue
		}
		// Only the first day is decided; what is left of those that have it
		// comes again.
		day, best, line := l.First, l, int64(-1)
		var left []Listing
		for len(listings) > 0 && listings[0].First == day {
			c := listings[0]
			listings = listings[1:]
			if c.Last > day {
				rest := c
				rest.First = day + 1
				left = append(left, rest)
			}
			if c.Unread && !best.Unread {
				continue
			}
			at, err := f.Line(day, c.Statement)
			if err != nil {
				return nil, err
			}
			if c.Provider != best.Provider && c.Unread == best.Unread {
				if c.claim().before(best.claim()) {
					best, line = c, at
				}
				continue
			}
			if best.Unread && !c.Unread || at > line {
				best, line = c, at
			}
		}
		best.First, best.Last = day, day
		add(best)
		listings = append(left, listings...)
		slices.SortFunc(listings, byDay)
	}
	return out, nil
}

// shared notes the local numbers that stand beside the NHS numbers of two
// people.
func (f *finding) shared(out []Person, of func(int64) *Person) {
	for _, local := range sortedKeys(f.owners) {
		var people []*Person
		for _, owner := range f.owners[local] {
			if p := of(owner); !slices.Contains(people, p) {
				people = append(people, p)
			}
		}
		if len(people) < 2 {
			continue
		}
		for _, p := range people {
			for _, l := range f.Listings {
				if l.Local == local && f.record[l.Record].NHS != 0 && of(l.Record) == p {
					p.Shared = append(p.Shared, Shared{local, l.First})
					break
				}
			}
		}
	}
}

func sortedKeys(m map[int64][]int64) []int64 {
	out := make([]int64, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
