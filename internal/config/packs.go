package config

import (
	"net/mail"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Pack is one line of the section packs of the partnership file: charts that
// are made by themselves at set times.
type Pack struct {
	// Name stands in addresses and in the record of jobs: small letters and
	// hyphens, such as weekly. Each pack has its own.
	Name string `yaml:"name"`
	// Title is what people read, "Weekly pack" by default from the name.
	Title string `yaml:"title"`
	// Cron is when it is made, London time, in the five fields of cron: minute,
	// hour, day of the month, month, day of the week. Words say the same for
	// people and may be left out where the times are simple.
	Cron  string `yaml:"cron"`
	Words string `yaml:"words"`
	// Period is up to when its figures run: day (the latest extract), week (the
	// last Sunday) or month (the last day of the month before). Empty means day.
	Period string `yaml:"period"`
	// Providers and Councils are codes of this file; empty means all.
	Providers List `yaml:"providers"`
	Councils  List `yaml:"councils"`
	// Recipients are e-mail addresses that are told that it is ready; it needs
	// the section mail. Folder is a folder into which it is copied as well.
	Recipients List   `yaml:"recipients"`
	Folder     string `yaml:"folder"`
	// Public says that the pack may leave the partnership: its figures are
	// suppressed and rounded (P3), and what they cannot show is left out.
	Public bool `yaml:"public"`
}

// The values of Period.
const (
	PackOfDay   = "day"
	PackOfWeek  = "week"
	PackOfMonth = "month"
)

// Mail is the section mail of the partnership file: the server that mail is
// handed to.
type Mail struct {
	Host string `yaml:"host"`
	// Port is 587 by default, 465 with tls.
	Port int `yaml:"port"`
	// Security is starttls (the default), tls, or none, which only a server on
	// this machine may have.
	Security string `yaml:"security"`
	From     string `yaml:"from"`
	// User and PasswordFile are the account, both empty for none. The password
	// stands in a file of its own, never in this one.
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	// AuthorityFile holds the certificates, in PEM, of an authority of your own
	// that vouches for the server.
	AuthorityFile string `yaml:"authority_file"`
	// Address is Homeward's own address as people type it, for the links.
	Address string `yaml:"address"`
	// MissingTo are e-mail addresses that are told when an extract that was due has
	// not come or is held, each morning at MissingAt, London time, 9:30 by default.
	MissingTo List   `yaml:"missing_to"`
	MissingAt string `yaml:"missing_at"`
	// JobsTo are e-mail addresses that are told when a job does not finish, and when
	// it works again.
	JobsTo List `yaml:"jobs_to"`
}

// MissingAt is when missing extracts are looked for where the partnership file
// says nothing.
const MissingAt = "09:30"

// DefaultPacks are the packs of a partnership file that says nothing of packs.
func DefaultPacks() []Pack {
	return []Pack{
		{Name: "morning", Title: "Morning pack", Cron: "15 7 * * *", Period: PackOfDay},
		{Name: "weekly", Title: "Weekly pack", Cron: "45 7 * * 1", Period: PackOfWeek},
		{Name: "monthly", Title: "Monthly pack", Cron: "0 8 2 * *", Period: PackOfMonth},
	}
}

var packName = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// checkPacks validates the sections packs and mail and fills in the defaults.
// Times are package schedule's to judge.
func (p *Partnership) checkPacks(d *document) {
	if p.Packs == nil {
		p.Packs = DefaultPacks()
	}
	names := map[string]bool{}
	for i := range p.Packs {
		k := &p.Packs[i]
		at := func(rest ...any) []any { return append([]any{"packs", i}, rest...) }
		switch {
		case !packName.MatchString(k.Name) || len(k.Name) > 40:
			d.add(at("name"), "found %q, expected a name of small letters and hyphens, such as weekly", k.Name)
		case names[k.Name]:
			d.add(at("name"), "%s stands twice; give each pack a name of its own", k.Name)
		}
		names[k.Name] = true
		if k.Title == "" && k.Name != "" {
			words := strings.ReplaceAll(k.Name, "-", " ")
			k.Title = strings.ToUpper(words[:1]) + words[1:] + " pack"
		}
		if k.Cron == "" {
			d.add(at("cron"), "expected when it is made, such as \"45 7 * * 1\" for every Monday at 7:45am, in quotation marks")
		}
		if k.Period == "" {
			k.Period = PackOfDay
		}
		oneOf(d, at("period"), k.Period, PackOfDay, PackOfWeek, PackOfMonth)
		for j, code := range k.Providers {
			if !slices.ContainsFunc(p.Providers, func(v Provider) bool { return v.Code == code }) {
				d.add(at("providers", j), "found %q, expected the code of a provider of this file", code)
			}
		}
		for j, code := range k.Councils {
			if !slices.ContainsFunc(p.Councils, func(c Council) bool { return c.Code == code }) {
				d.add(at("councils", j), "found %q, expected the code of a council of this file", code)
			}
		}
		for j, to := range k.Recipients {
			if badAddress(to) {
				d.add(at("recipients", j), "found %q, expected an e-mail address such as name@example.org", to)
			}
		}
		if len(k.Recipients) > 0 && p.Mail == nil {
			d.add(at("recipients"), "expected the section mail, which says how mail is sent")
		}
		if k.Folder != "" && !filepath.IsAbs(k.Folder) {
			d.add(at("folder"), "found %q, expected a folder by its whole path, such as /srv/packs", k.Folder)
		}
	}
	if p.Mail != nil {
		p.Mail.check(d)
	}
}

func (m *Mail) check(d *document) {
	at := func(key string) []any { return []any{"mail", key} }
	if m.Security == "" {
		m.Security = "starttls"
	}
	oneOf(d, at("security"), m.Security, "starttls", "tls", "none")
	switch {
	case m.Host == "":
		d.add(at("host"), "expected the name of the mail server")
	case m.Security == "none" && !loopback(&url.URL{Scheme: "http", Host: m.Host}):
		d.add(at("security"), "found none, which only a server on this machine may have; expected starttls or tls")
	}
	if m.Port == 0 {
		m.Port = map[string]int{"tls": 465, "none": 25}[m.Security]
		if m.Port == 0 {
			m.Port = 587
		}
	} else if m.Port < 1 || m.Port > 65535 {
		d.add(at("port"), "found %d, expected a port from 1 to 65535", m.Port)
	}
	if badAddress(m.From) {
		d.add(at("from"), "found %q, expected the e-mail address that mail comes from", m.From)
	}
	if (m.User == "") != (m.PasswordFile == "") {
		d.add(at("user"), "expected user and password_file together, or neither")
	}
	if m.User != "" && m.Security == "none" {
		d.add(at("user"), "found a user without a secured line; expected security: starttls or tls")
	}
	if u, err := url.Parse(m.Address); err != nil || u.Host == "" || (u.Scheme != "https" && !loopback(u)) {
		d.add(at("address"), "found %q, expected Homeward's own address, which begins with https://", m.Address)
	}
	m.Address = strings.TrimSuffix(m.Address, "/")
	for _, list := range []struct {
		key string
		to  List
	}{{"missing_to", m.MissingTo}, {"jobs_to", m.JobsTo}} {
		for i, to := range list.to {
			if badAddress(to) {
				d.add([]any{"mail", list.key, i}, "found %q, expected an e-mail address such as name@example.org", to)
			}
		}
	}
	switch {
	case m.MissingAt == "":
		m.MissingAt = MissingAt
	case !dueTime.MatchString(m.MissingAt) || strings.HasPrefix(m.MissingAt, "01:"):
		// Between 1am and 2am the clocks change.
		d.add(at("missing_at"), "found %q, expected a time of day such as \"09:30\", in quotation marks, not between 1am and 2am", m.MissingAt)
	}
}

// badAddress says that a text is not one plain e-mail address.
func badAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err != nil || a.Address != s
}
