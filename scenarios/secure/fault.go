package secure

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"strings"
)

// The kinds of faults. Alerts have one each, "TLS alert: " and the alert's name, of
// which there are some thirty. No kind holds a name, an address or a time.
const (
	Expired     = "certificate expired"
	NotYetValid = "certificate not yet valid"
	OtherName   = "certificate for another name"
	Unknown     = "certificate of an unknown authority"
	NotValid    = "certificate not valid" // for another reason
	NotTLS      = "not TLS"               // such as plain HTTP
	Version     = "TLS version not supported"
	Closed      = "closed in the TLS handshake"
	TimedOut    = "TLS handshake timed out"
	Truncated   = "TLS stream cut off" // ended without the farewell that TLS has
	Broken      = "bad TLS"
	alert       = "TLS alert: "
)

// Fault gives the kind of an error of crypto/tls, and its own words for an example.
func Fault(err error) (kind, detail string) { return kindOf(err), err.Error() }

func kindOf(err error) string {
	text := err.Error()
	if v, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return certificateKind(v.Err)
	}
	if h, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		if h.Conn != nil { // crypto/tls gives it back when the first bytes were no TLS
			return NotTLS
		}
		return Broken
	}
	if name, ok := strings.CutPrefix(text, "remote error: tls: "); ok {
		if name == "protocol version not supported" {
			return Version
		}
		return alert + name
	}
	switch {
	case strings.Contains(text, "unsupported protocol version"):
		return Version
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return Closed
	}
	return Broken
}

func certificateKind(err error) string {
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		if strings.Contains(e.Detail, "is before") {
			return NotYetValid
		}
		return Expired
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return OtherName
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return Unknown
	}
	return NotValid
}
