package http1

import (
	"bytes"
	"slices"
)

// Bounds of what one user keeps.
const (
	MaxCookies = 50
	MaxJar     = 16 << 10 // bytes of names, values and paths together
)

// A Jar is the cookies of one user for the one host of a run. The zero Jar is
// empty and holds no memory. It is not net/http/cookiejar: that one belongs to net,
// which pure code does without, reads the clock itself, takes and gives URLs, and
// costs a map of maps for each user and several allocations for each request.
type Jar struct {
	cookies []cookie // longer paths first, then older ones: the order they are sent in
	size    int
}

// Empty says whether there is nothing to send.
func (j *Jar) Empty() bool { return len(j.cookies) == 0 }

// Reset forgets everything.
func (j *Jar) Reset() { *j = Jar{} }

// Set takes up one Set-Cookie of an answer to a request for target. full says that
// the cookie was refused because the jar has no room. now is in Unix seconds.
func (j *Jar) Set(header []byte, from Origin, target []byte, now int64) (full bool) {
	c, ok := parseCookie(header, from, target, now)
	if !ok {
		return false
	}
	i := slices.IndexFunc(j.cookies, func(o cookie) bool { return o.same(&c) })
	if i >= 0 && c.expires > now && j.size-j.cookies[i].size()+c.size() <= MaxJar {
		j.size += c.size() - j.cookies[i].size()
		j.cookies[i] = c
		return false
	}
	if i >= 0 {
		j.remove(i)
	}
	if c.expires <= now {
		return false
	}
	return !j.add(c, now)
}

// Append writes a header line Cookie at the end of dst, or nothing when no cookie is
// for target. It allocates nothing if dst has the room.
func (j *Jar) Append(dst, target []byte, now int64) []byte {
	path, _, _ := bytes.Cut(target, []byte("?"))
	between := "Cookie: "
	for i := range j.cookies {
		c := &j.cookies[i]
		if c.expires > now && c.covers(path) {
			dst = append(append(dst, between...), c.pair...)
			between = "; "
		}
	}
	if between == "; " {
		dst = append(dst, "\r\n"...)
	}
	return dst
}

func (c *cookie) same(o *cookie) bool {
	return c.path == o.path && c.domain == o.domain && c.pair[:c.name] == o.pair[:o.name]
}

func (c *cookie) size() int { return len(c.pair) + len(c.path) + len(c.domain) }

// add puts a new cookie behind all that have as long a path.
func (j *Jar) add(c cookie, now int64) bool {
	if !j.hasRoom(&c) {
		j.purge(now)
	}
	if !j.hasRoom(&c) {
		return false
	}
	at := slices.IndexFunc(j.cookies, func(o cookie) bool { return len(o.path) < len(c.path) })
	if at < 0 {
		at = len(j.cookies)
	}
	j.cookies = slices.Insert(j.cookies, at, c)
	j.size += c.size()
	return true
}

func (j *Jar) hasRoom(c *cookie) bool {
	return len(j.cookies) < MaxCookies && j.size+c.size() <= MaxJar
}

// purge drops what has ended.
func (j *Jar) purge(now int64) {
	for i := len(j.cookies) - 1; i >= 0; i-- {
		if j.cookies[i].expires <= now {
			j.remove(i)
		}
	}
}

func (j *Jar) remove(i int) {
	j.size -= j.cookies[i].size()
	j.cookies = slices.Delete(j.cookies, i, i+1)
}
