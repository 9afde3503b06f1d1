package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAgreementClocks(t *testing.T) {
	t.Parallel()
	const head = "name: P\ncouncils:\n  - {code: E10000099, name: Northshire}\nproviders:\n  - {code: RXA, name: Northgate}\n"
	load := func(text string) (*Partnership, error) {
		path := filepath.Join(t.TempDir(), "partnership.yaml")
		if err := os.WriteFile(path, []byte(head+text), 0o600); err != nil {
			t.Fatal(err)
		}
		return LoadPartnership(path)
	}
	p, err := load("")
	if err != nil {
		t.Fatal(err)
	}
	if want := (Agreement{AnswerDays: 2, LeadDays: 2, DirectorDays: 5, ChairDays: 5, At: "17:00", DecideFrom: "directors", LateDays: 7,
		UndoMinutes: 15}); p.Agreement != want {
		t.Errorf("G2: the defaults are %+v", p.Agreement)
	}
	p, err = load("agreement:\n  chair: {name: Dr Example, email: chair@example.org}\n")
	if err != nil || p.Agreement.Chair != (Chair{"Dr Example", "chair@example.org"}) {
		t.Errorf("G5: the chair is %+v, %v", p.Agreement.Chair, err)
	}
	for text, want := range map[string]string{
		"agreement: {answer_days: 21}": "answer_days: found 21, expected a number from 1 to 20",
		"agreement: {at: noon}":        `at: found "noon", expected a time of day`,
		"agreement: {default_after_days: 1}": "default_after_days: found 1, expected at least the 2 days that an " +
			"answer has",
		"agreement: {decide_from: anybody}":                               `decide_from: found "anybody"`,
		"agreement: {chair: {name: Dr Example}}":                          `chair.email: found "", expected the e-mail address`,
		"agreement: {chair: {email: chair@example.org}}":                  "chair.name: a chair has a name",
		"agreement: {chair: {name: X, email: \"X <chair@example.org>\"}}": `chair.email: found "X <chair@example.org>"`,
		"agreement: {silence: 3}":                                         "silence",
	} {
		if _, err := load(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
