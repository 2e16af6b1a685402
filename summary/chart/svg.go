package chart

import (
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"strconv"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"

	"github.com/auyl-kz/auyl/summary/document"
)

// SVG writes the picture as one element of a page, without width and height of
// its own: it takes the width it is given. Its title is the chart's, and its
// name for those who do not see is the chart's Alt.
func (d *Drawer) SVG(w io.Writer, p Picture, s Size) error {
	h := max(1, d.Height(p, s))
	switch p.Chart.Kind {
	case document.Trend, document.Ranking, document.Multiples, document.Map:
	default:
		return fmt.Errorf("draw chart: %q is not a kind of chart", p.Chart.Kind)
	}
	out := &strings.Builder{}
	alt := p.Chart.Alt
	if alt == "" {
		alt = p.Chart.Title
	}
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" role="img" aria-label="%s" font-family="%s">`,
		short(s.Width), short(h), escape(alt), "DejaVu Sans Condensed, Roboto, Arial, sans-serif")
	fmt.Fprintf(out, "<title>%s</title>", escape(p.Chart.Title))
	d.Draw(&svg{out: out, height: h, state: state{color: color.Black, width: 1}}, p, s)
	out.WriteString("</svg>")
	if _, err := io.WriteString(w, out.String()); err != nil {
		return fmt.Errorf("write SVG: %w", err)
	}
	return nil
}

// svg is a vg.Canvas. Unlike vgsvg it writes attributes instead of a style for
// each element, a size that the page decides, and the width of each text, so
// that another font than the measured one does not run into its neighbor.
type svg struct {
	out    *strings.Builder
	height vg.Length
	state  state
	stack  []state
}

type state struct {
	color  color.Color
	width  vg.Length
	dash   []vg.Length
	origin vg.Point
}

func (c *svg) SetLineWidth(w vg.Length)                  { c.state.width = w }
func (c *svg) SetLineDash(dash []vg.Length, _ vg.Length) { c.state.dash = dash }
func (c *svg) SetColor(k color.Color)                    { c.state.color = k }
func (c *svg) Translate(p vg.Point)                      { c.state.origin = c.state.origin.Add(p) }
func (c *svg) Push()                                     { c.stack = append(c.stack, c.state) }

func (c *svg) Pop() {
	c.state, c.stack = c.stack[len(c.stack)-1], c.stack[:len(c.stack)-1]
}

// Rotate, Scale and DrawImage complete vg.Canvas; no chart of ours uses them.
func (c *svg) Rotate(float64)                      {}
func (c *svg) Scale(_, _ float64)                  {}
func (c *svg) DrawImage(vg.Rectangle, image.Image) {}

func (c *svg) Stroke(p vg.Path) {
	if c.state.width <= 0 {
		return
	}
	fmt.Fprintf(c.out, `<path d="%s" fill="none" stroke="%s" stroke-width="%s"`, c.path(p), hex(c.state.color), short(c.state.width))
	if len(c.state.dash) > 0 {
		parts := make([]string, len(c.state.dash))
		for i, l := range c.state.dash {
			parts[i] = short(l)
		}
		fmt.Fprintf(c.out, ` stroke-dasharray="%s"`, strings.Join(parts, " "))
	}
	c.out.WriteString("/>")
}

func (c *svg) Fill(p vg.Path) {
	fmt.Fprintf(c.out, `<path d="%s" fill="%s" fill-rule="evenodd"/>`, c.path(p), hex(c.state.color))
}

func (c *svg) FillString(f font.Face, at vg.Point, text string) {
	weight := ""
	if f.Font.Weight == xfont.WeightBold {
		weight = ` font-weight="700"`
	}
	x, y := c.point(at)
	fmt.Fprintf(c.out, `<text x="%s" y="%s" font-size="%s"%s fill="%s" textLength="%s" lengthAdjust="spacingAndGlyphs">%s</text>`,
		x, y, short(f.Font.Size), weight, hex(c.state.color), short(f.Width(text)), escape(text))
}

func (c *svg) path(p vg.Path) string {
	var b strings.Builder
	for _, e := range p {
		switch e.Type {
		case vg.MoveComp:
			x, y := c.point(e.Pos)
			b.WriteString("M" + x + " " + y)
		case vg.LineComp:
			x, y := c.point(e.Pos)
			b.WriteString("L" + x + " " + y)
		case vg.ArcComp: // whole circles only
			r := short(e.Radius)
			x, y := c.point(vg.Point{X: e.Pos.X - e.Radius, Y: e.Pos.Y})
			d := short(2 * e.Radius)
			fmt.Fprintf(&b, "M%s %sa%s %s 0 1 0 %s 0a%s %s 0 1 0 -%s 0", x, y, r, r, d, r, r, d)
		case vg.CloseComp:
			b.WriteString("Z")
		}
	}
	return b.String()
}

func (c *svg) point(p vg.Point) (x, y string) {
	return short(p.X + c.state.origin.X), short(c.height - p.Y - c.state.origin.Y)
}

// short writes a length with a tenth of a point, which no eye sees beyond.
func short(l vg.Length) string {
	v := math.Round(float64(l)*10) / 10
	if v == 0 {
		v = 0 // not -0
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

func escape(s string) string {
	s = document.Clean(s)
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(s)
}
