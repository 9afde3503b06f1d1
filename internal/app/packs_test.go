package app_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"homeward/internal/app"
	"homeward/internal/delay"
	"homeward/internal/pack"
	"homeward/static"
)

// postOffice is a real SMTP server of this machine. While it is shut it answers
// that it has no time.
type postOffice struct {
	mu      sync.Mutex
	shut    bool
	letters map[string][]string // by the address
	// taken is called, where it is set, with a letter in hand, before the answer.
	taken func()
}

func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return &letterBox{office: p}, nil }

type letterBox struct {
	office *postOffice
	to     string
}

func (l *letterBox) Mail(string, *smtp.MailOptions) error { return nil }
func (l *letterBox) Rcpt(to string, _ *smtp.RcptOptions) error {
	l.office.mu.Lock()
	defer l.office.mu.Unlock()
	if strings.HasPrefix(to, "nobody@") {
		return &smtp.SMTPError{Code: 550, Message: "no such user"}
	}
	if l.office.shut {
		return &smtp.SMTPError{Code: 451, Message: "later"}
	}
	l.to = to
	return nil
}
func (l *letterBox) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	l.office.mu.Lock()
	defer l.office.mu.Unlock()
	l.office.letters[l.to] = append(l.office.letters[l.to], string(b))
	if l.office.taken != nil {
		l.office.taken()
	}
	return err
}
func (l *letterBox) Reset()        {}
func (l *letterBox) Logout() error { return nil }

func openPost(t *testing.T) (*postOffice, int) {
	t.Helper()
	office := &postOffice{letters: map[string][]string{}}
	server := smtp.NewServer(office)
	server.Domain = "localhost"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return office, l.Addr().(*net.TCPAddr).Port
}

// A pack is made, sent to each once, tried again when the server has no time,
// and comes out the same when it is rendered again (C15).
func TestPacksFromPlanToPost(t *testing.T) {
	skipShort(t)
	t.Parallel()
	if _, err := static.Files.Open("vendor/echarts/echarts.min.js"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("echarts.min.js is not built in; run npm ci and npm run build")
		}
		t.Skip("echarts.min.js is not built in; run npm ci and npm run build")
	}
	office, port := openPost(t)
	n := newNorthshire(t)
	folder := filepath.Join(n.dir, "shared drive")
	path := filepath.Join(n.data(), app.PartnershipFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	settings := fmt.Sprintf(`
packs:
  - name: morning
    cron: "15 7 * * *"
  - name: weekly
    cron: "45 7 * * 1"
    period: week
    councils: [E10000099]
    folder: %q
    recipients: [director@northshire.example, lead@northshire.example, nobody@northshire.example]
  - name: monthly
    cron: "0 8 2 * *"
    period: month
  - name: board
    cron: "30 8 * * 1"
    period: week
    public: true
mail: {host: 127.0.0.1, port: %d, security: none, from: homeward@northshire.example, address: "https://homeward.northshire.example"}
`, folder, port)
	if err := os.WriteFile(path, append(text, settings...), 0o600); err != nil {
		t.Fatal(err)
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, london)
	a, err := app.Open(t.Context(), app.Options{Data: n.data(), Chromium: filepath.Join(n.dir, "none"), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	take := func(day string, patients int) {
		t.Helper()
		if _, err := a.Ingest.File(t.Context(), "RZ1_"+day+".csv", strings.NewReader(northgate(day, 1, patients))); err != nil {
			t.Fatal(err)
		}
	}
	for d := delay.MustDay("2026-02-26"); d <= delay.MustDay("2026-03-10"); d++ {
		now = time.Date(2026, d.Month().First().Time().Month(), d.Time().Day()+1, 6, 30, 0, 0, london)
		take(d.String(), 20)
	}
	jobs, err := a.PackJobs()
	if err != nil {
		t.Fatal(err)
	}
	run := func(job, want string) {
		t.Helper()
		said, err := jobs[job](t.Context())
		if err != nil {
			said = err.Error()
		}
		if !strings.Contains(said, want) {
			t.Errorf("%s at %s says %q, want %q", job, now.Format(time.DateTime), said, want)
		}
	}
	shelf, err := a.Packs()
	if err != nil {
		t.Fatal(err)
	}

	now = time.Date(2026, 3, 11, 9, 0, 0, 0, london) // a Wednesday
	run("pack-weekly", "Charts as at 8 March 2026 are in the pack 2026-03-08-weekly.")
	run("pack-weekly", "already shows these figures")
	run("pack-monthly", "Charts as at 28 February 2026 are in the pack 2026-02-28-monthly.")
	run("pack-morning", "Charts as at 10 March 2026 are in the pack 2026-03-11.")

	run("pack-board", "Charts as at 8 March 2026 are in the pack 2026-03-08-board.")

	// The server has no time at first; one address does not exist.
	office.shut = true
	run("deliver", "Sent 1, to be tried again 2. Not sent: 1.")
	run("deliver", "Nothing waits to be sent.")
	office.shut = false
	now = now.Add(2 * time.Minute)
	run("deliver", "Sent 2, to be tried again 0.")
	now = now.Add(time.Hour)
	run("pack-weekly", "already shows these figures") // once more by hand
	run("deliver", "Nothing waits to be sent.")
	for _, to := range []string{"director@northshire.example", "lead@northshire.example"} {
		if got := office.letters[to]; len(got) != 1 ||
			!strings.Contains(got[0], "https://homeward.northshire.example/packs/2026-03-08-weekly/") || !strings.Contains(got[0], "Weekly pack") {
			t.Errorf("%s was sent %q", to, got)
		}
		for _, letter := range office.letters[to] {
			if strings.Contains(letter, "Content-Disposition: attachment") || strings.Contains(letter, "L0000") ||
				strings.Contains(letter, "people") {
				t.Errorf("P1 the message tells more than that the pack is ready:\n%s", letter)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "2026-03-08-weekly", pack.PageFile)); err != nil {
		t.Errorf("the pack is not in its folder: %v", err)
	}

	record, err := shelf.Record(t.Context(), "2026-03-08-weekly")
	if err != nil || len(record.Deliveries) != 4 || record.Of != "Northshire County Council" || record.Kind != "Weekly pack" ||
		!strings.Contains(record.Unprinted, "no Chromium") {
		t.Fatalf("the record is %+v, %v", record, err)
	}
	states := map[string]string{}
	for _, d := range record.Deliveries {
		states[d.Target] = d.State
	}
	if states["nobody@northshire.example"] != "Not sent" || states["director@northshire.example"] != "Sent" || states[folder] != "Sent" {
		t.Errorf("the states are %v", states)
	}

	if r, err := shelf.Record(t.Context(), "2026-03-08-board"); err != nil || !r.Public || record.Public {
		t.Errorf("P3 the record of the public pack is %+v, %v", r, err)
	}
	public, err := shelf.Open(t.Context(), "2026-03-08-board", "")
	if err != nil || !strings.Contains(string(public.Bytes), "Public copy: counts under 5 are not shown, others are rounded to the "+
		"nearest 5.") {
		t.Errorf("P3 the cover does not say that it is a public copy: %v", err)
	}

	// A late extract changes the figures. What was shown stays, comes out the
	// same from what was known then, and the next weekly pack stands beside it.
	take("2026-03-05", 35)
	for _, id := range []string{"2026-03-08-weekly", "2026-02-28-monthly", "2026-03-11", "2026-03-08-board"} {
		if err := shelf.Check(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if r, err := shelf.Record(t.Context(), id); err != nil || r.Checked == nil || !r.Checked.Same {
			t.Errorf("C15 the check of %s says %+v, %v", id, r.Checked, err)
		}
	}
	now = now.Add(time.Hour)
	run("pack-weekly", "in the pack 2026-03-08-weekly-2.")
	list, err := shelf.List(t.Context())
	if err != nil || len(list) != 5 || list[0].ID != "2026-03-08-weekly-2" || list[0].Waiting != 4 {
		t.Errorf("the list is %+v, %v", list, err)
	}

	// Two files arrive in the very second of a pack, one before and one after it.
	now = time.Date(2026, 3, 12, 9, 0, 0, 200_000_000, london)
	take("2026-03-11", 20)
	now = now.Add(400 * time.Millisecond)
	run("pack-morning", "Charts as at 11 March 2026 are in the pack 2026-03-12.")
	now = now.Add(300 * time.Millisecond)
	take("2026-03-06", 33)
	now = now.Add(time.Minute)
	if err := shelf.Check(t.Context(), "2026-03-12"); err != nil {
		t.Fatal(err)
	}
	if r, err := shelf.Record(t.Context(), "2026-03-12"); err != nil || !r.Checked.Same || r.Held.Nanosecond() != 600_000_000 {
		t.Errorf("C15 the check of a pack in whose second files arrived says %+v, %v", r.Checked, err)
	}

	// A file that somebody changed is found.
	page := filepath.Join(n.data(), app.PacksFolder, "2026-03-11", "reasons.csv")
	if err := os.WriteFile(page, []byte("reason,days\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := shelf.Check(t.Context(), "2026-03-11"); err != nil {
		t.Fatal(err)
	}
	if r, err := shelf.Record(t.Context(), "2026-03-11"); err != nil || r.Checked.Same || !strings.Contains(r.Checked.Message, "reasons.csv") {
		t.Errorf("the check says %+v, %v", r.Checked, err)
	}

	plans, err := shelf.Plans(t.Context())
	if err != nil || len(plans) != 4 || !plans[3].Public || plans[0].Public || plans[1].When != "every Monday at 7:45am" ||
		plans[1].Recipients != 3 || plans[1].Next[0].Format(time.RFC3339) != "2026-03-16T07:45:00Z" {
		t.Errorf("the plans are %+v, %v", plans, err)
	}
}

func TestPlansWithTimesThatAreNoTimes(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	path := filepath.Join(n.data(), app.PartnershipFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, cron := range []string{"every monday", "30 1 * * *", "*/5 * * 3 *"} {
		if err := os.WriteFile(path, append(append([]byte{}, text...), "packs: [{name: weekly, cron: \""+cron+"\"}]\n"...), 0o600); err != nil {
			t.Fatal(err)
		}
		if status, _, errs := run(t, "serve", "--data", n.data(), "--listen", "127.0.0.1:0"); status == app.ExitDone ||
			!strings.Contains(errs, "weekly") {
			t.Errorf("%q: ended with %d and said %q", cron, status, errs)
		}
	}
}
