package config

import (
	"strings"
	"testing"
	"testing/fstest"
)

const twoPlaces = `
name: Northshire
councils: [{code: E10000099, name: Northshire County Council}]
providers: [{code: RZ1, name: Northgate}]
`

func parsed(t *testing.T, text string) (*Partnership, error) {
	t.Helper()
	return ParsePartnership(fstest.MapFS{"partnership.yaml": {Data: []byte(twoPlaces + text)}}, "partnership.yaml")
}

func TestPacksOfAFile(t *testing.T) {
	p, err := parsed(t, "")
	if err != nil || len(p.Packs) != 3 || p.Packs[1].Name != "weekly" {
		t.Fatalf("without the section: %+v, %v", p.Packs, err)
	}
	if p, err = parsed(t, "packs: []\n"); err != nil || len(p.Packs) != 0 {
		t.Fatalf("with an empty section: %+v, %v", p.Packs, err)
	}
	p, err = parsed(t, `
packs:
  - name: directors-weekly
    cron: "30 8 * * 1"
    period: week
    councils: [E10000099]
    recipients: [director@example.org]
    folder: /srv/packs
    public: true
mail: {host: smtp.example.org, from: homeward@example.org, address: "https://homeward.example.org/"}
`)
	if err != nil {
		t.Fatal(err)
	}
	if k := p.Packs[0]; k.Title != "Directors weekly pack" || !k.Public || p.Mail.Port != 587 || p.Mail.Security != "starttls" ||
		p.Mail.Address != "https://homeward.example.org" {
		t.Errorf("read as %+v with %+v", k, p.Mail)
	}
}

// A mail server on this machine may be spoken to in the clear.
func TestMailServerOfThisMachine(t *testing.T) {
	if p, err := parsed(t, "mail: {host: localhost, security: none, from: a@example.org, address: \"https://h.example.org\"}"); err != nil ||
		p.Mail.Port != 25 {
		t.Error(p, err)
	}
}

func TestPacksThatCannotBeMade(t *testing.T) {
	const mail = "mail: {host: smtp.example.org, from: homeward@example.org, address: \"https://homeward.example.org\"}\n"
	for _, c := range []struct{ name, text, want string }{
		{"a name with a digit", "packs: [{name: week1, cron: \"1 8 * * 1\"}]", "packs[1].name"},
		{"a name twice", "packs: [{name: a, cron: \"1 8 * * 1\"}, {name: a, cron: \"1 8 * * 1\"}]", "stands twice"},
		{"no times", "packs: [{name: weekly}]", "packs[1].cron"},
		{"a period that is none", "packs: [{name: weekly, cron: \"1 8 * * 1\", period: year}]", "day, week, month"},
		{"a council of elsewhere", "packs: [{name: weekly, cron: \"1 8 * * 1\", councils: [E10000008]}]", "packs[1].councils[1]"},
		{"a provider of elsewhere", "packs: [{name: weekly, cron: \"1 8 * * 1\", providers: [RK9]}]", "packs[1].providers[1]"},
		{"an address that is none", mail + "packs: [{name: weekly, cron: \"1 8 * * 1\", recipients: [director]}]", "packs[1].recipients[1]"},
		{"recipients and no mail", "packs: [{name: weekly, cron: \"1 8 * * 1\", recipients: [a@example.org]}]", "expected the section mail"},
		{"a folder without its path", "packs: [{name: weekly, cron: \"1 8 * * 1\", folder: packs}]", "whole path"},
		{"somebody without an address", strings.Replace(mail, "{", "{missing_to: [nobody], ", 1), "mail.missing_to"},
		{"somebody for jobs without an address", strings.Replace(mail, "{", "{jobs_to: [a@example.org, nobody], ", 1), "mail.jobs_to[2]"},
		{"metrics for nobody", "metrics: {token_file: \"\"}", "metrics.token_file"},
		{"a time when the clocks change", strings.Replace(mail, "{", "{missing_at: \"01:30\", ", 1), "mail.missing_at"},
		{"mail in the clear to another machine", "mail: {host: smtp.example.org, security: none, from: a@example.org, address: " +
			"\"https://h.example.org\"}", "mail.security"},
		{"a password that stands here", "mail: {host: h, from: a@example.org, user: u, address: \"https://h.example.org\"}",
			"user and password_file together"},
		{"links in the clear", "mail: {host: h, from: a@example.org, address: \"http://h.example.org\"}", "mail.address"},
		{"a key that is not known", "mail: {host: h, password: secret}", "mail.password"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parsed(t, c.text)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("says %v, which does not name %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("%v tells a password", err)
			}
		})
	}
}
