package app_test

import (
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// platter follows what a disk holds for certain: of a file what was there at its last
// sync, of a folder the names of its last sync. It takes the word of nobody else:
// that a new file's name is on the disk with its content, as most file systems have
// it, is not relied upon.
type platter struct {
	top   *node
	names int // changes of names so far
}

// node is a file or a folder.
type node struct {
	folder bool
	// kept is a file's content at its last sync, since what was done to it later.
	kept  []byte
	since []deed
	// here are a folder's names, sure those of its last sync, and later what was
	// done to them since, in order.
	here, sure map[string]*node
	later      []naming
}

// naming is one change of a folder's names; nil takes one away. Those of one deed
// have one number, and are on the disk together.
type naming struct {
	number int
	name   string
	to     *node
}

func newFolder() *node {
	return &node{folder: true, here: map[string]*node{}, sure: map[string]*node{}}
}

// platterOf takes a folder as one that is on the disk.
func platterOf(dir string) (*platter, error) {
	p := &platter{top: newFolder()}
	err := filepath.WalkDir(dir, func(at string, e fs.DirEntry, err error) error {
		if err != nil || at == dir {
			return err
		}
		rel, err := filepath.Rel(dir, at)
		if err != nil {
			return err
		}
		n := newFolder()
		if !e.IsDir() {
			n = &node{}
			if n.kept, err = os.ReadFile(at); err != nil {
				return err
			}
		}
		in, name := p.place(rel)
		in.here[name], in.sure[name] = n, n
		return nil
	})
	return p, err
}

// place gives the folder of a path, and the name in it.
func (p *platter) place(at string) (*node, string) {
	in := p.top
	if dir := path.Dir(at); dir != "." {
		for part := range strings.SplitSeq(dir, "/") {
			next := in.here[part]
			if next == nil || !next.folder {
				return newFolder(), path.Base(at)
			}
			in = next
		}
	}
	return in, path.Base(at)
}

func (p *platter) node(at string) *node {
	if at == "." {
		return p.top
	}
	in, name := p.place(at)
	return in.here[name]
}

// name gives a name to a node, nil to none.
func (p *platter) name(at string, n *node) {
	in, name := p.place(at)
	if n == nil {
		delete(in.here, name)
	} else {
		in.here[name] = n
	}
	in.later = append(in.later, naming{p.names, name, n})
}

// do does what a process did.
func (p *platter) do(d deed) {
	p.names++
	n := p.node(d.path)
	switch d.what {
	case "create":
		p.name(d.path, &node{})
	case "make":
		p.name(d.path, newFolder())
	case "rename":
		p.name(d.to, n)
		p.name(d.path, nil)
	case "link":
		p.name(d.to, n)
	case "remove":
		p.name(d.path, nil)
	case "write", "truncate":
		if n != nil {
			n.since = append(n.since, d)
		}
	case "sync":
		if n != nil {
			n.kept, n.since = n.content(func() bool { return true }), nil
		}
	case "sync folder":
		n.sure, n.later = maps.Clone(n.here), nil
	}
}

// sector is what a disk writes whole.
const sector = 512

// content gives a file with those sectors of what was not synced that survive.
func (n *node) content(survives func() bool) []byte {
	out := append([]byte(nil), n.kept...)
	for _, d := range n.since {
		if d.what == "truncate" {
			if survives() {
				out = sized(out, int(d.offset))
			}
			continue
		}
		at := int(d.offset)
		if at < 0 {
			at = len(out)
		}
		for i := 0; i < len(d.data); {
			next := min(len(d.data), (at+i)/sector*sector+sector-at)
			if survives() {
				if len(out) < at+next {
					out = sized(out, at+next)
				}
				copy(out[at+i:], d.data[i:next])
			}
			i = next
		}
	}
	return out
}

func sized(b []byte, n int) []byte {
	if n <= len(b) {
		return b[:n]
	}
	return append(b, make([]byte, n-len(b))...)
}

// How a cut treats what was not synced.
const (
	cutDropped = "power cut, unsynced dropped"
	cutTorn    = "power cut, unsynced in part"
	cutNothing = "nothing lost"
)

// cut writes the folder as a power cut leaves it into a new folder.
func (p *platter) cut(how string, dir string, r *rand.Rand) error {
	until, survives := -1, func() bool { return how == cutNothing }
	switch how {
	case cutTorn:
		until, survives = r.IntN(p.names+1), func() bool { return r.IntN(2) == 0 }
	case cutNothing:
		until = p.names
	}
	return write(p.top, dir, until, survives)
}

// longAgo is the time of every file, so that the inbox takes it as one that has come
// to rest.
var longAgo = tortureNow.Add(-time.Hour)

func write(n *node, at string, until int, survives func() bool) error {
	if !n.folder {
		return errors.Join(os.WriteFile(at, n.content(survives), 0o600), os.Chtimes(at, longAgo, longAgo))
	}
	names := maps.Clone(n.sure)
	for _, l := range n.later {
		if l.number > until {
			break
		}
		if l.to == nil {
			delete(names, l.name)
		} else {
			names[l.name] = l.to
		}
	}
	if err := os.MkdirAll(at, 0o700); err != nil {
		return err
	}
	for name, to := range names {
		// What processes share in memory is no file of a disk that lost its power.
		if strings.HasSuffix(name, "-shm") {
			continue
		}
		if err := write(to, filepath.Join(at, name), until, survives); err != nil {
			return err
		}
	}
	return nil
}
