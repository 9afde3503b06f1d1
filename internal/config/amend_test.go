package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeward/internal/config"
	"homeward/internal/problem"
)

const amended = `# A comment at the top.
version: "1"
about: A list
file:
  kind: text
  separator: comma
  encoding: utf-8
columns:
  extract_date: Extract date
  local_id: 'Hosp no'
  ready: [Ready, "Ready date"] # the day on which all three tests were met
  # The reason is a letter.
  reason:
    - Reason  # of the old system
    - Why
  council: Council
not_read: [Sex]
fixed: {care: acute}
dates: [dd/mm/yyyy]
words:
  reasons: {use: england-dtoc}
  # Their own words.
  responsible:
    use: england
    add:
      nhs: [Trust]
`

func amend(t *testing.T, text string, a config.Amendment) (string, error) {
	t.Helper()
	out, err := config.Amend("x", []byte(text), a, strings.EqualFold)
	return string(out), err
}

func TestAmendKeepsWhatIsWritten(t *testing.T) {
	t.Parallel()
	added := func(pairs ...string) (out []config.Added) {
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, config.Added{Key: pairs[i], Text: pairs[i+1]})
		}
		return out
	}
	cases := []struct {
		name     string
		a        config.Amendment
		from, to string
	}{
		{"nothing", config.Amendment{}, "", ""},
		{"another heading beside one", config.Amendment{Fields: added("local_id", "MRN")}, "local_id: 'Hosp no'", "local_id: [Hosp no, MRN]"},
		{"another heading in brackets", config.Amendment{Fields: added("ready", "DRD: all tests")}, `[Ready, "Ready date"] #`,
			`[Ready, Ready date, 'DRD: all tests'] #`},
		{"another heading on a line of its own", config.Amendment{Fields: added("reason", "Cause")}, "    - Why\n", "    - Why\n    - Cause\n"},
		{"a heading that is there in other letters", config.Amendment{Fields: added("ready", "READY")}, "", ""},
		{"a field that there was not", config.Amendment{Fields: added("ward", "Ward")}, "columns:\n", "columns:\n  ward: Ward\n"},
		{"a heading that means another field now", config.Amendment{Fields: added("ready", "Why")},
			"[Ready, \"Ready date\"] # the day on which " +
				"all three tests were met\n  # The reason is a letter.\n  reason:\n    - Reason  # of the old system\n    - Why\n",
			"[Ready, Ready date, Why] # the day on which all three tests were met\n  # The reason is a letter.\n  reason:\n    - Reason  # of " +
				"the old system\n"},
		{"a heading that is not read any more", config.Amendment{Fields: added("not_read", "Frailty")}, "[Sex]", "[Sex, Frailty]"},
		{"other dates", config.Amendment{Dates: config.List{"dd/mm/yyyy", "dd/mm/yy"}}, "[dd/mm/yyyy]", "[dd/mm/yyyy, dd/mm/yy]"},
		{"another list of reasons", config.Amendment{CodeSet: "england-acute-2024"}, amended[strings.Index(amended, "  reasons: {"):],
			amended[strings.Index(amended, "  # Their own"):] + "code_set: england-acute-2024\n"},
		{"words in a line", config.Amendment{Words: added("reasons.E", "Awaiting POC", "reasons.E", "No")}, "{use: england-dtoc}",
			"{use: england-dtoc, add: {E: [Awaiting POC, 'No']}}"},
		{"words under words", config.Amendment{Words: added("responsible.nhs", "Acute trust", "responsible.joint", "1")},
			"    add:\n      nhs: [Trust]\n", "    add:\n      joint: '1'\n      nhs: [Trust, Acute trust]\n"},
		{"words of a kind that has the usual list", config.Amendment{Words: added("care.acute", "AC"),
			Use: map[string]config.List{"care": {"england"}}}, "words:\n", "words:\n  care: {use: england, add: {acute: AC}}\n"},
		{"councils", config.Amendment{Words: added("councils.E06000026", "South area")}, "words:\n",
			"words:\n  councils: {E06000026: South area}\n"},
		{"the care of every row", config.Amendment{Care: "non-acute"}, "{care: acute}", "{care: non-acute}"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := strings.Replace(amended, c.from, c.to, 1)
			got, err := amend(t, amended, c.a)
			if err != nil || got != want {
				t.Errorf("%v\n%s", err, got)
			}
		})
	}
	if _, err := amend(t, amended, config.Amendment{Words: added("care.well", "x")}); problem.KindOf(err) != problem.Invalid {
		t.Errorf("a meaning that there is not: %v", err)
	}
	if _, err := amend(t, "version: \"1\"\n", config.Amendment{}); problem.KindOf(err) != problem.Invalid {
		t.Errorf("a layout that cannot be read: %v", err)
	}
}

// Every layout that comes with the program can be added to.
func TestAmendEveryExample(t *testing.T) {
	t.Parallel()
	all, err := filepath.Glob("../../data/examples/*/layouts/*.yaml")
	if err != nil || len(all) == 0 {
		t.Fatal("no layouts", err)
	}
	for _, path := range all {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out, err := config.Amend("x", text, config.Amendment{
			Fields: []config.Added{{Key: "ready", Text: "New ready"}, {Key: "reason", Text: "New reason"}, {Key: "not_read", Text: "New"},
				{Key: "destination", Text: "New destination"}},
			Dates: config.List{"yyyy-mm-dd", "d mmm yyyy"},
			Words: []config.Added{{Key: "care.acute", Text: "New word"}, {Key: "responsible.nhs", Text: "New word"},
				{Key: "councils.E10000008", Text: "New name"}},
		}, strings.EqualFold)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		for line := range strings.Lines(string(text)) {
			if at := strings.TrimSpace(line); strings.HasPrefix(at, "#") && !strings.Contains(string(out), at) {
				t.Errorf("%s lost %q", path, at)
			}
		}
	}
}

// However a layout is written, it is added to rightly or not at all.
func FuzzAmend(f *testing.F) {
	f.Add(amended, "reason", "Cause")
	f.Add("version: \"1\"\nfile: {kind: workbook}\n"+
		"columns: {extract_date: é, local_id: a, ready: [b], reason: c, council: d}\n", "ready", "é: #")
	f.Add("version: \"1\"\nfile: {kind: workbook}\ncolumns:\n  extract_date:\n"+
		"  - a\n  local_id: b\n  ready: >\n    c\n  reason: |\n    d\n  council: e",
		"ready", "-")
	f.Fuzz(func(t *testing.T, text, key, heading string) {
		same := func(a, b string) bool { return a == b }
		out, err := config.Amend("x", []byte(text), config.Amendment{Fields: []config.Added{{Key: key, Text: heading}},
			Words: []config.Added{{Key: "reasons.E", Text: heading}}, Use: map[string]config.List{"reasons": {"england-dtoc"}}}, same)
		if err != nil {
			return
		}
		if _, err := config.ParseLayout("x.yaml", "x", out); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}
