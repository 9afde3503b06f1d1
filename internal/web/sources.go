package web

import (
	"context"
	"io"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// Figures answers the questions of the overview, figures and chart pages. Its
// answers hold counts only.
type Figures interface {
	// Extent gives the first and last extract dates held, both zero when there
	// are none.
	Extent(ctx context.Context) (first, last delay.Day, err error)
	// Overview gives everything on the first page for the whole months from to
	// to, both included.
	Overview(ctx context.Context, f measure.Filter, from, to delay.Month) (measure.Overview, error)
	measure.Source
}

// Drawer turns a chart into SVG with no script, style or outside address in it.
type Drawer interface {
	SVG(ctx context.Context, c chart.Chart) ([]byte, error)
	StandaloneSVG(ctx context.Context, c chart.Chart) ([]byte, error)
}

// Extracts tells what has arrived.
type Extracts interface {
	// Arrivals gives every provider's days from from to to, both included, in
	// the partnership's order of providers.
	Arrivals(ctx context.Context, from, to delay.Day) ([]measure.ExtractLine, error)
	// TurnedAway gives the files that were turned away on the mornings after the
	// days from from to to, both included.
	TurnedAway(ctx context.Context, from, to delay.Day) ([]TurnedAway, error)
	// RejectedRows gives the rows of a file that were put aside. It is a NotFound
	// problem where there are none or the file is no longer kept.
	RejectedRows(ctx context.Context, sum string, identifiers bool) (RejectedRows, error)
	// WrongRows gives those rows with the cells that may be changed by somebody who
	// sees no identifiers, and Corrected the file with some of them changed.
	WrongRows(ctx context.Context, sum string) ([]WrongRow, error)
	Corrected(ctx context.Context, sum string, cells []CellText) (SentFile, error)
	// Receipt gives the receipt of the file whose SHA-256 is sum, in lower-case
	// hexadecimal, or a problem of kind NotFound.
	Receipt(ctx context.Context, sum string) (ingest.Arrived, error)
	// Accept has a provider's held extract of a day in the file of that SHA-256 count, notes by and reason in
	// the audit log, and says whether there was one. as is what the receipt shows
	// of by.
	Accept(ctx context.Context, by people.Actor, as, sum, provider string, day delay.Day, reason string) (bool, error)
	// Discard has it count for nothing, as if it had not come.
	Discard(ctx context.Context, by people.Actor, as, sum, provider string, day delay.Day, reason string) (bool, error)
}

// TurnedAway is one file that was turned away.
type TurnedAway struct {
	// Provider is whose it is, empty where that could not be told. File is its
	// SHA-256 in hexadecimal.
	Provider, File, Name, Reason string
	At                           time.Time
}

// Ingest takes in one file. What is wrong with the file is in the report; the
// error is about the machine. Bytes that were taken before change nothing (C11).
type Ingest interface {
	// A file of a provider that may refuses is a problem of kind Forbidden and
	// leaves nothing behind; nil refuses none.
	FileOf(ctx context.Context, name string, src io.ReadSeeker, may func(provider string) bool) (*ingest.Report, error)
}

// Jobs lists the scheduled jobs and runs one now.
type Jobs interface {
	List(ctx context.Context) ([]Job, error)
	// Run starts the named job and gives a problem of kind Conflict when it is
	// already running and NotFound when there is none of that name.
	Run(ctx context.Context, name string) error
}

// Job is a scheduled job with its last run.
type Job struct {
	// Name stands in addresses, Title on the page.
	Name, Title string
	// When says in words when the job runs.
	When string
	Next time.Time
	// Waits says that it was missed while the program was off and runs in its turn.
	Waits bool
	// Last is the start of the last run, zero when it has never run.
	Last time.Time
	Took time.Duration
	// Result is Finished, Did not finish, Skipped or Running; empty when it has
	// never run. Message is a sentence about it for the reader.
	Result, Message string
}

// cased refuses a route of casework where the service is not set up.
func (s *Server) cased(handler echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.opts.Casework == nil || s.opts.Cases == nil {
			return problem.New(problem.Unavailable, "The log of delays is not set up on this machine.")
		}
		return handler(c)
	}
}
