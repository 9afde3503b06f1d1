package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// P1: what a form says back of the page that it was on is compared and never
// kept, so that ten digits of it are no number; in any other hidden field they are.
func TestP1AFingerprintIsNoNumber(t *testing.T) {
	for name, refused := range map[string]bool{"seen": false, "row": true, "version": true} {
		form := url.Values{name: {"ab9434765919cdef"}}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/agreement/close/2026-10", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if err := nameless(r); (err != nil) != refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}
