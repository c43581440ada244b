package health

// State is where a source stands. The picture is in the package's comment.
type State uint8

const (
	// Startup: the source is read and tested at the strict α; nothing counts yet. Left by
	// [StartupSymbols] symbols without an alarm (SP 800-90B §4.3: at least 1024), or by an alarm.
	Startup State = iota
	// Healthy: symbols are creditable. Left by an alarm, or by a restart or retest.
	Healthy
	// Intermittent: a test has raised an alarm that may be chance or a passing disturbance.
	// Nothing counts, the tests go on. Left by a restart of the source, or for Failed.
	Intermittent
	// Failed: the claim is refuted, or alarms came too close together. Left by a person's Reset.
	Failed

	states = iota
)

func (s State) String() string {
	switch s {
	case Startup:
		return "startup"
	case Healthy:
		return "healthy"
	case Intermittent:
		return "intermittent"
	case Failed:
		return "failed"
	}
	return "unknown"
}

// event is what can move a source from one state to another.
type event uint8

const (
	passed   event = iota // start-up symbols without an alarm
	alarmed               // a test reached its limit for the state
	evidence              // a test reached its limit at the permanent α
	repeated              // an alarm that makes FailuresMax of them
	restart               // the source was started again
	retest                // somebody asks for a test on demand
	reset                 // a person has looked at the source

	events = iota
)

// next is the machine: one row a state, one column an event.
var next = [states][events]State{
	//             passed        alarmed       evidence repeated restart  retest        reset
	Startup:      {Healthy, Intermittent, Failed, Failed, Startup, Startup, Startup},
	Healthy:      {Healthy, Intermittent, Failed, Failed, Startup, Startup, Startup},
	Intermittent: {Intermittent, Intermittent, Failed, Failed, Startup, Intermittent, Startup},
	Failed:       {Failed, Failed, Failed, Failed, Failed, Failed, Startup},
}

// handle moves the source. Whatever enters Startup, also from itself, begins its tests afresh.
func (m *Monitor) handle(e event) {
	m.state = next[m.state][e]
	switch m.state {
	case Startup:
		m.repetition = Repetition{}
		m.proportion = Proportion{Window: m.cutoffs.Window}
		m.limits = m.cutoffs.Startup
		m.startup = StartupSymbols
	case Healthy:
		m.limits = m.cutoffs.Continuous
	case Intermittent:
		m.limits = m.cutoffs.Permanent
	}
}
