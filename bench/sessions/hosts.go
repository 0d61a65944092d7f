package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/loadctl/loadctl/coordinator"
)

// A station is the coordinator's side of a fleet: it starts the process and hears of its sessions.
type station struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	calls *json.Encoder
	hosts map[string]*host
	order []*host
	heard chan struct{} // closed when the fleet says no more

	calling sync.Mutex
	fleet   farewell // the last word
	late    time.Duration
}

// A host is one session of the fleet, as a coordinator has it.
type host struct {
	station *station
	name    string
	variant int
	left    chan error
}

func newStation(ctx context.Context, s shape) (*station, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	f := &station{cmd: exec.CommandContext(ctx, exe, fleetPart), hosts: map[string]*host{}, heard: make(chan struct{})}
	f.cmd.Stderr = os.Stderr
	if f.in, err = f.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := f.cmd.StdoutPipe()
	if err == nil {
		err = f.cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	for i := range s.Hosts {
		h := &host{station: f, name: fmt.Sprintf("host-%04d", i+1), variant: i % variants, left: make(chan error, 1)}
		f.hosts[h.name], f.order = h, append(f.order, h)
	}
	f.calls = json.NewEncoder(f.in)
	go f.hear(out)
	return f, f.calls.Encode(s)
}

// hear passes on which sessions have ended. When the fleet has, all have.
func (f *station) hear(out io.Reader) {
	defer close(f.heard)
	for said := json.NewDecoder(out); ; {
		var w farewell
		if err := said.Decode(&w); err != nil {
			break
		}
		if h := f.hosts[w.Name]; h != nil {
			f.late = max(f.late, w.Late)
			h.leave(w.Error)
			continue
		}
		f.fleet = w
	}
	for _, h := range f.order {
		h.leave("the fleet has ended")
	}
}

func (h *host) leave(why string) {
	var err error
	if why != "" {
		err = errors.New(why)
	}
	select {
	case h.left <- err:
	default:
	}
}

// end ends the fleet, and says what it took.
func (f *station) end() (farewell, error) {
	err := f.in.Close()
	<-f.heard
	return f.fleet, errors.Join(err, f.cmd.Wait())
}

func (f *station) all() (all []coordinator.Host) {
	for _, h := range f.order {
		all = append(all, h)
	}
	return all
}

func (h *host) Name() string { return h.name }

func (h *host) Start(_ context.Context, address, runID string, ca []byte, admit func([]byte) ([]byte, error)) error {
	cert, key, err := h.certificate(admit)
	if err != nil {
		return err
	}
	h.station.calling.Lock()
	defer h.station.calling.Unlock()
	return h.station.calls.Encode(invitation{h.name, h.variant, address, runID, ca, cert, key})
}

// certificate is the session's, and its key: the fleet is another process of this machine, and not what is weighed.
func (h *host) certificate(admit func([]byte) ([]byte, error)) (cert, key []byte, err error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: h.name}}, private)
	if err != nil {
		return nil, nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	cert, err = admit(der)
	return cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), err
}

func (h *host) Wait() error { return <-h.left }

// Kill gives a session up that does not end: it ends with the fleet.
func (h *host) Kill() { h.leave("killed") }
