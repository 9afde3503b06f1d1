package web

import (
	"homeward/internal/delay"
	"homeward/internal/web/page"
)

// pathwayRules say what a pathway is and which days and events it is of, on the
// definitions page.
var pathwayRules = []ruleView{
	{"What it is", "A pathway is where somebody who is ready to leave is to go, and with how much support. The " +
		"hospital's list or an entry of the log states it. It says nothing of whose next step it is."},
	{"Days", "Each delayed day is on the pathway that the list or the log stated last, on that day or before, within " +
		"the same wait. So a changed pathway moves the days from then on and none before."},
	{"Before the first list", "What the first listing states is of the back-dated days before it too (C9)."},
	{"List and log", "An entry of the log stands from its day until the list states something new. Not decided yet is " +
		"such a word. A list that leaves the pathway out says nothing, and the one before stands."},
	{"New, moved, ended", "A wait is new on the pathway of its first delayed day. When the pathway changes, the person " +
		"leaves one and comes to the other that day. A wait ends on the pathway that was stated last of it, and all its days " +
		"waited count there."},
	{"Leaving", "Where they left to is a pathway too: the list's row of the leaving and the log's end state it. Where it is " +
		"another than that of the last delayed day, they move to it on the day that ends the wait, so that each pathway adds up " +
		"(C16). No delayed day moves. What was said last stands, and the record shows where list and log differ."},
	{"Not stated", "Days of which nobody has said it are a line of their own. They are in every total and are never " +
		"spread."},
	{"Totals", "Pathways part a figure and never change it (C3). They are no part of what is agreed on or of a closed " +
		"month."},
	{"Situation report", "England's acute situation report has its own count of people remaining by pathway (D6): of 18 " +
		"and over, on the pathway that the hospital's lists alone state."},
}

// pathwaysTable names the pathways, with what each counts as where it is not
// stated.
func pathwaysTable() page.Table {
	t := page.Table{ID: "pathways-table", Caption: "Pathways", HiddenCaption: true,
		Head: []page.Head{{Text: "Pathway"}, {Text: "Where it leads"}}}
	for _, p := range delay.Pathways {
		row := []page.Cell{{Text: string(p), Header: true}, {Text: pathwayNames[string(p)]}}
		if p == delay.PathwayNotStated {
			row = []page.Cell{{Text: pathwayDayWords(p), Header: true}, {Text: "Nobody has said it yet"}}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
