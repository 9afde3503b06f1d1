package nhsnumber

import (
	"strings"
	"testing"
)

// P1: files are named by their SHA-256, in addresses and receipts, and one in
// some 160 has ten digits with a right check digit. Such a file has its receipt.
// Anything shorter or longer is no digest, and its number is one.
func TestADigestHoldsNoNumber(t *testing.T) {
	digest := strings.Repeat("ab", 20) + "9434765919" + strings.Repeat("cd", 7)
	for text, want := range map[string]bool{
		digest:                             false,
		"/extracts/" + digest + ".json":    false,
		digest + " 9434765919":             true,
		digest[:63]:                        true,
		digest + "e":                       true,
		strings.ToUpper(digest):            true,
		"ab9434765919cd":                   true,
		"sha " + digest + " of 9434765919": true,
	} {
		if got := In(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	if got := Redact(digest); got != digest {
		t.Errorf("a digest becomes %q", got)
	}
}
