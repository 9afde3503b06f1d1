package sqlite_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"homeward/internal/attribution"
	"homeward/internal/audit"
	"homeward/internal/delay"
	"homeward/internal/identity"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/record"
	"homeward/internal/sqlite"
)

// listing is one row of one extract, as tests write it.
type listing struct {
	Provider   string
	Day        delay.Day
	Patient    int // the NHS number, when Local is not set
	Local      bool
	Ready      delay.Day
	Discharged delay.Day
	Reason     delay.Reason
	Body       delay.Body
	Council    delay.Council
	Ward       string
}

// evidence is what a test's database is made of: the rows, and for which
// provider and days there is an extract even without rows.
type evidence struct {
	Providers   []string
	First, Last delay.Day
	Rows        []listing
}

var (
	keyOne, keyTwo = newKey(1), newKey(2)
	// neverShort keeps R5 out of tests of other rules.
	neverShort = sqlite.Settings{Delay: delay.DefaultSettings, Short: ingest.ShortRule{Ratio: 0.5, Least: 1 << 20}}
)

func newKey(seed byte) *identity.Key {
	k, err := identity.NewKey(slices.Repeat([]byte{seed}, identity.KeySize))
	if err != nil {
		panic(err)
	}
	return k
}

type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// nhsNumber gives a valid NHS number of each patient.
func nhsNumber(patient int) string {
	for n := 9_434_765_000; ; n++ {
		if number, r := identity.NHSNumber(fmt.Sprint(n)); r == identity.Good {
			if patient == 0 {
				return number
			}
			patient--
		}
	}
}

func localID(patient int) string { return fmt.Sprintf("L-%d", patient) }

// fill takes the evidence into a store, one file for each provider.
func fill(t fataler, s *sqlite.Store, key *identity.Key, e evidence) {
	t.Helper()
	for _, provider := range e.Providers {
		takeDays(t, s, key, provider, e.First, e.Last, e.Rows)
	}
}

// takeDays takes one file with an extract of the provider for each day.
func takeDays(t fataler, s *sqlite.Store, key *identity.Key, provider string, first, last delay.Day, rows []listing) {
	t.Helper()
	b := &ingest.Batch{Provider: provider, File: ingest.File{Name: provider + ".csv"}}
	text, err := json.Marshal([]any{provider, first, last, rows})
	if err != nil {
		t.Fatal(err)
	}
	b.File.SHA256 = sha256.Sum256(text)
	patients, locals := map[int]int32{}, map[int]int32{}
	for day := first; day <= last; day++ {
		x := ingest.Extract{Date: day}
		for _, r := range rows {
			if r.Provider != provider || r.Day != day {
				continue
			}
			if _, ok := patients[r.Patient]; !ok {
				who := identity.Patient{Provider: provider, NHSNumber: nhsNumber(r.Patient), LocalID: localID(r.Patient)}
				p := ingest.Patient{LocalID: key.Seal(who.LocalID), ByNHSNumber: !r.Local}
				if r.Local {
					who.NHSNumber = ""
				} else {
					p.NHSNumber = key.Seal(who.NHSNumber)
				}
				if !r.Local {
					b.Locals = append(b.Locals, ingest.Local{Hash: key.Hash(identity.Patient{Provider: provider, LocalID: who.LocalID}),
						Sealed: p.LocalID})
					locals[r.Patient] = int32(len(b.Locals))
				}
				p.Hash = key.Hash(who)
				p.Reference = key.Reference(provider, p.Hash)
				patients[r.Patient] = int32(len(b.Patients))
				b.Patients = append(b.Patients, p)
			}
			st := ingest.Statement{
				Patient: patients[r.Patient],
				Given: index(&b.Givens, ingest.Given{
					Given:   attribution.Given{Reason: r.Reason, Council: r.Council, Care: delay.Acute},
					Outcome: attribution.Outcome{Body: r.Body, Rule: "A2", RuleSet: "england-dtoc", Version: "1"},
				}),
				Place: index(&b.Places, ingest.Place{Ward: r.Ward}),
				Ready: r.Ready, Discharged: r.Discharged, Local: locals[r.Patient],
			}
			x.Listings = append(x.Listings, ingest.Listing{Statement: index(&b.Statements, st), Line: int32(x.Read + 2)})
			x.Read++
			x.Kept++
		}
		b.Extracts = append(b.Extracts, x)
	}
	if err := dated(s, time.UnixMicro(1)).Take(context.Background(), b, func(ingest.Taken) ([]byte, error) {
		return []byte("{}"), nil
	}); err != nil {
		t.Fatal(err)
	}
}

// index gives where in the list the value stands, adding it when it is not
// there: a batch says equal content once.
func index[T comparable](list *[]T, value T) int32 {
	if i := slices.Index(*list, value); i >= 0 {
		return int32(i)
	}
	*list = append(*list, value)
	return int32(len(*list) - 1)
}

func openStore(t fataler, dir string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), dir, &neverShort)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// filled gives a store of the evidence in a folder of its own.
func filled(t *testing.T, key *identity.Key, e evidence) (*sqlite.Store, string) {
	t.Helper()
	dir := t.TempDir()
	s := openStore(t, dir)
	t.Cleanup(func() { _ = s.Close() })
	fill(t, s, key, e)
	return s, dir
}

type partners struct{}

func (partners) SideOf(code string) people.Side {
	switch {
	case strings.HasPrefix(code, "R"):
		return people.ProviderSide
	case strings.HasPrefix(code, "E"):
		return people.CouncilSide
	}
	return people.Whole
}

func grant(t fataler, role people.Role, codes ...string) people.Grant {
	t.Helper()
	g, err := people.NewGrant(role, codes, partners{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func actor(g people.Grant) people.Actor {
	return people.Actor{Kind: people.APerson, PersonID: 1, Email: "someone@example.org", Grant: g, Address: "192.0.2.1"}
}

const (
	councilA = delay.Council("E10000099")
	councilB = delay.Council("E06000099")
)

var start = delay.MustDay("2026-03-02")

// drawEvidence draws two providers' extracts of nine days. A patient's council
// can change from day to day only when moving is set.
func drawEvidence(t *rapid.T, moving bool) evidence {
	e := evidence{Providers: []string{"RZ1", "RZ2"}, First: start, Last: start + 8}
	councils := rapid.SampledFrom([]delay.Council{councilA, councilA, councilB, delay.CouncilNotKnown})
	for patient := range rapid.IntRange(1, 7).Draw(t, "patients") {
		provider := rapid.SampledFrom(e.Providers).Draw(t, "provider")
		council := councils.Draw(t, "council")
		ready := start + delay.Day(rapid.IntRange(-2, 3).Draw(t, "ready"))
		local := rapid.Bool().Draw(t, "local")
		for day := max(e.First, ready); day <= e.Last; day++ {
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 1:
				continue // not listed
			case 2:
				ready = day // ready anew
			}
			if moving && rapid.IntRange(0, 3).Draw(t, "moves") == 0 {
				council = councils.Draw(t, "council")
			}
			e.Rows = append(e.Rows, listing{Provider: provider, Day: day, Patient: patient, Local: local, Ready: ready,
				Reason:  rapid.SampledFrom([]delay.Reason{"A", "E"}).Draw(t, "reason"),
				Body:    rapid.SampledFrom(delay.Bodies[:]).Draw(t, "body"),
				Council: council, Ward: rapid.SampledFrom([]string{"Ash", "Elm"}).Draw(t, "ward")})
		}
	}
	return e
}

func drawScope(t *rapid.T) people.Grant {
	role := rapid.SampledFrom([]people.Role{people.Coordinator, people.Reviewer, people.Director}).Draw(t, "role")
	codes := [][]string{{"RZ1"}, {"RZ2"}, {"RZ1", "RZ2"}, {"RZ9"}}
	if role != people.Coordinator {
		codes = append(codes, []string{string(councilA)}, []string{string(councilA)}, []string{string(councilB)},
			[]string{string(councilA), string(councilB)}, []string{"E10000098"})
	}
	return grant(t, role, rapid.SampledFrom(codes).Draw(t, "codes")...)
}

func some[T any](t *rapid.T, name string, of ...T) []T {
	if rapid.IntRange(0, 2).Draw(t, name) > 0 {
		return nil
	}
	return rapid.SliceOfN(rapid.SampledFrom(of), 1, 2).Draw(t, name)
}

func drawFilter(t *rapid.T) (record.Filter, record.Page) {
	f := record.Filter{Filter: measure.Filter{
		Providers: some(t, "providers", "RZ1", "RZ2"), Councils: some(t, "councils", councilA, councilB, delay.CouncilNotKnown),
		Reasons: some(t, "reasons", delay.Reason("A"), "E"), Bodies: some(t, "bodies", delay.Bodies[:]...)},
		Wards: some(t, "wards", "Ash", "Elm"), State: rapid.SampledFrom([]record.State{"", "", record.Open, record.Ended}).Draw(t, "state")}
	if rapid.Bool().Draw(t, "period") {
		f.From = start + delay.Day(rapid.IntRange(-1, 8).Draw(t, "from"))
		f.To = f.From + delay.Day(rapid.IntRange(0, 8).Draw(t, "length"))
	}
	p := record.Page{Sort: rapid.SampledFrom([]record.Sort{"", record.ByReady, record.ByDays}).Draw(t, "sort"),
		Descending: rapid.Bool().Draw(t, "descending"),
		Number:     rapid.IntRange(0, 3).Draw(t, "page"), Size: rapid.SampledFrom([]int{0, 1, 2}).Draw(t, "size")}
	return f, p
}

func list(t fataler, s *sqlite.Store, scope people.Scope, f record.Filter, p record.Page) *record.List {
	t.Helper()
	l, err := s.ScopedDelays(context.Background(), scope, f, p)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func show(v any) string {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		panic(err)
	}
	return string(text)
}

// pair runs f with two stores in folders of their own.
func pair(t *rapid.T, f func(full, own *sqlite.Store, ownDir string)) {
	dir, err := os.MkdirTemp("", "scope")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	var stores []*sqlite.Store
	for _, name := range []string{"full", "own"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		s := openStore(t, filepath.Join(dir, name))
		defer s.Close()
		stores = append(stores, s)
	}
	f(stores[0], stores[1], filepath.Join(dir, "own"))
}

// everything is the scope of someone whose organisations are all there are.
func everything(t fataler) people.Scope { return grant(t, people.Coordinator, "RZ1", "RZ2").Scope() }

func TestP1AScopedPersonGetsWhatTheirOwnDataWouldGive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvidence(t, false)
		g := drawScope(t)
		own := evidence{Providers: e.Providers, First: e.First, Last: e.Last}
		for _, r := range e.Rows {
			if slices.Contains(g.Codes, r.Provider) || slices.Contains(g.Codes, string(r.Council)) {
				own.Rows = append(own.Rows, r)
			}
		}
		pair(t, func(full, alone *sqlite.Store, _ string) {
			fill(t, full, keyOne, e)
			fill(t, alone, keyOne, own)
			for range 6 {
				f, p := drawFilter(t)
				got, want := show(list(t, full, g.Scope(), f, p)), show(list(t, alone, everything(t), f, p))
				if got != want {
					t.Fatalf("%s with %+v, %+v gets\n%s\nand alone\n%s", g, f, p, got, want)
				}
			}
			sameIdentifiers(t, full, g, own)
		})
	})
}

// sameIdentifiers checks that the identifiers of exactly the patients of own
// can be seen by the grant's holder, and each display is on record.
func sameIdentifiers(t fataler, s *sqlite.Store, g people.Grant, own evidence) {
	t.Helper()
	ctx, displays := context.Background(), 0
	mine := map[string]bool{}
	for _, d := range list(t, s, g.Scope(), record.Filter{}, record.Page{Size: record.MaxPage}).Delays {
		mine[d.Reference] = true
	}
	all := list(t, s, everything(t), record.Filter{}, record.Page{Size: record.MaxPage})
	references := map[string]bool{}
	for _, d := range all.Delays {
		references[d.Reference] = true
	}
	for reference := range references {
		got, err := dated(s, morning).Identifiers(ctx, actor(g), keyOne, reference)
		switch {
		case g.Role == people.Director:
			if problem.KindOf(err) != problem.Forbidden {
				t.Fatalf("a director gets %v, %v", got, err)
			}
		case mine[reference]:
			if err != nil || (got.NHSNumber == "" && got.LocalID == "") {
				t.Fatalf("%s, %s: %v, %v", g, reference, got, err)
			}
			displays++
		case problem.KindOf(err) != problem.NotFound:
			t.Fatalf("%s reaches %s: %v, %v", g, reference, got, err)
		}
	}
	seen, err := s.AuditEvents(ctx, audit.Filter{What: audit.IdentifierSeen, Limit: 1000})
	if err != nil || len(seen) != displays {
		t.Fatalf("%d displays, %d on record, %v", displays, len(seen), err)
	}
}

// TestP1ACouncilSeesItsOwnDaysOnly lets patients move from council to council
// during a delay. The second database is the first with everything of other
// councils taken out of what was derived.
func TestP1ACouncilSeesItsOwnDaysOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvidence(t, true)
		codes := rapid.SampledFrom([][]string{{string(councilA)}, {string(councilB)}, {string(councilA), string(councilB)}}).Draw(t, "codes")
		g := grant(t, people.Reviewer, codes...)
		pair(t, func(full, alone *sqlite.Store, dir string) {
			fill(t, full, keyOne, e)
			fill(t, alone, keyOne, e)
			takeOut(t, dir, codes)
			for range 6 {
				f, p := drawFilter(t)
				l := list(t, full, g.Scope(), f, p)
				for i := range l.Delays {
					l.Delays[i].Moved = false // The second database knows nothing of where it went.
				}
				got, want := show(l), show(list(t, alone, everything(t), f, p))
				if got != want {
					t.Fatalf("%s with %+v, %+v gets\n%s\nand alone\n%s", g, f, p, got, want)
				}
			}
		})
	})
}

func takeOut(t fataler, dir string, codes []string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, sqlite.FileName)+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ours := "(SELECT statement_id FROM statement JOIN given USING (given_id) WHERE council IN ('" + strings.Join(codes, "', '") + "'))"
	for _, q := range []string{
		`DELETE FROM stretch WHERE statement_id NOT IN ` + ours,
		`DELETE FROM delay WHERE first_day = 0 AND statement_id NOT IN ` + ours,
		`DELETE FROM delay WHERE first_day <> 0 AND NOT EXISTS (SELECT 1 FROM stretch s WHERE s.patient_id = delay.patient_id AND ` +
			`s.listed_first ` +
			`= delay.listed_first)`,
		`UPDATE delay SET (statement_id, end_date, end_kind) = (
			SELECT s.statement_id, s.last_day + 1, 2 FROM stretch s
			WHERE s.patient_id = delay.patient_id AND s.listed_first = delay.listed_first ORDER BY s.last_day DESC LIMIT 1)
			WHERE statement_id NOT IN ` + ours,
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
}

func TestP1RolesThatSeeNoRows(t *testing.T) {
	e := evidence{Providers: []string{"RZ1"}, First: start, Last: start + 3}
	for day := e.First; day <= e.Last; day++ {
		e.Rows = append(e.Rows, listing{Provider: "RZ1", Day: day, Patient: 1, Ready: start - 1, Reason: "A", Body: delay.NHS, Council: councilA})
	}
	s, _ := filled(t, keyOne, e)
	all := list(t, s, grant(t, people.Coordinator, "RZ1").Scope(), record.Filter{}, record.Page{})
	if all.Total != 1 || all.Days != 4 || len(all.Delays[0].Stretches) == 0 {
		t.Fatalf("the coordinator gets %s", show(all))
	}
	for _, role := range []people.Role{people.Presenter, people.Viewer, people.Analyst, people.Administrator} {
		t.Run("P1/"+string(role), func(t *testing.T) {
			g := grant(t, role)
			if l := list(t, s, g.Scope(), record.Filter{}, record.Page{}); l.Total != 0 || l.Days != 0 || l.Delays != nil {
				t.Errorf("gets %s", show(l))
			}
			if _, err := dated(s, morning).Identifiers(t.Context(), actor(g), keyOne,
				all.Delays[0].Reference); problem.KindOf(err) != problem.Forbidden {
				t.Errorf("gets %v", err)
			}
			if _, err := dated(s, morning).FindByNumber(t.Context(), actor(g), keyOne, nhsNumber(1)); problem.KindOf(err) != problem.Forbidden {
				t.Errorf("finds %v", err)
			}
		})
	}
	for name, by := range map[string]people.Actor{
		"nobody": {}, "a program": {Kind: people.AProgram}, "a screen": {Kind: people.AScreen}, "the machine": {Kind: people.Machine},
		"a program with a grant": {Kind: people.AProgram, Grant: grant(t, people.Coordinator, "RZ1")},
	} {
		t.Run("P1/"+name, func(t *testing.T) {
			if !by.Scope().Empty() {
				t.Error("has a scope")
			}
			if _, err := dated(s, morning).Identifiers(t.Context(), by, keyOne, all.Delays[0].Reference); problem.KindOf(err) != problem.Forbidden {
				t.Errorf("gets %v", err)
			}
		})
	}
}

func TestP2Identifiers(t *testing.T) {
	e := evidence{Providers: []string{"RZ1", "RZ2"}, First: start, Last: start + 3}
	for day := e.First; day <= e.Last; day++ {
		e.Rows = append(e.Rows,
			listing{Provider: "RZ1", Day: day, Patient: 1, Ready: start - 1, Reason: "A", Body: delay.NHS, Council: councilA},
			listing{Provider: "RZ2", Day: day, Patient: 2, Local: true, Ready: start - 1, Reason: "A", Body: delay.NHS, Council: councilA})
	}
	s, dir := filled(t, keyOne, e)
	coordinator := actor(grant(t, people.Coordinator, "RZ1"))
	mine := list(t, s, coordinator.Scope(), record.Filter{}, record.Page{}).Delays[0].Reference
	other := list(t, s, grant(t, people.Coordinator, "RZ2").Scope(), record.Filter{}, record.Page{}).Delays[0].Reference

	t.Run("P2/shown and on record", func(t *testing.T) {
		got, err := dated(s, morning).Identifiers(t.Context(), coordinator, keyOne, mine)
		if err != nil || got.NHSNumber != nhsNumber(1) || got.LocalID != localID(1) || got.Provider != "RZ1" {
			t.Fatalf("%v, %v", got, err)
		}
		seen, err := s.AuditEvents(t.Context(), audit.Filter{What: audit.IdentifierSeen})
		if err != nil || len(seen) != 1 || seen[0].Record != mine || seen[0].Who != coordinator.Email || seen[0].From != coordinator.Address {
			t.Fatalf("%v, %v", seen, err)
		}
		if strings.Contains(fmt.Sprint(seen), nhsNumber(1)) {
			t.Error("the number is in the log")
		}
	})
	t.Run("P1/not another provider's, nor by guessing", func(t *testing.T) {
		for _, reference := range []string{other, "", "%", "HW-", "1", "' OR 1=1 --"} {
			if _, err := dated(s, morning).Identifiers(t.Context(), coordinator, keyOne, reference); problem.KindOf(err) != problem.NotFound {
				t.Errorf("%q: %v", reference, err)
			}
		}
	})
	t.Run("P2/a lost key says so and figures still work", func(t *testing.T) {
		_, err := dated(s, morning).Identifiers(t.Context(), coordinator, nil, mine)
		if problem.KindOf(err) != problem.Unavailable || !strings.Contains(problem.Sentence(err), "Figures still work") {
			t.Errorf("%v", err)
		}
		cells, err := s.Cells(t.Context(), measure.Query{From: e.First, To: e.Last})
		if err != nil || len(cells) != 1 || cells[0].Days != 8 {
			t.Errorf("%v, %v", cells, err)
		}
	})
	t.Run("P2/another key is refused, not guessed with", func(t *testing.T) {
		if _, err := dated(s, morning).Identifiers(t.Context(), coordinator, keyTwo, mine); problem.KindOf(err) != problem.Unavailable {
			t.Errorf("%v", err)
		}
	})
	t.Run("P2/searching by number", func(t *testing.T) {
		for number, want := range map[string][]string{nhsNumber(1): {mine}, nhsNumber(1)[:3] + " " + nhsNumber(1)[3:6] + "-" +
			nhsNumber(1)[6:]: {mine}, localID(1): {mine}, "l-1": {mine}, localID(2): nil, nhsNumber(9): nil, "": nil} {
			got, err := dated(s, morning).FindByNumber(t.Context(), coordinator, keyOne, number)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%q: %v, %v", number, got, err)
			}
		}
		seen, err := s.AuditEvents(t.Context(), audit.Filter{What: audit.IdentifierSearched})
		if err != nil || len(seen) != 7 || strings.Contains(fmt.Sprint(seen), nhsNumber(1)) || strings.Contains(fmt.Sprint(seen), localID(1)) {
			t.Errorf("%v, %v", seen, err)
		}
	})
	t.Run("P2/two patients with one reference are told apart by nobody", func(t *testing.T) {
		db, err := sql.Open("sqlite3", filepath.Join(dir, sqlite.FileName))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(`UPDATE patient SET reference = ?`, mine); err != nil {
			t.Fatal(err)
		}
		both := actor(grant(t, people.Coordinator, "RZ1", "RZ2"))
		if _, err := dated(s, morning).Identifiers(t.Context(), both, keyOne, mine); problem.KindOf(err) != problem.Conflict {
			t.Errorf("%v", err)
		}
		if _, err := s.Case(t.Context(), both.Scope(), mine); problem.KindOf(err) != problem.Conflict {
			t.Errorf("the record of one of two people was guessed: %v", err)
		}
		if _, err := dated(s, morning).Identifiers(t.Context(), coordinator, keyOne, mine); err != nil {
			t.Errorf("within one provider: %v", err)
		}
	})
	t.Run("P2/the database holds no identifier in clear", func(t *testing.T) {
		for _, name := range []string{sqlite.FileName, sqlite.FileName + "-wal"} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			for _, clear := range []string{nhsNumber(1), localID(1), localID(2)} {
				if strings.Contains(string(text), clear) {
					t.Errorf("%s holds an identifier", name)
				}
			}
		}
	})
}

// BenchmarkScopedDelays lists pages of 20,000 delays at one provider: what a
// coordinator, and a council's reviewer, pay for a page of 50.
func BenchmarkScopedDelays(b *testing.B) {
	dir := b.TempDir()
	s := openStore(b, dir)
	b.Cleanup(func() { _ = s.Close() })
	const patients, days = 20_000, 365
	batch := &ingest.Batch{Provider: "RZ1", File: ingest.File{Name: "many.csv"}, Places: []ingest.Place{{Ward: "Ash"}}}
	for i, council := range []delay.Council{councilA, councilB} {
		batch.Givens = append(batch.Givens, ingest.Given{Given: attribution.Given{Reason: "A", Council: council, Care: delay.Acute},
			Outcome: attribution.Outcome{Body: delay.Bodies[i], Rule: "A2", RuleSet: "england-dtoc", Version: "1"}})
	}
	for day := range days {
		batch.Extracts = append(batch.Extracts, ingest.Extract{Date: start + delay.Day(day)})
	}
	for i := range int32(patients) {
		h := keyOne.Hash(identity.Patient{Provider: "RZ1", LocalID: fmt.Sprint(i)})
		batch.Patients = append(batch.Patients, ingest.Patient{Hash: h, Reference: keyOne.Reference("RZ1", h), LocalID: []byte("sealed")})
		first := int(i) % (days - 12)
		batch.Statements = append(batch.Statements, ingest.Statement{Patient: i, Given: i % 2, Ready: start + delay.Day(first) - 1})
		for day := first; day < first+8; day++ {
			x := &batch.Extracts[day]
			x.Listings = append(x.Listings, ingest.Listing{Statement: i, Line: int32(x.Read + 2)})
			x.Read++
			x.Kept++
		}
	}
	if err := dated(s, time.UnixMicro(1)).Take(b.Context(), batch, func(ingest.Taken) ([]byte, error) { return []byte("{}"), nil }); err !=
		nil {
		b.Fatal(err)
	}
	b.Run("an export of all", func(b *testing.B) {
		for b.Loop() {
			n := 0
			if err := s.EachScopedDelay(b.Context(), grant(b, people.Coordinator, "RZ1").Scope(), record.Filter{}, record.ByReady,
				func(record.Delay) error {
					n++
					return nil
				}); err != nil || n != patients {
				b.Fatal(n, err)
			}
		}
	})
	coordinator, reviewer := grant(b, people.Coordinator, "RZ1").Scope(), grant(b, people.Reviewer, string(councilA)).Scope()
	week := record.Filter{From: start + 200, To: start + 206}
	for _, c := range []struct {
		name  string
		scope people.Scope
		f     record.Filter
	}{
		{"coordinator/all", coordinator, record.Filter{}}, {"coordinator/open", coordinator, record.Filter{State: record.Open}},
		{"coordinator/week", coordinator, week},
		{"council/all", reviewer, record.Filter{}}, {"council/week", reviewer, week},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if l := list(b, s, c.scope, c.f, record.Page{}); c.f.State == "" && len(l.Delays) != 50 {
					b.Fatal(len(l.Delays))
				}
			}
		})
	}
}
