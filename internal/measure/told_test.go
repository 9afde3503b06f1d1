package measure

import "context"

// told is a source of given cells.
type told []Cell

func (t told) Cells(context.Context, Query) ([]Cell, error) { return t, nil }
