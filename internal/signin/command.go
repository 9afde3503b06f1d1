package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"homeward/internal/audit"
	"homeward/internal/csvout"
	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// Commands is what the command line does with accounts, tokens, the key and
// the audit log. Whoever can run it on the machine holds the data, so it asks
// for no password; the audit log names it as "command line".
type Commands struct {
	Service *Service
	Out     io.Writer
	// Address is Homeward's own address, put before links; empty gives the path
	// alone.
	Address string
}

var machine = people.Actor{Kind: people.Machine}

// PasswordPath is the path of a password link, before its text.
const PasswordPath = "/choose-password/"

// ScreenPath is the path of a screen link, before its text.
const ScreenPath = "/screen/"

// UserAdd adds an account with one role, and prints the link by which the
// person chooses a password; nobody is ever given one. organisations are codes
// of the partnership file. work ties the account to the person's work account
// at their first sign-in with it, and prints no link.
func (c Commands) UserAdd(ctx context.Context, email, name string, role people.Role, organisations []string, work bool) error {
	p, err := c.newPerson(email, name, role, organisations)
	if err != nil {
		return err
	}
	if work && c.Service.Partnership().SignIn.WorkAccount == nil {
		return problem.New(problem.Invalid, "Work accounts are not set up. Add sign_in.work_account to the partnership file, or add the user "+
			"without a work account.")
	}
	p.AwaitsWorkAccount = work
	// It is said that somebody was added once they were; a link is then said too,
	// or taken back.
	var text string
	_, link, err := c.Service.AddPerson(ctx, machine, p, func(t string) error { text = t; return nil })
	if err != nil {
		return err
	}
	words := fmt.Sprintf("Added %s as %s.\n", p.Email, p.Grants[0])
	if work {
		_, err = fmt.Fprint(c.Out, words+"They sign in with their work account.\n")
		return unsaid(err, "%s was added as %s, though it could not be printed", p.Email, p.Grants[0])
	}
	if _, err = fmt.Fprint(c.Out, words+c.linkWords(text)); err == nil {
		return nil
	}
	err = unsaid(err, "%s was added as %s, but the link could not be printed and was taken back. Make another with: homeward user link %s",
		p.Email, p.Grants[0], p.Email)
	return errors.Join(err, c.Service.Store.RevokeToken(ctx, machine, link))
}

// unsaid is the error of a command that was done and could not say so.
func unsaid(err error, words string, args ...any) error {
	if err == nil {
		return nil
	}
	return problem.Wrap(err, problem.Unavailable, words, args...)
}

func (c Commands) newPerson(email, name string, role people.Role, organisations []string) (people.Person, error) {
	email, err := people.NormaliseEmail(email)
	if err != nil {
		return people.Person{}, err
	}
	if name = strings.TrimSpace(name); name == "" {
		name = email
	}
	g, err := people.NewGrant(role, organisations, c.Service.Organisations())
	return people.Person{Email: email, Name: name, Grants: []people.Grant{g}}, err
}

func (c Commands) link(ctx context.Context, id int64) error {
	return c.Service.PasswordLink(ctx, machine, id, func(text string) error {
		_, err := fmt.Fprint(c.Out, c.linkWords(text))
		return unsaid(err, "The link could not be printed, so none was made")
	})
}

func (c Commands) linkWords(text string) string {
	return "Give them this link, by a way that only they can read. It works once, for three days, to choose a password:\n" + c.Address +
		PasswordPath + text + "\n"
}

// UserLink prints a new password link for an account, for a person who cannot
// sign in.
func (c Commands) UserLink(ctx context.Context, email string) error {
	p, err := c.person(ctx, email)
	if err != nil {
		return err
	}
	return c.link(ctx, p.ID)
}

func (c Commands) person(ctx context.Context, email string) (people.Person, error) {
	email, err := people.NormaliseEmail(email)
	if err != nil {
		return people.Person{}, err
	}
	return c.Service.Store.PersonByEmail(ctx, email)
}

// UserList prints every account, one a line.
func (c Commands) UserList(ctx context.Context) error {
	all, err := c.Service.Store.People(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "EMAIL\tNAME\tROLES\tLAST SIGNED IN\tSTATE")
	for _, p := range all {
		var roles []string
		for _, g := range p.Grants {
			roles = append(roles, fmt.Sprintf("%s [%d]", g, g.ID))
		}
		last := "never"
		if !p.LastSignedIn.IsZero() {
			last = p.LastSignedIn.Format("2006-01-02 15:04")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", p.Email, p.Name, strings.Join(roles, "; "), last, State(p))
	}
	return w.Flush()
}

// State gives where an account stands, in the words of the users page.
func State(p people.Person) string {
	switch {
	case p.Deactivated:
		return "Deactivated"
	case p.WorkAccount:
		return "Active, work account"
	case p.AwaitsWorkAccount:
		return "Waiting for first sign-in with work account"
	case !p.HasPassword:
		return "Waiting for a password to be chosen"
	case !p.SecondFactor:
		return "Active, no second factor"
	default:
		return "Active"
	}
}

// UserGrant gives an account another role.
func (c Commands) UserGrant(ctx context.Context, email string, role people.Role, organisations []string) error {
	p, err := c.person(ctx, email)
	if err != nil {
		return err
	}
	g, err := people.NewGrant(role, organisations, c.Service.Organisations())
	if err != nil {
		return err
	}
	if _, err = c.Service.Store.AddGrant(ctx, machine, p.ID, g); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Out, "%s is now %s too.\n", p.Email, g)
	return unsaid(err, "%s is now %s too, though it could not be printed", p.Email, g)
}

// UserRevoke takes a role from an account, by the number in UserList.
func (c Commands) UserRevoke(ctx context.Context, email string, grant int64) error {
	p, err := c.person(ctx, email)
	if err != nil {
		return err
	}
	if err := c.Service.Store.RevokeGrant(ctx, machine, p.ID, grant); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Out, "Took role %d from %s.\n", grant, p.Email)
	return unsaid(err, "Role %d was taken from %s, though it could not be printed", grant, p.Email)
}

// UserDeactivate deactivates an account, which ends its sessions at once, or
// activates it again.
func (c Commands) UserDeactivate(ctx context.Context, email string, deactivate bool) error {
	p, err := c.person(ctx, email)
	if err != nil {
		return err
	}
	if err := c.Service.Store.SetDeactivated(ctx, machine, p.ID, deactivate); err != nil {
		return err
	}
	state := map[bool]string{true: "deactivated and signed out everywhere", false: "active again"}[deactivate]
	_, err = fmt.Fprintf(c.Out, "%s is %s.\n", p.Email, state)
	return unsaid(err, "%s is %s, though it could not be printed", p.Email, state)
}

// UserResetSecondFactor takes the second factor from a person who has lost it.
func (c Commands) UserResetSecondFactor(ctx context.Context, email string) error {
	p, err := c.person(ctx, email)
	if err != nil {
		return err
	}
	if err := c.Service.RemoveSecondFactor(ctx, machine, p.ID); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Out, "%s has no second factor now.\n", p.Email)
	return unsaid(err, "%s has no second factor now, though it could not be printed", p.Email)
}

// TokenAdd makes a token (upload, figures) or a screen link and prints it once.
// days is how long it stands, 0 for what is usual.
func (c Commands) TokenAdd(ctx context.Context, kind people.TokenKind, label string, days int, providers []string) error {
	return c.Service.MakeToken(ctx, machine, kind, label, days, providers, func(t people.Token, text string) error {
		if kind == people.ScreenLink {
			text = c.Address + ScreenPath + text
		}
		_, err := fmt.Fprintf(c.Out, "Copy this now; it is not shown again. It stands until %s. To revoke it: homeward token revoke %s\n%s\n",
			t.ExpiresAt.Format("2 January 2006"), t.ID, text)
		return unsaid(err, "The token could not be printed, so none was made")
	})
}

// TokenList prints every token and screen link, one a line.
func (c Commands) TokenList(ctx context.Context) error {
	all, err := c.Service.Store.Tokens(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tFOR\tKIND\tPROVIDERS\tEXPIRES\tLAST USED\tSTATE")
	for _, t := range all {
		state, used := "In force", "never"
		switch {
		case !t.RevokedAt.IsZero():
			state = "Revoked"
		case !t.InForce(c.Service.Now()):
			state = "Expired"
		}
		if !t.LastUsed.IsZero() {
			used = t.LastUsed.Format(time.DateOnly)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Label, t.Kind, strings.Join(t.Providers, " "), t.ExpiresAt.Format(time.DateOnly),
			used, state)
	}
	return w.Flush()
}

// TokenRevoke ends a token or screen link.
func (c Commands) TokenRevoke(ctx context.Context, id string) error {
	if err := c.Service.Store.RevokeToken(ctx, machine, id); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.Out, "Revoked %s.\n", id)
	return unsaid(err, "Token %s was revoked, though it could not be printed", id)
}

// KeyRotate replaces the key at path. The rotation is done even when what it
// replaced could not be wiped yet, which it then says.
func KeyRotate(ctx context.Context, store KeyStore, path string, out io.Writer) error {
	n, err := RotateKey(ctx, store, path, machine)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The identifiers of %d patients are sealed with a new key. The former key is beside it, with %s at the end of its name: "+
		"move it to where your backups of before today are. Restart Homeward if it is running.\n", n, FormerKey)
	return store.Wipe(ctx)
}

// AuditStore is what reading the audit log needs of the store.
type AuditStore interface {
	Log
	VerifyAudit(ctx context.Context, elsewhere ...audit.Head) (audit.Result, error)
	EachAuditEvent(ctx context.Context, f audit.Filter, each func(audit.Event) error) error
}

// AuditVerify checks the whole audit log, with heads that were kept elsewhere,
// prints what it finds and says whether it is whole.
func AuditVerify(ctx context.Context, store AuditStore, out io.Writer, elsewhere ...audit.Head) (whole bool, err error) {
	r, err := store.VerifyAudit(ctx, elsewhere...)
	if err != nil {
		return false, err
	}
	for _, n := range r.Notes {
		fmt.Fprintln(out, n)
	}
	for _, f := range r.Findings {
		fmt.Fprintln(out, f)
	}
	if r.More > 0 {
		fmt.Fprintf(out, "And %d more.\n", r.More)
	}
	if r.Whole() {
		fmt.Fprintf(out, "The audit log is whole: %d entries, check value %x.\n", r.Head.Number, r.Head.Hash)
		for _, h := range elsewhere {
			if slices.Contains(r.Lost, h) {
				fmt.Fprintf(out, "Entry %d, which a head kept elsewhere names, is among those that the restoration says are lost.\n", h.Number)
				continue
			}
			fmt.Fprintf(out, "It holds entry %d as the head kept elsewhere names it.\n", h.Number)
		}
	} else {
		fmt.Fprintln(out, "Contact your security lead, and keep the data folder as it is.")
	}
	return r.Whole(), nil
}

// ExportAudit writes the events that the filter lets through as CSV and
// records the export, before it writes: an export that was cut off was begun.
func ExportAudit(ctx context.Context, store AuditStore, by people.Actor, f audit.Filter, out io.Writer) error {
	if err := store.Record(ctx, audit.Entry{Who: by.Who(), As: by.As(), From: by.Address, What: audit.AuditExported,
		After: filterWords(f)}); err != nil {
		return err
	}
	w := csvout.New(out)
	if err := w.Write(audit.Columns); err != nil {
		return err
	}
	if err := store.EachAuditEvent(ctx, f, func(e audit.Event) error { return w.Write(e.Cells()) }); err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}

func filterWords(f audit.Filter) string {
	var out []string
	for _, part := range []struct{ word, value string }{{"who", f.Who}, {"what", string(f.What)}, {"record", f.Record}} {
		if part.value != "" {
			out = append(out, part.word+" "+part.value)
		}
	}
	if !f.From.IsZero() {
		out = append(out, "from "+f.From.Format(time.DateOnly))
	}
	if !f.To.IsZero() {
		out = append(out, "before "+f.To.Format(time.DateOnly))
	}
	if len(out) == 0 {
		return "everything"
	}
	return strings.Join(out, ", ")
}

// AuditExport is ExportAudit for the command line.
func AuditExport(ctx context.Context, store AuditStore, f audit.Filter, out io.Writer) error {
	return ExportAudit(ctx, store, machine, f, out)
}

// RetentionStore is what retention needs of the store.
type RetentionStore interface {
	PurgeIdentifiers(ctx context.Context, by people.Actor, before delay.Day) (int64, error)
	// Wipe takes what was purged out of the files, and what an earlier wiping
	// had to leave.
	Wipe(ctx context.Context) error
}

// Retention purges the identifiers of delays that ended more than so many years
// before now, and gives how many patients that were. It is the job "retention"
// and the command of that name.
func Retention(ctx context.Context, store RetentionStore, now time.Time, years int) (int64, error) {
	if years < 1 {
		return 0, problem.New(problem.Invalid, "Found a retention period of %d years. Expected one year or more.", years)
	}
	n, err := store.PurgeIdentifiers(ctx, machine, delay.DayOf(now.AddDate(-years, 0, 0)))
	if err != nil {
		return n, err
	}
	return n, store.Wipe(ctx)
}

// RetentionRun is Retention for the command line.
func RetentionRun(ctx context.Context, store RetentionStore, now time.Time, years int, out io.Writer) error {
	n, err := Retention(ctx, store, now, years)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Purged the identifiers of %d patients whose delays ended more than %d years ago. Figures stay.\n", n, years)
	return nil
}
