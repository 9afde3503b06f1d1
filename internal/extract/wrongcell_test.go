package extract_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/nhsnumber"
)

// wrongCell are the columns that are kept or shown and hold no identifier.
var wrongCell = []string{"Site", "Ward", "Type of care", "Reason for delay", "Attributable to", "Local authority"}

// writings of one NHS number, as people type it.
var writings = []string{"9434765919", "943 476 5919", "943.476.5919", "943 - 476 - 5919", "943/476/5919", "９４３４７６５９１９",
	"see ９４３ ４７６ ５９１９ today"}

// TestP1NumberInAWrongCell puts an NHS number into every column that is kept:
// the row counts, the cell is dropped, and the finding does not show it.
func TestP1NumberInAWrongCell(t *testing.T) {
	set := devon(t)
	for _, column := range wrongCell {
		for _, written := range writings {
			for _, before := range []string{"", strings.Repeat("long ", 60)} {
				var got extract.Row
				rows := 0
				sum, err := set.Read(context.Background(), "RK9_20190601.csv", bytes.NewReader(plymouth(column+"="+before+written)),
					func(r *extract.Row) error {
						rows, got = rows+1, *r
						return nil
					})
				if err != nil || rows != 1 {
					t.Fatalf("%s=%s: %d rows, %v", column, written, rows, err)
				}
				number := got.NHSNumber
				got.NHSNumber, got.LocalID = "", ""
				all, err := json.Marshal(struct {
					Row      extract.Row
					Problems []extract.Problem
				}{got, sum.Problems})
				if err != nil {
					t.Fatal(err)
				}
				if number == "" || nhsnumber.In(string(all)) {
					t.Errorf("P1 %s=%s: what is kept and shown is %s", column, written, all)
				}
				said := false
				for _, p := range sum.Problems {
					said = said || p.Rule == "P1" && p.Field == column && p.Severity == extract.Warned && p.Line == 2
				}
				if !said {
					t.Errorf("P1 %s=%s: no finding names the cell: %+v", column, written, sum.Problems)
				}
			}
		}
	}
}

// What a dropped cell would have said is not known, and is not taken for
// something said: its days are not attributed (A5).
func TestP1DroppedCellDecidesNothing(t *testing.T) {
	set := devon(t)
	for column, right := range map[string]func(extract.Row) bool{
		"Reason for delay": func(r extract.Row) bool { return r.Given.Reason == "" },
		"Type of care":     func(r extract.Row) bool { return r.Given.Care == delay.CareNotKnown },
		"Attributable to":  func(r extract.Row) bool { return r.Given.StatedUnread && r.Given.Stated == delay.NotAttributed },
		"Local authority":  func(r extract.Row) bool { return r.Given.Council == delay.CouncilNotKnown },
	} {
		_, err := set.Read(context.Background(), "RK9_20190601.csv", bytes.NewReader(plymouth(column+"=943 476 5919")),
			func(r *extract.Row) error {
				if !right(*r) {
					t.Errorf("%s: %+v", column, r.Given)
				}
				return nil
			})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A file that is turned away says why without the number that it found.
func TestP1RejectionShowsNoNumber(t *testing.T) {
	set := devon(t)
	for name, file := range map[string][]byte{
		"another provider":  plymouth("Provider=943.476.5919"),
		"extract date":      plymouth("Extract date=2019-06-01 9434765919"),
		"ready date":        plymouth("Discharge ready date=943/476/5919"),
		"leaving date":      plymouth("Discharge date=943/476/5919"),
		"a strange heading": []byte(strings.Replace(string(plymouth("")), "Comments", "943.476.5919", 1)),
		"no headings":       []byte("943.476.5919,Ward 1\r\n943.476.5919,Ward 1\r\n"),
	} {
		sum, err := set.Read(context.Background(), "RK9_20190601.csv", bytes.NewReader(file), func(*extract.Row) error { return nil })
		text := ""
		if err != nil {
			text = err.Error()
		}
		for _, p := range sum.Problems {
			text += "\n" + p.String()
		}
		if nhsnumber.In(text) || text == "" {
			t.Errorf("P1 %s: %s", name, text)
		}
	}
}
