package measure

import (
	"math"
	"strings"
	"testing"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/problem"
)

func TestBasisNarrowsStates(t *testing.T) {
	settled := []agreement.State{agreement.Agreed, agreement.AgreedByDefault}
	for _, c := range []struct {
		name  string
		basis Basis
		given []agreement.State
		want  []agreement.State
		bad   bool
	}{
		{"G1 counted, every state", BasisCounted, nil, nil, false},
		{"G1 counted, one state", BasisCounted, []agreement.State{agreement.Disputed}, []agreement.State{agreement.Disputed}, false},
		{"G2 agreed", BasisAgreed, nil, settled, false},
		{"G2 agreed, one of its states", BasisAgreed, settled[1:], settled[1:], false},
		{"agreed and disputed", BasisAgreed, []agreement.State{agreement.Disputed}, []agreement.State{noState}, true},
		{"agreed and some of each", BasisAgreed, []agreement.State{agreement.Agreed, agreement.Proposed}, settled[:1], true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := Filter{States: c.given, Basis: c.basis}
			got := f.InStates()
			if len(got) != len(c.want) {
				t.Fatalf("lets through %v, want %v", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("lets through %v, want %v", got, c.want)
				}
			}
			err := f.CheckBasis()
			if (err != nil) != c.bad || c.bad && problem.KindOf(err) != problem.Invalid {
				t.Errorf("is answered with %v", err)
			}
			if c.bad && !strings.Contains(err.Error(), "basis=agreed counts agreed days only") {
				t.Errorf("says %v", err)
			}
		})
	}
	for _, b := range Bases {
		if got, err := ParseBasis(b.String()); err != nil || got != b {
			t.Errorf("%s is read as %v, %v", b, got, err)
		}
	}
	if _, err := ParseBasis("all"); err == nil {
		t.Error("another word is no basis")
	}
}

// The range of the share of agreed days is as wide as the days that are not
// agreed, of all counted ones.
func TestShareOfAgreedDays(t *testing.T) {
	p := Period{Basis: BasisAgreed, NotAgreed: 60}
	p.Days[delay.SocialCare], p.Days[delay.NHS] = 30, 70
	s := p.Share()
	if !s.Known || s.Value != .3 || s.Low != 30.0/160 || s.High != 90.0/160 || math.Abs((s.High-s.Low)*160-float64(p.Unsettled())) > 1e-9 {
		t.Errorf("found %+v", s)
	}
	if got := p.UnsettledWords(); got != "60 days are not agreed" {
		t.Errorf("says %q", got)
	}
	if none := (Period{Basis: BasisAgreed, NotAgreed: 5}); none.Share().Known {
		t.Error("no agreed day gives no share")
	}
	if settled := (Period{Basis: BasisAgreed, Days: p.Days}); settled.UnsettledWords() != "" {
		t.Errorf("says %q", settled.UnsettledWords())
	}
}

func TestLevelsAreOfOneBasis(t *testing.T) {
	m, _ := MetricOf("M02", nil)
	l := Level{Metric: "M02", Basis: BasisAgreed}
	if l.For(m, ByWeek, Filter{}) || !l.For(m, ByWeek, Filter{Basis: BasisAgreed}) {
		t.Error("a level of agreed days stands on charts of agreed days alone")
	}
}
