package sqlite

import (
	"maps"
	"slices"

	"homeward/internal/measure"
)

// cellKeys numbers cells that have no provider, period and days: a nation's year has a
// few thousand, in hundreds of thousands of rows.
type cellKeys struct {
	all []measure.Cell
	of  map[measure.Cell]int32
}

func newCellKeys() *cellKeys { return &cellKeys{of: map[measure.Cell]int32{}} }

// clone gives keys to which more can be added while others read these.
func (k *cellKeys) clone() *cellKeys { return &cellKeys{slices.Clone(k.all), maps.Clone(k.of)} }

func (k *cellKeys) number(c measure.Cell) int32 {
	key, ok := k.of[c]
	if !ok {
		key = int32(len(k.all))
		k.of[c], k.all = key, append(k.all, c)
	}
	return key
}

// grouping puts cells together as a query breaks them down.
type grouping struct {
	by    []measure.Dimension
	asked asks
	// groups are the cells of the breakdown, and of says which of them a key is, by key.
	groups []measure.Cell
	number map[measure.Cell]int32
	of     []grouped
}

// grouped is the group of a key, and whether the query's filter has it, the providers
// aside.
type grouped struct {
	group        int32
	asked, known bool
}

func newGrouping(q measure.Query) *grouping {
	by := slices.DeleteFunc(slices.Clone(q.By), func(d measure.Dimension) bool { return d == measure.ByProvider })
	return &grouping{by: by, asked: askedBy(q.Filter), number: map[measure.Cell]int32{}}
}

// at gives the group of a key.
func (g *grouping) at(keys *cellKeys, key int32) grouped {
	if int(key) >= len(g.of) {
		g.of = append(g.of, make([]grouped, len(keys.all)-len(g.of))...)
	}
	if !g.of[key].known {
		cell := only(g.by, keys.all[key])
		group, ok := g.number[cell]
		if !ok {
			group = int32(len(g.groups))
			g.number[cell], g.groups = group, append(g.groups, cell)
		}
		g.of[key] = grouped{group, g.asked.has(&keys.all[key]), true}
	}
	return g.of[key]
}

// cell is a group at a provider, whose code is empty where the query does not ask for it.
func (g *grouping) cell(group int32, provider string) measure.Cell {
	out := g.groups[group]
	out.Provider = provider
	return out
}
