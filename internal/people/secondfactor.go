package people

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"image/png"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// step is how long one code of an authenticator app stands.
const step = 30 * time.Second

// SecondFactor is a secret that an authenticator app shares with Homeward.
type SecondFactor struct {
	// Secret is in base 32, as apps take it when it is typed.
	Secret string
	// Address is the otpauth address, for apps that read it from a picture.
	Address string
}

// NewSecondFactor makes a secret for the person's e-mail address. issuer is
// the name that the app shows, such as "Homeward Northshire".
func NewSecondFactor(issuer, email string) (SecondFactor, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: email, SecretSize: 20})
	if err != nil {
		return SecondFactor{}, err
	}
	return SecondFactor{Secret: key.Secret(), Address: key.URL()}, nil
}

// Picture gives the address as a PNG of a QR code of size by size pixels.
func (f SecondFactor) Picture(size int) ([]byte, error) {
	key, err := otp.NewKeyFromURL(f.Address)
	if err != nil {
		return nil, err
	}
	img, err := key.Image(size, size)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = png.Encode(&b, img)
	return b.Bytes(), err
}

// CheckCode says whether a six-digit code is right at the moment now, one step
// of 30 seconds early or late allowed. used is the number of the step whose
// code was used last, which and those before it are refused so that a code
// read over a shoulder opens nothing; it gives the number to keep.
func CheckCode(secret, code string, now time.Time, used int64) (at int64, right bool) {
	code = strings.Join(strings.Fields(code), "")
	opts := totp.ValidateOpts{Period: uint(step / time.Second), Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}
	for offset := int64(-1); offset <= 1; offset++ {
		t := now.Add(time.Duration(offset) * step)
		want, err := totp.GenerateCodeCustom(secret, t, opts)
		if err != nil {
			return 0, false
		}
		n := t.Unix() / int64(step/time.Second)
		// Every candidate is compared, so that the time does not tell which was near.
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && n > used {
			at, right = n, true
		}
	}
	return at, right
}

// RecoveryCodes is how many recovery codes a person is given. Each opens the
// second factor once, for the day when the app is lost.
const RecoveryCodes = 10

// NewRecoveryCodes makes recovery codes to show once, and their hashes to keep.
func NewRecoveryCodes() (show []string, keep [][]byte) {
	for range RecoveryCodes {
		b := make([]byte, 10)
		rand.Read(b)
		text := base32.StdEncoding.EncodeToString(b)
		code := strings.ToLower(text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:])
		show, keep = append(show, code), append(keep, HashRecoveryCode(code))
	}
	return show, keep
}

// HashRecoveryCode gives the hash of a recovery code as typed. The codes have
// 80 random bits, so a fast hash keeps them.
func HashRecoveryCode(code string) []byte {
	folded := strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(code))
	sum := sha256.Sum256([]byte("homeward recovery code\x00" + folded))
	return sum[:]
}
