package nhsnumber

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// The numbers here are from the range for tests, or the usual example.
func TestP1WhereANumberStands(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"9434765919":                             "9434765919",
		"943 476 5919":                           "943 476 5919",
		"943.476.5919":                           "943.476.5919",
		"943 - 476 - 5919":                       "943 - 476 - 5919",
		"943/476/5919":                           "943/476/5919",
		"943‑476–5919":                           "943‑476–5919",
		"943\u00a0476\u20095919":                 "943\u00a0476\u20095919",
		"943_476_5919":                           "943_476_5919",
		"９４３４７６５９１９":                             "９４３４７６５９１９",
		"９４３　４７６　５９１９":                           "９４３　４７６　５９１９",
		"９43．4７6－59１9":                           "９43．4７6－59１9",
		"٩٤٣ ٤٧٦ ٥٩١٩":                           "٩٤٣ ٤٧٦ ٥٩١٩",
		"94\u200b347\u00ad65919":                 "94\u200b347\u00ad65919",
		"Ward 4, no. 999 000 0018.":              "999 000 0018",
		"NHS9990000018":                          "9990000018",
		"1 9990000018":                           "9990000018",
		"12 999 000 0018":                        "999 000 0018",
		"RK9_9990000018_2026-10-20.csv":          "9990000018",
		"2026-10-20 9990000018":                  "9990000018",
		"9990000019":                             "", // its check digit is wrong
		"0000000000":                             "", // a filler
		"7777777777":                             "",
		"99900000181":                            "", // part of a longer run
		"19990000018":                            "",
		"0999 000 0018":                          "",
		"999 000 00181":                          "",
		"99 900 000 18":                          "",
		"999,000,0018":                           "",
		"999 x 000 0018":                         "",
		"2026102007":                             "", // a day and its hour, with the right check digit
		"2026-10-20 14:30":                       "",
		"20/10/2026 09:15":                       "",
		"Bed 4, call 01234 567890 before 4pm":    "",
		"Due 12 11 2026, 3 visits, 2 carers":     "",
		"Package from 6 November, 4 times a day": "",
		"E10000008":                              "",
		"\xff\xfe9990000018":                     "9990000018",
		"":                                       "",
	} {
		got := ""
		if spans := Find(text); len(spans) > 0 {
			got = text[spans[0].From:spans[0].To]
		}
		if got != want || In(text) != (want != "") {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
		if want != "" && In(Redact(text)) {
			t.Errorf("%q is still in %q", want, Redact(text))
		}
	}
	if got, want := Redact("a 9990000018 b 943 476 5919 c"), "a "+Mark+" b "+Mark+" c"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !Valid("2026102007") {
		t.Error("the day and hour of this test has another check digit, so it proves nothing")
	}
}

// Every set of digits begins with its nought, which digit relies on.
func TestDigitsOfEveryScript(t *testing.T) {
	t.Parallel()
	n := 0
	for _, r := range unicode.Nd.R16 {
		if r.Stride != 1 || (r.Hi-r.Lo+1)%10 != 0 {
			t.Errorf("%04X to %04X are no whole sets of ten", r.Lo, r.Hi)
		}
		n++
	}
	for _, r := range unicode.Nd.R32 {
		if r.Stride != 1 || (r.Hi-r.Lo+1)%10 != 0 {
			t.Errorf("%04X to %04X are no whole sets of ten", r.Lo, r.Hi)
		}
		n++
	}
	t.Logf("%d ranges of digits", n)
}

// drawNumber draws ten digits with a right check digit that are no day and
// hour.
func drawNumber(t *rapid.T) string {
	return rapid.Custom(func(t *rapid.T) string {
		nine := rapid.StringMatching(`[0-9]{9}`).Draw(t, "nine")
		check, _ := CheckDigit(nine)
		return nine + string(check)
	}).Filter(func(s string) bool { return Valid(s) && !isHour(s) }).Draw(t, "number")
}

// A number is found however it is written, whatever stands around it, and is
// gone once it is taken out; what is left of the text stays as it was (P1).
func TestP1AnyWritingOfANumber(t *testing.T) {
	t.Parallel()
	noughts := []rune("0０٠०𝟎")
	around := rapid.StringOfN(rapid.SampledFrom([]rune("ab ,;:()[]-./\n\té漢\u200b'\"")), 0, 8, -1)
	between := rapid.StringOfN(rapid.SampledFrom([]rune("  .-/–—_\u00a0\t")), 1, 4, -1)
	rapid.Check(t, func(t *rapid.T) {
		number := drawNumber(t)
		separator := [2]string{}
		if rapid.Bool().Draw(t, "grouped") {
			separator = [2]string{between.Draw(t, "first"), between.Draw(t, "second")}
		}
		var b strings.Builder
		for i, c := range number {
			if i == 3 || i == 6 {
				b.WriteString(separator[i/3-1])
			}
			b.WriteRune(rapid.SampledFrom(noughts).Draw(t, "width") + c - '0')
			if rapid.IntRange(0, 9).Draw(t, "unseen") == 0 {
				b.WriteRune('\u200b')
			}
		}
		before, after := around.Draw(t, "before"), around.Draw(t, "after")
		text := before + b.String() + after
		if !In(text) {
			t.Fatalf("%s is not seen in %q", number, text)
		}
		out := Redact(text)
		if In(out) || !strings.HasPrefix(out, before) || !strings.HasSuffix(out, strings.TrimLeft(after, "\u200b")) {
			t.Fatalf("%q became %q", text, out)
		}
		digits := rapid.StringMatching(`[0-9]{1,4}`).Draw(t, "more digits")
		if separator[0] == "" && In(number+digits) {
			t.Fatalf("part of the longer run %s%s is seen as a number", number, digits)
		}
	})
}

// Nine digits have at most one check digit, and any change of one digit or
// swap of neighbours is noticed: what modulus 11 is for.
func TestP1TheCheckDigitNoticesSlips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := []byte(drawNumber(t))
		at := rapid.IntRange(0, 9).Draw(t, "at")
		was := number[at]
		number[at] = '0' + (was-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		if Valid(string(number)) {
			t.Fatalf("%s passes with digit %d changed from %c", number, at+1, was)
		}
		number[at] = was
		if at < 9 && number[at] != number[at+1] {
			number[at], number[at+1] = number[at+1], number[at]
			if Valid(string(number)) {
				t.Fatalf("%s passes with neighbours swapped", number)
			}
		}
	})
}

// Whatever the bytes, spans ascend within the text and hold ten digits, a
// number added at the end is seen, and nothing is left after taking out.
func FuzzFind(f *testing.F) {
	for _, s := range []string{"999 000 0018", "\xff9990000018\u200b", "９９９-０００-００１８", "943.476.5919.943.476.5919", "2026102007"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		end := 0
		for _, span := range Find(s) {
			if span.From < end || span.To <= span.From || span.To > len(s) {
				t.Fatalf("%q: %v after %d", s, span, end)
			}
			n := 0
			for _, c := range s[span.From:span.To] {
				if _, ok := digit(c); ok {
					n++
				}
			}
			if n != Length {
				t.Fatalf("%q: %q has %d digits", s, s[span.From:span.To], n)
			}
			end = span.To
		}
		if out := Redact(s); In(out) {
			t.Errorf("%q is left with a number: %q", s, out)
		}
		if !In(s + " x 9990000018") {
			t.Errorf("a number after %q is not seen", s)
		}
	})
}

func BenchmarkInNothing(b *testing.B) {
	for b.Loop() {
		In("Ward 4 East, bed 12, since 2026-10-20")
	}
}
