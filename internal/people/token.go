package people

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"homeward/internal/problem"
)

// TokenKind is what a token is for.
type TokenKind string

// The kinds. An upload token takes extracts in for named providers, a figures
// token reads counts, a screen link opens the presenter's pages on a
// projector, a remote link turns the slides there and does nothing else, a
// password link lets its person choose a password once.
const (
	UploadToken  TokenKind = "upload"
	FiguresToken TokenKind = "figures"
	ScreenLink   TokenKind = "screen"
	RemoteLink   TokenKind = "remote"
	PasswordLink TokenKind = "password"
)

// Longest is the longest that a token of the kind may stand, Usual what it
// stands when nothing is said.
func (k TokenKind) Longest() (longest, usual time.Duration) {
	const day = 24 * time.Hour
	switch k {
	case UploadToken, FiguresToken:
		return 366 * day, 90 * day
	case ScreenLink:
		return 92 * day, 7 * day
	case RemoteLink:
		return 25 * time.Hour, 12 * time.Hour // The day of a call, also when the clocks go back.
	case PasswordLink:
		return 7 * day, 3 * day
	default:
		return 0, 0
	}
}

// Token is what is kept of a token: everything but its secret.
type Token struct {
	// ID is public and stands in the token's text.
	ID    string
	Kind  TokenKind
	Label string // what it is for, in its maker's words
	// Providers are the ODS codes that an upload token may send for.
	Providers []string
	// PersonID is the person of a password link.
	PersonID  int64
	Hash      []byte
	CreatedAt time.Time
	CreatedBy string
	ExpiresAt time.Time
	LastUsed  time.Time // zero for never
	RevokedAt time.Time // zero when in force; a password link is revoked by its use
}

// text is base 32 in small letters without the ones that are misread.
var text = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewToken makes a token and gives its text, which is shown once and kept
// nowhere.
func NewToken(kind TokenKind, label string, now time.Time, stands time.Duration, by string) (Token, string, error) {
	longest, usual := kind.Longest()
	if longest == 0 {
		return Token{}, "", problem.New(problem.Invalid, "Found the kind of token %q. Use upload or figures.", kind)
	}
	if stands == 0 {
		stands = usual
	}
	if stands < 0 || stands > longest {
		return Token{}, "", problem.New(problem.Invalid, "A token of this kind stands for %d days at most. Enter a number of days from 1 to %d.",
			int(longest.Hours()/24), int(longest.Hours()/24))
	}
	if label = strings.TrimSpace(label); label == "" || len(label) > 100 {
		return Token{}, "", problem.New(problem.Invalid, "Enter what the token is for, in 100 characters or less")
	}
	var id [10]byte
	var secret [32]byte
	rand.Read(id[:])
	rand.Read(secret[:])
	t := Token{ID: text.EncodeToString(id[:]), Kind: kind, Label: label, CreatedAt: now, CreatedBy: by, ExpiresAt: now.Add(stands)}
	shown := text.EncodeToString(secret[:])
	t.Hash = t.hash(shown)
	return t, "hw_" + t.ID + "_" + shown, nil
}

// hash binds the secret to the token's ID and kind. The secret has 256 random
// bits, so a fast hash keeps it.
func (t Token) hash(secret string) []byte {
	sum := sha256.Sum256([]byte("homeward token\x00" + string(t.Kind) + "\x00" + t.ID + "\x00" + secret))
	return sum[:]
}

// NewRemote makes the token of a remote link, which stands until a moment, and
// gives its code, which is shown once and kept nowhere. The code has 80 random
// bits, short enough to be typed on a phone and far too many to be tried in the
// day that it stands; all of it is the secret, and the token's ID follows from it.
func NewRemote(label string, now, until time.Time, by string) (Token, string, error) {
	t, _, err := NewToken(RemoteLink, label, now, until.Sub(now), by)
	if err != nil {
		return t, "", err
	}
	var secret [10]byte
	rand.Read(secret[:])
	code := text.EncodeToString(secret[:])
	t.ID = remoteID(code)
	t.Hash = t.hash(code)
	return t, strings.Join([]string{code[:4], code[4:8], code[8:12], code[12:]}, "-"), nil
}

// RemoteCode reads a remote's code as people type it: in either case, with spaces
// or dashes, and with the letters that are misread for digits. id is the token's.
func RemoteCode(typed string) (id, secret string, ok bool) {
	secret = strings.NewReplacer(" ", "", "-", "", "o", "0", "i", "1", "l", "1").Replace(strings.ToLower(strings.TrimSpace(typed)))
	// The decoder passes over line breaks, and over what is left at the end.
	if b, err := text.DecodeString(secret); err != nil || len(b) != 10 || len(secret) != 16 || strings.ContainsAny(secret, "\r\n") {
		return "", "", false
	}
	return remoteID(secret), secret, true
}

// remoteID gives the public ID of a remote's token, from which the code cannot be
// found in the time that it stands.
func remoteID(code string) string {
	sum := sha256.Sum256([]byte("homeward remote\x00" + code))
	return text.EncodeToString(sum[:10])
}

// TokenID gives the public part of a token's text, to look the token up by.
func TokenID(shown string) (id, secret string, ok bool) {
	parts := strings.Split(shown, "_")
	if len(parts) != 3 || parts[0] != "hw" || len(parts[1]) != 16 || len(parts[2]) != 52 {
		return "", "", false
	}
	return parts[1], parts[2], true
}

// Check says whether the secret is the token's and the token is in force at
// the moment now.
func (t Token) Check(secret string, now time.Time) bool {
	same := subtle.ConstantTimeCompare(t.hash(secret), t.Hash) == 1
	return same && t.InForce(now)
}

// InForce says whether the token is neither revoked nor expired at the moment
// now.
func (t Token) InForce(now time.Time) bool {
	return t.RevokedAt.IsZero() && now.Before(t.ExpiresAt)
}

// May says whether a program with the token may do the act.
func (t Token) May(a Act) bool {
	switch t.Kind {
	case UploadToken:
		return a == TakeExtracts
	case FiguresToken:
		return a == SeeFigures
	case ScreenLink:
		return Screen.May(a)
	case RemoteLink:
		return a == TurnSlides
	default:
		return false
	}
}

// MayUpload says whether the token may send extracts of the provider.
func (t Token) MayUpload(provider string) bool {
	return t.Kind == UploadToken && slices.Contains(t.Providers, provider)
}
