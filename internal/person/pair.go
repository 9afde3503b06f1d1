package person

import (
	"time"

	"homeward/internal/delay"
)

// PairKind says why two people stand side by side.
type PairKind uint8

// The kinds of pairs: people of one provider who share a number, people who lie
// at two providers on one day (C19), and what people have said of others.
const (
	SamePerson PairKind = iota + 1
	Transfer
	JudgedPair
)

// Pair is two people who may be one, by their references (P1).
type Pair struct {
	Kind       PairKind
	One, Other Side
	// From is the day from which the pair stands out, 0 when none is known.
	From delay.Day
	// Judged says that people have said whether they are the Same, when, as
	// what role and why; what they say stands above the evidence.
	Judged, Same bool
	At           time.Time
	By, Reason   string
}

// Side is one of a pair.
type Side struct{ Reference, Provider string }
