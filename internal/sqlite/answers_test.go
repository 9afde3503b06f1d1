package sqlite_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/sqlite"
)

// Whoever asks the same at one moment is given what was worked out for the first.
func TestC15EqualQuestionsOfOneMomentShareOneAnswer(t *testing.T) {
	now := morning
	s := openDated(t, t.TempDir(), &now)
	moments := func() (*sqlite.Snapshot, *sqlite.Snapshot) {
		t.Helper()
		var out [2]*sqlite.Snapshot
		for i := range out {
			held, err := s.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = held.Close() })
			out[i] = held
		}
		return out[0], out[1]
	}
	a, b := moments()
	var worked atomic.Int64
	slow := func() ([]int64, error) {
		time.Sleep(20 * time.Millisecond) // Others come meanwhile.
		return []int64{7, worked.Add(1)}, nil
	}
	var all sync.WaitGroup
	for _, held := range []*sqlite.Snapshot{a, b, a, b, a, b} {
		all.Go(func() {
			if got, err := held.Ask(t.Context(), "how many", slow); err != nil || !slices.Equal(got, []int64{7, 1}) {
				t.Errorf("one of many is told %v, %v", got, err)
			}
		})
	}
	all.Wait()
	if got, _ := a.Ask(t.Context(), "how many else", slow); !slices.Equal(got, []int64{7, 2}) {
		t.Errorf("another question is answered %v", got)
	}

	// What somebody does with an answer is theirs alone.
	got, _ := a.Ask(t.Context(), "how many", slow)
	got[0] = 8
	if again, _ := b.Ask(t.Context(), "how many", slow); again[0] != 7 {
		t.Error("an answer was changed for those who ask next")
	}

	// After something was written it is worked out again, and who holds a moment of
	// before shares nothing with those of after.
	if err := s.Take(t.Context(), one(start), receipt); err != nil {
		t.Fatal(err)
	}
	later, _ := moments()
	if got, _ := later.Ask(t.Context(), "how many", slow); !slices.Equal(got, []int64{7, 3}) {
		t.Errorf("after something was written %v", got)
	}
	if got, _ := a.Ask(t.Context(), "how many", slow); !slices.Equal(got, []int64{7, 1}) {
		t.Errorf("at the moment of before %v", got)
	}
	if got, _ := s.Ask(t.Context(), "how many", slow); !slices.Equal(got, []int64{7, 4}) {
		t.Errorf("of no moment %v", got)
	}
}

// What came to nothing is worked out again by the next, and no request waits longer
// than its own time.
func TestAnAnswerThatCameToNothingIsWorkedOutAgain(t *testing.T) {
	now := morning
	held, err := openDated(t, t.TempDir(), &now).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	began, end := make(chan struct{}), make(chan struct{})
	gone := errors.New("the request went away")
	var all sync.WaitGroup
	all.Go(func() {
		_, err := held.Ask(t.Context(), "slow", func() ([]int64, error) {
			close(began)
			<-end
			return nil, gone
		})
		if !errors.Is(err, gone) {
			t.Errorf("whoever worked it out got %v", err)
		}
	})
	<-began
	ctx, stop := context.WithCancel(t.Context())
	stop()
	never := func() ([]int64, error) { return nil, errors.New("it was worked out beside") }
	if _, err := held.Ask(ctx, "slow", never); !errors.Is(err, context.Canceled) {
		t.Errorf("whoever waits got %v", err)
	}
	all.Go(func() {
		if got, err := held.Ask(t.Context(), "slow", func() ([]int64, error) { return nil, nil }); err != nil || got != nil {
			t.Errorf("the next is told %v, %v", got, err)
		}
	})
	close(end)
	all.Wait()
	if got, err := held.Ask(t.Context(), "slow", never); err != nil || got != nil {
		t.Errorf("an answer of no rows is not kept: %v, %v", got, err)
	}
}

// Answers have room for so much: long ones are worked out by each, side by side, and
// many short ones make room for each other.
func TestAnswersHaveRoomForSoMuch(t *testing.T) {
	now := morning
	held, err := openDated(t, t.TempDir(), &now).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	held.KeepAnswers(1000)
	rows := func(n int) func() ([]int64, error) {
		return func() ([]int64, error) { return make([]int64, n), nil }
	}
	if _, err := held.Ask(t.Context(), "long", rows(100)); err != nil {
		t.Fatal(err)
	}
	var both, all sync.WaitGroup
	both.Add(2)
	for range 2 {
		all.Go(func() {
			_, err := held.Ask(t.Context(), "long", func() ([]int64, error) {
				both.Done()
				both.Wait() // Each goes on when the other is here too.
				return nil, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i := range 100 {
		if _, err := held.Ask(t.Context(), string(rune('A'+i)), rows(40)); err != nil {
			t.Fatal(err)
		}
		if n := held.AnswersKept(); n > 1000 {
			t.Fatalf("%d bytes of answers are kept", n)
		}
	}
	if held.AnswersKept() == 0 {
		t.Error("nothing is kept")
	}
}

// No two questions have one name, and one question has one, whoever asks it.
func TestQuestionsAreToldApart(t *testing.T) {
	q := func(f measure.Filter) measure.Query {
		return measure.Query{From: 1, To: 9, By: []measure.Dimension{measure.ByDay}, Filter: f}
	}
	names := map[string]int{}
	for i, name := range []string{
		sqlite.Question("days", q(measure.Filter{})),
		sqlite.Question("long days", q(measure.Filter{})),
		sqlite.Question("days", q(measure.Filter{}), 7),
		sqlite.Question("days", q(measure.Filter{}), 21),
		sqlite.Question("days", measure.Query{From: 1, To: 8, By: []measure.Dimension{measure.ByDay}}),
		sqlite.Question("days", measure.Query{From: 1, To: 9, By: []measure.Dimension{measure.ByWeek}}),
		sqlite.Question("days", q(measure.Filter{Providers: []string{"RZ1", "RZ2"}})),
		sqlite.Question("days", q(measure.Filter{Providers: []string{"RZ1 RZ2"}})),
		sqlite.Question("days", q(measure.Filter{Councils: []delay.Council{"RZ1", "RZ2"}})),
		sqlite.Question("days", q(measure.Filter{Councils: []delay.Council{""}})),
		sqlite.Question("days", q(measure.Filter{Bodies: []delay.Body{delay.NHS}})),
		sqlite.Question("days", q(measure.Filter{Bodies: []delay.Body{delay.SocialCare}})),
		sqlite.Question("days", q(measure.Filter{Basis: measure.BasisAgreed})),
	} {
		if before, ok := names[name]; ok {
			t.Errorf("questions %d and %d have one name: %s", before, i, name)
		}
		names[name] = i
	}
	if a, b := sqlite.Question("days", q(measure.Filter{Book: &definition.Book{}})), sqlite.Question("days", q(measure.Filter{})); a != b {
		t.Errorf("who names the reasons otherwise asks otherwise: %s and %s", a, b)
	}
}
