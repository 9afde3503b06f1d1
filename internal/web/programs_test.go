package web

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"homeward/internal/people"
)

// byToken sends one request with a token of the kind.
func (s *site) byToken(kind people.TokenKind, method, target string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+target, nil)
	r.Header.Set("Authorization", "Bearer "+s.visitors.bearers[kind])
	r.Header.Set("Content-Type", "text/csv")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// described gives the path of openapi.json: many readers of it take no name with
// an ending for a part of a path, so there the file is the part.
func (a programAddress) described() string {
	if a.twin == "" {
		return a.pattern
	}
	return a.pattern[:strings.LastIndexByte(a.pattern, '/')] + "/{file}"
}

// TestP1TokensOpenWhatIsListed asks every route, with every ending that makes an
// address one for programs, by a token of each kind: those of the list in
// docs/access.md are opened and no others. openapi.json has the same.
func TestP1TokensOpenWhatIsListed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, ok := strings.Cut(string(text), "## What tokens open")
	if !ok {
		t.Fatal("docs/access.md does not say what tokens open")
	}
	var documented []string
	for line := range strings.SplitSeq(part, "\n") {
		if cells := strings.Split(line, "|"); len(cells) == 5 && strings.Contains(cells[3], "`/") {
			documented = append(documented, strings.TrimSpace(cells[1])+" "+strings.TrimSpace(cells[2])+" "+strings.Trim(cells[3], " `"))
		}
	}
	var listed, addresses []string
	for _, a := range programAddresses {
		listed = append(listed, string(a.kind)+" "+a.method+" "+a.address())
		addresses = append(addresses, a.method+" "+a.described())
	}
	slices.Sort(documented)
	slices.Sort(listed)
	if !slices.Equal(documented, listed) {
		t.Errorf("docs/access.md lists\n%s\nthe program\n%s", strings.Join(documented, "\n"), strings.Join(listed, "\n"))
	}
	doc, err := openapi3.NewLoader().LoadFromData(openAPI)
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			if open := o.Security != nil && len(*o.Security) == 0; !open {
				described = append(described, method+" "+path)
			}
		}
	}
	slices.Sort(described)
	slices.Sort(addresses)
	addresses = slices.Compact(addresses)
	if !slices.Equal(described, addresses) {
		t.Errorf("openapi.json describes\n%s\nthe program has\n%s", strings.Join(described, "\n"), strings.Join(addresses, "\n"))
	}

	for _, a := range programAddresses {
		if a.twin == "" {
			continue
		}
		pattern := regexp.MustCompile(doc.Paths.Find(a.described()).Get.Parameters.GetByInAndName("path", "file").Schema.Value.Pattern)
		if !pattern.MatchString("M01"+a.twin) && !pattern.MatchString("people"+a.twin) || pattern.MatchString("people") ||
			pattern.MatchString("people.pdf") {
			t.Errorf("openapi.json takes %s for the file of %s", pattern, a.address())
		}
	}

	s := siteOf(t, emptyOffice(t, at(morning)))
	asked := 0
	for _, r := range s.routes() {
		if r.guarded.open {
			continue
		}
		endings := []string{""}
		if strings.Contains(r.path[strings.LastIndexByte(r.path, '/'):], ":") {
			endings = []string{"", ".csv", ".json", ".svg", ".xlsx", ".pdf", ".html"}
		}
		for _, ending := range endings {
			for _, kind := range []people.TokenKind{people.UploadToken, people.FiguresToken} {
				want := slices.ContainsFunc(programAddresses, func(a programAddress) bool {
					return a.kind == kind && a.method == r.method && a.pattern == r.path && a.twin == ending
				})
				target := fill(r.path) + ending
				if strings.HasPrefix(r.path, "/council/") {
					target = "/council/E10000099" + ending
				}
				w := s.byToken(kind, r.method, target)
				// Where a page has no twins the token is not looked at: it is for people.
				got := admitted("a program", false, w) && w.Code != http.StatusSeeOther
				if asked++; got != want {
					t.Errorf("%s %s by a token for %s: answered %d, opened %v, listed %v", r.method, target, kind, w.Code, got, want)
				}
			}
		}
	}
	t.Logf("asked %d times", asked)
}
