// Package identity keeps patient identifiers out of the database in clear: a
// keyed hash to match by, sealed bytes to show to those who may see them, and
// a pseudonymous reference (P1, P2). The key lives in a file outside the
// database. It knows nothing of SQL or HTTP.
package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"hash"
	"io/fs"
	"os"
	"strings"
	"sync"

	"homeward/internal/durable"
	"homeward/internal/problem"
)

// KeySize is the size of a key file's secret in bytes.
const KeySize = 32

// HashSize is the size in bytes of the keyed hash that patients are matched by.
const HashSize = 16

// Key seals and hashes identifiers. It is safe for concurrent use.
type Key struct {
	macs       sync.Pool
	references sync.Pool // the same for references
	aead       cipher.AEAD
	file       []byte // the keys of sealed files are derived from it
	// fingerprint is derived like the others, so it tells nothing of them.
	fingerprint []byte
}

// NewKey makes a Key of a 32-byte secret.
func NewKey(secret []byte) (*Key, error) {
	if len(secret) != KeySize {
		return nil, problem.New(problem.Invalid, "The key has %d bytes, expected %d. Restore the key file from your backup.", len(secret),
			KeySize)
	}
	derive := func(purpose string) []byte {
		// Expansion of a full-entropy secret to 32 bytes cannot fail.
		out, err := hkdf.Key(sha256.New, secret, nil, "homeward "+purpose, 32)
		if err != nil {
			panic(err)
		}
		return out
	}
	block, err := aes.NewCipher(derive("seal"))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	match, reference := derive("match"), derive("reference")
	k := &Key{aead: aead, file: derive("file"), fingerprint: derive("fingerprint")[:fingerprintSize]}
	k.macs.New = func() any { return hmac.New(sha256.New, match) }
	k.references.New = func() any { return hmac.New(sha256.New, reference) }
	return k, nil
}

// LoadOrCreate reads the key file, or makes one with a new random secret,
// readable by its owner only, when there is none and create is set.
func LoadOrCreate(path string, create bool) (*Key, error) {
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && create:
		secret := make([]byte, KeySize)
		rand.Read(secret) // Never fails: crypto/rand ends the program instead.
		err := write(path, secret)
		if errors.Is(err, fs.ErrExist) {
			return LoadOrCreate(path, false) // Another process was first.
		}
		if err != nil {
			return nil, err
		}
		return NewKey(secret)
	case errors.Is(err, fs.ErrNotExist):
		return nil, problem.Wrap(err, problem.Unavailable, "The key file for identifiers is missing. Figures still work; identifiers cannot be "+
			"shown or matched. Restore the key file from your backup")
	case err != nil:
		return nil, problem.Wrap(err, problem.Unavailable, "The key file for identifiers could not be read. Check its permissions")
	}
	secret, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, problem.New(problem.Invalid, "The key file for identifiers is not 64 hexadecimal digits. Restore it from your backup.")
	}
	return NewKey(secret)
}

// write makes the key file whole or not at all, because a half-written key
// would lose every identifier sealed with it, and has it on the disk before
// anything is sealed. It refuses to replace a key that another process has just
// made.
func write(path string, secret []byte) error {
	if err := durable.WriteNew(path, []byte(hex.EncodeToString(secret)+"\n")); err != nil {
		return problem.Wrap(err, problem.Unavailable, "The key file for identifiers could not be written")
	}
	return nil
}

// Patient is how an extract identifies a patient: by a valid NHS number, else
// by the provider's own number.
type Patient struct {
	Provider, NHSNumber, LocalID string
	// Pseudonym stands for the NHS number among all who have it of Scheme, and
	// Spell for the local ID of one stay (R15).
	Pseudonym, Scheme, Spell string
}

// Hash gives the keyed hash that the patient is matched by: of the NHS number
// or pseudonym when there is one, else of provider and local ID or spell.
func (k *Key) Hash(p Patient) [HashSize]byte {
	mac := k.macs.Get().(hash.Hash)
	defer k.macs.Put(mac)
	mac.Reset()
	switch {
	case p.NHSNumber != "":
		mac.Write([]byte("nhs\x00" + p.NHSNumber))
	case p.Pseudonym != "":
		mac.Write([]byte("pseudonym\x00" + p.Scheme + "\x00" + p.Pseudonym))
	case p.LocalID == "" && p.Spell != "":
		mac.Write([]byte("spell\x00" + p.Provider + "\x00" + p.Spell))
	default:
		mac.Write([]byte("local\x00" + p.Provider + "\x00" + p.LocalID))
	}
	var sum [sha256.Size]byte
	mac.Sum(sum[:0])
	return [HashSize]byte(sum[:HashSize])
}

// Other gives what the hash is of where it is neither NHS number nor local ID
// (R15), as one text; empty elsewhere. WithOther reads it back.
func (p Patient) Other() string {
	switch {
	case p.NHSNumber != "":
		return ""
	case p.Pseudonym != "":
		return "pseudonym\x00" + p.Scheme + "\x00" + p.Pseudonym
	case p.LocalID == "" && p.Spell != "":
		return "spell\x00" + p.Spell
	}
	return ""
}

// WithOther gives the patient with what Other wrote.
func (p Patient) WithOther(text string) Patient {
	kind, rest, _ := strings.Cut(text, "\x00")
	switch kind {
	case "pseudonym":
		p.Scheme, p.Pseudonym, _ = strings.Cut(rest, "\x00")
	case "spell":
		p.Spell = rest
	}
	return p
}

// Local gives the provider's own number of the patient, as one text: the local
// ID, else the number of the stay, which stands for it (R15). WithLocal reads it
// back.
func (p Patient) Local() string {
	if p.LocalID == "" && p.Spell != "" {
		return "spell\x00" + p.Spell
	}
	return p.LocalID
}

// WithLocal gives the patient with what Local wrote.
func (p Patient) WithLocal(text string) Patient {
	if spell, ok := strings.CutPrefix(text, "spell\x00"); ok {
		p.Spell = spell
		return p
	}
	p.LocalID = text
	return p
}

// crockford leaves out letters that are read as digits.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// A reference is its beginning and 8 drawn characters, the first 40 bits of a
// MAC.
const (
	referenceBegins = "HW-"
	referenceBytes  = 5
)

// Reference gives the patient's pseudonym at the provider, such as HW-7K3M9QX4.
// It depends on nothing but the patient and the key, never on what arrived
// first (C10).
func (k *Key) Reference(provider string, h [HashSize]byte) string {
	mac := k.references.Get().(hash.Hash)
	defer k.references.Put(mac)
	mac.Reset()
	mac.Write([]byte(provider))
	mac.Write(h[:])
	var sum [sha256.Size]byte
	return referenceBegins + crockford.EncodeToString(mac.Sum(sum[:0])[:referenceBytes])
}

// misread are letters that references do not use and what they are read for.
var misread = strings.NewReplacer("O", "0", "I", "1", "L", "1")

// ReadReference writes what a person typed as a reference is written: in
// capitals, with its beginning, without spaces, and with digits for the letters
// that stand for them. Text that can be no reference comes to one that nobody
// has.
func ReadReference(typed string) string {
	text := strings.NewReplacer(" ", "", "-", "").Replace(strings.ToUpper(typed))
	// What is drawn may itself begin with HW.
	if len(text) > crockford.EncodedLen(referenceBytes) {
		text = strings.TrimPrefix(text, "HW")
	}
	return referenceBegins + misread.Replace(text)
}

// Seal encrypts an identifier. Sealing the same text twice gives different
// bytes.
func (k *Key) Seal(text string) []byte {
	nonce := make([]byte, k.aead.NonceSize(), k.aead.NonceSize()+len(text)+k.aead.Overhead())
	rand.Read(nonce)
	return k.aead.Seal(nonce, nonce, []byte(text), nil)
}

// Open decrypts what Seal gave. The error is Unavailable when the bytes were
// sealed with another key.
func (k *Key) Open(sealed []byte) (string, error) {
	n := k.aead.NonceSize()
	if len(sealed) < n {
		return "", problem.New(problem.Unavailable, "An identifier could not be opened: it is not sealed. Restore the database from your backup.")
	}
	text, err := k.aead.Open(nil, sealed[:n], sealed[n:], nil)
	if err != nil {
		return "", problem.Wrap(err, problem.Unavailable, "An identifier could not be opened with this key. Restore the key file that it was "+
			"sealed with")
	}
	return string(text), nil
}
