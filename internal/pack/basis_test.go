package pack

import (
	"path/filepath"
	"strings"
	"testing"

	"homeward/internal/measure"
)

// A pack of agreed days says so on its page, in its list and in every file, and
// can be made again on the same basis; people waiting are everybody.
func TestPackOfAgreedDays(t *testing.T) {
	f := figures()
	f.Overview.Filter.Basis = measure.BasisAgreed
	for i := range f.Overview.Months {
		m := &f.Overview.Months[i]
		m.Basis, m.NotAgreed, m.Disputed = measure.BasisAgreed, 100, measure.ByBody{}
	}
	dir := filepath.Join(t.TempDir(), "agreed")
	m := render(t, dir, f, meta(t))
	if m.Basis != "agreed" || m.Filter().Basis != measure.BasisAgreed {
		t.Errorf("the list says %q, the filter %v", m.Basis, m.Filter().Basis)
	}
	files := folder(t, dir)
	page := files[PageFile]
	for _, want := range []string{"agreed days only: those that both bodies have agreed. People waiting are everybody, whatever is agreed.",
		"of agreed days in October 2026", "while 100 days are not agreed"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for id, what := range measures {
		table, ok := files[id+".csv"]
		want := ",agreed,"
		if what == measure.PeopleWaiting {
			want = ",counted,"
		}
		if ok && strings.Count(table, want) != strings.Count(table, "\n")-1 {
			t.Errorf("%s.csv does not have %s in every row:\n%s", id, want, table)
		}
	}
}
