package synth

import (
	"math/rand/v2"
	"strings"

	"homeward/internal/delay"
)

// slip replaces cells of one row. Its fields are empty where the row is left
// alone; rule R8 says that nothing in a file is trusted, and these are what
// the reader must not trust.
type slip struct {
	ward  string
	ready string
	// nobody blanks every number that says who the patient is.
	nobody bool
	// extra appends cells beyond the last heading.
	extra int
}

// cells says where a layout has what a slip replaces.
type cells struct{ ward, ready, local, nhs int }

var (
	northgateCells = cells{ward: 3, ready: 10, local: 5, nhs: 6}
	southmoorCells = cells{ward: 2, ready: 7, local: 3, nhs: 4}
	westhavenCells = cells{ward: 3, ready: 6, local: 1, nhs: 2}

	northgateBedCells = cells{ward: 3, ready: 11, local: 5, nhs: 6}
	southmoorBedCells = cells{ward: 2, ready: 10, local: 4, nhs: 5}
	westhavenBedCells = cells{ward: 4, ready: 8, local: 1, nhs: 2}
	mentalCells       = cells{ward: 3, ready: 8, local: 4, nhs: 5}
)

// apply gives the record with the slip's cells; a nil slip changes nothing.
func (s *slip) apply(record []string, at cells) []string {
	if s == nil {
		return record
	}
	if s.ward != "" {
		record[at.ward] = s.ward
	}
	if s.ready != "" {
		record[at.ready] = s.ready
	}
	if s.nobody {
		record[at.local], record[at.nhs] = "", ""
	}
	for range s.extra {
		record = append(record, "?")
	}
	return record
}

// applyTo is apply for the cells of a workbook.
func (s *slip) applyTo(row []any, at cells) []any {
	if s == nil {
		return row
	}
	if s.ward != "" {
		row[at.ward] = s.ward
	}
	if s.ready != "" {
		row[at.ready] = s.ready
	}
	if s.nobody {
		row[at.local], row[at.nhs] = "", ""
	}
	return row
}

// hostileWards are ward names that must come out of every page, file and log
// as harmless text.
var hostileWards = [...]string{
	`</script><script>window.__ran=1</script>`,
	`<img src=x onerror="window.__ran=1">`,
	`=HYPERLINK("http://example.invalid","Ward")`,
	`@SUM(1+1)*cmd|' /C calc'!A0`,
	`'; DROP TABLE delay; --`,
	`{{.Secret}}`,
	"Ward\u202E4B",
	"Ward\u200B \u00A07",
	"Ward\x1b[31m 9",
	`../../etc/passwd`,
}

// spoil gives about one row in thirty a slip. The rows are changed in place.
func spoil(r *rand.Rand, rows []listing) []listing {
	for i := range rows {
		switch x := r.Float64(); {
		case x < 0.015:
			rows[i].slip = &slip{ward: hostileWards[r.IntN(len(hostileWards))]}
		case x < 0.020:
			rows[i].slip = &slip{ready: "31/02/2026"}
		case x < 0.024:
			rows[i].slip = &slip{ready: british(rows[i].day + 1 + delay.Day(r.IntN(30)))}
		case x < 0.028:
			rows[i].slip = &slip{nobody: true}
		case x < 0.030:
			rows[i].slip = &slip{extra: 1 + r.IntN(3)}
		}
	}
	return rows
}

// notAnExtract gives a file of another kind under the name of a third version.
func notAnExtract(r *rand.Rand, name string) file {
	name = strings.Replace(secondVersion(name), "_v2.", "_v3.", 1)
	bodies := [...]string{
		"",
		"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
		"<!DOCTYPE html><html><body>Your session has ended. <script>window.__ran=1</script></body></html>",
		`{"error":"quota reached"}`,
		"PK\x03\x04 cut off",
	}
	return file{name, []byte(bodies[r.IntN(len(bodies))])}
}
