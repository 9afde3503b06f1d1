package extract_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"homeward/data"
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/extract"
)

// said gives all that a receipt would show of a file.
func said(sum *extract.Summary, err error) string {
	var b strings.Builder
	fmt.Fprintln(&b, err, sum.Doubt)
	for _, g := range sum.Groups.Sorted() {
		fmt.Fprintln(&b, g.Severity, g.Rule, g.Says)
	}
	return b.String()
}

// tab makes a tab-separated file of RBZ for 20 June 2026.
func tab(rows ...map[string]string) []byte {
	headings := []string{"Report Date", "Hospital Number", "NHS Number", "Ward", "Spell Start", "Discharge Ready Date", "Care Type",
		"Delay Reason", "Waiting On", "Funding", "Local Authority", "Date Left", "Medically Fit"}
	var b strings.Builder
	b.WriteString(strings.Join(headings, "\t") + "\n")
	for i, row := range rows {
		cells := map[string]string{"Report Date": "20/06/2026", "Hospital Number": fmt.Sprint("N", 100+i), "Ward": "W1",
			"Spell Start": "01/05/2026", "Discharge Ready Date": "10/06/2026",
			"Care Type": "Acute", "Delay Reason": "A", "Local Authority": "Devon"}
		maps.Copy(cells, row)
		for j, h := range headings {
			if j > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(cells[h])
		}
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

func utf16le(text []byte) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(string(text))) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

// sheetOf makes a workbook of RA9 for 20 March 2026 whose cells are numbers where
// they look like numbers, as spreadsheets keep dates.
func sheetOf(rows ...[]string) []byte {
	all := sheetRow(3, torbayHeadings...)
	for i, row := range rows {
		all += fmt.Sprintf(`<row r="%d">`, i+4)
		for j, cell := range row {
			ref := fmt.Sprintf("%c%d", 'A'+j, i+4)
			if cell == "" {
				continue
			}
			if strings.Trim(cell, "0123456789.") == "" {
				all += `<c r="` + ref + `"><v>` + cell + `</v></c>`
			} else {
				all += `<c r="` + ref + `" t="inlineStr"><is><t>` + cell + `</t></is></c>`
			}
		}
		all += "</row>"
	}
	return book("<sst/>", all)
}

func torbay(i int, ready, born, left string) []string {
	return []string{"RA9", "Torbay", "W1", fmt.Sprint(200001 + i), "", born, "46027", ready, "Acute", "E", "Health", "Torbay", left}
}

func day(s string) delay.Day { return delay.MustDay(s) }

// Workbook dates are what the workbook shows (R9), in every column and epoch.
func TestR9Serials(t *testing.T) {
	set := devon(t)
	for serial, want := range map[string]string{
		"46090": "2026-03-09", "46090.5": "2026-03-09", "46090.99999999999": "2026-03-10", "46090.9999999999": "2026-03-10",
		"46090.999999999": "2026-03-10",
		"46090.99":        "2026-03-09", "46090.9999": "2026-03-09", "46090.00000000001": "2026-03-09", "46089.99999999999": "2026-03-09",
	} {
		sum, rows, err := read(t, set, "RA9-delays-20260320.xlsx", sheetOf(torbay(0, serial, "14748.99999999999", "")))
		if err != nil || len(rows) != 1 || rows[0].Ready != day(want) {
			t.Errorf("R9 %s: %v, want %s: %s", serial, rows, want, said(sum, err))
		}
	}
}

// Dates that stand for none are blanks in every column and form, and said once a
// file (R9).
func TestR9StandIns(t *testing.T) {
	set := devon(t)
	for _, none := range []string{"0001-01-01", "1753-01-01", "1899-12-30", "1900-01-01", "2999-12-31", "9999-12-31", "9999-12-30",
		"01/01/1900", "31/12/9999", "12/31/9999", "1900-01-01 00:00:00.000",
		"9999-12-31T23:59:59.997", "19000101", "1 Jan 1900", "31.12.2999", "NULL", "n/a", "TBC", "-", "(null)", `\N`} {
		for _, column := range []string{"Discharge date", "Date of birth", "Admission date"} {
			sum, rows, err := read(t, set, "RK9_2019-06-01.csv", plymouth(column+"="+none, column+"="+none, column+"="+none))
			if err != nil || sum.Kept != 3 || rows[0].Discharged != 0 || column == "Admission date" && rows[0].Admitted != 0 ||
				len(sum.Problems) != 1 || sum.Problems[0].Line != 0 {
				t.Errorf("R9 %s as %s: %s", none, column, said(sum, err))
			}
		}
		if sum, _, err := read(t, set, "RK9_2019-06-01.csv", plymouth("", "Discharge ready date="+none)); err != nil || sum.Kept != 1 ||
			sum.Quarantined != 1 {
			t.Errorf("R2 a ready date %s: %s", none, said(sum, err))
		}
	}
	for _, serial := range []string{"1", "0", "2958465", "2958464", "401768", "2958465.99999", "401768.5"} {
		sum, rows, err := read(t, set, "RA9-delays-20260320.xlsx", sheetOf(torbay(0, "46090", serial, serial), torbay(1, "46090", "14748", "")))
		if err != nil || len(rows) != 2 || rows[0].Discharged != 0 {
			t.Errorf("R9 serial %s: %s", serial, said(sum, err))
		}
	}
	// People were born on it.
	if sum, _, err := read(t, set, "RK9_2019-06-01.csv", plymouth("Date of birth=1970-01-01")); err != nil || len(sum.Problems) != 0 {
		t.Errorf("R9 1970-01-01: %s", said(sum, err))
	}
}

// A column of London midnights said in UTC is read as the London day (R9).
func TestR9MidnightInUTC(t *testing.T) {
	set := devon(t)
	row := func(ready string) string {
		return "Extract date=2026-06-20;Admission date=2026-03-02;Discharge ready date=" + ready
	}
	for _, c := range []struct {
		name  string
		ready []string
		want  []string
		says  string
	}{
		{"summer", []string{"2026-06-09T23:00:00Z", "2026-06-10T23:00:00Z"}, []string{"2026-06-10", "2026-06-11"}, "said in UTC"},
		{"winter and summer", []string{"2026-03-10T00:00:00Z", "2026-06-10T23:00:00Z"}, []string{"2026-03-10", "2026-06-11"}, "said in UTC"},
		{"winter alone", []string{"2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z"}, []string{"2026-03-10", "2026-03-11"}, "said in UTC"},
		{"without seconds", []string{"2026-06-09T23:00Z"}, []string{"2026-06-10"}, "said in UTC"},
		{"an offset of nought", []string{"2026-06-09 23:00:00+00:00", "2026-06-10 23:00:00.000+00:00"}, []string{"2026-06-10", "2026-06-11"},
			"said in UTC"},
		{"named", []string{"2026-06-09 23:00:00 UTC"}, []string{"2026-06-10"}, "said in UTC"},
		{"no mark", []string{"2026-06-09 23:00:00", "2026-03-10 00:00:00", "2026-06-10"}, []string{"2026-06-10", "2026-03-10", "2026-06-10"},
			"said in UTC"},
		{"day first", []string{"09/06/2026 23:00:00", "14/06/2026 23:00"}, []string{"2026-06-10", "2026-06-15"}, "said in UTC"},
		{"evening", []string{"09/06/2026 11:00:00 PM"}, []string{"2026-06-10"}, "said in UTC"},
		{"the night of the change of clocks", []string{"2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z"}, []string{"2026-03-29", "2026-03-30"},
			"said in UTC"},
		{"the mark comes late", append(slices.Repeat([]string{"2026-06-01"}, 5000), "2026-06-09T23:00:00Z"),
			append(slices.Repeat([]string{"2026-06-01"}, 5000), "2026-06-10"), "said in UTC"},
		{"another time is passed over", []string{"2026-06-09T23:00:00Z", "2026-06-09T14:30:00Z"}, []string{"2026-06-09", "2026-06-09"},
			"may be a day early"},
		{"a midnight of summer is no midnight in UTC", []string{"2026-06-09T23:00:00Z", "2026-06-09T00:00:00Z"},
			[]string{"2026-06-09", "2026-06-09"}, "may be a day early"},
		{"London's own", []string{"2026-06-10T00:00:00+01:00"}, []string{"2026-06-10"}, ""},
		{"times of day", []string{"2026-06-09 23:15:00", "2026-06-09 09:00"}, []string{"2026-06-09", "2026-06-09"}, ""},
	} {
		rows := make([]string, len(c.ready))
		for i, r := range c.ready {
			rows[i] = row(r)
		}
		for encoding, content := range map[string][]byte{"UTF-8": plymouth(rows...), "UTF-16": utf16le(plymouth(rows...))} {
			sum, got, err := read(t, set, "RK9_2026-06-20.csv", content)
			var ready []string
			for _, r := range got {
				ready = append(ready, r.Ready.String())
			}
			if err != nil || !slices.Equal(ready, c.want) {
				t.Errorf("R9 %s, %s: got %v, want %v: %s", c.name, encoding, ready[:min(len(ready), 5)], c.want[:min(len(c.want), 5)], said(sum, err))
			}
			if c.says == "" && strings.Contains(said(sum, err), "UTC ") || !strings.Contains(said(sum, err), c.says) {
				t.Errorf("R9 %s: want %q: %s", c.name, c.says, said(sum, err))
			}
		}
	}
	// In a workbook, as the part of a day; and in a column of discharges.
	sum, got, err := read(t, set, "RA9-delays-20260620.xlsx", sheetOf(torbay(0, "46182.9583333333", "14748", ""),
		torbay(1, "46183.95833333334", "14748", "")))
	if err != nil || len(got) != 2 || got[0].Ready != day("2026-06-10") || got[1].Ready != day("2026-06-11") {
		t.Errorf("R9 in a workbook: %v %s", got, said(sum, err))
	}
	sum, got, err = read(t, set, "RK9_2026-06-20.csv", plymouth(row("2026-06-10")+";Discharge date=2026-06-19T23:00:00Z"))
	if err != nil || len(got) != 1 || got[0].Discharged != day("2026-06-20") {
		t.Errorf("R9 a discharge: %v %s", got, said(sum, err))
	}
}

// Day and month swapped by a spreadsheet: the file is held and says so (R9).
func TestR9Swapped(t *testing.T) {
	set := devon(t)
	in := func(column string) func(...string) []byte {
		return func(dates ...string) []byte {
			rows := make([]string, len(dates))
			for i, d := range dates {
				rows[i] = "Extract date=2026-03-20;Admission date=2026-01-01;Discharge ready date=2026-03-02;" + column + "=" + d
				if column != "Discharge ready date" {
					rows[i] = strings.Replace(rows[i], "Discharge ready date=2026-03-02", "Discharge ready date=2026-03-19", 1)
				}
			}
			return plymouth(rows...)
		}
	}
	for _, c := range []struct {
		name    string
		content []byte
		file    string
		held    bool
	}{
		{"text and ISO text", in("Discharge ready date")("13/03/2026", "2026-02-03", "17/02/2026"), "RK9_2026-03-20.csv", true},
		{"with times", in("Discharge ready date")("13/03/2026 00:00", "2026-02-03 00:00:00"), "RK9_2026-03-20.csv", true},
		{"in the admissions", in("Admission date")("13/01/2026", "2026-02-03"), "RK9_2026-03-20.csv", true},
		{"in the births", in("Date of birth")("13/01/1940", "1941-02-03"), "RK9_2026-03-20.csv", true},
		{"in UTF-16", utf16le(in("Discharge ready date")("13/03/2026", "2026-02-03")), "RK9_2026-03-20.csv", true},
		{"a text date that could be swapped", in("Discharge ready date")("13/03/2026", "2026-02-03", "05/03/2026"), "RK9_2026-03-20.csv", false},
		{"a true date that could not", in("Discharge ready date")("13/03/2026", "2026-02-03", "2026-02-13"), "RK9_2026-03-20.csv", false},
		{"ISO dates alone", in("Discharge ready date")("2026-02-03", "2026-02-04"), "RK9_2026-03-20.csv", false},
		{"text alone", in("Discharge ready date")("13/03/2026", "14/03/2026"), "RK9_2026-03-20.csv", false},
		{"a stand-in is no date", in("Discharge date")("9999-12-31", "1900-01-01"), "RK9_2026-03-20.csv", false},
		{"a workbook", sheetOf(torbay(0, "13/03/2026", "14748", ""), torbay(1, "46056", "14748", "")), "RA9-delays-20260320.xlsx", true},
		{"tabs", tab(map[string]string{"Discharge Ready Date": "14/06/2026"}, map[string]string{"Discharge Ready Date": "2026-05-06"}),
			"rbz_2026-06-20.txt", true},
	} {
		sum, _, err := read(t, set, c.file, c.content)
		if err != nil || (sum.Doubt != "") != c.held {
			t.Errorf("R9 %s: held is not %v: %s", c.name, c.held, said(sum, err))
		}
		if c.held && !strings.Contains(sum.Doubt, "day and month") {
			t.Errorf("R9 %s: %s", c.name, sum.Doubt)
		}
	}
}

// dated compiles the worked example with other formats of dates for RK9.
func dated(t testing.TB, formats ...string) *extract.Set {
	t.Helper()
	p, err := config.ParsePartnership(data.Examples, "devon/partnership.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"plymouth-csv", "torbay-workbook"} {
		p.Layouts[name].Dates = formats
	}
	set, err := extract.Compile(p, data.Reference)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Two-digit years are said in every format, and nobody is left out as a child for
// one (R9).
func TestR9TwoDigitYears(t *testing.T) {
	for format, write := range map[string]func(y, m, d int) string{
		"ddmmyy":    func(y, m, d int) string { return fmt.Sprintf("%02d%02d%02d", d, m, y%100) },
		"dd/mm/yy":  func(y, m, d int) string { return fmt.Sprintf("%02d/%02d/%02d", d, m, y%100) },
		"d-mmm-yy":  func(y, m, d int) string { return fmt.Sprintf("%d-%s-%02d", d, "JanFebMarAprMay"[3*m-3:3*m], y%100) },
		"ddmmmyy":   func(y, m, d int) string { return fmt.Sprintf("%02d%s%02d", d, "JANFEBMARAPRMAY"[3*m-3:3*m], y%100) },
		"yymmdd":    func(y, m, d int) string { return fmt.Sprintf("%02d%02d%02d", y%100, m, d) },
		"mm.dd.yy":  func(y, m, d int) string { return fmt.Sprintf("%02d.%02d.%02d", m, d, y%100) },
		"yy-mm-dd":  func(y, m, d int) string { return fmt.Sprintf("%02d-%02d-%02d", y%100, m, d) },
		"mmm dd yy": func(y, m, d int) string { return fmt.Sprintf("%s %02d %02d", "JanFebMarAprMay"[3*m-3:3*m], d, y%100) },
	} {
		set := dated(t, format, "yyyy-mm-dd")
		rows := ""
		for _, born := range []int{1924, 1940, 2008, 1999, 2026, 1907} {
			rows += "|Extract date=2026-03-20;Admission date=" + write(2026, 1, 5) + ";Discharge ready date=" + write(2026, 3, 10) +
				";Date of birth=" + write(born, 5, 17)
		}
		sum, got, err := read(t, set, "RK9_2026-03-20.csv", plymouth(strings.Split(rows[1:], "|")...))
		if err != nil || sum.Kept != 6 || got[0].Ready != day("2026-03-10") || got[0].Admitted != day("2026-01-05") {
			t.Errorf("R9 %s: %v %s", format, got, said(sum, err))
		}
		for _, column := range []string{"Date of birth", "Admission date", "Discharge ready date"} {
			if !strings.Contains(said(sum, err), column+": dates with two-digit years") {
				t.Errorf("R9 %s: nothing said of %s: %s", format, column, said(sum, err))
			}
		}
		// The same as text in a workbook, where six digits look like a day's number.
		sum, got, err = read(t, set, "RA9-delays-20260320.xlsx", sheetOf(torbay(0, write(2026, 3, 10), write(1924, 5, 17), "")))
		if err != nil || len(got) != 1 || got[0].Ready != day("2026-03-10") {
			t.Errorf("R9 %s in a workbook: %v %s", format, got, said(sum, err))
		}
	}
}

// Every format that a layout accepts reads what it says, and no other day (R9).
func TestR9FormatsReadWhatTheySay(t *testing.T) {
	parts := [][]string{{"d", "dd"}, {"m", "mm", "mmm", "mmmm"}, {"yy", "yyyy"}}
	names := []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	write := func(part string, d delay.Day) string {
		y, m, n := d.Time().Date()
		switch part {
		case "d":
			return fmt.Sprint(n)
		case "dd":
			return fmt.Sprintf("%02d", n)
		case "m":
			return fmt.Sprint(int(m))
		case "mm":
			return fmt.Sprintf("%02d", int(m))
		case "mmm":
			return names[m-1][:3]
		case "mmmm":
			return names[m-1]
		case "yy":
			return fmt.Sprintf("%02d", y%100)
		}
		return fmt.Sprint(y)
	}
	accepted := 0
	for _, order := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		for _, a := range parts[order[0]] {
			for _, b := range parts[order[1]] {
				for _, c := range parts[order[2]] {
					for _, first := range []string{"", "/", "-", " ", ".", ", "} {
						for _, second := range []string{"", "/", " ", ", "} {
							format := a + first + b + second + c
							if _, err := config.ParseDateFormat(format); err != nil {
								continue
							}
							accepted++
							for _, d := range []string{"2019-05-01", "2019-05-09", "2019-05-20", "2018-12-31", "2019-02-03", "2018-10-11"} {
								text := write(a, day(d)) + first + write(b, day(d)) + second + write(c, day(d))
								if got := extract.ReadDate(text, format); got != day(d) {
									t.Fatalf("R9 %s: %q is read as %q, want %s", format, text, got, d)
								}
								if got := extract.ReadDate(strings.ToUpper(text)+" 14:35", format); got != day(d) {
									t.Fatalf("R9 %s: %q with a time is read as %q, want %s", format, text, got, d)
								}
							}
						}
					}
				}
			}
		}
	}
	t.Log(accepted, "formats")
	if extract.ReadDate("10JUN2026:00:00:00", "ddmmmyyyy") != day("2026-06-10") || extract.ReadDate("10jun2026") != day("2026-06-10") {
		t.Error("R9: dates of statistics packages")
	}
}

// Quotation marks: what is closed and fits is one cell; recovery names the cell
// and keeps the row (R10).
func TestR10Quoting(t *testing.T) {
	set := devon(t)
	headings := strings.Split(plymouthHeadings, ",")
	sound := strings.Split(strings.TrimSuffix(strings.SplitN(string(plymouth("")), "\r\n", 3)[1], "\r\n"), ",")
	quotedRow := func(sep string, set map[string]string) string {
		var cells []string
		for i, h := range headings {
			cell := sound[i]
			if v, ok := set[h]; ok {
				cell = v
			}
			cells = append(cells, `"`+cell+`"`)
		}
		return strings.Join(cells, sep)
	}
	lists := func(row string) []byte {
		return []byte(`"` + strings.Join(headings, `","`) + `"` + "\r\n" + quotedRow(",", nil) + "\r\n" + row + "\r\n" +
			quotedRow(",", map[string]string{"Local patient ID": "H9", "NHS number": ""}) + "\r\n")
	}
	for name, comment := range map[string]string{
		"marks around a word": `Ward "Lilac" side room`, "a mark before a separator": `Ward "Lilac", side room`,
		"a mark at the end": `see "Lilac"`, "one mark": `5" cot`,
		"a mark at the beginning": `"Lilac" ward`, "marks and a line break": "Ward \"Lilac\"\r\nside room",
		"marks and doubled marks": `Ward "Lilac" and ""Rose""`,
		"an inch and a comma":     `a 10" bed, low`,
	} {
		for _, column := range []string{"Comments", "Ward"} {
			row := quotedRow(",", map[string]string{column: comment, "Local patient ID": "H8", "NHS number": ""})
			sum, rows, err := read(t, set, "RK9_2019-06-01.csv", lists(row))
			if err != nil || sum.Kept != 3 || sum.Quarantined != 0 {
				t.Errorf("R10 %s in %s: %s", name, column, said(sum, err))
				continue
			}
			if rows[1].LocalID != "H8" || column == "Ward" && !strings.Contains(rows[1].Ward, strings.Fields(strings.Trim(comment, `"`))[0]) {
				t.Errorf("R10 %s: %+v", name, rows[1])
			}
			if len(sum.Problems) > 0 && sum.Problems[0].Field != column {
				t.Errorf("R10 %s: said of %s, not of %s", name, sum.Problems[0].Field, column)
			}
		}
	}
	head := plymouthHeadings + "\r\n"
	one := strings.Join(sound, ",")
	for _, c := range []struct {
		name, content     string
		kept, quarantined int
		says              string
	}{
		// A cell that is closed is one cell, whatever its lines look like.
		{"a table pasted into a comment", one + "\"first\r\n" + strings.Repeat("x,", 20) + "\r\nlast\"\r\n" +
			strings.Replace(one, "RK9000", "RK9001", 1) + "\r\n", 2, 0, "like rows of their own"},
		{"a stop sign at the end", one + "\r\n\x1a", 1, 0, "no text after the last row"},
		{"noughts at the end", one + "\r\n" + strings.Repeat("\x00", 8000), 1, 0, "no text after the last row"},
		{"other bytes at the end", one + "\r\n\x00\x01\x02PK\x03\x04\xff\xfe\n\x05\x06\x07\x08zzz\n", 1, 0, "no text after the last row"},
		{"bytes between rows", one + "\r\n\x00\x01\x02\x03\x04\r\n" + strings.Replace(one, "RK9000", "RK9001", 1) + "\r\n", 2, 1, "cells for"},
	} {
		sum, _, err := read(t, set, "RK9_2019-06-01.csv", []byte(head+c.content))
		if err != nil || sum.Kept != c.kept || sum.Quarantined != c.quarantined || !strings.Contains(said(sum, err), c.says) {
			t.Errorf("R10 %s: %s", c.name, said(sum, err))
		}
	}
}

// Rows that all end before the headings do (R11).
func TestR11ShortRows(t *testing.T) {
	set := devon(t)
	cut := func(n int, rows ...string) []byte {
		lines := strings.Split(strings.TrimSuffix(string(plymouth(rows...)), "\r\n"), "\r\n")
		for i := 1; i < len(lines); i++ {
			lines[i] = strings.Join(strings.Split(lines[i], ",")[:n], ",")
		}
		return []byte(strings.Join(lines, "\r\n") + "\r\n")
	}
	without := func(columns ...string) []byte {
		headings := strings.Split(plymouthHeadings, ",")
		lines := strings.Split(strings.TrimSuffix(string(plymouth("", "", "", "")), "\r\n"), "\r\n")
		for i := 1; i < len(lines); i++ {
			var cells []string
			for j, cell := range strings.Split(lines[i], ",") {
				if !slices.Contains(columns, headings[j]) {
					cells = append(cells, cell)
				}
			}
			lines[i] = strings.Join(cells, ",")
		}
		return []byte(strings.Join(lines, "\r\n") + "\r\n")
	}
	for _, c := range []struct {
		name              string
		content           []byte
		kept, quarantined int
	}{
		{"the last column, not read", cut(17, "", "", ""), 3, 0},
		{"a column that is needed", cut(16, "", ""), 0, 2},
		{"one row alone", cut(17, ""), 1, 0},
		{"blank cells do not matter", cut(17, "Type of care=;Local authority=", "Reason for delay=NULL"), 2, 0},
		{"the ward is missing", without("Ward"), 0, 4},
		{"site and ward are missing", without("Site", "Ward"), 0, 4},
		{"the local number is missing", without("Local patient ID"), 0, 4},
		{"the sex is missing, which is not read", without("Sex"), 0, 4},
		{"the date of birth is missing", without("Date of birth"), 0, 4},
		{"the reason is missing", without("Reason for delay"), 0, 4},
		{"not every row", append(cut(17, "", ""), []byte(strings.Split(string(plymouth("Local patient ID=9;NHS number=")), "\r\n")[1]+
			"\r\n")...), 1, 2},
		{"a total below", append(cut(17, "", ""), []byte("Total,2\r\n")...), 2, 0},
		{"cut off in the last row", append(cut(17, "", ""), []byte("2019-06-01,RK9,RK901")...), 2, 1},
		{"one word out of place", cut(17, "", "", "", "", "", "Type of care=Somewhere"), 5, 1},
	} {
		for encoding, content := range map[string][]byte{"UTF-8": c.content, "UTF-16": utf16le(c.content),
			"semicolons": bytes.ReplaceAll(c.content, []byte(","), []byte(";"))} {
			sum, _, err := read(t, set, "RK9_2019-06-01.csv", content)
			if err != nil || sum.Kept != c.kept || sum.Quarantined != c.quarantined {
				t.Errorf("R11 %s, %s: kept %d, quarantined %d: %s", c.name, encoding, sum.Kept, sum.Quarantined, said(sum, err))
			}
			if n := strings.Count(said(sum, err), "R11"); c.kept > 1 && c.quarantined == 0 && n != 1 {
				t.Errorf("R11 %s: said %d times: %s", c.name, n, said(sum, err))
			}
		}
	}
}

// What spreadsheets put around text is taken off every cell and heading (I1).
func TestI1SpreadsheetText(t *testing.T) {
	set := devon(t)
	marks := map[string]func(string) string{
		"equals":              func(s string) string { return `="` + s + `"` },
		"quoted equals":       func(s string) string { return `"=""` + s + `"""` },
		"apostrophe":          func(s string) string { return "'" + s },
		"blanks and equals":   func(s string) string { return ` ="` + s + `" ` },
		"escaped line break":  func(s string) string { return s + "_x000D_" },
		"apostrophe in marks": func(s string) string { return `="'` + s + `"` },
	}
	for name, mark := range marks {
		row := strings.Split(string(plymouth("")), "\r\n")[1]
		cells := strings.Split(row, ",")
		headings := strings.Split(plymouthHeadings, ",")
		for i, cell := range cells {
			if cell != "" {
				cells[i] = mark(cell)
			}
		}
		for i, h := range headings {
			headings[i] = mark(h)
		}
		for what, content := range map[string]string{
			"cells": plymouthHeadings + "\r\n" + strings.Join(cells, ",") + "\r\n", "headings": strings.Join(headings, ",") + "\r\n" + row + "\r\n",
			"both": strings.Join(headings, ",") + "\r\n" + strings.Join(cells, ",") + "\r\n",
		} {
			sum, rows, err := read(t, set, "RK9_2019-06-01.csv", []byte(content))
			if err != nil || sum.Kept != 1 || len(sum.Problems) != 0 {
				t.Errorf("I1 %s, %s: %s", name, what, said(sum, err))
				continue
			}
			if r := rows[0]; r.NHSNumber != testNumber(0) || r.LocalID != "RK9000" || r.Ward != "Ward 1" || r.Ready != day("2019-05-20") ||
				r.Given.Reason != "A" || r.Given.Council != "E06000026" {
				t.Errorf("I1 %s, %s: %+v", name, what, r)
			}
		}
	}
	for given, want := range map[string]string{"'Lilac' ward": "'Lilac' ward", "O'Neill": "O'Neill", `="A"&"B"`: `="A"&"B"`, "=1+1": "=1+1",
		"_x000D_": ""} {
		_, rows, err := read(t, set, "RK9_2019-06-01.csv", plymouth("Ward="+given))
		if err != nil || rows[0].Ward != want {
			t.Errorf("I1 %s: %v, %v", given, rows, err)
		}
	}
}

// Words for nothing in every optional column are blanks, said once a file and
// word.
func TestI2Nothings(t *testing.T) {
	set := devon(t)
	for _, word := range []string{"NULL", "null", "N/A", "n/k", "Unknown", "TBC", "-", "?", "None", "(blank)", "."} {
		row := ""
		for _, column := range []string{"Site", "Ward", "Date of birth", "Admission date", "Attributable to", "Pathway", "Discharge date",
			"Comments"} {
			row += ";" + column + "=" + word
		}
		sum, rows, err := read(t, set, "RK9_2019-06-01.csv", plymouth(row, row, row))
		if err != nil || sum.Kept != 3 || len(sum.Problems) != 1 || sum.Problems[0].Line != 0 {
			t.Errorf("I2 %s: %s", word, said(sum, err))
			continue
		}
		if r := rows[0]; r.Site+r.Ward != "" || r.Given.Words.Responsible != "" || r.Given.StatedUnread {
			t.Errorf("I2 %s: %+v", word, r)
		}
	}
	sum, _, err := read(t, set, "rbz_2026-06-20.txt", tab(map[string]string{"NHS Number": "9990000018", "Ward": "NULL",
		"Waiting On": "NULL", "Funding": "NULL", "Date Left": "NULL"}))
	if err != nil || len(sum.Problems) != 1 {
		t.Errorf("I2 in a tabbed text: %s", said(sum, err))
	}
	sum, _, err = read(t, set, "RA9-delays-20260320.xlsx", sheetOf([]string{"RA9", "NULL", "NULL", "7", "NULL", "NULL", "NULL", "46090",
		"Acute", "E", "NULL", "Torbay", "NULL"}))
	if err != nil || sum.Kept != 1 || len(sum.Problems) != 2 || sum.Problems[1].Rule != "I3" {
		t.Errorf("I2 in a workbook: %s", said(sum, err))
	}
}

// How many rows lack an identifier that the file has a column for is said once a
// file: it may change who is one person.
func TestI3Unnumbered(t *testing.T) {
	set := devon(t)
	for _, c := range []struct {
		row  string
		says string
	}{
		{"NHS number=", "NHS number: nothing that can be used in 2 of 3 rows"},
		{"NHS number=N/K", "NHS number: nothing that can be used in 2 of 3 rows"},
		{"Local patient ID=", "Local patient ID: nothing that can be used in 2 of 3 rows"},
		{"Local patient ID=XXXX", "Local patient ID: nothing that can be used in 2 of 3 rows"},
		{"Ward=", ""},
	} {
		sum, _, err := read(t, set, "RK9_2019-06-01.csv", plymouth(c.row, "", c.row))
		if err != nil || sum.Kept != 3 || !strings.Contains(said(sum, err), c.says) || len(sum.Problems) != min(len(c.says), 1) {
			t.Errorf("%s: %s", c.row, said(sum, err))
		}
	}
}

// A list that ends in a whole row without an end of its line may have been cut
// there, and says so; a total below it shows that it is whole.
func TestR10CutAfterARow(t *testing.T) {
	set := devon(t)
	whole := plymouth("", "", "")
	for _, c := range []struct {
		name, says string
		content    []byte
	}{
		{"whole", "", whole},
		{"cut", "without an end of its line", bytes.TrimRight(whole, "\r\n")},
		{"with a total", "", append(slices.Clone(whole), "Total,3"...)},
	} {
		sum, _, err := read(t, set, "RK9_2019-06-01.csv", c.content)
		if got := said(sum, err); err != nil || sum.Kept != 3 || !strings.Contains(got, c.says) ||
			strings.Contains(got, "its line") != (c.says != "") {
			t.Errorf("R10 %s: %s", c.name, got)
		}
	}
}

// A stray cell far to the right does not reject a list, on a cover sheet or on
// the list's own, and the message names the sheet.
func TestStrayCells(t *testing.T) {
	set := devon(t)
	list := sheetRow(3, torbayHeadings...) + torbayRow(4, "1", "01/05/2019")
	stray := func(text string) string {
		return `<row r="9"><c r="A9" t="inlineStr"><is><t>see the list</t></is></c><c r="XFC9" t="inlineStr"><is><t>` + text +
			`</t></is></c></row>`
	}
	for _, c := range []struct {
		name   string
		sheets []string
		says   string
	}{
		{"a blank on the cover", []string{stray(" "), list}, ""},
		{"a word on the cover", []string{stray("x"), list}, "column XFC on the sheet 'S0'"},
		{"a word on a sheet after", []string{list, stray("x")}, "column XFC on the sheet 'S1'"},
		{"a blank on the list", []string{list + `<row r="5"><c r="XFC5" t="inlineStr"><is><t> </t></is></c></row>`}, ""},
		{"a word on the list", []string{list + `<row r="5"><c r="XFD5" t="inlineStr"><is><t>x</t></is></c></row>`},
			"column XFD on the sheet 'S0'"},
	} {
		sum, _, err := read(t, set, "RA9-delays-20190601.xlsx", book("<sst/>", c.sheets...))
		if err != nil || sum.Kept != 1 || !strings.Contains(said(sum, err), c.says) || c.says == "" && len(sum.Problems) != 0 {
			t.Errorf("%s: %s", c.name, said(sum, err))
		}
	}
}

// Problems of one cause are said once, with their number and three rows, the
// worst first.
func TestGroups(t *testing.T) {
	set := devon(t)
	rows := slices.Repeat([]string{"Reason for delay=Awaiting POC"}, 14)
	rows = append(rows, "Discharge ready date=soon", "Discharge ready date=later", "Type of care=Maternity", "Local authority=Narnia")
	sum, _, err := read(t, set, "RK9_2019-06-01.csv", plymouth(rows...))
	if err != nil {
		t.Fatal(err)
	}
	groups := sum.Groups.Sorted()
	if len(groups) != 4 {
		t.Fatalf("got %d groups: %s", len(groups), said(sum, err))
	}
	if g := groups[0]; g.Severity != "quarantined" || g.Rows != 2 || len(g.Examples) != 2 ||
		g.Examples[0] != (extract.Example{Row: 16, Found: "'soon'"}) {
		t.Errorf("the worst first: %+v", g)
	}
	const says = "'Awaiting POC' (14 rows): not in the layout. Add it to a reason." + extract.ThenAgain + " Rows 2, 3, 4 and others."
	if g := groups[1]; g.Says != says ||
		len(g.Examples) != 3 {
		t.Errorf("%+v", g)
	}
	if g := groups[3]; g.Severity != "excluded" || g.Rows != 1 {
		t.Errorf("what is rightly left out comes last: %+v", g)
	}
	// Beyond the bound of single problems nothing is lost from the groups.
	set.Limits.Problems = 5
	if sum, _, _ := read(t, set, "RK9_2019-06-01.csv", plymouth(rows...)); sum.MoreProblems == 0 || len(sum.Groups.Sorted()) != 4 ||
		sum.Groups.Sorted()[1].Rows != 14 {
		t.Errorf("%+v", sum.Groups.Sorted())
	}
}
