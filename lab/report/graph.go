package report

import "slices"

// TopologyNodesMax and TopologyLinksMax are how much of a network is looked at for its drawing;
// HubsMax is how many nodes stand in the drawing's spine.
const (
	TopologyNodesMax = 4096
	TopologyLinksMax = 4096
	HubsMax          = 24
)

// graph is a network to be drawn. A leaf is a host with a single link, and is drawn beside the node
// at the other end, its hub. All other nodes are hubs.
type graph struct {
	nodes []Node
	links []Link
	near  [][]edge // of each node, in the order of the links
	hub   []int    // of a leaf; of others -1
	more  int      // nodes that are not looked at
}

type edge struct{ to, link int }

func newGraph(r *Run) *graph {
	g := &graph{links: r.Links[:min(len(r.Links), TopologyLinksMax)]}
	index := make(map[string]int)
	add := func(n Node) int {
		i, known := index[n.Name]
		if known {
			return i
		}
		if len(g.nodes) == TopologyNodesMax {
			g.more++
			return -1
		}
		i = len(g.nodes)
		index[n.Name] = i
		g.nodes, g.near, g.hub = append(g.nodes, n), append(g.near, nil), append(g.hub, -1)
		return i
	}
	for _, n := range r.Nodes {
		add(n)
	}
	for i := range g.links {
		a, b := add(Node{Name: g.links[i].A}), add(Node{Name: g.links[i].B})
		if a >= 0 && b >= 0 && a != b {
			g.near[a] = append(g.near[a], edge{b, i})
			g.near[b] = append(g.near[b], edge{a, i})
		}
	}
	for i := range g.nodes {
		if !g.single(i) {
			continue
		}
		// Of two hosts with nothing but each other the first one is the hub.
		if hub := g.near[i][0].to; !g.single(hub) || hub < i {
			g.hub[i] = hub
		}
	}
	return g
}

func (g *graph) single(i int) bool { return g.nodes[i].Kind == Host && len(g.near[i]) == 1 }

// leaves returns the edges of a hub that lead to leaves.
func (g *graph) leaves(hub int) []edge {
	var out []edge
	for _, e := range g.near[hub] {
		if g.hub[e.to] >= 0 {
			out = append(out, e)
		}
	}
	return out
}

// spine returns the hubs from one end of the network to the other: each part begins at a hub that
// is as far as possible from another one, and goes on to a neighbour where there is one. So the
// hubs of a chain stand in its order.
func (g *graph) spine() []int {
	var order []int
	seen := make([]bool, len(g.nodes))
	for i := range g.nodes {
		if g.hub[i] >= 0 || seen[i] {
			continue
		}
		first := i
		if len(order) < HubsMax { // what comes later is only counted
			first = g.farthest(g.farthest(i))
		}
		stack := []int{first}
		for len(stack) > 0 {
			n := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if seen[n] {
				continue
			}
			seen[n] = true
			order = append(order, n)
			for _, e := range slices.Backward(g.near[n]) {
				if g.hub[e.to] < 0 && !seen[e.to] {
					stack = append(stack, e.to)
				}
			}
		}
	}
	return order
}

// farthest returns the hub with the most hubs between it and i; of several, the first one found.
func (g *graph) farthest(i int) int {
	seen := make([]bool, len(g.nodes))
	seen[i] = true
	queue := []int{i}
	best, depth, steps := i, 0, make([]int, len(g.nodes))
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		if steps[n] > depth {
			best, depth = n, steps[n]
		}
		for _, e := range g.near[n] {
			if g.hub[e.to] < 0 && !seen[e.to] {
				seen[e.to] = true
				steps[e.to] = steps[n] + 1
				queue = append(queue, e.to)
			}
		}
	}
	return best
}
