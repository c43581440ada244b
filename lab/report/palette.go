package report

import "strings"

// role is what a shape or a text is for, and so how it is painted. The colour for a light ground
// stands in the drawing itself, since many programs that show SVG know no style sheets; the one for
// a dark ground is a rule that browsers obey.
type role struct {
	class       string
	paint       string // the attribute that takes the colour: fill or stroke
	light, dark string
	fixed       string // more attributes, the same on both grounds
}

var (
	groundRole = &role{"ground", "fill", "#fff", "#171b22", ""}
	inkRole    = &role{"ink", "fill", "#1b2129", "#e8ebf0", ""}
	mutedRole  = &role{"muted", "fill", "#566070", "#a3adbb", ""}
	gridRole   = &role{"grid", "stroke", "#e3e6eb", "#2b323d", ""}
	axisRole   = &role{"axis", "stroke", "#8a93a1", "#697384", ""}
	bandRole   = &role{"band", "fill", "#e0a030", "#d9a441", ` fill-opacity=".17"`}
	instRole   = &role{"instant", "stroke", "#a86f00", "#d9a441", ` stroke-dasharray="3 3"`}
	markRole   = &role{"marktext", "fill", "#7a5000", "#e3b866", ""}
	wireRole   = &role{"wire", "stroke", "#7b8594", "#8590a1", ` fill="none" stroke-width="1.5"`}
	badRole    = &role{"bad", "stroke", "#c0301c", "#ff8a75",
		` fill="none" stroke-width="1.8" stroke-dasharray="6 4"`}
	crossRole   = &role{"cross", "stroke", "#c0301c", "#ff8a75", ` stroke-width="2.2"`}
	badTextRole = &role{"badtext", "fill", "#b3261a", "#ff9a87", ""}
	cardRole    = &role{"card", "fill", "#f5f7fa", "#212732", ""}
	frameRole   = &role{"frame", "stroke", "#b5bdc9", "#4a5464", ` fill="none"`}
	hubRole     = &role{"hub", "fill", "#e3edf7", "#1f3347", ""}
	hubEdgeRole = &role{"hubedge", "stroke", "#3d77a8", "#6ba6d6",
		` fill="none" stroke-width="1.3"`}
)

var roles = []*role{groundRole, inkRole, mutedRole, gridRole, axisRole, bandRole, instRole,
	markRole, wireRole, badRole, crossRole, badTextRole, cardRole, frameRole, hubRole, hubEdgeRole}

// PlotSeriesMax is how many curves a plot shows; of the others it says how many they are. More
// colours and dashes than that nobody tells apart.
const PlotSeriesMax = 8

// curves are painted in this order: Okabe and Ito's colours, which colour-blind readers tell apart,
// made darker or lighter until each has a contrast of 3 to its ground (WCAG 2.2 §1.4.11), and for
// each a dash of its own.
var curves = [PlotSeriesMax]*role{
	curve("s0", "#0072b2", "#56b4e9", ""),
	curve("s1", "#c8500a", "#f08a4b", "8 3"),
	curve("s2", "#00805f", "#2fc79b", "2 2.5"),
	curve("s3", "#a3478a", "#dd9fce", "10 3 2 3"),
	curve("s4", "#8a6d00", "#e6c229", "16 4"),
	curve("s5", "#2a86c4", "#9cd0fa", "5 2 1 2 1 2"),
	curve("s6", "#4d5561", "#c3c9d2", "4 4"),
	curve("s7", "#cc3366", "#ff93ab", "1 4"),
}

func curve(class, light, dark, dash string) *role {
	fixed := ` fill="none" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"`
	if dash != "" {
		// Round caps would fill short gaps.
		fixed = strings.Replace(fixed, "round", "butt", 1) + ` stroke-dasharray="` + dash + `"`
	}
	return &role{class, "stroke", light, dark, fixed}
}

// darkRules returns the style rules for a dark ground.
func darkRules() string {
	var b strings.Builder
	b.WriteString("@media screen and (prefers-color-scheme:dark){")
	for _, list := range [2][]*role{roles, curves[:]} {
		for _, r := range list {
			b.WriteString("." + r.class + "{" + r.paint + ":" + r.dark + "}")
		}
	}
	b.WriteString("}")
	return b.String()
}
