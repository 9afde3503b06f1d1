// Package audit is the record of who did or saw what, when and from where: the
// events, the chain of hashes that binds them, and the check that finds what
// was altered, left out, moved or cut off. It is pure; package sqlite keeps
// the events and the head file.
package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"homeward/internal/problem"
)

// What is the kind of an event.
type What string

// The kinds of events. The words are those of the audit page.
const (
	SignedIn           What = "signed in"
	SignInRefused      What = "sign-in refused"
	CodeRefused        What = "second factor refused"
	SignedOut          What = "signed out"
	SignedOutAll       What = "signed out everywhere"
	RoleChosen         What = "role chosen"
	PasswordChanged    What = "password changed"
	SecondFactorOn     What = "second factor set up"
	SecondFactorOff    What = "second factor removed"
	RecoveryCodeUsed   What = "recovery code used"
	PersonAdded        What = "person added"
	PersonDeactivated  What = "person deactivated"
	PersonReactivated  What = "person reactivated"
	PersonLinked       What = "work account tied"
	RoleGranted        What = "role granted"
	RoleRevoked        What = "role revoked"
	LinkMade           What = "password link made"
	TokenMade          What = "token made"
	TokenRevoked       What = "token revoked"
	IdentifierSeen     What = "identifier seen"
	IdentifierSearched What = "identifier searched"
	RowsExported       What = "rows exported"
	KeyRotated         What = "key rotated"
	IdentifiersPurged  What = "identifiers purged"
	AuditExported      What = "audit log exported"
	Edited             What = "edited"
	Decided            What = "decided"
	MonthClosed        What = "month closed"
	SettingChanged     What = "setting changed"
	CallWithdrawn      What = "call withdrawn"
	NoteAdded          What = "note added"
	NoteWithdrawn      What = "note withdrawn"
	PersonJudged       What = "same person or not"
)

// Entry is what happened, before it has its place in the chain. No field ever
// holds an identifier of a patient, a password or a token's secret.
type Entry struct {
	// Who is the account's e-mail address, a token's public ID, "command line"
	// or "nobody"; As the role and organisations acted as.
	Who, As string
	What    What
	// Record names what it happened to: a pseudonymous reference, a person's
	// e-mail address, a token's public ID.
	Record string
	// Before and After say what changed, in words.
	Before, After string
	// From is the network address, empty on the machine itself.
	From string
}

// HashSize is the size of an event's hash in bytes.
const HashSize = sha256.Size

// Event is one line of the log.
type Event struct {
	Number int64 // from 1, without gaps
	At     time.Time
	Entry
	Hash [HashSize]byte
}

// version begins the bytes that are hashed, so that another layout of them can
// follow without doubt about which one an old line has.
const version = "homeward audit 1\n"

// Bytes gives what of the event is hashed beside the hash of the event before:
// each field with its length before it, so that no two events have the same
// bytes. Times count in microseconds.
func (e Event) Bytes() []byte {
	var b bytes.Buffer
	b.WriteString(version)
	b.Write(binary.AppendUvarint(nil, uint64(e.Number)))
	b.Write(binary.AppendVarint(nil, e.At.UnixMicro()))
	for _, s := range []string{e.Who, e.As, string(e.What), e.Record, e.Before, e.After, e.From} {
		b.Write(binary.AppendUvarint(nil, uint64(len(s))))
		b.WriteString(s)
	}
	return b.Bytes()
}

func (e Event) hash(before [HashSize]byte) [HashSize]byte {
	h := sha256.New()
	h.Write(before[:])
	h.Write(e.Bytes())
	var out [HashSize]byte
	h.Sum(out[:0])
	return out
}

// Head is the last event's number and hash. Kept apart from the database it
// shows when events were cut off the end. The zero Head is that of an empty
// log.
type Head struct {
	Number int64
	Hash   [HashSize]byte
}

// String gives the head as the head file and the operator's log hold it.
func (h Head) String() string { return fmt.Sprintf("%d %x", h.Number, h.Hash) }

// ParseHead reads what String wrote. The error is an Invalid problem.
func ParseHead(s string) (Head, error) {
	bad := problem.New(problem.Invalid, "The head file of the audit log does not hold a number and a hash. Restore it from your backup.")
	number, hash, ok := strings.Cut(strings.TrimSpace(s), " ")
	if !ok {
		return Head{}, bad
	}
	n, err := strconv.ParseInt(number, 10, 64)
	sum, hexErr := hex.DecodeString(hash)
	if err != nil || hexErr != nil || n < 0 || len(sum) != HashSize {
		return Head{}, bad
	}
	return Head{n, [HashSize]byte(sum)}, nil
}

// Next gives the entry its place after the head.
func (h Head) Next(at time.Time, entry Entry) Event {
	e := Event{Number: h.Number + 1, At: time.UnixMicro(at.UnixMicro()).UTC(), Entry: entry.clean()}
	e.Hash = e.hash(h.Hash)
	return e
}

// Head gives the head of the log whose last event this is.
func (e Event) Head() Head { return Head{e.Number, e.Hash} }

// maxField bounds each field in bytes.
const maxField = 2000

// clean keeps control characters out of the log and bounds each field.
func (e Entry) clean() Entry {
	for _, f := range []*string{&e.Who, &e.As, &e.Record, &e.Before, &e.After, &e.From} {
		s := strings.ToValidUTF8(*f, "\uFFFD")
		s = strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
				return '\uFFFD'
			}
			return r
		}, s)
		if len(s) > maxField {
			s = strings.ToValidUTF8(s[:maxField], "") + "…"
		}
		*f = s
	}
	return e
}

// Verifier checks a log event by event.
type Verifier struct {
	last     Head
	kept     Head // from the head file
	hasKept  bool
	findings []string
	more     int
}

// maxFindings bounds the findings that are listed.
const maxFindings = 20

// NewVerifier makes a Verifier. kept is the head from the head file, nil when
// there is none.
func NewVerifier(kept *Head) *Verifier {
	v := &Verifier{}
	if kept != nil {
		v.kept, v.hasKept = *kept, true
	}
	return v
}

func (v *Verifier) find(format string, args ...any) {
	if len(v.findings) == maxFindings {
		v.more++
		return
	}
	v.findings = append(v.findings, fmt.Sprintf(format, args...))
}

// Next takes the next event in the order of their numbers.
func (v *Verifier) Next(e Event) {
	switch {
	case e.Number > v.last.Number+2:
		v.find("Entries %d to %d are missing.", v.last.Number+1, e.Number-1)
	case e.Number == v.last.Number+2:
		v.find("Entry %d is missing.", v.last.Number+1)
	case e.Number <= v.last.Number:
		v.find("Entry %d stands after entry %d; it was moved or repeated.", e.Number, v.last.Number)
	case e.hash(v.last.Hash) != e.Hash:
		v.find("The log does not match its check value from entry %d: it, or its place, was altered.", e.Number)
	}
	if v.hasKept && e.Number == v.kept.Number && e.Hash != v.kept.Hash {
		v.find("Entry %d is not the one that the head file names; the log was written again.", e.Number)
	}
	// Going on from the stored hash finds each break once.
	v.last = Head{e.Number, e.Hash}
}

// Result is what a Verifier found.
type Result struct {
	Head Head // the last event read
	// Findings says, one sentence each, what does not agree; empty when the
	// log is whole. More counts those beyond the first twenty.
	Findings []string
	More     int
}

// Whole says that nothing was found.
func (r Result) Whole() bool { return len(r.Findings) == 0 }

// Finish gives the result after the last event.
func (v *Verifier) Finish() Result {
	switch {
	case !v.hasKept && v.last.Number > 0:
		v.find("There is no head file beside the database, so entries may have been cut off the end. Compare entry %d with the last head in the program's own log.", v.last.Number)
	case v.hasKept && v.kept.Number > v.last.Number:
		v.find("The log ends at entry %d and the head file names entry %d; the entries after the end were cut off.", v.last.Number, v.kept.Number)
	}
	return Result{Head: v.last, Findings: v.findings, More: v.more}
}

// Columns are the headings of the exported log.
var Columns = []string{"number", "at", "who", "acting_as", "what", "record", "before", "after", "from", "check_value"}

// Cells gives the event's line of the exported log, with an apostrophe before
// text that a spreadsheet would run.
func (e Event) Cells() []string {
	cells := []string{strconv.FormatInt(e.Number, 10), e.At.UTC().Format("2006-01-02T15:04:05.000000Z"),
		e.Who, e.As, string(e.What), e.Record, e.Before, e.After, e.From, hex.EncodeToString(e.Hash[:])}
	for i, c := range cells {
		if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
			cells[i] = "'" + c
		}
	}
	return cells
}

// Filter narrows a reading of the log. Zero fields do not narrow.
type Filter struct {
	From, To time.Time // From included, To not
	Who      string
	What     What
	Record   string
	// Before gives events with a smaller number only, to page from the newest
	// to the oldest; Limit bounds how many, 100 when zero.
	Before int64
	Limit  int
}
