package sqlite

import "testing"

func TestSQLiteTakesTheSettingsOfItsMemory(t *testing.T) {
	if sqliteRefused != 0 {
		t.Errorf("SQLite answered a setting with %d: it was at work already, or has another number for it", sqliteRefused)
	}
}
