//go:build atollkernel && linux && amd64

package main

import (
	"math/bits"

	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/thread"
)

// Registers of the local interrupt controller, which has the timer (Intel SDM vol. 3 §11).
const (
	lapic         = layout.DirectBase + 0xfee00000
	lapicEOI      = lapic + 0xb0
	lapicSpurious = lapic + 0xf0
	lapicTimer    = lapic + 0x320
	lapicLINT1    = lapic + 0x360
	lapicInitial  = lapic + 0x380
	lapicCurrent  = lapic + 0x390
	lapicDivide   = lapic + 0x3e0

	lapicEnable  = 1 << 8
	lapicNMI     = 4 << 8 // how LINT1 delivers: the host's NMI comes by it
	divideByOne  = 0xb
	timerCounts  = 0xffffffff // 32 bits
	timerSpanMax = 4e9        // nanoseconds; its clock has 1 GHz in QEMU and KVM
	timerSpanMin = 1000
	calibration  = 5e6 // nanoseconds
)

// The clock counts the processor's cycles from clockStart; see layout.ClockMultiplier.
var (
	clockStart, clockMultiplier uint64
	wallStart                   int64
	armed                       int64 // when the timer fires
)

// startClock finds out how fast the counter runs, and what time it is, and tells the vDSO.
func startClock() {
	write32(lapicSpurious, lapicEnable|vectorSpurious)
	write32(lapicLINT1, lapicNMI)
	write32(lapicDivide, divideByOne)
	write32(lapicTimer, vectorTimer)
	write32(lapicInitial, timerCounts)
	first, begin := moment()
	for first-read32(lapicCurrent) < calibration {
	}
	last, end := moment()
	write32(lapicInitial, 0)
	counts, ticks := first-last, end-begin
	if ticks == 0 {
		fail("the processor's counter stands still")
	}
	clockMultiplier = uint64(counts) << 32 / ticks
	clockStart, armed = begin, thread.Never
	setWall()
	ram.Store(layout.ClockPhys+layout.ClockStart, clockStart)
	ram.Store(layout.ClockPhys+layout.ClockMultiplier, clockMultiplier)
}

// wallSlack is how far wall time may be off before it is set again, in nanoseconds: the clock that
// it is set by counts seconds.
const wallSlack = 2e9

// setWall sets wall time by the machine's clock of the day. A copy may run long after it was made,
// while the counter goes on as if no time had passed.
func setWall() {
	seconds := readRTC()
	wall := seconds*1e9 - now()
	if off := wall - wallStart; seconds == 0 || off < wallSlack && off > -wallSlack {
		return
	}
	wallStart, k.Wall = wall, wall
	ram.Store(layout.ClockPhys+layout.ClockWall, uint64(wall))
}

// momentTries is how often moment looks.
const momentTries = 5

// moment returns the timer's count and the processor's counter at the same time. A busy host may
// take the processor away between the two readings, so that the clock would be wrong by as much: of
// some tries that one is taken which was the quickest.
func moment() (count uint32, ticks uint64) {
	quickest := ^uint64(0)
	for range momentTries {
		before := counter()
		c := read32(lapicCurrent)
		if took := counter() - before; took < quickest {
			quickest, count, ticks = took, c, before+took/2
		}
	}
	return count, ticks
}

// now returns nanoseconds since boot.
func now() int64 {
	high, low := bits.Mul64(counter()-clockStart, clockMultiplier)
	return int64(high<<32 | low>>32)
}

// setTimer makes the timer fire at an instant, or a little later. Each write leaves the virtual
// machine, so an earlier instant that is set already is left: one look at the clock too many is
// cheaper.
func setTimer(at int64) {
	if at >= armed {
		return
	}
	armed = at
	span := min(max(at-now(), timerSpanMin), timerSpanMax)
	write32(lapicInitial, uint32(span))
}

func endOfInterrupt() { write32(lapicEOI, 0) }

// Registers of the clock that keeps time while a machine is off, through two ports.
const (
	rtcIndex    = 0x70
	rtcData     = 0x71
	rtcStatusA  = 0x0a
	rtcStatusB  = 0x0b
	rtcUpdating = 1 << 7
	rtcBinary   = 1 << 2
	rtc24Hours  = 1 << 1
	rtcTries    = 100000
)

// readRTC returns seconds since 1970, or 0 if there is no such clock. It takes two equal readings.
func readRTC() int64 {
	var last [6]uint8
	for range 4 {
		for tries := 0; rtc(rtcStatusA)&rtcUpdating != 0 && tries < rtcTries; tries++ {
		}
		var fields [6]uint8
		for i, register := range [6]uint8{0, 2, 4, 7, 8, 9} {
			fields[i] = rtc(register)
		}
		if fields == last {
			break
		}
		last = fields
	}
	if last[3] == 0 || last[3] == 0xff {
		return 0
	}
	mode := rtc(rtcStatusB)
	pm := mode&rtc24Hours == 0 && last[2]&0x80 != 0
	last[2] &= 0x7f
	if mode&rtcBinary == 0 {
		for i, v := range last {
			last[i] = v>>4*10 + v&15
		}
	}
	if mode&rtc24Hours == 0 {
		last[2] %= 12
		if pm {
			last[2] += 12
		}
	}
	days := daysSince1970(2000+int64(last[5]), int64(last[4]), int64(last[3]))
	return days*86400 + int64(last[2])*3600 + int64(last[1])*60 + int64(last[0])
}

func rtc(register uint8) uint8 {
	out8(rtcIndex, register)
	return in8(rtcData)
}

// daysSince1970 counts days of the Gregorian calendar; years begin in March for the leap day.
func daysSince1970(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	const to1970 = 719468 // days from March of year 0
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - to1970
}
