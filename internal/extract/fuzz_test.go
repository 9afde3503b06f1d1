package extract

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"homeward/data"
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/problem"
)

func example(t testing.TB) *Set { return exampleOf(t, "devon") }

func exampleOf(t testing.TB, name string) *Set {
	p, err := config.ParsePartnership(data.Examples, name+"/partnership.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set, err := Compile(p, data.Reference)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// fuzzRead reads any bytes under any name: it must end, account for every row
// and give nothing that the rules forbid.
func fuzzRead(t *testing.T, set *Set, name string, content []byte) {
	given := 0
	sum, err := set.Read(context.Background(), name, bytes.NewReader(content), func(r *Row) error {
		if r.Apart == Delayed {
			given++
		}
		for _, s := range []string{r.Site, r.Ward, r.Bed, r.LocalID, r.Given.Words.Reason, r.Given.Words.Council} {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, isInvisible) || utf8.RuneCountInString(s) > maxText+1 {
				t.Errorf("R8: %q", s)
			}
		}
		if r.NHSNumber+r.LocalID+r.Pseudonym+r.Spell == "" || r.Apart == Delayed && r.Ready == 0 || r.Ready > r.ExtractDate {
			t.Errorf("R2: %+v", r)
		}
		return nil
	})
	if sum == nil {
		t.Fatal("no summary")
	}
	if err != nil {
		if problem.KindOf(err) != problem.Invalid {
			t.Errorf("the file is not wrong, the program is: %v", err)
		}
		if strings.Contains(err.Error(), "panic") {
			t.Errorf("a panic: %v", err)
		}
		return
	}
	for _, g := range sum.Groups.Sorted() {
		if g.Says == "" || g.Rows < len(g.Examples) || strings.ContainsFunc(g.Says, isInvisible) {
			t.Errorf("R1: a cause without words, or with more examples than rows: %+v", g)
		}
	}
	if sum.Kept != given || sum.Kept+sum.Quarantined+sum.Excluded != sum.Read {
		t.Errorf("R1: read %d, kept %d (given %d), quarantined %d, excluded %d", sum.Read, sum.Kept, given, sum.Quarantined, sum.Excluded)
	}
}

func FuzzReadCSV(f *testing.F) {
	set := example(f)
	set.Limits.Line, set.Limits.Rows = 64<<10, 10_000
	const head = "Extract date,Provider,Site,Ward,Local patient ID,NHS number,Date of birth,Sex,Admission date,Discharge ready date,Type of " +
		"care,Reason for delay,Attributable to,Local authority,Discharge date\n"
	const row = "2019-06-01,RK9,RK901,Ward 1,1,9990000018,1940-01-01,F,2019-05-01,2019-05-20,Acute,A,NHS,E06000026,\n"
	for _, s := range []string{strings.TrimSuffix(head+row, ",\n"), head + row + row[:len(row)-2] + "\"a \"b\" c\nd\"\n",
		strings.ReplaceAll(head+row, "2019-05-20", "2019-05-19T23:00:00Z"),
		head + strings.ReplaceAll(row, "2019-05-20", "20/05/2019") + strings.ReplaceAll(row, "2019-05-20", "2019-02-03"),
		"\"" + strings.ReplaceAll(head, ",", "\",\"") + "\n=\"1\",'2,_x000D_" + row, head + row + "\x00\x00\x1a",
		"", head, head + row + row, head + row + "\"open", strings.ReplaceAll(head+row, "\n", "\r"), head + "Total,1\n", "\xFF\xFEE\x00x\x00",
		strings.ReplaceAll(head+row, ",", "\t")} {
		f.Add("RK9_2019-06-01.csv", []byte(s))
	}
	f.Add("RH8 DTOC 01-06-2019.csv", []byte("x\nCensus: 01/06/2019\nHosp No,NHS No,Ward Name,Admit Dt,DTOC Agreed,Type,DTOC "+
		"Reason,Attributable,Council\n1,,\"W\x92\n2\",,01/05/2019,Acute,E) CARE,NHS,Devon\n"))
	f.Add("rbz_2019-06-01.txt", []byte("Report Date\tHospital Number\tNHS Number\tDischarge Ready Date\tCare Type\tDelay Reason\tWaiting "+
		"On\tFunding\tLocal Authority\tDate Left\n01/06/19\t1\t\t01/05/19\tAcute\tA\tCHC team; x\t\tDevon\t\n"))
	f.Fuzz(func(t *testing.T, name string, content []byte) { fuzzRead(t, set, name, content) })
}

// FuzzReadSeveral reads any bytes as a list of several providers.
func FuzzReadSeveral(f *testing.F) {
	set := exampleOf(f, "board-list")
	set.Limits.Line, set.Limits.Rows = 64<<10, 10_000
	const head = "Organisation_Code_Provider,Census_Date,NHS_Number,Person_Age,CDS_Unique_Identifier,Organisation_Site_Code,Current_Ward," +
		"Date_Of_Admission,Local_Authority,Criteria_To_Reside,Date_NCTR,Current_Delay_Code\n"
	const row = "RVJ,2026-11-02 00:00:00.000,5570351782,52,BRVJ000113,RVJ01,Ward 8,2026-10-30 00:00:00.000,NORTH SOMERSET,N,2026-11-01,NULL\n"
	for _, s := range []string{head, head + row + strings.Replace(row, "RVJ", "RA7", 1), head + strings.Replace(row, "RVJ,", "RXX,", 1),
		head + strings.Replace(row, "RVJ,", ",", 1) + row, head + strings.Replace(row, ",N,", ",Y,", 1)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		fuzzRead(t, set, "NCTR_Status_Report_Daily_20261102.csv", content)
	})
}

func FuzzReadXLSX(f *testing.F) {
	set := example(f)
	set.Limits.Unpacked, set.Limits.Rows = 1<<20, 10_000
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, content []byte) { fuzzRead(t, set, "RA9-delays-20190601.xlsx", content) })
}

// FuzzSheet gives any XML as the sheet of a sound workbook.
func FuzzSheet(f *testing.F) {
	set := example(f)
	set.Limits.Unpacked, set.Limits.Rows = 1<<20, 10_000
	head := ""
	for _, h := range []string{"Trust", "Hospital", "Ward", "Patient ID", "NHS Number", "DOB", "Admission", "Ready for Discharge",
		"Acute/Non-Acute", "Code", "Responsible Body", "Responsible LA", "Discharged"} {
		head += `<c t="inlineStr"><is><t>` + h + `</t></is></c>`
	}
	head = "<row>" + head + "</row>"
	f.Add("<worksheet><sheetData>"+head+`<row r="9"><c r="A9" t="s"><v>0</v></c><c r="D9"><v>7</v></c><c `+
		`r="H9"><v>43586</v></c></row></sheetData></worksheet>`, "<sst><si><t>RA9</t></si></sst>")
	f.Add("<worksheet><sheetData>"+head+`<row r="1048576"><c r="XFD1"><f>1+1</f></c></row>`, "<sst>")
	f.Fuzz(func(t *testing.T, sheet, shared string) {
		fuzzRead(t, set, "RA9-delays-20190601.xlsx", pack(t, sheet, shared))
	})
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{"2019-06-01", "1/6/2019", "01.06.19", "2019-05-17 00:00:00.000", "2019-05-06T23:30:00Z", "20190601",
		"1st June 2019", "Sat 1 Jun 2019", "43586.5", "30/02/2019", "Jun 1, 2019", "109573", "109574", "109700", "-1", "1e9"} {
		f.Add(s)
	}
	d := &dateReader{formats: mustFormats("dd/mm/yyyy", "dd/mm/yy"), serials: true}
	f.Fuzz(func(t *testing.T, s string) {
		v := d.read([]byte(s))
		if quick, ok := isoDate([]byte(s)); ok && quick != v {
			t.Errorf("%q: %+v, as any other text %+v", s, quick, v)
		}
		if (v.state == goodDate) != (v.day != 0) {
			t.Fatalf("%q: %+v", s, v)
		}
		if v.state != goodDate {
			return
		}
		if y := v.day.Time().Year(); y < firstYear || y > lastYear {
			t.Errorf("%q is in the year %d", s, y)
		}
		if again := d.read([]byte(v.day.String())); again.day != v.day {
			t.Errorf("%q is %s, read again %s", s, v.day, again.day)
		}
	})
}

// What is read at once is what would be read of it otherwise (R9).
func TestISODate(t *testing.T) {
	for _, d := range []*dateReader{{formats: mustFormats("dd/mm/yyyy")}, {formats: mustFormats("mm/dd/yyyy", "ddmmyy"), serials: true}} {
		for day := delay.MustDay("1850-01-01"); day < delay.MustDay("2202-01-01"); day++ {
			text := []byte(day.String())
			quick, ok := isoDate(text)
			if want := d.read(text); ok != (day >= delay.MustDay("1901-01-01") && day < delay.MustDay("2200-01-01")) || ok && quick != want {
				t.Fatalf("%s: %+v (%t), want %+v", text, quick, ok, want)
			}
		}
	}
	for _, s := range []string{"2019-02-29", "2019-13-01", "2019-00-10", "2019-01-00", "2019-1-101", "20190-1-01", "-019-01-01", "2019-01--1",
		"2019-01-0a", "2019/01/01", " 2019-01-1", "1900-01-01", "0001-01-01", "2999-12-31", "９9-01-01"} {
		if v, ok := isoDate([]byte(s)); ok {
			t.Errorf("%q is %+v", s, v)
		}
	}
}

func TestDate(t *testing.T) {
	d := &dateReader{formats: mustFormats("dd/mm/yyyy", "dd/mm/yy")}
	for text, want := range map[string]string{
		"2019-06-01": "2019-06-01", "2019/6/1": "2019-06-01", "01/06/2019": "2019-06-01", "1.6.2019": "2019-06-01", "01-06-2019": "2019-06-01",
		" 01 06 2019 ": "2019-06-01",
		"01/06/19":     "2019-06-01", "20190601": "2019-06-01", "1 June 2019": "2019-06-01", "01-Jun-2019": "2019-06-01",
		"1st June 2019": "2019-06-01", "Sat 1 Jun 2019": "2019-06-01", "June 1, 2019": "2019-06-01",
		"2019-05-30 14:35:00": "2019-05-30", "2019-05-06T23:30:00Z": "2019-05-06", "2019-05-17 00:00:00.000": "2019-05-17",
		"30/05/2019 2:35 PM": "2019-05-30", "29/02/2020": "2020-02-29",
		"30/02/2019": "", "29/02/2019": "", "05/13/2019": "", "2019-02-30": "", "today": "", "TBC": "", "43586": "", "1/1/1": "", "2019": "",
		"2019-06": "", "0019-06-01": "", "2019-06-01 and more": "", "2019-06-011": "", "12": "",
	} {
		if got := d.read([]byte(text)).day.String(); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for text, order := range map[string]dateOrder{"13/05/2019": orderDay, "05/06/2019": orderUnknown, "05/13/2019": orderMonth,
		"2019-05-13": orderUnknown} {
		if got := d.read([]byte(text)).order; got != order {
			t.Errorf("the order of %q: got %d, want %d", text, got, order)
		}
	}
	days := &dateReader{serials: true}
	for text, want := range map[string]string{"43586": "2019-05-01", "43586.999": "2019-05-01", "1": "", "2": "1900-01-02",
		"59": "1900-02-28", "61": "1900-03-01", "0": "", "999999": ""} {
		if got := days.read([]byte(text)).day.String(); got != want {
			t.Errorf("day number %q: got %q, want %q", text, got, want)
		}
	}
	days.from1904 = true
	if got := days.read([]byte("42124")).day; got != delay.MustDay("2019-05-01") {
		t.Errorf("from 1904: %s", got)
	}
}

func TestReasonWords(t *testing.T) {
	v, err := newVocabulary(data.Reference, "reasons", config.Vocabulary{Use: config.List{"england-dtoc"}})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"A": "A", "a.": "A", "e)": "E", "c": "C", "d.i": "Di", "D.II.": "Dii", "D(i)": "Di", "d (ii)": "Dii", "D i": "Di",
		"DII) NURSING HOME": "Dii", "D(i) Residential home": "Di", "d.ii) Nursing home": "Dii", "Di Residential home": "Di",
		"E – Awaiting care package in own home": "E", "G: Patient or family choice": "G",
		"DII_NURSING_HOME": "Dii", "I) HOUSING - PATIENTS NOT COVERED BY NHS AND COMMUNITY CARE ACT": "I",
		"Housing – patients not covered by Care Act": "I",
		"C) FURTHER  NON ACUTE\u00a0NHS CARE":        "C", "F) COMMUNITY EQUIPMENT/ADAPTATIONS": "F", "E) local words of our own": "E",
		"D": "not-known", "A/B": "not-known", "A or B": "not-known", "A) HOUSING": "not-known", "Z": "not-known", "K9": "not-known",
		"99": "not-known", "Z) HOUSING": "not-known", "0": "not-known",
	} {
		if got, _ := v.reason(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
