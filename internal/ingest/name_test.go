package ingest

import "testing"

func TestBaseName(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"RK9_2018-10-17.csv":                  "RK9_2018-10-17.csv",
		"/home/someone/RK9_2018-10-17.csv":    "RK9_2018-10-17.csv",
		`C:\Users\someone\RK9_2018-10-17.csv`: "RK9_2018-10-17.csv",
		`\\server\share\RK9_2018-10-17.csv`:   "RK9_2018-10-17.csv",
		`RH8 DTOC 10-06-2019 ..\x.csv`:        `RH8 DTOC 10-06-2019 ..\x.csv`,
	} {
		if got := baseName(given); got != want {
			t.Errorf("R8 %q: got %q, want %q", given, got, want)
		}
	}
}
