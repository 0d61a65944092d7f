package linode

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/linode/linodego"
)

// Config is what a Client needs. Zero is the default that is named.
type Config struct {
	Token   string            // of the account; required
	URL     string            // of the API: https://api.linode.com
	Version string            // of the API: v4
	Agent   string            // the User-Agent: loadctl
	Base    http.RoundTripper // carries the requests: a copy of http.DefaultTransport
	Every   time.Duration     // between two requests that make an instance: 1 s
	Within  time.Duration     // one request takes at most so long, its wait for its turn apart: 60 s
}

// A Client speaks with the Linode API. Its methods are safe for concurrent use and end with their context. Their errors
// are of type *Error, but for what is wrong with a request before it is sent: see FailureOf.
type Client struct{ api linodego.Client }

// New makes a Client, and asks for nothing yet. It fails for what cannot be a token or a URL, and for a URL that would
// carry the token unencrypted to another machine.
func New(cfg Config) (*Client, error) {
	cfg.URL = cmp.Or(cfg.URL, "https://api.linode.com")
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if cfg.Base == nil {
		cfg.Base = ownTransport()
	}
	api := linodego.NewClient(&http.Client{
		Transport:     newPacer(cfg.Base, cmp.Or(cfg.Every, time.Second), cmp.Or(cfg.Within, time.Minute)),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token goes nowhere else
	})
	api.SetRetryCount(0) // it would sleep past its context, and make twice what was made
	api.UseCache(false)
	api.SetDebug(false) // LINODE_DEBUG would print keys
	api.SetLogger(silent{})
	api.SetBaseURL(cfg.URL).SetAPIVersion(cmp.Or(cfg.Version, linodego.APIVersion))
	api.SetToken(cfg.Token).SetUserAgent(cmp.Or(cfg.Agent, "loadctl"))
	return &Client{api}, nil
}

func (cfg *Config) validate() error {
	var errs []error
	if cfg.Token == "" || strings.ContainsFunc(cfg.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		errs = append(errs, errors.New("token: must be a Linode API token, without spaces: make one at https://cloud.linode.com/profile/tokens"))
	}
	u, err := url.Parse(cfg.URL)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		errs = append(errs, fmt.Errorf("url: must be as https://api.linode.com, got %q", cfg.URL))
	case u.Scheme == "http" && !loopback(u.Hostname()):
		errs = append(errs, fmt.Errorf("url: must be https, as http shows the token to everyone on the way, got %q", cfg.URL))
	}
	// linodego reads this one by itself, and falls over what is no URL.
	if v := os.Getenv(linodego.APIHostVar); v != "" {
		if _, err := url.Parse(v); err != nil {
			errs = append(errs, fmt.Errorf("environment variable %s: %w", linodego.APIHostVar, err))
		}
	}
	return errors.Join(errs...)
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// ownTransport shares no connections with the rest of the program, and gives up on an API that cannot be reached.
func ownTransport() *http.Transport {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	t.DialContext = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	t.TLSHandshakeTimeout, t.IdleConnTimeout, t.MaxIdleConnsPerHost = 10*time.Second, 30*time.Second, mostWriting
	return t
}

// silent is a logger of linodego: what it would say is in the errors.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}

// do makes the requests of f, and makes an Error of the one that came to nothing. linodego keeps too little of a failure
// for that, and takes some for none: what is judged is what passed over the wire.
func (c *Client) do(ctx context.Context, doing string, f func(context.Context) error) error {
	_, err := c.observe(ctx, doing, f)
	return err
}

func (c *Client) observe(ctx context.Context, doing string, f func(context.Context) error) (*exchange, error) {
	x := &exchange{}
	err := f(context.WithValue(ctx, exchangeKey{}, x))
	return x, x.failed(doing, err)
}
