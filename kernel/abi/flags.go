package abi

// Protection of memory.
const (
	ProtRead  = 1
	ProtWrite = 2
	ProtExec  = 4
)

// Flags of mmap, and advice.
const (
	MapShared         = 0x01
	MapPrivate        = 0x02
	MapFixed          = 0x10
	MapAnonymous      = 0x20
	MapNoReserve      = 0x4000
	MapFixedNoReplace = 0x100000
	AdviseDontNeed    = 4
	AdviseFree        = 8
)

// Flags of clone that a thread of a Go program has.
const (
	CloneVM      = 0x100
	CloneFS      = 0x200
	CloneFiles   = 0x400
	CloneSighand = 0x800
	CloneThread  = 0x10000
	CloneSysVSem = 0x40000
	CloneSetTLS  = 0x80000
)

// CloneGo is exactly what the Go runtime asks for.
const CloneGo = CloneVM | CloneFS | CloneFiles | CloneSighand | CloneThread | CloneSysVSem |
	CloneSetTLS

// Operations of futex; the low 7 bits.
const (
	FutexWait      = 0
	FutexWake      = 1
	FutexPrivate   = 0x80
	FutexOperation = 0x7f
)

// Flags of files.
const (
	OpenReadOnly  = 0
	OpenWriteOnly = 1
	OpenReadWrite = 2
	OpenAccess    = 3 // mask of the three
	OpenCreate    = 0x40
	OpenExclusive = 0x80
	OpenTruncate  = 0x200
	OpenAppend    = 0x400
	OpenNonblock  = 0x800
	OpenDirectory = 0x10000
	OpenNoFollow  = 0x20000
	OpenCloseExec = 0x80000
	OpenHere      = -100 // AT_FDCWD
	EmptyPath     = 0x1000
	RemoveDir     = 0x200
)

// Commands of fcntl.
const (
	DupFD          = 0
	GetFD          = 1
	SetFD          = 2
	GetFlags       = 3
	SetFlags       = 4
	DupFDCloseExec = 1030
)

// Epoll: operations, events, and the size of an event, which is packed.
const (
	EpollAdd        = 1
	EpollDel        = 2
	EpollMod        = 3
	EpollIn         = 0x1
	EpollOut        = 0x4
	EpollErr        = 0x8
	EpollHup        = 0x10
	EpollReadHup    = 0x2000
	EpollEdge       = 1 << 31
	EpollEventBytes = 12
)

// Sockets: families, kinds, protocols, levels and options, flags of messages.
const (
	FamilyIPv4       = 2
	FamilyIPv6       = 10
	SocketStream     = 1
	SocketDatagram   = 2
	ProtocolIP       = 0
	ProtocolTCP      = 6
	ProtocolUDP      = 17
	ProtocolIPv6     = 41
	LevelSocket      = 1
	OptionType       = 3  // SO_TYPE
	OptionError      = 4  // SO_ERROR
	OptionLinger     = 13 // SO_LINGER
	OptionOnly       = 26 // IPV6_V6ONLY
	OptionJoin       = 35 // IP_ADD_MEMBERSHIP
	OptionJoinSource = 39 // IP_ADD_SOURCE_MEMBERSHIP
	OptionJoin6      = 20 // IPV6_JOIN_GROUP
	MessageTruncated = 0x20
	MessageDontWait  = 0x40
	MessageNoSignal  = 0x4000
)

// Clocks.
const (
	ClockRealtime        = 0
	ClockMonotonic       = 1
	ClockMonotonicRaw    = 4
	ClockRealtimeCoarse  = 5
	ClockMonotonicCoarse = 6
	ClockBoottime        = 7
)

// TimerProfile is ITIMER_PROF of setitimer.
const TimerProfile = 2

// Entries of the auxiliary vector, which a program finds above its arguments.
const (
	AuxNull     = 0
	AuxPhdr     = 3
	AuxPhent    = 4
	AuxPhnum    = 5
	AuxPageSize = 6
	AuxEntry    = 9
	AuxSecure   = 23
	AuxRandom   = 25
	AuxExecFn   = 31
	AuxVDSO     = 33
)
