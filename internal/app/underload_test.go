package app_test

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/sqlite"
)

// sentWrite is something that a client sends until it is told that it was kept.
type sentWrite struct {
	name string
	// ask makes the request anew for each try.
	ask func(address string) (*http.Request, error)
	// count asks the database how often it is there.
	count string
	arg   any
	acked bool
	tried int
}

// load is what several clients send at once, each its own writes in their order.
type load struct {
	t       *testing.T
	clients []*loadClient
	acks    atomic.Int64
}

type loadClient struct {
	http *http.Client
	next func(i int) *sentWrite
	all  []*sentWrite
}

// until sends from all clients at once until each has been told of every write that it
// began, or the server answers no more; more says whether to begin another.
func (l *load) until(address string, more func() bool) {
	var all sync.WaitGroup
	for _, c := range l.clients {
		all.Go(func() {
			for refused := 0; refused < 200; {
				w := c.pending()
				if w == nil {
					if !more() {
						return
					}
					w = c.next(len(c.all))
					c.all = append(c.all, w)
				}
				w.tried++
				req, err := w.ask(address)
				if err != nil {
					l.t.Error(err)
					return
				}
				res, err := c.http.Do(req)
				if err != nil {
					return // It is gone.
				}
				// An answer that did not come whole was not seen.
				body, err := io.ReadAll(res.Body)
				res.Body.Close()
				switch {
				case err != nil:
					return
				case res.StatusCode == http.StatusCreated || res.StatusCode == http.StatusOK || res.StatusCode == http.StatusSeeOther &&
					!strings.HasPrefix(res.Header.Get("Location"), "/sign-in"):
					w.acked, refused = true, 0
					l.acks.Add(1)
				case res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= http.StatusInternalServerError ||
					res.StatusCode == http.StatusConflict:
					refused++
					time.Sleep(20 * time.Millisecond)
				default:
					_, said, _ := strings.Cut(string(body), "<main")
					l.t.Errorf("%s is answered %d: %.600s", w.name, res.StatusCode, said)
					return
				}
			}
		})
	}
	all.Wait()
}

func (c *loadClient) pending() *sentWrite {
	if n := len(c.all); n > 0 && !c.all[n-1].acked {
		return c.all[n-1]
	}
	return nil
}

// found counts what was told and is not there, and what is there twice.
func (l *load) found(data string) (told, lost, twice, retried int) {
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(data, sqlite.FileName)+"?mode=ro&_busy_timeout=10000")
	if err != nil {
		l.t.Fatal(err)
	}
	defer db.Close()
	for _, c := range l.clients {
		for _, w := range c.all {
			var n int
			if err := db.QueryRow(w.count, w.arg).Scan(&n); err != nil {
				l.t.Fatal(err)
			}
			if w.acked {
				told++
			}
			if w.tried > 1 {
				retried++
			}
			if w.acked && n == 0 {
				lost++
				l.t.Errorf("%s was told and is not there", w.name)
			}
			if n > 1 {
				twice++
				l.t.Errorf("%s is there %d times", w.name, n)
			}
		}
	}
	return told, lost, twice, retried
}

// A server that is killed, or told to stop, while several clients write at once loses
// nothing that it told of and has nothing twice when they try again.
func TestKilledAndStoppedUnderLoad(t *testing.T) {
	t.Parallel()
	kills, stops := 2, 1
	if testing.Short() {
		kills = 1
	}
	if n, err := strconv.Atoi(os.Getenv("HOMEWARD_TORTURE")); err == nil {
		kills, stops = 4*n, 2*n
	}
	c := newChild(t)
	if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(c.data(), app.PartnershipFile)
	text := must2(os.ReadFile(file))
	text = append(text, "\nsign_in: {require_second_factor: false, requests_per_second: 1000}\n"...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	today := delay.DayOf(time.Now())
	s := c.serve(t)
	s.upload = c.token(t, "upload", "--for", "RZ1")
	if status, r := s.send("RZ1_first.csv", northgate(today.String(), 1, 30)); status != http.StatusCreated {
		t.Fatalf("the first file is answered %d: %+v", status, r)
	}
	l := &load{t: t}
	for n := range 2 {
		l.clients = append(l.clients, uploader(n, today, s.upload), c.checker(s, n))
	}
	rounds := make([]syscall.Signal, 0, kills+stops)
	for range kills {
		rounds = append(rounds, syscall.SIGKILL)
	}
	for range stops {
		rounds = append(rounds, syscall.SIGTERM)
	}
	rand.Shuffle(len(rounds), func(i, j int) { rounds[i], rounds[j] = rounds[j], rounds[i] })
	for _, signal := range rounds {
		// When so many were told, whatever the speed of the machine, and a moment more.
		at, moment := l.acks.Load()+4+rand.Int64N(12), time.Duration(rand.IntN(20_000))*time.Microsecond
		ended := make(chan error, 1)
		go func() {
			for end := time.Now().Add(2 * time.Minute); l.acks.Load() < at && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(moment)
			err := s.cmd.Process.Signal(signal)
			went := time.Now()
			_ = s.cmd.Wait()
			if took := time.Since(went); took > 30*time.Second {
				err = errors.Join(err, fmt.Errorf("it ended %s after %s", took, signal))
			}
			if code := s.cmd.ProcessState.ExitCode(); signal == syscall.SIGTERM && code != app.ExitDone {
				err = errors.Join(err, fmt.Errorf("%s ended it with %d: %s", signal, code, last(s.errs.String(), 1500)))
			}
			ended <- err
		}()
		l.until(s.address, func() bool { return true })
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		l.found(c.data())
		upload := s.upload
		s = c.serve(t)
		s.upload = upload
	}
	l.until(s.address, func() bool { return false })
	if status := s.stop(); status != app.ExitDone {
		t.Errorf("the last stop ended with %d", status)
	}
	for _, one := range l.clients {
		if w := one.pending(); w != nil {
			t.Errorf("%s was never told", w.name)
		}
	}
	told, lost, twice, retried := l.found(c.data())
	t.Logf("%d kills and %d stops: %d writes told, %d of them tried again, %d lost, %d there twice", kills, stops, told, retried, lost, twice)
	must(t, "verify", "--data", c.data())
	must(t, "audit", "verify", "--data", c.data())
}

// uploader sends a file after the other, each under a key of its own.
func uploader(client int, today delay.Day, token string) *loadClient {
	return &loadClient{http: &http.Client{Timeout: time.Minute}, next: func(i int) *sentWrite {
		// Of days long ago, which nobody at the worklist waits for.
		day := today - delay.Day(30+2*i+client)
		text := northgate(day.String(), 1000*(client+1), 20+i%7)
		name, sum := fmt.Sprintf("RZ1_%s.csv", day), sha256.Sum256([]byte(text))
		return &sentWrite{name: name, count: `SELECT count(*) FROM file WHERE sha256 = ?`, arg: sum[:],
			ask: func(address string) (*http.Request, error) {
				req, err := http.NewRequest(http.MethodPost, "http://"+address+"/api/v1/extracts?name="+name, strings.NewReader(text))
				if err == nil {
					req.Header.Set("Authorization", "Bearer "+token)
					req.Header.Set("Idempotency-Key", fmt.Sprintf("load-%d-%d", client, i))
				}
				return req, err
			}}
	}}
}

// checker notes checks of people on the worklist, each under a key of its own.
func (c child) checker(s *served, client int) *loadClient {
	s.t.Helper()
	r := c.staff(s, fmt.Sprintf("load%d@partnership.example", client), "--role", string(people.Coordinator), "--for", "RZ1")
	// A delay that is logged can be checked.
	_, _, doc := r.open("/today")
	ref := ""
	for _, a := range doc.Find("a").EachIter() {
		if at, err := url.Parse(a.AttrOr("href", "")); err == nil && at.Path == "/delays/new" && at.Query().Get("ref") != "" {
			if ref = at.Query().Get("ref"); client == 0 {
				break // The other takes the last.
			}
		}
	}
	_, _, doc = r.open("/delays/new?ref=" + ref)
	fields := []string{"ref", ref, "ready", "fed", "reason", "E", "destination", "undecided", "body", "social-care"}
	for _, in := range doc.Find(`form[action^="/delays/new"] input[type=hidden]`).EachIter() {
		if name := in.AttrOr("name", ""); name != "ref" {
			fields = append(fields, name, in.AttrOr("value", ""))
		}
	}
	if status, _, doc := r.open("/delays/new", fields...); status != http.StatusOK {
		s.t.Fatalf("logging a delay is answered %d: %s", status, doc.Find(".nhsuk-error-summary").Text())
	}
	_, _, doc = r.open("/today")
	form := doc.Find(`form[action="/today/check"]`).First()
	values := url.Values{}
	for _, in := range form.Find("input[type=hidden]").EachIter() {
		values.Add(in.AttrOr("name", ""), in.AttrOr("value", ""))
	}
	r.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r.client.Timeout = time.Minute
	return &loadClient{http: r.client, next: func(i int) *sentWrite {
		key, at := checkKey(client, i), time.Now().UTC().Format(time.RFC3339)
		return &sentWrite{name: key, count: `SELECT count(*) FROM log_entry WHERE sent_key = ?`, arg: key,
			ask: func(address string) (*http.Request, error) {
				f := url.Values{"key": {key}, "at": {at}, "one": {ref}}
				for name, v := range values {
					if f[name] == nil {
						f[name] = v
					}
				}
				req, err := http.NewRequest(http.MethodPost, "http://"+address+"/today/check", strings.NewReader(f.Encode()))
				if err == nil {
					req.Header.Set("Accept", "text/html")
					req.Header.Set("Sec-Fetch-Site", "same-origin")
					req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				}
				return req, err
			}}
	}}
}

// checkKey gives the key of a check: small letters.
func checkKey(client, i int) string {
	return strings.Map(func(r rune) rune { return 'a' + r - '0' }, fmt.Sprintf("%08d%08d", client, i))
}
