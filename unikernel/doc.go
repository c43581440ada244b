// Package unikernel is what a service is written against.
//
// A service is a function. The same function runs as a process on the kernel's sockets and,
// unchanged, as a host of a lab on a virtual network, and as a machine of its own on Atoll's kernel
// and Atoll's TCP/IP:
//
//	func main() { unikernel.Main(run) }
//
//	func run(ctx context.Context, m *unikernel.Machine) error {
//		cfg := Config{Listen: ":80"} // defaults are the struct's values
//		if err := m.Config.Decode(&cfg); err != nil {
//			return err
//		}
//		l, err := m.Net.Listen("tcp", cfg.Listen)
//		if err != nil {
//			return err
//		}
//		s, failed := &http.Server{Handler: site(m.Log)}, make(chan error, 1)
//		go func() { failed <- s.Serve(l) }()
//		m.Ready(nil)
//		select {
//		case err := <-failed:
//			return err
//		case <-ctx.Done():
//			return s.Shutdown(m.Grace())
//		}
//	}
//
// A [Machine] has what a service needs of the world: a network, randomness, a log, its settings.
// It has no clock and no timer, since time is package time, which a lab makes virtual.
//
// Main composes the machine's random numbers, of which Machine.Random is a stream. A program that
// is built with the overlay of package entropy/overlay has another stream of them under
// crypto/rand, keys and TLS; GODEBUG=fips140=on refuses that, and then the process ends.
//
// # Settings
//
// One struct declares them all; see [Config.Decode]. Each has one name in kebab-case, which is a
// flag, a variable of the environment and a key of a file. The order of precedence is defaults <
// file < environment < arguments, and --print-config shows each value with where it came from. An
// unknown name is an error that names the nearest one; nothing is passed through unread.
//
// # Stop
//
// The first SIGINT or SIGTERM ends the context of the service; [context.Cause] says why. From then
// on the service has the grace period, 10 s by default or as --grace says, which [Machine.Grace]
// measures. A service still running after that is reported with the stacks of all goroutines, and
// the process ends. A second signal ends it at once.
//
// # Exit codes
//
// 0: the service returned nil, or after a stop the context's error. 1: it failed, overran the
// grace period or was killed by a second signal. 2: wrong usage. A panic is left to the Go
// runtime, which prints it and ends with 2.
package unikernel
