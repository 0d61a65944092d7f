package ssh

import (
	"context"
	"fmt"
	"path"
	"time"
)

// pushWithin bounds a push by a slow line; one that does not move ends long before, with the connection.
const pushWithin = 10 * time.Minute

// push has a program lie where programAt says, and says how many bytes that sent: 0 when it lay there already.
func (c *conn) push(ctx context.Context, p *program) (sent int64, err error) {
	at := programAt(p.sum)
	out, err := c.run(ctx, ready, at)
	if err != nil {
		return 0, fmt.Errorf("making room for the program: %w", err)
	}
	if text, _ := told(out, "sum"); sumIn(text) == p.sum {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, pushWithin)
	defer cancel()
	from, err := p.open(c.gzip)
	if err != nil {
		return 0, fmt.Errorf("reading the program for it: %w", err)
	}
	defer closing(from)
	counted := &passing{from: from}
	if err := c.put(ctx, at, 0o700, parcel{from: counted, packed: c.gzip, sum: p.sumText, size: p.sizeBytes}); err != nil {
		return 0, fmt.Errorf("pushing the program (%s) to ~/%s there: %w", amount(p.size), path.Dir(at), err)
	}
	return counted.bytes.Load(), nil
}
