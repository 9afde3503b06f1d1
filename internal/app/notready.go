package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"homeward/internal/audit"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/received"
	"homeward/internal/signin"
)

// keptOf says what a received file lacks.
func keptOf(sum [32]byte, without []received.Without) (ingest.Kept, error) {
	kept := ingest.Kept{Sum: sum}
	for _, w := range without {
		day, err := delay.ParseDay(w.Date)
		if err != nil {
			return kept, problem.Wrap(err, problem.Unavailable, "A received file could not be opened: it is damaged. Restore it from your backup")
		}
		kept.LeftOut = append(kept.LeftOut, ingest.LeftOut{Provider: w.Provider, Date: day, Rows: w.Rows})
	}
	return kept, nil
}

// withoutWords says what was taken out of a file, and nothing of one that is
// whole.
func withoutWords(kept ingest.Kept) string {
	n := 0
	for _, l := range kept.LeftOut {
		n += l.Rows
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s of people who were not ready were purged from the file (R13).", countOf(n, "row", "rows"))
}

// notReadyPurged counts what purgeNotReady did.
type notReadyPurged struct {
	rows, people    int64
	files, filesOut int
}

// words says it in sentences, nothing where nothing was done.
func (n notReadyPurged) words() string {
	var out []string
	if n.rows+n.people > 0 {
		out = append(out, fmt.Sprintf("%d rows of people who were not ready and the numbers of %d people who never were, were purged.",
			n.rows, n.people))
	}
	if n.files > 0 {
		out = append(out, fmt.Sprintf("Rows of people who were not ready were purged from %s.", countOf(n.files, "received file",
			"received files")))
	}
	if n.filesOut > 0 {
		out = append(out, fmt.Sprintf("%s with such rows, from which they could not be taken out, were deleted whole.",
			countOf(n.filesOut, "received file", "received files")))
	}
	return strings.Join(out, " ")
}

// retention is the job that deletes what is past its period.
func (a *App) retention(ctx context.Context) (string, error) {
	n, err := signin.Retention(ctx, a.Store, a.Options.Now(), a.Partnership().RetentionYears)
	files, fileErr := a.purgeReceived(ctx)
	words := fmt.Sprintf("Identifiers of %d patients were purged. Figures stay.", n)
	if files > 0 {
		words += fmt.Sprintf(" %d received files past their period were deleted.", files)
	}
	notReady, notErr := a.purgeNotReady(ctx)
	return strings.TrimSpace(words + " " + notReady.words()), errors.Join(err, fileErr, notErr)
}

// purgeNotReady deletes rows of people who were not ready once their days have
// passed (R13): from the received files, and from what the extracts state.
func (a *App) purgeNotReady(ctx context.Context) (out notReadyPurged, err error) {
	defer ingest.Spare()()
	before := a.Options.Now().AddDate(0, 0, -a.Partnership().NotReadyDays)
	filesErr := a.thinReceived(ctx, received.MarkOf(before), &out)
	by := people.Actor{Kind: people.Machine}
	if out.files+out.filesOut > 0 {
		filesErr = errors.Join(filesErr, a.Store.Record(context.WithoutCancel(ctx), audit.Entry{Who: by.Who(), As: by.As(),
			What: audit.IdentifiersPurged, After: out.words()}))
	}
	purged, err := a.Store.PurgeNotReady(ctx, by, delay.DayOf(before), a.purgedBefore())
	out.rows, out.people = purged.Rows, purged.People
	if err == nil {
		err = a.Store.Wipe(ctx)
	}
	return out, errors.Join(err, filesErr)
}

// thinReceived takes the rows of people who were not ready out of what was
// received before a mark and not looked at with today's words.
func (a *App) thinReceived(ctx context.Context, before string, out *notReadyPurged) error {
	if a.Received == nil || !a.reader.Criteria() {
		return nil
	}
	_, words := a.Ingest.Words()
	mark, err := a.Store.NotReadyMark(ctx, words)
	if err != nil {
		return err
	}
	all, err := a.Received.After(mark)
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.Mark() >= before {
			break
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := a.thinOne(ctx, e, out); err != nil {
			// It is looked at again, and the others with it.
			return err
		}
		mark = e.Mark()
	}
	return a.Store.SetNotReadyMark(ctx, words, mark)
}

func (a *App) thinOne(ctx context.Context, e received.Entry, out *notReadyPurged) error {
	o, err := a.Received.OpenEntry(e)
	if err != nil {
		return err
	}
	kept, err := keptOf(e.Sum, o.Without)
	var thinned *ingest.Thinned
	if err == nil {
		thinned, err = a.Ingest.Thin(ctx, o.Name, o.At, o, kept)
	}
	defer thinned.Close()
	if err := errors.Join(err, o.Close()); err != nil || thinned == nil {
		return err
	}
	on := a.now().Format("2 January 2006")
	note := fmt.Sprintf("On %s, %s", on, withoutWords(ingest.Kept{LeftOut: thinned.LeftOut}))
	if thinned.Content == nil {
		if err := a.Received.Remove(e); err != nil {
			return err
		}
		out.filesOut++
		note = fmt.Sprintf("On %s its sealed copy was deleted: it held rows of people who were not ready, which could not be taken out of it "+
			"alone (R13). It cannot be read again.", on)
	} else {
		var without []received.Without
		for _, l := range thinned.LeftOut {
			without = append(without, received.Without{Provider: l.Provider, Date: l.Date.String(), Rows: l.Rows})
		}
		if err := a.Received.Rewrite(e, thinned.Content.Sum, thinned.Content.Reader(), without); err != nil {
			return err
		}
		out.files++
	}
	return a.Store.AddNote(ctx, e.Sum, note)
}

// countOf says how many there are.
func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
