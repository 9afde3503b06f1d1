package pack

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/chart"
	"homeward/internal/csvout"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// plainly stands for the drawing machine: what it gives holds every number that
// would be drawn.
type plainly struct{}

func (plainly) SVG(_ context.Context, c chart.Chart) ([]byte, error) {
	return []byte("<svg><desc>" + string(c.Option) + "</desc></svg>"), nil
}

func (p plainly) StandaloneSVG(ctx context.Context, c chart.Chart) ([]byte, error) {
	return p.SVG(ctx, c)
}

// told is a source of given cells, one of each day.
type told []measure.Cell

func (t told) Cells(context.Context, measure.Query) ([]measure.Cell, error) { return t, nil }

func released(t interface{ Fatal(...any) }, f Figures, cells told) *measure.Release {
	r, err := measure.MakeRelease(context.Background(), cells, f.Overview.From, f.Overview.To, f.Overview.Filter,
		measure.Known{Reasons: letters})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// publicFigures are figures with a release of about the same counts.
func publicFigures(t *testing.T) Figures {
	f := figures()
	var cells told
	n := 0
	for _, m := range f.Overview.Months {
		for body, all := range m.Days {
			left := all
			for day := m.First; day <= m.Last; day++ {
				one := left / int64(m.Last-day+1)
				left -= one
				for part := range int64(2) {
					n++
					cells = append(cells, measure.Cell{Period: day, Provider: "NGT", Care: delay.Acute, Body: delay.Body(body),
						Reason: letters[n%11], Days: (one + part) / 2})
				}
			}
		}
	}
	f.Release = released(t, f, cells)
	return f
}

// randomFigures are figures of a few weeks of two months of which the last days
// are shown day by day. Days, months and reasons add up.
func randomFigures(t *rapid.T) Figures {
	most := rapid.SampledFrom([]int64{0, 1, 3, 9, 60}).Draw(t, "most")
	f := figures()
	f.Days, f.Overview.Months, f.Overview.Reasons = nil, nil, nil
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	first, last := delay.MustDay("2026-01-30"), delay.MustDay("2026-02-02")
	f.Overview.From, f.Overview.To, f.Overview.AsAt = first, last, last
	begun := first + delay.Day(rapid.IntRange(0, 3).Draw(t, "first day shown"))
	var cells told
	byReason := map[delay.Reason]int64{}
	for day := first; day <= last; day++ {
		var by measure.ByBody
		for _, b := range delay.Bodies {
			by[b] = r.Int64N(most + 1)
			reason := reasonsOf(f)[r.IntN(len(letters)+1)]
			byReason[reason] += by[b]
			if by[b] > 0 {
				cells = append(cells, measure.Cell{Period: day, Provider: "NGT", Care: delay.Acute, Body: b, Reason: reason, Days: by[b]})
			}
		}
		if n := len(f.Overview.Months); n == 0 || day == day.Month().First() {
			f.Overview.Months = append(f.Overview.Months, measure.Period{First: day, Last: min(last, day.Month().Last()),
				Listed: int(min(last, day.Month().Last())-day) + 1})
		}
		m := &f.Overview.Months[len(f.Overview.Months)-1]
		for b, n := range by {
			m.Days[b] += n
		}
		if day >= begun {
			f.Days = append(f.Days, measure.Period{First: day, Last: day, Listed: 1, Days: by})
		}
	}
	for _, reason := range reasonsOf(f) {
		f.Overview.Reasons = append(f.Overview.Reasons, measure.ReasonDays{Reason: reason, Days: bodies(0, byReason[reason], 0, 0)})
	}
	f.Release = released(t, f, cells)
	return f
}

// bound is what a reader knows of one count.
type bound struct{ low, high int64 }

type equation struct {
	total *bound
	parts []*bound
}

func reckon(all []equation) {
	for again := true; again; {
		again = false
		learn := func(k *bound, low, high int64) {
			if low > k.low || high < k.high {
				k.low, k.high, again = max(low, k.low), min(high, k.high), true
			}
		}
		for _, e := range all {
			var low, high int64
			for _, p := range e.parts {
				low, high = low+p.low, high+p.high
			}
			learn(e.total, low, high)
			for _, p := range e.parts {
				learn(p, e.total.low-(high-p.high), e.total.high-(low-p.low))
			}
		}
	}
}

// No exact count can be recovered from a public pack: not by reading it, and
// not by taking any parts from any total of any of its tables (P3).
func TestP3NoCountCanBeRecoveredFromAPublicPack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := randomFigures(t)
		m := Meta{Partnership: "Northshire", RuleSet: "england-dtoc 1", Version: "1", At: f.Overview.AsAt.Time(), Public: true}
		all, err := drawAll(context.Background(), f, plainly{}, true)
		if err != nil {
			t.Fatal(err)
		}
		made, err := assemble(f, all, m)
		if err != nil {
			t.Fatal(err)
		}
		read := func(id string) map[string]map[string]string {
			out := map[string]map[string]string{}
			text, ok := made.files[id+".csv"]
			if !ok {
				return out
			}
			rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows[1:] {
				out[r[0]] = map[string]string{}
				for i, cell := range r {
					out[r[0]][rows[0][i]] = cell
				}
			}
			return out
		}
		type told struct {
			*bound
			truth int64
		}
		var hidden []told
		know := func(text string, truth int64, where string) *bound {
			b := &bound{0, math.MaxInt32}
			switch {
			case text == measure.SuppressedMark && truth < 5:
				b.high = 4
				hidden = append(hidden, told{b, truth})
			case text == measure.SuppressedMark:
				b.low = 5
				hidden = append(hidden, told{b, truth})
			case text == "": // Left out of the pack altogether.
			default:
				v, err := strconv.ParseInt(text, 10, 64)
				if err != nil || truth < 5 || v%5 != 0 || v-truth > 2 || truth-v > 2 {
					t.Fatalf("%s: %d is published as %q", where, truth, text)
				}
				b.low, b.high = max(v-2, 5), v+2
			}
			return b
		}
		var known []equation
		days, people, why := read("delayed-days"), read("people"), read("reasons")
		grand := &bound{0, math.MaxInt32}
		var totals []*bound
		seen := 0
		for _, p := range f.Overview.Months {
			row := days[p.First.Month().Long()]
			total := know(row["all"], p.Days.Total(), "a month")
			totals = append(totals, total)
			var parts, daily []*bound
			for _, b := range delay.Bodies {
				parts = append(parts, know(row[columnName(measure.UpperFirst(b.String()))], p.Days[b], "a month of a body"))
			}
			known = append(known, equation{total, parts})
			for _, d := range f.Days {
				if p.First <= d.First && d.First <= p.Last && len(people) > 0 {
					text, ok := people[d.First.Long()]["people_waiting"]
					if !ok {
						t.Fatalf("the day %s is not in %v", d.First, people)
					}
					seen++
					daily = append(daily, know(text, d.Days.Total(), "a day"))
				}
			}
			if len(daily) < p.CalendarDays() {
				daily = append(daily, &bound{0, math.MaxInt32})
			}
			known = append(known, equation{total, daily})
		}
		known = append(known, equation{grand, totals})
		var parts []*bound
		for _, r := range f.Overview.Reasons {
			name := measure.UpperFirst(book.Words(r.Reason))
			if why[csvout.Harmless(name)] == nil {
				t.Fatalf("the reason %q is not in %v", name, why)
			}
			parts = append(parts, know(why[csvout.Harmless(name)]["delayed_days"], r.Days.Total(), "a reason"))
		}
		known = append(known, equation{grand, parts})
		// The page has the total, which the tables of files leave out.
		page := made.files[PageFile]
		if m := regexp.MustCompile(`All reasons</th><td class="n">([0-9,]+)<`).FindSubmatch(page); m != nil {
			v, _ := strconv.ParseInt(strings.ReplaceAll(string(m[1]), ",", ""), 10, 64)
			grand.low, grand.high = v-2, v+2
		}
		reckon(known)
		for _, h := range hidden {
			if h.high-h.low < 2 {
				t.Fatalf("a count of %d that is not shown is known to lie from %d to %d", h.truth, h.low, h.high)
			}
			if h.truth < h.low || h.truth > h.high {
				t.Fatalf("the test reckons wrongly: %d is not from %d to %d", h.truth, h.low, h.high)
			}
		}
		if len(people) > 0 && seen != len(f.Days) {
			t.Fatalf("%d of %d days were found", seen, len(f.Days))
		}
		if !strings.Contains(string(page), publicWords) || strings.Contains(string(page), "do not publish") || !made.manifest.Public {
			t.Fatal("the page does not say that it is a public copy")
		}
		// Two kinds of exact numbers that no rounding may let through.
		for _, gone := range []string{"Waiting now for", "Rows kept", `<h2 id="now">`} {
			if strings.Contains(string(page), gone) {
				t.Fatalf("P3 the page has %q", gone)
			}
		}
	})
}

// A public pack with large counts has its charts, its workbook says what it is,
// and it comes out the same when it is made again (P3, C15).
func TestPublicPack(t *testing.T) {
	t.Parallel()
	f := publicFigures(t)
	dir := filepath.Join(t.TempDir(), "pack")
	m := meta(t)
	m.Public = true
	made := render(t, dir, f, m)
	files := folder(t, dir)
	doc := document(t, files[PageFile])
	if got := doc.Find("p.public").Text(); got != publicWords+" "+publicMore {
		t.Errorf("P3 the cover says %q", got)
	}
	if n := doc.Find("figure svg").Length(); n < 3 {
		t.Errorf("%d charts are drawn", n)
	}
	for _, c := range made.Charts {
		if _, ok := files[c.ID+".csv"]; !ok {
			t.Errorf("%s has no table", c.ID)
		}
		_, drawn := files[c.ID+".svg"]
		if links := doc.Find(`a[href="` + c.ID + `.svg"]`).Length(); (links == 1) != drawn {
			t.Errorf("%s: drawn %t, %d links", c.ID, drawn, links)
		}
		if drawn && !strings.Contains(files[c.ID+".svg"], publicWords[:30]) {
			t.Errorf("P3 the picture of %s on its own does not say that it is a public copy", c.ID)
		}
	}
	// The exact counts of the fixture stand nowhere, in words, tables or drawings.
	for _, p := range f.Overview.Months {
		for _, n := range append([]int64{p.Days.Total()}, p.Days[:]...) {
			if n < 100 || n%5 == 0 {
				continue
			}
			exact := regexp.MustCompile(fmt.Sprintf(`>%s<|[,:]%d[,\]}\n]`, regexp.QuoteMeta(whole(n)), n))
			for name, text := range files {
				if name != WorkbookFile && name != ManifestFile && exact.MatchString(text) {
					t.Errorf("P3 %s holds the exact count %d", name, n)
				}
			}
		}
	}
	_, rows := sheetsOf(t, files[WorkbookFile])
	said := ""
	for _, r := range rows["About"] {
		said += strings.Join(r, " ") + "\n"
	}
	if !strings.Contains(said, publicWords) || strings.Contains(said, "do not publish") {
		t.Errorf("P3 the workbook says %s", said)
	}
	if differ, err := Again(t.Context(), made, f, renderer(t), london(t)); err != nil || len(differ) > 0 {
		t.Errorf("C15 made again it differs in %v, %v", differ, err)
	}
	t.Run("C10 a kept public pack stands as it is", func(t *testing.T) {
		root := t.TempDir()
		id, fresh := keep(t, root, f, m)
		again, more := keep(t, root, f, m)
		if !fresh || more || id != again {
			t.Errorf("%s %t, then %s %t", id, fresh, again, more)
		}
	})
}

// letters are the reasons of england-dtoc.
var letters = []delay.Reason{"A", "B", "C", "Di", "Dii", "E", "F", "G", "H", "I", "O"}
