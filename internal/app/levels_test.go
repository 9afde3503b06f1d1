package app

import (
	"strings"
	"testing"

	"homeward/internal/config"
	"homeward/internal/measure"
)

// The partnership file spells out the measures that package measure has.
func TestLevelMeasuresAreTheMeasures(t *testing.T) {
	if len(config.LevelMeasures) != len(measure.Metrics(nil)) {
		t.Fatalf("the file knows %d measures, there are %d", len(config.LevelMeasures), len(measure.Metrics(nil)))
	}
	for i, m := range measure.Metrics(nil) {
		if l := config.LevelMeasures[i]; l.Word != m.Word || l.AddsUp != m.AddsUp {
			t.Errorf("the file has %+v, the measure is %s, adds up %v", l, m.Word, m.AddsUp)
		}
		if m.Percent && m.Word != "M03" {
			t.Errorf("a level of %s would not be read as per cent", m.Word)
		}
	}
}

func TestLevelsOfTheFileBecomeLevels(t *testing.T) {
	got := levelsOf([]config.AgreedLevel{
		{Measure: "M03", Council: "E10000099", Level: 35, From: "2026-04-01", To: "2027-03-31", Agreed: "Board", Change: "Chiefs"},
		{Measure: "M08", Grain: "week", Provider: "RXA", Level: 12.5, From: "2026-04-01", Agreed: "Board"},
	}, measure.BasisAgreed)
	if len(got) != 2 || got[0].Value != .35 || got[0].To.String() != "2027-03-31" || got[0].Change != "Chiefs" ||
		got[1].Grain != measure.ByWeek || got[1].To != 0 || got[1].Provider != "RXA" ||
		got[0].Basis != measure.BasisAgreed || got[1].Basis != measure.BasisCounted {
		t.Errorf("read as %+v", got)
	}
}

// The trend of the call has the agreed level with its words.
func TestCallShowsTheAgreedLevel(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	d.Partnership().AgreedLevels = []config.AgreedLevel{{Measure: "M02", Level: 3.5, From: "2026-04-01", Agreed: "Discharge board"}}
	c, err := d.content()
	if err != nil {
		t.Fatal(err)
	}
	trend := c.Slides[2]
	if trend.Chart == nil || !strings.Contains(trend.Chart.Alt, "Agreed level: 3.5 from 1 April 2026 (agreed: Discharge board).") {
		t.Errorf("the trend slide says %+v", trend.Chart)
	}
}
