// Package static embeds the style sheet, scripts and pictures that the pages
// load. It holds no Go logic: package web serves the files and refuses to start
// when the built ones (vendor, filled by "npm run build") are missing.
package static

import "embed"

// Files holds js, img and vendor. The Sass sources in css are compiled into
// vendor and are not served.
//
//go:embed js img vendor
var Files embed.FS
