package identity_test

import (
	"testing"
	"unicode"

	"homeward/internal/identity"
)

func TestNHSNumber(t *testing.T) {
	t.Parallel()
	const first = "9990000018"
	for text, want := range map[string]string{
		first: first, "9434765919": "9434765919", "999 000 0018": first, "999-000-0018": first, "999.000.0018": first, "999/000/0018": first,
		"999_000_0018": first, "999·000·0018": first, `999\000\0018`: first, "999 - 000 - 0018": first, "999．000．0018": first,
		"999\u00a0000\u00a00018": first, "\u200b9990000018\u200d": first, " 9990000018 ": first, "９９９００００018": first,
		`="9990000018"`: first, "'9990000018": first, "9990000018_x000D_": first, `= "999 000 0018"`: first, "‘9990000018": first,
		`"9990000018"`: first,
	} {
		if got, r := identity.NHSNumber(text); got != want || r != identity.Good {
			t.Errorf("I1 %q: got %q, %d", text, got, r)
		}
	}
	for text, want := range map[string]identity.Reading{
		"9434765918": identity.WrongCheck, "0000000000": identity.WrongCheck, "1111111111": identity.WrongCheck,
		"9999999999": identity.WrongCheck,
		"999000001":  identity.WrongLength, "99900000180": identity.WrongLength, "X990000018": identity.WrongLength,
		"9990000018X": identity.WrongLength,
		"9.99E+09":    identity.Rounded, "9.99e9": identity.Rounded, "#VALUE!": identity.Failed, "#REF!": identity.Failed,
		"": identity.Nothing, "  ": identity.Nothing, "unknown": identity.Nothing, "NULL": identity.Nothing, "N/K": identity.Nothing,
		"#N/A": identity.Nothing, "*": identity.Nothing,
		"n/a": identity.Nothing, `=""`: identity.Nothing, "'": identity.Nothing, "XXXX": identity.Nothing, "_x000D_": identity.Nothing,
		"000": identity.Nothing,
	} {
		if got, r := identity.NHSNumber(text); got != "" || r != want {
			t.Errorf("I2 %q: got %q, %d, want %d", text, got, r, want)
		}
	}
}

func TestLocalID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"AB 12345": "AB12345", "ab12345": "AB12345", " ab 12 345\t": "AB12345", `="0123"`: "123", `="H100001"`: "H100001", "'H100001": "H100001",
		"H100001_x000D_":   "H100001",
		"_x000D_\nH100001": "H100001", "000123": "123", "123": "123", "0A12": "0A12", "Ａ１": "A1", "AB-12": "AB-12", `'="0123"`: "123",
		"1111111": "1111111", "x123": "X123",
		"M\u200b12": "M12", "_x0041_1": "A1", "A_x": "A_X", "7": "7", "007": "7", "0100": "100", "99": "99",
	} {
		if got, r := identity.LocalID(text); got != want || r != identity.Good {
			t.Errorf("I1 %q: got %q, %d, want %q", text, got, r, want)
		}
	}
	for _, text := range []string{"", " ", "NULL", "null", "N/K", "n/a", "NA", "UNKNOWN", "not known", "TBC", ".", "*", "-", "--", "?", "./.",
		"XXXX", "xxx", "X", "0000000", "000", "0", "9999999", "999", `=""`, "'"} {
		if got, r := identity.LocalID(text); got != "" || r != identity.Nothing {
			t.Errorf("I2 %q: got %q, %d", text, got, r)
		}
	}
	for text, want := range map[string]identity.Reading{"#N/A!": identity.Failed, "#REF!": identity.Failed, "1.2E+09": identity.Rounded} {
		if got, r := identity.LocalID(text); got != "" || r != want {
			t.Errorf("%q: got %q, %d, want %d", text, got, r, want)
		}
	}
	for text, want := range map[string]bool{"1111111": true, "222": true, "22": false, "1112": false, "AAA": false, "": false} {
		if identity.Filler(text) != want {
			t.Errorf("I2 %q: a filler %v, want %v", text, !want, want)
		}
	}
}

// What was read is in its normal form already, and nobody can see or space it.
func FuzzNumbers(f *testing.F) {
	for _, s := range []string{"9990000018", "999 000 0018", `="0123"`, "'H1", "_x000D_", "_x00", "=", `="`, "９", "9.99E+09", "#VALUE!", "",
		"1111111111", "=\"'=\"1\"\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if number, r := identity.NHSNumber(text); (r == identity.Good) != (number != "") {
			t.Errorf("%q: %q and %d", text, number, r)
		} else if r == identity.Good {
			if again, _ := identity.NHSNumber(number); again != number || len(number) != 10 {
				t.Errorf("%q gives %q, read again %q", text, number, again)
			}
		}
		id, r := identity.LocalID(text)
		if (r == identity.Good) != (id != "") {
			t.Errorf("%q: %q and %d", text, id, r)
		}
		for _, c := range id {
			if unicode.IsSpace(c) || unicode.IsControl(c) {
				t.Errorf("%q gives %q", text, id)
			}
		}
		if again, _ := identity.LocalID(id); again != id {
			t.Errorf("%q gives %q, read again %q", text, id, again)
		}
	})
}
