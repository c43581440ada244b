package mem

// Pages gives out physical pages: first those given back, which are chained through their own first
// words, then fresh ones in order.
type Pages struct {
	ram   RAM
	fresh uint64 // the next page that was never given out
	end   uint64 // after the last one
	free  uint64 // the first page that was given back; 0 is none
	all   int
	used  int
	peak  int
}

// Init gives out the pages of ram between two physical addresses, rounded inwards. Page 0 is never
// among them.
func (p *Pages) Init(ram RAM, from, to uint64) {
	from = max((from+PageBytes-1)&^(PageBytes-1), PageBytes)
	to = min(to, uint64(len(ram))) &^ (PageBytes - 1)
	to = max(from, to)
	p.ram, p.fresh, p.end, p.free = ram, from, to, 0
	p.all, p.used, p.peak = int((to-from)/PageBytes), 0, 0
}

// Take returns a page of zeros, or false if there is none.
func (p *Pages) Take() (at uint64, ok bool) {
	switch {
	case p.free != 0:
		at = p.free
		p.free = p.ram.Load(at)
	case p.fresh < p.end:
		at = p.fresh
		p.fresh += PageBytes
	default:
		return 0, false
	}
	clear(p.ram.Page(at))
	p.used++
	p.peak = max(p.peak, p.used)
	return at, true
}

// Give takes a page back.
func (p *Pages) Give(at uint64) {
	p.ram.Store(at, p.free)
	p.free = at
	p.used--
}

// Used returns how many pages are out, and the most that ever were.
func (p *Pages) Used() (now, peak int) { return p.used, p.peak }

// Left returns how many pages Take can still give.
func (p *Pages) Left() int { return p.all - p.used }
