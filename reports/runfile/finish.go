package runfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// An Extra is a file that someone else draws, such as report.html.
type Extra struct {
	Name  string
	Write func(io.Writer) error
}

// Finish writes every file of the run and gives the directory its final name,
// which it returns. On an error the partial directory stays, with as much in it as
// could be written: a record that broke off does not take the other files with it.
func (w *Writer) Finish(r *stats.Run, v *view.View, extras ...Extra) (string, error) {
	w.fail(w.closeUpdates())
	if err := errors.Join(w.err, Render(w.dir, r, v, extras...)); err != nil {
		return w.dir, err
	}
	if err := os.Rename(w.dir, w.final); err != nil {
		return w.dir, fmt.Errorf("run directory: %w", err)
	}
	return w.final, syncDir(filepath.Dir(w.final))
}

// Render writes the files that are views of a recorded run into its directory,
// each whole or not at all, run.json last. It is what Finish does, and what makes
// a report again.
func Render(dir string, r *stats.Run, v *view.View, extras ...Extra) error {
	files := []Extra{
		{filepath.Join("scenario", scenarioName(r.Info.File)), func(to io.Writer) error { return put(to, r.Info.Source) }},
		{"summary.json", func(to io.Writer) error { return putJSON(to, v.Summary()) }},
		{"series.jsonl.gz", func(to io.Writer) error { return zipped(to, func(to io.Writer) error { return writeSeries(to, r) }) }},
		{"agents.jsonl.gz", func(to io.Writer) error { return zipped(to, func(to io.Writer) error { return writeAgents(to, r) }) }},
		{"errors.jsonl.gz", func(to io.Writer) error { return zipped(to, func(to io.Writer) error { return writeErrors(to, v) }) }},
		{"events.jsonl", func(to io.Writer) error { return writeEvents(to, r) }},
	}
	files = append(files, histFiles(r)...)
	files = append(files, splitFiles(v)...)
	files = append(files, extras...)
	for _, f := range files {
		if err := writeFile(filepath.Join(dir, f.Name), f.Write); err != nil {
			return err
		}
	}
	sums, err := checksums(dir)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, manifestFile), func(to io.Writer) error { return putJSON(to, manifestOf(r, v, sums)) })
}

func scenarioName(file string) string {
	name := filepath.Base(file)
	if file == "" || name == "." || name == string(filepath.Separator) {
		return "scenario.yaml"
	}
	return name
}

// writeFile writes a file under a temporary name and renames it, so that a name
// always means a whole file.
func writeFile(path string, write func(io.Writer) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("run directory: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".writing-*")
	if err != nil {
		return fmt.Errorf("run directory: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
			err = fmt.Errorf("writing %s: %w", path, err)
		}
	}()
	if err := errors.Join(write(f), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func put(to io.Writer, b []byte) error {
	_, err := to.Write(b)
	return err
}

func putJSON(to io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	return put(to, b.Bytes())
}

func zipped(to io.Writer, write func(io.Writer) error) error {
	z := zipTo(to)
	return errors.Join(write(z), z.Close())
}

// checksums are the SHA-256 of every file of the directory but run.json itself.
func checksums(dir string) (map[string]string, error) {
	sums := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || name == manifestFile || strings.HasPrefix(filepath.Base(name), ".writing-") {
			return err
		}
		sum, err := checksum(path)
		sums[filepath.ToSlash(name)] = sum
		return err
	})
	return sums, err
}

func checksum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// syncDir makes a rename in dir last. Not every file system can, so only its
// success counts.
func syncDir(dir string) error {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
	return nil
}
