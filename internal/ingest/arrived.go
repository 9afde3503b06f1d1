package ingest

import (
	"time"

	"homeward/internal/delay"
)

// Arrived is one file with its receipt, which holds no value of an identifying
// field.
type Arrived struct {
	At time.Time
	// ReadAgain is when it was read again, which the report is then of; else zero.
	ReadAgain time.Time
	Bytes     int64
	Report    Report
	// Standings says where the file's extracts stand now, by day; none for a file
	// that was turned away.
	Standings []StandsNow
}

// StandsNow is where one extract of a file stands now.
type StandsNow struct {
	Provider string
	Day      delay.Day
	// Counted says that it is the extract that counts for its day, Held that it
	// is short and held. Neither means that a later file stands in its place.
	Counted, Held bool
	// Accepted is when somebody accepted it, or discarded it where Discarded says so,
	// zero when nobody has; By says who in words, Reason why.
	Accepted   time.Time
	Discarded  bool
	By, Reason string
}

// Held gives the extracts of the file that are held.
func (a Arrived) Held() []StandsNow {
	var out []StandsNow
	for _, st := range a.Standings {
		if st.Held {
			out = append(out, st)
		}
	}
	return out
}

// Decidable gives the extracts of the file that people can decide about: those that
// are held or were discarded.
func (a Arrived) Decidable() []StandsNow {
	var out []StandsNow
	for _, st := range a.Standings {
		if st.Held || st.Discarded {
			out = append(out, st)
		}
	}
	return out
}

// SentAnswer is what a program was answered that sent a file with a key of its
// own.
type SentAnswer struct {
	Sum    [32]byte // of the file's name and bytes
	Status int      // of HTTP
	Answer []byte   // the receipt as JSON
}
