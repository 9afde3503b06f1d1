// Package call is the weekly call: what its slides say, how the people waiting
// at the last call became those waiting now, what is known differently since,
// and the actions. Content is made once, when the call starts, and is kept as
// it was for ever (C15). Its types have no field for a site, ward, bed, name or
// number of a person, so that no slide can show one (P1). How a call is stored
// is package sqlite's concern, how it looks package web's.
package call

import (
	"encoding/json"
	"time"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
)

// Day is a calendar day that stands in JSON as 2026-11-04, and as nothing when
// no day is given.
type Day delay.Day

// String gives the ISO date.
func (d Day) String() string { return delay.Day(d).String() }

// Long gives the day as people read it.
func (d Day) Long() string { return delay.Day(d).Long() }

// MarshalText writes the ISO date.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the ISO date.
func (d *Day) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	day, err := delay.ParseDay(string(text))
	*d = Day(day)
	return err
}

// Count is people, or days, by who the next step is with.
type Count struct {
	SocialCare    int64 `json:"social_care"`
	NHS           int64 `json:"nhs"`
	Joint         int64 `json:"joint"`
	NotAttributed int64 `json:"not_attributed"`
}

// CountOf gives a count as slides keep it.
func CountOf(b measure.ByBody) Count {
	return Count{b[delay.SocialCare], b[delay.NHS], b[delay.Joint], b[delay.NotAttributed]}
}

// ByBody gives the count as package measure has it.
func (c Count) ByBody() measure.ByBody {
	var b measure.ByBody
	b[delay.SocialCare], b[delay.NHS], b[delay.Joint], b[delay.NotAttributed] = c.SocialCare, c.NHS, c.Joint, c.NotAttributed
	return b
}

// Total is the sum over all bodies.
func (c Count) Total() int64 { return c.SocialCare + c.NHS + c.Joint + c.NotAttributed }

// Plus adds another count, times the sign 1 or -1.
func (c Count) Plus(o Count, sign int64) Count {
	return Count{c.SocialCare + sign*o.SocialCare, c.NHS + sign*o.NHS, c.Joint + sign*o.Joint, c.NotAttributed + sign*o.NotAttributed}
}

// Hospital is where one provider's figures stood when the call started.
type Hospital struct {
	Code string `json:"code"`
	Name string `json:"name"`
	// Day is the latest date with a counted extract, of which the figures speak.
	// Counted says that it is recent enough to be in the count of people waiting.
	Day     Day   `json:"day"`
	Counted bool  `json:"counted"`
	Waiting Count `json:"waiting"`
	// Extract is where the extract that was due stood: In, Late, Missing.
	Extract string `json:"extract"`
	// Reasons is the people waiting on Day by reason.
	Reasons map[delay.Reason]int64 `json:"reasons,omitempty"`
}

// Content is all that a call shows, as it is kept. It holds counts, names of
// organisations and references, which are pseudonyms.
type Content struct {
	// Version is that of this shape.
	Version     int       `json:"version"`
	Call        Day       `json:"call"`
	Held        time.Time `json:"held"`
	Partnership string    `json:"partnership"`
	RuleSet     string    `json:"rule_set"`
	// Convention names the counting convention; calls held before it was kept have
	// none.
	Convention string `json:"convention,omitempty"`
	// AsAt is the latest extract date; Arrived when the latest of the extracts
	// arrived that the figures stand on.
	AsAt    Day       `json:"as_at"`
	Arrived time.Time `json:"arrived"`
	// Last is the call before, empty on the first.
	Last Day `json:"last_call"`

	Waiting Count `json:"waiting"`
	Ready   int64 `json:"ready_today"`
	// Checked is the people waiting of whom the log says something within 24
	// hours before Held. Logs says whether the log is used at all.
	Checked int64 `json:"checked"`
	Logs    bool  `json:"logs"`
	// Long is the people waiting LongDays days or more.
	Long      int64      `json:"waiting_21_days"`
	Disputed  int64      `json:"disputed"`
	Hospitals []Hospital `json:"hospitals"`
	Movement  *Movement  `json:"movement,omitempty"`
	Share     Share      `json:"share"`
	// Sitrep is nil where no hospital lists everybody in a bed.
	Sitrep    *Sitrep   `json:"sitrep,omitempty"`
	Unsettled Unsettled `json:"unsettled"`
	// Undivided says that the nation does not divide delays between bodies.
	Undivided bool `json:"undivided,omitempty"`

	Slides []Slide `json:"slides"`
}

// Divides says whether delays are divided between bodies.
func (c *Content) Divides() bool { return !c.Undivided }

// LongDays is the number of delayed days from which a wait is long.
const LongDays = 21

// Share is the council share of one month, or of the part of it with data.
type Share struct {
	From Day `json:"from"`
	To   Day `json:"to"`
	// Basis says of which days it is a share, as measure.Basis writes it; empty
	// means every counted day.
	Basis string  `json:"basis,omitempty"`
	Days  Count   `json:"days"`
	Known bool    `json:"known"`
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// Gaps says that lists of some days of the period are missing (months that were
	// kept before it was do not say so).
	Gaps bool `json:"gaps,omitempty"`
}

// Slide is one slide: a title that says the finding, and what stands below it.
type Slide struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
	Title  string `json:"title"`
	// Subtitle stands below the title on the wall: of what, and how it adds up.
	// Calls held before posters were drawn have none, nor any of what says
	// "poster" below.
	Subtitle string `json:"subtitle,omitempty"`
	// Facts are the numbers in a row at the foot of a poster, three at most.
	Facts []Fact `json:"facts,omitempty"`
	// Figure is one large number with its words.
	Figure      string `json:"figure,omitempty"`
	FigureWords string `json:"figure_words,omitempty"`
	// Lines are sentences, three at most.
	Lines []string `json:"lines,omitempty"`
	// Stack is one bar of parts; Range the range of the social care part.
	Stack *Stack `json:"stack,omitempty"`
	Bars  []Bar  `json:"bars,omitempty"`
	// Chart is a drawing with its words.
	Chart *Chart `json:"chart,omitempty"`
	Table *Table `json:"table,omitempty"`
	// What the posters of a slide are drawn from: the shares of twelve months, the
	// weeks of a flow, the longest waits, and the desks that have days to answer.
	Months  []Share  `json:"months,omitempty"`
	Weeks   []Week   `json:"weeks,omitempty"`
	Longest []Longer `json:"longest,omitempty"`
	Desks   []Desk   `json:"desks,omitempty"`
	// Actions says that the actions stand here; they are not frozen.
	Actions bool `json:"actions,omitempty"`
}

// Stack is a whole in parts by body.
type Stack struct {
	Count Count  `json:"count"`
	Unit  string `json:"unit"`
}

// Bar is one bar with its words at the right.
type Bar struct {
	Name  string `json:"name"`
	Value int64  `json:"value"`
	Words string `json:"words"`
	// Count is Value by body where it is divided so; Before the value shown at the
	// last call, nil on the first. Rest marks the bar of all others together.
	Count  *Count `json:"count,omitempty"`
	Before *int64 `json:"before,omitempty"`
	Rest   bool   `json:"rest,omitempty"`
}

// Fact is a number with the words that follow it.
type Fact struct {
	Figure string `json:"figure"`
	Words  string `json:"words"`
}

// Week is how the count of people waiting changed in one week: those waiting
// before it, new, ended, other (resumed less paused and moved) and waiting at
// its end, which add up. Whole is false where the week is not over or the lists
// of a hospital are missing altogether; Gaps says that some of its lists are,
// Lists that some came (weeks that were kept before it was do not say so).
type Week struct {
	From  Day   `json:"from"`
	Start int64 `json:"start"`
	New   int64 `json:"new"`
	Ended int64 `json:"ended"`
	Other int64 `json:"other"`
	End   int64 `json:"end"`
	Whole bool  `json:"whole"`
	Gaps  bool  `json:"gaps,omitempty"`
	Lists bool  `json:"lists,omitempty"`
}

// Net is how many more became ready than left.
func (w Week) Net() int64 { return w.New - w.Ended }

// Longer is one long wait, by pseudonym.
type Longer struct {
	Reference string `json:"reference"`
	Hospital  string `json:"hospital"`
	Days      int64  `json:"days"`
	Reason    string `json:"reason"`
	// Body is the slug of who the next step is with, empty where the nation does
	// not divide delays between bodies.
	Body string `json:"body,omitempty"`
	// Due is when the first of its open steps is due, empty for none.
	Due Day `json:"due"`
}

// Desk is the days that one party answers for next, by how they stand. The
// parts add up to Days.
type Desk struct {
	Name  string     `json:"name"`
	Body  string     `json:"body,omitempty"`
	Days  int64      `json:"days"`
	Waits int64      `json:"waits"`
	Parts []DeskPart `json:"parts"`
	// Since is how long the oldest of them has stood so, ReplyBy when its answer
	// is expected; zero for none.
	Since   time.Time `json:"since"`
	ReplyBy time.Time `json:"reply_by"`
}

// DeskPart is the days of a desk that stand in one way.
type DeskPart struct {
	Words string `json:"words"`
	Days  int64  `json:"days"`
}

// Chart is a drawing made by package chart, with everything that stands in
// words beside it.
type Chart struct {
	ID       string   `json:"id"`
	Subtitle string   `json:"subtitle"`
	Alt      string   `json:"alt"`
	Notes    []string `json:"notes,omitempty"`
	// Says is what the rules of the control chart say; Icon its drawing.
	Says string `json:"says,omitempty"`
	Icon string `json:"icon,omitempty"`
	// SVG is the drawing; empty when it could not be made.
	SVG string `json:"svg"`
	// Narrow is the same drawn for a phone.
	Narrow string `json:"narrow,omitempty"`
	Table  Table  `json:"table"`
	Source string `json:"source"`
}

// Table is a table: the first cell of a row is its head.
type Table struct {
	Caption string   `json:"caption"`
	Head    []Column `json:"head"`
	Rows    []Row    `json:"rows"`
	// Dense says that it has many words to a row.
	Dense bool `json:"dense,omitempty"`
}

// Column is the head of a column. Body is the slug of a body when the column is
// its own.
type Column struct {
	Text    string `json:"text"`
	Body    string `json:"body,omitempty"`
	Numeric bool   `json:"numeric,omitempty"`
}

// Row is a row of a table. Strong marks what the others lead to. Swatch is the
// slug of a body in the column that names one.
type Row struct {
	Cells  []string `json:"cells"`
	Strong bool     `json:"strong,omitempty"`
	Body   string   `json:"body,omitempty"`
	// BodyAt is the index of the cell that names the body.
	BodyAt int `json:"body_at,omitempty"`
}

// version is that of the shape of Content.
const version = 1

// Encode gives the bytes that are kept.
func (c *Content) Encode() ([]byte, error) { return json.Marshal(c) }

// Decode reads what Encode gave.
func Decode(frozen []byte) (*Content, error) {
	c := &Content{}
	if err := json.Unmarshal(frozen, c); err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "What was shown at this call could not be read. Restore the data folder from "+
			"your backup")
	}
	return c, nil
}

// Record is a call as it is kept.
type Record struct {
	Day       delay.Day
	StartedAt time.Time
	StartedBy string
	// EndedAt is zero while the call goes on.
	EndedAt time.Time
	// Frozen is the content as encoded when the call started.
	Frozen []byte
}

// Withdrawn is a call that was started by mistake and taken back.
type Withdrawn struct {
	Record
	// Number counts the withdrawn calls of its day from 1.
	Number int
	// WithdrawnAt is when it was taken back, As the role of who did; the audit
	// log names the person.
	WithdrawnAt time.Time
	As          string
}

// Turn is the slide that the walls of a call are to show, by the last press of a
// remote or of the presenter. Number counts the presses, so that a wall knows a
// new one; the zero Turn is that of a call that nobody has turned.
type Turn struct {
	Number int64 `json:"turn"`
	Slide  int   `json:"slide"`
	// Theme is light or dark, empty while nobody chose.
	Theme string `json:"theme"`
}
