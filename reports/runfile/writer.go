package runfile

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/loadctl/loadctl/stats"
)

// partial ends the name of a directory whose run has not finished.
const partial = ".partial"

const updatesFile = "updates.jsonl.gz"

// flushEvery is after how many windows what was recorded is pushed to disk.
const flushEvery = 5

// A Writer records one run. Its methods belong to one goroutine.
type Writer struct {
	final, dir string
	madeRoot   bool // the directory of all runs was made for this one
	file       *os.File
	zip        *gzip.Writer
	unflushed  int
	side       *side // of monitors
	err        error // the first one
}

// Create makes root/id.partial and starts recording in it, so that a directory
// that cannot be written is known before the run begins.
func Create(root, id string) (*Writer, error) {
	w := &Writer{final: filepath.Join(root, id), dir: filepath.Join(root, id+partial)}
	if _, err := os.Lstat(w.final); err == nil {
		return nil, fmt.Errorf("run directory %s exists already", w.final)
	}
	_, err := os.Stat(root)
	w.madeRoot = os.IsNotExist(err)
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("run directory %s: %w", w.final, err)
	}
	if err := os.Mkdir(w.dir, 0o755); err != nil {
		return nil, fmt.Errorf("run directory %s: %w", w.final, err)
	}
	file, err := os.Create(filepath.Join(w.dir, updatesFile))
	if err != nil {
		_ = os.Remove(w.dir)
		return nil, fmt.Errorf("run directory %s: %w", w.final, err)
	}
	w.file, w.zip = file, zipTo(file)
	w.write(header{Schema: UpdatesSchema, RunID: id})
	if w.err != nil {
		return nil, errors.Join(w.err, w.Abandon())
	}
	return w, nil
}

func zipTo(to io.Writer) *gzip.Writer {
	z, _ := gzip.NewWriterLevel(to, gzip.BestSpeed)
	return z
}

// Path is the directory the run will have once it is finished.
func (w *Writer) Path() string { return w.final }

// Partial is the directory while the run goes on.
func (w *Writer) Partial() string { return w.dir }

// Apply records one update. An error (a full disk) is kept for Finish and Err:
// it does not stop a run.
func (w *Writer) Apply(u stats.Update) {
	if w.err != nil || w.file == nil {
		return
	}
	if u.Monitor != nil {
		w.monitored(u.Monitor)
		return
	}
	err := writeUpdate(w.zip, u)
	if u.Window != nil {
		w.unflushed++
	}
	if err == nil && (w.unflushed >= flushEvery || u.Ended != nil || u.Started != nil) {
		w.unflushed, err = 0, errors.Join(w.zip.Flush(), w.side.flush())
	}
	w.fail(err)
}

func (w *Writer) write(v any) {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = w.zip.Write(append(b, '\n'))
	}
	w.fail(err)
}

func (w *Writer) fail(err error) {
	if w.err == nil && err != nil {
		w.err = fmt.Errorf("recording the run: %w", err)
	}
}

// Err is the first error of recording, nil if there was none.
func (w *Writer) Err() error { return w.err }

// closeUpdates ends the record and makes sure it is on disk.
func (w *Writer) closeUpdates() error {
	if w.file == nil {
		return nil
	}
	err := errors.Join(w.zip.Close(), w.file.Sync(), w.file.Close(), w.side.close())
	w.file, w.side = nil, nil
	return err
}

// Abandon removes the directory of a run that never began.
func (w *Writer) Abandon() error {
	_ = w.closeUpdates()
	err := os.RemoveAll(w.dir)
	if w.madeRoot {
		_ = os.Remove(filepath.Dir(w.dir)) // another run may have moved in meanwhile
	}
	return err
}
