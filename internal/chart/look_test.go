package chart

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"homeward/internal/measure"
)

// TestLook writes every kind of chart to the folder that HOMEWARD_LOOK names,
// for a person to look at. Without it nothing is written.
func TestLook(t *testing.T) {
	folder := os.Getenv("HOMEWARD_LOOK")
	if folder == "" {
		t.Skip("HOMEWARD_LOOK names no folder")
	}
	d := daily(365)
	for i := 200; i < 221; i++ {
		d[i].Days, d[i].Listed = days(0, 0, 0, 0), 0
	}
	few := year()
	few.Reasons = few.Reasons[:2]
	mono := Page
	mono.Mono = true
	charts := map[string]Chart{
		"days": DelayedDays(year(), "Sandwell and West Birmingham"), "days-gaps": DelayedDays(gaps(), "Northshire"),
		"days-long": DelayedDays(long(), "Northshire"),
		"beds":      Beds(year(), "Northshire"), "share": Share(year(), "Northshire"), "share-gaps": Share(gaps(), "Northshire"),
		"share-long": Share(long(), "Northshire"),
		"reasons":    Reasons(year(), "Northshire"), "people": People(d, year().Filter, "Northshire", year().AsAt),
		"people-28":   People(daily(28), year().Filter, "Northshire", year().AsAt),
		"reasons-few": Reasons(few, "Northshire"), "none": Share(measure.Overview{}, "Northshire"),
		"people-3653": People(daily(3653), year().Filter, "Northshire", year().AsAt),
	}
	for name, c := range charts {
		for size, s := range map[string]Size{"page": Page, "slide": Slide, "wide": Wide, "mono": mono} {
			c := c.At(s)
			svg, err := renderer(t).StandaloneSVG(context.Background(), c)
			if err != nil {
				t.Fatal(name, err)
			}
			if err := os.WriteFile(filepath.Join(folder, name+"-"+size+".svg"), svg, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
