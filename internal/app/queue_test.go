package app

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
)

// crowded fills RXA with twelve people listed on the days to 3 November, of whom
// the council disputes two, one of them settled, and decides a third alone.
func (d *desk) crowded() {
	d.t.Helper()
	reasons := []delay.Reason{"E", "E", "Di", "E", "E", "E", "A", "E", "Dii", "E", "A", "Di"}
	var rows []listed
	for i, reason := range reasons {
		stated := delay.SocialCare
		if i == 10 {
			stated = delay.NHS
		}
		ready := "2026-10-2" + strconv.Itoa(i%8)
		if i >= 9 {
			ready = "2026-10-30"
		}
		rows = append(rows, listed{fmt.Sprintf("1000001%02d", i), ready, reason, stated, "4B", fmt.Sprintf("4B-%02d", i)})
	}
	for _, day := range []string{"2026-10-29", "2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02", "2026-11-03"} {
		of := rows
		if day < "2026-10-31" {
			of = rows[:9] // Some waits have days of November alone.
		} else if day > "2026-10-31" {
			of = rows[2:] // and some of October alone
		}
		d.extract(day, of...)
	}
	council := people.Actor{Kind: people.APerson, Email: "c@example.org", Grant: people.Grant{Role: people.Director, Side: people.CouncilSide,
		Codes: []string{"E10000099"}}}
	all := casework.QueueQuery{Which: casework.ForMe, Side: agreement.CouncilSide, Limit: 50}
	list, err := d.Store.Queue(d.t.Context(), council.Scope(), all)
	if err != nil || list.Total != len(rows) {
		d.t.Fatalf("%d of %d proposals, %v", list.Total, len(rows), err)
	}
	for i, act := range []agreement.Act{agreement.Dispute, agreement.Dispute, agreement.Dispute, agreement.Agree, agreement.DecideAlone} {
		// Keys are made anew, and with them the order of references.
		at := slices.IndexFunc(list.Rows, func(r casework.QueueRow) bool { return r.Reference == d.ref(fmt.Sprintf("1000001%02d", 2+i*2)) })
		r := list.Rows[at]
		e := agreement.Event{Act: act, Side: agreement.CouncilSide, Segment: r.Segment.Segment, Body: delay.NHS}
		if act == agreement.DecideAlone {
			e.Body = delay.SocialCare
		}
		if act == agreement.Agree {
			e.Body = 0
		}
		if err := d.App.madeUp(d.now.Add(time.Duration(i)*time.Second)).Answer(d.t.Context(), council, []casework.NewAnswer{{
			Reference: r.Reference, Event: e, Words: "A test"}}); err != nil {
			d.t.Fatal(err)
		}
	}
}

var partsOfWaits = regexp.MustCompile(`(\d+) parts? of (?:a wait|waits)`)

// Cards of the council's page open the list that they count.
func TestQueueHoldsWhatItsCardCounts(t *testing.T) {
	d := newDesk(t)
	d.crowded()
	opened := 0
	for _, period := range []string{"from=2026-10-01&to=2026-10-31", "from=2026-11-01&to=2026-11-30", "from=2026-11-02&to=2026-11-03",
		"from=2026-10-01&to=2026-11-30&reason=E", "from=2026-10-01&to=2026-11-30&provider=RXB", "from=2026-10-01&to=2026-11-30&basis=agreed"} {
		page := d.get("council director", "/council/E10000099?"+period)
		for _, card := range page.Find(".app-stand").EachIter() {
			href, _ := card.Find(".app-stand__do a").Attr("href")
			if !strings.HasPrefix(href, "/agreement?") {
				continue
			}
			opened++
			id, _ := card.Attr("id")
			parts := partsOfWaits.FindStringSubmatch(card.Text())
			if parts == nil {
				t.Fatalf("%s counts no parts of waits: %s", id, words(card))
			}
			days := strings.Fields(words(card.Find(".app-stand__number")))[0]
			list := d.get("council director", href)
			if rows := list.Find("#bulk tbody tr").Length(); strconv.Itoa(rows) != parts[1] {
				t.Errorf("%s, %s counts %s parts of waits, and its list has %d rows", period, id, parts[1], rows)
			}
			if sum := words(list.Find("#queue-sum")); !strings.HasPrefix(sum, parts[0]+", "+days+" day") || !strings.HasSuffix(sum,
				" in the period.") {
				t.Errorf("%s, %s counts %s, %s days, and its list says %q", period, id, parts[0], days, sum)
			}
			csv, _ := list.Find(`main a[href^="/agreement.csv"]`).Attr("href")
			if r := d.ask("council director", http.MethodGet, csv, nil); strconv.Itoa(dataLines(r.body)) != parts[1] {
				t.Errorf("%s, %s counts %s parts of waits, and %s has %d rows", period, id, parts[1], csv, dataLines(r.body))
			}
		}
	}
	if opened < 9 {
		t.Errorf("only %d cards opened a list", opened)
	}
	t.Run("P1 a council is led to no list of another's", func(t *testing.T) {
		r := d.get("other council", "/council/E10000099?from=2026-10-01&to=2026-10-31")
		if n := r.Find(`#stands ~ .app-stands a[href^="/agreement"]`).Length(); n != 0 {
			t.Errorf("%d links", n)
		}
	})
}

// dataLines counts the lines of a CSV after its heading.
func dataLines(csv string) int { return max(strings.Count(strings.TrimSpace(csv), "\n"), 0) }

func TestQueueIsNarrowed(t *testing.T) {
	d := newDesk(t)
	d.crowded()
	rows := func(query string) int {
		t.Helper()
		return d.get("council reviewer", "/agreement?"+query).Find("#bulk tbody tr").Length()
	}
	all := rows("")
	for _, parts := range [][]string{
		{"reason=E", "reason=A", "reason=Di", "reason=Dii"},
		{"state=proposed", "state=disputed", "state=decided-not-agreed", "state=agreed"},
		{"resp=social-care", "resp=nhs"},
		{"provider=RXA", "provider=RXB"},
		{"to=2026-10-29", "from=2026-11-01&to=2026-11-03"},
	} {
		sum := 0
		for _, part := range parts {
			sum += rows(part)
		}
		if strings.HasPrefix(parts[0], "to=") {
			if rows(parts[0]) != all-2 || rows(parts[1]) != all-2 || sum < all {
				t.Errorf("by period: %d and %d of %d", rows(parts[0]), rows(parts[1]), all)
			}
			continue
		}
		if sum != all || rows(parts[0]) == 0 || all == 0 {
			t.Errorf("%v have %d rows, all are %d", parts, sum, all)
		}
	}
	if got := rows("from=2027-01-01&to=2027-01-31"); got != 0 {
		t.Errorf("a month without days has %d rows", got)
	}
	for query, want := range map[string]string{
		"state=open":                     "We do not recognise 'open' as a value of 'state'.",
		"month=2026-10":                  "We do not recognise 'month' in the address.",
		"from=2026-11-03&to=2026-11-01":  "To date must be the same as or after from date.",
		"provider=RXZ":                   "We do not recognise 'RXZ' as a value of 'provider'.",
		"from=2026-10-32&which=disputed": "From date must be a real date like 2019-03-31.",
	} {
		for _, form := range []string{"/agreement?", "/agreement.csv?"} {
			r := d.ask("council reviewer", http.MethodGet, form+query, nil)
			if r.status != http.StatusBadRequest || !strings.Contains(r.body, strings.ReplaceAll(want, "'", "&#39;")) &&
				!strings.Contains(r.body, want) {
				t.Errorf("%s%s: %d", form, query, r.status)
			}
		}
	}
	t.Run("the filter is kept through every save and back", func(t *testing.T) {
		const query = "provider=RXA&reason=E&state=proposed&to=2026-11-30&which=for-you"
		list := d.get("council reviewer", "/agreement?"+query)
		list.has(t, "Showing Northgate General, all councils, waiting for E")
		for _, chosen := range []string{"#provider-RXA", "#reason-E", "#state-proposed", "#which-for-you"} {
			if _, ok := list.Find(chosen).Attr("checked"); !ok {
				t.Errorf("%s is not chosen in the filters", chosen)
			}
		}
		before := list.Find("#bulk tbody tr").Length()
		answer, _ := list.Find("#bulk tbody td a").First().Attr("href")
		page := d.get("council reviewer", answer)
		back := func(r reply, where string) {
			t.Helper()
			got, _ := r.Find(".nhsuk-back-link").Attr("href")
			if got != "/agreement?"+query {
				t.Errorf("%s leads back to %q", where, got)
			}
		}
		back(page, "the answer")
		record, _ := page.Find(`a[href^="/delays/HW"]`).First().Attr("href")
		back(d.get("council reviewer", record), "the record")
		saved := d.submit("council reviewer", page, answer, map[string]string{"answer": "agree"})
		where, err := url.Parse(saved.where)
		if err != nil {
			t.Fatal(err)
		}
		kept := where.Query()
		if kept.Get("agreed") != "1" {
			t.Errorf("saved at %s", saved.where)
		}
		kept.Del("agreed")
		kept.Del("days")
		if kept.Encode() != query {
			t.Errorf("the answer leads to %q, want %q", kept.Encode(), query)
		}
		on := d.follow("council reviewer", saved)
		on.has(t, "1 answer saved")
		if n := on.Find("#bulk tbody tr").Length(); n != before-1 {
			t.Errorf("%d rows, want %d", n, before-1)
		}
		pick, _ := on.Find(`input[name="select"]`).First().Attr("value")
		check := d.ask("council reviewer", http.MethodPost, "/agreement/check", url.Values{"select": {pick}})
		back(check, "the check")
		done := d.ask("council reviewer", http.MethodPost, "/agreement/agree", url.Values{"select": {pick},
			"version": check.values("version")})
		if !strings.Contains(done.where, "reason=E") || !strings.Contains(done.where, "state=proposed") {
			t.Errorf("the answers lead to %q", done.where)
		}
		d.get("council reviewer", "/agreement?which=disputed&reason=Di")
		list = d.get("council reviewer", "/agreement?which=disputed")
		dispute, _ := list.Find("#bulk tbody td a").First().Attr("href")
		if got, _ := d.get("council reviewer", dispute).Find(".nhsuk-back-link").Attr("href"); got != "/agreement?which=disputed" {
			t.Errorf("the dispute leads back to %q", got)
		}
	})
	t.Run("a page past the end is the last one", func(t *testing.T) {
		if n := rows("page=9"); n == 0 {
			t.Error("nothing is shown")
		}
	})
}

// The page of a dispute says what deciding it would do to the council's share: what
// the share is once it is decided so, to the last digit (G3).
func TestEffectIsWhatDecidingMakes(t *testing.T) {
	d := newDesk(t)
	d.crowded()
	chair := people.Actor{Kind: people.APerson, Email: "chair@northshire.example"}
	chair.Grant = people.Grant{Role: people.Director, Side: people.ProviderSide, Codes: []string{"RXA"}}
	all := casework.QueueQuery{Which: casework.InDispute, Limit: 50}
	list, err := d.Store.Queue(t.Context(), chair.Scope(), all)
	if err != nil || list.Total < 3 {
		t.Fatalf("%d disputes, %v", list.Total, err)
	}
	council := measure.Filter{Councils: []delay.Council{"E10000099"}}
	split := func(m delay.Month) measure.Split {
		t.Helper()
		c, err := measure.MakeCouncil(t.Context(), d.Store, d.Store, council, m.First(), m.Last())
		if err != nil {
			t.Fatal(err)
		}
		return c.Now
	}
	shown := func(target string) string {
		t.Helper()
		return words(d.get("council director", target).Find(".app-effect__number"))
	}
	for i, r := range list.Rows {
		part := measure.Unsettled{First: r.Segment.Segment.First, Last: r.Segment.Segment.Last, State: r.State, Body: r.Standing.Body}
		effects, err := measure.MakeEffects(t.Context(), d.Store, d.Store, council, part)
		if err != nil || len(effects) != 2 {
			t.Fatalf("%d months, %v", len(effects), err)
		}
		to := r.Suggested
		if r.State == agreement.Decided {
			to = r.Standing.Body
		}
		// Every second one is decided for the proposal.
		if i%2 == 1 {
			to = r.Segment.Segment.Body
		}
		says := shown("/disputes/" + casework.SegmentID(r.Reference, r.Segment.Segment.First))
		d.now = d.now.Add(time.Minute)
		if err := d.Store.Answer(t.Context(), chair, []casework.NewAnswer{{Reference: r.Reference, Words: "A test",
			Event: agreement.Event{Act: agreement.Decide, Segment: r.Segment.Segment, Body: to}}}); err != nil {
			t.Fatal(err)
		}
		for _, e := range effects {
			for _, basis := range measure.Bases {
				figures := e.Now
				figures.Basis = basis
				got, want := figures.Share(e.If(to)), figures.Share(split(e.Month))
				if got != want || e.If(to) != split(e.Month) {
					t.Errorf("G3, %s, %v days: if so %+v, decided so %+v", e.Month, basis, got, want)
				}
			}
		}
		after := strings.TrimSuffix(says[strings.LastIndex(says, " ")+1:], "%")
		now := split(effects[0].Month).Share().Value * 100
		if v, err := strconv.ParseFloat(after, 64); err != nil || i%2 == 0 && (v-now > 0.5 || now-v > 0.5) {
			t.Errorf("the page said %q, and the share is %.2f%%", says, now)
		}
	}
	d.verify()
	t.Run("G3 all of the month's", effectOfAll)
	t.Run("few people have no share to change", func(t *testing.T) {
		d := newDesk(t)
		d.waiting()
		id := casework.SegmentID(d.ref("100000003"), delay.MustDay("2026-10-31"))
		made := d.send("council reviewer", "/agreement/"+id, "/agreement/"+id, map[string]string{"answer": "dispute", "body": "nhs",
			"checks": "fact", "words": "A test"})
		d.follow("council reviewer", made).has(t, "Too few people to give a share: 4 people waited in November 2026.")
	})
}

// effectOfAll upholds every open dispute, and confirms what one party decided: the
// figures are those that were foretold, and that the page's table of outcomes gave.
func effectOfAll(t *testing.T) {
	d := newDesk(t)
	d.crowded()
	chair := people.Actor{Kind: people.APerson, Email: "chair@northshire.example"}
	chair.Grant = people.Grant{Role: people.Director, Side: people.ProviderSide, Codes: []string{"RXA"}}
	list, err := d.Store.Queue(t.Context(), chair.Scope(), casework.QueueQuery{Which: casework.InDispute, Limit: 50})
	if err != nil || list.Total < 3 {
		t.Fatalf("%d disputes, %v", list.Total, err)
	}
	council := measure.Filter{Councils: []delay.Council{"E10000099"}}
	of := list.Rows[0]
	effects, err := measure.MakeEffects(t.Context(), d.Store, d.Store, council, measure.Unsettled{First: of.Segment.Segment.First,
		Last: of.Segment.Segment.Last, State: of.State, Body: of.Standing.Body})
	if err != nil || len(effects) != 2 {
		t.Fatalf("%d months, %v", len(effects), err)
	}
	_, n := effects[0].IfAll()
	var foretold []string
	page := d.get("council director", "/disputes/"+casework.SegmentID(of.Reference, of.Segment.Segment.First))
	for _, row := range page.Find("#outcomes tbody tr").EachIter() {
		if words(row.Find("th")) == fmt.Sprintf("If all %d open disputes are upheld", n) {
			foretold = []string{words(row.Find("td").Eq(0)), words(row.Find("td").Eq(1))}
		}
	}
	if n != int64(list.Total) || foretold == nil {
		t.Fatalf("%d disputes of %d, and the page says of them %v", n, list.Total, foretold)
	}
	for _, r := range list.Rows {
		to := r.Suggested
		if r.State == agreement.Decided {
			to = r.Standing.Body
		}
		d.now = d.now.Add(time.Minute)
		if err := d.Store.Answer(t.Context(), chair, []casework.NewAnswer{{Reference: r.Reference, Words: "A test",
			Event: agreement.Event{Act: agreement.Decide, Segment: r.Segment.Segment, Body: to}}}); err != nil {
			t.Fatal(err)
		}
	}
	for i, e := range effects {
		c, err := measure.MakeCouncil(t.Context(), d.Store, d.Store, council, e.Month.First(), e.Month.Last())
		if err != nil {
			t.Fatal(err)
		}
		if all, _ := e.IfAll(); all != c.Now || all == e.Now.Now {
			t.Errorf("%s: if all are upheld %+v, all upheld %+v, before %+v", e.Month, all, c.Now, e.Now.Now)
		}
		if share := c.Now.Share(); i == 0 {
			tenths := func(v float64) string { return strconv.FormatFloat(v*100, 'f', 1, 64) + "%" }
			if foretold[0] != measure.PerCent(share.Value) && foretold[0] != tenths(share.Value) {
				t.Errorf("the page foretold %s, and the share is %.2f%%", foretold[0], share.Value*100)
			}
			band := []string{measure.PerCent(share.Low) + " to " + measure.PerCent(share.High), tenths(share.Low) + " to " + tenths(share.High)}
			if share.Low == share.High {
				band = []string{"none"}
			}
			if !slices.Contains(band, foretold[1]) {
				t.Errorf("the page foretold the range %q, and it is %v", foretold[1], band)
			}
		}
	}
	d.verify()
}

// The numbers of periods that rows lead to are those of the cases, read at once.
func TestPeriodsAreNumberedAsInTheirCases(t *testing.T) {
	d := newDesk(t)
	d.crowded()
	id := casework.SegmentID(d.ref("100000100"), delay.MustDay("2026-10-29"))
	parted := d.send("council reviewer", "/agreement/"+id, "/agreement/"+id, with(map[string]string{"answer": "dispute", "body": "nhs",
		"checks": "fact", "words": "A part"}, date("from", "2026-10-30"), date("to", "2026-10-30")))
	d.follow("council reviewer", parted).has(t, "Disputed: 1 day.")
	var references []string
	for i := range 12 {
		references = append(references, d.ref(fmt.Sprintf("1000001%02d", i)))
	}
	for side, codes := range map[people.Side][]string{people.CouncilSide: {"E10000099"}, people.ProviderSide: {"RXA"}} {
		scope := people.Grant{Role: people.Reviewer, Side: side, Codes: codes}.Scope()
		got, err := d.Store.Periods(t.Context(), scope, append(references, "HW-00000000"))
		if err != nil || len(got) != len(references) {
			t.Fatalf("%d people, %v", len(got), err)
		}
		for _, reference := range references {
			k, err := d.Store.Case(t.Context(), scope, reference)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for i := range k.Delays {
				for j := range k.Delays[i].Segments {
					seg := &k.Delays[i].Segments[j]
					if n++; got[reference][seg.Segment.First] != k.Period(seg) {
						t.Errorf("%s: %d, its case says %d", reference, got[reference][seg.Segment.First], k.Period(seg))
					}
				}
			}
			if n != len(got[reference]) || n == 0 {
				t.Errorf("%s: %d periods, its case has %d", reference, len(got[reference]), n)
			}
		}
	}
	other := people.Grant{Role: people.Reviewer, Side: people.CouncilSide, Codes: []string{"E06000099"}}.Scope()
	if got, err := d.Store.Periods(t.Context(), other, references); err != nil || len(got) != 0 {
		t.Errorf("P1: another council is given %v, %v", got, err)
	}
	page := d.get("council reviewer", "/days?from=2026-10-29&to=2026-11-03")
	for _, row := range page.Find("#days tbody tr").EachIter() {
		receipt, _ := row.Find(`a[href*="/periods/"]`).Attr("href")
		dates := words(row.Find(".app-evidence__dates"))
		first, _, _ := strings.Cut(dates, " ")
		if receipt == "" || !strings.HasPrefix(words(d.get("council reviewer", receipt).Find("#evidence tbody th").First()), first+" ") {
			t.Errorf("the row of %s leads to %q", dates, receipt)
		}
	}
}
