package synth

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"homeward/internal/definition"
	"homeward/internal/delay"
)

// listing is one patient on one extract, as the trust's export states it.
type listing struct {
	*stay
	day delay.Day
	// ready and left are what is stated; left is zero while in the bed.
	stated delay.Day
	leaves delay.Day
	now    *part
	// meets says that the person meets the criteria to reside (R13); code is the
	// reason in the code set of the list. Lists of the delayed have neither.
	meets bool
	code  definition.Code
	// slip replaces cells when the options ask for hostile files.
	slip *slip
}

// writer makes the files of one trust, day after day.
type writer struct {
	trust   *trust
	o       Options
	r       *rand.Rand
	stays   []*stay
	next    int
	present []*stay
	rows    []listing
	// beds are the stays of lists of everybody, in the order of coming in.
	beds    []*stay
	nextBed int
	inBed   []*stay
	labels  labels
	// shortHeld is a day whose file is cut off and never mended, shortMended
	// one whose whole file follows as a re-send; either may be zero.
	shortHeld, shortMended delay.Day
}

// newWriter draws the trust's delays. Each trust has its own stream of random
// numbers for what happens and another for what goes wrong with files, so that
// a change of one leaves the others alone.
func newWriter(t *trust, index int, o Options, people *register) *writer {
	c := &course{trust: t, o: o, reg: people, r: rand.New(rand.NewPCG(o.Seed, uint64(2*index+1)))}
	w := &writer{trust: t, o: o, stays: c.draw(), r: rand.New(rand.NewPCG(o.Seed, uint64(2*index+2)))}
	if o.BedsFrom != 0 && t.everybody {
		w.beds = c.inBeds(w.stays, uint64(1001+index))
	}
	if days := o.To - o.From; days >= 90 {
		switch index {
		case 0:
			w.shortMended = o.To - 75
		case 1:
			w.shortHeld = o.To - 24
		}
	}
	return w
}

// list gives the trust's rows for a day; days must be asked for in order. The
// slice is reused by the next call.
func (w *writer) list(day delay.Day) []listing {
	for w.next < len(w.stays) && w.stays[w.next].first <= day {
		w.present = append(w.present, w.stays[w.next])
		w.next++
	}
	kept := w.present[:0]
	w.rows = w.rows[:0]
	for _, s := range w.present {
		if s.last() < day {
			continue
		}
		kept = append(kept, s)
		if s.omitted == day {
			continue
		}
		l := listing{stay: s, day: day, stated: s.ready, now: s.part(day)}
		if s.corrected != 0 && day >= s.corrected {
			l.stated--
		}
		if s.left == day {
			l.leaves = day
		}
		w.rows = append(w.rows, l)
	}
	w.present = kept
	return w.rows
}

// rowsOf gives the rows of a day's list, with how it is written.
func (w *writer) rowsOf(day delay.Day) ([]listing, func(delay.Day, []listing) (file, error)) {
	if w.o.BedsFrom == 0 || day < w.o.BedsFrom {
		return w.list(day), w.trust.render
	}
	var rows []listing
	if w.trust.everybody {
		rows = w.everybody(day)
	} else {
		rows = w.list(day)
	}
	for i := range rows {
		if l := &rows[i]; !l.meets && l.ready < l.left {
			l.code = w.labels[w.trust.set][l.now.codeIn(w.trust.set)]
		}
	}
	return rows, w.trust.renderBeds
}

// files gives what the trust sends for a day: mostly one file, sometimes none,
// sometimes one and its correction.
func (w *writer) files(day delay.Day) ([]file, error) {
	rows, render := w.rowsOf(day)
	settled := day > w.o.From+5 && day < w.o.To-5
	x := w.r.Float64()
	if w.o.Hostile {
		rows = spoil(w.r, rows)
	}
	whole, err := render(day, rows)
	if err != nil {
		return nil, fmt.Errorf("%s for %s: %w", w.trust.code, day, err)
	}
	again := file{name: secondVersion(whole.name), body: whole.body}
	first := whole
	switch {
	case day == w.shortHeld:
		first, err = render(day, rows[:len(rows)*3/10])
		return []file{first}, err
	case day == w.shortMended:
		first, err = render(day, rows[:len(rows)*3/10])
		return []file{first, again}, err
	case settled && x < 0.006:
		return nil, nil // nothing came that day (C6)
	case settled && x < 0.012 && len(rows) > 3:
		// The first file missed its newest rows; the re-send has them (C11).
		first, err = render(day, rows[:len(rows)-2])
		return []file{first, again}, err
	case settled && x < 0.015 && len(rows) > 0:
		// One patient is written twice, word for word (R7).
		first, err = render(day, append(rows, rows[w.r.IntN(len(rows))]))
		return []file{first}, err
	case w.o.Hostile && x > 0.985:
		return []file{first, notAnExtract(w.r, whole.name)}, nil
	}
	return []file{first}, nil
}

// secondVersion gives the name of a file's re-send: a_v2.csv for a.csv.
func secondVersion(name string) string {
	dot := strings.LastIndexByte(name, '.')
	return name[:dot] + "_v2" + name[dot:]
}
