package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/people"
)

// A held file can be discarded with a reason that everybody reads: it is as if it
// had not come, also for what later files are compared with (R5), until somebody
// accepts it after all. What is derived is what the evidence gives.
func TestR5HeldFileIsDiscarded(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	a := openApp(t, app.Options{Data: n.data(), Now: func() time.Time { return now }})
	sums := map[string]string{}
	for _, f := range []struct {
		day      string
		patients int
	}{{"2026-11-16", 40}, {"2026-11-17", 4}, {"2026-11-18", 22}} {
		r, err := a.Ingest.File(t.Context(), "RZ1_"+f.day+".csv", strings.NewReader(northgate(f.day, 1, f.patients)))
		if err != nil {
			t.Fatal(err)
		}
		sums[f.day] = r.SHA256
	}
	site, signIn := a.Site(t, nil, people.Analyst, people.Viewer)
	analyst := signIn(people.Analyst)
	at := "/extracts/" + sums["2026-11-17"]
	decide := func(what, why string) int {
		return sendBody(site, at+"/decision", analyst, "application/x-www-form-urlencoded", "what="+what+"&why="+why).Code
	}
	status := func(day string) string {
		t.Helper()
		text := ask(site, http.MethodGet, "/extracts/calendar.csv?provider=RZ1&from="+day+"&to="+day, analyst).Body.String()
		_, text, _ = strings.Cut(text, ","+day+",")
		text, _, _ = strings.Cut(strings.ReplaceAll(text, `"`, ""), ",Every day")
		return strings.Trim(text, `"`)
	}
	if got := status("2026-11-17"); got != "Short, held" {
		t.Fatalf("the short file is %s", got)
	}
	if code := decide("discard", ""); code != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", code)
	}
	if code := decide("discard", "It+is+of+another+system"); code != http.StatusSeeOther {
		t.Fatalf("discarding answers %d", code)
	}
	if got := status("2026-11-17"); got != "Missing" {
		t.Errorf("the day of the discarded file is %s", got)
	}
	receipt := ask(site, http.MethodGet, at, signIn(people.Viewer)).Body.String()
	for _, words := range []string{"This file was held and was discarded", "It is of another system", "It counts for nothing.",
		"Discarded, counts for nothing"} {
		if !strings.Contains(receipt, words) {
			t.Errorf("the receipt does not say %q", words)
		}
	}
	verified := func() {
		t.Helper()
		if status, out, errs := run(t, "verify", "--data", n.data()); status != 0 {
			t.Errorf("verify: %d %s%s", status, out, errs)
		}
	}
	verified()
	if got := n.days("2026-11-17", "2026-11-17"); got != "2026-11-17:22" {
		t.Errorf("C6 the 17th counts whom the days around list: %s", got)
	}
	// A new short file is compared with the 16th, not with what was discarded.
	r, err := a.Ingest.File(t.Context(), "RZ1_2026-11-17_v2.csv", strings.NewReader(northgate("2026-11-17", 1, 5)))
	if err != nil || len(r.Extracts) != 1 || !strings.Contains(r.Extracts[0].Held, "16 November 2026 has 40") {
		t.Errorf("the next is %+v, %v", r, err)
	}
	at = "/extracts/" + r.SHA256
	if code := decide("discard", "Again"); code != http.StatusSeeOther {
		t.Fatalf("discarding the next answers %d", code)
	}
	page := ask(site, http.MethodGet, at+"/decision", analyst).Body.String()
	if !strings.Contains(page, "This file was discarded") || !strings.Contains(page, "Leave it discarded") {
		t.Error("the form does not say that it was discarded")
	}
	if code := decide("accept", "It+was+right"); code != http.StatusSeeOther {
		t.Fatalf("accepting after all answers %d", code)
	}
	if got := status("2026-11-17"); !strings.HasPrefix(got, "In") && !strings.HasPrefix(got, "Late") {
		t.Errorf("the day accepted after all is %s", got)
	}
	verified()
}

// What was discarded is compared with nothing, whichever day it is of, and each file
// is decided on by itself, not what else is held of its day.
func TestR5DiscardedFilesStandForNothing(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	a := openApp(t, app.Options{Data: n.data(), Now: func() time.Time { return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC) }})
	take := func(name, day string, patients int) string {
		t.Helper()
		r, err := a.Ingest.File(t.Context(), name, strings.NewReader(northgate(day, 1, patients)))
		if err != nil {
			t.Fatal(err)
		}
		return r.SHA256
	}
	site, signIn := a.Site(t, nil, people.Analyst)
	decide := func(sum, what string) {
		t.Helper()
		code := sendBody(site, "/extracts/"+sum+"/decision", signIn(people.Analyst), "application/x-www-form-urlencoded",
			"what="+what+"&why=Because").Code
		if code != http.StatusSeeOther {
			t.Fatalf("%s answers %d", what, code)
		}
	}
	stands := func(sum string) string {
		t.Helper()
		all, err := a.Store.Standings(t.Context(), sum)
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		switch st := all[0]; {
		case st.Counted:
			return "counts"
		case st.Held:
			return "held"
		case st.Discarded:
			return "discarded"
		}
		return "other"
	}
	take("RZ1_2026-11-16.csv", "2026-11-16", 40)
	first := take("RZ1_2026-11-17.csv", "2026-11-17", 4)
	decide(first, "discard")
	if next := take("RZ1_2026-11-18.csv", "2026-11-18", 5); stands(next) != "held" {
		t.Errorf("the short file after one that was discarded is %s", stands(next))
	}
	second := take("RZ1_2026-11-17_v2.csv", "2026-11-17", 6)
	decide(first, "accept")
	if got := stands(first) + ", " + stands(second); got != "counts, held" {
		t.Errorf("accepting the first file of a day makes the two %s", got)
	}
	if stands(second) == "counts" {
		t.Error("a file counts that nobody accepted")
	}
	if status, out, errs := run(t, "verify", "--data", n.data()); status != 0 {
		t.Errorf("verify: %d %s%s", status, out, errs)
	}
}
