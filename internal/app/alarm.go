package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"homeward/internal/delay"
	"homeward/internal/mail"
	"homeward/internal/problem"
	"homeward/internal/schedule"
	"homeward/internal/sqlite"
)

// jobMail begins what stands for a message about a job in the outbox, in the place
// of a pack's name. Neither packs nor hospitals have names with a colon.
const jobMail = "job:"

// alarm tells those who look after the jobs of one that does not work. The outbox
// is the way, because it outlives a restart; where it cannot be written, because the
// disk that stopped the job is full for it too, the mail server is asked at once.
// The zero value is ready.
type alarm struct {
	// titles are the jobs' titles by name.
	titles sync.Map
	at     sync.WaitGroup
	// end ends what waits to be tried again; nil before the server starts.
	end context.Context
}

// tell has one thing told, without waiting for it.
func (a *App) tell(t schedule.Tidings) {
	m := a.Partnership().Mail
	if m == nil || len(m.JobsTo) == 0 {
		return
	}
	how := t.Trouble
	if t.Well {
		how = worksAgain
	}
	at := t.Since
	if t.Well {
		at = a.now()
	}
	name := jobMail + strings.Join([]string{t.Name, how, strconv.FormatInt(at.UnixMicro(), 10)}, ":")
	for _, to := range m.JobsTo {
		a.alarm.at.Go(func() { a.send(name, to) })
	}
}

// worksAgain stands in the place of a trouble that ended.
const worksAgain = "works again"

// outboxWithin bounds the writing into the outbox.
const outboxWithin = 15 * time.Second

// send puts a message in the outbox, or hands it over itself where the outbox cannot
// be written.
func (a *App) send(name, to string) {
	ctx := a.alarm.end
	if ctx == nil {
		ctx = context.Background()
	}
	for attempt := 1; ; attempt++ {
		writing, done := context.WithTimeout(context.WithoutCancel(ctx), outboxWithin)
		err := a.Store.AddDeliveries(writing, name, sqlite.ByMail, []string{to}, a.now())
		done()
		if err == nil {
			return
		}
		sender, err := mail.New(*a.Partnership().Mail)
		if err == nil {
			err = a.mailJob(ctx, sender, sqlite.Delivery{Pack: name, Target: to, Made: a.now()})
		}
		if err == nil {
			return
		}
		wait, again := mail.Wait(attempt)
		if !again || mail.Lasting(err) {
			a.Options.Log.Error("a message about a job was not taken and is given up", "attempts", attempt, "error", err)
			return
		}
		a.Options.Log.Warn("a message about a job was not taken and is tried again", "attempts", attempt, "error", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// mailJob tells one person how a job stands. The message has the job and the time
// alone: why it did not finish may name files and counts, and stands on the page of
// jobs (P1).
func (a *App) mailJob(ctx context.Context, sender *mail.Sender, d sqlite.Delivery) error {
	job, how, at, err := readJobMail(d.Pack)
	if err != nil {
		return err
	}
	title := any(job)
	if known, ok := a.alarm.titles.Load(job); ok {
		title = known
	}
	when := at.In(a.London)
	words := delay.Clock(when) + " on " + when.Format("2 January 2006")
	said := fmt.Sprintf("%q %s (%s).", title, how, words)
	switch {
	case job == schedule.Records && how == worksAgain:
		title, said = "Record of jobs", fmt.Sprintf("The record of jobs is written again since %s.", words)
	case job == schedule.Records:
		title, said = "Record of jobs", fmt.Sprintf("The record of jobs cannot be written since %s. How runs ended is known to the running "+
			"program alone.", words)
	}
	if err := a.Store.Ready(ctx); err != nil {
		said += " " + sentence(err)
	}
	if how != worksAgain {
		said += " No further message comes about this until it works again."
	}
	return sender.Send(ctx, mail.Message{
		To: d.Target, At: d.Made.In(a.London), ID: "job-" + job + "-" + strconv.FormatInt(at.UnixMicro(), 10) + "-" +
			strings.ReplaceAll(how, " ", "-"),
		Subject: fmt.Sprintf("%s %s: %s", title, how, a.Partnership().Name),
		Body: fmt.Sprintf("%s\n\nThe page Jobs says why, and runs it again:\n%s/admin/jobs\nThe page Status says what else is not as it "+
			"should be:\n%s/admin/status\n\nThis message was sent by Homeward of %s, which reads no answers.\n",
			said, a.Partnership().Mail.Address, a.Partnership().Mail.Address, a.Partnership().Name),
	})
}

// readJobMail reads what tell wrote.
func readJobMail(name string) (job, how string, at time.Time, err error) {
	parts := strings.Split(strings.TrimPrefix(name, jobMail), ":")
	if len(parts) == 3 {
		var micro int64
		if micro, err = strconv.ParseInt(parts[2], 10, 64); err == nil {
			return parts[0], parts[1], time.UnixMicro(micro), nil
		}
	}
	return "", "", time.Time{}, problem.New(problem.Internal, "the outbox holds the message %q about a job", name)
}
