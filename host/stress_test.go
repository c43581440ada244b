package host

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
)

// links of the tests in real time: one where every frame is delivered in the writer's call, and one
// where the engine's timer delivers them.
var realLinks = map[string]vnet.Settings{
	"no delay": {},
	"delay":    {Delay: 100 * time.Microsecond, MTU: 1500},
}

// each runs f on a network in real time for each of the links, at once.
func each(t *testing.T, o tcp.Options, f func(t *testing.T, p *pair)) {
	for name, link := range realLinks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, newPair(t, Real(seed(1)), link, o))
		})
	}
}

// lighter is what is left of a load under the race detector.
func lighter(n int) int {
	if raceEnabled {
		return n / 8
	}
	return n
}

// A hundred connections, each with a reader and a writer at either end that work in pieces of every
// size, stop at deadlines and go on: every stream arrives whole.
func TestManyStreams(t *testing.T) {
	o := tcp.Options{SendBuffer: 16 << 10, ReceiveBuffer: 16 << 10} // they wait often
	each(t, o, func(t *testing.T, p *pair) {
		const connections = 100
		size := lighter(160 << 10)
		var all sync.WaitGroup
		for i := range connections {
			client, server := p.connect(t)
			for k, c := range []net.Conn{client, server} {
				random := prng.New(uint64(2*i + k))
				all.Go(func() { writeInPieces(t, c, size, random.Split("write")) })
				all.Go(func() { readInPieces(t, c, size, random.Split("read")) })
			}
		}
		all.Wait()
	})
}

func writeInPieces(t *testing.T, c net.Conn, size int, random *prng.Stream) {
	want := pattern(0, size)
	for len(want) > 0 {
		if random.IntN(4) == 0 {
			c.SetWriteDeadline(time.Now().Add(time.Duration(random.IntN(500)) * time.Microsecond))
		}
		n, err := c.Write(want[:min(1+random.IntN(20_000), len(want))])
		want = want[n:]
		if errors.Is(err, os.ErrDeadlineExceeded) {
			c.SetWriteDeadline(time.Time{})
		} else if err != nil {
			t.Errorf("write: %v", err)
			return
		}
	}
	if err := c.(*TCPConn).CloseWrite(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func readInPieces(t *testing.T, c net.Conn, size int, random *prng.Stream) {
	var got bytes.Buffer
	buf := make([]byte, 20_000)
	for {
		if random.IntN(4) == 0 {
			c.SetReadDeadline(time.Now().Add(time.Duration(random.IntN(500)) * time.Microsecond))
		}
		n, err := c.Read(buf[:1+random.IntN(len(buf))])
		got.Write(buf[:n])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			c.SetReadDeadline(time.Time{})
		} else if err == io.EOF {
			break
		} else if err != nil {
			t.Errorf("read: %v", err)
			return
		}
	}
	if !bytes.Equal(got.Bytes(), pattern(0, size)) {
		t.Errorf("%d bytes arrived, or not the right ones, want %d", got.Len(), size)
	}
}

// Whatever is called on connections by many goroutines at once, while they are closed and reset:
// every call returns.
func TestAnythingAtOnce(t *testing.T) {
	each(t, tcp.Options{SendBuffer: 8 << 10, ReceiveBuffer: 8 << 10}, func(t *testing.T, p *pair) {
		for i := range lighter(100) {
			client, server := p.connect(t)
			var all sync.WaitGroup
			for k := range 8 {
				c := [2]net.Conn{client, server}[k%2].(*TCPConn)
				random := prng.New(uint64(8*i + k))
				all.Go(func() {
					for range 30 {
						anything(c, random)
					}
					c.Close()
				})
			}
			all.Wait()
		}
		for try := 0; endpoints(p.a)+endpoints(p.b) > 0; try++ {
			if try == 1000 {
				t.Fatalf("%d endpoints are left", endpoints(p.a)+endpoints(p.b))
			}
			time.Sleep(time.Millisecond)
		}
	})
}

// anything calls one method.
func anything(c *TCPConn, random *prng.Stream) {
	soon := time.Now().Add(time.Duration(random.IntN(300)) * time.Microsecond)
	buf := make([]byte, 1+random.IntN(10_000))
	switch random.IntN(40) {
	case 0:
		c.Close()
	case 1:
		c.SetLinger(0)
	case 2:
		c.CloseWrite()
	case 3:
		c.CloseRead()
	case 4:
		c.SetNoDelay(random.IntN(2) == 0)
	case 5:
		c.Info()
	case 6:
		c.SetWriteBuffer(1 + random.IntN(1<<16))
	case 7:
		c.SetDeadline(time.Time{})
		c.SetDeadline(soon)
	case 8:
		c.SetDeadline(soon)
		c.WriteTo(io.Discard)
	case 9:
		c.SetDeadline(soon)
		c.ReadFrom(bytes.NewReader(buf))
	default:
		c.SetDeadline(soon)
		if random.IntN(2) == 0 {
			c.Read(buf)
		} else {
			c.Write(buf)
		}
	}
}

// Thousands of connections that live for one question and one answer, dialed by many at once.
func TestShortConnections(t *testing.T) {
	each(t, tcp.Options{}, func(t *testing.T, p *pair) {
		const dialers = 32
		l := listen(t, p.b, ":80")
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer c.Close()
					io.Copy(c, c)
				}()
			}
		}()
		var left atomic.Int64
		left.Store(int64(lighter(4000)))
		var all sync.WaitGroup
		for range dialers {
			all.Go(func() {
				for left.Add(-1) >= 0 && !t.Failed() {
					if err := ask(p.a, "b:80"); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
	})
}

// ask dials, says something, and wants to hear it again, and then the end.
func ask(h *Host, address string) error {
	c, err := h.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	want := c.LocalAddr().String()
	if _, err := io.WriteString(c, want); err != nil {
		return err
	}
	c.(*TCPConn).CloseWrite()
	got, err := io.ReadAll(c)
	if string(got) != want && err == nil {
		err = fmt.Errorf("the answer is %q, want %q", got, want)
	}
	return err
}

// Machines are switched off and on, paused and resumed, while others talk to them in real time:
// every call returns, and at the end everything works.
func TestPowerAtOnce(t *testing.T) {
	each(t, tcp.Options{}, func(t *testing.T, p *pair) {
		stop := make(chan struct{})
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					c, err := p.a.DialTimeout("tcp4", "b:80", 5*time.Millisecond)
					if err != nil {
						continue
					}
					c.SetDeadline(time.Now().Add(5 * time.Millisecond))
					c.Write(make([]byte, 10_000))
					io.Copy(io.Discard, c)
					c.Close()
				}
			})
		}
		all.Go(func() {
			for life := range lighter(64) {
				l, err := p.b.Listen("tcp", ":80")
				if err != nil {
					t.Errorf("listen: %v", err)
					break
				}
				go func() {
					for {
						c, err := l.Accept()
						if err != nil {
							return
						}
						go func() { io.Copy(c, c); c.Close() }()
					}
				}()
				time.Sleep(time.Millisecond)
				resume := p.b.Pause()
				time.Sleep(time.Millisecond)
				resume()
				p.b.PowerOff()
				p.b.PowerOn([32]byte{byte(life)})
			}
			close(stop)
		})
		all.Wait()
		client, server := p.connect(t)
		say(t, client, server, "everything works")
	})
}
