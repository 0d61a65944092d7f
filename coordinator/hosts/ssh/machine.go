package ssh

import (
	"context"
	"io"
)

// A Machine is a login, for other things than a host. It is safe for concurrent use.
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

// Push has this program lie on the machine, and says where, below the home directory.
func (m *Machine) Push(ctx context.Context) (path string, err error) {
	p, err := (&shelf{exe: m.cfg.Executable}).of(m.conn.uname)
	if err != nil {
		return "", err
	}
	pushed, err := m.conn.push(ctx, p)
	if pushed {
		m.cfg.Pushed(m.at, p.size)
	}
	return programAt(p.sum), err
}

// Run runs a script of sh, with its arguments as $1 and so on, to its end, and gives what it wrote. The script is one line
// without single quotes.
func (m *Machine) Run(ctx context.Context, script string, args ...string) (string, error) {
	return m.conn.run(ctx, script, args...)
}

// Write puts a file there, whole or not at all.
func (m *Machine) Write(ctx context.Context, path string, mode uint32, from io.Reader) error {
	panic("to be built")
}

// Close ends the login, and what runs by it.
func (m *Machine) Close() { m.conn.leave() }
