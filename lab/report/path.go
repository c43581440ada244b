package report

// path writes the d attribute of a curve with relative steps, which are short. The page's script
// reads it back (curve in page.js): it knows M, l, h and v, and no other command.
type path struct {
	b       []byte
	x, y    int64 // where the pen is, in hundredths of a pixel
	command byte
}

// move begins a new piece of the curve. The step of no length makes a piece of one point visible
// as a dot.
func (p *path) move(x, y int64) {
	p.b = append(p.b, 'M')
	p.b = appendHundredths(p.b, x)
	p.number(y)
	p.b = append(p.b, 'h', '0')
	p.x, p.y, p.command = x, y, 'h'
}

// line draws a straight line.
func (p *path) line(x, y int64) {
	switch {
	case x == p.x && y == p.y:
		return
	case x == p.x:
		p.step('v', y-p.y)
	case y == p.y:
		p.step('h', x-p.x)
	default:
		p.step('l', x-p.x)
		p.number(y - p.y)
	}
	p.x, p.y = x, y
}

func (p *path) step(command byte, n int64) {
	if p.command == command {
		p.number(n)
		return
	}
	p.command = command
	p.b = append(p.b, command)
	p.b = appendHundredths(p.b, n)
}

// number writes a number behind another: a minus sign keeps them apart, else a space.
func (p *path) number(n int64) {
	if n >= 0 {
		p.b = append(p.b, ' ')
	}
	p.b = appendHundredths(p.b, n)
}
