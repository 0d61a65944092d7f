package monitor

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// A postgres asks a database's own statistics over one connection, in read-only
// transactions. Without the role pg_monitor it sees states of its own user's sessions only.
type postgres struct{ db *sql.DB }

func newPostgres(url string, dial dialing) (*postgres, error) {
	c, err := pgx.ParseConfig(url)
	if err != nil { // its text may hold what is secret
		return nil, errors.New("its URL is not as postgres://user:password@host:5432/database")
	}
	c.DialFunc = func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		return dial(ctx, network, address)
	}
	c.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil } // the guard resolves
	c.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol                                             // a pooler in between keeps nothing of ours
	c.RuntimeParams["application_name"] = "loadctl-monitor"
	db := stdlib.OpenDB(*c)
	db.SetMaxOpenConns(1)
	return &postgres{db}, nil
}

func (p *postgres) close() { _ = p.db.Close() }

// postgresQuestions give rows of (chart, label, value, and for shares of what).
var postgresQuestions = []struct {
	text, chart, unit string
	nature            nature
	main              []string // labels
	maybe             bool     // an older server, or one without the right, has no answer
}{
	{`SELECT l, v::float8, 0::float8 FROM (SELECT count(*) FILTER (WHERE state = 'active') a, count(*) FILTER (WHERE state = 'idle') i,
		count(*) FILTER (WHERE state LIKE 'idle in transaction%') t, count(*) FILTER (WHERE state IS NULL) h,
		count(*) FILTER (WHERE wait_event_type = 'Lock') w FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) s,
		LATERAL (VALUES ('active', a), ('idle', i), ('idle in transaction', t), ('hidden from this user', h), ('waiting for a lock', w),
		('limit', current_setting('max_connections')::bigint)) x(l, v)`,
		"sessions", "", gauge, []string{"active", "idle in transaction", "waiting for a lock"}, false},
	{`SELECT l, v::float8, 0::float8 FROM pg_stat_database, LATERAL (VALUES ('commits', xact_commit), ('rollbacks', xact_rollback)) x(l, v)
		WHERE datname = current_database()`, "transactions", "/s", counter, []string{"commits", "rollbacks"}, false},
	{`SELECT l, v::float8, 0::float8 FROM pg_stat_database, LATERAL (VALUES ('returned', tup_returned), ('fetched', tup_fetched),
		('inserted', tup_inserted), ('updated', tup_updated), ('deleted', tup_deleted)) x(l, v)
		WHERE datname = current_database()`, "rows", "/s", counter, []string{"fetched"}, false},
	{`SELECT 'found in memory', 100 * blks_hit::float8, blks_hit::float8 + blks_read FROM pg_stat_database
		WHERE datname = current_database()`, "blocks", "%", quotient, []string{"found in memory"}, false},
	{`SELECT l, v::float8, 0::float8 FROM pg_stat_database, LATERAL (VALUES ('deadlocks', deadlocks), ('temporary bytes', temp_bytes)) x(l, v)
		WHERE datname = current_database()`, "trouble", "/s", counter, []string{"deadlocks"}, false},
	{`SELECT l, v::float8, 0::float8 FROM (SELECT count(*) FILTER (WHERE granted) g, count(*) FILTER (WHERE NOT granted) w
		FROM pg_locks WHERE pid <> pg_backend_pid()) s, LATERAL (VALUES ('held', g), ('waited for', w)) x(l, v)`, "locks", "", gauge, []string{"waited for"}, false},
	{`SELECT coalesce(nullif(application_name, ''), 'standby ' || pid), coalesce(extract(epoch FROM replay_lag), 0)::float8, 0::float8
		FROM pg_stat_replication LIMIT 16`, "replication lag", "s", gauge, []string{"*"}, true},
	{`SELECT 'this standby', coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0)::float8, 0::float8
		WHERE pg_is_in_recovery()`, "replication lag", "s", gauge, []string{"*"}, true},
}

func (p *postgres) read(ctx context.Context) (reading, error) {
	tx, err := p.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return reading{}, plainly(ctx, err)
	}
	defer func() { _ = tx.Rollback() }()
	var r reading
	if err := tx.QueryRowContext(ctx, `SELECT pg_postmaster_start_time()::text`).Scan(&r.instance); err != nil {
		return reading{}, plainly(ctx, err)
	}
	for i := range postgresQuestions {
		q := &postgresQuestions[i]
		numbers, err := answers(ctx, tx, q.text)
		if err != nil {
			if q.maybe && ctx.Err() == nil {
				return r, nil // the transaction is over, and what comes first is what matters
			}
			return reading{}, plainly(ctx, err)
		}
		for _, n := range numbers {
			n.nature, n.Chart, n.Unit = q.nature, q.chart, q.unit
			n.Main = q.main[0] == "*" || slices.Contains(q.main, n.Label)
			n.Name = q.chart + "." + n.Label
			r.numbers = append(r.numbers, n)
		}
	}
	_ = tx.Commit() // a rollback would show among the database's
	return r, nil
}

func answers(ctx context.Context, tx *sql.Tx, text string) (all []number, err error) {
	rows, err := tx.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var n number
		if err := rows.Scan(&n.Label, &n.v, &n.of); err != nil {
			return nil, fmt.Errorf("an answer that is not understood: %w", err)
		}
		n.Label = shortened(n.Label)
		all = append(all, n)
	}
	return all, rows.Err()
}
