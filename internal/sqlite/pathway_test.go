package sqlite_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/record"
)

// wantPathwaysAddUp demands of any store that pathways part its figures and
// never change them (C3): of every day, of long waits, of what begins and ends;
// and that those waiting on a pathway, with who came to it and less who left it,
// are those waiting on it the day after (C16).
func (s opened) wantPathwaysAddUp(t *rapid.T) {
	q := measure.Query{From: delay.MustDay("2025-12-01"), To: delay.MustDay("2026-06-30"), By: []measure.Dimension{measure.ByDay}}
	parted := q
	parted.By = append(parted.By, measure.ByPathway)
	type place struct {
		day     delay.Day
		pathway delay.Pathway
	}
	whole, parts := map[delay.Day]int64{}, map[delay.Day]int64{}
	waiting := map[place]int64{}
	for _, q := range []measure.Query{q, parted} {
		cells, err := s.Cells(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cells {
			if len(q.By) == 1 {
				whole[c.Period] = c.Days
				continue
			}
			parts[c.Period] += c.Days
			waiting[place{c.Period, c.Pathway}] = c.Days
		}
	}
	if !maps.Equal(whole, parts) {
		t.Fatalf("C3: by pathway the days are %v, without %v", parts, whole)
	}
	filtered := map[place]int64{} // who came to a pathway that is asked for alone, less who went
	for _, p := range delay.Pathways {
		narrow := q
		narrow.Filter.Pathways = []delay.Pathway{p}
		events, err := s.Events(t.Context(), narrow)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Kind.Adds() {
				filtered[place{e.Day, p}] += e.People
			} else {
				filtered[place{e.Day, p}] -= e.People
			}
		}
		cells, err := s.Cells(t.Context(), narrow)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cells {
			parts[c.Period] -= c.Days
		}
		// The rows behind each number are its days.
		f := record.Filter{Filter: narrow.Filter, From: q.From, To: q.To}
		addUp(t, list(t, s.Store, everything(t), f, record.Page{Size: record.MaxPage}), f)
	}
	for day, left := range parts {
		if left != 0 {
			t.Fatalf("C3: %d days of %s are of no pathway of the filter", left, day)
		}
	}
	for _, atLeast := range []int{1, 3} {
		var sums [2]int64
		for i, q := range []measure.Query{q, parted} {
			cells, err := s.LongDays(t.Context(), q, atLeast)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range cells {
				sums[i] += c.Days
			}
		}
		if sums[0] != sums[1] {
			t.Fatalf("C3: %d days from day %d on, by pathway %d", sums[0], atLeast, sums[1])
		}
	}
	come, went := map[place]int64{}, map[place]int64{}
	kinds := [2]map[measure.EventKind]int64{{}, {}}
	ended := map[delay.Pathway]int64{} // less the waits that did, whose lengths are counted
	spells, err := s.Spells(t.Context(), parted)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range spells {
		if !one.Open && one.Last < q.To {
			ended[one.Pathway] -= one.People
		}
	}
	for i, q := range []measure.Query{q, parted} {
		events, err := s.Events(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Kind != measure.MovedIn && e.Kind != measure.MovedOut {
				kinds[i][e.Kind] += e.People
			}
			if i == 0 {
				continue
			}
			if e.Kind == measure.Ended {
				ended[e.Pathway] += e.People
			}
			switch at := (place{e.Day, e.Pathway}); e.Kind {
			case measure.Began, measure.AlreadyWaiting, measure.Resumed, measure.MovedIn:
				come[at] += e.People
			default:
				went[at] += e.People
			}
		}
	}
	if !maps.Equal(kinds[0], kinds[1]) {
		t.Fatalf("C3: %v begin and end, by pathway %v", kinds[0], kinds[1])
	}
	for p, left := range ended {
		if left != 0 {
			t.Fatalf("C16: %d more waits ended on pathway %q than have a length there", left, p)
		}
	}
	for day := q.From + 1; day <= q.To; day++ {
		for _, p := range delay.Pathways {
			at := place{day, p}
			now, before := waiting[at], waiting[place{day - 1, p}]
			if now != before+come[at]-went[at] {
				t.Fatalf("C16: %d wait on pathway %q on %s, where %d did, %d came and %d went", now, p, day, before, come[at], went[at])
			}
			if filtered[at] != come[at]-went[at] {
				t.Fatalf("C16: %d come to pathway %q alone on %s, less who went, of all %d", filtered[at], p, day, come[at]-went[at])
			}
		}
	}
}

// A pathway is the one that was stated last; a file that is replaced, and one
// that comes late, change it as they change everything (C10, C11).
func TestPathwayIsTheLastStated(t *testing.T) {
	t.Parallel()
	first := delay.MustDay("2026-01-28")
	daily := func(pathways ...string) []sent {
		var out []sent
		for i, p := range pathways {
			day := first + delay.Day(i)
			out = append(out, sent{provider: "RZ1", number: byte(i + 1), days: []delay.Day{day},
				rows: map[delay.Day][]says{day: {{patient: 1, ready: first - 3, pathway: p}}}})
		}
		return out
	}
	for name, one := range map[string]struct {
		files []sent
		want  map[delay.Pathway]int64
	}{
		"C9 the first listing speaks for the days before it": {daily("1", "1"), map[delay.Pathway]int64{"1": 2}},
		"a list that leaves it out changes nothing":          {daily("1", "", "2", ""), map[delay.Pathway]int64{"1": 2, "2": 2}},
		"C9 and for those after the ready day": {append([]sent{{provider: "RZ1", number: 9, days: []delay.Day{first - 5},
			rows: map[delay.Day][]says{first - 5: {{patient: 2, ready: first - 5}}}}}, daily("1", "2")...), map[delay.Pathway]int64{"1": 3, "2": 1}},
		"nobody says it at first": {daily("", "3"), map[delay.Pathway]int64{"": 1, "3": 1}},
		"nobody says it":          {daily("", ""), map[delay.Pathway]int64{"": 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := opened{openStore(t, dir), dir}
			defer s.Close()
			for _, f := range one.files {
				if err := dated(s.Store, time.Unix(int64(f.number), 0)).Take(t.Context(), f.batch(), func(ingest.Taken) ([]byte, error) {
					return []byte("{}"), nil
				}); err != nil {
					t.Fatal(err)
				}
			}
			cells, err := s.Cells(t.Context(), measure.Query{From: first - 30, To: first + 30, By: []measure.Dimension{measure.ByPathway}})
			if err != nil {
				t.Fatal(err)
			}
			got := map[delay.Pathway]int64{}
			for _, c := range cells {
				got[c.Pathway] = c.Days
			}
			if !maps.Equal(got, one.want) {
				t.Errorf("by pathway %v, want %v", got, one.want)
			}
			if v, err := s.Verify(t.Context()); err != nil || len(v.Differences) > 0 {
				t.Errorf("C10: verify says %v, %q", err, v.Differences)
			}
		})
	}
}

// A store of before pathways is brought to them when it is opened.
func TestStoreOfBeforePathways(t *testing.T) {
	t.Parallel()
	first := delay.MustDay("2026-01-28")
	dir := t.TempDir()
	s := opened{openStore(t, dir), dir}
	for i, p := range []string{"1", "1", "2"} {
		day := first + delay.Day(i)
		f := sent{provider: "RZ1", number: byte(i + 1), days: []delay.Day{day},
			rows: map[delay.Day][]says{day: {{patient: 1, ready: first - 3, pathway: p}, {patient: 2, ready: first - 3}}}}
		if err := dated(s.Store, time.Unix(int64(f.number), 0)).Take(t.Context(), f.batch(), func(ingest.Taken) ([]byte, error) {
			return []byte("{}"), nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	q := measure.Query{From: first - 30, To: first + 30, By: []measure.Dimension{measure.ByDay, measure.ByPathway}}
	want, err := s.Cells(t.Context(), q)
	if err != nil || len(want) != 6 {
		t.Fatal(err, want)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("migrations/0002_derived.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "CREATE TABLE month_count")
	table, _, _ = strings.Cut(table, ";")
	days := ""
	for i := range 31 {
		days += fmt.Sprintf(", sum(d%02d)", i+1)
	}
	db := beside(t, dir)
	// Triggers go before the columns that they name.
	var triggers string
	if err := db.QueryRow(`
		SELECT group_concat('DROP TRIGGER ' || name, ';')
		FROM sqlite_master
		WHERE type = 'trigger' AND name GLOB '*_sum_*'`).Scan(&triggers); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(triggers + `; DROP TABLE row_sum;
		ALTER TABLE month_count RENAME TO parted; CREATE TABLE month_count` + table + `;
		INSERT INTO month_count SELECT month, provider_id, council, care, reason, body, state, sum(days)` + days + ` FROM parted
		GROUP BY 1, 2, 3, 4, 5, 6, 7;
		DROP TABLE parted; DROP VIEW segment_by_pathway; DROP TABLE pathway; DROP TABLE pathway_listed;
		DROP TABLE month_close_england; DROP INDEX log_entry_by_sent_key; ALTER TABLE log_entry DROP COLUMN checked_at;
		ALTER TABLE log_entry DROP COLUMN sent_key; ALTER TABLE delay DROP COLUMN left_to; ALTER TABLE acceptance DROP COLUMN discarded;
		DROP TABLE sent_answer; DROP TABLE partnership_version;
		DROP TABLE call_turn; DROP TABLE call_action_change; ALTER TABLE call_action DROP COLUMN withdrawn_day;
		ALTER TABLE call_action DROP COLUMN withdrawn_at; ALTER TABLE call_action DROP COLUMN withdrawn_by;
		ALTER TABLE call_action DROP COLUMN withdrawn_as; ALTER TABLE call_action DROP COLUMN withdrawn_why;
		ALTER TABLE extract DROP COLUMN unlike; ALTER TABLE extract DROP COLUMN unlike_in; ALTER TABLE extract DROP COLUMN tells;
		DROP INDEX local_number_by_sender; CREATE UNIQUE INDEX local_number_by_hash ON local_number (hash, provider_id);
		ALTER TABLE file DROP COLUMN lists;
		ALTER TABLE moment DROP COLUMN turn; ALTER TABLE moment DROP COLUMN everything; DROP TABLE provider_turn;
		PRAGMA user_version = 23`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s.Store = openStore(t, dir)
	defer s.Close()
	got, err := s.Cells(t.Context(), q)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("after the upgrade it is %v, want %v, %v", got, want, err)
	}
	if v, err := s.Verify(t.Context()); err != nil || len(v.Differences) > 0 {
		t.Errorf("C10: verify says %v, %q", err, v.Differences)
	}
}
