package published

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"homeward/internal/extract"
	"homeward/internal/problem"
)

func book(t testing.TB, sheets ...extract.Sheet) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := extract.WriteSheets(&out, sheets); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// columns are headings that WriteSheets wants over its rows.
func columns(n int) []string {
	var out []string
	for i := range n {
		out = append(out, "c"+strconv.Itoa(i))
	}
	return out
}

// readyBook is a workbook as definitions_2026.md describes the original: the
// headings in row 15 of UTLA Acceptable, 49 columns, bands that stand thrice.
func readyBook(t testing.TB) []byte {
	headings := make([]any, 49)
	for i := range headings {
		headings[i] = ""
	}
	blocks := make([]any, 49)
	copy(blocks, headings)
	blocks[15], blocks[23], blocks[31] = "Number of discharges", "Share of DELAYED discharges", "Share of bed days"
	for i, text := range map[int]string{
		0: "Summary Type", 1: "UTLA Code", 2: "UTLA", 8: "% of all UTLA discharges that are from acceptable trusts",
		9:  "Total Discharges of UTLA patients from provider",
		10: "Total Discharges for UTLA from acceptable trusts", 11: "Total bed days lost due to delayed discharge",
		13: "Date of discharge is same as Discharge Ready Date", 14: "Date of Discharge is 1+ days after Discharge Ready Date",
		16: "No delay", 17: "1 day delay", 18: "2-3 day delay", 19: "4-6 day delay", 20: "7-13 day delay", 21: "14-20 day delay",
		22: "21 days or more", 24: "1 day delay", 25: "2-3 day delay", 32: "1 day delay",
		46: "Average days from Discharge Ready Date to date of discharge (inc 0 day delays)",
		47: "Average days from Discharge Ready Date to date of discharge (exc 0 day delays)",
	} {
		headings[i] = text
	}
	row := func(kind, code, name string, discharges, days any) []any {
		cells := make([]any, 49)
		for i := range cells {
			cells[i] = "-"
		}
		cells[0], cells[1], cells[2], cells[8], cells[10], cells[11] = kind, code, name, 0.5, discharges, days
		cells[16], cells[17], cells[24], cells[32] = int64(90), int64(10), 0.4, 0.1
		return cells
	}
	rows := [][]any{{"Title:", "Timeliness of Acute Hospital Discharges completed within the month"}, {"Summary:", "x"},
		{"Period:", "1st August 2026"}, {"Source:", "NHS England"}, {"Basis:", "Provider"}, {"Published:", "8th  October 2026"},
		{"Revised:", "-"}}
	for len(rows) < 12 {
		rows = append(rows, []any{" "})
	}
	rows = append(rows, blocks, headings,
		row("National", "", "", 1000, 900), row("UTLA Aggregate", "E10000008", "Devon", 100, 69), row("UTLA Aggregate", "E08000016",
			"Barnsley", 50, "-"), row("UTLA Aggregate", "#N/A", "#N/A", 1, 1), row("UTLA Aggregate", "NULL", "NULL", 2, 2),
		row("Provider activity mapped to UTLA", "E10000008", "Devon", 30, 20), []any{"Note: '-' is suppressed"})
	// WriteSheets puts a row of headings first.
	for _, r := range rows {
		for i, c := range r {
			if n, ok := c.(int); ok {
				r[i] = int64(n)
			}
		}
	}
	return book(t, extract.Sheet{Name: "Cover Sheet", Head: columns(49), Rows: [][]any{{"", "Title:", "Timeliness of Acute Hospital " +
		"Discharges completed within the month"}, {"", "Period:", "1st August 2026"}, {"", "Published:", "8th  October 2026"}}},
		extract.Sheet{Name: "UTLA Acceptable", Head: columns(49), Rows: rows},
		extract.Sheet{Name: "UTLA Unacceptable", Head: columns(49), Rows: rows})
}

func TestReadyDateWorkbook(t *testing.T) {
	f, err := Read(readyBook(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if f.Series != ReadyDate || f.Vintage().String() != "2026-10-08" {
		t.Errorf("%s of %s", f.Series, f.Vintage())
	}
	f.expect(t, want{Council, "E10000008", BedDays, "", "2026-08", "2026-08"}, 69)
	f.expect(t, want{Council, "E10000008", Discharges, "delay=1", "", ""}, 10)
	f.expect(t, want{Council, "E10000008", "share_of_delayed", "delay=1", "", ""}, 0.4)
	f.expect(t, want{Council, "E10000008", "share_of_bed_days", "delay=1", "", ""}, 0.1)
	f.expect(t, want{Nation, "ENG", Discharges, "", "", ""}, 1000)
	if _, n, marks := f.sum(want{Council, "E08000016", BedDays, "", "", ""}); n != 0 || marks != 1 {
		t.Error("a dash was read as a number: it is suppressed, never 0")
	}
	if len(Averages(f.Values)) != 2 {
		t.Errorf("%+v", Averages(f.Values))
	}
	for _, v := range f.Values {
		if v.Code == "#N/A" || v.Code == "NULL" {
			t.Error("a row of no English council was kept")
		}
	}
	if len(f.Notes) == 0 {
		t.Error("nothing is said of what was passed over")
	}
}

const readyCSV = `Date,Data Type,Data Source,Region,UTLA Code,UTLA Name,Org Code,Org Name,Measure,Value
July 2026,National,SUS,[z],[z],[z],[z],England,Number of patients discharged in total,300000
July 2026,Regional,SUS,SOUTH WEST,[z],[z],Y58,SOUTH WEST,Number of patients discharged in total,40000
July 2026,ICB,SUS,SOUTH WEST,[z],[z],QJK,NHS DEVON,Total bed days lost due to delayed discharge,4000
July 2026,Provider,HODF,SOUTH WEST,[z],[z],RK9,"UNIVERSITY HOSPITALS PLYMOUTH NHS TRUST",Number of patients discharged in total,2500
July 2026,UTLA Aggregate,SUS,[z],E10000008,Devon,[z],[z],Number of patients discharged in total,6000
July 2026,UTLA Aggregate,SUS,[z],E10000008,Devon,[z],[z],Total bed days lost due to delayed discharge,4200
July 2026,UTLA Aggregate,SUS,[z],E10000008,Devon,[z],[z],"Number discharged with 2-3 day delay",[c]
July 2026,Provider activity mapped to UTLA,SUS,[z],E10000008,Devon,RK9,"X",Number of patients discharged in total,900
`

// originalCSV has the headings and labels of the original, as programs that read
// it name them.
const originalCSV = `Date,Data Type,Data Source,Upper Tier Local Authority Code,Upper Tier Local Authority,` +
	`Region (of Provider),ICB (of Provider),Code,Organisation Name,Measure,Value
May 2026,National,SUS,[z],[z],[z],[z],ENGLAND,ENGLAND,Number of patients discharged in total,341000
May 2026,National,SUS,[z],[z],[z],[z],ENGLAND,ENGLAND,% of providers submitting acceptable data,0.94
May 2026,Regional,SUS,[z],[z],SOUTH WEST,[z],Y58,SOUTH WEST,Number of patients discharged in total,33000
May 2026,Provider,SUS,[z],[z],SOUTH WEST,NHS DEVON,RK9,UNIVERSITY HOSPITALS PLYMOUTH NHS TRUST,Number of patients discharged in total,2500
May 2026,UTLA Aggregate,SUS,E10000008,Devon,[z],[z],[z],[z],Total Discharges for UTLA from acceptable trusts,5800
May 2026,UTLA Aggregate,SUS,E10000008,Devon,[z],[z],[z],[z],Number of patients discharged in total,6000
May 2026,UTLA Aggregate,SUS,E10000008,Devon,[z],[z],[z],[z],% of all UTLA discharges that are from acceptable trusts,0.966
May 2026,UTLA Aggregate,SUS,E10000008,Devon,[z],[z],[z],[z],Total bed days lost due to delayed discharge,4060
May 2026,UTLA Aggregate,SUS,E10000008,Devon,[z],[z],[z],[z],` +
	`"Number of patients discharged where, between the Discharge Ready Date and Discharge Date, there is a 2-3 day delay",310
May 2026,UTLA Aggregate,SUS,E10000008,Devon,[z],[z],[z],[z],` +
	`Total bed days after Discharge Ready Date for patients discharged within 2-3 days,760
May 2026,UTLA Aggregate,SUS,E10000008,Devon,[z],[z],[z],[z],A new share of delays within 2-3 day delay,0.1
May 2026,UTLA Aggregate,SUS,E10000008,Devon,[z],[z],[z],[z],Another share of delays within 2-3 day delay,0.2
May 2026,Provider activity mapped to UTLA,SUS,E10000008,Devon,SOUTH WEST,NHS DEVON,RK9,X,Total Discharges of UTLA patients from provider,900
`

func TestReadyDateOriginalHeadings(t *testing.T) {
	f, err := Read([]byte(originalCSV), Options{})
	if err != nil {
		t.Fatal(err)
	}
	f.expect(t, want{Nation, "ENG", Discharges, "", "2026-05", "2026-05"}, 341000)
	f.expect(t, want{Council, "E10000008", Discharges, "", "", ""}, 5800)
	f.expect(t, want{Council, "E10000008", inTotal, "", "", ""}, 6000)
	f.expect(t, want{Council, "E10000008", BedDays, "", "", ""}, 4060)
	f.expect(t, want{Council, "E10000008", BedDays, "delay=2-3", "", ""}, 760)
	f.expect(t, want{Council, "E10000008", Discharges, "delay=2-3", "", ""}, 310)
	f.expect(t, want{Council, "E10000008", Discharges, "provider=RK9", "", ""}, 900)
	f.expect(t, want{Council, "E10000008", "another_share_of_delays_within_2_3_day_delay", "", "", ""}, 0.2)
	f.expect(t, want{Region, "SOUTH WEST", Discharges, "", "", ""}, 33000)
	if a := Averages(f.Values); len(a) != 1 || a[0].Days() != "0.700000" {
		t.Errorf("%+v", a)
	}
}

func TestReadyDateCSV(t *testing.T) {
	f, err := Read([]byte(readyCSV), Options{})
	if err != nil {
		t.Fatal(err)
	}
	f.expect(t, want{Council, "E10000008", Discharges, "", "2026-07", "2026-07"}, 6000)
	f.expect(t, want{Council, "E10000008", Discharges, "provider=RK9", "", ""}, 900)
	f.expect(t, want{Provider, "RK9", Discharges, "", "", ""}, 2500)
	f.expect(t, want{Region, "SOUTH WEST", Discharges, "", "", ""}, 40000)
	f.expect(t, want{ICB, "QJK", BedDays, "", "", ""}, 4000)
	if _, n, marks := f.sum(want{Council, "E10000008", Discharges, "delay=2-3", "", ""}); n != 0 || marks != 1 {
		t.Error("[c] is a mark")
	}
}

func TestStatsWales(t *testing.T) {
	for _, text := range []string{
		"Data values,Date,Health board,Local authority,Reason for delay,Measure,Notes\n" +
			"12,April 2025,Powys Teaching Health Board,Powys,Awaiting completion of assessment by social care,Number of delays,\n" +
			"*,April 2025,Powys Teaching Health Board,Powys,Awaiting joint assessment,Number of delays,\n" +
			"340,April 2025,Powys Teaching Health Board,Powys,Awaiting completion of assessment by social care,Days delayed,\n",
		"\"Data\",\"Date_ItemName_ENG\",\"Healthboard_ItemName_ENG\",\"Localauthority_ItemName_ENG\"," +
			"\"Reason_ItemName_ENG\",\"Measure_ItemName_ENG\"\n" +
			"12,Apr-25,Powys Teaching Health Board,Powys,Awaiting completion of assessment by social care,Number of delays\n" +
			"*,Apr-25,Powys Teaching Health Board,Powys,Awaiting joint assessment,Number of delays\n" +
			"340,Apr-25,Powys Teaching Health Board,Powys,Awaiting completion of assessment by social care,Days delayed\n",
	} {
		f, err := Read([]byte(text), Options{})
		if err != nil {
			t.Fatal(err)
		}
		reason := "council=Powys; reason=Awaiting completion of assessment by social care"
		f.expect(t, want{Board, "Powys Teaching Health Board", "delays", reason, "2025-04", "2025-04"}, 12)
		f.expect(t, want{Board, "Powys Teaching Health Board", "days_delayed", reason, "2025-04", "2025-04"}, 340)
	}
}

// The old return's workbook by council, saved as .xlsx, with the headings that
// changed over the years.
func TestOldReturnWorkbook(t *testing.T) {
	sheet := func(name string, headings []any, rows ...[]any) extract.Sheet {
		all := [][]any{{"", "Title:", "Delayed Transfers of Care"}, {"", "Period:", "December 2019"}, {"", "Published:", "13th February 2020"},
			{"", "Revised:", "-"}, headings}
		return extract.Sheet{Name: name, Head: columns(8), Rows: append(all, rows...)}
	}
	f, err := Read(book(t,
		sheet("LA - by Type of care", []any{"Region", "ONS Geography", "Code", "Name", "Acute", "Non-Acute", "TOTAL",
			"Average Number of People Delayed per Day"},
			[]any{"", "", "-", "England", int64(100), int64(50), int64(150), 4.8},
			[]any{"South West", "E10000008", "912", "Devon", int64(10), "NA", int64(15), 0.5}, []any{"", "Note: as published"}),
		sheet("LA - by Responsible Org", []any{"Region", "ONS Geography", "Code", "Name", "NHS", "Social Care", "Both", "TOTAL"},
			[]any{"South West", "E10000008", "912", "Devon", int64(9), int64(5), int64(1), int64(15)}),
		sheet("LA - by Reason", []any{"SHA", "Code", "Name", "A) Completion of Assessment", "Di) Residential Home", "Dii) Nursing Home",
			"C) Further Non Acute NHS Care (incl. Intermediate Care)", "Total"},
			[]any{"South West", "912", "Devon", int64(5), int64(3), int64(3), int64(4), int64(15)})), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if f.Series != OldReturn || f.Published.String() != "2020-02-13" {
		t.Errorf("%s, %s", f.Series, f.Published)
	}
	for breakdown, n := range map[string]float64{"": 15, "body=NHS": 9, "care=acute": 10, "reason=A": 5, "reason=DI": 3, "reason=DII": 3,
		"reason=C": 4} {
		f.expect(t, want{Council, "912", DelayedDays, breakdown, "2019-12", "2019-12"}, n)
	}
	f.expect(t, want{Nation, "ENG", DelayedDays, "", "", ""}, 150)
	if _, _, marks := f.sum(want{Council, "912", DelayedDays, "care=non-acute", "", ""}); marks != 1 {
		t.Error("NA is a mark")
	}
}

// TestRefused names what each refused file is told.
func TestRefused(t *testing.T) {
	council := "utla_code,utla_name,month,discharges,same_day,delayed,bed_days_after_drd\nE10000008,Devon,Apr 2024,10,8,2,5\n"
	for name, c := range map[string]struct{ text, says string }{
		"a list of patients": {"NHS number,Name,Ward,Ready\n9990000018,A. Person,Lilac,2026-01-01\n", "NHS number, Name, Ward, Ready"},
		"nothing":            {"", "empty file"},
		"an old workbook":    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....", "Save it as an Excel workbook (.xlsx)"},
		"words in a figure":  {council + "E06000026,Plymouth,Apr 2024,about ten,8,2,5\n", "row 3"},
		"a month that is none": {
			council + "E06000026,Plymouth,Apr 20245,10,8,2,5\n", "period of row 3 cannot be read"},
		"a file that was cut off":  {council + "E06000026,Pl\n", "looks cut off"},
		"two values of one figure": {council + "E10000008,Devon,Apr 2024,11,8,2,5\n", "twice and differently"},
		"headings alone":           {"utla_code,utla_name,month,discharges,same_day,delayed,bed_days\n", "no figure"},
		"an identifier among areas": {
			council + "999 000 0018,Plymouth,Apr 2024,10,8,2,5\n", "reads as an NHS number"},
		"no month":         {"Code,NHS DToC days,Social Care DToC days\nRDD,1,2\n", "such as 2020-02 (the command has --month for it)"},
		"a figure too big": {council + "E06000026,Plymouth,Apr 2024,1e300,8,2,5\n", "no figure"},
		"a formula":        {council + "E06000026,Plymouth,Apr 2024,=1+1,8,2,5\n", "no figure"},
	} {
		t.Run("R8 "+name, func(t *testing.T) {
			_, err := Read([]byte(c.text), Options{})
			if err == nil || problem.KindOf(err) != problem.Invalid || !strings.Contains(err.Error(), c.says) {
				t.Errorf("it is told: %v", err)
			}
			if err != nil && (strings.Contains(err.Error(), "9990000018") || strings.Contains(err.Error(), "A. Person")) {
				t.Errorf("a cell with an identifier is shown: %v", err)
			}
		})
	}
	if _, err := Read(make([]byte, MaxBytes+1), Options{}); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("a file beyond the limit: %v", err)
	}
}

// TestToleratesPreambleAndFootnotes reads what stands around a table.
func TestToleratesPreambleAndFootnotes(t *testing.T) {
	f, err := Read([]byte("Discharge ready date by council\nPublished: 10 July 2025\nRevised:,9th July 2026\n\n"+
		"UTLA Code,UTLA Name,Month,Discharges,Same day,Delayed,Bed days\n"+
		"E10000008,Devon,2024-04,\"1,234\",1000,234,*\nNote: * is fewer than five\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if f.Published.String() != "2025-07-10" || f.Revised.String() != "2026-07-09" || len(f.Values) != 4 {
		t.Errorf("%+v", f)
	}
	f.expect(t, want{Council, "E10000008", Discharges, "", "2024-04", "2024-04"}, 1234)
}

func TestDecimalAddsUpExactly(t *testing.T) {
	for text, want := range map[string]string{"0.825571": "0.825571", "-3.5": "-3.5", "12": "12", "0.1": "0.1", "18.399999999999999": "18.4"} {
		if d, ok := ParseDecimal(text); !ok || d.String() != want {
			t.Errorf("%s is %s", text, d)
		}
	}
	a, _ := ParseDecimal("0.1")
	b, _ := ParseDecimal("0.2")
	if (a + b).String() != "0.3" {
		t.Error((a + b).String())
	}
}

// FuzzRead reads any bytes: it never panics, and what it reads is numbers and
// marks on days that exist, with nothing that steers a device.
func FuzzRead(f *testing.F) {
	f.Add([]byte(readyCSV))
	f.Add([]byte(originalCSV))
	f.Add([]byte("MonthOfDelay,CA,AgeGroup,ReasonForDelay,NumberOfDelayedBedDays\n202401,S12000049,18plus,All Delay Reasons,12\n"))
	f.Add([]byte("period,financial_year,region,ons_code,la_code,la_name,nhs_days,total_days\n2011-04,2011-12,,,-,England,1,2\n"))
	f.Add([]byte("Year,Period Name,Provider Org Code,Local Authority Code,Local Authority Name,Acute Or Non Acute Description," +
		"Reason For Delay,NHS A SUM," +
		"NHS B SUM,Social Care A SUM,Social Care B SUM,Both A SUM,Both B SUM\n2016-17,OCTOBER,AXG,817,W,Acute,I_HOUSING,0,6,,,0,0\n"))
	f.Fuzz(readsRightly)
}

// FuzzReadBook does so with workbooks, which are slow to change.
func FuzzReadBook(f *testing.F) {
	f.Add(readyBook(f))
	f.Fuzz(readsRightly)
}

func readsRightly(t *testing.T, data []byte) {
	file, err := Read(data, Options{})
	if err != nil {
		if problem.KindOf(err) != problem.Invalid {
			t.Fatalf("not a problem of the file: %v", err)
		}
		return
	}
	if _, ok := SeriesNamed(file.Series); !ok {
		t.Fatalf("series %q", file.Series)
	}
	for _, v := range file.Values {
		if v.Text != "" {
			if _, ok := ParseDecimal(v.Text); !ok {
				t.Fatalf("no number: %+v", v)
			}
		} else if v.Mark == "" {
			t.Fatalf("neither number nor mark: %+v", v)
		}
		if y := v.Period.First.Time().Year(); y < 1990 || y > 2100 {
			t.Fatalf("period %+v", v)
		}
		for _, text := range []string{v.Code, v.Name, v.Measure, v.Breakdown, v.Mark} {
			if strings.ContainsAny(text, "\x00\r\n\t\x1b") {
				t.Fatalf("steers a device: %+v", v)
			}
		}
	}
}
