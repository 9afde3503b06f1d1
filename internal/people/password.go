package people

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	zxcvbn "github.com/ccojocar/zxcvbn-go"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"homeward/internal/problem"
)

// The bounds of a password's length in characters. There are no rules about
// what it is made of (NCSC, "Password administration for system owners").
const (
	MinPassword = 12
	MaxPassword = 256
)

// guessableBits is the strength below which zxcvbn takes a password to be
// guessed early: a thousand million guesses.
const guessableBits = 30

// CheckPassword says whether a person may choose the password. about are words
// that an attacker would try first: the person's name and e-mail address, the
// partnership's name. The error is an Invalid problem in the words of the
// form; it never repeats the password.
func CheckPassword(password string, about ...string) error {
	password = norm.NFKC.String(password)
	switch n := utf8.RuneCountInString(password); {
	case n == 0:
		return problem.New(problem.Invalid, "Enter a password")
	case n < MinPassword:
		return problem.New(problem.Invalid, "Password must be %d characters or more. Three random words make a good one", MinPassword)
	case n > MaxPassword:
		return problem.New(problem.Invalid, "Password must be %d characters or less", MaxPassword)
	}
	if CommonPassword(password, about...) {
		return problem.New(problem.Invalid, "This password is easy to guess. Choose one that is not common, such as three random words")
	}
	return nil
}

// CommonPassword says whether the password is among those that are guessed
// first: common passwords, names, words, dates, keyboard rows and repeats, and
// joins of them. The lists are those embedded in github.com/ccojocar/zxcvbn-go
// (7,141 common passwords, names and English words by frequency), scored by
// its port of Dropbox's zxcvbn.
func CommonPassword(password string, about ...string) bool {
	words := []string{"homeward", "discharge", "hospital", "council", "ward"}
	for _, a := range about {
		for _, w := range strings.FieldsFunc(strings.ToLower(a), func(r rune) bool { return strings.ContainsRune(" .@-_'", r) }) {
			if utf8.RuneCountInString(w) > 2 {
				words = append(words, w)
			}
		}
	}
	// zxcvbn's time grows with the square of the length; the first part of a
	// long password is strong enough or it is not.
	if r := []rune(password); len(r) > 64 {
		password = string(r[:64])
	}
	return zxcvbn.PasswordStrength(norm.NFKC.String(password), words).Entropy < guessableBits
}

// Hasher hashes passwords by argon2id.
type Hasher struct {
	// MemoryKiB, Passes and Lanes are argon2id's parameters.
	MemoryKiB, Passes uint32
	Lanes             uint8

	once  sync.Once
	dummy string
}

// StrongHasher has the second recommended parameters of RFC 9106 (64 MiB,
// three passes, four lanes).
func StrongHasher() *Hasher { return &Hasher{MemoryKiB: 64 << 10, Passes: 3, Lanes: 4} }

const (
	saltSize = 16
	hashSize = 32
)

// atOnce bounds how many passwords are hashed at the same time, so that a burst
// of sign-ins cannot take all of the machine's memory.
var atOnce = make(chan struct{}, 4)

// Hash gives the password's hash as text in the PHC format, which holds the
// parameters and a new random salt.
func (h *Hasher) Hash(password string) string {
	salt := make([]byte, saltSize)
	rand.Read(salt) // Never fails: crypto/rand ends the program instead.
	sum := derive(password, salt, h.MemoryKiB, h.Passes, h.Lanes)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.MemoryKiB, h.Passes, h.Lanes, b64.EncodeToString(salt),
		b64.EncodeToString(sum))
}

// Verify says whether the password is the one that was hashed, and whether the
// hash should be made again because the parameters have changed. An empty hash
// is nobody's and costs the same time as a wrong password, so that the time
// does not tell who has an account.
func (h *Hasher) Verify(password, hash string) (right, again bool) {
	known := hash != ""
	if !known {
		h.once.Do(func() { h.dummy = h.Hash(rand.Text()) })
		hash = h.dummy
	}
	var version int
	var memory, passes uint32
	var lanes uint8
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, false
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil || passes == 0 || lanes == 0 {
		return false, false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, false
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) != hashSize {
		return false, false
	}
	same := subtle.ConstantTimeCompare(derive(password, salt, memory, passes, lanes), want) == 1
	return same && known, memory != h.MemoryKiB || passes != h.Passes || lanes != h.Lanes
}

func derive(password string, salt []byte, memory, passes uint32, lanes uint8) []byte {
	atOnce <- struct{}{}
	defer func() { <-atOnce }()
	// The same password typed on another keyboard can be other code points.
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, passes, memory, lanes, hashSize)
}
