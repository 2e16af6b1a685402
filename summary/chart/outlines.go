package chart

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/summary/document"
)

//go:embed outlines.csv
var outlinesCSV []byte

// CreditOf is what has to stand under a picture: the chart's own words, and
// under a map at least whose outlines they are, as their license asks.
func CreditOf(c *document.Chart) string {
	if c.Credit == "" && c.Kind == document.Map {
		return "GeoKZ (A. Rodionov), CC BY 4.0"
	}
	return c.Credit
}

// outline is where a district lies, in degrees of east and north.
type outline struct {
	area  auyl.AreaCode
	rings [][]degree
	label degree // a point well inside, for its number
}

type degree struct{ lon, lat float64 }

// loadOutlines reads the rows area, ring, lon, lat: the corners of each ring in
// order, sorted by area and ring. The last corner joins the first.
func loadOutlines() ([]outline, error) {
	r := csv.NewReader(bytes.NewReader(outlinesCSV))
	r.FieldsPerRecord = 4
	if _, err := r.Read(); err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	var out []outline
	ring := ""
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read row: %w", err)
		}
		area, err1 := auyl.ParseAreaCode(row[0])
		lon, err2 := strconv.ParseFloat(row[2], 64)
		lat, err3 := strconv.ParseFloat(row[3], 64)
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, fmt.Errorf("read row of %s: %w", row[0], err)
		}
		if len(out) == 0 || out[len(out)-1].area != area {
			out = append(out, outline{area: area})
			ring = ""
		}
		o := &out[len(out)-1]
		if row[1] != ring {
			o.rings, ring = append(o.rings, nil), row[1]
		}
		n := len(o.rings) - 1
		o.rings[n] = append(o.rings[n], degree{lon, lat})
	}
	for i := range out {
		out[i].label = inside(out[i].rings)
	}
	return out, nil
}

// inside finds the point of a grid that lies deepest within the rings.
func inside(rings [][]degree) degree {
	low, high := bounds(rings)
	best, depth := degree{(low.lon + high.lon) / 2, (low.lat + high.lat) / 2}, -1.0
	const n = 24
	k := math.Cos((low.lat + high.lat) / 2 * math.Pi / 180)
	for i := 1; i < n; i++ {
		for j := 1; j < n; j++ {
			p := degree{low.lon + (high.lon-low.lon)*float64(i)/n, low.lat + (high.lat-low.lat)*float64(j)/n}
			odd, near := false, math.Inf(1)
			for _, r := range rings {
				for e := range r {
					a, b := r[e], r[(e+1)%len(r)]
					if (a.lat > p.lat) != (b.lat > p.lat) && p.lon < a.lon+(p.lat-a.lat)/(b.lat-a.lat)*(b.lon-a.lon) {
						odd = !odd
					}
					near = min(near, distance(p, a, b, k))
				}
			}
			if odd && near > depth {
				best, depth = p, near
			}
		}
	}
	return best
}

// distance is how far p is from the line from a to b, in degrees of latitude.
func distance(p, a, b degree, k float64) float64 {
	px, py, bx, by := (p.lon-a.lon)*k, p.lat-a.lat, (b.lon-a.lon)*k, b.lat-a.lat
	t := 0.0
	if l := bx*bx + by*by; l > 0 {
		t = max(0, min(1, (px*bx+py*by)/l))
	}
	return math.Hypot(px-t*bx, py-t*by)
}

func bounds(rings [][]degree) (low, high degree) {
	low, high = degree{math.Inf(1), math.Inf(1)}, degree{math.Inf(-1), math.Inf(-1)}
	for _, r := range rings {
		for _, p := range r {
			low = degree{min(low.lon, p.lon), min(low.lat, p.lat)}
			high = degree{max(high.lon, p.lon), max(high.lat, p.lat)}
		}
	}
	return low, high
}
