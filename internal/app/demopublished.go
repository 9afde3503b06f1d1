package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"homeward/internal/csvout"
	"homeward/internal/delay"
	"homeward/internal/durable"
	"homeward/internal/national"
	"homeward/internal/people"
	"homeward/internal/published"
)

// demoPublishedAfter is how many days after a month its national file is issued.
const demoPublishedAfter = 12

// publishDemo adds, for each whole month of which the demonstration's trusts list
// everybody in a bed, a file made up in the form of England's acute discharge
// situation report, as their submissions would have stood in it: now and then one
// person more or fewer than the lists say. Nobody published it.
func publishDemo(ctx context.Context, a *App, folder string) error {
	all, err := figures{Store: a.Store, app: a}.Ledger(ctx)
	if err != nil {
		return err
	}
	ledger := all.OfBeds(nil)
	first, last := ledger.Extent()
	if last == 0 {
		return nil
	}
	by := people.Actor{Kind: people.APerson, Email: "analyst@demonstration.example", Name: "Demonstration analyst",
		Grant: people.Grant{Role: people.Analyst}}
	if err := durable.MkdirAll(folder); err != nil {
		return err
	}
	for m := first.Month(); m.Last() <= last && m.Last()+demoPublishedAfter <= delay.DayOf(a.now()); m++ {
		if m.First() < first {
			continue
		}
		path := filepath.Join(folder, "Acute-discharge-invented-"+m.String()+".csv")
		if err := a.writeSituation(path, ledger.Stays, m, ledger.Beds); err != nil {
			return err
		}
		if _, err := a.addPublished(ctx, by, path, m.Last()+demoPublishedAfter, published.Options{}); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) writeSituation(path string, stays []national.Stay, m delay.Month, beds []string) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, durable.FileMode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := csvout.New(f)
	if err := w.Write([]string{"Period", "Level", "Region", "ICB", "Org Code", "Org Name", "Metric", "Metric Type", "Metric Group",
		"Value"}); err != nil {
		return err
	}
	for _, d := range national.Sitrep(stays, m.First(), m.Last(), 18) {
		for i, p := range a.Partnership().Providers {
			if p.Code != d.Provider || !slices.Contains(beds, p.Code) {
				continue
			}
			n := d.NoLongerMeets()
			switch (int(d.Date) + 4*i) % 9 {
			case 0:
				n++
			case 5:
				n = max(0, n-1)
			}
			if err := w.Write([]string{d.Date.Time().Format("02/01/2006"), "PROVIDER", "INVENTED REGION", "NORTHSHIRE (INVENTED)", p.Code,
				strings.ToUpper(p.Name), "Number of patients who no longer meet the criteria to reside", "Daily metric", "NCTR",
				fmt.Sprintf("%d.00", n)}); err != nil {
				return err
			}
		}
	}
	w.Flush()
	return w.Error()
}
