package tree

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// The pages of a file hang on a page of 512 addresses, each of a page of 512 addresses of pages:
// 1 GiB. A page that is not there reads as zeros.
const (
	perPage  = mem.PageBytes / 8
	subBytes = perPage * mem.PageBytes // what one page of addresses holds
)

// Image gives a new file the contents that lie at a physical address.
func (t *Tree) Image(n int, phys, size uint64) { t.nodes[n].image, t.nodes[n].Size = phys, size }

// page returns the physical address of a page of a file; 0 is none. With make it makes it.
func (t *Tree) page(node *Node, offset uint64, make bool) uint64 {
	ram := t.space.RAM
	if node.index == 0 {
		if !make {
			return 0
		}
		at, ok := t.space.Pages.Take()
		if !ok {
			return 0
		}
		node.index = at
	}
	slot := node.index + offset/subBytes*8
	for level := range 2 {
		at := ram.Load(slot)
		if at == 0 {
			if !make {
				return 0
			}
			page, ok := t.space.Pages.Take()
			if !ok {
				return 0
			}
			ram.Store(slot, page)
			at = page
		}
		if level == 1 {
			return at
		}
		slot = at + offset%subBytes/mem.PageBytes*8
	}
	return 0
}

// Read moves up to n bytes of a file from an offset on to the program's memory, and returns how
// many, or a negative error.
func (t *Tree) Read(number int, offset, address, n uint64) int64 {
	node := &t.nodes[number]
	if node.Kind == Folder {
		return -abi.EISDIR
	}
	if offset >= node.Size {
		return 0
	}
	n = min(n, node.Size-offset)
	done := uint64(0)
	for done < n {
		chunk := t.space.Chunk(address+done, n-done, abi.ProtWrite)
		if chunk == nil {
			if done == 0 {
				return -abi.EFAULT
			}
			break
		}
		at := offset + done
		chunk = chunk[:min(uint64(len(chunk)), mem.PageBytes-at%mem.PageBytes)]
		if node.image != 0 {
			copy(chunk, t.space.RAM[node.image+at:])
		} else if page := t.page(node, at, false); page != 0 {
			copy(chunk, t.space.RAM[page+at%mem.PageBytes:])
		} else {
			clear(chunk)
		}
		done += uint64(len(chunk))
	}
	return int64(done)
}

// Write moves n bytes of the program's memory to a file from an offset on, and returns how many, or
// a negative error.
func (t *Tree) Write(number int, offset, address, n uint64, now int64) int64 {
	node := &t.nodes[number]
	if node.Kind == Folder {
		return -abi.EISDIR
	}
	if offset > FileBytesMax || n > FileBytesMax-offset {
		return -abi.EFBIG
	}
	if e := t.own(node); e != 0 {
		return e
	}
	done := uint64(0)
	for done < n {
		chunk := t.space.Chunk(address+done, n-done, abi.ProtRead)
		if chunk == nil {
			if done == 0 {
				return -abi.EFAULT
			}
			break
		}
		at := offset + done
		page := t.page(node, at, true)
		if page == 0 {
			if done == 0 {
				return -abi.ENOSPC
			}
			break
		}
		room := t.space.RAM.Page(page)[at%mem.PageBytes:]
		done += uint64(copy(room, chunk))
	}
	node.Size = max(node.Size, offset+done)
	node.Time = now
	return int64(done)
}

// own copies contents that are the image's before they are changed.
func (t *Tree) own(node *Node) int64 {
	if node.image == 0 {
		return 0
	}
	source := t.space.RAM[node.image : node.image+node.Size]
	node.image = 0
	for at := uint64(0); at < node.Size; at += mem.PageBytes {
		page := t.page(node, at, true)
		if page == 0 {
			t.drop(node, 0)
			node.Size = 0
			return -abi.ENOSPC
		}
		copy(t.space.RAM.Page(page), source[at:])
	}
	return 0
}

// Truncate sets the size of a file; what is added reads as zeros.
func (t *Tree) Truncate(number int, size uint64, now int64) int64 {
	node := &t.nodes[number]
	switch {
	case node.Kind == Folder:
		if size == 0 {
			return 0 // when it is forgotten
		}
		return -abi.EISDIR
	case size > FileBytesMax:
		return -abi.EFBIG
	}
	if size == 0 {
		node.image = 0
	} else if e := t.own(node); e != 0 {
		return e
	}
	if size < node.Size {
		t.drop(node, size)
	}
	node.Size, node.Time = size, now
	return 0
}

// drop gives back the pages of a file after a size, and clears what the last one has after it.
func (t *Tree) drop(node *Node, size uint64) {
	if node.index == 0 {
		return
	}
	ram := t.space.RAM
	if rest := size % mem.PageBytes; rest != 0 {
		if page := t.page(node, size, false); page != 0 {
			clear(ram.Page(page)[rest:])
		}
	}
	for i := range uint64(perPage) {
		sub := ram.Load(node.index + 8*i)
		if sub == 0 || (i+1)*subBytes <= size {
			continue
		}
		for j := range uint64(perPage) {
			page := ram.Load(sub + 8*j)
			if page != 0 && i*subBytes+j*mem.PageBytes >= size {
				t.space.Pages.Give(page)
				ram.Store(sub+8*j, 0)
			}
		}
		if i*subBytes >= size {
			t.space.Pages.Give(sub)
			ram.Store(node.index+8*i, 0)
		}
	}
	if size == 0 {
		t.space.Pages.Give(node.index)
		node.index = 0
	}
}
