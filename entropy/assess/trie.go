package assess

// trie holds strings of symbols, and how often each was followed by what: the dictionaries of the
// MultiMMC and LZ78Y predictors. A string is a node, the string with one more symbol its child. As
// the context of length d+1 at one sample is the child of the context of length d at the sample
// before, one step per length and sample is enough, and nothing is compared or copied.
type trie struct {
	nodes []node
	more  childTable
}

// node is one string.
type node struct {
	first     int32 // the child that was made first, 0 if none; most nodes have no other
	count     int32 // how often it was counted as a successor of its parent
	bestCount int32 // of the child that was counted most
	firstSym  byte
	best      byte // that child's symbol; of equals, the greatest
	listed    bool // LZ78Y: the string is in the dictionary
}

// root is the node of the empty string. No node has it as a child, so 0 also stands for none.
const root = 0

func newTrie() *trie { return &trie{nodes: make([]node, 1, 1024)} }

// child returns the child of a node for a symbol, or 0.
func (t *trie) child(of int32, symbol byte) int32 {
	n := &t.nodes[of]
	if n.first == 0 || n.firstSym == symbol {
		return n.first
	}
	return t.more.get(of, symbol)
}

// extend returns the child of a node for a symbol, which it makes if there is none.
func (t *trie) extend(of int32, symbol byte) int32 {
	if c := t.child(of, symbol); c != 0 {
		return c
	}
	c := int32(len(t.nodes))
	t.nodes = append(t.nodes, node{})
	if n := &t.nodes[of]; n.first == 0 {
		n.first, n.firstSym = c, symbol
	} else {
		t.more.put(of, symbol, c)
	}
	return c
}

// count counts that the string of a node was followed by the symbol of its child once more.
func (t *trie) count(of, child int32, symbol byte) {
	t.nodes[child].count++
	c, n := t.nodes[child].count, &t.nodes[of]
	if c > n.bestCount || c == n.bestCount && symbol > n.best {
		n.best, n.bestCount = symbol, c
	}
}

// childTable finds second and later children by parent and symbol: a hash table with open
// addressing, at most half full.
type childTable struct {
	slots []childSlot
	used  int
}

type childSlot struct {
	key   uint64 // parent<<8 | symbol
	child int32  // 0: the slot is free
}

func (t *childTable) find(key uint64) *childSlot {
	mask := uint64(len(t.slots) - 1)
	for at := key * 0x9e3779b97f4a7c15 >> 20 & mask; ; at = (at + 1) & mask {
		if s := &t.slots[at]; s.child == 0 || s.key == key {
			return s
		}
	}
}

func (t *childTable) get(of int32, symbol byte) int32 {
	if t.used == 0 {
		return 0
	}
	return t.find(uint64(of)<<8 | uint64(symbol)).child
}

func (t *childTable) put(of int32, symbol byte, child int32) {
	if 2*t.used >= len(t.slots) {
		old := t.slots
		t.slots = make([]childSlot, max(1024, 2*len(old)))
		for _, s := range old {
			if s.child != 0 {
				*t.find(s.key) = s
			}
		}
	}
	t.used++
	*t.find(uint64(of)<<8 | uint64(symbol)) = childSlot{uint64(of)<<8 | uint64(symbol), child}
}
