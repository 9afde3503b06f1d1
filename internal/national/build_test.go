package national_test

import (
	"cmp"
	"encoding/csv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/national"
)

// listed reads the daily text files of one provider as plainly as can be: the
// reading itself is package extract's concern.
func listed(t *testing.T, folder, pattern string, row func(r map[string]string) national.Row) ([]national.Row, map[string]delay.Calendar) {
	t.Helper()
	shared := os.Getenv("HOMEWARD_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	files, err := filepath.Glob(filepath.Join(shared, "extracts", "ledger-2026", folder, pattern))
	if err != nil || len(files) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("the shared ledger is missing")
		}
		t.Skip("the shared ledger is missing")
	}
	var rows []national.Row
	days := map[string]delay.Calendar{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, cells := range all[1:] {
			r := map[string]string{}
			for i, name := range all[0] {
				r[name] = cells[i]
			}
			got := row(r)
			rows = append(rows, got)
			if d := days[got.Provider]; len(d) == 0 || d[len(d)-1] != got.Day {
				days[got.Provider] = append(d, got.Day)
			}
		}
	}
	rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return rows, days
}

func british(s string) delay.Day {
	if s == "" {
		return 0
	}
	return delay.MustDay(s[6:] + "-" + s[3:5] + "-" + s[:2])
}

// The people that Build finds in the files are the people that there are.
func TestR13BuildFindsThePeopleOfTheFiles(t *testing.T) {
	label, _ := labels(t, "england-acute")
	key := map[string]delay.Reason{}
	for k, v := range label {
		key[v] = delay.Reason(k)
	}
	councils := map[string]delay.Council{
		"Plymouth": "E06000026",
		"Devon":    "E10000008",
		"Torbay":   "E06000027",
		"Cornwall": "E06000052",
		"Somerset": "E06000066",
	}
	rows, days := listed(t, "england-acute", "RK9_*.csv", func(r map[string]string) national.Row {
		row := national.Row{
			Day:        british(r["Snapshot date"]),
			Provider:   r["Trust code"],
			Person:     r["Hospital number"],
			Ready:      british(r["Date criteria to reside no longer met"]),
			Admitted:   british(r["Admission date"]),
			Discharged: british(r["Discharge date"]),
			Council:    councils[r["Local authority"]],
			Reason:     key[r["Delay reason"]],
			Pathway:    strings.TrimPrefix(r["Pathway"], "P"),
		}
		row.Age = age(british(r["DOB"]), cmp.Or(row.Ready, row.Discharged, row.Day))
		switch to := r["Discharge destination"]; {
		case row.Discharged == 0:
		case to == "Died":
			row.How = national.Died
		case strings.Contains(to, "acute"):
			row.How = national.Transferred
		default:
			row.How = national.Alive
		}
		return row
	})
	got := national.Build(rows, days, 14)
	want := slices.DeleteFunc(stays(t, "england-acute"), func(s national.Stay) bool { return s.Provider != "RK9" })
	compare(t, got, want)

	rows, days = listed(t, "england-mhsds", "RWV_*.csv", func(r map[string]string) national.Row {
		d := func(name string) delay.Day { return day(r[name]) }
		row := national.Row{
			Day:      d("ReportDate"),
			Provider: r["OrgIDProv"],
			Person:   r["LocalPatientId"],
			Ready:    d("StartDateClinReadyforDisch"),
			Admitted: d(
				"StartDateHospProvSpell",
			),
			Discharged: d("EndDateClinReadyforDisch"),
			Council:    delay.Council(r["OrgIDRespLAClinReadyforDisch"]),
			Reason: delay.Reason(
				r["ClinReadyforDischDelayReason"],
			),
			Body: map[string]delay.Body{"04": delay.NHS, "05": delay.SocialCare, "06": delay.Joint}[r["AttribToIndic"]],
		}
		row.Age = age(day(r["PersonBirthDate"]), row.Ready)
		return row
	})
	var text []string
	// A record that began before the first file cannot be told from those
	// before it, which no file states.
	for _, r := range national.Records(national.Build(rows, days, 14)) {
		if r.Start < window.From {
			continue
		}
		text = append(text, r.Person+" "+r.Start.String()+" "+r.End.String()+" "+string(r.Step.Reason))
	}
	var expected []string
	for _, r := range table(t, "expected", "england-mhsds", "records.csv") {
		if day(r["start"]) < window.From {
			continue
		}
		expected = append(expected, r["person"]+" "+day(r["start"]).String()+" "+day(r["end"]).String()+" "+r["reason"])
	}
	slices.Sort(text)
	slices.Sort(expected)
	if d := difference(text, expected); len(d) > 0 {
		t.Errorf("R13 records: %d differ: %q", len(d), d[:min(6, len(d))])
	}
}

func compare(t *testing.T, got, want []national.Stay) {
	t.Helper()
	line := func(s national.Stay) string {
		text := s.Person + " " + string(s.Council) + " " + s.Admitted.String() + " " + s.Out.String() + " " + string('0'+rune(s.How))
		for _, p := range s.Periods {
			if p.End != 0 && p.End <= window.From {
				continue // It had ended when the first file was made.
			}
			text += " " + p.Ready.String() + ">" + p.End.String()
		}
		return text
	}
	var a, b []string
	for _, s := range got {
		a = append(a, line(s))
	}
	for _, s := range want {
		// Who left before the first file is in none.
		if s.Out == 0 || s.Out >= window.From {
			b = append(b, line(s))
		}
	}
	slices.Sort(a)
	slices.Sort(b)
	if d := difference(a, b); len(d) > 0 {
		t.Errorf("R13 stays: %d differ of %d:\n%s", len(d), len(b), strings.Join(d[:min(10, len(d))], "\n"))
	}
}

func difference(got, want []string) []string {
	var out []string
	for _, s := range got {
		if _, ok := slices.BinarySearch(want, s); !ok {
			out = append(out, "+"+s)
		}
	}
	for _, s := range want {
		if _, ok := slices.BinarySearch(got, s); !ok {
			out = append(out, "-"+s)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Compare(a[1:], b[1:]) })
	return out
}
