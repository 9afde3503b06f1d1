package web

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"

	"homeward/internal/chart"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// The words of a chart's Data menu.
const (
	downloadCSV  = "Download CSV"
	downloadXLSX = "Download Excel"
	downloadSVG  = "Save drawing (SVG)"
	howCounted   = "How this is counted"
)

// keptDrawings bounds the drawings kept in memory: a few dozen kilobytes each.
const keptDrawings = 200

// drawings keeps the latest drawings by their content, so that a page that many
// people open draws its charts once. A drawing depends on nothing but its
// chart, so it never goes stale.
type drawings struct {
	drawer Drawer
	mu     sync.Mutex
	kept   map[[32]byte][]byte
	order  [][32]byte
}

func newDrawings(d Drawer) *drawings {
	return &drawings{drawer: d, kept: map[[32]byte][]byte{}}
}

func (d *drawings) svg(ctx context.Context, c chart.Chart, standalone bool) ([]byte, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %q %q %d %d %t ", c.ID, c.Title, c.Subtitle, c.Alt, c.Definition, c.Source, c.Width, c.Height, standalone)
	fmt.Fprintf(h, "%q ", c.Notes)
	h.Write(c.Option)
	var key [32]byte
	h.Sum(key[:0])
	d.mu.Lock()
	b, ok := d.kept[key]
	d.mu.Unlock()
	if ok {
		return b, nil
	}
	draw := d.drawer.SVG
	if standalone {
		draw = d.drawer.StandaloneSVG
	}
	b, err := draw(ctx, c)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.kept[key]; !ok {
		if len(d.order) == keptDrawings {
			delete(d.kept, d.order[0])
			d.order = d.order[1:]
		}
		d.kept[key] = b
		d.order = append(d.order, key)
	}
	return b, nil
}

// brief is a subtitle without what the page says once for all its charts: the
// partnership, which the header names, and that every counted day counts.
func (s *Server) brief(subtitle string) string {
	subtitle = strings.Replace(subtitle, ", "+s.opts.Places.Partnership, "", 1)
	return strings.TrimSuffix(subtitle, ", "+measure.BasisCounted.Short())
}

// charted makes the view of a chart at a size. A drawing that cannot be made
// leaves its words and table standing.
func (s *Server) charted(ctx context.Context, c chart.Chart, size chart.Size, links []page.Link, open bool) page.Chart {
	c = c.At(size)
	v := page.Chart{
		ID: c.ID, Title: c.Title, Subtitle: c.Subtitle, Alt: c.Alt, Notes: c.Notes,
		Brief: s.brief(c.Subtitle), Foot: c.Foot(),
		Table: page.ChartTable(c), Definition: c.Definition, Source: c.Source, Links: links,
		PlotClass: "app-chart__plot", ValuesClass: "app-chart__values",
	}
	v.Missing, v.Marked = c.Marked()
	if open {
		v.ValuesClass += " app-chart__values--open"
	}
	switch n := len(c.Notes); {
	case n == 1 && v.Foot == c.Notes[0]:
		v.Notes = nil // It stands under the plot.
	case n > 0 && v.Foot == "":
		v.Foot, v.NotesWords = "Read it with", "its "+plural(int64(n), "note", "notes")
	case n > 0:
		v.NotesWords = "All " + plural(int64(n), "note", "notes")
	}
	if size.Width > 800 {
		v.PlotClass += " app-chart__plot--wide"
	}
	// Both drawings at once, each on a machine of its own: they are the dear part of a
	// page whose figures have just changed.
	small, both := c.OnPhone()
	var phone []byte
	var phoneErr error
	var other sync.WaitGroup
	if both {
		other.Go(func() {
			defer func() {
				if found := recover(); found != nil { // Nobody else would, here.
					phoneErr = fmt.Errorf("drawing for phones: %v", found)
				}
			}()
			phone, phoneErr = s.drawn.svg(ctx, small, false)
		})
	}
	b, err := s.drawn.svg(ctx, c, false)
	other.Wait()
	if err != nil {
		s.opts.Log.Error("a chart could not be drawn", "chart", c.ID, "error", err)
		v.Sorry = "The chart could not be drawn. Its values are in the table below."
		return v
	}
	v.Drawing = svg(b)
	v.Cut, v.All = c.Part()
	if both {
		if phoneErr != nil {
			s.opts.Log.Error("a chart could not be drawn for phones", "chart", c.ID, "error", phoneErr)
		} else {
			v.Phone = svg(phone)
			v.PlotClass += " app-chart__plot--both"
			v.Latest, v.All = small.Part()
		}
	}
	if len(c.Option) > 0 && !c.Empty() {
		v.Data = &page.ChartData{Option: c.Option, Width: c.Width, Height: c.Height, Readings: page.Readings(c.Table), ByValue: c.ID == "reasons"}
	}
	return v
}
