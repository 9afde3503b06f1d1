package sqlite

import (
	"context"
	"database/sql"
)

// acrossProviders finds the other providers' patients with the NHS numbers of
// new patients (I5), notes that the numbers are the same, and gives the pairs.
func acrossProviders(ctx context.Context, tx *sql.Tx, fresh []int64) ([][2]int64, error) {
	var providers int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM provider`).Scan(&providers); err != nil || providers < 2 {
		return nil, err
	}
	var edges [][2]int64
	if err := lookUp(ctx, tx, `
		SELECT me.patient_id, min(other.nhs_id)
		FROM json_each(?1) w
		CROSS JOIN patient me ON me.patient_id = w.value
		CROSS JOIN patient other ON other.key_hash = me.key_hash AND other.sender_id <> me.sender_id AND other.nhs_id <> 0
		GROUP BY me.patient_id`, fresh, func(r *sql.Rows) error {
		var e [2]int64
		err := r.Scan(&e[0], &e[1])
		edges = append(edges, e)
		return err
	}); err != nil {
		return nil, err
	}
	for _, e := range edges {
		if _, err := tx.ExecContext(ctx, `UPDATE patient SET nhs_id = ? WHERE patient_id = ?`, e[1], e[0]); err != nil {
			return nil, err
		}
	}
	return edges, nil
}

// group puts pairs of patients who may be one person into one group each, with
// whoever was in a group with them before. Groups only grow: they say what is
// worked out together, and nothing of who is one person.
func group(ctx context.Context, tx *sql.Tx, pairs [][2]int64) error {
	if len(pairs) == 0 {
		return nil
	}
	var wanted []int64
	for _, p := range pairs {
		wanted = append(wanted, p[0], p[1])
	}
	wanted = unique(wanted)
	// A patient leads to another of the same group, in the end to the first.
	leads := map[int64]int64{}
	stored := map[int64]int64{}
	for _, id := range wanted {
		leads[id] = id
	}
	root := func(id int64) int64 {
		for leads[id] != id {
			id = leads[id]
		}
		return id
	}
	join := func(a, b int64) {
		a, b = root(a), root(b)
		leads[max(a, b)] = min(a, b)
	}
	if err := lookUp(ctx, tx, `
		SELECT patient_id, group_id FROM patient WHERE patient_id IN (SELECT value FROM json_each(?1)) AND group_id <> 0`, wanted,
		func(r *sql.Rows) error {
			var id, group int64
			err := r.Scan(&id, &group)
			stored[id] = group
			return err
		}); err != nil {
		return err
	}
	for id, group := range stored {
		if _, ok := leads[group]; !ok {
			leads[group] = group
		}
		join(id, group)
	}
	for _, p := range pairs {
		join(p[0], p[1])
	}
	moved := map[int64]bool{}
	for _, id := range wanted {
		to := root(id)
		from := stored[id]
		if from == to {
			continue
		}
		if from != 0 && !moved[from] {
			moved[from] = true
			if _, err := tx.ExecContext(ctx, `UPDATE patient SET group_id = ? WHERE group_id = ?`, to, from); err != nil {
				return err
			}
		}
		if from == 0 {
			if _, err := tx.ExecContext(ctx, `UPDATE patient SET group_id = ? WHERE patient_id = ?`, to, id); err != nil {
				return err
			}
		}
	}
	return nil
}
