package synth

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeward/data"
	"homeward/internal/attribution"
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/extract"
)

// readers gives the reader of Northshire's three layouts and the rule set.
func readers(t *testing.T) (*extract.Set, *attribution.RuleSet) {
	t.Helper()
	example, err := fs.Sub(data.Examples, "northshire")
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
	f, err := data.Reference.Open("rulesets/england-dtoc.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rules, err := attribution.ParseRuleSet("england-dtoc", f)
	if err != nil {
		t.Fatal(err)
	}
	return set, rules
}

// TestWhatIsWrittenIsWhatIsRead takes each trust's files through its own layout
// and compares every row with the delay that it was written from: the example
// layouts, the reader and the rules agree with what happened.
func TestWhatIsWrittenIsWhatIsRead(t *testing.T) {
	set, rules := readers(t)
	o := small
	o.From = o.To - 40
	people := &register{}
	codes := [...]delay.Council{ofNorthshire: northshire, ofWesthaven: westhaven, ofNoKnownCouncil: "", ofNoCouncil: ""}
	for i := range trusts {
		trust := &trusts[i]
		t.Run(trust.name, func(t *testing.T) {
			w := newWriter(trust, i, o, people)
			read := 0
			for day := o.From; day <= o.To; day++ {
				rows := w.list(day)
				f, err := trust.render(day, rows)
				if err != nil {
					t.Fatal(err)
				}
				written := map[string]*listing{}
				for j := range rows {
					written[strings.TrimLeft(rows[j].localID, "0")] = &rows[j]
				}
				sum, err := set.Read(context.Background(), f.name, bytes.NewReader(f.body), func(r *extract.Row) error {
					l := written[r.LocalID]
					if l == nil {
						t.Fatalf("%s line %d: nobody with that local number was written", f.name, r.Line)
					}
					read++
					compare(t, trust, r, l, codes[l.council])
					if got, want := rules.Attribute(r.Given, day).Body, settled(trust, l); got != want {
						t.Errorf("%s line %d: reason %q is with %v, want %v", f.name, r.Line, l.now.reason, got, want)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				if sum.Provider != trust.code || sum.Read != len(rows) || sum.Quarantined != 0 || sum.Kept+sum.Excluded != len(rows) {
					t.Errorf("%s: provider %s, %d rows written, %+v", f.name, sum.Provider, len(rows), sum)
				}
			}
			if read < 100 {
				t.Errorf("only %d rows were compared", read)
			}
		})
	}
}

// compare holds one row that was read against what it was written from.
func compare(t *testing.T, trust *trust, r *extract.Row, l *listing, council delay.Council) {
	t.Helper()
	number := l.nhsNumber
	if !validNumber(number) {
		number = ""
	}
	for what, differs := range map[string]bool{
		"extract date":        r.ExtractDate != l.day,
		"NHS number":          r.NHSNumber != number,
		"ward":                r.Ward != l.ward,
		"admission":           r.Admitted != l.admitted,
		"ready date":          r.Ready != l.stated,
		"day of leaving":      r.Discharged != l.leaves && trust.saysLeaving > 0,
		"care":                r.Given.Care != l.care,
		"reason":              r.Given.Reason != l.now.reason,
		"council":             r.Given.Council != council,
		"an unread body":      r.Given.StatedUnread,
		"an unread organiser": r.Given.WaitingOn&attribution.OrganisationUnread != 0,
		"an unread funder":    r.Given.Funding == attribution.FundingUnread,
	} {
		if differs {
			t.Errorf("%s on %s line %d: %s is not what was written", trust.code, l.day, r.Line, what)
		}
	}
}

// settled gives the body that the rules must find for a row.
func settled(trust *trust, l *listing) delay.Body {
	onlyNHS := l.now.reason == "C" || l.now.reason == "I"
	switch {
	case l.now.reason == delay.ReasonNotKnown:
		return delay.NotAttributed
	case onlyNHS && (l.now.unstated || l.now.body == delay.NHS || trust.code == "RZ3"):
		return delay.NHS // A1; Westhaven's export states no body that could contradict it
	case onlyNHS || l.now.unstated:
		return delay.NotAttributed
	default:
		return l.now.body
	}
}

// TestAYearIsTakenIn reads whole folders as they are written, an ordinary one
// and a hostile one.
func TestAYearIsTakenIn(t *testing.T) {
	set, _ := readers(t)
	o := small
	o.From = o.To - 100
	for name, hostile := range map[string]bool{"ordinary": false, "hostile": true} {
		t.Run(name, func(t *testing.T) {
			o := o
			o.Hostile = hostile
			dir := written(t, o)
			rejected, quarantined, warned, cleaned := 0, 0, 0, 0
			for name := range sums(t, dir) {
				body, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				sum, err := set.Read(context.Background(), name, bytes.NewReader(body), func(r *extract.Row) error {
					if strings.ContainsAny(r.Ward, "\x1b\u202e\u200b") {
						t.Errorf("R8: %s line %d keeps a control character", name, r.Line)
					}
					return nil
				})
				if err != nil {
					rejected++
					continue
				}
				if sum.Kept+sum.Quarantined+sum.Excluded != sum.Read {
					t.Errorf("R1: %s: %+v", name, sum)
				}
				quarantined += sum.Quarantined
				for _, p := range sum.Problems {
					switch {
					case p.Rule == "R8":
						cleaned++
					case p.Rule == "R3":
						warned++
					}
				}
			}
			if warned == 0 {
				t.Error("R3: nothing is warned of")
			}
			if got := rejected > 0 && quarantined > 0 && cleaned > 0; got != hostile {
				t.Errorf("%d files rejected, %d rows quarantined, %d cells cleaned", rejected, quarantined, cleaned)
			}
			if !hostile && rejected+quarantined+cleaned > 0 {
				t.Errorf("%d files rejected, %d rows quarantined, %d cells cleaned of ordinary files", rejected, quarantined, cleaned)
			}
		})
	}
	t.Run("R6 a backfill", func(t *testing.T) {
		var b bytes.Buffer
		if err := WriteBackfill(&b, 5000, o); err != nil {
			t.Fatal(err)
		}
		sum, err := set.Read(context.Background(), BackfillName, bytes.NewReader(b.Bytes()), func(*extract.Row) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if sum.Read != 5000 || sum.Quarantined != 0 || len(sum.Dates) < 90 {
			t.Errorf("%d rows on %d dates, %d quarantined", sum.Read, len(sum.Dates), sum.Quarantined)
		}
	})
}
