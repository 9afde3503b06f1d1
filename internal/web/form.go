package web

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

// field is one text field of a form with what stands around it.
type field struct {
	ID, Label, Hint, Value, Error string
	// Type is the input's, text when empty; Complete, Mode and Class are its
	// autocomplete, inputmode and width class.
	Type, Complete, Mode, Class string
}

// Secret says that what is typed must not be seen.
func (f field) Secret() bool { return f.Type == "password" }

// Kind gives the input's type.
func (f field) Kind() string { return cmp.Or(f.Type, "text") }

// Described gives the identifiers of what describes the field.
func (f field) Described() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// formView is what forms have beside their own fields.
type formView struct {
	Frame
	// Said is a sentence about what was done.
	Said   string
	Errors []link
}

// wrong adds an error to the summary at the head of the page; id is that of the
// field that it leads to.
func (v *formView) wrong(id, sentence string) {
	if sentence == "" {
		return
	}
	if len(v.Errors) == 0 {
		v.PageTitle = "Error: " + v.PageTitle
	}
	v.Errors = append(v.Errors, link{Text: sentence, Href: "#" + id})
}

// wrongFields adds the errors of fields.
func (v *formView) wrongFields(fields ...field) {
	for _, f := range fields {
		v.wrong(f.ID, f.Error)
	}
}

// typed gives a form field's text without spaces around it, bounded in length.
func typed(c echo.Context, name string) string {
	s := strings.TrimSpace(c.FormValue(name))
	if utf8.RuneCountInString(s) > 500 {
		s = string([]rune(s)[:500])
	}
	return s
}
