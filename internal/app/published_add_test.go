package app_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"homeward/internal/app"
	"homeward/internal/people"
)

// A file that an analyst sends with the form comes to what the command makes of
// it, down to the figures, the vintage and the audit log; its receipt has the
// publisher's totals.
func TestD8PublishedFileFromTheBrowser(t *testing.T) {
	file := shared(t, "published", "england", "drd_utla_month_2024_25.csv")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	same := func(s string) string { return s }
	byCommand, dir := copyExample(t, "england-acute", same), copyExample(t, "england-acute", same)
	must(t, "published", "add", "--data", byCommand, file, "--vintage", "2025-07-10")
	draw, err := app.NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), app.Options{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	site, signIn := a.Site(t, draw, people.Analyst)
	cookie := signIn(people.Analyst)
	send := func(name string, text []byte, vintage string) *httptest.ResponseRecorder {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		_ = form.WriteField("vintage", vintage)
		part, err := form.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(text)
		_ = form.Close()
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/published/add", &b)
		r.Header.Set("Cookie", cookie)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Content-Type", form.FormDataContentType())
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		return w
	}
	get := func(target string) string {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080"+target, nil)
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", target, w.Code, w.Body)
		}
		text, _ := io.ReadAll(w.Body)
		return string(text)
	}
	for name, try := range map[string]struct{ text, vintage, want string }{
		"patients.csv":   {"NHS number,Name,Ready\n9434765919,A,2026-01-01\n", "", "no published file that can be read"},
		"later.csv":      {string(text), "2999-01-01", "is after today"},
		"9434765919.csv": {string(text), "", "reads as an NHS number"},
	} {
		if w := send(name, []byte(try.text), try.vintage); w.Code != http.StatusUnprocessableEntity ||
			!strings.Contains(w.Body.String(), try.want) || strings.Contains(w.Body.String(), "9434765919") {
			t.Errorf("P1, D8 %s: %d, expected %q", try.want, w.Code, try.want)
		}
	}
	w := send(`C:\downloads\drd_utla_month_2024_25.csv`, text, "2025-07-10")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/published/files/1" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if again := send("other.csv", text, ""); again.Code != http.StatusSeeOther || again.Header().Get("Location") != "/published/files/1" {
		t.Errorf("the same bytes again: %d %s", again.Code, again.Header().Get("Location"))
	}
	totals := map[string]string{}
	rows, err := csv.NewReader(strings.NewReader(get("/published/files/1.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		totals[r[4]] = r[12]
	}
	if totals["bed_days"] != "3192412" || totals["discharges"] != "3866913" {
		t.Errorf("the receipt comes to %v", totals)
	}
	if page := get("/published/files/1"); !strings.Contains(page, "7,344 figures of April 2024 to March 2025, vintage 2025-07-10 (given)") {
		t.Error("the receipt does not say what the file is")
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	figures := []string{"published", "figures", "--series", "england-discharge-ready-date", "--every", "--data"}
	if must(t, append(figures, dir)...) != must(t, append(figures, byCommand)...) {
		t.Error("the form and the command come to different figures")
	}
	one, other := csvRows(t, must(t, "published", "list", "--data", dir)), csvRows(t, must(t, "published", "list", "--data", byCommand))
	if len(one) != 1 || len(other) != 1 {
		t.Fatalf("%v, %v", one, other)
	}
	for _, column := range []string{"series", "vintage", "vintage_from", "first", "last", "figures", "name", "sha256", "notes"} {
		if one[0][column] != other[0][column] {
			t.Errorf("%s: %q by the form, %q by the command", column, one[0][column], other[0][column])
		}
	}
	if one[0]["added_by"] != "analyst@partnership.example" && !strings.Contains(one[0]["added_by"], "analyst") {
		t.Errorf("added by %q", one[0]["added_by"])
	}
	if log := must(t, "audit", "export", "--data", dir); strings.Count(log, "published file added") != 1 {
		t.Errorf("the audit log has %d entries of it", strings.Count(log, "published file added"))
	}
}
