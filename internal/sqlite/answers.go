package sqlite

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"homeward/internal/measure"
	"homeward/internal/quality"
)

// keptBytes bounds the answers that are kept of one moment. A daily table of England's
// year by council and reason is more, and is worked out for whoever asks.
const keptBytes = 32 << 20

// keptAnswers keeps answers until something is written. The questions of one page ask
// the same again, and a page that is projected in a call is asked for by everybody in
// it.
type keptAnswers struct {
	mu sync.Mutex
	// most is how many bytes of answers are kept, and bytes how many are.
	most, bytes int
	of          map[string]*keptAnswer
}

// keptAnswer is the answer to one question, or that somebody works it out.
type keptAnswer struct {
	// made is closed when whoever works it out has ended. The rest is for afterwards.
	made chan struct{}
	// rows are nil where that came to nothing: an error, or a request that went away.
	rows any
	// long says that it is too long to be kept.
	long bool
}

func newKeptAnswers() *keptAnswers {
	return &keptAnswers{most: keptBytes, of: map[string]*keptAnswer{}}
}

// find gives the answer to a question; mine says that whoever asks is the first, has to
// work it out and to settle it.
func (k *keptAnswers) find(question string) (one *keptAnswer, mine bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	one = k.of[question]
	if one == nil {
		one = &keptAnswer{made: make(chan struct{})}
		k.of[question] = one
		return one, true
	}
	return one, false
}

// settle ends the wait of all who ask the same. Rows of nil are not kept, and those
// that are too long are not either, which is noted.
func (k *keptAnswers) settle(question string, one *keptAnswer, rows any, bytes int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	defer close(one.made)
	one.rows = rows
	bytes += len(question)
	switch here := k.of[question] == one; {
	case rows == nil && here:
		delete(k.of, question)
	case rows == nil || !here:
		// Nobody finds it any more.
	case bytes > k.most/2:
		one.rows, one.long = nil, true
	case k.bytes+bytes > k.most:
		// What was asked before makes room.
		k.of, k.bytes = map[string]*keptAnswer{question: one}, bytes
	default:
		k.bytes += bytes
	}
}

// question names what is asked, so that no two questions have one name. Which book
// names the reasons changes no count.
func question(what string, q measure.Query, more ...any) string {
	q.Filter.Book = nil
	return fmt.Sprintf("%s %#v %#v", what, q, more)
}

// sharedAnswer gives the rows that work gives. Of a snapshot, those that ask the same at the
// same moment share them, and wait for whoever was first: what depends on anything else
// than the question and the moment must not be asked so. Of a row only what it holds
// itself may be changed, not what it points to.
func sharedAnswer[T any](ctx context.Context, s *Store, question string, work func() ([]T, error)) ([]T, error) {
	if s.sharing == nil {
		return work()
	}
	kept := s.sharing.answers
	for {
		one, mine := kept.find(question)
		if mine {
			return first(kept, question, one, work)
		}
		select {
		case <-one.made:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if one.long {
			return work()
		}
		if rows, ok := one.rows.([]T); ok {
			return slices.Clone(rows), nil
		}
	}
}

// sharedCount is sharedAnswer for one number.
func sharedCount(ctx context.Context, s *Store, question string, work func() (int64, error)) (int64, error) {
	one, err := sharedAnswer(ctx, s, question, func() ([]int64, error) {
		n, err := work()
		return []int64{n}, err
	})
	if err != nil {
		return 0, err
	}
	return one[0], nil
}

// first works an answer out and keeps a copy, whatever comes of it.
func first[T any](kept *keptAnswers, question string, one *keptAnswer, work func() ([]T, error)) (rows []T, err error) {
	var keep any
	bytes := 0
	defer func() { kept.settle(question, one, keep, bytes) }()
	if rows, err = work(); err == nil {
		keep = slices.Clip(slices.Clone(rows))
		bytes = weight(rows)
	}
	return rows, err
}

// weight gives how many bytes rows take, roughly.
func weight[T any](rows []T) int {
	n := len(rows) * int(reflect.TypeFor[T]().Size())
	for i := range rows {
		switch p := any(&rows[i]).(type) {
		case *measure.ProviderDays:
			n += 8*(len(p.Counted)+len(p.Held)) + 64*len(p.Lacking)
		case *quality.Extract:
			n += len(p.File) + len(p.Found)*int(reflect.TypeFor[quality.Found]().Size())
		}
	}
	return n
}
