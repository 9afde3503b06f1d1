package synth

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"homeward/internal/durable"
	"homeward/internal/problem"
)

// The shape of a year of England's list of delays: so many providers, each with its
// whole period in one file, and so many councils. Nobody of them exists.
const (
	NationProviders = 302
	NationCouncils  = 151
	// nationBeds is how many people are delayed on an average day.
	nationBeds = 5_000
	// Where provider and council stand in northgateHeadings.
	northgateProvider, northgateCouncil = 1, 14
)

// WriteNation makes the folder dir/extracts with one file for each of a nation's
// providers, which has every extract date of the period, and writes the partnership
// and its layout into dir. The period is a year where o.From is not given. A folder
// that already holds something is left alone with a Conflict problem. progress, when
// not nil, is told after each provider how many of all are done.
func WriteNation(ctx context.Context, dir string, o Options, progress func(done, total int)) error {
	if o.From == 0 && o.To != 0 {
		o.From = o.To - 364
	}
	if o.Beds == 0 {
		o.Beds = nationBeds
	}
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	extracts := filepath.Join(dir, "extracts")
	if err := durable.MkdirAll(filepath.Join(dir, "layouts")); err != nil {
		return problem.Wrap(err, problem.Unavailable, "The folder for the nation could not be made. Check its permissions.")
	}
	if err := os.Mkdir(extracts, durable.FolderMode); err != nil {
		return problem.Wrap(err, problem.Conflict, "The folder for the extracts could not be made anew. Choose another folder.")
	}
	for name, text := range map[string]string{"partnership.yaml": nationPartnership(), "layouts/nation-csv.yaml": nationLayout} {
		if err := writeNew(filepath.Join(dir, name), func(w *bufio.Writer) error {
			_, err := w.WriteString(text)
			return err
		}); err != nil {
			return err
		}
	}
	people := &register{}
	for i := range NationProviders {
		if err := ctx.Err(); err != nil {
			return err
		}
		t := nationTrust(i)
		source := newWriter(&t, i, o, people)
		if err := writeNew(filepath.Join(extracts, t.code+"_year.csv"), func(w *bufio.Writer) error {
			return writeNationFile(w, source, i, o)
		}); err != nil {
			return err
		}
		if progress != nil {
			progress(i+1, NationProviders)
		}
	}
	return nil
}

// writeNew writes a file that there is not yet.
func writeNew(path string, write func(*bufio.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, durable.FileMode)
	if err != nil {
		return problem.Wrap(err, problem.Conflict, "%s could not be made anew. Choose another folder.", filepath.Base(path))
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := errors.Join(write(w), w.Flush(), f.Close()); err != nil {
		return problem.Wrap(err, problem.Unavailable, "%s could not be written. Check the space of the disk.", filepath.Base(path))
	}
	return nil
}

// writeNationFile writes the lists of one provider, day after day.
func writeNationFile(w *bufio.Writer, source *writer, provider int, o Options) error {
	c := newCSV(w, ',')
	c.UseCRLF = true
	c.line(northgateHeadings)
	dates := dayTexts{}
	record := make([]string, 0, len(northgateHeadings))
	home, beside := nationCouncil(provider), nationCouncil(provider+1)
	for day := o.From; day <= o.To; day++ {
		listed := source.list(day)
		for i := range listed {
			record = northgateRecord(record[:0], dates, &listed[i])
			record[northgateProvider] = source.trust.code
			switch record[northgateCouncil] {
			case northshire:
				record[northgateCouncil] = home
			case westhaven:
				record[northgateCouncil] = beside
			}
			c.line(record)
		}
	}
	return c.end()
}

// nationTrust is a nation's provider of the number: a tenth of them are three times
// the size of the others. Every fifth has community hospitals alone.
func nationTrust(i int) trust {
	code := fmt.Sprintf("Z%03d", i)
	t := trust{code: code, share: 10.0 / 12 / NationProviders, northshire: 0.8, tilt: 0.9 + 0.04*float64(i%6), localPrefix: code,
		age: 80, ages: 9}
	if i%10 == 0 {
		t.share *= 3
	}
	if i%5 == 4 {
		t.sites = []site{{code + "01", "Community hospital", nil, []string{"Ash", "Beech"}}}
		return t
	}
	t.sites = []site{{code + "01", "General hospital", []string{"1A", "1B", "2A", "2B", "3A"}, []string{"Elm"}}}
	return t
}

func nationCouncil(i int) string { return fmt.Sprintf("E08%06d", 990_000+i%NationCouncils) }

// nationPartnership is the partnership file.
func nationPartnership() string {
	var b strings.Builder
	b.WriteString("# A nation that does not exist, to measure with. \"homeward synth --nation\" makes it.\n\nname: A nation\n\ncouncils:\n")
	for i := range NationCouncils {
		fmt.Fprintf(&b, "  - {code: %s, name: Council %03d}\n", nationCouncil(i), i)
	}
	b.WriteString("\nproviders:\n")
	for i := range NationProviders {
		fmt.Fprintf(&b, "  - {code: %s, name: Trust %03d, layout: nation-csv}\n", nationTrust(i).code, i)
	}
	b.WriteString("\nsettings:\n  counting: england-dtoc\n  rule_set: england-dtoc\n")
	return b.String()
}

// nationLayout reads what northgateRecord writes, for every provider.
const nationLayout = `version: "1"
about: One row for each patient delayed at the end of a day, every day of the year in one file.

file:
  name: '(?i)^(?P<provider>z\d{3})_year'
  kind: text
  separator: comma
  encoding: utf-8

columns:
  extract_date: Extract date
  provider: Provider
  site: Site
  ward: Ward
  bed: Bed
  local_id: Local patient ID
  nhs_number: NHS number
  birth_date: Date of birth
  admitted: Admission date
  ready: Discharge ready date
  care: Type of care
  reason: Reason for delay
  responsible: Attributable to
  council: Local authority

not_read: [Sex, Pathway, Estimated discharge date, Comments]

words:
  reasons: {use: england-dtoc}
  responsible: {use: england}
  care: {use: england}
`
