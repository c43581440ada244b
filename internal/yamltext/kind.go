package yamltext

import "go.yaml.in/yaml/v4"

// Kind is what a node is, in a sentence for people: "a mapping".
func Kind(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case Null(n) || n.Value == "":
		return "empty"
	}
	return "a text"
}

// Null tells whether nothing was written for the node, or null.
func Null(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }
