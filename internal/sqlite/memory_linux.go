package sqlite

/*
#include <malloc.h>

int sqlite3_config(int, ...); // of the library that go-sqlite3 brings

// SQLite takes memory for each question and gives it back after it. The C library
// hands what a thread gave back to the system at once, in pieces of 128 KiB, and
// asks for it again for the next question. On a machine that is itself a guest that
// was a quarter of the processor time of taking files in. So a free piece stays
// until it is large, and few threads keep pieces of their own. Other C libraries
// than GNU's have no such settings, and none of this habit.
static void keep_free_memory(void) {
#ifdef __GLIBC__
	mallopt(M_TRIM_THRESHOLD, 32 << 20);
	mallopt(M_MMAP_THRESHOLD, 4 << 20);
	mallopt(M_ARENA_MAX, 2);
#endif
}

// SQLite counts every piece of memory under one lock for all its connections.
// Nobody asks for the count. Source: sqlite.org/compile.html, recommended options.
// Once SQLite is at work it refuses, and counts on.
static int count_no_memory(void) { return sqlite3_config(9, 0); } // SQLITE_CONFIG_MEMSTATUS
*/
import "C"

// sqliteRefused is not 0 where SQLite refused the setting, which costs time and nothing
// else.
var sqliteRefused int

func init() {
	C.keep_free_memory()
	sqliteRefused = int(C.count_no_memory())
}
