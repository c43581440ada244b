package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/atoll-os/atoll/tcpip"
)

// TableSocketsMax is how many sockets the table of a failure lists.
const TableSocketsMax = 12

// Errorf fails the test. The first failure also tells what stands where, once.
func (l *Lab) Errorf(format string, args ...any) {
	l.t.Helper()
	l.t.Errorf(format, args...)
	l.tell()
}

// tell prints, once, the state of the lab and the line that shows the failure again.
func (l *Lab) tell() {
	l.mu.Lock()
	told := l.told
	l.told = true
	l.mu.Unlock()
	if !told {
		l.t.Logf("%s\nlab: replay: %s", l.table(), l.opt.replay)
	}
}

// errLimit is the cause of everything that ends when the lab's time is up.
var errLimit = errors.New("lab: time limit reached")

// limit fails the lab when its time is up, and closes the network, so that the test ends by errors.
func (l *Lab) limit() {
	l.limitTimer = time.AfterFunc(l.opt.limit, func() {
		l.Errorf("lab: %v have passed and the test has not ended; see lab.Limit", l.opt.limit)
		l.cancel(errLimit)
		l.network.Fail()
	})
}

// table says what stands where: faults, machines that are off, sockets.
func (l *Lab) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "lab: at %vs, seed %#x:", l.network.Now(), l.opt.seed)
	l.mu.Lock()
	standing := append([]string(nil), l.standing...)
	hosts := append([]*Host(nil), l.hosts...)
	l.mu.Unlock()
	for _, s := range standing {
		fmt.Fprintf(&b, "\n    %s", s)
	}
	shown, more := 0, 0
	for _, h := range hosts {
		h.Inspect(func(s *tcpip.Stack) {
			if h.card != nil {
				return // what it does is known elsewhere
			}
			if s == nil {
				fmt.Fprintf(&b, "\n    %s is off", h.Name())
				return
			}
			for _, info := range s.Sockets() {
				if shown == TableSocketsMax {
					more++
					continue
				}
				shown++
				fmt.Fprintf(&b, "\n    %s %v", h.Name(), info)
			}
		})
	}
	if more > 0 {
		fmt.Fprintf(&b, "\n    and %d sockets more", more)
	}
	return b.String()
}

// stand adds a line to what is in force, and returns what takes it out.
func (l *Lab) stand(what string) (undo func()) {
	what += " since " + l.network.Now().String() + "s"
	l.mu.Lock()
	defer l.mu.Unlock()
	l.standing = append(l.standing, what)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		for i, s := range l.standing {
			if s == what {
				l.standing = append(l.standing[:i:i], l.standing[i+1:]...)
				return
			}
		}
	}
}

// replayLine is the command that runs one test again with one seed.
func replayLine(t T, seed uint64) string {
	var pattern []string
	for _, part := range strings.Split(t.Name(), "/") {
		pattern = append(pattern, "^"+regexp.QuoteMeta(part)+"$")
	}
	return fmt.Sprintf("ATOLL_SEED=%#x go test -run '%s' %s        "+
		"add -artifacts for capture.pcapng, capture.txt and events.jsonl",
		seed, strings.Join(pattern, "/"), packagePath())
}

// packagePath is the tested package as one writes it in the module's root: the working directory of
// a test is its package.
func packagePath() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	for root := dir; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			rel, _ := filepath.Rel(root, dir)
			return "./" + filepath.ToSlash(rel)
		}
		if root == filepath.Dir(root) {
			return "."
		}
	}
}
