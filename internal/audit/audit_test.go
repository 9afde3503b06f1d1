package audit

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func chain(n int) []Event {
	var head Head
	var out []Event
	at := time.Date(2026, 11, 4, 6, 0, 0, 0, time.UTC)
	for i := range n {
		e := head.Next(at.Add(time.Duration(i)*time.Minute), Entry{Who: "a@example.org", What: IdentifierSeen, Record: "HW-1", After: strings.Repeat("x", i)})
		out, head = append(out, e), e.Head()
	}
	return out
}

func verify(log []Event, kept *Head) Result {
	v := NewVerifier(kept)
	for _, e := range log {
		v.Next(e)
	}
	return v.Finish()
}

func TestVerifyFindsEveryChange(t *testing.T) {
	whole := chain(9)
	head := whole[8].Head()
	if r := verify(whole, &head); !r.Whole() || r.Head != head {
		t.Fatalf("a whole log: %v", r.Findings)
	}
	// A head file that is behind, as after a killed process, is no finding.
	behind := whole[5].Head()
	if r := verify(whole, &behind); !r.Whole() {
		t.Fatalf("a head file that is behind: %v", r.Findings)
	}
	if r := verify(nil, nil); !r.Whole() {
		t.Fatalf("an empty log: %v", r.Findings)
	}
	for name, c := range map[string]struct {
		change func([]Event) []Event
		kept   *Head
		want   string
	}{
		"altered-words": {func(l []Event) []Event { l[3].Who = "b@example.org"; return l }, &head, "from entry 4"},
		"altered-time":  {func(l []Event) []Event { l[3].At = l[3].At.Add(time.Microsecond); return l }, &head, "from entry 4"},
		"moved-between-fields": {func(l []Event) []Event {
			l[3].After, l[3].Before = "", l[3].After
			return l
		}, &head, "from entry 4"},
		"one-missing":       {func(l []Event) []Event { return slices.Delete(l, 3, 4) }, &head, "Entry 4 is missing"},
		"first-missing":     {func(l []Event) []Event { return l[1:] }, &head, "Entry 1 is missing"},
		"several-missing":   {func(l []Event) []Event { return slices.Delete(l, 3, 6) }, &head, "Entries 4 to 6 are missing"},
		"reordered":         {func(l []Event) []Event { l[3], l[4] = l[4], l[3]; return l }, &head, "missing"},
		"reordered-content": {func(l []Event) []Event { l[3].Entry, l[4].Entry = l[4].Entry, l[3].Entry; return l }, &head, "from entry 4"},
		"cut-off":           {func(l []Event) []Event { return l[:6] }, &head, "ends at entry 6 and the head file names entry 9"},
		"all-cut-off":       {func([]Event) []Event { return nil }, &head, "ends at entry 0"},
		"head-file-missing": {func(l []Event) []Event { return l }, nil, "no head file"},
		"written-again": {func(l []Event) []Event {
			var h Head
			for i := range l {
				if i == 2 {
					l[i].Who = "nobody"
				}
				l[i] = h.Next(l[i].At, l[i].Entry)
				h = l[i].Head()
			}
			return l
		}, &head, "is not the one that the head file names"},
	} {
		t.Run(name, func(t *testing.T) {
			r := verify(c.change(slices.Clone(whole)), c.kept)
			if r.Whole() || !strings.Contains(strings.Join(r.Findings, " "), c.want) {
				t.Errorf("found %q, want %q", r.Findings, c.want)
			}
		})
	}
}

func TestAnyChangeOfAnyFieldIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 8, 20)
		var head Head
		var log []Event
		for range rapid.IntRange(1, 8).Draw(t, "events") {
			e := head.Next(time.UnixMicro(rapid.Int64Range(0, 1<<50).Draw(t, "at")), Entry{
				Who: text.Draw(t, "who"), As: text.Draw(t, "as"), What: What(text.Draw(t, "what")), Record: text.Draw(t, "record"),
				Before: text.Draw(t, "before"), After: text.Draw(t, "after"), From: text.Draw(t, "from")})
			log, head = append(log, e), e.Head()
		}
		if r := verify(log, &head); !r.Whole() {
			t.Fatalf("whole: %v", r.Findings)
		}
		e := &log[rapid.IntRange(0, len(log)-1).Draw(t, "which")]
		was := *e
		fields := []*string{&e.Who, &e.As, (*string)(&e.What), &e.Record, &e.Before, &e.After, &e.From}
		*fields[rapid.IntRange(0, len(fields)-1).Draw(t, "field")] = text.Draw(t, "new")
		if *e != was && verify(log, &head).Whole() {
			t.Fatalf("changed %v to %v unnoticed", was, *e)
		}
	})
}

func TestHeadReadsBack(t *testing.T) {
	h := chain(3)[2].Head()
	if got, err := ParseHead(h.String() + "\n"); err != nil || got != h {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "3", "x " + strings.Repeat("0", 64), "3 abc", "-1 " + strings.Repeat("0", 64)} {
		if _, err := ParseHead(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestCellsAreThoseOfTheColumns(t *testing.T) {
	e := Head{}.Next(time.Now(), Entry{Who: "=HYPERLINK(1)", After: "line\none", Record: "+1"})
	cells := e.Cells()
	if strings.Contains(cells[7], "\n") || len(cells) != len(Columns) {
		t.Errorf("%q", cells)
	}
}
