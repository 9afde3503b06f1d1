package synth

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"homeward/internal/delay"
	"homeward/internal/extract"
)

// northgateHeadings are the columns of Northgate's CSV: ISO dates, UTF-8, the
// council by ONS code, and absence as the only sign of leaving.
var northgateHeadings = []string{
	"Extract date", "Provider", "Site", "Ward", "Bed", "Local patient ID", "NHS number", "Date of birth", "Sex",
	"Admission date", "Discharge ready date", "Type of care", "Reason for delay", "Attributable to",
	"Local authority", "Pathway", "Estimated discharge date", "Comments",
}

// renderNorthgate writes RZ1_2026-11-04.csv.
func renderNorthgate(day delay.Day, rows []listing) (file, error) {
	var b bytes.Buffer
	c := newCSV(&b, ',')
	c.UseCRLF = true
	c.line(northgateHeadings)
	dates := dayTexts{}
	record := make([]string, 0, len(northgateHeadings))
	for i := range rows {
		record = northgateRecord(record[:0], dates, &rows[i])
		c.line(rows[i].slip.apply(record, northgateCells))
	}
	err := c.end()
	return file{"RZ1_" + day.String() + ".csv", b.Bytes()}, err
}

// northgateRecord appends the cells of one of Northgate's rows.
func northgateRecord(to []string, dates dayTexts, l *listing) []string {
	care := l.care.String()
	if l.children {
		care = "Paediatric"
	}
	body := [...]string{delay.NotAttributed: "", delay.NHS: "NHS", delay.SocialCare: "Social Care", delay.Joint: "Both"}[l.now.body]
	if l.now.unstated {
		body = ""
	}
	council := [...]string{
		ofNorthshire: northshire, ofWesthaven: westhaven, ofNoKnownCouncil: "E06000999", ofNoCouncil: "",
	}[l.council]
	estimated := ""
	if l.now.wording < 40 {
		estimated = dates.of(max(l.day, l.left) + delay.Day(l.now.wording%4))
	}
	comment := ""
	if l.now.wording < 25 {
		comment = "Discussed at board round, plan unchanged"
	}
	return append(to, dates.of(l.day), "RZ1", l.site.code, l.ward, l.bedName(), l.localID, l.nhsNumber, dates.of(l.born), l.sex,
		dates.of(l.admitted), dates.of(l.stated), care, string(l.now.reason), body, council,
		strconv.Itoa(l.pathway), estimated, comment)
}

// southmoorHeadings are the columns of Southmoor's workbook: Excel dates,
// numbers for patients, names for councils, a title above and a total below.
var southmoorHeadings = []string{
	"Trust", "Hospital", "Ward", "Patient ID", "NHS Number", "DOB", "Admission", "Ready for Discharge",
	"Acute/Non-Acute", "Code", "Responsible Body", "Responsible LA", "Discharged",
}

// renderSouthmoor writes RZ2-delays-20261104.xlsx.
func renderSouthmoor(day delay.Day, rows []listing) (file, error) {
	cells := make([][]any, 0, len(rows)+4)
	cells = append(cells, []any{"Southmoor Hospitals NHS Trust delayed transfers at " + british(day)}, nil, anys(southmoorHeadings))
	for i := range rows {
		l := &rows[i]
		care := [...]string{delay.Acute: "Acute", delay.NonAcute: "Non Acute"}[l.care]
		if l.children {
			care = "Paediatric"
		}
		body := [...]string{delay.NotAttributed: "", delay.NHS: "Health", delay.SocialCare: "Social Services", delay.Joint: "Joint"}[l.now.body]
		if l.now.unstated {
			body = ""
		}
		council := [...]string{
			ofNorthshire: "Northshire", ofWesthaven: "Westhaven", ofNoKnownCouncil: "Eastmere Council", ofNoCouncil: "",
		}[l.council]
		serial, err := strconv.Atoi(l.localID)
		if err != nil {
			return file{}, fmt.Errorf("local number: %w", err)
		}
		row := []any{
			"RZ2", l.site.name, l.ward, serial, l.nhsNumber, l.born, l.admitted, l.stated,
			care, string(l.now.reason), body, council, l.leaves,
		}
		cells = append(cells, l.slip.applyTo(row, southmoorCells))
	}
	cells = append(cells, []any{"Total", len(rows)})
	var b bytes.Buffer
	err := extract.WriteWorkbook(&b, "DTOC", cells)
	return file{"RZ2-delays-" + compact(day) + ".xlsx", b.Bytes()}, err
}

// westhavenHeadings are the columns of Westhaven's tab-separated text: British
// dates and no column for the responsible body, so that who is waited on and
// who pays decide (A3, A4).
var westhavenHeadings = []string{
	"Report Date", "Hospital Number", "NHS Number", "Ward", "Spell Start", "Medically Fit", "Discharge Ready Date",
	"Care Type", "Delay Reason", "Waiting On", "Funding", "Local Authority", "Date Left",
}

// renderWesthaven writes rz3_2026-11-04.txt.
func renderWesthaven(day delay.Day, rows []listing) (file, error) {
	var b bytes.Buffer
	c := newCSV(&b, '\t')
	c.line(westhavenHeadings)
	for i := range rows {
		l := &rows[i]
		care := l.care.String()
		if l.children {
			care = "Paediatric"
		}
		on, funding := westhavenSays(l.now)
		council := [...]string{
			ofNorthshire: "Northshire CC", ofWesthaven: "Westhaven City", ofNoKnownCouncil: "Eastmere", ofNoCouncil: "",
		}[l.council]
		number := l.nhsNumber
		if len(number) == 10 {
			number = number[:3] + " " + number[3:6] + " " + number[6:]
		}
		// Medically fit is the first of the three tests only and starts nothing.
		fit := max(l.stated-delay.Day(l.now.wording%3), l.admitted)
		record := []string{
			british(l.day), l.localID, number, l.ward, british(l.admitted), british(fit), british(l.stated),
			care, strings.ToUpper(string(l.now.reason)), on, funding, council, british(l.leaves),
		}
		c.line(l.slip.apply(record, westhavenCells))
	}
	err := c.end()
	return file{"rz3_" + day.String() + ".txt", b.Bytes()}, err
}

// westhavenSays gives who is waited on and who pays, the two things from which
// Westhaven's export lets the body be told. C and I need neither (A1).
func westhavenSays(p *part) (on, funding string) {
	if p.unstated || (p.reason != delay.ReasonNotKnown && natureOf(p.reason).council == 0 && p.body == delay.NHS) {
		return "", ""
	}
	switch p.body {
	case delay.SocialCare:
		if p.wording < 40 {
			return "Social worker", ""
		}
		return "", "Council"
	case delay.Joint:
		if p.wording < 50 {
			return "CHC team; Social worker", ""
		}
		return "", "Joint NHS/Council"
	default:
		switch {
		case p.wording < 20:
			return "Ward MDT", ""
		case p.wording < 40:
			return "Community therapy", ""
		case p.wording < 55:
			return "CHC team", ""
		case p.wording < 70:
			return "", "Self-funder"
		default:
			return "", "NHS (CHC)"
		}
	}
}

// bedName is the bed as wards write it, 4B-14.
func (s *stay) bedName() string {
	n := strconv.Itoa(s.bed)
	if s.bed < 10 {
		n = "0" + n
	}
	return s.ward + "-" + n
}

// dayTexts holds ISO dates already written: one file names few days very often.
type dayTexts map[delay.Day]string

func (t dayTexts) of(d delay.Day) string {
	s, ok := t[d]
	if !ok {
		s = d.String()
		t[d] = s
	}
	return s
}

// delimited writes lines of cells and keeps the first error for the end.
type delimited struct {
	*csv.Writer
	err error
}

func newCSV(w io.Writer, comma rune) *delimited {
	c := csv.NewWriter(w)
	c.Comma = comma
	return &delimited{Writer: c}
}

func (c *delimited) line(cells []string) {
	if c.err == nil {
		c.err = c.Write(cells)
	}
}

func (c *delimited) end() error {
	c.Flush()
	if c.err != nil {
		return c.err
	}
	return c.Error()
}

func anys(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}
