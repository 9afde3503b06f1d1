package extract_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"homeward/data"
	"homeward/internal/attribution"
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/problem"
)

const plymouthHeadings = "Extract date,Provider,Site,Ward,Local patient ID,NHS number,Date of birth,Sex,Admission date,Discharge ready " +
	"date,Type of care,Reason for delay,Attributable to,Local authority,Pathway,Estimated discharge date,Discharge date,Comments"

// plymouth makes a file of RK9 for 1 June 2019. Each row gives what differs
// from a sound one, as heading=value pairs separated by semicolons.
func plymouth(rows ...string) []byte {
	headings := strings.Split(plymouthHeadings, ",")
	var b strings.Builder
	b.WriteString(plymouthHeadings + "\r\n")
	for i, row := range rows {
		cells := map[string]string{"Extract date": "2019-06-01", "Provider": "RK9", "Site": "RK901", "Ward": "Ward 1",
			"Local patient ID": fmt.Sprintf("RK9%03d", i),
			"NHS number":       testNumber(i), "Date of birth": "1940-01-01", "Admission date": "2019-05-01", "Discharge ready date": "2019-05-20",
			"Type of care": "Acute", "Reason for delay": "A", "Attributable to": "NHS", "Local authority": "E06000026"}
		for pair := range strings.SplitSeq(row, ";") {
			if k, v, ok := strings.Cut(pair, "="); ok {
				cells[k] = v
			}
		}
		for j, h := range headings {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteString(cells[h])
		}
		b.WriteString("\r\n")
	}
	return []byte(b.String())
}

func TestRowRules(t *testing.T) {
	set := devon(t)
	type want struct{ kept, quarantined, excluded int }
	kept, quarantined, excluded := want{1, 0, 0}, want{0, 1, 0}, want{0, 0, 1}
	for _, c := range []struct {
		name, row, rule, says string
		want                  want
		check                 func(extract.Row) bool
	}{
		{"sound", "", "", "", kept, nil},
		{"R2 no identifier at all", "NHS number=;Local patient ID=", "R2", "no patient identifier", quarantined, nil},
		{"R2 filler identifiers only", "NHS number=0000000000;Local patient ID=unknown", "R2", "no local patient ID", quarantined, nil},
		{"R2 no ready date", "Discharge ready date=", "R2", "a blank", quarantined, nil},
		{"R2 ready date of words", "Discharge ready date=next Tuesday", "R2", "next Tuesday", quarantined, nil},
		{"R2 ready date on 30 February", "Discharge ready date=2019-02-30", "R2", "2019-02-30", quarantined, nil},
		{"R2 ready date after the extract date", "Discharge ready date=2019-06-02", "R2", "after", quarantined, nil},
		{"R2 ready on the extract date is right", "Discharge ready date=2019-06-01", "", "", kept, nil},
		{"R2 discharge before ready", "Discharge date=2019-05-19", "R2", "before", quarantined, nil},
		{"R2 blank reason kept", "Reason for delay=", "R2", "blank", kept, func(r extract.Row) bool { return r.Given.Reason == "" }},
		{"R2 unknown reason kept", "Reason for delay=Q7", "R2", "'Q7'", kept, func(r extract.Row) bool {
			return r.Given.Reason == "" && r.Given.Words.Reason == "Q7"
		}},
		{"R2 D alone is Di or Dii", "Reason for delay=D", "R2", "'D'", kept, func(r extract.Row) bool { return r.Given.Reason == "" }},
		{"R2 code and label contradict", "Reason for delay=A) HOUSING", "R2", "contradict", kept,
			func(r extract.Row) bool { return r.Given.Reason == "" }},
		{"A2 unknown body", "Attributable to=Somebody", "R2", "'Somebody'", kept,
			func(r extract.Row) bool { return r.Given.StatedUnread && r.Given.Stated == delay.NotAttributed }},
		{"A2 blank body", "Attributable to=", "", "", kept, func(r extract.Row) bool {
			return !r.Given.StatedUnread && r.Given.Stated == delay.NotAttributed
		}},
		{"A2 another word", "Attributable to=SSD", "R2", "usually", kept, func(r extract.Row) bool { return r.Given.Stated == delay.SocialCare }},
		{"R3 wrong check digit", "NHS number=9990000019", "R3", "not valid", kept,
			func(r extract.Row) bool { return r.NHSNumber == "" && r.LocalID == "RK9001" }},
		{"R3 spreadsheet number", "NHS number=9.99E+09", "R3", "scientific", kept, func(r extract.Row) bool { return r.NHSNumber == "" }},
		{"R3 unknown council", "Local authority=Narnia", "R3", "Narnia", kept, func(r extract.Row) bool { return r.Given.Council == "" }},
		{"R3 ready before admission", "Admission date=2019-05-21", "R3", "before the admission", kept, nil},
		{"R3 ready on the day of admission is right", "Admission date=2019-05-20", "", "", kept, nil},
		{"R3 age over 120", "Date of birth=1898-01-01", "R3", "over 120", kept, nil},
		{"R3 born after ready", "Date of birth=2019-05-21", "R3", "after the discharge ready date", kept, nil},
		{"R3 ready over a year back", "Discharge ready date=2018-05-01;Admission date=2018-04-01", "R3", "over a year", kept, nil},
		{"C4 planned discharge is not kept", "Discharge date=2019-06-09", "", "", kept, func(r extract.Row) bool { return r.Discharged == 0 }},
		{"C4 discharge on the extract date", "Discharge date=2019-06-01", "", "", kept,
			func(r extract.Row) bool { return r.Discharged == delay.MustDay("2019-06-01") }},
		{"C14 under 18 the day before the birthday", "Date of birth=2001-05-21", "C14", "under 18", excluded, nil},
		{"C14 eighteen on the ready date counts", "Date of birth=2001-05-20", "", "", kept, nil},
		{"C14 paediatric care", "Type of care=Paediatrics", "C14", "outside", excluded, nil},
		{"C14 maternity care", "Type of care=Maternity", "C14", "outside", excluded, nil},
		{"C14 ready and left on one day", "Discharge date=2019-05-20", "C14", "no delay", excluded, nil},
		{"A7 by name", "Local authority=Torbay Council", "", "", kept, func(r extract.Row) bool { return r.Given.Council == "E06000027" }},
		{"A7 by number", "Local authority=912", "", "", kept, func(r extract.Row) bool { return r.Given.Council == "E10000008" }},
		{"A7 another council of England", "Local authority=Cornwall Council", "", "", kept,
			func(r extract.Row) bool { return r.Given.Council == "E06000052" }},
		{"A7 district maps up", "Local authority=E07000040", "R3", "E07000040", kept,
			func(r extract.Row) bool { return r.Given.Council == "E10000008" }},
		{"A7 abolished council maps to its successor", "Local authority=Bournemouth", "R3", "no longer", kept,
			func(r extract.Row) bool { return r.Given.Council == "E06000058" }},
		{"A7 resident in Wales", "Local authority=Resident in Wales", "", "", kept,
			func(r extract.Row) bool { return r.Given.Council == "W92000004" }},
		{"A7 a council of Wales", "Local authority=Powys County Council", "R3", "outside England", kept,
			func(r extract.Row) bool { return r.Given.Council == "W92000004" }},
		{"A7 outside Great Britain", "Local authority=9902", "", "", kept, func(r extract.Row) bool { return r.Given.Council == "9902" }},
		{"A7 blank", "Local authority=", "R3", "blank", kept, func(r extract.Row) bool { return r.Given.Council == "" }},
		{"R8 control characters", "Ward=\x1b[31mWard\u200b 1\u202e", "R8", "invisible", kept,
			func(r extract.Row) bool { return r.Ward == "[31mWard 1" }},
		{"R8 a very long ward", "Ward=" + strings.Repeat("w", 300), "R8", "too long", kept,
			func(r extract.Row) bool { return len(r.Ward) == 200 }},
		{"R8 a cell beyond the bound", "Ward=" + strings.Repeat("w", 70_000), "R8", "too long", quarantined, nil},
		{"R4 blank provider", "Provider=", "R4", "blank", kept, nil},
		{"R6 blank extract date", "Extract date=", "R6", "blank", kept, nil},
		{"R6 unreadable extract date", "Extract date=soon", "R6", "soon", quarantined, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			// A sound row beside it fixes the file's date and provider.
			sum, rows, err := read(t, set, "RK9_2019-06-01.csv", plymouth("Local patient ID=sound;NHS number=9434765919", c.row))
			if err != nil {
				t.Fatal(err)
			}
			if got := (want{sum.Kept - 1, sum.Quarantined, sum.Excluded}); got != c.want {
				t.Errorf("kept, quarantined, excluded: got %v, want %v: %v", got, c.want, sum.Problems)
			}
			if c.rule == "" && len(sum.Problems) > 0 {
				t.Errorf("nothing to say, but: %v", sum.Problems)
			}
			if c.rule != "" && (len(sum.Problems) == 0 || sum.Problems[0].Rule != c.rule || sum.Problems[0].Line != 3 ||
				!strings.Contains(sum.Problems[0].String(), c.says)) {
				t.Errorf("want %s, line 3, %q: %v", c.rule, c.says, sum.Problems)
			}
			if c.check != nil && !c.check(rows[1]) {
				t.Errorf("%+v", rows[1])
			}
			for _, p := range sum.Problems {
				for _, secret := range []string{"9990000019", "RK9001", "1898", testNumber(1)} {
					if strings.Contains(p.String(), secret) {
						t.Errorf("R1: an identifying value is shown: %v", p)
					}
				}
			}
		})
	}
}

func TestFileRules(t *testing.T) {
	set := devon(t)
	sound := string(plymouth("", "", ""))
	for _, c := range []struct{ name, file, content, says string }{
		{"R4 no such layout", "list.csv", "a,b,c\n1,2,3\n", "No heading row"},
		{"R4 provider that is no partner", "MHS_RXX_20190601.csv", sound, "not a provider of this partnership"},
		{"R4 no provider to be found", "list.csv", "Hosp No,NHS No,Ward Name,DTOC Agreed,Type,DTOC " +
			"Reason,Attributable,Council\n1,,W,01/05/2019,Acute,A) X,NHS,Devon\n", "No provider"},
		{"R4 another provider's code inside", "RK9_2019-06-01.csv", string(plymouth("", "Provider=RA9")), "another provider's code"},
		{"R4 column missing", "RK9_2019-06-01.csv", strings.Replace(sound, "Reason for delay", "Why", 1), "Reason for delay"},
		{"R4 column twice", "RK9_2019-06-01.csv", strings.Replace(sound, "Comments", "Reason for delay", 1), "twice"},
		{"R6 name and column disagree", "RK9_2019-06-02.csv", sound, "do not match"},
		{"R6 month first by the name", "RK9_2019-01-06.csv", strings.ReplaceAll(sound, "2019-06-01", "01/06/2019"), "American"},
		{"R6 no date at all", "RH8 DTOC 99-99-2019.csv", "Hosp No,NHS No,DTOC Agreed,Type,DTOC Reason,Attributable,Council\n", "No extract date"},
		{"R8 too many columns", "RK9_2019-06-01.csv", strings.Replace(sound, "Comments", "Comments"+strings.Repeat(",x", 300), 1),
			"too many columns"},
		{"R4 PDF", "RK9_2019-06-01.csv", "%PDF-1.7 x", "PDF"},
		{"R4 empty", "RK9_2019-06-01.csv", "", "empty"},
		{"R4 only blanks", "RK9_2019-06-01.csv", "\xEF\xBB\xBF \r\n\r\n", "empty"},
		{"R4 zip that is no workbook", "RA9-delays-20190601.xlsx", zipped(map[string]string{"a.txt": "x"}), "not a workbook"},
		{"R4 Word document", "RA9-delays-20190601.xlsx", zipped(map[string]string{"word/document.xml": "<x/>"}), "Word"},
		{"month first in the ready column", "RK9_2019-06-01.csv", string(plymouth("Discharge ready date=05/20/2019",
			"Discharge ready date=05/04/2019", "Discharge ready date=05/21/2019")), "other order"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sum, _, err := read(t, set, c.file, []byte(c.content))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("want %q, got %v, %v", c.says, err, sum.Problems)
			}
			if sum.Read != 0 || len(sum.Dates) != 0 {
				t.Errorf("R4: a rejected file counts for nothing: %+v", sum)
			}
		})
	}
}

func zipped(parts map[string]string) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range parts {
		w, _ := z.Create(name)
		w.Write([]byte(content))
	}
	z.Close()
	return b.String()
}

// book makes a workbook of RA9 with the sheets' XML as given.
func book(shared string, sheets ...string) []byte {
	parts := map[string]string{
		"_rels/.rels":          `<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/sharedStrings.xml": shared,
	}
	list, rels := "", `<Relationship Id="s" Type="x/sharedStrings" Target="sharedStrings.xml"/>`
	for i, s := range sheets {
		list += fmt.Sprintf(`<sheet name="S%d" sheetId="%d" r:id="r%d"/>`, i, i+1, i)
		rels += fmt.Sprintf(`<Relationship Id="r%d" Type="x/worksheet" Target="/xl/worksheets/s%d.xml"/>`, i, i)
		parts[fmt.Sprintf("xl/worksheets/s%d.xml", i)] = "<worksheet><sheetData>" + s + "</sheetData></worksheet>"
	}
	parts["xl/workbook.xml"] = `<workbook xmlns:r="r"><sheets>` + list + `</sheets></workbook>`
	parts["xl/_rels/workbook.xml.rels"] = "<Relationships>" + rels + "</Relationships>"
	return []byte(zipped(parts))
}

var torbayHeadings = []string{"Trust", "Hospital", "Ward", "Patient ID", "NHS Number", "DOB", "Admission", "Ready for Discharge",
	"Acute/Non-Acute", "Code", "Responsible Body", "Responsible LA", "Discharged"}

func sheetRow(n int, cells ...string) string {
	row := fmt.Sprintf(`<row r="%d">`, n)
	for _, c := range cells {
		row += `<c t="inlineStr"><is><t>` + c + `</t></is></c>`
	}
	return row + "</row>"
}

func torbayRow(n int, id, ready string) string {
	return sheetRow(n, "RA9", "Torbay Hospital", "W1", id, "9990000018", "", "", ready, "Acute", "A", "Health", "Torbay", "")
}

func TestWorkbook(t *testing.T) {
	set := devon(t)
	const name = "RA9-delays-20190601.xlsx"
	headings := sheetRow(3, torbayHeadings...)
	none := "<sst/>"
	t.Run("R1 XML that breaks off rejects the file", func(t *testing.T) {
		content := book(none, headings+torbayRow(4, "1", "01/05/2019")+"<row><c>")
		if _, _, err := read(t, set, name, content); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Error(err)
		}
	})
	t.Run("R4 two sheets with rows", func(t *testing.T) {
		sheet := headings + torbayRow(4, "1", "01/05/2019")
		if _, _, err := read(t, set, name, book(none, sheet, sheet)); err == nil || !strings.Contains(err.Error(), "Two sheets") {
			t.Error(err)
		}
	})
	t.Run("a second sheet with headings only", func(t *testing.T) {
		sum, _, err := read(t, set, name, book(none, headings+torbayRow(4, "1", "01/05/2019"), headings))
		if err != nil || sum.Kept != 1 || sum.Sheet != "S0" {
			t.Error(err, sum)
		}
	})
	t.Run("shared texts without their readings", func(t *testing.T) {
		row := strings.Replace(torbayRow(4, "1", "01/05/2019"), `<c t="inlineStr"><is><t>W1</t></is></c>`, `<c r="C4" t="s"><v>0</v></c>`, 1)
		_, rows, err := read(t, set, name, book(`<sst><si><r><t>Ward </t></r><r><t>9</t></r><rPh><t>no</t></rPh></si></sst>`, headings+row))
		if err != nil || len(rows) != 1 || rows[0].Ward != "Ward 9" {
			t.Error(err, rows)
		}
	})
	t.Run("numbers as days and exponents", func(t *testing.T) {
		row := strings.NewReplacer(`<c t="inlineStr"><is><t>01/05/2019</t></is></c>`, `<c r="H4"><v>43586.5</v></c>`,
			`<c t="inlineStr"><is><t>77</t></is></c>`, `<c r="D4"><v>7.7E1</v></c>`).Replace(torbayRow(4, "77", "01/05/2019"))
		_, rows, err := read(t, set, name, book(none, headings+row))
		if err != nil || len(rows) != 1 || rows[0].Ready != delay.MustDay("2019-05-01") || rows[0].LocalID != "77" {
			t.Errorf("%v %+v", err, rows)
		}
	})
	t.Run("R8 entities are refused", func(t *testing.T) {
		content := book(`<!DOCTYPE sst [<!ENTITY a "b">]><sst><si><t>&a;</t></si></sst>`, headings)
		if _, _, err := read(t, set, name, content); err == nil || !strings.Contains(err.Error(), "DOCTYPE") {
			t.Error(err)
		}
	})
	t.Run("R8 an unpacked size that passes the limit", func(t *testing.T) {
		small := devon(t)
		small.Limits.Unpacked = 4096
		if _, _, err := read(t, small, name, book(none, headings+strings.Repeat(torbayRow(4, "1", "01/05/2019"), 50))); err == nil ||
			!strings.Contains(err.Error(), "limit") {
			t.Error(err)
		}
	})
	t.Run("R8 rows that pass the limit", func(t *testing.T) {
		small := devon(t)
		small.Limits.Rows = 100
		if _, _, err := read(t, small, name, book(none, headings+strings.Repeat("<row/>", 200))); err == nil ||
			!strings.Contains(err.Error(), "too many rows") {
			t.Error(err)
		}
	})
}

func TestQuoting(t *testing.T) {
	set := devon(t)
	line := func(comment string) string {
		return strings.TrimSuffix(string(plymouth("")), "\r\n") + comment + "\r\n"
	}
	head, _, _ := strings.Cut(line(""), "\r\n")
	row := strings.TrimPrefix(strings.TrimSuffix(line(""), "\r\n"), head+"\r\n")
	for _, c := range []struct {
		name, content     string
		kept, quarantined int
	}{
		{"line break in a cell", row + "\"one\r\ntwo\"\r\n" + row + "\r\n", 2, 0},
		{"not closed at the end of the file", row + "\r\n" + row + "\"one\r\n", 2, 0},
		{"not closed, with a separator", row + "\r\n" + row + "\"one, two\r\n" + row + "\r\n", 2, 1},
		{"not closed, quotes below", row + "\"one, two\r\n" + row + "\"a, b\"\r\n" + row + "\"a \"\"b\"\"\"\r\n", 2, 1},
		{"bare CR", strings.ReplaceAll(row+"\n"+row+"\n", "\n", "\r"), 2, 0},
		{"doubled CR", strings.ReplaceAll(row+"\n"+row+"\n", "\n", "\r\r\n"), 2, 0},
		{"a line over the bound", row + strings.Repeat("x", 5<<20) + "\r\n" + row + "\r\n", 1, 1},
		{"too few cells", row + "\r\n2019-06-01,RK9\r\n", 1, 1},
		{"blank cells too many", row + ",,,\r\n", 1, 0},
		{"total and footer", row + "\r\n,,\r\nTotal,1\r\nPage 1 of 1\r\n" + head + "\r\n", 1, 0},
	} {
		t.Run("R1 "+c.name, func(t *testing.T) {
			sum, _, err := read(t, set, "RK9_2019-06-01.csv", []byte(head+"\r\n"+c.content))
			if err != nil || sum.Kept != c.kept || sum.Quarantined != c.quarantined {
				t.Errorf("kept %d, quarantined %d, %v: %v", sum.Kept, sum.Quarantined, err, sum.Problems)
			}
			if c.quarantined > 0 && sum.Problems[0].Line == 0 {
				t.Errorf("the row is not named: %v", sum.Problems)
			}
		})
	}
}

func TestDates(t *testing.T) {
	set := devon(t)
	t.Run("R6 a backfill is an extract for each date", func(t *testing.T) {
		sum, _, err := read(t, set, "RK9 backfill.csv", plymouth("Extract date=2019-06-01", "Extract date=2019-06-02", "Extract date=2019-06-02"))
		if err != nil || len(sum.Dates) != 2 || sum.Dates[1].Kept != 2 || sum.Provider != "RK9" {
			t.Errorf("%v %+v", err, sum)
		}
	})
	t.Run("R4 headings and no rows", func(t *testing.T) {
		sum, _, err := read(t, set, "RK9_2019-06-01.csv", plymouth())
		if err != nil || len(sum.Dates) != 1 || sum.Dates[0].Read != 0 || len(sum.Problems) != 1 {
			t.Errorf("%v %+v", err, sum)
		}
	})
	t.Run("R6 rows whose date cannot be read count with the file's", func(t *testing.T) {
		sum, _, err := read(t, set, "RK9_2019-06-01.csv", plymouth("", "Extract date=soon", "Discharge ready date=TBC"))
		if err != nil || len(sum.Dates) != 1 || sum.Dates[0] != (extract.DateRows{Date: delay.MustDay("2019-06-01"), Read: 3, Kept: 1,
			Quarantined: 2}) {
			t.Errorf("%v %+v", err, sum)
		}
	})
}

func TestRatherThanGuess(t *testing.T) {
	set := devon(t)
	content := "ReportDate,OrgIDProv,LocalPatientId,NHSNumber,StartDateDelayDisch,EndDateDelayDisch,DelayDischReason,AttribToIndic," +
		"OrgIDRespLADelayDisch\n" +
		"2019-06-01,RWV,1,,2019-05-01,,I2,07,912\n2019-06-01,RWV,2,,2019-05-01,,J2,07,912\n2019-06-01,RWV,3,,2019-05-01,,98,04,912\n"
	_, rows, err := read(t, set, "MHS_RWV_20190601.csv", []byte(content))
	if err != nil || len(rows) != 3 {
		t.Fatal(err, rows)
	}
	t.Run("A2 housing beside a housing reason says nothing more", func(t *testing.T) {
		if g := rows[0].Given; g.Reason != "I" || g.Stated != delay.NotAttributed || g.StatedUnread {
			t.Errorf("%+v", g)
		}
	})
	t.Run("A2 housing beside another reason is unclear", func(t *testing.T) {
		if g := rows[1].Given; g.Reason != "O" || !g.StatedUnread || g.Care != delay.NonAcute {
			t.Errorf("%+v", g)
		}
	})
	t.Run("R2 no reason given", func(t *testing.T) {
		if g := rows[2].Given; g.Reason != "" || g.Words.Reason != "98" {
			t.Errorf("%+v", g)
		}
	})
	t.Run("A3 and A4 by the words of the layout", func(t *testing.T) {
		content := "Report Date\tHospital Number\tNHS Number\tDischarge Ready Date\tCare Type\tDelay Reason\tWaiting On\tFunding\tLocal " +
			"Authority\tDate Left\n" +
			"01/06/2019\t1\t\t01/05/2019\tAcute\tA\tCHC team; Social worker\t\tDevon\t\n01/06/2019\t2\t\t01/05/2019\tAcute\tA\tCHC team; " +
			"Vet\tSelf-funder\tDevon\t\n"
		_, rows, err := read(t, set, "rbz_2019-06-01.txt", []byte(content))
		if err != nil || len(rows) != 2 {
			t.Fatal(err)
		}
		if rows[0].Given.WaitingOn != attribution.OnNHS|attribution.OnCouncil || rows[1].Given.WaitingOn !=
			attribution.OnNHS|attribution.OrganisationUnread || rows[1].Given.Funding != attribution.SelfFunded {
			t.Errorf("%+v", rows)
		}
	})
}

// TestSixthTrust adds a trust with headings and words of its own: a file of
// data and no code.
func TestSixthTrust(t *testing.T) {
	fsys := fstest.MapFS{
		"partnership.yaml": {Data: []byte("name: P\ncouncils: [{code: E10000008, name: Devon, cssr: \"912\"}]\nproviders: [{code: RH5, name: " +
			"Somerset, layout: sixth}]\n")},
		"layouts/sixth.yaml": {Data: []byte(`
file: {name: '^delays (?P<date>.+)\.csv$', separator: bar}
columns: {local_id: [Hospital no, MRN], ready: Fit all three, care: Setting, reason: Waiting for, responsible: Whose, council: Home council}
dates: [d mmm yyyy]
words:
  reasons: {use: england-dtoc, add: {E: [Carers], Dii: [EMI nursing]}}
  responsible: {add: {nhs: [Us], social-care: [Them], joint: [All]}}
  care: {add: {acute: [Main site], non-acute: [Community hospital]}}
  councils: {E06000066: [Home]}
`)},
	}
	p, err := config.ParsePartnership(fsys, "partnership.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set, err := extract.Compile(p, data.Reference)
	if err != nil {
		t.Fatal(err)
	}
	sum, rows, err := read(t, set, "delays 1 June 2025.csv", []byte("Somerset\nMRN|Setting|Fit all three|Waiting for|Whose|Home "+
		"council\n7|Main site|3rd May 2025|carers|them|HOME\n8|Community hospital|Sat 3 May 2025|G|us|Devon\n"))
	if err != nil || sum.Provider != "RH5" || len(rows) != 2 || len(sum.Problems) != 0 {
		t.Fatalf("%v %+v", err, sum)
	}
	r := rows[0]
	if r.ExtractDate != delay.MustDay("2025-06-01") || r.Ready != delay.MustDay("2025-05-03") || r.Given.Reason != "E" ||
		r.Given.Stated != delay.SocialCare || r.Given.Care != delay.Acute || r.Given.Council != "E06000066" {
		t.Errorf("%+v", r)
	}
}

// TestStarter compiles what homeward init writes.
func TestStarter(t *testing.T) {
	p, err := config.ParsePartnership(config.Starter(), "partnership.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set, err := extract.Compile(p, data.Reference)
	if err != nil {
		t.Fatal(err)
	}
	if sum, _, err := read(t, set, "RK9_2019-06-01.csv", plymouth("", "")); err != nil || sum.Kept != 2 {
		t.Error(err, sum)
	}
}

// TestReference compiles every word list, so that a wrong one is found here.
func TestReference(t *testing.T) {
	files, err := fs.Glob(data.Reference, "words/*/*.yaml")
	if err != nil || len(files) < 6 {
		t.Fatal(err, files)
	}
	meanings := map[string][]string{"reasons": {"A", "B", "C", "Di", "Dii", "E", "F", "G", "H", "I", "O", config.NotKnown},
		"responsible": config.Bodies, "care": config.CareTypes, "waiting_on": config.Waited, "funding": config.Funders,
		"destination": config.Destinations}
	for _, file := range files {
		content, err := fs.ReadFile(data.Reference, file)
		if err != nil {
			t.Fatal(err)
		}
		list, err := config.ParseWordList(file, content)
		if err != nil {
			t.Error(err)
			continue
		}
		kind := strings.Split(file, "/")[1]
		if list.Name+".yaml" != strings.Split(file, "/")[2] {
			t.Errorf("%s is named %s inside", file, list.Name)
		}
		for meaning := range list.Words {
			if !strings.Contains(" "+strings.Join(meanings[kind], " ")+" ", " "+meaning+" ") {
				t.Errorf("%s: %q is no meaning", file, meaning)
			}
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	<-ctx.Done()
	_, err := devon(t).Read(ctx, "RK9_2019-03-31.csv", bytes.NewReader(backfill(5000)), func(*extract.Row) error { return nil })
	if !errors.Is(err, context.DeadlineExceeded) || problem.KindOf(err) == problem.Invalid {
		t.Error("a cancelled reading is not a wrong file:", err)
	}
	stop := errors.New("stop")
	if _, err := devon(t).Read(context.Background(), "RK9_2019-06-01.csv", bytes.NewReader(plymouth("")),
		func(*extract.Row) error { return stop }); !errors.Is(err, stop) {
		t.Error("each's own error is returned:", err)
	}
}

// TestEveryRowAccounted is R1 as a property: whatever is done to the cells of a
// file, a file that is not rejected accounts for each of its rows.
func TestEveryRowAccounted(t *testing.T) {
	set := devon(t)
	fields := []string{"Extract date", "Local patient ID", "NHS number", "Date of birth", "Admission date", "Discharge ready date",
		"Type of care", "Reason for delay", "Attributable to", "Local authority", "Discharge date", "Ward"}
	values := []string{"", " ", "x", "2019-05-20", "2019-06-01", "2030-01-01", "20/05/2019", "9990000018", "0000000000", "D.II.",
		"C) HOUSING", "\x00", "unknown", "#REF!", "2010-01-01", "Both", "Paediatric", "E07000040", "\u200b", "9.99E+09", "1/1/1", "Ward \"A\""}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 20).Draw(t, "rows")
		rows := make([]string, n)
		for i := range rows {
			for range rapid.IntRange(0, 3).Draw(t, "changes") {
				rows[i] += ";" + rapid.SampledFrom(fields).Draw(t, "field") + "=" + rapid.SampledFrom(values).Draw(t, "value")
			}
		}
		given := 0
		sum, err := set.Read(context.Background(), "RK9_2019-06-01.csv", bytes.NewReader(plymouth(rows...)), func(r *extract.Row) error {
			given++
			if r.Ready == 0 || r.ExtractDate == 0 || r.Ready > r.ExtractDate || r.NHSNumber == "" && r.LocalID == "" ||
				r.Discharged != 0 && (r.Discharged <= r.Ready || r.Discharged > r.ExtractDate) {
				t.Fatalf("a row that should not be given: %+v", r)
			}
			return nil
		})
		if err != nil {
			return
		}
		if sum.Kept != given || sum.Kept+sum.Quarantined+sum.Excluded != sum.Read || sum.Read != n {
			t.Fatalf("R1: %d rows, read %d, kept %d (given %d), quarantined %d, excluded %d", n, sum.Read, sum.Kept, given, sum.Quarantined,
				sum.Excluded)
		}
		perDate := 0
		for _, d := range sum.Dates {
			perDate += d.Read
			if d.Kept+d.Quarantined+d.Excluded != d.Read {
				t.Fatalf("R1 for %s: %+v", d.Date, d)
			}
		}
		if perDate != sum.Read {
			t.Fatalf("R1: %d rows by date, %d in all", perDate, sum.Read)
		}
	})
}
