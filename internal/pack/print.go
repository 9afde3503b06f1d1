package pack

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"homeward/internal/problem"
)

// The files that a browser makes of the page.
const (
	PDFFile     = "pack.pdf"
	PictureFile = "pack.png"
)

// Printer makes a PDF of a page and a picture of its beginning.
type Printer interface {
	// Print gets the folder of a pack, which it may read only.
	Print(ctx context.Context, dir string) (pdf, picture []byte, err error)
}

// print adds what the printer makes of the pack in the folder made, and gives
// the files' names. A pack is complete without them, so an error is told in the
// manifest and does not stop it.
func (b *built) print(ctx context.Context, made string, printer Printer) []string {
	pdf, picture, err := printer.Print(ctx, made)
	if err != nil {
		b.manifest.Unprinted = strings.TrimSuffix(problem.Sentence(err), ".") + "."
		return nil
	}
	b.manifest.Unprinted = ""
	b.files[PDFFile], b.files[PictureFile] = pdf, picture
	b.manifest.Printed = []File{fileOf(PDFFile, pdf), fileOf(PictureFile, picture)}
	return []string{PDFFile, PictureFile}
}

// Chromium prints with a Chromium or Chrome of the machine. It runs within the
// browser's own sandbox, in a folder of its own, without a network; the page's
// policy lets no script run.
type Chromium struct {
	// Path is the program's.
	Path string
	// Within bounds one run; zero means 40 seconds.
	Within time.Duration
}

// NoChromium is why a pack has no PDF on a machine without a browser.
const NoChromium = "There is no PDF and no picture, because this machine has no Chromium. The page prints the same from any browser."

// asRoot is why a Chromium that is there does not print for root: its sandbox
// refuses to. It is never switched off, for what is printed holds names that
// came in files.
const asRoot = "There is no PDF and no picture, because Homeward runs as root and Chromium keeps no sandbox for root. Run Homeward as an " +
	"ordinary user. The page prints the same from any browser."

// FindChromium gives the browser at path, or with an empty path one that the
// machine has, or nil when there is none.
func FindChromium(path string) *Chromium {
	names := []string{path}
	if path == "" {
		names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chromium-headless-shell"}
	}
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			if whole, err := filepath.Abs(found); err == nil {
				return &Chromium{Path: whole}
			}
		}
	}
	return nil
}

// Print makes the PDF and the picture, one run of the browser for each.
func (c *Chromium) Print(ctx context.Context, dir string) (pdf, picture []byte, err error) {
	work, err := os.MkdirTemp("", "homeward-print-*")
	if err != nil {
		return nil, nil, problem.Wrap(err, problem.Unavailable, "There is no PDF and no picture, because no temporary folder could be made")
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	page, err := filepath.Abs(filepath.Join(dir, PageFile))
	if err != nil {
		return nil, nil, err
	}
	if pdf, err = c.run(ctx, work, page, PDFFile, "--no-pdf-header-footer", "--print-to-pdf="+filepath.Join(work, PDFFile)); err != nil {
		return nil, nil, err
	}
	picture, err = c.run(ctx, work, page, PictureFile, "--hide-scrollbars", "--window-size=1240,1754",
		"--screenshot="+filepath.Join(work, PictureFile))
	return pdf, picture, err
}

func (c *Chromium) run(ctx context.Context, work, page, file string, flags ...string) ([]byte, error) {
	within := c.Within
	if within == 0 {
		within = 40 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	args := append([]string{
		"--headless", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking",
		"--disable-component-update", "--disable-default-apps", "--disable-sync", "--no-first-run", "--no-default-browser-check",
		"--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9",
		"--user-data-dir=" + filepath.Join(work, "profile"),
	}, flags...)
	cmd := exec.CommandContext(ctx, c.Path, append(args, "file://"+page)...)
	cmd.Dir = work
	cmd.Env = []string{"HOME=" + work, "TMPDIR=" + work, "PATH=" + os.Getenv("PATH"), "LANG=en_GB.UTF-8"}
	// The browser's own children end with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	if err := cmd.Run(); err != nil {
		if os.Geteuid() == 0 && ctx.Err() == nil {
			return nil, problem.Wrap(err, problem.Unavailable, "%s", strings.TrimSuffix(asRoot, "."))
		}
		return nil, problem.Wrap(err, problem.Unavailable, "There is no PDF and no picture, because the Chromium of this machine did not print "+
			"the page. It may lack its sandbox here, as in a container without user namespaces. The page prints the same from any browser")
	}
	b, err := os.ReadFile(filepath.Join(work, file))
	if err != nil || len(b) == 0 || len(b) > largestFile {
		return nil, problem.Wrap(errors.Join(err, errors.New("no file, or too large a one")), problem.Unavailable,
			"There is no PDF and no picture, because the Chromium of this machine did not print the page")
	}
	return b, nil
}
