package neigh

import "time"

// Config holds the limits and times of a cache. A zero field is its default.
type Config struct {
	EntriesMax int // addresses known or being resolved; 1024
	PendingMax int // frames that wait for one address; 16 (RFC 4861 §7.2.2: at least one)

	Reachable    time.Duration // BaseReachableTime, RFC 4861 §10; 30 s
	Retransmit   time.Duration // RetransTimer, between solicitations; 1 s
	Delay        time.Duration // DELAY_FIRST_PROBE_TIME; 5 s
	MulticastMax int           // MAX_MULTICAST_SOLICIT; 3
	UnicastMax   int           // MAX_UNICAST_SOLICIT; 3

	// Seed spreads the reachable times over 0.5 to 1.5 of Reachable (RFC 4861 §6.3.2), each address
	// on its own, so that hosts do not probe in step.
	Seed uint64
}

func (c Config) withDefaults() Config {
	setDefault(&c.EntriesMax, 1024)
	setDefault(&c.PendingMax, 16)
	setDefault(&c.Reachable, 30*time.Second)
	setDefault(&c.Retransmit, time.Second)
	setDefault(&c.Delay, 5*time.Second)
	setDefault(&c.MulticastMax, 3)
	setDefault(&c.UnicastMax, 3)
	return c
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}
