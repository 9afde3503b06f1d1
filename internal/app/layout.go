package app

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"homeward/data"
	"homeward/internal/config"
	"homeward/internal/problem"
	"homeward/internal/propose"
)

func setUpLayout(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	name := flags.String("name", "", "the layout's `name`; without it, that of --out, or one made of the provider's code")
	provider := flags.String("provider", "", "the `code` of the provider that the files are of, when they do not say")
	against := flags.String("against", "", "the layout in force, by its `name`, of which the next version is proposed: what has changed and "+
		"nothing else")
	out := flags.String("out", "", "the `file` to write the layout to; one that is there is not overwritten")
	asJSON := flags.Bool("json", false, "print one JSON object, for machines")
	return func(ctx context.Context, words []string) (int, error) {
		if len(words) < 2 || words[0] != "propose" {
			return ExitUsage, usage("Say which files to look at: layout propose FILE….")
		}
		o := propose.Options{Ref: data.Reference, Name: *name, Answers: propose.Answers{Provider: strings.ToUpper(*provider)}}
		if err := d.beside(&o); err != nil {
			return ExitLess, err
		}
		if name := strings.TrimSuffix(filepath.Base(*out), ".yaml"); o.Name == "" && *against == "" && propose.IsName(name) {
			o.Name = name // A layout is called as its file is.
		}
		if *against != "" {
			if o.Partnership == nil {
				return ExitUsage, usage("Say where the layout %s stands: --data DIR or --partnership FILE.", *against)
			}
			var err error
			if o.Against, err = d.inForce(*against); err != nil {
				return ExitLess, err
			}
		}
		paths, err := find(words[1:])
		if err != nil {
			return ExitUsage, err
		}
		p, err := proposeFiles(ctx, paths, o)
		if err != nil {
			return ExitLess, err
		}
		if *out != "" {
			if err := writeNew(*out, p.Layout); err != nil {
				return ExitLess, err
			}
		}
		switch {
		case *asJSON:
			if err := printJSON(c.Out, p); err != nil {
				return ExitLess, err
			}
		case *out != "":
			fmt.Fprintf(c.Out, "Wrote %s.\n\n", *out)
			printDifferences(c.Out, p, o.Against, "")
			printProposal(c.Out, p, "")
		default:
			// All that is printed is a layout: the report is its comments.
			fmt.Fprintln(c.Out, p.Layout)
			printDifferences(c.Out, p, o.Against, "# ")
			printProposal(c.Out, p, "# ")
		}
		return proposalStatus(p), nil
	}
}

// beside lets a proposal know the partnership that takes the sender on, where
// there is one.
func (d *dataFlags) beside(o *propose.Options) error {
	if d.data == "" && d.partnership == "" {
		return nil
	}
	path := Options{Data: d.data, Partnership: d.partnership}.partnershipPath()
	p, err := config.LoadPartnership(path)
	if problem.KindOf(err) == problem.NotFound && d.partnership == "" {
		return nil // An empty folder knows nothing yet.
	}
	if err != nil {
		return err
	}
	o.Partnership, o.Ref = p, referenceBeside(path)
	return nil
}

// inForce reads a layout as it stands beside the partnership file.
func (d *dataFlags) inForce(name string) (*propose.Against, error) {
	if !propose.IsName(name) {
		return nil, noLayout(name)
	}
	path := filepath.Join(filepath.Dir(Options{Data: d.data, Partnership: d.partnership}.partnershipPath()), layoutFolder, name+".yaml")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, problem.New(problem.NotFound, "There is no layout %s: expected the file %s.", name, path)
	}
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The layout %s could not be read", name)
	}
	return &propose.Against{Name: name, Text: string(text)}, nil
}

// printDifferences says in what files are unlike the layout in force, and which of its
// lines change, each line behind a mark.
func printDifferences(out io.Writer, p *propose.Proposal, of *propose.Against, mark string) {
	if of == nil {
		return
	}
	if len(p.Differences) == 0 {
		fmt.Fprintf(out, "%sThese files have nothing that the layout %s does not read.\n", mark, of.Name)
	}
	for _, d := range p.Differences {
		rows := ""
		if d.Rows > 0 {
			rows = fmt.Sprintf(" (rows: %d)", d.Rows)
		}
		fmt.Fprintf(out, "%s%s: the layout has %s, the file has %s%s; proposed: %s.\n", mark, d.What, d.Was, cmp.Or(d.Found, "other words"), rows,
			cmp.Or(d.Proposed, "nothing yet"))
	}
	for _, line := range propose.Compare(of.Text, p.Layout) {
		if line.Mark != "" {
			fmt.Fprintf(out, "%s%s %s\n", mark, line.Mark, line.Text)
		}
	}
	fmt.Fprintln(out, strings.TrimRight(mark, " "))
}

func proposeFiles(ctx context.Context, paths []string, o propose.Options) (p *propose.Proposal, err error) {
	var files []propose.File
	defer func() {
		for _, f := range files {
			if closer, ok := f.Src.(io.Closer); ok {
				err = errors.Join(err, closer.Close())
			}
		}
	}()
	for _, path := range paths {
		f, err := openNamed(path)
		if err != nil {
			return nil, problem.Wrap(err, problem.NotFound, "%s could not be read: %s", path, problem.Sentence(err))
		}
		files = append(files, propose.File{Name: path, Src: f})
	}
	return propose.Propose(ctx, files, o)
}

// proposalStatus is ExitLess when a sample would be turned away or held, or rows
// of it set aside.
func proposalStatus(p *propose.Proposal) int {
	if p.Refused != "" {
		return ExitLess
	}
	for _, f := range p.Files {
		if f.Rejected != "" || f.Held != "" || f.Quarantined > 0 {
			return ExitLess
		}
	}
	return ExitDone
}

// writeNew writes a file that is not there yet.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return problem.New(problem.Conflict, "%s is there already and is not overwritten. Name another file, or move that one away.", path)
	}
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "%s could not be written", path)
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// printProposal says what was found, each line behind a mark that may make it a
// comment.
func printProposal(out io.Writer, p *propose.Proposal, mark string) {
	say := func(format string, args ...any) {
		for line := range strings.SplitSeq(fmt.Sprintf(format, args...), "\n") {
			fmt.Fprintln(out, strings.TrimRight(mark+line, " "))
		}
	}
	say("Layout %s, from the headings in line %d.", p.Name, p.Heading)
	if p.Refused != "" {
		say("It cannot be used as it is: %s", p.Refused)
	}
	for _, f := range p.Files {
		switch {
		case f.Rejected != "":
			say("%s: would be rejected. %s", f.Name, f.Rejected)
			continue
		case f.Held != "":
			say("%s: would be held. %s", f.Name, f.Held)
		}
		say("%s: %s. Rows read %d, kept %d, excluded %d (not ready %d), quarantined %d.", f.Name, strings.Join(f.Dates, ", "), f.Read, f.Kept,
			f.Excluded, f.NotReady, f.Quarantined)
		if len(p.Causes) > 0 {
			continue
		}
		for _, g := range f.Causes {
			say("  %s", g.Says)
		}
	}
	if len(p.Causes) > 0 {
		say("In these files together:")
	}
	for _, g := range p.Causes {
		say("  %s", g.Says)
	}
	say("")
	if len(p.Unsure) == 0 {
		say("Nothing is unsure.")
	} else {
		say("Unsure (%d):", len(p.Unsure))
		for _, u := range p.Unsure {
			say("- %s", u)
		}
	}
	rows := 0
	for _, f := range p.Files {
		for _, r := range f.Rows {
			if rows == 0 {
				say("\nRows as they are understood:")
			}
			rows++
			left := ""
			if r.Discharged != "" {
				left = ", left " + r.Discharged
			}
			say("line %d: %s %s, ready %s%s; %s; responsible %s; %s; %s; %s", r.Line, r.ExtractDate, r.Who, r.Ready, left, r.Reason, r.Responsible,
				r.Care, r.Council, r.Ward)
		}
	}
	if p.Partnership != "" {
		say("\n%s", strings.TrimRight(p.Partnership, "\n"))
	}
}
