package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"homeward/internal/ingest"
	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
)

// settled is how long a file in the inbox must have been left alone before it
// is taken, so that one that is still being copied is not read half.
const settled = 5 * time.Second

// takeInbox takes every settled file of the inbox in, by name, and moves it to
// the archive or to rejected, with its receipt beside it. It gives a sentence
// about what was done.
func (a *App) takeInbox(ctx context.Context) (string, error) {
	inbox := filepath.Join(a.Options.Data, InboxFolder)
	entries, err := os.ReadDir(inbox)
	if errors.Is(err, fs.ErrNotExist) {
		return "Nothing waits in the inbox.", os.MkdirAll(inbox, 0o750)
	}
	if err != nil {
		return "", problem.Wrap(err, problem.Unavailable, "The inbox folder could not be read. Check the folder permissions. No files were changed")
	}
	counts := map[ingest.Outcome]int{}
	waiting := 0
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if strings.HasPrefix(e.Name(), ".") || noise(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if err != nil || a.Options.Now().Sub(info.ModTime()) < settled {
			waiting++
			continue
		}
		report, err := a.takeOne(ctx, filepath.Join(inbox, e.Name()))
		if err != nil {
			return "", err
		}
		counts[report.Outcome]++
	}
	var parts []string
	for _, outcome := range []ingest.Outcome{ingest.Taking, ingest.Already, ingest.Held, ingest.Rejected} {
		if n := counts[outcome]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, outcome))
		}
	}
	if waiting > 0 {
		parts = append(parts, fmt.Sprintf("%d still arriving", waiting))
	}
	if len(parts) == 0 {
		return "Nothing waits in the inbox.", nil
	}
	return "Files from the inbox: " + strings.Join(parts, ", ") + ".", nil
}

func (a *App) takeOne(ctx context.Context, path string) (*ingest.Report, error) {
	report, err := a.ingestFile(ctx, path)
	if err != nil {
		return nil, err
	}
	a.Options.Log.Info("extract", "outcome", string(report.Outcome), "provider", report.Provider, "rows", report.RowsRead,
		"kept", report.Kept, "quarantined", report.Quarantined, "excluded", report.Excluded)
	folder := ArchiveFolder
	if report.Outcome == ingest.Rejected {
		folder = RejectedFolder
	}
	dir := filepath.Join(a.Options.Data, folder, a.now().Format(time.DateOnly))
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The folder %s could not be made. The file was taken and stays in the inbox", folder)
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return nil, err
	}
	target := free(dir, nhsnumber.Redact(filepath.Base(path)))
	// The receipt goes first: a file in the archive always has one.
	if err := os.WriteFile(target+reportSuffix, text, 0o640); err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The receipt could not be written. The file was taken and stays in the inbox")
	}
	if err := os.Rename(path, target); err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The file was taken and could not be moved out of the inbox")
	}
	return report, nil
}

const reportSuffix = ".report.json"

// free gives a path in dir for the name that no file has yet, so that nothing
// in the archive is ever replaced.
func free(dir, name string) string {
	taken := func(path string) bool {
		return slices.ContainsFunc([]string{path, path + reportSuffix}, func(p string) bool {
			_, err := os.Lstat(p)
			return err == nil
		})
	}
	path := filepath.Join(dir, name)
	ext := filepath.Ext(name)
	for n := 2; taken(path); n++ {
		path = filepath.Join(dir, fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, ext), n, ext))
	}
	return path
}
