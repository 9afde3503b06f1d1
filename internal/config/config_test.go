package config_test

import (
	"io/fs"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"homeward/data"
	"homeward/internal/config"
	"homeward/internal/problem"
)

const soundPartnership = `name: P
councils:
  - {code: E10000008, name: Devon, cssr: 912}
providers:
  - code: RK9
    name: Plymouth
    layout: one
`

const soundLayout = `file: {name: '(?P<date>\d+)'}
columns: {nhs_number: NHS, ready: Ready, care: Care, reason: Reason, council: Council}
words: {reasons: {add: {C: [05, 07]}}}
`

func load(partnership, layout string) (*config.Partnership, error) {
	return config.ParsePartnership(fstest.MapFS{"p/partnership.yaml": {Data: []byte(partnership)},
		"p/layouts/one.yaml": {Data: []byte(layout)}}, "p/partnership.yaml")
}

func TestSound(t *testing.T) {
	p, err := load(soundPartnership, soundLayout)
	if err != nil {
		t.Fatal(err)
	}
	s := p.Settings
	if s.OmittedLimitDays != 14 || s.ShortFileRatio != 0.5 || s.ShortFileLeast != 10 || s.Counting != "england-dtoc" ||
		s.RuleSet != "england-dtoc" || s.Headline != "counted" {
		t.Errorf("C1, C7, R5: the defaults are not filled in: %+v", s)
	}
	l := p.Layouts["one"]
	if l.File.Kind != "text" || l.File.HeadingWithin != 30 || len(l.Fingerprint) != 64 || l.Columns.Ready[0] != "Ready" {
		t.Errorf("%+v", l)
	}
	for code, name := range map[string]string{"RK9": "Plymouth", "E10000008": "Devon", "RXX": "RXX"} {
		if got := p.NameOf(code); got != name {
			t.Errorf("%s is called %q, want %q", code, got, name)
		}
	}
	if p.Councils[0].CSSR != "912" || l.Words.Reasons.Add["C"][0] != "05" {
		t.Errorf("codes must keep their zeros: %q %q", p.Councils[0].CSSR, l.Words.Reasons.Add["C"])
	}
}

// TestPutRight gives files with one thing wrong each; the error says the file,
// the line and the field.
func TestPutRight(t *testing.T) {
	for _, c := range []struct{ name, from, to, says string }{
		{"unknown key", "name: Plymouth", "name: Plymouth\n    nam: x", "partnership.yaml, line 7: providers[1].nam: found a key that is " +
			"not known"},
		{"not YAML", "name: P\n", "name: [P\n", "partnership.yaml"},
		{"a code that would lose its zero", "cssr: 912", "cssr: 012", "councils[1].cssr: found 012, which is read as the number"},
		{"no name", "name: P\n", "", "partnership.yaml, line 1: name: expected the partnership's name"},
		{"ODS code in small letters", "code: RK9", "code: rk9", "line 5: providers[1].code: found \"rk9\""},
		{"A7 a district", "E10000008", "E07000040", "line 3: councils[1].code: E07000040 is a district"},
		{"ONS code too short", "E10000008", "E1000", "councils[1].code: found \"E1000\""},
		{"unknown layout", "layout: one", "layout: two", "line 7: providers[1].layout: there is no layout \"two\""},
		{"a layout's name that is a path", "layout: one", "layout: ../one", "is not a layout's name"},
		{"a day of the week that is none", "layout: one", "layout: one\n    expected_days: [mon, funday]",
			"line 8: providers[1].expected_days: found \"funday\""},
		{"an owner with an address", "layout: one", "layout: one\n    data_owner: someone@example.org",
			"line 8: providers[1].data_owner: found \"someone@example.org\""},
		{"due that is no time", "layout: one", "layout: one\n    due: 7am", "line 8: providers[1].due: found \"7am\""},
		{"C13 population without its year", "cssr: 912", "cssr: 912, population: {adults: 9}", "population: expected the year and the source"},
		{"provider twice", "providers:\n", "providers:\n  - {code: RK9, name: Again}\n", "RK9 stands twice"},
		{"C19 a former code in small letters", "name: Plymouth", "name: Plymouth\n    formerly: [{code: rbz}]",
			"line 7: providers[1].formerly[1].code: found \"rbz\", expected an ODS code"},
		{"C19 a former code that is the provider's own", "name: Plymouth", "name: Plymouth\n    formerly: [RK9]",
			"formerly[1].code: found RK9, which is the provider's code of today"},
		{"C19 a former code of a provider of today", "providers:\n", "providers:\n  - {code: RBZ, name: North, formerly: [{code: RK9}]}\n",
			"formerly[1].code: found RK9, which is a provider of this file too"},
		{"C19 a former code listed twice", "name: Plymouth", "name: Plymouth\n    formerly: [{code: RBZ}, {code: RBZ}]",
			"formerly[2].code: found RBZ, which RK9 lists already"},
		{"C19 a last day that is none", "name: Plymouth", "name: Plymouth\n    formerly: [{code: RBZ, until: 31/03/2022}]",
			"formerly[1].until: found \"31/03/2022\", expected a date"},
		{"C19 a layout of a former code that is not there", "name: Plymouth", "name: Plymouth\n    formerly: [{code: RBZ, layout: two}]",
			"formerly[1].layout: there is no layout \"two\""},
		{"C19 an unknown key of a former code", "name: Plymouth", "name: Plymouth\n    formerly: [{code: RBZ, to: 2022-03-31}]",
			"formerly[1].to: found a key that is not known, expected one of code, until"},
		{"a name of two councils", "councils:\n", "councils:\n  - {code: E06000026, name: Plymouth, names: [devon]}\n",
			"already stands for another council"},
		{"D2 no convention's name", "name: P\n", "name: P\nsettings: {counting: My own}\n", "line 2: settings.counting: found \"My own\""},
		{"D1 a mapping that nobody agreed to", "name: P\n",
			"name: P\nmappings:\n  - {code_set: england-acute-2024, reason: '4', body: nhs, from: " +
				"2026-04-01}\n", "line 3: mappings[1].agreed: expected who agreed"},
		{"D1 a mapping to no body", "name: P\n", "name: P\nmappings:\n  - {code_set: england-acute-2024, reason: '4', body: church, from: " +
			"2026-04-01, agreed: us}\n", "mappings[1].body: found \"church\""},
		{"D1 a mapping of no day", "name: P\n", "name: P\nmappings:\n  - {code_set: england-acute-2024, reason: '4', body: nhs, from: " +
			"April, agreed: us}\n", "mappings[1].from: found \"April\""},
		{"R5 ratio over one", "name: P\n", "name: P\nsettings: {short_file_ratio: 2}\n", "settings.short_file_ratio"},
		{"a text for a number", "name: P\n", "name: P\nsettings: {short_file_least: many}\n", "line 2"},

		{"sign-in: idle too long", "name: P\n", "name: P\nsign_in: {idle_minutes: 600}\n",
			"line 2: sign_in.idle_minutes: found 600, expected a number of minutes from 2 to 240"},
		{"sign-in: longest too long", "name: P\n", "name: P\nsign_in: {longest_hours: 48}\n", "sign_in.longest_hours"},
		{"sign-in: a proxy that is no network", "name: P\n", "name: P\nsign_in: {trusted_proxies: proxy1}\n",
			"sign_in.trusted_proxies[1]: found \"proxy1\""},
		{"sign-in: a provider without TLS", "name: P\n", workAccount("issuer: https://login", "issuer: http://login"),
			"sign_in.work_account.issuer: found \"http://login"},
		{"sign-in: no client", "name: P\n", workAccount("client_id: hw, ", ""), "sign_in.work_account.client_id"},
		{"sign-in: no secret file", "name: P\n", workAccount(", client_secret_file: /run/secret", ""), "client_secret_file"},
		{"sign-in: the secret itself in the file", "name: P\n", workAccount("client_secret_file", "client_secret"),
			"sign_in.work_account.client_secret: found a key that is not known"},
		{"sign-in: an unknown role", "name: P\n", workAccount("role: coordinator", "role: owner"), "roles[1].role: found \"owner\""},
		{"sign-in: an organisation of nobody", "name: P\n", workAccount("[RK9]", "[RZZ]"), "roles[1].organisations[1]: found \"RZZ\""},
		{"P1 sign-in: a coordinator of a council", "name: P\n", workAccount("[RK9]", "[E10000008]"), "coordinators are of providers"},
		{"P1 sign-in: a coordinator of everything", "name: P\n", workAccount(", organisations: [RK9]", ""), "named organisations"},
		{"P1 sign-in: a viewer of one provider", "name: P\n", workAccount("role: coordinator", "role: viewer"), "whole partnership"},
		{"sign-in: a claim without a value", "name: P\n", workAccount("value: Coordinators, ", ""), "expected a claim and its value"},
		{"a pace that lets nobody in", "name: P\n", "name: P\nsign_in: {requests_per_second: 1}\n",
			"line 2: sign_in.requests_per_second: found 1, expected a number of requests from 5 to 10000"},
		{"no backup that stays", "name: P\n", "name: P\nbackup: {keep: -1}\n",
			"line 2: backup.keep: found -1, expected how many backups stay, from 1 to 1000"},
		{"a folder that hangs on where the program was started", "name: P\n", "name: P\nbackup: {folder: backups}\n",
			`line 2: backup.folder: found "backups", expected the whole path of a folder, such as /backup/homeward`},
		{"R13 people who are not ready kept for years", "name: P\n", "name: P\nnot_ready_days: 1000\n",
			"line 2: not_ready_days: found 1000, expected a number of days from 7 to 366"},
		{"retention of no years", "name: P\n", "name: P\nretention_years: 99\n", "line 2: retention_years: found 99"},

		{"layout: unknown key", "ready: Ready", "redy: Ready", "layouts/one.yaml, line 2: columns.redy: found a key that is not known"},
		{"layout: no ready date", "ready: Ready, ", "", "columns.ready: expected the heading of the discharge ready date"},
		{"layout: no reason", "reason: Reason, ", "", "columns.reason"},
		{"layout: no identifier", "nhs_number: NHS, ", "", "expected the heading of nhs_number or local_id"},
		{"layout: no council", ", council: Council", "", "columns.council"},
		{"layout: no care", "care: Care, ", "", "or fixed.care"},
		{"R6 layout: no extract date", "(?P<date>\\d+)", "x", "expected the extract date in a column"},
		{"layout: wrong expression", "(?P<date>\\d+)", "(?P<date>\\d+", "line 1: file.name: found a regular expression that does not compile"},
		{"layout: wrong date format", "words:", "dates: [dd/mm/jjjj]\nwords:", "line 3: dates[1]: \"dd/mm/jjjj\" is not a date format"},
		{"layout: day first and month first", "words:", "dates: [dd/mm/yyyy, mm/dd/yyyy]\nwords:", "contradicts another format"},
		{"layout: a reason that is none", "{C: [05", "{Q: [05", "words.reasons.add.Q: this is not a meaning; expected one of A, B"},
		{"layout: one word with two meanings", "{C: [05", "{A: [05], C: [05", "already means A"},
		{"layout: one heading for two fields", "care: Care", "care: ready", "already stands for"},
		{"layout: a list in a list", "ready: Ready", "ready: [[Ready]]", "expected a text or a list of texts"},
		{"layout: unknown kind", "file: {", "file: {kind: pdf, ", "file.kind: found \"pdf\", expected one of text, workbook"},
		{"layout: words for waiting missing", "care: Care", "care: Care, waiting_on: Who", "words.waiting_on: expected the words"},
		{"layout: unknown field that may be missing", "words:", "may_be_missing: [beds]\nwords:", "may_be_missing[1]"},
		{"layout: preamble without a date", "words:", "extract_date: {preamble: 'Census'}\nwords:", "expected a group (?P<date>...)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			partnership, layout := strings.Replace(soundPartnership, c.from, c.to, 1), soundLayout
			if partnership == soundPartnership {
				if layout = strings.Replace(soundLayout, c.from, c.to, 1); layout == soundLayout {
					t.Fatal("nothing was changed")
				}
			}
			p, err := load(partnership, layout)
			if err == nil {
				err = p.Layouts["one"].Meanings([]string{"A", "B", "C"})
			}
			if problem.KindOf(err) != problem.Invalid || !strings.Contains(problem.Sentence(err), c.says) {
				t.Errorf("want %q, got %v", c.says, err)
			}
		})
	}
}

// workAccount gives a sound section sign_in after the name, with one thing
// changed.
func workAccount(from, to string) string {
	sound := "name: P\nsign_in:\n  work_account: {issuer: https://login.example.org, address: https://homeward.example.org, client_id: hw, " +
		"client_secret_file: /run/secret, roles: [{claim: groups, value: Coordinators, role: coordinator, organisations: [RK9]}]}\n"
	return strings.Replace(sound, from, to, 1)
}

func TestSignInDefaults(t *testing.T) {
	p, err := load(strings.Replace(soundPartnership, "name: P\n", workAccount("", ""), 1), soundLayout)
	if err != nil {
		t.Fatal(err)
	}
	s := p.SignIn
	if s.Idle() != 30*time.Minute || s.Longest() != 12*time.Hour || !s.NeedsSecondFactor() || p.RetentionYears != 8 {
		t.Errorf("%+v", s)
	}
	if w := s.WorkAccount; w.EmailClaim != "email" || w.NameClaim != "name" || len(w.Scopes) != 2 ||
		w.Label != "Continue with your work account" {
		t.Errorf("%+v", w)
	}
	if p, err = load(strings.Replace(soundPartnership, "name: P\n", "name: P\nsign_in: {require_second_factor: false}\n", 1),
		soundLayout); err != nil || p.SignIn.NeedsSecondFactor() {
		t.Errorf("a second factor that is not required: %v", err)
	}
}

func TestAllAtOnce(t *testing.T) {
	_, err := load(strings.NewReplacer("RK9", "rk9", "E10000008", "x").Replace(soundPartnership),
		strings.Replace(soundLayout, "ready: Ready, ", "", 1))
	for _, says := range []string{"3 things", "councils[1].code", "providers[1].code", "columns.ready"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want %q, got %v", says, err)
		}
	}
}

func TestNotThere(t *testing.T) {
	if _, err := config.LoadPartnership(t.TempDir() + "/partnership.yaml"); problem.KindOf(err) != problem.NotFound {
		t.Error(err)
	}
}

// TestExamples loads the worked examples and the starter files as they stand.
func TestExamples(t *testing.T) {
	for name, fsys := range map[string]fs.FS{"devon/partnership.yaml": data.Examples, "partnership.yaml": config.Starter()} {
		p, err := config.ParsePartnership(fsys, name)
		if err != nil || len(p.Layouts) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDateFormat(t *testing.T) {
	for _, good := range []string{"dd/mm/yyyy", "d-m-yy", "yyyy-mm-dd", "d mmm yyyy", "mmmm d yyyy", "mmm d, yyyy", "yyyymmdd", "DD.MM.YYYY",
		"ddmmmyyyy", "dmmmyy", "ddmmyy", "yyyymmmdd", "dd-mmmyyyy"} {
		if _, err := config.ParseDateFormat(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "dd/mm", "dd/mm/yyyy hh:mm", "02/01/2006", "dd/dd/yyyy", "yyy-mm-dd", "%d/%m/%Y",
		// What could not be read as it says is refused (R9).
		"dmyyyy", "dmmyyyy", "mmmddyyyy", "ddmm/yyyy", "yyyyddmm", "yyyy-dd-mm", "/dd/mm/yyyy", "dd/mm/yyyy/"} {
		if _, err := config.ParseDateFormat(bad); err == nil {
			t.Errorf("%q is no date format", bad)
		}
	}
}

// Formats of one list that would read one date in two ways are refused (R9).
func TestDateFormatsContradict(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"dd/mm/yyyy", "mm/dd/yyyy", true}, {"dd/mm/yy", "yy-mm-dd", true}, {"ddmmyy", "yymmdd", true}, {"ddmmyyyy", "mmddyyyy", true},
		{"dd mmm yy", "yy mmm dd", true}, {"dd/mm/yyyy", "d.m.yyyy", false}, {"dd/mm/yyyy", "yyyy-mm-dd", false},
		{"dd/mm/yyyy", "dd/mm/yy", false},
		{"ddmmyyyy", "yyyymmdd", false}, {"ddmmyy", "dd/mm/yy", false}, {"ddmmmyyyy", "dd/mm/yyyy", false}, {"ddmmyyyy", "mmddyy", false},
	} {
		a, errA := config.ParseDateFormat(c.a)
		b, errB := config.ParseDateFormat(c.b)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if (a.Contradicts(b) != "") != c.want || (b.Contradicts(a) != "") != c.want {
			t.Errorf("R9 %s beside %s: %q, %q", c.a, c.b, a.Contradicts(b), b.Contradicts(a))
		}
	}
}

func FuzzParseLayout(f *testing.F) {
	f.Add([]byte(soundLayout))
	f.Add([]byte("columns: []\nwords: {reasons: x}\nfile:\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if _, err := config.ParseLayout("x.yaml", "x", content); err != nil && problem.KindOf(err) != problem.Invalid {
			t.Error(err)
		}
	})
}

// TestLayoutsDocumented checks that data/reference/layouts.md names every key.
func TestLayoutsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../data/reference/layouts.md")
	if err != nil {
		t.Fatal(err)
	}
	var l config.Layout
	keys := []string{"version", "about", "not_read", "may_be_missing", "fixed.care", "fixed.council", "dates", "extract_date.preamble",
		"skip_lines",
		"words.reasons", "words.responsible", "words.care", "words.waiting_on", "words.funding", "words.councils", "use", "add", "usual",
		"separator"}
	for f := range reflect.TypeFor[config.File]().Fields() {
		keys = append(keys, "file."+f.Tag.Get("yaml"))
	}
	for _, f := range l.Columns.Fields() {
		keys = append(keys, f.Name)
	}
	for _, k := range keys {
		if !strings.Contains(string(text), "`"+k+"`") {
			t.Errorf("data/reference/layouts.md does not name %s", k)
		}
	}
}
