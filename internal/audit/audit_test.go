package audit

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// testChain begins plain, as a log of before keys, and goes on keyed.
var testChain = NewChain(4, bytes.Repeat([]byte{7}, SecretSize))

func chain(n int) []Event {
	var head Head
	var out []Event
	at := time.Date(2026, 11, 4, 6, 0, 0, 0, time.UTC)
	for i := range n {
		e := testChain.Next(head, at.Add(time.Duration(i)*time.Minute), Entry{Who: "a@example.org", What: IdentifierSeen, Record: "HW-1",
			After: strings.Repeat("x", i)})
		out, head = append(out, e), e.Head()
	}
	return out
}

func verify(log []Event, kept *Head) Result {
	var all []Kept
	if kept != nil {
		all = append(all, Kept{*kept, HeadFile})
	}
	v := NewVerifier(testChain, all...)
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
				l[i] = testChain.Next(h, l[i].At, l[i].Entry)
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
			e := testChain.Next(head, time.UnixMicro(rapid.Int64Range(0, 1<<50).Draw(t, "at")), Entry{
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
	e := (&Chain{}).Next(Head{}, time.Now(), Entry{Who: "=HYPERLINK(1)", After: "line\none", Record: "+1"})
	cells := e.Cells()
	if strings.Contains(cells[7], "\n") || len(cells) != len(Columns) {
		t.Errorf("%q", cells)
	}
}

// Who has the log and not its key can make no entry that fits, not even by
// making all of them anew.
func TestACounterfeitIsFound(t *testing.T) {
	whole := chain(9)
	for from := range whole {
		var h Head
		counterfeit := slices.Clone(whole)
		if from > 0 {
			h = whole[from-1].Head()
		}
		for i := from; i < len(counterfeit); i++ {
			counterfeit[i].Who = "nobody"
			counterfeit[i] = (&Chain{}).Next(h, counterfeit[i].At, counterfeit[i].Entry)
			h = counterfeit[i].Head()
		}
		if r := verify(counterfeit, &h); r.Whole() {
			t.Errorf("made anew from entry %d with a head of its own, it passes", from+1)
		}
	}
}

func TestAHeadKeptElsewhere(t *testing.T) {
	whole := chain(9)
	file := Kept{whole[8].Head(), HeadFile}
	for name, c := range map[string]struct {
		elsewhere Head
		log       []Event
		file      Kept
		want      string
	}{
		"of earlier": {whole[2].Head(), whole, file, ""},
		"of the end": {whole[8].Head(), whole, file, ""},
		"of a later end": {whole[8].Head(), whole[:6], Kept{whole[5].Head(), HeadFile},
			"ends at entry 6 and the head kept elsewhere names entry 9"},
		"of another log": {Head{3, [HashSize]byte{1}}, whole, file, "Entry 3 is not the one that the head kept elsewhere names"},
	} {
		v := NewVerifier(testChain, c.file, Kept{c.elsewhere, "head kept elsewhere"})
		for _, e := range c.log {
			v.Next(e)
		}
		if r := v.Finish(); (c.want == "") != r.Whole() || !strings.Contains(strings.Join(r.Findings, " "), c.want) {
			t.Errorf("%s: %v", name, r.Findings)
		}
	}
}

func TestTheChainsFileReadsBack(t *testing.T) {
	secret := bytes.Repeat([]byte{7}, SecretSize)
	for _, c := range []*Chain{NewChain(0, secret), NewChain(57, secret), BegunAnew(80, secret)} {
		got, err := ParseChain(c.String())
		if err != nil || got.String() != c.String() || got.Fingerprint() != c.Fingerprint() || strings.Contains(c.String(), c.Fingerprint()) {
			t.Errorf("%v, %v", got, err)
		}
	}
	for _, bad := range []string{"", "homeward-audit-key 1\n", "homeward-audit-key 1\nafter 0 lost\n", "homeward-audit-key 1\nafter 0 abcd\n",
		NewChain(5, secret).String() + "after 3 " + strings.Repeat("00", SecretSize), "after 0 " + strings.Repeat("00", SecretSize)} {
		if _, err := ParseChain(bad); err == nil || strings.Contains(err.Error(), "abcd") {
			t.Errorf("%q was read, %v", bad, err)
		}
	}
	// A lost key leaves the order to check, and says so.
	anew := BegunAnew(9, secret)
	log := chain(9)
	log = append(log, anew.Next(log[8].Head(), log[8].At, Entry{What: AuditBegunAnew}))
	v := NewVerifier(anew, Kept{log[9].Head(), HeadFile})
	for _, e := range log {
		v.Next(e)
	}
	if r := v.Finish(); !r.Whole() || len(r.Notes) != 1 || !strings.HasPrefix(r.Notes[0], "9 entries") {
		t.Errorf("%+v", r)
	}
}

// A restore explains the heads of the entries that it lost, and nothing else; who has
// no key of the log can write none.
func TestARestoreIsNoAlarm(t *testing.T) {
	before := chain(9)
	lost := before[8].Head()
	restore := func(by *Chain, lost Head) []Event {
		log := slices.Clone(before[:5])
		said := ""
		if lost.Number > 0 {
			said = lost.String()
		}
		log = append(log, by.Next(log[4].Head(), log[4].At, Entry{What: Restored, Record: "x.tar.gz", Before: said, After: "It goes on."}))
		for range 5 {
			last := log[len(log)-1]
			log = append(log, testChain.Next(last.Head(), last.At, Entry{What: Edited}))
		}
		return log
	}
	for name, c := range map[string]struct {
		log  []Event
		kept Head
		want string // begins the finding; empty when there is none
	}{
		"the lost head":             {restore(testChain, lost), lost, ""},
		"one that was lost with it": {restore(testChain, lost), before[6].Head(), ""},
		"one of before":             {restore(testChain, lost), before[3].Head(), ""},
		"one of since":              {restore(testChain, lost), restore(testChain, lost)[7].Head(), ""},
		"another of that number":    {restore(testChain, lost), Head{Number: 9, Hash: [HashSize]byte{1}}, "Entry 9 is not the one"},
		"another of before":         {restore(testChain, lost), Head{Number: 4, Hash: [HashSize]byte{1}}, "Entry 4 is not the one"},
		"beyond what is known":      {restore(testChain, lost), Head{Number: 10, Hash: [HashSize]byte{1}}, "Entry 10 is not the one"},
		"beyond the end":            {restore(testChain, lost), Head{Number: 12, Hash: [HashSize]byte{1}}, "The log ends at entry 11"},
		"nobody knows what is lost": {restore(testChain, Head{}), before[6].Head(), "Entry 7 is not the one"},
		"written without the key":   {restore(&Chain{}, lost), before[6].Head(), "The log does not match"},
	} {
		v := NewVerifier(testChain, Kept{c.log[len(c.log)-1].Head(), HeadFile}, Kept{c.kept, "head kept elsewhere"})
		for _, e := range c.log {
			v.Next(e)
		}
		r := v.Finish()
		if c.want == "" {
			isLost := c.kept.Number > 5 && c.kept != c.log[c.kept.Number-1].Head()
			if !r.Whole() || slices.Contains(r.Lost, c.kept) != isLost {
				t.Errorf("%s: found %v, lost %v", name, r.Findings, r.Lost)
			}
			if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "was restored from x.tar.gz: It goes on.") {
				t.Errorf("%s: the notes are %q", name, r.Notes)
			}
		} else if r.Whole() || !strings.HasPrefix(r.Findings[0], c.want) {
			t.Errorf("%s: found %q, want %q", name, r.Findings, c.want)
		}
	}
}
