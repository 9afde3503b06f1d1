package web

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"

	"homeward/internal/people"
)

// TestOpenAPIDescribesTheRoutes holds openapi.json to the program: it is a
// sound document, each of its paths is a route, each route below /api/ is in
// it, and real answers are as it says.
func TestOpenAPIDescribesTheRoutes(t *testing.T) {
	skipShort(t)
	t.Parallel()
	s := ownSite(t)
	doc, err := openapi3.NewLoader().LoadFromData(openAPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			described[method+" "+path] = true
			if _, ok := s.guards[method+" "+strings.Replace(path, "{file}", ":id", 1)]; !ok {
				t.Errorf("openapi.json describes %s %s, which does not exist", method, path)
			}
		}
	}
	for _, r := range s.routes() {
		if strings.HasPrefix(r.path, "/api/") && !described[r.method+" "+r.path] {
			t.Errorf("%s %s is not in openapi.json", r.method, r.path)
		}
	}
	doc.Servers = nil // Paths are the whole address: Homeward stands at the root of its host.
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	openapi3filter.RegisterBodyDecoder("image/svg+xml", openapi3filter.FileBodyDecoder)
	upload, figures := s.visitors.bearers[people.UploadToken], s.visitors.bearers[people.FiguresToken]
	for _, c := range []struct {
		name, method, target, token, body string
		want                              int
	}{
		{"send an extract", "POST", "/api/v1/extracts?name=MHS_RXA_20261104.csv", upload, newText(), 201},
		{"the same bytes again", "POST", "/api/v1/extracts?name=MHS_RXA_20261104.csv", upload, newText(), 200},
		{"not an extract", "POST", "/api/v1/extracts?name=a.pdf", upload, "%PDF-1.7", 422},
		{"without a name", "POST", "/api/v1/extracts", upload, "a", 400},
		{"with a token for figures", "POST", "/api/v1/extracts?name=a.csv", figures, "a", 403},
		{"with no token", "POST", "/api/v1/extracts?name=a.csv", "", "a", 401},
		{"with a token that was never made", "POST", "/api/v1/extracts?name=a.csv", "hw_0000000000000000_" + strings.Repeat("0", 52), "a", 401},
		{"figures", "GET", "/figures.json?by=provider&by=month&last=3m&resp=nhs", figures, "", 200},
		{"figures with an upload token", "GET", "/figures.json", upload, "", 403},
		{"figures with no token", "GET", "/figures.json", "", "", 401},
		{"a word that is not known", "GET", "/figures.json?grian=day", figures, "", 400},
		{"overview", "GET", "/overview.json?last=3m", figures, "", 200},
		{"figures as CSV", "GET", "/figures.csv?by=provider", figures, "", 200},
		{"figures as CSV with no token", "GET", "/figures.csv", "", "", 401},
		{"figures to publish", "GET", "/figures/public.json?by=provider", figures, "", 200},
		{"figures to publish as CSV", "GET", "/figures/public.csv?by=provider", figures, "", 200},
		{"overview as CSV", "GET", "/overview.csv", figures, "", 200},
		{"trends", "GET", "/trends.json?grain=week", figures, "", 200},
		{"trends as CSV", "GET", "/trends.csv?chart=line", figures, "", 200},
		{"trends as a picture", "GET", "/trends.svg", figures, "", 200},
		{"reasons", "GET", "/reasons.json", figures, "", 200},
		{"reasons as CSV", "GET", "/reasons.csv", figures, "", 200},
		{"flow", "GET", "/flow.json", figures, "", 200},
		{"flow as CSV", "GET", "/flow.csv", figures, "", 200},
		{"published", "GET", "/published.json?grain=day", figures, "", 200},
		{"published as CSV", "GET", "/published.csv?series=england-acute-sitrep&month=2026-10", figures, "", 200},
		{"sitrep", "GET", "/sitrep.json", figures, "", 200},
		{"sitrep as CSV", "GET", "/sitrep.csv", figures, "", 200},
		{"discharge", "GET", "/discharge.json", figures, "", 200},
		{"discharge as CSV", "GET", "/discharge.csv", figures, "", 200},
		{"bridge", "GET", "/bridge.json", figures, "", 200},
		{"bridge as CSV", "GET", "/bridge.csv", figures, "", 200},
		{"conventions", "GET", "/conventions.json", figures, "", 200},
		{"conventions as CSV", "GET", "/conventions.csv", figures, "", 200},
		{"days", "GET", "/days.json", figures, "", 200},
		{"days as CSV", "GET", "/days.csv", figures, "", 200},
		{"closed months", "GET", "/agreement/close.json", figures, "", 200},
		{"closed months as CSV", "GET", "/agreement/close.csv", figures, "", 200},
		{"a chart", "GET", "/charts/delayed-days.json", figures, "", 200},
		{"a chart as CSV", "GET", "/charts/delayed-days.csv", figures, "", 200},
		{"a chart as a picture", "GET", "/charts/delayed-days.svg", figures, "", 200},
		{"a chart that is not there", "GET", "/charts/nothing.json", figures, "", 404},
		{"one definition", "GET", "/definitions/M01.json", figures, "", 200},
		{"one definition with an upload token", "GET", "/definitions/M01.json", upload, "", 403},
		{"definitions", "GET", "/definitions.json", figures, "", 200},
		{"this document", "GET", "/api/v1/openapi.json", "", "", 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "http://127.0.0.1:8080"+c.target, strings.NewReader(c.body))
			r.Header.Set("Accept", "application/json")
			if c.method == http.MethodPost {
				r.Header.Set("Content-Type", "application/octet-stream")
			}
			if c.token != "" {
				r.Header.Set("Authorization", "Bearer "+c.token)
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Fatalf("%d %s, expected %d", w.Code, w.Body, c.want)
			}
			route, params, err := router.FindRoute(r)
			if err != nil {
				t.Fatal(err)
			}
			options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}
			asked := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: options}
			r.Body = io.NopCloser(strings.NewReader(c.body))
			if c.want < 400 {
				if err := openapi3filter.ValidateRequest(t.Context(), asked); err != nil {
					t.Errorf("the request is not as described: %v", err)
				}
			}
			answer := &openapi3filter.ResponseValidationInput{RequestValidationInput: asked, Status: w.Code, Header: w.Header(), Options: options}
			answer.SetBodyBytes(bytes.Clone(w.Body.Bytes()))
			if err := openapi3filter.ValidateResponse(t.Context(), answer); err != nil {
				t.Errorf("the answer is not as described: %v", err)
			}
		})
	}
}
