package balancer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// configFile is the configuration in the directory of a balancer.
const configFile = "balancer.conf"

// ErrNotInstalled says that the balancer's program is not on this machine.
var ErrNotInstalled = errors.New("is not installed")

// Binary finds the program of a kind, also where a plain user's PATH does not lead.
func Binary(k Kind) (string, error) {
	if path, err := exec.LookPath(string(k)); err == nil {
		return filepath.Abs(path)
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"} {
		if path, err := exec.LookPath(filepath.Join(dir, string(k))); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s %w, or not on PATH", k, ErrNotInstalled)
}

// Try has the real program judge a configuration, in a directory of its own.
func Try(ctx context.Context, binary string, c Config, m Machine, out map[string]bool) error {
	dir, err := privateDir(m, "loadctl-balancer-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return c.try(ctx, binary, m, Place{Dir: dir, Out: out})
}

// try is Try in a directory that is there.
func (c Config) try(ctx context.Context, binary string, m Machine, at Place) error {
	if err := c.write(m, at); err != nil {
		return err
	}
	said, err := exec.CommandContext(ctx, binary, c.judge(at.Dir)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s refuses the configuration: %w\n%s", c.Kind, err, plainly(said, at.Dir))
	}
	return nil
}

func (c Config) judge(dir string) []string {
	if c.Kind == HAProxy {
		return []string{"-c", "-W", "-f", filepath.Join(dir, configFile)}
	}
	return []string{"-t", "-q", "-e", "stderr", "-c", filepath.Join(dir, configFile)}
}

// plainly leaves out of a program's words the directory that a person has never seen.
func plainly(said []byte, dir string) string {
	text := strings.ReplaceAll(string(bytes.TrimSpace(said)), dir+"/", "")
	return "  " + strings.ReplaceAll(text, "\n", "\n  ")
}

// write puts the files of a configuration into place, the one that is read last.
func (c Config) write(m Machine, at Place) error {
	if c.Kind == HAProxy && c.TLS.Certificate != "" {
		pem, err := c.TLS.pem()
		if err != nil {
			return err
		}
		if err := put(filepath.Join(at.Dir, pemFile), pem); err != nil {
			return err
		}
	}
	return put(filepath.Join(at.Dir, configFile), []byte(c.Text(m, at)))
}

// put replaces a file as a whole.
func put(path string, content []byte) error {
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	return nil
}

// pem is the certificate with its key, as HAProxy wants them: in one file.
func (t TLS) pem() ([]byte, error) {
	certificate, err := os.ReadFile(t.Certificate)
	if err != nil {
		return nil, fmt.Errorf("tls.certificate: %w", err)
	}
	key, err := os.ReadFile(t.Key)
	if err != nil {
		return nil, fmt.Errorf("tls.key: %w", err)
	}
	return bytes.Join([][]byte{bytes.TrimSpace(certificate), bytes.TrimSpace(key), nil}, []byte("\n")), nil
}

// absolute makes paths that do not depend on where the balancer is started, and judges them
// anew: where that is, nobody wrote into the file.
func (c Config) absolute() (Config, error) {
	if c.TLS.Certificate == "" {
		return c, nil
	}
	for _, path := range []*string{&c.TLS.Certificate, &c.TLS.Key} {
		abs, err := filepath.Abs(*path)
		if err != nil {
			return c, fmt.Errorf("%s: %w", *path, err)
		}
		*path = abs
	}
	var p problems
	p.tls(c.TLS)
	return c, errors.Join(p...)
}
