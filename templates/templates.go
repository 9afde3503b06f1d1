// Package templates embeds the page templates: layout holds the frame of every
// page, partial the pieces that pages share, page one file for each page. It
// holds no Go logic: package web parses and fills them.
package templates

import "embed"

// Files holds layout, partial and page.
//
//go:embed layout partial page
var Files embed.FS
