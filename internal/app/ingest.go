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

	"homeward/internal/bundle"
	"homeward/internal/config"
	"homeward/internal/durable"
	"homeward/internal/ingest"
	"homeward/internal/nhsnumber"
	"homeward/internal/people"
	"homeward/internal/problem"
)

func setUpInit(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c)
	return func(ctx context.Context, words []string) (int, error) {
		if err := errors.Join(noWords(words), d.check()); err != nil {
			return ExitUsage, err
		}
		if _, err := d.options(nil).database(ctx); err != nil {
			return ExitLess, err
		}
		return ExitDone, writeStarter(d.data, c)
	}
}

// writeStarter copies the commented starter into a data folder and replaces
// nothing that is there.
func writeStarter(dir string, c *Console) error {
	starter := config.Starter()
	err := fs.WalkDir(starter, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(dir, filepath.FromSlash(path))
		if e.IsDir() {
			return durable.MkdirAll(target)
		}
		text, err := fs.ReadFile(starter, path)
		if err != nil {
			return err
		}
		f, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, durable.FileMode)
		if errors.Is(err, fs.ErrExist) {
			return problem.New(problem.Conflict, "%s is there already and was left as it is.", target)
		}
		if err != nil {
			return err
		}
		_, err = f.Write(text)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		fmt.Fprintln(c.Out, "Wrote", target)
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "Next: write your councils, providers and layouts into these files, then\n  homeward check --data %s PATH…\n  "+
		"homeward ingest --data %s PATH…\n  homeward serve --data %s\n", dir, dir, dir)
	return nil
}

func setUpIngest(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	asJSON := flags.Bool("json", false, "print one JSON object a file, for machines")
	return func(ctx context.Context, paths []string) (int, error) {
		if err := d.check(); err != nil {
			return ExitUsage, err
		}
		if len(paths) == 0 {
			return ExitUsage, usage("Say which files or folders to take in.")
		}
		files, err := find(paths)
		if err != nil {
			return ExitUsage, err
		}
		o := d.options(nil)
		o.Make = true
		a, err := Open(ctx, o)
		if err != nil {
			return ExitLess, err
		}
		if err := a.takeAgain(ctx, func(r *ingest.Report) {
			if r.Outcome != ingest.Already { // Another process was first.
				fmt.Fprintf(c.Err, "A received file was not in the database and was taken in again. %s\n", r.Line())
			}
		}); err != nil {
			return ExitLess, errors.Join(err, a.Close())
		}
		taking, done := newProgress(atTerminal(c.Err), "files"), 0
		defer taking.done()
		status, err := a.ingestFiles(ctx, files, func(r *ingest.Report) error {
			done++
			taking.step(done, len(files))
			if *asJSON {
				return printJSON(c.Out, r)
			}
			printReceipt(c.Out, r)
			return nil
		})
		return status, errors.Join(err, a.Close())
	}
}

// printReceipt prints what became of a file and why, the worst cause first.
func printReceipt(w io.Writer, r *ingest.Report) {
	fmt.Fprintln(w, r.Line())
	printCauses(w, r, "--json lists them and every row")
	for _, one := range r.Files {
		fmt.Fprintln(w, one.Line())
		printCauses(w, one, "the receipt of this file alone lists them and every row")
	}
}

// printCauses prints why a file became what it did, the worst cause first; more
// says where the others stand.
func printCauses(w io.Writer, r *ingest.Report, more string) {
	shown := r.Groups[:min(len(r.Groups), shownCauses)]
	for _, g := range shown {
		fmt.Fprintln(w, "  "+ingest.GroupLine(g))
	}
	if n := len(r.Groups) - len(shown) + r.MoreCauses; n > 0 {
		fmt.Fprintf(w, "  … and %d more causes; %s\n", n, more)
	}
}

// shownCauses bounds the causes of a file that a terminal shows; JSON has them
// all, and every row.
const shownCauses = 20

// find gives the files of paths: folders are walked, and the files of each
// path sorted by name, so that a re-send named after the file that it corrects
// comes after it. What lies in a folder and is no file, such as a link, is given
// too, so that whoever takes it in says what became of it.
func find(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, usage("%s cannot be found. Check the path.", path)
		}
		if !info.IsDir() {
			if !bundle.Noise(filepath.ToSlash(path)) {
				files = append(files, path)
			}
			continue
		}
		// A folder that is a link is walked as what it links to.
		root, err := filepath.EvalSymlinks(path)
		if err != nil {
			return nil, problem.Wrap(err, problem.Unavailable, "The folder %s could not be read", path)
		}
		var within []string
		err = filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrPermission) && p != root:
				within = append(within, p) // The others are taken, and it is named.
				return fs.SkipDir
			case err != nil:
				return err
			}
			if hidden := strings.HasPrefix(e.Name(), ".") && p != root; hidden {
				if e.IsDir() {
					return filepath.SkipDir
				}
				return nil
			}
			if !e.IsDir() && !bundle.Noise(filepath.ToSlash(p)) {
				within = append(within, p)
			}
			return nil
		})
		if err != nil {
			return nil, problem.Wrap(err, problem.Unavailable, "The folder %s could not be read", path)
		}
		slices.SortFunc(within, bundle.ByName)
		files = append(files, within...)
	}
	return files, nil
}

// ingestFiles takes files in, in order, and says of each what became of it. The next
// one is read while one is stored. The status is ExitLess when any was rejected or is
// held.
func (a *App) ingestFiles(ctx context.Context, files []string, say func(*ingest.Report) error) (int, error) {
	reading, stop := context.WithCancel(ctx)
	ahead := make(chan *ingest.Ahead)
	go func() {
		defer close(ahead)
		for _, path := range files {
			one := a.readAhead(reading, path)
			select {
			case ahead <- one:
			case <-reading.Done():
				one.Drop()
				return
			}
		}
	}()
	defer func() {
		stop()
		for one := range ahead {
			one.Drop()
		}
	}()
	status, done := ExitDone, 0
	for one := range ahead {
		if err := ctx.Err(); err != nil {
			one.Drop()
			return ExitLess, err
		}
		r, err := one.Take(ctx)
		if errors.Is(err, ingest.ErrUnreadable) {
			// It is turned away like any other, so that the others are not left waiting for it.
			r, err = &ingest.Report{File: nhsnumber.Redact(filepath.Base(files[done])), Outcome: ingest.Rejected, Reason: problem.Sentence(err)}, nil
		}
		if err != nil {
			return ExitLess, err
		}
		done++
		if r.Outcome == ingest.Rejected || r.Outcome == ingest.Held {
			status = ExitLess
		}
		if err := say(r); err != nil {
			return ExitLess, err
		}
	}
	if done < len(files) {
		return ExitLess, ctx.Err()
	}
	return status, nil
}

// readAhead reads a file that a command names, before its turn to be taken in.
func (a *App) readAhead(ctx context.Context, path string) *ingest.Ahead {
	f, err := openNamed(path)
	if err != nil {
		return ingest.Unread(err)
	}
	defer f.Close()
	return a.Ingest.Ahead(ctx, filepath.Base(path), f)
}

// openNamed opens a file that a command names or a folder holds, following links, and
// does not wait for the other end of a pipe.
func openNamed(path string) (*os.File, error) {
	info, err := os.Stat(path)
	linked, lerr := os.Lstat(path)
	link := lerr == nil && linked.Mode()&fs.ModeSymlink != 0
	switch {
	case link && errors.Is(err, fs.ErrNotExist):
		return nil, notAFile("It is a link to a file that is not there. Put the file itself there, or correct the link.")
	case errors.Is(err, syscall.ELOOP):
		return nil, notAFile("It is a link that leads to itself. Put the file itself there.")
	case err == nil && info.IsDir() && link:
		return nil, notAFile("It is a link to a folder, which is not followed. Name the folder itself.")
	case err == nil && info.IsDir():
		return nil, notAFile("It is a folder that this account may not read. Have it opened to the account, and take it in again.")
	case err == nil && !info.Mode().IsRegular():
		return nil, notAFile("It is no file that holds anything (a pipe, a socket or a device). Put the file itself there.")
	}
	if err == nil {
		var f *os.File
		if f, err = os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0); err == nil {
			return f, nil
		}
	}
	return nil, ingest.Unreadable(err)
}

func setUpAccept(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	provider := flags.String("provider", "", "the provider's ODS `code`")
	date := flags.String("date", "", "the extract `date`, such as 2019-03-31")
	reason := flags.String("reason", "", "why the file is right as it is")
	by := flags.String("by", "the operator of this machine", "who accepts it")
	return func(ctx context.Context, words []string) (int, error) {
		if err := errors.Join(noWords(words), d.check()); err != nil {
			return ExitUsage, err
		}
		day, err := dayFlag("date", *date)
		if err != nil {
			return ExitUsage, err
		}
		if *provider == "" || strings.TrimSpace(*reason) == "" {
			return ExitUsage, usage("Say which provider's extract it is and why it is right: --provider CODE --reason WORDS.")
		}
		if nhsnumber.In(*reason) || nhsnumber.In(*by) {
			return ExitUsage, usage("Remove the NHS number from --reason and --by: everybody who sees the receipt reads them.")
		}
		a, err := Open(ctx, d.options(nil))
		if err != nil {
			return ExitLess, err
		}
		defer a.Close()
		n, err := a.Store.Accept(ctx, people.Actor{Kind: people.Machine}, *by, "", *provider, day, strings.TrimSpace(*reason))
		if err != nil {
			return ExitLess, err
		}
		if n == 0 {
			fmt.Fprintf(c.Out, "Nothing is held for %s on %s.\n", *provider, day)
			return ExitLess, nil
		}
		fmt.Fprintf(c.Out, "The extract of %s for %s counts now.\n", *provider, day)
		return ExitDone, nil
	}
}
