package runfile

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/loadctl/loadctl/stats"
)

// maxLine bounds one line of updates.jsonl.gz.
const maxLine = 64 << 20

// Open reads a run back from its directory. A finished run must be whole and
// unchanged; of a partial one everything that reached the disk is read, and its
// Result stays nil.
func Open(dir string) (*stats.Run, error) {
	dir = filepath.Clean(dir)
	whole := !strings.HasSuffix(dir, partial)
	if err := checkDir(dir, whole); err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(dir, updatesFile))
	if err != nil {
		return nil, fmt.Errorf("%s is not a run directory: %w", dir, err)
	}
	defer func() { _ = f.Close() }()
	r, err := Read(f, whole)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, updatesFile), err)
	}
	return r, openTold(dir, r, whole)
}

func checkDir(dir string, whole bool) error {
	if info, err := os.Stat(dir); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is not a run directory", dir)
	}
	if !whole {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		return fmt.Errorf("%s is not a run directory: %w", dir, err)
	}
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, manifestFile), err)
	}
	if m.Schema != ManifestSchema {
		return fmt.Errorf("%s: schema %q, this loadctl reads %q", filepath.Join(dir, manifestFile), m.Schema, ManifestSchema)
	}
	for _, name := range []string{updatesFile, targetFile} {
		if _, has := m.Files[name]; !has && name != updatesFile {
			continue // there were no monitors
		}
		sum, err := checksum(filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("%s is not a run directory: %w", dir, err)
		}
		if m.Files[name] != sum {
			return fmt.Errorf("%s is damaged: its checksum is not the one in %s", filepath.Join(dir, name), manifestFile)
		}
	}
	return nil
}

// Read reads the record of a run. Unless whole is asked for, a record that
// breaks off is read as far as it goes.
func Read(from io.Reader, whole bool) (*stats.Run, error) {
	r := new(stats.Run)
	lines, err := openLines(from)
	if err != nil {
		return nil, err
	}
	for n := 2; ; n++ {
		b, err := lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return r, complete(r, whole)
		case err != nil && !whole && brokeOff(err):
			return r, complete(r, false)
		case err != nil:
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		u, err := decode(b, r.Layout)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		r.Apply(u)
	}
}

func complete(r *stats.Run, whole bool) error {
	if r.Layout == nil {
		return errors.New("nothing was recorded")
	}
	if whole && r.Result == nil {
		return errors.New("the record ends before the run")
	}
	return nil
}

func brokeOff(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }

// lines reads a compressed file line by line.
type lines struct{ in *bufio.Reader }

// openLines reads the header of a record.
func openLines(from io.Reader) (*lines, error) { return openLinesOf(from, UpdatesSchema) }

// openLinesOf reads the header of a file of lines.
func openLinesOf(from io.Reader, schema string) (*lines, error) {
	z, err := gzip.NewReader(from)
	if err != nil {
		return nil, err
	}
	l := &lines{bufio.NewReaderSize(z, 1<<16)}
	b, err := l.next()
	if err != nil {
		return nil, fmt.Errorf("no header: %w", err)
	}
	var h header
	if err := json.Unmarshal(b, &h); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if h.Schema != schema {
		return nil, fmt.Errorf("schema %q, this loadctl reads %q", h.Schema, schema)
	}
	return l, nil
}

// next is the next line. A last line without an end broke off.
func (l *lines) next() ([]byte, error) {
	var whole []byte
	for {
		part, err := l.in.ReadSlice('\n')
		if whole = append(whole, part...); len(whole) > maxLine {
			return nil, errors.New("a line is too long")
		}
		switch {
		case err == nil:
			return bytes.TrimSuffix(whole, []byte("\n")), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case err == io.EOF && len(whole) > 0:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
}
