package csvout

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestR8WhatASpreadsheetWouldRun(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"=1+1", "+1+1", "-1+1", "@SUM(A1)", "＝1+1", "＋1", "－1+1", "＠SUM", "﹦1", "\t=1", "\r=1", "\n=1", "\tx", "\rx",
		" =1",
		"\u00a0=1", "\u200b=1", "\ufeff＝1", "\x00=1", "-", "=", "+44 1752", "-1e", "-1e+", "-1e5+1", "--1", "-1.", "-.5", "-1,5", "-3", "-3.5"} {
		if got := Harmless(s); got != "'"+s {
			t.Errorf("R8 %q is written as %q", s, got)
		}
	}
	for _, s := range []string{"", "Ward 4", "2.5e+21", "0", "12.25", "a=b", " a", "é", "'=1", "2026-10-20", "\u200bx", "HW-7K3M9QX4", "*"} {
		if got := Harmless(s); got != s {
			t.Errorf("R8 %q is written as %q", s, got)
		}
	}
}

func TestR8NumbersStayNumbers(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"-3": true, "-3.5": true, "-1e-07": true, "2.5e+21": true, "0": true, "-": false, "-1e": false,
		"-1e+":   false,
		"-1e5+1": false, "-1-1": false, "--1": false, "-1.": false, "-.5": false, "=1": false, "+1": false, "": false} {
		if isNumber(s) != want {
			t.Errorf("%q is a number: %t", s, !want)
		}
	}
	var b bytes.Buffer
	w := New(&b)
	if err := w.WriteMixed([]string{"-1", "-1", "-1+1"}, func(i int) bool { return i > 0 }); err != nil {
		t.Fatal(err)
	}
	w.Flush()
	if got := b.String(); got != "'-1,-1,'-1+1\n" {
		t.Errorf("got %q", got)
	}
}

// Whatever the cells, what is read back is as many rows and cells, none of
// which a spreadsheet runs, and each is what was given but for an apostrophe.
func TestR8RowsComeBackHarmless(t *testing.T) {
	t.Parallel()
	cell := rapid.StringOf(rapid.OneOf(rapid.SampledFrom([]rune("=+-@＝＋－＠\t\n \u200b\",'1.a;")), rapid.Rune()))
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 2), 1, 5).Draw(t, "rows")
		var b bytes.Buffer
		w := New(&b)
		for _, r := range rows {
			if err := w.Write(r); err != nil {
				t.Fatal(err)
			}
		}
		if w.Flush(); w.Error() != nil {
			t.Fatal(w.Error())
		}
		got, err := csv.NewReader(&b).ReadAll()
		if err != nil || len(got) != len(rows) {
			t.Fatalf("%d rows of %d, %v", len(got), len(rows), err)
		}
		for i := range rows {
			for j, was := range rows[i] {
				want := []string{was, "'" + was}
				for k := range want {
					want[k] = strings.ReplaceAll(want[k], "\r\n", "\n") // As encoding/csv reads it.
				}
				if Harmless(got[i][j]) != got[i][j] || !slices.Contains(want, got[i][j]) {
					t.Fatalf("%q came back as %q", was, got[i][j])
				}
			}
		}
	})
}
