package web

import (
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/problem"
)

// The files that pages load. New refuses to go on without them.
const (
	styleSheet = "vendor/homeward.css"
	baseScript = "js/app.js"
	favicon    = "img/favicon.svg"
	chartJS    = "js/chart.js"
	roundJS    = "js/round.js"
	echartsJS  = "vendor/echarts/echarts.min.js"
	nhsukJS    = "vendor/nhsuk/nhsuk-frontend.min.js"
)

// asset is one file, held in memory with the tag of its content.
type asset struct {
	bytes []byte
	kind  string
	tag   string
}

type assets struct{ files map[string]asset }

func loadAssets(files fs.FS) (*assets, error) {
	a := &assets{files: map[string]asset{}}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		kind, served := map[string]string{
			".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
			".svg": "image/svg+xml", ".png": "image/png",
		}[path.Ext(name)]
		if !served {
			return nil
		}
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		a.files[name] = asset{bytes: b, kind: kind, tag: base64.RawURLEncoding.EncodeToString(sum[:9])}
		return nil
	})
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The files of the pages could not be read")
	}
	for _, name := range []string{styleSheet, baseScript, favicon, chartJS, roundJS, callJS, remoteJS, echartsJS, nhsukJS} {
		if _, ok := a.files[name]; !ok {
			return nil, problem.New(problem.Unavailable,
				"The style sheet and scripts of the pages are missing from this program (static/%s was not found). Run \"npm ci && npm run build\", "+
					"then build the program again.", name)
		}
	}
	return a, nil
}

// href gives the address of an asset, with the tag of its content so that
// browsers may keep it.
func (a *assets) href(name string) string { return "/static/" + name + "?v=" + a.files[name].tag }

func (s *Server) serveAsset(c echo.Context) error {
	return s.assets.serve(c, c.Param("*"))
}

func (s *Server) favicon(c echo.Context) error { return s.assets.serve(c, favicon) }

func (a *assets) serve(c echo.Context, name string) error {
	f, ok := a.files[name]
	if !ok {
		return echo.ErrNotFound
	}
	h := c.Response().Header()
	etag := `"` + f.tag + `"`
	h.Set("ETag", etag)
	if c.QueryParam("v") == f.tag {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	if match := c.Request().Header.Get("If-None-Match"); strings.Contains(match, etag) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, f.kind, f.bytes)
}
