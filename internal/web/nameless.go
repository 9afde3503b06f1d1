package web

import (
	"mime"
	"net/http"
	"net/url"
	"strings"

	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
)

// answersItself says whether a form's field is for a number or a secret, or is
// one that its handler checks for an NHS number and answers on the form's own
// page. What stands in any other field is refused by nameless.
func answersItself(name string) bool {
	switch name {
	case "number", "find", "old", "password", "code",
		"seen", // A fingerprint, which is compared and never kept.
		"words", "because", "ward", "bed", "other", "what", "owner", "why":
		return true
	}
	for _, ending := range []string{"-words", "-day", "-month", "-year"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// nameless refuses an address or a form with an NHS number where none belongs
// (P1): an address is kept by browsers and proxies, and what stands in a form's
// hidden fields and lists is kept and shown as it is. It covers every route, so
// that a new form needs no check of its own to be safe.
func nameless(r *http.Request) error {
	if inAny(r.URL.Query(), func(string) bool { return false }) || nhsnumber.In(r.URL.Path) {
		return problem.New(problem.Invalid,
			"An NHS number must not stand in an address, because addresses are kept. Use the search at the top of the page.")
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || kind != "application/x-www-form-urlencoded" {
		return nil
	}
	if err := r.ParseForm(); err != nil {
		return problem.Wrap(err, problem.Invalid, "The form could not be read")
	}
	if inAny(r.PostForm, answersItself) {
		return problem.New(problem.Invalid, "Remove the NHS number. Do not type numbers that identify a person here. Nothing was saved.")
	}
	return nil
}

// inAny says whether an NHS number stands in a name, or in a value that is not
// under a name let through.
func inAny(values url.Values, through func(name string) bool) bool {
	for name, all := range values {
		if nhsnumber.In(name) {
			return true
		}
		for _, v := range all {
			if !through(name) && nhsnumber.In(v) {
				return true
			}
		}
	}
	return false
}
