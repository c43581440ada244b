package unikernel

import (
	"context"
	"io"
	"log/slog"
	"time"
)

// Service is a program: it runs on a machine until it has done its work, fails, or ctx ends. Its
// goroutines should have ended when it returns.
type Service func(ctx context.Context, m *Machine) error

// Machine is what a service runs on.
type Machine struct {
	Net    Net          // the machine's network
	Random io.Reader    // random bytes; reading never fails, and waits until there are good ones
	Clones Clones       // tells of copies of the machine; nil where there can be none, as in a lab
	Log    *slog.Logger // messages for people
	Config *Config      // the machine's settings

	name    string
	target  Target
	grace   *graceContext
	onReady func(error)
}

// Options make a [Machine]. [Main] fills them in for a process, a lab for a host.
type Options struct {
	Name    string       // of the program: in messages, and before the names in the environment
	Net     Net          // must be given
	Random  io.Reader    // must be given
	Log     *slog.Logger // nil: nothing is logged
	Clones  Clones       // nil: there can be no copies
	OnReady func(error)  // called by Ready; nil: nobody wants to know
	Target  Target       // empty: TargetProcess

	// Grace is how long Grace lasts after the machine's context ended; 0 is GraceDefault.
	Grace time.Duration

	// The sources of settings, in the order of precedence. ReadFile reads the file named by the
	// setting config; with nil, naming one is an error. Settings are name and value, as a lab
	// gives them. Environ is as os.Environ returns it, Args as a process gets them.
	ReadFile func(name string) ([]byte, error)
	Settings map[string]string
	Environ  []string
	Args     []string

	// Stdout takes what --help and --print-config print; nil: nothing takes it.
	Stdout io.Writer
}

// New returns a machine. The service on it runs under ctx, and ctx's end begins its stop: a cause
// that is [ErrKilled] ends the grace period at once.
func New(ctx context.Context, o Options) *Machine {
	if o.Net == nil || o.Random == nil {
		panic("unikernel: BUG: a machine needs Options.Net and Options.Random")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Grace == 0 {
		o.Grace = GraceDefault
	}
	if o.Target == "" {
		o.Target = TargetProcess
	}
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	level := new(slog.LevelVar)
	m := &Machine{
		Net:     o.Net,
		Random:  o.Random,
		Clones:  o.Clones,
		Log:     slog.New(levelHandler{o.Log.Handler(), level}),
		name:    o.Name,
		target:  o.Target,
		grace:   newGrace(ctx, o.Grace),
		onReady: o.OnReady,
	}
	m.Config = &Config{options: o, grace: m.grace, level: level, log: m.Log}
	return m
}

// Name returns the name of the program, or of the lab's host.
func (m *Machine) Name() string { return m.name }

// Target returns what the service runs as: for telling people, and for defaults. A service that
// does something else in a lab is not tested there.
func (m *Machine) Target() Target { return m.target }

// Ready tells whoever waits for the service (a supervisor, a lab) that it can be used now, or with
// an error why it cannot. It may be called again when that changes; the last call counts.
func (m *Machine) Ready(err error) {
	if err != nil {
		m.Log.Warn("not ready", "err", err)
	} else {
		m.Log.Info("ready")
	}
	if m.onReady != nil {
		m.onReady(err)
	}
}

// Grace returns the context of a graceful stop: it ends the grace period after the service's own
// context ended, with [context.DeadlineExceeded].
func (m *Machine) Grace() context.Context { return m.grace }

// levelHandler leaves out what is below the machine's log level.
type levelHandler struct {
	slog.Handler
	level *slog.LevelVar
}

func (h levelHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level.Level() && h.Handler.Enabled(ctx, l)
}

func (h levelHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return levelHandler{h.Handler.WithAttrs(attrs), h.level}
}

func (h levelHandler) WithGroup(name string) slog.Handler {
	return levelHandler{h.Handler.WithGroup(name), h.level}
}
