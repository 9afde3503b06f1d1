package web

import (
	"net/http"
	"path"
	"slices"

	"homeward/internal/people"
)

// programAddress is one address that a token opens.
type programAddress struct {
	kind            people.TokenKind
	method, pattern string
	// twin is the ending that makes an address of the pattern one for programs;
	// empty when the whole pattern is.
	twin string
}

// programAddresses is the one list of what tokens open, besides what is open to
// everybody. docs/access.md and openapi.json are tested against it, and every
// other route against tokens of both kinds.
var programAddresses = func() []programAddress {
	out := []programAddress{{people.UploadToken, http.MethodPost, apiUploadPath, ""}}
	for _, pattern := range []string{
		"/overview.csv", "/overview.json", "/figures.csv", "/figures.json", "/figures/public.csv", "/figures/public.json",
		"/trends.csv", "/trends.json", "/trends.svg", "/reasons.csv", "/reasons.json", "/flow.csv", "/flow.json",
		"/published.csv", "/published.json",
		"/sitrep.csv", "/sitrep.json", "/discharge.csv", "/discharge.json", "/bridge.csv", "/bridge.json",
		"/conventions.csv", "/conventions.json",
		"/days.csv", "/days.json", "/agreement/close.csv", "/agreement/close.json", "/definitions.json",
		"/definitions/changes.csv", "/definitions/changes.json",
	} {
		out = append(out, programAddress{people.FiguresToken, http.MethodGet, pattern, ""})
	}
	for _, twin := range []string{".svg", ".csv", ".json"} {
		out = append(out, programAddress{people.FiguresToken, http.MethodGet, "/charts/:id", twin})
	}
	return append(out, programAddress{people.FiguresToken, http.MethodGet, "/definitions/:id", ".json"})
}()

// opensToProgram says whether a token opens a request that reached the route of
// the pattern.
func opensToProgram(t people.Token, r *http.Request, pattern string) bool {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return slices.ContainsFunc(programAddresses, func(a programAddress) bool {
		return a.kind == t.Kind && a.method == method && a.pattern == pattern && (a.twin == "" || a.twin == path.Ext(r.URL.Path))
	})
}
