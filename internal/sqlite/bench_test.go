package sqlite_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"homeward/data"
	"homeward/internal/attribution"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/sqlite"
)

// ward is a provider whose beds are always full: each bed is one patient's for
// stay days, then the next one's.
type ward struct {
	provider string
	beds     int
	kinds    []ingest.Given
}

const stay = 12

func newWard(provider string, beds int) ward {
	w := ward{provider: provider, beds: beds}
	for i := range 60 {
		g := ingest.Given{Given: attribution.Given{Words: attribution.Words{Reason: fmt.Sprint(i)}, Reason: letters[i%11],
			Care: delay.CareTypes[i%2], Council: delay.Council(fmt.Sprintf("E%08d", 10000000+i%5))}}
		g.Outcome = attribution.Outcome{Body: delay.Bodies[i%3], Rule: "A2", RuleSet: "bench", Version: "1"}
		w.kinds = append(w.kinds, g)
	}
	return w
}

// extracts gives one file with the extracts of so many days.
func (w ward) extracts(first delay.Day, days int) *ingest.Batch {
	b := &ingest.Batch{Provider: w.provider, Givens: w.kinds, File: ingest.File{Name: "bench"}}
	copy(b.File.SHA256[:], fmt.Sprint(w.provider, first, days))
	statements := map[int]int32{}
	for bed := range w.beds {
		b.Places = append(b.Places, ingest.Place{Ward: fmt.Sprint("W", bed%20), Bed: fmt.Sprint(bed)})
	}
	for day := first; day < first+delay.Day(days); day++ {
		e := ingest.Extract{Date: day, Read: w.beds, Kept: w.beds}
		for bed := range w.beds {
			spell := (int(day) + bed) / stay
			key := spell*w.beds + bed
			at, ok := statements[key]
			if !ok {
				at = int32(len(b.Statements))
				statements[key] = at
				p := ingest.Patient{Reference: fmt.Sprint("HW-", key), ByNHSNumber: true, NHSNumber: make([]byte, 38), LocalID: make([]byte, 36)}
				copy(p.Hash[:], fmt.Sprintf("%s%012d", w.provider, key))
				l := ingest.Local{Sealed: p.LocalID}
				copy(l.Hash[:], fmt.Sprintf("L%s%012d", w.provider, key))
				b.Locals = append(b.Locals, l)
				b.Statements = append(b.Statements, ingest.Statement{Patient: int32(len(b.Patients)), Given: int32(key % len(w.kinds)),
					Place: int32(bed),
					Ready: delay.Day(spell*stay-bed) - 1, Local: int32(len(b.Locals))})
				b.Patients = append(b.Patients, p)
			}
			e.Listings = append(e.Listings, ingest.Listing{Statement: at, Line: int32(bed + 2)})
		}
		b.Extracts = append(b.Extracts, e)
	}
	return b
}

func receipt(ingest.Taken) ([]byte, error) { return []byte("{}"), nil }

func openBench(b *testing.B, dir string) *sqlite.Store {
	b.Helper()
	s, err := sqlite.Open(b.Context(), dir, &sqlite.DefaultSettings)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

var benchFirst = delay.MustDay("2025-04-01")

// year gives a store with a year of one provider with 400 rows a day.
func year(b *testing.B) (*sqlite.Store, ward) {
	b.Helper()
	s, w := openBench(b, b.TempDir()), newWard("RZ1", 400)
	if err := s.Take(b.Context(), w.extracts(benchFirst, 365), receipt); err != nil {
		b.Fatal(err)
	}
	return s, w
}

// The next day's extract of 400 rows into a store that holds a year.
func BenchmarkTakeDay(b *testing.B) {
	s, w := year(b)
	day := benchFirst + 365
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Take(b.Context(), w.extracts(day, 1), receipt); err != nil {
			b.Fatal(err)
		}
		day++
	}
}

func benchCells(b *testing.B, s *sqlite.Store, q measure.Query) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		cells, err := s.Cells(b.Context(), q)
		if err != nil || len(cells) == 0 {
			b.Fatal(err, len(cells))
		}
	}
}

var byMonthAndBody = []measure.Dimension{measure.ByMonth, measure.ByResponsible}

func BenchmarkFigures(b *testing.B) {
	s, _ := year(b)
	benchCells(b, s, measure.Query{From: benchFirst, To: benchFirst + 364, By: byMonthAndBody})
}

// One ledger by every convention that counts days, in turn (D2): the next day's
// extract and a year's figures. Each metric is the shortest time that a convention
// took over that of the first, england-dtoc: none should be over 1.1.
func BenchmarkConventions(b *testing.B) {
	defs, err := definition.Load(data.Reference)
	if err != nil {
		b.Fatal(err)
	}
	type counted struct {
		name  string
		store *sqlite.Store
		took  time.Duration
	}
	var all []*counted
	w := newWard("RZ1", 400)
	for _, c := range defs.Conventions {
		if c.Counts != "days" {
			continue
		}
		settings := sqlite.DefaultSettings
		settings.Delay.Convention = c.Delay()
		s, err := sqlite.Open(b.Context(), b.TempDir(), &settings)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		if err := s.Take(b.Context(), w.extracts(benchFirst, 365), receipt); err != nil {
			b.Fatal(err)
		}
		all = append(all, &counted{name: c.Name, store: s})
	}
	day := benchFirst + 365
	for b.Loop() {
		for _, c := range all {
			began := time.Now()
			if err := c.store.Take(b.Context(), w.extracts(day, 1), receipt); err != nil {
				b.Fatal(err)
			}
			cells, err := c.store.Cells(b.Context(), measure.Query{From: day - 364, To: day, By: byMonthAndBody})
			if err != nil || len(cells) == 0 {
				b.Fatal(err, len(cells))
			}
			if took := time.Since(began); c.took == 0 || took < c.took {
				c.took = took
			}
		}
		day++
	}
	for _, c := range all[1:] {
		b.ReportMetric(float64(c.took)/float64(all[0].took), c.name+"/"+all[0].name)
	}
}

func benchOverview(b *testing.B, s *sqlite.Store, day delay.Day) {
	b.Helper()
	for b.Loop() {
		o, err := measure.MakeOverview(b.Context(), s, measure.Filter{}, 0, 0, measure.Moment{Now: day.Time().Add(10 * time.Hour)}, nil)
		if err != nil || o.AsAt == 0 || o.Now.Total() == 0 {
			b.Fatal(err, o.AsAt, o.Now)
		}
	}
}

func BenchmarkOverview(b *testing.B) {
	s, _ := year(b)
	benchOverview(b, s, benchFirst+365)
}

// What Homeward is designed for: 50 million patient-days, ten years of a
// nation with 120 hospital trusts and 150 councils, 13,700 people on a day.
// HOMEWARD_NATIONAL names the folder to make the database in, a few GB; one
// that is there already is used again.
func BenchmarkNation(b *testing.B) {
	dir := os.Getenv("HOMEWARD_NATIONAL")
	if dir == "" {
		b.Skip("set HOMEWARD_NATIONAL to a folder")
	}
	if _, err := os.Stat(filepath.Join(dir, sqlite.FileName)); err != nil {
		makeNation(b, dir)
	}
	s := openBench(b, dir)
	db := beside(b, dir)
	var last delay.Day
	var days int64
	if err := db.QueryRow(`SELECT max(extract_date) FROM standing WHERE provider_id = 1`).Scan(&last); err != nil {
		b.Fatal(err)
	}
	if err := db.QueryRow(`SELECT sum(last_day - first_day + 1) FROM stretch`).Scan(&days); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d patient-days", days)
	from := nationFirst.Month().First()
	b.Run("overview", func(b *testing.B) { benchOverview(b, s, last+1) })
	b.Run("figures by month and responsible over ten years", func(b *testing.B) {
		benchCells(b, s, measure.Query{From: from, To: nationLast, By: byMonthAndBody})
	})
	b.Run("figures by week and council over the last year", func(b *testing.B) {
		benchCells(b, s, measure.Query{From: nationLast - 364, To: nationLast, By: []measure.Dimension{measure.ByWeek, measure.ByCouncil}})
	})
	b.Run("first and last day held", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := s.Extent(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("since when nothing new is known", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Learnt(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	w := newWard("R001", 400)
	b.Run("one daily extract of 400 rows", func(b *testing.B) {
		last++
		if err := s.Take(b.Context(), w.extracts(last, 1), receipt); err != nil { // Its patients become known.
			b.Fatal(err)
		}
		for b.Loop() {
			last++
			if err := s.Take(b.Context(), w.extracts(last, 1), receipt); err != nil {
				b.Fatal(err)
			}
		}
	})
}

var (
	nationFirst = delay.MustDay("2016-04-01")
	nationLast  = delay.MustDay("2026-03-31")
)

// makeNation writes what ten years of extracts leave behind straight into the
// tables. The rows of the extracts themselves are left out: only "verify"
// reads old ones.
func makeNation(b *testing.B, dir string) {
	b.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.Fatal(err)
	}
	s, err := sqlite.Open(b.Context(), dir, &sqlite.DefaultSettings)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite3", filepath.Join(dir, sqlite.FileName)+"?_journal_mode=OFF&_synchronous=OFF&_cache_size=-400000")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	// 120 providers x 125 beds x 304 spells of 11 counted days each, every 12.
	args := []any{sql.Named("first", nationFirst), sql.Named("last", nationLast)}
	for _, step := range []string{
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
			INSERT INTO provider (provider_id, code) SELECT i, printf('R%03d', i) FROM n`,
		`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2999)
			INSERT INTO given SELECT i + 1, i % 20, '', i / 20, '', '', '',
				substr('ABCDEFGHIO', i % 10 + 1, 1), i % 2 + 1, printf('E%08d', 10000000 + i / 20), 0, 0, 0, 0, i % 3 + 1, 'A2', ` +
			`'england-dtoc', '1', ` +
			`'', '' FROM n`,
		`INSERT INTO place SELECT provider_id, provider_id, '', 'W', '' FROM provider`,
		`INSERT INTO file (file_id, sha256, name, bytes, received_at, outcome, report) VALUES (1, x'01', 'a.csv', 1, 1, 'taken', '{}')`,
		`CREATE TEMP TABLE spell AS
			WITH RECURSIVE bed(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM bed WHERE i < 124),
				nth(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM nth WHERE k < 303)
			SELECT ((provider_id - 1) * 125 + i) * 304 + k + 1 AS id, provider_id AS p, @first + k * 12 + i % 12 AS day,
				((provider_id * 5 / 4 + i % 5) % 150) * 20 + (i / 5 + k) % 20 + 1 AS g
			FROM provider, bed, nth WHERE @last > 0`,
		`INSERT INTO patient (patient_id, provider_id, sender_id, person_id, nhs_id, key_hash, reference, nhs_number, local_id)
			SELECT id, p, p, id, id, unhex(printf('%032x', id * 2654435761 % 4294967296)), printf('HW-%08d', id), zeroblob(38),
				zeroblob(36) FROM spell`,
		`INSERT INTO statement (statement_id, patient_id, given_id, place_id, ready_date, discharged_date, admitted_date)
			SELECT id, id, g, p, day - 1, 0, day - 9 FROM spell`,
		`INSERT INTO presence SELECT id, day, min(day + 10, @last), id FROM spell WHERE day <= @last AND @first > 0`,
		`INSERT INTO delay SELECT id, day, min(day + 10, @last), p, day - 1, CASE WHEN day + 11 <= @last THEN day + 11 ELSE 0 END,
			CASE WHEN day + 11 <= @last THEN 2 ELSE 0 END, day, min(day + 10, @last), id FROM spell WHERE day <= @last AND @first > 0`,
		`INSERT INTO stretch SELECT id, day, day, min(day + 10, @last), id, 0, 0 FROM spell WHERE day <= @last AND @first > 0`,
		`INSERT INTO segment SELECT s.id, day, day, min(day + 10, @last), p, council, care, reason, body, body, 0, CASE WHEN day < @last - 30 ` +
			`THEN 1 ELSE 0 END, 0, 0, 0, 0
			FROM spell s JOIN given ON given_id = g WHERE day <= @last AND @first > 0`,
		`WITH RECURSIVE d(day) AS (SELECT @first UNION ALL SELECT day + 1 FROM d WHERE day < @last)
			INSERT INTO extract (extract_id, file_id, provider_id, sender_id, extract_date, rows_read, kept, quarantined, excluded, listed)
				SELECT (day - @first) * 120 + provider_id, 1, provider_id, provider_id, day, 114, 114, 0, 0, x'' FROM d, provider`,
		`INSERT INTO standing SELECT provider_id, provider_id, extract_date, extract_id, 0 FROM extract WHERE @first + @last > 0`,
		`WITH RECURSIVE m(month) AS (SELECT 2016 * 12 + 3 UNION ALL SELECT month + 1 FROM m WHERE month < 2026 * 12 + 2)
			INSERT INTO month_count (month, provider_id, council, care, reason, body, state, days, ` + dayColumns("") + `)
			SELECT month, p, council, care, reason, body, 1, 31, ` + dayColumns("1") + `
			FROM m, (SELECT DISTINCT p, council, care, reason, body FROM spell JOIN given ON given_id = g) WHERE @first + @last > 0`,
	} {
		begin := time.Now()

		if _, err := db.Exec(step, args...); err != nil {
			b.Fatalf("%v in %s", err, step)
		}
		b.Logf("%.1f s: %.60s", time.Since(begin).Seconds(), step)
	}
	if _, err := db.Exec(`PRAGMA journal_mode = WAL`); err != nil {
		b.Fatal(err)
	}
}

// dayColumns lists the columns of the days of a month, or a value for each.
func dayColumns(value string) string {
	out := ""
	for i := 1; i <= 31; i++ {
		if i > 1 {
			out += ", "
		}
		if value != "" {
			out += value
			continue
		}
		out += fmt.Sprintf("d%02d", i)
	}
	return out
}

// letters are the reasons of england-dtoc.
var letters = []delay.Reason{"A", "B", "C", "Di", "Dii", "E", "F", "G", "H", "I", "O"}
