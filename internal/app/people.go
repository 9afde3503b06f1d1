package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"homeward/internal/audit"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/signin"
	"homeward/internal/sqlite"
)

// opened runs do with the data folder open, for commands about accounts, tokens
// and the audit log, which do without the key.
func (d *dataFlags) opened(ctx context.Context, do func(*App) error) (int, error) {
	if err := d.check(); err != nil {
		return ExitUsage, err
	}
	o := d.options(nil)
	o.FiguresOnly, o.AnyAudit = true, d.anyAudit
	a, err := Open(ctx, o)
	if err != nil {
		return ExitLess, err
	}
	err = do(a)
	return ExitDone, errors.Join(err, a.Close())
}

// codes reads organisations' codes with commas between them.
func codes(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// verb gives the first word and the one after it, which must be given when
// object names it.
func verb(words []string, verbs map[string]string) (name, object string, err error) {
	var all []string
	for v := range verbs {
		all = append(all, v)
	}
	slices.Sort(all)
	if len(words) == 0 {
		return "", "", usage("Say what to do: %s.", strings.Join(all, ", "))
	}
	wants, ok := verbs[words[0]]
	if !ok {
		return "", "", usage("Found %q. Use one of %s.", words[0], strings.Join(all, ", "))
	}
	switch {
	case wants == "" && len(words) == 1:
		return words[0], "", nil
	case wants != "" && len(words) == 2:
		return words[0], words[1], nil
	case wants == "":
		return "", "", usage("Found more words than %s takes.", words[0])
	default:
		return "", "", usage("Expected one %s after %s.", wants, words[0])
	}
}

// told has a command that shows a secret or says what it did hear that nobody
// reads its output any more: without it the system ends the program at the write
// (SIGPIPE), and a token stays in force that nobody saw.
func told() { signal.Ignore(syscall.SIGPIPE) }

func setUpUser(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	role := flags.String("role", "", "the `role`: coordinator, reviewer, director, presenter, viewer, analyst or administrator")
	organisations := flags.String("for", "", "the `codes` of the organisations that the role is for, with commas between them")
	name := flags.String("name", "", "the person's `name`")
	work := flags.Bool("work-account", false, "the person signs in with their work account")
	grant := flags.Int64("grant", 0, "the `number` of the role to take away, as user list shows it")
	at := flags.String("address", "", "Homeward's own `address`, put before links, such as https://homeward.example.org")
	return func(ctx context.Context, words []string) (int, error) {
		do, email, err := verb(words, map[string]string{"add": "email address", "list": "", "grant": "email address", "revoke": "email address",
			"link": "email address", "deactivate": "email address", "activate": "email address", "reset-code": "email address"})
		if err != nil {
			return ExitUsage, err
		}
		told()
		return d.opened(ctx, func(a *App) error {
			cmd := signin.Commands{Service: a.SignIn, Out: c.Out, Address: strings.TrimSuffix(*at, "/")}
			switch do {
			case "add":
				return asUsage(cmd.UserAdd(ctx, email, *name, people.Role(*role), codes(*organisations), *work))
			case "list":
				return cmd.UserList(ctx)
			case "grant":
				return asUsage(cmd.UserGrant(ctx, email, people.Role(*role), codes(*organisations)))
			case "revoke":
				return cmd.UserRevoke(ctx, email, *grant)
			case "link":
				return cmd.UserLink(ctx, email)
			case "reset-code":
				return cmd.UserResetSecondFactor(ctx, email)
			default:
				return cmd.UserDeactivate(ctx, email, do == "deactivate")
			}
		})
	}
}

func setUpToken(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	label := flags.String("label", "", "what the token is for, in a few `words`")
	days := flags.Int("days", 0, "for how many `days` it stands; 90 when not said, 7 for a screen link")
	providers := flags.String("for", "", "the ODS `codes` that an upload token may send for, with commas between them")
	at := flags.String("address", "", "Homeward's own `address`, put before a screen link")
	return func(ctx context.Context, words []string) (int, error) {
		do, object, err := verb(words, map[string]string{"add": "kind (upload, figures or screen)", "list": "", "revoke": "token's ID"})
		if err != nil {
			return ExitUsage, err
		}
		told()
		return d.opened(ctx, func(a *App) error {
			cmd := signin.Commands{Service: a.SignIn, Out: c.Out, Address: strings.TrimSuffix(*at, "/")}
			switch do {
			case "add":
				return asUsage(cmd.TokenAdd(ctx, people.TokenKind(object), *label, *days, codes(*providers)))
			case "list":
				return cmd.TokenList(ctx)
			default:
				return cmd.TokenRevoke(ctx, object)
			}
		})
	}
}

func setUpKey(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	return func(ctx context.Context, words []string) (int, error) {
		if _, _, err := verb(words, map[string]string{"rotate": ""}); err != nil {
			return ExitUsage, err
		}
		return d.opened(ctx, func(a *App) error {
			return a.rotateKey(ctx, c)
		})
	}
}

func setUpAudit(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	from := flags.String("from", "", "the first `day`, such as 2026-11-01")
	to := flags.String("to", "", "the last `day`")
	who := flags.String("who", "", "the `email` address, or the token's name in the log")
	what := flags.String("what", "", "the kind of entry, such as \"signed in\"")
	head := flags.String("head", "", "compare with the heads, one a line, in a `file` that was kept elsewhere")
	reason := flags.String("reason", "", "why head file or key of the log are made anew")
	return func(ctx context.Context, words []string) (int, error) {
		do, _, err := verb(words, map[string]string{"verify": "", "export": "", "begin-anew": ""})
		if err != nil {
			return ExitUsage, err
		}
		if do == "begin-anew" && strings.TrimSpace(*reason) == "" {
			return ExitUsage, usage("Say why the head file or the key of the audit log is made anew: --reason WORDS.")
		}
		heads, err := readHeads(*head)
		if err != nil {
			return ExitUsage, err
		}
		if do == "verify" && d.data != "" && d.options(nil).onlyRead() {
			return auditReadOnly(ctx, d.options(nil), c.Out, heads)
		}
		d.anyAudit = do != "export"
		f := audit.Filter{Who: *who, What: audit.What(*what)}
		status := ExitDone
		code, err := d.opened(ctx, func(a *App) error {
			if do == "begin-anew" {
				err := a.Store.BeginAuditAnew(ctx, people.Actor{Kind: people.Machine}, strings.TrimSpace(*reason))
				if err == nil {
					fmt.Fprintln(c.Out, "Head file and key of the audit log are in order again. What was found and why stands in the log itself.")
				}
				return err
			}
			if do == "verify" {
				whole, err := signin.AuditVerify(ctx, a.Store, c.Out, heads...)
				if !whole {
					status = ExitLess
				}
				return err
			}
			for _, bound := range []struct {
				text string
				into *time.Time
				more int
			}{{*from, &f.From, 0}, {*to, &f.To, 1}} {
				if bound.text == "" {
					continue
				}
				day, err := time.ParseInLocation(time.DateOnly, bound.text, a.London)
				if err != nil {
					return usage("Found the day %q. Use one like 2026-11-01.", bound.text)
				}
				*bound.into = day.AddDate(0, 0, bound.more)
			}
			return signin.AuditExport(ctx, a.Store, f, c.Out)
		})
		return max(code, status), err
	}
}

// auditReadOnly checks the audit log of a folder that can only be read.
func auditReadOnly(ctx context.Context, o Options, out io.Writer, heads []audit.Head) (int, error) {
	store, err := openStore(ctx, o)
	if err != nil {
		return ExitLess, err
	}
	defer store.Close()
	if err := store.UseAuditKey(ctx, filepath.Join(filepath.Dir(o.keyPath()), sqlite.AuditKeyName)); err != nil {
		return ExitLess, err
	}
	whole, err := signin.AuditVerify(ctx, store, out, heads...)
	if err != nil || !whole {
		return ExitLess, err
	}
	return ExitDone, nil
}

// readHeads reads heads of the audit log that were kept elsewhere, one a line.
func readHeads(path string) ([]audit.Head, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, usage("The file %s with the head that was kept elsewhere cannot be read. Check the path.", path)
	}
	var out []audit.Head
	for line := range strings.Lines(string(text)) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		h, err := audit.ParseHead(line)
		if err != nil {
			return nil, usage("The file %s does not hold a head on each line: a number, a blank and 64 hexadecimal digits, as audit.head and the "+
				"program's own log have them.", path)
		}
		out = append(out, h)
	}
	if len(out) == 0 {
		return nil, usage("The file %s is empty. It should hold a head: a number, a blank and 64 hexadecimal digits.", path)
	}
	return out, nil
}

func setUpRetention(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	return func(ctx context.Context, words []string) (int, error) {
		if _, _, err := verb(words, map[string]string{"run": ""}); err != nil {
			return ExitUsage, err
		}
		return d.opened(ctx, func(a *App) error {
			err := signin.RetentionRun(ctx, a.Store, a.Options.Now(), a.Partnership().RetentionYears, c.Out)
			n, fileErr := a.purgeReceived(ctx)
			if n > 0 {
				fmt.Fprintf(c.Out, "Deleted %d received files past their period.\n", n)
			}
			notReady, notErr := a.purgeNotReady(ctx)
			if words := notReady.words(); words != "" {
				fmt.Fprintln(c.Out, words)
			}
			return errors.Join(err, fileErr, notErr)
		})
	}
}

// checkAudit is the job that checks the audit log, and puts its head in the
// program's own log, which is kept apart from the data folder.
func (a *App) checkAudit(ctx context.Context) (string, error) {
	r, err := a.Store.VerifyAudit(ctx)
	if err != nil {
		return "", err
	}
	if !r.Whole() {
		return "", problem.New(problem.Conflict, "%s Contact your security lead, and keep the data folder as it is.", r.Findings[0])
	}
	for _, n := range r.Notes {
		a.Options.Log.Info("about the audit log", "note", n)
	}
	a.Options.Log.Info("the audit log is whole", "head", r.Head.String())
	return fmt.Sprintf("Log checked to entry %d.", r.Head.Number), nil
}

// welcome says where the server is and how to sign in.
func (a *App) welcome(ctx context.Context, address string, c *Console) error {
	fmt.Fprintf(c.Out, "Homeward is at %s\n", address)
	defer fmt.Fprintln(c.Out, "Stop it with Ctrl-C.")
	code, err := a.SignIn.FirstRun(ctx)
	if err != nil {
		return err
	}
	if code != "" {
		fmt.Fprintf(c.Out, "There is no administrator yet. Open %s/setup and enter this one-time code: %s\n", address, code)
		return nil
	}
	if !a.isDemo() {
		return nil
	}
	all, err := a.SignIn.Store.People(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(c.Out, "Sign in by one of these links. Each works once; start again for new ones.")
	for _, p := range all {
		if strings.HasSuffix(p.Email, demoDomain) && !p.Deactivated && len(p.Grants) > 0 {
			fmt.Fprintf(c.Out, "  %-40s %s/demonstration/%s\n", a.grantWords(p.Grants[0]), address, a.SignIn.Door(p.ID))
		}
	}
	return nil
}

// grantWords gives a grant with the names of its organisations.
func (a *App) grantWords(g people.Grant) string {
	var words strings.Builder
	words.WriteString(g.Role.String())
	for _, code := range g.Codes {
		words.WriteString(", " + a.Partnership().NameOf(code))
	}
	return words.String()
}

// demoDomain ends the e-mail addresses of the demonstration's people. The
// domain is one that nobody can have (RFC 2606).
const demoDomain = "@northshire.example"

// isDemo says whether the data folder is that of the demonstration.
func (a *App) isDemo() bool {
	_, err := os.Stat(filepath.Join(a.Options.Data, demoReady))
	return err == nil
}

// addDemoPeople adds one person of each role to a demonstration that has
// nobody. None has a password.
func (a *App) addDemoPeople(ctx context.Context) error {
	all, err := a.SignIn.Store.People(ctx)
	if err != nil || len(all) > 0 {
		return err
	}
	provider, council := a.Partnership().Providers[0].Code, a.Partnership().Councils[0].Code
	by := people.Actor{Kind: people.Machine}
	for i, p := range []struct {
		name, email string
		role        people.Role
		codes       []string
	}{
		{"Ada Administrator", "administrator", people.Administrator, nil},
		{"Cora Coordinator", "coordinator", people.Coordinator, []string{provider}},
		{"Nell Reviewer", "nhs.reviewer", people.Reviewer, []string{provider}},
		{"Colin Reviewer", "council.reviewer", people.Reviewer, []string{council}},
		{"Dana Director", "nhs.director", people.Director, []string{provider}},
		{"Des Director", "council.director", people.Director, []string{council}},
		{"Priya Presenter", "presenter", people.Presenter, nil},
		{"Vera Viewer", "viewer", people.Viewer, nil},
		{"Amal Analyst", "analyst", people.Analyst, nil},
	} {
		g, err := people.NewGrant(p.role, p.codes, a.SignIn.Organisations())
		if err != nil {
			return err
		}
		if _, err := a.SignIn.Store.AddPerson(ctx, by, people.Person{Email: p.email + demoDomain, Name: p.name,
			Grants: []people.Grant{g}}); err != nil {
			return fmt.Errorf("adding person %s: %w", strconv.Itoa(i), err)
		}
	}
	return nil
}
