package sqlite

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// The triggers take a sum away when a column that it is of changes, and for no other
// reason; tables and columns are those of the schema.
func TestSumsAndTheirTriggersAreOfTheSameColumns(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, table := range summed {
		var text string
		if err := s.read.QueryRowContext(t.Context(), `SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ? AND tbl_name = ?`,
			table.name+"_sum_changes", table.name).Scan(&text); err != nil {
			t.Fatal(table.name, err)
		}
		_, of, _ := strings.Cut(text, "UPDATE OF ")
		of, _, _ = strings.Cut(of, " ON ")
		want := strings.Split(table.key+", "+table.columns, ", ")
		if got := strings.Fields(strings.ReplaceAll(of, ",", " ")); !slices.Equal(got, want) {
			t.Errorf("%s: the trigger is of %v, the sum of %v", table.name, got, want)
		}
		if _, _, _, err := table.sum(t.Context(), s.read, 0, 0); err != nil {
			t.Errorf("%s: %v", table.name, err)
		}
		var loses int
		if err := s.read.QueryRowContext(t.Context(), `SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name = ?`,
			table.name+"_sum_loses").Scan(&loses); err != nil || loses != 1 {
			t.Errorf("%s: %d triggers for rows that go, %v", table.name, loses, err)
		}
	}
}

// What SQL changes, adds or deletes raises no alarm, and is summed the next night; what
// changes without it does, the night after too.
func TestOnlyWhatTheDiskChangedDiffers(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	do := func(query string, args ...any) {
		t.Helper()
		if _, err := s.write.ExecContext(ctx, query, args...); err != nil {
			t.Fatal(err)
		}
	}
	differ := func(want int) {
		t.Helper()
		if got, err := s.Altered(ctx); err != nil || len(got) != want {
			t.Fatalf("%d differ, %q, %v", want, got, err)
		}
	}
	sum := func() {
		t.Helper()
		if err := s.SumRows(ctx); err != nil {
			t.Fatal(err)
		}
	}
	parts := func() (n int) {
		t.Helper()
		if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM row_sum WHERE name = 'person'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for range 3 {
		do(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
			INSERT INTO person (email, name, created_at) SELECT lower(hex(randomblob(8))), 'Somebody', 1 FROM n`)
		differ(0)
		sum()
		differ(0)
	}
	if got := parts(); got != 9000/rowsOfSum+1 {
		t.Errorf("there are %d sums of 9,000 rows", got)
	}
	was := parts()
	do(`UPDATE person SET last_signed_in = 5`) // Of no sum.
	if got := parts(); got != was {
		t.Errorf("%d sums of %d stand", got, was)
	}
	do(`UPDATE person SET name = 'Somebody Else' WHERE person_id IN (5, 8999)`)
	if got := parts(); got != was-2 {
		t.Errorf("%d sums of %d stand", got, was)
	}
	differ(0)
	sum()
	do(`DELETE FROM person WHERE person_id IN (6, 9000)`)
	differ(0)
	sum()
	do(`INSERT INTO call (day, started_at, started_by, ended_at, frozen) VALUES (2461000, 1, 'x', 2, x'01')`)
	sum()
	do(`INSERT INTO call (day, started_at, started_by, ended_at, frozen) VALUES (2460999, 1, 'x', 2, x'01')`)
	differ(0)
	sum()
	differ(0)
	// As the disk does it: no trigger comes.
	var trigger string
	if err := s.read.QueryRowContext(ctx, `SELECT sql FROM sqlite_master WHERE name = 'person_sum_changes'`).Scan(&trigger); err != nil {
		t.Fatal(err)
	}
	do(`DROP TRIGGER person_sum_changes`)
	do(`UPDATE person SET name = 'Somebody Elsf' WHERE person_id = 4100`)
	do(trigger)
	differ(1)
	do(`INSERT INTO person (email, name, created_at) VALUES ('new@partnership.example', 'New', 1)`)
	sum()
	differ(1)
	do(`UPDATE row_sum SET name = 'persom' WHERE name = 'call'`)
	differ(2)
}
