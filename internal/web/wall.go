package web

import "fmt"

// ChartNotes are the notes under a slide's chart. On the wall there is room for
// one: the rest stand in the page view, and the wall says how many.
func (v slideView) ChartNotes() []string {
	if v.Slide.Chart == nil {
		return nil
	}
	notes := v.Slide.Chart.Notes
	if !v.Wall || len(notes) < 2 {
		return notes
	}
	more := "1 more note is"
	if n := len(notes) - 1; n > 1 {
		more = fmt.Sprintf("%d more notes are", n)
	}
	return []string{notes[0], more + " in All slides."}
}
