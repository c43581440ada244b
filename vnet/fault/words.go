package fault

import (
	"errors"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// unlimited is what rate, queue and mtu take for none.
const unlimited = "unlimited"

// word is one entry of the vocabulary.
type word struct {
	name    string
	example string
	counts  []int // how many arguments it takes
	parse   func(args []string) (Value, error)
}

func vocabulary() []word {
	return []word{
		{"delay", "delay 20ms or delay 20ms 5ms", []int{1, 2}, parseDelay},
		{"jitter", "jitter 5ms", []int{1}, parseJitter},
		{"rate", "rate 50Mbit or rate unlimited", []int{1}, parseRate},
		{"queue", "queue 64KiB, queue 100frames or queue unlimited", []int{1}, parseQueue},
		{"mtu", "mtu 1400 or mtu unlimited", []int{1}, parseMTU},
		{"taildrop", "taildrop", []int{0}, parseTailDrop},
		{"red", "red or red 15KB 45KB 10%", []int{0, 2, 3}, parseRED},
		{"codel", "codel or codel 5ms 100ms", []int{0, 2}, parseCoDel},
		{"loss", "loss 0.5%", []int{1}, parseLoss},
		{"burst", "burst 1% 30% or burst 1% 30% 0% 100%", []int{2, 4}, parseBurst},
		{"duplicate", "duplicate 1%", []int{1}, parseDuplicate},
		{"reorder", "reorder 5% 10ms", []int{2}, parseReorder},
		{"corrupt", "corrupt 0.1%", []int{1}, parseCorrupt},
		{"drop", "drop 1,3", []int{1}, parseNth},
		{"partition", "partition 10.0.0.1,02:00:00:00:00:01", []int{1}, parsePartition},
	}
}

// valid returns the setting if its values are within the limits.
func valid(v setting) (Value, error) {
	if err := v.set.Validate(); err != nil {
		return nil, err
	}
	return v, nil
}

func parseDelay(args []string) (Value, error) {
	v := setting{word: "delay"}
	var err error
	if v.set.Delay, err = units.ParseDuration(args[0]); err != nil {
		return nil, err
	}
	if len(args) == 2 {
		if v.set.Jitter, err = units.ParseDuration(args[1]); err != nil {
			return nil, err
		}
	}
	return valid(v)
}

func parseJitter(args []string) (Value, error) {
	d, err := units.ParseDuration(args[0])
	if err != nil {
		return nil, err
	}
	return valid(setting{"jitter", vnet.Settings{Jitter: d}})
}

func parseRate(args []string) (Value, error) {
	v := setting{word: "rate"}
	if args[0] != unlimited {
		var err error
		if v.set.Rate, err = units.ParseRate(args[0]); err != nil {
			return nil, err
		}
		if v.set.Rate == 0 {
			return nil, errors.New("lets nothing pass; to pull the cable is no rate")
		}
	}
	return valid(v)
}

func parseQueue(args []string) (Value, error) {
	v := setting{word: "queue"}
	if args[0] == unlimited {
		return v, nil
	}
	if n, ok := strings.CutSuffix(args[0], "frames"); ok {
		frames, err := strconv.Atoi(n)
		if err != nil || frames < 1 {
			return nil, errors.New("is not a number of frames above 0")
		}
		v.set.QueueFrames = frames
		return v, nil
	}
	size, err := units.ParseSize(args[0])
	switch {
	case err != nil:
		return nil, err
	case size < 1 || size > math.MaxInt:
		return nil, errors.New("is no size for a queue")
	}
	v.set.QueueBytes = int(size)
	return v, nil
}

func parseMTU(args []string) (Value, error) {
	if args[0] == unlimited {
		return MTU(vnet.MTUUnlimited), nil
	}
	n, err := strconv.ParseUint(strings.TrimSuffix(args[0], "B"), 10, 31)
	if err != nil || n == 0 {
		return nil, errors.New("is not a number of bytes")
	}
	return valid(setting{"mtu", vnet.Settings{MTU: int(n)}})
}

func parseTailDrop([]string) (Value, error) { return TailDrop(), nil }

func parseRED(args []string) (Value, error) {
	v := setting{"red", vnet.Settings{Discipline: vnet.DisciplineRED}}
	if len(args) >= 2 {
		least, err := units.ParseSize(args[0])
		if err != nil {
			return nil, err
		}
		most, err := units.ParseSize(args[1])
		if err != nil {
			return nil, err
		}
		if most < 1 || max(least, most) > math.MaxInt {
			return nil, errors.New("has an upper threshold that is no size for a queue")
		}
		v.set.RED.MinBytes, v.set.RED.MaxBytes = int(least), int(most)
	}
	if len(args) == 3 {
		var err error
		if v.set.RED.MaxProbability, err = units.ParseProbability(args[2]); err != nil {
			return nil, err
		}
		if v.set.RED.MaxProbability == 0 {
			return nil, errors.New("drops nothing")
		}
	}
	return valid(v)
}

func parseCoDel(args []string) (Value, error) {
	v := setting{"codel", vnet.Settings{Discipline: vnet.DisciplineCoDel}}
	if len(args) == 2 {
		var err error
		if v.set.CoDel.Target, err = units.ParseDuration(args[0]); err != nil {
			return nil, err
		}
		if v.set.CoDel.Interval, err = units.ParseDuration(args[1]); err != nil {
			return nil, err
		}
		if v.set.CoDel.Target == 0 || v.set.CoDel.Interval == 0 {
			return nil, errors.New("needs two times above 0")
		}
	}
	return valid(v)
}

func parseLoss(args []string) (Value, error) {
	p, err := units.ParseProbability(args[0])
	return loss{p}, err
}

func parseBurst(args []string) (Value, error) {
	b := burst{lossBad: 1}
	for i, to := range []*float64{&b.enter, &b.leave, &b.lossGood, &b.lossBad}[:len(args)] {
		var err error
		if *to, err = units.ParseProbability(args[i]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func parseDuplicate(args []string) (Value, error) {
	p, err := units.ParseProbability(args[0])
	return duplicate{p}, err
}

func parseReorder(args []string) (Value, error) {
	p, err := units.ParseProbability(args[0])
	if err != nil {
		return nil, err
	}
	d, err := units.ParseDuration(args[1])
	if err != nil {
		return nil, err
	}
	if d > vnet.DelayMax {
		return nil, errors.New("holds frames back for too long: an hour is the most")
	}
	return reorder{p, d}, nil
}

func parseCorrupt(args []string) (Value, error) {
	p, err := units.ParseProbability(args[0])
	return corrupt{p}, err
}

func parseNth(args []string) (Value, error) {
	var ordinals []int
	for text := range strings.SplitSeq(args[0], ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || len(ordinals) == OrdinalsMax {
			return nil, errors.New("is not a list of ordinal numbers above 0")
		}
		ordinals = append(ordinals, n)
	}
	return Nth(ordinals...), nil
}

func parsePartition(args []string) (Value, error) {
	var macs []wire.MAC
	var addrs []netip.Addr
	for text := range strings.SplitSeq(args[0], ",") {
		if m, ok := parseMAC(text); ok {
			macs = append(macs, m)
			continue
		}
		a, err := netip.ParseAddr(text)
		if err != nil {
			return nil, errors.New("is not a list of IP and MAC addresses")
		}
		addrs = append(addrs, a)
	}
	return Partition(macs, addrs), nil
}
