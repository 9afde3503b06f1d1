package ingest

import (
	"slices"
	"testing"
)

// P1: the receipt of a file of several providers (R12) is for who may send for
// all of them.
func TestP1ReceiptsAreForTheirSenders(t *testing.T) {
	may := func(provider string) bool { return slices.Contains([]string{"RZ1", "RZ2"}, provider) }
	for name, try := range map[string]struct {
		receipt Report
		want    bool
	}{
		"one's own":            {Report{Provider: "RZ1"}, true},
		"another's":            {Report{Provider: "RZ3"}, false},
		"nobody's":             {Report{}, false},
		"several of one's own": {Report{Providers: []string{"RZ1", "RZ2"}}, true},
		"another's among them": {Report{Provider: "RZ1", Providers: []string{"RZ1", "RZ3"}}, false},
	} {
		if got := try.receipt.only(may); got != try.want {
			t.Errorf("%s: given %v, expected %v", name, got, try.want)
		}
	}
}
