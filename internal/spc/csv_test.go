package spc_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"homeward/internal/problem"
	"homeward/internal/spc"
)

const paramsHead = "series_id,improvement_direction,target,screen_outliers,fix_after_n_points,rebase,trend_length,beyond_counts," +
	"least_points\n"

// readings gives fourteen months of one series.
func readings(id string) string {
	var b strings.Builder
	for i := range 14 {
		fmt.Fprintf(&b, "%s,20%02d-%02d-01,%d\n", id, 19+i/12, i%12+1, 100+(i*7)%11)
	}
	return b.String()
}

func run(input, params string) (string, error) {
	var out bytes.Buffer
	err := spc.RunCSV(strings.NewReader(input), strings.NewReader(params), &out)
	return out.String(), err
}

func TestRunCSVReads(t *testing.T) {
	plain, err := run("series_id,date,value\n"+readings("a"), paramsHead+"a,decrease,,,,,,,\n")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(plain, "\n"); n != 15 {
		t.Fatalf("%d lines, want a heading and 14 readings", n)
	}
	swapped := func() string {
		var b strings.Builder
		b.WriteString("note,value,series_id,date\n")
		for line := range strings.Lines(readings("a")) {
			f := strings.Split(strings.TrimSpace(line), ",")
			fmt.Fprintf(&b, "x, %s,%s,%s\n", f[2], f[0], f[1])
		}
		return b.String()
	}
	for name, c := range map[string]struct{ input, params string }{
		"columns in another order": {swapped(), "improvement_direction,series_id\nDecrease,a\n"},
		"a byte order mark and CRLF": {"\uFEFF" + strings.ReplaceAll("series_id,date,value\n"+readings("a"), "\n", "\r\n"),
			"\uFEFFseries_id,improvement_direction\r\na,decrease\r\n"},
		"settings said in full":         {"series_id,date,value\n" + readings("a"), paramsHead + "a,decrease,NA,true,NA,,7,0,1\n"},
		"headings in capitals":          {"SERIES_ID,Date,VALUE\n" + readings("a"), "Series_ID,improvement_direction\na,decrease\n"},
		"rebase dates without readings": {"series_id,date,value\n" + readings("a"), paramsHead + "a,decrease,,,,2001-01-01; 2002-01-01;,,,\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := run(c.input, c.params)
			if err != nil {
				t.Fatal(err)
			}
			if got != plain {
				t.Error("the answers differ from those of the plain files")
			}
		})
	}
	t.Run("a fraction to fix after is cut off as in R", func(t *testing.T) {
		a, err1 := run("series_id,date,value\n"+readings("a"), paramsHead+"a,decrease,,,12.7,,,,\n")
		b, err2 := run("series_id,date,value\n"+readings("a"), paramsHead+"a,decrease,,,12,,,,\n")
		if err := errors.Join(err1, err2); err != nil || a != b || a == plain {
			t.Errorf("12.7 does not act as 12: %v", err)
		}
	})
	t.Run("missing values are rows", func(t *testing.T) {
		got, err := run("series_id,date,value\n"+readings("a")+"a,2021-01-01,\na,2021-02-01,NA\n", paramsHead+"a,decrease,,,,,,,\n")
		if err != nil || strings.Count(got, "\n") != 17 {
			t.Errorf("%v\n%s", err, got)
		}
	})
	t.Run("an empty file of readings says so for each series", func(t *testing.T) {
		got, err := run("series_id,date,value\n", paramsHead+"a,decrease,,,,,,,\n")
		if err == nil || !strings.Contains(err.Error(), `Series "a": There are no readings.`) || strings.Count(got, "\n") != 1 {
			t.Errorf("%v\n%s", err, got)
		}
	})
}

// TestRunCSVRefusesSeries leaves a series out and writes the others.
func TestRunCSVRefusesSeries(t *testing.T) {
	good := readings("good")
	for name, c := range map[string]struct{ input, params, says string }{
		"one date twice":           {readings("bad") + "bad,2019-04-01,3\n", "bad,decrease,,,,,,,\n", "two readings for 1 April 2019"},
		"date by day first":        {"bad,01/04/2019,3\n", "bad,decrease,,,,,,,\n", `On line 16 the date is "01/04/2019"`},
		"date that does not exist": {"bad,2019-02-30,3\n", "bad,decrease,,,,,,,\n", `"2019-02-30"`},
		"value in words":           {"bad,2019-04-01,three\n", "bad,decrease,,,,,,,\n", `the value is "three"`},
		"value with a comma":       {"bad,2019-04-01,\"1,200\"\n", "bad,decrease,,,,,,,\n", `the value is "1,200"`},
		"value infinite":           {"bad,2019-04-01,Inf\n", "bad,decrease,,,,,,,\n", `the value is "Inf"`},
		"value overflowing":        {"bad,2019-04-01,1e999\n", "bad,decrease,,,,,,,\n", `the value is "1e999"`},
		"value hexadecimal":        {"bad,2019-04-01,0x10\n", "bad,decrease,,,,,,,\n", `the value is "0x10"`},
		"no settings":              {"bad,2019-04-01,3\n", "", "no row of settings"},
		"settings twice":           {readings("bad"), "bad,decrease,,,,,,,\nbad,increase,,,,,,,\n", "two rows of settings"},
		"no direction":             {readings("bad"), "bad,,,,,,,,\n", "The improvement direction is blank"},
		"unknown direction":        {readings("bad"), "bad,sideways,,,,,,,\n", `The improvement direction is "sideways"`},
		"target in words":          {readings("bad"), "bad,decrease,low,,,,,,\n", `The target is "low"`},
		"screening in words":       {readings("bad"), "bad,decrease,,yes,,,,,\n", `screen_outliers is "yes"`},
		"fixed after 11":           {readings("bad"), "bad,decrease,,,11,,,,\n", `fix_after_n_points is "11"`},
		"fixed after less than 12": {readings("bad"), "bad,decrease,,,11.9,,,,\n", `fix_after_n_points is "11.9"`},
		"fixed after 0":            {readings("bad"), "bad,decrease,,,0,,,,\n", `fix_after_n_points is "0"`},
		"rebase in words":          {readings("bad"), "bad,decrease,,,,April,,,\n", `A rebase date is "April"`},
		"trend of eight":           {readings("bad"), "bad,decrease,,,,,8,,\n", "Choose 6 or 7"},
		"no readings":              {"", "bad,decrease,,,,,,,\n", "There are no readings"},
		"R8 name is a formula":     {readings("=1+1"), "=1+1,decrease,,,,,,,\n", "take for a formula"},
		"R8 name with a control":   {"\"b\x1bad\",2019-04-01,3\n", "\"b\x1bad\",decrease,,,,,,,\n", "control character"},
		"R8 name not UTF-8":        {"b\xffd,2019-04-01,3\n", "b\xffd,decrease,,,,,,,\n", "Save the file as UTF-8"},
		"no name":                  {",2019-04-01,3\n", ",decrease,,,,,,,\n", "has no name"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := run("series_id,date,value\n"+good+c.input, paramsHead+c.params+"good,decrease,,,,,,,\n")
			var refused *spc.Refused
			if !errors.As(err, &refused) || len(refused.Series) != 1 || problem.KindOf(err) != problem.Invalid {
				t.Fatalf("error is %v", err)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("error is %q, want one that says %q", err, c.says)
			}
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' }) {
				t.Errorf("R8 the error holds a control character: %q", err)
			}
			if n := strings.Count(out, "\ngood,"); n != 14 {
				t.Errorf("%d rows of the other series, want 14", n)
			}
			if strings.Count(out, "\n") != 15 {
				t.Errorf("the refused series was written:\n%s", out)
			}
		})
	}
}

// TestRunCSVRefusesFiles writes nothing when a file cannot be read.
func TestRunCSVRefusesFiles(t *testing.T) {
	input, params := "series_id,date,value\n"+readings("a"), paramsHead+"a,decrease,,,,,,,\n"
	for name, c := range map[string]struct{ input, params, says string }{
		"readings empty":             {"", params, "The file of readings is empty"},
		"settings empty":             {input, "", "The file of settings is empty"},
		"readings without a value":   {"series_id,date\na,2019-04-01\n", params, "no column value"},
		"settings without direction": {input, "series_id\na\n", "no column improvement_direction"},
		"two columns of values":      {"series_id,date,value,value\na,2019-04-01,1,2\n", params, "two columns value"},
		"a row too short":            {input + "a,2021-01-01\n", params, "On line 16 of the readings the number of columns"},
		"quotation marks":            {input + "\"a,2021-01-01,3\n", params, "quotation marks do not pair up"},
		"R8 a cell too long":         {input + "a,2021-01-01," + strings.Repeat("1", 3000) + "\n", params, "longer than 2000"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := run(c.input, c.params)
			if problem.KindOf(err) != problem.Invalid || !strings.Contains(problem.Sentence(err), c.says) {
				t.Errorf("error is %v, want one that says %q", err, c.says)
			}
			if out != "" {
				t.Errorf("written: %q", out)
			}
		})
	}
	t.Run("R8 more rows than the bound", func(t *testing.T) {
		endless := io.MultiReader(strings.NewReader("series_id,date,value\n"), &repeating{line: []byte("a,2019-04-01,1\n")})
		err := spc.RunCSV(endless, strings.NewReader(params), io.Discard)
		if !strings.Contains(problem.Sentence(err), "more than 1000000 rows") {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("R8 one line without end", func(t *testing.T) {
		if testing.Short() {
			t.Skip("reads 64 MB")
		}
		endless := io.MultiReader(strings.NewReader("series_id,date,value\n\""), &repeating{line: []byte("aaaaaaaaaaaaaaaa")})
		err := spc.RunCSV(endless, strings.NewReader(params), io.Discard)
		if !strings.Contains(problem.Sentence(err), "larger than 64 MB") {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("nowhere to write", func(t *testing.T) {
		err := spc.RunCSV(strings.NewReader(input), strings.NewReader(params), full{})
		if problem.KindOf(err) != problem.Unavailable {
			t.Errorf("error is %v", err)
		}
	})
}

// repeating gives its line for ever.
type repeating struct {
	line []byte
	at   int
}

func (r *repeating) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.line[r.at]
		r.at = (r.at + 1) % len(r.line)
	}
	return len(p), nil
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func FuzzRunCSV(f *testing.F) {
	f.Add([]byte("series_id,date,value\n"+readings("a")), []byte(paramsHead+"a,decrease,100,TRUE,12,2019-06-01;2020-01-01,6,1,1\n"))
	f.Add([]byte("series_id,date,value\na,2019-04-01,\na,2019-05-01,NA\na,2019-06-01,-0\n"), []byte(paramsHead+"a,neutral,,,,,,,\n"))
	f.Add([]byte("\uFEFFvalue,date,series_id\r\n1e100,0001-01-01,a\r\n-1e100,9999-12-31,a\r\n"),
		[]byte("series_id,improvement_direction\n\"a\",increase\n"))
	f.Add([]byte("series_id,date,value\n=a,2019-04-01,5e-324\n\"a\nb\",2019-04-01,1\n"), []byte(paramsHead+"=a,decrease,,,1e300,,,,1e300\n"))
	f.Fuzz(func(t *testing.T, input, params []byte) {
		for _, write := range []func(io.Reader, io.Reader, io.Writer) error{spc.RunCSV, spc.RunIconsCSV} {
			var out bytes.Buffer
			err := write(bytes.NewReader(input), bytes.NewReader(params), &out)
			var refused *spc.Refused
			if err != nil && !errors.As(err, &refused) {
				if out.Len() > 0 || problem.KindOf(err) == problem.Internal {
					t.Fatalf("%v after writing %q", err, out.String())
				}
				continue
			}
			rows, err := csv.NewReader(&out).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows[1:] {
				for i, cell := range row {
					number, err := strconv.ParseFloat(cell, 64)
					if err == nil && i > 0 && (math.IsNaN(number) || math.IsInf(number, 0)) {
						t.Fatalf("a figure is %q", cell)
					}
					if cell != "" && strings.ContainsAny(cell[:1], "=+@") || err != nil && strings.HasPrefix(cell, "-") {
						t.Fatalf("R8 a cell begins like a formula: %q", cell)
					}
				}
			}
		}
	})
}
