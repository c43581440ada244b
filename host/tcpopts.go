package host

import (
	"net"
	"time"

	"github.com/atoll-os/atoll/tcpip/tcp"
)

// set leaves an option change for the engine.
func (c *TCPConn) set(f func(t *tcp.Conn)) error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return c.opError("set", net.ErrClosed)
	}
	c.settings = append(c.settings, f)
	c.mu.Unlock()
	c.touch()
	return nil
}

// SetNoDelay switches Nagle's algorithm off (true, as at the start) or on.
func (c *TCPConn) SetNoDelay(noDelay bool) error {
	return c.set(func(t *tcp.Conn) { t.SetNoDelay(noDelay) })
}

// SetKeepAlive switches keepalive probes on, with net's periods of 15 s and 9 probes, or off.
func (c *TCPConn) SetKeepAlive(keepalive bool) error {
	return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: keepalive})
}

// SetKeepAlivePeriod sets idle time and interval of the probes.
func (c *TCPConn) SetKeepAlivePeriod(d time.Duration) error {
	return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: d, Interval: d})
}

// SetKeepAliveConfig sets the probes; zero fields are net's defaults.
func (c *TCPConn) SetKeepAliveConfig(config net.KeepAliveConfig) error {
	k := keepAlive(config)
	return c.set(func(t *tcp.Conn) { t.SetKeepAlive(k) })
}

func keepAlive(config net.KeepAliveConfig) (k tcp.KeepAlive) {
	if !config.Enable {
		return k
	}
	k = tcp.KeepAlive{Idle: config.Idle, Interval: config.Interval, Count: config.Count}
	if k.Idle == 0 {
		k.Idle = 15 * time.Second
	}
	if k.Interval == 0 {
		k.Interval = 15 * time.Second
	}
	if k.Count == 0 {
		k.Count = 9
	}
	return k
}

// SetUserTimeout ends the connection when data stays unacknowledged for so long (RFC 5482);
// 0 leaves it to the retransmission limit.
func (c *TCPConn) SetUserTimeout(d time.Duration) error {
	return c.set(func(t *tcp.Conn) { t.SetUserTimeout(d) })
}

// SetCongestion changes the algorithm of congestion avoidance.
func (c *TCPConn) SetCongestion(kind tcp.CongestionControl) error {
	return c.set(func(t *tcp.Conn) { t.SetCongestion(kind) })
}

// SetLinger with 0 makes Close reset the connection. Other values keep the default: Close returns
// at once and what was written goes out behind it.
func (c *TCPConn) SetLinger(seconds int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("set", net.ErrClosed)
	}
	c.hardClose = seconds == 0
	return nil
}

// SetWriteBuffer sets the bytes that the send buffer takes. A smaller buffer holds for the next
// Write already: one that follows at once would else fill the larger one before the engine looks.
func (c *TCPConn) SetWriteBuffer(bytes int) error {
	if err := c.set(func(t *tcp.Conn) { t.SetSendBuffer(bytes) }); err != nil || bytes < 1 {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.space = min(c.space, bytes-c.out.Len()-c.reserved)
	return nil
}

// SetReadBuffer is accepted and changes nothing: the receive window is agreed on at the handshake.
func (c *TCPConn) SetReadBuffer(bytes int) error {
	return c.set(func(*tcp.Conn) {})
}

// Info returns what the stack knows of the connection, as TCP_INFO does.
func (c *TCPConn) Info() tcp.Info {
	n := c.host.network
	n.mu.Lock()
	defer n.mu.Unlock()
	return c.socket.Info()
}
