// Command homeward tracks delayed transfers of care. It parses nothing itself:
// signals and exit statuses stand here, everything else in internal/app.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // London time on machines without a time zone database.

	"homeward/internal/app"
)

// version is set by the build.
var version = "development"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := app.Main(ctx, os.Args[1:], &app.Console{Out: os.Stdout, Err: os.Stderr, Version: version, Env: os.Getenv})
	stop()
	os.Exit(status)
}
