// Package rows reads what `loadctl run --tap` writes: every request of a run.
package rows

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A Row is one request. Its sample has stamps, class and status, and no counts of bytes.
type Row struct {
	Phase, Name string
	Sample      stats.Sample
	Told        bool          // the answer said of itself what follows, to the microsecond
	Arrived     int64         // when the target received the request, µs since 1970
	True        time.Duration // from there to when the answer was due
	Late        time.Duration // from then to when it was written
}

var columns = []string{"phase", "name", "class", "status", "intended_ns", "scheduled_ns", "connected_ns", "written_ns", "first_byte_ns", "done_ns",
	"connect_ns", "arrived_us", "true_us", "late_us"}

// ReadDir hands over the rows of all taps in a directory.
func ReadDir(dir string, take func(Row)) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s: no rows of --tap", dir)
	}
	for _, file := range files {
		if err := readFile(file, take); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

func readFile(file string, take func(Row)) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	return Read(f, take)
}

// Read hands over the rows of one tap. It wants the columns it knows, in their order.
func Read(from io.Reader, take func(Row)) error {
	r := csv.NewReader(from)
	r.Comment, r.ReuseRecord, r.FieldsPerRecord = '#', true, len(columns)
	head, err := r.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil // of a loop that never started
	case err != nil:
		return err
	case !slices.Equal(head, columns):
		return fmt.Errorf("columns %v, want %v", head, columns)
	}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		row, err := parse(fields)
		if err != nil {
			line, _ := r.FieldPos(0)
			return fmt.Errorf("line %d: %w", line, err)
		}
		take(row)
	}
}

func parse(f []string) (r Row, err error) {
	if r.Sample.Class, err = class(f[2]); err != nil {
		return r, err
	}
	r.Phase, r.Name = f[0], f[1]
	var n [11]int64
	for i, text := range f[3:] {
		if n[i], err = number(text); err != nil {
			return r, fmt.Errorf("%s: %w", columns[3+i], err)
		}
	}
	s := &r.Sample
	s.Status = int(max(n[0], 0))
	for i, stamp := range []*stats.Offset{&s.Intended, &s.Scheduled, &s.Connected, &s.Written, &s.FirstByte, &s.Done} {
		*stamp = stats.Offset(n[1+i])
	}
	s.ConnectTime = time.Duration(n[7])
	r.Told = f[11] != "" && f[12] != "" && f[13] != ""
	if r.Told {
		r.Arrived, r.True, r.Late = n[8], time.Duration(n[9])*time.Microsecond, time.Duration(n[10])*time.Microsecond
	}
	return r, nil
}

// number is stats.Never where there is none.
func number(text string) (int64, error) {
	if text == "" {
		return int64(stats.Never), nil
	}
	return strconv.ParseInt(text, 10, 64)
}

func class(name string) (stats.Class, error) {
	for c := range stats.Class(stats.Classes) {
		if c.String() == name {
			return c, nil
		}
	}
	return 0, fmt.Errorf("class %q is none", name)
}
