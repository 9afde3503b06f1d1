package sqlite_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/published"
)

// What was published is kept as it came: a newer vintage stands before an
// older one part by part, and nothing that is kept can be changed or deleted.
func TestPublishedFilesAreAppendOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openStore(t, dir)
	add := func(name, vintage string, values ...published.Value) (int64, bool) {
		t.Helper()
		f := &published.File{Series: published.ReadyDate, Title: "Discharge ready date", Values: values, Notes: []string{"one", "two"}}
		k := published.Kept{Name: name, SHA256: sha256.Sum256([]byte(name)), Bytes: 9}
		if vintage != "" {
			k.Vintage = delay.MustDay(vintage)
		}
		id, added, err := store.AddPublished(t.Context(), people.Actor{Kind: people.Machine}, f, k)
		if err != nil {
			t.Fatal(err)
		}
		return id, added
	}
	value := func(month, code, text, mark string) published.Value {
		return published.Value{Period: published.Period{First: delay.MustDay(month + "-01"), Grain: published.Monthly}, Level: published.Council,
			Code: code, Name: "name of " + code, Measure: published.BedDays, Text: text, Mark: mark}
	}
	add("old", "2024-06-13", value("2024-04", "E10000008", "50", ""), value("2024-05", "E10000008", "60", ""))
	add("new", "2025-07-10", value("2024-04", "E10000008", "", "*"))
	add("unknown", "", value("2024-04", "E10000008", "1", ""))
	if id, added := add("old", "2026-01-01", value("2024-04", "E10000008", "99", "")); added || id != 1 {
		t.Errorf("the same bytes were added again as %d", id)
	}
	said := func(q published.Query) string {
		t.Helper()
		values, err := store.PublishedValues(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, v := range values {
			out = append(out, v.Period.String()+" "+v.Code+" "+v.Text+v.Mark)
		}
		return strings.Join(out, ", ")
	}
	if got := said(published.Query{Series: published.ReadyDate}); got != "2024-04 E10000008 *, 2024-05 E10000008 60" {
		t.Errorf("what stands: %s", got)
	}
	if got := said(published.Query{Series: published.ReadyDate, Every: true, To: delay.MustDay("2024-04-30")}); got !=
		"2024-04 E10000008 50, 2024-04 E10000008 *, 2024-04 E10000008 1" {
		t.Errorf("what is kept: %s", got)
	}
	if got := said(published.Query{Codes: []string{"E06000026"}}); got != "" {
		t.Errorf("another council has %s", got)
	}
	files, err := store.PublishedFiles(t.Context())
	if err != nil || len(files) != 3 || files[0].Vintage != 0 || len(files[0].Notes) != 2 {
		t.Fatal(err, files)
	}
	db := beside(t, dir)
	for _, statement := range []string{
		`DELETE FROM published_file`, `UPDATE published_file SET vintage = 0`, `DELETE FROM published_part`,
		`UPDATE published_part SET measure = 'x'`, `DELETE FROM published_value`, `UPDATE published_value SET value = '1', mark = ''`,
	} {
		if _, err := db.Exec(statement); err == nil || !strings.Contains(err.Error(), "never") {
			t.Errorf("%s was done: %v", statement, err)
		}
	}
}
