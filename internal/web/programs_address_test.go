package web

import "strings"

// address gives the address as documents write it, such as /charts/{id}.csv.
func (a programAddress) address() string {
	parts := strings.Split(a.pattern, "/")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/") + a.twin
}
