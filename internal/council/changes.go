package council

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"homeward/internal/delay"
)

// Change is one difference between a list of councils and a newer one.
type Change struct {
	// Code is the council's code in the newer list, or in the older when the
	// newer has none.
	Code string
	// Kind is new, gone, recoded, ended, renamed, moved or names.
	Kind  string
	Words string
}

// ParseAny reads a list in this program's form or as mySociety publishes it
// (uk_local_authorities.csv).
func ParseAny(data []byte) ([]*Area, error) {
	head, _, _ := bytes.Cut(data, []byte("\n"))
	if bytes.Contains(head, []byte("gss-code")) {
		return parsePublished(data)
	}
	return Parse(data)
}

// parsePublished reads the columns gss-code, official-name, nice-name,
// start-date, end-date, replaced-by, local-authority-code and
// former-gss-codes. Combined authorities have no social services and are left
// out, and so is what never had an ONS code.
func parsePublished(data []byte) ([]*Area, error) {
	lines := csv.NewReader(bytes.NewReader(data))
	lines.FieldsPerRecord = -1
	rows, err := lines.ReadAll()
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	for _, name := range []string{"gss-code", "official-name", "nice-name", "end-date", "replaced-by", "local-authority-code",
		"local-authority-type", "former-gss-codes"} {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("expected a column %s", name)
		}
	}
	cell := func(row []string, name string) string {
		if i := at[name]; i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	codes := map[string]string{} // by the publisher's own code
	for _, row := range rows[1:] {
		codes[cell(row, "local-authority-code")] = cell(row, "gss-code")
	}
	var out []*Area
	for i, row := range rows[1:] {
		kind := cell(row, "local-authority-type")
		if cell(row, "gss-code") == "" || kind == "COMB" || kind == "SRA" {
			continue
		}
		a := &Area{Code: cell(row, "gss-code"), Name: cell(row, "nice-name"), Names: []string{cell(row, "official-name")}}
		if kind == "NMD" {
			a.Kind = kindDistrict
		}
		if end := cell(row, "end-date"); end != "" {
			if a.Until, err = delay.ParseDay(end); err != nil {
				return nil, fmt.Errorf("row %d: end-date: %w", i+2, err)
			}
			if strings.HasSuffix(end, "-01") {
				// Some rows give the first day of the successor.
				a.Until--
			}
		}
		for former := range strings.SplitSeq(cell(row, "former-gss-codes"), ",") {
			if former = strings.TrimSpace(former); former != "" {
				a.Former = append(a.Former, Recoded{Code: former})
			}
		}
		for next := range strings.SplitSeq(cell(row, "replaced-by"), ",") {
			if code := codes[strings.TrimSpace(next)]; code != "" {
				a.Successors = append(a.Successors, code)
			}
		}
		out = append(out, a)
	}
	return out, nil
}

// Changes compares this list with a newer one and says, in the order of the
// codes, what is new, recoded, ended, renamed or gone. A newer list that is
// of one nation is compared with that nation alone.
func (l *List) Changes(newer []*Area) []Change {
	var out []Change
	say := func(code, kind, format string, args ...any) {
		out = append(out, Change{code, kind, fmt.Sprintf(format, args...)})
	}
	met := map[*Area]bool{}
	letters := map[byte]bool{}
	for _, n := range newer {
		letters[n.Code[0]] = true
		var old *Area
		for _, code := range n.Codes() {
			if old = l.byCode[code]; old != nil {
				break
			}
		}
		switch {
		case old == nil:
			say(n.Code, "new", "%s (%s) is new.%s", n.Name, n.Code, predecessors(n.Code, newer))
			continue
		case !slices.Contains(old.Codes(), n.Code):
			say(n.Code, "recoded", "%s is %s now, in place of %s.", n.Name, n.Code, old.Code)
		case old.Code != n.Code && old.Until == 0 && n.Until == 0:
			say(n.Code, "older", "%s stands under %s, a code that %s has replaced.", n.Name, n.Code, old.Code)
		}
		met[old] = true
		if old.Until != n.Until && (old.Until == 0 || n.Until == 0) {
			switch {
			case n.Until != 0:
				say(n.Code, "ended", "%s (%s) ends on %s; %s.", n.Name, n.Code, n.Until, successorWords(n.Successors))
			default:
				say(n.Code, "ended", "%s (%s) has no end in this list; ours says %s.", n.Name, n.Code, old.Until)
			}
		}
		if !l.sameName(old, n) {
			say(n.Code, "renamed", "%s: %q is not a name of %s (%s) yet.", n.Code, n.Name, old.Name, old.Code)
		}
	}
	for _, old := range l.areas {
		if !met[old] && old.Kind != kindNation && old.Kind != kindOwn && letters[old.Code[0]] && old.Until == 0 {
			say(old.Code, "gone", "%s (%s) is not in this list.", old.Name, old.Code)
		}
	}
	slices.SortStableFunc(out, func(a, b Change) int { return strings.Compare(a.Code, b.Code) })
	return out
}

func (l *List) sameName(old, n *Area) bool {
	for _, key := range keys(n.Name, true) {
		if slices.Contains(l.byName[key], old) {
			return true
		}
	}
	return false
}

func predecessors(code string, all []*Area) string {
	var names []string
	for _, a := range all {
		if slices.Contains(a.Successors, code) {
			names = append(names, a.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " It stands for " + strings.Join(names, ", ") + "."
}

func successorWords(codes []string) string {
	if len(codes) == 0 {
		return "its successor is not named"
	}
	return "then " + strings.Join(codes, ", ") + " stands for it"
}
