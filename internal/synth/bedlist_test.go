package synth

import (
	"bytes"
	"context"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"homeward/data"
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/problem"
)

// since2026 is two months of which the second has lists of everybody in a bed.
var since2026 = Options{Seed: 1, Beds: 105, From: delay.MustDay("2026-09-05"), To: delay.MustDay("2026-11-04"),
	BedsFrom: delay.MustDay("2026-10-05"), Reference: data.Reference}

func northshire2026(t *testing.T) *extract.Set {
	t.Helper()
	example, err := fs.Sub(data.Examples, "northshire-2026")
	if err != nil {
		t.Fatal(err)
	}
	p, err := config.ParsePartnership(example, "partnership.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set, err := extract.Compile(p, data.Reference)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Every row of a list of everybody is read as what it was written from: the
// layouts, the code sets and the table of reasons agree.
func TestBedListsAreReadAsWritten(t *testing.T) {
	set, o := northshire2026(t), since2026
	words, err := o.labels()
	if err != nil {
		t.Fatal(err)
	}
	codes := [...]delay.Council{ofNorthshire: northshire, ofWesthaven: westhaven, ofNoKnownCouncil: "", ofNoCouncil: ""}
	people := &register{}
	relapsed := 0
	for i, trust := range sendersOf(o) {
		t.Run(trust.name, func(t *testing.T) {
			w := newWriter(trust, i, o, people)
			w.labels = words
			met, left, read := 0, 0, 0
			for day := o.BedsFrom; day <= o.To; day++ {
				rows, render := w.rowsOf(day)
				f, err := render(day, rows)
				if err != nil {
					t.Fatal(err)
				}
				written := map[string]*listing{}
				for j := range rows {
					local := strings.TrimLeft(rows[j].localID, "0")
					if written[local] != nil {
						t.Fatalf("%s lists %s twice", f.name, local)
					}
					written[local] = &rows[j]
				}
				sum, err := set.Read(context.Background(), f.name, bytes.NewReader(f.body), func(r *extract.Row) error {
					l := written[r.LocalID]
					if l == nil {
						t.Fatalf("%s line %d: nobody with that local number was written", f.name, r.Line)
					}
					read++
					if (r.Apart == extract.NotReady) != l.meets {
						t.Errorf("R13: %s line %d: apart %v, the list says meets %v", f.name, r.Line, r.Apart, l.meets)
					}
					if l.meets {
						met++
					}
					if l.leaves != 0 {
						left++
					}
					if l.again != 0 && l.stated == l.again {
						relapsed++
					}
					checkBedRow(t, trust, r, l, codes[l.council])
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				if sum.Provider != trust.code || sum.Read != len(rows) || sum.Quarantined != 0 {
					t.Errorf("%s: provider %s, %d rows written, %+v", f.name, sum.Provider, len(rows), sum)
				}
			}
			if (met > 0) != trust.everybody || left == 0 || read < 100 {
				t.Errorf("%d rows: %d meet the criteria, %d left", read, met, left)
			}
		})
	}
	if relapsed == 0 {
		t.Error("R13: nobody is ready again after meeting the criteria once more")
	}
}

func checkBedRow(t *testing.T, trust *trust, r *extract.Row, l *listing, council delay.Council) {
	t.Helper()
	reason := delay.Reason("")
	if l.code.Code != "" {
		reason = delay.Reason(trust.set + "/" + l.code.Code)
	} else if trust.set == mentalReasons {
		reason = mentalReasons + "/98"
	}
	differs := map[string]bool{
		"ready date":     r.Ready != l.stated,
		"day of leaving": r.Discharged != l.leaves,
		"admission":      r.Admitted != l.admitted,
	}
	if r.Apart == extract.Delayed {
		differs["reason"] = r.Given.Reason != reason
		differs["council"] = r.Given.Council != council
		differs["care"] = r.Given.Care != l.care
		differs["pathway"] = trust.everybody && r.Pathway != l.goesBy()
		differs["an unread body"] = r.Given.StatedUnread
		if trust.set == mentalReasons && !l.now.unstated {
			differs["body"] = r.Given.Stated != l.now.body
		}
	}
	if l.leaves != 0 && trust.everybody {
		differs["way of leaving"] = r.Left != [...]extract.Left{leftAlive: extract.LeftAlive, diedThere: extract.LeftDied,
			movedOn: extract.LeftTransferred}[l.how]
	}
	for what, is := range differs {
		if is {
			t.Errorf("%s on %s line %d: %s is not what was written: %+v", trust.code, l.day, r.Line, what, r)
		}
	}
}

// Lists of before are the same bytes with and without lists of everybody after
// them, the same seed gives the same bytes, and every delay goes on across the
// switch: whoever waits on its eve is in a bed on its day or left on it.
func TestTheSwitchChangesNothingBefore(t *testing.T) {
	o := since2026
	whole, again := sums(t, written(t, o)), sums(t, written(t, o))
	if !maps.Equal(whole, again) {
		t.Error("the same options give different bytes")
	}
	before := o
	before.BedsFrom, before.Reference = 0, nil
	old := 0
	for name, sum := range sums(t, written(t, before)) {
		if strings.Contains(name, "2026-09") || strings.Contains(name, "202609") {
			old++
			if whole[name] != sum {
				t.Errorf("%s is not the same", name)
			}
		}
	}
	if old < 60 {
		t.Errorf("%d files of September", old)
	}
	names := slices.Sorted(maps.Keys(whole))
	if slices.ContainsFunc(names, func(n string) bool {
		return strings.HasPrefix(n, "RZ4_202609") || strings.HasPrefix(n, "RZ1_beds_2026-09") || strings.HasPrefix(n, "RZ1_2026-11")
	}) {
		t.Errorf("a list stands on the wrong side of the switch: %q", names)
	}
	for i, trust := range sendersOf(o)[:3] {
		w := newWriter(trust, i, o, &register{})
		var eve []*stay
		for _, l := range w.list(o.BedsFrom - 1) {
			if !l.children && ageOn(l.born, l.ready) >= 18 && l.leaves == 0 {
				eve = append(eve, l.stay)
			}
		}
		rows := w.everybody(o.BedsFrom)
		for _, s := range eve {
			if !slices.ContainsFunc(rows, func(l listing) bool { return l.stay == s && !l.meets }) && s.omitted != o.BedsFrom {
				t.Errorf("D4: %s: somebody who waited on the eve of the switch is not in its first list", trust.code)
			}
		}
	}
}

// The reasons that are written are in use in their code sets, and those that the
// partnership maps to a body follow the body of the older reason, so that shares
// go on across the switch.
func TestTableOfBedReasons(t *testing.T) {
	words, err := since2026.labels()
	if err != nil {
		t.Fatal(err)
	}
	for set, reasons := range bedReasons {
		for _, n := range natures {
			if reasons[reasonOf{n.reason, delay.NHS}] == nil {
				t.Errorf("%s: reason %s has no codes for the NHS", set, n.reason)
			}
		}
		for of, codes := range reasons {
			for _, c := range codes {
				if words[set][c.code].Label == "" || c.weight < 1 {
					t.Errorf("%s: %v gives code %q with weight %d", set, of, c.code, c.weight)
				}
			}
		}
	}
}

func TestBedListsNeedTheirReasons(t *testing.T) {
	o := since2026
	o.Reference = nil
	if err := Write(context.Background(), t.TempDir(), o, nil); problem.KindOf(err) != problem.Invalid {
		t.Errorf("got %v, want an invalid problem", err)
	}
	o = since2026
	o.BedsFrom = o.To + 1
	if err := Write(context.Background(), t.TempDir(), o, nil); problem.KindOf(err) != problem.Invalid {
		t.Errorf("got %v, want an invalid problem", err)
	}
}
