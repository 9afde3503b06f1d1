package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"

	"homeward/internal/attribution"
	"homeward/internal/config"
	"homeward/internal/council"
	"homeward/internal/durable"
	"homeward/internal/extract"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/schedule"
	"homeward/internal/web"
)

// partnershipDesk lets administrators change the partnership file in the browser.
type partnershipDesk struct {
	app    *App
	saving sync.Mutex
	// renew has pages and jobs go by the partnership as it is now; nil where none
	// are served.
	renew func() error
}

var _ web.PartnershipDesk = (*partnershipDesk)(nil)

func (d *partnershipDesk) path() string { return d.app.Options.partnershipPath() }

func (d *partnershipDesk) name() string { return filepath.Base(d.path()) }

func (d *partnershipDesk) read() ([]byte, error) {
	text, err := os.ReadFile(d.path())
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The partnership file could not be read")
	}
	return text, nil
}

func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// instead is a folder in which one file has another text.
type instead struct {
	fs.FS
	name string
	text []byte
}

// ReadFile gives the other text of that file.
func (i instead) ReadFile(name string) ([]byte, error) {
	if name == i.name {
		return i.text, nil
	}
	return fs.ReadFile(i.FS, name)
}

// check reads a text as the partnership file, with the layouts beside it.
func (d *partnershipDesk) check(text []byte) (*config.Partnership, []config.Finding, error) {
	p, found, err := config.CheckPartnership(instead{os.DirFS(filepath.Dir(d.path())), d.name(), text}, d.name())
	if err != nil || len(found) > 0 {
		return p, found, err
	}
	// What a start would refuse is refused before it is saved.
	refused := func(err error) []config.Finding { return []config.Finding{{Words: sentence(err)}} }
	ref := referenceBeside(d.path())
	by, err := countedBy(p, ref)
	if err != nil {
		return p, refused(err), nil
	}
	if _, err := Settings(p, by.book.Convention); err != nil {
		return p, refused(err), nil
	}
	if _, err := extract.Compile(p, ref); err != nil {
		return p, refused(err), nil
	}
	for i, plan := range p.Packs {
		_, err := packWords(plan)
		if err == nil {
			_, err = schedule.Next(plan.Cron, d.app.now(), 1)
		}
		if err != nil {
			found = append(found, config.Finding{At: fmt.Sprintf("packs[%d].cron", i+1), Words: sentence(err)})
		}
	}
	return p, found, nil
}

// File gives the partnership file as it stands.
func (d *partnershipDesk) File(context.Context) (*web.PartnershipFile, error) {
	text, err := d.read()
	if err != nil {
		return nil, err
	}
	f := &web.PartnershipFile{Name: d.name(), Text: text, Sum: sumOf(text)}
	if f.Written, err = config.ReadPartnership(text); err != nil {
		return nil, err
	}
	var found []config.Finding
	if f.Is, found, err = d.check(text); err != nil {
		return nil, err
	}
	for _, one := range found {
		f.Wrong = append(f.Wrong, placed(one))
	}
	if len(found) == 0 {
		f.Waits = d.app.waits(f.Is)
	}
	entries, err := os.ReadDir(filepath.Join(filepath.Dir(d.path()), layoutFolder))
	if err == nil {
		for _, e := range entries {
			if name, ok := strings.CutSuffix(e.Name(), ".yaml"); ok && e.Type().IsRegular() {
				f.Layouts = append(f.Layouts, name)
			}
		}
	}
	return f, nil
}

// placed says what is to be put right with its place.
func placed(f config.Finding) string {
	if f.At == "" {
		return measure.UpperFirst(f.Words)
	}
	return f.At + ": " + f.Words
}

// Council finds councils of the national lists by a name or a code.
func (d *partnershipDesk) Council(text string) ([]config.Council, error) {
	list, err := council.Load(referenceBeside(d.path()), &config.Partnership{})
	if err != nil {
		return nil, err
	}
	var out []config.Council
	for _, a := range list.Find(text) {
		if a.Until == 0 {
			out = append(out, config.Council{Code: a.Code, CSSR: a.CSSR, Name: a.Name})
		}
	}
	return out, nil
}

// Try says what edits of the file would make of it. base is the fingerprint of the
// file that they are meant for.
func (d *partnershipDesk) Try(ctx context.Context, base string, edits []config.Edit) (*web.PartnershipTrial, error) {
	found, err := d.read()
	if err != nil {
		return nil, err
	}
	if sumOf(found) != base {
		return nil, changedByHand()
	}
	text, err := config.EditPartnership(d.name(), found, edits...)
	if err != nil {
		return nil, err
	}
	return d.trial(ctx, found, text)
}

func changedByHand() error {
	return problem.New(problem.Conflict, "The partnership file was changed since you opened this page, by somebody else or by hand. Nothing "+
		"was saved. Look at the page Partnership again and make your change there.")
}

func (d *partnershipDesk) trial(ctx context.Context, found, text []byte) (*web.PartnershipTrial, error) {
	t := &web.PartnershipTrial{Before: found, After: text}
	p, wrong, err := d.check(text)
	if err != nil {
		return nil, err
	}
	t.Findings = wrong
	if len(wrong) > 0 {
		return t, nil
	}
	was, _, err := d.check(found)
	if err != nil {
		return nil, err
	}
	if t.Refused, err = d.refusals(ctx, was, p); err != nil {
		return nil, err
	}
	t.Effects, t.Waits = effects(was, p), d.app.waits(p)
	return t, nil
}

// refusals says why organisations cannot leave the file.
func (d *partnershipDesk) refusals(ctx context.Context, was, is *config.Partnership) ([]string, error) {
	var gone []string
	for _, code := range organisationsOf(was) {
		if !slices.Contains(organisationsOf(is), code) {
			gone = append(gone, code)
		}
	}
	if len(gone) == 0 {
		return nil, nil
	}
	providers, councils, err := d.app.Store.Records(ctx)
	if err != nil {
		return nil, err
	}
	all, err := d.app.SignIn.Store.People(ctx)
	if err != nil {
		return nil, err
	}
	tokens, err := d.app.SignIn.Store.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, code := range gone {
		name := was.NameOf(code) + " (" + code + ")"
		holders, senders := 0, 0
		for _, one := range all {
			if slices.ContainsFunc(one.Grants, func(g people.Grant) bool { return slices.Contains(g.Codes, code) }) {
				holders++
			}
		}
		for _, one := range tokens {
			if one.InForce(d.app.Options.Now()) && slices.Contains(one.Providers, code) {
				senders++
			}
		}
		if n := providers[code]; n > 0 {
			out = append(out, fmt.Sprintf("Extracts and log entries of %s are held (%s). A hospital that no longer sends stays in "+
				"the list, so that its past days keep their place. If it has merged into another, write its code under formerly of that one, by hand.",
				name, measure.Whole(n)))
		}
		if n := councils[code]; n > 0 {
			out = append(out, fmt.Sprintf("Delays of residents of %s are held (%s). It stays in the list, so that its past days keep their place.",
				name, measure.Whole(n)))
		}
		if holders > 0 {
			out = append(out, fmt.Sprintf("People hold a role for %s (%d). Take it away first, on the page Users.", name, holders))
		}
		if senders > 0 {
			out = append(out, fmt.Sprintf("Tokens may send for %s (%d). Revoke them first, on the page Tokens.", name, senders))
		}
	}
	return out, nil
}

func organisationsOf(p *config.Partnership) []string {
	var out []string
	for _, v := range p.Providers {
		out = append(out, v.Code)
		for _, f := range v.Formerly {
			out = append(out, f.Code)
		}
	}
	for _, c := range p.Councils {
		out = append(out, c.Code)
	}
	return out
}

// effects says what a change does to figures and pages, in sentences.
func effects(was, is *config.Partnership) []string {
	var out []string
	say := func(changed bool, words string) {
		if changed {
			out = append(out, words)
		}
	}
	say(was.Name != is.Name, "Pages and packs carry the new name from now on. Packs and closed months that are kept keep theirs.")
	say(!reflect.DeepEqual(was.Councils, is.Councils), "No delay is counted otherwise. What a council is called is understood in files from "+
		"the next one on; what was read stays as it was read, until it is read again (Extracts, Read again).")
	before, after := organisationsOf(was), organisationsOf(is)
	slices.Sort(before)
	slices.Sort(after)
	say(!slices.Equal(before, after), "Public tables of past periods are settled anew, because they have a row for each hospital and "+
		"council of the list (P3). Do not publish a period again that was published before.")
	var due, layout, other bool
	for _, v := range is.Providers {
		i := slices.IndexFunc(was.Providers, func(o config.Provider) bool { return o.Code == v.Code })
		if i < 0 {
			out = append(out, v.Name+" ("+v.Code+") is expected to send from its first extract on. No figure changes until then.")
			continue
		}
		o := was.Providers[i]
		due = due || o.Due != v.Due || !slices.Equal(o.ExpectedDays, v.ExpectedDays)
		layout = layout || o.Layout != v.Layout || !slices.Equal(o.OtherLayouts, v.OtherLayouts)
		other = other || o.Name != v.Name || !slices.Equal(o.Names, v.Names) || o.DataOwner != v.DataOwner
		say(was.ListsBeds(o) != is.ListsBeds(v), "What "+v.Name+" sends is "+map[bool]string{true: "now", false: "no longer"}[is.ListsBeds(v)]+
			" a list of everybody in a bed. England's counts of its past days follow that.")
		say(!reflect.DeepEqual(o.Formerly, v.Formerly), "Past days of "+v.Name+" are derived again with its former codes.")
		say(o.CodeSet != v.CodeSet, "The log of "+v.Name+" is in another code set.")
	}
	say(due, "What is late or missing is worked out anew, of past days too. No figure changes.")
	say(layout, "Files are read by the layout from the next one on. What was read stays as it was read.")
	say(other, "Names and owners change on pages from now on. No figure changes.")
	a, b := was.Settings, is.Settings
	say(a.Headline != b.Headline, "Pages show another basis when nobody asks for one, of past months too. The figures of each basis stay.")
	say(a.Lead != b.Lead, "The overview begins with another count. No figure changes.")
	say(*a.DischargeAgeFloor != *b.DischargeAgeFloor,
		"Discharges are counted from another age, of past months too. Closed months keep theirs.")
	say(derivedWith(a) != derivedWith(b), "Everything is derived again: figures of past days can change. Months that are closed show what "+
		"changed as a revision.")
	say(a.Counting != b.Counting || a.RuleSet != b.RuleSet, "Every figure, of past days too, is counted by another convention or rule set.")
	say(!reflect.DeepEqual(was.Mappings, is.Mappings), "Days of mapped reasons are attributed otherwise in files from the next one on.")
	say(!reflect.DeepEqual(was.AgreedLevels, is.AgreedLevels), "Control charts show the agreed level. No figure depends on it.")
	say(!reflect.DeepEqual(was.Mail, is.Mail), "Mail goes by it from the next message on. No figure changes.")
	say(!reflect.DeepEqual(was.Packs, is.Packs), "Packs are made at these times. Those that are kept stay as they are.")
	return out
}

// derivedWith are the settings that derived rows depend on.
func derivedWith(s config.Settings) config.Settings {
	return config.Settings{OmittedLimitDays: s.OmittedLimitDays, ShortFileRatio: s.ShortFileRatio, ShortFileLeast: s.ShortFileLeast,
		UnreadShare: s.UnreadShare, UnreadLeast: s.UnreadLeast, Counting: s.Counting, RuleSet: s.RuleSet}
}

// waits names what of a partnership is used only when the program starts again.
func (a *App) waits(p *config.Partnership) []string {
	_, waits := a.liveOf(p)
	return waits
}

// liveOf gives what of a partnership the running program can go by, and names what
// it cannot: what stored rows were derived with, how people sign in, and layouts
// whose new form would count otherwise.
func (a *App) liveOf(p *config.Partnership) (*config.Partnership, []string) {
	now, next := a.Partnership(), *p
	var waits []string
	if kept := derivedWith(now.Settings); kept != derivedWith(p.Settings) {
		waits = append(waits, "settings")
		s := &next.Settings
		s.OmittedLimitDays, s.ShortFileRatio, s.ShortFileLeast = kept.OmittedLimitDays, kept.ShortFileRatio, kept.ShortFileLeast
		s.UnreadShare, s.UnreadLeast, s.Counting, s.RuleSet = kept.UnreadShare, kept.UnreadLeast, kept.Counting, kept.RuleSet
	}
	if !reflect.DeepEqual(now.Mappings, p.Mappings) {
		waits, next.Mappings = append(waits, "mappings"), now.Mappings
	}
	if !reflect.DeepEqual(now.SignIn, p.SignIn) {
		waits, next.SignIn = append(waits, "sign_in"), now.SignIn
	}
	if now.Backup != p.Backup {
		waits, next.Backup = append(waits, "backup"), now.Backup
	}
	formerly := func(p *config.Partnership) map[string][]config.Former {
		out := map[string][]config.Former{}
		for _, v := range p.Providers {
			if len(v.Formerly) > 0 {
				out[v.Code] = v.Formerly
			}
		}
		return out
	}
	if was := formerly(now); !reflect.DeepEqual(was, formerly(p)) {
		waits = append(waits, "formerly")
		next.Providers = slices.Clone(p.Providers)
		for i, v := range next.Providers {
			next.Providers[i].Formerly = was[v.Code]
		}
	}
	used := a.reader.Layouts()
	next.Layouts = map[string]*config.Layout{}
	for name, is := range p.Layouts {
		next.Layouts[name] = is
		if was := used[name]; was != nil && (is.CodeSet != was.CodeSet || is.SeveralProviders != was.SeveralProviders ||
			is.File.Covers != was.File.Covers || (len(is.Columns.Criteria) > 0) != (len(was.Columns.Criteria) > 0)) {
			waits, next.Layouts[name] = append(waits, "layout "+name), was
		}
	}
	// A former code that waits may name a layout that the file has no more.
	for _, v := range next.Providers {
		for _, f := range v.FormerProviders() {
			for _, name := range append(slices.Clone(f.OtherLayouts), f.Layout) {
				if next.Layouts[name] == nil && used[name] != nil {
					next.Layouts[name] = used[name]
				}
			}
		}
	}
	slices.Sort(waits)
	return &next, waits
}

// goBy has the running program go by a partnership as far as it can.
func (a *App) goBy(ctx context.Context, p *config.Partnership) (waits []string, err error) {
	next, waits := a.liveOf(p)
	set, err := extract.Compile(next, referenceBeside(a.Options.partnershipPath()))
	if err != nil {
		return nil, err
	}
	was := a.counts()
	is := *was
	if is.book, err = bookBy(next, was.defs, was.book.Convention.Name); err != nil {
		return nil, err
	}
	is.book.Mapped = was.book.Mapped
	is.rules = &attribution.Sets{Own: was.rules.Own, ByCode: was.rules.ByCode}
	for _, set := range is.book.Sets {
		is.rules.Used = append(is.rules.Used, set.Reason("x").Set())
	}
	if err := a.amendBy(ctx, &is); err != nil {
		return nil, err
	}
	a.part.Store(&part{next, &is})
	a.reader.use(set, next.Layouts)
	a.SignIn.Use(next)
	a.ledgers.forget()
	return waits, nil
}

// Save makes edits in the file and has the program go by it.
func (d *partnershipDesk) Save(ctx context.Context, by people.Actor, base string, edits []config.Edit, why string) (*web.PartnershipSaved,
	error) {
	return d.write(ctx, by, base, why, func(found []byte) ([]byte, error) {
		return config.EditPartnership(d.name(), found, edits...)
	})
}

// PutBack makes a former version the file again, byte for byte, as a new version.
func (d *partnershipDesk) PutBack(ctx context.Context, by people.Actor, base string, number int64, why string) (*web.PartnershipSaved,
	error) {
	text, err := d.version(ctx, number)
	if err != nil {
		return nil, err
	}
	return d.write(ctx, by, base, why, func([]byte) ([]byte, error) { return text, nil })
}

// TryBack says what putting a former version back would do.
func (d *partnershipDesk) TryBack(ctx context.Context, number int64) (*web.PartnershipTrial, error) {
	text, err := d.version(ctx, number)
	if err != nil {
		return nil, err
	}
	found, err := d.read()
	if err != nil {
		return nil, err
	}
	return d.trial(ctx, found, text)
}

func (d *partnershipDesk) version(ctx context.Context, number int64) ([]byte, error) {
	all, err := d.app.Store.PartnershipVersions(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range all {
		if v.Number == number {
			return v.Text, nil
		}
	}
	return nil, problem.New(problem.NotFound, "The partnership file has no version %d. The page Versions lists those that are kept.", number)
}

// Versions lists the versions that are kept, the latest first.
func (d *partnershipDesk) Versions(ctx context.Context) ([]web.PartnershipVersion, error) {
	all, err := d.app.Store.PartnershipVersions(ctx)
	var out []web.PartnershipVersion
	for _, v := range all {
		out = append(out, web.PartnershipVersion{Number: v.Number, At: v.At, By: v.By, Why: v.Why, Text: v.Text})
	}
	return out, err
}

func (d *partnershipDesk) write(ctx context.Context, by people.Actor, base, why string, make func([]byte) ([]byte, error)) (
	*web.PartnershipSaved, error) {
	d.saving.Lock()
	defer d.saving.Unlock()
	found, err := d.read()
	if err != nil {
		return nil, err
	}
	if sumOf(found) != base {
		return nil, changedByHand()
	}
	text, err := make(found)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(text, found) {
		return nil, problem.New(problem.Conflict, "The file says that already. Nothing was saved.")
	}
	t, err := d.trial(ctx, found, text)
	if err != nil {
		return nil, err
	}
	var wrong []string
	for _, f := range t.Findings {
		wrong = append(wrong, placed(f))
	}
	if wrong = append(wrong, t.Refused...); len(wrong) > 0 {
		return nil, problem.New(problem.Conflict, "Nothing was saved. %s", strings.Join(wrong, " "))
	}
	staged, err := durable.Stage(d.path(), text)
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The partnership file cannot be written, so nothing was saved. Let the account that "+
			"runs Homeward write in the folder %s, and check that the disk has room", filepath.Dir(d.path()))
	}
	defer func() { _ = staged.Drop() }()
	number, err := d.app.Store.SavePartnership(ctx, by, found, text, why)
	if err != nil {
		return nil, err
	}
	if err := staged.Place(); err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "Version %d is kept and could not be put in its place. If the file is mounted by "+
			"itself, mount its folder; then use version %d from the page Versions", number, number)
	}
	// What is saved is saved; the program goes by it now, or when it starts again.
	saved := &web.PartnershipSaved{Number: number}
	p, _, err := d.check(text)
	if err == nil {
		saved.Waits, err = d.app.goBy(context.WithoutCancel(ctx), p)
	}
	if err == nil && d.renew != nil {
		err = d.renew()
	}
	if err != nil {
		d.app.Options.Log.Error("the partnership file that was saved is used when Homeward is started again", "error", err)
		saved.Waits = []string{"all of it"}
	}
	return saved, nil
}
