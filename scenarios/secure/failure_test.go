package secure

import (
	"strings"
	"testing"
)

// TestEveryKindSaysWhatToDo: what fails before a run was named without a way out.
func TestEveryKindSaysWhatToDo(t *testing.T) {
	for kind, want := range map[string]string{
		Expired: "skip_verify", NotYetValid: "clock", NotValid: "skip_verify", Unknown: "target.tls.ca_file",
		OtherName: "target.tls.server_name", NotTLS: "http://", Version: "min_version", Closed: "http://", TimedOut: "http://",
		"TLS alert: certificate required": "cert_file", "TLS alert: bad certificate": "cert_file", "TLS alert: unknown certificate authority": "cert_file",
		"TLS alert: unrecognized name": "server_name",
	} {
		if got := (&Failure{Kind: kind}).Hint(); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
	for _, kind := range []string{Broken, Truncated, "TLS alert: internal error"} {
		if got := (&Failure{Kind: kind}).Hint(); got != "" {
			t.Errorf("%s: %q", kind, got)
		}
	}
}
