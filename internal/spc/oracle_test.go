package spc_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"homeward/internal/spc"
)

// root is the repository as seen from this package.
const root = "../.."

// shared gives the path of a file of the shared data, or ends the test.
func shared(t testing.TB, name string) string {
	t.Helper()
	base := os.Getenv("HOMEWARD_SHARED")
	if base == "" {
		base = filepath.Join(root, "../shared")
	}
	path := filepath.Join(base, name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the shared data is needed here: %v", err)
		}
		t.Skipf("no shared data: %v", err)
	}
	return path
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// table reads a CSV file into one map a row.
func table(t testing.TB, b []byte) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, h := range rows[0] {
			m[h] = r[i]
		}
		out = append(out, m)
	}
	return out
}

func byID(rows []map[string]string) map[string][]map[string]string {
	out := map[string][]map[string]string{}
	for _, r := range rows {
		out[r["series_id"]] = append(out[r["series_id"]], r)
	}
	return out
}

type oracle struct {
	input, params []byte
	series        []map[string]string
	expected      map[string][]map[string]string
}

func loadOracle(t testing.TB) oracle {
	o := oracle{input: readFile(t, shared(t, "spc/input.csv")), params: readFile(t, shared(t, "spc/series.csv"))}
	o.series = table(t, o.params)
	o.expected = byID(table(t, readFile(t, shared(t, "spc/expected.csv"))))
	return o
}

func tags(s map[string]string) []string { return strings.Split(s["tags"], ";") }

// departures reads from the decision which columns may differ for which tag.
func departures(t testing.TB) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	code := regexp.MustCompile("`([a-z_]+)`")
	for line := range strings.Lines(string(readFile(t, filepath.Join(root, "docs/decisions/spc-deviations.md")))) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 {
			continue
		}
		tag := code.FindStringSubmatch(cells[1])
		if tag == nil {
			continue
		}
		out[tag[1]] = []string{}
		for _, c := range code.FindAllStringSubmatch(cells[2], -1) {
			out[tag[1]] = append(out[tag[1]], c[1])
		}
	}
	if len(out) == 0 {
		t.Fatal("the decision names no departure; its table has moved")
	}
	return out
}

var numeric = []string{"value", "mean", "amr", "lpl", "upl", "nlpl", "nupl", "target"}

func same(column, got, want string) bool {
	if !slices.Contains(numeric, column) || got == "" || want == "" {
		return got == want
	}
	g, err1 := strconv.ParseFloat(got, 64)
	w, err2 := strconv.ParseFloat(want, 64)
	if err1 != nil || err2 != nil {
		return false
	}
	// The second bound is for figures that are 0 but for rounding.
	return math.Abs(g-w) <= 1e-9*math.Abs(w) || math.Abs(g-w) <= 1e-15
}

// TestOracle compares every visible series with the R package's answers: lines
// to a relative 1e-9, all else exactly.
func TestOracle(t *testing.T) {
	o := loadOracle(t)
	var points, icons bytes.Buffer
	if err := spc.RunCSV(bytes.NewReader(o.input), bytes.NewReader(o.params), &points); err != nil {
		t.Fatal(err)
	}
	if err := spc.RunIconsCSV(bytes.NewReader(o.input), bytes.NewReader(o.params), &icons); err != nil {
		t.Fatal(err)
	}
	head, _, _ := bytes.Cut(points.Bytes(), []byte("\n"))
	wantHead, _, _ := bytes.Cut(readFile(t, shared(t, "spc/expected.csv")), []byte("\n"))
	if string(head) != string(wantHead) {
		t.Errorf("columns are\n%s, want\n%s", head, wantHead)
	}
	gotPoints, gotIcons := byID(table(t, points.Bytes())), byID(table(t, icons.Bytes()))
	allowed := departures(t)
	departed := map[string]int{}

	for _, s := range o.series {
		id := s["series_id"]
		t.Run(id, func(t *testing.T) {
			got := gotPoints[id]
			if n := strconv.Itoa(len(got)); n != s["n"] {
				t.Fatalf("%s rows written, want %s", n, s["n"])
			}
			if s["r_status"] == "error" {
				if !slices.Contains(tags(s), "na") {
					t.Errorf("R refused this series (%s) and we did not", s["r_error"])
				}
				return
			}
			var may []string
			for _, tag := range tags(s) {
				if tag != "na" { // only where R stopped
					may = append(may, allowed[tag]...)
				}
			}
			check := func(where, column, got, want string) {
				if same(column, got, want) {
					return
				}
				if slices.Contains(may, column) {
					departed[s["tags"]]++
					return
				}
				t.Errorf("%s %s is %q, want %q", where, column, got, want)
			}
			want := o.expected[id]
			if len(want) != len(got) {
				t.Fatalf("%d rows written, want %d", len(got), len(want))
			}
			for i := range want {
				for column, w := range want[i] {
					check("reading "+want[i]["seq"], column, got[i][column], w)
				}
			}
			for _, column := range []string{"variation_type", "variation_icon", "assurance_type", "assurance_icon"} {
				check("series", column, gotIcons[id][0][column], s[column])
			}
		})
	}
	for tags, n := range departed {
		t.Logf("departures under %s: %d cells", tags, n)
	}
}

// TestOracleDepartures says what stands where we depart from R.
func TestOracleDepartures(t *testing.T) {
	o := loadOracle(t)
	results := analyseAll(t, o, func(*spc.Params) {})
	for _, s := range o.series {
		r := results[s["series_id"]]
		for _, tag := range tags(s) {
			switch tag {
			case "zero_width_limits":
				t.Run(tag+"/"+s["series_id"], func(t *testing.T) {
					for _, p := range r.Points {
						if p.Flag || p.UPL.Known || p.Outside != spc.NotKnown {
							t.Fatalf("reading %d has limits or a flag", p.Seq)
						}
					}
					if !strings.HasPrefix(r.Variation.Words, "Limits are not available") {
						t.Errorf("words are %q", r.Variation.Words)
					}
				})
			case "assurance_without_limits":
				t.Run(tag+"/"+s["series_id"], func(t *testing.T) {
					if r.Assurance.Kind != spc.NoAssurance || r.Assurance.Words == "" {
						t.Errorf("assurance is %+v", r.Assurance)
					}
				})
			case "trend_label_contradicts_trend":
				t.Run(tag+"/"+s["series_id"], func(t *testing.T) {
					changed := 0
					for i, p := range r.Points {
						want := o.expected[s["series_id"]][i]["special_cause_type"]
						if p.Label == want {
							continue
						}
						changed++
						// A reading whose label we changed is the last of its trend: it goes
						// the way it came.
						rose := p.Value > r.Points[i-1].Value
						if rose != (p.Cause == spc.TrendUp) {
							t.Errorf("reading %d is labelled %q against its trend", p.Seq, p.Label)
						}
					}
					if changed == 0 {
						t.Error("no label differs from R; the departure is no longer one")
					}
				})
			}
		}
	}
}

// analyseAll judges every series of the oracle with settings changed.
func analyseAll(t testing.TB, o oracle, change func(*spc.Params)) map[string]spc.Result {
	t.Helper()
	out := map[string]spc.Result{}
	points := byID(table(t, o.input))
	for _, s := range o.series {
		d, err := spc.ParseDirection(s["improvement_direction"])
		if err != nil {
			t.Fatal(err)
		}
		p := spc.Package(d)
		p.Screen = s["screen_outliers"] == "TRUE"
		if s["target"] != "" {
			p.Target = new(float64)
			*p.Target, _ = strconv.ParseFloat(s["target"], 64)
		}
		p.FixAfter, _ = strconv.Atoi(s["fix_after_n_points"])
		for d := range strings.SplitSeq(s["rebase"], ";") {
			if d != "" {
				p.Rebase = append(p.Rebase, day(d))
			}
		}
		change(&p)
		var pts []spc.Point
		for _, row := range points[s["series_id"]] {
			v, err := strconv.ParseFloat(row["value"], 64)
			pts = append(pts, spc.Point{Day: day(row["date"]), Value: v, Missing: err != nil})
		}
		r, err := spc.Analyse(pts, p)
		if err != nil {
			t.Fatalf("%s: %v", s["series_id"], err)
		}
		out[s["series_id"]] = r
	}
	return out
}

// TestOracleSwitches holds two switches against the oracle's tags, which say in
// which series they make a difference.
func TestOracleSwitches(t *testing.T) {
	o := loadOracle(t)
	plain := analyseAll(t, o, func(*spc.Params) {})
	for tag, change := range map[string]func(*spc.Params){
		"mdc2023_two_in_three_differs": func(p *spc.Params) { p.BeyondCounts = true },
		"six_point_trend_differs":      func(p *spc.Params) { p.TrendLength = 6 },
	} {
		switched := analyseAll(t, o, change)
		for _, s := range o.series {
			id := s["series_id"]
			t.Run(tag+"/"+id, func(t *testing.T) {
				differs := false
				for i, p := range switched[id].Points {
					before := plain[id].Points[i]
					if before.Flag && !p.Flag {
						t.Errorf("reading %d is no longer flagged", p.Seq)
					}
					differs = differs || p.Flag != before.Flag
				}
				if want := slices.Contains(tags(s), tag); differs != want && s["r_status"] == "ok" {
					t.Errorf("differs is %v, want %v", differs, want)
				}
			})
		}
	}
}

// TestOracleInOrderOfArrival gives the same rows whatever the order of the
// readings in the file.
func TestOracleInOrderOfArrival(t *testing.T) {
	o := loadOracle(t)
	lines := strings.Split(strings.TrimSpace(string(o.input)), "\n")
	body := lines[1:]
	slices.Reverse(body)
	// A fixed shuffle: every 7,919th line of a file whose length it does not divide.
	shuffled := make([]string, 0, len(body))
	for i := range body {
		shuffled = append(shuffled, body[i*7919%len(body)])
	}
	var a, b bytes.Buffer
	if err := errors.Join(
		spc.RunCSV(bytes.NewReader(o.input), bytes.NewReader(o.params), &a),
		spc.RunCSV(strings.NewReader(lines[0]+"\n"+strings.Join(shuffled, "\n")), bytes.NewReader(o.params), &b),
	); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the order of the readings changed the answers")
	}
}

func BenchmarkRunCSV(b *testing.B) {
	o := loadOracle(b)
	b.SetBytes(int64(len(o.input)))
	for b.Loop() {
		if err := spc.RunCSV(bytes.NewReader(o.input), bytes.NewReader(o.params), io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
