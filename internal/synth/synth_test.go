package synth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/problem"
)

// small is a period that holds every kind of event at a size that is quick.
var small = Options{Seed: 1, From: delay.MustDay("2025-11-05"), To: delay.MustDay("2026-11-04"), Beds: 40}

// written makes the extracts in a new folder and gives its path.
func written(t *testing.T, o Options) string {
	t.Helper()
	dir := t.TempDir()
	if err := Write(context.Background(), dir, o, nil); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "extracts")
}

// sums gives the digest of each file in a folder by its name.
func sums(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string][32]byte, len(entries))
	for _, e := range entries {
		body, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = sha256.Sum256(body)
	}
	return out
}

func TestSameOptionsGiveTheSameBytes(t *testing.T) {
	o := small
	o.From, o.Hostile = o.To-30, true
	first, again := sums(t, written(t, o)), sums(t, written(t, o))
	if len(first) != len(again) {
		t.Fatalf("%d files, then %d", len(first), len(again))
	}
	for name, sum := range first {
		if again[name] != sum {
			t.Errorf("%s differs between two runs", name)
		}
	}
	o.Seed++
	same := 0
	for name, sum := range sums(t, written(t, o)) {
		if first[name] == sum {
			same++
		}
	}
	if same > len(first)/10 {
		t.Errorf("%d of %d files are the same under another seed", same, len(first))
	}
}

// TestEveryPatientDayIsPossible draws partnerships of any size and period and
// checks each row against the rules that its reader will apply.
func TestEveryPatientDayIsPossible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{
			Seed: rapid.Uint64().Draw(t, "seed"),
			To:   delay.MustDay("2026-11-04") + delay.Day(rapid.IntRange(0, 800).Draw(t, "to")),
			Beds: rapid.IntRange(1, 60).Draw(t, "beds"),
		}
		o.From = o.To - delay.Day(rapid.IntRange(0, 120).Draw(t, "days"))
		people := &register{}
		numbers := map[string]*person{}
		for i := range trusts {
			w := newWriter(&trusts[i], i, o, people)
			for day := o.From; day <= o.To; day++ {
				present := map[*person]bool{}
				beds, inWard := map[string]string{}, map[string]int{}
				for _, l := range w.list(day) {
					check(t, &l, day)
					if present[l.person] {
						t.Fatalf("C18: one patient is listed twice on %s", day)
					}
					present[l.person] = true
					ward := l.site.code + " " + l.ward
					if inWard[ward]++; beds[ward+l.bedName()] != "" && inWard[ward] < bedsOfAWard/2 {
						t.Fatalf("two people lie in bed %s on %s", ward+" "+l.bedName(), day)
					}
					beds[ward+l.bedName()] = l.localID
					if p := numbers[l.nhsNumber]; p != nil && p != l.person && validNumber(l.nhsNumber) {
						t.Fatalf("one NHS number is two people's")
					}
					numbers[l.nhsNumber] = l.person
				}
			}
		}
	})
}

// check holds one row against R2, R3, C3 and the attribution matrix.
func check(t *rapid.T, l *listing, day delay.Day) {
	switch {
	case l.stated > day:
		t.Fatalf("R2: ready %s is after the extract date %s", l.stated, day)
	case l.leaves != 0 && (l.leaves < l.stated || l.leaves > day):
		t.Fatalf("R2: left %s, ready %s, extract %s", l.leaves, l.stated, day)
	case l.admitted > day:
		t.Fatalf("admitted %s after the extract date %s", l.admitted, day)
	case l.admitted > l.ready+1:
		t.Fatalf("R3: admitted %s long after ready %s", l.admitted, l.ready)
	case l.nhsNumber != "" && !strings.HasPrefix(l.nhsNumber, "999"):
		t.Fatal("an NHS number is outside the test range")
	case l.localID == "":
		t.Fatal("R2: nothing says who the patient is")
	case l.now.reason == "O" && l.care != delay.NonAcute:
		t.Fatal("reason O with acute care")
	case l.now.body == delay.Joint && slices.Contains([]delay.Reason{"Di", "G", "H", "C", "I"}, l.now.reason):
		t.Fatalf("joint for reason %s, which the matrix forbids", l.now.reason)
	}
	for i := 1; i < len(l.parts); i++ {
		if l.parts[i].from <= l.parts[i-1].from {
			t.Fatalf("C3: the parts of a delay do not follow one another")
		}
	}
}

// validNumber checks an NHS number by modulus 11, written independently of the
// code that makes them.
func validNumber(s string) bool {
	if len(s) != 10 {
		return false
	}
	sum := 0
	for i, c := range s[:9] {
		sum += int(c-'0') * (10 - i)
	}
	check := 11 - sum%11
	if check == 11 {
		check = 0
	}
	return check == int(s[9]-'0')
}

func TestNHSNumbers(t *testing.T) {
	t.Run("known check digits", func(t *testing.T) {
		for serial, want := range map[int]string{1: "9990000018", 2: "9990000026", 5: "9990000050"} {
			if got, ok := testNumber(serial); !ok || got != want {
				t.Errorf("serial %d gives %q, %v; want %q", serial, got, ok, want)
			}
		}
		if got, ok := testNumber(0); ok {
			t.Errorf("serial 0 has no check digit, yet gives %q", got)
		}
	})
	t.Run("every number once and valid", func(t *testing.T) {
		g, seen := &register{}, map[string]bool{}
		for n := g.number(); n != ""; n = g.number() {
			if seen[n] || !validNumber(n) {
				t.Fatalf("number %d is repeated or does not pass its check", len(seen)+1)
			}
			seen[n] = true
		}
		if len(seen) < 900_000 {
			t.Errorf("%d numbers in the range, want about 909,000", len(seen))
		}
	})
	t.Run("a mistyped number never passes", func(t *testing.T) {
		g := &register{}
		for range 1000 {
			if n := mistyped(g.number()); validNumber(n) || len(n) != 10 {
				t.Fatal("a mistyped number passes its check")
			}
		}
	})
}

// TestTheYearLooksLikeAYear measures what the demonstration must show: the
// size asked for, quiet weekends, a heavier winter, a falling council share and
// long tails.
func TestTheYearLooksLikeAYear(t *testing.T) {
	o, err := Options{Seed: 1, To: delay.MustDay("2026-11-04")}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	var listed, weekendReady, ready, winterDays, summerDays, changed, delays int
	var bodies [2][4]int // in the first and the last 120 days
	var lengths []int
	people := &register{}
	for i := range trusts {
		w := newWriter(&trusts[i], i, o, people)
		for _, s := range w.stays {
			delays++
			lengths = append(lengths, int(s.left-s.ready))
			if s.ready >= o.From {
				ready++
				if d := weekday(s.ready); d == time.Saturday || d == time.Sunday {
					weekendReady++
				}
			}
			if len(s.parts) > 1 && s.left > s.parts[1].from {
				changed++
			}
		}
		for day := o.From; day <= o.To; day++ {
			rows := w.list(day)
			listed += len(rows)
			switch day.Time().Month() {
			case time.January, time.February:
				winterDays += len(rows)
			case time.July, time.August:
				summerDays += len(rows)
			}
			half := -1
			if day < o.From+120 {
				half = 0
			} else if day > o.To-120 {
				half = 1
			}
			for _, l := range rows {
				if half >= 0 && !l.now.unstated {
					bodies[half][l.now.body]++
				}
			}
		}
	}
	days := float64(o.To - o.From + 1)
	near := func(what string, got, low, high float64) {
		t.Helper()
		if got < low || got > high {
			t.Errorf("%s is %.3g, want %.3g to %.3g", what, got, low, high)
		}
	}
	near("people delayed a day", float64(listed)/days, 85, 130)
	near("the part ready at weekends", float64(weekendReady)/float64(ready), 0.08, 0.18)
	// January and February of one year (59 days) against July and August of
	// two (124 days).
	near("winter over summer", float64(winterDays)/59/(float64(summerDays)/float64(summerDaysIn(o))), 1.15, 2.2)
	share := func(b [4]int) float64 {
		return float64(b[delay.SocialCare]) / float64(b[0]+b[1]+b[2]+b[3])
	}
	near("the council share at first", share(bodies[0]), 0.28, 0.38)
	near("the council share at last", share(bodies[1]), 0.21, 0.31)
	near("the fall of the council share", share(bodies[0])-share(bodies[1]), 0.02, 0.12)
	near("the part of delays that change hands or reason", float64(changed)/float64(delays), 0.15, 0.35)
	slices.Sort(lengths)
	near("the middle length", float64(lengths[len(lengths)/2]), 4, 14)
	near("the 99th of 100 lengths", float64(lengths[len(lengths)*99/100]), 40, 200)
}

func summerDaysIn(o Options) (n int) {
	for day := o.From; day <= o.To; day++ {
		if m := day.Time().Month(); m == time.July || m == time.August {
			n++
		}
	}
	return n
}

func TestFiles(t *testing.T) {
	dir := written(t, small)
	t.Run("an ordinary day", func(t *testing.T) { ordinaryDay(t, dir, small.To) })
	t.Run("what goes wrong in a year", func(t *testing.T) { wrongInTheYear(t, dir) })
}

func ordinaryDay(t *testing.T, dir string, day delay.Day) {
	t.Run("Northgate CSV", func(t *testing.T) {
		rows := readText(t, filepath.Join(dir, "RZ1_"+day.String()+".csv"), ',')
		if !slices.Equal(rows[0], northgateHeadings) || len(rows) < 10 {
			t.Fatalf("headings %q and %d rows", rows[0], len(rows))
		}
		for _, r := range rows[1:] {
			if r[0] != day.String() || r[1] != "RZ1" {
				t.Errorf("R6: row of %s and %s in the file of %s", r[0], r[1], day)
			}
		}
	})
	t.Run("Southmoor workbook", func(t *testing.T) {
		if n := patients(t, filepath.Join(dir, "RZ2-delays-"+compact(day)+".xlsx")); n < 5 {
			t.Fatalf("%d patients", n)
		}
	})
	t.Run("Westhaven text", func(t *testing.T) {
		rows := readText(t, filepath.Join(dir, "rz3_"+day.String()+".txt"), '\t')
		if !slices.Equal(rows[0], westhavenHeadings) {
			t.Fatalf("headings %q", rows[0])
		}
	})
}

func readText(t *testing.T, path string, comma rune) [][]string {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(bytes.NewReader(body))
	r.Comma = comma
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func wrongInTheYear(t *testing.T, dir string) {
	names := sums(t, dir)
	t.Run("R5 a short file late in the year", func(t *testing.T) {
		day := small.To - 24
		f := filepath.Join(dir, "RZ2-delays-"+compact(day)+".xlsx")
		before := filepath.Join(dir, "RZ2-delays-"+compact(day-1)+".xlsx")
		if a, b := patients(t, f), patients(t, before); a*2 >= b {
			t.Errorf("%d rows after %d are not fewer than half", a, b)
		}
		if _, ok := names["RZ2-delays-"+compact(day)+"_v2.xlsx"]; ok {
			t.Error("the short file is mended by a re-send")
		}
	})
	t.Run("C11 a short file mended by a re-send", func(t *testing.T) {
		day := (small.To - 75).String()
		a := readText(t, filepath.Join(dir, "RZ1_"+day+".csv"), ',')
		b := readText(t, filepath.Join(dir, "RZ1_"+day+"_v2.csv"), ',')
		if len(a)*2 >= len(b) {
			t.Errorf("%d rows, then %d", len(a), len(b))
		}
	})
	t.Run("C6 now and then nothing comes", func(t *testing.T) {
		days := int(small.To - small.From + 1)
		missing := 0
		for day := small.From; day <= small.To; day++ {
			for _, name := range []string{"RZ1_" + day.String() + ".csv", "RZ2-delays-" + compact(day) + ".xlsx", "rz3_" + day.String() + ".txt"} {
				if _, ok := names[name]; !ok {
					missing++
				}
			}
		}
		if missing == 0 || missing > days/10 {
			t.Errorf("%d of %d files are missing", missing, 3*days)
		}
	})
}

// patients counts the rows of a file as the reader does.
func patients(t *testing.T, path string) int {
	t.Helper()
	set, _ := readers(t)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	sum, err := set.Read(context.Background(), filepath.Base(path), f, func(*extract.Row) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return sum.Read
}

func TestWriteSaysWhatIsWrong(t *testing.T) {
	ctx := context.Background()
	day := delay.MustDay("2026-11-04")
	for name, o := range map[string]Options{
		"no last day":     {},
		"from after to":   {From: day + 1, To: day},
		"forty years":     {From: day - 40*365, To: day},
		"too large":       {To: day, Beds: maximumBeds + 1},
		"fewer than none": {To: day, Beds: -1},
	} {
		t.Run(name, func(t *testing.T) {
			if err := Write(ctx, t.TempDir(), o, nil); problem.KindOf(err) != problem.Invalid {
				t.Errorf("got %v, want an invalid problem", err)
			}
		})
	}
	t.Run("a folder in use is left alone", func(t *testing.T) {
		dir := t.TempDir()
		o := Options{From: day, To: day}
		if err := Write(ctx, dir, o, nil); err != nil {
			t.Fatal(err)
		}
		if err := Write(ctx, dir, o, nil); problem.KindOf(err) != problem.Conflict {
			t.Errorf("got %v, want a conflict", err)
		}
	})
	t.Run("stopped half-way", func(t *testing.T) {
		stopped, stop := context.WithCancel(ctx)
		err := Write(stopped, t.TempDir(), small, func(done, total int) {
			if done == 5 {
				stop()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want that it was stopped", err)
		}
	})
	t.Run("the partnership file is copied", func(t *testing.T) {
		dir := t.TempDir()
		o := Options{From: day, To: day, Partnership: fstest.MapFS{"partnership.yaml": {Data: []byte("name: x\n")}}}
		last := 0
		if err := Write(ctx, dir, o, func(done, total int) { last = total - done }); err != nil || last != 0 {
			t.Fatalf("%v, %d days left", err, last)
		}
		if _, err := os.Stat(filepath.Join(dir, "partnership.yaml")); err != nil {
			t.Error(err)
		}
	})
}

func TestBackfill(t *testing.T) {
	o := Options{Seed: 3, From: delay.MustDay("2025-11-05"), To: delay.MustDay("2026-11-04")}
	for _, rows := range []int{1, 2, 997, 20_000} {
		t.Run("R6 "+strconv.Itoa(rows)+" rows", func(t *testing.T) {
			var a, b bytes.Buffer
			if err := WriteBackfill(&a, rows, o); err != nil {
				t.Fatal(err)
			}
			if err := WriteBackfill(&b, rows, o); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(a.Bytes(), b.Bytes()) {
				t.Error("the same options give different bytes")
			}
			r := csv.NewReader(&a)
			all, err := r.ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if len(all)-1 != rows {
				t.Fatalf("%d rows", len(all)-1)
			}
			// A handful of rows may end before the last day, when it lists nobody.
			if last := all[len(all)-1][0]; rows > 100 && last != o.To.String() {
				t.Errorf("the last extract date is %s", last)
			}
			if !slices.IsSortedFunc(all[1:], func(x, y []string) int { return strings.Compare(x[0], y[0]) }) {
				t.Error("the extract dates are not in order")
			}
		})
	}
	t.Run("no rows", func(t *testing.T) {
		if err := WriteBackfill(io.Discard, 0, o); problem.KindOf(err) != problem.Invalid {
			t.Errorf("got %v", err)
		}
	})
}

func BenchmarkWriteBackfill(b *testing.B) {
	o := Options{Seed: 1, To: delay.MustDay("2026-11-04")}
	for b.Loop() {
		if err := WriteBackfill(io.Discard, 1_000_000, o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriteEighteenMonths(b *testing.B) {
	o := Options{Seed: 1, To: delay.MustDay("2026-11-04")}
	for b.Loop() {
		if err := Write(context.Background(), b.TempDir(), o, nil); err != nil {
			b.Fatal(err)
		}
	}
}
