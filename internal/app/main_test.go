package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"testing"

	"homeward/internal/app"
)

// asHomeward makes the test binary run as the program itself, so that a test
// can start it as a process of its own and kill it.
const asHomeward = "HOMEWARD_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asHomeward) == onlyInbox {
		os.Exit(passInbox(os.Args[1]))
	}
	if os.Getenv(asHomeward) != "" {
		watchedFromHere()
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		status := app.Main(ctx, os.Args[1:], &app.Console{Out: os.Stdout, Err: os.Stderr, Version: "test", Env: os.Getenv})
		stop()
		os.Exit(status)
	}
	debug.SetGCPercent(300) // Room for time: collecting was an eighth of it. The program as a process keeps its own.
	status := m.Run()
	for _, remove := range append(atTheEnd, devonTaken.remove) {
		if err := remove(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}

// atTheEnd removes what several tests shared.
var atTheEnd []func() error

// onlyInbox makes the test binary look through the inbox of a data folder once,
// as the job does.
const onlyInbox = "the inbox"

func passInbox(dir string) int {
	ctx := context.Background()
	a, err := app.Open(ctx, app.Options{Data: dir, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err == nil {
		var said string
		said, err = a.TakeInbox(ctx)
		fmt.Println(said)
		err = errors.Join(err, a.Close())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// run runs one command in this process and gives its exit status and output.
func run(t testing.TB, args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = app.Main(t.Context(), args, &app.Console{Out: &stdout, Err: &stderr, Version: "test", Env: func(string) string { return "" }})
	return status, stdout.String(), stderr.String()
}

// must is run for commands that are to end with status 0.
func must(t testing.TB, args ...string) string {
	t.Helper()
	status, out, errs := run(t, args...)
	if status != app.ExitDone {
		t.Fatalf("homeward %q ended with %d\n%s%s", args, status, last(out, 2000), last(errs, 2000))
	}
	return out
}

func last(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// shared gives a path of the shared data, which is not part of the repository.
func shared(t testing.TB, elements ...string) string {
	t.Helper()
	root := os.Getenv("HOMEWARD_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(append([]string{root}, elements...)...)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the shared data are not there: %v", err)
		}
		t.Skipf("the shared data are not there: %v", err)
	}
	return path
}

// devonExample is the worked example in the repository.
var devonExample = filepath.Join("..", "..", "data", "examples", "devon", "partnership.yaml")
