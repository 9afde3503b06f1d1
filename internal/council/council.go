// Package council knows the councils of the four nations: by ONS code, those
// in force and those before them, by the number of England's tables and by any
// name (A7), with what became of each (D5). The lists are data; which council
// stands for which is decided here. It reads no extract and no clock.
package council

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/problem"
)

// The kinds of area that are treated apart. All others have adult social
// services.
const (
	kindDistrict = "district" // its county stands for it
	kindNation   = "nation"   // stands for the councils of a nation that the partnership has none of
	kindCity     = "city"     // the City of London, which is not London
	kindOwn      = "own"      // the partnership's own, in no list
)

// Area is one council, district or nation, under every code that it has had.
type Area struct {
	// Code is the ONS code in force now, or was the last; Former are those
	// before it, the first first.
	Code   string
	Former []Recoded
	CSSR   string
	Name   string
	Kind   string
	// Parent is the county of a district, or the nation of a council that is
	// one of another nation's.
	Parent string
	// Until is the last day on which the council existed, zero while it does.
	Until      delay.Day
	Successors []string
	Names      []string

	nation string // the file that lists it
	listed string // the code under which the partnership file lists it
}

// Recoded is a code that another has replaced.
type Recoded struct {
	Code  string
	Until delay.Day // the last day on which it was in force
}

// Certain says whether the area stands for itself on every day, under one
// code, so that there is nothing to resolve.
func (a *Area) Certain() bool {
	return a.listed != "" && a.Until == 0 || a.Kind == kindNation
}

// CodeOn gives the code under which figures of a day name the area (D5): the
// one under which the partnership file lists it, else the one in force.
func (a *Area) CodeOn(day delay.Day) delay.Council {
	if a.listed != "" {
		return delay.Council(a.listed)
	}
	for _, f := range a.Former {
		if day <= f.Until {
			return delay.Council(f.Code)
		}
	}
	return delay.Council(a.Code)
}

// List finds councils by ONS code, number and any known name (A7).
type List struct {
	areas   []*Area
	byCode  map[string]*Area
	byName  map[string][]*Area
	nations map[string]bool // of which the partnership has a council
	print   string
}

// Fingerprint changes when a list or the partnership's own names do.
func (l *List) Fingerprint() string { return l.print }

var columns = []string{"code", "former", "cssr", "name", "kind", "parent", "until", "successors", "names"}

// Load reads every list of ref, the files councils/*.csv, and adds the
// partnership's own names, which stand above them. The error is an Internal
// problem when a list is damaged, and an Invalid one when the partnership
// lists one council under two of its codes.
func Load(ref fs.FS, p *config.Partnership) (*List, error) {
	files, err := fs.Glob(ref, "councils/*.csv")
	if err != nil || len(files) == 0 {
		return nil, problem.Wrap(errors.Join(err, fs.ErrNotExist), problem.Internal, "the lists of councils could not be read")
	}
	l := &List{byCode: map[string]*Area{}, byName: map[string][]*Area{}, nations: map[string]bool{}}
	print := sha256.New()
	for _, file := range files {
		data, err := fs.ReadFile(ref, file)
		if err != nil {
			return nil, problem.Wrap(err, problem.Internal, "the list of councils %s could not be read", file)
		}
		areas, err := Parse(data)
		if err != nil {
			return nil, problem.Wrap(err, problem.Internal, "%s could not be read", file)
		}
		for _, a := range areas {
			a.nation = strings.TrimSuffix(path.Base(file), ".csv")
			fmt.Fprintf(print, "%q\n", []any{a.nation, a.Code, a.Former, a.CSSR, a.Name, a.Kind, a.Parent, a.Until, a.Successors, a.Names})
			if err := l.add(a); err != nil {
				return nil, problem.Wrap(err, problem.Internal, "%s", file)
			}
		}
	}
	for _, c := range p.Councils {
		fmt.Fprintf(print, "%q\n", []any{c.Code, c.CSSR, c.Name, c.Names})
	}
	l.print = hex.EncodeToString(print.Sum(nil))
	return l, l.addOwn(p)
}

// Parse reads one list: a CSV with the columns code, former, cssr, name, kind,
// parent, until, successors and names, in which lines that begin with # say
// where it comes from. The error names the line.
func Parse(data []byte) ([]*Area, error) {
	lines := csv.NewReader(bytes.NewReader(data))
	lines.Comment = '#'
	rows, err := lines.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || !slices.Equal(rows[0], columns) {
		return nil, fmt.Errorf("expected the columns %s", strings.Join(columns, ","))
	}
	areas := make([]*Area, 0, len(rows)-1)
	for _, row := range rows[1:] {
		a := &Area{Code: row[0], CSSR: row[2], Name: row[3], Kind: row[4], Parent: row[5],
			Successors: split(row[7]), Names: split(row[8])}
		for _, former := range split(row[1]) {
			code, until, _ := strings.Cut(former, ":")
			day, err := delay.ParseDay(until)
			if err != nil {
				return nil, fmt.Errorf("former code %s of %s: expected a code and the last day it was in force, such as E08000019:2025-03-31", former,
					a.Code)
			}
			a.Former = append(a.Former, Recoded{code, day})
		}
		if row[6] != "" {
			if a.Until, err = delay.ParseDay(row[6]); err != nil {
				return nil, fmt.Errorf("until of %s: %w", a.Code, err)
			}
		}
		areas = append(areas, a)
	}
	return areas, nil
}

func split(cell string) []string {
	if cell == "" {
		return nil
	}
	return strings.Split(cell, "|")
}

func (l *List) add(a *Area) error {
	l.areas = append(l.areas, a)
	for _, code := range a.Codes() {
		if l.byCode[code] != nil {
			return fmt.Errorf("the code %s stands twice", code)
		}
		l.byCode[code] = a
	}
	for _, name := range slices.Concat(a.Names, a.Codes(), []string{a.CSSR, a.Name}) {
		for _, key := range keys(name, a.Kind != kindCity && a.Kind != kindNation) {
			if !slices.Contains(l.byName[key], a) {
				l.byName[key] = append(l.byName[key], a)
			}
		}
	}
	return nil
}

// Codes gives every code of the area, the one in force first.
func (a *Area) Codes() []string {
	codes := []string{a.Code}
	for _, f := range a.Former {
		codes = append(codes, f.Code)
	}
	return codes
}

// addOwn adds the partnership's councils with their names.
func (l *List) addOwn(p *config.Partnership) error {
	own := map[string]*Area{}
	for _, c := range p.Councils {
		a := l.byCode[c.Code]
		if a == nil {
			a = &Area{Code: c.Code, Name: c.Name, Kind: kindOwn}
			l.areas, l.byCode[a.Code] = append(l.areas, a), a
		}
		if a.listed != "" && a.listed != c.Code {
			return problem.New(problem.Invalid,
				"The partnership file lists one council as %s and as %s, its code before or after. Keep one of them.", a.listed, c.Code)
		}
		a.listed = c.Code
		l.nations[a.nation] = true
		for _, name := range slices.Concat([]string{c.Code, c.CSSR, c.Name}, c.Names) {
			for _, key := range keys(name, true) {
				own[key] = a
			}
		}
	}
	for key, a := range own {
		// Its predecessors and successors of the same name stay beside it; the
		// date of the extract decides between them.
		var all []*Area
		for _, other := range l.byName[key] {
			if other != a && (other.Until != 0 || a.Until != 0) {
				all = append(all, other)
			}
		}
		l.byName[key] = append(all, a)
	}
	return nil
}

// Named gives the name of a council or nation by any of its codes, empty when
// the code is not known.
func (l *List) Named(code string) string {
	if a := l.byCode[code]; a != nil {
		return a.Name
	}
	return ""
}

// Coded gives the area of a code, or nil.
func (l *List) Coded(code string) *Area { return l.byCode[code] }

// Find gives the areas that a text may mean; none when it is not known.
func (l *List) Find(text string) []*Area {
	for _, key := range keys(text, true) {
		if found := l.byName[key]; len(found) > 0 {
			return found
		}
	}
	return nil
}

// Resolve gives the council that stands for one of the areas on a day: a
// district's county, a former council's successor, a nation of which the
// partnership has no council. note is set when that is another than was named,
// or when none is certain.
func (l *List) Resolve(all []*Area, on delay.Day) (council delay.Council, note string) {
	a := existing(all, on)
	if a == nil {
		return delay.CouncilNotKnown, "a name that several councils have"
	}
	for range 8 {
		switch {
		case a.Until != 0 && on > a.Until && a.Kind != kindDistrict:
			if len(a.Successors) != 1 {
				return delay.CouncilNotKnown, "a council that no longer exists and has several successors"
			}
			note = "a council that no longer exists; its successor stands for it"
			a = l.byCode[a.Successors[0]]
		case a.Kind == kindDistrict:
			note = "a district, which has no social care; its county stands for it"
			if a.Until != 0 && on > a.Until && len(a.Successors) == 1 {
				a = l.byCode[a.Successors[0]]
			} else {
				a = l.byCode[a.Parent]
			}
		case a.listed == "" && l.nationOf(a) != nil:
			note = "a council of another nation than the partnership's"
			a = l.nationOf(a)
		default:
			return a.CodeOn(on), note
		}
		if a == nil {
			break
		}
	}
	return delay.CouncilNotKnown, "a council whose successor is not known"
}

// nationOf gives the nation that stands for a council because the partnership
// has none of that nation, or nil when the council stands for itself.
func (l *List) nationOf(a *Area) *Area {
	if a.Kind == kindNation || a.nation == "" || l.nations[a.nation] || len(l.nations) == 0 {
		return nil
	}
	for _, other := range l.areas {
		if other.Kind == kindNation && other.nation == a.nation {
			return other
		}
	}
	return nil
}

// existing gives the one area of several that existed on the day. A council
// stands above a district of the same name.
func existing(all []*Area, on delay.Day) *Area {
	if len(all) == 1 {
		return all[0]
	}
	var found *Area
	for _, a := range all {
		if a.Until != 0 && on > a.Until {
			continue
		}
		switch {
		case found == nil:
			found = a
		case found.Kind == kindDistrict && a.Kind != kindDistrict:
			found = a
		case found.Kind != kindDistrict && a.Kind == kindDistrict:
		case found.Until != a.Until:
			// A council that ends later had not begun while its predecessor of
			// the same name stood.
			if found.Until == 0 || a.Until != 0 && a.Until < found.Until {
				found = a
			}
		default:
			return nil
		}
	}
	return found
}
