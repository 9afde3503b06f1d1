package propose_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"homeward/data"
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/nhsnumber"
	"homeward/internal/propose"
)

// truth is one invented patient, whatever a sender makes of them.
type truth struct {
	n                     int
	nhs, local            string
	born, admitted, ready delay.Day
	left                  delay.Day // zero while in bed
	meets                 bool
	reason, body, council string
	care, ward            string
}

// listDay is the day of the invented lists.
var listDay = delay.MustDay("2026-03-20")

// people are 40 patients of one day.
func people() []truth {
	var all []truth
	reasons := []string{"A", "C", "Di", "Dii", "E", "F", "G"}
	bodies := []string{"nhs", "nhs", "social-care", "nhs", "joint", "social-care", "nhs"}
	councils := []string{"E10000008", "E06000026", "E06000027"}
	for n := range 40 {
		nine := fmt.Sprintf("99930%04d", n*37+11)
		check, ok := nhsnumber.CheckDigit(nine)
		if !ok {
			continue
		}
		p := truth{n: n, nhs: nine + string(check), local: fmt.Sprintf("H%06d", 4000+n*13), born: delay.Date(1931+n, time.Month(n%12+1),
			n%28+1),
			admitted: listDay - delay.Day(30+n), ready: listDay - delay.Day(1+n%25), reason: reasons[n%7], body: bodies[n%7],
			council: councils[n%3],
			care:    []string{"acute", "non-acute"}[n%5/4], ward: fmt.Sprint("Ward ", n%6+1)}
		if n%9 == 8 {
			p.left = listDay
		}
		all = append(all, p)
	}
	return all
}

// sender is one invented sender with habits of their own.
type sender struct {
	name, file string
	content    func([]truth) []byte
	// fields are the meanings of the headings, not_read for all others.
	fields map[string]string
	// without names what the sender does not say.
	without string
	// reason is the code that a patient's reason has, where it is none of the letters.
	reason func(truth) string
}

func dateAs(layout string) func(delay.Day) string {
	return func(d delay.Day) string {
		if d == 0 {
			return ""
		}
		return d.Time().Format(layout)
	}
}

// lines makes a text of a heading and a row for each patient.
func lines(sep string, head []string, all []truth, row func(truth) []string) string {
	var b strings.Builder
	b.WriteString(strings.Join(head, sep) + "\r\n")
	for _, p := range all {
		b.WriteString(strings.Join(row(p), sep) + "\r\n")
	}
	return b.String()
}

func serialOf(d delay.Day) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprint(int(d - delay.Date(1899, 12, 30)))
}

var labels = map[string]string{"A": "Awaiting completion of assessment", "C": "Awaiting further non-acute NHS care",
	"Di":  "Residential home",
	"Dii": "Nursing home", "E": "Care package in own home", "F": "Community equipment/adaptations", "G": "Patient or family choice"}

func pick(m map[string]string) func(string) string { return func(key string) string { return m[key] } }

var (
	bodyAs    = pick(map[string]string{"nhs": "NHS", "social-care": "Social Care", "joint": "Both"})
	councilAs = pick(map[string]string{"E10000008": "Devon", "E06000026": "Plymouth", "E06000027": "Torbay"})
	careAs    = pick(map[string]string{"acute": "Acute", "non-acute": "Non-acute"})
)

func utf16Text(text string) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func book(t testing.TB, sheets ...extract.Sheet) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := extract.WriteSheets(&b, sheets); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func invented(t testing.TB) []sender {
	us, iso, uk, dots := dateAs("01/02/2006"), dateAs("2006-01-02"), dateAs("02/01/2006"), dateAs("2.1.2006")
	named, short := dateAs("02-Jan-06"), dateAs("02/01/06")
	return []sender{
		{name: "American dates, MRN", file: "RXA_03-20-2026.csv",
			content: func(all []truth) []byte {
				return []byte(lines(",", []string{"MRN", "NHS #", "DOB", "Unit", "Admit Date", "Discharge Ready Date", "Level of care",
					"Delay reason",
					"Attributable to", "Local Authority", "Expected D/C", "Date of d/c"}, all, func(p truth) []string {
					return []string{p.local, p.nhs, us(p.born), p.ward, us(p.admitted), us(p.ready), careAs(p.care), labels[p.reason], bodyAs(p.body),
						councilAs(p.council), us(p.ready + 9), us(p.left)}
				}))
			},
			fields: map[string]string{"MRN": "local_id", "NHS #": "nhs_number", "DOB": "birth_date", "Unit": "ward", "Admit Date": "admitted",
				"Discharge Ready Date": "ready", "Level of care": "care", "Delay reason": "reason", "Attributable to": "responsible",
				"Local Authority": "council", "Date of d/c": "discharged"}},
		{name: "headings over two lines", file: "RXB delays 20260320.csv",
			content: func(all []truth) []byte {
				return []byte("Hospital,NHS,Date,,Date,Discharge,Type of,Reason for,Responsible,Local,Discharge\r\n" +
					lines(",", []string{"number", "number", "of birth", "Ward", "admitted", "ready date", "care", "delay", "body", "authority",
						"date"}, all,
						func(p truth) []string {
							return []string{p.local, p.nhs, uk(p.born), p.ward, uk(p.admitted), uk(p.ready), careAs(p.care), p.reason, bodyAs(p.body),
								councilAs(p.council), uk(p.left)}
						}))
			},
			fields: map[string]string{"Hospital number": "local_id", "NHS number": "nhs_number", "Date of birth": "birth_date", "Ward": "ward",
				"Date admitted": "admitted", "Discharge ready date": "ready", "Type of care": "care", "Reason for delay": "reason",
				"Responsible body": "responsible", "Local authority": "council", "Discharge date": "discharged"}},
		{name: "abbreviations and semicolons", file: "RXC_260320.csv",
			content: func(all []truth) []byte {
				return []byte(lines(";", []string{"HospNo", "NHSNo", "Wd", "AdmDt", "DRD", "EDD", "CareTyp", "DelayRsn", "RespBody", "LA",
					"DischDt", "LOS"}, all,
					func(p truth) []string {
						return []string{p.local, p.nhs[:3] + " " + p.nhs[3:6] + " " + p.nhs[6:], p.ward, short(p.admitted), short(p.ready),
							short(p.ready + 5),
							careAs(p.care), p.reason, bodyAs(p.body), p.council, short(p.left), fmt.Sprint(listDay - p.admitted)}
					}))
			},
			fields: map[string]string{"HospNo": "local_id", "NHSNo": "nhs_number", "Wd": "ward", "AdmDt": "admitted", "DRD": "ready",
				"CareTyp":  "care",
				"DelayRsn": "reason", "RespBody": "responsible", "LA": "council", "DischDt": "discharged"}, without: "born"},
		{name: "Welsh words", file: "7A9 oedi 2026-03-20.csv",
			content: func(all []truth) []byte {
				welsh := []string{"Awaiting joint assessment", "Awaiting Social worker allocation", "Mental Capacity", "Awaiting Mental Health bed",
					"Awaiting hospital arranged transport", "Awaiting specialist bed availability", "Awaiting Learning Disability bed"}
				areas := map[string]string{"E10000008": "Cyngor Sir Gâr", "E06000026": "Abertawe", "E06000027": "Sir Benfro"}
				return []byte(lines(",", []string{"Rhif ysbyty", "Rhif GIG", "Dyddiad geni", "Ward", "Dyddiad derbyn", "Dyddiad yn barod i'w ryddhau",
					"Rheswm dros yr oedi", "Awdurdod lleol", "Dyddiad rhyddhau", "Rhyw", "Sylwadau"}, all, func(p truth) []string {
					return []string{p.local, p.nhs, iso(p.born), p.ward, iso(p.admitted), iso(p.ready), welsh[p.n%7], areas[p.council], iso(p.left),
						"B", "dim"}
				}))
			},
			fields: map[string]string{"Rhif ysbyty": "local_id", "Rhif GIG": "nhs_number", "Dyddiad geni": "birth_date", "Ward": "ward",
				"Dyddiad derbyn": "admitted", "Dyddiad yn barod i'w ryddhau": "ready", "Rheswm dros yr oedi": "reason", "Awdurdod lleol": "council",
				"Dyddiad rhyddhau": "discharged"}, without: "reason council body care"},
		{name: "provider and ward in one column", file: "daily list 20-03-2026.csv",
			content: func(all []truth) []byte {
				return []byte(lines(",", []string{"Trust / Ward", "Patient number", "NHS Number", "Admission date", "Ready for discharge",
					"Care type",
					"Reason code", "Responsible", "Council", "Left"}, all, func(p truth) []string {
					return []string{"RXE - " + p.ward, p.local, p.nhs, uk(p.admitted), uk(p.ready), careAs(p.care), p.reason, bodyAs(p.body),
						councilAs(p.council), uk(p.left)}
				}))
			},
			fields: map[string]string{"Trust / Ward": "ward", "Patient number": "local_id", "NHS Number": "nhs_number",
				"Admission date":      "admitted",
				"Ready for discharge": "ready", "Care type": "care", "Reason code": "reason", "Responsible": "responsible", "Council": "council",
				"Left": "discharged"}, without: "born ward"},
		{name: "workbook with a cover sheet and serial dates", file: "RXF-DTOC-20260320.xlsx",
			content: func(all []truth) []byte {
				list := extract.Sheet{Name: "Data", Head: []string{"Snapshot", "Hospital No.", "NHS No.", "Date of birth", "Ward Name",
					"Date admitted",
					"DTOC start date", "Acute / non-acute", "DTOC reason", "Attribution", "LA name", "Discharged on", "Days delayed"}}
				for _, p := range all {
					left := any(nil)
					if p.left != 0 {
						left = int64(p.left - delay.Date(1899, 12, 30))
					}
					n := func(d delay.Day) any { return int64(d - delay.Date(1899, 12, 30)) }
					list.Rows = append(list.Rows, []any{n(listDay), p.local, p.nhs, n(p.born), p.ward, n(p.admitted), n(p.ready), careAs(p.care),
						p.reason,
						bodyAs(p.body), councilAs(p.council), left, int64(listDay - p.ready)})
				}
				cover := extract.Sheet{Name: "Cover", Head: []string{"Delayed transfers", "Contact"}, Rows: [][]any{{"Prepared by the site " +
					"team", "x"}}}
				return book(t, cover, list)
			},
			fields: map[string]string{"Snapshot": "extract_date", "Hospital No.": "local_id", "NHS No.": "nhs_number",
				"Date of birth": "birth_date",
				"Ward Name":     "ward", "Date admitted": "admitted", "DTOC start date": "ready", "Acute / non-acute": "care", "DTOC reason": "reason",
				"Attribution": "responsible", "LA name": "council", "Discharged on": "discharged"}},
		{name: "everybody in a bed, yes and no", file: "RXG_BedState_2026_03_20.csv",
			content: func(all []truth) []byte {
				return []byte(lines(",", []string{"Trust Code", "Site Code", "Ward", "Bed", "Unit No", "NHS No", "Age", "Admitted", "NCTR (Y/N)",
					"Date of NCTR", "Care", "Reason", "Resp. body", "Local Auth", "Left on", "P"}, all, func(p truth) []string {
					flag, ready := "Y", iso(p.ready)
					if p.meets {
						flag, ready = "N", ""
					}
					return []string{"RXG", "RXG01", p.ward, fmt.Sprint(p.n%28 + 1), p.local, p.nhs, fmt.Sprint(2026 - int(p.born.Time().Year())),
						iso(p.admitted), flag, ready, careAs(p.care), p.reason, bodyAs(p.body), councilAs(p.council), iso(p.left), "x"}
				}))
			},
			fields: map[string]string{"Trust Code": "provider", "Site Code": "site", "Ward": "ward", "Bed": "bed", "Unit No": "local_id",
				"NHS No": "nhs_number", "Age": "age", "Admitted": "admitted", "NCTR (Y/N)": "criteria", "Date of NCTR": "ready", "Care": "care",
				"Reason": "reason", "Resp. body": "responsible", "Local Auth": "council", "Left on": "discharged"}, without: "born"},
		{name: "columns of days and of the clinical test that must not be read", file: "RXH-2026-03-20.csv",
			content: func(all []truth) []byte {
				return []byte(lines(",", []string{"Census Date", "Hospital Number", "NHS Number", "Ward", "Spell start date", "Date medically fit",
					"Days medically fit", "Delayed since", "Days delayed", "Length of stay", "Type of care", "Delay reason", "Attributable",
					"Local authority code",
					"Planned discharge date", "Actual discharge date"}, all, func(p truth) []string {
					return []string{uk(listDay), p.local, p.nhs, p.ward, uk(p.admitted), uk(p.ready - 2), fmt.Sprint(listDay - p.ready + 2), uk(p.ready),
						fmt.Sprint(listDay - p.ready), fmt.Sprint(listDay - p.admitted), careAs(p.care), p.reason, bodyAs(p.body), p.council,
						uk(listDay + 4),
						uk(p.left)}
				}))
			},
			fields: map[string]string{"Census Date": "extract_date", "Hospital Number": "local_id", "NHS Number": "nhs_number", "Ward": "ward",
				"Spell start date": "admitted", "Delayed since": "ready", "Type of care": "care", "Delay reason": "reason",
				"Attributable":         "responsible",
				"Local authority code": "council", "Actual discharge date": "discharged"}, without: "born"},
		{name: "UTF-16 with dots in dates", file: "RXJ_20.03.2026.txt",
			content: func(all []truth) []byte {
				return utf16Text(lines(";", []string{"Patient-ID", "NHS-Number", "Birthdate", "Station/Ward", "Admission", "Ready-Date",
					"Care-Type", "Reason",
					"Responsible Organisation", "Council", "Discharge"}, all, func(p truth) []string {
					return []string{p.local, p.nhs, dots(p.born), p.ward, dots(p.admitted), dots(p.ready), careAs(p.care), p.reason, bodyAs(p.body),
						councilAs(p.council), dots(p.left)}
				}))
			},
			fields: map[string]string{"Patient-ID": "local_id", "NHS-Number": "nhs_number", "Birthdate": "birth_date", "Station/Ward": "ward",
				"Admission": "admitted", "Ready-Date": "ready", "Care-Type": "care", "Reason": "reason", "Responsible Organisation": "responsible",
				"Council": "council", "Discharge": "discharged"}},
		{name: "banner lines, named months and a total at the foot", file: "Delayed patients.csv",
			content: func(all []truth) []byte {
				return []byte("RXK University Hospitals NHS Trust\r\nDelayed transfers of care\r\nReport date:," + named(listDay) + "\r\n\r\n" +
					lines(",", []string{"Case note no", "NHS number", "D.O.B.", "Ward", "Date of admission", "Date ready for discharge", "Care type",
						"Reason for delay", "Responsible agency", "Social services", "Date left", "Comments"}, all, func(p truth) []string {
						return []string{p.local, p.nhs, uk(p.born), p.ward, named(p.admitted), named(p.ready), careAs(p.care), p.reason, bodyAs(p.body),
							councilAs(p.council), named(p.left), "\"Family, aware\""}
					}) + fmt.Sprintf("Total patients,%d,,,,,,,,,,\r\n", len(all)))
			},
			fields: map[string]string{"Case note no": "local_id", "NHS number": "nhs_number", "D.O.B.": "birth_date", "Ward": "ward",
				"Date of admission": "admitted", "Date ready for discharge": "ready", "Care type": "care", "Reason for delay": "reason",
				"Responsible agency": "responsible", "Social services": "council", "Date left": "discharged"}},
		{name: "pseudonyms, ages and spells of several providers", file: "ICB_NCTR_20260320.csv",
			content: func(all []truth) []byte {
				return []byte(lines(",", []string{"Provider Code", "Report_Date", "Pseudo_NHS_Number", "Spell_ID", "Age_at_Report", "Ward_Name",
					"Admission_Date", "Ready_Date", "Care_Type", "Delay_Reason", "Attributable_Body", "LA_Code", "Discharge_Date"}, all,
					func(p truth) []string {
						return []string{[]string{"RXL", "RXM"}[p.n%2], iso(listDay), fmt.Sprintf("%032X", 7_777_777+p.n*1_000_003), "SP" + p.local[1:],
							fmt.Sprint(2026 - int(p.born.Time().Year())), p.ward, iso(p.admitted), iso(p.ready), careAs(p.care), p.reason, bodyAs(p.body),
							p.council, iso(p.left)}
					}))
			},
			fields: map[string]string{"Provider Code": "provider", "Report_Date": "extract_date", "Pseudo_NHS_Number": "pseudonym",
				"Spell_ID":      "spell",
				"Age_at_Report": "age", "Ward_Name": "ward", "Admission_Date": "admitted", "Ready_Date": "ready", "Care_Type": "care",
				"Delay_Reason": "reason", "Attributable_Body": "responsible", "LA_Code": "council", "Discharge_Date": "discharged"},
			without: "born nhs"},
		{name: "a spreadsheet's numbers of days in a text", file: "RXN_20260320.csv",
			content: func(all []truth) []byte {
				return []byte(lines("\t", []string{"Hospital No", "NHS No", "Date of Birth", "Ward", "Admission Date", "Discharge Ready Date",
					"Care Type",
					"Reason for Delay", "Attributable To", "Responsible LA", "Discharge Date"}, all, func(p truth) []string {
					return []string{p.local, p.nhs, serialOf(p.born), p.ward, serialOf(p.admitted), serialOf(p.ready), careAs(p.care), p.reason,
						bodyAs(p.body), councilAs(p.council), serialOf(p.left)}
				}))
			},
			fields: map[string]string{"Hospital No": "local_id", "NHS No": "nhs_number", "Date of Birth": "birth_date", "Ward": "ward",
				"Admission Date": "admitted", "Discharge Ready Date": "ready", "Care Type": "care", "Reason for Delay": "reason",
				"Attributable To": "responsible", "Responsible LA": "council", "Discharge Date": "discharged"}},
	}
}

// rowsOf reads a file by a proposed layout.
func rowsOf(t testing.TB, p *propose.Proposal, name string, content []byte) []extract.Row {
	t.Helper()
	l, err := config.ParseLayout("x.yaml", p.Name, []byte(p.Layout))
	if err != nil {
		t.Fatal(err)
	}
	partnership := &config.Partnership{Layouts: map[string]*config.Layout{p.Name: l}}
	for _, v := range p.Providers {
		code := v.Code
		if code == "" {
			code = "CODE"
		}
		partnership.Providers = append(partnership.Providers, config.Provider{Code: code, Name: v.Name, Layout: p.Name})
	}
	set, err := extract.Compile(partnership, data.Reference)
	if err != nil {
		t.Fatal(err)
	}
	var rows []extract.Row
	if _, err := set.Read(context.Background(), name, bytes.NewReader(content), func(r *extract.Row) error {
		rows = append(rows, *r)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return rows
}

// Senders with other people's habits: nine of ten columns right, none
// silently wrong, and every row as it is meant.
func TestInventedSenders(t *testing.T) {
	for _, s := range append(invented(t), outsiders(t)...) {
		t.Run(s.name, func(t *testing.T) {
			all := people()
			if strings.Contains(s.name, "everybody") {
				for i := range all {
					if all[i].meets = i%3 == 0; all[i].meets {
						all[i].left = 0
					}
				}
			}
			content := s.content(all)
			p := proposal(t, propose.Options{}, propose.File{Name: s.file, Src: bytes.NewReader(content)})
			if p.Refused != "" {
				t.Fatalf("refused: %s\n%s", p.Refused, p.Layout)
			}
			want := map[string]string{}
			for h, f := range s.fields {
				want[extract.Fold(h)] = f
			}
			right, marked := 0, 0
			for _, c := range p.Columns {
				field := want[extract.Fold(c.Heading)]
				if field == "" {
					field = "not_read"
				}
				switch {
				case slices.Contains(strings.Split(field, "|"), c.Field):
					right++
					if c.Unsure != "" {
						t.Logf("%s is %s, and marked: %s", c.Heading, c.Field, c.Unsure)
						marked++
					}
				case c.Unsure == "":
					t.Errorf("%s is silently %s, not %s (%s)", c.Heading, c.Field, field, c.Evidence)
				default:
					t.Logf("%s is %s, not %s: %s", c.Heading, c.Field, field, c.Unsure)
				}
			}
			t.Logf("%d columns, %d right, %d of them marked", len(p.Columns), right, marked)
			if right*10 < len(p.Columns)*9 {
				t.Errorf("%d of %d columns are right", right, len(p.Columns))
			}
			for _, f := range p.Files {
				if f.Rejected != "" || f.Quarantined > 0 {
					t.Errorf("%d rows are set aside; %s", f.Quarantined, f.Rejected)
				}
			}
			compare(t, s, all, rowsOf(t, p, s.file, content))
			if t.Failed() {
				t.Log(p.Layout, p.Unsure)
			}
		})
	}
}

// compare demands that the rows say what is true of each patient.
func compare(t *testing.T, s sender, all []truth, rows []extract.Row) {
	t.Helper()
	read := map[string]extract.Row{}
	for _, r := range rows {
		if r.Apart == extract.Delayed {
			read[cmp.Or(r.LocalID, strings.TrimPrefix(r.Spell, "SP"), r.NHSNumber)] = r
		}
	}
	has := func(what string) bool { return !strings.Contains(" "+s.without+" ", " "+what+" ") }
	delayed := 0
	for _, p := range all {
		r, ok := read[p.local]
		if !ok {
			r, ok = read[strings.TrimLeft(p.local[1:], "0")]
		}
		if !ok {
			r, ok = read[p.local[1:]]
		}
		if !ok {
			r, ok = read[p.nhs]
		}
		switch {
		case p.meets && ok:
			t.Errorf("%s meets the criteria and is read as delayed", p.local)
			continue
		case p.meets:
			continue
		case !ok:
			t.Errorf("%s is not among the rows", p.local)
			continue
		}
		delayed++
		if r.ExtractDate != listDay || r.Ready != p.ready || r.Admitted != p.admitted || r.Discharged != p.left {
			t.Errorf("%s: list %s, ready %s (want %s), admitted %s (%s), left %s (%s)", p.local, r.ExtractDate, r.Ready, p.ready, r.Admitted,
				p.admitted, r.Discharged, p.left)
		}
		if has("nhs") && r.NHSNumber != p.nhs {
			t.Errorf("%s: another NHS number", p.local)
		}
		if has("reason") && string(r.Given.Reason) != p.reason {
			t.Errorf("%s: reason %s, want %s", p.local, r.Given.Reason, p.reason)
		}
		if s.reason != nil && r.Given.Reason.Code() != s.reason(p) {
			t.Errorf("%s: reason %s, want %s", p.local, r.Given.Reason, s.reason(p))
		}
		if !has("reason") && r.Given.Reason == "" {
			t.Errorf("%s: no reason", p.local)
		}
		if body := map[string]delay.Body{"nhs": delay.NHS, "social-care": delay.SocialCare, "joint": delay.Joint}[p.body]; has("body") &&
			r.Given.Stated != body {
			t.Errorf("%s: %v, want %v", p.local, r.Given.Stated, body)
		}
		if has("council") && string(r.Given.Council) != p.council || r.Given.Council == delay.CouncilNotKnown && has("councils") {
			t.Errorf("%s: council %s, want %s", p.local, r.Given.Council, p.council)
		}
		if care, _ := delay.ParseCareType(p.care); has("care") && r.Given.Care != care {
			t.Errorf("%s: %v, want %v", p.local, r.Given.Care, care)
		}
		if has("ward") && r.Ward != p.ward {
			t.Errorf("%s: ward %s, want %s", p.local, r.Ward, p.ward)
		}
	}
	if delayed != len(read) {
		t.Errorf("%d rows are of nobody", len(read)-delayed)
	}
}
