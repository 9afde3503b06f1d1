package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// R7: somebody listed twice on one day, by NHS number and by the local number
// alone, counts once (I3), and the receipt says so; whose row it is where the
// number stands beside two NHS numbers is not said (I4).
func TestR7ListedUnderTwoNumbers(t *testing.T) {
	t.Parallel()
	const row = "2026-03-10,RZ1,RZ101,5A,5A-01,L1,@,1941-02-03,F,2026-03-01,2026-03-08,Acute,E,Social Care,E10000099,1,,\r\n"
	with := func(number string) string { return strings.Replace(row, "@", number, 1) }
	for _, c := range []struct{ name, rows, says, not string }{
		{"the same", with("9990000603") + with(""), "the same patient on line 2 and line 3: one has the NHS number", "they differ"},
		{"in the other order", with("") + with("9990000603"), "the same patient on line 2 and line 3: one has the NHS number", "they differ"},
		{"otherwise", with("9990000603") + strings.Replace(with(""), ",E,", ",A,", 1), "they differ, and the row on line 3 stands", ""},
		{"two NHS numbers", with("9990000603") + with("9990000611") + with(""), "", "one has the NHS number"},
		{"two people", with("9990000603") + strings.Replace(with(""), "L1", "L2", 1), "", "one has the NHS number"},
	} {
		t.Run("R7 "+c.name, func(t *testing.T) {
			t.Parallel()
			n := newNorthshire(t)
			path := filepath.Join(t.TempDir(), "RZ1_2026-03-10.csv")
			if err := os.WriteFile(path, []byte(northgateHead+c.rows), 0o600); err != nil {
				t.Fatal(err)
			}
			_, out := n.ingest(path)
			out = strings.Join(strings.Fields(out), " ")
			if !strings.Contains(out, c.says) || c.not != "" && strings.Contains(out, c.not) {
				t.Errorf("it says %s", out)
			}
		})
	}
}
