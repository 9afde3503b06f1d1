package casework

import (
	"testing"

	"homeward/internal/attribution"
	"homeward/internal/delay"
	"homeward/internal/logbook"
)

func TestDates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		date  Date
		want  string
		words string
	}{
		{"a real date", Date{"31", "10", "2026"}, "2026-10-31", ""},
		{"a month by name", Date{" 31 ", "Oct", "2026"}, "2026-10-31", ""},
		{"no month", Date{"31", "", "2026"}, "", "Ready date must include a month"},
		{"nothing", Date{}, "", "Ready date must include a day and month and year"},
		{"not in the calendar", Date{"30", "2", "2026"}, "", "Ready date must be a real date"},
		{"words", Date{"x", "10", "2026"}, "", "Ready date must be a real date"},
		{"a short year", Date{"1", "10", "26"}, "", "Ready date must be a real date"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &Refusal{}
			got := c.date.read(r, "ready", "Ready date")
			if got.String() != c.want || r.Error() != c.words {
				t.Errorf("got %s, %q", got, r.Error())
			}
		})
	}
	if DateOf(delay.MustDay("2026-03-05")) != (Date{"5", "3", "2026"}) {
		t.Error("a day does not give its boxes")
	}
}

// What was said of one wait does not follow to another reason: who is named,
// waited on or pays belonged to the old one. Council and care stay.
func TestRestate(t *testing.T) {
	t.Parallel()
	was := attribution.Given{Reason: "E", Care: delay.Acute, Council: "E10000099", Stated: delay.SocialCare, WaitingOn: attribution.OnCouncil,
		Funding: attribution.FundedByCouncil,
		Words:   attribution.Words{Reason: "E", Responsible: "SC", WaitingOn: "LA", Funding: "LA"}}
	if got := restate(was, "E", delay.NotAttributed, nil); got != was {
		t.Errorf("A2: the same reason changed the statement to %+v", got)
	}
	got := restate(was, "C", delay.NotAttributed, nil)
	if got.Stated != delay.NotAttributed || got.WaitingOn != 0 || got.Funding != 0 || got.Words.Responsible != "" ||
		got.Care != delay.Acute || got.Council != "E10000099" {
		t.Errorf("A1: another reason keeps what was said of the old wait: %+v", got)
	}
	other := delay.Council("E06000099")
	got = restate(was, "", delay.Joint, &other)
	if got.Reason != "E" || got.Stated != delay.Joint || got.Council != other {
		t.Errorf("A7: got %+v", got)
	}
}

// What was said of an earlier delay is not about the last one.
func TestCurrent(t *testing.T) {
	t.Parallel()
	entry := func(id int64, kind logbook.Kind, made string) LogLine {
		return LogLine{Entry: logbook.Entry{ID: id, Kind: kind, Made: delay.MustDay(made), Day: delay.MustDay(made)}}
	}
	c := &Case{Delays: []Delay{{Ready: delay.MustDay("2026-03-01"), EndKind: delay.Inferred}, {Ready: delay.MustDay("2026-03-20")}},
		Log: []LogLine{entry(1, logbook.Opened, "2026-03-02"), entry(2, logbook.Verified, "2026-03-03")}}
	if c.IsLogged() || c.IsOpen() {
		t.Error("the last delay is logged by entries about the first")
	}
	c.Log = append(c.Log, entry(3, logbook.Opened, "2026-03-21"))
	if !c.IsLogged() || !c.IsOpen() || len(c.Current()) != 1 {
		t.Errorf("got %+v", c.Current())
	}
}

func TestSegmentID(t *testing.T) {
	t.Parallel()
	id := SegmentID("HW-7K3M9QX4", delay.MustDay("2026-10-26"))
	if reference, first, err := ParseSegmentID(id); err != nil || reference != "HW-7K3M9QX4" || first != delay.MustDay("2026-10-26") {
		t.Errorf("%s gives %s, %s, %v", id, reference, first, err)
	}
	for _, wrong := range []string{"", ".", "HW-1", "HW-1.", ".2026-10-26", "HW-1.2026-13-01", "HW-1.2026-10-26.json"} {
		if _, _, err := ParseSegmentID(wrong); err == nil {
			t.Errorf("%q is read as a period", wrong)
		}
	}
}
