package chart

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

// Raster is a PNG, and how wide and tall it is meant to be shown.
type Raster struct {
	PNG           []byte
	Width, Height vg.Length
}

// PNG draws the picture twice as fine as a plain screen shows it.
func (d *Drawer) PNG(p Picture, s Size) (Raster, error) {
	height := max(1, d.Height(p, s))
	c := vgimg.NewWith(vgimg.UseWH(s.Width, height), vgimg.UseDPI(144), vgimg.UseBackgroundColor(color.White))
	d.Draw(c, p, s)
	var b bytes.Buffer
	if err := png.Encode(&b, c.Image()); err != nil {
		return Raster{}, fmt.Errorf("encode PNG: %w", err)
	}
	return Raster{PNG: b.Bytes(), Width: s.Width, Height: height}, nil
}
