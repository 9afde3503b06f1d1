package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"homeward/internal/config"
	"homeward/internal/durable"
	"homeward/internal/extract"
	"homeward/internal/ingest"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/propose"
	"homeward/internal/web"
)

// liveLayouts reads files by the layouts as they are now: one that is saved while
// the program runs is used from the next file on.
type liveLayouts struct {
	set   atomic.Pointer[extract.Set]
	names atomic.Pointer[map[string]*config.Layout]
}

func newLiveLayouts(set *extract.Set, layouts map[string]*config.Layout) *liveLayouts {
	l := &liveLayouts{}
	l.use(set, layouts)
	return l
}

func (l *liveLayouts) use(set *extract.Set, layouts map[string]*config.Layout) {
	l.set.Store(set)
	l.names.Store(&layouts)
}

// Layouts gives the layouts that files are read by, by their names.
func (l *liveLayouts) Layouts() map[string]*config.Layout { return maps.Clone(*l.names.Load()) }

// Layout gives the layout of a name as files are read by it now, nil for none.
func (l *liveLayouts) Layout(name string) *config.Layout { return (*l.names.Load())[name] }

// Read implements ingest.Reader.
func (l *liveLayouts) Read(ctx context.Context, name string, src io.ReadSeeker, each func(*extract.Row) error) (*extract.Summary, error) {
	return l.set.Load().Read(ctx, name, src, each)
}

// Fingerprints implements ingest.Reader.
func (l *liveLayouts) Fingerprints() []string { return l.set.Load().Fingerprints() }

// Criteria says whether a layout tells who meets the criteria to reside.
func (l *liveLayouts) Criteria() bool { return l.set.Load().Criteria() }

// CouncilName gives the name of a council by its code.
func (l *liveLayouts) CouncilName(code string) string { return l.set.Load().CouncilName(code) }

const (
	// layoutFolder is beside the partnership file; versionFolder in it keeps every
	// version that was saved in the browser.
	layoutFolder  = "layouts"
	versionFolder = "versions"
	// draftTime is how long samples are kept, sealed, while nothing is done.
	draftTime = 4 * time.Hour
	// mostDrafts bounds how many people work out a layout at one time.
	mostDrafts = 20
)

// layoutDesk takes new senders on in the browser: samples wait sealed in the
// spool, and a layout that is saved stands beside the partnership file as one that
// was written by hand.
type layoutDesk struct {
	app    *App
	folder string // where samples wait, the program's own
	saving sync.Mutex

	mu     sync.Mutex
	drafts map[string]*draft
}

// draft is a layout that somebody is working out.
type draft struct {
	mu       sync.Mutex
	id, by   string
	names    []string
	dir      string
	name     string
	answers  propose.Answers
	against  *propose.Against // the layout in force, nil for a new sender
	proposal *propose.Proposal
	revision int
	until    time.Time
	timer    *time.Timer
}

var _ web.Layouts = (*layoutDesk)(nil)

func newLayoutDesk(a *App, spool string) *layoutDesk {
	return &layoutDesk{app: a, folder: spool, drafts: map[string]*draft{}}
}

func (d *layoutDesk) dir() string {
	return filepath.Join(filepath.Dir(d.app.Options.partnershipPath()), layoutFolder)
}

// Layouts lists the layouts that are there, in the order of their names.
func (d *layoutDesk) Layouts(context.Context) ([]web.LayoutLine, error) {
	entries, err := os.ReadDir(d.dir())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, problem.Wrap(err, problem.Unavailable, "The folder of layouts could not be read")
	}
	var out []web.LayoutLine
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".yaml")
		if !ok || !e.Type().IsRegular() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(d.dir(), e.Name()))
		if err != nil {
			return nil, problem.Wrap(err, problem.Unavailable, "The layout %s could not be read", name)
		}
		line := web.LayoutLine{Name: name}
		l, err := config.ParseLayout(e.Name(), name, text)
		if err != nil {
			line.Wrong = problem.Sentence(err)
		} else {
			line.About = l.About
		}
		for _, p := range d.app.Partnership().Providers {
			if p.Layout == name || slices.Contains(p.OtherLayouts, name) {
				line.Providers = append(line.Providers, p.Code)
			}
		}
		versions, err := d.kept(name)
		if err != nil {
			return nil, err
		}
		line.Versions = len(versions)
		if len(versions) > 0 {
			line.Last = versions[0]
			line.ByHand = versions[0].Text != string(text)
		}
		out = append(out, line)
	}
	return out, nil
}

// kept gives the versions of a layout that were saved here, the latest first.
func (d *layoutDesk) kept(name string) ([]propose.Version, error) {
	dir := filepath.Join(d.dir(), versionFolder, name)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The versions of the layout %s could not be read", name)
	}
	var out []propose.Version
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, problem.Wrap(err, problem.Unavailable, "The versions of the layout %s could not be read", name)
		}
		if v, ok := propose.ParseVersion(name, string(text)); ok {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b propose.Version) int { return cmp.Compare(b.Number, a.Number) })
	return out, nil
}

// Layout gives a layout's text as it is used and its versions, the latest first.
func (d *layoutDesk) Layout(_ context.Context, name string) (string, []propose.Version, error) {
	if !propose.IsName(name) {
		return "", nil, noLayout(name)
	}
	text, err := os.ReadFile(filepath.Join(d.dir(), name+".yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, noLayout(name)
	}
	if err != nil {
		return "", nil, problem.Wrap(err, problem.Unavailable, "The layout %s could not be read", name)
	}
	versions, err := d.kept(name)
	return string(text), versions, err
}

func noLayout(string) error {
	return problem.New(problem.NotFound, "There is no layout of this name. The page of layouts lists those that are there.")
}

// Begin keeps samples, sealed, and gives the name by which they are worked on.
func (d *layoutDesk) Begin(ctx context.Context, by people.Actor, files []web.SentFile) (string, error) {
	id := strings.ToLower(rand.Text())
	w := &draft{id: id, by: by.Who(), dir: filepath.Join(d.folder, "layout-"+id)}
	if err := os.Mkdir(w.dir, 0o700); err != nil {
		return "", problem.Wrap(err, problem.Unavailable, "The samples could not be kept")
	}
	for i, f := range files {
		if err := d.app.sealInto(filepath.Join(w.dir, strconv.Itoa(i)), f.Content); err != nil {
			return "", errors.Join(err, os.RemoveAll(w.dir))
		}
		w.names = append(w.names, f.Name)
	}
	return d.begin(ctx, w)
}

// Offer keeps a received file, sealed, as the sample of the next version of the layout
// that it was read by or held against, and gives the name by which it is worked on.
func (d *layoutDesk) Offer(ctx context.Context, by people.Actor, sum string) (string, error) {
	arrived, err := extracts{app: d.app}.Receipt(ctx, sum)
	if err != nil {
		return "", err
	}
	name := arrived.Report.Layout
	if name == "" {
		return "", problem.New(problem.Conflict, "Nothing says by which layout this file was to be read. Take it on as a file of a new sender.")
	}
	text, _, err := d.Layout(ctx, name)
	if err != nil {
		return "", err
	}
	kept, err := d.app.kept()
	if err != nil {
		return "", err
	}
	raw, err := hex.DecodeString(sum)
	if err != nil || len(raw) != len([32]byte{}) {
		return "", problem.New(problem.NotFound, "There is no file at this address.")
	}
	entry, is := kept[[32]byte(raw)]
	if !is {
		return "", problem.New(problem.Conflict, "This file is no longer kept, so no layout can be worked out of it. Ask for it again.")
	}
	o, err := d.app.Received.OpenEntry(entry)
	if err != nil {
		return "", err
	}
	id := strings.ToLower(rand.Text())
	w := &draft{id: id, by: by.Who(), dir: filepath.Join(d.folder, "layout-"+id), name: name,
		against: &propose.Against{Name: name, Text: text}, names: []string{o.Name}}
	if err := os.Mkdir(w.dir, 0o700); err != nil {
		return "", problem.Wrap(errors.Join(err, o.Close()), problem.Unavailable, "The sample could not be kept")
	}
	if err := errors.Join(d.app.sealInto(filepath.Join(w.dir, "0"), o), o.Close()); err != nil {
		return "", errors.Join(err, os.RemoveAll(w.dir))
	}
	return d.begin(ctx, w)
}

// begin works a draft out and keeps it for its person.
func (d *layoutDesk) begin(ctx context.Context, w *draft) (string, error) {
	id := w.id
	if err := d.propose(ctx, w); err != nil {
		return "", errors.Join(err, os.RemoveAll(w.dir))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.drafts) >= mostDrafts {
		return "", errors.Join(problem.New(problem.Conflict, "Others are taking on %d senders. Wait until one of them has saved or cancelled.",
			len(d.drafts)), os.RemoveAll(w.dir))
	}
	d.drafts[id] = w
	w.until = d.app.Options.Now().Add(draftTime)
	w.timer = time.AfterFunc(draftTime, func() { _ = d.forget(id) })
	return id, nil
}

// propose works out the layout of a draft anew, from its samples and answers.
func (d *layoutDesk) propose(ctx context.Context, w *draft) error {
	var files []propose.File
	for i, name := range w.names {
		sample, err := d.open(filepath.Join(w.dir, strconv.Itoa(i)))
		if err != nil {
			return err
		}
		defer sample.Close()
		files = append(files, propose.File{Name: name, Src: sample.Reader()})
	}
	p, err := propose.Propose(ctx, files, propose.Options{Ref: referenceBeside(d.app.Options.partnershipPath()),
		Partnership: d.app.Partnership(),
		Name:        w.name, Answers: w.answers, Against: w.against})
	if err != nil {
		return err
	}
	w.proposal = p
	w.revision++
	return nil
}

// open gives a sample's bytes, a large one's beside the memory.
func (d *layoutDesk) open(path string) (sample *ingest.Frozen, err error) {
	content, done, err := d.app.openSealed(path)
	if err == nil {
		sample, err = ingest.Freeze(content, d.folder)
		err = errors.Join(err, done())
	}
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The samples could not be read again")
	}
	return sample, nil
}

// draft finds a draft of the actor's own.
func (d *layoutDesk) draft(by people.Actor, id string) (*draft, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.drafts[id]
	if w == nil || w.by != by.Who() {
		return nil, problem.New(problem.NotFound, "These samples are no longer kept: they were saved, cancelled, or left for %d hours. "+
			"Begin again "+
			"with the files.", int(draftTime.Hours()))
	}
	w.timer.Reset(draftTime)
	w.until = d.app.Options.Now().Add(draftTime)
	return w, nil
}

// Draft gives what is proposed so far.
func (d *layoutDesk) Draft(_ context.Context, by people.Actor, id string) (*web.LayoutDraft, error) {
	w, err := d.draft(by, id)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return &web.LayoutDraft{ID: id, Files: w.names, Named: w.name, Proposal: w.proposal, Answers: w.answers, Revision: w.revision,
		Until: w.until, Against: w.against}, nil
}

// Correct takes answers of somebody and works the layout out anew. They stand
// only if the page that they were given on is still the latest.
func (d *layoutDesk) Correct(ctx context.Context, by people.Actor, id string, revision int, name string, answers propose.Answers) error {
	w, err := d.draft(by, id)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if revision != w.revision {
		return problem.New(problem.Conflict, "These samples were worked on in another window since. Look at the page again.")
	}
	if w.against != nil {
		name = w.against.Name // It is the next version of this one.
	}
	if name != "" && !propose.IsName(name) {
		return problem.New(problem.Invalid, "Found the name %q. Use small letters, digits and hyphens, such as rk9-csv.", name)
	}
	was, wasName := w.answers, w.name
	w.answers, w.name = answers, name
	if err := d.propose(ctx, w); err != nil {
		w.answers, w.name = was, wasName
		return err
	}
	return nil
}

// Cancel forgets samples.
func (d *layoutDesk) Cancel(_ context.Context, by people.Actor, id string) error {
	if _, err := d.draft(by, id); err != nil {
		return err
	}
	return d.forget(id)
}

func (d *layoutDesk) forget(id string) error {
	d.mu.Lock()
	w := d.drafts[id]
	delete(d.drafts, id)
	d.mu.Unlock()
	if w == nil {
		return nil
	}
	w.timer.Stop()
	return os.RemoveAll(w.dir)
}

// Save writes the proposed layout as one that was written by hand, and forgets
// the samples. used says that files are read by it from now on; otherwise the
// partnership file must name it first.
func (d *layoutDesk) Save(ctx context.Context, by people.Actor, id, why string) (name string, used bool, err error) {
	w, err := d.draft(by, id)
	if err != nil {
		return "", false, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.proposal.Refused != "" {
		return "", false, problem.New(problem.Invalid, "The layout cannot be used as it is. %s", w.proposal.Refused)
	}
	before := ""
	if w.against != nil {
		if before = w.against.Text; before == w.proposal.Layout {
			return "", false, problem.New(problem.Invalid, "Nothing of the layout would change. Say first what the new headings or words mean.")
		}
	}
	if used, err = d.write(ctx, by, w.proposal.Name, w.proposal.Whole(), why, before); err != nil {
		return "", false, err
	}
	return w.proposal.Name, used, d.forget(id)
}

// TakeBack makes a former version the one that is used, as a new version.
func (d *layoutDesk) TakeBack(ctx context.Context, by people.Actor, name string, number int, why string) (used bool, err error) {
	_, versions, err := d.Layout(ctx, name)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(versions, func(v propose.Version) bool { return v.Number == number })
	if i < 0 {
		return false, problem.New(problem.NotFound, "The layout %s has no version %d.", name, number)
	}
	return d.write(ctx, by, name, versions[i].Text, why, "")
}

// write keeps a new version of a layout and puts it in its place, with a line in
// the audit log. What stood there by hand is kept as a version of its own. Where it
// was worked out from a text, another one that stands there by now is a Conflict.
func (d *layoutDesk) write(ctx context.Context, by people.Actor, name, text, why, from string) (used bool, err error) {
	d.saving.Lock()
	defer d.saving.Unlock()
	if !propose.IsName(name) {
		return false, problem.New(problem.Invalid, "Found the name %q. Use small letters, digits and hyphens, such as rk9-csv.", name)
	}
	versions, err := d.kept(name)
	if err != nil {
		return false, err
	}
	number, before := 1, "none"
	if len(versions) > 0 {
		number, before = versions[0].Number+1, fmt.Sprintf("version %d", versions[0].Number)
	}
	path := filepath.Join(d.dir(), name+".yaml")
	was, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, problem.Wrap(err, problem.Unavailable, "The layout %s could not be read", name)
	}
	if from != "" && from != string(was) {
		return false, problem.New(problem.Conflict, "The layout %s was changed since this was worked out. Nothing was saved: "+
			"cancel, and offer the file again.", name)
	}
	now := d.app.Options.Now()
	keep := func(v propose.Version) error {
		dir := filepath.Join(d.dir(), versionFolder, name)
		if err := durable.MkdirAll(dir); err != nil {
			return problem.Wrap(err, problem.Unavailable, "The version could not be kept")
		}
		return durable.WriteNew(filepath.Join(dir, fmt.Sprintf("%04d.yaml", v.Number)), []byte(v.Kept()))
	}
	byHand := err == nil && (len(versions) == 0 || versions[0].Text != string(was))
	if byHand {
		before = fmt.Sprintf("version %d, by hand", number)
		number++
	}
	text = propose.Numbered(text, number)
	if _, err := config.ParseLayout(name+".yaml", name, []byte(text)); err != nil {
		return false, err
	}
	err = d.app.Store.SaveLayout(ctx, by, name, before, fmt.Sprintf("version %d: %s", number, why), func() error {
		if byHand {
			if err := keep(propose.Version{Number: number - 1, Text: string(was), At: now, By: "By hand", Why: "as it was found"}); err != nil {
				return err
			}
		}
		return keep(propose.Version{Number: number, Text: text, At: now, By: by.As(), Why: why})
	})
	if err != nil {
		return false, err
	}
	// Only what the log has is read by: a version that is cut off here stands in the list
	// and can be used from there.
	err = durable.MkdirAll(d.dir())
	if err == nil {
		err = durable.Write(path, []byte(text))
	}
	if err != nil {
		return false, problem.Wrap(err, problem.Unavailable, "Version %d is kept and could not be put in its place. Check that the disk has "+
			"room, then use version %d from the page of the layout", number, number)
	}
	return d.load(name)
}

// load has files read by the layouts as they are now. Only the layouts may have
// changed: who takes part is read when the program starts.
func (d *layoutDesk) load(name string) (used bool, err error) {
	a := d.app
	path := a.Options.partnershipPath()
	p, err := config.LoadPartnership(path)
	if err != nil {
		// The layout is saved; the file says what to put right when the program
		// starts.
		a.Options.Log.Warn("a saved layout is not used yet: the partnership file is not right", "layout", name, "error", err)
		return false, nil
	}
	if !reflect.DeepEqual(p.Providers, a.Partnership().Providers) || !reflect.DeepEqual(p.Councils, a.Partnership().Councils) {
		return false, nil
	}
	is, was := p.Layouts[name], a.Partnership().Layouts[name]
	if is == nil || was == nil || is.CodeSet != was.CodeSet || is.SeveralProviders != was.SeveralProviders ||
		is.File.Covers != was.File.Covers {
		return false, nil
	}
	// This layout alone: what else was changed by hand waits for the start.
	now := *a.Partnership()
	now.Layouts = a.reader.Layouts()
	now.Layouts[name] = is
	// Whether a hospital lists everybody in a bed decides what is counted of it, which
	// is settled when the program starts too.
	for _, v := range now.Providers {
		if now.ListsBeds(v) != a.Partnership().ListsBeds(v) {
			return false, nil
		}
	}
	set, err := extract.Compile(&now, referenceBeside(path))
	if err != nil {
		return false, err
	}
	a.reader.use(set, now.Layouts)
	return true, nil
}
