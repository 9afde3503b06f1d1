package signin

import (
	"net/url"
	"strings"
)

// LocalPath says whether a text is a path of this service that a browser may
// be sent to, so that no link through Homeward leads to another site.
func LocalPath(s string) bool {
	if len(s) > 2000 || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.HasPrefix(s, "/sign-") {
		return false
	}
	// Browsers take a backslash for a slash and drop control characters.
	if strings.ContainsFunc(s, func(r rune) bool { return r == '\\' || r < ' ' || r == 0x7f }) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil && strings.HasPrefix(u.Path, "/") && !strings.HasPrefix(u.Path, "//")
}
