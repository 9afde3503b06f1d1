package app

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"homeward/data"
	"homeward/internal/problem"
)

// Exit statuses of every command.
const (
	ExitDone  = 0 // everything was done
	ExitLess  = 1 // something was turned away, held, or found to differ
	ExitUsage = 2 // the command was not understood
)

// Console is what a command talks to.
type Console struct {
	Out, Err io.Writer
	Version  string
	// Env reads the environment; only HOMEWARD_DATA, HOMEWARD_KEY_FILE and
	// HOMEWARD_CHROMIUM are asked for.
	Env func(string) string
}

// command is one sub-command: it declares its flags, then runs with the words
// that are not flags.
type command struct {
	name, words, about string
	setUp              func(fs *flag.FlagSet, c *Console) func(ctx context.Context, words []string) (int, error)
}

// usageError is an error of how the command was called.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// commands lists the sub-commands in the order of the help text.
func commands() []command {
	return []command{
		{"init", "--data DIR", "write a commented partnership file to start from", setUpInit},
		{"ingest", "--data DIR [--partnership FILE] [--json] PATH…", "take extracts in, files or folders", setUpIngest},
		{"check", "--data DIR [--partnership FILE] [--json] PATH…", "say what files would give, without taking them", setUpCheck},
		{"layout", "propose FILE… [--data DIR] [--name NAME] [--provider CODE] [--out FILE] [--json]",
			"work the layout of a new sender out of its files", setUpLayout},
		{"figures", "--data DIR --from 2018-04 --to 2019-03 [--by …]", "print delayed days by any breakdown", setUpFigures},
		{"delays", "--data DIR [--identifiers | --as-known-at TIME]", "print every delay with its segments", setUpDelays},
		{"accept", "--data DIR --provider CODE --date DATE --reason WORDS", "accept a short extract that is held", setUpAccept},
		{"read-again", "--data DIR [--provider CODE] [--from DATE --to DATE] [--json] [--take --reason WORDS]",
			"say what reading received files again changes, or do it", setUpReadAgain},
		{"serve", "--data DIR [--partnership FILE] [--listen 127.0.0.1:8080] [--tls-cert FILE --tls-key FILE] " +
			"[--read-only --writes-at URL]",
			"serve the pages and run the scheduled jobs, or the pages of a copy for readers", setUpServe},
		{"render", "--data DIR --out DIR [--as-at DATE] [--as-known-at TIME]", "write the trend charts as a page and SVG files", setUpRender},
		{"demo", "--data DIR [--listen 127.0.0.1:8080]", "fill an empty folder with a fictional partnership and serve it", setUpDemo},
		{"spc", "--input FILE --params FILE [--format csv|icons]", "work out control charts of series in files", setUpSPC},
		{"healthcheck", "[--listen 127.0.0.1:8080]", "ask a running server whether it is ready", setUpHealthcheck},
		{"synth", "--out DIR [--seed N] [--from DATE] [--to DATE] [--size N]", "write synthetic extracts of a fictional partnership", setUpSynth},
		{"user", "add|list|grant|revoke|link|activate|deactivate|reset-code [EMAIL] --data DIR [--role ROLE] [--for CODES]",
			"add people, give and take roles, make password links", setUpUser},
		{"token", "add|list|revoke [KIND|ID] --data DIR [--label WORDS] [--days N] [--for CODES]",
			"make and revoke tokens of programs, and screen links", setUpToken},
		{"key", "rotate --data DIR", "seal every identifier with a new key", setUpKey},
		{"audit", "verify|export|begin-anew --data DIR [--head FILE] [--from DAY] [--to DAY] [--who EMAIL] [--what KIND] [--reason WORDS]",
			"check the audit log, or write it as CSV", setUpAudit},
		{"retention", "run --data DIR", "purge identifiers past the retention period", setUpRetention},
		{
			"national",
			"TABLE --data DIR --from MONTH --to MONTH [--age-floor 16,18] [--format csv|json]",
			"print what the nations publish: situation report, discharge ready date, bridge, census …",
			setUpNational,
		},
		{"published", "add|list|figures|average-delay|compare [FILE…] --data DIR [--series NAME] [--from MONTH --to MONTH] [--vintage DATE]",
			"add national files as they are published, print them, and compare them with ours", setUpPublished},
		{"councils", "check FILE [--data DIR]", "say what a newer list of councils changes", setUpCouncils},
		{"backup", "[make|list|rehearse] --data DIR [--to FOLDER] [--keep N]", "write the data folder into one checked file, without its keys",
			setUpBackup},
		{"restore", "FILE --data DIR [--database] [--head FILE]", "put a data folder, or its database alone, back from a backup", setUpRestore},
		{"doctor", "--data DIR [--json]", "say what is not as it should be, and what to do", setUpDoctor},
		{"licences", "", "print the licences of what is built in and was written by others", setUpLicences},
		{"verify", "--data DIR", "derive everything afresh and compare with what is stored", setUpVerify},
	}
}

func setUpLicences(_ *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	return func(_ context.Context, words []string) (int, error) {
		if err := noWords(words); err != nil {
			return ExitUsage, err
		}
		_, err := io.WriteString(c.Out, data.Licences)
		return ExitDone, err
	}
}

// Main runs one command and gives the exit status.
func Main(ctx context.Context, args []string, c *Console) int {
	all := commands()
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		printHelp(c.Out, all)
		if len(args) == 0 {
			return ExitUsage
		}
		return ExitDone
	}
	if args[0] == "version" || args[0] == "--version" {
		fmt.Fprintf(c.Out, "Homeward %s\n", c.Version)
		return ExitDone
	}
	i := slices.IndexFunc(all, func(cmd command) bool { return cmd.name == args[0] })
	if i < 0 {
		fmt.Fprintf(c.Err, "There is no command %q.\n\n", args[0])
		printHelp(c.Err, all)
		return ExitUsage
	}
	cmd := all[i]
	flags := flag.NewFlagSet(cmd.name, flag.ContinueOnError)
	flags.SetOutput(c.Err)
	flags.Usage = func() {
		fmt.Fprintf(c.Err, "homeward %s %s\n  %s\n\n", cmd.name, cmd.words, cmd.about)
		flags.PrintDefaults()
	}
	run := cmd.setUp(flags, c)
	words, err := parse(flags, args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return ExitDone
	}
	if err != nil {
		return ExitUsage // The flag package has said why.
	}
	status, err := run(ctx, words)
	if err == nil {
		return status
	}
	var wrong usageError
	switch {
	case errors.As(err, &wrong):
		fmt.Fprintf(c.Err, "%v\n\nhomeward %s %s\n", err, cmd.name, cmd.words)
		return ExitUsage
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(c.Err, "Stopped. What was finished is kept; run the same command again to go on.")
	default:
		fmt.Fprintln(c.Err, err)
	}
	return max(status, ExitLess)
}

// parse lets flags and words stand in any order.
func parse(flags *flag.FlagSet, args []string) ([]string, error) {
	var words []string
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		rest := flags.Args()
		if len(rest) == 0 {
			return words, nil
		}
		words, args = append(words, rest[0]), rest[1:]
	}
}

func printHelp(w io.Writer, all []command) {
	fmt.Fprintln(w, "Homeward: waits in hospital after people were ready to leave, agreed between the NHS and councils.")
	fmt.Fprintln(w, "\nCommands:")
	for _, cmd := range all {
		fmt.Fprintf(w, "  %-12s %s\n", cmd.name, cmd.about)
	}
	fmt.Fprintln(w, "\nhomeward COMMAND --help says more. Exit status: 0 done, 1 something was turned away, held or differs, 2 usage.")
}

// dataFlags are the flags of every command that opens a data folder.
type dataFlags struct {
	data, partnership string
	// anyAudit opens a folder whose audit log cannot be recorded in.
	anyAudit bool
	c        *Console
}

func addData(fs *flag.FlagSet, c *Console) *dataFlags {
	d := &dataFlags{c: c}
	fs.StringVar(&d.data, "data", c.Env("HOMEWARD_DATA"), "the data `folder` (or HOMEWARD_DATA)")
	return d
}

func (d *dataFlags) addPartnership(fs *flag.FlagSet) *dataFlags {
	fs.StringVar(&d.partnership, "partnership", "", "the partnership `file`, when not partnership.yaml in the data folder")
	return d
}

func (d *dataFlags) check() error {
	if d.data == "" {
		return usage("Say where the data folder is: --data DIR.")
	}
	return nil
}

func (d *dataFlags) options(log *slog.Logger) Options {
	return Options{Data: d.data, Partnership: d.partnership, Key: d.c.Env("HOMEWARD_KEY_FILE"), Chromium: d.c.Env("HOMEWARD_CHROMIUM"),
		Log: log}
}

// noWords refuses words where only flags are expected.
func noWords(words []string) error {
	if len(words) > 0 {
		return usage("Found %q, expected flags only.", strings.Join(words, " "))
	}
	return nil
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// asUsage turns an Invalid problem about a flag's value into a usage error.
func asUsage(err error) error {
	if problem.KindOf(err) == problem.Invalid {
		return usageError{err}
	}
	return err
}
