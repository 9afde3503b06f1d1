package page_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	"homeward/internal/web/page"
)

// A page has the partials that it calls, in whatever branch, and those that these call,
// and no others: all of them for each page were 40 MB.
func TestPagesHaveThePartialsThatTheyCall(t *testing.T) {
	t.Parallel()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	files := fstest.MapFS{
		"layout/layout.html": file(`{{define "layout"}}<p>{{template "main" .}}</p>{{end}}`),
		"partial/parts.html": file(`{{define "list"}}{{range .}}{{template "row" .}}{{else}}{{template "none"}}{{end}}{{end}}` +
			`{{define "row"}}{{with .}}<b>{{.}}</b>{{else}}{{template "none"}}{{end}}{{end}}{{define "none"}}none{{end}}{{define "other"}}{{end}}`),
		"page/rows.html":  file(`{{define "main"}}{{if .}}{{template "list" .}}{{else}}{{template "none"}}{{end}}{{end}}`),
		"page/plain.html": file(`{{define "main"}}plain{{end}}`),
	}
	pages, err := page.ParseTemplates(files)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		view any
		want string
	}{
		{"rows", []string{"a<", ""}, "<p><b>a&lt;</b>none</p>"},
		{"rows", nil, "<p>none</p>"},
		{"plain", nil, "<p>plain</p>"},
	} {
		var b bytes.Buffer
		if err := pages.Fill(&b, c.name, c.view); err != nil || b.String() != c.want {
			t.Errorf("%s of %v is %q, %v, want %q", c.name, c.view, b.String(), err, c.want)
		}
	}
	if pages["plain"].Lookup("list") != nil || pages["rows"].Lookup("other") != nil {
		t.Error("a page has a partial that it does not call")
	}
	files["page/rows.html"] = file(`{{define "main"}}{{with .}}{{else}}{{template "lost"}}{{end}}{{end}}`)
	if _, err := page.ParseTemplates(files); err == nil || !strings.Contains(err.Error(), `"lost"`) {
		t.Errorf("a page that calls what there is not: %v", err)
	}
}
