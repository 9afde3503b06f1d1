// Package pack renders the morning charts as files that need no server: a page
// that prints on A4, a picture and a table of each chart, and a manifest that
// says what they were made from. A pack is never changed once it is kept.
//
// It counts and draws nothing itself: numbers come from package measure and
// charts from package chart. It knows no HTTP; what serves a pack reads its
// manifest for the hash of the page's style.
package pack

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
)

// The files of every pack. Each chart adds an .svg and a .csv of its ID.
const (
	PageFile     = "index.html"
	ManifestFile = "manifest.json"
	WorkbookFile = "figures.xlsx"
)

// Drawer turns a chart into SVG with no script, style or outside address in it.
// chart.Renderer is one.
type Drawer interface {
	SVG(ctx context.Context, c chart.Chart) ([]byte, error)
	StandaloneSVG(ctx context.Context, c chart.Chart) ([]byte, error)
}

// Figures is what a pack shows: counts only, nothing about a person (P1).
type Figures struct {
	// Place names what the figures are of.
	Place    string
	Overview measure.Overview
	// Days are the people delayed day by day, one period a day.
	Days []measure.Period
	// Release is what of the overview's period and filter may leave the
	// partnership (P3). A public pack is made from it, any other needs none.
	Release *measure.Release
}

// Meta is what a pack says of itself.
type Meta struct {
	// Partnership is whose pack it is; RuleSet the name and version of the
	// attribution rules; Version the program's own.
	Partnership, RuleSet, Version string
	// At is the moment of the figures, in the zone in which it is to be shown.
	At time.Time
	// Series and Title name the plan that the pack is made by, such as weekly
	// and "Weekly pack"; Series is empty for the morning's.
	Series, Title string
	// UpTo is the last extract date that was asked for, zero for the latest; Day
	// the day that names a kept pack, zero for the day of At.
	UpTo, Day delay.Day
	// Public says that the pack may leave the partnership: its counts are
	// suppressed and rounded (P3).
	Public bool
	// Printer makes the PDF and the picture; with nil the pack has none and
	// Unprinted says why.
	Printer   Printer
	Unprinted string
}

// Manifest says what a pack holds and what it was made from.
type Manifest struct {
	Partnership string `json:"partnership"`
	Place       string `json:"place"`
	// HeldAt is the moment of the figures, to the microsecond; AsAt the day that they
	// speak of, From and To the months of the charts, as ISO dates.
	HeldAt time.Time `json:"held_at"`
	AsAt   string    `json:"data_as_at"`
	From   string    `json:"from"`
	To     string    `json:"to"`
	// Basis says which days are counted.
	Basis   string `json:"basis"`
	RuleSet string `json:"rule_set"`
	// Convention names the counting convention and says which days it counts.
	Convention string `json:"convention,omitempty"`
	Version    string `json:"program_version"`
	// Series and Title name the plan that it was made by; UpTo is the last
	// extract date that was asked for, empty for the latest; Providers and
	// Councils are the codes that the figures were limited to.
	Series    string   `json:"series,omitempty"`
	Title     string   `json:"title,omitempty"`
	UpTo      string   `json:"up_to,omitempty"`
	Providers []string `json:"providers,omitempty"`
	Councils  []string `json:"councils,omitempty"`
	// Public says that counts are suppressed and rounded, so that the pack may
	// leave the partnership (P3).
	Public bool `json:"public,omitempty"`
	// Style is the hash of the page's style element as it stands in a content
	// security policy: sha256- and base64.
	Style string `json:"style_hash"`
	// Charts are the charts in the order of the page, Files all files but the
	// manifest, by name.
	Charts []Chart `json:"charts"`
	Files  []File  `json:"files"`
	// Printed are the PDF and the picture that a browser made of the page. The
	// same page printed again gives other bytes, so they stand apart. Unprinted
	// says why there are none.
	Printed   []File `json:"printed,omitempty"`
	Unprinted string `json:"unprinted,omitempty"`
}

// Filter gives what the figures were limited to.
func (m *Manifest) Filter() measure.Filter {
	f := measure.Filter{Providers: m.Providers}
	for _, c := range m.Councils {
		f.Councils = append(f.Councils, delay.Council(c))
	}
	// A word that is none, in a file that somebody changed, is every counted day.
	f.Basis, _ = measure.ParseBasis(m.Basis)
	return f
}

// Chart is one chart of a pack: ID.svg and ID.csv are its files. A public
// pack's can be a table alone, without an ID.svg.
type Chart struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// File is one file of a pack with the SHA-256 of its bytes in hexadecimal.
type File struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// alone is the size of a chart's own picture.
var alone = chart.Wide

// Render makes a pack in the folder dir, as a whole or not at all: the files
// are written beside it and take its place when all are there. The same inputs
// give the same bytes (C10). A pack that stands there already is replaced; a
// folder with anything else in it is refused with a problem of kind Conflict.
func Render(ctx context.Context, dir string, f Figures, draw Drawer, meta Meta) (*Manifest, error) {
	all, err := drawAll(ctx, f, draw, meta.Public)
	if err != nil {
		return nil, err
	}
	b, err := assemble(f, all, meta)
	if err != nil {
		return nil, err
	}
	if err := b.replace(ctx, dir, meta.Printer); err != nil {
		return nil, err
	}
	return b.manifest, nil
}

// built is a pack in memory.
type built struct {
	manifest *Manifest
	files    map[string][]byte // the manifest's own among them
	copied   bool              // into a folder of somebody else's
}

// charts are the charts of a pack, in the order of the page: first what
// happened lately, then the months, then what people wait for.
func charts(f Figures) []chart.Chart {
	out := []chart.Chart{
		chart.People(f.Days, f.Overview.Filter, f.Place, f.Overview.AsAt),
		chart.DelayedDays(f.Overview, f.Place),
	}
	if f.Overview.Filter.Book.Divides() { // Else there is no council share (A8).
		out = append(out, chart.Share(f.Overview, f.Place))
	}
	return append(out, chart.Beds(f.Overview, f.Place), chart.Reasons(f.Overview, f.Place))
}

// measures are the measures that the charts show, by the charts' IDs.
var measures = map[string]string{
	"people": measure.PeopleWaiting, "delayed-days": measure.DelayedDays, "council-share": measure.CouncilShare,
	"reasons": measure.DelayedDays,
}

// measureOf is the measure that a chart of a pack shows. The one that is not
// listed has the name that the convention gives it as its ID (D3).
func measureOf(c chart.Chart) string { return cmp.Or(measures[c.ID], measure.DToCBeds) }

// drawn is a pack's charts with their drawings, which do not depend on when the
// pack is made or by which program.
type drawn struct {
	chart         chart.Chart
	inline, alone []byte
}

func drawAll(ctx context.Context, f Figures, draw Drawer, public bool) ([]drawn, error) {
	if f.Overview.AsAt == 0 {
		return nil, problem.New(problem.NotFound, "There are no extracts yet, so there is nothing to draw. Take in an extract first.")
	}
	all := charts
	if public {
		if f.Release == nil {
			return nil, fmt.Errorf("pack: a public pack of %s has no release to be made from", f.Place)
		}
		all = publicCharts
	}
	var out []drawn
	for _, c := range all(f) {
		if len(c.Option) == 0 {
			out = append(out, drawn{chart: c}) // A table alone.
			continue
		}
		inline, err := draw.SVG(ctx, c.At(chart.Page))
		if err != nil {
			return nil, err
		}
		whole, err := draw.StandaloneSVG(ctx, c.At(alone))
		if err != nil {
			return nil, err
		}
		out = append(out, drawn{c, inline, whole})
	}
	return out, nil
}

// assemble makes the files of a pack from its drawings.
func assemble(f Figures, all []drawn, meta Meta) (*built, error) {
	o := f.Overview
	// As exactly as the database knows when a file arrived: one that came in the
	// same second belongs to one side of the moment (C15).
	meta.At = meta.At.Truncate(time.Microsecond)
	m := &Manifest{
		Partnership: meta.Partnership, Place: f.Place, HeldAt: meta.At, AsAt: o.AsAt.String(),
		From: o.From.String(), To: o.To.String(), Basis: o.Filter.Basis.String(), RuleSet: meta.RuleSet, Version: meta.Version,
		Convention: strings.TrimSpace(countedWords(o.Filter.Book)), Series: meta.Series, Title: meta.Title, Providers: o.Filter.Providers,
		Unprinted: meta.Unprinted,
		Public:    meta.Public,
	}
	if meta.UpTo != 0 {
		m.UpTo = meta.UpTo.String()
	}
	for _, c := range o.Filter.Councils {
		m.Councils = append(m.Councils, string(c))
	}
	b := &built{manifest: m, files: map[string][]byte{}}
	p := newPage(f, meta)
	for _, d := range all {
		c := d.chart
		m.Charts = append(m.Charts, Chart{ID: c.ID, Title: c.Title})
		p.add(c, d.inline)
		basis := o.Filter.Basis
		if measureOf(c) == measure.PeopleWaiting {
			basis = measure.BasisCounted // people wait whatever is agreed
		}
		table, err := twin(c, basis, meta.RuleSet, o.Filter.Book.Counting().Name, o.AsAt)
		if err != nil {
			return nil, err
		}
		if b.files[c.ID+".csv"] = table; d.alone != nil {
			b.files[c.ID+".svg"] = d.alone
		}
	}
	var err error
	if b.files[WorkbookFile], err = workbook(f, all, m); err != nil {
		return nil, err
	}
	if b.files[PageFile], m.Style, err = p.render(); err != nil {
		return nil, err
	}
	for name, content := range b.files {
		m.Files = append(m.Files, fileOf(name, content))
	}
	slices.SortFunc(m.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return b, b.list()
}

// list writes the manifest as a file.
func (b *built) list() error {
	text, err := json.MarshalIndent(b.manifest, "", "  ")
	b.files[ManifestFile] = append(text, '\n')
	return err
}

func fileOf(name string, content []byte) File {
	sum := sha256.Sum256(content)
	return File{Name: name, Bytes: len(content), SHA256: hex.EncodeToString(sum[:])}
}

// styleHash is the hash of a style element's content for a policy.
func styleHash(style []byte) string {
	sum := sha256.Sum256(style)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// pagePolicy is the content security policy of the page: its own style and
// nothing else.
func pagePolicy(hash string) string {
	return "default-src 'none'; style-src '" + hash + "'; base-uri 'none'; form-action 'none'"
}

// DaysShown is the number of days of the daily chart: 13 weeks.
const DaysShown = 91

// Gather gets what a pack shows as seen at a moment: the 13 months and the 13
// weeks to the latest extract. Without extracts the overview's AsAt is
// zero and Render refuses.
func Gather(ctx context.Context, src measure.OverviewSource, f measure.Filter, place string, at measure.Moment,
	expected []measure.Expected) (Figures, error) {
	o, err := measure.MakeOverview(ctx, src, f, 0, 0, at, expected)
	out := Figures{Place: place, Overview: o}
	if err != nil || o.AsAt == 0 {
		return out, err
	}
	from := o.AsAt - DaysShown + 1
	cells, err := src.Cells(ctx, measure.Query{From: from, To: o.AsAt, By: []measure.Dimension{measure.ByDay, measure.ByResponsible},
		Filter: f.On(measure.BasisCounted)})
	if err != nil {
		return out, err
	}
	stand, err := src.ProviderDays(ctx, from, o.AsAt)
	if err != nil {
		return out, err
	}
	out.Days = daily(from, o.AsAt, cells, stand, f, expected)
	return out, nil
}

// daily makes one period of each day from the first on which any provider sent
// an extract, with the providers that have none for it.
func daily(from, to delay.Day, cells []measure.Cell, stand []measure.ProviderDays, f measure.Filter,
	expected []measure.Expected) []measure.Period {
	counts := map[delay.Day]measure.ByBody{}
	for _, c := range cells {
		n := counts[c.Period]
		n[c.Body] += c.Days
		counts[c.Period] = n
	}
	names := map[string]string{}
	for _, e := range expected {
		names[e.Code] = e.Name
	}
	var out []measure.Period
	for day := from; day <= to; day++ {
		p := measure.Period{First: day, Last: day, Days: counts[day]}
		begun := false
		for _, s := range stand {
			if len(f.Providers) > 0 && !slices.Contains(f.Providers, s.Code) || s.First == 0 || s.First > day {
				continue
			}
			begun = true
			if s.Whole(day) {
				continue
			}
			name := names[s.Code]
			if name == "" {
				name = s.Code
			}
			p.Missing = append(p.Missing, measure.Gap{Provider: s.Code, Name: name, Days: 1})
		}
		if !begun {
			continue // Nothing was sent yet: the day is not shown, and not zero.
		}
		if len(p.Missing) == 0 {
			p.Listed = 1
		}
		out = append(out, p)
	}
	return out
}
