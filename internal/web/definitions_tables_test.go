package web

import (
	"strings"
	"testing"

	"homeward/internal/delay"
)

// The definitions page shows every table with when it was in force, what ended,
// how certain it is and where it is from, and what the sources leave open.
func TestD3DefinitionsShowTheTables(t *testing.T) {
	s := newSite(t)
	doc := s.get(t, "/definitions")
	for _, c := range s.opts.Defs.Conventions {
		text := words(doc.Find("#convention-" + c.Name))
		for _, want := range []string{c.Words, inForceWords(c.Provenance), c.Source} {
			if !strings.Contains(text, want) {
				t.Errorf("D3 %s lacks %q", c.Name, want)
			}
		}
		if n := doc.Find("#convention-" + c.Name + " tbody tr").Length(); n != len(s.opts.Defs.ExamplesOf(c.Name)) {
			t.Errorf("D2 %s shows %d worked examples", c.Name, n)
		}
	}
	for _, set := range s.opts.Defs.CodeSets {
		text := words(doc.Find("#codes-" + set.Name))
		if !strings.Contains(text, inForceWords(set.Provenance)) || !strings.Contains(strings.ToLower(text), strings.ToLower(set.Certainty)) {
			t.Errorf("D3 %s: %s", set.Name, text)
		}
		if n := doc.Find("#codes-" + set.Name + " tbody tr").Length(); n != len(set.Codes) {
			t.Errorf("D1 %s shows %d codes of %d", set.Name, n, len(set.Codes))
		}
	}
	if text := words(doc.Find("#codes-england-dtoc")); !strings.Contains(text, "ended on 29 February 2020") {
		t.Errorf("D3 it is not said that England ended its return: %s", text)
	}
	if n := doc.Find("#pathways-table tbody tr").Length(); n != len(delay.Pathways) {
		t.Errorf("%d pathways are explained", n)
	}
	for id, want := range map[string]string{"Days": "stated last, on that day or before",
		"New, moved, ended": "pathway that was stated last of it", "Leaving": "they move to it on the day that ends the wait"} {
		if text := words(doc.Find(`[id="` + id + `"]`)); !strings.Contains(text, want) {
			t.Errorf("D6 of pathways it is said: %q", text)
		}
	}
	if n := doc.Find("#open-table tbody tr").Length(); n < 10 {
		t.Errorf("%d choices are open", n)
	}
}
