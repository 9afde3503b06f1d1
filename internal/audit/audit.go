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
	"slices"
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
	// RowsCorrected is of a file that somebody has taken in with cells changed.
	RowsCorrected What = "rows corrected"
	// IdentifiersExported is of every patient, at the command line.
	IdentifiersExported What = "identifiers exported"
	KeyRotated          What = "key rotated"
	IdentifiersPurged   What = "identifiers purged"
	AuditExported       What = "audit log exported"
	FilesReadAgain      What = "files read again"
	Edited              What = "edited"
	Decided             What = "decided"
	RuleProposed        What = "change of the rules proposed"
	RuleAnswered        What = "change of the rules answered"
	MonthClosed         What = "month closed"
	SettingChanged      What = "setting changed"
	CallWithdrawn       What = "call withdrawn"
	ActionChanged       What = "action of a call changed"
	ActionWithdrawn     What = "action of a call withdrawn"
	NoteAdded           What = "note added"
	NoteWithdrawn       What = "note withdrawn"
	PublishedAdded      What = "published file added"
	AuditKeyed          What = "audit log keyed"
	AuditBegunAnew      What = "audit log begun anew"
	PersonJudged        What = "same person or not"
	BackedUp            What = "backup made"
	Restored            What = "database restored"
	LayoutSaved         What = "layout saved"
	PartnershipSaved    What = "partnership file saved"
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

// Bytes gives what of the event is hashed beside the hash of the event before,
// after the version: each field with its length before it, so that no two
// events have the same bytes. Times count in microseconds.
func (e Event) Bytes(version string) []byte {
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

// Kept is a head that was kept apart from the database.
type Kept struct {
	Head
	// Where says where, in words that follow "the".
	Where string
}

// HeadFile is where the program keeps the head itself.
const HeadFile = "head file"

// Verifier checks a log event by event.
type Verifier struct {
	chain    *Chain
	last     Head
	kept     []Kept
	findings []string
	more     int
	// unchecked counts the events whose secret is lost.
	unchecked int64
	restored  []restoration
	met       []Head // kept heads that the log has as they are
}

// restoration is an entry that says that the database was restored: the log of
// before goes on to lost, which is zero when nobody knew its head.
type restoration struct {
	Event
	lost Head
}

// explains says that a head is one that the restoration knows to be lost: of those
// before the last one it has the numbers alone.
func (r restoration) explains(h Head) bool {
	return h.Number >= r.Number && (h.Number < r.lost.Number || h == r.lost)
}

// lost says that a head is not in the log because of a restoration. One that was
// made since is in it.
func (v *Verifier) lost(h Head) bool {
	return !slices.Contains(v.met, h) && slices.ContainsFunc(v.restored, func(r restoration) bool { return r.explains(h) })
}

// maxFindings bounds the findings that are listed.
const maxFindings = 20

// NewVerifier makes a Verifier of a chain, the zero Chain when it has no key.
// kept are the heads that were kept: the head file's, and others.
func NewVerifier(chain *Chain, kept ...Kept) *Verifier {
	return &Verifier{chain: chain, kept: kept}
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
	hash, ok := v.chain.hash(e, v.last.Hash)
	switch {
	case e.Number > v.last.Number+2:
		v.find("Entries %d to %d are missing.", v.last.Number+1, e.Number-1)
	case e.Number == v.last.Number+2:
		v.find("Entry %d is missing.", v.last.Number+1)
	case e.Number <= v.last.Number:
		v.find("Entry %d stands after entry %d; it was moved or repeated.", e.Number, v.last.Number)
	case !ok:
		v.unchecked++
	case hash != e.Hash:
		v.find("The log does not match its check value from entry %d: it, or its place, was altered.", e.Number)
	}
	if ok && hash == e.Hash && e.What == Restored {
		lost, err := ParseHead(e.Before)
		if err != nil {
			lost = Head{}
		}
		v.restored = append(v.restored, restoration{e, lost})
	}
	for _, k := range v.kept {
		switch {
		case e.Number != k.Number:
		case e.Hash == k.Hash:
			v.met = append(v.met, k.Head)
		case !v.lost(k.Head):
			v.find("Entry %d is not the one that the %s names; the log was written again.", e.Number, k.Where)
		}
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
	// Notes says, one sentence each, what agrees and needs explaining.
	Notes []string
	// Lost are the kept heads of entries that a restoration says are lost.
	Lost []Head
}

// Whole says that nothing was found.
func (r Result) Whole() bool { return len(r.Findings) == 0 }

// Finish gives the result after the last event.
//
// The head file is written after the database has the event on the disk, and
// never before. Cut off anywhere in between, it names an earlier event, which
// is there; that it names one that is not there has no innocent cause.
func (v *Verifier) Finish() Result {
	r := Result{Head: v.last}
	hasFile := false
	for _, k := range v.kept {
		hasFile = hasFile || k.Where == HeadFile
		switch {
		case v.lost(k.Head):
			r.Lost = append(r.Lost, k.Head)
		case k.Number > v.last.Number:
			v.find("The log ends at entry %d and the %s names entry %d; the entries after the end were cut off.", v.last.Number, k.Where, k.Number)
		case k.Where == HeadFile && k.Number < v.last.Number:
			r.Notes = append(r.Notes, fmt.Sprintf("The head file names entry %d and the log goes on to entry %d: "+
				"the program was stopped after it wrote to the log and before it wrote the head. The next entry brings the head up to date.", k.Number,
				v.last.Number))
		}
	}
	if !hasFile && v.last.Number > 0 {
		v.find("There is no head file beside the database, so entries may have been cut off the end. "+
			"Compare entry %d with the last head in the program's own log.", v.last.Number)
	}
	for _, at := range v.restored {
		r.Notes = append(r.Notes, fmt.Sprintf("Entry %d of %s says that the database was restored from %s: %s", at.Number,
			at.At.UTC().Format("2006-01-02 15:04 UTC"), at.Record, at.After))
	}
	if v.unchecked > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d entries were made with a key that is lost, so only their order could be checked.", v.unchecked))
	}
	r.Findings, r.More = v.findings, v.more
	return r
}

// Columns are the headings of the exported log.
var Columns = []string{"number", "at", "who", "acting_as", "what", "record", "before", "after", "from", "check_value"}

// Cells gives the event's line of the exported log.
func (e Event) Cells() []string {
	return []string{strconv.FormatInt(e.Number, 10), e.At.UTC().Format("2006-01-02T15:04:05.000000Z"),
		e.Who, e.As, string(e.What), e.Record, e.Before, e.After, e.From, hex.EncodeToString(e.Hash[:])}
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
