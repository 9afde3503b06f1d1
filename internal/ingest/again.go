package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"homeward/internal/attribution"
	"io"
	"slices"
	"strings"
	"time"

	"homeward/internal/extract"
	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
)

// Words gives what files are read with now: the fingerprint of each layout with
// the rules of attribution, one of which a file that is taken is read with, and
// the one of all together, which a file that is turned away was held against.
func (s *Service) Words() (layouts []string, whole string) {
	h := sha256.New()
	for _, l := range s.Reader.Fingerprints() {
		with := s.withRules(l)
		layouts = append(layouts, with)
		fmt.Fprintln(h, with)
	}
	return layouts, hex.EncodeToString(h.Sum(nil))[:12]
}

func (s *Service) withRules(layout string) string {
	rules := attribution.Sets{Own: s.Rules, ByCode: s.RuleSets}
	sum := sha256.Sum256([]byte(layout + "\n" + rules.Fingerprint()))
	return hex.EncodeToString(sum[:])[:12]
}

func (s *Service) readWith(sum *extract.Summary) string { return s.withRules(sum.Fingerprint) }

// describe fills in what was read, before it is stored.
func (r *Report) describe(sum *extract.Summary, b *Batch) {
	r.Provider, r.Layout, r.Encoding, r.ReadWith = sum.Provider, sum.Layout, sum.Encoding, b.File.ReadWith
	r.Skipped, r.Changes = sum.Skipped, sum.Changes
	if sum.Several {
		r.Providers = providers(b)
	}
	// Rows of no provider of the partnership are read, and in no extract (R12).
	r.RowsRead, r.Quarantined, r.Excluded = sum.Unplaced.Read, sum.Unplaced.Quarantined, sum.Unplaced.Excluded
	for _, one := range b.All() {
		for _, e := range one.Extracts {
			r.RowsRead += e.Read
			r.Kept += e.Kept
			r.Quarantined += e.Quarantined
			r.Excluded += e.Excluded
		}
	}
	if sent := sum.Sent; sent != nil {
		r.RowsRead, r.Kept, r.Quarantined, r.Excluded = sent.Read, sent.Kept, sent.Quarantined, sent.Excluded
	}
}

// settle fills in what the store found out, and everything that was found.
// named says that the file's name held an NHS number.
func (g *gathering) settle(r *Report, b *Batch, sum *extract.Summary, t Taken, named bool) {
	r.standing(b, t)
	groups := &sum.Groups
	problems := append(sum.Problems, g.problems(groups)...)
	late := elsewhere(g, t)
	if named {
		late = append(late, namedFile)
	}
	for _, p := range late {
		groups.Add(p)
	}
	r.problems(append(problems, late...), sum.MoreProblems, groups)
}

// turnAway makes the receipt of a file that is turned away.
func (s *Service) turnAway(f *File, r *Report, sum *extract.Summary, why error, named bool) {
	_, f.ReadWith = s.Words()
	r.Outcome, r.Reason, r.ReadWith = Rejected, nhsnumber.Redact(problem.Sentence(why)), f.ReadWith
	if sum != nil {
		if !sum.Several {
			r.Provider = sum.Provider // Whose it is, as far as that was read.
		}
		r.Layout, r.Changes = sum.Layout, sum.Changes
		if named {
			sum.Problems = append(sum.Problems, namedFile)
		}
		r.problems(sum.Problems, sum.MoreProblems, &sum.Groups)
	}
}

// Reread is a received file that has been read again and is not stored.
type Reread struct {
	// Batch is what the file states now. It is nil when the file is turned away:
	// then Why says why in a sentence.
	Batch *Batch
	Why   string

	report  Report
	summary *extract.Summary
	g       *gathering
	named   bool // the name that it was sent under held an NHS number
}

// Reread reads again a file that was received at a moment under a name, and
// stores nothing. src is its content, kept says what that lacks.
func (s *Service) Reread(ctx context.Context, name string, received time.Time, src io.Reader, kept Kept) (*Reread, error) {
	if s.Key == nil {
		return nil, problem.New(problem.Unavailable, "The key file for identifiers is missing, so patients cannot be matched. Nothing "+
			"was read again. Restore the key file from the backup.")
	}
	frozen, err := Freeze(src, s.Spool)
	if err != nil {
		return nil, err
	}
	defer frozen.Close()
	name = baseName(name)
	f := File{Name: nhsnumber.Redact(name), Bytes: frozen.Size, SHA256: kept.Sum, ReceivedAt: received, Thinned: len(kept.LeftOut) > 0}
	out := &Reread{g: &gathering{service: s}, named: f.Name != name}
	out.summary, err = s.Reader.Read(ctx, name, frozen.Reader(), out.g.row)
	if err == nil {
		kept.count(out.summary)
		err = notYet(out.summary, received)
	}
	switch {
	case err == nil:
	case ctx.Err() != nil || problem.KindOf(err) != problem.Invalid:
		return nil, err
	default:
		return &Reread{Why: nhsnumber.Redact(problem.Sentence(err))}, nil
	}
	out.Batch = out.g.finish(out.summary, f)
	out.Batch.File.ReadWith = s.readWith(out.summary)
	out.report = Report{File: f.Name, SHA256: fmt.Sprintf("%x", f.SHA256)}
	out.report.describe(out.summary, out.Batch)
	return out, nil
}

// Receipt makes the receipt of a file that was read again, once the store has
// found out where it stands. note says why it was. It may be called once.
func (r *Reread) Receipt(t Taken, note string) ([]byte, error) {
	r.report.Note = note
	r.g.settle(&r.report, r.Batch, r.summary, t, r.named)
	if r.report.Outcome == Taking {
		r.report.Outcome = ReadAgain
	}
	return json.Marshal(&r.report)
}

// Rows counts rows by what becomes of them.
type Rows struct {
	Read        int `json:"read"`
	Kept        int `json:"kept"`
	Quarantined int `json:"quarantined"`
	Excluded    int `json:"excluded"`
}

// Add adds others.
func (r *Rows) Add(o Rows) {
	r.Read, r.Kept, r.Quarantined, r.Excluded = r.Read+o.Read, r.Kept+o.Kept, r.Quarantined+o.Quarantined, r.Excluded+o.Excluded
}

// RowsOf counts the rows of what a file states.
func RowsOf(b *Batch) (r Rows) {
	for _, one := range b.All() {
		for _, e := range one.Extracts {
			r.Add(Rows{e.Read, e.Kept, e.Quarantined, e.Excluded})
		}
	}
	return r
}

// Fate is what reading a received file again comes to.
type Fate string

// The fates. A file that reads the same needs no new evidence. One that would
// be turned away now stands as it was read, for unreadable is not absent.
const (
	ReadsOtherwise Fate = "reads otherwise"
	ReadsTheSame   Fate = "reads the same"
	TurnedAway     Fate = "would be turned away"
	NotKept        Fate = "no longer kept"
	IsPurged       Fate = "identifiers purged"
)

// Offer says which received files were read with other words than today's, and
// what reading them again changes. It holds no identifier.
type Offer struct {
	// Files are all that are concerned, in the order of receipt.
	Files []OfferedFile `json:"files"`
	// Before and After count the rows of the files that read otherwise.
	Before Rows `json:"rows_before"`
	After  Rows `json:"rows_after"`
	// Days are the delayed days that differ, by everything they are counted by.
	Days []DaysChange `json:"delayed_days"`
	// All are all delayed days, those that stay too: what By adds up stands beside
	// figures that people know.
	All []DaysChange `json:"-"`
	// Seen changes with all this and with the evidence that it was worked out
	// from.
	Seen string `json:"-"`
	// Taken says that it was done, not only shown.
	Taken bool `json:"taken"`
}

// OfferedFile is one file of an offer.
type OfferedFile struct {
	File     string    `json:"file"`
	SHA256   string    `json:"sha256"`
	Received time.Time `json:"received"`
	Fate     Fate      `json:"fate"`
	Why      string    `json:"why,omitempty"` // it would be turned away
	// Without says what was taken out of it since it came (R13).
	Without string `json:"without,omitempty"`
	Before  Rows   `json:"rows_before"`
	After   Rows   `json:"rows_after"`
}

// DaysChange is a number of delayed days before and after, with what they are
// counted by as figures name it.
type DaysChange struct {
	Month       string `json:"month"`
	Provider    string `json:"provider"`
	Council     string `json:"council"`
	Care        string `json:"type_of_care"`
	Reason      string `json:"reason"`
	Responsible string `json:"responsible"`
	Before      int64  `json:"delayed_days_before"`
	After       int64  `json:"delayed_days_after"`
}

// Differing are the lines that change.
func Differing(all []DaysChange) []DaysChange {
	out := []DaysChange{}
	for _, c := range all {
		if c.Before != c.After {
			out = append(out, c)
		}
	}
	return out
}

// By adds all delayed days up by one thing that they are counted by, in the order
// in which they come, and leaves out the sums that do not change.
func By(all []DaysChange, of func(DaysChange) string) []DaysChange {
	var out []DaysChange
	for _, c := range all {
		name := of(c)
		i := slices.IndexFunc(out, func(o DaysChange) bool { return o.Month == name })
		if i < 0 {
			i, out = len(out), append(out, DaysChange{Month: name})
		}
		out[i].Before += c.Before
		out[i].After += c.After
	}
	return slices.DeleteFunc(out, func(c DaysChange) bool { return c.Before == c.After })
}

// Count gives the number of files with a fate.
func (o *Offer) Count(fate Fate) (n int) {
	for _, f := range o.Files {
		if f.Fate == fate {
			n++
		}
	}
	return n
}

// Open gives the number of files that can be read again: all but those that
// are no longer kept or whose people's identifiers were purged.
func (o *Offer) Open() int { return len(o.Files) - o.Count(NotKept) - o.Count(IsPurged) }

// Words says in a sentence or two which files are concerned.
func (o *Offer) Words() string {
	n := len(o.Files)
	if n == 0 {
		return "Every received file was read with today's layouts, words, councils and rules."
	}
	words := []string{numbered(n, "received file was", "received files were") +
		" read with other layouts, words, councils or rules than today's."}
	say := func(fate Fate, one, many string) {
		if n := o.Count(fate); n > 0 {
			words = append(words, numbered(n, one, many))
		}
	}
	say(ReadsOtherwise, "file reads otherwise now.", "files read otherwise now.")
	say(ReadsTheSame, "file reads the same.", "files read the same.")
	say(TurnedAway, "file is turned away by today's layouts and stays as it is.",
		"files are turned away by today's layouts and stay as they are.")
	say(NotKept, "file is no longer kept.", "files are no longer kept.")
	say(IsPurged, "file stands as it was read, because the identifiers of people in it were purged.",
		"files stand as they were read, because the identifiers of people in them were purged.")
	thinned := 0
	for _, f := range o.Files {
		if f.Without != "" {
			thinned++
		}
	}
	if thinned > 0 {
		words = append(words, numbered(thinned, "file lacks rows of people who were not ready, which were purged (R13).",
			"files lack rows of people who were not ready, which were purged (R13)."))
	}
	return strings.Join(words, " ")
}

func numbered(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
