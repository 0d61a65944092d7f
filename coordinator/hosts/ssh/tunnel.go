package ssh

import (
	"io"
	"net"
	"strconv"
	"sync"
)

// mostJoined is how many connections one machine may have open to us: a host needs one, and whoever else is logged in there
// can open some, too.
const mostJoined = 16

// forward has a port of the machine's loopback lead to an address here, as long as the connection lasts; port 0 is any.
func (c *conn) forward(port int, to string) (int, error) {
	l, err := c.client.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return 0, err
	}
	c.background.Go(func() { // a connection that ended meanwhile knows nothing of it
		<-c.gone
		_ = l.Close()
	})
	places := make(chan struct{}, mostJoined)
	c.background.Go(func() {
		for {
			far, err := l.Accept()
			if err != nil {
				return // with the connection
			}
			select {
			case places <- struct{}{}:
				c.background.Go(func() {
					join(far, to)
					<-places
				})
			default:
				far.Close()
			}
		}
	})
	return l.Addr().(*net.TCPAddr).Port, nil
}

// join carries what one side says to the other, until one of them ends.
func join(far net.Conn, to string) {
	defer far.Close()
	near, err := net.DialTimeout("tcp", to, dialWithin)
	if err != nil {
		return // nobody is there any more: far sees its end
	}
	defer near.Close()
	var both sync.WaitGroup
	both.Go(func() {
		defer near.Close()
		_, _ = io.Copy(near, far)
	})
	_, _ = io.Copy(far, near)
	far.Close()
	both.Wait()
}
