package ingest

import (
	"cmp"
	"slices"

	"homeward/internal/extract"
)

// gathering gathers the rows of a file, which may hold several providers (R12),
// into a batch for each.
type gathering struct {
	service *Service
	all     []*gatherer
	last    *gatherer
	// named remembers whom each Who names in the batch whose rows had it last.
	named []naming
}

// row takes one row in. It is the each function of a Reader.
func (g *gathering) row(r *extract.Row) error { return g.of(r.Provider).row(r) }

// of gives the gatherer of a provider, by its code or empty where the file has
// one only.
func (g *gathering) of(provider string) *gatherer {
	if g.last != nil && g.last.provider == provider {
		return g.last
	}
	i := slices.IndexFunc(g.all, func(one *gatherer) bool { return one.provider == provider })
	if i < 0 {
		i = len(g.all)
		one := newGatherer(g.service)
		one.provider, one.nth, one.named = provider, int32(i+1), &g.named
		g.all = append(g.all, one)
	}
	g.last = g.all[i]
	return g.last
}

// finish gives the batches of all providers of a file, once all its rows are in, in
// the order of their codes. A provider all of whose rows were left out has one too.
func (g *gathering) finish(sum *extract.Summary, f File) *Batch {
	g.named = nil
	for _, d := range sum.Dates {
		g.of(d.Provider)
	}
	slices.SortFunc(g.all, func(a, b *gatherer) int { return cmp.Compare(a.provider, b.provider) })
	var first *Batch
	for _, one := range g.all {
		b := one.finish(sum)
		b.File = f
		if first == nil {
			first = b
			continue
		}
		first.Also = append(first.Also, b)
	}
	return first
}

// problems gives what gathering found, and counts all of it in groups.
func (g *gathering) problems(groups *extract.Groups) []extract.Problem {
	var out []extract.Problem
	for _, one := range g.all {
		out = append(out, one.problems...)
		groups.Merge(&one.groups)
	}
	return out
}

// lines gives the line of each statement of a batch.
func (g *gathering) lines(batch int) []int32 { return g.all[batch].lines }

// providers gives the codes of the file's providers.
func providers(b *Batch) []string {
	var out []string
	for _, one := range b.All() {
		out = append(out, one.Provider)
	}
	return out
}
