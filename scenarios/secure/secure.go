// Package secure makes of target.tls, and of the bytes of the files it names, what
// crypto/tls takes, and gives the errors of that package names that can be counted.
// It opens neither files nor connections. The bytes are secrets: no error repeats
// them.
package secure

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/loadctl/loadctl/scenarios"
)

// Files are the contents of the files of target.tls, nil of those it does not name.
type Files struct{ CA, Cert, Key []byte }

// Read reads the files of target.tls. What cannot be read is a mistake at the place
// that names it.
func Read(t *scenarios.TLS, read func(name string) ([]byte, error)) (f Files, mistakes []scenarios.Mistake) {
	if t == nil {
		return f, nil
	}
	for _, x := range []struct {
		key  string
		file scenarios.File
		to   *[]byte
	}{{"ca_file", t.CAFile, &f.CA}, {"cert_file", t.CertFile, &f.Cert}, {"key_file", t.KeyFile, &f.Key}} {
		if x.file.Name == "" {
			continue
		}
		b, err := read(x.file.Name)
		if err != nil {
			mistakes = append(mistakes, mistake(x.file, "files are looked for beside the scenario", "tls: %s: %s", x.key, reason(x.file.Name, err)))
		}
		*x.to = b
	}
	return f, mistakes
}

// reason is why a file could not be read, by the name the scenario gives it.
func reason(name string, err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return name + ": " + err.Error()
}

func mistake(at scenarios.File, hint, text string, args ...any) scenarios.Mistake {
	return scenarios.Mistake{Line: at.Line, Col: at.Col, Hint: hint, Text: fmt.Sprintf(text, args...)}
}

// Client is the configuration of connections to a target; nil of one without TLS.
// The caller adds a cache of sessions where it wants one. Mistakes are all that is
// wrong with the files.
func Client(target *scenarios.Target, f Files) (*tls.Config, []scenarios.Mistake) {
	t := target.TLS
	if t == nil {
		return nil, nil
	}
	c := &tls.Config{
		ServerName: t.ServerName, MinVersion: tls.VersionTLS12,
		NextProtos:         []string{"http/1.1"}, // the only protocol that is spoken afterwards
		InsecureSkipVerify: t.SkipVerify,         //nolint:gosec // the scenario asks for it, and the run warns of it
		// One record a request: growing ones serve browsers, which draw what has come.
		DynamicRecordSizingDisabled: true,
	}
	if t.MinVersion == "1.3" {
		c.MinVersion = tls.VersionTLS13
	}
	if c.ServerName == "" {
		c.ServerName = target.Host()
	}
	mistakes := trust(c, t, f.CA)
	return c, append(mistakes, identify(c, t, f)...)
}

func trust(c *tls.Config, t *scenarios.TLS, ca []byte) []scenarios.Mistake {
	if t.CAFile.Name == "" {
		return nil
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(ca) {
		return []scenarios.Mistake{mistake(t.CAFile, "", "tls: ca_file: %s holds no certificate in PEM", t.CAFile.Name)}
	}
	return nil
}

// identify gives the client its certificate. It is sent to whoever asks for one: a
// server that lists other authorities says itself what it makes of it.
func identify(c *tls.Config, t *scenarios.TLS, f Files) []scenarios.Mistake {
	if t.CertFile.Name == "" {
		return nil
	}
	if !holdsCertificate(f.Cert) {
		return []scenarios.Mistake{mistake(t.CertFile, "", "tls: cert_file: %s holds no certificate in PEM", t.CertFile.Name)}
	}
	pair, err := tls.X509KeyPair(f.Cert, f.Key)
	if err != nil {
		return []scenarios.Mistake{mistake(t.KeyFile, locked(f.Key), "tls: key_file: %s: %s", t.KeyFile.Name, strings.TrimPrefix(err.Error(), "tls: "))}
	}
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	return nil
}

func holdsCertificate(b []byte) bool {
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		_, err := x509.ParseCertificate(block.Bytes)
		return err == nil
	}
	return false
}

// locked is a hint for keys that need a passphrase.
func locked(key []byte) string {
	for block, rest := pem.Decode(key); block != nil; block, rest = pem.Decode(rest) {
		if strings.Contains(block.Type, "ENCRYPTED") || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			return "a key with a passphrase cannot be used; write it without one: openssl pkey -in KEY -out PLAIN"
		}
	}
	return ""
}
