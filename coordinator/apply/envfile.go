package apply

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/loadctl/loadctl/coordinator/secrets"
)

// The grammar of environment files is what systemd and shells have in common: lines
// KEY=VALUE, with # before comments, perhaps export before the key, and quotes around the
// value. Of several lines of a key the last counts, and is the one that is changed; all
// else stays as it is, byte for byte.

// path is a path of the file, from its folder.
func (a *Applier) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.cfg.Base, name)
}

// getKey is the value of a key, "" when the file has none.
func getKey(path, key string) (string, error) {
	text, err := readFile(path)
	if err != nil {
		return "", err
	}
	lines := strings.Split(string(text), "\n")
	if at := lineOf(lines, key); at >= 0 {
		_, value, _ := strings.Cut(lines[at], "=")
		return unquoted(value), nil
	}
	return "", nil
}

// setKey sets a key of a file.
func setKey(path, key, value string) error {
	text, err := readFile(path)
	if err != nil {
		return err
	}
	return replaceFile(path, withKey(text, key, value))
}

// withKey is text with a key set.
func withKey(text []byte, key, value string) []byte {
	lines := strings.Split(string(text), "\n")
	at := lineOf(lines, key)
	if at < 0 {
		if last := len(lines) - 1; lines[last] == "" {
			lines = lines[:last] // the end of the last line
		}
		return []byte(strings.Join(append(lines, key+"="+envQuoted(value)), "\n") + "\n")
	}
	before, _, _ := strings.Cut(lines[at], "=")
	ending := ""
	if strings.HasSuffix(lines[at], "\r") {
		ending = "\r"
	}
	lines[at] = before + "=" + envQuoted(value) + ending
	return []byte(strings.Join(lines, "\n"))
}

// withoutKeys is text without the lines of keys: what a tuning leaves alone.
func withoutKeys(text []byte, keys []string) string {
	lines := slices.DeleteFunc(strings.Split(string(text), "\n"), func(line string) bool {
		return line == "" || slices.ContainsFunc(keys, func(k string) bool { return isLineOf(line, k) })
	})
	return strings.Join(lines, "\n")
}

func lineOf(lines []string, key string) int {
	for i := len(lines) - 1; i >= 0; i-- {
		if isLineOf(lines[i], key) {
			return i
		}
	}
	return -1
}

func isLineOf(line, key string) bool {
	name, _, ok := strings.Cut(strings.TrimLeft(line, " \t"), "=")
	return ok && strings.TrimSpace(strings.TrimPrefix(name, "export ")) == key
}

// envQuoted is a value that systemd and shells read as the same text.
func envQuoted(value string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_./:@%+,=-", c)
	}
	if !strings.ContainsFunc(value, func(c rune) bool { return !plain(c) }) {
		return value
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(value) + `"`
}

func unquoted(value string) string {
	value = strings.TrimSpace(value)
	if len(value) < 2 || value[0] != value[len(value)-1] {
		return value
	}
	switch inner := value[1 : len(value)-1]; value[0] {
	case '\'':
		return inner
	case '"':
		return strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\$`, "$", "\\`", "`").Replace(inner)
	}
	return value
}

// mostOfFile bounds an environment file.
const mostOfFile = 1 << 20

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%s does not exist: make it first, as whoever starts the service reads it", path)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() > mostOfFile:
		return nil, fmt.Errorf("%s is not a file of at most %d bytes", path, mostOfFile)
	}
	return os.ReadFile(path)
}

// replaceFile puts text in place of a file's, at once: whoever reads it sees one or the
// other. Owner and mode stay, and a link goes on pointing there.
func replaceFile(path string, text []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	now, err := os.ReadFile(path)
	if err == nil && bytes.Equal(now, text) {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return atOnce(path, "."+filepath.Base(path)+".loadctl-*", func(f *os.File) error { return write(f, text, info) })
}

// atOnce puts a file in place of another as a whole: fill fills one beside it, which has then
// the other's name.
func atOnce(path, pattern string, fill func(f *os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), pattern)
	if err != nil {
		return err
	}
	if err = errors.Join(fill(f), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// write fills a file that is to be like another.
func write(f *os.File, text []byte, like os.FileInfo) error {
	if _, err := f.Write(text); err != nil {
		return err
	}
	if of, ok := like.Sys().(*syscall.Stat_t); ok && (int(of.Uid) != os.Geteuid() || int(of.Gid) != os.Getegid()) {
		if err := f.Chown(int(of.Uid), int(of.Gid)); err != nil {
			return fmt.Errorf("keeping its owner: %w", err)
		}
	}
	return errors.Join(f.Chmod(like.Mode()), f.Sync())
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// learn takes the secrets of an environment file.
func (a *Applier) learn(text []byte) {
	for _, line := range split(text) {
		if name, value, ok := strings.Cut(line, "="); ok && secrets.Named(name) {
			a.redact.Learn(unquoted(value), secrets.Long)
		}
	}
}

func split(text []byte) []string { return strings.Split(string(text), "\n") }

func join(lines []string) []byte { return []byte(strings.Join(lines, "\n")) }
