// Package propose works a layout out of files that a new sender has sent: what
// each column means by its name and by what stands in it, how dates are written,
// what words mean, whose file it is and of which day. What is uncertain is marked
// and never settled in silence. It knows no SQL and no HTTP, and reads files as
// package extract does.
package propose

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"runtime/debug"
	"slices"

	"homeward/internal/config"
	"homeward/internal/council"
	"homeward/internal/definition"
	"homeward/internal/extract"
	"homeward/internal/problem"
)

// File is one sample.
type File struct {
	// Name is the file's as it was sent.
	Name string
	Src  io.ReadSeeker
}

// Options are what a proposal may lean on.
type Options struct {
	// Ref is the reference data, with the partnership's own code sets.
	Ref fs.FS
	// Partnership is the one that takes the sender on, nil when it is not known.
	Partnership *config.Partnership
	// Name is the layout's name, empty for one made of the provider's code.
	Name string
	// Answers are what somebody has decided.
	Answers Answers
	// Against is the layout in force where the files are later ones of a sender that
	// is known, nil where the sender is new: only what has changed is proposed.
	Against *Against
}

// Answers are decisions that stand above what the samples seem to say. The zero
// value decides nothing.
type Answers struct {
	// Fields gives the field of a heading, as extract.Fold has it, or not_read.
	Fields map[string]string
	// Words gives the meaning of a word by its kind, such as reasons, and the word
	// as extract.Fold has it; an empty meaning leaves the word without one.
	Words map[string]map[string]string
	// Dates are the formats of dates.
	Dates []string
	// CodeSet is the code set of the reasons, letters of england-dtoc.
	CodeSet string
	// Care is the type of care of every row.
	Care string
	// Provider is the code of the provider; Day is where the extract date is from:
	// column, name or cover.
	Provider, Day string
}

// Proposal is a layout as far as the samples tell it.
type Proposal struct {
	// Name is the layout's, and Layout its YAML with evidence and marks in
	// comments. Refused says why there is no layout that could be loaded; Layout
	// then still has what was found.
	Name    string `json:"name"`
	Layout  string `json:"layout"`
	Refused string `json:"refused,omitempty"`
	// Partnership is what partnership.yaml needs beside it.
	Partnership string `json:"partnership"`

	Kind      string   `json:"kind"`
	Encoding  string   `json:"encoding"`
	Separator string   `json:"separator,omitempty"`
	Sheet     string   `json:"sheet,omitempty"`
	Heading   int      `json:"heading_line"`
	FileName  string   `json:"file_name,omitempty"`
	Columns   []Column `json:"columns"`
	Dates     Dates    `json:"dates"`
	// Day says where the extract date stands, Provider whose the file is.
	Day       Source     `json:"extract_date"`
	Providers []Provider `json:"providers"`
	Several   bool       `json:"several_providers"`
	Everybody Decision   `json:"everybody_in_bed"`
	CodeSet   Decision   `json:"code_set"`
	Care      Decision   `json:"care"`
	// ReasonSet is the code set whose codes the words of reasons mean.
	ReasonSet string `json:"reason_set"`
	Words     []Word `json:"words,omitempty"`
	// Unsure lists everything that is marked, in the order of the layout.
	Unsure []string `json:"unsure,omitempty"`
	Files  []Read   `json:"files"`
	// Causes are what was found in several files together.
	Causes []extract.Group `json:"causes,omitempty"`
	// Differences are where the files are unlike the layout in force.
	Differences []Difference `json:"differences,omitempty"`
}

// Column is one heading of the samples.
type Column struct {
	Heading string `json:"heading"`
	// Field is the layout's, or not_read.
	Field string `json:"field"`
	// Examples are up to three values, masked where they may identify somebody.
	Examples []string `json:"examples,omitempty"`
	// Evidence says why, in a sentence; Unsure what is to be checked, empty when
	// nothing is; Or another field that it could be.
	Evidence string `json:"evidence"`
	Unsure   string `json:"unsure,omitempty"`
	Or       string `json:"or,omitempty"`
	// Filled is the share of rows that have a value.
	Filled float64 `json:"filled"`
	// Kept says that the layout in force has it so.
	Kept bool `json:"kept,omitempty"`
}

// Dates says how numeric dates are written.
type Dates struct {
	Formats  []string `json:"formats"`
	Evidence string   `json:"evidence"`
	Unsure   string   `json:"unsure,omitempty"`
	// Either are the other formats that would read the samples as well.
	Either []string `json:"either,omitempty"`
}

// Source says where something stands: column, name, cover, sheet or nowhere.
type Source struct {
	From     string `json:"from"`
	Pattern  string `json:"pattern,omitempty"`
	Evidence string `json:"evidence"`
	Unsure   string `json:"unsure,omitempty"`
}

// Provider is an organisation whose rows the samples hold.
type Provider struct {
	// Code is empty when only a name was found.
	Code   string `json:"code,omitempty"`
	Name   string `json:"name,omitempty"`
	From   string `json:"from"`
	Unsure string `json:"unsure,omitempty"`
	Known  bool   `json:"known"`
}

// Decision is one choice with its reason.
type Decision struct {
	Value    string `json:"value"`
	Evidence string `json:"evidence"`
	Unsure   string `json:"unsure,omitempty"`
	Or       string `json:"or,omitempty"`
}

// Word is one word that the samples write in a column of words.
type Word struct {
	// Kind is the key of the layout's words: reasons, responsible, care …
	Kind string `json:"kind"`
	Word string `json:"word"`
	Rows int    `json:"rows"`
	// Meaning is empty while nobody has said it. How is list, like, you or none, and
	// beside a layout in force layout or national.
	Meaning string `json:"meaning,omitempty"`
	How     string `json:"how"`
}

// Read is one sample as the proposed layout reads it.
type Read struct {
	Name string `json:"name"`
	// Rejected says why nothing of it would be taken, Held why it would wait.
	Rejected    string          `json:"rejected,omitempty"`
	Held        string          `json:"held,omitempty"`
	Dates       []string        `json:"extract_dates,omitempty"`
	Read        int             `json:"rows_read"`
	Kept        int             `json:"kept"`
	Excluded    int             `json:"excluded"`
	Quarantined int             `json:"quarantined"`
	NotReady    int             `json:"not_ready"`
	Causes      []extract.Group `json:"causes,omitempty"`
	Rows        []Row           `json:"rows,omitempty"`
}

// Row is one row as it was understood, by reference to no person.
type Row struct {
	Line        int    `json:"line"`
	Provider    string `json:"provider,omitempty"`
	ExtractDate string `json:"extract_date"`
	// Who is the identifier with all but its end covered.
	Who         string `json:"who"`
	Ward        string `json:"ward,omitempty"`
	Ready       string `json:"ready"`
	Discharged  string `json:"discharged,omitempty"`
	Reason      string `json:"reason"`
	Responsible string `json:"responsible"`
	Care        string `json:"care"`
	Council     string `json:"council"`
}

// The bounds of one proposal.
const (
	maxFiles   = 60
	maxColumns = 400
	maxValues  = 4000 // different values kept of a column
	maxWords   = 300  // words shown of a kind
	shownRows  = 20
)

// work is one proposal in the making.
type work struct {
	Options
	*vocabulary
	p        *Proposal
	lists    *council.List
	tables   *definition.Tables
	lexicons map[string]*extract.Lexicon
	samples  []*sample
	columns  []*column
	byFold   map[string]*column
	held     map[string]*column // the column of each field
	day      string             // the latest extract date that was found, ISO
	formats  []string           // of dates
	marks    []string
	against  *against // the layout in force, nil for a new sender
}

// Propose works out the layout of files that one sender has sent. The error is
// of reading the sources, or an Invalid problem that says why no layout could
// read the files.
func Propose(ctx context.Context, files []File, o Options) (p *Proposal, err error) {
	defer func() {
		// Nothing in a file may stop the program (R8).
		if cause := recover(); cause != nil {
			p, err = nil, problem.Wrap(fmt.Errorf("panic: %v\n%s", cause, debug.Stack()), problem.Invalid,
				"The files could not be looked at: one is damaged in a way that is not known. Export it again.")
		}
	}()
	if len(files) == 0 {
		return nil, problem.New(problem.Invalid, "There is no file to look at. Give one or several that the sender has sent.")
	}
	if len(files) > maxFiles {
		return nil, problem.New(problem.Invalid, "There are %d files, and at most %d are looked at. A few days are enough.", len(files),
			maxFiles)
	}
	if o.Partnership == nil {
		o.Partnership = &config.Partnership{}
	}
	w := &work{Options: o, p: &Proposal{}, byFold: map[string]*column{}, held: map[string]*column{}, lexicons: map[string]*extract.Lexicon{}}
	if err := w.load(); err != nil {
		return nil, err
	}
	if err := w.keep(); err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := w.look(f); err != nil {
			return nil, err
		}
	}
	for _, c := range w.columns {
		w.judge(c)
	}
	w.assign()
	w.findDates()
	if w.against == nil {
		w.findProviders()
		w.findDay()
		w.findEverybody()
	} else {
		w.keptWhole()
	}
	w.relate()
	w.findCodeSet()
	w.findCare()
	w.findWords()
	w.describe()
	if w.against == nil {
		w.write()
	} else {
		w.amend()
	}
	return w.p, w.read(ctx, files)
}

func (w *work) load() (err error) {
	if w.vocabulary, err = readVocabulary(w.Ref); err != nil {
		return err
	}
	if w.lists, err = council.Load(w.Ref, w.Partnership); err != nil {
		return err
	}
	folders := []fs.FS{w.Ref}
	if beside, ok := w.Ref.(interface{ Own() fs.FS }); ok {
		folders = append(folders, beside.Own())
	}
	if w.tables, err = definition.Load(folders...); err != nil {
		return err
	}
	for _, list := range lexicons {
		l, err := extract.ReadLexicon(w.Ref, list.kind, list.name)
		if err != nil {
			return err
		}
		w.lexicons[list.kind+"/"+list.name] = l
	}
	return nil
}

// lexicons are the word lists of the reference data that words are looked for in.
var lexicons = []struct{ kind, name string }{
	{"reasons", "england-dtoc"}, {"reasons", "england-mhsds-5"}, {"reasons", "england-mhsds-6"},
	{"responsible", "england"}, {"responsible", "england-mhsds"}, {"care", "england"}, {"destination", "england-2024"}, {"waiting_on",
		"england"}, {"funding", "england"},
}

// mark notes something to be checked and gives it back.
func (w *work) mark(text string) string {
	if text != "" && !slices.Contains(w.marks, text) {
		w.marks = append(w.marks, text)
	}
	return text
}
