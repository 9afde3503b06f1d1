package app_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/app"
	"homeward/internal/audit"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/people"
)

// rereader is a data folder whose words change after files have come. Its clock
// goes on by an hour with everything that is done.
type rereader struct {
	t   testing.TB
	dir string
	now time.Time
}

// newRereader makes the folder with its keys and an empty database.
func newRereader(t testing.TB) *rereader {
	t.Helper()
	r := &rereader{t: t, dir: newNorthshire(t).data(), now: time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)}
	r.do(func(*app.App) {})
	return r
}

// copy gives another folder with the same keys, words and records.
func (r *rereader) copy() *rereader {
	r.t.Helper()
	dir := filepath.Join(r.t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(r.dir)); err != nil {
		r.t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			err = os.Chmod(path, 0o600)
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return &rereader{r.t, dir, r.now}
}

func (r *rereader) do(f func(*app.App)) {
	r.t.Helper()
	r.now = r.now.Add(time.Hour)
	a, err := app.Open(r.t.Context(), app.Options{Data: r.dir, Make: true, Now: func() time.Time { return r.now }})
	if err != nil {
		r.t.Fatal(err)
	}
	defer a.Close()
	f(a)
}

// send takes a file in.
func (r *rereader) send(name, text string) ingest.Outcome {
	r.t.Helper()
	var out ingest.Outcome
	r.do(func(a *app.App) {
		report, err := a.Ingest.File(r.t.Context(), name, strings.NewReader(text))
		if err != nil {
			r.t.Fatal(err)
		}
		out = report.Outcome
	})
	return out
}

// change replaces words in a file of the data folder.
func (r *rereader) change(file, from, to string) {
	r.t.Helper()
	path := filepath.Join(r.dir, file)
	text, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		r.t.Fatalf("%s has no %q", file, from)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// command runs read-again and gives its status and offer.
func (r *rereader) command(words ...string) (int, ingest.Offer) {
	r.t.Helper()
	status, out, errs := run(r.t, append([]string{"read-again", "--data", r.dir, "--json"}, words...)...)
	var o ingest.Offer
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		r.t.Fatalf("read-again %q ended with %d: %v\n%s%s", words, status, err, out, errs)
	}
	return status, o
}

func (r *rereader) figures() string { return everything(r.t, r.dir, "2026-02-01", "2026-05-31") }

// known gives all delayed days as they were known at a moment.
func (r *rereader) known(at time.Time) string {
	r.t.Helper()
	out := ""
	r.do(func(a *app.App) {
		past, err := a.Store.AsKnown(r.t.Context(), at, delay.DayOf(at))
		if err != nil {
			r.t.Fatal(err)
		}
		defer past.Close()
		cells, err := past.Cells(r.t.Context(), measure.Query{From: delay.MustDay("2026-02-01"), To: delay.MustDay("2026-05-31"),
			By: []measure.Dimension{measure.ByDay, measure.ByCouncil, measure.ByReason, measure.ByResponsible}})
		if err != nil {
			r.t.Fatal(err)
		}
		out = fmt.Sprint(cells)
	})
	return out
}

const (
	northgateWords  = "reasons: {use: england-dtoc}"
	northgateLayout = "layouts/northgate-csv.yaml"
)

// wordChanges are what an operator changes when receipts say that something is
// not known.
var wordChanges = []struct{ file, from, to string }{
	{northgateLayout, northgateWords, "reasons: {use: england-dtoc, add: {E: [Awaiting POC], Dii: [EMI bed]}}"},
	{northgateLayout, "responsible: {use: england}", "responsible: {use: england, add: {social-care: [the borough]}}"},
	{app.PartnershipFile, "names: [Northshire, Northshire CC]", "names: [Northshire, Northshire CC, Shire Hall]"},
	{app.PartnershipFile, "    layout: northgate-csv", "    names: [Old Northgate]\n    layout: northgate-csv"},
	{northgateLayout, "ready: Discharge ready date", "ready: [Discharge ready date, DRD]"},
}

// unreadYet draws a file of Northgate with cells that are known only when all of
// wordChanges are made.
func unreadYet(draw *rand.Rand) (name, text string) {
	pick := func(of ...string) string { return of[draw.IntN(len(of))] }
	day := delay.MustDay("2026-03-02") + delay.Day(draw.IntN(5))
	var b strings.Builder
	head := northgateHead
	if draw.IntN(5) == 0 {
		head = strings.Replace(head, "Discharge ready date", "DRD", 1) // Turned away at first.
	}
	b.WriteString(head)
	provider := pick("RZ1", "RZ1", "RZ1", "Old Northgate")
	for i := range 1 + draw.IntN(12) {
		if draw.IntN(4) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s,%s,RZ101,5A,5A-%02d,L%05d,,1941-02-03,F,2026-02-01,2026-02-%d,Acute,%s,%s,%s,1,,\r\n", day, provider, i, i,
			20+draw.IntN(2),
			pick("A", "E", "Awaiting POC", "EMI bed", "who knows"), pick("NHS", "Social Care", "the borough", ""), pick("E10000099", "Shire Hall",
				"E06000099"))
	}
	return fmt.Sprintf("RZ1_%s_v%d.csv", day, draw.IntN(1000)), b.String()
}

// Words that are added after files have come give, once the files are read
// again, the same figures as words that were there from the start (C10), with
// re-sends in their places (C11); what was shown at a past moment stays (C15);
// and the step stands in the audit log.
func TestReadAgainIsAsIfKnownFromTheStart(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			draw := rand.New(rand.NewPCG(seed, 1))
			r := newRereader(t)
			from := r.copy()
			type file struct{ name, text string }
			var files []file
			for range 2 + draw.IntN(6) {
				name, text := unreadYet(draw)
				files = append(files, file{name, text})
				r.send(name, text)
			}
			before, moment := r.figures(), r.now.Add(time.Minute)
			shown := r.known(moment)
			order := draw.Perm(len(wordChanges))
			for _, i := range order[:1+draw.IntN(len(order))] {
				c := wordChanges[i]
				r.change(c.file, c.from, c.to)
				from.change(c.file, c.from, c.to)
			}
			for _, f := range files {
				from.send(f.name, f.text)
			}
			status, offer := r.command()
			if status != app.ExitLess || offer.Taken || len(offer.Files) == 0 {
				t.Errorf("the offer ended with %d: %+v", status, offer)
			}
			if got := r.figures(); got != before {
				t.Error("looking at what would change changed figures")
			}
			status, taken := r.command("--take", "--reason", "words of the new system")
			if status != app.ExitDone || !taken.Taken {
				t.Errorf("reading again ended with %d", status)
			}
			want := from.figures()
			if got := r.figures(); got != want {
				t.Errorf("C10 read again:\n%s\nfrom the start:\n%s", got, want)
			}
			var moved int64
			for _, d := range offer.Days {
				moved += d.After - d.Before
			}
			if got := totalOf(t, want) - totalOf(t, before); got != moved {
				t.Errorf("the offer said %+d delayed days, and there are %+d", moved, got)
			}
			if got := r.known(moment); got != shown {
				t.Errorf("C15 what was known before is\n%s\nand was\n%s", got, shown)
			}
			must(t, "verify", "--data", r.dir)
			r.do(func(a *app.App) {
				events, err := a.Store.AuditEvents(t.Context(), audit.Filter{What: audit.FilesReadAgain})
				if err != nil || len(events) != 1 || !strings.Contains(events[0].After, "words of the new system") {
					t.Errorf("the audit log has %+v, %v", events, err)
				}
			})
			if status, again := r.command(); status != app.ExitDone || len(again.Files) != 0 {
				t.Errorf("a second time it offers %+v", again)
			}
			// A file that is sent again is known as it was read last, and changes nothing.
			for _, f := range files {
				r.send(f.name, f.text)
				from.send(f.name, f.text)
			}
			if got := r.figures(); got != from.figures() {
				t.Error("C11 sending the same bytes again changed figures")
			}
			onlyIn(t, r.dir, "homeward.db", "homeward.db-wal", "homeward.db-shm", "identity.key", "audit.key", "audit.head", "partnership.yaml",
				"layouts", "received", "spool")
		})
	}
}

// totalOf adds up the delayed days of what everything gives.
func totalOf(t testing.TB, figures string) (n int64) {
	t.Helper()
	head, rows, _ := strings.Cut(figures, "\n")
	at := strings.Count(head[:strings.Index(head, "delayed_days")], ",")
	for line := range strings.SplitSeq(rows, "\n") {
		cells := strings.Split(line, ",")
		if len(cells) != strings.Count(head, ",")+1 {
			break // The delays follow.
		}
		var days int64
		if _, err := fmt.Sscan(cells[at], &days); err != nil {
			break
		}
		n += days
	}
	return n
}

func TestReadAgain(t *testing.T) {
	t.Parallel()
	const unknown = "Awaiting POC"
	say := func(day string, patients int, reason string) string {
		return strings.ReplaceAll(northgate(day, 1, patients), ",Acute,E,", ",Acute,"+reason+",")
	}
	learn := wordChanges[0]
	t.Run("nothing to read again", func(t *testing.T) {
		t.Parallel()
		r := newRereader(t)
		r.send("RZ1_2026-03-10.csv", say("2026-03-10", 12, unknown))
		if status, o := r.command(); status != app.ExitDone || len(o.Files) != 0 {
			t.Errorf("%d, %+v", status, o)
		}
	})
	t.Run("the receipt and the console name the command, and so does a file that is sent again", func(t *testing.T) {
		t.Parallel()
		r := newRereader(t)
		path := filepath.Join(t.TempDir(), "RZ1_2026-03-10.csv")
		if err := os.WriteFile(path, []byte(say("2026-03-10", 12, unknown)), 0o600); err != nil {
			t.Fatal(err)
		}
		if out := must(t, "ingest", "--data", r.dir, path); !strings.Contains(out, "homeward read-again") {
			t.Error(out)
		}
		r.change(learn.file, learn.from, learn.to)
		if out := must(t, "ingest", "--data", r.dir, path); !strings.Contains(out, "homeward read-again") {
			t.Error(out)
		}
	})
	t.Run("C11 a later file of the day goes on standing above one that is read again", func(t *testing.T) {
		t.Parallel()
		r := newRereader(t)
		second, err := os.ReadFile(filepath.Join(r.dir, northgateLayout))
		if err != nil {
			t.Fatal(err)
		}
		other := strings.Replace(string(second), "reason: Reason for delay", "reason: Why", 1)
		if err := os.WriteFile(filepath.Join(r.dir, "layouts", "northgate-second.yaml"), []byte(other), 0o600); err != nil {
			t.Fatal(err)
		}
		r.change(app.PartnershipFile, "    layout: northgate-csv", "    layout: northgate-csv\n    other_layouts: [northgate-second]")
		r.send("RZ1_2026-03-10.csv", say("2026-03-10", 12, unknown))
		r.send("RZ1_2026-03-10_v2.csv", strings.Replace(say("2026-03-10", 5, "A"), "Reason for delay", "Why", 1))
		r.send("RZ1_2026-03-11.csv", say("2026-03-11", 5, "A"))
		before := r.figures()
		r.change(learn.file, learn.from, learn.to)
		status, o := r.command("--take", "--reason", "x")
		if status != app.ExitDone || len(o.Files) != 2 || o.Count(ingest.ReadsOtherwise) != 1 || o.Count(ingest.ReadsTheSame) != 1 {
			t.Errorf("%d, %+v", status, o)
		}
		if got := r.figures(); got != before {
			t.Errorf("%s\nwas\n%s", got, before)
		}
		must(t, "verify", "--data", r.dir)
	})
	t.Run("C10 dates that are read otherwise leave nothing on the days of before", func(t *testing.T) {
		t.Parallel()
		r := newRereader(t)
		r.now = time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC) // No month of either reading is yet to come.
		r.change(northgateLayout, "columns:", "dates: [mm/dd/yyyy]\n\ncolumns:")
		from := r.copy()
		from.change(northgateLayout, "mm/dd/yyyy", "dd/mm/yyyy")
		slashed := func(day string, patients int) string {
			text := strings.ReplaceAll(say(day, patients, "A"), "1941-02-03", "02/02/1941")
			for i := range 40 {
				d := delay.MustDay("2026-02-20") + delay.Day(i)
				text = strings.ReplaceAll(text, d.String(), d.Time().Format("02/01/2006"))
			}
			return text
		}
		for _, day := range []string{"2026-03-04", "2026-03-05"} {
			// Ready on the 2nd and 3rd of March, which read as February and March.
			text := strings.ReplaceAll(slashed(day, 12), delay.MustDay(day).Time().AddDate(0, 0, -9).Format("02/01/2006"), "01/01/2026")
			name := "weekly " + day + ".csv"
			if got := r.send(name, text); got != ingest.Taking {
				t.Fatal(got)
			}
			from.send(name, text)
		}
		r.change(northgateLayout, "mm/dd/yyyy", "dd/mm/yyyy")
		if status, o := r.command("--take", "--reason", "x"); status != app.ExitDone || o.Count(ingest.ReadsOtherwise) != 2 {
			t.Errorf("%d, %+v", status, o)
		}
		if got, want := r.figures(), from.figures(); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
		must(t, "verify", "--data", r.dir)
	})
	t.Run("R4 a file that today's layouts turn away stands as it was read", func(t *testing.T) {
		t.Parallel()
		r := newRereader(t)
		r.send("RZ1_2026-03-10.csv", say("2026-03-10", 12, "A"))
		before := r.figures()
		r.change(northgateLayout, "reason: Reason for delay", "reason: Why")
		status, o := r.command()
		if status != app.ExitLess || o.Count(ingest.TurnedAway) != 1 || !strings.Contains(o.Files[0].Why, "Why") {
			t.Errorf("%d, %+v", status, o)
		}
		if status, _ := r.command("--take", "--reason", "x"); status != app.ExitDone {
			t.Errorf("ended with %d", status)
		}
		if got := r.figures(); got != before {
			t.Error("figures changed")
		}
		if status, o := r.command(); status != app.ExitDone || len(o.Files) != 0 {
			t.Errorf("it is offered again: %+v", o)
		}
	})
	t.Run("R5 what was accepted stays accepted", func(t *testing.T) {
		t.Parallel()
		r := newRereader(t)
		r.send("RZ1_2026-03-10.csv", say("2026-03-10", 40, "A"))
		if got := r.send("RZ1_2026-03-11.csv", say("2026-03-11", 8, unknown)); got != ingest.Held {
			t.Fatal(got)
		}
		must(t, "accept", "--data", r.dir, "--provider", "RZ1", "--date", "2026-03-11", "--reason", "a ward was closed")
		days := must(t, "figures", "--data", r.dir, "--from", "2026-03-11", "--to", "2026-03-11", "--by", "day", "--format", "csv")
		r.change(learn.file, learn.from, learn.to)
		r.command("--take", "--reason", "x")
		if got := must(t, "figures", "--data", r.dir, "--from", "2026-03-11", "--to", "2026-03-11", "--by", "day", "--format",
			"csv"); got != days {
			t.Errorf("%s, was %s", got, days)
		}
		must(t, "verify", "--data", r.dir)
	})
	t.Run("files that are no longer kept are said", func(t *testing.T) {
		t.Parallel()
		r := newRereader(t)
		for i := range 3 {
			day := (delay.MustDay("2026-03-10") + delay.Day(i)).String()
			r.send("RZ1_"+day+".csv", say(day, 12, unknown))
		}
		before := r.figures()
		if err := os.RemoveAll(filepath.Join(r.dir, app.ReceivedFolder)); err != nil {
			t.Fatal(err)
		}
		r.change(learn.file, learn.from, learn.to)
		status, o := r.command()
		if status != app.ExitDone || !strings.Contains(o.Words(), "3 files are no longer kept.") {
			t.Errorf("%d: %s", status, o.Words())
		}
		if got := r.figures(); got != before {
			t.Error("figures changed")
		}
	})
	t.Run("people whose identifiers were purged are not counted twice", func(t *testing.T) {
		t.Parallel()
		r := newRereader(t)
		r.send("RZ1_2026-03-10.csv", say("2026-03-10", 12, unknown))
		r.send("RZ1_2026-03-11.csv", northgateHead)
		before := r.figures()
		r.do(func(a *app.App) {
			if n, err := a.Store.PurgeIdentifiers(t.Context(), people.Actor{Kind: people.Machine}, delay.MustDay("2026-06-01")); err != nil ||
				n != 12 {
				t.Fatal(n, err)
			}
		})
		r.change(learn.file, learn.from, learn.to)
		if _, o := r.command("--take", "--reason", "x"); !strings.Contains(o.Words(),
			"1 file stands as it was read, because the identifiers of people in it were purged.") {
			t.Error(o.Words())
		}
		if got := r.figures(); got != before {
			t.Errorf("%s\nwas\n%s", got, before)
		}
		if _, o := r.command(); len(o.Files) != 0 {
			t.Errorf("it is offered again: %+v", o)
		}
	})
	t.Run("only a provider or some days", func(t *testing.T) {
		t.Parallel()
		r := newRereader(t)
		for i := range 4 {
			day := (delay.MustDay("2026-03-10") + delay.Day(i)).String()
			r.send("RZ1_"+day+".csv", say(day, 12, unknown))
		}
		r.change(learn.file, learn.from, learn.to)
		if _, o := r.command("--provider", "RZ2"); len(o.Files) != 0 {
			t.Errorf("%+v", o)
		}
		if _, o := r.command("--take", "--reason", "x", "--provider", "RZ1", "--from", "2026-03-11", "--to", "2026-03-12"); len(o.Files) != 2 {
			t.Errorf("%+v", o)
		}
		if _, o := r.command(); len(o.Files) != 2 {
			t.Errorf("%+v", o)
		}
		must(t, "verify", "--data", r.dir)
	})
	t.Run("usage", func(t *testing.T) {
		t.Parallel()
		r := newRereader(t)
		for _, words := range [][]string{{"--take"}, {"--reason", "x"}, {"--take", "--reason", "for 999 000 0018"}, {"--provider", "RQQ"},
			{"--from", "soon"}, {"x"}} {
			if status, _, errs := run(t, append([]string{"read-again", "--data", r.dir}, words...)...); status != app.ExitUsage || errs == "" {
				t.Errorf("%q ended with %d: %s", words, status, errs)
			}
		}
	})
}

// A process that is killed while it reads again leaves the old figures whole or
// has the new ones: at three moments here, at twelve in the long run.
func TestReadAgainKilled(t *testing.T) {
	t.Parallel()
	skipShort(t)
	wantReadAgainKilled(t, 4)
}

func TestLongReadAgainKilled(t *testing.T) {
	long(t)
	wantReadAgainKilled(t, 1)
}

// wantReadAgainKilled tries one of every so many moments.
func wantReadAgainKilled(t *testing.T, every int) {
	t.Helper()
	r := newRereader(t)
	for i := range 25 {
		day := (delay.MustDay("2026-03-02") + delay.Day(i)).String()
		r.send("RZ1_"+day+".csv", strings.ReplaceAll(northgate(day, 1, 60), ",Acute,E,", ",Acute,Awaiting POC,"))
	}
	before := r.figures()
	r.change(wordChanges[0].file, wordChanges[0].from, wordChanges[0].to)
	done := r.copy()
	done.command("--take", "--reason", "x")
	after := done.figures()
	killed := 0
	for i := 0; i < 12; i += every {
		one := r.copy()
		cmd := exec.CommandContext(t.Context(), os.Args[0], "read-again", "--data", one.dir, "--take", "--reason", "x")
		cmd.Env = append(os.Environ(), asHomeward+"=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(80+i*60) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		switch got := one.figures(); got {
		case before:
			killed++
		case after:
		default:
			t.Errorf("killed after %d ms, the figures are neither those of before nor those of after", 80+i*60)
		}
		must(t, "verify", "--data", one.dir)
		if status, _ := one.command("--take", "--reason", "x"); status != app.ExitDone || one.figures() != after {
			t.Error("it cannot be done again")
		}
	}
	if killed == 0 {
		t.Error("no process was killed before it was done")
	}
}

// The page says what would change, to those who may read again, and does it.
func TestReadAgainOnPages(t *testing.T) {
	t.Parallel()
	r := newRereader(t)
	row := "2026-03-10,RZ1,RZ101,5A,5A-01,L00001,9990000018,1941-02-03,F,2026-03-01,2026-03-08,Acute,Awaiting POC,,E10000099,1,,\r\n"
	r.send("RZ1_2026-03-10.csv", northgateHead+row)
	r.send("RZ1_2026-03-11.csv", northgateHead+strings.Replace(row, "2026-03-10", "2026-03-11", 1))
	r.change(wordChanges[0].file, wordChanges[0].from, wordChanges[0].to)
	draw, err := app.NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	r.do(func(a *app.App) {
		site, signIn := a.Site(t, draw, people.Analyst, people.Administrator, people.Viewer)
		ask := func(role people.Role, method, target string, form url.Values) *httptest.ResponseRecorder {
			q := httptest.NewRequest(method, "http://127.0.0.1:8080"+target, strings.NewReader(form.Encode()))
			q.Header.Set("Accept", "text/html")
			q.Header.Set("Sec-Fetch-Site", "same-origin")
			q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			q.Header.Set("Cookie", signIn(role))
			w := httptest.NewRecorder()
			site.ServeHTTP(w, q)
			for _, number := range []string{"9990000018", "L00001", "1941"} {
				if strings.Contains(w.Body.String(), number) {
					t.Errorf("P1 %s shows %s", target, number)
				}
			}
			return w
		}
		page := func(role people.Role, target string) *goquery.Document {
			t.Helper()
			w := ask(role, http.MethodGet, target, nil)
			if w.Code != http.StatusOK {
				t.Fatalf("%s: %d %s", target, w.Code, w.Body)
			}
			doc, err := goquery.NewDocumentFromReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			return doc
		}
		if got := page(people.Viewer, "/extracts").Find("#again").Length(); got != 0 {
			t.Error("a viewer is told to read again")
		}
		if got := page(people.Administrator, "/extracts").Find("#again").Text(); !strings.Contains(got,
			"2 received files were read with other layouts") {
			t.Errorf("the banner says %q", got)
		}
		doc := page(people.Analyst, "/extracts/again")
		if got := doc.Find(".app-lede").Text(); !strings.Contains(got, "2 files read otherwise now.") {
			t.Errorf("the page says %q", got)
		}
		if got := doc.Find("#by-reason").Text(); !strings.Contains(got, "Not known") || !strings.Contains(got, "E") {
			t.Errorf("by reason: %q", got)
		}
		if got := ask(people.Analyst, http.MethodGet, "/extracts/again.csv", nil).Body.String(); !strings.Contains(got,
			"2026-03,RZ1,E10000099,Acute,E,not attributed,0,2") {
			t.Errorf("the CSV says %q", got)
		}
		var rows struct{ Rows []map[string]any }
		if err := json.Unmarshal(ask(people.Analyst, http.MethodGet, "/extracts/again.json", nil).Body.Bytes(), &rows); err != nil ||
			len(rows.Rows) != 2 {
			t.Errorf("the JSON says %+v, %v", rows, err)
		}
		seen, _ := doc.Find("[name=seen]").Attr("value")
		// The form's proof is of the session that asked for the page.
		cookie := signIn(people.Analyst)
		post := func(form url.Values) *httptest.ResponseRecorder {
			g := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080/extracts/again", nil)
			g.Header.Set("Accept", "text/html")
			g.Header.Set("Cookie", cookie)
			w := httptest.NewRecorder()
			site.ServeHTTP(w, g)
			doc, err := goquery.NewDocumentFromReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			token, _ := doc.Find("main [name=form_token]").First().Attr("value")
			form.Set("form_token", token)
			q := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/extracts/again", strings.NewReader(form.Encode()))
			q.Header.Set("Accept", "text/html")
			q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			q.Header.Set("Cookie", cookie)
			w = httptest.NewRecorder()
			site.ServeHTTP(w, q)
			return w
		}
		if w := ask(people.Viewer, http.MethodPost, "/extracts/again", url.Values{"why": {"x"}, "seen": {seen}}); w.Code != http.StatusForbidden {
			t.Errorf("a viewer: %d", w.Code)
		}
		if w := post(url.Values{"seen": {seen}}); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("without a reason: %d", w.Code)
		}
		if w := post(url.Values{"why": {"for 999 000 0018"}, "seen": {seen}}); w.Code != http.StatusUnprocessableEntity ||
			strings.Contains(w.Body.String(), "000 0018") {
			t.Errorf("with an NHS number: %d", w.Code)
		}
		if w := post(url.Values{"why": {"words"}, "seen": {"another"}}); w.Code != http.StatusConflict {
			t.Errorf("what was not seen: %d", w.Code)
		}
		if w := post(url.Values{"why": {"words of the new system"}, "seen": {seen}}); w.Code != http.StatusSeeOther {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if got := page(people.Analyst, "/extracts/again").Find(".app-lede").Text(); !strings.HasPrefix(got, "Every received file") {
			t.Errorf("afterwards it says %q", got)
		}
		if got := page(people.Analyst, "/extracts").Find("#again").Length(); got != 0 {
			t.Error("the banner is still there")
		}
		events, err := a.Store.AuditEvents(t.Context(), audit.Filter{What: audit.FilesReadAgain})
		if err != nil || len(events) != 1 || events[0].Who != "analyst@partnership.example" {
			t.Errorf("the audit log has %+v, %v", events, err)
		}
		href, _ := page(people.Analyst, "/extracts?to=2026-03-11").Find("#grid a").First().Attr("href")
		if got := page(people.Analyst, href).Find("main").Text(); !strings.Contains(got, "Read again") || !strings.Contains(got,
			"read again with other words") {
			t.Errorf("the receipt says %q", got)
		}
	})
	if got := must(t, "figures", "--data", r.dir, "--from", "2026-03", "--to", "2026-03", "--by", "reason", "--format",
		"csv"); !strings.Contains(got, "E,2") {
		t.Error(got)
	}
}
