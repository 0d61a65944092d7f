package store

import (
	"context"
	"strings"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
)

// itemColumns are the columns of a row, in the order of the table.
const itemColumns = "id, name, price_cents, stock, version, updated_us"

func columns(i catalogue.Item) []any {
	return []any{i.ID, i.Name, i.Price, i.Stock, i.Version, i.Updated.UnixMicro()}
}

func scanItem(scan func(...any) error) (i catalogue.Item, err error) {
	var us int64
	err = scan(&i.ID, &i.Name, &i.Price, &i.Stock, &i.Version, &us)
	i.Updated = time.UnixMicro(us).UTC()
	return i, err
}

// statements are what a database is asked, each prepared once a connection.
type statements struct{ item, list, add, claim string }

// spell writes parameters as a database does, for whom #1 is ?1 or $1.
func spell(mark string) statements {
	as := func(query string) string { return strings.ReplaceAll(query, "#", mark) }
	return statements{
		item:  as("SELECT " + itemColumns + " FROM items WHERE id = #1"),
		list:  as("SELECT " + itemColumns + " FROM items WHERE id > #1 ORDER BY id LIMIT #2"),
		add:   as("INSERT INTO items VALUES (#1, #2, #3, #4, #5, #6) ON CONFLICT (id) DO NOTHING"),
		claim: as("INSERT INTO loadctl_store VALUES (#1, #2, #3)"),
	}
}

// item reads one row.
func (d *database) item(ctx context.Context, c *conn, id string) (catalogue.Item, error) {
	s, err := c.prepare(ctx, d.ask.item)
	if err != nil {
		return catalogue.Item{}, err
	}
	return scanItem(s.QueryRowContext(ctx, id).Scan)
}

// list reads up to limit rows behind an id, in the order of ids.
func (d *database) list(ctx context.Context, c *conn, after string, limit int) (items []catalogue.Item, err error) {
	s, err := c.prepare(ctx, d.ask.list)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, after, limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // what went wrong is in Err
	for rows.Next() {
		item, err := scanItem(rows.Scan)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, rows.Err()
}

// add writes one row, and is the row that is there: the given one, or an equal one that
// was there. Another with its id is a conflict.
func (d *database) add(ctx context.Context, c *conn, item catalogue.Item) (catalogue.Item, error) {
	s, err := c.prepare(ctx, d.ask.add)
	if err != nil {
		return catalogue.Item{}, err
	}
	done, err := s.ExecContext(ctx, columns(item)...)
	if err != nil {
		return catalogue.Item{}, err
	}
	if n, err := done.RowsAffected(); n == 1 || err != nil {
		return item, err
	}
	there, err := d.item(ctx, c, item.ID)
	if err == nil && (there.Name != item.Name || there.Price != item.Price || there.Stock != item.Stock) {
		err = catalogue.ErrConflict
	}
	return there, err
}
