package sqlite

// KeptTogether says whether two snapshots share what has been read of waits.
func KeptTogether(a, b *Snapshot) bool { return a.keptWaits == b.keptWaits }
