package app

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeward/data"
	"homeward/internal/call"
	"homeward/internal/delay"
	"homeward/internal/synth"
)

// demoWithCalls gives the past calls of a small demonstration, made afresh: what
// their slides say, and the actions that stand on each.
func demoWithCalls(t *testing.T) (slides []*call.Content, actions [][]call.Action) {
	t.Helper()
	ctx, dir, last := t.Context(), t.TempDir(), delay.MustDay("2026-11-03")
	example, err := fs.Sub(data.Examples, exampleNorthshire2026)
	if err != nil {
		t.Fatal(err)
	}
	if err := copyFS(filepath.Join(dir, "data"), example); err != nil {
		t.Fatal(err)
	}
	if err := synth.Write(ctx, dir, synth.Options{Seed: 1, From: last - 84, To: last, Beds: 15, BedsFrom: last - 63,
		Reference: data.Reference}, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 4, 9, 12, 0, 0, time.UTC)
	a, err := Open(ctx, Options{Data: filepath.Join(dir, "data"), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	paths, err := find([]string{filepath.Join(dir, "extracts")})
	if err != nil {
		t.Fatal(err)
	}
	none := func(int, int) {}
	for _, step := range []func() error{
		func() error { return a.takeAsArrived(ctx, paths, none) },
		func() error { return answerDemo(ctx, a, none) },
		func() error { return pathwaysDemo(ctx, a) },
		func() error { return logDemo(ctx, a) },
		func() error { return publishDemo(ctx, a, filepath.Join(dir, "published")) },
		func() error { return callsDemo(ctx, a, noDrawing{}, none) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if files, err := a.Store.PublishedFiles(ctx); err != nil || len(files) != 1 || len(files[0].Notes) > 0 {
		t.Errorf("the one whole month of beds has %d published files, %v: %+v", len(files), err, files)
	}
	k := calls{a.Store, a, nil}
	for day := last - 7*(demoCalls+1); day <= last; day++ {
		r, err := k.Call(ctx, day)
		if err != nil {
			continue
		}
		c, err := call.Decode(r.Frozen)
		if err != nil {
			t.Fatal(err)
		}
		stand, err := k.CallActions(ctx, day)
		if err != nil {
			t.Fatal(err)
		}
		slides, actions = append(slides, c), append(actions, stand)
	}
	if v, err := a.Store.Verify(context.Background()); err != nil || len(v.Differences) > 0 {
		t.Errorf("C10: %v, %v", v.Differences, err)
	}
	return slides, actions
}

// The demonstration has had eight weekly calls, each with what was known at its
// moment (C15), with the movement since the one before, actions, and the
// pathways of those who left; and it is the same every time.
func TestDemonstrationHasHadCalls(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("makes a demonstration twice")
	}
	said := func() (words []string) {
		slides, actions := demoWithCalls(t)
		if len(slides) != demoCalls {
			t.Fatalf("%d calls, want %d", len(slides), demoCalls)
		}
		for i, c := range slides {
			titles := ""
			for _, s := range c.Slides {
				words = append(words, s.Title)
				words = append(words, s.Lines...)
				titles += s.Title + "\n"
			}
			if i > 0 && !strings.Contains(titles, "last call") {
				t.Errorf("call %d has no movement: %s", i+1, titles)
			}
			if len(actions[i]) < 2 {
				t.Errorf("call %d has %d actions", i+1, len(actions[i]))
			}
			for _, one := range actions[i] {
				words = append(words, fmt.Sprint(one))
			}
		}
		return words
	}
	first := said()
	if !slices.ContainsFunc(first, func(s string) bool { return strings.HasPrefix(s, "Pathway 0: ") }) {
		t.Error("the log knows too few pathways to compare them")
	}
	if second := said(); !slices.Equal(first, second) {
		for i := range min(len(first), len(second)) {
			if first[i] != second[i] {
				t.Fatalf("made again it says %q, before %q", second[i], first[i])
			}
		}
		t.Fatalf("made again it says %d things, before %d", len(second), len(first))
	}
}
