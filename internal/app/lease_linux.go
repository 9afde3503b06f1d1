package app

import (
	"errors"
	"os"
	"syscall"
)

// beingWritten says that somebody has the file open for writing, which Linux
// tells whoever may take a lease on it. Where it does not tell, the file's own
// time decides alone.
func beingWritten(f *os.File) bool {
	const setLease, readLease, noLease = 1024, 0, 2 // F_SETLEASE, F_RDLCK, F_UNLCK
	_, _, errno := syscall.Syscall(syscall.SYS_FCNTL, f.Fd(), setLease, readLease)
	if errno != 0 {
		return errors.Is(errno, syscall.EAGAIN)
	}
	_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, f.Fd(), setLease, noLease)
	return false
}
