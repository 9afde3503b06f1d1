package propose

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"homeward/internal/extract"
	"homeward/internal/problem"
)

// sample is one file with its headings found.
type sample struct {
	*extract.Sample
	name    string
	table   *extract.SampleTable
	at      int // the last row of the headings in table.Rows
	lines   int // how many rows the headings are spread over
	head    []string
	columns []int // for each cell of the heading row the number of its column, -1 for none
	// others are sheets that have the same headings and rows of their own.
	others []string
}

// cover gives the lines above the headings.
func (s *sample) cover() []extract.GridRow { return s.table.Rows[:s.at+1-s.lines] }

// rows gives the lines below the headings, but totals, notes and repeated
// headings.
func (s *sample) rows(each func(cells []string)) {
	for _, r := range s.table.Rows[s.at+1:] {
		if !s.noPatient(r.Cells) {
			each(r.Cells)
		}
	}
}

func (s *sample) noPatient(cells []string) bool {
	filled, alike, first := 0, 0, ""
	for i, cell := range cells {
		if cell == "" {
			continue
		}
		if filled++; first == "" {
			first = cell
		}
		if i < len(s.head) && extract.Fold(cell) == extract.Fold(s.head[i]) {
			alike++
		}
	}
	return filled == 0 || alike >= 3 && alike*3 >= filled*2 || filled <= 4 && filled*2 <= len(s.columns) && extract.IsNoPatient(first) ||
		filled == 1 && len(s.columns) > 4
}

// errorValue is what a spreadsheet shows where a formula has failed.
var errorValue = regexp.MustCompile(`^#[A-Z0-9/]+[!?]?$`)

// column is what stands under one heading in all samples.
type column struct {
	heading, fold string
	words         []string
	in            map[*sample]int // the cell of each sample that has it
	twice         bool
	cells, blank  int
	values        map[string]int
	order         []string // the values, in the order in which they were seen
	more          bool     // there were more values than are kept
	// oneADay says that no sample has two values of it.
	oneADay bool
	content
	scores map[string]float64
	field  string
	unsure string
	or     string
	why    string
}

// look reads one file and adds its columns.
func (w *work) look(f File) error {
	found, err := extract.ReadSample(f.Src, extract.DefaultLimits())
	if err != nil {
		if problem.KindOf(err) == problem.Invalid {
			return problem.New(problem.Invalid, "%s: %s", f.Name, problem.Sentence(err))
		}
		return err
	}
	s := &sample{Sample: found, name: f.Name[strings.LastIndexAny(f.Name, `/\`)+1:]}
	if err := w.locate(s); err != nil {
		return err
	}
	w.samples = append(w.samples, s)
	seen := map[string]bool{}
	for i, h := range s.head {
		fold := extract.Fold(h)
		if fold == "" || len(w.columns) >= maxColumns {
			s.columns = append(s.columns, -1)
			continue
		}
		c := w.byFold[fold]
		if c == nil {
			c = &column{heading: h, fold: fold, words: w.tokens(h), in: map[*sample]int{}, values: map[string]int{}, oneADay: true,
				scores: map[string]float64{}}
			w.byFold[fold] = c
			w.columns = append(w.columns, c)
		}
		if seen[fold] {
			c.twice = true
			s.columns = append(s.columns, -1)
			continue
		}
		seen[fold] = true
		c.in[s] = i
		s.columns = append(s.columns, slices.Index(w.columns, c))
	}
	first := map[*column]string{}
	s.rows(func(cells []string) {
		for i, at := range s.columns {
			if at < 0 {
				continue
			}
			c := w.columns[at]
			c.cells++
			text := ""
			if i < len(cells) {
				text = cells[i]
			}
			if extract.IsNothing(text) || errorValue.MatchString(text) {
				c.blank++
				continue
			}
			if was, ok := first[c]; !ok {
				first[c] = text
			} else if was != text {
				c.oneADay = false
			}
			if _, ok := c.values[text]; !ok {
				if len(c.values) >= maxValues {
					c.more = true
					continue
				}
				c.order = append(c.order, text)
			}
			c.values[text]++
		}
	})
	return nil
}

// locate finds the sheet and the row of the headings.
func (w *work) locate(s *sample) error {
	type place struct {
		table *extract.SampleTable
		at    int
		lines int
		head  []string
		score float64
	}
	var all []place
	for i := range s.Tables {
		t := &s.Tables[i]
		best := place{table: t, at: -1}
		for at, row := range t.Rows {
			if row.Line > 100 || at >= 100 {
				break
			}
			if score := w.headingScore(row.Cells); score > best.score && rowsBelow(t, at) {
				best.at, best.score, best.lines, best.head = at, score, 1, row.Cells
			}
			// Headings over two lines: only where both are words alone, and say more
			// together than one of them does.
			if at == 0 || t.Rows[at-1].Line != row.Line-1 || !wordsAlone(t.Rows[at-1].Cells, 3) || !wordsAlone(row.Cells, 3) {
				continue
			}
			head := extract.Spread([][]string{t.Rows[at-1].Cells}, row.Cells, 2)
			if score := w.headingScore(head); score > best.score+1 && rowsBelow(t, at) {
				best.at, best.score, best.lines, best.head = at, score, 2, head
			}
		}
		if best.at >= 0 {
			if t.Hidden {
				best.score /= 2
			}
			all = append(all, best)
		}
	}
	slices.SortStableFunc(all, func(a, b place) int { return cmp.Compare(b.score, a.score) })
	if len(all) == 0 {
		return problem.New(problem.Invalid, "%s: no row of headings was found in the first 100 lines: no line has three or more cells "+
			"that are "+
			"words with rows below it. Send the list with its headings.", s.name)
	}
	s.table, s.at, s.lines, s.head = all[0].table, all[0].at, all[0].lines, all[0].head
	head := foldAll(s.head)
	for _, p := range all[1:] {
		alike := 0
		for _, h := range foldAll(p.head) {
			if h != "" && slices.Contains(head, h) {
				alike++
			}
		}
		if alike >= 3 && alike*2 >= len(head) && !p.table.Hidden && len(p.table.Rows) > p.at+1 {
			s.others = append(s.others, p.table.Name)
		}
	}
	return nil
}

func foldAll(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = extract.Fold(c)
	}
	return out
}

// headingScore says how much a row looks like headings: cells that are known
// names, words and not values, all different.
func (w *work) headingScore(cells []string) float64 {
	score, filled, known := 0.0, 0, 0
	seen := map[string]bool{}
	for _, cell := range cells {
		if cell == "" {
			continue
		}
		filled++
		f := extract.Fold(cell)
		switch {
		case isValue(cell), len(cell) > 80:
			score -= 3
		case seen[f]:
			score -= 1
		default:
			score += 0.5
			words, best := w.tokens(cell), 0.0
			for field := range w.names {
				best = max(best, w.named(words, field))
			}
			if best >= 0.6 {
				known++
				score += 3 * best
			}
		}
		seen[f] = true
	}
	if filled < 3 || known < 2 {
		return 0
	}
	return score
}

// isValue says whether a cell looks like a value and not like a heading: most of
// it digits, or none of it letters.
func isValue(cell string) bool {
	digits, letters := 0, 0
	for _, r := range cell {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	return digits > letters || letters == 0
}

// wordsAlone says whether a row has at least so many cells, and none is a value.
func wordsAlone(cells []string, least int) bool {
	n := 0
	for _, cell := range cells {
		if cell == "" {
			continue
		}
		if isValue(cell) || len(cell) > 60 {
			return false
		}
		n++
	}
	return n >= least
}

// rowsBelow says whether rows of a table follow, or nothing at all.
func rowsBelow(t *extract.SampleTable, at int) bool {
	width := 0
	for _, cell := range t.Rows[at].Cells {
		if cell != "" {
			width++
		}
	}
	below := t.Rows[at+1 : min(len(t.Rows), at+6)]
	for _, r := range below {
		filled := 0
		for _, cell := range r.Cells {
			if cell != "" {
				filled++
			}
		}
		if filled*3 >= width {
			return true
		}
	}
	return len(below) == 0
}
