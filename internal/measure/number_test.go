package measure

import (
	"math"
	"testing"
)

func TestNumbersAreWrittenOneWay(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 12345: "12,345", 999999: "999,999", 1000000: "1,000,000", -5: "−5", -1234: "−1,234",
		math.MaxInt64: "9,223,372,036,854,775,807", math.MinInt64: "−9,223,372,036,854,775,808",
	} {
		if got := Whole(n); got != want {
			t.Errorf("Whole(%d) is %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 9: "+9", -10: "−10", 1234: "+1,234"} {
		if got := Signed(n); got != want {
			t.Errorf("Signed(%d) is %q, want %q", n, got, want)
		}
	}
	for v, want := range map[float64]string{0: "0.0", 0.04: "0.0", -0.04: "0.0", 0.05: "0.1", 0.25: "0.3", 61.96: "62.0", 1234.56: "1,234.6",
		-2.5: "−2.5"} {
		if got := Decimal(v); got != want {
			t.Errorf("Decimal(%v) is %q, want %q", v, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 days", 1: "1 day", 2: "2 days", 1000: "1,000 days", -1: "−1 days"} {
		if got := Plural(n, "day", "days"); got != want {
			t.Errorf("Plural(%d) is %q, want %q", n, got, want)
		}
	}
}
