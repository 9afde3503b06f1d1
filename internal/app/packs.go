package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"homeward/internal/chart"
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/mail"
	"homeward/internal/measure"
	"homeward/internal/pack"
	"homeward/internal/problem"
	"homeward/internal/schedule"
	"homeward/internal/sqlite"
	"homeward/internal/web"
)

// gather gets what a pack shows, of a store, at the moment and up to the
// extract date of meta.
func (a *App) gather(ctx context.Context, store *sqlite.Store, f measure.Filter, meta pack.Meta) (pack.Figures, error) {
	f.Book = a.counts().book.Known(meta.At)
	figures, err := pack.Gather(ctx, store, f, a.placeOf(f), measure.Moment{Now: meta.At, UpTo: meta.UpTo}, a.Expected())
	if err != nil || !meta.Public || figures.Overview.AsAt == 0 {
		return figures, err
	}
	o := figures.Overview
	figures.Release, err = measure.MakeRelease(ctx, store, o.From, o.To, f, publicRowsOf(a.Partnership(), f.Book))
	return figures, err
}

// placeOf names what a filter's figures are of.
func (a *App) placeOf(f measure.Filter) string {
	var names []string
	for _, p := range a.Partnership().Providers {
		if slices.Contains(f.Providers, p.Code) {
			names = append(names, p.Name)
		}
	}
	for _, c := range a.Partnership().Councils {
		if slices.Contains(f.Councils, delay.Council(c.Code)) {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		return a.Partnership().Name
	}
	return strings.Join(names, ", ")
}

func (a *App) meta(version string, at time.Time) pack.Meta {
	return pack.Meta{Partnership: a.Partnership().Name, RuleSet: a.ruleSetAt(at), Version: version, At: at}
}

// ruleSetAt names the rule set with the version in force on the day of a
// moment.
func (a *App) ruleSetAt(at time.Time) string {
	return a.counts().rules.Known(at).Words(delay.DayOf(at.In(a.London)))
}

func (a *App) packsRoot() string { return filepath.Join(a.Options.Data, PacksFolder) }

// printer gives what prints packs, or the reason why nothing does.
func (a *App) printer() (pack.Printer, string) {
	if c := pack.FindChromium(a.Options.Chromium); c != nil {
		return c, ""
	}
	return nil, pack.NoChromium
}

// packFilter gives what a plan's figures are limited to.
func packFilter(plan config.Pack) measure.Filter {
	f := measure.Filter{Providers: plan.Providers}
	for _, c := range plan.Councils {
		f.Councils = append(f.Councils, delay.Council(c))
	}
	return f
}

// series is what a plan adds to the names of its packs; those of the plan named
// morning are named by their day alone.
func series(plan config.Pack) string {
	if plan.Name == "morning" {
		return ""
	}
	return plan.Name
}

// upTo gives the last day of a plan's figures as seen on a day, zero for the
// latest.
func upTo(plan config.Pack, today delay.Day) delay.Day {
	switch plan.Period {
	case config.PackOfWeek:
		return today.Week() - 1
	case config.PackOfMonth:
		return (today.Month() - 1).Last()
	}
	return 0
}

// upToWords says the same for readers.
var upToWords = map[string]string{
	config.PackOfDay: "the latest extract", config.PackOfWeek: "the last Sunday", config.PackOfMonth: "the last day of the month before",
}

// packWords says when a plan's packs are made.
func packWords(plan config.Pack) (string, error) {
	if plan.Words != "" {
		return plan.Words, nil
	}
	words, err := schedule.Words(plan.Cron)
	if err != nil {
		return "", problem.Wrap(err, problem.Invalid, "The pack %s of the partnership file has times that are not simple. Say them in words "+
			"under its key words, or correct its key cron", plan.Name)
	}
	return words, nil
}

// packJobs are the jobs that make packs and send them.
func (a *App) packJobs(draw *chart.Renderer, version string) ([]schedule.Job, error) {
	var jobs []schedule.Job
	for _, plan := range a.Partnership().Packs {
		words, err := packWords(plan)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, schedule.Job{
			Name: "pack-" + plan.Name, Title: "Make the " + strings.ToLower(plan.Title[:1]) + plan.Title[1:], Words: words, When: plan.Cron,
			CatchUp: true, Limit: time.Hour,
			Run: func(ctx context.Context) (string, error) { return a.makePack(ctx, plan, draw, version) },
		})
	}
	if m := a.Partnership().Mail; len(jobs) > 0 || m != nil && len(m.MissingTo)+len(m.JobsTo) > 0 {
		jobs = append(jobs, schedule.Job{Name: "deliver", Title: "Send packs", Words: "every minute", When: "@every 1m", Limit: time.Hour,
			Run: a.deliver})
	}
	return jobs, nil
}

// makePack makes a plan's pack and puts it in the outbox. Doing so again
// changes nothing while the figures are the same.
func (a *App) makePack(ctx context.Context, plan config.Pack, draw *chart.Renderer, version string) (string, error) {
	// All figures are of one moment, so that the pack can be made again.
	held, at, err := a.Store.SnapshotAt(ctx)
	if err != nil {
		return "", err
	}
	defer held.Close()
	meta := a.meta(version, at.In(a.London))
	meta.Series, meta.Title, meta.Public = series(plan), plan.Title, plan.Public
	meta.UpTo = upTo(plan, delay.DayOf(meta.At))
	meta.Day = meta.UpTo
	meta.Printer, meta.Unprinted = a.printer()
	figures, err := a.gather(ctx, held.Store, packFilter(plan).On(a.headline()), meta)
	if err != nil {
		return "", err
	}
	if figures.Overview.AsAt == 0 {
		return "There are no extracts yet, so there is nothing to draw.", nil
	}
	id, fresh, err := pack.Keep(ctx, a.packsRoot(), figures, draw, meta)
	if err != nil {
		return "", err
	}
	if err := a.post(ctx, id, plan); err != nil {
		return "", err
	}
	if !fresh {
		return fmt.Sprintf("The pack %s already shows these figures.", id), nil
	}
	return fmt.Sprintf("Charts as at %s are in the pack %s.", figures.Overview.AsAt.Long(), id), nil
}

// post puts a pack in the outbox for whom its plan names. It goes to each once.
func (a *App) post(ctx context.Context, id string, plan config.Pack) error {
	now := a.now()
	err := a.Store.AddDeliveries(ctx, id, sqlite.ByMail, plan.Recipients, now)
	if plan.Folder != "" {
		err = errors.Join(err, a.Store.AddDeliveries(ctx, id, sqlite.IntoFolder, []string{plan.Folder}, now))
	}
	return err
}

// deliver sends what is due from the outbox. What is not taken is tried again,
// ever later, and then given up, with the reason on the page of the pack.
func (a *App) deliver(ctx context.Context) (string, error) {
	due, err := a.Store.DueDeliveries(ctx, a.now())
	if err != nil || len(due) == 0 {
		return "Nothing waits to be sent.", err
	}
	var sender *mail.Sender
	var cannot error
	if a.Partnership().Mail == nil {
		cannot = problem.New(problem.Unavailable, "The partnership file has no section mail any more, so nothing can be mailed.")
	} else {
		sender, cannot = mail.New(*a.Partnership().Mail)
	}
	sent, waiting, given, untold := 0, 0, 0, 0
	for _, d := range due {
		if a.sentUnnoted[d.ID] {
			// It was sent when that could not be noted, because the disk was full.
			if err := a.noteSent(ctx, d); err != nil {
				return "", err
			}
			continue
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		var err error
		switch {
		case d.Kind == sqlite.IntoFolder:
			err = pack.Copy(a.packsRoot(), d.Pack, d.Target)
		case cannot != nil:
			err = cannot
		case strings.HasPrefix(d.Pack, missingMail):
			err = a.mailMissing(ctx, sender, d)
		case strings.HasPrefix(d.Pack, jobMail):
			err = a.mailJob(ctx, sender, d)
		default:
			err = a.mailPack(ctx, sender, d)
		}
		if err != nil && ctx.Err() != nil {
			return "", ctx.Err() // Stopped half-way: it waits as it was.
		}
		now := a.now()
		wait, again := mail.Wait(d.Attempts + 1)
		switch {
		case err == nil:
			sent++
			err = a.noteSent(ctx, d)
		case again && !mail.Lasting(err):
			a.Options.Log.Warn("a pack was not taken and is tried again", "pack", d.Pack, "kind", d.Kind, "attempts", d.Attempts+1, "error", err)
			waiting++
			err = a.Store.DelayDelivery(ctx, d.ID, now.Add(wait), sentence(err))
		default:
			a.Options.Log.Error("a pack was not taken and is given up", "pack", d.Pack, "kind", d.Kind, "attempts", d.Attempts+1, "error", err)
			if strings.HasPrefix(d.Pack, jobMail) {
				untold++ // That mail does not work must not be told by mail: Status says it.
			} else {
				given++
			}
			err = a.Store.EndDelivery(ctx, d.ID, sqlite.DeliveryNotSent, now, sentence(err))
		}
		if err != nil {
			return "", err
		}
	}
	said := fmt.Sprintf("Sent %d, to be tried again %d.", sent, waiting)
	if untold > 0 {
		said += fmt.Sprintf(" Messages about jobs that were not sent: %d. The status page says why.", untold)
	}
	if given > 0 {
		return "", problem.New(problem.Conflict, "%s Not sent: %d. The page of each pack says why.", said, given)
	}
	return said, nil
}

// noteSent notes that a delivery was sent. Where that cannot be written it is
// remembered, so that nobody gets the same message every minute while a disk is full.
func (a *App) noteSent(ctx context.Context, d sqlite.Delivery) error {
	if a.sentUnnoted == nil {
		a.sentUnnoted = map[int64]bool{}
	}
	a.sentUnnoted[d.ID] = true
	if err := a.Store.EndDelivery(ctx, d.ID, sqlite.DeliverySent, a.now(), ""); err != nil {
		return err
	}
	delete(a.sentUnnoted, d.ID)
	return nil
}

// sentence gives what a reader may see of an error, with its full stop.
func sentence(err error) string { return strings.TrimSuffix(problem.Sentence(err), ".") + "." }

// mailPack tells one person that a pack is ready. The message holds no figure
// and nothing about a person: it may lie in any mailbox (P1).
func (a *App) mailPack(ctx context.Context, sender *mail.Sender, d sqlite.Delivery) error {
	m, err := pack.ReadManifest(a.packsRoot(), d.Pack)
	if err != nil {
		return err
	}
	asAt, err := delay.ParseDay(m.AsAt)
	if err != nil {
		return err
	}
	title := m.Title
	if title == "" {
		title = "Pack"
	}
	return sender.Send(ctx, mail.Message{
		To: d.Target, At: d.Made.In(a.London), ID: fmt.Sprintf("pack-%s-%d", d.Pack, d.ID),
		Subject: fmt.Sprintf("%s, data as at %s: %s", title, asAt.Long(), m.Place),
		Body: fmt.Sprintf("%s is ready, with data as at %s.\n\nRead it in Homeward, where you sign in as usual:\n%s/packs/%s/\n\n"+
			"It shows the figures as they were held at %s and stays as it is.\n\nThis message was sent by Homeward of %s, which reads no answers.\n",
			title+" of "+m.Place, asAt.Long(), a.Partnership().Mail.Address, d.Pack, m.HeldAt.In(a.London).Format("15:04 on 2 January 2006"),
			m.Partnership),
	})
}

// packs shows the kept packs to the pages.
type packs struct {
	app  *App
	draw *chart.Renderer
}

// List gives the kept packs, newest first. Damaged ones are named in the error.
func (p packs) List(ctx context.Context) ([]web.Pack, error) {
	all, damaged := pack.List(p.app.packsRoot())
	sent, err := p.app.Store.Deliveries(ctx, "")
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(all))
	out := make([]web.Pack, len(all))
	for i, info := range all {
		out[i] = web.Pack{ID: info.ID, Title: info.Title, Held: info.Held.In(p.app.London), AsAt: info.AsAt, RuleSet: info.RuleSet}
		at[info.ID] = i
	}
	for _, d := range sent {
		if i, ok := at[d.Pack]; ok {
			switch d.State {
			case sqlite.DeliverySent:
				out[i].Sent++
			case sqlite.DeliveryWaiting:
				out[i].Waiting++
			default:
				out[i].NotSent++
			}
		}
	}
	return out, damaged
}

// Plans gives the packs of the partnership file.
func (p packs) Plans(context.Context) ([]web.PackPlan, error) {
	var out []web.PackPlan
	for _, plan := range p.app.Partnership().Packs {
		words, err := packWords(plan)
		if err != nil {
			return nil, err
		}
		next, err := schedule.Next(plan.Cron, p.app.now(), 3)
		if err != nil {
			return nil, err
		}
		w := web.PackPlan{Title: plan.Title, When: words, UpTo: upToWords[plan.Period], Of: p.app.placeOf(packFilter(plan)),
			Recipients: len(plan.Recipients), Public: plan.Public, Next: next}
		if plan.Folder != "" {
			w.Folders = 1
		}
		out = append(out, w)
	}
	return out, nil
}

// Open gives a file of a pack; an empty name is the page.
func (p packs) Open(_ context.Context, id, file string) (web.PackFile, error) {
	if file == "" {
		file = pack.PageFile
	}
	b, err := pack.Open(p.app.packsRoot(), id, file)
	if err != nil {
		return web.PackFile{}, err
	}
	out := web.PackFile{Bytes: b, Type: pack.TypeOf(file)}
	if file == pack.PageFile {
		m, err := pack.ReadManifest(p.app.packsRoot(), id)
		if err != nil {
			return web.PackFile{}, err
		}
		out.Style = m.Style
	}
	return out, nil
}

// Record gives what is known of a pack.
func (p packs) Record(ctx context.Context, id string) (web.PackRecord, error) {
	m, err := pack.ReadManifest(p.app.packsRoot(), id)
	if err != nil {
		return web.PackRecord{}, err
	}
	r := web.PackRecord{Of: m.Place, Filter: m.Filter(), Version: m.Version, Unprinted: m.Unprinted, Public: m.Public}
	r.Pack = web.Pack{ID: id, Title: pack.Title(id), Kind: m.Title, Held: m.HeldAt.In(p.app.London), RuleSet: m.RuleSet}
	if r.AsAt, err = delay.ParseDay(m.AsAt); err != nil {
		return r, err
	}
	for _, f := range slices.Concat(m.Files, m.Printed) {
		r.Files = append(r.Files, web.PackPart{Name: f.Name, Bytes: int64(f.Bytes)})
	}
	sent, err := p.app.Store.Deliveries(ctx, id)
	if err != nil {
		return r, err
	}
	for _, d := range sent {
		r.Deliveries = append(r.Deliveries, web.PackDelivery{Kind: d.Kind, Target: d.Target, State: d.State, Message: d.Message,
			Attempts: d.Attempts, At: d.Ended, Next: d.Next})
	}
	c, ok, err := p.app.Store.PackCheckOf(ctx, id)
	if ok {
		r.Checked = &web.PackCheck{At: c.At, Same: c.Same, Message: c.Message}
	}
	return r, err
}

// Check renders a pack again from what was known at its moment, and keeps what
// the comparison says.
func (p packs) Check(ctx context.Context, id string) error {
	m, err := pack.ReadManifest(p.app.packsRoot(), id)
	if err != nil {
		return err
	}
	past, done, err := p.app.asKnown(ctx, m.HeldAt)
	if err != nil {
		return err
	}
	defer done()
	meta := pack.Meta{At: m.HeldAt.In(p.app.London), Public: m.Public}
	if m.UpTo != "" {
		if meta.UpTo, err = delay.ParseDay(m.UpTo); err != nil {
			return err
		}
	}
	figures, err := p.app.gather(ctx, past.Store, m.Filter(), meta)
	if err != nil {
		return err
	}
	differ, err := pack.Again(ctx, m, figures, p.draw, p.app.London)
	if err != nil {
		return err
	}
	// The files on the disk must be those of the manifest, too.
	for _, f := range slices.Concat(m.Files, m.Printed) {
		if _, err := pack.Open(p.app.packsRoot(), id, f.Name); err != nil && !slices.Contains(differ, f.Name) {
			differ = append(differ, f.Name)
		}
	}
	found := sqlite.PackCheck{At: p.app.now(), Same: len(differ) == 0, Message: fmt.Sprintf("All %d files come out the same, byte for byte.",
		len(m.Files))}
	if !found.Same {
		found.Message = fmt.Sprintf("These files come out otherwise: %s. Another version of the program or changed settings can be the reason; "+
			"the pack itself stays as it was shown.", strings.Join(differ, ", "))
	}
	return p.app.Store.SavePackCheck(ctx, id, found)
}
