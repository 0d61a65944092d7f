package secure

import (
	"fmt"
	"strings"
)

// A Failure is a fault as an error: its kind, and the words of crypto/tls.
type Failure struct{ Kind, Detail string }

func (f *Failure) Error() string { return fmt.Sprintf("%s (%s)", f.Kind, f.Detail) }

// hints say what in the scenario can help, by kind.
var hints = map[string]string{
	Expired:                        "renew it, look at the clock of this machine, or take it all the same with target.tls.skip_verify: true",
	NotYetValid:                    "look at the clock of this machine, or take it all the same with target.tls.skip_verify: true",
	OtherName:                      "give a name that the certificate is for as target.tls.server_name",
	Unknown:                        "give the authority that signed it as target.tls.ca_file, or take any certificate with target.tls.skip_verify: true",
	NotValid:                       "take it all the same with target.tls.skip_verify: true",
	NotTLS:                         "if the target speaks plain HTTP, write http:// in base_url",
	Version:                        "look at target.tls.min_version; loadctl speaks TLS 1.2 and 1.3",
	Closed:                         "if the target speaks plain HTTP, write http:// in base_url; some servers close when they do not know target.tls.server_name",
	TimedOut:                       "if the target speaks plain HTTP, write http:// in base_url",
	alert + "certificate required": "give a certificate that the target takes as target.tls.cert_file and key_file",
	alert + "unrecognized name":    "give a name that the target knows as target.tls.server_name",
}

// Hint is what the person can do about it, "" if nothing is known. Alerts without a hint
// of their own that speak of certificates mean the client's.
func (f *Failure) Hint() string {
	h, known := hints[f.Kind]
	if !known && strings.HasPrefix(f.Kind, alert) && (strings.Contains(f.Kind, "certificate") || strings.Contains(f.Kind, "authority")) {
		return "the target does not take this client's certificate: look at target.tls.cert_file and key_file"
	}
	return h
}
