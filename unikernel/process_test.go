package unikernel

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the expected output in testdata")

// serverConfig has a setting of every kind.
type serverConfig struct {
	_       struct{} `doc:"Serve nothing in particular, in every way there is." args:"FILE..."`
	Listen  string   `doc:"address to listen on" old:"bind"`
	Workers int      `doc:"how many work at a time" min:"1" max:"64"`
	Ratio   float64  `doc:"a number with a point"`
	Queue   Size     `doc:"memory for what waits" min:"1KiB"`
	Uplink  Rate     `doc:"the most that is sent"`
	Timeout time.Duration
	Allow   []netip.Prefix `doc:"who may come"`
	Verbose bool           `doc:"say more"`
	Token   string         `doc:"of the admin" secret:"true"`
	TLS     tlsConfig
	Manner  string   `doc:"how to behave at a stop: polite, slow, stubborn, failing, goexit"`
	Skipped chan int `name:"-"`
}

type tlsConfig struct {
	CertFile string `doc:"certificate"`
	KeyFile  string `doc:"its key"`
}

func (c *tlsConfig) Validate() error {
	if (c.CertFile == "") != (c.KeyFile == "") {
		return errors.New("tls-cert-file and tls-key-file go together")
	}
	return nil
}

func defaults() serverConfig {
	return serverConfig{Listen: ":80", Workers: 4, Queue: 64 << 10, Manner: "polite",
		Timeout: 30 * time.Second, Ratio: 0.5}
}

// server writes the file "ready" and then waits to be stopped, in the manner of its setting.
func server(ctx context.Context, m *Machine) error {
	cfg := defaults()
	if err := m.Config.Decode(&cfg); err != nil {
		return err
	}
	m.Log.Debug("arguments", "words", m.Config.Args())
	m.Ready(nil)
	if err := os.WriteFile("ready", nil, 0o644); err != nil {
		return err
	}
	<-ctx.Done()
	fmt.Println("cause:", context.Cause(ctx))
	if err := os.WriteFile("stopping", nil, 0o644); err != nil {
		return err
	}
	switch cfg.Manner {
	case "slow": // gives up when the grace period ends
		<-m.Grace().Done()
		return m.Grace().Err()
	case "stubborn":
		select {}
	case "failing":
		return errors.New("disk full")
	}
	return ctx.Err()
}

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"server": func() { Main(server) }})
}

// TestScripts runs the server as a process: see testdata/*.txtar. Besides the usual commands
// there are "await FILE", which waits for it, and "signal", which sends SIGTERM.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		UpdateScripts:       *rewrite,
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await": func(ts *testscript.TestScript, _ bool, args []string) {
				for range 1000 {
					if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
				ts.Fatalf("no file %s after 10 s", args[0])
			},
			"signal": func(ts *testscript.TestScript, _ bool, _ []string) {
				for _, cmd := range ts.BackgroundCmds() {
					ts.Check(cmd.Process.Signal(syscall.SIGTERM))
				}
			},
		},
	})
}
