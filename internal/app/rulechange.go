package app

import (
	"context"
	"slices"

	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/rulechange"
	"homeward/internal/sqlite"
	"homeward/internal/web"
)

// amend has the changes of the rules that stand be part of the rule sets that
// pages, forms and files name.
func (a *App) amend(ctx context.Context) error { return a.amendBy(ctx, a.counts()) }

func (a *App) amendBy(ctx context.Context, by *counted) error {
	all, err := a.Store.RuleChanges(ctx)
	if err != nil {
		return err
	}
	amendments := rulechange.Amendments(all, a.London)
	by.rules.Amend(amendments)
	var mapped []definition.Amended
	for _, c := range all {
		if c.State() == rulechange.Stands && c.Body != delay.NotAttributed {
			mapped = append(mapped, definition.Amended{Set: c.Set, At: c.Stood()})
		}
	}
	by.book.Amend(mapped)
	for _, c := range all {
		if from := by.mappedFrom(c.Reason); c.State() == rulechange.Stands && from > c.From {
			a.Options.Log.Warn("a mapping of the partnership file is without effect: a change of the rules that both sides confirmed stands "+
				"above it", "code_set", c.Set, "reason", c.Reason.Code(), "mapped_from", from.String(), "change", c.Number,
				"change_from", c.From.String())
		}
	}
	return nil
}

// mappedFrom gives the last day on which a mapping of the partnership file for a
// reason begins or has ended, 0 when it maps it not.
func (c *counted) mappedFrom(reason delay.Reason) delay.Day {
	var last delay.Day
	for _, m := range c.mapped {
		if m.Reason != reason {
			continue
		}
		last = max(last, m.From)
		if m.Until != 0 {
			last = max(last, m.Until+1)
		}
	}
	return last
}

// ruleDesk lets people propose and confirm changes of the rules.
type ruleDesk struct {
	*sqlite.Store
	app *App
}

var _ web.RuleChanges = ruleDesk{}

// Draft makes a change of what is asked for, or says in a sentence what is wrong
// and with which field of the form.
func (d ruleDesk) Draft(reason delay.Reason, body delay.Body, from delay.Day, why string) (c rulechange.Change, field string, err error) {
	a := d.app
	set, _, ok := a.counts().book.Meaning(reason)
	if !ok || !slices.Contains(a.counts().book.Sets, set) {
		return c, "reason", problem.New(problem.Invalid, "Select a reason from the list")
	}
	code, _ := set.Coded(reason.Code(), from)
	if !code.InForce(from) {
		return c, "from", problem.New(problem.Invalid, "The reason is in %s %s. Enter a day of that time", set.Name,
			inForceWords(code.From, code.Until))
	}
	c = rulechange.Change{Set: set.Name, CodeSet: reason.Set(), Reason: reason, Body: body, From: from, Why: why,
		StatedStands: set.StatedStands, ByGroups: !set.Bodies}
	rules := a.counts().tables.Plain(c.CodeSet)
	table, ok := rules.On(from).Matrix[reason]
	if !ok {
		return c, "from", problem.New(problem.Invalid, "The rule set %s has no line for this reason on %s", rules.Name, from.Long())
	}
	if err := rulechange.Permits(table, body); err != nil {
		return c, "body", err
	}
	if mapped := a.counts().mappedFrom(reason); from < mapped {
		return c, "from", problem.New(problem.Invalid, "The partnership file maps this reason from %s. Enter that day or a later one",
			mapped.Long())
	}
	c.RuleSet, c.Line = rules.Name, rulechange.LineOf(table, body)
	return c, "", nil
}

func inForceWords(from, until delay.Day) string {
	switch {
	case from != 0 && until != 0:
		return "from " + from.Long() + " to " + until.Long()
	case from != 0:
		return "from " + from.Long()
	}
	return "up to " + until.Long()
}

// Confirm turns a key; with the second one the change stands everywhere at once.
func (d ruleDesk) Confirm(ctx context.Context, by people.Actor, number int64, seen string) (stands bool, err error) {
	stands, err = d.ConfirmRule(ctx, by, number, seen)
	if err == nil && stands {
		err = d.app.amend(ctx)
	}
	return stands, err
}
