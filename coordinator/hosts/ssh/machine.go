package ssh

import (
	"context"
	"fmt"
	"io"
)

// A Machine is a login, for other things than a host. It is safe for concurrent use. A context that ends while something is
// done ends the login: the other end can then tell, too.
type Machine struct {
	cfg  Config
	at   Address
	conn *conn
}

// Login connects to one machine and looks around there; nothing is pushed.
func Login(ctx context.Context, c Config, to Address) (*Machine, error) {
	c = c.withDefaults()
	conn, err := dial(ctx, to, c.Who, dialWithin)
	if err != nil {
		return nil, err
	}
	return &Machine{c, to, conn}, nil
}

// Push has the program lie on the machine, and says where, below the home directory. What lies at its place and is something
// else is replaced.
func (m *Machine) Push(ctx context.Context) (path string, err error) {
	p, err := m.cfg.Programs.of(m.conn.uname)
	if err != nil {
		return "", err
	}
	sent, err := m.conn.push(ctx, p)
	if err != nil {
		return "", err
	}
	if sent > 0 {
		m.cfg.Pushed(m.at, p.size, sent)
	}
	return programAt(p.sum), nil
}

// outputBytes are those that are kept of what a script writes.
const outputBytes = 1 << 20

// Run runs a script of sh, with its arguments as $1 and so on, to its end, and gives the last MiB of what it wrote, without
// white space around it. Its error says what it wrote beside. The script is one line without single quotes.
func (m *Machine) Run(ctx context.Context, script string, args ...string) (string, error) {
	return m.conn.do(ctx, &tail{most: outputBytes}, nil, script, args...)
}

// Write puts a file there, whole or not at all, in place of what lies there; a path that does not begin with / is below the
// home directory. Directories that are missing are made, for nobody else to look into. Its error says how much room there
// is, where that is why.
func (m *Machine) Write(ctx context.Context, path string, mode uint32, from io.Reader) error {
	if err := m.conn.put(ctx, path, mode, hashed(from).parcel()); err != nil {
		return fmt.Errorf("writing %s on %s: %w", path, m.at, err)
	}
	return nil
}

// Gone is closed when the login has ended: by Close, or because the connection broke.
func (m *Machine) Gone() <-chan struct{} { return m.conn.gone }

// Close ends the login, and what runs by it.
func (m *Machine) Close() { m.conn.leave() }
