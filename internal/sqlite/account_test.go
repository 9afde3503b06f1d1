package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"homeward/internal/audit"
	"homeward/internal/delay"
	"homeward/internal/identity"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/record"
	"homeward/internal/sqlite"
)

var machine = people.Actor{Kind: people.Machine}

// raw opens a store's database beside it, as someone with the file would.
func raw(t testing.TB, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, sqlite.FileName)+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func addPerson(t testing.TB, s *sqlite.Store, email string, grants ...people.Grant) int64 {
	t.Helper()
	id, err := dated(s, morning).AddPerson(t.Context(), machine, people.Person{Email: email, Name: "Someone", Grants: grants})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func accountOf(t testing.TB, s *sqlite.Store, id int64) people.Person {
	t.Helper()
	p, err := s.Person(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAccounts(t *testing.T) {
	s, _ := filled(t, keyOne, evidence{})
	ctx := t.Context()
	id := addPerson(t, s, "a@example.org", grant(t, people.Administrator), grant(t, people.Coordinator, "RZ2", "RZ1"))
	t.Run("read back with their roles", func(t *testing.T) {
		p := accountOf(t, s, id)
		if p.Email != "a@example.org" || p.HasPassword || p.SecondFactor || p.Epoch != 1 || !p.CreatedAt.Equal(morning) ||
			!p.LastSignedIn.IsZero() ||
			len(p.Grants) != 2 || p.Grants[0].Role != people.Administrator || !slices.Equal(p.Grants[1].Codes, []string{"RZ1", "RZ2"}) ||
			p.Grants[1].Side != people.ProviderSide {
			t.Errorf("%+v", p)
		}
	})
	t.Run("an email address stands once", func(t *testing.T) {
		if _, err := dated(s, morning).AddPerson(ctx, machine, people.Person{Email: "a@example.org"}); problem.KindOf(err) != problem.Conflict {
			t.Errorf("%v", err)
		}
	})
	t.Run("the last administrator stays", func(t *testing.T) {
		p := accountOf(t, s, id)
		if err := dated(s, morning).RevokeGrant(ctx, machine, id, p.Grants[0].ID); problem.KindOf(err) != problem.Conflict {
			t.Errorf("role: %v", err)
		}
		if err := dated(s, morning).SetDeactivated(ctx, machine, id, true); problem.KindOf(err) != problem.Conflict {
			t.Errorf("account: %v", err)
		}
		other := addPerson(t, s, "b@example.org", grant(t, people.Administrator))
		if err := dated(s, morning).RevokeGrant(ctx, machine, id, p.Grants[0].ID); err != nil {
			t.Errorf("with another: %v", err)
		}
		if err := dated(s, morning).SetDeactivated(ctx, machine, other, true); problem.KindOf(err) != problem.Conflict {
			t.Errorf("now the other is the last: %v", err)
		}
		if got := accountOf(t, s, id).Grants; len(got) != 1 || got[0].Role != people.Coordinator {
			t.Errorf("%v", got)
		}
	})
	t.Run("deactivating ends sessions and links", func(t *testing.T) {
		link, _, err := people.NewToken(people.PasswordLink, "choose", morning, 0, "x")
		if err != nil {
			t.Fatal(err)
		}
		link.PersonID = id
		if err := dated(s, morning).AddToken(ctx, machine, link); err != nil {
			t.Fatal(err)
		}
		before := accountOf(t, s, id).Epoch
		if err := dated(s, morning).SetDeactivated(ctx, machine, id, true); err != nil {
			t.Fatal(err)
		}
		if p := accountOf(t, s, id); !p.Deactivated || p.Epoch == before {
			t.Errorf("%+v", p)
		}
		if tok, err := s.Token(ctx, link.ID); err != nil || tok.InForce(morning) {
			t.Errorf("%+v, %v", tok, err)
		}
	})
	t.Run("roles from a work account come and go and others stay", func(t *testing.T) {
		c := addPerson(t, s, "c@example.org", grant(t, people.Viewer))
		for _, want := range [][]people.Grant{
			{grant(t, people.Coordinator, "RZ1"), grant(t, people.Analyst)},
			{grant(t, people.Analyst)},
			nil,
		} {
			if err := dated(s, morning).ReplaceWorkGrants(ctx, machine, c, want); err != nil {
				t.Fatal(err)
			}
			got := accountOf(t, s, c).Grants
			if len(got) != len(want)+1 || got[0].Role != people.Viewer {
				t.Errorf("%v, want %v", got, want)
			}
		}
	})
	t.Run("a password link works once", func(t *testing.T) {
		d := addPerson(t, s, "d@example.org")
		link, _, err := people.NewToken(people.PasswordLink, "choose", morning, 0, "x")
		if err != nil {
			t.Fatal(err)
		}
		link.PersonID = d
		if err := dated(s, morning).AddToken(ctx, machine, link); err != nil {
			t.Fatal(err)
		}
		if err := dated(s, morning.AddDate(0, 0, 4)).SetPassword(ctx, machine, d, "late", link.ID); problem.KindOf(err) != problem.Conflict {
			t.Errorf("after its time: %v", err)
		}
		if err := dated(s, morning).SetPassword(ctx, machine, d, "first", link.ID); err != nil {
			t.Errorf("first: %v", err)
		}
		if err := dated(s, morning).SetPassword(ctx, machine, d, "second", link.ID); problem.KindOf(err) != problem.Conflict {
			t.Errorf("second: %v", err)
		}
		if c, known, err := s.Credentials(ctx, "d@example.org"); err != nil || !known || c.PasswordHash != "first" {
			t.Errorf("%+v, %v, %v", c, known, err)
		}
	})
	t.Run("one use of a step and of a recovery code", func(t *testing.T) {
		e := addPerson(t, s, "e@example.org")
		show, keep := people.NewRecoveryCodes()
		if err := dated(s, morning).SetSecondFactor(ctx, machine, e, []byte("sealed"), 100, keep); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			step int64
			want bool
		}{{100, false}, {101, true}, {101, false}, {99, false}, {102, true}} {
			if got, err := s.UseStep(ctx, e, c.step); err != nil || got != c.want {
				t.Errorf("step %d: %v, %v", c.step, got, err)
			}
		}
		for _, want := range []bool{true, false} {
			if got, err := dated(s, morning).UseRecoveryCode(ctx, machine, e, people.HashRecoveryCode(strings.ToUpper(show[3]))); err != nil ||
				got != want {
				t.Errorf("recovery code: %v, %v", got, err)
			}
		}
		if err := dated(s, morning).SetSecondFactor(ctx, machine, e, nil, 0, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := dated(s, morning).UseRecoveryCode(ctx, machine, e, keep[4]); err != nil || got {
			t.Errorf("a code of a second factor that is gone: %v, %v", got, err)
		}
	})
	t.Run("all of it is in the audit log", func(t *testing.T) {
		if r, err := s.VerifyAudit(ctx); err != nil || !r.Whole() || r.Head.Number < 15 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestAttemptsAtOnceCannotPassTheLimit(t *testing.T) {
	s, dir := filled(t, keyOne, evidence{})
	var mu sync.Mutex
	allowed := 0
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			_, until, err := dated(s, morning.Add(time.Duration(i)*time.Second)).BeginAttempt(t.Context(), "a@example.org", "192.0.2.1",
				people.DefaultThrottle)
			if err != nil {
				t.Error(err)
			}
			if until.IsZero() {
				mu.Lock()
				allowed++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if allowed != 5 {
		t.Errorf("%d attempts were allowed, want 5", allowed)
	}
	if _, until, err := dated(s, morning.Add(time.Minute)).BeginAttempt(t.Context(), "b@example.org", "192.0.2.1",
		people.DefaultThrottle); err != nil || !until.IsZero() {
		t.Errorf("another account from the same address: %v, %v", until, err)
	}
	if _, until, err := dated(s, morning.Add(16*time.Minute)).BeginAttempt(t.Context(), "a@example.org", "192.0.2.1",
		people.DefaultThrottle); err != nil || !until.IsZero() {
		t.Errorf("after 15 minutes: %v, %v", until, err)
	}
	// People type passwords into the wrong field.
	var stored int
	if err := raw(t, dir).QueryRow(`SELECT count(*) FROM attempt WHERE instr(account, 'example') > 0 OR length(account) > 6`).
		Scan(&stored); err != nil || stored != 0 {
		t.Errorf("%d attempts hold what was typed, %v", stored, err)
	}
}

func TestAuditLog(t *testing.T) {
	fill := func(t *testing.T) (*sqlite.Store, string) {
		s, dir := filled(t, keyOne, evidence{})
		for i := range 6 {
			if err := dated(s, morning.Add(time.Duration(i)*time.Minute)).Record(t.Context(),
				audit.Entry{Who: fmt.Sprintf("p%d@example.org", i%2), What: audit.RowsExported, Record: "/days"}); err != nil {
				t.Fatal(err)
			}
		}
		return s, dir
	}
	t.Run("cannot be changed through the database", func(t *testing.T) {
		_, dir := fill(t)
		db := raw(t, dir)
		for _, q := range []string{
			`UPDATE audit SET who = 'x' WHERE number = 2`, `DELETE FROM audit WHERE number = 2`, `DELETE FROM audit`,
			`REPLACE INTO audit SELECT number, at, 'x', acting_as, what, record, before, after, from_address, hash FROM audit WHERE number = 2`,
			`INSERT INTO audit SELECT 9, at, who, acting_as, what, record, before, after, from_address, hash FROM audit WHERE number = 2`,
			`UPDATE OR REPLACE audit SET number = 1 WHERE number = 2`,
		} {
			if _, err := db.Exec(q); err == nil || !strings.Contains(err.Error(), "audit log") {
				t.Errorf("%s: %v", q, err)
			}
		}
	})
	for name, c := range map[string]struct {
		change []string
		want   string
	}{
		"altered":      {[]string{`UPDATE audit SET who = 'x' WHERE number = 3`}, "from entry 3"},
		"altered hash": {[]string{`UPDATE audit SET hash = x'00' WHERE number = 3`}, "from entry 3"},
		"missing":      {[]string{`DELETE FROM audit WHERE number = 3`}, "Entry 3 is missing"},
		"reordered": {[]string{`UPDATE audit SET number = 99 WHERE number = 3`, `UPDATE audit SET number = 3 WHERE number = 4`,
			`UPDATE audit SET number = 4 WHERE number = 99`}, "from entry 3"},
		"cut off": {[]string{`DELETE FROM audit WHERE number > 4`}, "ends at entry 4 and the head file names entry 6"},
		"cut off and gone on": {[]string{`DELETE FROM audit WHERE number > 4`, `INSERT INTO audit SELECT 5, at, who, acting_as, what, record, ` +
			`before, after, from_address, hash FROM audit WHERE number = 1`}, "entry 5"},
		"emptied":              {[]string{`DELETE FROM audit`}, "ends at entry 0"},
		"moved without a line": {[]string{`UPDATE audit SET number = number + 1 WHERE number = 6`}, "Entry 6 is missing"},
	} {
		t.Run("verify finds it "+name, func(t *testing.T) {
			s, dir := fill(t)
			db := raw(t, dir)
			db.SetMaxOpenConns(1)
			for _, q := range append([]string{`DROP TRIGGER audit_is_never_changed`, `DROP TRIGGER audit_is_never_deleted`,
				`DROP TRIGGER audit_is_only_added_to`}, c.change...) {
				if _, err := db.Exec(q); err != nil {
					t.Fatal(err)
				}
			}
			r, err := s.VerifyAudit(t.Context())
			if err != nil || !strings.Contains(strings.Join(r.Findings, " "), c.want) {
				t.Errorf("%v, %v; want %q", r.Findings, err, c.want)
			}
		})
	}
	t.Run("verify finds that the head file is gone", func(t *testing.T) {
		s, dir := fill(t)
		if err := os.Remove(filepath.Join(dir, sqlite.HeadFileName)); err != nil {
			t.Fatal(err)
		}
		if r, err := s.VerifyAudit(t.Context()); err != nil || r.Whole() {
			t.Errorf("%v, %v", r, err)
		}
	})
	t.Run("what is undone leaves no line", func(t *testing.T) {
		s, _ := fill(t)
		if err := dated(s, morning).SetDeactivated(t.Context(), machine, 77, true); problem.KindOf(err) != problem.NotFound {
			t.Errorf("%v", err)
		}
		if r, err := s.VerifyAudit(t.Context()); err != nil || !r.Whole() || r.Head.Number != 6 {
			t.Errorf("%+v, %v", r, err)
		}
	})
	t.Run("filters and pages", func(t *testing.T) {
		s, _ := fill(t)
		for _, c := range []struct {
			f    audit.Filter
			want []int64
		}{
			{audit.Filter{}, []int64{6, 5, 4, 3, 2, 1}},
			{audit.Filter{Limit: 2, Before: 5}, []int64{4, 3}},
			{audit.Filter{Who: "p1@example.org"}, []int64{6, 4, 2}},
			{audit.Filter{What: audit.SignedIn}, nil},
			{audit.Filter{Record: "/days", From: morning.Add(2 * time.Minute), To: morning.Add(4 * time.Minute)}, []int64{4, 3}},
		} {
			got, err := s.AuditEvents(t.Context(), c.f)
			var numbers []int64
			for _, e := range got {
				numbers = append(numbers, e.Number)
			}
			if err != nil || !slices.Equal(numbers, c.want) {
				t.Errorf("%+v: %v, %v", c.f, numbers, err)
			}
		}
	})
	t.Run("lines written at once have each their place", func(t *testing.T) {
		s, _ := fill(t)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 5 {
					if err := dated(s, morning).Record(context.Background(), audit.Entry{Who: "x", What: audit.Edited}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if r, err := s.VerifyAudit(t.Context()); err != nil || !r.Whole() || r.Head.Number != 46 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// years is evidence with a patient who left long ago, one who left lately, one
// who is still there, and one of both kinds.
func years() evidence {
	e := evidence{Providers: []string{"RZ1"}, First: start, Last: start + 40}
	for day := e.First; day <= e.Last; day++ {
		if day < start+5 {
			e.Rows = append(e.Rows, listing{Provider: "RZ1", Day: day, Patient: 1, Ready: start - 1, Reason: "A", Body: delay.NHS,
				Council: councilA})
			e.Rows = append(e.Rows, listing{Provider: "RZ1", Day: day, Patient: 4, Local: true, Ready: start - 1, Reason: "A", Body: delay.NHS,
				Council: councilA})
		}
		if day >= start+25 && day < start+33 {
			e.Rows = append(e.Rows, listing{Provider: "RZ1", Day: day, Patient: 2, Ready: start + 25, Reason: "E", Body: delay.SocialCare,
				Council: councilA})
			e.Rows = append(e.Rows, listing{Provider: "RZ1", Day: day, Patient: 4, Local: true, Ready: start + 25, Reason: "E",
				Body: delay.SocialCare, Council: councilA})
		}
		e.Rows = append(e.Rows, listing{Provider: "RZ1", Day: day, Patient: 3, Local: true, Ready: start - 1, Reason: "E", Body: delay.Joint,
			Council: councilB})
	}
	return e
}

func figures(t testing.TB, s *sqlite.Store) string {
	t.Helper()
	cells, err := s.Cells(t.Context(), measure.Query{From: start - 10, To: start + 60,
		By: []measure.Dimension{measure.ByDay, measure.ByReason, measure.ByResponsible}})
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Verify(t.Context())
	if err != nil || len(v.Differences) > 0 {
		t.Fatalf("%v, %v", v, err)
	}
	return fmt.Sprint(cells, v.DelayedDays, v.Patients)
}

func identifiers(t testing.TB, s *sqlite.Store, key *identity.Key) map[string]record.Identifiers {
	t.Helper()
	by := actor(grant(t, people.Coordinator, "RZ1", "RZ2"))
	out := map[string]record.Identifiers{}
	for _, d := range list(t, s, by.Scope(), record.Filter{}, record.Page{Size: record.MaxPage}).Delays {
		got, err := dated(s, morning).Identifiers(t.Context(), by, key, d.Reference)
		if err != nil {
			t.Fatal(err)
		}
		out[d.Reference] = *got
	}
	return out
}

func TestRetention(t *testing.T) {
	s, dir := filled(t, keyOne, years())
	figuresBefore, before := figures(t, s), identifiers(t, s, keyOne)
	n, err := dated(s, morning).PurgeIdentifiers(t.Context(), machine, start+20)
	if err != nil || n != 1 {
		t.Fatalf("purged %d, want the one who left long ago; %v", n, err)
	}
	if err := s.Wipe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := figures(t, s); got != figuresBefore {
		t.Errorf("figures were\n%s\nand are\n%s", figuresBefore, got)
	}
	purged := 0
	for reference, got := range identifiers(t, s, keyOne) {
		if !got.Purged {
			if got != before[reference] {
				t.Errorf("%v was %v", got, before[reference])
			}
			continue
		}
		purged++
		if got.NHSNumber != "" || got.LocalID != "" || before[reference].NHSNumber != nhsNumber(1) {
			t.Errorf("%v was %v", got, before[reference])
		}
	}
	if purged != 1 {
		t.Errorf("%d are purged", purged)
	}
	t.Run("cannot be matched again", func(t *testing.T) {
		h := keyOne.Hash(identity.Patient{NHSNumber: nhsNumber(1)})
		var n int
		if err := raw(t, dir).QueryRow(`SELECT count(*) FROM patient WHERE key_hash = ?`, h[:]).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d, %v", n, err)
		}
		text, err := os.ReadFile(filepath.Join(dir, sqlite.FileName))
		if err != nil || bytes.Contains(text, h[:]) {
			t.Errorf("the hash is still in the file, %v", err)
		}
	})
	t.Run("again changes nothing", func(t *testing.T) {
		if n, err := dated(s, morning).PurgeIdentifiers(t.Context(), machine, start+20); err != nil || n != 0 {
			t.Errorf("%d, %v", n, err)
		}
	})
	t.Run("later takes the others but not those still there", func(t *testing.T) {
		if n, err := dated(s, morning).PurgeIdentifiers(t.Context(), machine, start+38); err != nil || n != 2 {
			t.Errorf("%d, %v", n, err)
		}
		if got := figures(t, s); got != figuresBefore {
			t.Error("figures changed")
		}
	})
	t.Run("is on record", func(t *testing.T) {
		got, err := s.AuditEvents(t.Context(), audit.Filter{What: audit.IdentifiersPurged})
		if err != nil || len(got) != 2 || !strings.HasPrefix(got[1].After, "1 patients") {
			t.Errorf("%v, %v", got, err)
		}
	})
}

func TestKeyRotation(t *testing.T) {
	e := years()
	s, dir := filled(t, keyOne, e)
	if err := s.UseKey(t.Context(), keyOne); err != nil {
		t.Fatal(err)
	}
	p := addPerson(t, s, "a@example.org")
	if err := dated(s, morning).SetSecondFactor(t.Context(), machine, p, keyOne.Seal("SECRET"), 1, nil); err != nil {
		t.Fatal(err)
	}
	if n, err := dated(s, morning).PurgeIdentifiers(t.Context(), machine, start+20); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	figuresBefore, before := figures(t, s), identifiers(t, s, keyOne)
	// Another process, with the old key in use.
	other := openStore(t, dir)
	t.Cleanup(func() { _ = other.Close() })
	if err := other.UseKey(t.Context(), keyOne); err != nil {
		t.Fatal(err)
	}

	if _, err := dated(s, morning).RotateKey(t.Context(), machine, keyTwo, keyOne); problem.KindOf(err) != problem.Conflict {
		t.Errorf("from a key that is not the database's: %v", err)
	}
	n, err := dated(s, morning).RotateKey(t.Context(), machine, keyOne, keyTwo)
	if err != nil || n != 3 {
		t.Fatalf("%d, %v", n, err)
	}
	if err := s.Wipe(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("identifiers, references and figures are as before", func(t *testing.T) {
		if got := fmt.Sprint(identifiers(t, s, keyTwo)); got != fmt.Sprint(before) {
			t.Errorf("%s was %v", got, before)
		}
		if got := figures(t, s); got != figuresBefore {
			t.Error("figures changed")
		}
		c, err := s.CredentialsOf(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if secret, err := keyTwo.Open(c.SealedSecret); err != nil || secret != "SECRET" {
			t.Errorf("%v", err)
		}
	})
	t.Run("patients are met again under the new key", func(t *testing.T) {
		takeDays(t, s, keyTwo, "RZ1", e.Last+1, e.Last+1, []listing{
			{Provider: "RZ1", Day: e.Last + 1, Patient: 3, Local: true, Ready: start - 1, Reason: "E", Body: delay.Joint, Council: councilB},
			{Provider: "RZ1", Day: e.Last + 1, Patient: 2, Ready: start + 41, Reason: "E", Body: delay.SocialCare, Council: councilA}})
		var patients int
		if err := raw(t, dir).QueryRow(`SELECT count(*) FROM patient`).Scan(&patients); err != nil || patients != 4 {
			t.Errorf("%d patients, %v", patients, err)
		}
	})
	t.Run("the old key opens nothing and is refused", func(t *testing.T) {
		if err := s.UseKey(t.Context(), keyOne); problem.KindOf(err) != problem.Conflict {
			t.Errorf("%v", err)
		}
		by := actor(grant(t, people.Coordinator, "RZ1"))
		reference := list(t, s, by.Scope(), record.Filter{}, record.Page{}).Delays[0].Reference
		if _, err := dated(other, morning).Identifiers(t.Context(), by, keyOne, reference); problem.KindOf(err) != problem.Conflict {
			t.Errorf("display in a process with the old key: %v", err)
		}
		var refused *problem.Error
		func() {
			defer func() { refused, _ = recover().(*problem.Error) }()
			takeDays(panicking{t}, other, keyOne, "RZ1", e.Last+2, e.Last+2, nil)
		}()
		if problem.KindOf(refused) != problem.Conflict {
			t.Errorf("taking in a process with the old key: %v", refused)
		}
	})
	t.Run("nothing sealed with the old key is left in the files", func(t *testing.T) {
		for _, name := range []string{sqlite.FileName, sqlite.FileName + "-wal"} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			for patient := 2; patient <= 4; patient++ {
				for _, who := range []identity.Patient{{NHSNumber: nhsNumber(patient)}, {Provider: "RZ1", LocalID: localID(patient)}} {
					if h := keyOne.Hash(who); bytes.Contains(text, h[:]) {
						t.Errorf("%s holds a hash under the old key", name)
					}
				}
			}
		}
	})
}

// panicking hands an error out of a helper that would end the test.
type panicking struct{ testing.TB }

func (p panicking) Fatal(args ...any) {
	for _, a := range args {
		var e *problem.Error
		if err, ok := a.(error); ok && errors.As(err, &e) {
			panic(e)
		}
	}
	p.TB.Fatal(args...)
}

func TestSessionsAreKept(t *testing.T) {
	s, dir := filled(t, keyOne, evidence{})
	kept := s.Sessions()
	ctx := t.Context()
	soon := time.Now().Add(30 * time.Minute)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	expiry := func(token string) int64 {
		var at int64
		must(raw(t, dir).QueryRow(`SELECT expires_at FROM session WHERE token = ?`, token).Scan(&at))
		return at
	}
	must(kept.CommitCtx(ctx, "one", []byte("data"), soon))
	if data, found, err := kept.FindCtx(ctx, "one"); err != nil || !found || string(data) != "data" {
		t.Fatalf("%q, %v, %v", data, found, err)
	}
	must(kept.CommitCtx(ctx, "one", []byte("data"), soon.Add(30*time.Second)))
	// Two clocks are read, a moment apart.
	near := func(got int64, want time.Time) bool { return time.UnixMicro(got).Sub(want).Abs() < 5*time.Second }
	if got := expiry("one"); !near(got, soon) {
		t.Error("a page that changes nothing wrote")
	}
	must(kept.CommitCtx(ctx, "one", []byte("data"), soon.Add(2*time.Minute)))
	if got := expiry("one"); !near(got, soon.Add(2*time.Minute)) {
		t.Error("the idle limit did not move on")
	}
	must(kept.CommitCtx(ctx, "one", []byte("changed"), soon))
	if data, _, err := kept.FindCtx(ctx, "one"); err != nil || string(data) != "changed" {
		t.Errorf("%q, %v", data, err)
	}
	must(kept.DeleteCtx(ctx, "one"))
	must(kept.CommitCtx(ctx, "one", []byte("changed"), soon))
	if _, found, err := kept.FindCtx(ctx, "one"); err != nil || found {
		t.Error("a request that was under way brought an ended session back")
	}
	must(kept.CommitCtx(ctx, "two", []byte("old"), time.Now().Add(-time.Second)))
	if _, found, err := kept.FindCtx(ctx, "two"); err != nil || found {
		t.Error("an expired session was found")
	}
	must(kept.Sweep(ctx))
	var left int
	must(raw(t, dir).QueryRow(`SELECT count(*) FROM session`).Scan(&left))
	if left != 0 {
		t.Errorf("%d sessions are left", left)
	}
}
