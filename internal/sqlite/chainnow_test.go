package sqlite

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"homeward/internal/delay"
)

// meanwhile has something done by another just before a question is asked.
type meanwhile struct {
	querier
	do func()
}

func (m meanwhile) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	m.do()
	return m.querier.QueryRowContext(ctx, query, args...)
}

// A process that starts while another makes the key of the audit log does not take the
// key for missing.
func TestAKeyThatIsMadeJustNowIsNotMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() *Store {
		s, err := Open(t.Context(), dir, &Settings{Delay: delay.DefaultSettings})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		s.ledger.chain.path = filepath.Join(dir, AuditKeyName)
		return s
	}
	one, other := open(), open()
	chain, noted, err := one.chainNow(t.Context(), meanwhile{one.read, func() {
		if err := other.UseAuditKey(t.Context(), filepath.Join(dir, AuditKeyName)); err != nil {
			t.Fatal(err)
		}
	}})
	if err != nil || !noted || chain == nil {
		t.Errorf("the chain is %v, noted %v, %v", chain, noted, err)
	}
}
