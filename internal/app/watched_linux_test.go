package app_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// A watched process asks this one before each thing that it does to the disk, by
// seccomp's notifications: SQLite's calls and Go's own alike, of every thread. The
// answer is that it may go on, an error in place of the deed, or the end of the
// process. No capability is needed, and the program under test is not changed.

// watchMe is set for a process that is to be watched; file 3 leads to who watches.
const watchMe = "HOMEWARD_TEST_WATCHED"

// cannotBeWatched is the exit status of a process that was to be watched where that
// cannot be.
const cannotBeWatched = 97

// Numbers that package syscall has not.
const (
	prSetNoNewPrivs  = 38
	seccompSetFilter = 1
	// New listener, every thread, no thread's number as an error, and no signal but a
	// deadly one interrupts who waits for an answer.
	seccompFlags    = 1<<3 | 1<<0 | 1<<4 | 1<<5
	retAllow        = 0x7fff0000
	retAsk          = 0x7fc00000
	ioctlReceive    = 0xc0502100
	ioctlAnswer     = 0xc0182101
	answerGoOn      = 1
	atWorkingFolder = -100
	pollIn, pollHup = 1, 16
)

// numbers are system calls by their numbers on this machine.
type numbers struct {
	seccomp, getFile, openProcess uintptr
	asked                         map[int]string
}

// ours gives the system calls that change files, or say that they are to be on the disk.
var ours = sync.OnceValue(func() numbers {
	n := numbers{getFile: 438, openProcess: 434, asked: map[int]string{
		syscall.SYS_WRITE: "write", syscall.SYS_PWRITE64: "pwrite", syscall.SYS_WRITEV: "writev", syscall.SYS_FTRUNCATE: "ftruncate",
		syscall.SYS_FALLOCATE: "fallocate", syscall.SYS_FSYNC: "fsync", syscall.SYS_FDATASYNC: "fsync", syscall.SYS_OPENAT: "openat",
		syscall.SYS_RENAMEAT: "renameat", syscall.SYS_LINKAT: "linkat", syscall.SYS_UNLINKAT: "unlinkat", syscall.SYS_MKDIRAT: "mkdirat",
		syscall.SYS_SENDFILE: "copy", syscall.SYS_SPLICE: "copy",
	}}
	more := map[int]string{276: "renameat", 285: "copy"}
	n.seccomp = 277
	if runtime.GOARCH == "amd64" {
		n.seccomp = 317
		more = map[int]string{316: "renameat", 326: "copy", 2: "open", 82: "rename", 83: "mkdir", 84: "rmdir", 86: "link", 87: "unlink"}
	}
	maps.Copy(n.asked, more)
	return n
})

// watchedFromHere has a process watched that was started to be.
func watchedFromHere() {
	if os.Getenv(watchMe) == "" {
		return
	}
	if err := beWatched(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(cannotBeWatched)
	}
}

// beWatched has every later change of a file asked for.
func beWatched() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0); errno != 0 {
		return errno
	}
	filter := []syscall.SockFilter{{Code: syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS}} // the number of the call
	for number := range ours().asked {
		filter = append(filter, syscall.SockFilter{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, Jf: 1, K: uint32(number)},
			syscall.SockFilter{Code: syscall.BPF_RET | syscall.BPF_K, K: retAsk})
	}
	filter = append(filter, syscall.SockFilter{Code: syscall.BPF_RET | syscall.BPF_K, K: retAllow})
	program := syscall.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	listener, _, errno := syscall.RawSyscall(ours().seccomp, seccompSetFilter, seccompFlags, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return errno
	}
	// Neither sending nor closing is asked for.
	err := syscall.Sendmsg(3, []byte{1}, syscall.UnixRights(int(listener)), nil, 0)
	return errors.Join(err, syscall.Close(int(listener)), syscall.Close(3))
}

// deed is one thing that a watched process asked to do.
type deed struct {
	// what is write, truncate, create, rename, link, remove, make, sync or sync
	// folder; say is of what it tells a person or a program.
	what string
	// path and to are below the folder that is watched.
	path, to string
	// offset is where it writes, -1 for the end of the file, or the new length.
	offset int64
	data   []byte
}

func (d deed) String() string {
	where := d.path
	if d.to != "" {
		where += " to " + d.to
	}
	return d.what + " " + where
}

// fault is what happens at one deed.
type fault struct {
	// kind is kill, torn (half a write, then the end), error, full (from there on the
	// disk has no room) or stop (SIGTERM).
	kind string
	at   int // of the deeds, the first is 1
}

// watch is who watches.
type watch struct {
	cmd    *exec.Cmd
	folder string
	memory *os.File

	mu    sync.Mutex
	fault fault
	deeds []deed
	count int // of deeds so far, without what was said
	full  bool
	// disk is the folder as it was when the watch began, of a watch without a fault.
	disk *platter
	// hit is the deed that the fault met.
	hit   *deed
	err   error
	ended chan struct{}
}

// watched starts a command whose deeds in folder are watched from the moment at which
// it lets them be. Without what is needed for it the test is skipped.
func watched(t testing.TB, cmd *exec.Cmd, folder string, f fault) *watch {
	t.Helper()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "watch")
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.Env = append(cmd.Env, watchMe+"=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	defer syscall.Close(pair[0])
	rights := make([]byte, syscall.CmsgSpace(4))
	_, n, _, _, err := syscall.Recvmsg(pair[0], make([]byte, 1), rights, syscall.MSG_CMSG_CLOEXEC)
	if err != nil || n == 0 {
		_ = cmd.Wait()
		if cmd.ProcessState.ExitCode() != cannotBeWatched {
			t.Fatalf("it ended before it could be watched: %v %v %v", cmd.ProcessState, cmd.Stdout, cmd.Stderr)
		}
		t.Skipf("a process cannot be watched here; it needs seccomp's notifications (Linux 5.19 or later): %v", cmd.Stderr)
	}
	messages, err := syscall.ParseSocketControlMessage(rights[:n])
	if err != nil {
		t.Fatal(err)
	}
	files, err := syscall.ParseUnixRights(&messages[0])
	if err != nil {
		t.Fatal(err)
	}
	w := &watch{cmd: cmd, folder: folder, fault: f, ended: make(chan struct{})}
	if w.memory, err = os.Open(fmt.Sprintf("/proc/%d/mem", cmd.Process.Pid)); err != nil {
		_ = cmd.Process.Kill()
		t.Skipf("the memory of a process cannot be read here: %v", err)
	}
	go w.listen(files[0])
	return w
}

// notification is struct seccomp_notif.
type notification struct {
	id         uint64
	pid, flags uint32
	number     int32
	arch       uint32
	at         uint64
	args       [6]uint64
}

// answer is struct seccomp_notif_resp.
type answer struct {
	id    uint64
	value int64
	errno int32
	flags uint32
}

func (w *watch) listen(listener int) {
	defer close(w.ended)
	defer syscall.Close(listener)
	defer w.memory.Close()
	if w.fault.kind == "" {
		// Nothing is changed before the first question is answered.
		if w.disk, w.err = platterOf(w.folder); w.err != nil {
			return
		}
	}
	for {
		poll := struct {
			file          int32
			events, found int16
		}{int32(listener), pollIn, 0}
		if _, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&poll)), 1, 0, 0, 0, 0); errno == syscall.EINTR {
			continue
		}
		if poll.found&pollIn == 0 {
			return // Nobody is left who could ask.
		}
		var n notification
		switch _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(listener), ioctlReceive, uintptr(unsafe.Pointer(&n))); errno {
		case 0:
		case syscall.ENOENT, syscall.EINTR: // It was killed meanwhile.
			continue
		default:
			w.err = errno
			return
		}
		a := w.decide(n)
		a.id = n.id
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(listener), ioctlAnswer, uintptr(unsafe.Pointer(&a)))
		if errno != 0 && errno != syscall.ENOENT && w.err == nil {
			w.err = errno
		}
	}
}

var goOn = answer{flags: answerGoOn}

func failed(errno syscall.Errno) answer { return answer{errno: -int32(errno)} }

// decide says what becomes of what a process asked.
func (w *watch) decide(n notification) answer {
	name := ours().asked[int(n.number)]
	if name == "copy" {
		return failed(syscall.ENOSYS) // It writes instead, which can be followed.
	}
	d := w.deed(name, n)
	if d == nil {
		return goOn
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if d.what == "say" {
		// Who was told that there is no room has made some by the time of the next try.
		w.full = w.full && !bytes.Contains(d.data, []byte(refusedWord))
		w.deeds = append(w.deeds, *d)
		return goOn
	}
	if w.count++; w.count == w.fault.at {
		w.hit = d
		switch w.fault.kind {
		case "torn":
			if d.what == "write" {
				w.half(n, d)
			}
			fallthrough
		case "kill":
			_ = w.cmd.Process.Kill()
			return goOn
		case "stop":
			_ = w.cmd.Process.Signal(syscall.SIGTERM)
		case "error":
			return failed(syscall.EIO)
		case "full":
			w.full = true
			if d.what == "write" && len(d.data) > 1 {
				if done, ok := w.half(n, d); ok {
					return answer{value: done}
				}
			}
		}
	}
	if w.full && slices.Contains([]string{"write", "create", "make", "link"}, d.what) || w.full && name == "fallocate" {
		return failed(syscall.ENOSPC)
	}
	w.deeds = append(w.deeds, *d)
	return goOn
}

// half writes the first half of what a process asked to write, in its name.
func (w *watch) half(n notification, d *deed) (int64, bool) {
	process, _, errno := syscall.Syscall(ours().openProcess, uintptr(w.cmd.Process.Pid), 0, 0)
	if errno != 0 {
		return 0, false
	}
	defer syscall.Close(int(process))
	file, _, errno := syscall.Syscall(ours().getFile, process, uintptr(n.args[0]), 0)
	if errno != 0 {
		return 0, false
	}
	defer syscall.Close(int(file))
	part := d.data[:len(d.data)/2]
	var done int
	var err error
	if ours().asked[int(n.number)] == "pwrite" {
		done, err = syscall.Pwrite(int(file), part, d.offset)
	} else {
		done, err = syscall.Write(int(file), part)
	}
	return int64(done), err == nil && done > 0
}

// deed says what a system call does in the folder, nil when nothing.
func (w *watch) deed(name string, n notification) *deed {
	switch name {
	case "write", "pwrite", "writev":
		return w.writing(name, n)
	case "ftruncate", "fallocate":
		path, ok := w.file(n, n.args[0])
		if !ok {
			return nil
		}
		length := int64(n.args[1])
		if name == "fallocate" {
			length = int64(n.args[2] + n.args[3])
			if info, err := os.Stat(filepath.Join(w.folder, path)); err != nil || n.args[1] != 0 || info.Size() >= length {
				return nil
			}
		}
		return &deed{what: "truncate", path: path, offset: length}
	case "fsync":
		path, ok := w.file(n, n.args[0])
		if !ok {
			return nil
		}
		what := "sync"
		if info, err := os.Stat(filepath.Join(w.folder, path)); err == nil && info.IsDir() {
			what = "sync folder"
		}
		return &deed{what: what, path: path}
	case "openat":
		return w.opening(n, w.path(n, n.args[0], n.args[1]), n.args[2])
	case "open":
		return w.opening(n, w.path(n, workingFolder, n.args[0]), n.args[1])
	case "rename", "link":
		return w.naming(name, w.path(n, workingFolder, n.args[0]), w.path(n, workingFolder, n.args[1]))
	case "renameat", "linkat":
		return w.naming(strings.TrimSuffix(name, "at"), w.path(n, n.args[0], n.args[1]), w.path(n, n.args[2], n.args[3]))
	case "unlink", "rmdir":
		return w.naming("remove", w.path(n, workingFolder, n.args[0]), "")
	case "unlinkat":
		return w.naming("remove", w.path(n, n.args[0], n.args[1]), "")
	case "mkdir":
		return w.making(w.path(n, workingFolder, n.args[0]))
	case "mkdirat":
		return w.making(w.path(n, n.args[0], n.args[1]))
	}
	return nil
}

var workingFolder = func() uint64 { n := int64(atWorkingFolder); return uint64(n) }()

func (w *watch) writing(name string, n notification) *deed {
	path, ok := w.file(n, n.args[0])
	if !ok {
		if to, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", n.pid, n.args[0])); n.args[0] != 1 && !strings.HasPrefix(to, "socket:") {
			return nil
		}
	}
	var data []byte
	if name == "writev" {
		for i := range n.args[2] {
			part := w.read(n.args[1]+16*i, 16)
			if len(part) == 16 {
				data = append(data, w.read(binary.NativeEndian.Uint64(part), binary.NativeEndian.Uint64(part[8:]))...)
			}
		}
	} else {
		data = w.read(n.args[1], n.args[2])
	}
	if !ok {
		return &deed{what: "say", data: data}
	}
	d := &deed{what: "write", path: path, data: data, offset: int64(n.args[3])}
	if name != "pwrite" {
		d.offset = w.position(n)
	}
	return d
}

// position gives where the next write to a file goes.
func (w *watch) position(n notification) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", n.pid, n.args[0]))
	if err != nil {
		return -1
	}
	var at, flags int64
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		switch value = strings.TrimSpace(value); name {
		case "pos":
			at, _ = strconv.ParseInt(value, 10, 64)
		case "flags":
			flags, _ = strconv.ParseInt(value, 8, 64)
		}
	}
	if flags&syscall.O_APPEND != 0 {
		return -1
	}
	return at
}

func (w *watch) opening(_ notification, path string, flags uint64) *deed {
	if path == "" || flags&(syscall.O_CREAT|syscall.O_TRUNC) == 0 {
		return nil
	}
	info, err := os.Stat(filepath.Join(w.folder, path))
	switch {
	case err != nil && flags&syscall.O_CREAT != 0:
		return &deed{what: "create", path: path}
	case err == nil && flags&syscall.O_EXCL == 0 && flags&syscall.O_TRUNC != 0 && info.Size() > 0:
		return &deed{what: "truncate", path: path}
	}
	return nil
}

func (w *watch) naming(what, path, to string) *deed {
	if _, err := os.Lstat(filepath.Join(w.folder, path)); path == "" || err != nil {
		return nil
	}
	if what == "link" {
		if _, err := os.Lstat(filepath.Join(w.folder, to)); err == nil {
			return nil
		}
	}
	return &deed{what: what, path: path, to: to}
}

func (w *watch) making(path string) *deed {
	if _, err := os.Lstat(filepath.Join(w.folder, path)); path == "" || err == nil {
		return nil
	}
	return &deed{what: "make", path: path}
}

// read gives what stands in the memory of the process.
func (w *watch) read(at, n uint64) []byte {
	out := make([]byte, min(n, 64<<20))
	got, _ := w.memory.ReadAt(out, int64(at))
	return out[:got]
}

// file gives the path in the folder of an open file.
func (w *watch) file(n notification, file uint64) (string, bool) {
	to, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", n.pid, int32(file)))
	if err != nil {
		return "", false
	}
	return w.within(to)
}

func (w *watch) within(path string) (string, bool) {
	if path == w.folder {
		return ".", true
	}
	rest, ok := strings.CutPrefix(path, w.folder+"/")
	return rest, ok && !strings.HasSuffix(rest, " (deleted)")
}

// path gives the path in the folder that a process names, empty when it lies elsewhere.
func (w *watch) path(n notification, folder, at uint64) string {
	var text []byte
	for {
		part := w.read(at+uint64(len(text)), 256-(at+uint64(len(text)))%256)
		before, _, ended := bytes.Cut(part, []byte{0})
		if text = append(text, before...); ended {
			break
		}
		if len(part) == 0 || len(text) > 4096 {
			return ""
		}
	}
	path := string(text)
	if !filepath.IsAbs(path) {
		link := fmt.Sprintf("/proc/%d/fd/%d", n.pid, int32(folder))
		if int32(folder) == atWorkingFolder {
			link = fmt.Sprintf("/proc/%d/cwd", n.pid)
		}
		in, err := os.Readlink(link)
		if err != nil {
			return ""
		}
		path = filepath.Join(in, path)
	}
	rest, _ := w.within(filepath.Clean(path))
	return rest
}

// wait waits for the end of the process, and ends it where it hangs.
func (w *watch) wait(t testing.TB, limit time.Duration) {
	t.Helper()
	ended := make(chan struct{})
	go func() { _ = w.cmd.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(limit):
		_ = w.cmd.Process.Kill()
		t.Errorf("%q did not end within %s", w.cmd.Args, limit)
		<-ended
	}
	<-w.ended
	if w.err != nil {
		t.Errorf("watching: %v", w.err)
	}
}
