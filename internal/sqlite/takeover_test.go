package sqlite_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"homeward/internal/delay"
	"homeward/internal/identity"
	"homeward/internal/ingest"
	"homeward/internal/people"
	"homeward/internal/sqlite"
)

// A store of before people were found across numbers is taken over when it is
// opened with its key: numbers written in two ways and a number traced late are
// one person's, references lead on, and the past stays as it was (I6, C15). The
// key can be replaced afterwards, and numbers still match.
func TestI6StoreOfBeforeIsTakenOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, dir)
	day := delay.MustDay("2026-03-10")
	take := func(s *sqlite.Store, n int, nhs, local string) (reference string) {
		t.Helper()
		who := identity.Patient{Provider: "RZ1", NHSNumber: nhs, LocalID: local}
		h := keyOne.Hash(who)
		p := ingest.Patient{Hash: h, Reference: keyOne.Reference("RZ1", h), ByNHSNumber: nhs != ""}
		if nhs != "" {
			p.NHSNumber = keyOne.Seal(nhs)
		}
		p.LocalID = keyOne.Seal(local)
		b := &ingest.Batch{Provider: "RZ1", File: ingest.File{Name: "x", SHA256: [32]byte{byte(n)}, ReceivedAt: time.UnixMicro(int64(n)),
			Recovered: true},
			Patients: []ingest.Patient{p}, Givens: givens, Places: []ingest.Place{{Ward: "5A"}}, Statements: []ingest.Statement{{Ready: day - 2}},
			Extracts: []ingest.Extract{{Date: day + delay.Day(n), Read: 1, Kept: 1, Listings: []ingest.Listing{{Statement: 0, Line: 2}}}}}
		if err := s.Take(t.Context(), b, func(ingest.Taken) ([]byte, error) { return []byte("{}"), nil }); err != nil {
			t.Fatal(err)
		}
		return p.Reference
	}
	// As the program of before stored them: the number as it was written, and no
	// hash of a local number beside an NHS number.
	first := take(s, 0, "", "AB 12345")
	second := take(s, 1, "", "ab12345")
	third := take(s, 2, nhsNumber(1), "AB12345")
	apart := stored(t, s)
	if len(apart) != 3 {
		t.Fatalf("%v", apart)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db := beside(t, dir)
	for _, query := range []string{
		`DELETE FROM stated_with`, `UPDATE patient SET local_number = 0, nhs_id = patient_id, group_id = 0`, `DELETE FROM local_number`,
	} {
		if _, err := db.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	s = openStore(t, dir)
	defer s.Close()
	before := time.Now()
	if err := s.UseKey(t.Context(), keyOne); err != nil {
		t.Fatal(err)
	}
	together := []string{"RZ1 " + first + " 2026-03-10 3"}
	if got := stored(t, s); !slices.Equal(got, together) {
		t.Fatalf("I6: got %v, want %v", got, together)
	}
	past, err := s.AsKnown(t.Context(), before.Add(-time.Second), day+20)
	if err != nil {
		t.Fatal(err)
	}
	if got := stored(t, past.Store); !slices.Equal(got, apart) {
		t.Errorf("C15: got %v, want %v", got, apart)
	}
	if err := past.Close(); err != nil {
		t.Fatal(err)
	}
	for _, reference := range []string{second, third} {
		if c, err := s.Case(t.Context(), coordinator.Scope(), reference); err != nil || c.Reference != first {
			t.Errorf("I6 %s: %+v, %v", reference, c, err)
		}
	}
	got, err := dated(s, morning).Identifiers(t.Context(), coordinator, keyOne, second)
	if err != nil || got.NHSNumber != nhsNumber(1) || !strings.HasPrefix(strings.ToUpper(got.LocalID), "AB") {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := dated(s, morning).RotateKey(t.Context(), people.Actor{Kind: people.Machine}, keyOne, keyTwo); err != nil {
		t.Fatal(err)
	}
	if found, err := dated(s, morning).FindByNumber(t.Context(), coordinator, keyTwo, "'ab 12345"); err != nil ||
		!slices.Equal(found, []string{first}) {
		t.Errorf("I1: found %v, %v", found, err)
	}
	if got := stored(t, s); !slices.Equal(got, together) {
		t.Errorf("after the key was replaced: %v", got)
	}
	// The identifiers are purged, and who is one person stays known.
	if _, err := dated(s, morning).PurgeIdentifiers(t.Context(), people.Actor{Kind: people.Machine}, day+400); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := lenient
	if s, err = sqlite.Open(t.Context(), dir, &again); err != nil {
		t.Fatal(err)
	}
	if got := stored(t, s); !slices.Equal(got, together) {
		t.Errorf("P2 after the purge: %v", got)
	}
}
