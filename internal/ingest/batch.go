package ingest

import (
	"fmt"
	"strings"
	"time"

	"homeward/internal/attribution"
	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/identity"
)

// File is one file as it arrived.
type File struct {
	Name   string
	SHA256 [32]byte
	Bytes  int64
	// ReceivedAt is when the file began to arrive. Recovered says that it had been
	// received then and was lost since: its record is dated so. The record of any
	// other file is dated when it is stored (C15).
	ReceivedAt time.Time
	Recovered  bool
	// ReadWith is Report.ReadWith; of a file that is turned away, that of all
	// layouts together.
	ReadWith string
	// Thinned says that the rows of people who were not ready have been taken out
	// of it since it came (R13): what it stated of them stands.
	Thinned bool
}

// Batch is everything that one accepted file states, with equal content said
// once and referred to by index, ready to be stored in one transaction.
type Batch struct {
	File       File
	Provider   string
	Patients   []Patient
	Locals     []Local
	Givens     []Given
	Places     []Place
	Statements []Statement
	Extracts   []Extract // ascending by date
	// Also are the batches of the other providers of the same file (R12), stored
	// in the same transaction.
	Also []*Batch
}

// All gives the batch of each provider of the file.
func (b *Batch) All() []*Batch { return append([]*Batch{b}, b.Also...) }

// Patient is a patient as the store keeps them: hashed, sealed and with a
// pseudonym (P2).
type Patient struct {
	Hash      [identity.HashSize]byte
	Reference string
	// NHSNumber and LocalID are sealed; nil when not given.
	NHSNumber, LocalID []byte
	// ByNHSNumber is set when the hash is of an NHS number, so that the same
	// patient can be met at another provider (R7).
	ByNHSNumber bool
	// Other is the sealed pseudonym, or the number of a stay where it alone names
	// the patient (R15).
	Other []byte
}

// Local is a provider's own number, or the number of a stay that stands for it
// (R15), as the store keeps it.
type Local struct {
	Hash   [identity.HashSize]byte
	Sealed []byte
}

// Given is what decides attribution, with the outcome of the rules.
type Given struct {
	attribution.Given
	Outcome attribution.Outcome
}

// Place is where in the provider the patient is.
type Place struct{ Site, Ward, Bed string }

// Statement is what a row says of a patient; Patient, Given and Place index
// the batch. A statement without a ready date is of a row that could not be
// read and names its patient (C20).
type Statement struct {
	Patient, Given, Place int32
	// Local is one more than the index of the local number that stands beside
	// the NHS number, 0 for none (I3).
	Local                       int32
	Ready, Discharged, Admitted delay.Day
}

// Extract is what the file states for one extract date.
type Extract struct {
	Date                              delay.Day
	Read, Kept, Quarantined, Excluded int
	// Doubt says why the extract is held whatever its rows, empty when nothing
	// speaks against it (R9).
	Doubt string
	// Unlike says what it states otherwise than its layout reads, so that a figure
	// would suffer (R5). Where the provider has always done so it counts all the same.
	Unlike extract.Unlike
	// Listings are the kept rows in the order of the file, one a patient (R7),
	// and after them the quarantined rows that name a patient.
	Listings []Listing
	// Stays are what the rows state of stays, those of nobody's delay among
	// them (R13); none where the layout does not say so.
	Stays []Stay
}

// Stay is what one row states of a stay in hospital: Patient and Given index
// the batch. Ready and Discharged are zero where the row gives none.
type Stay struct {
	Patient, Given              int32
	Ready, Admitted, Discharged delay.Day
	Age                         int16
	Left                        extract.Left
	Pathway                     Pathway
}

// Pathway is a pathway of discharge in one byte, as a backfill holds a million: its
// digit, 0 where none is known.
type Pathway byte

// PathwayOf gives the pathway of a text, "0" to "3" or empty.
func PathwayOf(text string) Pathway {
	if text == "" {
		return 0
	}
	return Pathway(text[0])
}

func (p Pathway) String() string {
	if p == 0 {
		return ""
	}
	return string(rune(p))
}

// Listing is one row that names a patient.
type Listing struct {
	Statement int32
	Line      int32
}

// Standing is where one extract of the file stands after it was taken.
type Standing struct {
	Date delay.Day
	// Held is set when the extract is short and counts for nothing until
	// someone accepts it or a re-send replaces it (R5). Before is the number of
	// readable rows of the extract that it is compared with, BeforeDate its date.
	// Broken says that it is held for the rows that could not be read, Unlike for what
	// it states otherwise than before (R5).
	Held, Broken, Unlike bool
	Before               int
	BeforeDate           delay.Day
	// Replaces is the number of rows of the extract of the same date that this
	// one replaces, -1 when it replaces none.
	Replaces int
	// New, Gone and Changed compare the patients listed with those of the
	// nearest earlier counted extract: Compared is its date, zero when there is
	// none.
	New, Gone, Changed int
	Compared           delay.Day
}

// Taken is what the store did with a batch.
type Taken struct {
	// Standings are those of the extracts of all batches, in their order.
	Standings []Standing
	// Released are dates of other extracts of the provider that were held and
	// now count; Newly held ones count no longer (R5 is derived, C10).
	Released, NewlyHeld []delay.Day
	// Elsewhere are the statements of patients who are listed at another
	// provider on the same day (R7), with that provider's code.
	Elsewhere []Elsewhere
	// Delays count the delays that came out otherwise, Days the delayed days that
	// differ by month, provider, council and body.
	Delays DelaysChanged
	Days   []ChangedDays
}

// DelaysChanged counts delays that a file changed. One that only went on is none.
type DelaysChanged struct {
	Started int `json:"started"`
	Ended   int `json:"ended"`
	// Moved have another ready date or end than before, or are open again. Gone were
	// there and are no more.
	Moved int `json:"moved"`
	Gone  int `json:"gone"`
}

// Add adds others.
func (c *DelaysChanged) Add(o DelaysChanged) {
	c.Started, c.Ended, c.Moved, c.Gone = c.Started+o.Started, c.Ended+o.Ended, c.Moved+o.Moved, c.Gone+o.Gone
}

// ChangedDays is a number of delayed days before and after a file.
type ChangedDays struct {
	Month       string `json:"month"`
	Provider    string `json:"provider"`
	Council     string `json:"council"`
	Responsible string `json:"responsible"`
	Before      int64  `json:"delayed_days_before"`
	After       int64  `json:"delayed_days_after"`
}

// Changed is what a file changed when it was taken.
type Changed struct {
	Delays DelaysChanged `json:"delays"`
	Days   []ChangedDays `json:"delayed_days,omitempty"`
	// MoreDays counts the lines beyond those listed, which are the latest months'.
	MoreDays int `json:"more_lines,omitempty"`
}

// Words says in a sentence what became of delays.
func (c DelaysChanged) Words() string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{{c.Started, "started"}, {c.Ended, "ended"}, {c.Moved, "moved (another ready date or end)"}, {c.Gone, "gone"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	if len(parts) == 0 {
		return "No delay started, ended or moved."
	}
	return "Delays: " + strings.Join(parts, ", ") + "."
}

// maxChanged bounds the lines of days that a receipt lists.
const maxChanged = 500

// Elsewhere is one patient listed at another provider on the same day.
type Elsewhere struct {
	Batch     int // of All
	Statement int32
	Date      delay.Day
	Provider  string
}
