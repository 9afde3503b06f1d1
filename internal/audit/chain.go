package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"homeward/internal/problem"
)

// SecretSize is the size in bytes of a secret that keys the chain.
const SecretSize = 32

// Chain binds each event to the one before it. From the first event after a
// secret's number on the check value is an HMAC under that secret, so that
// whoever has the database without the secret can make none that fit; before
// that it is a plain SHA-256, as it was in versions that had no key. The zero
// Chain has no secret.
type Chain struct{ periods []period }

// period says how the events after a number are bound.
type period struct {
	after  int64
	secret []byte // nil when it was lost, and what it bound cannot be checked
}

// NewChain gives a chain that is keyed with a secret after an event.
func NewChain(after int64, secret []byte) *Chain {
	return &Chain{[]period{{after, secret}}}
}

// BegunAnew gives the chain whose secrets were lost, keyed with another secret
// after an event.
func BegunAnew(after int64, secret []byte) *Chain {
	return &Chain{[]period{{0, nil}, {after, secret}}}
}

// keyFileMagic is the first line of the file of a chain.
const keyFileMagic = "homeward-audit-key 1"

// Lost stands in the file of a chain for a secret that is lost.
const lost = "lost"

// String gives the chain as its file holds it. It is a secret.
func (c *Chain) String() string {
	var b strings.Builder
	b.WriteString(keyFileMagic + "\n")
	for _, p := range c.periods {
		secret := lost
		if p.secret != nil {
			secret = hex.EncodeToString(p.secret)
		}
		fmt.Fprintf(&b, "after %d %s\n", p.after, secret)
	}
	return b.String()
}

// ParseChain reads what String wrote. The error is an Invalid problem and never
// holds a part of a secret.
func ParseChain(text string) (*Chain, error) {
	bad := problem.New(problem.Invalid, "The key file of the audit log is damaged. Restore it from your backup.")
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if lines[0] != keyFileMagic || len(lines) < 2 {
		return nil, bad
	}
	c := &Chain{}
	for _, line := range lines[1:] {
		words := strings.Fields(line)
		if len(words) != 3 || words[0] != "after" {
			return nil, bad
		}
		after, err := strconv.ParseInt(words[1], 10, 64)
		if err != nil || after < 0 || len(c.periods) > 0 && after < c.periods[len(c.periods)-1].after {
			return nil, bad
		}
		p := period{after: after}
		if words[2] != lost {
			if p.secret, err = hex.DecodeString(words[2]); err != nil || len(p.secret) != SecretSize {
				return nil, bad
			}
		}
		c.periods = append(c.periods, p)
	}
	if c.periods[len(c.periods)-1].secret == nil {
		return nil, bad
	}
	return c, nil
}

// Fingerprint names the chain's newest secret without giving anything of it
// away; empty for the zero Chain.
func (c *Chain) Fingerprint() string {
	if len(c.periods) == 0 {
		return ""
	}
	mac := hmac.New(sha256.New, c.periods[len(c.periods)-1].secret)
	mac.Write([]byte("fingerprint"))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// The first bytes that are hashed say how, so that no line of one kind can pass
// for the other.
const (
	plainVersion = "homeward audit 1\n"
	keyedVersion = "homeward audit 2\n"
)

// hash gives an event's check value after the one before it, and false when the
// secret that it was made with is lost.
func (c *Chain) hash(e Event, before [HashSize]byte) (out [HashSize]byte, ok bool) {
	h, version := sha256.New(), plainVersion
	for _, p := range c.periods {
		if e.Number > p.after {
			if p.secret == nil {
				h = nil
				continue
			}
			h, version = hmac.New(sha256.New, p.secret), keyedVersion
		}
	}
	if h == nil {
		return out, false
	}
	h.Write(before[:])
	h.Write(e.Bytes(version))
	h.Sum(out[:0])
	return out, true
}

// Next gives the entry its place after the head.
func (c *Chain) Next(h Head, at time.Time, entry Entry) Event {
	e := Event{Number: h.Number + 1, At: time.UnixMicro(at.UnixMicro()).UTC(), Entry: entry.clean()}
	e.Hash, _ = c.hash(e, h.Hash) // The newest secret is never lost.
	return e
}
