package app_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/csv"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/app"
)

// reader is a person at a browser of their own.
type reader struct {
	s      *served
	client *http.Client
}

func (s *served) reader() *reader {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &reader{s, &http.Client{Jar: jar}}
}

// open asks for a page, or posts a form when there are fields, and gives the
// page that the browser ends at.
func (r *reader) open(path string, fields ...string) (int, string, *goquery.Document) {
	r.s.t.Helper()
	method, body := http.MethodGet, ""
	if len(fields) > 0 {
		form := url.Values{}
		for i := 0; i+1 < len(fields); i += 2 {
			form.Add(fields[i], fields[i+1])
		}
		method, body = http.MethodPost, form.Encode()
	}
	req, err := http.NewRequestWithContext(r.s.t.Context(), method, "http://"+r.s.address+path, strings.NewReader(body))
	if err != nil {
		r.s.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		r.s.t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(text)))
	if err != nil {
		r.s.t.Fatal(err)
	}
	return res.StatusCode, res.Request.URL.RequestURI() + "\n" + string(text), doc
}

const journeyPassword = "tulip canal mauve"

// staff adds a person and signs them in.
func (c child) staff(s *served, email string, args ...string) *reader {
	s.t.Helper()
	f := c.run(s.t, append([]string{"user", "add", email, "--data", c.data(), "--name", "A. Person"}, args...)...)
	link := regexp.MustCompile(`/choose-password/\S+`).FindString(f.out)
	if link == "" {
		s.t.Fatalf("user add ended with %d: %s%s", f.status, f.out, f.errs)
	}
	r := s.reader()
	if status, page, _ := r.open(link, "password", journeyPassword); status != 200 || !strings.Contains(page, "Your password is set") {
		s.t.Fatalf("choosing a password: %d %s", status, last(page, 500))
	}
	if status, page, _ := r.open(link, "password", journeyPassword); status != http.StatusNotFound {
		s.t.Errorf("the link worked twice: %d %s", status, last(page, 500))
	}
	if status, page, _ := r.open("/sign-in", "email", email, "password", journeyPassword); status != 200 ||
		strings.HasPrefix(page, "/sign-in") {
		s.t.Fatalf("signing in: %d %s", status, last(page, 500))
	}
	return r
}

// checked gives the test number of the NHS number's range for tests with its
// check digit, or nothing when there is none.
func checked(n int) string {
	digits := fmt.Sprintf("999%06d", n)
	sum := 0
	for i, d := range digits {
		sum += int(d-'0') * (10 - i)
	}
	switch check := 11 - sum%11; check {
	case 10:
		return ""
	case 11:
		return digits + "0"
	default:
		return digits + strconv.Itoa(check)
	}
}

// total adds up the column of delayed days of a CSV.
func total(t testing.TB, text string) int {
	t.Helper()
	_, text, _ = strings.Cut(text, "\n") // the address
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%v in %s", err, last(text, 300))
	}
	n, at := 0, -1
	for i, name := range rows[0] {
		if name == "delayed_days" {
			at = i
		}
	}
	for _, row := range rows[1:] {
		d, err := strconv.Atoi(row[at])
		if err != nil {
			t.Fatal(err)
		}
		n += d
	}
	return n
}

// TestPeopleSeeWhatIsTheirs walks through the whole program as people of several
// roles and organisations: who sees which rows, who sees numbers, what is noted,
// and what no log ever holds.
func TestPeopleSeeWhatIsTheirs(t *testing.T) {
	skipShort(t)
	t.Parallel()
	c := newChild(t)
	if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(c.data(), "partnership.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(text, "\nsign_in:\n  require_second_factor: false\n  help: Sam on 01234 567890\n"...),
		0o600); err != nil {
		t.Fatal(err)
	}
	s := c.serve(t)
	var numbers []string
	for _, date := range []string{"2026-03-10", "2026-03-11"} {
		extract := northgate(date, 1, 30)
		for i := 1; i <= 30; i++ {
			if n := checked(i); n != "" {
				extract = strings.Replace(extract, fmt.Sprintf("L%05d,,", i), fmt.Sprintf("L%05d,%s,", i, n), 1)
				numbers = append(numbers, n)
			}
			numbers = append(numbers, fmt.Sprintf("L%05d", i))
		}
		s.upload = c.token(t, "upload", "--for", "RZ1")
		if status, r := s.send("RZ1_"+date+".csv", extract); status != http.StatusCreated {
			t.Fatalf("%d %s", status, r.Reason)
		}
	}
	t.Run("a token of another provider may not send this file", func(t *testing.T) {
		other := *s
		other.upload = c.token(t, "upload", "--for", "RZ2")
		res, err := other.ask(http.MethodPost, "/api/v1/extracts?name=RZ1_2026-03-12.csv", other.upload,
			strings.NewReader(northgate("2026-03-12", 1, 30)))
		if err != nil || res.StatusCode != http.StatusForbidden {
			t.Fatalf("%v %v", res, err)
		}
		res.Body.Close()
	})
	t.Run("P1 nor does it get the receipt of one that was taken", func(t *testing.T) {
		other := *s
		other.upload = c.token(t, "upload", "--for", "RZ2")
		sent := ""
		for _, date := range []string{"2026-03-10", "2026-03-11"} {
			extract := northgate(date, 1, 30)
			for i := 1; i <= 30; i++ {
				if n := checked(i); n != "" {
					extract = strings.Replace(extract, fmt.Sprintf("L%05d,,", i), fmt.Sprintf("L%05d,%s,", i, n), 1)
				}
			}
			for _, name := range []string{"RZ1_" + date + ".csv", "RZ2_" + date + ".csv", "any.csv"} {
				res, err := other.ask(http.MethodPost, "/api/v1/extracts?name="+name, other.upload, strings.NewReader(extract))
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(res.Body)
				res.Body.Close()
				if err != nil || res.StatusCode != http.StatusForbidden || strings.Contains(string(text), "RZ1") ||
					strings.Contains(string(text), "rows_read") {
					t.Errorf("%s: %d %s", name, res.StatusCode, text)
				}
				if message := regexp.MustCompile(`"message":"[^"]*"`).FindString(string(text)); sent == "" {
					sent = message
				} else if message != sent {
					t.Errorf("%s is answered %s, another %s", name, message, sent)
				}
			}
		}
	})
	own := c.staff(s, "cora@northshire.example", "--role", "coordinator", "--for", "RZ1")
	elsewhere := c.staff(s, "omar@northshire.example", "--role", "coordinator", "--for", "RZ2")
	council := c.staff(s, "rita@northshire.example", "--role", "reviewer", "--for", "E10000099")
	director := c.staff(s, "dana@northshire.example", "--role", "director", "--for", "RZ1")
	viewer := c.staff(s, "vera@northshire.example", "--role", "viewer")
	admin := c.staff(s, "ada@northshire.example", "--role", "administrator")

	const query = "?from=2026-03-01&to=2026-03-31"
	_, page, _ := viewer.open("/figures.csv" + query + "&by=provider")
	figure := total(t, page)
	var reference string
	for name, r := range map[string]struct {
		*reader
		sees bool
	}{"own": {own, true}, "elsewhere": {elsewhere, false}, "council": {council, true}, "director": {director, true},
		"viewer": {viewer, false}, "administrator": {admin, false}} {
		t.Run("P1 rows behind a figure: "+name, func(t *testing.T) {
			status, page, doc := r.open("/days" + query)
			rows := doc.Find("#days tbody tr")
			if status != 200 || (rows.Length() > 0) != r.sees || (doc.Find("#outside").Length() == 0) != r.sees {
				t.Errorf("%d: %d rows, outside %q", status, rows.Length(), doc.Find("#outside").Text())
			}
			_, file, _ := r.open("/days.csv" + query)
			want := 0
			if r.sees {
				want = figure
			}
			if got := total(t, file); got != want {
				t.Errorf("the rows hold %d delayed days, the figure %d", got, want)
			}
			for _, n := range numbers {
				if strings.Contains(page+file, n) {
					t.Fatalf("a list holds %s", n)
				}
			}
			if name == "own" {
				reference = rows.First().Find("th a").Text()
			}
		})
	}
	t.Run("each number of the table opens rows that add up to it", func(t *testing.T) {
		_, _, doc := own.open("/figures" + query + "&grain=day&by=reason,responsible,council")
		links := doc.Find(`#figures tbody a[href^="/days"]`)
		if links.Length() < 2 {
			t.Fatalf("%d links", links.Length())
		}
		links.Each(func(_ int, a *goquery.Selection) {
			href, _ := a.Attr("href")
			_, _, behind := own.open(href)
			want := strings.TrimSpace(a.Text())
			if lede := behind.Find(".app-lede").Text(); !strings.HasPrefix(lede, want+" delayed day") ||
				!strings.Contains(lede, ": "+want+" day") || behind.Find("#outside").Length() != 0 {
				t.Errorf("%s opens %q, expected %s days", href, lede, want)
			}
		})
	})
	for name, r := range map[string]struct {
		*reader
		want int
	}{"own": {own, 200}, "council": {council, 200}, "elsewhere": {elsewhere, 404}, "director": {director, 403}, "viewer": {viewer, 403},
		"administrator": {admin, 403}} {
		t.Run("P2 numbers: "+name, func(t *testing.T) {
			status, page, doc := r.open("/days/"+reference+"/identifiers"+query, "ask", "yes")
			shown := doc.Find("#numbers dd").Last().Text()
			if status != r.want || strings.HasPrefix(shown, "L") != (r.want == 200) {
				t.Errorf("%d, shown %q: %s", status, shown, last(page, 300))
			}
		})
	}
	t.Run("too many tries at one account", func(t *testing.T) {
		r := s.reader()
		status, page := 0, ""
		for range 6 {
			status, page, _ = r.open("/sign-in", "email", "vera@northshire.example", "password", "not the password")
		}
		if status != http.StatusTooManyRequests || !strings.Contains(page, "Try again in 15 minutes, or contact Sam on 01234 567890") {
			t.Errorf("%d %s", status, last(page, 500))
		}
	})
	t.Run("the administrator adds, grants, revokes and makes tokens", func(t *testing.T) {
		_, page, doc := admin.open("/admin/users/new", "name", "Nell", "email", "nell@northshire.example", "role", "reviewer", "for", "RZ1")
		link := regexp.MustCompile(`/choose-password/\S+`).FindString(doc.Find("#once").Text())
		if link == "" {
			t.Fatal(last(page, 800))
		}
		if status, page, _ := s.reader().open(link); status != 200 {
			t.Errorf("the link: %d %s", status, last(page, 300))
		}
		for form, want := range map[string]string{"email=nell@northshire.example": "already exists",
			"email=new@northshire.example&role=reviewer": "Name at least one", "email=x": "correct format"} {
			fields := []string{"name", "N"}
			values, _ := url.ParseQuery(form)
			if values.Get("role") == "" {
				values.Set("role", "viewer")
			}
			for k, v := range values {
				fields = append(fields, k, v[0])
			}
			if _, page, doc := admin.open("/admin/users/new", fields...); !strings.Contains(doc.Find(".nhsuk-error-summary").Text(), want) {
				t.Errorf("%s: %s", form, last(page, 300))
			}
		}
		_, _, doc = admin.open("/admin/users")
		href, _ := doc.Find(`#users a:contains("Nell")`).Attr("href")
		if _, page, _ := admin.open(href+"/grant", "role", "viewer"); !strings.Contains(page, "Nell is now Viewer") {
			t.Error(last(page, 500))
		}
		if _, page, doc := admin.open(href+"/deactivate", "x", "y"); doc.Find(".nhsuk-panel--interruption").Length() != 1 {
			t.Error("deactivating is not asked about: " + last(page, 300))
		}
		if _, page, _ := admin.open(href+"/deactivate", "sure", "yes"); !strings.Contains(page, "signed out everywhere") {
			t.Error(last(page, 300))
		}
		_, _, doc = admin.open("/admin/tokens", "kind", "screen", "label", "Board room")
		screen := regexp.MustCompile(`/screen/\S+`).FindString(doc.Find("#once").Text())
		projector := s.reader()
		projector.open(screen, "show", "yes")
		if status, _, _ := projector.open("/packs"); status != 200 {
			t.Errorf("the projector: %d", status)
		}
		if status, _, _ := projector.open("/days"); status != http.StatusForbidden {
			t.Errorf("the projector sees rows: %d", status)
		}
	})
	t.Run("the last administrator stays", func(t *testing.T) {
		_, _, doc := admin.open("/admin/users")
		href, _ := doc.Find(`#users tr:contains("ada@northshire.example") a`).Attr("href")
		_, _, doc = admin.open(href)
		grant, _ := doc.Find(`input[name="grant"]`).Attr("value")
		if status, page, _ := admin.open(href+"/revoke", "grant", grant, "sure", "yes"); status != http.StatusConflict ||
			!strings.Contains(page, "You cannot remove your own administrator role") {
			t.Errorf("%d %s", status, last(page, 300))
		}
	})
	t.Run("who is deactivated is out at the next page", func(t *testing.T) {
		if f := c.run(t, "user", "deactivate", "omar@northshire.example", "--data", c.data()); f.status != app.ExitDone {
			t.Fatal(f.errs)
		}
		if _, page, _ := elsewhere.open("/days"); !strings.HasPrefix(page, "/sign-in?ended=yes") {
			t.Error(last(page, 200))
		}
	})
	t.Run("a changed password signs other browsers out", func(t *testing.T) {
		second := s.reader()
		second.open("/sign-in", "email", "dana@northshire.example", "password", journeyPassword)
		if _, page, _ := director.open("/account/password", "old", journeyPassword, "password", "walnut ferry ochre"); !strings.Contains(page,
			"Your password is changed") {
			t.Fatal(last(page, 500))
		}
		if _, page, _ := director.open("/account"); !strings.HasPrefix(page, "/account\n") {
			t.Error("the browser that changed it is signed out")
		}
		if _, page, _ := second.open("/account"); !strings.HasPrefix(page, "/sign-in") {
			t.Error("another browser is still signed in")
		}
	})
	t.Run("P2 the log says who saw what and is whole", func(t *testing.T) {
		_, page, doc := admin.open("/admin/audit?what=identifier+seen")
		seen := doc.Find("#audit tbody tr").Map(func(_ int, tr *goquery.Selection) string {
			who, _, _ := strings.Cut(tr.Find("td").Eq(1).Text(), " ")
			return who + " " + strings.TrimPrefix(tr.Find("td").Eq(2).Text(), "Identifier seen ")
		})
		if len(seen) != 2 || !slices.Contains(seen, "cora@northshire.example "+reference) ||
			!slices.Contains(seen, "rita@northshire.example "+reference) {
			t.Errorf("noted %q", seen)
		}
		_, file, _ := admin.open("/admin/audit.csv")
		for _, want := range []string{"sign-in refused", "person deactivated", "token made", "rows exported", "password changed",
			"role granted"} {
			if !strings.Contains(file, want) {
				t.Errorf("the log does not say: %s", want)
			}
		}
		for _, n := range numbers {
			if strings.Contains(page+file, n) {
				t.Fatalf("the audit log holds %s", n)
			}
		}
		if f := c.run(t, "audit", "verify", "--data", c.data()); f.status != app.ExitDone || !strings.Contains(f.out, "whole") {
			t.Errorf("%d %s%s", f.status, f.out, f.errs)
		}
	})
	if status := s.stop(); status != app.ExitDone {
		t.Errorf("it stopped with %d", status)
	}
	t.Run("R8 the program's own log holds no number, password, token or name", func(t *testing.T) {
		log := s.errs.String()
		if !strings.Contains(log, "request") {
			t.Fatal("there is no log to look at")
		}
		for _, secret := range append(numbers, journeyPassword, "walnut ferry", "hw_", "@northshire.example", "A. Person", reference) {
			if strings.Contains(log, secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
	})
}

func TestWhereTheServerListens(t *testing.T) {
	c := newChild(t)
	if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"a network address without TLS": {"--listen", "0.0.0.0:0"},
		"a certificate without its key": {"--tls-cert", "cert.pem"},
		"a certificate that is not one": {"--tls-cert", "partnership.yaml", "--tls-key", "partnership.yaml"},
		"an address that is not one":    {"--listen", "8080"},
	} {
		t.Run(name, func(t *testing.T) {
			if f := c.run(t, append([]string{"serve", "--data", c.data()}, args...)...); f.status == app.ExitDone || f.errs == "" {
				t.Errorf("ended with %d: %s", f.status, f.errs)
			}
		})
	}
	t.Run("the demonstration stays on this machine", func(t *testing.T) {
		if f := c.run(t, "demo", "--data", c.data(), "--listen", "0.0.0.0:0", "--plain-http"); f.status != app.ExitUsage ||
			!strings.Contains(f.errs, "this machine only") {
			t.Errorf("ended with %d: %s", f.status, f.errs)
		}
	})
}

// certificate writes a certificate that vouches for itself and gives its files.
func certificate(t testing.TB, dir string) (cert, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	what := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, what, what, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: sealed}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// Over TLS browsers are told to come back over TLS, and the session's cookie is
// sent over nothing else.
func TestServeOverTLS(t *testing.T) {
	t.Parallel()
	c := newChild(t)
	if err := os.CopyFS(c.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	cert, key := certificate(t, c.home)
	s := c.serve(t, "--tls-cert", cert, "--tls-key", key)
	pool := x509.NewCertPool()
	text, err := os.ReadFile(cert)
	if err != nil || !pool.AppendCertsFromPEM(text) {
		t.Fatal(err)
	}
	client := &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	ask := func(path string, form url.Values) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+s.address+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	f := c.run(t, "user", "add", "ada@northshire.example", "--data", c.data(), "--role", "administrator")
	link := regexp.MustCompile(`/choose-password/\S+`).FindString(f.out)
	ask(link, url.Values{"password": {journeyPassword}})
	res := ask("/sign-in", url.Values{"email": {"ada@northshire.example"}, "password": {journeyPassword}})
	cookie := res.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-homeward=", "Secure", "HttpOnly", "SameSite=Lax"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie is without %s", want)
		}
	}
	if got := res.Header.Get("Strict-Transport-Security"); !strings.HasPrefix(got, "max-age=31536000") {
		t.Errorf("HSTS is %q", got)
	}
	if got := res.Header.Get("Location"); got != "/sign-in/set-up" {
		t.Errorf("a password alone leads to %q", got)
	}
	if f := c.run(t, "healthcheck", "--tls", "--listen", s.address); f.status != app.ExitDone {
		t.Errorf("healthcheck ended with %d: %s", f.status, f.errs)
	}
	if status := s.stop(); status != app.ExitDone {
		t.Errorf("it stopped with %d", status)
	}
}
