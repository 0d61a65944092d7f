package wire

import (
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/scenarios/secure"
)

// EncodeTLSFiles gives the files of target.tls to hosts and their agents; nil without
// any.
func EncodeTLSFiles(f secure.Files) *loadctlpb.TLSFiles {
	if f.CA == nil && f.Cert == nil && f.Key == nil {
		return nil
	}
	return &loadctlpb.TLSFiles{Ca: f.CA, Cert: f.Cert, Key: f.Key}
}

// DecodeTLSFiles is the other way.
func DecodeTLSFiles(m *loadctlpb.TLSFiles) secure.Files {
	return secure.Files{CA: m.GetCa(), Cert: m.GetCert(), Key: m.GetKey()}
}
