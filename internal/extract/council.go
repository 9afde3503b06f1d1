package extract

import (
	"bytes"
	"encoding/csv"
	"io/fs"
	"strings"

	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/problem"
)

// area is one council, district or area outside England of the reference list.
type area struct {
	code, name string
	kind       string
	parent     string
	// until is the last day on which the council existed, zero while it does.
	until      delay.Day
	successors []string
}

// councils finds councils by ONS code, CSSR number and any known name (A7).
type councils struct {
	byCode map[string]*area
	byName map[string][]*area
}

var councilColumns = []string{"code", "cssr", "name", "kind", "parent", "until", "successors", "names"}

// newCouncils reads the reference list and adds the partnership's own names,
// which stand above it.
func newCouncils(ref fs.FS, p *config.Partnership) (*councils, error) {
	const file = "councils/england.csv"
	data, err := fs.ReadFile(ref, file)
	if err != nil {
		return nil, problem.Wrap(err, problem.Internal, "the list of councils could not be read")
	}
	lines := csv.NewReader(bytes.NewReader(data))
	lines.Comment = '#'
	rows, err := lines.ReadAll()
	if err != nil {
		return nil, problem.Wrap(err, problem.Internal, "%s could not be read", file)
	}
	if len(rows) == 0 || strings.Join(rows[0], ",") != strings.Join(councilColumns, ",") {
		return nil, problem.New(problem.Internal, "%s must have the columns %s", file, strings.Join(councilColumns, ","))
	}
	c := &councils{byCode: map[string]*area{}, byName: map[string][]*area{}}
	for _, row := range rows[1:] {
		a := &area{code: row[0], name: row[2], kind: row[3], parent: row[4]}
		if row[5] != "" {
			if a.until, err = delay.ParseDay(row[5]); err != nil {
				return nil, problem.Wrap(err, problem.Internal, "%s: until of %s", file, a.code)
			}
		}
		if row[6] != "" {
			a.successors = strings.Split(row[6], "|")
		}
		c.byCode[a.code] = a
		names := append(strings.Split(row[7], "|"), row[0], row[1], row[2])
		for _, name := range names {
			c.name(a, name)
			if a.kind != "city" && a.kind != "pseudo" {
				c.name(a, plain(fold(name)))
			}
		}
	}
	own := map[string]*area{}
	for _, council := range p.Councils {
		a := c.byCode[council.Code]
		if a == nil {
			a = &area{code: council.Code, name: council.Name, kind: "own"}
			c.byCode[a.code] = a
		}
		for _, name := range append([]string{council.Code, council.CSSR, council.Name}, council.Names...) {
			own[fold(name)], own[plain(fold(name))] = a, a
		}
	}
	for name, a := range own {
		if name == "" {
			continue
		}
		// Its predecessors and successors of the same name stay beside it; the
		// date of the extract decides between them.
		var all []*area
		for _, other := range c.byName[name] {
			if other != a && (other.until != 0 || a.until != 0) {
				all = append(all, other)
			}
		}
		c.byName[name] = append(all, a)
	}
	return c, nil
}

func (c *councils) name(a *area, name string) {
	key := fold(name)
	if key == "" {
		return
	}
	for _, other := range c.byName[key] {
		if other == a {
			return
		}
	}
	c.byName[key] = append(c.byName[key], a)
}

// plain takes off a folded name what only says that it is a council.
func plain(s string) string {
	for _, head := range []string{"the ", "london borough of ", "royal borough of ", "metropolitan borough of ", "borough of ", "county of "} {
		s = strings.TrimPrefix(s, head)
	}
	for {
		short := s
		for _, tail := range []string{" council", " county", " city", " borough", " metropolitan", " district", " unitary authority", " unitary", " ua", " cc", " bc", " dc", " mbc", " mdc"} {
			short = strings.TrimSuffix(short, tail)
		}
		if short == s || short == "" {
			return s
		}
		s = short
	}
}

// find gives the areas that a text may mean; none when it is not known.
func (c *councils) find(text string) []*area {
	key := fold(text)
	if found := c.byName[key]; len(found) > 0 {
		return found
	}
	return c.byName[plain(key)]
}

// resolve gives the council that stands for one of the areas on a day: a
// district's county, a former council's successor, an area outside England.
// note is set when that is another than was named, or when none is certain.
func (c *councils) resolve(all []*area, on delay.Day) (council delay.Council, note string) {
	a := existing(all, on)
	if a == nil {
		return delay.CouncilNotKnown, "a name that several councils have"
	}
	for range 8 {
		switch {
		case a.until != 0 && on > a.until && a.kind != "district":
			if len(a.successors) != 1 {
				return delay.CouncilNotKnown, "a council that no longer exists and has several successors"
			}
			note = "a council that no longer exists; its successor stands for it"
			a = c.byCode[a.successors[0]]
		case a.kind == "district":
			note = "a district, which has no social care; its county stands for it"
			if a.until != 0 && on > a.until && len(a.successors) == 1 {
				a = c.byCode[a.successors[0]]
			} else {
				a = c.byCode[a.parent]
			}
		case a.kind == "elsewhere":
			note = "a council outside England"
			a = c.byCode[a.parent]
		default:
			return delay.Council(a.code), note
		}
		if a == nil {
			break
		}
	}
	return delay.CouncilNotKnown, "a council whose successor is not known"
}

// existing gives the one area of several that existed on the day. A council stands
// above a district of the same name.
func existing(all []*area, on delay.Day) *area {
	if len(all) == 1 {
		return all[0]
	}
	var found *area
	for _, a := range all {
		if a.until != 0 && on > a.until {
			continue
		}
		switch {
		case found == nil:
			found = a
		case found.kind == "district" && a.kind != "district":
			found = a
		case found.kind != "district" && a.kind == "district":
		case found.until != a.until:
			// A council that ends later had not begun while its predecessor of
			// the same name stood.
			if found.until == 0 || a.until != 0 && a.until < found.until {
				found = a
			}
		default:
			return nil
		}
	}
	return found
}
