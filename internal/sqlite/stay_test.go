package sqlite_test

import (
	"testing"

	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/national"
	"homeward/internal/sqlite"
)

// Two people whose references are the same by chance, as one pair in some hundred
// thousand people may be, are two people in every count of stays.
func TestPeopleOfOneReferenceAreTwo(t *testing.T) {
	t.Parallel()
	s, err := sqlite.Open(t.Context(), t.TempDir(), &small)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	first := delay.MustDay("2026-03-08")
	file := sent{provider: "RZ1", number: 1, rows: map[delay.Day][]says{}}
	for i := range delay.Day(3) {
		day := first + i
		file.days = append(file.days, day)
		file.rows[day] = []says{{patient: 1, ready: first - 4}, {patient: 2, ready: first}}
	}
	b := file.batch()
	for i := range b.Patients {
		b.Patients[i].Reference = "HW-7K3M9QX4"
	}
	if err := s.Take(t.Context(), b, func(ingest.Taken) ([]byte, error) { return []byte("{}"), nil }); err != nil {
		t.Fatal(err)
	}
	rows, days, err := s.StayRows(t.Context())
	if err != nil || len(rows) != 6 {
		t.Fatalf("%d rows, want 6; %v", len(rows), err)
	}
	ready := map[delay.Day]bool{}
	for _, one := range national.Build(rows, days, 14) {
		if len(one.Periods) != 1 {
			t.Errorf("a stay of %d ready periods, want 1: %+v", len(one.Periods), one)
		}
		for _, p := range one.Periods {
			ready[p.Ready] = true
		}
	}
	if len(ready) != 2 || !ready[first-4] || !ready[first] {
		t.Errorf("the people of the stays became ready on %v", ready)
	}
}
