package scenarios

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// An Upload is a body that no memory ever holds as a whole.
type Upload struct {
	File string // as the scenario names it; empty = bytes made up by the agent
	Path string // where it is
	Size int64
}

// A FileFinder looks a file up that a scenario names, and gives where it is and how
// long. Parse itself touches no disk.
type FileFinder func(name string) (path string, size int64, err error)

// maxUpload is a terabyte: years at the rates of one connection are no load test.
const maxUpload = 1 << 40

// octets is what bodies are that nobody has described.
const octets = "application/octet-stream"

// upload reads body_file or body_size.
func (p *parser) upload(o *object, s *Step) *Upload {
	file, size := o.get("body_file"), o.get("body_size")
	u := &Upload{Size: -1} // until it is known
	switch {
	case file != nil:
		p.bodyFile(file, u)
	case size != nil:
		if n, ok := p.size(size, "body_size"); ok {
			u.Size = n
		}
	default:
		return nil
	}
	s.Headers = []Header{{"Content-Type", literalTemplate(octets)}}
	return u
}

func (p *parser) bodyFile(n *node, u *Upload) {
	name, ok := p.text(n, "body_file")
	if !ok {
		return
	}
	find := p.o.File
	if find == nil {
		find = func(string) (string, int64, error) { return "", 0, errors.New("no files can be read here") }
	}
	path, size, err := find(name)
	switch {
	case err != nil:
		p.notFound(n, name, err)
	case size > maxUpload:
		p.wrong(n, "body_file: %s is longer than 1 TiB", name)
	default:
		*u = Upload{File: name, Path: path, Size: size}
	}
}

// notFound says why a file cannot be sent, by the name the scenario gives it.
func (p *parser) notFound(n *node, name string, err error) {
	hint := ""
	if of, ok := errors.AsType[*fs.PathError](err); ok {
		hint, err = "files are looked for beside the scenario", fmt.Errorf("%s: %w", name, of.Err)
	}
	p.hinted(n, hint, "body_file: %v", err)
}

// sizes are the units of sizes: by thousands, and by 1024.
var sizes = map[string]float64{
	"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}

// size reads 512, 64KiB or 1.5GB.
func (r *reader) size(n *node, what string) (int64, bool) {
	text, ok := r.text(n, what)
	if !ok {
		return 0, false
	}
	unit := strings.TrimLeft(text, "0123456789._")
	number, good := parseNumber(text[:len(text)-len(unit)])
	over, known := sizes[strings.ToLower(strings.TrimSpace(unit))]
	bytes := number * over
	switch {
	case !good || !known:
		r.hinted(n, "such as 512, 64KiB or 1.5GB", "%s: %q is not a size", what, shorten(text))
	case bytes > maxUpload:
		r.wrong(n, "%s: must be at most 1TiB, got %s", what, text)
	case bytes != float64(int64(bytes)):
		r.wrong(n, "%s: %s is no whole number of bytes", what, text)
	default:
		return int64(bytes), true
	}
	return 0, false
}

// defaultAwait is how long a body waits for 100 Continue: what net/http waits.
const defaultAwait = time.Second

// await reads expect_continue: true, or for how long to wait.
func (p *parser) await(o *object, s *Step, x *Extra) {
	n := o.get("expect_continue")
	if n == nil {
		return
	}
	text, ok := p.text(n, "expect_continue")
	if !ok {
		return
	}
	switch strings.ToLower(text) {
	case "false", "no", "off":
		return
	case "true", "yes", "on":
		x.Await = defaultAwait
	default:
		if _, err := time.ParseDuration(text); err != nil {
			p.hinted(n, "true, false, or how long to wait, such as 250ms", "expect_continue: cannot be %q", shorten(text))
			return
		}
		x.Await, ok = p.duration(n, "expect_continue", time.Millisecond)
	}
	if ok && bodiless(s, x.Upload) {
		p.wrong(n, "expect_continue: the request has no body that could wait")
	}
}

func bodiless(s *Step, u *Upload) bool {
	if u != nil {
		return u.Size == 0
	}
	return s.Body == nil || len(s.Body.parts) == 0
}

// lengthLine ends the head of an upload.
func (u *Upload) lengthLine() string {
	return "Content-Length: " + strconv.FormatInt(u.Size, 10) + "\r\n\r\n"
}

// Uploads lists the files that steps send, each once.
func (s *Scenario) Uploads() (files []Upload) {
	seen := map[string]bool{}
	for u := range s.Users {
		for t := range s.Users[u].Tasks {
			for i := range s.Users[u].Tasks[t].Steps {
				x := s.Users[u].Tasks[t].Steps[i].Extra
				if x != nil && x.Upload != nil && x.Upload.File != "" && !seen[x.Upload.File] {
					seen[x.Upload.File] = true
					files = append(files, *x.Upload)
				}
			}
		}
	}
	return files
}
