package pdf

import (
	"image"
	"image/color"

	"codeberg.org/go-pdf/fpdf"
	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// canvas is a vg.Canvas on a part of a page: its origin is the lower left corner
// of that part.
type canvas struct {
	f     *fpdf.Fpdf
	x, y  float64 // of the origin, from the upper left corner of the page
	clean func(string) string
	width vg.Length
	stack []canvasState
}

type canvasState struct {
	x, y  float64
	width vg.Length
}

func (c *canvas) SetLineWidth(w vg.Length) {
	c.width = w
	c.f.SetLineWidth(float64(w))
}

func (c *canvas) SetLineDash(dash []vg.Length, phase vg.Length) {
	lengths := make([]float64, len(dash))
	for i, l := range dash {
		lengths[i] = float64(l)
	}
	c.f.SetDashPattern(lengths, float64(phase))
}

func (c *canvas) SetColor(k color.Color) {
	r, g, b, _ := k.RGBA()
	c.f.SetDrawColor(int(r>>8), int(g>>8), int(b>>8))
	c.f.SetFillColor(int(r>>8), int(g>>8), int(b>>8))
	c.f.SetTextColor(int(r>>8), int(g>>8), int(b>>8))
}

func (c *canvas) Translate(p vg.Point) {
	c.x += float64(p.X)
	c.y -= float64(p.Y)
}

func (c *canvas) Push() { c.stack = append(c.stack, canvasState{c.x, c.y, c.width}) }

func (c *canvas) Pop() {
	s := c.stack[len(c.stack)-1]
	c.stack = c.stack[:len(c.stack)-1]
	c.x, c.y = s.x, s.y
	c.SetLineWidth(s.width)
}

// Rotate, Scale and DrawImage complete vg.Canvas; no chart of ours uses them.
func (c *canvas) Rotate(float64)                      {}
func (c *canvas) Scale(_, _ float64)                  {}
func (c *canvas) DrawImage(vg.Rectangle, image.Image) {}

func (c *canvas) Stroke(p vg.Path) {
	if c.width > 0 && c.path(p) {
		c.f.DrawPath("D")
	}
}

func (c *canvas) Fill(p vg.Path) {
	if c.path(p) {
		c.f.DrawPath("F*")
	}
}

func (c *canvas) FillString(f font.Face, at vg.Point, text string) {
	style := ""
	if f.Font.Weight == xfont.WeightBold {
		style = "B"
	}
	c.f.SetFont("sans", style, float64(f.Font.Size))
	c.f.Text(c.x+float64(at.X), c.y-float64(at.Y), c.clean(text))
}

// path writes the path and reports whether it has anything to draw.
func (c *canvas) path(p vg.Path) bool {
	drawn := false
	for _, e := range p {
		x, y := c.x+float64(e.Pos.X), c.y-float64(e.Pos.Y)
		switch e.Type {
		case vg.MoveComp:
			c.f.MoveTo(x, y)
		case vg.LineComp:
			c.f.LineTo(x, y)
			drawn = true
		case vg.ArcComp: // whole circles only
			r := float64(e.Radius)
			c.f.MoveTo(x+r, y)
			c.f.ArcTo(x, y, r, r, 0, 0, 360)
			drawn = true
		case vg.CloseComp:
			if drawn {
				c.f.ClosePath()
			}
		}
	}
	return drawn
}
