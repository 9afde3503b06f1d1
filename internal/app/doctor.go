package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"homeward/internal/backup"
	"homeward/internal/config"
	"homeward/internal/identity"
	"homeward/internal/measure"
	"homeward/internal/pack"
	"homeward/internal/schedule"
	"homeward/internal/sqlite"
	"homeward/internal/web"
)

func setUpDoctor(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	asJSON := flags.Bool("json", false, "print one JSON list, for machines")
	return func(ctx context.Context, words []string) (int, error) {
		if err := errors.Join(noWords(words), d.check()); err != nil {
			return ExitUsage, err
		}
		x := &examination{o: d.options(nil), ctx: ctx, served: heldBy(d.data)}
		x.o.Now = time.Now
		x.folder()
		status := ExitDone
		if slices.ContainsFunc(x.found, func(c web.Check) bool { return c.State == web.CheckWrong }) {
			status = ExitLess
		}
		if *asJSON {
			return status, printJSON(c.Out, x.found)
		}
		return status, printChecks(c.Out, x.found)
	}
}

func printChecks(out io.Writer, found []web.Check) error {
	for _, c := range found {
		fmt.Fprintf(out, "%-10s %s: %s\n", c.State, c.Name, c.Found)
		if c.Do != "" {
			fmt.Fprintf(out, "%-10s %s\n", "", c.Do)
		}
	}
	return nil
}

// examination looks at a data folder and what it hangs on. It changes nothing of what
// is kept there.
type examination struct {
	o     Options
	ctx   context.Context
	store *sqlite.Store // open, or nil
	// served says who serves the folder, empty when nobody does.
	served string
	// scheduler runs the jobs of this process, nil when it serves nothing. What the
	// nightly jobs checked is then taken from them, instead of checking again.
	scheduler *schedule.Scheduler
	found     []web.Check
}

func (x *examination) add(name string, state web.CheckState, found, do string) {
	x.found = append(x.found, web.Check{Name: name, State: state, Found: found, Do: do})
}

// wrong adds what an error says.
func (x *examination) wrong(name string, err error) {
	x.add(name, web.CheckWrong, err.Error(), "")
}

// folder examines a folder that need not be served.
func (x *examination) folder() {
	info, err := os.Stat(x.o.Data)
	if err != nil || !info.IsDir() {
		x.add("Data folder", web.CheckWrong, "There is none at "+x.o.Data+".", "Make one: homeward init --data "+x.o.Data)
		return
	}
	x.writable()
	if x.served != "" {
		x.add("Server", web.CheckGood, "It runs: "+x.served+".", "")
	} else {
		x.add("Server", web.CheckLook, "No server serves this folder now, so no job runs.", "Start it: homeward serve --data "+x.o.Data)
	}
	p, err := config.LoadPartnership(x.o.partnershipPath())
	if err != nil {
		x.wrong("Partnership file", err)
	} else {
		x.add("Partnership file", web.CheckGood, fmt.Sprintf("%s, %s and %s.", measure.Plural(int64(len(p.Councils)), "council", "councils"),
			measure.Plural(int64(len(p.Providers)), "provider", "providers"), measure.Plural(int64(len(p.Layouts)), "layout", "layouts")), "")
	}
	if x.database() {
		x.rest(p)
		if err := x.store.Close(); err != nil {
			x.wrong("Database", err)
		}
	}
}

// writable tries to write in the folder, and sees who may read in it.
func (x *examination) writable() {
	f, err := os.CreateTemp(x.o.Data, ".doctor-*")
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(f.Name()))
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		x.add("Data folder", web.CheckWrong, "It may not be written in by this account.", "Give it to the account that runs Homeward: chown -R "+
			"ACCOUNT "+x.o.Data)
	case errors.Is(err, syscall.ENOSPC):
		x.add("Data folder", web.CheckWrong, "Its disk is full.", "Make room.")
	case err != nil:
		x.wrong("Data folder", err)
	default:
		x.add("Data folder", web.CheckGood, x.o.Data+" can be read and written.", "")
	}
	if err := x.o.private(); err != nil {
		x.wrong("Who may open it", err)
	} else {
		x.add("Who may open it", web.CheckGood, "Keys and database are for Homeward's account and group alone.", "")
	}
}

// database opens the database, without migrating it, and says whether it could.
func (x *examination) database() bool {
	const name = "Database"
	state, err := x.o.database(x.ctx)
	if err != nil {
		x.wrong(name, err)
		return false
	}
	if state != sqlite.Filled {
		x.add(name, web.CheckLook, "There is none yet.", "The first extract or the first start makes it.")
		return false
	}
	has, knows, err := sqlite.SchemaOf(x.ctx, x.o.Data)
	switch {
	case err != nil:
		x.add(name, web.CheckWrong, "It could not be opened: "+err.Error()+".",
			"Restore the newest backup: homeward restore FILE --data NEWFOLDER")
		return false
	case has > knows:
		x.add(name, web.CheckWrong, fmt.Sprintf("It is of a later version of Homeward (%d, this program knows %d).", has, knows),
			"Use the later program.")
		return false
	case has < knows:
		x.add(name, web.CheckLook, fmt.Sprintf("It is of an older version (%d, this program brings it to %d), and is looked at no further here.",
			has, knows), "The next start copies it to "+BackupsFolder+"/ and brings it up to date.")
		return false
	}
	if x.store, err = sqlite.Open(x.ctx, x.o.Data, nil, sqlite.WithClock(x.o.Now)); err != nil {
		x.wrong(name, err)
		return false
	}
	return true
}

// rest examines what hangs on an open database; p is nil where the partnership file
// cannot be read.
func (x *examination) rest(p *config.Partnership) {
	x.databaseItself()
	x.keys()
	x.log()
	x.clock()
	x.room()
	if p != nil {
		x.backups(p)
		x.mail(p)
	}
	if x.scheduler != nil {
		x.scheduled(x.scheduler)
	} else {
		x.jobs()
	}
	x.inbox()
	if pack.FindChromium(x.o.Chromium) == nil {
		x.add("Browser for packs", web.CheckLook, "This machine has no Chromium, so packs have no PDF and no picture.",
			"Install one, or name it with HOMEWARD_CHROMIUM. Pages print the same from any browser.")
	} else {
		x.add("Browser for packs", web.CheckGood, "There is a Chromium.", "")
	}
}

func (x *examination) databaseItself() {
	if err := x.store.Ready(x.ctx); err != nil {
		x.wrong("Database", err)
		return
	}
	size := int64(0)
	if info, err := os.Stat(filepath.Join(x.o.Data, sqlite.FileName)); err == nil {
		size = info.Size()
	}
	words := fmt.Sprintf("%.1f MB, and a line can be written. What is in it is checked each night.", float64(size)/1e6)
	x.add("Database", web.CheckGood, words, "")
}

func (x *examination) keys() {
	const name = "Key of identifiers"
	noted, err := x.store.KeyFingerprint(x.ctx)
	if err != nil {
		x.wrong(name, err)
		return
	}
	key, err := identity.LoadOrCreate(x.o.keyPath(), false)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		x.add(name, web.CheckWrong, x.o.keyPath()+" is missing: figures work, identifiers and extracts do not.",
			"Put it back from where its copy is kept.")
	case err != nil:
		x.wrong(name, err)
	case noted != "" && key.Fingerprint() != noted:
		x.add(name, web.CheckWrong, fmt.Sprintf("%s (check value %s) is not the key of this database (%s).", x.o.keyPath(), key.Fingerprint(),
			noted),
			"Put the right one back from where its copy is kept.")
	default:
		x.add(name, web.CheckGood, "It is the key of this database (check value "+key.Fingerprint()+").", "")
	}
}

func (x *examination) log() {
	const name = "Audit log"
	err := x.store.UseAuditKey(x.ctx, filepath.Join(filepath.Dir(x.o.keyPath()), sqlite.AuditKeyName))
	if err != nil {
		x.wrong(name, err)
		return
	}
	if x.scheduler != nil {
		all, err := x.scheduler.List(x.ctx)
		i := slices.IndexFunc(all, func(s schedule.Status) bool { return s.Name == "audit" })
		if err != nil || i < 0 {
			x.wrong(name, errors.Join(err, errors.New("no job checks the audit log")))
			return
		}
		switch r := all[i]; {
		case r.Result == "":
			x.add(name, web.CheckLook, "It has not been checked yet.", "The job Check the audit log does it each night, and from the jobs page.")
		case r.Result == schedule.DidNotFinish:
			x.add(name, web.CheckWrong, r.Message, "Keep the data folder as it is, and contact your security lead.")
		default:
			x.add(name, web.CheckGood, strings.TrimSpace(r.Message+" That was at ")+" "+r.Last.UTC().Format("2006-01-02 15:04 UTC")+".", "")
		}
		return
	}
	r, err := x.store.VerifyAudit(x.ctx)
	switch {
	case err != nil:
		x.wrong(name, err)
	case !r.Whole():
		x.add(name, web.CheckWrong, strings.Join(r.Findings, " "), "Keep the data folder as it is, and contact your security lead.")
	default:
		x.add(name, web.CheckGood, strings.TrimSpace(fmt.Sprintf("Whole, to entry %d. %s", r.Head.Number, strings.Join(r.Notes, " "))), "")
	}
}

// skew is how far the clock may stand before what was recorded last.
const skew = time.Minute

// jumpSaid is for how long a jump of the clock is said.
const jumpSaid = 7 * 24 * time.Hour

// spanWords says a length of time roughly, as people would.
func spanWords(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day:
		return measure.Plural(int64(d/day), "day", "days")
	case d >= 2*time.Hour:
		return measure.Plural(int64(d/time.Hour), "hour", "hours")
	case d >= 2*time.Minute:
		return measure.Plural(int64(d/time.Minute), "minute", "minutes")
	}
	return measure.Plural(int64(d/time.Second), "second", "seconds")
}

func (x *examination) clock() {
	const name = "Clock"
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		x.wrong(name, err)
		return
	}
	last, err := x.store.Moment(x.ctx)
	if err != nil {
		x.wrong(name, err)
		return
	}
	now := x.o.Now()
	words := now.In(london).Format("2 January 2006, 15:04:05") + " in London"
	if last.Sub(now) > skew {
		x.add(name, web.CheckWrong, fmt.Sprintf("%s, which is %s before what was recorded last (%s).", words, spanWords(last.Sub(now)),
			last.In(london).Format("2 January 2006, 15:04")),
			"Set the clock if it is wrong now. If it was ahead before, nothing needs doing. What is recorded meanwhile keeps its order and is "+
				"dated right after the last moment.")
		return
	}
	if x.scheduler != nil {
		if jump := x.scheduler.Jumped(); !jump.At.IsZero() && now.Sub(jump.At).Abs() < jumpSaid {
			way := "on"
			if jump.By < 0 {
				way = "back"
			}
			x.add(name, web.CheckLook, fmt.Sprintf("%s. It went %s by %s at %s.", words, way, spanWords(jump.By.Abs()),
				jump.At.In(london).Format("15:04 on 2 January 2006")),
				"Nothing, if the machine slept or somebody set the clock. Jobs that were passed over ran then.")
			return
		}
	}
	x.add(name, web.CheckGood, words+".", "")
}

// roomFor is how much room a disk should have, in bytes, beside what must be there.
const roomFor = 1 << 30

// freeRoom gives how much room the disk of a folder has, in bytes.
func freeRoom(dir string) (uint64, error) {
	var disk syscall.Statfs_t
	err := syscall.Statfs(dir, &disk)
	return uint64(disk.Bavail) * uint64(disk.Bsize), err
}

func (x *examination) room() {
	free, err := freeRoom(x.o.Data)
	if err != nil {
		x.wrong("Room", err)
		return
	}
	words := fmt.Sprintf("The data folder's disk has %.1f GB free.", float64(free)/1e9)
	if free < roomFor {
		x.add("Room", web.CheckLook, words, "Make room soon: below 64 MB nothing is taken in.")
		return
	}
	x.add("Room", web.CheckGood, words, "")
}

// backupLate is how old the newest backup may be.
const backupLate = 50 * time.Hour

func (x *examination) backups(p *config.Partnership) {
	const name = "Backups"
	a := &App{Options: x.o}
	a.part.Store(&part{partnership: p})
	b := a.backups("")
	all, err := backup.List(b.folder)
	if err != nil {
		x.wrong(name, err)
		return
	}
	if len(all) == 0 {
		x.add(name, web.CheckLook, "There is none in "+b.folder+".", "Make one: homeward backup --data "+x.o.Data+
			". A running server makes one every night.")
		return
	}
	made, _ := backup.MadeAt(all[0])
	ahead := 0 // Made while the clock was ahead: they say nothing of how old the newest is.
	for ; ahead < len(all)-1 && made.Sub(x.o.Now()) > skew; ahead++ {
		made, _ = backup.MadeAt(all[ahead+1])
	}
	words := fmt.Sprintf("%d in %s, the newest of %s.", len(all), b.folder, made.Format("2 January 2006, 15:04 UTC"))
	if ahead > 0 {
		words += fmt.Sprintf(" %s of days to come, made while the clock was ahead.", measure.Plural(int64(ahead), "is", "are"))
	}
	switch {
	case x.o.Now().Sub(made) > backupLate:
		x.add(name, web.CheckWrong, words, "See on the jobs page why none was made since, and make one: homeward backup --data "+x.o.Data)
	case b.beside():
		x.add(name, web.CheckLook, words, "They lie in the data folder. Name a folder on another disk in the partnership file (backup: folder).")
	default:
		x.add(name, web.CheckGood, words, "")
	}
}

func (x *examination) mail(p *config.Partnership) {
	const name = "Mail"
	m := p.Mail
	if m == nil {
		x.add(name, web.CheckLook, "None is set, so packs wait on their page and nobody is told of missing extracts or of jobs that did "+
			"not finish.", "Set it in the partnership file (mail).")
		return
	}
	if m.PasswordFile != "" {
		if _, err := os.ReadFile(m.PasswordFile); err != nil {
			x.add(name, web.CheckWrong, "The password file "+m.PasswordFile+" could not be read.", "Put it there, for Homeward's account alone.")
			return
		}
	}
	sent, err := x.store.Deliveries(x.ctx, "")
	if err != nil {
		x.wrong(name, err)
		return
	}
	said := "It goes through " + m.Host + "."
	for _, d := range slices.Backward(sent) {
		if !strings.HasPrefix(d.Pack, jobMail) {
			continue
		}
		if d.State != sqlite.DeliverySent && d.Message != "" {
			x.add(name, web.CheckWrong, said+" The latest message about a job was not sent: "+d.Message, "Correct the partnership file (mail).")
			return
		}
		break
	}
	if len(m.JobsTo) == 0 {
		x.add(name, web.CheckLook, said+" Nobody is told of jobs that did not finish.", "Name who is, in the partnership file (mail: jobs_to).")
		return
	}
	x.add(name, web.CheckGood, said, "")
}

// jobsName is what the check of jobs is called.
const jobsName = "Jobs"

// jobs examines the record of runs.
func (x *examination) jobs() {
	last, err := x.store.Jobs().Last(x.ctx)
	if err != nil {
		x.wrong(jobsName, err)
		return
	}
	var failed []string
	for _, r := range last {
		at := r.Began.UTC().Format("2006-01-02 15:04 UTC")
		switch {
		case r.Result == schedule.DidNotFinish:
			failed = append(failed, fmt.Sprintf("%s did not finish at %s: %s", r.Job, at, r.Message))
		case r.Result == schedule.Running && x.served == "":
			failed = append(failed, fmt.Sprintf("%s began at %s, and its end was not recorded: the program was stopped, or the disk was full",
				r.Job, at))
		case r.Result == schedule.Running && x.o.Now().Sub(r.Began) > schedule.Longest:
			failed = append(failed, fmt.Sprintf("%s runs since %s, or its end could not be recorded", r.Job, at))
		}
	}
	slices.Sort(failed)
	switch {
	case len(failed) > 0:
		x.add(jobsName, web.CheckWrong, strings.Join(failed, "; "), "The jobs page (/admin/jobs) runs them again.")
	case len(last) == 0:
		x.add(jobsName, web.CheckLook, "None has run yet.", "A running server runs them.")
	default:
		x.add(jobsName, web.CheckGood, fmt.Sprintf("The last runs of %d jobs ended as they should.", len(last)), "")
	}
}

// scheduled examines the jobs of this process, which knows how they stand even where
// that cannot be recorded.
func (x *examination) scheduled(jobs *schedule.Scheduler) {
	if err := jobs.Trouble(); err != nil {
		x.add(jobsName, web.CheckWrong, err.Error(), "The jobs page (/admin/jobs) runs them again.")
		return
	}
	x.add(jobsName, web.CheckGood, fmt.Sprintf("All %d are on time, and their last runs ended as they should.", len(jobs.Standings())-1), "")
}

// waitsLong is how long a file may wait in the inbox of a running server.
const waitsLong = 10 * time.Minute

func (x *examination) inbox() {
	const name = "Inbox"
	all, err := x.o.waitingInbox()
	if err != nil {
		x.wrong(name, err)
		return
	}
	waiting, long := len(all), 0
	for _, info := range all {
		if x.o.Now().Sub(info.ModTime()) > waitsLong {
			long++
		}
	}
	words := measure.Plural(int64(waiting), "file waits.", "files wait.")
	if long > 0 {
		words = fmt.Sprintf("%s, %d for over ten minutes.", measure.Plural(int64(waiting), "file waits", "files wait"), long)
		x.add(name, web.CheckLook, words,
			"A running server takes them in. The jobs page says what its last look did.")
		return
	}
	x.add(name, web.CheckGood, words, "")
}

// status gives the state of a served folder to the page that shows it.
func (a *App) status(jobs *schedule.Scheduler) func(context.Context) []web.Check {
	return func(ctx context.Context) []web.Check {
		x := &examination{o: a.Options, ctx: ctx, store: a.Store, scheduler: jobs}
		x.writable()
		x.rest(a.Partnership())
		return x.found
	}
}
