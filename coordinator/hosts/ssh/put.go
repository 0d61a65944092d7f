package ssh

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync/atomic"
)

// A parcel is the content of a file, on its way.
type parcel struct {
	from   io.Reader
	packed bool // by gzip
	// What it is unpacked, asked for when all of from has been read: SHA-256 in hex, and bytes.
	sum  func() string
	size func() int64
}

// put writes a file beside its place, and puts it there once it is whole: a connection that breaks looks to the other end
// like the end of the file.
func (c *conn) put(ctx context.Context, path string, mode uint32, p parcel) error {
	part := fmt.Sprintf("%s.%s.part", path, rand.Text()[:8])
	script := keep
	if p.packed {
		script = unpack
	}
	_, err := c.do(ctx, &tail{}, p.from, script, part)
	if err == nil {
		err = c.install(ctx, part, path, mode, p.sum())
	}
	if err != nil {
		return c.scrap(ctx, part, p.size(), err)
	}
	return nil
}

// install puts a file that was written to its place if it is what was meant.
func (c *conn) install(ctx context.Context, part, path string, mode uint32, want string) error {
	out, err := c.run(ctx, install, part, path, want, fmt.Sprintf("%o", mode))
	if err != nil {
		return err
	}
	if _, is := told(out, "installed"); !is {
		text, _ := told(out, "sum")
		return fmt.Errorf("what lies there has the SHA-256 %q, and %s was sent: did its disk or line fail?", sumIn(text), want)
	}
	return nil
}

// scrap removes what was not to be, and explains why it came to that.
func (c *conn) scrap(ctx context.Context, part string, size int64, err error) error {
	out, broken := c.run(ctx, scrap, part) // what cannot be removed now is a day later, if it is a program
	if broken != nil {
		return errors.Join(err, ctx.Err())
	}
	line, _ := told(out, "disk")
	free, known := freeIn(line)
	return noRoom(err, size, free, known)
}

// A passing reads, and keeps count of what has passed.
type passing struct {
	from  io.Reader
	hash  hash.Hash    // nil = nobody asks what it was
	bytes atomic.Int64 // asked for of what failed, too, while more is read still
}

func (p *passing) Read(b []byte) (int, error) {
	n, err := p.from.Read(b)
	p.bytes.Add(int64(n))
	if p.hash != nil {
		p.hash.Write(b[:n])
	}
	return n, err
}

// hashed is what passes of a file of which nothing is known yet.
func hashed(from io.Reader) *passing { return &passing{from: from, hash: sha256.New()} }

func (p *passing) parcel() parcel {
	return parcel{from: p, sum: func() string { return hex.EncodeToString(p.hash.Sum(nil)) }, size: func() int64 { return p.bytes.Load() }}
}
