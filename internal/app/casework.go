package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/people"
)

// casework is the use case of logging and agreeing, with the partnership's
// settings.
func (a *App) casework() *casework.Service {
	s := &casework.Service{Store: a.Store, Rules: a.Rules, Sets: a.counts().rules, Book: a.counts().book, Key: a.Key, Now: a.Options.Now,
		London: a.London, Settings: a.caseSettings()}
	for _, p := range a.Partnership().Providers {
		// By what it sends now: of a list of before nobody is said to meet a criterion.
		if l := a.Partnership().Layouts[p.Layout]; l != nil && len(l.Columns.Criteria) > 0 {
			s.Beds = append(s.Beds, p.Code)
		}
	}
	return s
}

// caseSettings gives the settings of casework, with the bank holidays of the
// nation whose days are counted (D5).
func (a *App) caseSettings() casework.Settings {
	s := caseSettings(a.Partnership().Agreement)
	s.Clocks.Calendar = a.counts().calendar
	return s
}

// caseSettings gives the settings of casework from the partnership file.
func caseSettings(p config.Agreement) casework.Settings {
	s := casework.DefaultSettings
	if at, err := time.Parse("15:04", p.At); err == nil {
		s.Clocks.At = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	}
	s.Clocks.Answer, s.Clocks.Leads, s.Clocks.Directors, s.Clocks.Chair = p.AnswerDays, p.LeadDays, p.DirectorDays, p.ChairDays
	s.Clocks.DefaultAfter = p.DefaultAfterDays
	s.LateDays, s.Undo = p.LateDays, time.Duration(p.UndoMinutes)*time.Minute
	s.Chair = p.Chair.Email
	s.DecideFrom = agreement.Level(max(slices.Index(config.Levels, p.DecideFrom), 0))
	return s
}

// keepLog makes the log evidence up to today for providers that send no
// extracts (C17), and notes silence as agreement where the partnership has set
// a deadline (G2).
func (a *App) keepLog(ctx context.Context) (string, error) {
	today := delay.DayOf(a.now())
	if err := a.Store.ExtendLog(ctx, today); err != nil {
		return "", err
	}
	sentence := "The log speaks up to " + today.Long() + "."
	service := a.casework()
	if service.Settings.Clocks.DefaultAfter == 0 {
		return sentence, nil
	}
	var codes []string
	for _, p := range a.Partnership().Providers {
		codes = append(codes, p.Code)
	}
	// The job acts for every provider, because silence is noted wherever it is.
	job := people.Actor{Kind: people.APerson, Email: "the job log", Name: "Job",
		Grant: people.Grant{Role: people.Director, Side: people.ProviderSide, Codes: codes}}
	n, err := service.AgreeByDefault(ctx, job)
	return fmt.Sprintf("%s %d agreed by default.", sentence, n), err
}
