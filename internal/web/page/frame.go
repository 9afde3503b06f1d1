// Package page is what Homeward's pages are made of: the frame around them,
// tables, charts, form parts and filters, the words of addresses, the names of
// places, the CSV and JSON twins of a page, and the templates that they fill.
// It knows no request and no store: package web has the addresses and asks.
package page

import (
	"maps"
	"net/url"
	"strconv"
)

// Frame is what every page has around its content.
type Frame struct {
	// Title is the h1; PageTitle what stands in the browser's tab.
	Title, PageTitle string
	Partnership      string
	Nav              []NavItem
	// Copied says that the page is of a copy for reading, nil where it is not.
	Copied *Copied
	// DateBar says what the data is as at and what is in; empty hides it.
	DateBar string
	// Latest leads back to the present from a page that looks at a past moment.
	Latest *Link
	// Marked says what the marks under the axes of the page's charts are; nil where
	// there are none. Its Href is empty for those who may not see which days.
	Marked *Link
	// Closed says that the shown period holds closed months.
	Closed *ClosedNote
	Crumbs []Link
	Footer string
	// Style, Base and Icon are addresses of assets; Scripts those of the page's
	// own scripts.
	Style, Base, Icon string
	Scripts           []string
	// BodyClass marks the print view.
	BodyClass string
	About     *About
	// StepHead is over the column that says with whom the next step is, or the
	// group where days are not divided between bodies (A8).
	StepHead string
	// Find is the header's search, nil where there is none.
	Find *Finder
	// Account is who is signed in, nil for nobody.
	Account *Account
	// Token is the proof that every form of the page carries.
	Token string
	// Home is the page that the name of the service leads to.
	Home string
}

// Copied says in words of when a copy for reading is, and where changes are made.
type Copied struct{ Text, WritesAt string }

// Account is the account box of the header.
type Account struct{ Name, Role string }

// NavItem is a link of the navigation, or to one of the pages of a list.
type NavItem struct {
	Text, Href string
	Current    bool
	// Folds says that it and those after it are under More where a phone runs no
	// scripts.
	Folds bool
}

// Link is an address with its words.
type Link struct{ Text, Href string }

// About is "About these figures" at the foot of a data page.
type About struct {
	Measures []Link
	// AsAt is the day in words; Basis and RuleSet say how days were counted.
	AsAt, Basis, RuleSet string
	// Convention names the counting convention and Counted says whether the days
	// at both ends count, both empty where the figures are of no days.
	Convention, Counted string
	Links               []Link
	// Fixed is the address with real dates filled in.
	Fixed string
	Print string
}

// ClosedNote says in words that a shown period holds closed months, and how
// their figures have changed since.
type ClosedNote struct{ Text, Href, Link string }

// Finder is the search of the header: its label, and the same in fewer words
// to stand in the field.
type Finder struct{ Label, Hint string }

// Banner says what was just saved. A quiet one only informs.
type Banner struct {
	Words string
	Quiet bool
	// Line says that a line beside what was saved is enough.
	Line bool
	Undo *Undo
}

// Undo is the form that takes back what was just saved.
type Undo struct {
	Action, Token string
	Hidden        []Hidden
}

// Address joins a path and query; the words come out in a fixed order.
func Address(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// PagesOf links to the pages of a list.
func PagesOf(path string, query url.Values, current, pages int) []NavItem {
	if pages < 2 {
		return nil
	}
	var out []NavItem
	for n := 1; n <= pages; n++ {
		q := url.Values{}
		maps.Copy(q, query)
		if n > 1 {
			q.Set(WordPage, strconv.Itoa(n))
		}
		out = append(out, NavItem{Text: strconv.Itoa(n), Href: Address(path, q), Current: n == current})
	}
	return out
}

// Around keeps the pages near the current one, the first and the last.
func Around(pages []NavItem, current int) []NavItem {
	var out []NavItem
	for i, p := range pages {
		n := i + 1
		if n == 1 || n == len(pages) || n >= current-4 && n <= current+4 {
			out = append(out, p)
		}
	}
	return out
}
