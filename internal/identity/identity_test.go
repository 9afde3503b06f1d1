package identity_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"homeward/internal/identity"
)

func key(t *testing.T, fill byte) *identity.Key {
	t.Helper()
	secret := make([]byte, identity.KeySize)
	for i := range secret {
		secret[i] = fill
	}
	k, err := identity.NewKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestHashMatchesPatients(t *testing.T) {
	t.Parallel()
	k, other := key(t, 1), key(t, 2)
	one := identity.Patient{Provider: "RZ1", NHSNumber: "9990000018", LocalID: "L1"}
	for _, c := range []struct {
		name string
		with identity.Patient
		same bool
	}{
		{"P2 the NHS number decides, whatever the local ID", identity.Patient{Provider: "RZ1", NHSNumber: "9990000018", LocalID: "L2"}, true},
		{"R7 the NHS number is the same at another provider", identity.Patient{Provider: "RZ2", NHSNumber: "9990000018"}, true},
		{"a local ID is not an NHS number of the same digits", identity.Patient{Provider: "RZ1", LocalID: "9990000018"}, false},
		{"another NHS number", identity.Patient{Provider: "RZ1", NHSNumber: "9990000026"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := k.Hash(one) == k.Hash(c.with); got != c.same {
				t.Errorf("the same: %v, want %v", got, c.same)
			}
		})
	}
	local := identity.Patient{Provider: "RZ1", LocalID: "L1"}
	if k.Hash(local) == k.Hash(identity.Patient{Provider: "RZ2", LocalID: "L1"}) {
		t.Error("a local ID of one provider matches another's")
	}
	if k.Hash(identity.Patient{Provider: "RZ1", LocalID: "2L1"}) == k.Hash(identity.Patient{Provider: "RZ12", LocalID: "L1"}) {
		t.Error("provider and local ID run into one another")
	}
	if k.Hash(one) == other.Hash(one) {
		t.Error("P2: the hash does not depend on the key")
	}
}

func TestReference(t *testing.T) {
	t.Parallel()
	k := key(t, 1)
	h := k.Hash(identity.Patient{NHSNumber: "9990000018"})
	ref := k.Reference("RZ1", h)
	if !regexp.MustCompile(`^HW-[0-9A-HJKMNP-TV-Z]{8}$`).MatchString(ref) {
		t.Errorf("%q is not a reference that can be read out", ref)
	}
	if ref != k.Reference("RZ1", h) || ref == k.Reference("RZ2", h) || ref == key(t, 2).Reference("RZ1", h) {
		t.Error("P1: a reference is of one patient at one provider under one key")
	}
}

// Whatever is drawn, a reference is found however it is typed.
func TestReadReference(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"HW-7K3M9QX4": "HW-7K3M9QX4", "hw-7k3m9qx4": "HW-7K3M9QX4", "7K3M9QX4": "HW-7K3M9QX4",
		"HW7K3M9QX4": "HW-7K3M9QX4", " HW - 7K3M 9QX4 ": "HW-7K3M9QX4", "7K3M-9QX4": "HW-7K3M9QX4",
		"HW-OIL0110I": "HW-01101101",
		// Once in a thousand references what is drawn begins with HW too.
		"HW-HWWA1X75": "HW-HWWA1X75", "HWWA1X75": "HW-HWWA1X75", "HWHWWA1X75": "HW-HWWA1X75",
		"": "HW-", "HW": "HW-HW", "4B-12": "HW-4B12",
	} {
		if got := identity.ReadReference(typed); got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
}

func TestSealed(t *testing.T) {
	t.Parallel()
	k := key(t, 1)
	a, b := k.Seal("9990000018"), k.Seal("9990000018")
	if string(a) == string(b) || strings.Contains(string(a), "9990000018") {
		t.Error("P2: a sealed identifier gives itself away")
	}
	if text, err := k.Open(a); err != nil || text != "9990000018" {
		t.Errorf("opened as %q, %v", text, err)
	}
	a[len(a)-1] ^= 1
	for name, sealed := range map[string][]byte{"altered": a, "cut off": a[:5], "another key's": key(t, 2).Seal("x")} {
		if text, err := k.Open(sealed); err == nil || text != "" || strings.Contains(err.Error(), "9990000018") {
			t.Errorf("%s: opened as %q, %v", name, text, err)
		}
	}
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "identity.key")
	if _, err := identity.LoadOrCreate(path, false); err == nil || !strings.Contains(err.Error(), "backup") {
		t.Errorf("without a file it says %v", err)
	}
	// Several at once make one key.
	sealed := make([][]byte, 8)
	var all sync.WaitGroup
	for i := range sealed {
		all.Go(func() {
			k, err := identity.LoadOrCreate(path, true)
			if err != nil {
				t.Error(err)
				return
			}
			sealed[i] = k.Seal("one")
		})
	}
	all.Wait()
	k, err := identity.LoadOrCreate(path, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sealed {
		if text, err := k.Open(s); err != nil || text != "one" {
			t.Errorf("one was sealed with another key: %v", err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file's permissions are %v, %v", info.Mode(), err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("beside the key stand %v, %v", entries, err)
	}
	if err := os.WriteFile(path, []byte("half a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := identity.LoadOrCreate(path, true); err == nil || strings.Contains(err.Error(), "half a key") {
		t.Errorf("a damaged key file: %v", err)
	}
}

// A pseudonym is one person at every provider of its scheme, and never meets a
// real number, another scheme or a local ID; a spell is one provider's (R15).
func TestR15Pseudonyms(t *testing.T) {
	t.Parallel()
	k, err := identity.NewKey(make([]byte, identity.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	const n = "9434765919"
	same := k.Hash(identity.Patient{Provider: "RVJ", Pseudonym: n, Scheme: "board", Spell: "A1"})
	if same != k.Hash(identity.Patient{Provider: "RA7", Pseudonym: n, Scheme: "board", Spell: "B2"}) {
		t.Error("two providers of one scheme do not meet")
	}
	for what, other := range map[string]identity.Patient{
		"an NHS number": {Provider: "RVJ", NHSNumber: n}, "another scheme": {Provider: "RVJ", Pseudonym: n, Scheme: "region"},
		"a local ID": {Provider: "RVJ", LocalID: n}, "a spell": {Provider: "RVJ", Spell: n},
	} {
		if k.Hash(other) == same {
			t.Errorf("a pseudonym meets %s", what)
		}
	}
	spell := k.Hash(identity.Patient{Provider: "RVJ", Spell: "7"})
	if spell == k.Hash(identity.Patient{Provider: "RVJ", LocalID: "7"}) || spell == k.Hash(identity.Patient{Provider: "RA7", Spell: "7"}) ||
		spell != k.Hash(identity.Patient{Provider: "RVJ", Spell: "7"}) {
		t.Error("a spell is not one stay at one provider")
	}
}
