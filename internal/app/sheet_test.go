package app_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/nhsnumber"
)

// sheet is one provider's extract of one day before it is written. A cell is a
// text, a number or a delay.Day.
type sheet struct {
	provider string
	day      delay.Day
	name     string
	above    [][]any
	head     []string
	rows     [][]any
	below    [][]any
	// at says in which column what stands.
	at  map[string]int
	sep string
	// book writes a workbook, dates how a text writes a day, quoted every cell in
	// quotation marks.
	book   bool
	dates  string
	quoted bool
	// then is done with the bytes, once written.
	then []func([]byte) []byte
}

// asIs is a cell of a text that is written as it stands.
type asIs string

func (s *sheet) clone() *sheet {
	out := *s
	out.above, out.head, out.below, out.then = slices.Clone(s.above), slices.Clone(s.head), slices.Clone(s.below), slices.Clone(s.then)
	out.rows = make([][]any, len(s.rows))
	for i, row := range s.rows {
		out.rows[i] = slices.Clone(row)
	}
	return &out
}

func (s *sheet) cell(row int, what string) any {
	if i, ok := s.at[what]; ok && i < len(s.rows[row]) {
		return s.rows[row][i]
	}
	return nil
}

// set writes a cell, and says whether the sheet has such a column.
func (s *sheet) set(row int, what string, v any) bool {
	i, ok := s.at[what]
	if ok && i < len(s.rows[row]) {
		s.rows[row][i] = v
	}
	return ok
}

func (s *sheet) text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case delay.Day:
		if v == 0 {
			return ""
		}
		return v.Time().Format(s.dates)
	case asIs:
		return string(v)
	}
	text := fmt.Sprint(v)
	if s.quoted || strings.ContainsAny(text, s.sep+"\"\r\n") {
		return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return text
}

// write gives the bytes of the file.
func (s *sheet) write(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	all := slices.Clone(s.above)
	head := make([]any, len(s.head))
	for i, h := range s.head {
		head[i] = h
	}
	all = append(append(append(all, head), s.rows...), s.below...)
	if s.book {
		if err := extract.WriteWorkbook(&b, "List", all); err != nil {
			t.Fatal(err)
		}
	} else {
		for _, row := range all {
			for i, v := range row {
				if i > 0 {
					b.WriteString(s.sep)
				}
				b.WriteString(s.text(v))
			}
			b.WriteString("\r\n")
		}
	}
	out := b.Bytes()
	for _, f := range s.then {
		out = f(out)
	}
	return out
}

// inBed is one person's delay at one provider, as it truly was.
type inBed struct {
	nhs, local                         string
	provider                           string
	born, admitted, ready, first, last delay.Day
	// says lists the person once more on the day of leaving, with that day.
	says bool
	// why are indices of reasons, the second from the day change on.
	why     [2]int
	change  delay.Day
	council int
	care    int
	ward    int
	omitted delay.Day
}

// sheetReason is a reason as each layout writes it, and which bodies it allows.
var sheetReasons = []struct{ code, exeter, mhsds, body string }{
	{"A", "A) COMPLETION OF ASSESSMENT", "A2", "NHS"}, {"E", "E) CARE PACKAGE IN HOME", "E1", "Social Care"},
	{"C", "C) FURTHER NON ACUTE NHS CARE", "C1", "NHS"}, {"G", "G) PATIENT OR FAMILY CHOICE", "G2", "NHS"},
	{"Dii", "DII) NURSING HOME", "D2", "Social Care"}, {"F", "F) COMMUNITY EQUIPMENT/ADAPTATIONS", "F2", "Both"},
}

// sheetCouncils are names of three councils, the first the one that is usual.
var sheetCouncils = [][]string{
	{"Devon", "E10000008", "912", "Devon County Council", "DEVON CC"},
	{"Plymouth", "E06000026", "913", "Plymouth City Council", "plymouth ua"},
	{"Torbay", "E06000027", "914", "Torbay Council", "Torbay UA"},
}

var sheetProviders = []string{"RK9", "RA9", "RBZ", "RWV", "RH8"}

// inventedNumber gives the NHS number of the n-th invented person, of the numbers
// that are given to nobody.
func inventedNumber(n int) string {
	for i := n * 7; i < 1_000_000; i++ {
		nine := fmt.Sprintf("999%06d", i)
		if check, ok := nhsnumber.CheckDigit(nine); ok {
			return nine + string(check)
		}
	}
	panic(fmt.Sprint("no number is left for person ", n))
}

// cleanRun draws who lay where, with about so many people at each provider a
// day: waits, changes of reason, days left out, transfers that keep the ready
// date, people without an NHS number.
func cleanRun(r *rand.Rand, first delay.Day, days, people int) []*sheet {
	var all []inBed
	serial := 0
	for p, provider := range sheetProviders {
		for n := range people * (days + 12) / 10 {
			serial++
			from := first + delay.Day(r.IntN(days+10)-10)
			b := inBed{nhs: inventedNumber(serial), provider: provider, born: delay.Date(1925+r.IntN(60), 3, 1+r.IntN(28)),
				ready: from, first: max(from, first) + delay.Day(r.IntN(2)), last: from + delay.Day(2+r.IntN(16)),
				why: [2]int{r.IntN(len(sheetReasons)), r.IntN(len(sheetReasons))}, change: from + delay.Day(r.IntN(20)),
				council: r.IntN(len(sheetCouncils)), care: r.IntN(2), ward: 1 + r.IntN(4), says: r.IntN(3) == 0}
			b.admitted = b.ready - delay.Day(r.IntN(40))
			if provider == "RH8" || provider == "RA9" {
				b.local = fmt.Sprint(1000 + serial)
			} else {
				b.local = fmt.Sprintf("%sH%05d", provider[:2], 100+serial)
			}
			if r.IntN(12) == 0 {
				b.nhs = "" // never traced
			}
			if r.IntN(8) == 0 && b.last-b.first > 3 {
				b.omitted = b.first + 1 + delay.Day(r.IntN(int(b.last-b.first)-1))
			}
			if r.IntN(6) == 0 && b.nhs != "" {
				// Moved, and still ready since the same day.
				to := b
				to.provider = sheetProviders[(p+1+r.IntN(len(sheetProviders)-1))%len(sheetProviders)]
				to.local, to.omitted, to.first = fmt.Sprint(70000+serial*10+n%10), 0, b.last+1
				to.last, to.admitted = to.first+delay.Day(r.IntN(8)), to.first
				all = append(all, to)
				b.says = false
			}
			all = append(all, b)
		}
	}
	var out []*sheet
	for _, provider := range sheetProviders {
		for day := first; day < first+delay.Day(days); day++ {
			if r.IntN(15) == 0 {
				continue // no extract of that day
			}
			out = append(out, sheetOf(provider, day, all))
		}
	}
	return out
}

// sheetOf lists who is in a bed of the provider at the end of the day.
func sheetOf(provider string, day delay.Day, all []inBed) *sheet {
	s := emptySheet(provider, day)
	for _, b := range all {
		left := delay.Day(0)
		switch {
		case b.provider != provider || day < b.first || day == b.omitted || b.ready > day:
			continue
		case day == b.last+1 && b.says:
			left = day
		case day > b.last:
			continue
		}
		why := b.why[0]
		if day >= b.change {
			why = b.why[1]
		}
		reason := sheetReasons[why]
		row := make([]any, len(s.head))
		s.rows = append(s.rows, row)
		i := len(s.rows) - 1
		care := []string{"Acute", "Non-Acute"}[b.care]
		for what, v := range map[string]any{"extract": day, "provider": provider, "site": provider + "01", "ward": fmt.Sprint("Ward ", b.ward),
			"local": b.local, "nhs": b.nhs, "born": b.born, "admitted": b.admitted, "ready": b.ready, "care": care, "reason": reason.code,
			"body": reason.body, "council": sheetCouncils[b.council][0], "left": left, "comment": "Discussed, plan unchanged", "sex": "F"} {
			s.set(i, what, v)
		}
		switch provider {
		case "RBZ":
			s.set(i, "waiting", map[string]string{"NHS": "Ward MDT", "Social Care": "Social worker", "Both": "CHC team;Council"}[reason.body])
		case "RH8":
			s.set(i, "reason", reason.exeter)
		case "RWV":
			s.set(i, "reason", reason.mhsds)
			s.set(i, "body", map[string]string{"NHS": "04", "Social Care": "05", "Both": "06"}[reason.body])
		}
	}
	if provider == "RA9" {
		s.below = [][]any{{"Total", len(s.rows)}}
	}
	return s
}

// emptySheet gives a provider's headings, as the worked example of Devon has
// them.
func emptySheet(provider string, day delay.Day) *sheet {
	s := &sheet{provider: provider, day: day, sep: ",", at: map[string]int{}}
	columns := func(all ...string) {
		for i := 0; i < len(all); i += 2 {
			s.head = append(s.head, all[i])
			if all[i+1] != "" {
				s.at[all[i+1]] = i / 2
			}
		}
	}
	d := day.Time()
	switch provider {
	case "RK9":
		s.name, s.dates = d.Format("RK9_2006-01-02.csv"), "2006-01-02"
		columns(
			"Extract date",
			"extract",
			"Provider",
			"provider",
			"Site",
			"site",
			"Ward",
			"ward",
			"Local patient ID",
			"local",
			"NHS number",
			"nhs",
			"Date of birth",
			"born",
			"Sex",
			"sex",
			"Admission date",
			"admitted",
			"Discharge ready date",
			"ready",
			"Type of care",
			"care",
			"Reason for delay",
			"reason",
			"Attributable to",
			"body",
			"Local authority",
			"council",
			"Discharge date",
			"left",
			"Pathway",
			"",
			"Estimated discharge date",
			"",
			"Comments",
			"comment",
		)
	case "RWV":
		s.name, s.dates = d.Format("MHS_RWV_20060102.csv"), "2006-01-02"
		columns("ReportDate", "extract", "OrgIDProv", "provider", "SiteIDOfWard", "site", "WardName", "ward", "LocalPatientId", "local",
			"NHSNumber", "nhs", "PersonBirthDate", "born", "StartDateHospProvSpell", "admitted", "StartDateDelayDisch", "ready",
			"EndDateDelayDisch", "left", "DelayDischReason", "reason", "AttribToIndic", "body", "OrgIDRespLADelayDisch", "council")
	case "RBZ":
		s.name, s.dates, s.sep = d.Format("rbz_2006-01-02.txt"), "02/01/2006", "\t"
		columns("Report Date", "extract", "Hospital Number", "local", "NHS Number", "nhs", "Ward", "ward", "Spell Start", "admitted",
			"Medically Fit", "", "Discharge Ready Date", "ready", "Care Type", "care", "Delay Reason", "reason", "Waiting On", "waiting",
			"Funding", "", "Local Authority", "council", "Date Left", "left")
	case "RH8":
		s.name, s.dates = d.Format("RH8 DTOC 02-01-2006.csv"), "02/01/2006"
		s.above = [][]any{{"Royal Devon and Exeter NHS Foundation Trust, daily DTOC list"}, {"Census: " + d.Format("02/01/2006")}, {}}
		columns("Hosp No", "local", "NHS No", "nhs", "Ward Name", "ward", "Specialty", "", "Admit Dt", "admitted", "MFFD Date", "",
			"DTOC Agreed", "ready", "Type", "care", "DTOC Reason", "reason", "Attributable", "body", "Council", "council", "Notes", "comment")
	case "RA9":
		s.name, s.dates, s.book = d.Format("RA9-delays-20060102.xlsx"), "02/01/2006", true
		s.above = [][]any{{"Torbay and South Devon NHS Foundation Trust delayed transfers at " + d.Format("02/01/2006")}, nil}
		columns("Trust", "provider", "Hospital", "site", "Ward", "ward", "Patient ID", "local", "NHS Number", "nhs", "DOB", "born",
			"Admission", "admitted", "Ready for Discharge", "ready", "Acute/Non-Acute", "care", "Code", "reason",
			"Responsible Body", "body", "Responsible LA", "council", "Discharged", "left")
	}
	return s
}
