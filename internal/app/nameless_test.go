package app

import (
	"bytes"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeward/internal/nhsnumber"
)

// TestP1NumberWhereNoneBelongs types an NHS number into every text of the daily
// use and into addresses: each is refused, and nothing of it is kept or shown.
func TestP1NumberWhereNoneBelongs(t *testing.T) {
	o := newOutsider(t)
	x := o.objects[0]
	before := o.changes()
	byName := func(name string) caller {
		for _, c := range o.callers {
			if c.name == name {
				return c
			}
		}
		t.Fatal(name)
		return caller{}
	}
	for _, written := range []string{"943 476 5919", "943.476.5919", "943 - 476 - 5919", "943/476/5919", "９４３４７６５９１９", "9434765919"} {
		for _, c := range []struct {
			who, method, target, field string
		}{
			{"coordinator of the hospital", http.MethodPost, "/delays/" + x.ref + "/reason", "because"},
			{"coordinator of the hospital", http.MethodPost, "/delays/" + x.ref + "/reason", "council"},
			{"coordinator of the hospital", http.MethodPost, "/delays/" + x.ref + "/pause", "other"},
			{"coordinator of the hospital", http.MethodPost, "/delays/" + x.ref + "/end", "because"},
			{"coordinator of the hospital", http.MethodPost, "/delays/" + x.ref + "/actions/new", "what"},
			{"coordinator of the hospital", http.MethodPost, "/delays/" + x.ref + "/actions/new", "owner"},
			{"coordinator of the hospital", http.MethodPost, "/delays/new", "ward"},
			{"coordinator of the hospital", http.MethodPost, "/delays/new", "bed"},
			{"coordinator of the hospital", http.MethodPost, "/delays/new", "ready"},
			{"coordinator of the hospital", http.MethodPost, "/delays/new", "admitted-year"},
			{"reviewer of the county", http.MethodPost, "/agreement/" + x.ref + "." + x.first[north].String(), "words"},
			{"reviewer of the county", http.MethodPost, "/disputes/" + x.ref + "." + x.first[north].String(), "ask-words"},
			{"analyst", http.MethodPost, "/trends/notes", "words"},
			{"administrator", http.MethodPost, "/admin/tokens", "label"},
			{"administrator", http.MethodPost, "/admin/users/new", "name"},
			{"viewer", http.MethodPost, searchedBy, "find"},
			{"reviewer of the county", http.MethodPost, searchedBy, "find"},
			{"director of the county", http.MethodPost, searchedBy, "find"},
			{"viewer", http.MethodGet, "/figures?provider=" + url.QueryEscape(written), ""},
			{"viewer", http.MethodGet, "/figures.json?reason=" + url.QueryEscape(written), ""},
			{"administrator", http.MethodGet, "/admin/audit?who=" + url.QueryEscape(written), ""},
			{"reviewer of the county", http.MethodGet, "/delays/" + url.PathEscape(written), ""},
			{"nobody", http.MethodGet, "/overview?provider=" + url.QueryEscape(written), ""},
		} {
			form := url.Values(nil)
			if c.field != "" {
				form = forms(x)
				form.Set(c.field, written)
			}
			if c.field == "other" {
				form.Set("why", "other")
			}
			w := o.as(byName(c.who), c.method, c.target, form)
			text := w.Body.String() + w.Header().Get("Location")
			// A search by number opens the record it finds, which shows no number.
			found := c.field == "find" && c.who == "reviewer of the county"
			if w.Code < 400 && !found && c.field != "find" {
				t.Errorf("P1 %s %s as %s with %q in %q: %d", c.method, c.target, c.who, written, c.field, w.Code)
			}
			if strings.Contains(text, written) || strings.Contains(text, url.QueryEscape(written)) || nhsnumber.In(w.Header().Get("Location")) {
				t.Errorf("P1 %s %s as %s with %q in %q (%d) shows it again", c.method, c.target, c.who, written, c.field, w.Code)
			}
		}
	}
	if after := o.changes(); after != before {
		t.Errorf("P1: %d things were kept", after-before)
	}
	kept(t, o.Options.Data)
}

const searchedBy = "/search"

// kept fails the test when an NHS number stands in clear in a data folder.
func kept(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if nhsnumber.In(e.Name()) {
			t.Errorf("P1: a file of the data folder is named %s", e.Name())
		}
		text, err := os.ReadFile(path)
		for _, written := range []string{"943 476 5919", "943.476.5919", "943 - 476 - 5919", "943/476/5919", "９４３４７６５９１９", "9434765919"} {
			if bytes.Contains(text, []byte(written)) {
				t.Errorf("P1: %s stands in clear in %s", written, path)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
