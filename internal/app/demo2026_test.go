package app

import (
	"bytes"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/sqlite"
)

// "homeward synth --beds-from" makes a partnership that sent delays alone and
// then everybody in a bed: the commands take it in without a row turned away,
// each day keeps the reasons of its time (D4), and nobody who meets the criteria
// to reside is on a worklist (R13).
func TestSynthOfEverybodyInABed(t *testing.T) {
	if testing.Short() {
		t.Skip("one step after another; the full run has it")
	}
	t.Parallel()
	dir := t.TempDir()
	command := func(words ...string) (int, string) {
		var out, said bytes.Buffer
		code := Main(t.Context(), words, &Console{Out: &out, Err: &said, Env: func(string) string { return "" }})
		return code, out.String() + said.String()
	}
	at := []string{"--out", dir, "--seed", "3", "--from", "2026-09-19", "--to", "2026-10-16", "--size", "30"}
	if code, said := command(append([]string{"synth", "--beds-from", "2026-10-01", "--backfill", "10"}, at...)...); code != ExitUsage {
		t.Fatalf("a backfill of beds ended with %d: %s", code, said)
	}
	if code, said := command(append([]string{"synth", "--beds-from", "2026-11-01"}, at...)...); code != ExitUsage {
		t.Fatalf("beds from after the last day ended with %d: %s", code, said)
	}
	if code, said := command(append([]string{"synth", "--beds-from", "2026-10-01"}, at...)...); code != ExitDone {
		t.Fatalf("synth ended with %d: %s", code, said)
	}
	data := filepath.Join(dir, "data")
	code, said := command("ingest", "--data", data, "--partnership", filepath.Join(dir, "partnership.yaml"), filepath.Join(dir, "extracts"))
	if code != ExitDone || strings.Contains(said, "not a layout") || !strings.Contains(said, " 0 quarantined") ||
		strings.Count(said, " quarantined") != strings.Count(said, " 0 quarantined") {
		t.Fatalf("ingest ended with %d: %s", code, said[max(0, len(said)-2000):])
	}
	code, sitrep := command("national", "sitrep", "--data", data, "--partnership", filepath.Join(dir, "partnership.yaml"),
		"--from", "2026-10", "--to", "2026-10")
	if code != ExitDone {
		t.Fatalf("national ended with %d: %s", code, sitrep)
	}
	// Nobody listed everybody in a bed before the switch, so nothing is counted.
	if code, before := command("national", "sitrep", "--data", data, "--partnership", filepath.Join(dir, "partnership.yaml"),
		"--from", "2026-09", "--to", "2026-09"); code != ExitDone || strings.Contains(before, "\n2026-09") {
		t.Errorf("D6 the situation report of before the switch ended with %d: %s", code, before[:min(len(before), 500)])
	}
	a := deskIn(t, Options{Data: data, Partnership: filepath.Join(dir, "partnership.yaml")}, "RZ1",
		time.Date(2026, 10, 17, 9, 0, 0, 0, time.UTC))
	since := delay.MustDay("2026-10-01")
	before, after := map[string]int{}, map[string]int{}
	across, crossing := 0, ""
	if err := a.Store.Delays(t.Context(), func(d sqlite.DelayRecord) error {
		sets := map[string]bool{}
		for _, s := range d.Segments {
			set := s.Reason.Set()
			sets[set] = true
			if s.Segment.Last < since {
				before[set]++
			} else if s.Segment.First >= since {
				after[set]++
			}
		}
		if len(sets) > 1 {
			across++
			if d.Provider == "RZ1" && sets[""] && d.EndKind == delay.Open {
				crossing = d.Reference
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if before["england-acute-2024"]+before["england-mhsds-6"] > 0 || after["england-acute-2024"] == 0 || after["england-mhsds-6"] == 0 {
		t.Errorf("D4: before the switch %v, after it %v", before, after)
	}
	if across == 0 {
		t.Error("D4: no delay goes on across the switch with the reasons of both times")
	}
	for _, p := range a.Partnership().Providers {
		by := people.Actor{Kind: people.APerson,
			Grant: people.Grant{Role: people.Coordinator, Side: people.ProviderSide, Codes: []string{p.Code}}}
		rows, _, err := a.Store.Worklist(t.Context(), by.Scope(), p.Code)
		if err != nil || len(rows) == 0 {
			t.Fatalf("%s: %d rows, %v", p.Code, len(rows), err)
		}
		remaining := -1
		for line := range strings.Lines(sitrep) {
			cells := strings.Split(line, ",")
			if cells[0] == "2026-10-16" && cells[1] == p.Code && cells[2] == "18" {
				remaining, _ = strconv.Atoi(cells[3])
			}
		}
		if p.Code == "RZ4" {
			// Its MHSDS rows are of delays alone, which no situation report counts.
			if remaining != -1 || !strings.Contains(sitrep, "RZ4") {
				t.Errorf("D4 RZ4: %d remain, and it should be said that it is left out: %s", remaining, sitrep[:200])
			}
			continue
		}
		if len(rows) != remaining {
			t.Errorf("R13 %s: %d on the worklist, %d remain who do not meet the criteria", p.Code, len(rows), remaining)
		}
	}
	correctBeforeTheSwitch(t, a, crossing)
	logOf37(t, a)
}

// correctBeforeTheSwitch corrects a period of before the switch with a reason of
// its time, which those of the present list cannot take the place of (D4).
func correctBeforeTheSwitch(t *testing.T, d *desk, reference string) {
	d.follow("coordinator", d.send("coordinator", "/delays/new?ref="+reference, "/delays/new", map[string]string{
		"other-reason": "england-acute-2024/23", "destination": "undecided"})).has(t, "Delay logged")
	record := "/delays/" + reference
	page := ""
	d.get("coordinator", record+"/reason").Find("form li a").Each(func(_ int, a *goquery.Selection) {
		if to, _ := a.Attr("href"); page == "" && strings.Contains(a.Text(), "September") {
			page = to
		}
	})
	if page == "" {
		t.Fatalf("%s has no period of before the switch to correct", reference)
	}
	form := d.get("coordinator", page)
	was, _ := form.Find("#reason option[selected]").Attr("value")
	if was == "" || strings.Contains(was, "/") || form.Find(`#reason option[value^="england-acute"]`).Length() > 0 {
		t.Fatalf("D4: the period's reason is %q among those of another time: %s", was, words(form.Find("main")))
	}
	other := "H"
	if was == other {
		other = "Di"
	}
	send := func(reason string) reply {
		return d.submit("coordinator", form, record+"/reason", map[string]string{"reason": reason, "because": "It was recorded wrongly"})
	}
	d.follow("coordinator", send(other)).has(t, "Corrected")
	d.verify()
}

// logOf37 logs delays at a hospital with the 37 reasons: the ward's usual ones
// are the first choices with a key each, the others stand in a grouped list, and
// what the extract says of criteria and pathway is known.
func logOf37(t *testing.T, d *desk) {
	rows := d.get("coordinator", "/today").Find(`a[href^="/delays/new?ref="]`)
	if rows.Length() < 5 {
		t.Fatalf("%d people to log", rows.Length())
	}
	at := func(i int) string {
		to, _ := rows.Eq(i).Attr("href")
		to, _, _ = strings.Cut(to, "#")
		return to
	}
	form := d.get("coordinator", at(0))
	form.has(t, "Criteria to reside Not met since")
	form.has(t, "Pathway, by the extract")
	if form.Find(`input[name="destination"][checked]`).Length() != 1 {
		t.Error("the pathway of the extract is not chosen")
	}
	usual := form.Find(`input[type="radio"][name="reason"]`)
	if usual.Length() != 6 {
		t.Fatalf("%d choices, want the five usual ones and another", usual.Length())
	}
	var codes []string
	usual.Each(func(i int, in *goquery.Selection) {
		value, _ := in.Attr("value")
		key, _ := in.Attr("aria-keyshortcuts")
		codes = append(codes, value)
		if i < 5 && (key != strconv.Itoa(i+1) || !strings.HasPrefix(value, "england-acute-2024/")) {
			t.Errorf("choice %d is %q with the key %q", i+1, value, key)
		}
	})
	others := map[string]bool{}
	form.Find(`select[name="other-reason"] optgroup option`).Each(func(_ int, o *goquery.Selection) {
		value, _ := o.Attr("value")
		others[value] = true
	})
	if len(others) != 32 || others[codes[0]] {
		t.Errorf("%d other reasons, want the 32 that are not usual", len(others))
	}
	rare := ""
	for _, n := range []string{"23", "32", "37", "26"} {
		if others["england-acute-2024/"+n] {
			rare = "england-acute-2024/" + n
		}
	}
	save := func(i int, fill map[string]string) reply {
		fill["destination"] = "undecided"
		return d.send("coordinator", at(i), "/delays/new", fill)
	}
	d.follow("coordinator", save(0, map[string]string{"reason": codes[0]})).has(t, "Delay logged")
	d.follow("coordinator", save(1, map[string]string{"reason": "another", "other-reason": rare})).has(t, "Delay logged")
	// Without scripts somebody may choose in the list alone.
	d.follow("coordinator", save(2, map[string]string{"other-reason": rare})).has(t, "Delay logged")
	for name, fill := range map[string]map[string]string{
		"nothing": {}, "another and none": {"reason": "another"}, "two things": {"reason": codes[0], "other-reason": rare},
		"of the list before": {"reason": "E"},
	} {
		r := save(3, fill)
		if r.status == http.StatusSeeOther {
			t.Errorf("%s was saved", name)
			continue
		}
		if to, _ := r.Find(".nhsuk-error-summary a").First().Attr("href"); r.Find(to).Length() != 1 {
			t.Errorf("%s: the summary leads to %q, which is not on the page", name, to)
		}
	}
	rare, _ = d.get("coordinator", at(3)).Find(`select[name="other-reason"] optgroup option`).Last().Attr("value")
	kept := d.send("coordinator", at(3), "/delays/new", map[string]string{"other-reason": rare, "ready": "other"})
	if v, _ := kept.Find(`select[name="other-reason"] option[selected]`).Attr("value"); v != rare ||
		kept.Find("#reason-another[checked]").Length() != 1 {
		t.Errorf("the reason that was chosen was not kept: %q of %q, %d: %s", v, rare, kept.status, words(kept.Find("main")))
	}
	d.verify()
}
